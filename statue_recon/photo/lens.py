"""Which lens took the photo, and where the camera then stood."""

from __future__ import annotations

import numpy as np

from ..camera import SENSOR_WIDTH, Camera
from ..contract import RANGES
from ..mesh.mesh import LONGEST_SIDE

NORMAL_LENS = 50.0  # mm, 35 mm equivalent: what a photo without a word about its lens is taken for
LENSES = RANGES["lens"][:2]  # mm; an EXIF entry outside of these is a mistake of whoever wrote it


def focal_in_pixels(equivalent: float | None, width: int, height: int) -> float:
    """The focal length in pixels of a 35 mm equivalent in mm; None stands for a normal lens."""
    return (equivalent or NORMAL_LENS) / SENSOR_WIDTH * max(width, height)


def stand(alpha: np.ndarray, focal: float, elevation: float = 0.0) -> Camera:
    """The camera that sees a statue of the usual size, at the origin, just as large as the mask shows it.

    A camera that looks down by `elevation` degrees and whose picture is not cropped; a statue beside the middle of the
    photo is beside the camera's axis. alpha [H, W], focal in pixels.
    """
    height, width = alpha.shape
    rows, columns = (np.flatnonzero((alpha > 0.5).any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    upright = (bottom - top) / np.cos(np.radians(elevation))  # pixels it would be tall, seen level
    distance = LONGEST_SIDE * focal / max(upright, right - left)
    aside = ((left + right) / 2 - width / 2) / focal * distance
    below = ((top + bottom) / 2 - height / 2) / focal * distance
    pose = Camera.orbit(0.0, elevation, distance, width, height, focal).world_to_camera.copy()
    pose[:3, 3] = aside, below, distance
    return Camera(width, height, focal, focal, width / 2, height / 2, pose)
