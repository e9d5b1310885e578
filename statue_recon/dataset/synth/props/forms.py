"""Closed meshes that props are put together from. Metres; parts of one mesh may run through each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from ..human.placing import shift
from ..human.turns import unit
from ..relics.swept import outwards, swept

_POINT = 1e-4  # metres: the radius of what ends in a point, so that no triangle is without area


def loft(rings: ArrayLike) -> Mesh:
    """Rings of points [K, N, 3] one above the other, joined by walls, with a lid at each end."""
    places = np.asarray(rings, float)
    count, around = places.shape[:2]
    ring, at = np.meshgrid(np.arange(count - 1) * around, np.arange(around), indexing="ij")
    a, b = ring + at, ring + (at + 1) % around
    walls = np.stack([a, b, b + around, a, b + around, a + around], axis=-1).reshape(-1, 3)
    k, last, ends = np.arange(around), (count - 1) * around, count * around
    below = np.stack([(k + 1) % around, k, np.full(around, ends)], axis=1)
    above = np.stack([last + k, last + (k + 1) % around, np.full(around, ends + 1)], axis=1)
    vertices = np.concatenate([places.reshape(-1, 3), [places[0].mean(axis=0), places[-1].mean(axis=0)]])
    return outwards(Mesh(vertices.astype(np.float32), np.concatenate([walls, below, above]).astype(np.int32)))


def lathe(profile: ArrayLike, around: int = 24, flat: float = 1.0) -> Mesh:
    """What a lathe makes of (radius, height) [K, 2], from the bottom upwards. flat: its depth beside its width."""
    outline = np.asarray(profile, float)
    angle = np.arange(around) * 2 * np.pi / around
    circle = np.stack([np.cos(angle), flat * np.sin(angle), np.zeros(around)], axis=1)
    heights = outline[:, None, 1:] * np.array([0, 0, 1.0])
    return loft(np.maximum(outline[:, :1], _POINT)[..., None] * circle + heights)


def ball(centre: ArrayLike, radius: float, around: int = 16) -> Mesh:
    angle = np.linspace(-np.pi / 2, np.pi / 2, around // 2 + 1)
    return placed(lathe(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), around), shift(centre))


def rod(path: ArrayLike, thickness: ArrayLike, section: str = "round", flat: float = 1.0) -> Mesh:
    """A bar along a path [N, 3] as thick as told (one number, or [N]). flat: how thin it is across its own plane."""
    places, wide = np.asarray(path, float), np.asarray(thickness, float)
    return swept(places, wide, wide * flat, across(places), section)


def across(path: NDArray) -> NDArray:
    """[3] a direction square to a path, and to the plane of its bend if it bends: no part of it runs along that."""
    along = unit(path[-1] - path[0])
    offsets = path - path[0] - ((path - path[0]) @ along)[:, None] * along
    furthest = offsets[np.linalg.norm(offsets, axis=1).argmax()]
    if np.linalg.norm(furthest) > 1e-3:
        return np.cross(along, unit(furthest))
    other = np.eye(3)[int(np.abs(along).argmin())]
    return unit(other - along * (along @ other))


def straight(start: ArrayLike, end: ArrayLike, count: int = 2) -> NDArray:
    """[count, 3] points from one to the other."""
    return np.linspace(np.asarray(start, float), np.asarray(end, float), count)


def arc(centre: ArrayLike, radius: float, start: float, end: float, count: int = 16) -> NDArray:
    """[count, 3] points of a circle in the plane of X and Z, between two angles in degrees (0: +X, 90: +Z)."""
    angle = np.radians(np.linspace(start, end, count))
    return np.asarray(centre, float) + radius * np.stack([np.cos(angle), np.zeros(count), np.sin(angle)], axis=1)


def block(low: ArrayLike, high: ArrayLike) -> Mesh:
    """A box along the axes."""
    a, b = np.asarray(low, float), np.asarray(high, float)
    corners = np.array([(a[0], a[1]), (b[0], a[1]), (b[0], b[1]), (a[0], b[1])])
    return loft([np.column_stack([corners, np.full(4, z)]) for z in (a[2], b[2])])


def placed(mesh: Mesh, to_world: ArrayLike) -> Mesh:
    """The mesh carried by a [4, 4] matrix, which may stretch it but not mirror it."""
    matrix = np.asarray(to_world, float)
    return Mesh((mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32), mesh.faces)


def standing_along(start: ArrayLike, direction: ArrayLike, front: ArrayLike = (0, -1, 0)) -> NDArray:
    """[4, 4] that puts an upright thing at `start` with its Z axis along a direction, its −Y about to the front."""
    z = unit(direction)
    y = -np.asarray(front, float)
    y = y - z * (y @ z)
    y = unit(y) if np.linalg.norm(y) > 1e-3 else across(np.stack([np.zeros(3), z]))
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([np.cross(y, z), y, z], axis=1)
    matrix[:3, 3] = start
    return matrix


def points_on(mesh: Mesh, step: float) -> NDArray[np.float32]:
    """[N, 3] points along the edges, at most `step` metres apart."""
    ends = mesh.vertices[np.unique(np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)]
    counts = np.ceil(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) / step).astype(int).clip(1)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    share = ((np.arange(counts.sum()) - first) / np.repeat(counts, counts)).astype(np.float32)[:, None]
    edges = np.repeat(ends, counts, axis=0)
    return edges[:, 0] * (1 - share) + edges[:, 1] * share
