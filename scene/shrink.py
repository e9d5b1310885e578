"""Turning huge pictures into small ones, strip by strip, so that they fit in memory and in a user's patience."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_STRIP_PIXELS = 1 << 18  # of the large picture at a time: 4 MB as RGBA float32, about what a core's cache holds


def shrunk(stored: np.ndarray, height: int, width: int, prepare: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The picture as bytes, at this size or its own: each pixel is the mean of the area it covers.

    stored [H, W, C], any C; `prepare` turns some of its rows [h, W, C] into new, straight RGBA [h, W, 4] float32, so
    that this exists for a strip only. Colours are weighted by alpha: what is transparent does not bleed into an edge.
    Returns [height, width, 4] uint8; values below 0 and above 1 are clipped at the end.
    """
    rows, columns = stored.shape[:2]
    result = np.empty((height, width, 4), np.uint8)
    strip_rows = max(1, _STRIP_PIXELS * height // (rows * columns))
    for start in range(0, height, strip_rows):
        stop = min(start + strip_rows, height)
        top, bottom = start * rows / height, stop * rows / height
        first, last = int(top), min(int(np.ceil(bottom)), rows)
        strip = prepare(stored[first:last])
        if (rows, columns) != (height, width):
            edges = np.linspace(top - first, bottom - first, stop - start + 1)
            strip = _averaged(strip, edges, np.linspace(0, columns, width + 1))
        np.clip(strip, 0, 1, out=strip)
        strip *= 255
        strip += 0.5
        result[start:stop] = strip
    return result


def _averaged(strip: np.ndarray, row_edges: np.ndarray, column_edges: np.ndarray) -> np.ndarray:
    transparent = strip[..., 3].min() < 1
    if transparent:
        strip[..., :3] *= strip[..., 3:]
    strip = _means(strip, row_edges, axis=0)
    strip = _means(strip, column_edges, axis=1)
    if transparent:
        strip[..., :3] /= np.where(strip[..., 3:] > 0, strip[..., 3:], 1)
    return strip


def _means(values: np.ndarray, edges: np.ndarray, axis: int) -> np.ndarray:
    """The means of `values` [h, w, 4] between neighbouring `edges` (in pixels, fractions count) along one axis.

    Every area begins in some pixel and reaches over the next few: those are gathered one after the other, each with
    the share of it that the area covers.
    """
    lower, upper = edges[:-1], edges[1:]
    begin = lower.astype(np.intp)
    shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
    total: np.ndarray | None = None
    for step in range(int(np.ceil(upper - begin).max())):
        pixel = begin + step
        covered = np.minimum(upper, pixel + 1) - np.maximum(lower, pixel)
        weight = (np.clip(covered, 0, None) / (upper - lower)).astype(np.float32)
        if weight.max() < 1e-6:
            continue
        part = np.take(values, np.minimum(pixel, values.shape[axis] - 1), axis=axis)
        part *= weight.reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None  # every area is larger than nothing
    return total
