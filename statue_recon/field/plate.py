"""The silhouette, laid flat: the mask resampled on the plane through the statue's middle, in world units.

The plane is perpendicular to the camera's axis and goes through the origin. Everything the silhouette alone can say
is said on it: where the statue stands, which part is a plinth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import ndimage

from ..contract import Failure
from ..photo.photo import Photo

MARGIN = 6  # pixels of background around the silhouette
STANDING = 0.015  # of the height: how uneven a bottom may be and still be one that stands on the floor
STRAIGHT = 0.7  # of the width a little higher up must reach the floor: a ball, for one, does not stand
PLINTH_HEIGHT = (0.03, 0.6)  # of the statue's height
PLINTH_SIDES = 0.02  # of its width: how far the sides of a plinth may lean or be chipped


@dataclass(frozen=True)
class Plate:
    """A mask in the plane through the origin; row 0 is at the top."""

    mask: np.ndarray  # [R, C] bool
    outline: np.ndarray  # [R, C] float32 signed distances to its contour, world units, negative inside
    pitch: float  # world units a pixel
    left: float  # camera x of the left edge of column 0, world units in the plane
    top: float  # camera y (down) of the upper edge of row 0
    distance: float  # of the plane from the camera

    def cells(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The column and row, pixel centres at whole numbers, that points in the camera's frame fall on."""
        scale = self.distance / depth
        return (x * scale - self.left) / self.pitch - 0.5, (y * scale - self.top) / self.pitch - 0.5


def lay_flat(photo: Photo, pitch: float) -> Plate:
    """The photo's mask on the plane through the origin, `pitch` world units a pixel; thin parts kept alive.

    The pitch is meant to be half the spacing of the field: what is thinner than three pixels would fall between the
    nodes of the field, so it is widened to three.
    """
    camera = photo.camera
    distance = float(camera.world_to_camera[2, 3])
    inside = photo.alpha > 0.5
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    step = pitch * camera.fx / distance  # photo pixels a plate pixel
    left, top = columns[0] - MARGIN * step, rows[0] - MARGIN * step
    width = int(np.ceil((columns[-1] + 1 - left) / step)) + MARGIN
    height = int(np.ceil((rows[-1] + 1 - top) / step)) + MARGIN
    scale = distance / camera.fx
    empty = np.zeros((height, width), np.float32)
    plate = Plate(empty > 0, empty, pitch, (left - camera.cx) * scale, (top - camera.cy) * scale, distance)

    shown = resample(photo.alpha, photo, plate, outside=0.0)
    mask = keep_thin_parts(shown > 0.5, shown > 0.15)
    parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count == 0:
        raise Failure(
            "What the mask marks is too thin to be built.",
            next_step="Check the mask, or choose a higher quality.",
        )
    mask = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    soft = np.where(mask == (shown > 0.5), shown, mask).astype(np.float32)
    outline = cv2.GaussianBlur(contour_distance(soft), (0, 0), 0.7) * pitch
    return replace(plate, mask=mask, outline=outline)


def resample(image: np.ndarray, photo: Photo, plate: Plate, outside: float | None = None) -> np.ndarray:
    """An image [H, W] of the photo's size on the plate [R, C]; beyond the photo `outside`, or else its border."""
    step = plate.pitch * photo.camera.fx / plate.distance
    left = plate.left * photo.camera.fx / plate.distance + photo.camera.cx
    top = plate.top * photo.camera.fx / plate.distance + photo.camera.cy
    place = np.array([[step, 0, left + step / 2 - 0.5], [0, step, top + step / 2 - 0.5]])
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    blurred = image if step <= 1 else cv2.GaussianBlur(image, (0, 0), 0.4 * step)
    rows, columns = plate.mask.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(blurred, place, (columns, rows), flags=flags, borderMode=border, borderValue=outside or 0.0)


def contour_distance(alpha: np.ndarray) -> np.ndarray:
    """[H, W] pixels to the contour alpha = 0.5, negative inside; exact to a fraction of a pixel at a soft edge."""
    inside = np.pad(alpha > 0.5, 1).astype(np.uint8)  # beyond the image nothing is known: its border counts as contour
    inward = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    outward = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    whole = np.where(alpha > 0.5, 0.5 - inward, outward - 0.5)
    partly = (alpha > 0.02) & (alpha < 0.98) & (np.abs(whole) < 1.0)
    return np.where(partly, 0.5 - alpha, whole).astype(np.float32)


def keep_thin_parts(mask: np.ndarray, hint: np.ndarray) -> np.ndarray:
    """The mask with what is less than three pixels wide widened to three; `hint` marks what may be such a part."""
    box = np.ones((3, 3), np.uint8)
    whole = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, box) > 0
    near = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    thin = (mask & ~whole) | (hint & ~mask & near & ~(cv2.dilate(whole.astype(np.uint8), box) > 0))
    return mask | (cv2.dilate(thin.astype(np.uint8), box) > 0)


@dataclass(frozen=True)
class Stand:
    """How the silhouette ends at its bottom."""

    floor: int | None  # the first row below the statue, when it stands on a flat bottom
    plinth: tuple[int, int, int] | None  # first row, first column, one past the last column of a block under it


def read_stand(mask: np.ndarray) -> Stand:
    """Whether the silhouette [R, C] stands on a flat bottom, and on a block with straight vertical sides."""
    rows = np.flatnonzero(mask.any(axis=1))
    height = rows[-1] + 1 - rows[0]
    floor = int(rows[-1]) + 1
    lowest = np.where(mask.any(axis=0), mask.shape[0] - np.argmax(mask[::-1], axis=0), 0)  # one past, per column
    standing = lowest >= floor - max(STANDING * height, 1.0)
    above = mask[max(floor - 1 - int(0.05 * height), rows[0])]
    if not above.any() or (standing & above).sum() < STRAIGHT * above.sum():
        return Stand(None, None)
    return Stand(floor, _read_plinth(mask, floor, height))


def _read_plinth(mask: np.ndarray, floor: int, height: int) -> tuple[int, int, int] | None:
    """The block of rows above the floor that are one run each, with the same ends (rounded corners forgiven)."""
    start = floor - 1 - max(int(0.01 * height), 1)
    columns = np.flatnonzero(mask[start])
    left, right = columns[0], columns[-1] + 1
    lean = max(PLINTH_SIDES * (right - left), 1.5)
    row = start
    while row >= 0 and mask[row].any():
        columns = np.flatnonzero(mask[row])
        broken = len(columns) < 0.98 * (columns[-1] + 1 - columns[0])
        if broken or abs(columns[0] - left) > lean or abs(columns[-1] + 1 - right) > lean:
            break
        row -= 1
    low, high = (share * height for share in PLINTH_HEIGHT)
    if not low <= floor - (row + 1) <= high:
        return None
    return row + 1, int(left), int(right)
