"""Folds as sculptors carve them: round ridges, sharp valleys, no two of a width; they begin where the cloth is held.

All folds are ridges across one number, their *phase*: the angle round the body for pleats that fall straight, the turn
about a place for those that radiate from it, the sag of a garland for those that hang between two supports.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUND = 2.2  # the larger, the flatter the ridge's back
_AT_THE_ENDS = 0.4  # of the middle's width between garlands is left where they are held
_STEEP = 0.7  # below 1 the flanks fall ever more steeply towards the valley: a semicircle has 0.5


@dataclass(frozen=True)
class Rhythm:
    """Ridges side by side along a phase, no two alike."""

    edges: NDArray  # [R + 1] phases between them
    heights: NDArray  # [R] 0 … 1; 0 leaves a flat place, which makes its neighbours deep
    starts: NDArray  # [R] 0 … 1 how far along each begins
    lean: NDArray  # [R] −1 … 1 where in its width its crest lies

    @staticmethod
    def over(
        first: float, last: float, width: float, rng: np.random.Generator, rests: float = 0.15, lean: float = 0.0
    ) -> Rhythm:
        """Ridges about `width` apart from one phase to another. rests: share of flat places. lean: of most crests."""
        count = max(round((last - first) / width), 2)
        # Widths that differ by a factor of four: equal ones look like corrugated iron.
        widths = np.exp(rng.normal(0, 0.38, count))
        edges = first + (last - first) * np.concatenate([[0], np.cumsum(widths)]) / widths.sum()
        heights = np.clip(np.sqrt(widths) * rng.uniform(0.55, 1.1, count), 0.3, 1.25)
        resting = rng.random(count) < rests
        resting[1:] &= ~resting[:-1]
        heights[resting] = 0.0
        leans = np.clip(lean + rng.normal(0, 0.22, count), -0.7, 0.7)
        return Rhythm(edges, heights, rng.random(count), leans)

    def ridges(self, phase: NDArray, along: NDArray | float = 1.0, swell: float = 0.5) -> NDArray[np.float64]:
        """Heights 0 … about 1 where the phase and the way along the fold (0 … 1) are these.

        swell: over what share of its way a ridge rises and widens from nothing.
        """
        index = np.clip(np.searchsorted(self.edges, phase, side="right") - 1, 0, len(self.heights) - 1)
        low, high = self.edges[index], self.edges[index + 1]
        across = np.clip(2 * (phase - low) / (high - low) - 1, -1, 1)
        crest = self.lean[index]
        across = np.where(across < crest, (across - crest) / (1 + crest), (across - crest) / (1 - crest))
        begun = smooth((along - 0.5 * self.starts[index]) / swell)
        profile = np.maximum(1 - np.abs(across / (0.35 + 0.65 * begun)) ** _ROUND, 0) ** _STEEP
        inside = (phase >= self.edges[0]) & (phase <= self.edges[-1])
        return self.heights[index] * begun * profile * inside


def smooth(share: NDArray) -> NDArray[np.float64]:
    """0 below 0, 1 above 1, and a soft way between."""
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def wander(angle: NDArray, down: NDArray, rng: np.random.Generator, size: float = 0.35) -> NDArray[np.float64]:
    """Slow changes −1 … 1 over angles (periodic) and metres: nothing that hangs is straight."""
    total = np.zeros(angle.shape)
    for turns in (1, 2, 3):
        for k in range(2):
            phases = rng.uniform(0, 2 * np.pi, 2)
            total += np.sin(turns * angle + phases[0]) * np.sin(2 * np.pi * (k + 0.6) * down / (2 * size) + phases[1])
    return total / 3


def about(x: NDArray, y: NDArray, place: tuple[float, float], curl: float = 0.0) -> tuple[NDArray, NDArray]:
    """Phase and way of folds that radiate from a place: the turn about it in radians (0 straight down), the distance.

    curl: radians they turn for each metre.
    """
    dx, dy = x - place[0], y - place[1]
    distance = np.hypot(dx, dy)
    return np.arctan2(dx, dy) + curl * distance, distance


def garlands(
    x: NDArray, y: NDArray, one: tuple[float, float], other: tuple[float, float], slack: float
) -> tuple[NDArray, NDArray]:
    """Phase and way of folds that hang between two supports at (x, y), y downwards.

    The phase is 0 on the straight line between them and 1 where the lowest of them sags by `slack` metres more; the way
    is 0 at the supports, 1 in the middle.
    """
    share = (x - one[0]) / (other[0] - one[0])
    line = one[1] + share * (other[1] - one[1])
    between = np.clip(share, 0, 1)
    sag = 4 * between * (1 - between)
    phase = (y - line) / (slack * (_AT_THE_ENDS + sag))
    return np.where((share > 0) & (share < 1), phase, -1e3), sag
