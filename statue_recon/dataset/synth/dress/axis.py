"""The line that cloth goes round: planes along the body, from above the shoulders to the feet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..human.figure import Figure

SPACING = 0.015  # metres between planes
_DOME = 9  # planes that turn upwards, over the shoulders, to the neck
_STEEPEST = 75.0  # degrees at which the last of them looks up
_DOME_RADIUS = 0.14  # metres: what a plane's turn counts as a way
_UNDER_SHOULDERS = 0.085  # metres below the arms' joints where the dome has its middle
_SHARE = 0.45  # of a straight between two corners that an arc may take up
_MOST_ASIDE = 0.6  # metres aside for each metre down that a level line may go
_FRONT = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True)
class Axis:
    """Planes [K] along a line. Angle 0 lies in front, a quarter turn on is the figure's left.

    A plane with a rise is a cone: its rays look up by so many radians.
    """

    down: NDArray  # [K] metres along the line, from 0 at the middle of the shoulders' dome; negative above
    origins: NDArray  # [K, 3]
    fronts: NDArray  # [K, 3]
    ways: NDArray  # [K, 3] along the line, downwards
    rises: NDArray  # [K] radians
    bends: NDArray  # [K, 3] towards the centre of the line's bend, 1 / its radius long

    def points(self, down: NDArray, angle: NDArray, radius: NDArray) -> NDArray[np.float64]:
        """[..., 3] where a ray at so many metres down and radians round is so many metres from the line."""
        origin = self._at(self.origins, down)
        return origin + radius[..., None] * self.rays(down, angle)

    def rays(self, down: NDArray, angle: NDArray) -> NDArray[np.float64]:
        """[..., 3] directions away from the line, of length 1."""
        front, way = _unit(self._at(self.fronts, down)), _unit(self._at(self.ways, down))
        left = np.cross(front, way)
        rise = np.interp(down, self.down, self.rises)[..., None]
        level = np.cos(angle)[..., None] * front + np.sin(angle)[..., None] * left
        return np.cos(rise) * level - np.sin(rise) * way

    def most(self, angles: NDArray) -> NDArray[np.float64]:
        """[K, A] radii at which neighbouring planes would meet, where the line bends; infinite elsewhere."""
        grid = np.broadcast_arrays(self.down[:, None], angles[None])
        inwards = np.einsum("kai,ki->ka", self.rays(*grid), self.bends)
        return np.where(inwards > 1e-6, 1 / np.maximum(inwards, 1e-6), np.inf)

    def places(self, points: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Metres down, radians round and metres away from the line, of points [N, 3]: what `points` makes undone."""
        points = np.asarray(points, np.float64)
        down = self._downs(points)
        origin, way = self._at(self.origins, down), _unit(self._at(self.ways, down))
        front = _unit(self._at(self.fronts, down))
        aside = points - origin
        ahead, left = np.einsum("ni,ni->n", aside, front), np.einsum("ni,ni->n", aside, np.cross(front, way))
        away = np.hypot(ahead, left)
        first = self.first_level
        over = np.maximum(-(points - self.origins[first]) @ self.ways[first], 0)
        if first:  # over the shoulders the planes are cones
            rise = np.arctan2(over, np.maximum(away, 1e-6))
            down = np.where(over > 0, np.interp(rise, self.rises[first::-1], self.down[first::-1]), down)
            # Between the steepest cone and the line itself: over the neck's root.
            down = np.where(rise > self.rises[0], self.down[0] - (rise - self.rises[0]) * _DOME_RADIUS, down)
        return down, np.arctan2(left, ahead), np.hypot(away, over)

    @property
    def first_level(self) -> int:
        """The first plane that is no cone."""
        return int(np.count_nonzero(self.rises))

    def _downs(self, points: NDArray) -> NDArray[np.float64]:
        """Metres down of the plane each point lies in: the line's nearest place, or the level where all are level."""
        first = self.first_level
        line, ways, downs = self.origins[first:], self.ways[first:], self.down[first:]
        if not self.bends.any():
            way = ways[0]
            along = line @ way
            over = points @ way
            return np.clip(np.interp(over, along, downs), 0, None) + np.maximum(over - along[-1], 0)
        near = points.astype(np.float32) @ line.T.astype(np.float32) - 0.5 * (line**2).sum(axis=1).astype(np.float32)
        row = near.argmax(axis=1)
        step = np.einsum("ni,ni->n", points - line[row], ways[row])
        bend = 1 - np.einsum("ni,ni->n", points - line[row], self.bends[first:][row])
        inner = (row > 0) & (row < len(line) - 1)
        step = np.where(inner, np.clip(step / np.maximum(bend, 0.1), -SPACING, SPACING), step)
        return np.where(row == 0, np.maximum(downs[row] + step, 0), downs[row] + step)

    def _at(self, values: NDArray, down: NDArray) -> NDArray:
        return np.stack([np.interp(down, self.down, values[:, axis]) for axis in range(3)], axis=-1)


def upright(figure: Figure) -> Axis:
    """Level planes through somebody who stands, from the neck to the soles."""
    knots = _stations(figure)
    top, bottom = knots[0][2], 0.0
    down = np.arange(0.0, top - bottom, SPACING)
    heights = top - down
    levels = _plumb(knots)[::-1]
    origins = np.stack([*(np.interp(heights, levels[:, 2], levels[:, k]) for k in (0, 1)), heights], axis=1)
    # A line with corners would show them in the cloth.
    for k in (0, 1):
        origins[:, k] = _smoothed(origins[:, k], 8)
    count = len(down)
    fronts = np.tile(_heading(figure), (count, 1))
    return _with_dome(down, origins, fronts, np.tile([0.0, 0.0, -1.0], (count, 1)), np.zeros((count, 3)))


def bent(figure: Figure, radius: float = 0.17) -> Axis:
    """Planes across the trunk, then the thighs, then the shins of somebody who sits; they turn about lap and knees."""
    knots = _stations(figure)
    origins, ways, bends = _filleted([knots[0], knots[2], knots[3], knots[4]], radius)
    joints = figure.joints
    across = _unit(joints["LeftArm"] - joints["RightArm"]) + _unit(joints["LeftUpLeg"] - joints["RightUpLeg"])
    fronts = [_unit(np.cross(ways[0], across))]
    for way in ways[1:]:
        front = fronts[-1] - way * (way @ fronts[-1])
        fronts.append(_unit(front))
    down = np.arange(len(origins)) * SPACING
    return _with_dome(down, origins, np.array(fronts), ways, bends)


def over_head(figure: Figure, length: float) -> Axis:
    """Level planes from the middle of the head to `length` metres under the chin; a dome over the crown."""
    joints = figure.joints
    head, crown = joints["Head"], joints["Head.tail"]
    middle = 0.45 * head + 0.55 * crown
    bottom = float(head[2]) - length
    chest = joints["Spine2"] * [1, 1, 0] + [0, 0, bottom]
    down = np.arange(0.0, float(middle[2]) - bottom, SPACING)
    knots = _plumb([middle, joints["Neck"], chest])[::-1]
    heights = middle[2] - down
    origins = np.stack([*(_smoothed(np.interp(heights, knots[:, 2], knots[:, k]), 5) for k in (0, 1)), heights], axis=1)
    face = figure.bones["Head"][:3, :3] @ _FRONT
    front = _unit(face * [1, 1, 0])
    count = len(down)
    fronts = np.tile(front, (count, 1))
    return _with_dome(down, origins, fronts, np.tile([0.0, 0.0, -1.0], (count, 1)), np.zeros((count, 3)))


def hanging(top: NDArray, front: NDArray, length: float, lean: NDArray | None = None) -> Axis:
    """The line of cloth that hangs from a place [3], `length` metres down; lean [3]: where its end is carried to."""
    down = np.arange(0.0, length + SPACING, SPACING)
    shift = np.zeros(3) if lean is None else np.asarray(lean, float)
    share = (down / length)[:, None]
    origins = np.asarray(top, float) - down[:, None] * np.array([0.0, 0.0, 1.0]) + share * shift
    count = len(down)
    zero = np.zeros((count, 3))
    ways = np.tile([0.0, 0.0, -1.0], (count, 1))
    return Axis(down, origins, np.tile(_unit(np.asarray(front, float)), (count, 1)), ways, np.zeros(count), zero)


def _stations(figure: Figure) -> list[NDArray]:
    """Under the shoulders, the waist, the hips, between the knees, between the ankles, between the soles."""
    joints = figure.joints
    shoulders = (joints["LeftArm"] + joints["RightArm"]) / 2
    hips = (joints["LeftUpLeg"] + joints["RightUpLeg"]) / 2
    chest = (shoulders + joints["Neck"]) / 2
    down = _unit(hips - shoulders)
    knees, ankles = ((joints[f"Left{b}"] + joints[f"Right{b}"]) / 2 for b in ("Leg", "Foot"))
    top = chest * np.array([1, 1, 0]) + shoulders * np.array([0, 0, 1]) + _UNDER_SHOULDERS * down
    sole = ankles * np.array([1.0, 1.0, 0.0])
    return [top, joints["Spine"], hips, knees, ankles, sole]


def _plumb(knots: Sequence[NDArray]) -> NDArray[np.float64]:
    """Stations [S, 3] that go down, and aside by less: shins on the ground do not lead the line away."""
    line = [np.asarray(knots[0], float)]
    for knot in knots[1:]:
        fall = line[-1][2] - knot[2]
        if fall > 1e-3:
            aside = (knot - line[-1])[:2]
            most = _MOST_ASIDE * fall
            aside = aside * min(1.0, most / max(float(np.linalg.norm(aside)), 1e-9))
            line.append(np.array([*(line[-1][:2] + aside), knot[2]]))
    return np.array(line)


def _heading(figure: Figure) -> NDArray[np.float64]:
    """Level, to where the body's trunk faces, halfway between chest and hips."""
    joints = figure.joints
    across = _unit(joints["LeftArm"] - joints["RightArm"]) + _unit(joints["LeftUpLeg"] - joints["RightUpLeg"])
    front = np.cross([0.0, 0.0, -1.0], across)
    front[2] = 0
    return _unit(front) if np.linalg.norm(front) > 1e-3 else _FRONT


def _with_dome(down: NDArray, origins: NDArray, fronts: NDArray, ways: NDArray, bends: NDArray) -> Axis:
    """The planes with those over the shoulders before them."""
    rises = np.radians(np.linspace(_STEEPEST, 0, _DOME, endpoint=False))

    def before(rows: NDArray) -> NDArray:
        return np.concatenate([np.repeat(rows[:1], _DOME, axis=0), rows])

    return Axis(
        np.concatenate([-rises * _DOME_RADIUS, down]),
        before(origins),
        before(fronts),
        before(ways),
        np.concatenate([rises, np.zeros(len(down))]),
        before(bends),
    )


def _filleted(corners: Sequence[NDArray], radius: float) -> tuple[NDArray, NDArray, NDArray]:
    """A line through corners, rounded by arcs: points [K, 3], ways [K, 3], bends [K, 3], SPACING apart."""
    points, bends = [], []
    start = np.asarray(corners[0], float)
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        come, go = _unit(corner - before), _unit(after - corner)
        turn = float(np.arccos(np.clip(come @ go, -1, 1)))
        # Where the turn is sharp, as in one who stoops on a seat, a wide arc would not fit between the corners.
        shortest = min(float(np.linalg.norm(corner - before)), float(np.linalg.norm(after - corner)))
        wide = min(radius, _SHARE * shortest / max(float(np.tan(turn / 2)), 1e-6))
        cut = wide * np.tan(turn / 2)
        towards = _unit(go - come * (go @ come)) if turn > 1e-3 else np.zeros(3)
        begin = corner - cut * come
        points.append(_straight(start, begin))
        bends.append(np.zeros((len(points[-1]), 3)))
        steps = np.arange(0.0, turn, SPACING / wide)[:, None]
        points.append(begin + wide * (np.sin(steps) * come + (1 - np.cos(steps)) * towards))
        centre = np.sin(steps) * -come + np.cos(steps) * towards
        bends.append(centre / wide)
        start = corner + cut * go
    points.append(_straight(start, np.asarray(corners[-1], float)))
    bends.append(np.zeros((len(points[-1]), 3)))
    line = np.concatenate(points)
    return line, _unit(np.gradient(line, axis=0)), np.concatenate(bends)


def _straight(start: NDArray, end: NDArray) -> NDArray:
    length = float(np.linalg.norm(end - start))
    return start + np.arange(0.0, length, SPACING)[:, None] * _unit(end - start)


def _smoothed(values: NDArray, reach: int) -> NDArray:
    kernel = np.hanning(2 * reach + 1)
    return np.convolve(np.pad(values, reach, mode="edge"), kernel / kernel.sum(), mode="valid")


def _unit(vectors: NDArray) -> NDArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
