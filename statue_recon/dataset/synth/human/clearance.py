"""Arms that have got into the body, brought out again: they may touch it, as on a statue, and no more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ....mesh.mesh import Mesh
from .anatomy import Anatomy, load
from .pose import Pose
from .poses import LIMITS
from .skeleton import SIDES

TOUCH = 0.012  # metres an arm may sink into the body
_LONGEST = 0.10  # metres: what is further from the skin than this is not inside, but beyond a fold
_ARM = 0.55  # metres from the shoulder at which the hand is, about: what a degree of abduction moves
_MOST = 14.0  # degrees of abduction at a time


def depths(anatomy: Anatomy, vertices: NDArray) -> dict[str, tuple[float, NDArray]]:
    """How deep each forearm and hand is in trunk or thighs (metres; 0 when outside), and the way out [3]."""
    trunk, arms = _parts(anatomy.folder)
    size = anatomy.body_size
    normals = Mesh(vertices[:size], anatomy.faces["body"]).normals
    tree = cKDTree(vertices[trunk])
    found = {}
    for side in SIDES:
        points = vertices[arms[side]]
        distance, nearest = tree.query(points, distance_upper_bound=_LONGEST)
        near = np.flatnonzero(np.isfinite(distance))
        outwards = normals[trunk[nearest[near]]]
        sunk = -np.einsum("ij,ij->i", points[near] - vertices[trunk[nearest[near]]], outwards)
        worst = int(sunk.argmax()) if len(sunk) else -1
        found[side] = (max(float(sunk[worst]), 0.0), outwards[worst]) if worst >= 0 else (0.0, np.zeros(3))
    return found


def relieved(pose: Pose, sunk: dict[str, tuple[float, NDArray]], bones: dict[str, NDArray]) -> Pose:
    """The pose with the arms that are too deep lifted sideways, or their hands' places moved out."""
    angles, reaches = dict(pose.angles), dict(pose.reaches)
    for side, (depth, outwards) in sunk.items():
        if depth <= TOUCH:
            continue
        key = side.lower()
        if key in reaches:
            bone, offset = reaches[key]
            step = bones[bone][:3, :3].T @ outwards * (depth - TOUCH / 2)
            x, y, z = (np.array(offset) + step).tolist()
            reaches[key] = (bone, (x, y, z))
        else:
            forward, away, outward = angles.get(f"{key}_arm", (0.0, 0.0, 0.0))
            more = min(np.degrees(depth / _ARM) + 1.0, _MOST)
            angles[f"{key}_arm"] = (forward, min(away + float(more), LIMITS["arm"][1][1]), outward)
    return replace(pose, angles=angles, reaches=reaches)


@cache
def _parts(folder: Path) -> tuple[NDArray, dict[str, NDArray]]:
    """Vertices of trunk and thighs, and some of each forearm and hand."""
    anatomy = load(folder)
    strongest = anatomy.weights[: anatomy.body_size].argmax(axis=1)
    names = np.array(anatomy.bone_names)[strongest]
    trunk = np.flatnonzero(np.isin(names, ("Hips", "Spine", "Spine1", "Spine2", "LeftUpLeg", "RightUpLeg")))
    arms = {}
    for side in SIDES:
        of_arm = np.char.startswith(names, f"{side}Hand") | (names == f"{side}ForeArm")
        arms[side] = np.flatnonzero(of_arm)[::_EVERY]
    return trunk, arms


_EVERY = 5  # of the vertices of an arm that are looked at
