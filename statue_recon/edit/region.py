"""Regions: where an edit may change a statue. Chosen by vertices, faces, a mask, or words; then given a soft border.

region = softened(statue, of_words(statue, "the head").vertices, border=0.03, keep_seen=True)

             chosen          weight 1 ┐      ╭────────────╮
  ○──○──●──●──●──●──●──○              │     ╱              ╲         The border lies inside: what was not chosen
        ├──┤                        0 ┘────╯                ╰────    has exactly 0, and is not touched at all.
        border
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra

from ..contract import Failure
from ..field.visibility import GEOMETRY_SEEN
from ..mesh.mesh import Mesh
from ..render.visibility import vertex_visibility
from ..texture.texels import squares_of
from .statue import Region, Statue

INSIDE = 0.5  # of a mask or a weight, from which on a place is chosen
BLEED = 4  # texels that weights reach beyond the islands of the atlas, so that filtered look-ups find them
EMPTY = "Nothing of the statue lies in the region."


@dataclass(frozen=True)
class Chosen:
    """What was chosen, before it has a border."""

    vertices: NDArray[np.float32]  # [V] 0 … 1
    texels: NDArray[np.float32] | None = None  # [S, S] 0 … 1 where it was told so finely; None: as the vertices
    notes: tuple[str, ...] = ()  # what was taken for granted


def everything(statue: Statue) -> Chosen:
    return Chosen(np.ones(len(statue.textured.mesh.vertices), np.float32))


def of_vertices(statue: Statue, weights: NDArray) -> Chosen:
    """Of weights [V], 0 … 1, as a vertex group has them."""
    count = len(statue.textured.mesh.vertices)
    if np.shape(weights) != (count,):
        raise Failure(
            f"The region has {np.size(weights)} weights, and the statue {count} vertices.",
            next_step="Choose the region again on this mesh.",
        )
    return Chosen(np.clip(np.nan_to_num(np.asarray(weights, np.float32)), 0.0, 1.0))


def of_faces(statue: Statue, faces: NDArray) -> Chosen:
    """Of faces, numbers or [F] bool. Vertices on the rim of them are the outside's: they do not move."""
    mesh = statue.textured.mesh
    inside = np.zeros(len(mesh.faces), bool)
    inside[faces] = True
    vertices = np.zeros(len(mesh.vertices), np.float32)
    vertices[mesh.faces[inside].ravel()] = 1.0
    vertices[mesh.faces[~inside].ravel()] = 0.0
    return Chosen(vertices)


def of_uv_mask(statue: Statue, mask: NDArray) -> Chosen:
    """Of a picture [h, w] 0 … 1 (or 0 … 255) over the atlas, row 0 at the top."""
    picture = _shares(mask)
    size = len(statue.textured.atlas)
    fine = _resized(picture, size)
    # A vertex on a seam has several places in the atlas: it is chosen where all of them are.
    uv = statue.textured.uv.reshape(-1, 2)
    high, wide = picture.shape
    rows = np.clip(((1.0 - uv[:, 1]) * high).astype(int), 0, high - 1)
    columns = np.clip((uv[:, 0] * wide).astype(int), 0, wide - 1)
    vertices = np.ones(len(statue.textured.mesh.vertices), np.float32)
    corners = statue.textured.mesh.faces.ravel()
    np.minimum.at(vertices, corners, picture[rows, columns])
    used = np.zeros(len(vertices), bool)
    used[corners] = True
    return Chosen(np.where(used, vertices, 0.0).astype(np.float32), fine)


def of_photo_mask(statue: Statue, mask: NDArray) -> Chosen:
    """Of a picture [h, w] over the photo, of any size: what lies under it and faces the camera, unhidden."""
    if statue.photo is None:
        raise Failure(
            "The region was drawn over a photo, and it is not known from where one shows this statue.",
            next_step="Paint the region on the mesh, or choose vertices.",
        )
    picture = _shares(mask)
    high, wide = picture.shape
    camera = statue.photo.camera.resized(wide, high)
    mesh = statue.textured.mesh
    pixels, _ = camera.project(mesh.vertices)
    seen = vertex_visibility(mesh, [camera]).seen[0]
    columns, rows = np.clip(np.floor(pixels), 0, (wide - 1, high - 1)).astype(int).T
    return Chosen(np.where(seen, picture[rows, columns], 0.0).astype(np.float32))


def softened(statue: Statue, chosen: Chosen, border: float, keep_seen: bool = True) -> Region:
    """What was chosen, with a border of `border` (share of the statue's longest side) inside it.

    Distances are measured along the surface, over its edges. keep_seen: what the photo shows counts as not chosen.
    Raises Failure if nothing is left.
    """
    mesh = statue.textured.mesh
    wide = border * float(np.ptp(mesh.vertices, axis=0).max())
    weights = np.where(chosen.vertices >= INSIDE, 1.0, 0.0).astype(np.float32)
    kept = statue.textured.seen > GEOMETRY_SEEN if keep_seen else np.zeros(len(weights), bool)
    weights[kept] = 0.0
    away = along_surface(mesh, weights == 0, wide)
    vertices = _smoothstep(away / wide) if wide > 0 else weights
    vertices = np.where(weights > 0, vertices * np.minimum(chosen.vertices, 1.0), 0.0).astype(np.float32)
    texels = _texels(statue, vertices, kept, chosen, wide)
    region = Region(vertices, texels)
    if region.empty:
        why = " that the photo does not show" if keep_seen else ""
        raise Failure(
            EMPTY if not keep_seen else f"Nothing of the statue lies in the region{why}.",
            next_step="Choose a larger region, a narrower border"
            + (", or allow changes to what the photo shows." if keep_seen else "."),
        )
    return region


def along_surface(mesh: Mesh, start: NDArray[np.bool_], reach: float) -> NDArray[np.float32]:
    """[V] the way from the nearest vertex of `start` [V], over edges, world units; infinite beyond `reach`."""
    if reach <= 0 or not start.any():
        return np.where(start, 0.0, np.inf).astype(np.float32)
    edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges = np.unique(edges, axis=0)
    lengths = np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1).astype(np.float64)
    count = len(mesh.vertices)
    # Edges between two starts lead nowhere; without them a large outside costs nothing.
    useful = ~(start[edges[:, 0]] & start[edges[:, 1]])
    edges, lengths = edges[useful], np.maximum(lengths[useful], 1e-12)
    net = sparse.coo_array((lengths, (edges[:, 0], edges[:, 1])), shape=(count, count)).tocsr()
    rim = np.unique(edges[start[edges].any(axis=1)])
    rim = rim[start[rim]]
    away = np.full(count, np.inf)
    if len(rim):
        away = dijkstra(net, directed=False, indices=rim, min_only=True, limit=reach)
    away[start] = 0.0
    return away.astype(np.float32)


def _texels(
    statue: Statue, vertices: NDArray[np.float32], kept: NDArray[np.bool_], chosen: Chosen, wide: float
) -> NDArray[np.float32]:
    """[S, S] the weights of the atlas; exactly 0 on faces that have no chosen vertex, and where the photo is kept."""
    mesh, size = statue.textured.mesh, len(statue.textured.atlas)
    found = np.zeros((size, size), np.float32)
    there = np.zeros((size, size), bool)
    coarse = chosen.texels is None or _spacing(mesh) < wide / 2
    free = np.where(kept, 0.0, 1.0).astype(np.float32)
    seen = np.where(kept, statue.textured.seen, 0.0).astype(np.float32)
    for square, _ in squares_of(mesh, statue.textured.uv, size, "cpu"):
        values = np.minimum(square.texels.of(vertices if coarse else free), 1.0)  # rounding may leave a little more
        # A texel nearer to a kept vertex than to others is the photo's too.
        values[(square.texels.of(seen) > GEOMETRY_SEEN) | (values < 1e-6)] = 0.0
        found[square.place][square.there] = values
        there[square.place] |= square.there
    if chosen.texels is not None:
        inside = chosen.texels >= INSIDE
        found *= np.where(inside, chosen.texels, 0.0)
        if not coarse and wide > 0:
            pitch = _texel_width(statue)
            away = ndimage.distance_transform_edt(inside | ~there) * pitch
            found *= _smoothstep(away / wide)
    gap, (rows, columns) = ndimage.distance_transform_edt(~there, return_indices=True)
    near = ~there & (gap <= BLEED)
    found[near] = found[rows[near], columns[near]]
    return found


def _smoothstep(share: NDArray) -> NDArray[np.float32]:
    t = np.clip(np.nan_to_num(share, posinf=1.0), 0.0, 1.0)
    return (t * t * (3.0 - 2.0 * t)).astype(np.float32)


def _spacing(mesh: Mesh) -> float:
    """Mean edge length."""
    corners = mesh.vertices[mesh.faces]
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).mean())


def _texel_width(statue: Statue) -> float:
    """World units, about: the root of the surface's area over the atlas's."""
    mesh, uv = statue.textured.mesh, statue.textured.uv.astype(np.float64)
    a, b, c = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
    one, two = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    flat = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum() * len(statue.textured.atlas) ** 2
    return float(np.sqrt(area / max(flat, 1e-12)))


def _shares(mask: NDArray) -> NDArray[np.float32]:
    """A grey picture, or the first channel of a coloured one, 0 … 1."""
    grey = mask if mask.ndim == 2 else mask[..., 0]
    return grey.astype(np.float32) / (255.0 if np.issubdtype(grey.dtype, np.integer) else 1.0)


def _resized(picture: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """[size, size], each texel from the place of the picture that it lies in."""
    rows = ((np.arange(size) + 0.5) * picture.shape[0] / size).astype(int)
    columns = ((np.arange(size) + 0.5) * picture.shape[1] / size).astype(int)
    return picture[np.ix_(rows, columns)]
