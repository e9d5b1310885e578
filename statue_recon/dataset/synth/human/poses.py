"""Drawing a pose: a stance, what the arms do, and how far all of it departs from the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .build import Build
from .gestures import GESTURES, Gesture
from .pose import Pose
from .skeleton import Triple
from .stance import Stance
from .stances import SETS, STANCES

# Degrees, (least, most) of each of the three angles (skeleton.py says which they are).
LIMITS: dict[str, tuple[Triple, Triple]] = {
    "body": ((-95, -95, -180), (95, 95, 180)),
    "pelvis": ((-20, -16, -40), (40, 16, 40)),
    "waist": ((-25, -22, -25), (45, 22, 25)),
    "chest": ((-15, -14, -25), (25, 14, 25)),
    "neck": ((-25, -20, -35), (30, 20, 35)),
    "head": ((-22, -18, -42), (25, 18, 42)),
    "shoulder": ((-12, -20, 0), (30, 25, 0)),
    "arm": ((-65, -12, -90), (175, 172, 100)),
    "elbow": ((0, 0, -90), (150, 0, 90)),
    "wrist": ((-72, -32, 0), (75, 25, 0)),
    "hip": ((-35, -22, -38), (122, 55, 66)),
    "knee": ((0, 0, 0), (156, 0, 0)),
    "ankle": ((-55, -20, -25), (32, 25, 25)),
    "toes": ((-35, 0, 0), (65, 0, 0)),
}
_NOD = 7.0  # degrees by which heads bow and lean, beside the turn
_NECK = 0.45  # of the head's turn, made in the neck


def choose(
    rng: np.random.Generator,
    build: Build | None = None,
    stance: str | None = None,
    gestures: tuple[str, str] | None = None,
) -> Pose:
    """A pose that suits the build.

    stance, gestures (left, right): keys of STANCES and GESTURES, if they are settled.
    """
    name = stance or _drawn(rng, build)
    kind = STANCES[name]
    arms = gestures or _arms(rng, kind)
    angles = {joint: varied(rng, joint, given, kind.spread) for joint, given in kind.angles.items()}
    _turn_head(rng, angles, kind.turning)
    reaches, hands, palms = {}, [], []
    for side, gesture in zip(("left", "right"), (GESTURES[arm] for arm in arms), strict=True):
        angles[f"{side}_shoulder"] = gesture.shoulder
        for part, given in (("arm", gesture.arm), ("elbow", gesture.elbow), ("wrist", gesture.wrist)):
            angles[f"{side}_{part}"] = varied(rng, f"{side}_{part}", given, gesture.spread)
        if gesture.reach:
            reaches[side] = _reach(gesture, side)
        hands.append(gesture.hand)
        palms.append(gesture.palm)
    pose = Pose(name, angles, reaches, _pair(hands), _pair(palms), kind.heels, kind.carried_by, arms)
    return mirrored(pose) if gestures is None and rng.random() < 0.5 else pose


def for_cut(rng: np.random.Generator, build: Build, kind: str) -> Pose:
    """A pose that leaves something to look at when the figure is cut: arms that go with a bust hang down."""
    stances, arms = _CUT_POSES[kind]
    stance = stances[int(rng.integers(len(stances)))]
    return choose(rng, build, stance, (_one(rng, arms), _one(rng, arms)) if arms else None)


_CUT_POSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "bust": (("contrapposto", "contrapposto", "standing straight"), "hanging"),
    "head": (("contrapposto", "standing straight"), "hanging"),
    "herm": (("standing straight",), "hanging"),
    "half figure": (("contrapposto", "standing straight"), "lifted"),
    "torso": (("contrapposto", "deep contrapposto", "striding", "kouros", "running"), ""),
    "relief": (("contrapposto", "striding", "kouros", "standing straight", "seated", "running", "dancing"), ""),
}


def mirrored(pose: Pose) -> Pose:
    """Left and right exchanged."""
    angles = {}
    for joint, (first, second, third) in pose.angles.items():
        side, _, part = joint.rpartition("_")
        angles[f"{_OTHER[side]}_{part}" if side else part] = (
            (first, second, third) if side else (first, -second, -third)
        )
    reaches = {}
    for side, (bone, (x, y, z)) in pose.reaches.items():
        reaches[_OTHER[side]] = (_other_bone(bone), (-x, y, z))
    carried = " ".join(_OTHER.get(word, word) for word in pose.carried_by.split())
    return Pose(
        pose.name, angles, reaches, pose.hands[::-1], pose.palms[::-1], pose.heels[::-1], carried, pose.gestures[::-1]
    )


_OTHER = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


def _other_bone(bone: str) -> str:
    for side in ("Left", "Right"):
        if bone.startswith(side):
            return _OTHER[side] + bone.removeprefix(side)
    return bone


def varied(rng: np.random.Generator, joint: str, given: Triple, spread: float) -> Triple:
    """The angles with up to `spread` degrees more or less, within what the joint can do."""
    least, most = LIMITS[joint.rpartition("_")[2]]
    drawn = np.array(given) + spread * rng.uniform(-1, 1, 3) * (np.array(most) > np.array(least))
    a, b, c = np.clip(drawn, least, most).round(2).tolist()
    return a, b, c


def _drawn(rng: np.random.Generator, build: Build | None) -> str:
    def suits(kind: Stance) -> bool:
        return not kind.with_others and (build is None or (build.age in kind.ages and build.sex in kind.sexes))

    names = [name for name, kind in STANCES.items() if suits(kind)]
    shares = np.array([STANCES[name].share for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def _arms(rng: np.random.Generator, kind: Stance) -> tuple[str, str]:
    left, right = kind.arms[int(rng.integers(len(kind.arms)))]
    return _one(rng, left), _one(rng, right)


def _one(rng: np.random.Generator, name: str) -> str:
    among: Sequence[str] = SETS.get(name, (name,))
    return among[int(rng.integers(len(among)))]


def _turn_head(rng: np.random.Generator, angles: dict[str, Triple], turning: float) -> None:
    turn = rng.uniform(-1, 1) * turning
    nod, lean = np.clip(rng.normal(size=2), -2, 2) * min(_NOD, turning) * 0.5
    for joint, share in (("neck", _NECK), ("head", 1 - _NECK)):
        bow, aside, round_ = angles.get(joint, (0.0, 0.0, 0.0))
        angles[joint] = varied(rng, joint, (bow + share * nod, aside + share * lean, round_ + share * turn), 0)


def _reach(gesture: Gesture, side: str) -> tuple[str, Triple]:
    assert gesture.reach is not None
    anchor, (x, y, z) = gesture.reach
    whose, _, bone = anchor.rpartition(" ")
    prefix = {"own": side, "other": _OTHER[side], "": ""}[whose].capitalize()
    return prefix + bone, (x if side == "left" else -x, y, z)


def _pair(both: Sequence[str]) -> tuple[str, str]:
    left, right = both
    return left, right


def holds(pose: Pose) -> Mapping[str, tuple[str, ...]]:
    """What the hands of this pose may hold: "Left" and "Right" → names of attributes."""
    return {side: GESTURES[arm].holds for side, arm in zip(("Left", "Right"), pose.gestures, strict=True) if arm}


def words(pose: Pose, rng: np.random.Generator) -> str:
    """How it stands and what the arms do: "standing in contrapposto, one arm raised"."""
    if pose.name not in STANCES:
        return pose.name
    kind = STANCES[pose.name]
    said = [kind.words[int(rng.integers(len(kind.words)))]]
    doing = list(dict.fromkeys(GESTURES[arm].words for arm in pose.gestures if arm and GESTURES[arm].words))
    if doing and rng.random() < _TOLD:
        said.append(doing[int(rng.integers(len(doing)))])
    return ", ".join(said)


_TOLD = 0.75  # of the captions that speak of an arm
