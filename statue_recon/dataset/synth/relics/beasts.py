"""Four-legged animals: a skeleton with flesh on it, measured at rest, and put into a posture.

An animal is drawn from its side: places are (x to its left, forwards, upwards) in metres. In the end it faces −Y.
Angles are degrees, positive lifts the nose. The legs find the way to their feet by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .flesh import Clay

Place = tuple[float, float, float]
Row = tuple  # (bone, start, end, radius, last[, stretch across[, blend]]); cut away where the bone begins with "-"
SIDES = ("left", "right")
LEGS = ("fore", "hind")
_LEG_BONES = 4  # upper, lower, cannon, foot


@dataclass(frozen=True)
class Beast:
    """A kind of animal as it stands at rest. Bones of legs are "fore1" … "hind4"."""

    joints: Mapping[str, tuple[str, Place]]  # bone → its parent and where it turns; parents before children
    flesh: tuple[Row, ...]  # what lies off the middle is there twice
    blend: float  # metres over which its lumps run into each other
    knees: Mapping[str, float] = field(default_factory=lambda: {"fore": -1.0, "hind": 1.0})  # +1 bends forwards


@dataclass(frozen=True)
class Foot:
    """Where a foot goes: metres forwards and up from rest, to the side, and how the cannon and the toes are turned."""

    forward: float = 0.0
    up: float = 0.0
    aside: float = 0.0
    cannon: float = 0.0
    toes: float | None = None  # None: as the cannon, but flat while it stands


@dataclass(frozen=True)
class Posture:
    name: str
    turns: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # bone → (up, to its left)
    lowered: float = 0.0  # metres the body comes down
    feet: Mapping[str, Foot] = field(default_factory=dict)  # "fore left", …


class Posed:
    """An animal in its posture: where everything measured at rest has gone."""

    def __init__(self, beast: Beast, posture: Posture):
        self.beast, self.posture = beast, posture
        self.bones: dict[tuple[str, str], NDArray] = {}
        for bone, (parent, pivot) in beast.joints.items():
            if bone[:-1] in LEGS:
                continue
            above = self.bones.get((parent, "left"), np.eye(4))
            if not parent:
                above = moved(0, 0, -posture.lowered)
            up, aside = posture.turns.get(bone, (0.0, 0.0))
            self.bones[bone, "left"] = self.bones[bone, "right"] = above @ about(pivot, turned(up, aside))
        for leg in LEGS:
            if f"{leg}1" in beast.joints:
                for side in SIDES:
                    self._place_leg(leg, side)
        self.floor = self._floor()

    def at(self, bone: str, place: ArrayLike, side: str = "left") -> NDArray:
        """Places [3] or [N, 3] measured at rest, in the world: Y backwards, the lowest of the feet at z = 0."""
        matrix = self.bones[bone, side]
        there = np.asarray(place, float) @ matrix[:3, :3].T + matrix[:3, 3]
        return there * (1, -1, 1) - (0, 0, self.floor)

    def way(self, bone: str, direction: ArrayLike, side: str = "left") -> NDArray:
        """A direction [3] or [N, 3] at rest, in the world."""
        return (np.asarray(direction, float) @ self.bones[bone, side][:3, :3].T) * (1, -1, 1)

    def clay(self, rows: Sequence[Row] | None = None) -> Clay:
        """The flesh, posed; or only some rows of flesh."""
        clay = Clay(self.beast.blend)
        before = ""
        # Feet first: what flattens their soles must not cut a belly they are drawn up to.
        for row in sorted(self.beast.flesh if rows is None else rows, key=lambda row: not row[0].endswith("4")):
            bone = row[0].removeprefix("-")
            if bone != before:
                clay.part()
                before = bone
            paired = abs(row[1][0]) + abs(row[2][0]) > 0
            for side in SIDES if paired else SIDES[:1]:
                self._set(clay, row, bone, side)
        return clay

    def _set(self, clay: Clay, row: Row, bone: str, side: str) -> None:
        mirror = np.array([1.0 if side == "left" else -1.0, 1, 1])
        a, b = (self.at(bone, np.array(row[k]) * mirror, side) for k in (1, 2))
        stretch = row[5] if len(row) > 5 else 1.0
        blend = row[6] if len(row) > 6 else None
        across = self.way(bone, (1.0, 0, 0), side)
        if row[0].startswith("-"):
            clay.cut(a, b, row[3], row[4], stretch, across, blend if blend is not None else 0.3 * self.beast.blend)
        else:
            clay.add(a, b, row[3], row[4], stretch, across, blend)

    def _place_leg(self, leg: str, side: str) -> None:
        """Two bones find the way from the shoulder or hip to the cannon, which stands as the posture says."""
        foot = self.posture.feet.get(f"{leg} {side}", Foot())
        mirror = np.array([1.0 if side == "left" else -1.0, 1, 1])
        pivots = [np.array(self.beast.joints[f"{leg}{k + 1}"][1]) * mirror for k in range(_LEG_BONES)]
        parent = self.bones[self.beast.joints[f"{leg}1"][0], "left"]
        root = (parent @ [*pivots[0], 1.0])[:3]
        goal = pivots[3] + (0, foot.forward, foot.up)
        ankle = goal + turned(foot.cannon, 0)[:3, :3] @ (pivots[2] - pivots[3])
        upper, lower = (np.linalg.norm((pivots[k + 1] - pivots[k])[1:]) for k in (0, 1))
        way = (ankle - root)[1:]
        length = float(np.clip(np.linalg.norm(way), abs(upper - lower) + 1e-3, (upper + lower) * 0.998))
        inner = np.arccos(np.clip((upper**2 + length**2 - lower**2) / (2 * upper * length), -1, 1))
        direction = np.arctan2(way[1], way[0]) + self.beast.knees[leg] * inner
        knee = root[1:] + upper * np.array([np.cos(direction), np.sin(direction)])
        reached = root[1:] + way / np.linalg.norm(way) * length
        rest = [_heading(pivots[k + 1] - pivots[k]) for k in (0, 1)]
        angles = [np.degrees(direction - rest[0]), np.degrees(_heading(np.array([0, *(reached - knee)])) - rest[1])]
        toes = foot.toes if foot.toes is not None else (0.0 if foot.up < 0.02 else foot.cannon)
        places = [root[1:], knee, reached]
        places.append(reached + (turned(foot.cannon, 0)[:3, :3] @ (pivots[3] - pivots[2]))[1:])
        drift = np.linspace(0, foot.aside, _LEG_BONES) * mirror[0]
        sideways = root[0] - pivots[0][0]
        for k, angle in enumerate((*angles, foot.cannon, toes)):
            to = np.array([pivots[k][0] + sideways + drift[k], *places[k]])
            self.bones[f"{leg}{k + 1}", side] = moved(*to) @ turned(angle, 0) @ moved(*-pivots[k])

    def _floor(self) -> float:
        """The height of the lowest place of the flesh."""
        lowest = []
        for row in self.beast.flesh:
            bone = row[0]
            if bone.startswith("-"):
                continue
            for side in SIDES:
                matrix = self.bones[bone, side]
                mirror = np.array([1.0 if side == "left" else -1.0, 1, 1])
                ends = [(row[1], row[3]), (row[2], row[4])]
                if bone.endswith("4"):  # a foot's sole is flat, at the height 0 at rest
                    ends = [((*row[2][:2], 0.0), 0.0)]
                for place, radius in ends:
                    lowest.append((matrix[:3, :3] @ (np.array(place) * mirror) + matrix[:3, 3])[2] - radius)
        return float(min(lowest))


def _heading(way: NDArray) -> float:
    return float(np.arctan2(way[2], way[1]))


def turned(up: float, aside: float) -> NDArray:
    """[4, 4] a turn in (x, forwards, upwards): the nose up, then to its left; degrees."""
    u, a = np.radians(up), np.radians(aside)
    pitch = np.array([[1, 0, 0], [0, np.cos(u), -np.sin(u)], [0, np.sin(u), np.cos(u)]])
    yaw = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    found = np.eye(4)
    found[:3, :3] = yaw @ pitch
    return found


def moved(x: float, y: float, z: float) -> NDArray:
    found = np.eye(4)
    found[:3, 3] = (x, y, z)
    return found


def about(pivot: ArrayLike, turn: NDArray) -> NDArray:
    place = np.asarray(pivot, float)
    return moved(*place) @ turn @ moved(*-place)


def legs_of(
    beast: Beast, scale: Place, radius: float, fore: float = 0.0, hind: float = 0.0
) -> tuple[dict[str, tuple[str, Place]], tuple[Row, ...]]:
    """Another animal's legs: its joints and flesh scaled (x, forwards, upwards), radii times `radius`.

    fore, hind: metres forwards by which they are moved afterwards.
    """
    shift = {"fore": fore, "hind": hind}

    def there(place: Place, leg: str) -> Place:
        return (place[0] * scale[0], place[1] * scale[1] + shift[leg], place[2] * scale[2])

    joints = {
        bone: (parent, there(place, bone[:4])) for bone, (parent, place) in beast.joints.items() if bone[:-1] in LEGS
    }
    rows = []
    for row in beast.flesh:
        bone = row[0].removeprefix("-")
        if bone[:-1] not in LEGS:
            continue
        a, b = there(row[1], bone[:4]), there(row[2], bone[:4])
        last, end = row[3] * radius, row[4] * radius
        if row[0].startswith("-"):  # the plane of the sole stays at the height 0
            a, b = (a[0], a[1], -last), (b[0], b[1], -end)
        more = row[5:6] + tuple(blend * radius for blend in row[6:7])
        rows.append((row[0], a, b, last, end, *more))
    return joints, tuple(rows)
