"""Rotations as the body makes them, and dual quaternions to blend them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def about(axis: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """[3, 3] the turn about an axis [3], anticlockwise as seen from its tip."""
    x, y, z = unit(axis)
    angle = np.radians(degrees)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def about_x(degrees: float) -> NDArray[np.float64]:
    return about((1, 0, 0), degrees)


def about_y(degrees: float) -> NDArray[np.float64]:
    return about((0, 1, 0), degrees)


def about_z(degrees: float) -> NDArray[np.float64]:
    return about((0, 0, 1), degrees)


def unit(vector: ArrayLike) -> NDArray[np.float64]:
    vector = np.asarray(vector, float)
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def frame(hinge: ArrayLike, along: ArrayLike) -> NDArray[np.float64]:
    """[3, 3] with columns X (a limb's hinge, made square to it), Y, and Z (against the limb, which hangs along −Z)."""
    z = -unit(along)
    x = np.asarray(hinge, float)
    x = unit(x - z * (x @ z))
    return np.stack([x, np.cross(z, x), z], axis=1)


def least_turn(start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
    """[3, 3] the shortest way from one direction to another."""
    a, b = unit(start), unit(end)
    axis = np.cross(a, b)
    angle = float(np.degrees(np.arctan2(np.linalg.norm(axis), a @ b)))
    if np.linalg.norm(axis) < 1e-9:
        axis = np.cross(a, (1, 0, 0) if abs(a[0]) < 0.9 else (0, 1, 0))
    return about(axis, angle)


def rigid(rotation: NDArray, rest: NDArray, posed: NDArray) -> NDArray[np.float64]:
    """[4, 4] that turns by `rotation` and carries the point `rest` to `posed`."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = posed - rotation @ rest
    return matrix


def dual_quaternions(matrices: NDArray) -> NDArray[np.float64]:
    """[B, 8] of rigid matrices [B, 4, 4]: rotation (w, x, y, z), then the dual part."""
    real = np.stack([_quaternion(matrix[:3, :3]) for matrix in matrices])
    shift = np.concatenate([np.zeros((len(matrices), 1)), matrices[:, :3, 3]], axis=1)
    return np.concatenate([real, 0.5 * product(shift, real)], axis=1)


def product(one: NDArray, other: NDArray) -> NDArray:
    """Hamilton's product of quaternions [..., 4]."""
    a, b, c, d = np.moveaxis(one, -1, 0)
    e, f, g, h = np.moveaxis(other, -1, 0)
    return np.stack(
        [
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        ],
        axis=-1,
    )


def _quaternion(matrix: NDArray) -> NDArray[np.float64]:
    """(w, x, y, z) of a rotation: the eigenvector that Bar-Itzhack's symmetric matrix keeps."""
    m = matrix
    k = np.array(
        [
            [m[0, 0] + m[1, 1] + m[2, 2], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
            [0, m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
            [0, 0, m[1, 1] - m[0, 0] - m[2, 2], m[1, 2] + m[2, 1]],
            [0, 0, 0, m[2, 2] - m[0, 0] - m[1, 1]],
        ]
    )
    _, vectors = np.linalg.eigh(k, UPLO="U")
    return vectors[:, -1]
