"""Animals as statues: one of the beasts, on the ground, on a slab or on a rock."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..noise import fractal, ridges
from ..sculpt import Block, Piece
from ..shapes import Shape, box, union
from . import birds, herd, horse, lion, myth
from .flesh import levelled
from .wheel import curve, turned_body

STABLES: dict[str, tuple[ModuleType, float]] = {
    # module with choose, build and words, and how often
    "horse": (horse, 1.2),
    "lion": (lion, 1.3),
    "herd": (herd, 1.8),
    "myth": (myth, 1.1),
    "small": (birds, 1.5),
}
BASES = {
    # what it stands on, and what is said of it
    "": ("", ""),
    "slab": ("on a rectangular base", "on a low slab"),
    "stepped": ("on a stepped base", "on a moulded base"),
    "oval": ("on an oval base", "on a round plinth"),
    "rock": ("on a rock", "on rocky ground"),
}
_ODDS = (0.3, 0.3, 0.12, 0.14, 0.14)


@dataclass(frozen=True)
class Beast:
    """An animal and what it stands on."""

    stable: str  # a key of STABLES
    what: Any
    base: str  # a key of BASES
    seed: int


def choose(rng: np.random.Generator) -> Beast:
    odds = np.array([often for _, often in STABLES.values()])
    stable = str(rng.choice(list(STABLES), p=odds / odds.sum()))
    what = STABLES[stable][0].choose(rng)
    return Beast(stable, what, str(rng.choice(list(BASES), p=_ODDS)), int(rng.integers(2**31)))


def build(beast: Beast) -> list[Piece]:
    pieces = STABLES[beast.stable][0].build(beast.what)
    if not beast.base:
        return pieces
    rise, base = _base(beast, *Block(tuple(pieces)).bounds)
    lift = np.eye(4)
    lift[2, 3] = rise
    return [Piece("plinth", base), *(Piece(p.name, p.shape.moved(lift), p.blend) for p in pieces)]


def words(beast: Beast, rng: np.random.Generator) -> str:
    text = STABLES[beast.stable][0].words(beast.what, rng)
    return f"{text} {rng.choice(BASES[beast.base])}".strip() if " on " not in text else text


def _base(beast: Beast, low: NDArray, high: NDArray) -> tuple[float, Shape]:
    """How far the animal is lifted, and what is below it; its feet sink in by a little."""
    rng = np.random.default_rng(beast.seed)
    size = float((high - low).max())
    margin, thick = 0.035 * size, float(rng.uniform(0.05, 0.11)) * size
    a, b = low - margin, high + margin
    sink = 0.012 * size
    if beast.base == "oval":
        half = (b - a)[:2] / 2
        outline = curve([(1.0, 0, 1), (1.0, 0.3), (0.95, 0.4, 1), (0.97, 0.7), (0.95, 1.0, 1)]) * (half[1], thick)
        outline[:, 0] *= 1.04
        lathe = turned_body(np.concatenate([[(0.0, 0.0)], outline, [(0.0, thick)]]))
        narrow = max(half[0] / half[1], 0.45)
        centre = (a + b)[:2] / 2
        return thick - sink, _squeezed(lathe, narrow, (centre[0], centre[1], 0.0))
    whole = box((a[0], a[1], 0), (b[0], b[1], thick), 0.008 * size)
    if beast.base == "stepped":
        more = 0.03 * size
        foot = box((a[0] - more, a[1] - more, 0), (b[0] + more, b[1] + more, 0.42 * thick), 0.006 * size)
        return thick - sink, union([foot, whole])
    if beast.base == "rock":
        seed = int(rng.integers(2**31))
        block = box((a[0] + margin, a[1] + margin, 0), (b[0] - margin, b[1] - margin, 1.3 * thick), 0.03 * size)

        def rough(points: NDArray) -> NDArray:
            bumps = fractal(points, 0.35 * size, 2, seed) + 0.8 * ridges(points, 0.2 * size, 2, seed + 1)
            return np.clip(0.03 * size * (bumps - 0.4), -0.04 * size, 0.03 * size)

        return 1.3 * thick - 1.6 * sink, levelled(block.displaced(rough, 0.03 * size))
    return thick - sink, whole


def _squeezed(shape: Shape, narrow: float, centre: tuple[float, float, float]) -> Shape:
    """The shape made narrower along X, and moved."""
    scale = np.array([narrow, 1.0, 1.0], np.float32)
    at = np.array(centre, np.float32)
    least = np.float32(min(narrow, 1.0))
    return Shape(
        shape.low * scale + at, shape.high * scale + at, lambda points: least * shape.distances((points - at) / scale)
    )
