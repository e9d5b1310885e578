"""Turtles, frogs, fish, dolphins and snakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from ..noise import fractal
from ..sculpt import Piece
from ..shapes import Shape
from .coat import feathers, landed
from .flesh import Clay, levelled
from .swept import swept, together
from .wheel import offset, smooth_path

Pieces = list[Piece]


@dataclass(frozen=True)
class Small:
    kind: str  # a key of KINDS
    turned: float  # degrees the head looks to its left
    spread: bool  # of wings
    size: float
    seed: int


def turned_about(neck: ArrayLike, degrees: float) -> Callable[[ArrayLike], NDArray]:
    """Places about a neck, turned about the upright axis."""
    middle = np.asarray(neck, float)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return lambda place: middle + rotation @ (np.array(place) - middle)


def turtle(small: Small, rng: np.random.Generator) -> Pieces:
    clay = Clay(0.02)
    at = turned_about((0, -0.2, 0.1), 0.6 * small.turned)
    clay.add(at((0, -0.22, 0.10)), at((0, -0.36, 0.15)), 0.055, 0.05)
    clay.add(at((0, -0.38, 0.16)), at((0, -0.43, 0.15)), 0.062, 0.046)
    for side in (-1, 1):
        clay.cut(at((0.062 * side, -0.43, 0.185)), at((0.062 * side, -0.42, 0.185)), 0.018, blend=0.01)
        clay.add(at((0.044 * side, -0.415, 0.18)), at((0.044 * side, -0.415, 0.18)), 0.018, blend=0.002)
        for y, reach in ((-0.20, -0.07), (0.20, 0.07)):
            foot = np.array([0.25 * side, y + reach, 0.03])
            clay.line([(0.16 * side, y, 0.09), (0.23 * side, y + 0.6 * reach, 0.07), tuple(foot)], [0.06, 0.055, 0.045])
            for toe in (-0.03, 0.0, 0.03):
                clay.add(
                    offset(foot, toe, -0.02, -0.01), offset(foot, 1.2 * toe, -0.06, -0.02), 0.016, 0.007, blend=0.006
                )
    clay.cut(at((-0.05, -0.475, 0.135)), at((0.05, -0.475, 0.135)), 0.006, blend=0.004)
    clay.add((0, 0.28, 0.07), (0.03, 0.40, 0.03), 0.03, 0.008)
    shell = Clay(0.02)
    shell.add((0, -0.07, 0.10), (0, 0.07, 0.10), 0.19, 0.19, 1.18)
    shell.cut((0, 0, -0.45), (0, 0.0, -0.45), 0.50, blend=0.02)
    shell.add((0, -0.08, 0.075), (0, 0.08, 0.075), 0.05, 0.05, 4.6, blend=0.03)
    plates = [(0.0, y, 0.30 - abs(y)) for y in (-0.15, -0.05, 0.05, 0.15)]
    plates += [(0.13 * s, y, 0.2) for s in (-1, 1) for y in (-0.13, 0.0, 0.13)]
    dome = shell.shape()
    starts = np.array(plates) + np.array(plates) * (1.5, 0.6, 0) + (0, 0, 0.3)
    places, out = landed(dome, starts, np.array([0, 0, 0.08]) - starts)
    for place, up in zip(places, out, strict=True):
        shell.add(place - 0.062 * up, place - 0.062 * up, 0.078, blend=0.004)
    return [Piece("animal", clay.shape()), Piece("shell", shell.shape(), blend=0.008)]


def frog(small: Small, rng: np.random.Generator) -> Pieces:
    clay = Clay(0.025)
    clay.add((0, 0.14, 0.10), (0, -0.08, 0.19), 0.10, 0.115, 1.15)
    clay.add((0, -0.12, 0.22), (0, -0.19, 0.215), 0.10, 0.075, 1.2)
    for side in (-1, 1):
        clay.add((0.075 * side, -0.13, 0.29), (0.078 * side, -0.14, 0.295), 0.042, blend=0.012)
        clay.cut((0.13 * side, -0.165, 0.30), (0.125 * side, -0.16, 0.30), 0.022, blend=0.008)
        clay.line(
            [(0.13 * side, 0.14, 0.13), (0.22 * side, -0.02, 0.14), (0.17 * side, 0.16, 0.05)], [0.075, 0.055, 0.04]
        )
        clay.line([(0.17 * side, 0.16, 0.05), (0.21 * side, -0.02, 0.02)], [0.035, 0.03])
        clay.line(
            [(0.10 * side, -0.10, 0.15), (0.16 * side, -0.06, 0.09), (0.13 * side, -0.15, 0.025)], [0.045, 0.035, 0.028]
        )
        for toe in (-0.04, 0.0, 0.04):
            clay.line([(0.21 * side, -0.02, 0.02), ((0.21 * side + toe), -0.12, 0.012)], [0.02, 0.014], blend=0.008)
            clay.line(
                [(0.13 * side, -0.15, 0.02), ((0.13 * side + 0.8 * toe), -0.22, 0.012)], [0.018, 0.013], blend=0.008
            )
        clay.groove([(0, -0.275, 0.19), (0.07 * side, -0.24, 0.19), (0.12 * side, -0.15, 0.20)], 0.008, 0.006)
    return [Piece("animal", clay.shape())]


def fish(small: Small, rng: np.random.Generator, dolphin: bool = False) -> Pieces:
    """A fish in a bow, its tail in the air, on a wave; or a dolphin as on fountains."""
    clay = Clay(0.02)
    path = smooth_path(
        [
            (0, -0.20, 0.12),
            (0, -0.10, 0.13),
            (0, 0.06, 0.15),
            (0.01, 0.19, 0.27),
            (0.02, 0.20, 0.43),
            (0.03, 0.12, 0.55),
        ]
    )
    t = np.linspace(0, 1, len(path))
    radii = np.interp(t, [0, 0.12, 0.35, 0.6, 0.85, 1], [0.065, 0.105, 0.125, 0.085, 0.04, 0.025])
    clay.line(path, radii, 0.72)
    body = clay.shape()
    if dolphin:
        clay.add((0, -0.26, 0.10), (0, -0.34, 0.08), 0.045, 0.030, 1.2)
        clay.add((0, -0.20, 0.20), (0, -0.25, 0.16), 0.06, 0.05)
    for side in (-1, 1):
        clay.cut((0.085 * side, -0.225, 0.16), (0.085 * side, -0.215, 0.16), 0.028, blend=0.012)
        clay.add((0.062 * side, -0.215, 0.16), (0.062 * side, -0.215, 0.16), 0.026, blend=0.002)
        clay.groove(
            [(0.0, -0.275 - 0.1 * dolphin, 0.09), (0.06 * side, -0.24, 0.085), (0.08 * side, -0.17, 0.09)], 0.009, 0.006
        )
        clay.groove(
            [(0.07 * side, -0.10, 0.22), (0.095 * side, -0.075, 0.15), (0.075 * side, -0.09, 0.07)], 0.010, 0.008
        )
    fins = []
    end, way = path[-1], path[-1] - path[-3]
    way /= np.linalg.norm(way)
    for spread in np.linspace(-0.75, 0.75, 7):
        ray = end + 0.19 * (1 - 0.25 * (1 - abs(spread))) * (
            way * np.cos(spread) + np.array([0, np.sin(spread), 0.3 * spread])
        )
        fins.append(
            swept(np.linspace(end - 0.03 * way, ray, 5), [0.05, 0.05, 0.055, 0.05, 0.02], 0.04, (1.0, 0, 0), "ridged")
        )
    for k, along in enumerate(np.linspace(0.25, 0.62, 8)):
        at = path[int(along * (len(path) - 1))]
        up = np.array([0, -0.2 - 0.8 * along**2, 1.0 - along])
        tip = at + (0.11 + 0.08 * np.sin(np.pi * (k + 0.5) / 8)) * up / np.linalg.norm(up)
        fins.append(
            swept(np.linspace(at, offset(tip, 0, 0.03, 0), 4), [0.05, 0.045, 0.04, 0.015], 0.03, (1.0, 0, 0), "ridged")
        )
    for side in (-1, 1):
        for k in range(4):
            tip = np.array([(0.19 + 0.02 * k) * side, -0.02 + 0.035 * k, 0.05 + 0.02 * k])
            fins.append(
                swept(
                    np.linspace((0.07 * side, -0.04 + 0.012 * k, 0.11), tip, 4),
                    [0.04, 0.045, 0.04, 0.015],
                    0.026,
                    (0, 0, 1.0),
                    "ridged",
                )
            )
    pieces = [Piece("animal", clay.shape()), Piece("fins", together(fins), blend=0.006)]
    if not dolphin:
        pieces.append(Piece("scales", _scales(body, path), blend=0.003))
    return [*pieces, Piece("plinth", _waves(rng), blend=0.02)]


def _scales(body: Shape, path: NDArray) -> Mesh:
    roots, outs, ways = [], [], []
    along = np.gradient(path, axis=0)
    for row, k in enumerate(range(len(path) // 5, len(path) - 5, 2)):
        way = along[k] / np.linalg.norm(along[k])
        other = np.cross(way, (1.0, 0, 0))
        angle = 2 * np.pi * (np.arange(13) + 0.5 * (row % 2)) / 13
        rays = np.cos(angle)[:, None] * np.array([1.0, 0, 0]) + np.sin(angle)[:, None] * other
        places, out = landed(body, path[k] + 0.3 * rays, -rays)
        roots.append(places)
        outs.append(out)
        ways.append(np.tile(way, (len(places), 1)) + 0.14 * out)
    return feathers(np.concatenate(roots), np.concatenate(ways), np.concatenate(outs), 0.052, 0.05, 0.013)


def _waves(rng: np.random.Generator) -> Shape:
    clay = Clay(0.04)
    for x, y, r in rng.uniform((-0.12, -0.2, 0.04), (0.12, 0.2, 0.08), (9, 3)):
        clay.add((x, y, 0.02), (x + 0.05, y, 0.05), r, 0.6 * r)
    clay.add((0, -0.1, 0.0), (0, 0.14, 0.0), 0.10, 0.10, 1.4)
    rough = clay.shape()
    seed = int(rng.integers(2**31))
    return levelled(rough.displaced(lambda points: 0.012 * fractal(points, 0.09, 3, seed), 0.02))


def dolphin(small: Small, rng: np.random.Generator) -> Pieces:
    return fish(small, rng, dolphin=True)


def snake(small: Small, rng: np.random.Generator) -> Pieces:
    """A coiled snake that lifts its head."""
    turns = 2.6
    t = np.linspace(0, 1, 70)
    angle = 2 * np.pi * turns * t - np.pi / 2
    radius = 0.24 - 0.13 * t
    coil = np.stack(
        [radius * np.cos(angle), radius * np.sin(angle), np.interp(t, [0, 0.16], [0.010, 0.05]) + 0.16 * t], axis=1
    )
    way = coil[-1] - coil[-2]
    way /= np.linalg.norm(way)
    rise = smooth_path(
        [coil[-1], coil[-1] + 0.10 * way + (0, 0, 0.06), (0.03, 0.02, 0.36), (0.0, -0.04, 0.47), (0, -0.13, 0.48)]
    )
    path = np.concatenate([coil[:-1], rise])
    s = np.linspace(0, 1, len(path))
    clay = Clay(0.006)
    clay.line(path[::2], np.interp(s[::2], [0, 0.12, 0.5, 0.85, 1], [0.010, 0.035, 0.055, 0.042, 0.040]))
    clay.part()
    clay.add((0, -0.13, 0.48), (0, -0.20, 0.475), 0.045, 0.036, 1.35, blend=0.02)
    for side in (-1, 1):
        clay.add((0.040 * side, -0.175, 0.503), (0.040 * side, -0.176, 0.503), 0.014, blend=0.004)
        clay.groove([(0, -0.24, 0.468), (0.045 * side, -0.20, 0.466), (0.058 * side, -0.14, 0.468)], 0.006, 0.004)
    if small.spread:  # a cobra's hood
        clay.add((0.02, 0.0, 0.38), (0, -0.05, 0.45), 0.055, 0.05, 2.0, blend=0.03)
    return [Piece("animal", clay.shape())]
