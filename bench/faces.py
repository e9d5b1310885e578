"""Whether faces gain by the fine scale: .venv/bin/python bench/faces.py --data DIR [--coarse F] [--fine F] [OPTIONS]

Statues held out of the prepared data are drawn from the front; the coarse prior imagines each, the fine one refines
what it finds there, and both are asked at the true surface of the front half of the head, as far as the photo shows
it: how far off they say it is, and how many degrees their normals are off. F is the state.pt of a run of training;
without one the bundled weights are asked. --coarse truth gives the fine scale the true coarse volume, --coarse mistaken
one made worse as in training: what the fine scale can do by itself. The baseline is the coarse volume alone. Distances
are in world units (the longest side is 1.8). Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
import torch

from statue_recon.camera import Camera
from statue_recon.dataset.render.fast import FastScene
from statue_recon.dataset.render.light import hemisphere
from statue_recon.field.imagined import along_rays
from statue_recon.photo.details import PhotoDetails
from statue_recon.photo.photo import Photo
from statue_recon.photo.window import condition_of, window_of
from statue_recon.priors.shape.columns import clipped
from statue_recon.priors.shape.detect import Place, heads
from statue_recon.priors.shape.fine import FinePrior
from statue_recon.priors.shape.fuse import Distances, Fused
from statue_recon.priors.shape.prior import ShapePrior
from statue_recon.priors.shape.regions import CLOSE, regions
from statue_recon.train.adapt_start import network_of
from statue_recon.train.close_ups import distances_in, mistaken
from statue_recon.train.objects import Entry, Objects

PIXELS, FOCAL, AWAY = 1200, 2400.0, 4.6  # of the photos; world units from the statue
ELEVATION = 5.0  # degrees
SUN = (-0.5, -0.75, 0.6)
FACING = 0.3  # cosine between a normal and the way to the camera, at least, of what counts
POINTS = 3000  # of a head


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="prepared statues")
    parser.add_argument("--coarse", default="bundled", help="bundled, truth, mistaken, or a state.pt")
    parser.add_argument("--fine", default="bundled", help="bundled, or a state.pt")
    parser.add_argument("--limit", type=int, default=20, help="statues, at most")
    parser.add_argument("--turns", type=float, nargs="*", default=(-20.0, 25.0), help="degrees of azimuth")
    parser.add_argument("--samples", type=int, default=4, help="of the coarse prior, averaged")
    parser.add_argument("--steps", type=int, default=8, help="of the coarse prior")
    parser.add_argument("--fine-steps", type=int, default=1)
    options = parser.parse_args()
    objects = Objects(options.data)
    coarse = None if options.coarse in ("truth", "mistaken") else coarse_prior(options.coarse)
    fine = FinePrior.bundled() if options.fine == "bundled" else FinePrior(network_of(Path(options.fine)))
    rows: dict[str, dict] = {}
    for entry in objects.of("validation"):
        if len(rows) == options.limit:
            break
        for turn in options.turns:
            row = measure(objects, entry, turn, coarse, fine, options)
            if row is None:
                continue
            rows[f"{entry.id} {turn:g}"] = row
            sys.stderr.write(f"{entry.id} {turn:g} {json.dumps(row)}\n")
    told = {"baseline": "the coarse volume alone", "coarse": options.coarse, "fine": options.fine}
    sys.stdout.write(json.dumps({**told, "heads": rows, "mean": mean_of(list(rows.values()))}, indent=2) + "\n")


def measure(
    objects: Objects, entry: Entry, turn: float, coarse: ShapePrior | None, fine: FinePrior, options
) -> dict | None:
    """Figures of one photo of a statue; None where it has no head, or does not show it."""
    mesh, colours = objects.mesh(entry)
    photo, normal, depth = photograph(mesh, colours, turn)
    window, columns = window_of(photo, ELEVATION)
    true = clipped(distances_in(objects.field(entry, 96), columns), columns.pitch)
    points, normals = faces(heads(true, columns), photo.camera, depth, normal)
    if len(points) < 100:
        return None
    if coarse is not None:
        told = coarse.imagine(condition_of([window]), columns, options.samples, options.steps, seed=0).volume
    else:
        told = (true if options.coarse == "truth" else mistaken(true, columns, np.random.default_rng(0))).numpy()
    begun = time.monotonic()
    volume = torch.from_numpy(told)
    parts = regions(volume, columns)
    details = PhotoDetails.of(photo, window)
    done = list(fine.refine(volume, columns, [part.columns for part in parts], details, 0, options.fine_steps))
    seconds = time.monotonic() - begun
    before = along_rays(told, columns)
    after = Fused(before, columns, [(part.volume, part.columns) for part in done]).distances
    step = 0.5 * columns.pitch / CLOSE
    figures = {name: wrong(field, points, normals, step) for name, field in (("coarse", before), ("fine", after))}
    found = {"head found": any(part.kind == "head" for part in parts), "parts": len(parts), "pitch": columns.pitch}
    return {**figures, **found, "seconds": round(seconds, 1)}


def photograph(mesh, colours, turn: float) -> tuple[Photo, np.ndarray, np.ndarray]:
    """A photo, and the true normals [H, W, 3] and depths [H, W] of its pixels."""
    camera = Camera.orbit(turn, ELEVATION, AWAY, PIXELS, PIXELS, FOCAL)
    light = hemisphere(SUN, 1.0, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    seen = FastScene(mesh, colours).look([camera], light)
    alpha = np.isfinite(seen["depth"][0]).astype(np.float32)
    return Photo(seen["rgb"][0], alpha, "alpha channel", camera, ()), seen["normal"][0], seen["depth"][0]


def faces(some: list[Place], camera: Camera, depth: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points [N, 3] of the front half of the heads that the photo shows, and their normals [N, 3]."""
    rows, columns = np.nonzero(np.isfinite(depth))
    across = np.column_stack([columns + 0.5 - camera.cx, rows + 0.5 - camera.cy]) / (camera.fx, camera.fy)
    far = depth[rows, columns, None]
    points = np.column_stack([across * far, far]) @ camera.rotation + camera.position
    normals = normal[rows, columns]
    towards = camera.position - points
    facing = (normals * towards).sum(axis=1) > FACING * np.linalg.norm(towards, axis=1)
    at_head = np.zeros(len(points), bool)
    for head in some:
        away = points - head.middle
        before = away @ camera.rotation[2] < 0.0
        at_head |= (np.linalg.norm(away, axis=1) < head.radius) & before
    chosen = np.flatnonzero(facing & at_head)
    if len(chosen) > POINTS:
        chosen = np.random.default_rng(0).choice(chosen, POINTS, replace=False)
    return points[chosen], normals[chosen]


def wrong(field: Distances, points: np.ndarray, normals: np.ndarray, step: float) -> dict[str, float]:
    """How far off a field says true points of the surface are, in world units, and its normals in degrees."""
    off = np.abs(field(points))
    slopes = np.stack([field(points + step * axis) - field(points - step * axis) for axis in np.eye(3)], axis=1)
    slopes /= np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-9)
    angles = np.degrees(np.arccos(np.clip((slopes * normals).sum(axis=1), -1.0, 1.0)))
    return {"distance": round(float(off.mean()), 5), "degrees": round(float(angles.mean()), 2)}


def mean_of(rows: list[dict]) -> dict:
    if not rows:
        return {}
    mean = {
        name: {what: round(float(np.mean([row[name][what] for row in rows])), 5) for what in ("distance", "degrees")}
        for name in ("coarse", "fine")
    }
    better = {
        f"better in {what}": float(np.mean([row["fine"][what] < row["coarse"][what] for row in rows]))
        for what in ("distance", "degrees")
    }
    return {**mean, **better, "heads": len(rows), "seconds": float(np.mean([row["seconds"] for row in rows]))}


def coarse_prior(where: str) -> ShapePrior:
    return ShapePrior.bundled() if where == "bundled" else ShapePrior(network_of(Path(where)))


if __name__ == "__main__":
    main()
