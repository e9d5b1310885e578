"""Owls, eagles and doves; turtles, frogs, fish, dolphins and snakes: small beasts in the round."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape
from .coat import feathers, landed, wing
from .flesh import Clay
from .lion import sized
from .small_beasts import Pieces, Small, dolphin, fish, frog, snake, turned_about, turtle
from .swept import mirrored, together
from .wheel import offset


def choose(rng: np.random.Generator) -> Small:
    odds = np.array([often for _, _, often in KINDS.values()])
    name = str(rng.choice(list(KINDS), p=odds / odds.sum()))
    turned = float(rng.choice([0.0, rng.uniform(-60, 60)]))
    return Small(name, turned, bool(rng.random() < 0.35), float(rng.uniform(0.8, 1.2)), int(rng.integers(2**31)))


def build(small: Small) -> Pieces:
    pieces = KINDS[small.kind][0](small, np.random.default_rng(small.seed))
    return [sized(piece, small.size) for piece in pieces]


def _plumage(under: Shape, axis: NDArray, rows: int, around: int, length: float, down: NDArray) -> Mesh:
    """Short feathers in rows on a body, those of one row between those of the next."""
    roots, outs = [], []
    for row in range(rows):
        middle = axis[0] + (axis[1] - axis[0]) * row / max(rows - 1, 1)
        angle = 2 * np.pi * (np.arange(around) + 0.5 * (row % 2)) / around
        rays = np.stack([np.cos(angle), np.sin(angle), np.zeros(around)], axis=1)
        places, out = landed(under, middle + 0.5 * rays, -rays)
        roots.append(places)
        outs.append(out)
    places, out = np.concatenate(roots), np.concatenate(outs)
    ways = down - out * (out @ down)[:, None] + 0.16 * out
    return feathers(places, ways, out, length, 0.85 * length, 0.2 * length, 0.08)


def _owl(small: Small, rng: np.random.Generator) -> Pieces:
    clay = Clay(0.03)
    clay.add((0, 0.02, 0.13), (0, 0.0, 0.25), 0.105, 0.115)
    clay.add((0, 0.05, 0.07), (0, 0.10, 0.036), 0.06, 0.035, 1.3)  # tail
    body = clay.shape()
    at = turned_about((0, 0, 0.36), small.turned)
    across = at((1, 0, 0.36)) - at((0, 0, 0.36))
    clay.part()
    clay.add(at((0, 0.005, 0.37)), at((0, 0.0, 0.39)), 0.098, 0.092, 1.12, across)
    for side in (-1, 1):
        clay.add(at((0.045 * side, -0.055, 0.375)), at((0.045 * side, -0.058, 0.375)), 0.05, blend=0.012)
        clay.cut(at((0.045 * side, -0.135, 0.377)), at((0.045 * side, -0.135, 0.377)), 0.058, blend=0.008)
        clay.add(at((0.043 * side, -0.078, 0.378)), at((0.043 * side, -0.080, 0.378)), 0.024, blend=0.002)
        clay.add(at((0.012 * side, -0.098, 0.415)), at((0.085 * side, -0.055, 0.455)), 0.015, 0.014, blend=0.015)
        clay.add(at((0.085 * side, -0.045, 0.45)), at((0.10 * side, -0.02, 0.505)), 0.022, 0.006, blend=0.01)
        for toe in (-0.03, 0.0, 0.03):
            clay.add(
                (0.05 * side + toe, -0.06, 0.022), (0.05 * side + 1.3 * toe, -0.13, 0.012), 0.018, 0.010, blend=0.008
            )
    clay.add(at((0, -0.10, 0.39)), at((0, -0.125, 0.345)), 0.018, 0.006, blend=0.008)
    meshes = [_plumage(body, np.array([(0, 0, 0.30), (0, 0.02, 0.09)]), 7, 15, 0.062, np.array([0, 0, -1.0]))]
    for side in (1, -1):
        one = _folded_wing(np.array([0.105, -0.03, 0.29]), np.array([0.03, 0.10, 0.05]), 0.10)
        meshes.append(one if side > 0 else mirrored(one))
    return [Piece("animal", clay.shape()), Piece("wings", together(meshes), blend=0.004)]


def _folded_wing(shoulder: NDArray, tip: NDArray, width: float) -> Mesh:
    """A closed wing along a bird's side, three rows of feathers one over the other."""
    found = []
    down = tip - shoulder
    out = np.array([0.9, 0.45, 0.15])
    for count, reach, thick, height in ((6, 1.0, 0.02, 0.0), (6, 0.62, 0.018, 0.012), (5, 0.34, 0.018, 0.022)):
        t = np.linspace(0, 1, count)[:, None]
        roots = shoulder + 0.12 * t * down + np.array([0, 1.0, -0.25]) * (t - 0.35) * width * 0.9 + height * out
        ways = np.tile(down, (count, 1)) * reach * (1 - 0.12 * t) + np.array([0, -0.25, 0]) * width * (t - 0.5)
        found.append(
            feathers(roots, ways, np.tile(out, (count, 1)), np.linalg.norm(ways, axis=1), 0.42 * width, thick, 0.10)
        )
    return together(found)


def _raptor(small: Small, rng: np.random.Generator, dove: bool = False) -> Pieces:
    """A bird that stands upright on its legs: an eagle; or with a small beak and flat back, a dove."""
    clay = Clay(0.035)
    tilt = 0.55 if dove else 0.0
    breast, rump = (
        np.array([0, -0.10 - 0.10 * tilt, 0.52 - 0.10 * tilt]),
        np.array([0, 0.12 + 0.08 * tilt, 0.27 + 0.08 * tilt]),
    )
    clay.add(breast, rump, 0.155, 0.09, 0.95)
    body = clay.shape()
    neck = np.array([0, -0.13 - 0.10 * tilt, 0.70 - 0.06 * tilt])
    clay.add(offset(breast, 0, 0.0, 0.06), neck, 0.115, 0.075)
    for side in (-1, 1):
        clay.add((0.075 * side, -0.0, 0.34), (0.08 * side, -0.05, 0.17), 0.075, 0.038)
        clay.add((0.08 * side, -0.05, 0.17), (0.08 * side, -0.03, 0.05), 0.024, 0.022, blend=0.01)
        for toe in (-0.05, 0.0, 0.05):
            path = [
                (0.08 * side, -0.03, 0.04),
                (0.08 * side + toe, -0.10, 0.035),
                (0.08 * side + 1.25 * toe, -0.155, 0.012),
            ]
            clay.line(path, [0.026, 0.022, 0.008], blend=0.008)
        clay.line([(0.08 * side, -0.03, 0.04), (0.08 * side, 0.05, 0.012)], [0.024, 0.008], blend=0.008)
    at = turned_about(tuple(neck), small.turned)
    across = at(offset(neck, 1, 0, 0)) - at(neck)
    clay.part()

    def add(a, b, ra, rb, stretch=1.0, blend=0.015):
        clay.add(at(neck + a), at(neck + b), ra, rb, stretch, across, blend)

    add((0, -0.02, 0.06), (0, -0.06, 0.06), 0.078, 0.066, 0.95)
    beak = 0.55 if dove else 1.0
    add((0, -0.10, 0.055), (0, -0.10 - 0.06 * beak, 0.045), 0.040 * beak, 0.030 * beak, 0.8)
    add(
        (0, -0.10 - 0.06 * beak, 0.045),
        (0, -0.10 - 0.085 * beak, 0.045 - 0.055 * beak),
        0.030 * beak,
        0.006,
        0.8,
        0.008,
    )
    add((0, -0.09, 0.02), (0, -0.10 - 0.045 * beak, 0.015), 0.026 * beak, 0.014 * beak, 0.8, 0.006)
    for side in (-1, 1):
        clay.cut(
            at(offset(neck, 0.066 * side, -0.095, 0.07)), at(offset(neck, 0.07 * side, -0.08, 0.07)), 0.022, blend=0.012
        )
        add((0.050 * side, -0.075, 0.07), (0.050 * side, -0.077, 0.07), 0.021, 0.021, blend=0.002)
        add((0.022 * side, -0.105, 0.095), (0.072 * side, -0.055, 0.10), 0.014, 0.016)
    meshes = [
        _plumage(
            body,
            np.array([offset(breast, 0, 0, 0.05), offset(rump, 0, 0, 0.0)]),
            6,
            13,
            0.085,
            np.array([0, 0.45, -1.0]),
        )
    ]
    t = np.linspace(-1, 1, 6)[:, None]
    roots = rump + np.hstack([0.045 * t, 0.03 + 0 * t, -0.01 - 0.004 * np.abs(t)])
    ways = np.hstack([0.25 * t, 0.75 + 0 * t, -0.85 + 0.5 * tilt + 0 * t])
    meshes.append(feathers(roots, ways, np.tile((0, 0.8, 0.6), (6, 1)), 0.27, 0.075, 0.022))
    for side in (1, -1):
        if small.spread:
            points = (
                offset(breast, 0.13, 0.04, 0.06),
                offset(breast, 0.34, 0.06, 0.30),
                offset(breast, 0.62, 0.16, 0.34),
                offset(breast, 0.16, 0.20, -0.14),
            )
            one = together([wing(*points, (0.2, -1.0, 0.25), 0.42), wing(*points, (-0.2, 1.0, -0.25), 0.42, rows=2)])
        else:
            one = _folded_wing(offset(breast, 0.145, 0.0, 0.06), offset(rump, 0.055, 0.13, -0.12 + 0.1 * tilt), 0.13)
        meshes.append(one if side > 0 else mirrored(one))
    return [Piece("animal", clay.shape()), Piece("wings", together(meshes), blend=0.005)]


def _dove(small: Small, rng: np.random.Generator) -> Pieces:
    return [sized(piece, 0.45) for piece in _raptor(small, rng, dove=True)]


KINDS: dict[str, tuple[Callable[[Small, np.random.Generator], Pieces], tuple[str, ...], float]] = {
    "owl": (_owl, ("an owl", "a seated owl", "a little owl"), 1.0),
    "eagle": (_raptor, ("an eagle", "a standing eagle", "a hawk"), 1.0),
    "dove": (_dove, ("a dove", "a bird"), 0.5),
    "turtle": (turtle, ("a turtle", "a tortoise"), 0.5),
    "frog": (frog, ("a frog", "a squatting toad"), 0.5),
    "fish": (fish, ("a fish on waves", "a leaping fish"), 0.5),
    "dolphin": (dolphin, ("a dolphin on waves", "a fountain dolphin"), 0.5),
    "snake": (snake, ("a coiled snake", "a snake with raised head"), 0.5),
}


def words(small: Small, rng: np.random.Generator) -> str:
    text = str(rng.choice(KINDS[small.kind][1]))
    if small.kind in ("eagle", "dove") and small.spread:
        text += " with spread wings"
    return text
