"""How good a volume one clean silhouette gives: .venv/bin/python bench/silhouette.py FOLDER_OF_PLY [QUALITY]

Each mesh is drawn from the front by our own renderer (a clean mask, elevation and azimuth 0), goes through inflate, fit
and extract, and is compared with itself by the ruler, in the protocol *unit box*. Prints JSON. The baseline is plain
inflation of the same kind of silhouette on our ten test statues, as issue 4 gives it; it was measured to the nearest of
sampled points, which adds about 0.0003 to its distances.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import trimesh

from statue_recon.camera import Camera
from statue_recon.evaluate.protocol import UNIT_BOX_POINTS, Comparison, in_unit_box
from statue_recon.field.fit import fit
from statue_recon.field.silhouette import inflate
from statue_recon.mesh.extract import extract, flaw, simplify
from statue_recon.mesh.mesh import Mesh
from statue_recon.photo.photo import Photo
from statue_recon.quality import QUALITIES
from statue_recon.render.raster import cover_of_photo
from statue_recon.report import Report

BASELINE = {"chamfer": 0.042, "point_to_surface": 0.031, "normal_consistency": 0.685}
LONG_SIDE = 900  # pixels of the photo
LENS = 50 / 36  # focal length over the longer side
FILL = 0.85  # of the photo's side by the statue
LIGHT = np.array([-0.40, -0.70, 0.60])


def main(folder: Path, quality: str) -> None:
    rows = {path.stem: measure(path, quality) for path in sorted(folder.glob("*.ply"))}
    numbers = [name for name, value in next(iter(rows.values())).items() if isinstance(value, float)]
    mean = {name: round(float(np.mean([row[name] for row in rows.values()])), 4) for name in numbers}
    table = {"quality": quality, "statues": rows, "mean": mean, "baseline": BASELINE}
    sys.stdout.write(json.dumps(table, indent=2) + "\n")


def measure(path: Path, quality: str) -> dict:
    loaded = trimesh.load(path, process=False)
    truth = Mesh(np.asarray(loaded.vertices, np.float32), np.asarray(loaded.faces, np.int32))
    photo = frontal_photo(truth)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Path(folder))
        field = fit(inflate(photo, QUALITIES[quality]), photo, QUALITIES[quality], "cpu", report)
        report.close()
    made = simplify(extract(field), QUALITIES[quality].faces)
    seconds = time.monotonic() - began
    drawn, mask = cover_of_photo(made, photo.camera).faces >= 0, photo.alpha > 0.5
    return {
        **compare(made, truth),
        "silhouette_iou": round(float((drawn & mask).sum() / (drawn | mask).sum()), 4),
        "seconds": round(seconds, 2),
        "flaw": flaw(made),
    }


def frontal_photo(statue: Mesh) -> Photo:
    """A grey statue on nothing, from the front, by the lens a photo without EXIF is taken to have."""
    low, high = statue.vertices.min(axis=0), statue.vertices.max(axis=0)
    size = high - low
    width, height = (LONG_SIDE * 3 // 4, LONG_SIDE) if size[2] >= size[0] else (LONG_SIDE, LONG_SIDE * 3 // 4)
    focal = LENS * LONG_SIDE
    distance = max(focal * size[2] / (height * FILL), focal * size[0] / (width * FILL)) + size[1] / 2
    camera = Camera.orbit(0, 0, float(distance), width, height, focal, target=tuple((low + high) / 2))
    cover = cover_of_photo(statue, camera)
    alpha = (cover.faces >= 0).astype(np.float32)
    shade = np.zeros_like(alpha)
    normals = cover.of(statue.normals, statue.faces)
    shade[cover.faces >= 0] = 0.3 + 0.6 * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    return Photo(np.repeat(shade[..., None], 3, axis=2), alpha, "clean silhouette", camera, ())


def compare(made: Mesh, truth: Mesh) -> dict:
    """Chamfer distance, point to surface and normal consistency in the ruler's protocol *unit box*."""
    pair = (in_unit_box(mesh).of(mesh) for mesh in (made, truth))
    figures = Comparison(*pair, UNIT_BOX_POINTS, seed=0).figures(())
    return {name: round(figures[name], 4) for name in BASELINE}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "draft")
