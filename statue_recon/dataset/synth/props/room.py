"""Where a posed body is: what is free of it, and how far it reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..human.figure import Figure

_EVERY = 2  # of the body's vertices: 1 cm apart on the trunk is near enough
MAN = 1.75  # metres: the height of the man props are sized for


def size(figure: Figure) -> float:
    """How large the figure is beside that man."""
    return figure.build.height / MAN


def of_arm(figure: Figure, side: str) -> NDArray[np.bool_]:
    """[V] which vertices belong to a forearm and its hand."""
    return figure.along(f"{side}ForeArm") | figure.below(f"{side}ForeArm")


def body(figure: Figure, without: NDArray | None = None) -> NDArray[np.float32]:
    """[N, 3] the body's vertices, or those that are not left out by `without` [V]."""
    there = np.arange(len(figure.vertices)) < figure.anatomy.body_size
    return figure.vertices[there if without is None else there & ~without]


class Room:
    """The space around a body, less the arm that holds."""

    def __init__(self, figure: Figure, side: str):
        self._tree = cKDTree(body(figure, of_arm(figure, side))[::_EVERY])

    def free(self, points: NDArray, margin: float) -> bool:
        """Whether none of the points [N, 3] comes nearer to the skin than `margin` metres."""
        nearest, _ = self._tree.query(points, distance_upper_bound=margin)
        return bool(np.isinf(nearest).all())


def extent(
    points: NDArray, start: NDArray, direction: NDArray, height: tuple[float, float], wide: float
) -> float | None:
    """How far points [N, 3] between two heights reach from `start` along a level direction; None where there is none.

    Only those count that lie less than `wide` metres to the side.
    """
    offset = points[(points[:, 2] > height[0]) & (points[:, 2] < height[1])] - start
    aside = np.abs(offset[:, 0] * direction[1] - offset[:, 1] * direction[0])
    reach = (offset @ direction)[aside < wide]
    return float(reach.max()) if len(reach) else None


def drawn(rng: np.random.Generator, shares: Sequence[float]) -> int:
    """A number 0 … n − 1, as often as its share says."""
    odds = np.asarray(shares, float)
    return int(rng.choice(len(odds), p=odds / odds.sum()))
