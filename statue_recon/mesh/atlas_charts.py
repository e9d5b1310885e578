"""Cutting a surface into charts that lie flat without overlapping themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .atlas_raster import covered

# The directions charts may look in. The six axes; the statue's front (-Y) is one of them, so what the photo shows best
# comes to lie in few large charts.
_DIRECTIONS = np.array([[0, -1, 0], [0, 1, 0], [-1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, -1]], dtype=np.float64)

_SMALLEST_COSINE = 0.26  # of a face against its chart's axis (75°): more would smear texels more than fourfold
_SMALL_SHARE = 2e-3  # of the whole area: smaller pieces are joined to a neighbour where that can be
_VOTE = 1.6  # how much the neighbours' labels count against a face's own direction
_CHECK_CELLS = 1.2e7  # of the grid on which charts are searched for overlaps; more than a 4k atlas gives them


@dataclass(frozen=True)
class _Units:
    """What no chart may cut in two: U triangles, or U quads of two triangles each."""

    normals: NDArray  # [U, 3] unit length
    areas: NDArray  # [U]
    sides: NDArray  # [U, 1 or 2, 3] unit normals of its triangles
    pairs: NDArray  # [N, 2] of units that share an edge


def cut(vertices: NDArray, faces: NDArray, together: int = 1) -> tuple[NDArray, NDArray]:
    """A chart for each face, and each chart's axis of projection.

    Units choose among six directions, with a vote of their surroundings so that charts get few and large; small pieces
    join their neighbours; units too steep for their chart and units hidden behind others of the same chart leave it
    for charts of their own. A unit is a face, or `together` = 2 faces in a row.

    Returns (charts [F] 0 … C - 1, axes [C, 3] unit length).
    """
    units = _units(vertices, faces, together)
    charts = _connected(_join_small(_label(units), units), units)
    charts = _without_steep(_move_steep(charts, units), units)
    charts = _without_overlaps(charts, vertices, faces, units)
    return np.repeat(charts, together), _axes(charts, units)


def corners_on(vertices: NDArray, faces: NDArray, charts: NDArray, axes: NDArray) -> NDArray:
    """The corners [F, 3, 3] of all faces in their charts' frames: two flat coordinates and the height along the axis.

    Not mirrored: a face that looks along its axis keeps its counter-clockwise turn.
    """
    helper = np.where(np.abs(axes[:, 2:]) < 0.7, [[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]])
    right = np.cross(helper, axes)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    frames = np.stack([right, np.cross(axes, right), axes], axis=1)
    return np.einsum("fij,fkj->fki", frames[charts], vertices[faces])


def _units(vertices: NDArray, faces: NDArray, together: int) -> _Units:
    """The units of a mesh; one without area looks up, so that it has some direction."""
    corners = vertices[faces]
    sides = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).reshape(-1, together, 3)
    normals = _unit(sides.sum(axis=1), np.array([0.0, 0.0, 1.0]))
    areas = 0.5 * np.linalg.norm(sides, axis=2).sum(axis=1)
    pairs = _neighbours(faces) // together
    return _Units(normals, areas, _unit(sides, normals[:, None]), pairs[pairs[:, 0] != pairs[:, 1]])


def _unit(vectors: NDArray, instead: NDArray) -> NDArray:
    """The vectors [..., 3] with length 1, others where they have none."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    flat = length < 1e-14
    return np.where(flat, instead, vectors / np.where(flat, 1.0, length))


def _neighbours(faces: NDArray) -> NDArray:
    """Pairs [N, 2] of faces that share an edge; where more than two share one, each with the next."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    key = edges[:, 0] * (faces.max() + 1) + edges[:, 1]
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    return np.stack([order[same] // 3, order[same + 1] // 3], axis=1)


def _average(count: int, pairs: NDArray) -> sparse.csr_matrix:
    """A matrix [U, U] that replaces what a unit has by the mean over itself and its neighbours."""
    rows = np.concatenate([pairs[:, 0], pairs[:, 1], np.arange(count)])
    columns = np.concatenate([pairs[:, 1], pairs[:, 0], np.arange(count)])
    matrix = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(count, count))
    weights = 1.0 / np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.csr_matrix(sparse.diags_array(weights.astype(np.float32)) @ matrix)


def _label(units: _Units) -> NDArray:
    """A direction 0 … 5 for each unit: its own, corrected by a widening vote of the surroundings."""
    normals, areas = units.normals, units.areas
    count = len(normals)
    average = _average(count, units.pairs)
    # The surroundings are counted in units; finer meshes need more rounds for the same stretch of surface.
    rounds = int(np.clip(np.sqrt(count) / 12, 4, 40))
    smooth = (normals * areas[:, None]).astype(np.float32)
    for _ in range(rounds):
        smooth = average @ smooth
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-20)
    directions = _DIRECTIONS.astype(np.float32)
    own = 0.5 * (normals.astype(np.float32) + smooth) @ directions.T
    steep = normals @ _DIRECTIONS.T < _SMALLEST_COSINE
    own[steep] -= 1.0
    labels = np.argmax(own, axis=1)
    for _ in range(8):
        votes = np.eye(len(directions), dtype=np.float32)[labels]
        for _ in range(max(rounds // 4, 2)):
            votes = average @ votes
        labels = np.argmax(own + _VOTE * votes, axis=1)
    return labels


def _connected(labels: NDArray, units: _Units) -> NDArray:
    """Pieces [U] of connected units with the same label, numbered from 0."""
    pairs = units.pairs
    kept = pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]]
    graph = sparse.coo_matrix((np.ones(len(kept), dtype=np.int8), (kept[:, 0], kept[:, 1])), shape=(len(labels),) * 2)
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _axes(charts: NDArray, units: _Units) -> NDArray:
    """The mean normal of each chart [C, 3]."""
    normals, areas = units.normals, units.areas
    weight = areas + 1e-12 * max(float(areas.max()), 1e-12)
    axes = np.stack([np.bincount(charts, normals[:, i] * weight) for i in range(3)], axis=1)
    length = np.linalg.norm(axes, axis=1, keepdims=True)
    return np.where(length > 0, axes / np.where(length > 0, length, 1.0), [[0.0, 0.0, 1.0]])


def _join_small(labels: NDArray, units: _Units) -> NDArray:
    """The labels after small pieces have taken over the label of the larger neighbour they suit best."""
    limit = _SMALL_SHARE * units.areas.sum()
    for _ in range(6):
        pieces = _connected(labels, units)
        size = np.bincount(pieces, units.areas)
        label_of = np.zeros(len(size), dtype=np.int64)
        label_of[pieces] = labels
        means = _axes(pieces, units)
        border = pieces[units.pairs]
        border = np.concatenate([border, border[:, ::-1]])
        small, other = border[:, 0], border[:, 1]
        # Only towards the larger, or two small pieces would swap labels for ever.
        towards = (small != other) & (size[small] < limit) & (size[other] > size[small])
        small, other = small[towards], other[towards]
        fits = np.einsum("ij,ij->i", means[small], _DIRECTIONS[label_of[other]])
        small, other = small[fits > _SMALLEST_COSINE], other[fits > _SMALLEST_COSINE]
        if len(small) == 0:
            break
        shared = np.zeros((len(size), len(_DIRECTIONS)))
        np.add.at(shared, (small, label_of[other]), 1.0)
        joins = shared.max(axis=1) > 0
        target = np.where(joins, shared.argmax(axis=1), label_of)
        labels = target[pieces]
    return labels


def _steep(charts: NDArray, units: _Units) -> NDArray:
    """Which units [U] have a face that looks too far away from their chart's axis."""
    return np.einsum("usj,uj->us", units.sides, _axes(charts, units)[charts]).min(axis=1) < _SMALLEST_COSINE


def _without_steep(charts: NDArray, units: _Units) -> NDArray:
    """The charts after units too steep for theirs have left it together, by the direction they look in."""
    nearest = np.argmax(units.normals @ _DIRECTIONS.T, axis=1)
    for _ in range(8):
        steep = _steep(charts, units)
        if not steep.any():
            return charts
        charts = _connected(np.where(steep, (charts.max() + 1) * (1 + nearest) + charts, charts), units)
    alone = charts.max() + 1 + np.arange(len(charts))
    return np.unique(np.where(_steep(charts, units), alone, charts), return_inverse=True)[1]


def _move_steep(charts: NDArray, units: _Units) -> NDArray:
    """The charts after steep units went over to the adjacent chart that looks most their way, where one does."""
    both = np.concatenate([units.pairs, units.pairs[:, ::-1]])
    for _ in range(4):
        axes = _axes(charts, units)
        steep = _steep(charts, units)
        ways = both[steep[both[:, 0]] & ~steep[both[:, 1]] & (charts[both[:, 0]] != charts[both[:, 1]])]
        fits = np.einsum("ij,ij->i", units.normals[ways[:, 0]], axes[charts[ways[:, 1]]])
        order = np.argsort(fits, kind="stable")  # ascending: the best is written last
        order = order[fits[order] > _SMALLEST_COSINE + 0.1]
        charts = charts.copy()
        charts[ways[order, 0]] = charts[ways[order, 1]]
    return _connected(charts, units)


def _without_overlaps(charts: NDArray, vertices: NDArray, faces: NDArray, units: _Units) -> NDArray:
    """The charts after whatever lies behind other faces of its own chart has become charts of its own."""
    cell = np.sqrt(max(float(units.areas.sum()), 1e-20) / _CHECK_CELLS)
    together = units.sides.shape[1]
    suspects = np.ones(len(charts), dtype=bool)
    for _ in range(40):
        of_face = np.repeat(charts, together)
        hidden = _hidden(of_face, vertices, faces, _axes(charts, units), cell, np.repeat(suspects, together))
        if not hidden.any():
            return charts
        leaves = hidden.reshape(-1, together).any(axis=1)
        # Only charts that lost something have changed and need another look; the parts of a chart fall apart anew.
        touched = np.zeros(charts.max() + 1, dtype=bool)
        touched[charts[leaves]] = True
        suspects = touched[charts]
        charts = _connected(np.where(leaves, charts.max() + 1 + charts, charts), units)
        charts = _without_steep(charts, units)
    return charts


def _hidden(
    charts: NDArray, vertices: NDArray, faces: NDArray, axes: NDArray, cell: float, suspects: NDArray
) -> NDArray:
    """Which faces [F] lie, at some cell of their chart's grid, below another face of the chart."""
    chosen = np.flatnonzero(suspects)
    corners = corners_on(vertices, faces[chosen], charts[chosen], axes)
    # Upper faces are drawn last, so that they own the cells they share.
    order = np.argsort(corners[..., 2].mean(axis=1), kind="stable")
    chosen, corners = chosen[order], corners[order]
    chart = charts[chosen]
    low = np.full((len(axes), 2), np.inf)
    high = np.full((len(axes), 2), -np.inf)
    np.minimum.at(low, chart, corners[..., :2].min(axis=1))
    np.maximum.at(high, chart, corners[..., :2].max(axis=1))
    present = np.isfinite(low[:, 0])
    low[~present] = high[~present] = 0.0
    size = np.ceil((high - low) / cell).astype(np.int64) + 1
    base = np.cumsum(size.prod(axis=1)) - size.prod(axis=1)
    start, width = base[chart], size[chart, 0]
    flat = (corners[..., :2] - low[chart][:, None]) / cell
    owner = np.full(int(size.prod(axis=1).sum()), -1, dtype=np.int32)
    drawn = []
    for triangle, x, y in covered(flat):
        where = (start[triangle] + y * width[triangle] + x).astype(np.int32)
        owner[where] = triangle
        drawn.append((triangle.astype(np.int32), where))
    hidden = np.zeros(len(faces), dtype=bool)
    for triangle, where in drawn:
        hidden[chosen[triangle[owner[where] != triangle]]] = True
    return hidden
