"""Small pictures of statues, as the judge of bench/edit.py sees them: of synthetic statues and of edited ones alike.

Two looks, each [4, SIDE, SIDE] of bytes, the last channel telling where the statue is:

    coloured   its colours in plain light: no shine, for no judge shall know metal by its highlights
    carved     its normals in the camera's frame: nothing of what it is made of
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_recon.camera import Camera
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.raster import Cover, cover_of_photo

SIDE = 64  # pixels
FINER = 2  # times the pixels that are drawn before they are averaged
AWAY, FOCAL = 4.0, 3.4  # distance in sizes of what is framed, focal length in sides of the picture
AMBIENT = 0.45  # of the light, from everywhere

Pixels = NDArray[np.uint8]
Paint = Callable[[Cover], NDArray[np.float32]]  # the sRGB colours [N, 3] of the covered pixels


@dataclass(frozen=True)
class Frame:
    """What a picture is filled with."""

    middle: NDArray[np.float64]  # [3]
    size: float  # of the longest side

    @classmethod
    def around(cls, vertices: NDArray) -> Frame:
        low, high = vertices.min(axis=0).astype(float), vertices.max(axis=0).astype(float)
        return cls((low + high) / 2, float((high - low).max()))

    def upper(self, share: float) -> Frame:
        """Less of it: the uppermost share of an upright statue."""
        rise = np.array([0.0, 0.0, self.size * (1.0 - share) / 2])
        return Frame(self.middle + rise, self.size * share)

    def camera(self, azimuth: float, elevation: float, side: int = SIDE * FINER) -> Camera:
        aim = (float(self.middle[0]), float(self.middle[1]), float(self.middle[2]))
        return Camera.orbit(azimuth, elevation, AWAY * self.size, side, side, FOCAL * side, aim)


def by_vertex(mesh: Mesh, colours: NDArray[np.float32]) -> Paint:
    """Paints with colours [V, 3] sRGB 0 … 1."""
    return lambda cover: cover.of(colours, mesh.faces)


def coloured(mesh: Mesh, camera: Camera, paint: Paint, light: NDArray, bright: float = 1.0) -> Pixels:
    """light [3]: where it comes from, in the camera's frame."""
    cover = cover_of_photo(mesh, camera)
    there = cover.faces >= 0
    facing = np.clip(_normals(mesh, cover, camera) @ (light / np.linalg.norm(light)), 0.0, 1.0)
    shade = bright * (AMBIENT + (1.0 - AMBIENT) * facing)
    return _picture(there, np.clip(paint(cover), 0.0, 1.0) * shade[:, None])


def carved(mesh: Mesh, camera: Camera) -> Pixels:
    cover = cover_of_photo(mesh, camera)
    return _picture(cover.faces >= 0, 0.5 + 0.5 * _normals(mesh, cover, camera))


def _normals(mesh: Mesh, cover: Cover, camera: Camera) -> NDArray[np.float32]:
    """[N, 3] in the camera's frame, of length 1."""
    found = cover.of(mesh.normals, mesh.faces) @ np.asarray(camera.rotation, np.float32).T
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


def _picture(there: NDArray[np.bool_], values: NDArray) -> Pixels:
    """[4, SIDE, SIDE] of values [N, 3] 0 … 1 where something is; black elsewhere."""
    whole = np.zeros((*there.shape, 4), np.float32)
    whole[there, :3] = values
    whole[..., 3] = there
    small = cv2.resize(whole, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.rint(255.0 * np.clip(small, 0.0, 1.0)).astype(np.uint8).transpose(2, 0, 1))
