"""Filling the holes of a surface: a triangulation of least area, made as fine as its surroundings, spanned like a skin.

Expects what `seams.separated` leaves: every vertex has one fan of faces, so that borders are simple loops which share
no vertex.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix
from scipy.sparse.linalg import splu

from .seams import directed, grouped

_BASE = 1 << 31  # vertices at most; an edge's key is one of its ends times this, plus the other
_AT_ONCE = 160  # corners of a loop that are triangulated together; the work grows with the cube of this
_EDGES = 0.02  # of an edge's square beside the area: on a flat hole all triangulations have the same area
_REFINEMENTS = 16  # rounds of inserting vertices; each divides the faces that are too large by three
_FLIPS = 12  # rounds of turning edges after each
_GROWTH = 1.5  # of the length edges shall have, from a face to the vertex put into it: fine at the rim, coarse within
_MOST = 60_000  # new vertices at most: a hole needs no more, whatever the surroundings
_STRAIGHT = np.pi + 1e-3  # sum of the angles opposite an edge above which it is turned (Delaunay), with some patience


def filled(vertices: NDArray, faces: NDArray) -> tuple[NDArray, NDArray]:
    """The mesh [V, 3], [F, 3] without borders; what is added comes behind what was there."""
    loops = border_loops(faces)
    if not loops:
        return vertices, faces
    edges = np.sort(_edge_keys(faces, _BASE))
    patches: list[NDArray] = []
    hubs: list[NDArray] = []
    for loop in loops:
        patch = loop[_triangulated(vertices[loop])]
        if _among(_inner_keys(patch), edges).any():
            # A diagonal that is an edge elsewhere would get four faces; spokes to a new hub cannot be.
            hub = len(vertices) + len(hubs)
            patch = np.stack([loop, np.roll(loop, -1), np.full(len(loop), hub)], axis=1)
            hubs.append(vertices[loop].mean(axis=0))
        patches.append(patch)
    vertices = np.concatenate([vertices, np.array(hubs).reshape(-1, 3)])
    added = np.concatenate(patches)
    rim = np.concatenate(loops)
    vertices, added = _refined(vertices, added, loops, edges)
    vertices = _spanned(vertices, added, rim)
    for _ in range(_FLIPS):
        added, turned = _flipped(vertices, added, edges)
        if not turned:
            break
    return vertices, np.concatenate([faces, added])


def border_loops(faces: NDArray) -> list[NDArray]:
    """The holes of a surface, each as its vertices in the order in which the faces to be added meet them."""
    order, first, size = grouped(faces)
    free = order[first[size == 1]]
    start, end = directed(faces)
    following = dict(zip(end[free].tolist(), start[free].tolist(), strict=True))  # against the faces that are there
    loops = []
    while following:
        begin, at = following.popitem()
        loop = [begin]
        while at != begin:
            loop.append(at)
            at = following.pop(at)
        loops.append(np.array(loop, dtype=np.int64))
    return loops


def _edge_keys(faces: NDArray, base: int) -> NDArray:
    start, end = directed(faces)
    return np.minimum(start, end) * base + np.maximum(start, end)


def _inner_keys(patch: NDArray) -> NDArray:
    """The keys of the patch's edges that have two faces in it."""
    keys, times = np.unique(_edge_keys(patch, _BASE), return_counts=True)
    return keys[times == 2]


def _triangulated(corners: NDArray) -> NDArray:
    """Triangles [N − 2, 3] over a closed line of corners [N, 3]; long lines go by a shorter one inside."""
    count = len(corners)
    if count <= _AT_ONCE:
        return _of_least_area(corners)
    stops = np.unique(np.linspace(0, count, _AT_ONCE // 2 + 1).astype(np.int64))
    ends = stops % count
    triangles = [ends[_triangulated(corners[ends[:-1]])]]
    for begin, end in pairwise(stops.tolist()):
        chain = np.arange(begin, end + 1) % count
        if len(chain) > 2:
            triangles.append(chain[_triangulated(corners[chain])])
    return np.concatenate(triangles)


def _of_least_area(corners: NDArray) -> NDArray:
    """The cheapest of all triangulations, from the cheapest of all shorter pieces of the line."""
    count = len(corners)
    length = ((corners[:, None] - corners[None]) ** 2).sum(axis=2)
    cost = np.zeros((count, count))
    via = np.zeros((count, count), dtype=np.int64)
    for span in range(2, count):
        i = np.arange(count - span)[:, None]
        j, k = i + span, i + 1 + np.arange(span - 1)
        a, b, c = length[i, k], length[k, j], length[i, j]
        # Heron's formula in squares of sides.
        area = 0.25 * np.sqrt(np.maximum(2 * (a * b + b * c + c * a) - a * a - b * b - c * c, 0.0))
        total = cost[i, k] + cost[k, j] + area + _EDGES * c
        best = total.argmin(axis=1)
        cost[i[:, 0], j[:, 0]] = np.take_along_axis(total, best[:, None], axis=1)[:, 0]
        via[i[:, 0], j[:, 0]] = best + i[:, 0] + 1
    triangles, open_spans = [], [(0, count - 1)]
    while open_spans:
        begin, end = open_spans.pop()
        if end - begin >= 2:
            between = int(via[begin, end])
            triangles.append((begin, between, end))
            open_spans += [(begin, between), (between, end)]
    return np.array(triangles, dtype=np.int64)


def _refined(vertices: NDArray, patch: NDArray, loops: list[NDArray], edges: NDArray) -> tuple[NDArray, NDArray]:
    """The patches with vertices put into faces larger than the mesh is at the rim, after Liepa 2003."""
    reach = np.zeros(len(vertices))  # the length edges shall have at each vertex
    for loop in loops:
        sides = np.linalg.norm(vertices[loop] - vertices[np.roll(loop, -1)], axis=1)
        reach[loop] = 0.5 * (sides + np.roll(sides, 1))
    # A hub's neighbours all lie on the rim of its hole.
    hubs = reach[patch] == 0
    reach[patch[hubs]] = (reach[patch].sum(axis=1) / 2)[hubs.any(axis=1)]
    limit = len(vertices) + _MOST
    for _ in range(_REFINEMENTS):
        for _ in range(_FLIPS):
            patch, turned = _flipped(vertices, patch, edges)
            if turned <= len(patch) // 100:  # the last few wait for the end
                break
        middle, wanted = vertices[patch].mean(axis=1), reach[patch].mean(axis=1)
        far = np.sqrt(2.0) * np.linalg.norm(vertices[patch] - middle[:, None], axis=2)
        large = np.flatnonzero((far > np.maximum(reach[patch], wanted[:, None])).all(axis=1))
        if len(large) == 0 or len(vertices) + len(large) > limit:
            break
        hubs = len(vertices) + np.arange(len(large))
        vertices, reach = np.concatenate([vertices, middle[large]]), np.concatenate([reach, _GROWTH * wanted[large]])
        a, b, c = patch[large].T
        rest = np.delete(patch, large, axis=0)
        patch = np.concatenate([rest, *(np.stack(new, axis=1) for new in ((a, b, hubs), (b, c, hubs), (c, a, hubs)))])
    return vertices, patch


def _flipped(vertices: NDArray, patch: NDArray, edges: NDArray) -> tuple[NDArray, int]:
    """The patches with edges turned that are not Delaunay, no two of one face at a time; and how many were."""
    order, first, size = grouped(patch)
    two = first[size == 2]
    one, other = order[two], order[two + 1]
    start = patch.ravel()
    a, b = start[one], patch[one // 3, (one + 1) % 3]
    c, d = patch[one // 3, (one + 2) % 3], patch[other // 3, (other + 2) % 3]
    sum_of_angles = _angle(vertices, c, a, b) + _angle(vertices, d, a, b)
    before = _fold(vertices, a, b, c, d)
    after = _fold(vertices, c, d, b, a)
    key = np.minimum(c, d) * _BASE + np.maximum(c, d)
    here = np.sort(_edge_keys(patch, _BASE))
    allowed = (
        (sum_of_angles > _STRAIGHT) & (after >= np.minimum(before, 0.5)) & ~_among(key, edges) & ~_among(key, here)
    )
    chosen = np.flatnonzero(allowed)
    chosen = chosen[np.argsort(-sum_of_angles[chosen], kind="stable")]
    rank = np.arange(len(chosen))
    best = np.full(len(patch), len(chosen))
    for face in (one[chosen] // 3, other[chosen] // 3):
        np.minimum.at(best, face, rank)
    free = (best[one[chosen] // 3] == rank) & (best[other[chosen] // 3] == rank)
    chosen = chosen[free]
    chosen = chosen[np.unique(key[chosen], return_index=True)[1]]
    patch = patch.copy()
    patch[one[chosen] // 3] = np.stack([c[chosen], a[chosen], d[chosen]], axis=1)
    patch[other[chosen] // 3] = np.stack([c[chosen], d[chosen], b[chosen]], axis=1)
    return patch, len(chosen)


def _among(keys: NDArray, ordered: NDArray) -> NDArray:
    place = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    return ordered[place] == keys


def _angle(vertices: NDArray, tip: NDArray, left: NDArray, right: NDArray) -> NDArray:
    """The angle at `tip` in radians."""
    u, v = vertices[left] - vertices[tip], vertices[right] - vertices[tip]
    return np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), np.einsum("ij,ij->i", u, v))


def _fold(vertices: NDArray, a: NDArray, b: NDArray, c: NDArray, d: NDArray) -> NDArray:
    """The cosine between the normals of the faces a b c and b a d."""
    one = np.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
    other = np.cross(vertices[a] - vertices[b], vertices[d] - vertices[b])
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.einsum("ij,ij->i", one, other) / np.maximum(size, 1e-30)


def _spanned(vertices: NDArray, patch: NDArray, rim: NDArray) -> NDArray:
    """The vertices, those of the patches moved to the mean of their neighbours, as a soap film over the rim."""
    inner = np.setdiff1d(patch, rim)
    if len(inner) == 0:
        return vertices
    number = np.full(len(vertices), -1)
    number[inner] = np.arange(len(inner))
    start, end = directed(patch)  # inside a patch every edge is met once in each direction
    own = number[start] >= 0
    row, column = number[start[own]], number[end[own]]
    fixed = column < 0
    weight = np.ones(np.count_nonzero(~fixed))
    links = coo_matrix((weight, (row[~fixed], column[~fixed])), shape=(len(inner), len(inner)))
    diagonal = coo_matrix((np.bincount(row).astype(float), (np.arange(len(inner)),) * 2), shape=links.shape)
    pulled = np.stack([np.bincount(row[fixed], vertices[end[own][fixed], i], len(inner)) for i in range(3)], axis=1)
    vertices = vertices.copy()
    vertices[inner] = splu(csc_matrix(diagonal - links)).solve(pulled)
    return vertices
