"""The floor a statue stands on, and the block under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..photo.photo import Photo
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
    half: float  # from the plane through the origin to its front, and to its back

    def across(self, x: np.ndarray) -> np.ndarray:
        """How far x lies outside the box's sides, negative between them."""
        return np.abs(x - (self.west + self.east) / 2) - (self.east - self.west) / 2

    def joined(self, values: np.ndarray, off: np.ndarray, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The field [X, Y, Z] with the box added, and with nothing beside the box at its height.

        `off` [X, Y, Z] is how far the nodes lie behind the plane, x [X] and z [Z] where they are.
        """
        across, above = self.across(x)[:, None, None], (z - self.top)[None, None, :]
        beside = np.minimum(across, -above)
        box = np.maximum(np.maximum(across, above), np.abs(off) - self.half)
        return np.minimum(np.maximum(values, beside), box)


def block_under(plate: Plate, photo: Photo, stand: Stand, deepest: float) -> Block | None:
    """The block that fills the plinth's silhouette with its front; `deepest` is the body's greatest half depth.

    It is as deep as it is wide, unless the body is much shallower or the silhouette has no room for its top.
    """
    if stand.plinth is None:
        return None
    row, left, right = stand.plinth
    wide = plate.pitch * (right - left) / 2
    block = None
    for half in np.linspace(min(wide, DEEPEST * deepest), SHALLOWEST * wide, 12):
        nearer = 1.0 - half / plate.distance
        aside = photo.camera.world_to_camera[0, 3]
        west, east = (nearer * (plate.left + plate.pitch * edge) - aside for edge in (left, right))
        block = Block(float(west), float(east), world_height(row, photo, plate, -half), float(half))
        if _top_fits(block, plate, photo):
            break
    return block


def _top_fits(block: Block, plate: Plate, photo: Photo) -> bool:
    """Whether the photo would see the top of the block within the silhouette."""
    share = np.linspace(0.02, 0.98, 40)
    x = np.concatenate(
        [block.west + share * (block.east - block.west), np.full(40, block.west), np.full(40, block.east)]
    )
    off = np.concatenate([np.full(40, block.half), (2 * share - 1) * block.half, (2 * share - 1) * block.half])
    axis = photo.camera.rotation[2]
    points = np.column_stack([x, np.zeros_like(x), np.full_like(x, block.top)])
    points += np.outer((off - points @ axis) / axis[1], [0.0, 1.0, 0.0])
    at_camera = points @ photo.camera.rotation.T + photo.camera.world_to_camera[:3, 3]
    columns, rows = plate.cells(*at_camera.T)
    rows = np.clip(np.rint(rows), 0, plate.mask.shape[0] - 1).astype(int)
    columns = np.clip(np.rint(columns), 0, plate.mask.shape[1] - 1).astype(int)
    return bool((plate.outline[rows, columns] < 1.5 * plate.pitch).mean() >= SEEN_INSIDE)


def floor_height(photo: Photo, plate: Plate, row: int, half: float) -> float:
    """World z of the floor seen on `row`, under something from −half to +half deep.

    An eye above the floor sees the nearest edge lowest, an eye below it the farthest.
    """
    above = plate.top + plate.pitch * row > 0
    return world_height(row, photo, plate, -half if above else half)


def world_height(row: float, photo: Photo, plate: Plate, off: float) -> float:
    """World z of what the photo shows on `row` of the plate, `off` behind the plane through the origin."""
    reach = plate.distance + off
    point = np.array([0.0, (plate.top + plate.pitch * row) * reach / plate.distance, reach])
    return float(((point - photo.camera.world_to_camera[:3, 3]) @ photo.camera.rotation)[2])
