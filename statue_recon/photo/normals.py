"""Which way the statue's surface turns under each pixel of the photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from .photo import Photo

TASK = "normals"  # of a model in the registry of priors
SHADING = "shading"
MARGIN = 0.08  # of the statue's longer side: what a prior sees around it
LEAST_FACING = 0.1  # cosine to the line of sight below which a prior's normal is less and less believed


@dataclass(frozen=True)
class Normals:
    """Normals as a photo shows them, in the camera's frame (x right, y down, z away: what faces us has z < 0)."""

    normals: NDArray[np.float32]  # [H, W, 3] unit
    confidence: NDArray[np.float32]  # [H, W] 0 … 1
    source: str  # what they come from, in words


def photo_normals(photo: Photo, camera: Camera, coarse: NDArray, trust: NDArray, device: str) -> Normals:
    """The normals of the photo at the size of `camera`, which is the photo's own or that `resized`.

    From a prior where one is installed, else from shading. coarse [H, W, 3]: the unit normals of the shape so far, in
    the camera's frame; trust [H, W] 0 … 1: where photo and shape show the same thing (0 along outlines).
    """
    # Imported here: Blender's side never runs this, and most runs need only one of the two.
    from ..priors.models import for_task

    chosen = for_task(TASK)
    if chosen is not None:
        model, folder = chosen
        return _from_prior(photo, camera, folder, trust, device, model.title)
    from .shading import refined

    rgb = _resized(photo.rgb, camera)
    normals, confidence = refined(rgb, coarse.astype(np.float32), trust.astype(np.float32), camera)
    return Normals(normals, confidence, SHADING)


def _from_prior(photo: Photo, camera: Camera, folder: Path, trust: NDArray, device: str, title: str) -> Normals:
    from ..priors.marigold import predict

    rows, columns = statue_crop(photo.alpha)
    normals = np.zeros((*photo.alpha.shape, 3), dtype=np.float32)
    normals[..., 2] = -1.0
    normals[rows, columns] = predict(folder, photo.rgb[rows, columns], device)
    small = _resized(normals, camera)
    length = np.linalg.norm(small, axis=2, keepdims=True)
    small = small / np.maximum(length, 1e-6)
    towards = -(small * _view(camera)).sum(axis=2)
    # A mean of normals that disagree is short; one that looks away cannot have been seen.
    belief = trust * length[..., 0] * np.clip(towards / LEAST_FACING, 0.0, 1.0)
    return Normals(small, belief.astype(np.float32), title)


def statue_crop(alpha: NDArray) -> tuple[slice, slice]:
    """The rows and columns of the photo that hold the statue and a margin: a prior sees it as large as it can."""
    height, width = alpha.shape
    rows, columns = (np.flatnonzero((alpha > 0.5).any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return slice(0, height), slice(0, width)
    margin = round(MARGIN * max(np.ptp(rows), np.ptp(columns)))
    return (
        slice(max(rows[0] - margin, 0), min(rows[-1] + 1 + margin, height)),
        slice(max(columns[0] - margin, 0), min(columns[-1] + 1 + margin, width)),
    )


def _resized(picture: NDArray, camera: Camera) -> NDArray[np.float32]:
    small: NDArray = cv2.resize(picture, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def _view(camera: Camera) -> NDArray[np.float64]:
    """[H, W, 3] the unit directions of the pixels' rays in the camera's frame."""
    centres = camera.pixel_centres().reshape(camera.height, camera.width, 2)
    across = (centres - (camera.cx, camera.cy)) / (camera.fx, camera.fy)
    rays = np.concatenate([across, np.ones((*across.shape[:2], 1))], axis=2)
    return rays / np.linalg.norm(rays, axis=2, keepdims=True)
