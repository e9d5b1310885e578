"""Which face lies under each pixel: of a photo (through its camera) or of an atlas (through its UVs)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from .start import kernels_on, warp, warp_device

_DEPTH_STEPS = 2**30  # between the nearest and the farthest corner; finer than float32 resolves
_EMPTY = np.iinfo(np.int64).max  # kernels.NOTHING


@dataclass(frozen=True)
class Cover:
    """The surface under each pixel."""

    faces: NDArray[np.int32]  # [H, W], -1 where there is none
    weights: NDArray[np.float32]  # [H, W, 3] barycentric coordinates on the surface, 0 where there is none

    def of(self, values: NDArray, faces: NDArray) -> NDArray:
        """Values at the vertices [V, C], interpolated at the covered pixels [N, C], in the order of `faces >= 0`."""
        there = self.faces >= 0
        corners = faces[self.faces[there]]
        weights = self.weights[there].astype(values.dtype)
        return sum(weights[:, i, None] * values[corners[:, i]] for i in range(3))  # type: ignore[return-value]


def cover_of_photo(mesh: Mesh, camera: Camera, device: str = "cpu") -> Cover:
    """The nearest face under each pixel of a photo, [camera.height, camera.width].

    Faces with a corner behind the camera, or nearer than a hundredth of the mesh's size, are left out.
    """
    pixels, depth = camera.project(mesh.vertices)
    corners = np.concatenate([pixels, depth[:, None]], axis=1)[mesh.faces]
    near = 1e-2 * float(np.ptp(mesh.vertices, axis=0).max())
    kept = np.flatnonzero((corners[..., 2] > near).all(axis=1) & np.isfinite(corners).all(axis=(1, 2)))
    cover = _rasterise(corners[kept], camera.height, camera.width, device)
    numbers = np.append(kept, -1).astype(np.int32)  # the last one answers for -1
    return Cover(numbers[cover.faces], cover.weights)


def cover_of_atlas(uv: NDArray, size: int, device: str = "cpu") -> Cover:
    """The face on each texel of an atlas [size, size], row 0 at the top. uv: [F, 3, 2], (0, 0) at the bottom left."""
    corners = np.ones((len(uv), 3, 3))
    corners[..., 0] = uv[..., 0].astype(np.float64) * size
    corners[..., 1] = (1.0 - uv[..., 1].astype(np.float64)) * size
    return _rasterise(corners, size, size, device)


def _rasterise(corners: NDArray, height: int, width: int, device: str) -> Cover:
    """Triangles [F, 3, 3] of pixel x, pixel y, depth, the nearest on top; equally near, the first one."""
    wp, kernels, device = warp(), kernels_on(device), warp_device(device)
    owner = wp.full((height, width), value=_EMPTY, dtype=wp.int64, device=device)
    faces = wp.empty((height, width), dtype=wp.int32, device=device)
    weights = wp.zeros((height, width), dtype=wp.vec3, device=device)
    if len(corners) == 0:
        return Cover(np.full((height, width), -1, dtype=np.int32), weights.numpy())
    nearest, farthest = float(corners[..., 2].min()), float(corners[..., 2].max())
    steps = _DEPTH_STEPS / max(farthest - nearest, 1e-6)
    # Beyond this a float no longer becomes a whole number safely, and the picture has long ended.
    outside = 4.0 * max(height, width)
    clipped = np.clip(corners, [-outside, -outside, 0.0], [outside, outside, np.inf])
    triangles = wp.array(np.ascontiguousarray(clipped, dtype=np.float32), dtype=wp.vec3, device=device)
    wp.launch(kernels.draw, dim=len(corners), inputs=[triangles, nearest, steps, owner], device=device)
    wp.launch(kernels.resolve, dim=(height, width), inputs=[triangles, owner, faces, weights], device=device)
    return Cover(faces.numpy(), weights.numpy())
