"""What a camera sees of a mesh, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from .interpolate import unit
from .raster import cover_of_photo


@dataclass(frozen=True)
class GBuffer:
    """The surface under each pixel's centre; all pictures [H, W, …], zero where there is none unless said."""

    faces: NDArray[np.int32]  # [H, W], −1 where there is none
    weights: NDArray[np.float32]  # [H, W, 3] barycentric coordinates on the surface
    depth: NDArray[np.float32]  # [H, W] along the camera's axis, world units; infinite where there is none
    position: NDArray[np.float32]  # [H, W, 3] in the world
    normal: NDArray[np.float32]  # [H, W, 3] smooth, of length 1, in the world, outwards
    facing: NDArray[np.float32]  # [H, W] cosine between the normal and the way to the eye; below 0 looks away

    @property
    def there(self) -> NDArray[np.bool_]:
        """[H, W] where there is a surface."""
        return self.faces >= 0


def gbuffer(mesh: Mesh, camera: Camera, device: str = "cpu") -> GBuffer:
    """Faces, places, depths and normals as a camera sees them, [camera.height, camera.width].

    A face counts from both sides; `facing` tells which one is seen.
    """
    cover = cover_of_photo(mesh, camera, device)
    there = cover.faces >= 0
    surface = cover.picture(np.hstack([mesh.vertices, mesh.normals]), mesh.faces)
    # Between opposite vertex normals a smooth one may vanish; the face's own never does.
    position, normal = surface[..., :3], unit(surface[..., 3:])
    lost = there & (np.einsum("...i,...i->...", normal, normal) < 0.5)
    normal[lost] = mesh.face_normals[cover.faces[lost]]
    forward, offset = camera.rotation[2].astype(np.float32), np.float32(camera.world_to_camera[2, 3])
    depth = np.where(there, position @ forward + offset, np.float32(np.inf))
    towards = unit(camera.position.astype(np.float32) - position)
    facing = np.einsum("...i,...i->...", towards, normal)
    return GBuffer(cover.faces, cover.weights, depth, np.ascontiguousarray(position), normal, facing)
