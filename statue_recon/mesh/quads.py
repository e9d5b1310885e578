"""A closed surface of four-sided faces, even enough to subdivide and sculpt.

Dual marching cubes (Nielson 2004): a vertex for each polygon in which the surface cuts a cell of the grid, a quad for
each cut edge of the grid. Everything in the engine stays triangles: quad k of a quad mesh is its triangles 2 k and
2 k + 1, (a, b, c) and (a, c, d).
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..field.sdf import SDF
from ..render.rays import Rays
from .cubes import CORNERS, EDGES, loops_of_cases
from .extract import cases_of, cut_cells, extract, whole
from .mesh import Mesh
from .solid import solid

log = logging.getLogger(__name__)

_FILL = 0.97  # of the budget: near enough, the grid is not searched for the last percent
_TRIES = 8  # of grids to meet the budget
_RELAX = 12  # rounds of evening out
_STEP = 0.5  # of the way to the mean of the neighbours, along the surface
_FURTHEST = 3.0  # cells a vertex may be drawn on to the surface; carving moves it by less
_ALIKE = 0.2  # cosine between a vertex's normal and the surface's: below it, that is the other side of a thin part
_INSIDE = 0.05  # of a cell: the depth given to a node that is moved inside
_FINEST = 256  # cells along the longest side of the grid that stands for a mesh


def quads(mesh: Mesh, faces: int, device: str = "cpu") -> Mesh:
    """Any mesh as quads, in pairs of at most `faces` triangles: the same solid, its vertices on the mesh."""
    grid = int(np.clip(np.sqrt(faces / 2), 32, _FINEST))
    return quad_mesh(solid(mesh, grid, device), faces, mesh, device)


def quad_mesh(field: SDF, faces: int, onto: Mesh | None = None, device: str = "cpu") -> Mesh:
    """The zero surface of the field as quads, in pairs of at most `faces` triangles: closed, manifold, one part.

    The field is sampled on the coarsest grid that gives about as many quads as allowed; the vertices are then spread
    evenly over the surface `onto` (by default the field's own mesh).
    """
    closed = whole(field)
    surface = _Surface(onto or extract(field), device)
    wanted = faces // 2
    step = field.spacing * np.sqrt(max(_cut_edges(closed.values), 1) / (wanted * _FILL))
    enough, too_much = np.inf, 0.0  # spacings known to keep to the budget, and not to
    best = None
    for _ in range(_TRIES):
        vertices, corners = dual(_unpinched(_sampled(closed, step)))
        if len(corners) <= wanted and step < enough:
            best, enough = (vertices, corners, step), step
            if len(corners) >= _FILL * wanted - 4:
                break
        elif len(corners) > wanted:
            too_much = max(too_much, step)
        step *= np.sqrt(len(corners) / (wanted * (1 + _FILL) / 2))
        if not too_much < step < enough:
            step = 0.5 * (too_much + enough) if np.isfinite(enough) else 1.1 * too_much
    if best is None:
        vertices, corners = dual(_unpinched(_sampled(closed, 2 * step)))
        best = vertices, corners, 2 * step
    vertices, corners, step = best
    vertices = _relaxed(vertices, corners, surface, _FURTHEST * step)
    return Mesh(vertices.astype(np.float32), in_pairs(vertices, corners).astype(np.int32))


def dual(field: SDF) -> tuple[NDArray, NDArray]:
    """Vertices [V, 3] and quads [Q, 4], anticlockwise from outside, of a field that is positive at its border."""
    values = np.ascontiguousarray(field.values)
    strides = np.array([values.shape[1] * values.shape[2], values.shape[2], 1])
    cells, cases = cut_cells(values < 0, strides)
    loop_of_edge, count, _ = loops_of_cases()
    base = np.cumsum(count[cases]) - count[cases]
    cell, edge = np.nonzero(loop_of_edge[cases] >= 0)
    vertex = base[cell] + loop_of_edge[cases[cell], edge]

    start = np.array([CORNERS[a] for a, _ in EDGES])
    axis = np.array([int(np.argmax(CORNERS[b] - CORNERS[a])) for a, b in EDGES])[edge]
    node = cells[cell] + (start @ strides)[edge]
    flat = values.ravel()
    here, there = flat[node].astype(np.float64), flat[node + strides[axis]].astype(np.float64)
    place = np.stack(np.unravel_index(node, values.shape), axis=1).astype(np.float64)
    place[np.arange(len(node)), axis] += here / (here - there)
    total = int(count[cases].sum())
    sums = np.stack([np.bincount(vertex, place[:, k], total) for k in range(3)], axis=1)
    centre = sums / np.bincount(vertex, minlength=total)[:, None]

    # The four cells around an edge, anticlockwise as seen against the edge's direction.
    second, third = start[edge, (axis + 1) % 3], start[edge, (axis + 2) % 3]
    turn = np.where(third == 0, second, 3 - second)
    order = np.lexsort((turn, node * 3 + axis))
    corners = vertex[order].reshape(-1, 4)
    leaves = here[order[::4]] < 0
    return field.lower + field.spacing * centre, np.where(leaves[:, None], corners, corners[:, ::-1])


def in_pairs(vertices: NDArray, corners: NDArray) -> NDArray:
    """Triangles [2 Q, 3] of quads [Q, 4], each cut along the diagonal that bends it less."""
    a, b, c, d = (vertices[corners[:, k]] for k in range(4))
    bent = _bend(a, b, c, d) > _bend(b, c, d, a)
    corners = np.where(bent[:, None], np.roll(corners, -1, axis=1), corners)
    return np.stack([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]], axis=1).reshape(-1, 3)


def _bend(a: NDArray, b: NDArray, c: NDArray, d: NDArray) -> NDArray:
    """1 − cosine between the triangles a b c and a c d."""
    one, other = np.cross(b - a, c - a), np.cross(c - a, d - a)
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return 1.0 - np.einsum("ij,ij->i", one, other) / np.maximum(size, 1e-30)


def _cut_edges(values: NDArray) -> int:
    inside = values < 0
    return sum(int(np.count_nonzero(np.diff(inside, axis=axis))) for axis in range(3))


def _sampled(field: SDF, step: float) -> SDF:
    """The field on a grid of another spacing."""
    shape = np.ceil((np.array(field.values.shape) - 1) * field.spacing / step).astype(int) + 1
    axes = [np.arange(count) * step / field.spacing for count in shape]
    values = np.empty(shape, np.float32)
    for i, x in enumerate(axes[0]):  # a slice at a time: coordinates of a whole grid would be three grids of doubles
        places = np.meshgrid([x], axes[1], axes[2], indexing="ij")
        values[i] = ndimage.map_coordinates(field.values, places, order=1, mode="nearest")[0]
    return SDF(values, field.lower, step)


def _unpinched(field: SDF) -> SDF:
    """The field as `whole` leaves it, in which no two cells share a face that one polygon of each passes twice.

    Across such a face four quads would meet at one edge. One more of its nodes is taken inside until there is none;
    that ends, for nodes only ever move inside.
    """
    _, _, pinched = loops_of_cases()
    while True:
        field = whole(field)
        case = cases_of(field.values < 0)
        values = field.values.copy()
        found = False
        for axis in range(3):
            low = np.take(case, np.arange(case.shape[axis] - 1), axis=axis)
            high = np.take(case, np.arange(1, case.shape[axis]), axis=axis)
            cells = np.argwhere(pinched[low, 2 * axis + 1] & pinched[high, 2 * axis])
            if len(cells) == 0:
                continue
            found = True
            offsets = CORNERS[CORNERS[:, axis] == 1]
            nodes = cells[:, None] + offsets  # [N, 4, 3]
            around = values[tuple(nodes.transpose(2, 0, 1))]
            nearest = np.where(around > 0, around, np.inf).argmin(axis=1)
            values[tuple(nodes[np.arange(len(nodes)), nearest].T)] = -_INSIDE * field.spacing
        if not found:
            return field
        field = SDF(values, field.lower, field.spacing)


class _Surface:
    """What the vertices are drawn on to."""

    def __init__(self, mesh: Mesh, device: str):
        self._mesh, self._rays = mesh, Rays(mesh, device)

    def nearest(self, points: NDArray) -> tuple[NDArray, NDArray]:
        """The nearest place for each point [N, 3], and the normal [N, 3] of its face."""
        hits = self._rays.closest(points)
        return hits.of(self._mesh.vertices, self._mesh.faces), self._mesh.face_normals[hits.faces]


def _relaxed(vertices: NDArray, corners: NDArray, surface: _Surface, furthest: float) -> NDArray:
    """The vertices on the surface, spread so that each lies in the middle of its neighbours."""
    count = len(vertices)
    one, other = corners.ravel(), np.roll(corners, -1, axis=1).ravel()  # each edge once in each direction
    valence = np.bincount(one, minlength=count)[:, None]
    vertices = _drawn(vertices, _normals(vertices, corners), surface, furthest)
    for _ in range(_RELAX):
        mean = np.stack([np.bincount(one, vertices[other, k], count) for k in range(3)], axis=1) / valence
        normals = _normals(vertices, corners)
        move = mean - vertices
        move -= normals * np.einsum("ij,ij->i", move, normals)[:, None]
        vertices = _drawn(vertices + _STEP * move, normals, surface, furthest)
    return vertices


def _drawn(vertices: NDArray, normals: NDArray, surface: _Surface, furthest: float) -> NDArray:
    """The vertices on the nearest place of the surface, where that is the same side of it."""
    places, facing = surface.nearest(vertices)
    near = np.linalg.norm(places - vertices, axis=1) <= furthest
    near &= np.einsum("ij,ij->i", facing, normals) > _ALIKE
    return np.where(near[:, None], places, vertices)


def _normals(vertices: NDArray, corners: NDArray) -> NDArray:
    """Unit normals [V, 3] from the quads around."""
    a, b, c, d = (vertices[corners[:, k]] for k in range(4))
    across = np.repeat(np.cross(c - a, d - b), 4, axis=0)
    normals = np.stack([np.bincount(corners.ravel(), across[:, k], len(vertices)) for k in range(3)], axis=1)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
