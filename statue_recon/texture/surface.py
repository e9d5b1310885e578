"""The mesh as a net of vertices, along which values are smoothed and continued."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from ..mesh.mesh import Mesh

_NOTHING = 1e-7  # of a pull: keeps equations solvable where nothing else pulls


@dataclass(frozen=True)
class Surface:
    """The edges of a mesh."""

    neighbours: sparse.csr_matrix  # [V, V], 1 for each edge
    spacing: float  # mean edge length
    size: float  # longest side of the bounding box

    @classmethod
    def of(cls, mesh: Mesh) -> Surface:
        count = len(mesh.vertices)
        edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1).astype(np.int64)
        edges = np.unique(edges[:, 0] * count + edges[:, 1])
        first, second = edges // count, edges % count
        length = np.linalg.norm(mesh.vertices[first] - mesh.vertices[second], axis=1)
        joined = sparse.coo_matrix((np.ones(len(first), dtype=np.float32), (first, second)), shape=(count, count))
        spacing = float(length.mean()) if len(length) else 1.0
        return cls((joined + joined.T).tocsr(), spacing, max(float(np.ptp(mesh.vertices, axis=0).max()), 1e-9))

    @cached_property
    def degree(self) -> NDArray[np.float32]:
        """[V] how many neighbours each vertex has, at least 1."""
        return np.maximum(np.asarray(self.neighbours.sum(axis=1)).ravel(), 1.0).astype(np.float32)

    def rounds_for(self, distance: float, most: int) -> int:
        """How many rounds of averaging spread a value over `distance` (standard deviation), at most `most`."""
        # One round moves half of a value by one edge: its variance grows by half an edge squared.
        return int(np.clip(np.ceil(2.0 * (distance / max(self.spacing, 1e-12)) ** 2), 1, most))

    def smoothed(self, values: NDArray, rounds: int) -> NDArray[np.float32]:
        """Values [V] or [V, C] after so many rounds of averaging each vertex with its neighbours, half and half."""
        values = values.astype(np.float32)
        half = (0.5 / self.degree).reshape(-1, *[1] * (values.ndim - 1))
        for _ in range(rounds):
            values = 0.5 * values + half * (self.neighbours @ values)
        return values

    def smallest_around(self, values: NDArray) -> NDArray[np.float32]:
        """For each vertex the smallest of its own value and its neighbours' (values [V], 0 … 1)."""
        joined = self.neighbours.tocoo()
        result = values.astype(np.float32).copy()
        np.minimum.at(result, joined.row, values.astype(np.float32)[joined.col])
        return result

    def continued(
        self, values: NDArray, hold: NDArray, guide: NDArray, reach: float, accuracy: float
    ) -> NDArray[np.float32]:
        """Values [V, C] for all vertices, given those of the held ones.

        As smooth along the surface as the held values allow, leaning towards the guide the farther away they are: a
        screened Poisson equation on the edges.

        hold [V]: how firmly a value is kept, against one neighbour's pull. guide [V, C]. reach: as a share of the
        size, how far values are carried before the guide takes over. accuracy: of the result, root mean square.
        """
        free = 1.0 - np.clip(hold / max(float(hold.max(initial=0.0)), 1e-12), 0.0, 1.0)
        lean = (self.spacing / max(reach * self.size, 1e-9)) ** 2 * free + _NOTHING
        degree = np.asarray(self.neighbours.sum(axis=1)).ravel()
        diagonal = degree + hold + lean
        matrix = (sparse.diags_array(diagonal) - self.neighbours).tocsr()
        inverse = sparse.diags_array(1.0 / diagonal)
        wanted = hold[:, None] * values + lean[:, None] * guide
        start = np.where((free < 0.5)[:, None], values, guide)
        result = np.empty(values.shape, dtype=np.float32)
        for channel in range(values.shape[1]):
            result[:, channel], _ = cg(
                matrix,
                wanted[:, channel],
                x0=start[:, channel],
                rtol=0.0,
                atol=accuracy * np.sqrt(len(values)),
                maxiter=400,
                M=inverse,
            )
        return result
