"""What an imagined statue stands on.

A ray that just meets the front edge of a base says nothing of where the base ends behind it: imagined bases came out as
tilted soles, which made the box around a statue too tall. But the ground is level, and a plinth is a block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..photo.photo import Photo, bounding_box
from ..priors.shape.columns import Columns
from .picture import looked_up
from .plate import Plate, lay_flat, read_stand
from .plinth import Block

LEVEL = 0.35  # sine of the steepest look, 20°, that hides next to nothing lower than the lowest that it shows
LOWEST = 3  # rows of the volume in which the front of a base is looked for
OUTLYING = 0.03  # of what the prior put into a plinth's height lies before, and behind, the plinth
ENOUGH = 20  # nodes in a plinth's height that tell where it ends


@dataclass(frozen=True)
class Ground:
    """Where the statue ends below; world units."""

    floor: float  # z of the level ground
    lowest: NDArray[np.float32]  # [H, W] z of the floor on the ray of each cell; where the photo shows more, of that
    columns: Columns
    block: Block | None  # the plinth

    def above(self, points: NDArray) -> NDArray[np.float32]:
        """How far world points [N, 3] are above the ground, negative below; [N]."""
        places = self.columns.places(points)
        return (points[:, 2] - looked_up(self.lowest, places[:, 2], places[:, 1])).astype(np.float32)


def ground_under(volume: NDArray, columns: Columns, photo: Photo, pitch: float) -> Ground | None:
    """The ground that a volume [D, H, W] stands on, read off the photo `pitch` world units a pixel.

    None where the photo looks down so steeply that what it shows of a round bottom is not its lowest, or looks up.
    """
    edge = _lowest_edge(volume, columns, photo)
    if edge is None:
        return None
    place, fall = edge
    plate = lay_flat(photo, pitch)
    stand = read_stand(plate.mask)
    if fall < 0.0 or (stand.floor is None and fall > LEVEL):
        return None
    floor = float(place[2])
    block = _block(plate, stand.plinth, volume, columns, (float(place[1]), floor)) if stand.plinth else None
    return Ground(floor, _lowest(volume, columns, floor), columns, block)


def _lowest(volume: NDArray, columns: Columns, floor: float) -> NDArray[np.float32]:
    """As Ground says."""
    first = np.argmax(volume < 0, axis=0)
    seen = np.take_along_axis(columns.points()[..., 2], first[None], axis=0)[0]
    return np.where(volume.min(axis=0) < 0, np.minimum(seen, floor), floor).astype(np.float32)


def _lowest_edge(volume: NDArray, columns: Columns, photo: Photo) -> tuple[NDArray, float] | None:
    """The world point [3] that the lowest ray through the mask meets first, and the sine of how that ray falls."""
    inside = volume < 0
    met = np.min(volume, axis=0) < 0
    rows = np.flatnonzero(met.any(axis=1))
    if not len(rows):
        return None
    below = slice(max(rows[-1] + 1 - LOWEST, 0), rows[-1] + 1)
    first = np.argmax(inside[:, below], axis=0)[met[below]]
    depth = float(np.median(columns.depths()[first])) - columns.pitch * columns.step / 2
    left, _, right, bottom = bounding_box(photo.alpha, 0.0)
    camera = photo.camera
    ray = np.array([((left + right) / 2 - camera.cx) / camera.fx, (bottom - camera.cy) / camera.fy, 1.0])
    along = ray @ camera.rotation
    return camera.position + depth * along, float(-along[2] / np.linalg.norm(along))


def _block(
    plate: Plate, plinth: tuple[int, int, int], volume: NDArray, columns: Columns, edge: tuple[float, float]
) -> Block | None:
    """The block of a plinth (row, left, right on the plate) whose front edge has this y and z, as deep as imagined."""
    row, left, right = plinth
    front, floor = edge
    west, east = (plate.place(row, column, front) for column in (left, right))
    points = columns.points()[volume < 0]
    deep = points[(points[:, 2] > floor) & (points[:, 2] < west[2]), 1]
    if len(deep) < ENOUGH:
        return None
    near, far = (float(at) for at in np.quantile(deep, (OUTLYING, 1.0 - OUTLYING)))
    return Block(float(west[0]), float(east[0]), float(west[2]), (far - near) / 2, (near + far) / 2)
