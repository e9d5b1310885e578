"""The part of a photo that the view prior looks at, and where new views of it are taken from."""

from __future__ import annotations

from ..priors.view.framing import Framing, PhotoWindow, framed
from .photo import Photo, bounding_box
from .window import FINER, resampled


def square_of(photo: Photo) -> tuple[PhotoWindow, Framing]:
    """What the view prior is shown of a photo; the framing says where its views lie in the photo's world."""
    depth = float(photo.camera.world_to_camera[2, 3])  # the statue's expected place is the origin
    window, framing = framed(photo.camera, bounding_box(photo.alpha, 0.0), depth)
    cells = window.resized(window.width // FINER, window.height // FINER)
    rgb, alpha = resampled(photo.rgb, photo.alpha, photo.camera, cells)
    return PhotoWindow(rgb, alpha, framing.spread), framing
