"""Noise in space, the same wherever and in whatever order it is asked for."""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from ...render.launch import launch, vectors
from ...render.start import warp


def fractal(points: NDArray, size: float, octaves: int, seed: int, gain: float = 0.5) -> NDArray[np.float32]:
    """Smooth noise of several sizes at points [N, 3]: about −1 … 1, the largest bumps `size` metres apart."""
    return _noise(_kernels().fractal, points, size, octaves, seed, gain)


def ridges(points: NDArray, size: float, octaves: int, seed: int, gain: float = 0.5) -> NDArray[np.float32]:
    """The same with sharp crests: 0 in the valleys … 1 along the ridges."""
    return _noise(_kernels().ridges, points, size, octaves, seed, gain)


def pebbles(points: NDArray, size: float, seed: int) -> NDArray[np.float32]:
    """How far each point [N, 3] is from the nearest of many scattered seeds, about `size` metres apart; in metres."""
    found = np.empty(len(points), np.float32)
    inputs = [vectors(points / size, "cpu"), int(seed) & 0x7FFFFFFF, warp().array(found, dtype=float, copy=False)]
    launch(_kernels().pebbles, len(points), inputs, "cpu")
    return found * np.float32(size)


def _noise(kernel, points: NDArray, size: float, octaves: int, seed: int, gain: float) -> NDArray[np.float32]:
    found = np.empty(len(points), np.float32)
    places = vectors(points / size, "cpu")
    results = warp().array(found, dtype=float, device="cpu", copy=False)
    launch(kernel, len(points), [places, int(octaves), int(seed) & 0x7FFFFFFF, float(gain), results], "cpu")
    return found


@lru_cache(maxsize=1)
def _kernels() -> ModuleType:
    warp()
    from . import noise_kernels

    warp().load_module(noise_kernels, device="cpu")
    return noise_kernels
