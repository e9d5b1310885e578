"""Solving a weighted Laplace equation on a picture: conjugate gradients, each step smoothed on all scales at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STEPS = 30  # of conjugate gradients, at most
SOLVED = 0.02  # of the first residual; whoever asks comes back with new weights
DAMPING = 0.8  # of Jacobi's step: the best for smoothing a five-point Laplace operator
SMALLEST = 6  # pixels: on pictures smaller than that a few steps of Jacobi's are a solution
COARSE_STEPS = 8
LEAST = np.float32(1e-12)  # under a diagonal: a pixel tied to nothing stays where it is

Map = NDArray[np.float32]
Pair = tuple[Map, Map]  # between neighbours in a row [H, W−1] and in a column [H−1, W]


def solve(strength: Pair, tied: Map, wanted: Map, more: Callable[[Map], Map] | None = None) -> Map:
    """[H, W] the x of tied · x − Σ over neighbours of strength · (x there − x here) = wanted, to a few percent.

    strength and tied ≥ 0. `more` may add to the left side whatever is linear, symmetric and not negative.
    """
    levels = _levels(strength, tied)
    answer, left = np.zeros_like(wanted), wanted.copy()
    better = _cycle(levels, left)
    direction = better
    size = first = _dot(left, better)
    for _ in range(STEPS):
        if size <= SOLVED**2 * first:
            break
        moved = _applied(strength, tied, direction)
        if more is not None:
            moved += more(direction)
        step = np.float32(size / _dot(direction, moved))
        answer += step * direction
        left -= step * moved
        better = _cycle(levels, left)
        before, size = size, _dot(left, better)
        direction = better + np.float32(size / before) * direction
    return answer


def spread(total: Map, flow: Pair) -> None:
    """Adds what flows between neighbours to the pixel it flows to and takes it from where it comes from."""
    total[:, 1:] += flow[0]
    total[:, :-1] -= flow[0]
    total[1:] += flow[1]
    total[:-1] -= flow[1]


def _applied(strength: Pair, tied: Map, values: Map) -> Map:
    total = tied * values
    spread(total, (strength[0] * np.diff(values, axis=1), strength[1] * np.diff(values, axis=0)))
    return total


def _levels(strength: Pair, tied: Map) -> list[tuple[Pair, Map, Map]]:
    """The equation on pictures half as large each time: strengths, ties, and damped inverse diagonals."""
    levels = []
    while True:
        diagonal = tied.copy()
        diagonal[:, 1:] += strength[0]
        diagonal[:, :-1] += strength[0]
        diagonal[1:] += strength[1]
        diagonal[:-1] += strength[1]
        levels.append((strength, tied, np.where(diagonal > LEAST, DAMPING / np.maximum(diagonal, LEAST), 0.0)))
        if min(tied.shape) < SMALLEST:
            return levels
        # Half of the sum: a pair of large pixels stands for two pairs beside each other, over twice the way.
        strength = 0.5 * _halved_rows(strength[0][:, 1::2]), 0.5 * _halved_rows(strength[1][1::2].T).T
        tied = _halved(tied)


def _cycle(levels: list[tuple[Pair, Map, Map]], wanted: Map) -> Map:
    """One V-cycle: about the solution, by a symmetric operator, as conjugate gradients need it."""
    (strength, tied, inverse), coarser = levels[0], levels[1:]
    answer = inverse * wanted
    if not coarser:
        for _ in range(COARSE_STEPS):
            answer += inverse * (wanted - _applied(strength, tied, answer))
        return answer
    rough = _cycle(coarser, _halved(wanted - _applied(strength, tied, answer)))
    answer += np.repeat(np.repeat(rough, 2, axis=0), 2, axis=1)[: wanted.shape[0], : wanted.shape[1]]
    answer += inverse * (wanted - _applied(strength, tied, answer))
    return answer


def _halved(values: Map) -> Map:
    """[⌈H/2⌉, ⌈W/2⌉] the sums over squares of 2 × 2 pixels."""
    return _halved_rows(_halved_rows(values).T).T


def _halved_rows(values: Map) -> Map:
    """[⌈H/2⌉, W] the sums over pairs of rows."""
    if len(values) % 2:
        values = np.concatenate([values, np.zeros_like(values[:1])])
    return values[::2] + values[1::2]


def _dot(one: Map, other: Map) -> float:
    return float(np.vdot(one, other))
