"""The part of a photo that the shape prior looks at, as it looks at it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve

from ..camera import Camera
from ..priors.shape.columns import Columns, around, shape_for
from ..priors.shape.network import BULGE, FINER, Condition
from .photo import Photo, bounding_box

BRIGHT = 0.5  # mean sRGB that a statue is brought to: how light its stone is says nothing of its shape
BRIGHTER = (0.5, 3.0)  # by what, at most


@dataclass(frozen=True)
class Window:
    """A picture of 2H × 2W pixels, two to a cell, and what is known of the camera."""

    rgb: NDArray[np.float32]  # [2H, 2W, 3] sRGB 0 … 1, without meaning where alpha is 0
    alpha: NDArray[np.float32]  # [2H, 2W]
    camera: Camera  # its pixels are the cells
    elevation: float | None  # degrees; None: not known


def window_of(photo: Photo, elevation: float | None) -> tuple[Window, Columns]:
    """What the shape prior is shown of a photo, and where the volume lies that it is asked for."""
    left, top, right, bottom = bounding_box(photo.alpha, 0.0)
    camera = around(photo.camera, (left, top, right, bottom), shape_for(right - left, bottom - top))
    rgb, alpha = resampled(photo.rgb, photo.alpha, photo.camera, camera)
    # The statue's expected place is the origin; what is seen lies nearer, in the mean by as much as it stands out.
    half = rounded(alpha) * BULGE
    nearer = float(half[half > 0].mean()) if (half > 0).any() else 0.0
    distance = float(photo.camera.world_to_camera[2, 3])
    return Window(rgb, alpha, camera, elevation), Columns(camera, distance / (1.0 + nearer / camera.fx))


def resampled(
    rgb: NDArray, alpha: NDArray, whole: Camera, camera: Camera
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A photo as FINER × FINER pixels for each pixel of another camera at its place: [2H, 2W, 3] and [2H, 2W]."""
    size = camera.width * FINER, camera.height * FINER
    wanted = camera.resized(*size)
    shrink = wanted.fx / whole.fx
    both: NDArray = np.dstack([rgb * alpha[..., None], alpha]).astype(np.float32)
    if shrink < 1.0:  # what a pixel covers is averaged; OpenCV does so in `resize` only
        small = max(round(whole.width * shrink), 1), max(round(whole.height * shrink), 1)
        both = cv2.resize(both, small, interpolation=cv2.INTER_AREA)
        whole = whole.resized(*small)
    across, down = whole.fx / wanted.fx, whole.fy / wanted.fy
    # Where the centre of pixel (0, 0) of the window lies, pixel centres at whole numbers.
    start = whole.cx + across * (0.5 - wanted.cx) - 0.5, whole.cy + down * (0.5 - wanted.cy) - 0.5
    onto = np.array([[across, 0.0, start[0]], [0.0, down, start[1]]])
    seen: NDArray = cv2.warpAffine(both, onto, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    there = seen[..., 3].astype(np.float32)
    return (seen[..., :3] / np.maximum(there, 1e-3)[..., None]).astype(np.float32), there


def condition_of(windows: list[Window]) -> Condition:
    """What the network is told of windows of one size."""
    pictures = torch.from_numpy(np.stack([_picture(window) for window in windows]))
    return Condition(pictures, torch.from_numpy(np.stack([_planes(window) for window in windows])))


def brightness(window: Window) -> float:
    """By how much a window's colours are brightened before the prior sees them."""
    mean = float((window.rgb.mean(axis=-1) * window.alpha).sum() / max(float(window.alpha.sum()), 1.0))
    return float(np.clip(BRIGHT / max(mean, 1e-3), *BRIGHTER))


def _picture(window: Window) -> NDArray[np.float32]:
    """[PICTURE, 2H, 2W]"""
    mask = window.alpha
    colours = (np.clip(window.rgb * brightness(window), 0.0, 1.0) * 2.0 - 1.0) * mask[..., None]
    return np.concatenate([colours.transpose(2, 0, 1), mask[None], rounded(mask)[None]]).astype(np.float32)


def _planes(window: Window) -> NDArray[np.float32]:
    """[PLANES, H, W]"""
    camera = window.camera
    height, width = camera.height, camera.width
    known = window.elevation is not None
    planes = np.empty((5, height, width), np.float32)
    planes[0] = float(known)
    planes[1] = np.sin(np.radians(window.elevation)) if window.elevation is not None else 0.0
    planes[2] = max(width, height) / 2 / camera.fx
    planes[3] = ((np.arange(height) + 0.5) / height * 2 - 1)[:, None]
    planes[4] = (np.arange(width) + 0.5) / width * 2 - 1
    return planes


def rounded(mask: NDArray) -> NDArray[np.float32]:
    """How far a body as deep as it is wide stands out behind a mask [2H, 2W], and around it, how far away the mask is,
    negative; in BULGE pitches, [2H, 2W].

    The h of Δ(h²) = −2, as in field.silhouette, solved coarsely: a network that looks at its surroundings only must be
    told how thick the statue is as a whole.
    """
    cells = cv2.resize(mask, (mask.shape[1] // FINER, mask.shape[0] // FINER), interpolation=cv2.INTER_AREA) > 0.5
    if not cells.any():
        return np.zeros(mask.shape, np.float32)
    height = np.sqrt(np.maximum(poisson(cells), 0.0)) - ndimage.distance_transform_edt(~cells)
    return cv2.resize((height / BULGE).astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_LINEAR)


def poisson(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """[R, C] the solution of Δu = −2 over the mask, in pixels; zero on the pixels around it but for those below."""
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(np.count_nonzero(mask))
    padded = np.pad(number, 1, constant_values=-1)
    here = number[mask]
    rows, columns = [], []
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        shifted = padded[1 + down : len(padded) - 1 + down, 1 + right : padded.shape[1] - 1 + right][mask]
        rows.append(here[shifted >= 0])
        columns.append(shifted[shifted >= 0])
    row, column = np.concatenate(rows), np.concatenate(columns)
    degree = np.full(mask.shape, 4.0)
    degree[-1] -= 1.0
    laplace = diags(degree[mask]) - coo_matrix((np.ones(len(row)), (row, column)), shape=(len(here), len(here)))
    solved = np.zeros(mask.shape)
    if len(here):
        solved[mask] = spsolve(laplace.tocsc(), np.full(len(here), 2.0))
    return solved
