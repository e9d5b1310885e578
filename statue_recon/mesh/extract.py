"""From a field to a closed surface, and to fewer triangles."""

from __future__ import annotations

import logging

import numpy as np
from scipy import ndimage

from ..contract import Failure
from ..field.sdf import SDF
from .clean import clean
from .cubes import CORNERS, EDGES, triangles_of_cases
from .flaw import flaw
from .mesh import Mesh

__all__ = ["extract", "flaw", "marching_cubes", "simplify", "smooth", "whole"]

log = logging.getLogger(__name__)

NEAREST_TO_A_NODE = 0.05  # of an edge: a vertex closer to a node would only make needles of its triangles
SMOOTHING_STEPS = 6  # pairs of Taubin's two steps; takes out the grid's staircase, leaves the volume
SHRINK, GROW = 0.5, -0.53  # Taubin 1995: GROW slightly stronger, pass band at 1 / 0.5 − 1 / 0.53 ≈ 0.11
# fast-simplification's `agg` (7 is its default) and the share of the budget, tried until one leaves the mesh closed.
SIMPLIFIERS = ((5, 1.0), (3, 1.0), (7, 0.97))


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
    cells, cases = cut_cells(values < 0, strides)
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


def cases_of(inside: np.ndarray) -> np.ndarray:
    """The case [X − 1, Y − 1, Z − 1] of each cell: bit k tells whether its corner k is inside."""
    x, y, z = (size - 1 for size in inside.shape)
    case = np.zeros((x, y, z), dtype=np.uint8)
    for k, (i, j, m) in enumerate(CORNERS):
        case |= inside[i : i + x, j : j + y, m : m + z].astype(np.uint8) << np.uint8(k)
    return case


def cut_cells(inside: np.ndarray, strides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells that the surface passes: their lowest nodes as flat indices [C], and their cases [C]."""
    case = cases_of(inside)
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
    """The mesh with at most `faces` triangles, still watertight and manifold; the input if that cannot be had.

    Where collapsing edges pinched the surface (thousands of tunnels finer than the new faces), it is taken apart
    there, which closes tunnels and cuts threads.
    """
    if len(mesh.faces) <= faces:
        return mesh
    from fast_simplification import simplify as collapse

    for aggression, share in SIMPLIFIERS:
        vertices, triangles = collapse(mesh.vertices, mesh.faces, target_count=int(share * faces), agg=aggression)
        simpler = Mesh(np.asarray(vertices, np.float32), np.asarray(triangles, np.int32))
        problem = flaw(simpler)
        if problem is not None:
            log.info("simplifying with agg=%d left %s", aggression, problem)
            simpler = clean(simpler)
        if len(simpler.faces) <= faces and flaw(simpler) is None:
            return simpler
    log.warning("a mesh of %d faces cannot be simplified to %d", len(mesh.faces), faces)
    return mesh
