"""Where things lie on a statue and how stuffs are mixed, in space: patterns run on across the borders of charts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..dataset.synth.noise import fractal, pebbles, ridges
from .surface_form import Spots

Values = NDArray[np.float32]  # [N]
FINER_GRAINS = 0.4  # of the stuffs' own scale, which is made for pictures of 64 pixels: crystals of millimetres
DARK = 0.5  # how much of what the texture has darker than around it counts as a hollow


def clouds(spots: Spots, scale: float, seed: int) -> Values:
    return 0.5 + 0.5 * fractal(spots.points, scale, 6, seed, 0.55)


def veins(spots: Spots, scale: float, seed: int) -> Values:
    """Soft clouds and, now and then, a vein that fades in and out."""
    bent = _shifted(spots.points, 0.45 * scale * fractal(spots.points, 1.3 * scale, 4, seed + 1))
    thin = np.clip((ridges(bent, 1.4 * scale, 2, seed) - 0.86) / 0.12, 0, 1) ** 2
    fading = np.clip(0.35 + 1.1 * fractal(spots.points, 1.8 * scale, 3, seed + 3), 0, 1)
    soft = np.clip(0.5 + 0.6 * fractal(bent, 1.6 * scale, 5, seed + 2), 0, 1)
    return 0.55 * soft + 0.5 * thin * fading


def layers(spots: Spots, scale: float, seed: int) -> Values:
    turn = np.random.default_rng(seed).uniform(-0.25, 0.25, 2)
    height = spots.points @ np.array([*turn, 1.0], np.float32)
    height = height + 0.3 * scale * fractal(spots.points, 2 * scale, 4, seed)
    flat = np.stack([0 * height, 0 * height, height], axis=1)
    return 0.5 + 0.4 * fractal(flat, 0.5 * scale, 4, seed + 1) + 0.2 * fractal(spots.points, 0.5 * scale, 5, seed + 2)


def grains(spots: Spots, scale: float, seed: int) -> Values:
    scale = FINER_GRAINS * scale
    coarse = np.clip(pebbles(spots.points, scale, seed) / (0.9 * scale), 0, 1)
    return 0.7 * coarse + 0.3 * (0.5 + 0.5 * fractal(spots.points, 0.5 * scale, 2, seed + 1))


def rings(spots: Spots, scale: float, seed: int) -> Values:
    heart = np.random.default_rng(seed).uniform(-0.2, 0.2, 2).astype(np.float32)
    along = spots.points * np.array([1, 1, 0.15], np.float32)
    radius = np.hypot(along[:, 0] - heart[0], along[:, 1] - heart[1])
    year = radius / scale + 0.8 * fractal(along, 8 * scale, 3, seed)
    fibres = 0.5 + 0.5 * fractal(spots.points * np.array([1, 1, 0.06], np.float32), 0.3 * scale, 3, seed + 1)
    return 0.55 * (year - np.floor(year)) ** 2 + 0.45 * fibres


PATTERNS: dict[str, Callable[[Spots, float, int], Values]] = {
    "clouds": clouds,
    "veins": veins,
    "layers": layers,
    "grains": grains,
    "rings": rings,
}


def hollows(spots: Spots, size: float, seed: int) -> Values:
    uneven = fractal(spots.points, 0.14 * size, 6, seed, 0.6)
    return _deep(spots) + 0.28 * uneven


def sheltered(spots: Spots, size: float, seed: int) -> Values:
    """Where rain does not wash: under ledges, in folds."""
    uneven = fractal(spots.points, 0.1 * size, 6, seed, 0.6)
    return 0.8 * _deep(spots) - 1.3 * spots.sky - 0.35 * spots.normals[:, 2] + 0.4 * uneven


def edges(spots: Spots, size: float, seed: int) -> Values:
    """What stands out and can be reached."""
    uneven = fractal(spots.points, 0.3 * size, 5, seed)
    return spots.edge + 0.6 * spots.open - 0.7 * _deep(spots) + 0.3 * uneven + 0.25 * spots.detail


def worn(spots: Spots, size: float, seed: int) -> Values:
    """Where rain and wind take something away."""
    return edges(spots, size, seed) + 1.2 * spots.sky


def kept(spots: Spots, size: float, seed: int) -> Values:
    """Where a thin coat has not been worn off."""
    flakes = fractal(spots.points, 0.06 * size, 7, seed, 0.72)
    return -1.4 * spots.edge + 0.4 * spots.hollow + 0.55 * flakes


def faded(spots: Spots, size: float, seed: int) -> Values:
    """Where paint has not come off: it stays in hollows, flakes off in small scales, and longest on what is open."""
    flakes = fractal(spots.points, 0.035 * size, 7, seed, 0.75) + 0.9 * fractal(spots.points, 0.3 * size, 3, seed + 1)
    return 0.5 * spots.hollow - 0.25 * spots.edge - 0.5 * spots.sky + flakes


def streaks(spots: Spots, size: float, seed: int) -> Values:
    """What rain has drawn down from where it lands, on what is steep."""
    sideways = 0.02 * size * fractal(spots.points, 0.15 * size, 3, seed + 1)
    drawn = _shifted(spots.points, sideways) * np.array([1, 1, 0.07], np.float32)
    lines = fractal(drawn, 0.035 * size, 4, seed, 0.6)
    broad = fractal(spots.points, 0.3 * size, 3, seed + 2)
    steep = 1 - np.abs(spots.normals[:, 2])
    return lines + 0.6 * broad + 0.9 * steep + 0.8 * spots.sky + 0.3 * _deep(spots)


def patches(spots: Spots, size: float, seed: int) -> Values:
    spotted = fractal(spots.points, 0.07 * size, 7, seed, 0.7)
    return spotted + 0.7 * fractal(spots.points, 0.35 * size, 2, seed + 1) + 0.9 * spots.sky


def spots_of(spots: Spots, size: float, seed: int) -> Values:
    """Round spots."""
    scale = 0.022 * size
    return -pebbles(spots.points, scale, seed) / scale + 0.25 * fractal(spots.points, 0.25 * size, 3, seed + 1)


def pits(spots: Spots, size: float, seed: int) -> Values:
    """Small holes, where the weather has got at the stone."""
    scale = 0.006 * size
    return -pebbles(spots.points, scale, seed) / scale + 0.7 * fractal(spots.points, 0.12 * size, 4, seed + 1)


def clouded(spots: Spots, size: float, seed: int) -> Values:
    return fractal(spots.points, 0.2 * size, 6, seed, 0.6) - 0.4 * spots.edge


PLACES: dict[str, Callable[[Spots, float, int], Values]] = {
    "hollows": hollows,
    "sheltered": sheltered,
    "edges": edges,
    "worn": worn,
    "kept": kept,
    "parts": faded,
    "streaks": streaks,
    "patches": patches,
    "spots": spots_of,
    "pits": pits,
    "clouded": clouded,
}


def _deep(spots: Spots) -> Values:
    return spots.hollow + 1.1 * (1 - spots.open) - DARK * spots.detail


def _shifted(points: NDArray, by: NDArray) -> NDArray[np.float32]:
    return points + by[:, None].astype(np.float32)
