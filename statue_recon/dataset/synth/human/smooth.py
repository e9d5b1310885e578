"""The body's skin made four times as fine: the base mesh's flat faces would show in stone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .anatomy import load
from .shape import EYES


@dataclass(frozen=True)
class Finer:
    """One step of Catmull and Clark's subdivision of the closed quads of skin and eyeballs."""

    weights: sparse.csr_matrix  # [N, V] finer vertices from the base mesh's
    faces: NDArray[np.int32]  # [F, 3] triangles between the finer vertices
    owner: NDArray[np.int64]  # [F] the quad in which each triangle lies
    quads: NDArray[np.int64]  # [Q, 4] the base mesh's faces

    def vertices(self, places: NDArray) -> NDArray[np.float32]:
        """[N, 3] from the base mesh's vertices [V, 3]."""
        return np.asarray(self.weights @ places, np.float32)

    def without(self, gone: NDArray) -> NDArray[np.int32]:
        """The triangles of the quads that touch no vertex that is gone [V]."""
        broken = np.any(gone[self.quads], axis=1)
        return self.faces[~broken[self.owner]]


@cache
def finer(folder: Path) -> Finer:
    anatomy = load(folder)
    quads = np.concatenate([_quads(anatomy.faces[group]) for group in ("body", *EYES)])
    count, parts = len(anatomy.base), len(quads)
    centre = _from(np.repeat(np.arange(parts), 4), quads.ravel(), 0.25, (parts, count))
    starts, ends = quads.ravel(), np.roll(quads, -1, axis=1).ravel()
    pairs, edge = np.unique(np.sort(np.stack([starts, ends], axis=1), axis=1), axis=0, return_inverse=True)
    edge = edge.ravel()
    middle = _from(np.repeat(np.arange(len(pairs)), 2), pairs.ravel(), 0.5, (len(pairs), count))
    # Each edge has two faces: its point is the mean of its ends and their centres.
    beside = _from(edge, np.repeat(np.arange(parts), 4), 0.5, (len(pairs), parts))
    along = 0.5 * (middle + beside @ centre)
    used = np.unique(quads)
    number = np.zeros(count, np.int64)
    number[used] = np.arange(len(used))
    valence = np.bincount(number[starts]).astype(float)
    around = _from(number[starts], np.repeat(np.arange(parts), 4), 1 / valence[number[starts]], (len(used), parts))
    ends_of = number[pairs.ravel()]
    spokes = _from(ends_of, np.repeat(np.arange(len(pairs)), 2), 1 / valence[ends_of], (len(used), len(pairs)))
    itself = _from(np.arange(len(used)), used, (valence - 3) / valence, (len(used), count))
    divided = sparse.diags(1 / valence)
    corner = divided @ (around @ centre) + 2 * divided @ (spokes @ middle) + itself
    weights = sparse.vstack([corner, along, centre]).tocsr().astype(np.float32)
    return Finer(weights, *_small_faces(number[quads], edge.reshape(-1, 4), len(used), len(pairs)), quads)


def _small_faces(
    corners: NDArray, edges: NDArray, first_edge: int, edge_count: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Triangles of the four small quads in each quad, and the quad each lies in."""
    after, before = edges + first_edge, np.roll(edges, 1, axis=1) + first_edge
    centre = np.broadcast_to(first_edge + edge_count + np.arange(len(corners))[:, None], corners.shape)
    small = np.stack([corners, after, centre, before], axis=2).reshape(-1, 4)
    triangles = np.concatenate([small[:, (0, 1, 2)], small[:, (0, 2, 3)]]).astype(np.int32)
    return triangles, np.tile(np.repeat(np.arange(len(corners)), 4), 2)


def _quads(triangles: NDArray) -> NDArray[np.int64]:
    """The quads that were cut into triangles: first all (a, b, c), then all (a, c, d)."""
    half = len(triangles) // 2
    return np.concatenate([triangles[:half], triangles[half:, 2:]], axis=1).astype(np.int64)


def _from(rows: NDArray, columns: NDArray, values: NDArray | float, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.broadcast_to(values, rows.shape), (rows, columns)), shape)
