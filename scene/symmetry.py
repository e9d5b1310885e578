"""Where a statue is most like its own mirror image: a first guess for the plane that a person then moves."""

from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix, Vector
from mathutils.kdtree import KDTree

POINTS = 400  # of the surface, that are mirrored
TURNS = tuple(math.radians(angle) for angle in range(-40, 41, 10))  # about the up axis, from facing the front
SHIFTS = tuple(share / 100 for share in range(-10, 11, 5))  # of the width, from the middle
FINER = 0.4  # of the steps above, in the second look around the best


def found(thing: bpy.types.Object) -> Matrix:
    """A pane in the object's coordinates, its X axis across: upright, as statues are."""
    flat = np.empty(len(thing.data.vertices) * 3, np.float32)
    thing.data.vertices.foreach_get("co", flat)
    places = flat.reshape(-1, 3).astype(np.float64)
    lower, upper = places.min(axis=0), places.max(axis=0)
    middle, width = (lower + upper) / 2, float(np.ptp(places, axis=0)[:2].max())
    chosen = np.random.default_rng(0).choice(len(places), min(POINTS, len(places)), replace=False)
    tree = KDTree(len(places))
    for index, place in enumerate(places):
        tree.insert(place, index)
    tree.balance()

    def apart(turn: float, shift: float) -> float:
        normal = np.array([math.cos(turn), math.sin(turn), 0.0])
        across = (places[chosen] - middle) @ normal - shift * width
        mirrored = places[chosen] - 2 * across[:, None] * normal
        return float(np.mean([tree.find(place)[2] for place in mirrored]))

    turn, shift = min(((turn, shift) for turn in TURNS for shift in SHIFTS), key=lambda pair: _cost(apart, pair))
    steps = (TURNS[1] - TURNS[0]) * FINER, (SHIFTS[1] - SHIFTS[0]) * FINER
    around = [(turn + i * steps[0], shift + j * steps[1]) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    turn, shift = min(around, key=lambda pair: _cost(apart, pair))
    across = Vector((math.cos(turn), math.sin(turn), 0.0))
    return Matrix.Translation(Vector(middle) + shift * width * across) @ Matrix.Rotation(turn, 4, "Z")


def _cost(apart, pair: tuple[float, float]) -> float:
    """How far apart the halves lie; of two that are alike, the pane that is turned and shifted less."""
    return apart(*pair) * (1.0 + 0.02 * abs(pair[0]) + 0.02 * abs(pair[1]))
