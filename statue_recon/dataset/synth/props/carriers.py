"""Supports fitted to a body: what is sat on, leant on, grown together with a leg, hung on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from ..relics.swept import together
from .forms import block, loft, placed, points_on, rod, standing_along, straight
from .room import body, extent, of_arm, size
from .seats import SEATS, Place, rock
from .uprights import UPRIGHTS, trunk

_SINK = 0.014  # metres by which props and bodies run into each other
_PUSH = 0.008  # metres at a time by which a thing is pushed against the leg
_TOUCHING = 0.009  # metres from a corner of the skin at which it touches it


@dataclass(frozen=True)
class Support:
    kind: str  # a key of UPRIGHTS or SEATS, "strut", "stone", "cross"
    role: str  # "seat", "under the hips", "under a hand", "beside a leg", "strut", "under a foot", "behind"
    side: str = "Left"  # the leg or hand
    way: float = 0.0  # degrees from straight outwards (0) to straight behind (90), as seen from the leg
    height: float = 0.0  # metres
    half: float = 0.0  # metres: half its width
    seed: int = 0


def rest(side: str, figure: Figure) -> tuple[NDArray, float]:
    """Where an arm rests: the middle [2], and the height of its underside."""
    leaning = figure.pose.gestures[side == "Right"] == "leaning"
    arm = body(figure, ~(figure.along(f"{side}ForeArm") if leaning else figure.below(f"{side}ForeArm")))
    middle = arm[:, :2].mean(axis=0)
    above = arm[np.linalg.norm(arm[:, :2] - middle, axis=1) < _REST * size(figure)]
    return middle, float(above[:, 2].min()) + _SINK


_REST = 0.04  # metres about the middle of a hand or forearm that shall touch what carries it


def _leg_side(support: Support, figure: Figure) -> Mesh:
    """Against the leg: a trunk follows it, anything else touches it where it reaches out most."""
    rng = np.random.default_rng(support.seed)
    angle = np.radians(support.way)
    out = np.array([(1 if support.side == "Left" else -1) * np.cos(angle), np.sin(angle), 0.0])
    heights = np.linspace(0, support.height, 7)
    middles = np.stack([_in_leg(figure, support.side, z) for z in heights])
    skin = body(figure, of_arm(figure, "Left") | of_arm(figure, "Right"))
    reaches = []
    for middle, z in zip(middles, heights, strict=True):
        found = extent(skin, middle, out, (max(z - 0.06, 0.03), z + 0.07), 0.7 * support.half)
        reaches.append(0.05 if found is None else found)
    reach = np.array(reaches)
    if support.kind == "tree stump":
        path = middles + out * (reach + 0.88 * support.half - _SINK)[:, None]
        path[0] = path[1] * (1, 1, 0) + 0.25 * out * support.half  # roots stand a little off
        line = np.stack([np.polyval(np.polyfit(heights, path[:, axis], 2), heights) for axis in range(3)], axis=1)
        return trunk(line, 2 * support.half, rng, -out[:2])
    mesh = UPRIGHTS[support.kind](support.height, support.half, rng)
    far = middles[0] * (1, 1, 0) + out * (reach.max() + 2.5 * support.half + 0.1)
    return placed(mesh, standing_along(_moved_up_to(far, -out, points_on(mesh, 0.02), skin), (0, 0, 1)))


def _moved_up_to(start: NDArray, way: NDArray, points: NDArray, skin: NDArray) -> NDArray:
    """[3] where a thing with these points [N, 3] stands once it is pushed from `start` against the skin [M, 3]."""
    tree = cKDTree(skin)
    for moved in np.arange(0, 1.0, _PUSH):
        at = start + moved * way
        nearest, _ = tree.query(points + at, distance_upper_bound=_TOUCHING)
        if np.isfinite(nearest).any():
            return at + way * _SINK
    return start


def _in_leg(figure: Figure, side: str, height: float) -> NDArray:
    """[3] the middle of a leg at a height."""
    bones = [figure.joints[f"{side}{bone}"] for bone in ("ToeBase", "Foot", "Leg", "UpLeg")]
    path = np.stack([bones[1] * (1, 1, 0), *bones[1:]])
    order = np.argsort(path[:, 2])
    return np.array([*(np.interp(height, path[order, 2], path[order, axis]) for axis in (0, 1)), height])


def _hand_rest(support: Support, figure: Figure) -> Mesh:
    middle, _ = rest(support.side, figure)
    mesh = UPRIGHTS[support.kind](support.height, support.half, np.random.default_rng(support.seed))
    return placed(mesh, standing_along(np.array([*middle, 0]), (0, 0, 1)))


def _seat(support: Support, figure: Figure) -> Mesh:
    assert figure.seat is not None
    x, y, z = figure.seat
    s = size(figure)
    knees = (figure.joints["LeftLeg"] + figure.joints["RightLeg"]) / 2
    trunk_ = body(figure, of_arm(figure, "Left") | of_arm(figure, "Right"))
    hips = trunk_[np.abs(trunk_[:, 2] - z - 0.08 * s) < 0.07 * s]
    front = max(y + 0.55 * (float(knees[1]) - y), y - 0.26 * s)
    wide = (float(hips[:, 0].max() - hips[:, 0].min()) / 2) if support.kind != "throne" else 0.25 * s
    half = float(np.clip(wide, 0.17 * s, 0.27 * s))
    back = float(trunk_[np.abs(trunk_[:, 2] - z - 0.1 * s) < 0.08 * s, 1].max())
    place = Place(x, front, back + 0.02 * s, z + _SINK, half, float(figure.joints["Neck"][2]), s)
    return SEATS[support.kind](place, np.random.default_rng(support.seed))


def hips(figure: Figure) -> tuple[float, float, float]:
    """X, Y and height of the lowest skin of one who sits on the ground."""
    skin = body(figure, ~(figure.along("Hips") | figure.along("LeftUpLeg") | figure.along("RightUpLeg")))
    lowest = float(np.quantile(skin[:, 2], 0.02))
    x, y = skin[skin[:, 2] < lowest + 0.03 * size(figure), :2].mean(axis=0)
    return float(x), float(y), lowest


def _low_seat(support: Support, figure: Figure) -> Mesh:
    """A cushion or a low rock under the hips and whatever of the thighs is near the ground."""
    x, y, z = hips(figure)
    s = size(figure)
    skin = body(figure, of_arm(figure, "Left") | of_arm(figure, "Right"))
    near = skin[(skin[:, 2] < z + 0.09 * s) & (np.linalg.norm(skin[:, :2] - (x, y), axis=1) < 0.35 * s)]
    low, high = near.min(axis=0), near.max(axis=0)
    middle, half = float(low[0] + high[0]) / 2, float(high[0] - low[0]) / 2 + 0.02 * s
    place = Place(middle, float(low[1]) - 0.02 * s, float(high[1]) + 0.02 * s, z + _SINK, half, 0.0, 0.5 * s)
    return SEATS[support.kind](place, np.random.default_rng(support.seed))


def strut(support: Support, figure: Figure) -> Mesh | None:
    """A little square bar between a hand and the hip or thigh; None where they touch or are too far apart."""
    s = size(figure)
    hand = body(figure, ~figure.below(f"{support.side}ForeArm"))
    trunk_ = body(figure, ~(figure.along("Hips") | figure.along(f"{support.side}UpLeg")))
    gaps, nearest = cKDTree(trunk_).query(hand)
    at = int(gaps.argmin())
    if not 0.025 * s < gaps[at] < 0.16 * s:
        return None
    start, end = hand[at].astype(float), trunk_[nearest[at]].astype(float)
    over = 0.025 * s * (end - start) / gaps[at]
    return rod(straight(start - over, end + over), 1.7 * support.half * s, "square")


def _stone(support: Support, figure: Figure) -> Mesh:
    """A rock under a raised foot."""
    foot = body(figure, ~(figure.below(f"{support.side}Leg") | figure.along(f"{support.side}Foot")))
    low, high = foot.min(axis=0), foot.max(axis=0)
    place = Place(
        float(low[0] + high[0]) / 2,
        float(low[1]) - 0.03,
        float(high[1]) + 0.02,
        float(low[2]) + _SINK,
        float(high[0] - low[0]) / 2 + 0.05,
        0.0,
        0.6 * size(figure),
    )
    return rock(place, np.random.default_rng(support.seed))


def _cross(support: Support, figure: Figure) -> Mesh:
    """Two beams behind back and hands, the upright down to below the feet."""
    rng, s = np.random.default_rng(support.seed), size(figure)
    skin = body(figure)
    hands = [body(figure, ~figure.below(f"{side}ForeArm")) for side in ("Left", "Right")]
    half, deep = rng.uniform(0.05, 0.075) * s, rng.uniform(0.07, 0.1) * s
    front = float(np.quantile(skin[:, 1], 0.97)) - 0.02 * s
    level = float(np.mean([hand[:, 2].mean() for hand in hands]))
    x = float(figure.joints["Hips"][0])
    wide = max(abs(float(hand[:, 0].mean()) - x) for hand in hands) + 0.12 * s
    top = max(float(skin[:, 2].max()), level) + rng.uniform(0.08, 0.2) * s
    beams = [
        block((x - half, front, 0.0), (x + half, front + deep, top)),
        block((x - wide, front, level - half), (x + wide, front + deep, level + half)),
    ]
    for hand in hands:  # what fills the space between a hand and the beam is the nail's block
        y = float(hand[:, 1].mean())
        at = hand.mean(axis=0)
        if y < front:
            beams.append(
                block((at[0] - 0.02 * s, y, level - 0.02 * s), (at[0] + 0.02 * s, front + 0.02, level + 0.02 * s))
            )
    toes = body(figure, ~(figure.along("LeftFoot") | figure.along("RightFoot")))
    rest = [(x - 0.09 * s, float(toes[:, 1].mean()), 0.0), (x + 0.09 * s, front + 0.02, 0.03 + float(toes[:, 2].min()))]
    wedge = np.array(
        [
            [(rest[k][0], rest[0][1], z), (rest[k][0], rest[1][1], z), (rest[k][0], rest[1][1], z + 0.1 * s)]
            for k, z in ((0, rest[1][2] - 0.04), (1, rest[1][2] - 0.04))
        ]
    )
    return together([*beams, loft(wedge)])


MADE: Mapping[str, Callable[[Support, Figure], Mesh | None]] = {
    "seat": _seat,
    "under the hips": _low_seat,
    "under a hand": _hand_rest,
    "beside a leg": _leg_side,
    "strut": strut,
    "under a foot": _stone,
    "behind": _cross,
}
