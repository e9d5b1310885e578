"""The first volume: what the silhouette alone lets one imagine.

Every part is about as deep as it is wide, because limbs, heads and torsos are: the half depth h over the silhouette
solves Δ(h²) = −2 with h = 0 at the contour, which makes an endless strip a round rod of the strip's own width, joins
parts of different width without a crease, and needs no skeleton. Where the statue stands on a floor it is cut flat
instead of rounded off, and a block under it becomes a box.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..mesh.mesh import LONGEST_SIDE
from ..photo.photo import Photo
from ..quality import Quality
from .distance import distances
from .plate import Plate, Stand, lay_flat, read_stand
from .plinth import block_under, floor_height
from .sdf import SDF
from .thickness import boxed_below, emboss, half_depth_squared

PLATE_CELLS = 2  # plate pixels per spacing of the field
DEPTH = 1.05  # half depth over half width of a long part; the best mean over our training statues
FOOT = 0.15  # of the height: how far up a body without a plinth turns from boxy, at the floor, to round
PADDING = 4  # nodes of free space around the volume


def inflate(photo: Photo, quality: Quality) -> SDF:
    """The volume imagined from the photo's silhouette, along the rays of its camera."""
    spacing = LONGEST_SIDE / quality.grid
    plate = lay_flat(photo, spacing / PLATE_CELLS)
    stand = read_stand(plate.mask)
    body = plate.mask if stand.floor is None else standing_body(plate.mask, stand)
    back = DEPTH**2 * half_depth_squared(body, plate.outline[: len(body)], plate.pitch)
    if stand.floor is not None and stand.plinth is None:
        back = boxed_below(back, FOOT)
    return _field(photo, plate, stand, (emboss(back, photo, plate), back), spacing)


def standing_body(mask: np.ndarray, stand: Stand) -> np.ndarray:
    """The part of the mask that is no plinth, cut at the floor and lengthened down to it: [floor, C] bool."""
    body = mask[: stand.floor].copy()
    if stand.plinth is None:
        first = np.flatnonzero(body.any(axis=1))[-1] - int(0.02 * len(body))
        return body | (np.cumsum(body[::-1], axis=0)[::-1] == 0) & body[first]
    top = stand.plinth[0]
    body[top:] &= body[max(top - 1, 0)]
    return body


def _field(photo: Photo, plate: Plate, stand: Stand, depths: tuple[np.ndarray, np.ndarray], spacing: float) -> SDF:
    """The field −front < depth behind the plane < back, with the floor and the plinth.

    `depths` are front² and back², each [R, C].
    """
    back = depths[1]
    deepest = float(np.sqrt(max(back.max(), 0.0)))
    block = block_under(plate, photo, stand, deepest)
    lower, shape = _grid(plate, photo, deepest if block is None else max(deepest, block.half), spacing)
    x, y, z = ((low + spacing * np.arange(count)).astype(np.float32) for low, count in zip(lower, shape, strict=True))
    off, values, hull = _rods(photo, plate, depths, (x, y, z), spacing)
    if block is not None:
        values = block.joined(values, off, x, z)
    if stand.floor is not None:
        half = float(np.sqrt(max(back[-1].max(), 0.0))) if block is None else block.half
        values = np.maximum(values, floor_height(photo, plate, stand.floor, half) - z)
    return SDF(distances(np.maximum(values, hull), spacing), lower, spacing)


def _rods(
    photo: Photo,
    plate: Plate,
    depths: tuple[np.ndarray, np.ndarray],
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
    spacing: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three things of every node, [X, Y, Z]: how far it lies behind the plane, about how far from the surface
    −front < that < back, and how far from the cone of rays that the silhouette lets through (the statue is within).
    """
    x, y, z = axes
    rotation = photo.camera.rotation.astype(np.float32)
    shift = photo.camera.world_to_camera[:3, 3].astype(np.float32)
    sides = [np.dstack([side, np.hypot(*np.gradient(side, plate.pitch))]).astype(np.float32) for side in depths]
    off = np.empty((len(x), len(y), len(z)), np.float32)
    values, hull = np.empty_like(off), np.empty_like(off)
    for j, far in enumerate(y):
        place = [r[0] * x[:, None] + r[1] * far + r[2] * z + s for r, s in zip(rotation, shift, strict=True)]
        columns, rows = (part.astype(np.float32) for part in plate.cells(*place))
        off[:, j] = place[2] - plate.distance
        before, behind = (
            cv2.remap(side, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for side in sides
        )
        here, slope = np.moveaxis(np.where(off[:, j, :, None] < 0, before, behind), -1, 0)
        values[:, j] = (off[:, j] ** 2 - here) / np.sqrt(4 * off[:, j] ** 2 + slope**2 + spacing**2 / 4)
        hull[:, j] = cv2.remap(plate.outline, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return off, values, hull


def _grid(plate: Plate, photo: Photo, deepest: float, spacing: float) -> tuple[np.ndarray, tuple[int, ...]]:
    """The lower corner [3] and the numbers of nodes of a grid around everything the plate can become.

    The nodes sit on whole multiples of the spacing, so that a layer of them lies in the plane through the origin,
    where thin parts are widest.
    """
    rows, columns = np.nonzero(plate.mask)
    x = plate.left + plate.pitch * np.array([columns.min(), columns.max() + 1])
    y = plate.top + plate.pitch * np.array([rows.min(), rows.max() + 1])
    depth = plate.distance + np.array([-deepest, deepest])
    corners = np.array([(a * d / plate.distance, b * d / plate.distance, d) for a in x for b in y for d in depth])
    world = (corners - photo.camera.world_to_camera[:3, 3]) @ photo.camera.rotation
    low = np.floor(world.min(axis=0) / spacing) - PADDING
    high = np.ceil(world.max(axis=0) / spacing) + PADDING
    return low * spacing, tuple(int(count) for count in high - low + 1)
