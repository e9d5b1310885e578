"""Sections swept along paths: handles, volutes, horns, ropes, rims. Closed meshes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh


def _round(count: int = 12) -> NDArray:
    angle = np.arange(count) * 2 * np.pi / count
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


# Once round, anticlockwise: (sideways, outwards) in halves of the width and the thickness.
SECTIONS: dict[str, NDArray] = {
    "round": _round(),
    "strap": np.array([(1, -0.5), (1, 0.5), (0.8, 0.9), (0, 0.75), (-0.8, 0.9), (-1, 0.5), (-1, -0.5), (0, -0.9)]),
    "reeded": np.array(
        [
            (1, -0.5),
            (1, 0.4),
            (0.75, 1),
            (0.45, 0.8),
            (0.33, 0.35),
            (0.2, 0.8),
            (0, 1),
            (-0.2, 0.8),
            (-0.33, 0.35),
            (-0.45, 0.8),
            (-0.75, 1),
            (-1, 0.4),
            (-1, -0.5),
            (0, -0.9),
        ]
    ),
    "square": np.array([(1, -1), (1, 1), (-1, 1), (-1, -1)]),
    "ridged": np.array([(1, -0.5), (0.6, 0.1), (0.15, 0.9), (0, 1), (-0.15, 0.9), (-0.6, 0.1), (-1, -0.5), (0, -0.8)]),
    "blade": np.array([(1, -0.3), (0, 1), (-1, -0.3), (0, -0.9)]),
    "rope": np.array(
        [
            (np.cos(a) * r, np.sin(a) * r)
            for a, r in zip(np.arange(18) * np.pi / 9, np.where(np.arange(18) % 6 < 3, 1.0, 0.72), strict=True)
        ]
    ),
}


def swept(
    path: ArrayLike,
    widths: ArrayLike,
    thicknesses: ArrayLike,
    outward: ArrayLike,
    section: str = "round",
    turns: float = 0.0,
) -> Mesh:
    """A closed tube along a path [N, 3]: widths across, thicknesses along `outward` ([3] or [N, 3]); full sizes.

    turns: how often the section winds about the path, as a rope's does.
    """
    places = np.asarray(path, float)
    count = len(places)
    along = _unit(np.gradient(places, axis=0))
    out = np.broadcast_to(np.asarray(outward, float), places.shape)
    out = _unit(out - along * (out * along).sum(axis=1, keepdims=True))
    side = np.cross(along, out)
    profile = SECTIONS[section]
    wind = np.linspace(0, 2 * np.pi * turns, count)[:, None]
    x = np.cos(wind) * profile[:, 0] - np.sin(wind) * profile[:, 1]
    y = np.sin(wind) * profile[:, 0] + np.cos(wind) * profile[:, 1]
    half_width = np.broadcast_to(np.asarray(widths, float), count) / 2
    half_depth = np.broadcast_to(np.asarray(thicknesses, float), count) / 2
    rings = places[:, None] - side[:, None] * (x * half_width[:, None])[..., None]
    rings += out[:, None] * (y * half_depth[:, None])[..., None]
    return _tube(rings, closed=False)


def ring(
    centre: ArrayLike,
    axis: ArrayLike,
    radius: float,
    width: float,
    thickness: float,
    section: str = "round",
    turns: float = 0.0,
    count: int = 48,
) -> Mesh:
    """A closed ring about an axis: a rim, a torus, a rope around a neck. `thickness` is outwards, `width` along."""
    up = _unit(np.asarray(axis, float)[None])[0]
    first = _unit(np.cross(up, (0.0, 1.0, 0.0) if abs(up[1]) < 0.9 else (1.0, 0.0, 0.0))[None])[0]
    second = np.cross(up, first)
    angle = np.arange(count) * 2 * np.pi / count
    out = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    profile = SECTIONS[section]
    wind = angle[:, None] * turns
    x = (np.cos(wind) * profile[:, 0] - np.sin(wind) * profile[:, 1]) * width / 2
    y = (np.sin(wind) * profile[:, 0] + np.cos(wind) * profile[:, 1]) * thickness / 2
    rings = np.asarray(centre, float) + out[:, None] * (radius + y)[..., None] + up * x[..., None]
    return _tube(rings, closed=True)


def _tube(rings: NDArray, closed: bool) -> Mesh:
    """Rings of points [N, M, 3] joined by walls; open ends get lids. Turned outwards by its own volume."""
    count, around = rings.shape[:2]
    bands = count if closed else count - 1
    ring_at, place = np.meshgrid(np.arange(bands), np.arange(around), indexing="ij")
    following = (ring_at + 1) % count * around
    a, b = ring_at * around + place, ring_at * around + (place + 1) % around
    c, d = following + place, following + (place + 1) % around
    faces = [np.stack([a, c, b, b, c, d], axis=-1).reshape(-1, 3)]
    vertices = rings.reshape(-1, 3)
    if not closed:
        vertices = np.concatenate([vertices, [rings[0].mean(axis=0), rings[-1].mean(axis=0)]])
        k = np.arange(around)
        last = (count - 1) * around
        faces.append(np.stack([k, (k + 1) % around, np.full(around, count * around)], axis=1))
        faces.append(np.stack([last + (k + 1) % around, last + k, np.full(around, count * around + 1)], axis=1))
    return outwards(Mesh(vertices.astype(np.float32), np.concatenate(faces).astype(np.int32)))


def outwards(mesh: Mesh) -> Mesh:
    """The mesh with its faces turned so that it holds a positive volume."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    if np.einsum("ij,ij->", a - mesh.vertices.mean(axis=0), np.cross(b, c) - np.cross(a, c) + np.cross(a, b)) < 0:
        return Mesh(mesh.vertices, np.ascontiguousarray(mesh.faces[:, ::-1]))
    return mesh


def together(meshes: Sequence[Mesh]) -> Mesh:
    """Several closed meshes as one; they may run through each other."""
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces).astype(np.int32))


def mirrored(mesh: Mesh) -> Mesh:
    """The mesh on the other side of the plane x = 0."""
    return Mesh(mesh.vertices * np.array([-1, 1, 1], np.float32), np.ascontiguousarray(mesh.faces[:, ::-1]))


def _unit(vectors: NDArray) -> NDArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
