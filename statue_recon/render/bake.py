"""Baking: values of a surface written into the texels of an atlas, its own or another mesh's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh
from .interpolate import unit
from .raster import cover_of_atlas
from .rays import Hits, Rays

# Of the target's diagonal: how far from it the source is looked for along the normal. A retopologised statue keeps
# within a percent of the sculpted one; much more, and a finger would take the colours of its neighbour.
REACH = 0.02
_LAYERS = 4  # how many surfaces a ray meets before it gives up: a sheet has two, a fold of it four


@dataclass(frozen=True)
class Texels:
    """The surface on the texels an atlas uses, N of them in the order of `there`."""

    there: NDArray[np.bool_]  # [S, S] row 0 at the top
    points: NDArray[np.float32]  # [N, 3]
    normals: NDArray[np.float32]  # [N, 3] smooth, of length 1

    def picture(self, values: NDArray, margin: float = np.inf) -> NDArray:
        """Values [N, C] at the texels as an atlas [S, S, C], islands dilated by `margin` texels, zero beyond."""
        picture = np.zeros((*self.there.shape, values.shape[1]), dtype=values.dtype)
        picture[self.there] = values
        return dilated(picture, self.there, margin)


def texels_of(mesh: Mesh, uv: NDArray, size: int, device: str = "cpu") -> Texels:
    """Where the texels of an atlas [size, size] lie on the mesh. uv [F, 3, 2], (0, 0) at the bottom left."""
    cover = cover_of_atlas(uv, size, device)
    points, normals = cover.of(mesh.vertices, mesh.faces), unit(cover.of(mesh.normals, mesh.faces))
    return Texels(cover.faces >= 0, points, normals)


def bake(
    values: NDArray, mesh: Mesh, uv: NDArray, size: int, margin: float = np.inf, device: str = "cpu"
) -> NDArray[np.float32]:
    """Values at the vertices [V, C] as an atlas [size, size, C], row 0 at the top.

    Islands are dilated by `margin` texels; zero beyond. uv [F, 3, 2], (0, 0) at the bottom left.
    """
    cover = cover_of_atlas(uv, size, device)
    return dilated(cover.picture(values, mesh.faces), cover.faces >= 0, margin)


def bake_from(
    source: Mesh,
    values: NDArray,
    target: Mesh,
    uv: NDArray,
    size: int,
    reach: float = REACH,
    margin: float = np.inf,
    device: str = "cpu",
) -> NDArray[np.float32]:
    """Values at the vertices [V, C] of `source` as an atlas [size, size, C] of `target`, whose uv is given.

    Each texel takes the value of the source met along its normal (see `met_by`). With `source.normals` as values, an
    object-space normal map.
    """
    texels = texels_of(target, uv, size, device)
    diagonal = float(np.linalg.norm(np.ptp(target.vertices, axis=0)))
    hits = met_by(texels.points, texels.normals, source, reach * diagonal, device)
    return texels.picture(hits.of(values, source.faces), margin)


def met_by(points: NDArray, normals: NDArray, source: Mesh, reach: float, device: str = "cpu") -> Hits:
    """The places of `source` that belong to points [N, 3] with unit normals [N, 3] of another, similar surface.

    Along the normal, outwards or inwards, whichever comes first within `reach` (world units) and looks the same way;
    where nothing does, the closest place at any distance.
    """
    rays = Rays(source, device)
    outwards = _first_alike(rays, source, points, normals, normals, reach)
    inwards = _first_alike(rays, source, points, -normals, normals, reach)
    best = _chosen(inwards, outwards, outwards.distances < inwards.distances)
    missed = np.flatnonzero(best.faces < 0)
    closest = rays.closest(points[missed])
    best.faces[missed], best.distances[missed] = closest.faces, closest.distances
    best.weights[missed] = closest.weights
    return best


def _first_alike(
    rays: Rays, source: Mesh, points: NDArray, directions: NDArray, normals: NDArray, reach: float
) -> Hits:
    """The first hits within `reach` on faces of `source` that look to the side of `normals`; others are passed."""
    # A step back, or rounding would pass by a source that lies on the very point.
    travelled = np.full(len(points), -rays.bias, dtype=np.float32)
    found = Hits(np.full(len(points), -1, np.int32), np.full(len(points), np.inf, np.float32), np.zeros_like(points))
    underway = np.arange(len(points))
    for _ in range(_LAYERS):
        along = directions[underway]
        hits = rays.hits(points[underway] + travelled[underway, None] * along, along, reach + rays.bias)
        travelled[underway] += hits.distances
        near = (hits.faces >= 0) & (travelled[underway] < reach)
        alike = near & (np.einsum("ni,ni->n", source.face_normals[hits.faces], normals[underway]) > 0)
        done = underway[alike]
        found.faces[done], found.weights[done] = hits.faces[alike], hits.weights[alike]
        found.distances[done] = np.abs(travelled[done])
        underway = underway[near & ~alike]
        travelled[underway] += 0.1 * rays.bias
    return found


def _chosen(one: Hits, other: Hits, takes_other: NDArray[np.bool_]) -> Hits:
    """Of each pair of hits one."""
    return Hits(
        np.where(takes_other, other.faces, one.faces),
        np.where(takes_other, other.distances, one.distances),
        np.where(takes_other[:, None], other.weights, one.weights),
    )


def dilated(picture: NDArray, there: NDArray[np.bool_], margin: float = np.inf) -> NDArray:
    """The picture [H, W, C], where each pixel up to `margin` away from `there` [H, W] is a copy of the nearest one."""
    if not there.any() or there.all():
        return picture
    index, distance = nearest(there)
    free = ~there & (distance <= margin)
    filled = picture.copy()
    filled[free] = picture.reshape(-1, picture.shape[-1])[index[free]]
    return filled


def nearest(known: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each cell of a grid [H, W] the flat index of the nearest known cell, and how far away that is, in cells.

    At least one cell must be known.
    """
    distance, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index = np.zeros(labels.max() + 1, dtype=np.int64)
    index[labels[known]] = np.flatnonzero(known)
    return index[labels], np.asarray(distance, dtype=np.float32)
