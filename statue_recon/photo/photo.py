"""A photo as the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..camera import Camera
from .exif import Part

COVERED = 0.05  # alpha from which a pixel counts as touched by the statue


@dataclass(frozen=True)
class Photo:
    """A photo the right way up, or the part of it around the statue; what of it is statue; and its camera."""

    rgb: np.ndarray  # [H, W, 3] float32, sRGB 0 … 1
    alpha: np.ndarray  # [H, W] float32, 0 background … 1 statue, soft at the edge
    mask_source: str  # what was really used, in words: “painted mask”, “alpha channel”, “ISNet 1.0.6”, “GrabCut”
    camera: Camera  # for exactly these pixels; the statue's expected place is the origin, its longest side 1.8
    notes: tuple[str, ...]  # sentences worth telling the user
    whole: Camera | None = None  # of the whole photo, where the pixels here are a part of it; it stands in one place

    def cropped(self, margin: float) -> Photo:
        """The part around the statue; `margin` is a share of the longer side of what the statue covers."""
        left, top, right, bottom = bounding_box(self.alpha, margin)
        return replace(
            self,
            rgb=np.ascontiguousarray(self.rgb[top:bottom, left:right]),
            alpha=np.ascontiguousarray(self.alpha[top:bottom, left:right]),
            camera=self.camera.cropped(left, top, right - left, bottom - top),
            whole=self.whole or self.camera,
        )

    def of_whole(self, camera: Camera) -> Camera:
        """The camera of the whole photo, as people see it, where `camera` stands (this photo's own, perhaps moved)."""
        return replace(self.whole or self.camera, world_to_camera=camera.world_to_camera)


def bounding_box(alpha: np.ndarray, margin: float) -> Part:
    """What the statue covers in [H, W], wider on each side by `margin` times its longer side, within the photo."""
    height, width = alpha.shape
    rows, columns = (np.flatnonzero((alpha > COVERED).any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    more = round(margin * max(bottom - top, right - left))
    return max(left - more, 0), max(top - more, 0), min(right + more, width), min(bottom + more, height)
