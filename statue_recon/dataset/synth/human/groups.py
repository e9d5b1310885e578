"""Figures that belong together, placed so that they touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from . import build as builds
from . import poses
from .anatomy import Anatomy
from .build import Build
from .figure import Figure, figure
from .pose import Pose
from .skeleton import Triple
from .turns import about_z

_TOUCH = 0.006  # metres between the nearest vertices of two that touch
_FAR = 1.6  # metres from which one comes up to the other
_STEPS = 40
_BEFORE_THE_BODY = -0.10  # metres before the middle of the thighs: where one lies in another's lap
_SPARSE = 4  # of the body's vertices that are looked at


@dataclass(frozen=True)
class Group:
    kind: str  # a key of KINDS
    figures: tuple[Figure, ...]  # in one frame; the lowest point of all at z = 0
    words: str  # "two wrestlers"


def choose(rng: np.random.Generator, anatomy: Anatomy, kind: str | None = None) -> Group:
    """A group of this kind, or of any."""
    kind = kind or str(rng.choice(list(KINDS), p=np.array(list(_SHARES.values())) / sum(_SHARES.values())))
    figures = KINDS[kind](rng, anatomy)
    low = min(float(one.vertices[: anatomy.body_size, 2].min()) for one in figures)
    said = _WORDS[kind][int(rng.integers(len(_WORDS[kind])))]
    return Group(kind, tuple(one.moved(placed((0, 0, -low))) for one in figures), said)


def embracing(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """Two who stand breast to breast, one's arms about the other."""
    one, other = _grown(rng, anatomy, "male"), _grown(rng, anatomy, "female" if rng.random() < 0.7 else "male")
    arms = {"left": ("Spine2", (0.10, -0.36, 0.06)), "right": ("Spine2", (-0.13, -0.34, -0.08))}
    low = {"left": ("Spine2", (0.15, -0.33, -0.10)), "right": ("Spine2", (-0.15, -0.33, 0.02))}
    first = _reaching(poses.choose(rng, one, "contrapposto", ("embracing", "embracing")), arms, bow=4)
    second = _reaching(poses.choose(rng, other, "contrapposto", ("embracing", "embracing")), low, bow=4)
    turn = rng.uniform(-25, 25)
    a = figure(one, first, anatomy).moved(placed((0, 0, 0), 90 + turn))
    b = figure(other, second, anatomy).moved(placed((0, 0, 0), -90 + turn))
    return [a, touching(a, b, about_z(turn) @ (1, 0, 0), _of_trunk(anatomy))]


def wrestling(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """Two athletes, bent forward, who have hold of each other."""
    one, other = _grown(rng, anatomy, "male"), _grown(rng, anatomy, "male")
    grip = {"left": ("Spine2", (0.16, -0.34, 0.10)), "right": ("Spine2", (-0.14, -0.36, -0.02))}
    turn = rng.uniform(-25, 25)
    figures = []
    for who, yaw in ((one, 90), (other, -90)):
        pose = _reaching(poses.choose(rng, who, "lunging", ("embracing", "embracing")), grip, bow=20)
        pose = replace(pose, hands=("cupped", "cupped"))
        figures.append(figure(who, pose, anatomy).moved(placed((0, 0, 0), yaw + turn)))
    a, b = figures
    return [a, touching(a, b, about_z(turn) @ (1, 0, 0), _of_trunk(anatomy))]


def side_by_side(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """Two who stand close together, one's arm about the other's shoulders."""
    one, other = _grown(rng, anatomy, None), _grown(rng, anatomy, None)
    first = poses.choose(rng, one, "contrapposto", ("spread low", "hanging"))
    arm: dict[str, tuple[str, Triple]] = {"left": ("Spine2", (0.46, 0.07, 0.12))}
    first = replace(first, reaches=arm, hands=("resting", first.hands[1]), palms=("down", first.palms[1]))
    a = figure(one, first, anatomy)
    second = poses.choose(rng, other, "contrapposto", ("hanging", "with a bowl"))
    b = figure(other, second, anatomy).moved(placed((0, rng.uniform(-0.05, 0.02), 0), rng.uniform(-18, 6)))
    return [a, touching(a, b, (1, 0, 0), _of_trunk(anatomy))]


def carrying(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """A mother, or a nurse, with a small child on her arm."""
    mother = _grown(rng, anatomy, "female")
    a = figure(mother, poses.choose(rng, mother, "contrapposto", ("carrying a child", "to the breast")), anatomy)
    b = _child(rng, anatomy)
    arm = (a.joints["LeftForeArm"] + a.joints["LeftHand"]) / 2
    lap = arm + np.array([0.01, 0.02, 0.045])
    return [a, seated_on(b.moved(placed((0, 0, 0), rng.uniform(-50, -15))), lap)]


def on_the_lap(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """A seated mother with a small child on her knee."""
    mother = _grown(rng, anatomy, "female")
    a = figure(mother, poses.choose(rng, mother, "enthroned", ("carrying a child", "on the knee")), anatomy)
    b = _child(rng, anatomy)
    thigh = 0.45 * a.joints["LeftUpLeg"] + 0.55 * a.joints["LeftLeg"]
    return [a, seated_on(b.moved(placed((0, 0, 0), rng.uniform(-50, 30))), thigh + np.array([-0.02, 0.0, 0.075]))]


def mourning(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """A seated woman with a dead man across her knees."""
    mother, son = _grown(rng, anatomy, "female"), replace(_grown(rng, anatomy, "male"), weight=0.4, muscle=0.6)
    a = figure(mother, poses.choose(rng, mother, "enthroned", ("spread low", "spread low")), anatomy)
    fallen: dict[str, Triple] = {
        "body": (-78, 0, 0), "waist": (14, 0, 0), "chest": (8, 0, 0), "neck": (-20, 0, 12), "head": (-10, 0, 12),
        "left_hip": (34, 4, 4), "left_knee": (72, 0, 0), "right_hip": (22, 6, 10), "right_knee": (66, 0, 0),
        "left_ankle": (-30, 0, 0), "right_ankle": (-30, 0, 0), "right_arm": (-22, 30, 0), "right_elbow": (24, 0, 20),
        "left_arm": (4, 16, -40), "left_elbow": (58, 0, 0),
    }  # fmt: skip
    b = figure(son, Pose("lying", fallen, hands=("relaxed", "relaxed")), anatomy).moved(placed((0, 0, 0), -90))
    knees = (a.joints["LeftLeg"] + a.joints["RightLeg"] + a.joints["LeftUpLeg"] + a.joints["RightUpLeg"]) / 4
    hips = (b.joints["Hips"] + b.joints["LeftUpLeg"] + b.joints["RightUpLeg"]) / 3
    lap = np.flatnonzero((a.along("LeftUpLeg") | a.along("RightUpLeg"))[: anatomy.body_size])
    above = b.moved(placed(knees - hips + (0, _BEFORE_THE_BODY, 0)))
    return [a, touching(a, above, (0, 0, 1), _of_trunk(anatomy), lap)]


def in_a_ring(rng: np.random.Generator, anatomy: Anatomy) -> list[Figure]:
    """Three women, hands on each other's shoulders."""
    arms = (("spread low", "with a bowl"), ("hanging", "hanging back"), ("with a bowl", "spread low"))
    figures: list[Figure] = []
    for k, gestures in enumerate(arms):
        who = _grown(rng, anatomy, "female")
        pose = poses.choose(rng, who, "deep contrapposto" if k == 1 else "contrapposto", gestures)
        if k != 1:
            key, sign = ("left", 1) if k == 0 else ("right", -1)
            pose = replace(pose, reaches={key: ("Spine2", (sign * 0.46, 0.05, 0.12))}, palms=("", ""))
        yaw = (0, 180, 0)[k] + rng.uniform(-15, 15)
        figures.append(figure(who, pose, anatomy).moved(placed((0, 0, 0), yaw)))
    a, b, c = figures
    b = touching(a, b, (1, 0.15, 0), _of_trunk(anatomy))
    beside = c.moved(placed((*(b.joints["Hips"][:2] - c.joints["Hips"][:2]), 0)))
    return [a, b, touching(b, beside, (1, -0.15, 0), _of_trunk(anatomy))]


def rider(rng: np.random.Generator, anatomy: Anatomy, build: Build | None = None) -> Figure:
    """Somebody astride; `seated_on` puts them on their horse."""
    build = build or _grown(rng, anatomy, "male" if rng.random() < 0.8 else "female")
    return figure(build, poses.choose(rng, build, "riding"), anatomy)


def seated_on(one: Figure, place: ArrayLike) -> Figure:
    """The figure moved so that it sits on a point [3]."""
    if one.seat is None:
        raise ValueError(f"{one.pose.name} is no pose to sit in")
    return one.moved(placed(np.asarray(place, float) - one.seat))


def touching(one: Figure, other: Figure, way: ArrayLike, parts: NDArray, on: NDArray | None = None) -> Figure:
    """The other come up against a direction [3] until it touches the one.

    parts: vertices of the other that count; on: those of the one, if they are not the same.
    """
    direction = np.asarray(way, float) / np.linalg.norm(way)
    tree = cKDTree(one.vertices[parts if on is None else on])
    points = other.vertices[parts] + _FAR * direction
    travelled = 0.0
    for _ in range(_STEPS):
        gap = float(tree.query(points - travelled * direction)[0].min())
        if gap < _TOUCH or travelled > _FAR:
            break
        travelled += max(gap - _TOUCH / 2, _TOUCH / 4)
    return other.moved(placed((_FAR - travelled) * direction))


def placed(offset: ArrayLike, turn: float = 0.0) -> NDArray[np.float64]:
    """[4, 4] that turns about Z by degrees, anticlockwise from above, and carries by [3]."""
    matrix = np.eye(4)
    matrix[:3, :3] = about_z(turn)
    matrix[:3, 3] = offset
    return matrix


def _grown(rng: np.random.Generator, anatomy: Anatomy, sex: str | None) -> Build:
    return builds.choose(rng, anatomy, sex, "young" if rng.random() < 0.7 else "adult")


def _child(rng: np.random.Generator, anatomy: Anatomy) -> Figure:
    who = replace(builds.choose(rng, anatomy, None, "child"), years=2.0, height=0.74, heads=4.5, weight=0.9)
    pose = poses.choose(rng, who, "enthroned", ("greeting" if rng.random() < 0.5 else "on the thigh", "offering"))
    return figure(who, replace(pose, heels=(None, None)), anatomy)


def _reaching(pose: Pose, reaches: Mapping[str, tuple[str, Triple]], bow: float) -> Pose:
    forward, lean, turn = pose.angles["waist"]
    return replace(pose, reaches=dict(reaches), angles={**pose.angles, "waist": (min(forward + bow, 40.0), lean, turn)})


def _of_trunk(anatomy: Anatomy) -> NDArray[np.int64]:
    """The skin of all but the arms."""
    names = np.array(anatomy.bone_names)[anatomy.strongest[: anatomy.body_size]]
    arms = [name for name in anatomy.bone_names if "Arm" in name or "Hand" in name]
    return np.flatnonzero(~np.isin(names, arms))[::_SPARSE]


Maker = Callable[[np.random.Generator, Anatomy], Sequence[Figure]]
KINDS: Mapping[str, Maker] = {
    "embracing": embracing,
    "wrestling": wrestling,
    "side by side": side_by_side,
    "carrying a child": carrying,
    "child on the lap": on_the_lap,
    "mourning": mourning,
    "graces": in_a_ring,
}
_SHARES = {"embracing": 2.0, "wrestling": 2.0, "side by side": 2.0, "carrying a child": 2.0, "child on the lap": 1.5,
           "mourning": 0.8, "graces": 0.8}  # fmt: skip
_WORDS: Mapping[str, tuple[str, ...]] = {
    "embracing": ("a couple embracing", "two lovers in an embrace", "two figures embracing"),
    "wrestling": ("two wrestlers", "two athletes wrestling", "two men struggling with each other"),
    "side by side": (
        "two companions standing side by side", "a pair of figures side by side",
        "two figures, one's arm about the other",
    ),
    "carrying a child": (
        "a woman with a child on her arm", "a mother carrying her child", "a standing mother and child",
    ),
    "child on the lap": (
        "a seated mother with a child on her lap", "an enthroned mother and child", "a woman seated with an infant",
    ),
    "mourning": ("a woman mourning a dead man across her knees", "a pietà: a mother with her dead son"),
    "graces": ("three women standing close together", "the three Graces", "a group of three women"),
}  # fmt: skip
