"""How good new views of unseen statues are: .venv/bin/python bench/view.py [--statues DIR] [--weights WHERE]

Each mesh is photographed by our own fast renderer from the front (elevation 5°, lens 50 mm, a sky and a sun). The view
prior, told the photo and its elevation and no caption, shows what is seen every 30° around at elevation 10°: drawn
from noise in the steps it ships with (“sampled”), and as one guess from pure noise (“guessed”: its mean, which blurs).
Prints JSON: PSNR on white over the whole picture and inside the true mask, IoU of the masks, mean angle of the normals;
means over the statues for each azimuth, and over all but the photo's own. The baseline repeats the photo; its normals
look straight into the camera. What the network is told to begin with, the photo rounded and turned, is measured too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from statue_recon.camera import SENSOR_WIDTH, Camera
from statue_recon.dataset.files import read_triangles
from statue_recon.dataset.render.fast import FastScene
from statue_recon.dataset.render.light import hemisphere
from statue_recon.mesh.mesh import LONGEST_SIDE, Mesh
from statue_recon.photo.light import linear
from statue_recon.priors.view.diffusion import sample
from statue_recon.priors.view.framing import PhotoWindow, Pose, framed, pose_numbers
from statue_recon.priors.view.network import Architecture, Condition, ViewNetwork
from statue_recon.priors.view.pictures import pictures_of
from statue_recon.priors.view.prior import STEPS
from statue_recon.priors.view.turned import expected, turned
from statue_recon.priors.view.words import LENGTH
from statue_recon.train.start import BUNDLED, weights_of
from statue_recon.train.view_measure import compared, guessed, mean, repeated
from statue_recon.train.view_scenes import clean_of, pictures

STATUES = Path(__file__).parents[1] / "../shared/data/statues/test"
PHOTO_ELEVATION, VIEW_ELEVATION = 5.0, 10.0  # degrees
STEP = 30  # degrees of azimuth
LENS = 50.0  # mm, 35 mm equivalent
SIDE = 1000  # pixels of the photo
FILL = 0.8  # of it, about, by the statue
GAIN = 3.0  # dB over the baseline, which issue 5 wants


def main(statues: Path, where: str) -> None:
    architecture, tensors = weights_of(where, "view")
    network = ViewNetwork(Architecture.from_json(architecture))
    network.load_state_dict(tensors)
    network.eval().requires_grad_(False)
    azimuths = list(range(0, 360, STEP))
    found: dict[str, dict[str, dict[str, Tensor]]] = {}
    seconds = 0.0
    for path in sorted(statues.glob("*.ply")):
        condition, truth = photographed(path, azimuths)
        began = time.monotonic()
        drawn = sample(network, condition, STEPS, torch.Generator().manual_seed(0))
        seconds += time.monotonic() - began
        found[path.stem] = {
            "sampled": compared(drawn, truth),
            "guessed": compared(guessed(network, condition, torch.Generator().manual_seed(0)), truth),
            "photo rounded and turned": compared(expected(turned(condition.photo, condition.pose)), truth),
            "photo repeated": compared(repeated(condition.photo, torch.zeros(len(truth))), truth),
        }
    sys.stdout.write(
        json.dumps(table(found, azimuths) | {"seconds_a_view": _seconds(seconds, found, azimuths)}, indent=2) + "\n"
    )


def photographed(path: Path, azimuths: list[int]) -> tuple[Condition, Tensor]:
    """What is told of a statue, and what is truly seen of it from each azimuth."""
    read = read_triangles(path)
    low, high = read.vertices.min(axis=0), read.vertices.max(axis=0)
    placed = (read.vertices - (low + high) / 2) * (LONGEST_SIDE / (high - low).max())
    mesh = Mesh(placed.astype(np.float32), read.faces.astype(np.int32))
    colours = None if read.colours is None else linear(read.colours / 255.0).astype(np.float32)
    scene = FastScene(mesh, colours)
    focal = LENS / SENSOR_WIDTH * SIDE
    camera = Camera.orbit(0.0, PHOTO_ELEVATION, LONGEST_SIDE * focal / (FILL * SIDE), SIDE, SIDE, focal)
    pixels, _ = camera.project(mesh.vertices)
    box = (*pixels.min(axis=0), *pixels.max(axis=0))
    window, framing = framed(camera, box, float(camera.world_to_camera[2, 3]))
    poses = [Pose(float(azimuth), VIEW_ELEVATION - framing.elevation) for azimuth in azimuths]
    photo, *seen = pictures(scene, [window, *map(framing.camera, poses)], hemisphere())
    shown = PhotoWindow(photo.rgb, photo.alpha, framing.spread)
    count = len(poses)
    condition = Condition(
        pictures_of([shown]).expand(count, -1, -1, -1),
        pose_numbers(poses, framing.elevation, framing.spread),
        torch.zeros(count, LENGTH, dtype=torch.long),
    )
    return condition, clean_of(seen)


def table(found: Mapping[str, Mapping[str, Mapping[str, Tensor]]], azimuths: list[int]) -> dict:
    """Means over the statues, and each statue's gain."""
    ways = ("sampled", "guessed", "photo rounded and turned", "photo repeated")
    every = {
        way: {
            name: torch.stack([one[way][name] for one in found.values()])  # [statues, azimuths]
            for name in next(iter(found.values()))[way]
        }
        for way in ways
    }
    gains = {
        way: {name: every[way][name] - every["photo repeated"][name] for name in ("psnr", "psnr_inside")}
        for way in ways[:3]
    }
    return {
        "statues": len(found),
        "baseline": "photo repeated",
        "wanted_gain_db": GAIN,
        "gain_db": {way: {name: _rounded(gain[:, 1:]) for name, gain in of.items()} for way, of in gains.items()},
        "all_around": {way: {name: _rounded(value[:, 1:]) for name, value in of.items()} for way, of in every.items()},
        "by_azimuth": {
            str(azimuth): {
                way: {name: _rounded(value[:, n]) for name, value in of.items()} for way, of in every.items()
            }
            for n, azimuth in enumerate(azimuths)
        },
        "gain_by_statue": {
            statue: {way: _rounded(gains[way]["psnr"][n, 1:]) for way in ways[:3]} for n, statue in enumerate(found)
        },
    }


def _rounded(values: Tensor) -> float:
    return round(mean(values), 3)


def _seconds(seconds: float, found: Mapping, azimuths: list[int]) -> float:
    return round(seconds / max(len(found) * len(azimuths), 1), 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statues", type=Path, default=STATUES, metavar="DIR", help="meshes that no training has seen")
    parser.add_argument("--weights", default=BUNDLED, metavar="WHERE", help="bundled, or the folder of a run")
    given = parser.parse_args()
    main(given.statues, given.weights)
