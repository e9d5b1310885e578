"""What the shape prior's fine scale is shown of a photo: its own pixels, and of the whole what a part cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..camera import Camera
from ..priors.shape.columns import Columns
from ..priors.shape.network import FINER, PICTURE
from .photo import Photo
from .window import Window, brightness, condition_of, resampled

THICK = PICTURE - 1  # the channel that says how far the rounded silhouette stands out
LENS, ROW, COLUMN = 2, 3, 4  # planes


@dataclass(frozen=True)
class PhotoDetails:
    """Pictures of parts of a photo; called with a part's columns, as priors.shape.fine.Details.

    Colours are brightened, and the silhouette is rounded, as in the whole: parts that overlap look the same where they
    do, and how thick a statue is cannot be told from a part of its outline.
    """

    rgb: NDArray[np.float32]  # [h, w, 3] sRGB 0 … 1
    alpha: NDArray[np.float32]  # [h, w]
    camera: Camera  # of these pixels
    window: Window  # the whole, as the coarse scale saw it
    brighter: float
    thick: NDArray[np.float32]  # [2H, 2W] of the window
    planes: NDArray[np.float32]  # [PLANES, H, W] of the window

    @staticmethod
    def of(photo: Photo, window: Window) -> PhotoDetails:
        return PhotoDetails.of_pixels(photo.rgb, photo.alpha, photo.camera, window)

    @staticmethod
    def of_pixels(rgb: NDArray, alpha: NDArray, camera: Camera, window: Window) -> PhotoDetails:
        whole = condition_of([window])
        thick, planes = whole.picture[0, THICK].numpy(), whole.planes[0].numpy()
        return PhotoDetails(rgb, alpha, camera, window, brightness(window), thick, planes)

    def __call__(self, part: Columns) -> tuple[Tensor, Tensor]:
        """The picture [PICTURE, 2h, 2w] and the planes [PLANES, h, w] of a part."""
        return torch.from_numpy(self._picture(part.camera)), torch.from_numpy(self._planes(part.camera))

    def _picture(self, camera: Camera) -> NDArray[np.float32]:
        rgb, alpha = resampled(self.rgb, self.alpha, self.camera, camera)
        colours = (np.clip(rgb * self.brighter, 0.0, 1.0) * 2.0 - 1.0) * alpha[..., None]
        across, down = _places(camera, self.window.camera, FINER)
        columns, rows = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
        thick = cv2.remap(self.thick, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.concatenate([colours.transpose(2, 0, 1), alpha[None], thick[None]]).astype(np.float32)

    def _planes(self, camera: Camera) -> NDArray[np.float32]:
        """Rows and columns count across the whole; so it can be told how many times finer a part is."""
        height, width = camera.height, camera.width
        whole = self.window.camera
        across, down = _places(camera, whole, 1)
        planes = np.repeat(self.planes[:, :1, :1], height, axis=1).repeat(width, axis=2)
        planes[LENS] = max(width, height) / 2 / camera.fx
        planes[ROW] = ((down + 0.5) / whole.height * 2 - 1)[:, None]
        planes[COLUMN] = (across + 0.5) / whole.width * 2 - 1
        return planes


def _places(camera: Camera, whole: Camera, finer: int) -> tuple[NDArray, NDArray]:
    """Where the pixels of one camera lie among those of another at its place, both `finer` times as many.

    Columns [finer · w] and rows [finer · h], whole numbers at the centres of pixels.
    """
    own, other = (one.resized(one.width * finer, one.height * finer) for one in (camera, whole))
    across = (np.arange(own.width) + 0.5 - own.cx) / own.fx * other.fx + other.cx - 0.5
    down = (np.arange(own.height) + 0.5 - own.cy) / own.fy * other.fy + other.cy - 0.5
    return across, down
