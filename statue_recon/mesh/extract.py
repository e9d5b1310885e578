"""From a field to a closed surface, and to fewer triangles."""

from __future__ import annotations

import logging

import numpy as np
from scipy import ndimage

from ..contract import Failure
from ..field.sdf import SDF
from .cubes import CORNERS, EDGES, triangles_of_cases
from .mesh import Mesh

log = logging.getLogger(__name__)

NEAREST_TO_A_NODE = 0.05  # of an edge: a vertex closer to a node would only make needles of its triangles
SMOOTHING_STEPS = 6  # pairs of Taubin's two steps; takes out the grid's staircase, leaves the volume
SHRINK, GROW = 0.5, -0.53  # Taubin 1995: GROW slightly stronger, pass band at 1 / 0.5 − 1 / 0.53 ≈ 0.11
SIMPLIFIERS = (5, 3, 1)  # fast-simplification's `agg`, tried until one leaves the mesh closed (7 is its default)


def extract(field: SDF) -> Mesh:
    """The zero surface of the field: watertight, manifold, one part, without shells inside."""
    mesh = marching_cubes(whole(field))
    return smooth(mesh, SMOOTHING_STEPS)


def whole(field: SDF) -> SDF:
    """The field with only its largest part, without cavities, and closed at the border of its grid.

    Nodes are joined as the triangles of cubes.py join them: inside along edges of the grid, outside also across faces.
    """
    values = np.pad(field.values, 1, constant_values=field.spacing)
    values = np.where(np.abs(values) < 1e-6 * field.spacing, np.float32(1e-6 * field.spacing), values)
    inside = values < 0
    parts, count = ndimage.label(inside)
    if count == 0:
        raise Failure(
            "No volume came out of this photo: the mask is too small or too thin for the chosen quality.",
            next_step="Choose a higher quality, or a photo in which the statue is larger.",
        )
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        largest = parts == sizes.argmax()
        values[inside & ~largest] = field.spacing
        inside = largest
    outside, count = ndimage.label(~inside, structure=ndimage.generate_binary_structure(3, 2))
    if count > 1:
        values[~inside & (outside != outside[0, 0, 0])] = -field.spacing
    return SDF(values.astype(np.float32), field.lower - field.spacing, field.spacing)


def marching_cubes(field: SDF) -> Mesh:
    """The zero surface of a field that is positive at the border of its grid; every edge has exactly two faces."""
    values = np.ascontiguousarray(field.values)
    strides = np.array([values.shape[1] * values.shape[2], values.shape[2], 1])
    cells, cases = _cut_cells(values < 0, strides)
    table, first = triangles_of_cases()
    amount = (first[1:] - first[:-1])[cases]
    cell = np.repeat(cells, amount)
    entry = np.arange(len(cell)) - np.repeat(np.cumsum(amount) - amount, amount) + np.repeat(first[cases], amount)

    # An edge of the grid is named by its lower node and its axis, so that neighbouring cells agree on its vertex.
    start = np.array([CORNERS[a] for a, _ in EDGES])
    axis = np.array([int(np.argmax(CORNERS[b] - CORNERS[a])) for a, b in EDGES])
    edges = (cell[:, None] + (start @ strides)[table[entry]]) * 3 + axis[table[entry]]
    names, faces = np.unique(edges, return_inverse=True)

    node, along = np.divmod(names, 3)
    flat = values.ravel()
    here, there = flat[node].astype(np.float64), flat[node + strides[along]].astype(np.float64)
    share = np.clip(here / (here - there), NEAREST_TO_A_NODE, 1 - NEAREST_TO_A_NODE)
    place = np.stack(np.unravel_index(node, values.shape), axis=1).astype(np.float64)
    place[np.arange(len(node)), along] += share
    vertices = field.lower + field.spacing * place
    return Mesh(vertices.astype(np.float32), faces.reshape(-1, 3).astype(np.int32))


def _cut_cells(inside: np.ndarray, strides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells that the surface passes: their lowest nodes as flat indices [C], and their cases [C]."""
    x, y, z = (size - 1 for size in inside.shape)
    case = np.zeros((x, y, z), dtype=np.uint8)
    for k, (i, j, m) in enumerate(CORNERS):
        case |= inside[i : i + x, j : j + y, m : m + z].astype(np.uint8) << np.uint8(k)
    cut = np.nonzero((case != 0) & (case != 255))
    return np.stack(cut, axis=1) @ strides, case[cut].astype(np.int64)


def smooth(mesh: Mesh, steps: int) -> Mesh:
    """Taubin's smoothing: the same triangles without the staircase of the grid, and without shrinking."""
    count = len(mesh.vertices)
    a = mesh.faces.ravel()
    b = np.roll(mesh.faces, -1, axis=1).ravel()  # in a closed mesh every edge is met once in each direction
    valence = np.bincount(a, minlength=count)[:, None]
    vertices = mesh.vertices.astype(np.float64)
    for _ in range(steps):
        for weight in (SHRINK, GROW):
            sums = np.stack([np.bincount(a, vertices[b, axis], count) for axis in range(3)], axis=1)
            vertices += weight * (sums / valence - vertices)
    return Mesh(vertices.astype(np.float32), mesh.faces)


def simplify(mesh: Mesh, faces: int) -> Mesh:
    """The mesh with at most `faces` triangles, still watertight and manifold; the input if that cannot be had."""
    if len(mesh.faces) <= faces:
        return mesh
    from fast_simplification import simplify as collapse

    for aggression in SIMPLIFIERS:
        vertices, triangles = collapse(mesh.vertices, mesh.faces, target_count=faces, agg=aggression)
        simpler = Mesh(np.asarray(vertices, np.float32), np.asarray(triangles, np.int32))
        problem = flaw(simpler)
        if problem is None:
            return simpler
        log.info("simplifying with agg=%d left %s", aggression, problem)
    return mesh


def flaw(mesh: Mesh) -> str | None:
    """What keeps the mesh from being one closed manifold surface, in words; None when nothing does."""
    faces = mesh.faces.astype(np.int64)
    count = len(mesh.vertices)
    if len(faces) == 0 or np.any(faces == np.roll(faces, 1, axis=1)):
        return "triangles without area"
    if np.any(np.bincount(faces.ravel(), minlength=count) == 0):
        return "vertices without a face"
    directed = np.sort((faces * count + np.roll(faces, -1, axis=1)).ravel())
    backward = np.sort((np.roll(faces, -1, axis=1) * count + faces).ravel())
    if np.any(directed[1:] == directed[:-1]) or not np.array_equal(directed, backward):
        return "an edge that has not exactly two faces"
    if _fans(faces) != count:
        return "a vertex at which two surfaces touch"
    return None


def _fans(faces: np.ndarray) -> int:
    """How many fans of triangles meet at vertices: as many as there are vertices if the surface is manifold."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    # Corners are joined when they share a vertex and an edge: corner (f, v) along v→w meets corner (g, v) along w→v.
    corners = np.arange(faces.size).reshape(faces.shape)
    count = faces.max() + 1
    forward = (faces * count + np.roll(faces, -1, axis=1)).ravel()
    order = np.argsort(forward)
    reverse = (np.roll(faces, -1, axis=1) * count + faces).ravel()
    twin = order[np.searchsorted(forward[order], reverse)]  # the corner whose edge runs w→v, that is corner (g, w)
    following = np.roll(corners, -1, axis=1).ravel()  # the next corner in the same triangle
    joined = coo_matrix((np.ones(faces.size), (corners.ravel(), following[twin])), shape=(faces.size, faces.size))
    return connected_components(joined, directed=False)[0]
