"""Which face lies under each pixel: of a photo (through its camera) or of an atlas (through its UVs)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from .interpolate import interpolated
from .launch import launch, triangles, vectors
from .start import kernels_on, warp, warp_device

_DEPTH_STEPS = 2**30  # between the nearest and the farthest corner; finer than float32 resolves
_EMPTY = np.iinfo(np.int64).max  # kernels.NOTHING
_NEAR = 1e-2  # of the mesh's size


@dataclass(frozen=True)
class Cover:
    """The surface under each pixel."""

    faces: NDArray[np.int32]  # [H, W], -1 where there is none
    weights: NDArray[np.float32]  # [H, W, 3] barycentric coordinates on the surface, 0 where there is none

    def of(self, values: NDArray, faces: NDArray) -> NDArray:
        """Values at the vertices [V, C], interpolated at the covered pixels [N, C], in the order of `faces >= 0`."""
        there = self.faces >= 0
        weights = self.weights[there].astype(values.dtype)
        if values.dtype == np.float32:
            return interpolated(values, faces, self.faces[there], weights)
        corners = faces[self.faces[there]]
        return sum(weights[:, i, None] * values[corners[:, i]] for i in range(3))  # type: ignore[return-value]

    def picture(self, values: NDArray, faces: NDArray, empty: float = 0.0) -> NDArray[np.float32]:
        """Values at the vertices [V, C] as a picture [H, W, C], `empty` where there is no surface."""
        return interpolated(values, faces, self.faces, self.weights, empty)


def cover_of_photo(mesh: Mesh, camera: Camera, device: str = "cpu") -> Cover:
    """The nearest face under each pixel of a photo, [camera.height, camera.width].

    Faces with a corner behind the camera, or nearer than a hundredth of the mesh's size, are left out.
    """
    pixels, depth = camera.project(mesh.vertices)
    near = _NEAR * float(np.ptp(mesh.vertices, axis=0).max())
    return _rasterise(np.column_stack([pixels, depth]), mesh.faces, near, camera.height, camera.width, device)


def cover_of_atlas(uv: NDArray, size: int, device: str = "cpu") -> Cover:
    """The face on each texel of an atlas [size, size], row 0 at the top. uv: [F, 3, 2], (0, 0) at the bottom left."""
    corners = np.ones((3 * len(uv), 3))
    corners[:, 0] = uv[..., 0].ravel().astype(np.float64) * size
    corners[:, 1] = (1.0 - uv[..., 1].ravel().astype(np.float64)) * size
    return _rasterise(corners, np.arange(len(corners)).reshape(-1, 3), 0.0, size, size, device)


def _rasterise(points: NDArray, faces: NDArray, near: float, height: int, width: int, device: str) -> Cover:
    """Triangles between points [P, 3] of pixel x, pixel y, depth, the nearest on top; equally near, the first one.

    Faces with a corner nearer than `near`, or not finite, are left out.
    """
    wp, kernels, device = warp(), kernels_on(device), warp_device(device)
    there = (points[:, 2] > near) & np.isfinite(points).all(axis=1)
    if len(faces) == 0 or not there.any():
        return Cover(np.full((height, width), -1, np.int32), np.zeros((height, width, 3), np.float32))
    nearest, farthest = float(points[there, 2].min()), float(points[there, 2].max())
    steps = _DEPTH_STEPS / max(farthest - nearest, 1e-6)
    # Beyond this a float no longer becomes a whole number safely, and the picture has long ended.
    outside = 4.0 * max(height, width)
    clipped = np.where(there[:, None], np.clip(points, [-outside, -outside, 0.0], [outside, outside, np.inf]), -1.0)
    corners, numbers = vectors(clipped, device), triangles(faces, device)
    owner = wp.full((height, width), value=_EMPTY, dtype=wp.int64, device=device)
    # Not shared among cores: there Warp's atomic_min is none.
    wp.launch(kernels.draw, dim=len(faces), inputs=[0, corners, numbers, near, nearest, steps, owner], device=device)
    under = wp.empty((height, width), dtype=wp.int32, device=device)
    weights = wp.empty((height, width), dtype=wp.vec3, device=device)
    launch(kernels.resolve, height * width, [corners, numbers, owner, under, weights], device)
    return Cover(under.numpy(), weights.numpy())
