"""Whether a mesh is one closed manifold surface, and if not, why."""

from __future__ import annotations

import numpy as np

from .mesh import Mesh
from .seams import joined


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
    # Corners are joined when they share a vertex and an edge: corner (f, v) along v→w meets corner (g, v) along w→v.
    corners = np.arange(faces.size).reshape(faces.shape)
    count = faces.max() + 1
    forward = (faces * count + np.roll(faces, -1, axis=1)).ravel()
    order = np.argsort(forward)
    reverse = (np.roll(faces, -1, axis=1) * count + faces).ravel()
    twin = order[np.searchsorted(forward[order], reverse)]  # the corner whose edge runs w→v, that is corner (g, w)
    following = np.roll(corners, -1, axis=1).ravel()  # the next corner in the same triangle
    return int(joined(faces.size, corners.ravel(), following[twin]).max()) + 1
