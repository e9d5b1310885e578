"""The case table of marching cubes, derived instead of copied, so that its surfaces are manifold by construction.

A cube's corner k lies at (k & 1, k >> 1 & 1, k >> 2 & 1). On a face whose corners alternate, the two inside corners
are cut off from each other; both cubes at that face decide alike, so the surface closes. And no triangle may have a
diagonal lying in a face of the cube: the neighbour could have the same one, and four triangles would meet there.
"""

from __future__ import annotations

from functools import cache

import numpy as np

CORNERS = np.array([[k & 1, k >> 1 & 1, k >> 2 & 1] for k in range(8)])
EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b).bit_count() == 1]  # 12 pairs of corners
# The corners of the six faces, anticlockwise as seen from outside the cube.
FACES = [(0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6)]

Triangle = tuple[int, int, int]


@cache
def triangles_of_cases() -> tuple[np.ndarray, np.ndarray]:
    """For each of the 256 cases (bit k: corner k is inside) its triangles, as numbers of cube edges.

    Returns (triangles [T, 3] of all cases in a row, first [257]): case c owns triangles[first[c]:first[c + 1]].
    """
    table = [[triangle for loop in _loops(case) for triangle in _triangulate(loop)] for case in range(256)]
    first = np.cumsum([0] + [len(triangles) for triangles in table])
    return np.array([triangle for triangles in table for triangle in triangles], dtype=np.int64), first


@cache
def loops_of_cases() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The polygons in which the surface cuts a cube, for each of the 256 cases.

    Returns (loop [256, 12] of each cube edge, −1 where it is not cut; count [256] of loops; pinched [256, 6]: whether
    one loop passes the face twice).
    """
    loop_of_edge = np.full((256, 12), -1, dtype=np.int64)
    count = np.zeros(256, dtype=np.int64)
    pinched = np.zeros((256, 6), dtype=bool)
    for case in range(256):
        loops = _loops(case)
        count[case] = len(loops)
        for number, loop in enumerate(loops):
            loop_of_edge[case, loop] = number
        for number, face in enumerate(FACES):
            sides = loop_of_edge[case, [_edge(face[k - 1], face[k]) for k in range(4)]]
            pinched[case, number] = sides[0] >= 0 and bool((sides == sides[0]).all())
    return loop_of_edge, count, pinched


def _edge(a: int, b: int) -> int:
    return EDGES.index((min(a, b), max(a, b)))


def _loops(case: int) -> list[list[int]]:
    """The closed polygons, as lists of cube edges, in which the surface cuts a cube; inside is behind them."""
    following = {}
    for face in FACES:
        inside = [bool(case >> corner & 1) for corner in face]
        entering = [k for k in range(4) if not inside[k - 1] and inside[k]]
        for k in entering:
            run = next(n for n in range(1, 4) if not inside[(k + n) % 4])
            leaves = _edge(face[(k + run - 1) % 4], face[(k + run) % 4])
            following[_edge(face[k - 1], face[k])] = leaves
    loops = []
    while following:
        start, at = following.popitem()
        loop = [start]
        while at != start:
            loop.append(at)
            at = following.pop(at)
        loops.append(loop)
    return loops


def _triangulate(loop: list[int]) -> list[Triangle]:
    """The first way of cutting a polygon into triangles that has no diagonal in a face of the cube."""
    for triangles in _ways(tuple(loop)):
        return triangles
    raise AssertionError(f"no triangulation for {loop}")  # proven impossible by building all 256 cases in a test


def _ways(loop: tuple[int, ...]):
    if len(loop) < 3:
        yield []
        return
    first, last = loop[0], loop[-1]
    for k in range(1, len(loop) - 1):
        left_free = k == 1 or not _share_a_face(first, loop[k])
        right_free = k == len(loop) - 2 or not _share_a_face(loop[k], last)
        if left_free and right_free:
            for left in _ways(loop[: k + 1]):
                for right in _ways(loop[k:]):
                    yield [*left, (first, loop[k], last), *right]


def _share_a_face(one: int, other: int) -> bool:
    corners = {*EDGES[one], *EDGES[other]}
    return any(corners <= set(face) for face in FACES)
