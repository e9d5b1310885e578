"""The first stage: the file the user chose becomes a photo with a mask and a camera."""

from __future__ import annotations

import logging
from pathlib import Path

from ..contract import Request
from ..report import Report
from .image import read_picture
from .lens import focal_in_pixels, stand
from .mask import choose_mask
from .photo import Photo

log = logging.getLogger(__name__)

PIXELS = 2_100_000  # what the engine works with; the texture has no more, and time grows with them


def load_photo(folder: Path, request: Request, report: Report) -> Photo:
    """Reads the requested photo, finds its mask and places its camera. Paths may be relative to `folder`."""
    picture = read_picture(folder / request.photo, PIXELS)
    report.step(1, 3)
    painted = folder / request.mask if request.mask else None
    mask = choose_mask(picture, painted, request.mask_source)
    report.step(2, 3, message=f"Mask: {mask.source}.")
    height, width = mask.alpha.shape
    notes = list(mask.notes)
    if (width, height) != picture.size:
        notes.append(f"The photo was scaled down from {picture.size[0]} × {picture.size[1]} to {width} × {height}.")
    if picture.focal is None:
        notes.append("The photo does not tell its lens; a normal one (50 mm) was assumed.")
    camera = stand(mask.alpha, focal_in_pixels(picture.focal, width, height))
    for note in notes:
        log.info(note)
    return Photo(picture.rgb, mask.alpha, mask.source, camera, tuple(notes))
