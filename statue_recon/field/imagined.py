"""From what the prior imagined along the photo's rays to a field of distances in the world, held to the silhouette."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ..photo.photo import Photo
from ..priors.shape.columns import DEPTH_STEP, REACH, Columns, sampled
from ..quality import Quality
from .distance import distances
from .ground import Ground
from .picture import looked_up
from .plate import contour_distance
from .sdf import SDF

FINER = 2  # times as many nodes as the prior's, along each axis, before they are read linearly: fewer facets
PADDING = 4  # nodes of free space around the volume
FAINT = 0.25  # cells: what is less deep inside falls through the grid of the field
BESIDE = 2  # cells beside a lost ray that stand in with it
THIN = 0.75  # cells: how deep inside a ray must come, at most, that passes through the mask

Distances = Callable[[NDArray], NDArray]  # world points [N, 3] to world units [N]


def field_of(known: Distances, box: NDArray, photo: Photo, quality: Quality, ground: Ground | None = None) -> SDF:
    """The field on a grid over a box [2, 3], cut to what the silhouette lets through, and standing on its ground."""
    low, high = box
    spacing = float((high - low).max()) / quality.grid
    lower = low - PADDING * spacing
    shape = tuple(int(count) for count in np.ceil((high - low) / spacing) + 2 * PADDING + 1)
    x, y, z = (start + spacing * np.arange(count) for start, count in zip(lower, shape, strict=True))
    outline = contour_distance(photo.alpha)
    values = np.empty(shape, np.float32)
    for number, across in enumerate(x):
        points = np.stack(np.broadcast_arrays(across, y[:, None], z[None, :]), axis=-1).reshape(-1, 3)
        hull = outline_distances(outline, photo, points)
        found = np.maximum(known(points.astype(np.float32)), hull)
        values[number] = (found if ground is None else np.maximum(found, -ground.above(points))).reshape(shape[1:])
    if ground is not None and ground.block is not None:
        values = np.maximum(ground.block.joined(values, x, y, z), ground.floor - z)
    return SDF(distances(values, spacing), lower, spacing)


def outline_distances(outline: NDArray, photo: Photo, points: NDArray) -> NDArray[np.float32]:
    """How far world points [N, 3] are outside the cone of rays through the mask, about; world units [N].

    outline [H, W]: signed distances of the pixels to the contour, in pixels.
    """
    pixels, depth = photo.camera.project(points)
    found = looked_up(outline, *(pixels - 0.5).T)
    return (found * (depth / photo.camera.fx)).astype(np.float32)


def along_rays(volume: NDArray, columns: Columns) -> Distances:
    """The distances that a column volume [D, H, W] holds, anywhere in the world."""
    fine = refined(torch.from_numpy(volume))
    scale = REACH * columns.pitch

    def known(points: NDArray) -> NDArray:
        places = (columns.places(points) + 0.5) * FINER - 0.5
        return (sampled(fine, torch.from_numpy(places.astype(np.float32))) * scale).numpy()

    return known


def refined(volume: Tensor) -> Tensor:
    """A volume [D, H, W] with FINER times as many nodes along each axis, cubic in between."""
    across = torch.nn.functional.interpolate(volume[None], scale_factor=FINER, mode="bicubic")[0]
    turned = across.permute(1, 0, 2)  # rows, depths, columns
    size = FINER * turned.shape[1], turned.shape[2]
    return torch.nn.functional.interpolate(turned[None], size=size, mode="bicubic")[0].permute(1, 0, 2).contiguous()


def box_of(volume: NDArray, columns: Columns) -> NDArray[np.float64]:
    """[2, 3] the box in the world around what is inside."""
    inside = columns.points()[volume < 0].astype(np.float64)
    return np.stack([inside.min(axis=0) - columns.pitch, inside.max(axis=0) + columns.pitch])


def held_to_mask(values: NDArray[np.float32], mask: NDArray) -> NDArray[np.float32]:
    """A volume [D, H, W] in which every ray through the mask [H, W] meets the statue.

    Where the prior left a hole or lost a thin part, it is filled at the depth at which the surroundings lie.
    """
    inward = np.asarray(ndimage.distance_transform_edt(mask > 0.5), np.float32)
    least = values.min(axis=0)
    wanted = -np.minimum(inward - 0.5, THIN) / REACH
    missing = (inward > 0) & (least > wanted)
    if not missing.any():
        return values
    where = spread_out(values.argmin(axis=0).astype(np.float32), (least < 0) & (inward > 0))
    away = np.abs(np.arange(len(values))[:, None, None] - where) * DEPTH_STEP
    rod = np.minimum(away / REACH + wanted, 1.0)
    return np.where(missing, np.minimum(values, rod), values).astype(np.float32)


def with_lost(known: Distances, volume: NDArray[np.float32], columns: Columns, mask: NDArray) -> Distances:
    """Distances that are finer than the volume [D, H, W] they came from, and what they lost of it.

    Where rays through the mask [H, W] no longer meet the statue, a staff's say, the volume stands in; but an outline
    that moved by a cell is the finer one.
    """
    met = known(columns.points().reshape(-1, 3)).reshape(volume.shape).min(axis=0) < -FAINT * columns.pitch
    unmet = (mask > 0.5) & ~met
    lost = ndimage.binary_propagation(unmet & ~ndimage.binary_dilation(met, np.ones((3, 3))), mask=unmet)
    if not lost.any():
        return known
    around = ndimage.binary_dilation(lost, iterations=BESIDE)
    back = along_rays(np.where(around, volume, 1.0).astype(np.float32), columns)
    return lambda points: np.minimum(known(points), back(points))


def spread_out(values: NDArray, known: NDArray) -> NDArray[np.float32]:
    """A picture [H, W] with what is not known taken from the nearest that is, evened out."""
    if not known.any():
        return np.full(values.shape, np.median(values), np.float32)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    taken = values[tuple(nearest)].astype(np.float32)
    smooth = cv2.GaussianBlur(taken, (0, 0), 1.5)
    return np.where(known, taken, smooth).astype(np.float32)
