"""Skin over moving bones: dual quaternions, so that limbs twist without collapsing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .anatomy import Anatomy, load
from .skeleton import FAR, TWISTING
from .turns import dual_quaternions

# Share of plain linear blending: dual quaternions alone swell the outside of a bent elbow or knee.
_LINEAR = 0.35


def skinned(anatomy: Anatomy, rest: NDArray, bones: dict[str, NDArray]) -> NDArray[np.float32]:
    """Vertices [V, 3] of the posed body. bones: rest → posed [4, 4], also of the far ends of limbs that twist."""
    names, weights, strongest = _weights(anatomy.folder)
    matrices = np.stack([bones[name] for name in names])
    linear = (weights @ matrices[:, :3].reshape(len(names), 12).astype(np.float32)).reshape(-1, 3, 4)
    moved = np.einsum("vij,vj->vi", linear[:, :, :3], rest) + linear[:, :, 3]
    return (_LINEAR * moved + (1 - _LINEAR) * _by_quaternions(weights, strongest, matrices, rest)).astype(np.float32)


def _by_quaternions(weights: NDArray, strongest: NDArray, matrices: NDArray, rest: NDArray) -> NDArray[np.float32]:
    """Kavan et al. 2008: blend the bones' dual quaternions, all on the hemisphere of each vertex's strongest bone."""
    turns = dual_quaternions(matrices).astype(np.float32)
    sides = np.where(turns[:, :4] @ turns[:, :4].T < 0, np.float32(-1), np.float32(1))
    blended = (weights * sides[strongest]) @ turns
    blended /= np.linalg.norm(blended[:, :4], axis=1, keepdims=True)
    scalar, vector = blended[:, :1], blended[:, 1:4]
    dual_scalar, dual_vector = blended[:, 4:5], blended[:, 5:]
    turned = rest + 2 * np.cross(vector, np.cross(vector, rest) + scalar * rest)
    return turned + 2 * (scalar * dual_vector - dual_scalar * vector + np.cross(vector, dual_vector))


@cache
def _weights(folder: Path) -> tuple[tuple[str, ...], NDArray[np.float32], NDArray[np.int64]]:
    """Bones, weights [V, B] and each vertex's strongest bone, the weights of twisting limbs shared along them."""
    anatomy = load(folder)
    joints = anatomy.joints(anatomy.base)
    names, columns = list(anatomy.bone_names), list(_softened(anatomy).T.copy())
    for name in TWISTING:
        column = names.index(name)
        start, along = joints[name], joints[f"{name}.tail"] - joints[name]
        share = np.clip((anatomy.base - start) @ along / (along @ along), 0, 1).astype(np.float32)
        names.append(name + FAR)
        columns.append(columns[column] * share)
        columns[column] = columns[column] * (1 - share)
    weights = np.ascontiguousarray(np.stack(columns, axis=1))
    return tuple(names), weights, weights.argmax(axis=1)


def _softened(anatomy: Anatomy) -> NDArray[np.float32]:
    """Weights [V, B] spread over neighbouring vertices: arms lifted far leave no crease where they meet the trunk."""
    count = len(anatomy.base)
    corners = np.concatenate(list(anatomy.faces.values()))
    ends = np.concatenate([corners[:, (0, 1)], corners[:, (1, 2)], corners[:, (2, 0)]])
    links = sparse.coo_matrix((np.ones(len(ends), np.float32), (ends[:, 0], ends[:, 1])), (count, count)).tocsr()
    links = ((links + links.T) > 0).astype(np.float32)
    neighbours = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1)
    weights = anatomy.weights.copy()
    soft = np.isin(np.array(anatomy.bone_names), _SOFT)[anatomy.strongest] & (links.sum(axis=1).A1 > 0)
    for _ in range(_SOFTENINGS):
        around = (links @ weights) / neighbours[:, None]
        weights[soft] = 0.5 * (weights[soft] + around[soft])
    return weights / weights.sum(axis=1, keepdims=True)


# Bones whose skin is softened: the face, hands and feet are too fine for it.
_SOFT = ("Hips", "Spine", "Spine1", "Spine2", "Neck", "LeftShoulder", "RightShoulder", "LeftArm", "RightArm",
         "LeftUpLeg", "RightUpLeg")  # fmt: skip
_SOFTENINGS = 10
