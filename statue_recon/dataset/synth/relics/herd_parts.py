"""Tails, trunks, fleeces and horns of the herd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape
from .beasts import Posed
from .coat import landed, scattered, snails
from .flesh import Clay
from .swept import swept, together
from .wheel import offset, smooth_path


@dataclass(frozen=True)
class Animal:
    kind: str  # a key of KINDS
    noun: str
    posture: str
    turned: float  # degrees the head looks to its left
    raised: float  # degrees the neck is lifted
    mouth: float
    tail: float  # 0 hanging … 1 raised
    size: float
    seed: int


def _hanging_tail(root: NDArray, length: float, thick: float, tuft: float, raised: float = 0.0) -> Shape:
    path = [
        root,
        offset(root, 0, 0.14 * length, 0.02 * length),
        offset(root, 0, (0.16 + 0.2 * raised) * length, -0.3 * length),
    ]
    path += [
        offset(root, 0, 0.12 * length, -0.65 * length),
        offset(root, 0.03 * length, (0.16 + 0.2 * raised) * length, -length),
    ]
    places = smooth_path(path)
    places[:, 2] = np.maximum(places[:, 2], 1.2 * tuft)
    t = np.linspace(0, 1, len(places))
    clay = Clay(0.01)
    clay.line(
        places, np.interp(t, [0, 0.2, 0.72, 0.8, 0.9, 1], [1.6 * thick, thick, 0.8 * thick, tuft, tuft, 0.4 * tuft])
    )
    return clay.shape()


def _bull_tail(posed: Posed, animal: Animal) -> Shape:
    return _hanging_tail(posed.at("body", (0, -0.76, 1.2)), 0.85, 0.034, 0.062, animal.tail)


def _ram_tail(posed: Posed, animal: Animal) -> Shape:
    return _hanging_tail(posed.at("body", (0, -0.46, 0.64)), 0.28, 0.03, 0.034)


def _dog_tail(posed: Posed, animal: Animal) -> Shape:
    root = posed.at("body", (0, -0.36, 0.60))
    clay = Clay(0.01)
    if root[2] < 0.36:  # seated or lying: along the ground
        low = 0.03 - root[2]
        path = [
            root,
            offset(root, 0.02, 0.08, 0.6 * low),
            offset(root, 0.10, 0.10, low),
            offset(root, 0.20, -0.02, low),
            offset(root, 0.22, -0.16, low),
        ]
    else:
        up = -0.34 + 0.5 * animal.tail
        path = [
            root,
            offset(root, 0, 0.08, 0.0),
            offset(root, 0, 0.20, 0.35 * up),
            offset(root, 0.01, 0.30, 0.7 * up),
            offset(root, 0.02, 0.40, up),
        ]
    places = smooth_path(path)
    clay.line(places, np.linspace(0.030, 0.016, len(places)))
    return clay.shape()


def _elephant_trunk(posed: Posed, animal: Animal) -> Shape:
    """Its trunk, hanging with a curl or lifted, and its thin tail."""
    clay = Clay(0.03)
    root = [(0, 1.50, 1.60), (0, 1.62, 1.36)]
    hung = [(0.0, 1.68, 1.0), (0.02, 1.66, 0.62), (0.05, 1.74, 0.34), (0.08, 1.90, 0.30), (0.08, 1.96, 0.40)]
    lifted = [(0.0, 1.80, 1.16), (0.02, 2.06, 1.22), (0.04, 2.20, 1.52), (0.05, 2.14, 1.86), (0.05, 1.98, 1.98)]
    path = smooth_path([posed.at("head", place) for place in (*root, *(lifted if animal.tail > 0.6 else hung))])
    clay.line(path, np.linspace(0.215, 0.062, len(path)))
    back = posed.at("body", (0, -1.24, 1.75))
    tail = smooth_path(
        [back, offset(back, 0, 0.07, -0.2), offset(back, 0, 0.05, -0.6), offset(back, 0.02, 0.08, -0.85)]
    )
    clay.part()
    clay.line(tail, np.interp(np.linspace(0, 1, len(tail)), [0, 0.3, 0.8, 0.9, 1], [0.09, 0.05, 0.04, 0.06, 0.025]))
    return clay.shape()


TAILS: dict[str, Callable[[Posed, Animal], Shape]] = {
    "bull": _bull_tail,
    "ram": _ram_tail,
    "hound": _dog_tail,
    "wolf": _dog_tail,
    "cat": _dog_tail,
    "elephant": _elephant_trunk,
}


def _forehead_curls(posed: Posed, flesh: Shape, animal: Animal, rng: np.random.Generator) -> list[Piece]:
    across, up = np.meshgrid(np.linspace(-0.08, 0.08, 3), np.linspace(0, 0.16, 3))
    starts = posed.at("head", np.stack([across.ravel(), 1.35 - 0 * up.ravel(), 1.28 + up.ravel()], axis=1))
    places, out = landed(flesh, starts, np.tile(posed.way("head", (0, -1.0, -0.12)), (9, 1)))
    return [Piece("mane", snails(places, out, 0.045, rng, 1.2), blend=0.004)] if len(places) else []


def _fleece(posed: Posed, flesh: Shape, animal: Animal, rng: np.random.Generator) -> list[Piece]:
    """Snail curls over body and neck, and the horns, rolled around the ears."""
    count = 1500
    axis = np.array(
        [
            posed.at(bone, (0, f, z))
            for bone, f, z in (
                ("body", -0.36, 0.57),
                ("body", -0.18, 0.56),
                ("chest", 0.05, 0.55),
                ("chest", 0.22, 0.56),
                ("neck1", 0.32, 0.70),
            )
        ]
    )
    middles = axis[rng.integers(len(axis), size=count)]
    ways = rng.normal(size=(count, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    places, out = landed(flesh, middles + 0.42 * ways, -ways)
    above = places[:, 2] > posed.at("chest", (0, 0.1, 0.42))[2]
    near = np.linalg.norm(places - posed.at("head", (0, 0.52, 0.9)), axis=1) > 0.13
    places, out = places[above & near], out[above & near]
    kept = scattered(places, 0.053)
    return [
        Piece("fleece", snails(places[kept], out[kept], 0.040, rng, 1.1), blend=0.004),
        Piece("horns", together([_horn(posed, side) for side in (1, -1)])),
    ]


def _horn(posed: Posed, side: int) -> Mesh:
    t = np.linspace(0, 1, 26)
    angle = np.radians(100 + 430 * t)
    size = 0.105 * (1 - 0.45 * t)
    centre = (0.445, 0.925)
    places = np.stack(
        [side * (0.045 + 0.075 * t + 0.05 * t**2), centre[0] + size * np.cos(angle), centre[1] + size * np.sin(angle)],
        axis=1,
    )
    ripple = 1 + 0.09 * np.cos(2 * np.pi * 13 * t)
    thick = np.linspace(0.074, 0.018, 26) * ripple
    return swept(posed.at("head", places), thick, 0.8 * thick, posed.way("head", (1.0, 0, 0)), "round")


EXTRAS: Mapping[str, Callable[[Posed, Shape, Animal, np.random.Generator], list[Piece]]] = {
    "bull": _forehead_curls,
    "ram": _fleece,
}
