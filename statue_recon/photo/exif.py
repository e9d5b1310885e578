"""What a photo's EXIF block tells: which way up it is, and the lens. Never trusted further than it is believable."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from PIL import Image

from ..camera import SENSOR_WIDTH
from .lens import LENSES

log = logging.getLogger(__name__)

ORIENTATION, EXIF_FOLDER = 0x0112, 0x8769  # EXIF tags
FOCAL, FOCAL_35MM = 0x920A, 0xA405  # mm
ACROSS, DOWN = 0xA002, 0xA003  # pixels of the picture as it was taken
PER_UNIT_X, PER_UNIT_Y, UNIT = 0xA20E, 0xA20F, 0xA210  # pixels on the sensor, per inch or cm
UNITS = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # mm; inch where nothing is said
SENSORS = (3.0, 60.0)  # mm, longer side: from a phone's to a medium format back's
SQUARENESS = 0.05  # by how much a sensor's pixels may seem to differ in width and height

# EXIF's orientation to what turns the picture upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)  # the orientations that swap width and height

Part = tuple[int, int, int, int]  # left, top, right, bottom of a part of a picture, in pixels


def read_exif(image: Image.Image) -> tuple[int, float | None]:
    """The orientation (1 = upright), and the 35 mm equivalent focal length in mm if a believable one can be had."""
    try:
        exif = image.getexif()
        orientation = exif.get(ORIENTATION, 1)
        focal = equivalent(exif.get_ifd(EXIF_FOLDER), image.size)
    except Exception as error:  # EXIF is written by anything and everything; a broken block must not cost the photo
        log.info("the EXIF block is unreadable: %s", error)
        return 1, None
    return orientation if orientation in UPRIGHT else 1, focal


def equivalent(tags: Mapping[int, Any], size: tuple[int, int]) -> float | None:
    """The focal length a 35 mm camera would need: as noted, else by the size of the sensor; None if neither is there.

    `size` is the file's, for pictures that do not note how large they were taken.
    """
    noted = _number(tags.get(FOCAL_35MM))
    if _believable(noted):
        return noted
    sensor = _sensor(tags, size)
    focal = _number(tags.get(FOCAL))
    if sensor is None or not focal:
        return None
    derived = focal * SENSOR_WIDTH / sensor
    return derived if _believable(derived) else None


def _sensor(tags: Mapping[int, Any], size: tuple[int, int]) -> float | None:
    """The longer side of the sensor in mm: its pixels, divided by how many of them lie on a millimetre."""
    unit = UNITS.get(int(tags.get(UNIT) or 2))
    along, upwards = _number(tags.get(PER_UNIT_X)), _number(tags.get(PER_UNIT_Y))
    if unit is None or not along:
        return None
    if upwards and abs(along / upwards - 1.0) > SQUARENESS:
        return None  # one of the two is wrong, and nothing tells which
    longer = max(_number(tags.get(ACROSS)) or size[0], _number(tags.get(DOWN)) or size[1])
    sensor = longer / along * unit
    return sensor if SENSORS[0] <= sensor <= SENSORS[1] else None


def _number(value: Any) -> float | None:
    """EXIF's whole numbers and fractions; a fraction over zero is nothing."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0.0 < number < 1e9 else None


def _believable(focal: float | None) -> bool:
    return focal is not None and LENSES[0] <= focal <= LENSES[1]


def as_stored(part: Part, size: tuple[int, int], orientation: int) -> Part:
    """Where a part of the upright picture lies in the file, whose size is `size`."""
    width, height = size

    def stored(x: int, y: int) -> tuple[int, int]:
        if orientation in LYING:
            x, y = y, x
        across = width - x if orientation in (2, 3, 7, 8) else x
        return across, height - y if orientation in (3, 4, 6, 7) else y

    corners = stored(*part[:2]), stored(*part[2:])
    (left, right), (top, bottom) = (sorted(sides) for sides in zip(*corners, strict=True))
    return left, top, right, bottom
