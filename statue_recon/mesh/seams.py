"""Which faces of a mesh hang together, and taking apart what touches: afterwards every edge has one or two faces.

Half-edge 3 · f + k runs from corner k of face f to the next one; its *twin* runs the other way in the face that shares
the edge, and −1 stands for a border.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_FIN = 0.02  # of the whole area: a smaller flap that hangs on at an edge with three faces is torn off
_ROUNDS = 12  # of halving edges that lie twice between the same vertices; two are enough for all scans tried


def directed(faces: NDArray) -> tuple[NDArray, NDArray]:
    """Where the half-edges [3 F] begin and end."""
    return faces.ravel(), np.roll(faces, -1, axis=1).ravel()


def grouped(faces: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """The half-edges sorted by the edge they lie on.

    Returns (order [3 F], first [E], size [E]): edge e owns order[first[e] : first[e] + size[e]].
    """
    start, end = directed(faces.astype(np.int64))
    key = np.minimum(start, end) * (faces.max(initial=0) + 1) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    return order, first, np.diff(first, append=len(order))


def joined(count: int, one: NDArray, other: NDArray) -> NDArray:
    """The group of each of `count` things, numbered from 0, when one[i] and other[i] belong together."""
    graph = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def oriented(faces: NDArray, areas: NDArray) -> NDArray:
    """The faces turned so that neighbours agree on what is outside; each patch as most of its area was before."""
    order, first, size = grouped(faces)
    here, there = order[first[size == 2]], order[first[size == 2] + 1]
    start, _ = directed(faces)
    agree = start[here] != start[there]
    here, there, count = here // 3, there // 3, len(faces)
    # Every face is there twice, as it is (f) and turned (f + count), and joined to its neighbour's fitting version.
    versions = joined(
        2 * count, np.concatenate([here, here + count]), np.concatenate([there + ~agree * count, there + agree * count])
    )
    kept = np.bincount(versions[:count], areas, 2 * count) > np.bincount(versions[count:], areas, 2 * count)
    one_sided = versions[:count] == versions[count:]  # a Möbius strip: neither way is right, it will be cut
    turn = ~kept[versions[:count]] & kept[versions[count:]] & ~one_sided
    return np.where(turn[:, None], faces[:, ::-1], faces)


def twins(vertices: NDArray, faces: NDArray) -> NDArray:
    """The twin of each half-edge [3 F]; where more than two faces meet, those that enclose a solid belong together."""
    order, first, size = grouped(faces)
    start, end = directed(faces)
    found = np.full(len(order), -1, dtype=np.int64)
    two = first[size == 2]
    here, there = order[two], order[two + 1]
    fits = start[here] != start[there]
    found[here[fits]], found[there[fits]] = there[fits], here[fits]
    for edge in np.flatnonzero(size > 2):
        around = order[first[edge] : first[edge] + size[edge]]
        low = min(int(start[around[0]]), int(end[around[0]]))
        high = max(int(start[around[0]]), int(end[around[0]]))
        tips = vertices[faces[around // 3, (around + 2) % 3]]
        for one, other in _couples(vertices[low], vertices[high], tips, start[around] == low):
            found[around[one]], found[around[other]] = around[other], around[one]
    return found


def _couples(low: NDArray, high: NDArray, tips: NDArray, forward: NDArray) -> list[tuple[int, int]]:
    """Which faces around the edge low → high belong together, as pairs of indices into `tips` [N, 3].

    Seen along the edge, turning anticlockwise, a solid begins behind a backward face and ends at a forward one.
    """
    axis = (high - low) / max(float(np.linalg.norm(high - low)), 1e-30)
    right = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    angle = np.arctan2((tips - low) @ np.cross(axis, right), (tips - low) @ right)
    turn = [int(i) for i in np.argsort(angle, kind="stable")]
    pairs: list[tuple[int, int]] = []
    waiting: list[int] = []
    closed: set[int] = set()
    for face in turn + turn:  # twice round: a solid may begin before the start of the turn
        if face in closed:
            continue
        if not forward[face]:
            if face not in waiting:
                waiting.append(face)
        elif waiting:
            partner = waiting.pop()
            pairs.append((partner, face))
            closed |= {partner, face}
    return pairs


def without_fins(vertices: NDArray, faces: NDArray, areas: NDArray) -> NDArray:
    """The faces but for small patches that hang on an edge with three or more faces and end in the air."""
    order, first, size = grouped(faces)
    if not (size > 2).any():
        return faces
    two = first[size == 2]
    patch = joined(len(faces), order[two] // 3, order[two + 1] // 3)
    many, free = np.zeros(patch.max() + 1, bool), np.zeros(patch.max() + 1, bool)
    many[patch[order[np.repeat(size > 2, size)] // 3]] = True
    free[patch[order[first[size == 1]] // 3]] = True
    small = np.bincount(patch, areas) < _FIN * areas.sum()
    return faces[~(many & free & small)[patch]]


def separated(vertices: NDArray, faces: NDArray) -> tuple[NDArray, NDArray]:
    """The same surface, manifold but for its borders: vertices and edges where surfaces merely touch become several.

    Every edge then has one or two faces, every vertex one fan. An edge that would still lie twice between the same two
    vertices is halved, so that its two copies go by different ways.
    """
    for _ in range(_ROUNDS):
        twin = twins(vertices, faces)
        source, faces = _apart(faces, twin)
        vertices = vertices[source]
        split = _doubled(faces, twin)
        if len(split) == 0:
            break
        vertices, faces = _halved(vertices, faces, twin, split)
    return vertices, faces


def _apart(faces: NDArray, twin: NDArray) -> tuple[NDArray, NDArray]:
    """The faces with one vertex for each fan, and which vertex [V] each of them was."""
    half = np.flatnonzero(twin >= 0)
    fan = joined(faces.size, half, _next(twin[half]))
    source = np.zeros(fan.max(initial=-1) + 1, dtype=np.int64)
    source[fan] = faces.ravel()
    return source, fan.reshape(-1, 3).astype(np.int64)


def _next(half: NDArray) -> NDArray:
    return half - half % 3 + (half + 1) % 3


def _doubled(faces: NDArray, twin: NDArray) -> NDArray:
    """Half-edges, one for each edge to be halved: all but one of those between the same two vertices."""
    order, first, size = grouped(faces)
    split = []
    for edge in np.flatnonzero(size > 2):
        around = order[first[edge] : first[edge] + size[edge]]
        split += [int(half) for half in around[1:] if twin[half] < 0 or twin[half] > half]
    same_way = first[size == 2]  # two borders side by side are no edge of two faces
    unmatched = twin[order[same_way]] != order[same_way + 1]
    return np.array(split + [int(half) for half in order[same_way[unmatched]]], dtype=np.int64)


def _halved(vertices: NDArray, faces: NDArray, twin: NDArray, split: NDArray) -> tuple[NDArray, NDArray]:
    """The mesh with a vertex in the middle of the given edges; of two edges of one face, the second waits."""
    faces = faces.copy()
    busy: set[int] = set()
    middles: list[NDArray] = []
    more: list[NDArray] = []
    for half in split:
        sides = [int(side) for side in (half, twin[half]) if side >= 0]
        owners = {side // 3 for side in sides}
        if owners & busy:
            continue
        busy |= owners
        name = len(vertices) + len(middles)
        middles.append(vertices[faces.ravel()[[half, _next(half)]]].mean(axis=0))
        for side in sides:
            face, corner = divmod(side, 3)
            after = (corner + 1) % 3
            other = faces[face].copy()
            other[corner] = name
            faces[face, after] = name
            more.append(other)
    return np.concatenate([vertices, np.array(middles)]), np.concatenate([faces, np.array(more)])
