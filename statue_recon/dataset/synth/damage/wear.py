"""How a statue has fared: what is broken, chipped, cracked, weathered or mended, drawn, carved and put into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..sculpt import Block, Carving
from . import carvings

# state: (how often, chips for each square metre, size of chips, cracks, depth of pits, rounding of the edges; all sizes
# as shares of the statue's longest side)
STATES = {
    "pristine": (0.30, 0, 0.0, 0, 0.0, 0.0),
    "slightly worn": (0.25, 4, 0.012, 0, 0.0, 0.002),
    "weathered": (0.20, 6, 0.016, 0, 0.0035, 0.005),
    "chipped": (0.15, 16, 0.026, 1, 0.0, 0.001),
    "badly damaged": (0.10, 20, 0.040, 2, 0.003, 0.003),
}
WORDS = {
    "pristine": ("", "", "perfectly preserved", "in fine condition"),
    "slightly worn": ("", "slightly worn", "a little worn at the edges"),
    "weathered": ("weathered", "worn by the weather", "with an eroded surface"),
    "chipped": ("chipped", "with chipped edges", "with many small losses"),
    "badly damaged": ("badly damaged", "cracked and battered", "heavily damaged"),
}
THIN = ("pristine", "chipped")  # the states of things with thin walls
TOOLED = 0.15  # of all statues show the marks of the claw chisel
_MOST_CHIPS = 60
_ON_A_WALL = 0.012  # share of the size, of the chips of what has thin walls


@dataclass(frozen=True)
class Wear:
    """The state of a surface."""

    state: str  # a key of STATES
    tooled: bool  # whether the marks of the chisel are still to be seen
    thin: bool  # whether it has walls that nothing may go through
    seed: int


def choose(rng: np.random.Generator, thin: bool = False) -> Wear:
    """thin: whether it has walls, as vessels do, that weather would eat through before it rounded off an edge."""
    states = [state for state in STATES if not thin or state in THIN]
    odds = np.array([STATES[state][0] for state in states])
    state = str(rng.choice(states, p=odds / odds.sum()))
    tooled = bool(not thin and state != "weathered" and rng.random() < TOOLED)
    return Wear(state, tooled, thin, int(rng.integers(2**31)))


def rounding(wear: Wear, size: float) -> float:
    """By how many metres the edges of a statue of this size [metres] are rounded off."""
    return STATES[wear.state][5] * size


def build(wear: Wear, block: Block) -> list[Carving]:
    """The carvings that bring a block into this state."""
    rng = np.random.default_rng(wear.seed)
    _, per_area, share, cracks, pits, _ = STATES[wear.state]
    low, high = block.bounds
    size = float((high - low).max())
    if wear.thin:
        share, cracks = min(share, _ON_A_WALL), 0
    done: list[Carving] = []
    if wear.tooled:
        spacing = 0.018 * size
        part = _rough_part(rng, low, high)
        done.append(carvings.tool_marks(rng.normal(size=3), spacing, 0.2 * spacing, _seed(rng), part))
    if pits:
        done.append(carvings.pitting(0.02 * size, pits * size, _seed(rng)))
    count = min(int(per_area * _area(low, high)), _MOST_CHIPS)
    if count:
        places, outward = surface_points(block, count, rng)
        sizes = share * size * rng.uniform(0.4, 1.0, len(places)) ** 2
        done.append(carvings.chips(places, outward, sizes, _seed(rng)))
    for _ in range(cracks):
        middle = rng.uniform(low + 0.2 * (high - low), high - 0.2 * (high - low))
        done.append(carvings.cracks(middle, rng.normal(size=3), 0.007 * size, 0.025 * size, _seed(rng)))
    return done


def words(wear: Wear, rng: np.random.Generator, damaged: bool = False) -> str:
    """How the state would be called; often nothing, for people do not say that a thing is as it should be.

    damaged: whether something is lost, so that nobody would call it well preserved.
    """
    phrase = "" if damaged and wear.state == "pristine" else str(rng.choice(WORDS[wear.state]))
    if wear.tooled and rng.random() < 0.6:
        return f"{phrase}, with visible chisel marks" if phrase else "with visible chisel marks"
    return phrase


def surface_points(block: Block, count: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """About `count` places [N, 3] on the surface, more of them where it stands out, and their normals [N, 3]."""
    low, high = block.bounds
    points = rng.uniform(low, high, (6 * count, 3)).astype(np.float32)
    step = 2e-3 * float((high - low).max())
    for _ in range(_STEPS_TO_THE_SURFACE):
        distances = block.distances(points)
        points = points - (distances[:, None] * _gradient(block, points, step)).astype(np.float32)
    arrived = np.abs(block.distances(points)) < 2 * step
    points = points[arrived][:count]
    return points, _gradient(block, points, step)


_STEPS_TO_THE_SURFACE = 3


def _gradient(block: Block, points: NDArray, step: float) -> NDArray:
    """Unit vectors [N, 3] away from the block's inside."""
    around = np.concatenate([points + step * axis for axis in np.concatenate([np.eye(3), -np.eye(3)])])
    ahead, behind = block.distances(around).reshape(2, 3, -1)
    slope = (ahead - behind).T
    return slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)


def _rough_part(rng: np.random.Generator, low: NDArray, high: NDArray) -> NDArray:
    """The box [2, 3] that was left as the chisel left it: the back or the lower part, as sculptors do."""
    part = np.stack([low, high]).astype(np.float32)
    if rng.random() < 0.5:
        part[0, 1] = (low[1] + high[1]) / 2  # the back: the statue faces −Y
    else:
        part[1, 2] = low[2] + 0.25 * (high[2] - low[2])
    return part


def _area(low: NDArray, high: NDArray) -> float:
    """The surface of the box in units of its longest side: how much there is to be chipped."""
    x, y, z = (high - low) / (high - low).max()
    return float(2 * (x * y + y * z + z * x))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
