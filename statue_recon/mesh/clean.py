"""Making one closed manifold surface of whatever triangles there are: scans, user's meshes, carved meshes."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .flaw import flaw
from .holes import filled
from .mesh import Mesh
from .seams import joined, oriented, separated, without_fins

log = logging.getLogger(__name__)

WELD = 1e-6  # of the diagonal: vertices closer than this are one; float32 keeps places to about a tenth of it
SMALLEST_PART = 0.01  # of the largest part's area: what is smaller floats about and is no part of the statue
_CRUMB = 1e-3  # of the whole area: open pieces smaller than this are not worth closing
_FLAT = 1e-5  # volume over area^1.5 of a part with no inside (a ball has 0.094)
_WITNESSES = 24  # vertices of a part that are asked whether they lie inside another
_TRIES = 3  # cutting may open what filling closes


def clean(mesh: Mesh, smallest_part: float = SMALLEST_PART) -> Mesh:
    """The mesh watertight, manifold and turned outward: doubles merged, scraps and inner shells gone, holes filled.

    A mesh without a flaw only loses scraps and shells. Of others too, vertices that are kept do not move (but for
    merged doubles, by a millionth of the diagonal), though they are numbered anew. Parts with less than
    `smallest_part` of the largest part's area are dropped; 1 keeps the largest only. Parts that run through each other
    stay as they are. What `flaw` says of the result tells whether it worked; `rebuilt` in solid.py always does.
    """
    if flaw(mesh) is None:
        faces = np.asarray(mesh.faces, np.int64)
        kept = _statue(np.asarray(mesh.vertices, np.float64), faces, smallest_part)
        return mesh if np.array_equal(kept, faces) else _compact(mesh.vertices, kept)
    vertices, faces = _welded(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))
    for _ in range(_TRIES):
        faces = oriented(faces, _areas(vertices, faces))
        faces = without_fins(vertices, faces, _areas(vertices, faces))
        vertices, faces = separated(vertices, faces)
        faces = _without_crumbs(vertices, faces)
        vertices, faces = filled(vertices, faces)
        faces = _statue(vertices, faces, smallest_part)
        cleaned = _compact(vertices, faces)
        problem = flaw(cleaned)
        if problem is None:
            return cleaned
        log.info("cleaning left %s", problem)
    return cleaned


def _welded(vertices: NDArray, faces: NDArray) -> tuple[NDArray, NDArray]:
    """The mesh with doubles merged, and without faces that thereby lost their area or are there twice."""
    used = np.unique(faces)
    used = used[np.isfinite(vertices[used]).all(axis=1)]
    known = np.full(len(vertices), -1)
    if len(used) == 0:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    places = vertices[used]
    radius = WELD * float(np.linalg.norm(np.ptp(places, axis=0)))
    # Exact doubles first: a vertex that is there a thousand times would make half a million pairs.
    places, exact = np.unique(places, axis=0, return_inverse=True)
    close = cKDTree(places).query_pairs(max(radius, 1e-30), output_type="ndarray")
    group = joined(len(places), close[:, 0], close[:, 1])
    known[used] = group[exact.ravel()]
    merged = np.zeros((group.max() + 1, 3))
    merged[group] = places
    faces = known[faces]
    faces = faces[(faces >= 0).all(axis=1) & (faces != np.roll(faces, 1, axis=1)).all(axis=1)]
    once = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)[1]
    return merged, faces[np.sort(once)]


def _without_crumbs(vertices: NDArray, faces: NDArray) -> NDArray:
    """The faces without tiny pieces, which would cost time to close and then be dropped."""
    if len(faces) == 0:
        return faces
    part = _parts(faces, len(vertices))
    areas = np.bincount(part, _areas(vertices, faces))
    return faces[(areas >= _CRUMB * areas.max())[part]]


def _statue(vertices: NDArray, faces: NDArray, smallest_part: float) -> NDArray:
    """The faces of closed parts that are large and lie in no other, each part turned outward."""
    if len(faces) == 0:
        return faces
    part = _parts(faces, len(vertices))
    corners = vertices[faces] - vertices[faces].mean(axis=(0, 1))
    volume = np.bincount(part, np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0)
    faces = np.where((volume < 0)[part][:, None], faces[:, ::-1], faces)
    volume, area = np.abs(volume), np.bincount(part, _areas(vertices, faces))
    largest = int(volume.argmax())
    kept = (area >= smallest_part * area[largest]) & (volume > _FLAT * area**1.5)
    if smallest_part >= 1:
        kept[:] = False
    kept[largest] = True
    for inner in np.argsort(volume, kind="stable").tolist():
        others = [int(outer) for outer in np.flatnonzero(kept) if volume[outer] > volume[inner]]
        if kept[inner] and any(_encloses(vertices, faces, part, outer, inner) for outer in others):
            kept[inner] = False
    return faces[kept[part]]


def _encloses(vertices: NDArray, faces: NDArray, part: NDArray, outer: int, inner: int) -> bool:
    """Whether all of a part lies inside another, judged by some of its vertices."""
    shell = vertices[faces[part == outer]]
    points = vertices[np.unique(faces[part == inner])]
    low, high = shell.min(axis=(0, 1)), shell.max(axis=(0, 1))
    if (points < low).any() or (points > high).any():
        return False
    chosen = points[np.linspace(0, len(points) - 1, _WITNESSES).astype(int)]
    return all(winding(point, shell) > 0.5 for point in chosen)


def winding(point: NDArray, corners: NDArray) -> float:
    """How often triangles [F, 3, 3] wind around a point: 1 inside, 0 outside (van Oosterom and Strackee 1983)."""
    a, b, c = (corners - point).transpose(1, 0, 2)
    la, lb, lc = (np.linalg.norm(side, axis=1) for side in (a, b, c))
    numerator = np.einsum("ij,ij->i", a, np.cross(b, c))
    denominator = la * lb * lc
    for one, other, third in ((a, b, lc), (b, c, la), (c, a, lb)):
        denominator = denominator + np.einsum("ij,ij->i", one, other) * third
    return float(np.arctan2(numerator, denominator).sum() / (2 * np.pi))


def _parts(faces: NDArray, count: int) -> NDArray:
    """The part [F] each face belongs to, numbered from 0."""
    of_vertex = joined(count, faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel())
    return np.unique(of_vertex[faces[:, 0]], return_inverse=True)[1].ravel()


def _areas(vertices: NDArray, faces: NDArray) -> NDArray:
    a, b, c = vertices[faces].transpose(1, 0, 2)
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def _compact(vertices: NDArray, faces: NDArray) -> Mesh:
    used, compact = np.unique(faces, return_inverse=True)
    return Mesh(vertices[used].astype(np.float32), compact.reshape(-1, 3).astype(np.int32))
