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
from .thickness import boxed_below, embossed, half_depth_squared, relief

PLATE_CELLS = 2  # plate pixels per spacing of the field
DEPTH = 1.05  # half depth over half width of a long part; the best mean over our training statues
FOOT = 0.15  # of the height: how far up a body without a plinth turns from boxy, at the floor, to round
CALM = 0.35  # of the way from the plane: what is smaller than this at the contour does not go on as a furrow or a fin
CALM_AT = (0.0, 0.025, 0.05, 0.1, 0.2, 0.4)  # world units from the plane where the calmed depths are computed
PADDING = 4  # nodes of free space around the volume

Levels = list[np.ndarray]  # pictures of the plate, one for each of CALM_AT


def inflate(photo: Photo, quality: Quality) -> SDF:
    """The volume imagined from the photo's silhouette, along the rays of its camera."""
    spacing = LONGEST_SIDE / quality.grid
    plate = lay_flat(photo, spacing / PLATE_CELLS)
    stand = read_stand(plate.mask)
    body = plate.mask if stand.floor is None else standing_body(plate.mask, stand)
    back = DEPTH**2 * half_depth_squared(body, plate.outline[: len(body)], plate.pitch)
    if stand.floor is not None and stand.plinth is None:
        back = boxed_below(back, FOOT)
    calm = _calmed(back, plate.pitch)
    raised = relief(back, photo, plate)
    front = [embossed(level, raised) for level in calm]
    return _field(plate, stand, (_with_slope(front, plate.pitch), _with_slope(calm, plate.pitch)), spacing)


def standing_body(mask: np.ndarray, stand: Stand) -> np.ndarray:
    """The part of the mask that is no plinth, cut at the floor and lengthened down to it: [floor, C] bool."""
    body = mask[: stand.floor].copy()
    if stand.plinth is None:
        first = np.flatnonzero(body.any(axis=1))[-1] - int(0.02 * len(body))
        return body | (np.cumsum(body[::-1], axis=0)[::-1] == 0) & body[first]
    top = stand.plinth[0]
    body[top:] &= body[max(top - 1, 0)]
    return body


def _field(plate: Plate, stand: Stand, depths: tuple[Levels, Levels], spacing: float) -> SDF:
    """The field −front < y < back, with the floor and the plinth. `depths` are front² and back²."""
    back = depths[1][0][..., 0]
    deepest = float(np.sqrt(max(back.max(), 0.0)))
    block = block_under(plate, stand, deepest)
    lower, shape = _grid(plate, deepest if block is None else max(deepest, block.half), spacing)
    x, y, z = ((low + spacing * np.arange(count)).astype(np.float32) for low, count in zip(lower, shape, strict=True))
    values, hull = _rods(plate, depths, (x, y, z), spacing)
    if block is not None:
        values = block.joined(values, x, y, z)
    if stand.floor is not None:
        half = float(np.sqrt(max(back[-1].max(), 0.0))) if block is None else block.half
        values = np.maximum(values, floor_height(plate, stand.floor, half) - z)
    return SDF(distances(np.maximum(values, hull), spacing), lower, spacing)


def _rods(
    plate: Plate,
    depths: tuple[Levels, Levels],
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
    spacing: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Two things of every node, [X, Y, Z]: about how far it is from the surface −front < y < back, and how far from
    the cone of rays that the silhouette lets through (the statue is within).
    """
    x, y, z = axes
    values, hull = (np.empty((len(x), len(y), len(z)), np.float32) for _ in range(2))
    for j, off in enumerate(y):
        seen, level = (cells(x[:, None], off, z[None, :]) for cells in (plate.cells, plate.level_cells))
        side, there = (depths[0], seen) if off < 0 else (depths[1], level)
        squared, slope = np.moveaxis(_at(_between(side, CALM_AT, abs(float(off))), there), -1, 0)
        values[:, j] = (off**2 - squared) / np.sqrt(4 * off**2 + slope**2 + spacing**2 / 4)
        hull[:, j] = _at(plate.outline, seen)
    return values, hull


def _at(picture: np.ndarray, cells: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """A picture of the plate [R, C] or [R, C, 2] at fractional columns and rows; beyond it, its border."""
    columns, rows = (np.ascontiguousarray(part, np.float32) for part in np.broadcast_arrays(*cells))
    return cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _calmed(height: np.ndarray, pitch: float) -> Levels:
    """h² [R, C] for each of CALM_AT: the farther from the plane, the smoother.

    Locks of hair and the edges of folds show at the contour, and at the contour only is it known that they are there.
    Opened morphologically, so that they end instead of growing fat.
    """
    levels = []
    for off in CALM_AT:
        radius = CALM * off / pitch
        calm = height
        if radius >= 1:
            disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)
            calm = cv2.GaussianBlur(cv2.morphologyEx(height, cv2.MORPH_OPEN, disc), (0, 0), 0.5 * radius)
        levels.append(calm)
    return levels


def _with_slope(levels: Levels, pitch: float) -> Levels:
    """h² and how steep it is, [R, C, 2] float32."""
    return [np.dstack([level, np.hypot(*np.gradient(level, pitch))]).astype(np.float32) for level in levels]


def _between(levels: Levels, places: tuple[float, ...], place: float) -> np.ndarray:
    """What lies at `place` between levels given at ascending `places`; beyond the last one, the last."""
    above = int(np.searchsorted(places, place, side="right"))
    if above == len(places):
        return levels[-1]
    share = (place - places[above - 1]) / (places[above] - places[above - 1])
    return (1.0 - share) * levels[above - 1] + np.float32(share) * levels[above]


def _grid(plate: Plate, deepest: float, spacing: float) -> tuple[np.ndarray, tuple[int, ...]]:
    """The lower corner [3] and the numbers of nodes of a grid around everything the plate can become.

    The nodes sit on whole multiples of the spacing, so that a layer of them lies in the plane y = 0, where thin parts
    are widest.
    """
    rows, columns = np.nonzero(plate.mask)
    ends = ((rows.min(), rows.max() + 1), (columns.min(), columns.max() + 1), (-deepest, deepest))
    corners = np.array([plate.place(row, column, off) for row in ends[0] for column in ends[1] for off in ends[2]])
    low = np.floor(corners.min(axis=0) / spacing) - PADDING
    high = np.ceil(corners.max(axis=0) / spacing) + PADDING
    return low * spacing, tuple(int(count) for count in high - low + 1)
