"""The silhouette, laid flat: the mask resampled on the upright plane through the statue's middle, in world units.

The plane is y = 0, which faces the photo however high the camera stood: a statue is upright in the world, not in the
camera. Everything the silhouette alone can say is said on it: where the statue stands, which part is a plinth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import ndimage

from ..contract import Failure
from ..photo.photo import Photo

MARGIN = 6  # pixels of background around the silhouette
STEEPEST = 0.1  # sine of the angle at which a ray must cross the plane: 6°
KEPT = 0.5  # of what the mask marks must be there after resampling: else most of it fell between the pixels
STANDING = 0.015  # of the height: how uneven a bottom may be and still be one that stands on the floor
STRAIGHT = 0.7  # of the width a little higher up must reach the floor: a ball, for one, does not stand
PLINTH_HEIGHT = (0.03, 0.6)  # of the statue's height
PLINTH_SIDES = 0.02  # of its width: how far the sides of a plinth may lean or be chipped


@dataclass(frozen=True)
class Plate:
    """A mask in the plane y = 0; row 0 is at the top."""

    mask: np.ndarray  # [R, C] bool
    outline: np.ndarray  # [R, C] float32 signed distances to its contour, world units, negative inside
    pitch: float  # world units a pixel
    left: float  # world x of the left edge of column 0
    top: float  # world z of the upper edge of row 0
    eye: np.ndarray  # [3] where the camera stands, y < 0

    def cells(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The column and row, pixel centres at whole numbers, where rays of the camera through world points cross."""
        return self._crossed(self.eye[2], x, y, z)

    def level_cells(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for a camera above or below this one, as high as the statue's middle.

        What lies behind the plane is not seen, so it need not follow the rays of a photo taken from above: it would
        hang down.
        """
        return self._crossed(0.0, x, y, z)

    def place(self, row: float, column: float, off: float) -> np.ndarray:
        """[3] the world point that lies `off` behind the plane, on the ray through the upper left edge of a cell."""
        across, up = self.left + self.pitch * column, self.top - self.pitch * row
        reach = 1.0 - off / self.eye[1]
        return self.eye + reach * (np.array([across, 0.0, up]) - self.eye)

    def _crossed(self, height: float, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = self.eye[1] / (self.eye[1] - y)
        across, up = self.eye[0] + share * (x - self.eye[0]), height + share * (z - height)
        return (across - self.left) / self.pitch - 0.5, (self.top - up) / self.pitch - 0.5


def lay_flat(photo: Photo, pitch: float) -> Plate:
    """The photo's mask on the plane y = 0, `pitch` world units a pixel; thin parts kept alive.

    The pitch is meant to be half the spacing of the field: what is thinner than three pixels would fall between the
    nodes of the field, so it is widened to three.
    """
    x, z = _on_plane(photo)
    left, top = x.min() - MARGIN * pitch, z.max() + MARGIN * pitch
    shape = (int(np.ceil((top - z.min()) / pitch)) + MARGIN, int(np.ceil((x.max() - left) / pitch)) + MARGIN)
    empty = np.zeros(shape, np.float32)
    plate = Plate(empty > 0, empty, pitch, float(left), float(top), photo.camera.position)

    shown = resample(photo.alpha, photo, plate, outside=0.0)
    mask = keep_thin_parts(shown > 0.5, shown > 0.15)
    parts = np.asarray(ndimage.label(mask, structure=np.ones((3, 3)))[0])
    mask = parts == np.bincount(parts.ravel(), minlength=2)[1:].argmax() + 1
    if shown[mask].sum() < KEPT * shown.sum():
        raise Failure(
            "What the mask marks is too thin to be built.",
            next_step="Check the mask, or choose a higher quality.",
        )
    soft = np.where(mask == (shown > 0.5), shown, mask).astype(np.float32)
    outline = cv2.GaussianBlur(contour_distance(soft), (0, 0), 0.7) * pitch
    return replace(plate, mask=mask, outline=outline)


def _on_plane(photo: Photo) -> tuple[np.ndarray, np.ndarray]:
    """World x and z, each [N], where the rays around the mask cross the plane y = 0."""
    edge = np.argwhere(cv2.morphologyEx((photo.alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))))
    eye, directions = photo.camera.rays(edge[:, ::-1] + 0.5)
    if eye[1] >= 0 or directions[:, 1].min() < STEEPEST:
        raise Failure(
            "With this elevation and lens, the photo looks along the statue instead of at it.",
            next_step="Set an elevation nearer to 0, or a longer lens.",
        )
    crossing = eye - directions * (eye[1] / directions[:, 1:2])
    return crossing[:, 0], crossing[:, 2]


def resample(image: np.ndarray, photo: Photo, plate: Plate, outside: float | None = None) -> np.ndarray:
    """An image [H, W] of the photo's size on the plate [R, C]; beyond the photo `outside`, or else its border."""
    camera = photo.camera
    right, up, middle = camera.rotation[:, 0], camera.rotation[:, 2], camera.world_to_camera[:3, 3]
    corner = (plate.left + plate.pitch / 2) * right + (plate.top - plate.pitch / 2) * up + middle
    # Pixel centres are whole numbers for OpenCV.
    lens = np.array([[camera.fx, 0, camera.cx - 0.5], [0, camera.fy, camera.cy - 0.5], [0, 0, 1]])
    place = lens @ np.column_stack([plate.pitch * right, -plate.pitch * up, corner])
    step = plate.pitch * camera.fx / middle[2]  # photo pixels a plate pixel, in the middle
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    blurred = image if step <= 1 else cv2.GaussianBlur(image, (0, 0), 0.4 * step)
    rows, columns = plate.mask.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        blurred, place, (columns, rows), flags=flags, borderMode=border, borderValue=outside or 0.0
    )


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
