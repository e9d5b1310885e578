"""What the wheel and the lathe make: bodies of revolution, hollow or not, slightly off-round, with relief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ..shapes import Shape, within_outline

Knot = tuple[float, ...]  # (radius, height) or (radius, height, 1): a corner
_TABLE = 200  # cells along the longer side of a profile's table of distances
_STEPS = 7  # points between two knots of a profile
_PATH_STEPS = 4  # and of a path


@dataclass(frozen=True)
class Thrown:
    """How a potter's hand departs from the compass; all as shares of the radius."""

    oval: float = 0.0
    oval_at: float = 0.0  # radians
    lean: float = 0.0  # sideways for each metre upwards
    wobble: float = 0.0
    lobes: int = 0  # of the mouth: three for a trefoil jug
    lobed: float = 0.0  # how deep the lobes are pinched
    lobed_from: float = 1e3  # metres: the height at which the pinching begins


def curve(knots: Sequence[Knot]) -> NDArray:
    """The outline [N, 2] through knots: smooth between two corners, straight where only corners are."""
    places = np.array([knot[:2] for knot in knots], float)
    corners = [k for k, knot in enumerate(knots) if len(knot) > 2 or k in (0, len(knots) - 1)]
    parts = [_smooth(places[a : b + 1]) for a, b in pairwise(corners)]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _smooth(places: NDArray, between: int = _STEPS) -> NDArray:
    """A Catmull-Rom curve [N, D] through places [K, D], with centripetal steps: it makes no loops."""
    if len(places) == 2:
        return places
    padded = np.concatenate([[2 * places[0] - places[1]], places, [2 * places[-1] - places[-2]]])
    steps = np.concatenate([[0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(padded, axis=0), axis=1)) + 1e-9)])
    found = [places[:1]]
    for k in range(1, len(padded) - 2):
        t0, t1, t2, t3 = steps[k - 1 : k + 3]
        t = np.linspace(t1, t2, between + 1)[1:, None]
        p0, p1, p2, p3 = padded[k - 1 : k + 3]
        a1 = ((t1 - t) * p0 + (t - t0) * p1) / (t1 - t0)
        a2 = ((t2 - t) * p1 + (t - t1) * p2) / (t2 - t1)
        a3 = ((t3 - t) * p2 + (t - t2) * p3) / (t3 - t2)
        b1 = ((t2 - t) * a1 + (t - t0) * a2) / (t2 - t0)
        b2 = ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
        found.append(((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1))
    return np.concatenate(found)


def smooth_path(places: ArrayLike) -> NDArray:
    """A smooth path [N, 3] through a few places."""
    return _smooth(np.asarray(places, float), _PATH_STEPS)


class Profile:
    """An outline as a table of distances, which answers many points at once."""

    def __init__(self, outline: NDArray):
        """outline: [N, 2] of (radius, height), beginning and ending on the axis."""
        self.outline = np.asarray(outline, np.float32)
        # Both halves of the section: the axis itself is no surface.
        section = np.concatenate([self.outline, self.outline[-2:0:-1] * np.array([-1, 1], np.float32)])
        low, high = self.outline.min(axis=0), self.outline.max(axis=0)
        self._step = float((high - low).max()) / _TABLE
        self._low = np.array([0.0, low[1] - 4 * self._step], np.float32)
        counts = np.ceil((high + 4 * self._step - self._low) / self._step).astype(int) + 1
        places = np.indices(counts).reshape(2, -1).T * self._step + self._low
        self._table = within_outline(places.astype(np.float32), section).reshape(counts)

    def distances(self, radius: NDArray, height: NDArray) -> NDArray:
        """[N] to the outline; outside the table, the way to it is added."""
        at = np.stack([(radius - self._low[0]) / self._step, (height - self._low[1]) / self._step])
        most = np.array(self._table.shape)[:, None] - 1
        held = np.clip(at, 0, most)
        found = ndimage.map_coordinates(self._table, held, order=1, prefilter=False)
        return found + self._step * np.linalg.norm(at - held, axis=0)


@dataclass(frozen=True)
class Relief:
    """Heights around a body of revolution."""

    heights: NDArray  # [R, C] metres: rows upwards from `bottom` to `top`, columns once around
    bottom: float
    top: float

    def at(self, angle: NDArray, height: NDArray) -> NDArray:
        rows, columns = self.heights.shape
        row = (height - self.bottom) / (self.top - self.bottom) * rows - 0.5
        column = (angle / (2 * np.pi)) % 1.0 * columns - 0.5
        found = ndimage.map_coordinates(self.heights, [row, column], order=1, prefilter=False, mode="grid-wrap")
        return np.where((row < -0.5) | (row > rows - 0.5), np.float32(0), found)


_RELIEF_SLOPE = 1.35  # how much faster a relief makes the distance change than the way walked


def turned_body(
    outer: NDArray, cavity: NDArray | None = None, relief: Relief | None = None, thrown: Thrown | None = None
) -> Shape:
    """A body turned about the Z axis: outline [N, 2], less a cavity [M, 2], with relief on its outside."""
    hand = thrown or Thrown()
    solid = Profile(outer)
    hollow = None if cavity is None else Profile(cavity)
    most = float(outer[:, 0].max()) * (1 + hand.oval + hand.wobble + hand.lobed) + (
        0.0 if relief is None else float(relief.heights.max())
    )
    low, high = float(outer[:, 1].min()), float(outer[:, 1].max())

    def distances(points: NDArray) -> NDArray:
        height = points[:, 2]
        x = points[:, 0] - np.float32(hand.lean) * (height - low)
        angle = np.arctan2(points[:, 1], x)
        swell = _swell(hand, angle, height, high)
        radius = np.hypot(x, points[:, 1]) / swell
        outside = solid.distances(radius, height)
        if relief is not None:
            near = outside < 0.1 * (high - low)
            rise = np.zeros_like(outside)
            rise[near] = relief.at(angle[near], height[near])
            outside = (outside - rise) / np.float32(_RELIEF_SLOPE)
        if hollow is not None:
            outside = np.maximum(outside, -hollow.distances(radius, height))
        return (outside * np.float32(1 / (1 + 2 * hand.lobed))).astype(np.float32)

    aside = most + abs(hand.lean) * (high - low)
    return Shape(np.array([-aside, -aside, low]), np.array([aside, aside, high]), distances)


def _swell(hand: Thrown, angle: NDArray, height: NDArray, top: float) -> NDArray:
    """[N] by how much the radius is larger here than the profile says."""
    swell = 1 + hand.oval * np.cos(2 * (angle - hand.oval_at))
    if hand.wobble:
        swell += hand.wobble * np.cos(3 * angle + 9 * height / top + hand.oval_at)
    if hand.lobes:
        share = np.clip((height - hand.lobed_from) / (top - hand.lobed_from), 0, 1)
        swell += hand.lobed * share * share * (3 - 2 * share) * np.cos(hand.lobes * (angle + np.pi / 2))
    return swell


def radius_at(outline: NDArray, height: float) -> float:
    """The largest radius of an outline [N, 2] at a height."""
    a, b = outline[:-1], outline[1:]
    low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
    crossed = (low <= height) & (height <= high)
    if not crossed.any():
        return 0.0
    share = (height - a[crossed, 1]) / np.where(b[crossed, 1] == a[crossed, 1], 1, b[crossed, 1] - a[crossed, 1])
    return float((a[crossed, 0] + share * (b[crossed, 0] - a[crossed, 0])).max())


def offset(place: ArrayLike, x: float, y: float, z: float) -> NDArray:
    """A place [3], moved."""
    return np.asarray(place, float) + np.array([x, y, z])
