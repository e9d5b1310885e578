"""What a photo knows about the surface: which of its pixels can be believed, and how well each place was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from ..render.raster import cover_of_photo
from ..render.rays import Rays
from ..render.trust import trusted, turned_to
from .blur import blurred
from .view import View

_MARGIN = 1.5, 0.001  # pixels, plus a share of the photo's longer side, not believed along an outline …
_FEATHER = 1.5, 0.004  # … and over which the belief then rises from 0 to 1
_JUMP = 0.012  # of the mesh's size: a step in depth between neighbouring pixels that is an outline, not a slope
_STEEPEST_SLOPE = 5.0  # depth per width (79°): up to this a step in depth may be a slope

_COARSE = 1.25  # pixels a texel covers, from which the photo is averaged first: fine patterns would turn into noise
_AVERAGE = 0.4  # of a texel's width: the sigma of that average


@dataclass(frozen=True)
class Sight:
    """One photo's view of a mesh."""

    camera: Camera
    rgb: NDArray[np.float32]  # [H, W, 3] sRGB; the statue's colours only, no finer than the atlas can show
    trust: NDArray[np.float32]  # [H, W] 0 … 1, of each pixel of the photo
    rays: Rays
    fineness: float  # the photo's pixels per unit of the statue, at its middle

    def weights(self, points: NDArray, normals: NDArray) -> NDArray[np.float32]:
        """How well the photo shows surface points: 0 not at all … 1 fully.

        Facing the camera, unhidden, and away from all outlines: the product of the three. points, normals [N, 3].
        Returns [N].
        """
        weights = turned_to(self._cosines(points, normals)[0])
        near = np.flatnonzero(weights > 0)
        weights[near] *= sample(self.trust, self.pixels(points[near]))
        # Rays cost most: only what the other two have not ruled out is asked for.
        asked = np.flatnonzero(weights > 1e-3)
        free = self.rays.seen_from(self.camera.position, points[asked], normals[asked])
        weights[asked[~free]] = 0.0
        return weights

    def quality(self, points: NDArray, normals: NDArray, texels: float) -> NDArray[np.float32]:
        """How good this photo is for surface points, should it see them: cos² times the fineness squared.

        `texels` of the atlas lie along a unit: a photo finer than these is no better. Returns [N], 0 … 1.
        """
        cosines, distances = self._cosines(points, normals)
        fine = np.minimum(self.camera.fx / np.maximum(distances * max(texels, 1e-9), 1e-9), 1.0)
        return np.maximum(cosines, 0.0) ** 2 * fine**2

    def pixels(self, points: NDArray) -> NDArray[np.float32]:
        """Where points [N, 3] fall on the photo [N, 2]; behind the camera: far outside."""
        # In float32, unlike Camera.project: a thousandth of a pixel is enough, and there are millions of texels.
        camera = self.camera
        matrix = camera.world_to_camera.astype(np.float32)
        at_camera = points.astype(np.float32, copy=False) @ matrix[:3, :3].T
        at_camera += matrix[:3, 3]
        depth = at_camera[:, 2]
        ahead = depth > 1e-6
        inverse = np.divide(1.0, depth, out=np.zeros_like(depth), where=ahead)
        pixels = np.empty((len(points), 2), dtype=np.float32)
        for axis, (focal, middle) in enumerate(((camera.fx, camera.cx), (camera.fy, camera.cy))):
            pixels[:, axis] = np.where(ahead, at_camera[:, axis] * inverse * np.float32(focal) + middle, -1e4)
        return pixels

    def around(self, points: NDArray, width: float) -> NDArray[np.float32]:
        """The photo's colours [N, 3] at points, seen or not, blurred by `width` units; beside the photo, its rim's."""
        limits = [self.camera.width - 0.5, self.camera.height - 0.5]
        pixels = np.clip(self.pixels(points), 0.5, limits).astype(np.float32)
        return sample(blurred(self.rgb, self.trust, width * self.fineness), pixels)

    def _cosines(self, points: NDArray, normals: NDArray) -> tuple[NDArray, NDArray]:
        """The cosine between each normal and the way to the camera, and how far that way is; each [N]."""
        towards = self.camera.position.astype(np.float32) - points
        distances = np.sqrt(np.einsum("ij,ij->i", towards, towards))
        return np.einsum("ij,ij->i", towards, normals) / np.maximum(distances, 1e-12), distances


def sights_of(mesh: Mesh, views: Sequence[View], texels: float, device: str) -> list[Sight]:
    """What each photo knows of `mesh`, for an atlas with `texels` along a unit of the surface."""
    rays = Rays(mesh, device)
    return [_sight(mesh, view, rays, texels, device) for view in views]


def sample(picture: NDArray, pixels: NDArray) -> NDArray[np.float32]:
    """The picture [H, W] or [H, W, C], bilinearly, at pixels [N, 2]; 0 outside."""
    count = len(pixels)
    if count == 0:
        return np.zeros((0, *picture.shape[2:]), dtype=np.float32)
    # OpenCV wants a picture's shape, no side above 32767, and counts from pixel centres.
    rows = -(-count // 8192)
    x, y = np.full((2, rows * 8192), -1e4, dtype=np.float32)
    for places, along in ((x, 0), (y, 1)):
        places[:count] = np.clip(pixels[:, along], -1e4, 3e4) - 0.5
    x, y = x.reshape(rows, 8192), y.reshape(rows, 8192)
    values: NDArray = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return values.reshape(rows * 8192, *picture.shape[2:])[:count]


def _sight(mesh: Mesh, view: View, rays: Rays, texels: float, device: str) -> Sight:
    camera = view.camera
    centre = mesh.vertices.mean(axis=0, keepdims=True)
    fineness = camera.fx / max(float(camera.project(centre)[1][0]), 1e-6)
    trust = _trust(mesh, view.photo.alpha, camera, device)
    return Sight(camera, _of_the_statue(view.photo.rgb, trust, fineness / max(texels, 1e-6)), trust, rays, fineness)


def _of_the_statue(rgb: NDArray, trust: NDArray, texel: float) -> NDArray[np.float32]:
    """The photo [H, W, 3] with believed pixels only, their nearest colours spread over all others.

    Whatever is blurred or read between two pixels later, nothing of the background can get in. `texel` is a texel's
    width in pixels: what is finer is averaged away.
    """
    rgb = np.ascontiguousarray(rgb, dtype=np.float32)
    believed = (trust > 0).astype(np.float32)
    averaged = blurred(rgb, believed, _AVERAGE * max(texel, 1.0))
    return averaged if texel > _COARSE else np.where(trust[..., None] > 0, rgb, averaged)


def _trust(mesh: Mesh, alpha: NDArray, camera: Camera, device: str) -> NDArray[np.float32]:
    """How far each pixel can be believed [H, W]; see `trusted`."""
    cover = cover_of_photo(mesh, camera, device)
    there = cover.faces >= 0
    depth = np.zeros(there.shape, dtype=np.float32)
    depth[there] = cover.of(camera.project(mesh.vertices)[1].astype(np.float32)[:, None], mesh.faces)[:, 0]
    pixel = float(np.median(depth[there])) / camera.fx if there.any() else 0.0
    cliff = max(_JUMP * float(np.ptp(mesh.vertices, axis=0).max()), _STEEPEST_SLOPE * pixel)
    margin, feather = (fixed + share * max(alpha.shape) for fixed, share in (_MARGIN, _FEATHER))
    return trusted(alpha, depth, there, cliff, margin, feather)
