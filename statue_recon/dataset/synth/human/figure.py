"""A person in a pose: every vertex of the body and its helpers, and where the bones are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from .anatomy import Anatomy
from .build import Build
from .clearance import TOUCH, depths, relieved
from .hands import HANDS
from .pose import Pose
from .reach import planted, reached
from .shape import shaped
from .skeleton import FAR, FINGERS, SIDES, Skeleton, posed
from .skin import skinned
from .smooth import finer
from .turns import unit

_PALM = 0.22  # of the hand's length (wrist to middle knuckle) by which a held staff's axis lies before the palm
_TOWARDS_KNUCKLES = 0.85  # of the way from the wrist to the knuckles where it crosses

_TRIES = 5  # at bringing the arms out of the body and both feet to the ground
_LEVEL = 0.003  # metres a sole may miss the ground
_BUTTOCKS = 0.3  # share of the hips in the skin one sits on
_PRESSED = 0.03  # metres of it that lie on the seat


@dataclass(frozen=True)
class Figure:
    """A posed body. World axes: metres, Z up, facing −Y; the lowest point of the body at z = 0."""

    build: Build
    pose: Pose
    anatomy: Anatomy
    rest: NDArray[np.float32]  # [V, 3] all vertices, helpers too, before posing
    vertices: NDArray[np.float32]  # [V, 3] posed
    bones: dict[str, NDArray]  # [4, 4] rest → posed
    joints: dict[str, NDArray]  # [3] posed head of each bone; "Head.tail" its end
    seat: tuple[float, float, float] | None  # x, y and height of the middle of what it sits on

    def mesh(self, group: str = "body", without: NDArray | None = None) -> Mesh:
        """A group's posed triangles.

        The body comes subdivided once, and with its eyeballs as overlapping closed parts. without: [V] which vertices
        are gone; the faces that touch them go too, and leave a hole.
        """
        if group == "body":
            skin = finer(self.anatomy.folder)
            places = skin.vertices(self.vertices)
            faces = skin.faces if without is None else skin.without(without)
        else:
            places, faces = self.vertices, self.anatomy.faces[group]
            faces = faces if without is None else faces[~without[faces].any(axis=1)]
        used, corners = np.unique(faces, return_inverse=True)
        return Mesh(places[used], corners.reshape(-1, 3).astype(np.int32))

    def along(self, bone: str) -> NDArray[np.bool_]:
        """[V] which vertices follow this bone more than any other."""
        return self.anatomy.strongest == self.anatomy.bone_names.index(bone)

    def below(self, bone: str) -> NDArray[np.bool_]:
        """[V] which vertices follow the bones that hang on this one."""
        hanging = {bone}
        for other in self.anatomy.bones:  # parents come before children
            if other.parent in hanging:
                hanging.add(other.name)
        numbers = [self.anatomy.bone_names.index(name) for name in hanging - {bone}]
        return np.isin(self.anatomy.strongest, numbers)

    def grip(self, side: str) -> NDArray:
        """[4, 4] the frame of what a hand ("Left", "Right") holds.

        Origin in the palm, Z along it towards the thumb's end, Y out of the palm.
        """
        wrist = self.joints[f"{side}Hand"]
        index, middle, ring, little = (self.joints[f"{side}Hand{finger}1"] for finger in FINGERS[1:])
        knuckles = (middle + ring) / 2
        length = float(np.linalg.norm(knuckles - wrist))
        along = unit(knuckles - wrist)
        up = index - little
        up = unit(up - along * (up @ along))
        out = np.cross(along, up) if side == "Left" else np.cross(up, along)
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = np.cross(out, up), out, up
        matrix[:3, 3] = wrist + _TOWARDS_KNUCKLES * (knuckles - wrist) + _PALM * length * out
        return matrix

    def moved(self, to_world: ArrayLike) -> Figure:
        """The figure carried by a rigid [4, 4] matrix."""
        matrix = np.asarray(to_world, float)

        def carried(points: NDArray) -> NDArray:
            return points @ matrix[:3, :3].T + matrix[:3, 3]

        return replace(
            self,
            vertices=carried(self.vertices).astype(np.float32),
            bones={name: matrix @ bone for name, bone in self.bones.items()},
            joints={name: carried(place) for name, place in self.joints.items()},
            seat=None if self.seat is None else tuple(carried(np.array(self.seat)).tolist()),
        )


def figure(build: Build, pose: Pose, anatomy: Anatomy) -> Figure:
    """A person of this build in this pose; the pose is eased where arms would sink into the body."""
    rest = shaped(build, anatomy)
    skeleton = Skeleton.of(anatomy, rest)
    soles: dict[str, float] = {}
    for tries in range(_TRIES):
        stand = posed(skeleton, pose.angles, {"Left": HANDS[pose.hands[0]], "Right": HANDS[pose.hands[1]]})
        planted(stand, pose, soles)
        reached(stand, pose)
        bones = stand.matrices()
        vertices = skinned(anatomy, rest, bones)
        sunk = depths(anatomy, vertices)
        rises = _above_ground(pose, anatomy, vertices)
        clear = max(depth for depth, _ in sunk.values()) <= TOUCH
        if tries == _TRIES - 1 or (clear and max(map(abs, rises.values()), default=0.0) <= _LEVEL):
            break
        pose = relieved(pose, sunk, bones)
        soles = {side: soles.get(side, 0.0) - rise for side, rise in rises.items()}
    joints = dict(stand.heads)
    for bone in anatomy.bones:
        end = bones.get(bone.name + FAR, bones[bone.name])
        joints[f"{bone.name}.tail"] = end[:3, :3] @ skeleton.joints[f"{bone.name}.tail"] + end[:3, 3]
    whole = Figure(build, pose, anatomy, rest, vertices, bones, joints, _seat(pose, anatomy, vertices))
    lift = np.eye(4)
    lift[2, 3] = -float(vertices[: anatomy.body_size, 2].min())
    return whole.moved(lift)


def _above_ground(pose: Pose, anatomy: Anatomy, vertices: NDArray) -> dict[str, float]:
    """How high above z = 0 the skin of each foot ends that should stand there."""
    found = {}
    strongest = anatomy.strongest[: anatomy.body_size]
    for side, heel in zip(SIDES, pose.heels, strict=True):
        if heel is not None:
            numbers = [anatomy.bone_names.index(f"{side}{bone}") for bone in ("Foot", "ToeBase")]
            found[side] = float(vertices[: anatomy.body_size, 2][np.isin(strongest, numbers)].min())
    return found


def _seat(pose: Pose, anatomy: Anatomy, vertices: NDArray) -> tuple[float, float, float] | None:
    """Under the buttocks of one who sits: x, y and height."""
    if pose.carried_by != "seat":
        return None
    hips = anatomy.weights[: anatomy.body_size, anatomy.bone_names.index("Hips")] > _BUTTOCKS
    below = vertices[: anatomy.body_size][hips]
    lowest = np.quantile(below[:, 2], 0.02)
    x, y = below[below[:, 2] < lowest + _PRESSED, :2].mean(axis=0)
    return float(x), float(y), float(lowest)
