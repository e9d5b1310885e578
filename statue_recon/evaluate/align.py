"""Laying one mesh over another: a search over all rotations, then iterated closest points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh
from .protocol import Placement
from .sample import spread
from .surface import Surface

ROTATIONS = 500  # beside none at all: no rotation is farther than some 26° from one of these
GLANCE_POINTS = 100  # on each mesh, to judge a rotation by
CONTENDERS = 6  # rotations that are followed up …
APPROACH_POINTS, APPROACH_STEPS = 300, 12  # … until one of them is clearly the best
FINE_POINTS, FINE_STEPS = 2000, 40
_STILL = 1e-5  # of the truth's size: a step that moves the points by less is the last


def align(pred: Mesh, truth: Mesh, seed: int) -> Placement:
    """The rotation, uniform scale and shift that lay `pred` best over `truth`; `truth` stays where it is.

    Every rotation of a fixed set, with centre of area and mean square radius matched, is judged by the mean of the two
    directed mean distances; the best are refined by iterated closest points, pairing the points of each mesh with the
    other's surface (Besl and McKay 1992; scale and rotation by Umeyama 1991). Pairs from both sides keep the scale
    from collapsing where one mesh lacks a part.
    """
    fit = Fit(pred, truth, seed)
    starts = [fit.start(rotation) for rotation in rotations(ROTATIONS)]
    glances = fit.glances(starts)
    contenders = [starts[i] for i in np.argsort(glances, kind="stable")[:CONTENDERS]]
    approached = [fit.refined(start, APPROACH_POINTS, APPROACH_STEPS) for start in contenders]
    best = min(approached, key=lambda placement: fit.distance(placement, APPROACH_POINTS))
    return fit.refined(best, FINE_POINTS, FINE_STEPS)


class Fit:
    """Two meshes, ready for being laid over each other."""

    def __init__(self, pred: Mesh, truth: Mesh, seed: int):
        self.pred, self.truth = Surface(pred), Surface(truth)
        chance = np.random.default_rng(seed)
        # In a random order, so that the first few are spread over the whole surface too.
        self.mine, self.theirs = (chance.permutation(spread(mesh, FINE_POINTS, seed).places) for mesh in (pred, truth))

    def start(self, rotation: NDArray) -> Placement:
        scale = _radius(self.theirs) / _radius(self.mine)
        return Placement(scale, self.theirs.mean(axis=0) - scale * rotation @ self.mine.mean(axis=0), rotation)

    def glances(self, placements: list[Placement]) -> NDArray:
        """The distance under each placement, roughly, all at once."""
        mine, theirs = self.mine[:GLANCE_POINTS], self.theirs[:GLANCE_POINTS]
        there = self.truth.nearest(np.concatenate([p.of_points(mine) for p in placements])).distances
        back = self.pred.nearest(np.concatenate([p.back(theirs) for p in placements])).distances
        scales = np.array([placement.scale for placement in placements])
        count = len(placements)
        return there.reshape(count, -1).mean(axis=1) + scales * back.reshape(count, -1).mean(axis=1)

    def distance(self, placement: Placement, points: int) -> float:
        there = self.truth.nearest(placement.of_points(self.mine[:points])).distances.mean()
        back = self.pred.nearest(placement.back(self.theirs[:points])).distances.mean()
        return float(there + placement.scale * back)

    def refined(self, placement: Placement, points: int, steps: int) -> Placement:
        """After at most `steps` steps of iterated closest points."""
        mine, theirs = self.mine[:points], self.theirs[:points]
        for _ in range(steps):
            onto = self.truth.nearest(placement.of_points(mine)).points
            under = self.pred.nearest(placement.back(theirs)).points
            before = placement.of_points(mine)
            placement = similarity(np.concatenate([mine, under]), np.concatenate([onto, theirs]))
            if np.abs(placement.of_points(mine) - before).max() < _STILL:
                break
        return placement


def similarity(points: NDArray, targets: NDArray) -> Placement:
    """The rotation, uniform scale and shift that bring points [N, 3] nearest to their targets (Umeyama 1991)."""
    centre, goal = points.mean(axis=0), targets.mean(axis=0)
    around, towards = points - centre, targets - goal
    u, stretch, v = np.linalg.svd(towards.T @ around)
    upright = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    rotation = u * upright @ v
    scale = float((stretch * upright).sum() / (around**2).sum())
    return Placement(scale, goal - scale * rotation @ centre, rotation)


def _radius(points: NDArray) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


def rotations(count: int) -> NDArray[np.float64]:
    """No rotation, and `count` more, spread evenly over all there are (super-Fibonacci spirals, Alexa 2022).

    Returns [count + 1, 3, 3].
    """
    step = np.arange(count) + 0.5
    inner, outer = np.sqrt(step / count), np.sqrt(1 - step / count)
    alpha, beta = 2 * np.pi * step / np.sqrt(2), 2 * np.pi * step / 1.533751168755204288118041
    x, y, z, w = inner * np.sin(alpha), inner * np.cos(alpha), outer * np.sin(beta), outer * np.cos(beta)
    turned = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return np.concatenate([np.eye(3)[None], turned.transpose(2, 0, 1)])
