"""Where exactly a statue ends: a mask that is about right, brought onto the edge the photo shows."""

from __future__ import annotations

import cv2
import numpy as np

DETAIL = 1e-4  # variance of sRGB luminance below which the soft edge follows the mask, above the photo


def soft_edge(rgb: np.ndarray, mask: np.ndarray, radius: float) -> np.ndarray:
    """The mask with its edge moved onto the photo's own: a guided filter (He 2010) on luminance.

    rgb [H, W, 3] float32 sRGB; mask float32 0 … 1 of any size; `radius` is how far off its edge may be, in pixels of
    the photo. Only a band around the contour changes; the filter's answer is stretched so that it stays crisp.
    """
    height, width = rgb.shape[:2]
    coarse = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    coarse = cv2.GaussianBlur(coarse, (0, 0), max(0.5, 0.3 * radius))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    size = (2 * round(radius) + 1,) * 2

    def mean(image: np.ndarray) -> np.ndarray:
        return cv2.blur(image, size)

    about, cover = mean(grey), mean(coarse)
    slope = (mean(grey * coarse) - about * cover) / (mean(grey * grey) - about**2 + DETAIL)
    alpha = mean(slope) * grey + mean(cover - slope * about)
    alpha = np.clip(0.5 + 2.0 * (alpha - 0.5), 0.0, 1.0)
    band = cv2.GaussianBlur(coarse, (0, 0), radius)
    return np.where(band > 0.98, 1.0, np.where(band < 0.02, 0.0, alpha)).astype(np.float32)
