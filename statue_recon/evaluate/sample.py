"""Points spread evenly over a surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh


@dataclass(frozen=True)
class Points:
    """Points on the triangles of a mesh."""

    places: NDArray[np.float64]  # [N, 3]
    normals: NDArray[np.float32]  # [N, 3] of the triangles
    faces: NDArray[np.int64]  # [N]
    weights: NDArray[np.float64]  # [N, 3] barycentric coordinates

    def of(self, values: NDArray, faces: NDArray) -> NDArray:
        """Values at the vertices [V], interpolated at the points [N]."""
        return np.einsum("nk,nk->n", self.weights, values[faces[self.faces]])


def spread(mesh: Mesh, count: int, seed: int) -> Points:
    """`count` random points, as many on each triangle as its area deserves. The same seed gives the same points.

    The total area is cut into `count` equal pieces with one point in each, which scatters less than free choice.
    """
    chance = np.random.default_rng(seed)
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    a, b, c = corners.transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1).cumsum()
    at = (np.arange(count) + chance.random(count)) / count * areas[-1]
    faces = np.minimum(np.searchsorted(areas, at, side="right"), len(areas) - 1)
    root, share = np.sqrt(chance.random(count)), chance.random(count)
    weights = np.stack([1.0 - root, root * (1.0 - share), root * share], axis=1)
    places = np.einsum("nk,nkj->nj", weights, corners[faces])
    return Points(places, mesh.face_normals[faces], faces, weights)
