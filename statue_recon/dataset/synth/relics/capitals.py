"""Doric, Ionic and Corinthian capitals, and what other stonework shares with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape, box, prism, union
from . import motifs
from .flesh import Clay
from .swept import outwards, swept, together
from .wheel import Knot, Relief, curve, offset, smooth_path, turned_body


@dataclass(frozen=True)
class Stonework:
    kind: str  # a key of KINDS
    height: float  # metres
    slender: float
    count: int  # flutes, leaves, storeys: what the kind counts
    border: str  # a key of motifs.MOTIFS, where there is one
    seed: int


def lathe(knots: Sequence[Knot], relief: Relief | None = None) -> Shape:
    """A body with the outline through the knots, closed above and below."""
    outline = curve(knots)
    return turned_body(np.concatenate([[(0.0, outline[0, 1])], outline, [(0.0, outline[-1, 1])]]), relief=relief)


def _flutes(bottom: float, top: float, count: int, depth: float) -> Relief:
    v, angle = np.meshgrid((np.arange(120) + 0.5) / 120, 2 * np.pi * np.arange(1024) / 1024, indexing="ij")
    ends = np.sqrt(1 - (1 - np.clip(np.minimum(v, 1 - v) / 0.06, 0, 1)) ** 2)
    return Relief((-depth * np.abs(np.cos(angle * count / 2)) ** 0.6 * ends).astype(np.float32), bottom, top)


def banded(name: str, bottom: float, top: float, radius: float, height: float) -> Relief:
    repeats = max(round(2 * np.pi * radius / (top - bottom) / motifs.aspect(name)), 6)
    return Relief(height * motifs.border(name, repeats, 96, 1024), bottom, top)


def _drum(h: float, r: float, low: float, high: float) -> Shape:
    """The fluted end of the shaft below a capital."""
    return lathe([(r, low * h, 1), (r, high * h, 1)], _flutes(low * h, high * h, 20, 0.10 * r))


def slab(half: float, low: float, high: float, rounding: float) -> Shape:
    return box((-half, -half, low), (half, half, high), rounding)


def doric(work: Stonework) -> list[Piece]:
    h = work.height
    r = 0.42 * h * work.slender
    echinus = lathe(
        [
            (r, 0.44 * h, 1),
            (1.04 * r, 0.455 * h, 1),
            (1.0 * r, 0.47 * h, 1),
            (1.04 * r, 0.485 * h, 1),
            (1.02 * r, 0.5 * h, 1),
            (1.28 * r, 0.63 * h),
            (1.42 * r, 0.71 * h),
            (1.40 * r, 0.75 * h, 1),
        ]
    )
    return [Piece("capital", union([_drum(h, r, 0.0, 0.46), echinus, slab(1.48 * r, 0.75 * h, h, 0.006 * h)]))]


def ionic(work: Stonework) -> list[Piece]:
    h = work.height
    r = 0.46 * h * work.slender
    cushion = lathe(
        [
            (r, 0.44 * h, 1),
            (1.08 * r, 0.47 * h),
            (1.0 * r, 0.5 * h, 1),
            (1.05 * r, 0.52 * h, 1),
            (1.3 * r, 0.63 * h),
            (1.25 * r, 0.70 * h, 1),
        ],
        banded("egg-and-dart", 0.51 * h, 0.68 * h, 1.15 * r, 0.022 * h),
    )
    parts = []
    for side in (-1, 1):
        centre = np.array([1.32 * r * side, 0, 0.50 * h])
        t = np.linspace(0, 1, 40)
        angle = np.pi / 2 - side * 2 * np.pi * 2.4 * t
        size = 0.31 * h * (1 - 0.86 * t)
        for front in (-1, 1):
            path = centre + np.stack(
                [size * np.cos(angle), np.full(40, 0.92 * r * front), size * np.sin(angle)], axis=1
            )
            start = np.array([0, 0.92 * r * front, 0.79 * h])
            path = np.concatenate([np.linspace(start, path[0], 8)[:-1], path])
            thick = np.concatenate([np.full(7, 0.07 * h), 0.07 * h * (1 - 0.6 * t)])
            parts.append(swept(path, 0.16 * r, thick, (0, 0, 1), "round"))
            eye = offset(centre, 0, 0.9 * r * front, 0)
            parts.append(swept([eye, offset(eye, 0, 0.12 * r * front, 0)], 0.10 * h, 0.10 * h, (0, 0, 1), "round"))
        waist = np.linspace(-0.93, 0.93, 13)
        roll = centre + np.stack([0 * waist, waist * r, 0 * waist], axis=1)
        wide = 2 * h * (0.19 + 0.09 * np.abs(waist) ** 2 + 0.008 * np.cos(waist * 26))
        parts.append(swept(roll, wide, wide, (0, 0, 1), "round"))
    middle = box((-1.3 * r, -0.9 * r, 0.66 * h), (1.3 * r, 0.9 * r, 0.83 * h), 0.01 * h)
    top = slab(1.36 * r, 0.84 * h, h, 0.02 * h)
    stone = union([_drum(h, r, 0.0, 0.45), cushion, middle, top])
    return [Piece("capital", stone), Piece("volutes", together(parts), blend=0.006 * h)]


def _leaf(base: NDArray, out: NDArray, side: NDArray, high: float, wide: float, lobes: int) -> Mesh:
    """An acanthus leaf: it rises along the bell, with a rib, lobes and a tip that curls over."""
    t, u = np.linspace(0, 1, 14), np.linspace(-1, 1, 9)
    up = np.array([0, 0, 1.0])
    rise = high * np.interp(t, [0, 0.7, 0.9, 1], [0, 0.86, 1.0, 0.90])
    reach = high * np.interp(t, [0, 0.5, 0.75, 0.9, 1], [0.0, 0.05, 0.15, 0.30, 0.42])
    half = (
        wide
        / 2
        * np.interp(t, [0, 0.2, 0.55, 0.8, 1], [0.75, 0.9, 1.0, 0.8, 0.35])
        * (1 + 0.17 * np.cos(2 * np.pi * lobes * t))
    )
    tongue = 0.10 * wide * (np.abs(np.cos(2.5 * np.pi * u)) - 0.4 * np.abs(u))
    middle = base + rise[:, None] * up + reach[:, None] * out
    sheet = (
        middle[:, None]
        + (half[:, None] * u)[..., None] * side
        + (tongue[None, :] - 0.06 * wide * u**2)[..., None] * out
    )
    thick = 0.14 * wide
    back = sheet - thick * (out * 0.8 + up * 0.0)
    rings = np.concatenate([sheet, back[:, ::-1]], axis=1)
    return closed(rings)


def closed(rings: NDArray) -> Mesh:
    """Rings of points [N, M, 3] as a tube with lids."""
    count, around = rings.shape[:2]
    k, m = np.meshgrid(np.arange(count - 1), np.arange(around), indexing="ij")
    a, b = k * around + m, k * around + (m + 1) % around
    walls = np.stack([a, a + around, b, b, a + around, b + around], axis=-1).reshape(-1, 3)
    vertices = np.concatenate([rings.reshape(-1, 3), [rings[0].mean(axis=0), rings[-1].mean(axis=0)]])
    j, last = np.arange(around), (count - 1) * around
    first = np.stack([j, (j + 1) % around, np.full(around, count * around)], axis=1)
    final = np.stack([last + (j + 1) % around, last + j, np.full(around, count * around + 1)], axis=1)
    return outwards(Mesh(vertices.astype(np.float32), np.concatenate([walls, first, final]).astype(np.int32)))


def corinthian(work: Stonework) -> list[Piece]:
    h = 1.15 * work.height
    r = 0.33 * h * work.slender
    bell = lathe(
        [
            (r, 0.0, 1),
            (1.1 * r, 0.03 * h),
            (1.0 * r, 0.06 * h, 1),
            (0.98 * r, 0.3 * h),
            (1.08 * r, 0.62 * h),
            (1.4 * r, 0.84 * h, 1),
        ]
    )
    leaves = []
    for row, (high, low, start) in enumerate(((0.36, 0.05, 0.0), (0.62, 0.05, 0.5))):
        for k in range(8):
            angle = 2 * np.pi * (k + start) / 8
            out = np.array([np.cos(angle), np.sin(angle), 0])
            side = np.array([-np.sin(angle), np.cos(angle), 0])
            leaves.append(
                _leaf((1.02 + 0.0 * row) * r * out + (0, 0, low * h), out, side, (high - low) * h, 0.78 * r, 3 + row)
            )
    for k in range(4):
        angle = np.pi / 4 + np.pi / 2 * k
        for hand in (-1, 1):
            t = np.linspace(0, 1, 24)
            out = np.array([np.cos(angle), np.sin(angle), 0])
            side = hand * np.array([-np.sin(angle), np.cos(angle), 0])
            curl = np.pi * (1.0 - 2.6 * t)
            eye = 1.52 * r * out + (0, 0, 0.74 * h)
            roll = eye + (0.10 * h * (1 - 0.75 * t))[:, None] * (
                np.cos(curl)[:, None] * -out * -1 + np.sin(curl)[:, None] * np.array([0, 0, 1.0])
            )
            stem = smooth_path(
                [
                    1.0 * r * out + 0.62 * r * side + (0, 0, 0.45 * h),
                    1.12 * r * out + 0.3 * r * side + (0, 0, 0.66 * h),
                    roll[0] + 0.05 * r * side,
                ]
            )
            path = np.concatenate([stem[:-1], roll + 0.05 * r * side])
            leaves.append(swept(path, 0.10 * h, 0.05 * h, side, "round"))
    curved: list[NDArray] = []
    for k in range(4):
        turn = np.pi / 4 + np.pi / 2 * (np.arange(9) / 8 + k)
        away = 1.75 * r * (1 - 0.28 * np.sin(np.pi * np.arange(9) / 8))
        curved.extend(np.stack([away * np.cos(turn), away * np.sin(turn)], axis=1)[:-1])
    abacus = prism(np.array(curved), 0.86 * h, h)
    flowers = Clay(0.01 * h)
    for k in range(4):
        out = np.array([np.cos(np.pi / 2 * k), np.sin(np.pi / 2 * k), 0])
        flowers.add(1.2 * r * out + (0, 0, 0.92 * h), 1.27 * r * out + (0, 0, 0.92 * h), 0.055 * h)
    return [
        Piece("capital", union([bell, abacus, flowers.shape()])),
        Piece("leaves", together(leaves), blend=0.006 * h),
    ]
