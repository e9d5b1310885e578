"""Cloth that hangs free: from a forearm, from a shoulder, over a tree stump; tubes side by side, a hem in zigzags."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..sculpt import Piece
from ..shapes import Shape
from .axis import hanging
from .canvas import Canvas, bare
from .folds import Rhythm, smooth, wander

_OVER = 0.05  # metres by which cloth stands off what it is laid over
_STEPS = 0.12  # metres by which the hem's zigzag goes up and down


def fall(
    top: NDArray,
    along: NDArray,
    breadth: float,
    thickness: float,
    length: float,
    rng: np.random.Generator,
    lean: NDArray | None = None,
    depth: float = 0.018,
) -> Shape:
    """A curtain `length` metres long that hangs from `top` [3] and is `breadth` wide in the level direction `along`.

    thickness: of the bundle, in metres. lean [3]: where its lower end is carried to, against hanging straight.
    """
    along = np.array([along[0], along[1], 0.0])
    along /= max(float(np.linalg.norm(along)), 1e-9)
    front = np.array([along[1], -along[0], 0.0])
    canvas = Canvas(bare(hanging(top, front, length + _STEPS, lean)), first=0.0, last=length + _STEPS)
    share = np.clip(canvas.down / length, 0, 1.2)
    a = breadth / 2 * (0.72 + 0.28 * smooth(share))
    b = thickness / 2 * (0.8 + 0.35 * smooth(share))
    # A flattened outline, its long side along.
    outline = ((np.abs(np.cos(canvas.angle)) / b) ** 3 + (np.abs(np.sin(canvas.angle)) / a) ** 3) ** (-1 / 3)
    # The tubes count along the outline, not along the angle, which is slow at the ends.
    x = np.clip(np.sin(canvas.angle) * outline / a, -1, 1)
    front_side = np.cos(canvas.angle) > 0
    phase = np.where(front_side, x, 4 + x) + 0.12 * wander(canvas.angle * 0, canvas.down, rng, 0.5)
    tubes = Rhythm.over(-1.3, 5.3, 0.036 / a.mean(), rng, 0.12).ridges(phase, 0.3 + share, 0.7)
    arch = np.sqrt(np.clip(canvas.down / 0.03, 0.0, 1.0))
    canvas.radius = (outline + depth * (0.5 + 0.5 * smooth(share)) * (tubes - 0.5)) * np.maximum(arch, 0.05)
    canvas.inside = _zigzag(x[-1], front_side[-1], length, rng) - canvas.down
    return canvas.shape()


def over_stump(top: NDArray, radius: float, length: float, seed: int) -> list[Piece]:
    """Cloth laid over a tree stump or a pillar whose top [3] has this radius, in metres; it falls `length` metres."""
    size = 2 * radius + _OVER
    shape = fall(
        np.asarray(top, float) + np.array([0.0, 0.0, _OVER]),
        np.array([1.0, 0.0, 0.0]),
        size,
        size,
        length,
        np.random.default_rng(seed),
    )
    return [Piece("drapery", shape, 0.004)]


def _zigzag(x: NDArray, front: NDArray, length: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """[M] metres down where the hem ends: swallow-tails, steps that mount towards one side."""
    tails = int(rng.integers(2, 4))
    saw = np.abs(((x + 1) / 2 * tails + rng.random()) % 1 - 0.5) * 2
    tilt = rng.choice([-1, 1]) * 0.35 * x
    return length + _STEPS * np.clip(0.6 * saw + tilt + np.where(front, 0.0, -0.3), -1, 1) * 0.9
