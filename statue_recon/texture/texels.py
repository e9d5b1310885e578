"""The atlas cut into squares small enough to work on, and the surface under their texels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..mesh.mesh import Mesh
from ..render.raster import cover_of_atlas

_SIDE = 1024  # texels of a square: bounds the memory of painting to about 300 MB, and lets a run be stopped in between
_ROWS_AT_ONCE = 256  # of the atlas, when colours are copied into what lies between the islands


@dataclass(frozen=True)
class Texels:
    """Some texels of the atlas, and where on the surface they lie."""

    corners: NDArray[np.int32]  # [N, 3] the vertices of each texel's face
    shares: NDArray[np.float32]  # [N, 3] its barycentric coordinates

    def __len__(self) -> int:
        return len(self.corners)

    def of(self, values: NDArray) -> NDArray[np.float32]:
        """Values at the vertices [V] or [V, C], interpolated at the texels [N] or [N, C]."""
        # A sparse matrix times the values: three times as fast as picking corners and adding.
        flat = np.ascontiguousarray(values.reshape(len(values), -1), dtype=np.float32)
        ends = np.arange(0, 3 * len(self) + 1, 3, dtype=np.int32)
        mixing = sparse.csr_array((self.shares.ravel(), self.corners.ravel(), ends), shape=(len(self), len(values)))
        return (mixing @ flat).reshape(len(self), *values.shape[1:])

    def some(self, index: NDArray) -> Texels:
        return Texels(self.corners[index], self.shares[index])


@dataclass(frozen=True)
class Square:
    """A square part of the atlas."""

    place: tuple[slice, slice]  # its rows and columns in the atlas
    there: NDArray[np.bool_]  # [h, w] where a face lies
    texels: Texels  # those where a face lies, row by row


def squares_of(mesh: Mesh, uv: NDArray, size: int, device: str) -> Iterator[tuple[Square, float]]:
    """The atlas [size, size] square by square, each with the share of the work that is done after it.

    Only one square is held at a time: at 8k the whole cover would take 2 GB. uv [F, 3, 2], (0, 0) at the bottom left.
    """
    side = min(_SIDE, size)
    starts = [(row, column) for row in range(0, size, side) for column in range(0, size, side)]
    low, high = uv.min(axis=1) * size, uv.max(axis=1) * size  # texels, counted from the bottom left
    for number, (row, column) in enumerate(starts):
        bottom = size - row - side
        near = (low[:, 0] <= column + side) & (high[:, 0] >= column) & (low[:, 1] <= bottom + side)
        near = np.flatnonzero(near & (high[:, 1] >= bottom))
        within = (uv[near].astype(np.float64) * size - (column, bottom)) / side
        cover = cover_of_atlas(within, side, device)
        ragged = np.s_[: size - row, : size - column]
        faces, weights = cover.faces[ragged], cover.weights[ragged]
        there = faces >= 0
        corners = mesh.faces[near[faces[there]]] if len(near) else np.zeros((0, 3), dtype=np.int32)
        place = np.s_[row : row + len(faces), column : column + faces.shape[1]]
        yield Square(place, there, Texels(corners, weights[there])), (number + 1) / len(starts)


def dilate(atlas: NDArray[np.uint8], there: NDArray[np.bool_]) -> None:
    """Fills, in place, all that lies between the islands with the colour of the nearest texel that has one.

    atlas [S, S, 3]; there [S, S], at least one must be.
    """
    size = len(atlas)
    labels: NDArray[np.int32]
    _, labels = cv2.distanceTransformWithLabels(  # type: ignore[assignment]
        np.logical_not(there).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), dtype=np.uint8)
    bands = [np.s_[row : row + _ROWS_AT_ONCE] for row in range(0, size, _ROWS_AT_ONCE)]
    for band in bands:
        colours[labels[band][there[band]]] = atlas[band][there[band]]
    for band in bands:
        free = ~there[band]
        atlas[band][free] = colours[labels[band][free]]
