"""Column volumes: depth as channels. A picture of H × W cells with DEPTHS distances along the ray of each.

         camera                 first        middle                       last
            ●───────────────────┼──┼──┼──┼──┼──●──┼──┼──┼──┼──┼──┼──┼──┼──┼        one column: the ray of one cell
                                 nearer         farther

A cell is as wide as `pitch` in the plane at `middle`, the mean depth of what the photo shows of the statue: so what is
seen lies still in the volume, however deep the unseen part may be. Nodes of a column are DEPTH_STEP pitches apart.
Distances are counted in REACH pitches and cut off at ±1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...camera import Camera

DEPTHS = 64  # nodes of a column
DEPTH_STEP = 1.5  # pitches between them: with 58 cells across, room for a statue 1.6 times as deep as it is wide
BEFORE = 18  # nodes before the middle; statues reach farther behind what is seen of them than before it
REACH = 6.0  # pitches at which distances are cut off: wide enough that a back in doubt still has a slope
GRANULE = 8  # cells: sides of a picture are multiples of it, for the network halves it three times
CELLS = 4096  # of a picture, about: 64 × 64 for a square one
SHAPES = ((64, 64), (80, 48), (96, 40), (112, 32), (48, 80), (40, 96))  # (H, W): what pictures are trained in
MARGIN = 3.0  # cells of background around the statue


@dataclass(frozen=True)
class Columns:
    """Where a column volume lies in the world."""

    camera: Camera  # its pixels are the cells
    middle: float  # world units along the camera's axis
    step: float = DEPTH_STEP  # pitches between the nodes of a column
    before: float = BEFORE  # nodes before the middle

    @property
    def pitch(self) -> float:
        """World units: how wide a cell is at the middle."""
        return self.middle / self.camera.fx

    @property
    def shape(self) -> tuple[int, int, int]:
        """Depths, rows and columns."""
        return DEPTHS, self.camera.height, self.camera.width

    def depths(self) -> np.ndarray:
        """[D] world units along the camera's axis, of the nodes of every column."""
        return self.middle + self.pitch * self.step * (np.arange(DEPTHS) - self.before)

    def points(self) -> np.ndarray:
        """[D, H, W, 3] float32: where the nodes lie in the world."""
        camera = self.camera
        u, v = np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5
        across = np.empty((camera.height, camera.width, 3))
        across[..., 0] = (u - camera.cx) / camera.fx
        across[..., 1] = ((v - camera.cy) / camera.fy)[:, None]
        across[..., 2] = 1.0
        rays = across @ camera.rotation
        depths = self.depths().astype(np.float32)[:, None, None, None]
        return camera.position.astype(np.float32) + depths * rays.astype(np.float32)

    def places(self, points: np.ndarray) -> np.ndarray:
        """World points [N, 3] in nodes of the volume: depth, row and column [N, 3], whole numbers at the nodes."""
        pixels, depth = self.camera.project(points)
        along = (depth - self.middle) / (self.pitch * self.step) + self.before
        return np.column_stack([along, pixels[:, 1] - 0.5, pixels[:, 0] - 0.5])

    def part(self, top: int, left: int, height: int, width: int, finer: int, middle: float) -> Columns:
        """The volume of `height` × `width` of these cells from (top, left) on, each parted `finer` times; around the
        depth `middle`, in the middle of whose nodes it lies.
        """
        camera = self.camera.cropped(left, top, width, height).resized(width * finer, height * finer)
        return Columns(camera, middle, self.step, (DEPTHS - 1) / 2)


def shape_for(width: float, height: float) -> tuple[int, int]:
    """The one of SHAPES in which a statue of these proportions shows in the largest cells."""
    return max(SHAPES, key=lambda shape: min((shape[1] - 2 * MARGIN) / width, (shape[0] - 2 * MARGIN) / height))


def around(camera: Camera, box: tuple[float, float, float, float], shape: tuple[int, int]) -> Camera:
    """The camera of a picture of H × W cells around a box in `camera`'s pixels: left, top, right, bottom."""
    left, top, right, bottom = box
    rows, columns = shape
    cell = max((right - left) / (columns - 2 * MARGIN), (bottom - top) / (rows - 2 * MARGIN))
    middle = (left + right) / 2, (top + bottom) / 2
    part = camera.cropped(middle[0] - cell * columns / 2, middle[1] - cell * rows / 2, camera.width, camera.height)
    return replace(
        part, width=columns, height=rows, fx=part.fx / cell, fy=part.fy / cell, cx=part.cx / cell, cy=part.cy / cell
    )


def clipped(distances: Tensor, pitch: float | Tensor) -> Tensor:
    """Distances in world units as the network counts them: in REACH pitches, −1 … 1."""
    return (distances / (REACH * pitch)).clamp(-1.0, 1.0)


def sampled(values: Tensor, places: Tensor) -> Tensor:
    """A grid [X, Y, Z] at places [..., 3] counted in its nodes, trilinear; beyond its border the border's values."""
    size = torch.tensor(values.shape, dtype=places.dtype, device=places.device)
    across = (2.0 * places / (size - 1.0) - 1.0).flip(-1)
    found = torch.nn.functional.grid_sample(
        values[None, None], across.reshape(1, 1, 1, -1, 3), padding_mode="border", align_corners=True
    )
    return found.reshape(places.shape[:-1])


def slabs(count: int, size: int) -> Iterator[slice]:
    """Parts of 0 … count, so that no array grows with the whole."""
    yield from (slice(start, min(start + size, count)) for start in range(0, count, size))
