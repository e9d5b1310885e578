"""Locks as a chisel leaves them: tapered tubes with grooves along them, and knobs with a spiral. Closed meshes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from .scalp import unit

# Cross-sections: (sideways, outwards) in halves of a lock's width and thickness, once round. The valleys are grooves.
SECTIONS: dict[str, NDArray] = {
    "plain": np.array([(-1, 0), (-0.6, 0.75), (0, 1), (0.6, 0.75), (1, 0), (0.55, -0.7), (-0.55, -0.7)]),
    "round": np.array([(-np.cos(a), np.sin(a)) for a in np.arange(14) * np.pi / 7]),
    "one groove": np.array([
        (-1, 0), (-0.85, 0.62), (-0.5, 0.95), (0, 0.48), (0.5, 0.95), (0.85, 0.62), (1, 0),
        (0.55, -0.7), (-0.55, -0.7),
    ]),
    "two grooves": np.array([
        (-1, 0), (-0.9, 0.5), (-0.68, 0.8), (-0.36, 0.56), (0, 1), (0.36, 0.56), (0.68, 0.8), (0.9, 0.5), (1, 0),
        (0.55, -0.7), (-0.55, -0.7),
    ]),
    "rope": np.array([
        (-r * np.cos(a), r * np.sin(a)) for a, r in zip(np.arange(9) * np.pi / 4.5, (1, 1, 0.72) * 3, strict=True)
    ]),
}  # fmt: skip


def tubes(paths: NDArray, outward: NDArray, widths: NDArray, thicknesses: NDArray, section: str = "one groove") -> Mesh:
    """Locks along paths [L, N, 3], flat across `outward` [L, N, 3].

    widths, thicknesses: [L, N] metres from edge to edge. Each lock is a closed tube of its own; they may run through
    each other.
    """
    profile = SECTIONS[section]
    locks, rings, around = len(paths), paths.shape[1], len(profile)
    along = unit(np.gradient(paths, axis=1))
    up = unit(outward - along * (outward * along).sum(axis=-1, keepdims=True))
    side = np.cross(along, up)
    across = side[:, :, None] * (profile[:, 0, None] * (widths / 2)[:, :, None, None])
    places = paths[:, :, None] + across + up[:, :, None] * (profile[:, 1, None] * (thicknesses / 2)[:, :, None, None])
    ends = paths[:, (0, -1)]
    vertices = np.concatenate([places.reshape(locks, -1, 3), ends], axis=1)
    faces = _tube_faces(rings, around)
    offsets = np.arange(locks)[:, None, None] * vertices.shape[1]
    return Mesh(vertices.reshape(-1, 3).astype(np.float32), (faces + offsets).reshape(-1, 3).astype(np.int32))


def _tube_faces(rings: int, around: int) -> NDArray[np.int32]:
    """Triangles of one tube; its profile runs clockwise as seen from its end. The last two vertices close the ends."""
    ring, place = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b = ring * around + place, ring * around + (place + 1) % around
    c, d = a + around, b + around
    walls = np.stack([a, b, c, b, d, c], axis=-1).reshape(-1, 3)
    k = np.arange(around)
    following, last = (k + 1) % around, (rings - 1) * around
    first_end, last_end = np.full(around, rings * around), np.full(around, rings * around + 1)
    start = np.stack([following, k, first_end], axis=-1)
    return np.concatenate([walls, start, np.stack([last + k, last + following, last_end], axis=-1)])


def knobs(
    centres: NDArray,
    outward: NDArray,
    radius: ArrayLike,
    height: ArrayLike,
    turns: float,
    phase: NDArray,
    hand: NDArray,
) -> Mesh:
    """Snail curls: round knobs at centres [L, 3] with a groove that winds inwards `turns` times.

    radius, height: metres, one for all or [L]; phase [L] degrees where the groove begins; hand [L] ±1, which way.
    """
    rings, around = 9, 18
    share = np.linspace(1, 0, rings)[:-1]
    angle = np.arange(around) * 2 * np.pi / around
    radius, height = (np.broadcast_to(np.asarray(v, float), len(centres)) for v in (radius, height))
    # In the profile of a snail a ridge lies where (radius in turns − angle) is a whole number.
    winding = turns * share[None, :, None] + (hand[:, None, None] * angle + np.radians(phase)[:, None, None]) / (
        2 * np.pi
    )
    groove = 0.5 - 0.5 * np.cos(2 * np.pi * winding)
    dome = np.sqrt(np.maximum(1 - share**2, 0))[None, :, None]
    rise = height[:, None, None] * (0.15 + 0.85 * dome * (0.6 + 0.4 * groove))
    up = unit(outward)
    side = unit(np.cross(up, np.where(np.abs(up[:, 2:]) < 0.9, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))))
    other = np.cross(up, side)
    flat = side[:, None] * np.cos(angle)[:, None] + other[:, None] * np.sin(angle)[:, None]
    wide = (radius[:, None] * share)[..., None, None] * flat[:, None]
    places = centres[:, None, None] + wide + rise[..., None] * up[:, None, None]
    top = centres + up * height[:, None]
    bottom = centres - up * (0.6 * height)[:, None]
    vertices = np.concatenate([places.reshape(len(centres), -1, 3), bottom[:, None], top[:, None]], axis=1)
    faces = _tube_faces(rings - 1, around)
    offsets = np.arange(len(centres))[:, None, None] * vertices.shape[1]
    return Mesh(vertices.reshape(-1, 3).astype(np.float32), (faces + offsets).reshape(-1, 3).astype(np.int32))


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Several closed meshes as one."""
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces).astype(np.int32))
