"""The seconds of a volume-rendering step: .venv/bin/python bench/volume.py [DEVICE]

128² rays of 64 samples each, opacity, depth and normals, forwards and backwards, through a dense grid of 128³ and a
hash grid that has learnt the same shape; with empty space left out, as `render_rays` does it, and without (every
sample of every ray between the near and the far side of the box). Also the visibility grid of a 2-megapixel photo.
Best of several, on 2 threads. Prints JSON.
"""

import json
import os
import sys
import time

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
import torch

from statue_recon.camera import Camera
from statue_recon.field.grid import DenseGrid
from statue_recon.field.hash_grid import HashGrid
from statue_recon.field.sdf import SDF
from statue_recon.field.visibility import View, visibility_grid
from statue_recon.render.volume import Field, Rendered, box_span, camera_rays, find_surface, render_along

BASELINE = {"dense": 0.5}  # seconds a step, forwards and backwards, on 2 cores: the aim of the issue
SIDE, SAMPLES, NODES = 128, 64, 128
GUIDE = 64  # nodes of the coarse grid that tells a hash grid's rays where to look
TIMES = 7
PHOTO = 1200, 1700  # pixels, 2 megapixels


def main(device: str) -> None:
    torch.set_num_threads(2)
    field = bust(NODES)
    dense = DenseGrid.from_sdf(field, device)
    hashed = HashGrid.from_sdf(field, device, steps=30)
    guide = DenseGrid.from_sdf(hashed.to_sdf(GUIDE), device)
    origins, directions, _ = camera_rays(Camera.orbit(30, 20, 4.0, SIDE, SIDE, 1.9 * SIDE), device)
    beta = 0.5 * field.spacing
    table = {"device": device, "threads": torch.get_num_threads(), "load": [round(load, 1) for load in os.getloadavg()]}
    table["baseline"] = BASELINE
    for name, asked, led in (("dense", dense, dense), ("hash", hashed, guide)):
        table[name] = step(asked, led, origins, directions, beta)
        table[f"{name}, nothing left out"] = step(asked, None, origins, directions, beta)
    table["visibility grid"] = visibility(device)
    sys.stdout.write(json.dumps(table, indent=2) + "\n")


def bust(nodes: int) -> SDF:
    """A head on shoulders on a plinth, as distances: it fills about as much of its cube as a statue does."""
    axis = np.linspace(-1.0, 1.0, nodes)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    head = np.sqrt((x / 0.8) ** 2 + y**2 + ((z - 0.5) / 1.2) ** 2) * 0.8 - 0.28
    shoulders = np.sqrt((x / 1.6) ** 2 + y**2 + (z + 0.15) ** 2) - 0.35
    plinth = np.maximum(np.maximum(np.abs(x), np.abs(y)) - 0.3, np.abs(z + 0.65) - 0.25)
    distances = np.minimum(np.minimum(head, shoulders), plinth)
    return SDF(distances.astype(np.float32), np.full(3, -1.0), float(axis[1] - axis[0]))


def step(field: Field, guide: Field | None, origins: torch.Tensor, directions: torch.Tensor, beta: float) -> dict:
    """The best seconds of the first pass, of what is rendered with gradients, and of the way back."""
    rows, work = [], []
    for _ in range(TIMES):
        began, worked = now(origins), time.process_time()
        with torch.no_grad():
            if guide is None:
                places = everywhere(field, origins, directions)
            else:
                places = find_surface(guide, origins, directions, beta, SAMPLES + 1)
        found = now(origins)
        picture = render_along(field, origins, directions, *places, beta=beta)
        drawn = now(origins)
        score(picture).backward()
        rows.append([found - began, drawn - found, now(origins) - drawn])
        work.append(time.process_time() - worked)
    first, forward, backward = min(rows, key=sum)
    return {
        "rays": len(picture.met),
        "first pass": round(first, 4),
        "forward": round(forward, 4),
        "backward": round(backward, 4),
        "step": round(first + forward + backward, 4),
        "processor": round(min(work), 4),  # seconds of all cores together: hardly changes when the machine is shared
    }


def everywhere(field: Field, origins: torch.Tensor, directions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    near, far = box_span(field.box, origins, directions)
    share = torch.linspace(0.0, 1.0, SAMPLES + 1, device=origins.device)
    return torch.arange(len(origins), device=origins.device), torch.lerp(near[:, None], far[:, None], share)


def score(picture: Rendered) -> torch.Tensor:
    assert picture.normal is not None
    return picture.opacity.sum() + picture.depth.sum() + picture.normal.square().sum()


def visibility(device: str) -> dict:
    """Of a statue's box, about as wide as deep and three times as high, and of a whole cube."""
    cube = bust(NODES)
    slim = SDF(
        np.ascontiguousarray(cube.values[43:85, 43:85]), cube.lower + cube.spacing * np.array([43, 43, 0]), cube.spacing
    )
    seconds = {}
    for name, field in (("slim", slim), ("cube", cube)):
        view = View(Camera.orbit(0, 10, 4.0, *PHOTO, 2800.0))
        rows = []
        for _ in range(3):
            began = time.perf_counter()
            visibility_grid(field, [view], 128, device)
            rows.append(time.perf_counter() - began)
        seconds[name] = round(min(rows), 3)
    return seconds


def now(tensor: torch.Tensor) -> float:
    if tensor.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu")
