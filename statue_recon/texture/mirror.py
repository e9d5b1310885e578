"""The other half of a symmetric statue: what no photo shows, taken from where its mirror image is shown."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from ..mesh.mesh import Mesh
from .surface import Surface

log = logging.getLogger(__name__)

_TOLERANCE = 0.03  # of the statue's size: how far a mirrored place may lie off the surface and still be taken for it
_AGREEING = 0.5, 0.8  # cosine between a mirrored normal and the surface's, at which they begin to agree, and do
_TURN_WEIGHT = 0.05  # of the statue's size: the distance that a right angle between normals is as bad as, when pairing

_TURNS = np.radians([-20.0, -10.0, 0.0, 10.0, 20.0])  # about Z, from which the plane is searched
_OFFSETS = -0.1, 0.0, 0.1  # of the statue's size along the normal, likewise
_FARTHEST_TURN, _FARTHEST_OFFSET = np.radians(25.0), 0.12  # beyond these a plane is no symmetry but a coincidence
_SAMPLES, _PARTNERS = 1500, 12000  # vertices that the search mirrors, and those it looks for their partners among
_FEWEST = 100  # vertices below which there is nothing to search with
_ROUNDS = 12  # of pairing and fitting from each start
_KEPT = 0.7  # share of the pairs that are fitted to: an arm raised on one side has no partner
_BETTER = 0.8  # of the middle plane's error: a found plane must do at least this well to be preferred
_SYMMETRIC = 0.015  # of the statue's size: an error above this is no symmetry, whatever plane is least bad


@dataclass(frozen=True)
class Mirror:
    """A plane of symmetry."""

    point: NDArray[np.float64]  # [3] any point on it
    normal: NDArray[np.float64]  # [3] unit length

    def reflect(self, points: NDArray) -> NDArray:
        """Points [N, 3] on the other side."""
        return points - 2.0 * np.outer((points - self.point) @ self.normal, self.normal).astype(points.dtype)

    def turn(self, directions: NDArray) -> NDArray:
        """Directions [N, 3], such as normals, as they look in the mirror."""
        return directions - 2.0 * np.outer(directions @ self.normal, self.normal).astype(directions.dtype)

    @classmethod
    def middle(cls, mesh: Mesh) -> Mirror:
        """The plane between left and right (x) through the middle of the bounding box."""
        low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
        return cls(((low + high) / 2).astype(np.float64), np.array([1.0, 0.0, 0.0]))


def find_mirror(mesh: Mesh, eyes: Sequence[NDArray]) -> Mirror:
    """The upright plane about which the statue is most nearly symmetric, near the middle one.

    Vertices that look towards a camera are mirrored and paired with the mesh, the plane is fitted to the pairs, and so
    on, from several turns (± 20° about Z) and offsets (± 10 % of the size). What looks away counts as a partner only:
    it was invented. Without a clear gain, or without symmetry, the middle plane stays.

    eyes: where the photos were taken from, [3] each.
    """
    middle = Mirror.middle(mesh)
    index = _looking_at(mesh, eyes)
    if len(index) < _FEWEST:
        return middle
    search = _Search.of(mesh, index)
    found = []
    for turn in _TURNS:
        for offset in _OFFSETS:
            normal = np.array([np.cos(turn), np.sin(turn), 0.0])
            candidate = search.fitted(Mirror(middle.point + offset * search.size * normal, normal))
            if _near(candidate, middle, search.size):
                found.append((search.error(candidate), candidate))
    error, best = min(found, key=lambda pair: pair[0], default=(np.inf, middle))
    least = search.error(middle)
    log.info("mirror plane: error %.4f of the size, in the middle %.4f, normal %s", error, least, best.normal.round(3))
    return search.polished(best) if error < min(_BETTER * least, _SYMMETRIC) else middle


@dataclass(frozen=True)
class _Search:
    """What the search for a plane compares."""

    points: NDArray[np.float64]  # [N, 3] what is mirrored
    normals: NDArray[np.float64]  # [N, 3]
    places: NDArray[np.float64]  # [M, 3] what it may fall on
    facing: NDArray[np.float64]  # [M, 3] the normals there
    size: float
    tree: cKDTree

    @classmethod
    def of(cls, mesh: Mesh, index: NDArray) -> _Search:
        size = float(np.ptp(mesh.vertices, axis=0).max())
        partners = np.linspace(0, len(mesh.vertices) - 1, min(len(mesh.vertices), _PARTNERS)).astype(np.int64)
        points, normals = mesh.vertices[index].astype(np.float64), mesh.normals[index].astype(np.float64)
        places, facing = mesh.vertices[partners].astype(np.float64), mesh.normals[partners].astype(np.float64)
        tree = cKDTree(np.column_stack([places, _TURN_WEIGHT * size * facing]))
        return cls(points, normals, places, facing, size, tree)

    def pairs(self, mirror: Mirror) -> tuple[NDArray, NDArray, NDArray]:
        """The mirrored points [N, 3], their partners [N], and how far off these are in place and turn [N]."""
        image = mirror.reflect(self.points)
        distance, partner = self.tree.query(
            np.column_stack([image, _TURN_WEIGHT * self.size * mirror.turn(self.normals)])
        )
        return image, partner, distance

    def fitted(self, mirror: Mirror) -> Mirror:
        """The plane after some rounds of pairing and fitting: its normal runs along the pairs, it halves them."""
        for _ in range(_ROUNDS):
            _, partner, distance = self.pairs(mirror)
            kept = distance <= np.quantile(distance, _KEPT)
            there = self.places[partner[kept]]
            apart, between = (there - self.points[kept])[:, :2], 0.5 * (there + self.points[kept])
            normal = np.append(np.linalg.eigh(apart.T @ apart)[1][:, 1], 0.0)
            normal *= np.sign(normal @ mirror.normal) or 1.0
            mirror = Mirror(mirror.point + ((between - mirror.point) @ normal).mean() * normal, normal)
        return mirror

    def error(self, mirror: Mirror) -> float:
        """How far the mirrored points lie above or below the surface, in shares of the size; the worst left out."""
        image, partner, distance = self.pairs(mirror)
        height = np.einsum("ij,ij->i", image - self.places[partner], self.facing[partner])
        # A turned surface counts too: a ball's heights are the same about every plane through its centre.
        turned = 1.0 - np.einsum("ij,ij->i", self.facing[partner], mirror.turn(self.normals))
        kept = np.argsort(distance, kind="stable")[: max(int(_KEPT * len(distance)), 1)]
        return float(np.mean(np.abs(height[kept]) / self.size + _TURN_WEIGHT * turned[kept]))

    def polished(self, mirror: Mirror) -> Mirror:
        """The plane moved and turned a little until the error is least: pairs of vertices leave half a degree open."""

        def moved(by: NDArray) -> Mirror:
            turn = np.arctan2(mirror.normal[1], mirror.normal[0]) + by[0]
            normal = np.array([np.cos(turn), np.sin(turn), 0.0])
            # Turned about the point next to the statue's middle, so that the two numbers do not pull at each other.
            centre = self.points.mean(axis=0)
            foot = centre - ((centre - mirror.point) @ mirror.normal) * mirror.normal
            return Mirror(foot + by[1] * self.size * normal, normal)

        start = np.array([[0.0, 0.0], [0.05, 0.0], [0.0, 0.02]])
        result = minimize(
            lambda by: self.error(moved(by)),
            start[0],
            method="Nelder-Mead",
            options={"initial_simplex": start, "maxfev": 60, "xatol": 1e-3, "fatol": 1e-6},
        )
        return moved(result.x)


def reflected(mesh: Mesh, mirror: Mirror, surface: Surface) -> tuple[NDArray, NDArray, NDArray]:
    """The place on the surface opposite to each vertex.

    Returns places [V, 3], the surface's normals there [V, 3], and [V] 0 … 1 how far the statue is symmetric there: 0
    where the mirror image of a vertex lies off the surface, or the surface looks elsewhere.
    """
    size = surface.size
    tree = cKDTree(np.column_stack([mesh.vertices, _TURN_WEIGHT * size * mesh.normals]))
    image, turned = mirror.reflect(mesh.vertices), mirror.turn(mesh.normals)
    _, partner = tree.query(np.column_stack([image, _TURN_WEIGHT * size * turned]))
    normals = mesh.normals[partner]
    # From the nearest vertex on along its tangent plane: without that, neighbours would share one place.
    away = image - mesh.vertices[partner]
    height = np.einsum("ij,ij->i", away, normals)
    places = (image - height[:, None] * normals).astype(np.float32)
    gap = np.maximum(np.linalg.norm(away, axis=1) - surface.spacing, np.abs(height)) / (_TOLERANCE * size)
    low, high = _AGREEING
    cosine = np.einsum("ij,ij->i", normals, turned)
    agreement = np.clip(2.0 - 2.0 * gap, 0.0, 1.0) * np.clip((cosine - low) / (high - low), 0.0, 1.0)
    return places, normals, agreement.astype(np.float32)


def _looking_at(mesh: Mesh, eyes: Sequence[NDArray]) -> NDArray[np.int64]:
    """The numbers of at most `_SAMPLES` vertices that look towards one of the cameras."""
    looking = np.zeros(len(mesh.vertices), dtype=bool)
    for eye in eyes:
        towards = np.asarray(eye) - mesh.vertices
        cosine = np.einsum("ij,ij->i", towards, mesh.normals) / np.maximum(np.linalg.norm(towards, axis=1), 1e-12)
        looking |= cosine > 0.2
    index = np.flatnonzero(looking)
    return index[np.linspace(0, len(index) - 1, min(len(index), _SAMPLES)).astype(np.int64)] if len(index) else index


def _near(mirror: Mirror, middle: Mirror, size: float) -> bool:
    turned = np.arccos(np.clip(abs(mirror.normal @ middle.normal), 0.0, 1.0))
    moved = abs((mirror.point - middle.point) @ mirror.normal)
    return bool(turned <= _FARTHEST_TURN and moved <= _FARTHEST_OFFSET * size)
