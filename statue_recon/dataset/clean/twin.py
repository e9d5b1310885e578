"""Whether two meshes are the same thing, however they were moved, turned, scaled, meshed anew or clipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evaluate.align import ROTATIONS, Fit, rotations, similarity
from ...evaluate.protocol import Placement, in_unit_box
from ...mesh.mesh import Mesh

# Of the earlier mesh's longest side. Of 39 scans and heads the copies with half of the faces, and those with noise of a
# thousandth, lie on the original with 0.95 of their surface or more, with a fifth of the faces with 0.84; with a
# twelfth most do with 0.9. Of the 40 heads, which differ as people do, the two that are most alike reach 0.52.
CLOSE = 0.004
SAME, ALIKE = 0.75, 0.62  # share of both surfaces that lies on the other: a duplicate; a case for a person

# The search goes on with fewer placements and more points: (placements, points on each mesh, steps).
_APPROACH = ((24, 100, 12), (4, 300, 30))
_THOROUGH = ((48, 200, 12), (8, 300, 40))  # vases and capitals look much the same from many sides, but are not
_FAR = 0.03  # mean distance after a round beyond which nothing will come of it: clipped copies are at 0.01 by then
_SETTLE_POINTS, _SETTLE_STEPS = 2000, 15
_TRUSTED = 0.8  # of the pairs, the closer ones, count in the last steps: a part that one mesh lacks does not pull


@dataclass(frozen=True)
class Likeness:
    """How one mesh lies on another."""

    share: float  # of both surfaces within CLOSE of the other
    distance: float  # mean, of the other's longest side
    mirrored: bool = False

    @property
    def words(self) -> str:
        return f"{self.share:.0%} of their surfaces coincide; the mean distance is {self.distance:.2%} of the size"


def likeness(mesh: Mesh, earlier: Mesh, hopeful: bool) -> Likeness:
    """How well a mesh can be laid on an earlier one, which stays where it is.

    hopeful: their descriptions are as good as the same, so that it is worth trying harder, and the mirror image too.
    The same meshes always give the same answer.
    """
    truth = in_unit_box(earlier).of(earlier)
    straight = _laid(mesh, truth, _APPROACH)
    if straight.share >= SAME or not hopeful:
        return straight
    straight = max(straight, _laid(mesh, truth, _THOROUGH), key=lambda found: found.share)
    if straight.share >= SAME:
        return straight
    flip = np.array([-1, 1, 1], mesh.vertices.dtype)
    turned_over = _laid(Mesh(mesh.vertices * flip, np.ascontiguousarray(mesh.faces[:, ::-1])), truth, _THOROUGH)
    if turned_over.share >= SAME:
        return Likeness(turned_over.share, turned_over.distance, mirrored=True)
    return straight


def _laid(mesh: Mesh, truth: Mesh, approach: Sequence[tuple[int, int, int]]) -> Likeness:
    fit = Fit(mesh, truth, seed=0)
    placements = [fit.start(rotation) for rotation in rotations(ROTATIONS)]
    worth = fit.glances(placements)
    for count, points, steps in approach:
        chosen = [placements[at] for at in np.argsort(worth, kind="stable")[:count]]
        placements = [fit.refined(placement, points, steps) for placement in chosen]
        worth = np.array([fit.distance(placement, points) for placement in placements])  # the sum of both ways
        if worth.min() > 2 * _FAR:
            return Likeness(0.0, float(worth.min()) / 2)
    return _settled(fit, placements[int(worth.argmin())])


def _settled(fit: Fit, placement: Placement) -> Likeness:
    """How the meshes lie on each other after the last steps, in which only what fits counts."""
    for _ in range(_SETTLE_STEPS):
        points, targets, distances = _pairs(fit, placement)
        trusted = distances <= np.quantile(distances, _TRUSTED)
        placement = similarity(points[trusted], targets[trusted])
    _, _, distances = _pairs(fit, placement)
    return Likeness(float((distances <= CLOSE).mean()), float(distances.mean()))


def _pairs(fit: Fit, placement: Placement) -> tuple[NDArray, NDArray, NDArray]:
    """Points of the mesh, where they belong on the truth, and how far that is under this placement."""
    mine, theirs = fit.mine[:_SETTLE_POINTS], fit.theirs[:_SETTLE_POINTS]
    onto = fit.truth.nearest(placement.of_points(mine))
    under = fit.pred.nearest(placement.back(theirs))
    return (
        np.concatenate([mine, under.points]),
        np.concatenate([onto.points, theirs]),
        np.concatenate([onto.distances, under.distances * placement.scale]),
    )
