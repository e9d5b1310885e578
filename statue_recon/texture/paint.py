"""The picture of a mesh: the photos where they show the surface, a continuation where they do not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh, TexturedMesh
from ..photo.photo import Photo
from ..report import Report
from .blur import blurred
from .continuation import continued
from .fusion import Fusion, fuse, fused
from .grain import grain_of, spread
from .levels import gains_of, levelled
from .mirror import Mirror
from .reflection import Reflection, reflect
from .sight import Sight, sample, sights_of
from .surface import Surface
from .texels import Texels, dilate, squares_of
from .view import View

log = logging.getLogger(__name__)

_GUIDE_BLUR = 0.08  # of the statue's size: what shines through to the back is colour, not features
_GRAIN_BLUR = 0.008  # of the statue's size: finer than this counts as grain
_GRAIN_STRENGTH = 0.7  # invented grain stays a little behind the seen one
_GRAIN_SEED = 20  # goes along with the run's seed, so that no other part of the engine has the same random numbers
_FEATHER_ROUNDS = 3  # of averaging over the vertices, for the `seen` attribute
_PREVIEW_SIDE = 512  # pixels of the photo's longer side that a coarse preview needs
_GREY = 128  # of an atlas without faces


@dataclass(frozen=True)
class _Palette:
    """All that gives a surface point its colour."""

    sights: Sequence[Sight]
    seen: Fusion
    mirrored: Reflection | None
    broad: NDArray[np.float32]  # [V, 3] continued colours of the vertices
    grain: NDArray[np.float32]  # [T, T, 3]
    pixels_per_unit: float  # of the grain


def paint(
    mesh: Mesh,
    uv: NDArray,
    views: Sequence[View],
    size: int,
    device: str,
    report: Report,
    mirror: Mirror | None = None,
    seed: int = 0,
) -> TexturedMesh:
    """Lays the photos on the mesh and continues them where they do not reach.

    Each texel mixes the photos' colour with an invented one by how well a photo shows it. The photos' is fused from
    all of them, brought to the levels of the first. The invented one is a broad colour (seen colours carried along
    the surface, far away from them the photos shining through) and the material's grain; with a mirror, before that,
    what the photos show on the other side of it. `seen` counts what photos show themselves: mirrored is invented.

    uv [F, 3, 2] from `unwrap`; size: texels of the atlas' side.
    """
    surface = Surface.of(mesh)
    sights = sights_of(mesh, views, _texels_per_unit(mesh, uv, size), device)
    report.step(1, 10)
    palette = _palette(mesh, uv, surface, sights, size, mirror, seed)
    report.step(3, 10)
    atlas = _atlas(mesh, uv, palette, size, device, report)
    seen = np.clip(surface.smoothed(palette.seen.weights, _FEATHER_ROUNDS), 0.0, 1.0)
    return TexturedMesh(mesh, uv, atlas, seen)


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


def _palette(
    mesh: Mesh, uv: NDArray, surface: Surface, sights: list[Sight], size: int, mirror: Mirror | None, seed: int
) -> _Palette:
    """Prepares the colours: the photos at one level, fused; their mirror image; the broad colours; the grain."""
    texels = _texels_per_unit(mesh, uv, size)
    weights = np.stack([sight.weights(mesh.vertices, mesh.normals) for sight in sights], axis=1)
    quality = np.stack([sight.quality(mesh.vertices, mesh.normals, texels) for sight in sights], axis=1)
    colours = np.stack([sight.around(mesh.vertices, 0.5 * surface.spacing) for sight in sights], axis=1)
    sights, colours = _at_one_level(sights, colours, weights * quality)
    seen = fuse(surface, weights, quality, colours)
    mirrored = reflect(mesh, surface, mirror, sights, texels, seen) if mirror else None
    known, shown = _together(seen, mirrored)
    broad = continued(surface, shown, known, _guide(mesh, surface, sights))
    # The photo that is best for most of the surface lends its grain.
    lender = sights[int((weights * quality).sum(axis=0).argmax())]
    smooth = blurred(lender.rgb, lender.trust, _GRAIN_BLUR * surface.size * lender.fineness)
    grain = grain_of(lender.rgb, smooth, lender.trust, (_GRAIN_SEED, seed))
    return _Palette(sights, seen, mirrored, broad, _GRAIN_STRENGTH * grain, lender.fineness)


def _at_one_level(sights: list[Sight], colours: NDArray, amounts: NDArray) -> tuple[list[Sight], NDArray]:
    """The photos, and their colours [V, K, 3] at the vertices, at one exposure and white balance.

    amounts [V, K]: how much each photo can say about each vertex.
    """
    if len(sights) == 1:
        return sights, colours
    gains = gains_of(colours, amounts)
    log.info("gains of the photos: %s", np.round(gains, 3).tolist())
    at_level = [replace(sight, rgb=levelled(sight.rgb, gain)) for sight, gain in zip(sights, gains, strict=True)]
    return at_level, np.stack([levelled(colours[:, number], gain) for number, gain in enumerate(gains)], axis=1)


def _together(seen: Fusion, mirrored: Reflection | None) -> tuple[NDArray, NDArray]:
    """How well each vertex' colour is known [V], and that colour [V, 3]: what is seen, and mirrored where it is not."""
    if mirrored is None:
        return seen.weights, seen.colours
    filled = (1.0 - seen.weights) * mirrored.fusion.weights
    known = seen.weights + filled
    mixed = seen.weights[:, None] * seen.colours + filled[:, None] * mirrored.fusion.colours
    return known, mixed / np.maximum(known, 1e-9)[:, None]


def _guide(mesh: Mesh, surface: Surface, sights: Sequence[Sight]) -> NDArray[np.float32]:
    """What far invented places [V, 3] might look like: the photos, blurred, shining through the statue."""
    total, amount = np.zeros((len(mesh.vertices), 3), dtype=np.float32), np.zeros((len(mesh.vertices), 1))
    for sight in sights:
        towards = sight.camera.position - mesh.vertices
        towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-12)
        # A photo from the side knows more of the back than one from the front.
        weight = (1.1 + np.einsum("ij,ij->i", towards, mesh.normals)[:, None]) ** 4
        total += (weight * sight.around(mesh.vertices, _GUIDE_BLUR * surface.size)).astype(np.float32)
        amount += weight
    return (total / amount).astype(np.float32)


def _atlas(mesh: Mesh, uv: NDArray, palette: _Palette, size: int, device: str, report: Report) -> NDArray[np.uint8]:
    """The painted atlas [S, S, 3], islands dilated over all that lies between them."""
    atlas = np.full((size, size, 3), _GREY, dtype=np.uint8)
    there = np.zeros((size, size), dtype=bool)
    for square, done in squares_of(mesh, uv, size, device):
        colours = _colours(mesh, square.texels, palette)
        atlas[square.place][square.there] = np.round(255.0 * np.clip(colours, 0.0, 1.0)).astype(np.uint8)
        there[square.place] = square.there
        report.step(300 + round(600 * done), 1000)
    if there.any():
        dilate(atlas, there)
    return atlas


def _colours(mesh: Mesh, texels: Texels, palette: _Palette) -> NDArray[np.float32]:
    """The colours [N, 3] of texels."""
    points, normals = texels.of(mesh.vertices), texels.of(mesh.normals)
    normals /= np.maximum(np.sqrt(np.einsum("ij,ij->i", normals, normals)), 1e-12)[:, None]
    shown, weights = fused(palette.seen, palette.sights, texels, points, normals)
    index = np.flatnonzero(weights < 0.999)
    invented = texels.some(index).of(palette.broad)
    invented += spread(palette.grain, points[index], normals[index], palette.pixels_per_unit)
    if palette.mirrored is not None:
        colours, amount = palette.mirrored.shown(palette.sights, texels.some(index))
        invented += amount[:, None] * (colours - invented)
    shown[index] = invented + weights[index, None] * (shown[index] - invented)
    return shown


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
