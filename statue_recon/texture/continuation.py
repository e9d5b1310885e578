"""The colours of what the photo does not show: broad ones carried along the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from ..mesh.mesh import Mesh

_HOLD = 8.0  # how firmly seen vertices keep the photo's colour, against one neighbour's pull
_REACH = 0.15  # of the mesh's size: how far seen colours are carried before the guide takes over
_TOLERANCE = 1e-4  # of the solve; a tenth of an 8-bit step


def continued(mesh: Mesh, colours: NDArray, seen: NDArray, guide: NDArray) -> NDArray[np.float32]:
    """Colours [V, 3] for all vertices, given those of the seen ones.

    As smooth along the surface as the seen colours allow, leaning towards the guide the farther away they are: a
    screened Poisson equation on the mesh's edges. Next to what was seen it agrees with it, so no line is left there.

    colours [V, 3] count by `seen` [V] 0 … 1; guide [V, 3] is what the place might look like.
    """
    laplacian, spacing = _laplacian(mesh)
    size = float(np.ptp(mesh.vertices, axis=0).max())
    lean = (spacing / max(_REACH * size, 1e-9)) ** 2 * (1.0 - seen) + 1e-7
    hold = _HOLD * seen
    diagonal = hold + lean
    matrix = (laplacian + sparse.diags_array(diagonal)).tocsr()
    inverse = sparse.diags_array(1.0 / matrix.diagonal())
    wanted = hold[:, None] * colours + lean[:, None] * guide
    result = np.empty((len(seen), 3))
    for channel in range(3):
        start = np.where(seen > 0.5, colours[:, channel], guide[:, channel])
        result[:, channel], _ = cg(
            matrix, wanted[:, channel], x0=start, rtol=0.0, atol=_TOLERANCE * np.sqrt(len(seen)), maxiter=400, M=inverse
        )
    return np.clip(result, 0.0, 1.0).astype(np.float32)


def smoothed(mesh: Mesh, values: NDArray, rounds: int) -> NDArray[np.float32]:
    """Values [V] after so many rounds of averaging each vertex with its neighbours, half and half."""
    laplacian, _ = _laplacian(mesh)
    degree = np.maximum(laplacian.diagonal(), 1.0)
    for _ in range(rounds):
        values = values - 0.5 * (laplacian @ values) / degree
    return np.clip(values, 0.0, 1.0).astype(np.float32)


def _laplacian(mesh: Mesh) -> tuple[sparse.csr_matrix, float]:
    """The edges' Laplacian [V, V] (degree on the diagonal, -1 for a neighbour) and the mean edge length."""
    count = len(mesh.vertices)
    edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1).astype(np.int64)
    edges = np.unique(edges[:, 0] * count + edges[:, 1])
    first, second = edges // count, edges % count
    length = np.linalg.norm(mesh.vertices[first] - mesh.vertices[second], axis=1)
    ones = np.ones(len(first))
    joined = sparse.coo_matrix((ones, (first, second)), shape=(count, count))
    joined = (joined + joined.T).tocsr()
    degree = np.asarray(joined.sum(axis=1)).ravel()
    return (sparse.diags_array(degree) - joined).tocsr(), float(length.mean()) if len(length) else 1.0
