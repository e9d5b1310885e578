"""Cloth as a picture: how far it lies from the body's line, at every angle and height; and the solid that makes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ..shapes import Shape, merged
from .axis import Axis
from .folds import smooth
from .wrap import ANGLES, Wrap

COLUMNS = 256
ROW = 0.006  # metres between rows: as fine as the block's grid
_UNDER = 0.02  # metres under the skin where no cloth lies
_EDGE = 0.006  # metres over which an edge falls off
_EDGE_SLOPE = 1.4  # by how much a slanting edge is nearer than it is straight down
_ROUNDED = 0.010  # metres over which edges are rounded off; sharper ones fray in the block's grid
_FURTHEST = 0.05  # metres from an edge that count
_STEEPEST = 3.0  # slope of the cloth that the distances take into account
_NEAR = 0.04  # metres from the cloth within which its own slope counts; further off, another place may be nearer
_AROUND = 7  # texels within which a slope counts: what is that near may be the nearest


@dataclass
class Canvas:
    """A grid [N, M] about a line, rows downwards, columns to the figure's left all the way round."""

    wrap: Wrap
    first: float = -0.17  # metres down the line where the picture begins …
    last: float = 0.0  # … and ends
    angle: NDArray = field(init=False)  # [N, M] radians
    down: NDArray = field(init=False)  # [N, M] metres
    skin: NDArray = field(init=False)  # [N, M] metres from the line
    radius: NDArray = field(init=False)  # [N, M] of the cloth, under the skin where there is none
    inside: NDArray = field(init=False)  # [N, M] metres to the nearest edge of the cloth; negative where there is none

    def __post_init__(self) -> None:
        angles = np.linspace(-np.pi, np.pi, COLUMNS, endpoint=False)
        downs = np.arange(self.first, self.last + ROW, ROW)
        self.down, self.angle = (grid.copy() for grid in np.broadcast_arrays(downs[:, None], angles[None]))
        self.skin = self.wrap.at(self.wrap.skin, self.down, self.angle)
        self.radius = self.skin - _UNDER
        self.inside = np.full(self.down.shape, -1.0)

    @property
    def angles(self) -> NDArray[np.float64]:
        return self.angle[0]

    @property
    def surface(self) -> NDArray[np.float64]:
        """[N, M] what the next cloth lies on: the skin, or the cloth so far."""
        return np.maximum(self.skin, self.radius)

    @property
    def covered(self) -> bool:
        """Whether any cloth was put on."""
        return bool((self.inside > 0).any())

    def of(self, field: NDArray) -> NDArray[np.float64]:
        """A field [K, A] of the wrap on this grid."""
        return self.wrap.at(field, self.down, self.angle)

    def girth(self, down: float) -> float:
        """Metres round the cloth so far at so many metres down."""
        return float(2 * np.pi * self.surface[self.row(down)].mean())

    def row(self, down: float) -> int:
        """The row that lies so many metres down."""
        return int(np.clip((down - self.first) / ROW, 0, len(self.down) - 1))

    def lay(self, radius: NDArray, top: ArrayLike, bottom: ArrayLike, sides: NDArray | float = np.inf) -> None:
        """Puts cloth of `radius` [N, M] on, from an upper edge to a hem, both [M] or a number of metres down.

        sides: [N, M] metres to its nearest edge on the left or right, where it has any; negative beyond.
        """
        inside = np.minimum(np.minimum(self.down - np.asarray(top), np.asarray(bottom) - self.down), sides)
        there = np.where(self.inside > 0, smooth(0.5 + inside / _EDGE), inside > 0)  # no slope where there was no cloth
        self.radius = self.radius + there * (radius - self.radius)
        self.inside = np.maximum(self.inside, inside)

    def shape(self) -> Shape:
        """The solid between the line and the cloth."""
        return _solid(self)


def _solid(canvas: Canvas) -> Shape:
    axis, radius = canvas.wrap.axis, _widened(canvas)
    reach = np.maximum(radius, 0.01)
    down_slope, across = np.gradient(reach, ROW, 2 * np.pi / COLUMNS)
    slope = np.sqrt(1 + np.minimum(np.hypot(down_slope, across / reach), _STEEPEST) ** 2)
    slope = ndimage.maximum_filter(slope, _AROUND, mode=("nearest", "wrap"))
    inside = np.clip(canvas.inside, -_FURTHEST, _FURTHEST) / _EDGE_SLOPE
    fields = [np.concatenate([layer, layer[:, :1]], axis=1).astype(np.float32) for layer in (radius, slope, inside)]
    last = canvas.down[-1, 0]

    def distances(points: NDArray) -> NDArray:
        down, angle, away = axis.places(points)
        places = np.stack([(down - canvas.first) / ROW, (angle + np.pi) * (COLUMNS / (2 * np.pi))])
        here, steep, within = (ndimage.map_coordinates(f, places, order=1, mode="nearest") for f in fields)
        over = away - here
        near = np.clip(over, -_NEAR, _NEAR)
        found = -merged(-near / steep - (over - near) / _STEEPEST, within, _ROUNDED)
        return np.maximum(np.maximum(found, canvas.first - down), down - last).astype(np.float32)

    cloth = canvas.inside > 0
    corners = axis.points(canvas.down[cloth], canvas.angle[cloth], canvas.radius[cloth])
    line = axis.points(canvas.down[cloth], canvas.angle[cloth], np.zeros(int(cloth.sum())))
    places = np.concatenate([corners, line])
    return Shape(places.min(axis=0) - ROW, places.max(axis=0) + ROW, distances, _STEEP)


_STEEP = 2.0  # how fast the distances change at the worst, but for a few places


def _widened(canvas: Canvas) -> NDArray[np.float64]:
    """[N, M] the cloth's radius, and beyond its edges that of the nearest cloth: edges are cut, not slopes."""
    pad = COLUMNS // 4
    cloth = np.pad(canvas.inside > 0, ((0, 0), (pad, pad)), mode="wrap")
    nearest = ndimage.distance_transform_edt(~cloth, return_distances=False, return_indices=True)
    radius = np.pad(canvas.radius, ((0, 0), (pad, pad)), mode="wrap")
    return radius[tuple(nearest)][:, pad:-pad]


def bare(axis: Axis) -> Wrap:
    """A line with nothing round it."""
    return Wrap(axis, np.linspace(-np.pi, np.pi, ANGLES, endpoint=False), np.zeros((len(axis.down), ANGLES)))
