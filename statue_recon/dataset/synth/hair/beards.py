"""Beards, moustaches and eyebrows, laid like hair on a jaw that is swollen to the beard's bulk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from .growth import Growth, cap, grown, scattered
from .locks import joined, tubes
from .scalp import Scalp, towards, unit

# Outlines of hairy parts of the face: |azimuth| and elevation, degrees, in the face of `Scalp.face_elevation`.
_FULL = np.array([(80, -4), (74, -6), (66, -16), (50, -25), (32, -31), (17, -34), (11, -39), (-20, -40.5)])
_FULL_BELOW = np.array([(-20, -66), (30, -64), (52, -54), (70, -40), (84, -26)])
_CHIN_ONLY = np.array([(-20, -40), (10, -39.5), (20, -42), (22, -50), (14, -62), (-20, -64)])


_FROM_CENTRE = 0.15  # metres from the skull's centre to the middle of a beard


@dataclass(frozen=True)
class Cut:
    """A kind of beard."""

    growth: Growth
    bulk: float  # metres by which it thickens chin and jaw
    tip: float = 0.0  # metres by which it hangs below that
    points: int = 0  # in how many points it ends; 0 for none
    chin_only: bool = False
    droop: float = 1.0  # of the moustache


_CURLED = Growth(
    length=0.03, width=0.018, thickness=0.016, lift=0.007, bend=70, hook=130, stray=16, spacing=0.66, overlap=0.45
)
_FLOWING = Growth(
    length=0.05, width=0.018, thickness=0.016, lift=0.006, bend=20, hook=80, wave=28, stray=9, spacing=0.66, overlap=0.4
)
_STUBBLE = Growth(
    length=0.016,
    width=0.011,
    thickness=0.007,
    lift=0.001,
    base=0.0,
    bend=15,
    hook=20,
    stray=12,
    spacing=0.8,
    overlap=0.6,
    section="plain",
    rings=5,
)
CUTS: dict[str, Cut] = {
    "full curled": Cut(_CURLED, 0.016),
    "short": Cut(replace(_CURLED, length=0.022, width=0.014, thickness=0.011, lift=0.003), 0.004),
    "cropped": Cut(_STUBBLE, 0.002),
    "long flowing": Cut(_FLOWING, 0.02, 0.07, 1),
    "pointed": Cut(_FLOWING, 0.012, 0.045, 1),
    "forked": Cut(_FLOWING, 0.016, 0.055, 2),
    "goatee": Cut(replace(_FLOWING, length=0.03, width=0.014), 0.006, 0.025, 1, chin_only=True),
}


def beard(scalp: Scalp, cut: Cut, rng: np.random.Generator) -> list[Mesh]:
    """A beard with its moustache, relative to the skull's centre at rest."""
    outline = _CHIN_ONLY if cut.chin_only else np.concatenate([_FULL, _FULL_BELOW])
    outline = np.stack([outline[:, 0], scalp.face_elevation(outline[:, 1])], axis=1)
    jaw = scalp
    for azimuth in (-40, 0, 40) if not cut.chin_only else (0,):
        height = cut.bulk * (1.0 if azimuth == 0 else 0.75)
        jaw = jaw.swollen(towards(azimuth, scalp.face_elevation(-54 + 0.15 * abs(azimuth))), 34, height)
    growth = cut.growth.coarser(scalp.coarse)
    area = growth.spacing * growth.width * growth.overlap * growth.length
    roots = scattered(np.sqrt(area) / _FROM_CENTRE, towards(0, 85), rng)
    roots = roots[jaw.inside(outline, roots) > 0.5]
    sides = np.where(rng.random(len(roots)) < 0.8, -np.sign(roots[:, 0]), np.sign(roots[:, 0]))
    parts = [grown(jaw, roots, _down, cut.growth, rng, sides), cap(jaw, 0.003, outline)]
    if cut.points:
        parts.append(_ends(jaw, cut, rng))
    return [*parts, moustache(scalp, rng, cut.droop)]


def _down(directions: NDArray) -> NDArray:
    """Down, and a little away from the middle of the face."""
    return np.array([0, 0, -1.0]) + 0.45 * np.stack(
        [directions[:, 0], 0 * directions[:, 1], 0 * directions[:, 2]], axis=1
    )


def _ends(jaw: Scalp, cut: Cut, rng: np.random.Generator) -> Mesh:
    """Long locks that hang from the chin and run together in one or two points."""
    layers, across = 3, 5 if cut.chin_only else 9
    reach = 14 if cut.chin_only else 38
    azimuths = np.tile(np.linspace(-reach, reach, across), layers) + rng.uniform(-2, 2, layers * across)
    layer = np.repeat(np.arange(layers), across)
    elevations = jaw.face_elevation(-46 - (3.0 if cut.chin_only else 7.0) * layer + 0.12 * np.abs(azimuths))
    starts = towards(azimuths, elevations)
    places, outward = jaw.at(starts, 0.0), jaw.outward(starts)
    length = jaw.size * (cut.tip + 0.03) * (1 - 0.35 * np.abs(azimuths) / reach) * rng.uniform(0.85, 1.1, len(azimuths))
    share = np.linspace(0, 1, 14)[None, :, None]
    point = 0.0 if cut.points == 1 else 0.026 * np.sign(azimuths + 1e-6)
    gather = np.stack(
        [(point - places[:, 0]) * 0.72, 0.25 * (places[:, 1].mean() - places[:, 1]) - 0.004, 0 * layer], axis=1
    )
    drop = np.array([0, 0, -1.0]) * length[:, None]
    swing = 0.0045 * np.sin(2 * np.pi * (1.4 * share[..., 0] + rng.random((len(azimuths), 1))))[..., None]
    path = places[:, None] + share * drop[:, None] + share**1.3 * gather[:, None] + swing * np.array([1.0, 0, 0.0])
    path = path + (0.012 * np.sin(np.pi * np.clip(share * 0.8, 0, 1))) * outward[:, None]
    facing = unit(np.repeat(outward[:, None], 14, axis=1) * (1 - share) + np.array([0, -1.0, 0]) * share)
    width = jaw.size * 0.025 * np.clip(1.5 * (1 - share[..., 0]), 0.3, 1) * np.ones((len(azimuths), 1))
    core = tubes(path.mean(axis=0)[None], facing.mean(axis=0)[None], 1.6 * width[:1], 1.5 * width[:1], "plain")
    return joined([tubes(path, facing, width, 0.85 * width, "one groove"), *([core] if cut.points == 1 else [])])


def moustache(scalp: Scalp, rng: np.random.Generator, droop: float = 1.0) -> Mesh:
    """Two tufts from under the nose to beyond the corners of the mouth."""
    share = np.linspace(0, 1, 14)
    lines = []
    for side in (1, -1):
        for row in (0, 1):
            azimuth = side * (1.2 + (25 - 5 * row) * share)
            lines.append(
                towards(azimuth, scalp.face_elevation(-27.6 - 0.8 * row - (9.5 - 3 * row) * droop * share**1.8))
            )
    directions = np.stack(lines)
    swell = np.sin(np.pi * np.clip(0.12 + 0.86 * share, 0, 1)) ** 0.7
    width = scalp.size * (0.004 + 0.0105 * swell) * rng.uniform(0.9, 1.15)
    height = scalp.size * (0.001 + 0.0035 * swell)
    widths = np.tile(width, (4, 1))
    return tubes(
        scalp.at(directions, np.tile(height, (4, 1))), scalp.outward(directions), widths, 0.85 * widths, "one groove"
    )


def brows(scalp: Scalp, boldness: float = 1.0) -> Mesh:
    """Eyebrows as slight ridges."""
    share = np.linspace(0, 1, 10)
    directions = np.stack([towards(side * (7 + 31 * share), 11.5 + 5 * np.sin(2.2 * share)) for side in (1, -1)])
    swell = np.sin(np.pi * (0.15 + 0.8 * share)) ** 0.6
    width = np.tile(scalp.size * 0.009 * swell, (2, 1))
    return tubes(
        scalp.at(directions, -0.0005),
        scalp.outward(directions),
        width,
        0.0065 * boldness * swell[None] + 0 * width,
        "plain",
    )
