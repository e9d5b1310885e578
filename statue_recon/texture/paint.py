"""The picture of a mesh: the photo where it shows the surface, a continuation where it does not."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh, TexturedMesh
from ..photo.photo import Photo
from ..render.raster import Cover, cover_of_atlas
from ..report import Report
from .blur import blurred, nearest
from .continuation import continued, smoothed
from .grain import grain_of, spread
from .sight import Sight, sample, sight_of

log = logging.getLogger(__name__)

_TEXELS_AT_ONCE = 1_000_000  # bounds the memory of painting to about 300 MB, and lets a run be stopped in between
_GUIDE_BLUR = 0.05  # of the statue's size: what shines through to the back is colour, not features
_GRAIN_BLUR = 0.008  # of the statue's size: finer than this counts as grain
_GRAIN_STRENGTH = 0.7  # invented grain stays a little behind the seen one
_GRAIN_SEED = 20
_FEATHER_ROUNDS = 3  # of averaging over the vertices, for the `seen` attribute
_PREVIEW_SIDE = 512  # pixels of the photo's longer side that a coarse preview needs


@dataclass(frozen=True)
class _Palette:
    """All that gives a surface point its colour."""

    photo: NDArray[np.float32]  # [H, W, 3] sRGB, no finer than the atlas can show
    sight: Sight
    broad: NDArray[np.float32]  # [V, 3] continued colours of the vertices
    grain: NDArray[np.float32]  # [T, T, 3]
    pixels_per_unit: float


def paint(
    mesh: Mesh, uv: NDArray, photo: Photo, camera: Camera, size: int, device: str, report: Report
) -> TexturedMesh:
    """Lays the photo on the mesh and continues it where it does not reach.

    Each texel mixes the photo's colour with an invented one by how well the photo shows it. The invented colour is a
    broad one (seen colours carried along the surface, far away from them the photo shining through) and the
    material's grain.

    uv [F, 3, 2] from `unwrap`; `camera` is the photo's in the mesh's frame; size: texels of the atlas' side.
    """
    sight = sight_of(mesh, photo.alpha, camera, device)
    report.step(1, 10)
    seen = sight.weights(mesh.vertices, mesh.normals)
    palette = _palette(mesh, uv, photo, sight, seen, size)
    report.step(3, 10)
    cover = cover_of_atlas(uv, size, device)
    atlas = _atlas(mesh, cover, palette, report)
    return TexturedMesh(mesh, uv, atlas, smoothed(mesh, seen, _FEATHER_ROUNDS))


def preview_colours(mesh: Mesh, photo: Photo, camera: Camera) -> NDArray[np.float32]:
    """Quick colours [V, 3] sRGB: the photo shines through the mesh, blurred on what looks away from the camera."""
    shrink = min(1.0, _PREVIEW_SIDE / max(photo.alpha.shape))
    width, height = (max(1, round(side * shrink)) for side in (camera.width, camera.height))
    small = camera.resized(width, height)
    rgb = cv2.resize(photo.rgb, (width, height), interpolation=cv2.INTER_AREA)
    inside: NDArray = (cv2.resize(photo.alpha, (width, height), interpolation=cv2.INTER_AREA) > 0.9).astype(np.float32)
    # A rim of two pixels is left out, where the background shines into the statue.
    inside = cv2.erode(inside, np.ones((5, 5)))
    pixels = np.clip(small.project(mesh.vertices)[0], 0.5, [width - 0.5, height - 0.5]).astype(np.float32)
    sharp = sample(blurred(rgb, inside, 1.0), pixels)
    dull = sample(blurred(rgb, inside, _GUIDE_BLUR * max(width, height)), pixels)
    towards = camera.position - mesh.vertices
    towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-12)
    facing = np.clip(2.0 * np.einsum("ij,ij->i", towards, mesh.normals), 0.0, 1.0)[:, None]
    return (dull + facing * (sharp - dull)).astype(np.float32)


def _palette(mesh: Mesh, uv: NDArray, photo: Photo, sight: Sight, seen: NDArray, size: int) -> _Palette:
    """Prepares the colours: the photo at the atlas' fineness, the broad colours of all vertices, the grain."""
    camera = sight.camera
    centre = mesh.vertices.mean(axis=0, keepdims=True)
    per_unit = camera.fx / max(float(camera.project(centre)[1][0]), 1e-6)
    extent = float(np.ptp(mesh.vertices, axis=0).max()) * per_unit  # pixels
    texel = per_unit / max(_texels_per_unit(mesh, uv, size), 1e-6)  # a texel's width in pixels
    rgb: NDArray = np.ascontiguousarray(photo.rgb, dtype=np.float32)
    if texel > 1.25:
        # Several pixels fall on one texel: without their mean, fine patterns would turn into noise.
        rgb = cv2.GaussianBlur(rgb, (0, 0), 0.4 * texel)
    believed = sight.trust
    pixels = np.clip(sight.pixels(mesh.vertices), 0.5, [camera.width - 0.5, camera.height - 0.5]).astype(np.float32)
    spacing = per_unit * np.sqrt(_area(mesh) / max(len(mesh.vertices), 1))
    at_vertices = sample(blurred(rgb, believed, 0.5 * spacing), pixels)
    guide = sample(blurred(rgb, believed, _GUIDE_BLUR * extent), pixels)
    broad = continued(mesh, at_vertices, seen, guide)
    grain = grain_of(rgb, blurred(rgb, believed, _GRAIN_BLUR * extent), believed, _GRAIN_SEED)
    return _Palette(rgb, sight, broad, _GRAIN_STRENGTH * grain, per_unit)


def _atlas(mesh: Mesh, cover: Cover, palette: _Palette, report: Report) -> NDArray[np.uint8]:
    """The painted atlas [S, S, 3], islands dilated over all that lies between them."""
    size = len(cover.faces)
    there = cover.faces >= 0
    if not there.any():
        return np.full((size, size, 3), 128, dtype=np.uint8)
    atlas = np.zeros((size, size, 3), dtype=np.uint8)
    rows = max(1, _TEXELS_AT_ONCE // size)
    for row in range(0, size, rows):
        part = np.s_[row : row + rows]
        colours = _colours(mesh, Cover(cover.faces[part], cover.weights[part]), palette)
        atlas[part][there[part]] = np.round(255.0 * np.clip(colours, 0.0, 1.0)).astype(np.uint8)
        report.step(3 * size + 6 * min(row + rows, size), 10 * size)
    return atlas.reshape(-1, 3)[nearest(there)]


def _colours(mesh: Mesh, cover: Cover, palette: _Palette) -> NDArray[np.float32]:
    """The colours [N, 3] of the covered texels."""
    points = cover.of(mesh.vertices, mesh.faces)
    normals = cover.of(mesh.normals, mesh.faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    weights = palette.sight.weights(points, normals)
    colours = cover.of(palette.broad, mesh.faces)
    invented = np.flatnonzero(weights < 0.999)
    colours[invented] += spread(palette.grain, points[invented], normals[invented], palette.pixels_per_unit)
    seen = np.flatnonzero(weights > 0)
    shown = sample(palette.photo, palette.sight.pixels(points[seen]))
    colours[seen] += weights[seen, None] * (shown - colours[seen])
    return colours


def _texels_per_unit(mesh: Mesh, uv: NDArray, size: int) -> float:
    """How many texels of the atlas lie along one unit of the surface, on average."""
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    flat = 0.5 * float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum())
    return size * float(np.sqrt(flat / max(_area(mesh), 1e-12)))


def _area(mesh: Mesh) -> float:
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    return 0.5 * float(
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    )
