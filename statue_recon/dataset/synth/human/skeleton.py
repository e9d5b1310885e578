"""Bones in a pose: from angles as an anatomist gives them to where every bone stands.

The zero of all angles is the anatomist's: upright, facing −Y, legs together, arms hanging straight with the thumbs
forward. Angles are degrees (first, second, third), the same for left and right:

    body, pelvis, waist, chest, neck, head    bow forward, lean to its left, turn to its left
    …_shoulder                                raise, bring forward, –
    …_arm, …_hip                              forward (flexion), sideways away (abduction), turn outwards
    …_elbow                                   bend, –, turn the palm forward (supination)
    …_wrist                                   towards the palm, towards the thumb, –
    …_knee                                    bend, –, –
    …_ankle, …_toes                           lift the toes, lift the inner edge, turn outwards

The legs are measured against the body, not against the pelvis, so that a tilted pelvis does not carry them along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .anatomy import Anatomy
from .turns import about, about_x, about_y, about_z, frame, least_turn, rigid, unit

Triple = tuple[float, float, float]
Angles = Mapping[str, Triple]
Curl = Mapping[str, tuple[float, ...]]  # finger → degrees its three joints are bent, then how far it is spread

SIDES = {"Left": 1.0, "Right": -1.0}
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")
FAR = ".far"  # the far end of a limb that twists along its length
TWISTING = tuple(side + limb for side in SIDES for limb in ("Arm", "ForeArm", "UpLeg"))
_SHOULDER_TWIST = 0.25  # of an arm's or thigh's twist that its near end takes along
_RHYTHM = 0.22  # degrees the collar bone rises with each degree the arm rises
_REST_ELEVATION = 60.0  # degrees at which it lies as in the base mesh
UNMOVED = (0.0, 0.0, 0.0)


@dataclass
class Skeleton:
    """A body's bones at rest, and the turn from each bone's own frame."""

    joints: dict[str, NDArray]
    parents: dict[str, str]
    frames: dict[str, NDArray] = field(default_factory=dict)
    forearm_twist: dict[str, float] = field(default_factory=dict)  # degrees, in the base mesh

    @staticmethod
    def of(anatomy: Anatomy, rest: NDArray) -> Skeleton:
        skeleton = Skeleton(anatomy.joints(rest), {bone.name: bone.parent for bone in anatomy.bones})
        for side in SIDES:
            skeleton._measure_arm(side)
            skeleton._measure_leg(side)
        return skeleton

    def along(self, bone: str) -> NDArray:
        return unit(self.joints[f"{bone}.tail"] - self.joints[bone])

    def _measure_arm(self, side: str) -> None:
        upper, fore = self.along(f"{side}Arm"), self.along(f"{side}ForeArm")
        hinge = -np.cross(upper, fore)
        self.frames[f"{side}Arm"] = frame(hinge, upper)
        self.frames[f"{side}ForeArm"] = frame(hinge, fore)
        wrist = self.joints[f"{side}Hand"]
        knuckles = [self.joints[f"{side}Hand{finger}1"] for finger in FINGERS[1:]]
        along = np.mean(knuckles[1:3], axis=0) - wrist
        thumbward = knuckles[0] - knuckles[3]
        hand = frame(np.cross(thumbward, along), along)
        self.frames[f"{side}Hand"] = hand
        seen = self.frames[f"{side}ForeArm"].T @ -hand[:, 1]
        self.forearm_twist[side] = float(np.degrees(np.arctan2(seen[0], -seen[1])))
        for finger in FINGERS[1:]:
            for k in (1, 2, 3):
                bone = f"{side}Hand{finger}{k}"
                self.frames[bone] = frame(hand[:, 0], self.along(bone))

    def _measure_leg(self, side: str) -> None:
        for bone in (f"{side}UpLeg", f"{side}Leg"):
            self.frames[bone] = frame((1, 0, 0), self.along(bone))


@dataclass
class Stand:
    """Where every bone of a skeleton stands: turns [3, 3] and heads [3], and the matrices of the skin."""

    skeleton: Skeleton
    turns: dict[str, NDArray] = field(default_factory=dict)  # rest → posed
    heads: dict[str, NDArray] = field(default_factory=dict)

    def put(self, bone: str, turn: NDArray) -> None:
        """Turns a bone; it stays where its parent holds it."""
        parent = self.skeleton.parents[bone]
        here = self.skeleton.joints[bone]
        if not parent:
            self.heads[bone] = here.copy()
        else:
            held = self.turns.get(parent + FAR, self.turns[parent])
            self.heads[bone] = self.heads[parent] + held @ (here - self.skeleton.joints[parent])
        self.turns[bone] = turn

    def put_whole(self, bone: str, turn: NDArray) -> None:
        """Turns a bone, and what hangs on it as if it were one with it."""
        change = turn @ self.turns[bone].T if bone in self.turns else None
        self.put(bone, turn)
        if change is not None:
            for child in [name for name, parent in self.skeleton.parents.items() if parent == bone]:
                self.put_whole(child, change @ self.turns[child])

    def moved(self, offset: NDArray) -> None:
        """Carries all bones by [3]."""
        for bone in self.heads:
            self.heads[bone] = self.heads[bone] + offset

    def matrices(self) -> dict[str, NDArray]:
        """[4, 4] rest → posed of every bone, and of the far ends of twisting ones."""
        joints = self.skeleton.joints
        bones = {}
        for name, turn in self.turns.items():
            bone = name.removesuffix(FAR)
            bones[name] = rigid(turn, joints[bone], self.heads[bone])
        return bones


def posed(skeleton: Skeleton, angles: Angles, hands: Mapping[str, Curl]) -> Stand:
    """The bones turned by a pose's angles; hands: side → curl of its fingers. Stands where the rest stood."""
    stand = Stand(skeleton)
    body = trunk(angles.get("body", UNMOVED))
    pelvis = body @ trunk(angles.get("pelvis", UNMOVED))
    stand.put("Hips", pelvis)
    half = tuple(angle / 2 for angle in angles.get("waist", UNMOVED))
    spine = pelvis @ trunk(half)
    stand.put("Spine", spine)
    stand.put("Spine1", spine := spine @ trunk(half))
    stand.put("Spine2", chest := spine @ trunk(angles.get("chest", UNMOVED)))
    stand.put("Neck", neck := chest @ trunk(angles.get("neck", UNMOVED)))
    stand.put("Head", neck @ trunk(angles.get("head", UNMOVED)))
    for side in SIDES:
        _put_collar(stand, side, angles)
        aim, fore = arm_frames(stand, side, angles)
        put_arm(stand, side, aim, fore, angles)
        _put_fingers(stand, side, hands[side])
        thigh, shin = leg_frames(side, body, angles)
        put_leg(stand, side, thigh, shin)
        put_foot(stand, side, *foot_turns(side, shin, angles))
    return stand


def arm_frames(stand: Stand, side: str, angles: Angles) -> tuple[NDArray, NDArray]:
    """[3, 3] the frames of upper arm and forearm as the angles give them."""
    aim = stand.turns["Spine2"] @ ball_joint(angles.get(f"{side.lower()}_arm", UNMOVED), SIDES[side])
    return aim, aim @ about_x(-angles.get(f"{side.lower()}_elbow", UNMOVED)[0])


def leg_frames(side: str, body: NDArray, angles: Angles) -> tuple[NDArray, NDArray]:
    """[3, 3] the frames of thigh and shin as the angles give them."""
    thigh = body @ ball_joint(angles.get(f"{side.lower()}_hip", UNMOVED), SIDES[side])
    return thigh, thigh @ about_x(angles.get(f"{side.lower()}_knee", UNMOVED)[0])


def foot_turns(side: str, shin: NDArray, angles: Angles) -> tuple[NDArray, NDArray]:
    """[3, 3] the turns of foot and toes as the angles give them."""
    lifted, tilted, outwards = angles.get(f"{side.lower()}_ankle", UNMOVED)
    sign = SIDES[side]
    foot = shin @ about_z(sign * outwards) @ about_x(-lifted) @ about_y(sign * tilted)
    return foot, foot @ about_x(-angles.get(f"{side.lower()}_toes", UNMOVED)[0])


def _put_collar(stand: Stand, side: str, angles: Angles) -> None:
    """The collar bone rises with the arm."""
    sign, chest = SIDES[side], stand.turns["Spine2"]
    aim, _ = arm_frames(stand, side, angles)
    elevation = float(np.degrees(np.arccos(np.clip(chest[:, 2] @ aim[:, 2], -1, 1))))
    raised, forward, _ = angles.get(f"{side.lower()}_shoulder", UNMOVED)
    raised += _RHYTHM * (elevation - _REST_ELEVATION)
    stand.put(f"{side}Shoulder", chest @ about_z(-sign * forward) @ about_y(-sign * raised))


def put_arm(stand: Stand, side: str, aim: NDArray, fore: NDArray, angles: Angles) -> None:
    """Upper arm and forearm in the given frames; palm and wrist as the angles say. The fingers go with the hand."""
    skeleton, sign, key = stand.skeleton, SIDES[side], side.lower()
    _put_limb(stand, f"{side}Arm", aim, stand.turns[f"{side}Shoulder"])
    stand.put(f"{side}ForeArm", fore @ skeleton.frames[f"{side}ForeArm"].T)
    twisted = fore @ about_z(sign * angles.get(f"{key}_elbow", UNMOVED)[2])
    before = fore @ about_z(skeleton.forearm_twist[side])
    stand.turns[f"{side}ForeArm{FAR}"] = twisted @ before.T @ stand.turns[f"{side}ForeArm"]
    inward, thumbward, _ = angles.get(f"{key}_wrist", UNMOVED)
    hand = twisted @ about_x(-thumbward) @ about_y(sign * inward)
    stand.put_whole(f"{side}Hand", hand @ skeleton.frames[f"{side}Hand"].T)


def put_leg(stand: Stand, side: str, thigh: NDArray, shin: NDArray) -> None:
    _put_limb(stand, f"{side}UpLeg", thigh, stand.turns["Hips"])
    stand.put(f"{side}Leg", shin @ stand.skeleton.frames[f"{side}Leg"].T)


def put_foot(stand: Stand, side: str, foot: NDArray, toes: NDArray) -> None:
    stand.put(f"{side}Foot", foot)
    stand.put(f"{side}ToeBase", toes)


def _put_limb(stand: Stand, bone: str, aim: NDArray, holder: NDArray) -> None:
    """Turns an upper arm or thigh to the frame `aim`; near its root it twists less against the bone that holds it."""
    turn = aim @ stand.skeleton.frames[bone].T
    along = stand.skeleton.along(bone)
    held = holder.T @ turn
    swing = least_turn(along, held @ along)
    twist = swing.T @ held
    angle = np.degrees(np.arctan2(_around(twist, along), (np.trace(twist) - 1) / 2))
    stand.put(bone, holder @ swing @ about(along, _SHOULDER_TWIST * angle))
    stand.turns[bone + FAR] = turn


def _around(twist: NDArray, axis: NDArray) -> float:
    """The sine of a turn about an axis."""
    skew = np.array([twist[2, 1] - twist[1, 2], twist[0, 2] - twist[2, 0], twist[1, 0] - twist[0, 1]]) / 2
    return float(skew @ axis)


def _put_fingers(stand: Stand, side: str, curl: Curl) -> None:
    skeleton, sign = stand.skeleton, SIDES[side]
    hand = stand.turns[f"{side}Hand"]
    rest = skeleton.frames[f"{side}Hand"]
    for finger in FINGERS[1:]:
        *bends, spread = curl[finger]
        aim = hand @ rest @ about_x(-spread)
        for k, bend in enumerate(bends, start=1):
            aim = aim @ about_y(sign * bend)
            bone = f"{side}Hand{finger}{k}"
            stand.put(bone, aim @ skeleton.frames[bone].T)
    # The thumb goes its own way: first across the palm about the hand's length, then bends towards the little finger.
    across, *bends, _ = curl["Thumb"]
    turn = hand @ about(rest[:, 2], -sign * across)
    stand.put(f"{side}HandThumb1", turn)
    for k, bend in enumerate(bends, start=2):
        turn = turn @ about(rest[:, 0], bend)
        stand.put(f"{side}HandThumb{k}", turn)


def ball_joint(angles: tuple[float, float, float], sign: float) -> NDArray:
    """The frame of an arm or leg against the trunk: turned outwards, then led away sideways, then forward."""
    forward, away, outwards = angles
    return about_x(-forward) @ about_y(-sign * away) @ about_z(sign * outwards)


def trunk(angles: tuple[float, ...]) -> NDArray:
    """The turn of a part of the trunk against the part below it: bowed, then leaned, then turned."""
    bow, lean, turn = angles
    return about_z(turn) @ about_y(lean) @ about_x(bow)
