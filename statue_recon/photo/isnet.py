"""Finding the statue with ISNet, where it is installed: a network that tells salient things from their background."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..priors.onnx import read_network, run
from .edge import soft_edge

SIDE = 1024  # pixels; the network's own, whatever the photo's proportions
NOTHING = 0.003  # share of the photo below which nothing was found
SOFT_RADIUS = 2.0  # of the network's pixels; on renders before real backgrounds the alpha then errs a fifth less


def find_statue(rgb: np.ndarray, file: Path, device: str = "cpu") -> np.ndarray | None:
    """The statue's alpha [H, W] float32 in a photo [H, W, 3] float32 sRGB; None if the network finds nothing in it."""
    height, width = rgb.shape[:2]
    image = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    values = np.moveaxis(image * np.float32(255 / 256) - np.float32(0.5), 2, 0)[None]  # (x − 128) / 256
    found = np.squeeze(run(read_network(file), np.ascontiguousarray(values), device))
    if float((found > 0.5).mean()) < NOTHING:
        return None
    return soft_edge(rgb, (found > 0.5).astype(np.float32), SOFT_RADIUS * max(height, width) / SIDE)
