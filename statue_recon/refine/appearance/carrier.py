"""A mesh cut as fine as what a prior has to say, so that a value a vertex can hold it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...mesh.mesh import Mesh
from ...texture.surface import Surface

MOST = 400_000  # vertices, beyond which a mesh is not cut further: about 200 MB of equations


def carried(mesh: Mesh, uv: NDArray, seen: NDArray, spacing: float) -> tuple[Mesh, NDArray, NDArray]:
    """The mesh, its uv [F, 3, 2] and `seen` [V], cut until its edges are `spacing` world units long in the mean.

    A mesh that is fine enough is handed back as it is.
    """
    while Surface.of(mesh).spacing > spacing and len(mesh.vertices) + 3 * len(mesh.faces) // 2 <= MOST:
        mesh, uv, seen = _halved(mesh, uv, seen)
    return mesh, uv, seen


def _halved(mesh: Mesh, uv: NDArray, seen: NDArray) -> tuple[Mesh, NDArray, NDArray]:
    """Each face in four, its edges cut in the middle."""
    faces = mesh.faces.astype(np.int64)
    ends = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1), axis=-1)  # [F, 3, 2] edges ab, bc, ca
    edges, number = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    middle = len(mesh.vertices) + number.reshape(-1, 3)
    cut = 0.5 * (uv + np.roll(uv, -1, axis=1))
    vertices = np.concatenate([mesh.vertices, mesh.vertices[edges].mean(axis=1)]).astype(np.float32)
    numbers = np.concatenate([_quarters(faces, middle), middle[None]]).reshape(-1, 3)
    places = np.concatenate([_quarters(uv, cut), cut[None]]).reshape(-1, 3, 2)
    values = np.concatenate([seen, seen[edges].mean(axis=1)]).astype(np.float32)
    return Mesh(vertices, numbers.astype(np.int32)), places.astype(np.float32), values


def _quarters(corners: NDArray, middles: NDArray) -> NDArray:
    """[3, F, 3, …] the three outer parts of faces, of what is at their corners and at their edges' middles."""
    return np.stack([np.stack([corners[:, k], middles[:, k], middles[:, k - 1]], axis=1) for k in range(3)])
