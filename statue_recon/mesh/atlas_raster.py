"""Which cells of a grid flat triangles cover: the one rasteriser of charting and packing, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 300_000  # of triangles; keeps the work arrays of one chunk below 100 MB
_RIM = 1e-7  # in cells: centres exactly on a shared edge belong to neither side, neighbours are no overlap


def covered(corners: NDArray) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """The cells whose centres lie inside each triangle, chunk by chunk, triangles in the order given.

    Each triangle is cut along its rows of centres, and the cells between the two ends of each cut are counted out.

    corners: [F, 3, 2] in cells; cell (x, y) has its centre at (x + 0.5, y + 0.5).
    Yields (triangle [N], x [N], y [N]).
    """
    low = np.ceil(corners[..., 1].min(axis=1) - 0.5).astype(np.int64)
    rows = np.maximum(np.floor(corners[..., 1].max(axis=1) - 0.5).astype(np.int64) + 1 - low, 0)
    ends = np.cumsum(rows)
    first = 0
    while first < len(corners):
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + _ROWS_AT_ONCE, side="right")), first + 1)
        triangle, within = _counted(rows[first:last])
        triangle += first
        y = low[triangle] + within
        start, stop = _cuts(corners, triangle, y + 0.5)
        cut, along = _counted(np.maximum(stop - start, 0))
        yield triangle[cut], start[cut] + along, y[cut]
        first = last


def _counted(counts: NDArray) -> tuple[NDArray, NDArray]:
    """For counts (2, 0, 3): (0, 0, 2, 2, 2) and (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _cuts(corners: NDArray, triangle: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
    """The first cell, and the one after the last, whose centre is on the line y within the triangle; each [N]."""
    left, right = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for here, there in ((0, 1), (1, 2), (2, 0)):
        begin, end = corners[:, here], corners[:, there]
        rise = end[:, 1] - begin[:, 1]
        level = np.abs(rise) < 1e-12
        slope = np.where(level, np.nan, (end[:, 0] - begin[:, 0]) / np.where(level, 1.0, rise))
        from_begin = y - begin[triangle, 1]
        x = begin[triangle, 0] + from_begin * slope[triangle]
        # Level edges have no crossing (NaN), and are ends of the other two.
        crossed = (from_begin * (y - end[triangle, 1]) <= 0) & ~level[triangle]
        left = np.where(crossed, np.fmin(left, x), left)
        right = np.where(crossed, np.fmax(right, x), right)
    empty = ~(left <= right)
    left, right = np.where(empty, 0.0, left), np.where(empty, -1.0, right)
    return np.ceil(left - 0.5 + _RIM).astype(np.int64), np.floor(right - 0.5 - _RIM).astype(np.int64) + 1
