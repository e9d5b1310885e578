"""A photo and the place it was taken from."""

from __future__ import annotations

from dataclasses import dataclass

from ..camera import Camera
from ..photo.photo import Photo


@dataclass(frozen=True)
class View:
    """One photo of the statue, for painting."""

    photo: Photo
    camera: Camera  # in the mesh's frame, for exactly the photo's pixels
