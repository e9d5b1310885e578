"""Hands that reach and feet that stand: limbs bent so that wrists and ankles come where they should."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .pose import Pose
from .skeleton import (
    FAR,
    SIDES,
    UNMOVED,
    Angles,
    Stand,
    Triple,
    arm_frames,
    leg_frames,
    put_arm,
    put_foot,
    put_leg,
    trunk,
)
from .turns import about, about_x, frame, unit

_STRAIGHT = 0.999  # of a limb's length: no joint is ever locked
_TORSO = 0.516  # metres from hips to neck of the man for whom the offsets of reaches are given
_KNEE = 0.055  # metres (of that man) of flesh below the knee of one who kneels


def reached(stand: Stand, pose: Pose) -> None:
    """Brings wrists to where the pose wants them (an offset from a joint, in its bone's axes), and turns the palms."""
    scale = size(stand)
    frames: dict[str, tuple[NDArray, NDArray]] = {}
    for key, (anchor, offset) in pose.reaches.items():
        side = key.capitalize()
        turn = stand.turns.get(anchor + FAR, stand.turns[anchor])
        target = stand.heads[anchor] + turn @ (scale * np.array(offset))
        aim, _ = arm_frames(stand, side, pose.angles)
        frames[side] = bent(stand, f"{side}Arm", f"{side}ForeArm", target, aim[:, 0], 1.0)
        put_arm(stand, side, *frames[side], pose.angles)
    for side, palm in zip(SIDES, pose.palms, strict=True):
        if palm:
            upper, fore = frames.get(side) or arm_frames(stand, side, pose.angles)
            put_arm(stand, side, upper, fore, _turned_palm(stand, side, fore, palm, pose.angles))


# What a palm may turn to, in the chest's axes for the left hand (X is away from the body); "staff" and "up" and "down"
# go by the world: water stays in a bowl however its bearer leans.
PALMS: dict[str, tuple[float, float, float]] = {
    "up": (0, 0, 1),
    "down": (0, 0, -1),
    "forward": (0, -1, 0),
    "back": (0, 1, 0),
    "in": (-1, 0, 0),
    "staff": (0, 0, 1),
}
_PRONATION = (-85.0, 85.0)  # degrees a forearm turns
_BENDS = (-60.0, 60.0)  # degrees a wrist bends for it
_TILTS = (-28.0, 22.0)  # and towards the thumb


def _turned_palm(stand: Stand, side: str, fore: NDArray, palm: str, angles: Angles) -> dict[str, Triple]:
    """The angles with forearm and wrist turned as far as they can, so that the palm (or a held staff) points there."""
    sign, key = SIDES[side], side.lower()
    wanted = np.array(PALMS[palm], float) * (sign, 1, 1)
    if palm not in ("up", "down", "staff"):
        wanted = stand.turns["Spine2"] @ wanted
    x, y, z = (fore.T @ wanted) * (sign, 1, 1)
    bend, thumbward, _ = angles.get(f"{key}_wrist", UNMOVED)
    if palm == "staff":
        turn, thumbward = np.arctan2(x, -y), np.degrees(np.arctan2(z, np.hypot(x, y)))
    else:
        turn, bend = np.arctan2(-y, -x), bend + np.degrees(np.arctan2(z, np.hypot(x, y))) * _FOLLOW
    wrist = (float(np.clip(bend, *_BENDS)), float(np.clip(thumbward, *_TILTS)), 0.0)
    elbow = angles.get(f"{key}_elbow", UNMOVED)
    return {
        **angles,
        f"{key}_wrist": wrist,
        f"{key}_elbow": (*elbow[:2], float(np.clip(np.degrees(turn), *_PRONATION))),
    }


_FOLLOW = 0.6  # of what is missing, the wrist makes up


def planted(stand: Stand, pose: Pose, soles: Mapping[str, float]) -> None:
    """Puts the feet that should stand on the ground flat on it (or on their toes), and the whole on z = 0.

    soles: side → metres by which that foot's skin reaches lower than it does at rest.
    """
    body = trunk(pose.angles.get("body", UNMOVED))
    frames = {side: leg_frames(side, body, pose.angles) for side in SIDES}
    heels = {side: heel for side, heel in zip(SIDES, pose.heels, strict=True) if heel is not None}
    feet = {side: _foot(stand, side, frames[side][1], heel, pose.angles) for side, heel in heels.items()}
    rises = {side: rise + soles.get(side, 0.0) for side, (_, _, rise) in feet.items()}
    ground = _ground(stand, pose, rises)
    for side, (foot, toes, _) in feet.items():
        hip, ankle = stand.heads[f"{side}UpLeg"], stand.heads[f"{side}Foot"]
        reach = _STRAIGHT * (_length(stand, f"{side}UpLeg") + _length(stand, f"{side}Leg"))
        down = ground + rises[side] - hip[2]
        aside = ankle[:2] - hip[:2]
        most = np.sqrt(max(reach**2 - down**2, 0.0))
        aside *= min(1.0, most / max(float(np.linalg.norm(aside)), 1e-9))
        target = np.array([*(hip[:2] + aside), hip[2] + down])
        thigh, shin = bent(stand, f"{side}UpLeg", f"{side}Leg", target, frames[side][0][:, 0], -1.0)
        put_leg(stand, side, thigh, shin)
        put_foot(stand, side, foot, toes)
    stand.moved(np.array([0.0, 0.0, -ground]))


def size(stand: Stand) -> float:
    """How large this body is beside the man of 1.75 m."""
    joints = stand.skeleton.joints
    return float(np.linalg.norm(joints["Neck"] - joints["Hips"])) / _TORSO


def bent(stand: Stand, first: str, second: str, target: NDArray, hinge: NDArray, way: float) -> tuple[NDArray, NDArray]:
    """[3, 3] frames of a limb's two bones whose end comes to `target` [3] or as near as it can.

    hinge [3]: the axis about which the limb should bend. way: 1 an elbow, −1 a knee.
    """
    upper, lower = _length(stand, first), _length(stand, second)
    root = stand.heads[first]
    straight = unit(target - root)
    nearest, furthest = abs(upper - lower) + 0.2 * lower, _STRAIGHT * (upper + lower)
    distance = float(np.clip(np.linalg.norm(target - root), nearest, furthest))
    hinge = unit(hinge - straight * (straight @ hinge))
    opening = np.degrees(np.arccos((upper**2 + distance**2 - lower**2) / (2 * upper * distance)))
    along = about(hinge, way * opening) @ straight
    on = root + distance * straight - (root + upper * along)
    return frame(hinge, along), frame(hinge, on)


def _length(stand: Stand, bone: str) -> float:
    joints = stand.skeleton.joints
    return float(np.linalg.norm(joints[f"{bone}.tail"] - joints[bone]))


def _foot(stand: Stand, side: str, shin: NDArray, heel: float, angles: Angles) -> tuple[NDArray, NDArray, float]:
    """Turns [3, 3] of foot and toes that stand on level ground, and the ankle's height above it."""
    # A knee that bends far brings the shin level: then its side, not its front, tells where the toes point.
    sideways = shin[:, 0] * (1, 1, 0)
    outwards = angles.get(f"{side.lower()}_ankle", UNMOVED)[2]
    level = about((0, 0, 1), SIDES[side] * outwards) @ frame(sideways, (0, 0, -1))
    foot = level @ about_x(heel)
    joints = stand.skeleton.joints
    ball, ankle = joints[f"{side}ToeBase"], joints[f"{side}Foot"]
    return foot, level, float(ball[2] + (foot @ (ankle - ball))[2])


def _ground(stand: Stand, pose: Pose, rises: dict[str, float]) -> float:
    """Where the ground lies under the bones as they are now."""
    soles = {side: float(stand.heads[f"{side}Foot"][2]) - rise for side, rise in rises.items()}
    knees = {side: float(stand.heads[f"{side}Leg"][2]) - _KNEE * size(stand) for side in SIDES}
    match pose.carried_by.split():
        case ["left" | "right" as side, "foot"]:
            return soles[side.capitalize()]
        case ["left" | "right" as side, "knee"]:
            return knees[side.capitalize()]
        case _:
            # The higher sole: the other leg can always bend more, never stretch.
            return max(soles.values(), default=0.0)
