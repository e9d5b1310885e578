"""The UV atlas: every face of a mesh gets its own place in a square picture.

Charts are flat projections, so nothing is solved and nothing can diverge; whatever the mesh looks like (scans with
holes, edges shared by three faces, faces without area) there is always an atlas, if need be with more charts.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from .atlas_charts import corners_on, cut
from .atlas_packing import pack
from .mesh import Mesh

log = logging.getLogger(__name__)

# A chart seen obliquely by its own projection is enlarged until its area is right, but no more than this: a few steep
# faces must not blow up a whole chart.
_LARGEST_GAIN = 1.6
_ANGLES = np.radians(np.arange(0.0, 90.0, 7.5))  # in which the smallest box around a chart is looked for


def unwrap(mesh: Mesh, quads: bool = False) -> NDArray[np.float32]:
    """A place in the unit square for each corner of each face, without overlaps.

    Faces are gathered into charts by the direction they look in, each chart is projected along its mean normal, turned
    into its smallest box, and packed. All charts have the same texel density. Charts keep a distance of about 1/512 of
    the square, 4 texels in a 2k atlas. The same mesh always gives the same atlas. With `quads`, faces 2 k and 2 k + 1
    lie side by side in it, so that a quad has four corners there too.

    Returns [F, 3, 2] in 0 … 1, (0, 0) at the bottom left as in Blender.
    """
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    faces = np.asarray(mesh.faces, dtype=np.int64)
    if len(faces) == 0:
        return np.zeros((0, 3, 2), dtype=np.float32)
    charts, axes = cut(vertices, faces, together=2 if quads else 1)
    flat = corners_on(vertices, faces, charts, axes)[..., :2]
    flat = _turned(_in_true_size(flat, vertices, faces, charts), charts)
    uv = pack(flat, charts).astype(np.float32)
    if quads:
        uv[1::2, :2] = uv[::2, [0, 2]]  # equal but for rounding; a quad has one value for each corner
    log.info("the atlas has %d charts", len(axes))
    return uv


def _in_true_size(flat: NDArray, vertices: NDArray, faces: NDArray, charts: NDArray) -> NDArray:
    """The corners [F, 3, 2], each chart enlarged so that its flat area is its area on the surface."""
    corners = vertices[faces]
    solid = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    edges = flat[:, 1:] - flat[:, :1]
    shadow = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    wanted, there = np.bincount(charts, solid), np.bincount(charts, shadow)
    gain = np.sqrt(wanted / np.maximum(there, 1e-12 + 1e-9 * wanted))
    return flat * np.clip(gain, 1.0, _LARGEST_GAIN)[charts][:, None, None]


def _turned(flat: NDArray, charts: NDArray) -> NDArray:
    """The corners [F, 3, 2] with each chart turned to the angle in which its bounding box is smallest."""
    order = np.argsort(charts, kind="stable")
    starts = np.flatnonzero(np.diff(charts[order], prepend=-1))
    sorted_corners = flat[order]
    best_area = np.full(len(starts), np.inf)
    best_angle = np.zeros(len(starts))
    for angle in _ANGLES:
        size = np.ones(len(starts))
        for direction in ((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))):
            along = sorted_corners @ np.array(direction)
            high = np.maximum.reduceat(along.max(axis=1), starts)
            size *= high - np.minimum.reduceat(along.min(axis=1), starts)
        better = size < best_area * 0.999
        best_area[better], best_angle[better] = size[better], angle
    cosine, sine = np.cos(best_angle)[charts][:, None], np.sin(best_angle)[charts][:, None]
    x, y = flat[..., 0], flat[..., 1]
    return np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=-1)
