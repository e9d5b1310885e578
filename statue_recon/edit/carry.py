"""Handing a mesh by hand what a field gained and what a statue had: places, texture, and what the photo shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..field.sdf import SDF
from ..mesh.mesh import Mesh, TexturedMesh
from ..render.bake import met_by, texels_of
from ..render.rays import Rays

STEPS = 6  # of a vertex towards its level in the new field; the last ones are far below a grid cell
LONGEST = 0.5  # of a spacing, that a vertex may move in one step
REACH = 0.03  # of the diagonal: how far from a statue its texture is carried along normals
SAME = 0.01  # of the longest side: what lies nearer to the statue's surface is the statue's own


def carried(mesh: Mesh, before: SDF, after: SDF, protect: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each vertex [V, 3] moves so that it lies in the new field where it lay in the old one.

    A vertex keeps its value, not the value 0: what is finer than the grid stays on the surface, and where the fields
    agree nothing moves at all. protect [V]: where it is 1 the vertex stays to the last bit. Vertices at one place move
    together, whatever seams of the texture run there.
    """
    places, twin = np.unique(mesh.vertices, axis=0, return_inverse=True)
    twin = twin.reshape(-1)
    kept = np.zeros(len(places), np.float32)
    np.maximum.at(kept, twin, protect)
    free = np.flatnonzero(kept < 1.0)
    start = places[free].astype(np.float64)
    wanted, now = _at(before.values, before, start), start.copy()
    slopes = np.gradient(after.values)
    for _ in range(STEPS):
        normal = np.stack([_at(slope, after, now) for slope in slopes], axis=1) / after.spacing
        length = np.maximum(np.linalg.norm(normal, axis=1), 0.5)  # a distance's slope is 1; less is a ridge
        step = np.clip(
            (wanted - _at(after.values, after, now)) / length, -LONGEST * after.spacing, LONGEST * after.spacing
        )
        now += step[:, None] * normal / length[:, None]
    offset = np.zeros(places.shape, np.float32)
    offset[free] = ((now - start) * (1.0 - kept[free, None])).astype(np.float32)
    return offset[twin]


def left_behind(mesh: Mesh, offset: NDArray, before: SDF, after: SDF, protect: NDArray[np.float32]) -> float:
    """The share of the unprotected vertices that did not reach their level: the new surface has another shape there."""
    free = protect == 0.0
    start = mesh.vertices[free]
    away = np.abs(_at(after.values, after, start + offset[free]) - _at(before.values, before, start))
    return float((away > after.spacing).mean()) if free.any() else 0.0


def dressed(mesh: Mesh, uv: NDArray[np.float32], like: TexturedMesh, device: str) -> TexturedMesh:
    """A mesh of other vertices in the statue's clothes: its texture, and which places the photo shows.

    What lies away from the statue's surface was made by hand: no photo shows it.
    """
    size = len(like.atlas)
    texels = texels_of(mesh, uv, size, device)
    reach = REACH * float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    hits = met_by(texels.points, texels.normals, like.mesh, reach, device)
    place = np.einsum("nk,nkc->nc", hits.weights, like.uv[hits.faces])
    column, row = (np.clip(part * size, 0, size - 1).astype(int) for part in (place[:, 0], 1.0 - place[:, 1]))
    near = Rays(like.mesh, device).closest(mesh.vertices)
    seen = np.einsum("nk,nk->n", near.weights, like.seen[like.mesh.faces[near.faces]])
    own = near.distances < SAME * float(np.ptp(like.mesh.vertices, axis=0).max())
    return TexturedMesh(mesh, uv, texels.picture(like.atlas[row, column]), np.where(own, seen, 0.0).astype(np.float32))


def _at(values: NDArray, field: SDF, points: NDArray) -> NDArray[np.float64]:
    """Values at the nodes of a field, at points [N, 3] of the world."""
    places = (np.asarray(points, np.float64) - field.lower) / field.spacing
    return ndimage.map_coordinates(values, places.T, order=1, mode="nearest", output=np.float64)
