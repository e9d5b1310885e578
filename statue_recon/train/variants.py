"""Statues that never were, out of those that are: scans bent, twisted and stretched, for there are few of them.

A variant goes by the name of its statue and a number, tds_pan~3, and that name says what it looks like: its distances
are made once and kept as those of any other.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..mesh.mesh import LONGEST_SIDE, Mesh

MARK = "~"
COUNT = 8  # of each statue
AS_IT_IS = 0.35  # share of draws that show the statue itself
# How strongly, standard deviations: factors along the axes, turns and bends per unit of height, waves in units.
STRETCH, TAPER, TWIST, BEND, WAVES = 0.10, 0.10, 0.25, 0.10, 0.012
WAVE_LENGTHS = (0.7, 2.0)  # world units


def chosen_variant(name: str, rng: Generator) -> str:
    """The name of a statue itself or of one of its variants."""
    return name if rng.random() < AS_IT_IS else f"{name}{MARK}{int(rng.integers(1, COUNT + 1))}"


def origin(name: str) -> str:
    """The name of the statue that this is or was made of."""
    return name.partition(MARK)[0]


def deformed(mesh: Mesh, name: str) -> Mesh:
    """The mesh as the variant of this name has it; as it is, if that is a statue's own."""
    if MARK not in name:
        return mesh
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:8], "little"))
    moved = moved_points(mesh.vertices.astype(np.float64), rng)
    low, high = moved.min(axis=0), moved.max(axis=0)
    placed = (moved - (low + high) / 2) * (LONGEST_SIDE / (high - low).max())
    return Mesh(placed.astype(np.float32), mesh.faces)


def moved_points(points: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """World points [N, 3] where a chance deformation takes them; it folds nothing and turns nothing inside out."""
    moved = points * np.exp(rng.normal(0.0, STRETCH, 3))
    height = moved[:, 2]
    moved[:, :2] *= np.exp(np.clip(rng.normal(0.0, TAPER), -0.25, 0.25) * height)[:, None]
    angle = np.clip(rng.normal(0.0, TWIST), -0.6, 0.6) * height
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = moved[:, 0].copy(), moved[:, 1].copy()
    moved[:, 0], moved[:, 1] = cosine * x - sine * y, sine * x + cosine * y
    moved[:, :2] += np.clip(rng.normal(0.0, BEND, 2), -0.25, 0.25) * height[:, None] ** 2
    for _ in range(4):
        along, towards = rng.normal(size=(2, 3))
        along *= 2 * np.pi / (rng.uniform(*WAVE_LENGTHS) * np.linalg.norm(along))
        wave = np.sin(moved @ along + rng.uniform(0, 2 * np.pi))
        moved += WAVES * wave[:, None] * towards / np.linalg.norm(towards)
    return moved
