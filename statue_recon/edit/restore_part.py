"""The missing part as a mesh of its own: what the completed statue has and the broken one lacks, closed and painted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..field.imagined import Distances
from ..field.sdf import SDF
from ..mesh.extract import extract, simplify
from ..mesh.mesh import Mesh, TexturedMesh
from ..mesh.solid import Surface as Solid
from ..render.bake import texels_of
from ..render.rays import Rays
from ..texture.surface import Surface
from .mirrored import colours_of
from .restore_prior import Room

GRID = 72  # cells along the room's longest side
BEYOND = 0.6  # of the prior's pitch: what stands out less from the statue is not a part but a difference in detail
FACES = 20_000  # triangles, at most
LEAST = 30  # cells, below which nothing has grown
HOLD, CARRIED, ACCURACY = 8.0, 0.5, 0.1  # of the statue's colours along the part, as texture.continuation has them


def part_of(
    grown: Distances, solid: Solid, room: Room, box: NDArray, break_points: NDArray, overlap: float, pitch: float
) -> Mesh | None:
    """What has grown in the room, closed, reaching `overlap` into the statue; None where nothing has.

    box [2, 3]: around the room. break_points [N, 3]: on the break; the part must hang on it. pitch: the width of the
    prior's cells. All in world units.
    """
    low, high = box[0] - 2 * overlap, box[1] + 2 * overlap
    spacing = float((high - low).max()) / GRID
    shape = np.ceil((high - low) / spacing).astype(int) + 3
    lower = low - spacing
    points = (lower + spacing * np.indices(shape).reshape(3, -1).T).astype(np.float32)
    new, old, outside = grown(points), solid.signed_distances(points), room(points)
    core = ((new < 0) & (old > BEYOND * pitch) & (outside < 0)).reshape(shape)
    core = hanging_on(core, lower, spacing, break_points, 2.0 * BEYOND * pitch + spacing)
    if np.count_nonzero(core) < LEAST:
        return None
    away = spacing * ndimage.distance_transform_edt(~core).ravel()  # from what surely is the part, back to the break
    near = away - 1.5 * (BEYOND * pitch + overlap)
    values = np.maximum.reduce([new, -(old + overlap), outside, near]).reshape(shape).astype(np.float32)
    if not (values < 0).any():
        return None
    return simplify(extract(SDF(values, lower, spacing)), FACES)


def hanging_on(
    core: NDArray[np.bool_], lower: NDArray, spacing: float, points: NDArray, reach: float
) -> NDArray[np.bool_]:
    """The parts of a volume [X, Y, Z] that come within `reach` of some of the points [N, 3]."""
    cells = np.rint((points - lower) / spacing).astype(int)
    cells = cells[((cells >= 0) & (cells < core.shape)).all(axis=1)]
    there = np.ones(core.shape, bool)
    there[tuple(cells.T)] = False
    close = spacing * ndimage.distance_transform_edt(there) <= reach
    labels, count = ndimage.label(core)
    kept = np.unique(labels[close & core])
    return np.isin(labels, kept[kept > 0]) if count and len(cells) else np.zeros_like(core)


def painted(
    part: Mesh, uv: NDArray[np.float32], size: int, like: TexturedMesh, broken: NDArray[np.float32], device: str
) -> TexturedMesh:
    """The part in colours that are carried on from the statue around the break; nothing of it is seen.

    broken [V] of the statue: its fracture, whose colours nobody wants.
    """
    whole = Mesh(like.mesh.vertices, like.mesh.faces[~(broken[like.mesh.faces] > 0).any(axis=1)])
    hits = Rays(whole, device).closest(part.vertices)
    around = hits.of(colours_of(like), whole.faces)
    surface = Surface.of(part)
    reach = 0.25 * surface.size
    hold = HOLD * np.clip(1.0 - hits.distances / reach, 0.0, 1.0) ** 2
    near = hits.distances <= np.quantile(hits.distances, 0.2)
    guide = np.broadcast_to(np.median(around[near], axis=0), around.shape)
    colours = surface.continued(around, hold, guide, CARRIED, ACCURACY)
    texels = texels_of(part, uv, size, device)
    places = Rays(part, device).closest(texels.points).of(colours, part.faces)
    spots = grain(like, len(texels.points))
    atlas = texels.picture(np.rint(np.clip(places + spots, 0, 255)).astype(np.uint8))
    return TexturedMesh(part, uv, atlas, np.zeros(len(part.vertices), np.float32))


def grain(like: TexturedMesh, count: int) -> NDArray[np.float32]:
    """[count, 1] how much texels differ from their surroundings, drawn as the statue's own texels do; 0 … 255."""
    grey = like.atlas.astype(np.float32).mean(axis=2)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.5)
    spread = float(np.median(np.abs(fine))) * 1.4826  # robust: seams of the atlas are no grain
    return np.random.default_rng(0).normal(0.0, spread, (count, 1)).astype(np.float32)
