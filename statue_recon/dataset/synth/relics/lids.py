"""What closes a vessel or looks out from its side: lids with knobs, heads, lion masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..sculpt import Piece
from ..shapes import union
from .flesh import Clay
from .wheel import curve, radius_at, turned_body

LIDS: dict[str, str] = {
    "domed": "with a domed lid",
    "stepped": "with a lid and a finial",
    "flame": "with a flame on its lid",
    "human head": "with a lid in the form of a head",
}

# Outlines of lids, in shares of the mouth's radius; z = 0 is the lip.
_DOMED = (
    (1.06, 0, 1),
    (1.1, 0.05),
    (1.04, 0.14, 1),
    (0.9, 0.3),
    (0.5, 0.55),
    (0.16, 0.65, 1),
    (0.12, 0.72),
    (0.24, 0.86),
    (0.22, 0.98),
    (0.06, 1.05),
    (0.0, 1.05),
)
_STEPPED = (
    (1.06, 0, 1),
    (1.1, 0.06),
    (1.0, 0.12, 1),
    (0.98, 0.2, 1),
    (0.72, 0.3),
    (0.66, 0.42, 1),
    (0.6, 0.44, 1),
    (0.34, 0.62),
    (0.12, 0.82),
    (0.1, 0.9),
    (0.2, 0.96, 1),
    (0.2, 1.0, 1),
    (0.1, 1.04),
    (0.21, 1.22),
    (0.13, 1.45),
    (0.0, 1.6),
)
_FLAME = (
    (1.06, 0, 1),
    (1.1, 0.06),
    (0.9, 0.16),
    (0.5, 0.3),
    (0.2, 0.38),
    (0.16, 0.5),
    (0.3, 0.56, 1),
    (0.3, 0.62, 1),
    (0.0, 0.66),
)
_PLUG = ((1.04, 0, 1), (1.0, 0.2), (0.7, 0.36), (0.0, 0.4))


def lid(kind: str, outline: NDArray, wall: float) -> Piece:
    """A lid for the mouth of a vessel with the given outline [N, 2]."""
    lip = float(outline[:, 1].max())
    mouth = radius_at(outline, lip - 1e-4)
    knots = {"domed": _DOMED, "stepped": _STEPPED, "flame": _FLAME, "human head": _PLUG}[kind]
    profile = mouth * curve(knots) + (0, lip - 0.2 * wall)
    plug = [(0.0, lip - 2 * wall), (max(mouth - 1.2 * wall, 0.3 * mouth), lip - 2 * wall)]
    plug.append((plug[1][0], lip - 0.2 * wall))
    body = turned_body(np.concatenate([plug, profile]))
    if kind == "flame":
        clay = Clay(0.12 * mouth)
        for k in range(7):
            angle, size = 0.9 * k, mouth * (0.24 - 0.018 * k)
            base = np.array([0, 0, lip + mouth * (0.62 + 0.16 * k)])
            swing = 0.14 * mouth * np.array([np.cos(angle), np.sin(angle), 0])
            clay.add(base + swing, base + 1.4 * swing + (0, 0, 0.3 * mouth), size, 0.35 * size, blend=0.06 * mouth)
        body = union([body, clay.shape()], 0.03 * mouth)
    if kind == "human head":
        body = union([body, _wigged_head(lip, 1.05 * mouth).shape()], 0.05 * mouth)
    return Piece("lid", body)


def _wigged_head(base: float, r: float) -> Clay:
    """An Egyptian head with a striped wig, its ears in front of it."""
    clay = Clay(0.1 * r)

    def at(x: float, y: float, z: float) -> NDArray:
        return np.array([x * r, y * r, base + z * r])

    clay.add(at(0, 0.12, 0.35), at(0, 0.1, 1.35), 0.98 * r, 0.8 * r, stretch=1.1)
    for side in (-1, 1):
        clay.add(at(0.72 * side, -0.35, 0.1), at(0.66 * side, -0.3, 1.1), 0.34 * r, 0.4 * r)
    clay.part()
    clay.add(at(0, -0.42, 0.75), at(0, -0.38, 1.35), 0.52 * r, 0.62 * r, stretch=0.98)
    clay.add(at(0, -0.95, 0.62), at(0, -0.85, 0.62), 0.14 * r)
    clay.add(at(0, -0.95, 0.42), at(0, -0.97, 0.1), 0.1 * r, 0.13 * r, blend=0.03 * r)  # the beard
    _features(clay, at, r)
    return clay


def _features(clay: Clay, at, r: float) -> None:
    """Eyes, brows, nose and mouth on a face whose front is about y = −0.98."""
    clay.add(at(0, -0.98, 1.3), at(0, -1.14, 1.0), 0.06 * r, 0.11 * r, blend=0.08 * r)
    for side in (-1, 1):
        clay.cut(at(0.16 * side, -1.06, 1.2), at(0.4 * side, -0.96, 1.2), 0.1 * r, blend=0.08 * r)
        clay.add(at(0.17 * side, -0.96, 1.19), at(0.37 * side, -0.88, 1.19), 0.07 * r, 0.06 * r, blend=0.01 * r)
        clay.add(at(0.1 * side, -1.0, 1.38), at(0.46 * side, -0.88, 1.38), 0.045 * r, 0.03 * r, blend=0.04 * r)
        clay.add(at(0.1 * side, -1.04, 0.98), at(0.1 * side, -1.04, 0.98), 0.075 * r, blend=0.05 * r)
        clay.add(
            at(0.7 * side, -0.5, 1.05), at(0.72 * side, -0.48, 1.3), 0.1 * r, 0.13 * r, stretch=0.6, blend=0.02 * r
        )
    clay.cut(at(-0.2, -1.02, 0.82), at(0.2, -1.02, 0.82), 0.035 * r, blend=0.02 * r)
    for z in (0.87, 0.77):
        clay.add(at(-0.12, -0.94, z), at(0.12, -0.94, z), 0.055 * r, blend=0.03 * r)


def lion_mask(outline: NDArray, height: float, size: float) -> Piece:
    """Two lion faces at the sides of a vessel, `size` metres from the middle to the edge."""
    shapes = []
    for side in (-1, 1):
        radius = radius_at(outline, height)
        shapes.append(_lion_face(np.array([side * radius, 0, height]), side, size).shape())
    return Piece("handles", union(shapes), blend=0.15 * size)


def _lion_face(centre: NDArray, side: int, r: float) -> Clay:
    clay = Clay(0.15 * r)

    def at(across: float, out: float, up: float) -> NDArray:
        return centre + r * np.array([side * out, -side * across, up])

    for k in range(14):
        angle = 2 * np.pi * k / 14
        c, s = np.cos(angle), np.sin(angle)
        clay.add(at(0.55 * c, 0.12, 0.55 * s), at(1.0 * c, 0.0, 1.0 * s), 0.2 * r, 0.1 * r, blend=0.04 * r)
    clay.add(at(0, 0.05, 0.1), at(0, 0.2, 0.05), 0.62 * r, 0.55 * r)
    clay.add(at(0, 0.5, 0.4), at(0, 0.78, -0.08), 0.16 * r, 0.2 * r)
    for hand in (-1, 1):
        clay.add(at(0.16 * hand, 0.62, -0.25), at(0.2 * hand, 0.6, -0.3), 0.22 * r)
        clay.cut(at(0.3 * hand, 0.78, 0.2), at(0.32 * hand, 0.72, 0.2), 0.13 * r, blend=0.06 * r)
        clay.add(at(0.3 * hand, 0.6, 0.2), at(0.3 * hand, 0.6, 0.2), 0.1 * r, blend=0.01 * r)
        clay.add(at(0.2 * hand, 0.72, 0.36), at(0.45 * hand, 0.55, 0.42), 0.08 * r, blend=0.06 * r)
        clay.add(at(0.55 * hand, 0.25, 0.62), at(0.6 * hand, 0.3, 0.7), 0.16 * r, blend=0.04 * r)
    clay.add(at(0, 0.5, -0.5), at(0, 0.56, -0.52), 0.2 * r, stretch=1.3)
    clay.cut(at(-0.25, 0.85, -0.42), at(0.25, 0.85, -0.42), 0.07 * r, blend=0.04 * r)
    return clay
