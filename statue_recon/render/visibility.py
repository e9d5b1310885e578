"""What of a surface several cameras see: of its vertices, of its texels, of any of its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from .raster import Cover, cover_of_atlas
from .rays import Rays

_TEXELS_AT_ONCE = 1_000_000  # bounds the memory beside the answer to about 40 MB


@dataclass(frozen=True)
class Visibility:
    """How each of C cameras sees each place: [C, V] for vertices, [C, S, S] for texels."""

    seen: NDArray[np.bool_]  # within the picture, looking towards the camera, nothing in between
    cosine: NDArray[np.float32]  # between the normal and the way to the camera, −1 … 1; 0 where there is no place

    @property
    def weights(self) -> NDArray[np.float32]:
        """[C, …] the cosine where seen, else 0."""
        return np.where(self.seen, self.cosine, np.float32(0.0))

    @property
    def best(self) -> NDArray[np.float32]:
        """[…] the largest weight over the cameras: 0 no camera sees the place … 1 one looks at it squarely."""
        return self.weights.max(axis=0)


def vertex_visibility(mesh: Mesh, cameras: Sequence[Camera], device: str = "cpu") -> Visibility:
    """How the cameras see the vertices."""
    return point_visibility(Rays(mesh, device), mesh.vertices, mesh.normals, cameras)


def texel_visibility(mesh: Mesh, uv: NDArray, size: int, cameras: Sequence[Camera], device: str = "cpu") -> Visibility:
    """How the cameras see the texels of an atlas [size, size], row 0 at the top; unused texels are not seen.

    uv [F, 3, 2], (0, 0) at the bottom left.
    """
    rays, cover = Rays(mesh, device), cover_of_atlas(uv, size, device)
    visibility = Visibility(
        np.zeros((len(cameras), size, size), dtype=bool), np.zeros((len(cameras), size, size), dtype=np.float32)
    )
    rows = max(1, _TEXELS_AT_ONCE // size)
    for row in range(0, size, rows):
        band = np.s_[row : row + rows]
        surface = Cover(cover.faces[band], cover.weights[band])
        points, normals = (surface.picture(values, mesh.faces) for values in (mesh.vertices, mesh.normals))
        of_band = point_visibility(rays, points.reshape(-1, 3), normals.reshape(-1, 3), cameras)
        visibility.seen[:, band] = of_band.seen.reshape(-1, *points.shape[:2])
        visibility.cosine[:, band] = of_band.cosine.reshape(-1, *points.shape[:2])
    return visibility


def point_visibility(rays: Rays, points: NDArray, normals: NDArray, cameras: Sequence[Camera]) -> Visibility:
    """How the cameras see points [N, 3] on the mesh of `rays`, with normals [N, 3] of any length. Arrays of [C, N].

    A point whose normal is zero is not seen.
    """
    views = [rays.seen_by(camera, points, normals) for camera in cameras]
    return Visibility(np.stack([seen for seen, _ in views]), np.stack([cosine for _, cosine in views]))
