"""What the appearance stage is worth: .venv/bin/python -m bench.hidden_colours DATA [--statues N] [--way WAY]

Statues that no training has seen (prepared, in their own colours) are photographed from the front; the photo is laid on
the true mesh, and the bundled view prior paints what it does not show. Seen every 30° around, unlit, they are compared
with what the same light truly shows there. PSNR over pixels of which the photo sees nothing (“invented”), over those it
sees (“seen”: they must not change), and the step in colour across the border between them, as a share of the truth's
own. The baseline is the atlas as it was before the stage: what is hidden is filled in from its surroundings.
Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
from numpy.typing import NDArray

from statue_recon.camera import SENSOR_WIDTH, Camera
from statue_recon.dataset.render.fast import FastScene
from statue_recon.dataset.render.light import hemisphere
from statue_recon.evaluate.picture import draw, psnr
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.extract import simplify
from statue_recon.mesh.mesh import LONGEST_SIDE, Mesh, TexturedMesh
from statue_recon.photo.photo import Photo
from statue_recon.priors.view.prior import bundled_view_prior
from statue_recon.refine.appearance.canvas import lock
from statue_recon.refine.appearance.stage import BROAD, FAST, THOROUGH, refine_appearance
from statue_recon.render.raster import Cover, cover_of_photo
from statue_recon.report import Report
from statue_recon.texture.paint import paint
from statue_recon.texture.view import View
from statue_recon.train.objects import Objects

BEFORE, AFTER = "filled from around", "painted by the prior"
WAYS = {"broad": BROAD, "fast": FAST, "thorough": THOROUGH}  # the first is what the bundled prior is asked in a job
FACES, ATLAS = 50_000, 1024
SIDE, FOCAL = 640, 50.0 / SENSOR_WIDTH * 640  # pixels of the photo
AWAY = 1.15 * LONGEST_SIDE * FOCAL / SIDE
ELEVATION, STEP = 8.0, 30  # degrees, of the views all round
LIGHT = hemisphere((-0.5, -0.6, 0.6), 0.8, (0.5, 0.52, 0.55), (0.25, 0.24, 0.22))


@dataclass(frozen=True)
class Around:
    """What is truly seen from one side."""

    cover: Cover  # of the mesh that is painted
    truth: NDArray[np.float32]  # [SIDE, SIDE, 3] sRGB
    parts: dict[str, NDArray[np.bool_]]  # pixels, [SIDE, SIDE]
    border: NDArray[np.bool_]  # [SIDE, SIDE − 1] between neighbours of which the photo shows only one


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.hidden_colours", description="The appearance stage's worth.")
    parser.add_argument(
        "data", type=Path, metavar="DATA", help="prepared statues, as `statue-recon train prepare` leaves"
    )
    parser.add_argument("--statues", type=int, default=12, metavar="N")
    parser.add_argument("--way", choices=tuple(WAYS), default="broad")
    given = parser.parse_args()
    rows = {}
    for name, mesh, colours in held_out(given.data, given.statues):
        rows[name] = judged(mesh, colours, given.way)
        sys.stderr.write(f"{name} {json.dumps(rows[name])}\n")
    mean = {
        way: {figure: round(float(np.mean([row[way][figure] for row in rows.values()])), 3) for figure in first}
        for way, first in next(iter(rows.values())).items()
    }
    better = sum(row[AFTER]["invented"] > row[BEFORE]["invented"] for row in rows.values())
    told = {"baseline": BEFORE, "way": given.way, "statues": len(rows), "mean": mean, "better": better, "rows": rows}
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def held_out(data: Path, count: int) -> Iterator[tuple[str, Mesh, NDArray[np.float32]]]:
    """Statues with the linear light of their vertices."""
    objects = Objects(data)
    found = 0
    for entry in objects.of("validation"):
        mesh, colours = objects.mesh(entry)
        if entry.caption and colours is not None and found < count:
            found += 1
            yield entry.id, mesh, colours


def judged(truth: Mesh, colours: NDArray[np.float32], way: str) -> dict[str, dict[str, float]]:
    """The figures before and after the stage."""
    scene = FastScene(truth, colours)
    camera = Camera.orbit(0.0, 0.0, AWAY, SIDE, SIDE, FOCAL)
    seen = scene.look([camera], LIGHT)
    photo = View(Photo(seen["rgb"][0], np.isfinite(seen["depth"][0]).astype(np.float32), "true", camera, ()), camera)
    mesh = simplify(truth, FACES)
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Path(folder))
        before = paint(mesh, unwrap(mesh), [photo], ATLAS, "cpu", report)
        report.close()
    prior, began = bundled_view_prior(), time.process_time()
    after = refine_appearance(before, photo, prior, WAYS[way])
    spent = time.process_time() - began
    around = [looked(scene, mesh, before, azimuth) for azimuth in range(STEP, 360, STEP)]
    return {
        BEFORE: figures(before, around),
        AFTER: figures(after, around) | {"processor_seconds": round(spent, 1)},
    }


def looked(scene: FastScene, mesh: Mesh, painted: TexturedMesh, azimuth: float) -> Around:
    camera = Camera.orbit(azimuth, ELEVATION, AWAY, SIDE, SIDE, FOCAL)
    cover = cover_of_photo(mesh, camera)
    truth = scene.look([camera], LIGHT)
    there = (cover.faces >= 0) & np.isfinite(truth["depth"][0])
    share = cover.picture(painted.seen[:, None], mesh.faces)[..., 0]
    seen = lock(share) & there
    invented = there & ~seen
    both = there[:, 1:] & there[:, :-1]
    return Around(cover, truth["rgb"][0], {"invented": invented, "seen": seen}, both & (seen[:, 1:] != seen[:, :-1]))


def figures(painted: TexturedMesh, around: list[Around]) -> dict[str, float]:
    """PSNR in dB of all sides together, by part, and how much sharper the border is than the truth's."""
    drawn = [draw(side.cover, painted.uv, painted.atlas) for side in around]
    found = {}
    for part in ("invented", "seen"):
        inside = np.stack([side.parts[part] for side in around])
        found[part] = round(psnr(np.stack(drawn), np.stack([side.truth for side in around]), inside), 3)
    steps = [
        np.abs(np.diff(picture, axis=1)).mean(axis=2)[side.border] for picture, side in zip(drawn, around, strict=True)
    ]
    own = [np.abs(np.diff(side.truth, axis=1)).mean(axis=2)[side.border] for side in around]
    found["border step over the truth's"] = round(float(np.concatenate(steps).mean() / np.concatenate(own).mean()), 3)
    return found


if __name__ == "__main__":
    main()
