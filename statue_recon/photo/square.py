"""The part of a photo that the view prior looks at, and where new views of it are taken from."""

from __future__ import annotations

from ..priors.view.framing import SIZE, Framing, PhotoWindow, framed
from .photo import Photo, bounding_box
from .window import FINER, resampled


def square_of(photo: Photo, size: int = SIZE) -> tuple[PhotoWindow, Framing]:
    """What a view prior is shown of a photo; the framing says where its views lie in the photo's world.

    size: pixels of the window's side; large priors see more of a photo than the bundled one.
    """
    depth = float(photo.camera.world_to_camera[2, 3])  # the statue's expected place is the origin
    window, framing = framed(photo.camera, bounding_box(photo.alpha, 0.0), depth)
    rgb, alpha = resampled(photo.rgb, photo.alpha, photo.camera, window.resized(size // FINER, size // FINER))
    return PhotoWindow(rgb, alpha, framing.spread), framing
