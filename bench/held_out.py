"""How near the shape prior comes on statues held out of training: .venv/bin/python bench/held_out.py --data DIR

What choices in training are judged by: the test statues of bench/statues say afterwards what they were worth. Statues
held out of the prepared data are photographed from the front; a body is made of the likeliest depths that a prior names
and, as the baseline, by inflating the silhouette (`--prior none`). No fit to the photo follows: it would hide what the
prior does. --cut shows their upper part only, as busts and torsos are seen. RUN is the state.pt of a run of training.

Unit box, no alignment; “hidden” is how far points of the truth lie away that the photo does not show. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import cv2
import numpy as np
import torch

from statue_recon.camera import Camera
from statue_recon.dataset.render.fast import FastScene
from statue_recon.dataset.render.light import hemisphere
from statue_recon.evaluate.parts import truth_parts
from statue_recon.evaluate.protocol import Comparison, in_unit_box
from statue_recon.field.ground import ground_under
from statue_recon.field.imagined import along_rays, box_of, field_of, held_to_mask
from statue_recon.field.sdf import SDF
from statue_recon.field.silhouette import inflate
from statue_recon.mesh.extract import extract
from statue_recon.mesh.mesh import LONGEST_SIDE, Mesh, normalise
from statue_recon.photo.lens import stand
from statue_recon.photo.photo import Photo
from statue_recon.photo.window import condition_of, window_of
from statue_recon.priors.shape.prior import ShapePrior, half, most_likely
from statue_recon.quality import QUALITIES
from statue_recon.train.adapt_start import network_of
from statue_recon.train.objects import Entry, Objects

PIXELS, LENS, FILL = 768, 50.0 / 36.0, 0.78
POINTS = 30_000
NONE, BUNDLED = "none", "bundled"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="prepared statues")
    parser.add_argument(
        "--prior", action="append", default=[], metavar="RUN", help="bundled, or a state.pt; repeatable"
    )
    parser.add_argument("--synthetic", type=int, default=12, help="statues made from numbers, beside all others")
    parser.add_argument("--cut", type=float, default=0.0, metavar="SHARE", help="of the height that is cut off below")
    options = parser.parse_args()
    priors = {name: prior(name) for name in options.prior or [BUNDLED]}
    rows = {}
    objects = Objects(options.data)
    for entry in chosen(objects, options.synthetic):
        truth, _ = objects.mesh(entry)
        truth = upper(truth, options.cut)
        photo = photograph(truth)
        fields = {NONE: inflate(photo, QUALITIES["draft"])}
        fields |= {name: imagined(asked, photo) for name, asked in priors.items()}
        rows[entry.id] = {name: figures(field, photo, truth) for name, field in fields.items()}
        sys.stderr.write(f"{entry.id} {json.dumps(rows[entry.id])}\n")
    kinds = {entry.id: entry.group for entry in objects.entries}
    told = {"baseline": NONE, "cut": options.cut, "mean": means(rows, kinds), "rows": rows}
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def prior(where: str) -> ShapePrior:
    return ShapePrior.bundled() if where == BUNDLED else ShapePrior(network_of(Path(where)))


def chosen(objects: Objects, synthetic: int) -> list[Entry]:
    held = objects.of("validation")
    made = [entry for entry in held if entry.caption]
    return [entry for entry in held if not entry.caption and entry.group != "heads"] + made[:synthetic]


def upper(mesh: Mesh, cut: float) -> Mesh:
    """Without this share of the height at its lower end; the cut stays open, which the figures do not mind."""
    if not cut:
        return mesh
    low, high = mesh.vertices[:, 2].min(), mesh.vertices[:, 2].max()
    kept = (mesh.vertices[mesh.faces][..., 2] > low + cut * (high - low)).all(axis=1)
    used, faces = np.unique(mesh.faces[kept], return_inverse=True)
    return Mesh(mesh.vertices[used], faces.reshape(-1, 3).astype(np.int32))


def photograph(mesh: Mesh) -> Photo:
    """From the front, by a lens of 50 mm, in the light of a clouded sky; for the engine the camera is to be found."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    focal = LENS * PIXELS
    away = float((high - low).max()) * focal / (FILL * PIXELS)
    aim = tuple(float(at) for at in (low + high) / 2)
    camera = Camera.orbit(0.0, 0.0, away, PIXELS, PIXELS, focal, aim)
    light = hemisphere((-0.5, -0.6, 0.6), 0.8, (0.5, 0.52, 0.55), (0.25, 0.24, 0.22))
    seen = FastScene(mesh, np.full_like(mesh.vertices, 0.5)).look([camera], light)
    alpha = np.isfinite(seen["depth"][0]).astype(np.float32)
    return Photo(seen["rgb"][0], alpha, "true", stand(alpha, focal, 0.0), ())


def imagined(asked: ShapePrior, photo: Photo) -> SDF:
    """The body between the likeliest depths."""
    window, columns = window_of(photo, 0.0)
    with torch.no_grad(), half("cpu"):
        volume = most_likely(asked.network, condition_of([window]))[0].float().numpy()
    mask = cv2.resize(window.alpha, columns.shape[:0:-1], interpolation=cv2.INTER_AREA)
    held = held_to_mask(volume, mask)
    quality = QUALITIES["draft"]
    ground = ground_under(held, columns, photo, LONGEST_SIDE / quality.grid)
    return field_of(along_rays(held, columns), box_of(held, columns), photo, quality, ground)


def figures(field: SDF, photo: Photo, truth: Mesh) -> dict[str, float]:
    made, camera = normalise(extract(field), photo.camera)
    place = in_unit_box(made)
    compared = Comparison(place.of(made), in_unit_box(truth).of(truth), POINTS, 0)
    found = compared.figures((0.02,))
    hidden = truth_parts(compared, place.of_points(camera.position))["out_of_view"]["completeness"]
    names = ("chamfer", "point_to_surface", "normal_consistency", "f_score_0.02")
    return {name: round(float(found[name]), 5) for name in names} | {"hidden": round(float(hidden), 5)}


def means(rows: dict[str, dict], kinds: dict[str, str]) -> dict[str, dict[str, dict[str, float]]]:
    """By group of objects and prior; and by how many objects a prior beats the baseline in the Chamfer distance."""
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for group in sorted({kinds[name] for name in rows}):
        some = [row for name, row in rows.items() if kinds[name] == group]
        for prior in some[0]:
            mean = {figure: float(np.mean([row[prior][figure] for row in some])) for figure in some[0][prior]}
            better = float(np.mean([row[prior]["chamfer"] < row[NONE]["chamfer"] for row in some]))
            found[group][prior] = {name: round(value, 4) for name, value in (mean | {"better": better}).items()}
    return dict(found)


if __name__ == "__main__":
    main()
