"""Solids as distances: simple bodies, and what is done to them. Metres; negative inside.

Every shape is (nearly) a true distance: it never changes faster than the way walked, so that a coarse grid may leave
out what is far away. A shape that changes faster says so by dividing its result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BUMPY = 2.0  # how steep the distances of a displaced surface may be

Distances = Callable[[NDArray], NDArray]  # points [N, 3] float32 → distances [N] float32


@dataclass(frozen=True)
class Shape:
    """A solid given by its distances, and a box that holds it."""

    low: NDArray  # [3]
    high: NDArray  # [3]
    distances: Distances
    steep: float = 1.0  # how many times faster than the way walked its distances may change

    def moved(self, to_world: ArrayLike) -> Shape:
        """The shape carried by a rigid [4, 4] matrix with at most one scale for all axes."""
        matrix = np.asarray(to_world, float)
        scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
        back = np.linalg.inv(matrix)
        corners = np.array(np.meshgrid(*zip(self.low, self.high, strict=True))).reshape(3, -1).T
        corners = corners @ matrix[:3, :3].T + matrix[:3, 3]

        def distances(points: NDArray) -> NDArray:
            return scale * self.distances((points @ back[:3, :3].T + back[:3, 3]).astype(np.float32))

        return Shape(corners.min(axis=0), corners.max(axis=0), distances, self.steep)

    def displaced(self, amount: Distances, most: float) -> Shape:
        """The surface pushed outwards by `amount` at each point, in metres; never further than `most`."""
        return Shape(self.low - most, self.high + most, lambda points: self.distances(points) - amount(points), _BUMPY)


def ball(centre: ArrayLike, radius: float) -> Shape:
    centre = np.asarray(centre, np.float32)
    return Shape(centre - radius, centre + radius, lambda points: np.linalg.norm(points - centre, axis=1) - radius)


def capsule(start: ArrayLike, end: ArrayLike, radius: float, end_radius: float | None = None) -> Shape:
    """A rod with round ends, thinning (or thickening) evenly from `radius` to `end_radius`."""
    a, b = np.asarray(start, np.float32), np.asarray(end, np.float32)
    last = radius if end_radius is None else end_radius
    along = b - a
    length2 = max(float(along @ along), 1e-12)
    slope = np.sqrt(1 + (radius - last) ** 2 / length2)  # how much faster than the way the result changes

    def distances(points: NDArray) -> NDArray:
        share = np.clip((points - a) @ along / length2, 0, 1)
        return (np.linalg.norm(points - a - share[:, None] * along, axis=1) - radius - share * (last - radius)) / slope

    most = max(radius, last)
    return Shape(np.minimum(a, b) - most, np.maximum(a, b) + most, distances)


def chain(points: ArrayLike, radii: ArrayLike) -> Shape:
    """A thick line through points [N, 3] with a radius at each [N]: a branch, a lock, a limb."""
    knots, sizes = np.asarray(points, np.float32), np.asarray(radii, np.float32)
    links = [
        capsule(knots[k], knots[k + 1], float(sizes[k]), float(sizes[k + 1])).distances for k in range(len(knots) - 1)
    ]

    def distances(at: NDArray) -> NDArray:
        nearest = links[0](at)
        for link in links[1:]:
            np.minimum(nearest, link(at), out=nearest)
        return nearest

    return Shape((knots - sizes[:, None]).min(axis=0), (knots + sizes[:, None]).max(axis=0), distances)


def box(low: ArrayLike, high: ArrayLike, rounding: float = 0.0) -> Shape:
    """A block along the axes, its edges rounded."""
    a, b = np.asarray(low, np.float32), np.asarray(high, np.float32)
    centre, half = (a + b) / 2, (b - a) / 2 - rounding

    def distances(points: NDArray) -> NDArray:
        over = np.abs(points - centre) - half
        outside = np.linalg.norm(np.maximum(over, 0), axis=1)
        return outside + np.minimum(over.max(axis=1), 0) - rounding

    return Shape(a, b, distances)


def turned(profile: ArrayLike) -> Shape:
    """What a potter's wheel or a lathe makes: a closed outline [N, 2] of (radius, height), turned about the Z axis."""
    outline = np.asarray(profile, np.float32)
    most = float(outline[:, 0].max())

    def distances(points: NDArray) -> NDArray:
        return within_outline(np.stack([np.hypot(points[:, 0], points[:, 1]), points[:, 2]], axis=1), outline)

    low, high = float(outline[:, 1].min()), float(outline[:, 1].max())
    return Shape(np.array([-most, -most, low]), np.array([most, most, high]), distances)


def prism(outline: ArrayLike, bottom: float, top: float) -> Shape:
    """A closed outline [N, 2] in X and Y, raised from one height to another."""
    corners = np.asarray(outline, np.float32)

    def distances(points: NDArray) -> NDArray:
        aside = within_outline(points[:, :2], corners)
        above = np.maximum(bottom - points[:, 2], points[:, 2] - top)
        outside = np.hypot(np.maximum(aside, 0), np.maximum(above, 0))
        return outside + np.minimum(np.maximum(aside, above), 0)

    low, high = corners.min(axis=0), corners.max(axis=0)
    return Shape(np.array([*low, bottom]), np.array([*high, top]), distances)


def within_outline(points: NDArray, outline: NDArray) -> NDArray:
    """Distances [N] of points [N, 2] to a closed polygon [M, 2], negative inside."""
    nearest = np.full(len(points), np.inf, np.float32)
    inside = np.zeros(len(points), bool)
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        edge, away = b - a, points - a
        share = np.clip(away @ edge / max(float(edge @ edge), 1e-12), 0, 1)
        np.minimum(nearest, np.linalg.norm(away - share[:, None] * edge, axis=1), out=nearest)
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        if crosses.any():
            slope = (b[0] - a[0]) / (b[1] - a[1]) if b[1] != a[1] else 0.0
            inside ^= crosses & (points[:, 0] < a[0] + slope * (points[:, 1] - a[1]))
    return np.where(inside, -nearest, nearest)


def union(shapes: Sequence[Shape], blend: float = 0.0) -> Shape:
    """Several shapes as one, running into each other over `blend` metres."""
    parts = list(shapes)

    def distances(points: NDArray) -> NDArray:
        nearest = parts[0].distances(points)
        for part in parts[1:]:
            nearest = merged(nearest, part.distances(points), blend)
        return nearest

    low = np.min([part.low for part in parts], axis=0) - blend
    high = np.max([part.high for part in parts], axis=0) + blend
    return Shape(low, high, distances, max(part.steep for part in parts))


def intersection(one: Shape, other: Shape, blend: float = 0.0) -> Shape:
    low, high = np.maximum(one.low, other.low), np.minimum(one.high, other.high)
    steep = max(one.steep, other.steep)
    return Shape(low, high, lambda points: -merged(-one.distances(points), -other.distances(points), blend), steep)


def difference(one: Shape, other: Shape, blend: float = 0.0) -> Shape:
    steep = max(one.steep, other.steep)
    return Shape(
        one.low, one.high, lambda points: -merged(-one.distances(points), other.distances(points), blend), steep
    )


def merged(one: NDArray, other: NDArray, blend: float) -> NDArray:
    """The smaller of two distances, rounded off over `blend` metres (a quadratic; it only ever adds material)."""
    smaller = np.minimum(one, other)
    if blend <= 0:
        return smaller
    near = np.maximum(blend - np.abs(one - other), 0)
    return smaller - near * near / (4 * blend)
