"""The floor a statue stands on, and the block under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .plate import Plate, Stand

DEEPEST = 1.15  # of the greatest half depth above it: a block is as deep as it is wide, but not deeper than this
SHALLOWEST = 0.6  # of its half width
SEEN_INSIDE = 0.97  # of the edges of its top must fall inside the silhouette


@dataclass(frozen=True)
class Block:
    """A box with vertical sides, from the floor up, facing the photo; world units."""

    west: float
    east: float
    top: float
    half: float  # from its middle to its front, and to its back
    middle: float = 0.0  # its y

    def across(self, x: np.ndarray) -> np.ndarray:
        """How far x lies outside the box's sides, negative between them."""
        return np.abs(x - (self.west + self.east) / 2) - (self.east - self.west) / 2

    def joined(self, values: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The field [X, Y, Z] with the box added, and with nothing beside the box at its height.

        x [X], y [Y] and z [Z] say where the nodes are.
        """
        across, above = self.across(x)[:, None, None], (z - self.top)[None, None, :]
        beside = np.minimum(across, -above)
        box = np.maximum(np.maximum(across, above), (np.abs(y - self.middle) - self.half)[None, :, None])
        return np.minimum(np.maximum(values, beside), box)


def block_under(plate: Plate, stand: Stand, deepest: float) -> Block | None:
    """The block that fills the plinth's silhouette with its front; `deepest` is the body's greatest half depth.

    It is as deep as it is wide, unless the body is much shallower or the silhouette has no room for its top.
    """
    if stand.plinth is None:
        return None
    row, left, right = stand.plinth
    wide = plate.pitch * (right - left) / 2
    block = None
    for half in np.linspace(min(wide, DEEPEST * deepest), SHALLOWEST * wide, 12):
        west, east = (float(plate.place(row, edge, -half)[0]) for edge in (left, right))
        block = Block(west, east, float(plate.place(row, left, -half)[2]), float(half))
        if _top_fits(block, plate):
            break
    return block


def _top_fits(block: Block, plate: Plate) -> bool:
    """Whether the photo would see the top of the block within the silhouette."""
    share = np.linspace(0.02, 0.98, 40)
    x = np.concatenate(
        [block.west + share * (block.east - block.west), np.full(40, block.west), np.full(40, block.east)]
    )
    y = np.concatenate([np.full(40, block.half), (2 * share - 1) * block.half, (2 * share - 1) * block.half])
    columns, rows = plate.cells(x, y, np.full_like(x, block.top))
    rows = np.clip(np.rint(rows), 0, plate.mask.shape[0] - 1).astype(int)
    columns = np.clip(np.rint(columns), 0, plate.mask.shape[1] - 1).astype(int)
    return bool((plate.outline[rows, columns] < 1.5 * plate.pitch).mean() >= SEEN_INSIDE)


def floor_height(plate: Plate, row: int, half: float) -> float:
    """World z of the floor seen on `row`, under something from −half to +half deep.

    An eye above the floor sees the nearest edge lowest, an eye below it the farthest.
    """
    above = plate.eye[2] > plate.top - plate.pitch * row
    return float(plate.place(row, 0, -half if above else half)[2])
