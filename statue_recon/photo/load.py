"""The first stage: the file the user chose becomes a photo with a mask and a camera."""

from __future__ import annotations

import logging
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from ..contract import Request
from ..report import Report
from .exif import Part
from .image import Picture, read_picture
from .lens import focal_in_pixels, stand
from .mask import Mask, choose_mask, finer_alpha
from .photo import Photo, bounding_box

log = logging.getLogger(__name__)

PIXELS = 2_100_000  # what the engine works with; the texture has no more, and time grows with them
MARGIN = 0.08  # of the statue's longer side: what is kept around it where only its part of the photo is read finely
WORTHWHILE = 1.2  # times finer the statue must get for its part to be read again


def load_photo(folder: Path, request: Request, report: Report) -> Photo:
    """Reads the requested photo, finds its mask and places its camera. Paths may be relative to `folder`."""
    picture = read_picture(folder / request.photo, PIXELS)
    report.step(1, 3)
    painted = folder / request.mask if request.mask else None
    mask = choose_mask(picture, painted, request.mask_source, request.device)
    report.step(2, 3, message=f"Mask: {mask.source}.")
    height, width = mask.alpha.shape
    notes = list(mask.notes)
    if (width, height) != picture.size:
        notes.append(f"The photo was scaled down from {picture.size[0]} × {picture.size[1]} to {width} × {height}.")
    lens = request.lens or picture.focal
    if lens is None:
        notes.append("The photo does not tell its lens; a normal one (50 mm) was assumed.")
    camera = stand(mask.alpha, focal_in_pixels(lens, width, height), request.elevation or 0.0)
    photo = Photo(picture.rgb, mask.alpha, mask.source, camera, tuple(notes))
    if part := worthwhile_part(mask.alpha, picture.size):
        photo = closer(photo, folder / request.photo, picture, mask, part)
    for note in photo.notes:
        log.info(note)
    return photo


def worthwhile_part(alpha: np.ndarray, size: tuple[int, int]) -> Part | None:
    """The statue's part of a photo of `size` in its file's pixels, if that can be read much more finely by itself."""
    height, width = alpha.shape
    across, down = size[0] / width, size[1] / height
    left, top, right, bottom = bounding_box(alpha, MARGIN)
    part = int(left * across), int(top * down), ceil(right * across), ceil(bottom * down)
    part = *part[:2], min(part[2], size[0]), min(part[3], size[1])
    pixels = (part[2] - part[0]) * (part[3] - part[1])
    finer = min(1.0, sqrt(PIXELS / pixels)) * across
    return part if finer >= WORTHWHILE else None


def closer(photo: Photo, path: Path, picture: Picture, mask: Mask, part: Part) -> Photo:
    """The photo with only its part around the statue, in finer pixels. Its camera still stands where it stood."""
    fine = read_picture(path, PIXELS, part=part)
    height, width = fine.rgb.shape[:2]
    in_file = photo.camera.resized(*picture.size)
    camera = in_file.cropped(part[0], part[1], part[2] - part[0], part[3] - part[1]).resized(width, height)
    note = f"The statue's part of it was read more finely, at {width} × {height} pixels."
    alpha = finer_alpha(mask, picture, fine, part)
    return Photo(fine.rgb, alpha, photo.mask_source, camera, (*photo.notes, note), whole=photo.camera)
