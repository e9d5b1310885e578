"""Which parts of a coarse volume are looked at again: all of it twice as fine, and what matters most four times.

Parts overlap by twice the width over which they fade (fuse.RAMP). In depth each lies where the coarse surface is, one
behind the other where the statue is deep:

    ┌──────┬┄┄┬──────┐
    │      ┊  ┊      │
    └──────┴┄┄┴──────┘
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .columns import DEPTHS, Columns
from .detect import Place, places
from .fine import SIDE
from .fuse import RAMP

TILE, CLOSE = 2, 4  # times finer
OVERLAP = int(2 * RAMP)  # cells of a part that its neighbour has too
NEAR = 0.5  # of REACH: how near the coarse surface must be to say that something of it is there
LEAST = 12  # nodes near the surface without which a part is not worth while
ROOM = 5.0  # nodes of a part before the surface and behind it, at least
LARGEST = 4  # close parts of a head beside and above each other, at most


@dataclass(frozen=True)
class Region:
    """A part to be made finer."""

    columns: Columns
    kind: str  # “whole”, or what detect.places calls it
    finer: int  # times


def regions(volume: Tensor, columns: Columns) -> list[Region]:
    """The parts of a coarse volume [D, H, W], those twice as fine first."""
    found = tiles(volume, columns)
    for place in places(volume, columns):
        found += close_ups(volume, columns, place)
    return found


def tiles(volume: Tensor, columns: Columns) -> list[Region]:
    """Overlapping parts twice as fine, wherever there is something of the statue."""
    side = SIDE // TILE
    near = (volume.abs() < NEAR).numpy()
    rows, across = np.flatnonzero(near.any(axis=(0, 2))), np.flatnonzero(near.any(axis=(0, 1)))
    if not len(rows):
        return []
    found = []
    for top in _starts(rows[0], rows[-1] + 1, side, OVERLAP // TILE):
        for left in _starts(across[0], across[-1] + 1, side, OVERLAP // TILE):
            part = _cut(near, top, left, side)
            for middle in _depths(part, columns, TILE):
                found.append(Region(columns.part(top, left, side, side, TILE, middle), "whole", TILE))
    return found


def close_ups(volume: Tensor, columns: Columns, place: Place) -> list[Region]:
    """Parts four times as fine of what the photo shows of a place."""
    side = SIDE // CLOSE
    near = (volume.abs() < NEAR).numpy()
    at, row, column = columns.places(place.middle[None])[0]
    # Nearer things have larger pictures; half a cell from a node to the edge of its cell.
    reach = place.radius / columns.pitch * columns.middle / max(columns.depths()[int(np.clip(at, 0, DEPTHS - 1))], 1e-6)
    reach = min(reach, (LARGEST * (side - OVERLAP // CLOSE)) / 2)
    depth_reach = place.radius / (columns.pitch * columns.step)
    found = []
    for top in _starts(row + 0.5 - reach, row + 0.5 + reach, side, OVERLAP // CLOSE):
        for left in _starts(column + 0.5 - reach, column + 0.5 + reach, side, OVERLAP // CLOSE):
            part = _cut(near, top, left, side).copy()
            nodes = np.arange(DEPTHS)
            part[np.abs(nodes - at) > depth_reach + 1.0] = False
            found += [
                Region(columns.part(top, left, side, side, CLOSE, middle), place.kind, CLOSE)
                for middle in _depths(part, columns, CLOSE)[:1]  # behind it the photo shows nothing
            ]
    return found


def _starts(low: float, high: float, side: int, overlap: int) -> list[int]:
    """Where parts of `side` cells begin that cover low … high, evenly, and overlap at least so much."""
    # What fades at the outer borders is there to be covered too.
    low, high = low - overlap / 2, high + overlap / 2
    if high - low <= side:
        return [round((low + high - side) / 2)]
    count = int(np.ceil((high - low - overlap) / (side - overlap)))
    return [round(start) for start in np.linspace(low, high - side, count)]


def _cut(near: NDArray, top: int, left: int, side: int) -> NDArray:
    """[D, h, w] of a picture's nodes, those of the part that lie within it."""
    return near[:, max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]


def _depths(near: NDArray, columns: Columns, finer: int) -> list[float]:
    """World units: the middles, one behind the other, of parts that hold what of the surface is near [D, h, w]."""
    depths = np.flatnonzero(near.any(axis=(1, 2)))
    if np.count_nonzero(near) < LEAST:
        return []
    reach = (DEPTHS - 1) / finer  # coarse nodes from a part's first node to its last
    low, high = depths[0] - ROOM / finer, depths[-1] + ROOM / finer
    room = 2.0 * ROOM / finer
    count = max(int(np.ceil((high - low - room) / (reach - room))), 1)
    one = [(low + high) / 2]
    middles = one if count == 1 else np.linspace(low + reach / 2, high - reach / 2, count)
    step = columns.pitch * columns.step
    found = []
    for middle in middles:
        held = near[max(round(middle - reach / 2), 0) : round(middle + reach / 2) + 1]
        if np.count_nonzero(held) >= LEAST:
            found.append(columns.middle + step * (float(middle) - columns.before))
    return found
