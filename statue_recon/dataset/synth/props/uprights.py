"""What stands beside a figure and carries it: trunks, pillars, vessels, dolphins. On z = 0, about the Z axis, metres.

Each is made of its height and its half width; the side that touches the figure looks along −X.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from .. import noise
from ..human.placing import shift
from ..human.turns import about_z
from ..relics.swept import ring, together
from ..relics.wheel import curve, smooth_path
from .forms import block, lathe, loft, placed, rod, standing_along, straight
from .worn import round_shield

_RINGS, _AROUND = 34, 44  # of a trunk
_BARK = 0.13  # of the radius: how deep the furrows of the bark are
_FLARE = 0.09  # metres above the ground over which roots spread


def trunk(path: ArrayLike, girth: float, rng: np.random.Generator, towards: ArrayLike = (-1, 0)) -> Mesh:
    """A tree trunk through points [K, 3], `girth` metres thick, without branches `towards` [2]."""
    knots = np.asarray(path, float)
    shares = (np.linspace(0, 1, _RINGS) ** 1.3)[:, None]  # closer at the roots
    level = np.linspace(0, 1, len(knots))
    middle = np.stack([np.interp(shares[:, 0], level, _eased(knots[:, axis])) for axis in range(3)], axis=1)
    height = middle[:, 2:] - middle[0, 2]
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    radius = girth / 2 * (1.12 - 0.24 * shares)
    roots, start = int(rng.integers(3, 6)), rng.uniform(0, 6)
    radius = radius * (1 + np.exp(-height / _FLARE) * (0.45 + 0.4 * np.cos(roots * angle + start)))
    radius = radius * (1 + 0.08 * np.cos(3 * angle + 4 * height / girth * 0.3 + start))
    around = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    places = middle[:, None] + radius[..., None] * around
    bark = noise.ridges(
        (places * (1, 1, 0.22)).reshape(-1, 3).astype(np.float32), 0.5 * girth, 3, int(rng.integers(2**31))
    )
    radius = radius * (1 - _BARK + 2 * _BARK * bark.reshape(radius.shape))
    rings = middle[:, None] + radius[..., None] * around
    rings[-1] += (0, 0, 1) * (0.25 * (rings[-1] - middle[-1]) @ np.array([*rng.normal(size=2), 0]))[:, None]
    stubs = [_stub(middle, girth, rng, np.asarray(towards, float)) for _ in range(int(rng.integers(2, 5)))]
    return together([loft(rings), *stubs])


def _eased(values: NDArray) -> NDArray:
    """Neighbours' means, so that a trunk has no elbows; the ends stay."""
    soft = values.copy()
    soft[1:-1] = 0.5 * values[1:-1] + 0.25 * (values[:-2] + values[2:])
    return soft


def _stub(middle: NDArray, girth: float, rng: np.random.Generator, towards: NDArray) -> Mesh:
    """What is left of a branch: it leaves the trunk upwards, and was sawn off."""
    base = middle[int(rng.integers(len(middle) // 3, len(middle) - 3))]
    angle = np.arctan2(-towards[1], -towards[0]) + rng.uniform(-1.9, 1.9)
    way = np.array([np.cos(angle), np.sin(angle), rng.uniform(0.3, 1.0)])
    end = base + way * girth * rng.uniform(0.7, 1.0)
    wide = girth * rng.uniform(0.3, 0.48)
    return rod(straight(base, end, 5), wide * np.array([1.5, 1.2, 1.05, 1.0, 1.08]))


def stump(height: float, half: float, rng: np.random.Generator) -> Mesh:
    lean = rng.uniform(-0.03, 0.03, 2)
    return trunk([(0, 0, 0), (*lean, height / 2), (0, 0, height)], 1.8 * half, rng)


def pillar(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A square pillar with a foot and a head; sometimes with a panel."""
    out = 0.22 * half
    levels = [
        (out, 0),
        (out, 0.05),
        (0.4 * out, 0.075),
        (0, 0.09),
        (0, height - 0.07),
        (0.5 * out, height - 0.055),
        (out, height - 0.035),
        (out, height),
    ]
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    return loft([np.column_stack([square * (half + more), np.full(4, z)]) for more, z in levels])


def column(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A column, fluted or smooth, on its torus."""
    flutes = int(rng.choice((0, 12, 16)))
    angle = np.arange(96) * 2 * np.pi / 96
    cut = 1 - (0.1 * np.abs(np.cos(flutes * angle / 2)) ** 0.8 if flutes else 0.0) + 0 * angle
    around = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    levels = np.linspace(0.03, height - 0.02, 6)
    shaft = loft([half * cut[:, None] * around + (0, 0, z) for z in levels])
    foot = lathe([(1.25 * half, 0), (1.25 * half, 0.03), (1.1 * half, 0.035), (1.18 * half, 0.055), (half, 0.075)], 40)
    head = lathe([(half, height - 0.07), (1.2 * half, height - 0.045), (1.2 * half, height)], 40)
    return together([shaft, foot, head])


def herm(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A tapering pillar with shoulder bosses and a bearded head, as beside a road."""
    head = 0.85 * half
    shoulders = height - 2.7 * head
    square = np.array([(-1, -0.8), (1, -0.8), (1, 0.8), (-1, 0.8)]) * half
    shaft = loft(
        [
            np.column_stack([square * share, np.full(4, z)])
            for share, z in ((1.2, 0), (1.2, 0.05), (0.8, 0.05), (1, shoulders))
        ]
    )
    bosses = block(
        (-1.45 * half, -0.3 * half, shoulders - 0.5 * half), (1.45 * half, 0.3 * half, shoulders - 0.1 * half)
    )
    neck = lathe(
        [(0.95 * half, shoulders - 0.01), (0.6 * head, shoulders + 0.4 * head), (0.5 * head, shoulders + 0.9 * head)]
    )
    skull = placed(lathe(_round(head), 20, 1.1), shift((0, 0, height - head)))
    beard = placed(lathe(_round(0.62 * head), 16, 0.8), shift((0, -0.62 * head, height - 1.75 * head)))
    nose = rod(
        straight((0, -1.02 * head, height - 0.8 * head), (0, -1.2 * head, height - 1.2 * head)),
        (0.16 * head, 0.3 * head),
    )
    brow = ring((0, 0, height - 0.7 * head), (0, 0, 1), 0.98 * head, 0.22 * head, 0.3 * head, count=24)
    return together([shaft, bosses, neck, skull, beard, nose, brow])


def amphora(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A tall vessel with a cloth thrown over it."""
    body = lathe(
        curve(
            [
                (0, 0, 1),
                (0.55 * half, 0, 1),
                (0.5 * half, 0.05 * height),
                (0.8 * half, 0.25 * height),
                (1.05 * half, 0.55 * height),
                (0.8 * half, 0.74 * height),
                (0.42 * half, 0.82 * height),
                (0.4 * half, 0.92 * height),
                (0.6 * half, height, 1),
                (0, height, 1),
            ]
        ),
        36,
    )
    ears = []
    for sign in (-1, 1):
        path = smooth_path(
            np.array([(0.4 * half, 0, 0.93 * height), (0.95 * half, 0, 0.93 * height), (0.75 * half, 0, 0.7 * height)])
        )
        ears.append(rod(path @ about_z(90 * sign).T, 0.028))
    return together([body, *ears, _cloth(height, half, rng)])


def _cloth(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A cloth that hangs in deep folds from the mouth of a vessel, over a third of it."""
    angle = np.arange(72) * 2 * np.pi / 72
    folds, phase = int(rng.integers(9, 13)), rng.uniform(0, 6)
    rings = []
    for share in np.linspace(0, 1, 9):
        deep = 0.02 + 0.13 * share
        wide = half * (0.62 + 0.62 * np.sqrt(share)) * (1 + deep * np.cos(folds * angle + phase + share))
        reach = 0.5 + 0.5 * np.cos(angle - np.pi / 3)
        down = height * (1.012 - share * (0.12 + 0.75 * reach))
        rings.append(np.stack([wide * np.cos(angle), wide * np.sin(angle), down], axis=1))
    return loft(rings[::-1])


def dolphin(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A dolphin on its snout, the tail thrown up."""
    h = height
    path = smooth_path(
        np.array(
            [
                (0, -0.26 * h, 0.05 * h),
                (0, -0.13 * h, 0.09 * h),
                (0, 0.0, 0.2 * h),
                (0, 0.05 * h, 0.42 * h),
                (0, 0.0, 0.66 * h),
                (0, -0.04 * h, 0.84 * h),
                (0, 0.02 * h, 0.96 * h),
            ]
        )
    )
    at = np.linspace(0, 1, len(path))
    thick = (
        2
        * half
        * np.interp(at, (0, 0.12, 0.2, 0.36, 0.55, 0.75, 0.9, 1), (0.24, 0.3, 0.75, 1.0, 0.85, 0.55, 0.36, 0.3))
    )
    parts = [rod(path, thick), rod(straight((0, -0.25 * h, 0.02), (0, -0.02 * h, 0.02), 4), (0.05, 0.09, 0.12, 0.12))]
    for sign in (-1, 1):
        fluke = np.array(
            [(0, 0.02 * h, 0.94 * h), (sign * 0.09 * h, 0.03 * h, 0.99 * h), (sign * 0.17 * h, -0.01 * h, h)]
        )
        parts.append(rod(smooth_path(fluke), np.linspace(0.09, 0.03, len(smooth_path(fluke))), flat=0.6))
        fin = straight((sign * 0.7 * half, -0.03 * h, 0.2 * h), (sign * 1.7 * half, 0.02 * h, 0.3 * h), 5)
        parts.append(rod(fin, (0.06, 0.07, 0.06, 0.045, 0.02), flat=0.6))
        parts.append(
            rod(straight((0, -0.06 * h, 0.17 * h), (sign * 0.72 * half, -0.085 * h, 0.17 * h), 3), (0.03, 0.035, 0.04))
        )
    parts.append(
        rod(straight((0, 0.09 * h, 0.36 * h), (0, 0.16 * h, 0.52 * h), 5), (0.03, 0.05, 0.05, 0.04, 0.02), flat=0.6)
    )
    return together(parts)


def shield(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A round shield on its edge, its outside to the front."""
    disc = round_shield(height / 2, rng)
    return placed(disc, standing_along((0, 0, height / 2 - 0.003), (0.5, -1.0, 0.12), (0, 0, 1)))


def drum(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """Drums of a broken column."""
    angle = np.arange(80) * 2 * np.pi / 80
    around = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    flutes = 1 - 0.09 * np.abs(np.cos(8 * angle)) ** 0.8
    joint = height * rng.uniform(0.4, 0.6)
    rings = []
    for z in (0, 0.01, joint - 0.012, joint, joint + 0.012, height - 0.015, height):
        wide = half * (0.94 if z in (joint, height) else 1.0)
        rings.append(wide * flutes[:, None] * around + (0, 0, z))
    return loft(rings)


def _round(radius: float) -> NDArray:
    angle = np.linspace(-np.pi / 2, np.pi / 2, 9)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


UPRIGHTS: Mapping[str, Callable[[float, float, np.random.Generator], Mesh]] = {
    "tree stump": stump,
    "pillar": pillar,
    "column": column,
    "column drum": drum,
    "herm": herm,
    "amphora": amphora,
    "dolphin": dolphin,
    "shield": shield,
}
