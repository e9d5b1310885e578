"""The two protocols under which a mesh is compared with the truth, and the figures.

*Unit box.* Each mesh by itself is moved and scaled so that its bounding box is centred and the box's longest side is
1. Nothing else is aligned: a result that leans, or is too deep, pays for it. 100 000 points on each mesh, spread evenly
by area. F-scores at 0.01, 0.02 and 0.05; volumetric IoU on a grid of 128 cells along the longest side of both.

*Aligned.* The truth in its unit box; the prediction laid over it by the rotation, the uniform scale and the shift that
`align` finds. 10 000 points on each. F-scores at 0.05 and 0.1.

All lengths are in the truth's longest side. All distances are those to the nearest point on any triangle, not to the
nearest of sampled points, which published tables often use: with 100 000 points that adds about 0.0003 to a distance
near 0.03, with 10 000 about 0.002, and more the smaller the distance is.

    point to surface       mean distance of the prediction's points from the truth
    completeness           mean distance of the truth's points from the prediction
    chamfer                the mean of these two
    normal consistency     mean |cosine| between a point's normal and the normal of the triangle nearest to it, over
                           both directions; *signed*: the cosine itself, which an inside-out surface turns negative
    F-score at t           harmonic mean of the shares of points, of the prediction and of the truth, that lie within t
    IoU                    volume inside both over volume inside either (unit box only)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh
from .sample import Points, spread
from .surface import Surface

UNIT_BOX_POINTS, UNIT_BOX_THRESHOLDS = 100_000, (0.01, 0.02, 0.05)
ALIGNED_POINTS, ALIGNED_THRESHOLDS = 10_000, (0.05, 0.1)
GRID = 128  # cells along the longest side of the box around both meshes
_OFF_THE_GRID = 1e-3  # of a cell: so that no line of the grid runs along the edges of what was modelled on a grid


@dataclass(frozen=True)
class Placement:
    """A mesh moved, turned and scaled: place = scale · rotation @ point + offset."""

    scale: float
    offset: NDArray[np.float64]  # [3]
    rotation: NDArray[np.float64]  # [3, 3]

    def of(self, mesh: Mesh) -> Mesh:
        return Mesh(self.of_points(mesh.vertices.astype(np.float64)).astype(np.float32), mesh.faces)

    def of_points(self, points: NDArray) -> NDArray[np.float64]:
        """points [N, 3] or [3]."""
        return self.scale * points @ self.rotation.T + self.offset

    def back(self, points: NDArray) -> NDArray[np.float64]:
        """Where points [N, 3] come from."""
        return (points - self.offset) @ self.rotation / self.scale


def in_unit_box(mesh: Mesh) -> Placement:
    """Centres a mesh's bounding box and makes its longest side 1."""
    low, high = mesh.vertices.min(axis=0).astype(np.float64), mesh.vertices.max(axis=0).astype(np.float64)
    scale = 1.0 / float((high - low).max())
    return Placement(scale, -scale * (low + high) / 2, np.eye(3))


@dataclass(frozen=True)
class Way:
    """From points on one mesh to the surface of the other."""

    points: Points
    distances: NDArray[np.float64]  # [N]
    cosines: NDArray[np.float64]  # [N] between the normals; 0 where a triangle has no area and so no normal

    def distance(self, chosen: NDArray | slice = np.s_[:]) -> float:
        return float(self.distances[chosen].mean())

    def agreement(self, chosen: NDArray | slice = np.s_[:]) -> float:
        return float(np.abs(self.cosines[chosen]).mean())

    def share_within(self, threshold: float) -> float:
        return float((self.distances <= threshold).mean())


def way(points: Points, surface: Surface) -> Way:
    found = surface.nearest(points.places)
    normals = surface.mesh.face_normals[found.faces]
    return Way(points, found.distances, np.einsum("ij,ij->i", points.normals, normals).astype(np.float64))


class Comparison:
    """Two meshes in their places, and how they differ."""

    def __init__(self, pred: Mesh, truth: Mesh, points: int, seed: int):
        self.pred, self.truth = Surface(pred), Surface(truth)
        self.to_truth = way(spread(pred, points, seed), self.truth)
        self.to_pred = way(spread(truth, points, seed), self.pred)

    def figures(self, thresholds: tuple[float, ...]) -> dict[str, float]:
        there, back = self.to_truth, self.to_pred
        return {
            "point_to_surface": there.distance(),
            "completeness": back.distance(),
            "chamfer": (there.distance() + back.distance()) / 2,
            "normal_consistency": (there.agreement() + back.agreement()) / 2,
            "normal_consistency_signed": float(there.cosines.mean() + back.cosines.mean()) / 2,
        } | {f"f_score_{threshold:g}": self._f_score(threshold) for threshold in thresholds}

    def _f_score(self, threshold: float) -> float:
        precision, recall = self.to_truth.share_within(threshold), self.to_pred.share_within(threshold)
        return 2 * precision * recall / max(precision + recall, 1e-12)

    @cached_property
    def iou(self) -> float:
        """Volume inside both over volume inside either; 0 if nothing is inside any."""
        both = np.concatenate([self.pred.mesh.vertices, self.truth.mesh.vertices]).astype(np.float64)
        low, high = both.min(axis=0), both.max(axis=0)
        step = float((high - low).max()) / GRID
        counts = tuple(int(count) for count in np.ceil((high - low) / step - 1e-6).clip(min=1))
        low = low + _OFF_THE_GRID * step * np.array([0.71, 0.53, 0.37])
        one, other = (surface.solid(low, step, counts) for surface in (self.pred, self.truth))  # type: ignore[arg-type]
        return float((one & other).sum() / max((one | other).sum(), 1))
