"""A human head in clay, from calm to grotesque: for sphinxes, masks, idols and lids.

Places are (x to its left, y backwards, z up) in shares of the head's height, the middle of the head at the origin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .flesh import Clay

At = Callable[[ArrayLike], NDArray]  # a place in the head → metres in the world


@dataclass(frozen=True)
class Face:
    """How a face departs from a calm one."""

    mouth: float = 0.0  # 0 closed … 1 wide open
    corners: float = 0.0  # of the mouth: −1 drawn down … 1 drawn up
    brows: float = 0.0  # −1 frowning … 1 their inner ends raised in pain
    nose: float = 1.0  # how long and broad
    eyes: float = 1.0  # how large
    cheeks: float = 1.0
    chin: float = 1.0
    hollow_eyes: bool = False  # pierced, as of a mask that is worn
    closed_eyes: bool = False
    ears: bool = True


def placed(centre: ArrayLike, size: float, turn: NDArray | None = None) -> At:
    """A head `size` metres high with its middle at `centre`; turn: [3, 3]."""
    middle, rotation = np.asarray(centre, float), np.eye(3) if turn is None else np.asarray(turn, float)
    return lambda place: middle + size * (np.asarray(place, float) @ rotation.T)


def head(clay: Clay, at: At, size: float, face: Face, across: ArrayLike = (1.0, 0, 0)) -> None:
    """Adds a head to the clay."""
    clay.part()
    skull(clay, at, size, face, across)
    for side in (-1, 1):
        _eye(clay, at, size, face, side)
    _nose(clay, at, size, face)
    _mouth(clay, at, size, face)


def skull(clay: Clay, at: At, size: float, face: Face, across: ArrayLike = (1.0, 0, 0)) -> None:
    s = size

    def add(a, b, ra, rb, stretch=1.0, blend=0.06):
        clay.add(at(a), at(b), ra * s, rb * s, stretch, across, blend * s)

    drop = -0.12 * face.mouth
    add((0, 0.08, 0.14), (0, -0.05, 0.16), 0.355, 0.325, 0.92)
    add((0, -0.15, 0.06), (0, -0.175, -0.22 + 0.3 * drop), 0.275, 0.215, 0.98)
    add((0, -0.25, -0.38 + drop), (0, -0.29, -0.415 + drop), 0.105 * face.chin, 0.098 * face.chin, 1.1)
    for side in (-1, 1):
        add((0.205 * side, -0.02, -0.16), (0.07 * side, -0.24, -0.38 + drop), 0.105, 0.085)
        add((0.175 * side, -0.25, -0.03), (0.21 * side, -0.16, 0.0), 0.088 * face.cheeks, 0.085)
        if face.corners > 0.3:
            add((0.16 * side, -0.30, -0.08), (0.14 * side, -0.30, -0.12), 0.085 * face.cheeks, 0.08, blend=0.05)
        if face.ears:
            add((0.335 * side, 0.02, 0.07), (0.325 * side, 0.0, -0.09), 0.072, 0.045, 0.5, 0.02)
            clay.cut(at((0.385 * side, -0.02, 0.05)), at((0.37 * side, -0.02, -0.04)), 0.03 * s, blend=0.02 * s)


def _eye(clay: Clay, at: At, s: float, face: Face, side: int) -> None:
    e = face.eyes
    inner, outer = 0.14 + 0.09 * face.brows, 0.14 - 0.06 * face.brows
    brow = [
        (0.045 * side, -0.37, inner),
        (0.135 * side, -0.36, 0.155 + 0.02 * abs(face.brows)),
        (0.235 * side, -0.27, outer),
    ]
    clay.line([at(p) for p in brow], np.array([0.036, 0.036, 0.026]) * s * (1 + 0.3 * abs(face.brows)), blend=0.045 * s)
    clay.cut(
        at((0.115 * side, -0.43, 0.045)), at((0.175 * side, -0.40, 0.04)), 0.092 * s * e, 0.085 * s * e, blend=0.07 * s
    )
    if face.hollow_eyes:
        clay.line(_ring(at, (0.135 * side, -0.335, 0.04), 0.078 * e, 0.055 * e), 0.020 * s, blend=0.012 * s)
        clay.cut(at((0.135 * side, -0.6, 0.04)), at((0.135 * side, 0.0, 0.04)), 0.047 * s * e, blend=0.012 * s)
        return
    clay.add(at((0.132 * side, -0.288, 0.04)), at((0.136 * side, -0.286, 0.04)), 0.074 * s * e, blend=0.008 * s)
    ends = (0.055 * side * (2 - e), -0.352, 0.035), (0.222 * side * (0.6 + 0.4 * e), -0.288, 0.035)
    if face.closed_eyes:
        clay.line([at(p) for p in (ends[0], (0.135 * side, -0.368, 0.012), ends[1])], 0.016 * s, blend=0.012 * s)
        return
    for up, thick in ((0.05 * e, 0.021), (-0.036 * e, 0.016)):
        lid = [ends[0], (0.10 * side, -0.362, 0.037 + 0.9 * up), (0.15 * side, -0.352, 0.037 + up), ends[1]]
        clay.line([at(p) for p in lid], thick * s, blend=0.010 * s)


def _ring(at: At, centre: tuple[float, float, float], wide: float, high: float) -> NDArray:
    angle = np.linspace(0, 2 * np.pi, 13)
    x = centre[0] + wide * np.cos(angle)
    bent = centre[1] + 0.5 * np.abs(x) ** 2
    return at(np.stack([x, bent, centre[2] + high * np.sin(angle)], axis=1))


def _nose(clay: Clay, at: At, s: float, face: Face) -> None:
    n = face.nose
    tip = (0, -0.39 - 0.080 * n, -0.135 - 0.02 * n)
    clay.add(at((0, -0.345, 0.13)), at(tip), 0.034 * s, 0.050 * s * n, blend=0.035 * s)
    for side in (-1, 1):
        clay.add(
            at((0.050 * n * side, -0.38, -0.160)),
            at((0.042 * n * side, -0.395, -0.165)),
            0.042 * s * n,
            blend=0.018 * s,
        )
        clay.cut(
            at((0.028 * n * side, -0.43, -0.208)), at((0.030 * n * side, -0.42, -0.178)), 0.017 * s * n, blend=0.008 * s
        )
        fold = [(0.085 * side, -0.355, -0.15), (0.135 * side, -0.315, -0.22), (0.15 * side, -0.28, -0.30)]
        if face.corners or face.mouth > 0.2:
            clay.groove([at(p) for p in fold], 0.016 * s, blend=0.025 * s)


def _mouth(clay: Clay, at: At, s: float, face: Face) -> None:
    middle, drop, lift = -0.285 - 0.05 * face.mouth, 0.12 * face.mouth, 0.07 * face.corners
    if face.mouth > 0.2:
        wide, high = 0.10 + 0.055 * face.mouth + 0.02 * abs(face.corners), 0.03 + 0.09 * face.mouth
        angle = np.linspace(0, 2 * np.pi, 17)
        x = wide * np.cos(angle)
        z = middle + high * np.sin(angle) + lift * (x / wide) ** 2
        lips = at(np.stack([x, -0.385 + 1.6 * x**2, z], axis=1))
        clay.line(lips, 0.034 * s, blend=0.03 * s)
        for part in np.linspace(-0.62, 0.62, 5):
            z = middle + lift * part**2
            deep = 0.0 if face.hollow_eyes else -0.2
            clay.cut(
                at((part * wide, -0.7, z)),
                at((part * wide, deep, z)),
                0.80 * high * s * np.sqrt(1 - part**2),
                blend=0.012 * s,
            )
        return
    corner = (0.108, -0.335, middle + lift)
    for side in (-1, 1):
        out = (corner[0] * side, corner[1], corner[2])
        upper = [(0, -0.400, middle + 0.018), (0.032 * side, -0.402, middle + 0.026), out]
        lower = [(0, -0.392, middle - 0.034), (0.045 * side, -0.385, middle - 0.030), out]
        clay.line([at(p) for p in upper], np.array([0.026, 0.027, 0.012]) * s, blend=0.016 * s)
        clay.line([at(p) for p in lower], np.array([0.034, 0.032, 0.012]) * s, blend=0.016 * s)
        clay.groove(
            [at(p) for p in ((0, -0.432, middle - 0.004), (0.05 * side, -0.418, middle - 0.002), out)],
            0.010 * s,
            0.006 * s,
        )
    clay.groove(
        [at((-0.05, -0.405, middle - 0.080 - drop)), at((0.05, -0.405, middle - 0.080 - drop))], 0.022 * s, 0.04 * s
    )
