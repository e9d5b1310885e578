"""Blurring pictures of which only a part counts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..render.bake import nearest

_WORKING_SIGMA = 3.0  # pixels: wider blurs are done on a smaller picture
_GREY = 0.5  # where a picture has nothing to say at all


def blurred(picture: NDArray, weight: NDArray, sigma: float) -> NDArray[np.float32]:
    """The picture [H, W, C] blurred by a Gaussian of `sigma` pixels, counting each pixel by its weight [H, W] 0 … 1.

    Where no weight is near, the nearest blurred colour goes on; the picture is full everywhere. Returns [H, W, C].
    """
    height, width = weight.shape
    shrink = max(1.0, sigma / _WORKING_SIGMA)
    small = max(1, round(width / shrink)), max(1, round(height / shrink))
    weighted = cv2.resize(picture * weight[..., None], small, interpolation=cv2.INTER_AREA)
    amount = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    if sigma > 0:
        weighted = cv2.GaussianBlur(weighted, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
        amount = cv2.GaussianBlur(amount, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
    known = amount > 0.02
    if not known.any():
        return np.full(picture.shape, _GREY, dtype=np.float32)
    colours = weighted.reshape(*amount.shape, -1) / np.maximum(amount, 1e-6)[..., None]
    colours = colours.reshape(-1, colours.shape[-1])[nearest(known)[0]].astype(np.float32)
    return cv2.resize(colours, (width, height), interpolation=cv2.INTER_LINEAR).reshape(picture.shape)
