"""Laying charts out in a square: large ones by their true outline, small ones into the holes that are left."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .atlas_raster import covered

_CELLS = 512  # across the square: the distance charts keep is one cell
_FINE_LAID = 48  # so many of the largest charts are laid by outline; the rest by bounding box
_EXPECTED_FILL = 0.72
_STRIPS = 3  # tries, each as wide as the one before would have been square


def pack(flat: NDArray, charts: NDArray) -> NDArray:
    """The corners [F, 3, 2] of all charts, moved into the unit square with one common scale.

    Charts may be turned by quarters, never mirrored. The strip they are laid in is as wide as the square is expected to
    be; when it turns out too high or too low, strips of other widths are tried and the best one is kept.
    """
    edges = flat[:, 1:] - flat[:, :1]
    area = 0.5 * np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]).sum()
    side = np.sqrt(max(area, 1e-20) / _EXPECTED_FILL)
    best, best_side = flat, np.inf
    for _ in range(_STRIPS):
        cell = side / _CELLS
        placed, width, height = _lay(flat / cell, charts)
        reached = max(width, height) * cell
        if reached < best_side:
            best, best_side = placed * (cell / reached), reached
        side = np.sqrt(side * height * cell)
    return np.clip(best, 0.0, 1.0)


def _lay(flat: NDArray, charts: NDArray) -> tuple[NDArray, int, int]:
    """Lays all charts, given in cells, into a strip `_CELLS` wide. Returns the corners and the strip's extent."""
    masks, origins = _masks(flat, charts)
    widest = max(max(mask.shape) for mask in masks) + 2
    strip = _Strip(max(_CELLS, widest))
    order = sorted(range(len(masks)), key=lambda i: (-int(masks[i].sum()), i))
    spots = np.zeros((len(masks), 3), dtype=np.int64)  # x, y, quarter turns
    for rank, index in enumerate(order):
        spots[index] = strip.lay_outline(masks[index]) if rank < _FINE_LAID else strip.lay_box(masks[index])
    size = np.array([mask.shape[::-1] for mask in masks], dtype=np.float64)
    local = flat - origins[charts][:, None]
    turned = _quarters(local, size[charts], spots[charts, 2])
    return turned + spots[charts][:, None, :2], strip.width, strip.height


def _quarters(local: NDArray, size: NDArray, turns: NDArray) -> NDArray:
    """Corners [F, 3, 2] turned as `np.rot90(mask, turns)` turns the mask of `size` (width, height) they lie in."""
    x, y = local[..., 0], local[..., 1]
    width, height = size[:, :1], size[:, 1:]
    ways = [(x, y), (y, width - x), (width - x, height - y), (height - y, x)]
    turns = turns[:, None]
    return np.stack([np.choose(turns, [way[axis] for way in ways]) for axis in range(2)], axis=-1)


def _masks(flat: NDArray, charts: NDArray) -> tuple[list[NDArray], NDArray]:
    """For each chart the cells [h, w] it touches, and the place [C, 2] of its first cell."""
    count = int(charts.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, charts, flat.min(axis=1))
    np.maximum.at(high, charts, flat.max(axis=1))
    origins = low - 0.25
    size = np.floor(high - origins).astype(np.int64) + 1
    base = np.cumsum(size.prod(axis=1)) - size.prod(axis=1)
    touched = np.zeros(int(size.prod(axis=1).sum()), dtype=bool)
    local = flat - origins[charts][:, None]

    def mark(face: NDArray, x: NDArray, y: NDArray) -> None:
        touched[base[charts[face]] + y * size[charts[face], 0] + x] = True

    # Centres of half cells, corners and middles of edges: what this can miss is far thinner than the margin.
    for face, x, y in covered(local * 2):
        mark(face, x // 2, y // 2)
    every = np.arange(len(flat))
    for points in (*local.transpose(1, 0, 2), *(0.5 * (local + np.roll(local, 1, axis=1))).transpose(1, 0, 2)):
        mark(every, points[:, 0].astype(np.int64), points[:, 1].astype(np.int64))
    masks = [touched[base[i] : base[i] + size[i].prod()].reshape(size[i, ::-1]) for i in range(count)]
    return masks, origins


class _Strip:
    """A strip of cells, fixed in width, growing in height, that remembers which cells are taken."""

    def __init__(self, width: int):
        self.width = width
        self.height = 0
        self._taken = np.zeros((4 * width, width), dtype=bool)
        self._spots: dict[tuple[int, int], Iterator[np.int64]] = {}

    def lay_outline(self, mask: NDArray) -> tuple[int, int, int]:
        """Where and how (x, y, quarter turns) the chart lies lowest, its outline fitted against what lies there."""
        self._reserve(max(mask.shape) + 2)
        rows = self.height + max(mask.shape) + 3
        coarse_taken = _coarse(self._taken[: rows + rows % 2])
        shape = [fft.next_fast_len(n, real=True) for n in coarse_taken.shape]
        spectrum = fft.rfft2(coarse_taken.astype(np.float32), shape)
        best = None
        for turns in range(4):
            turned = _coarse(_grown(np.rot90(mask, turns)))
            fits = _fits(spectrum, shape, coarse_taken.shape, turned)
            if fits is None:
                continue
            y, x = fits
            key = (max(2 * (y + turned.shape[0]), self.height), y + turned.shape[0], x, turns)
            if best is None or key < best[0]:
                best = key, (2 * x + 1, 2 * y + 1, turns)
        assert best is not None, "the strip is wide and high enough for any chart"
        return self._take(mask, *best[1])

    def lay_box(self, mask: NDArray) -> tuple[int, int, int]:
        """As `lay_outline` by the bounding box alone: quicker by far, and good enough for small charts."""
        turns = int(mask.shape[0] > mask.shape[1])  # lying: rows of small charts close with less waste
        height, width = sorted(mask.shape)
        size = height + 2, width + 2
        while True:
            if size not in self._spots:
                self._reserve(size[0])
                self._spots[size] = iter(self._free(size))
            for spot in self._spots[size]:
                y, x = divmod(int(spot), self.width)
                # Found earlier, it may have been taken since; it can never have become free again.
                if not self._taken[y : y + size[0], x : x + size[1]].any():
                    return self._take(mask, x + 1, y + 1, turns)
            del self._spots[size]

    def _free(self, size: tuple[int, int]) -> NDArray[np.int64]:
        """All cells (y · width + x) at which a free box of this size begins, lowest first; above all there is one."""
        rows = self.height + size[0]
        sums = cv2.integral(self._taken[:rows].view(np.uint8))
        high, wide = size
        inside = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
        y, x = np.nonzero(inside == 0)
        return y * self.width + x

    def _take(self, mask: NDArray, x: int, y: int, turns: int) -> tuple[int, int, int]:
        turned = np.rot90(mask, turns)
        self._taken[y : y + turned.shape[0], x : x + turned.shape[1]] |= turned
        self.height = max(self.height, y + turned.shape[0] + 1)
        return x, y, turns

    def _reserve(self, more: int) -> None:
        if self.height + more + 4 > len(self._taken):
            self._taken = np.concatenate([self._taken, np.zeros((len(self._taken) + more, self.width), dtype=bool)])


def _grown(mask: NDArray) -> NDArray:
    """The mask with a rim one cell wide around it, [h + 2, w + 2]: the distance kept to others."""
    grown = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), dtype=bool)
    for y in range(3):
        for x in range(3):
            grown[y : y + mask.shape[0], x : x + mask.shape[1]] |= mask
    return grown


def _coarse(cells: NDArray) -> NDArray:
    """Which blocks of 2 × 2 cells hold any."""
    padded = np.pad(cells, [(0, cells.shape[0] % 2), (0, cells.shape[1] % 2)])
    return padded[::2, ::2] | padded[1::2, ::2] | padded[::2, 1::2] | padded[1::2, 1::2]


def _fits(spectrum: NDArray, shape: list[int], strip: tuple[int, ...], mask: NDArray) -> tuple[int, int] | None:
    """The lowest, then leftmost block (y, x) at which the mask meets nothing taken; None if there is none."""
    rows, columns = strip[0] - mask.shape[0] + 1, strip[1] - mask.shape[1] + 1
    if rows <= 0 or columns <= 0:
        return None
    shared = fft.irfft2(spectrum * np.conj(fft.rfft2(mask.astype(np.float32), shape)), shape)[:rows, :columns]
    free = np.flatnonzero(shared < 0.5)
    return (int(free[0] // columns), int(free[0] % columns)) if len(free) else None
