"""What the photo knows about the surface: which of its pixels can be believed, and how well each place was seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from ..render.raster import cover_of_photo
from ..render.rays import Rays

_OPAQUE = 0.9  # alpha from which a pixel shows the statue and not the background shining through
_MARGIN = 1.5, 0.001  # pixels, plus a share of the photo's longer side, not believed along an outline …
_FEATHER = 1.5, 0.004  # … and over which the belief then rises from 0 to 1
_JUMP = 0.012  # of the mesh's size: a step in depth between neighbouring pixels that is an outline, not a slope
_STEEPEST_SLOPE = 5.0  # depth per width (79°): up to this a step in depth may be a slope

# Cosine between surface and line of sight at which seeing begins and at which it is complete. A smooth rise stands in
# for the usual cos²: it ends at a true 0, where a pixel would be smeared over ten texels, and gives whole areas a
# true 1, where nothing invented shall be mixed in.
_GLANCING, _FACING = 0.13, 0.5


@dataclass(frozen=True)
class Sight:
    """The photo's view of a mesh."""

    camera: Camera
    trust: NDArray[np.float32]  # [H, W] 0 … 1, of each pixel of the photo
    rays: Rays

    def weights(self, points: NDArray, normals: NDArray) -> NDArray[np.float32]:
        """How well the photo shows surface points: 0 not at all … 1 fully.

        Facing the camera, unhidden, and away from all outlines: the product of the three. points, normals [N, 3].
        Returns [N].
        """
        towards = self.camera.position.astype(np.float32) - points
        towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-12)
        facing = _smooth_step((np.einsum("ij,ij->i", towards, normals) - _GLANCING) / (_FACING - _GLANCING))
        weights = np.zeros(len(points), dtype=np.float32)
        near = np.flatnonzero(facing > 0)
        weights[near] = facing[near] * sample(self.trust, self.pixels(points[near]))
        # Rays cost most: only what the other two have not ruled out is asked for.
        asked = np.flatnonzero(weights > 1e-3)
        free = self.rays.seen_from(self.camera.position, points[asked], normals[asked])
        weights[asked[~free]] = 0.0
        return weights

    def pixels(self, points: NDArray) -> NDArray[np.float32]:
        """Where points [N, 3] fall on the photo [N, 2]; behind the camera: far outside."""
        pixels, depth = self.camera.project(points)
        return np.where(depth[:, None] > 0, pixels, -1e4).astype(np.float32)


def sight_of(mesh: Mesh, alpha: NDArray, camera: Camera, device: str) -> Sight:
    """The view of `mesh` by the photo whose mask is `alpha` [H, W]."""
    return Sight(camera, _trust(mesh, alpha, camera, device), Rays(mesh, device))


def sample(picture: NDArray, pixels: NDArray) -> NDArray[np.float32]:
    """The picture [H, W] or [H, W, C], bilinearly, at pixels [N, 2]; 0 outside."""
    count = len(pixels)
    if count == 0:
        return np.zeros((0, *picture.shape[2:]), dtype=np.float32)
    # OpenCV wants a picture's shape, no side above 32767, and counts from pixel centres.
    rows = -(-count // 8192)
    places = np.full((rows * 8192, 2), -1e4, dtype=np.float32)
    places[:count] = np.clip(pixels, -1e4, 3e4) - 0.5
    x, y = places.reshape(rows, 8192, 2).transpose(2, 0, 1)
    values: NDArray = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return values.reshape(rows * 8192, *picture.shape[2:])[:count]


def _trust(mesh: Mesh, alpha: NDArray, camera: Camera, device: str) -> NDArray[np.float32]:
    """How far each pixel can be believed [H, W]: 0 along the mask's and all inner outlines, rising to 1 away from them.

    There a pixel mixes two surfaces, or the statue and the background, and a mesh that is off by a pixel would take
    the colour of the wrong one.
    """
    outline = (alpha < _OPAQUE) | _depth_outlines(mesh, camera, device)
    distance = cv2.distanceTransform(np.pad(~outline, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    side = max(alpha.shape)
    margin, feather = (fixed + share * side for fixed, share in (_MARGIN, _FEATHER))
    return _smooth_step((distance - margin) / feather)


def _depth_outlines(mesh: Mesh, camera: Camera, device: str) -> NDArray[np.bool_]:
    """The pixels [H, W] on either side of a jump in depth within the statue."""
    cover = cover_of_photo(mesh, camera, device)
    there = cover.faces >= 0
    depth = np.zeros(there.shape, dtype=np.float32)
    depth[there] = cover.of(camera.project(mesh.vertices)[1].astype(np.float32)[:, None], mesh.faces)[:, 0]
    size = float(np.ptp(mesh.vertices, axis=0).max())
    pixel = float(np.median(depth[there])) / camera.fx if there.any() else 0.0
    jump = max(_JUMP * size, _STEEPEST_SLOPE * pixel)
    outline = np.zeros(there.shape, dtype=bool)
    for here, beside in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        edge = there[here] & there[beside] & (np.abs(depth[here] - depth[beside]) > jump)
        outline[here] |= edge
        outline[beside] |= edge
    return outline


def _smooth_step(values: NDArray) -> NDArray[np.float32]:
    values = np.clip(values, 0.0, 1.0).astype(np.float32)
    return values * values * (3.0 - 2.0 * values)
