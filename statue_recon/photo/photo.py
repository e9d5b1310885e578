"""A photo as the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..camera import Camera


@dataclass(frozen=True)
class Photo:
    """The whole photo (not cropped, the right way up), what of it is statue, and the camera that took it."""

    rgb: np.ndarray  # [H, W, 3] float32, sRGB 0 … 1
    alpha: np.ndarray  # [H, W] float32, 0 background … 1 statue, soft at the edge
    mask_source: str  # what was really used, in words: “painted mask”, “alpha channel”, “GrabCut”
    camera: Camera  # for exactly these pixels; the statue's expected place is the origin, its longest side 1.8
    notes: tuple[str, ...]  # sentences worth telling the user
