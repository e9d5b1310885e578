"""The mesh on its photo: does the outline agree, and do the colours?

    silhouette IoU   pixels that mesh and mask both cover, over pixels that either covers
    PSNR             of the textured mesh, drawn without light, against the photo, in decibels; sRGB 0 … 1
    SSIM             structural similarity (Wang et al. 2004: Gaussian window, σ 1.5), mean over the channels

PSNR and SSIM count the pixels of the mask, less a rim of one pixel, where the photo mixes the statue with what is
behind it. Where the mesh leaves such a pixel empty, it is drawn grey: a gap costs. Nothing outside of the mask enters,
also not through SSIM's window, which weighs the pixels inside only.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from ..contract import Failure
from ..photo.image import Picture, read_picture
from ..render.raster import Cover, cover_of_photo
from .subject import Subject

_SIGMA, _RADIUS = 1.5, 5  # pixels, of SSIM's window
_C1, _C2 = 0.01**2, 0.03**2  # SSIM's constants for values of 0 … 1
_EMPTY = 0.5  # the grey of pixels the mesh leaves empty
_ASPECT_TOLERANCE = 0.02  # by which the proportions of photo, mask and camera may differ
_BEST_PSNR = 100.0  # dB; stands for identical pictures, whose PSNR is infinite and has no place in JSON


def on_photo(subject: Subject, camera: Camera, photo: Path, mask: Path | None) -> dict[str, float | None]:
    """The figures above; PSNR and SSIM are None for a mesh without a texture. Without a mask the photo's alpha is it.

    The figures are taken at the camera's size, or at the photo's, if that is smaller.
    """
    picture = read_picture(photo, camera.width * camera.height)
    height, width = picture.rgb.shape[:2]
    _check_aspect(camera.width / camera.height, width / height, f"The camera does not belong to the photo {photo.name}")
    camera = camera.resized(width, height)
    inside = _mask(picture, photo, mask)
    cover = cover_of_photo(subject.mesh, camera)
    figures: dict[str, float | None] = {"silhouette_iou": overlap(cover.faces >= 0, inside), "psnr": None, "ssim": None}
    if subject.atlas is not None and subject.uv is not None:
        drawn = draw(cover, subject.uv, subject.atlas)
        clear = cv2.erode(inside.astype(np.uint8), np.ones((3, 3)), borderValue=1) > 0
        if clear.any():
            figures |= {"psnr": psnr(drawn, picture.rgb, clear), "ssim": ssim(drawn, picture.rgb, clear)}
    return figures


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks; 0 if both are empty."""
    return float((one & other).sum() / max((one | other).sum(), 1))


def draw(cover: Cover, uv: NDArray, atlas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The textured mesh [H, W, 3] sRGB 0 … 1 under `cover`, the atlas sampled bilinearly; grey where there is none."""
    there = cover.faces >= 0
    places = np.zeros((*there.shape, 2), dtype=np.float32)
    places[there] = np.einsum("nk,nkj->nj", cover.weights[there], uv[cover.faces[there]])
    height, width = atlas.shape[:2]
    # OpenCV counts from the centre of the top left texel, UV from the bottom left corner.
    x, y = places[..., 0] * width - 0.5, (1.0 - places[..., 1]) * height - 0.5
    colours = cv2.remap(atlas.astype(np.float32) / 255.0, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    colours[~there] = _EMPTY
    return colours  # type: ignore[return-value]


def psnr(one: NDArray, other: NDArray, inside: NDArray[np.bool_]) -> float:
    """Peak signal-to-noise ratio of [H, W, 3] 0 … 1 over the pixels inside, in dB."""
    error = float(np.mean((one[inside].astype(np.float64) - other[inside]) ** 2))
    return min(-10.0 * float(np.log10(max(error, 1e-30))), _BEST_PSNR)


def ssim(one: NDArray, other: NDArray, inside: NDArray[np.bool_]) -> float:
    """Structural similarity of [H, W, 3] 0 … 1, mean over the pixels inside; windows see nothing but these."""
    weight = inside.astype(np.float64)
    total = np.maximum(_windows(weight), 1e-12)[..., None]

    def mean(values: NDArray) -> NDArray:
        return _windows(values * weight[..., None]) / total

    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    common = mean(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + _C1) * (2 * common + _C2)
    alike /= (mean_a**2 + mean_b**2 + _C1) * (spread_a + spread_b + _C2)
    return float(alike[inside].mean())


def _windows(values: NDArray) -> NDArray:
    size = (2 * _RADIUS + 1, 2 * _RADIUS + 1)
    return cv2.GaussianBlur(values, size, _SIGMA, borderType=cv2.BORDER_REFLECT)


def _mask(picture: Picture, photo: Path, mask: Path | None) -> NDArray[np.bool_]:
    """Which pixels of the picture are statue [H, W]."""
    height, width = picture.rgb.shape[:2]
    if mask is not None:
        painted = read_picture(mask, width * height, "mask")
        _check_aspect(painted.size[0] / painted.size[1], width / height, f"The mask {mask.name} is of another shape")
        values = painted.rgb.mean(axis=2) * (1.0 if painted.alpha is None else painted.alpha)
        inside = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    elif picture.alpha is not None:
        inside = picture.alpha > 0.5
    else:
        raise Failure(
            f"Nothing tells what of {photo.name} is statue.",
            next_step="Give a mask with --mask, or a photo with an alpha channel.",
        )
    if not inside.any():
        raise Failure("The mask is empty: nothing of the statue is marked in it.", next_step="Choose another mask.")
    return inside


def _check_aspect(one: float, other: float, message: str) -> None:
    if abs(one / other - 1.0) > _ASPECT_TOLERANCE:
        raise Failure(
            f"{message}: its sides are {one:.3f} : 1, the photo's {other:.3f} : 1.",
            next_step="Check that photo, mask and camera belong together.",
        )
