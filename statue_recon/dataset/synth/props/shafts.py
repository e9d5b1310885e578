"""Things that a fist closes round: the hand at the origin, the thing along Z, +X towards the wrist.

Sized for a man of 1.75 m. Each is made of how far it reaches below and above the hand, in metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.placing import shift
from ..human.turns import about_y
from ..relics.swept import ring, together
from .forms import arc, ball, lathe, loft, placed, rod, straight

_SHAFT = 0.028  # metres a staff is thick; stone breaks below 22 mm


def staff(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """A stick as it grew, or turned, with a knob, a crook or nothing at the top."""
    grown = rng.random() < 0.5
    path = straight((0, 0, -below), (0, 0, above), 40)
    thick = np.full(40, _SHAFT * rng.uniform(0.95, 1.2))
    if grown:
        bend = 0.012 * np.sin(np.linspace(0, rng.uniform(6, 12), 40) + rng.uniform(0, 6))
        path[:, 0] += bend * np.clip(np.abs(path[:, 2]) / 0.2, 0, 1)
        thick *= 1 + 0.28 * (rng.random(40) < 0.14)
    parts = [rod(path, thick)]
    top = path[-1]
    ending = int(rng.integers(3))
    if ending == 0:
        parts.append(ball(top, 0.03))
    if ending == 1:
        curl = arc(np.add(top, (0.075, 0, 0)), 0.075, 180, -110, 22)
        parts.append(rod(np.concatenate([path[-2:-1], curl]), np.linspace(_SHAFT, 0.022, 23)))
    return together(parts)


def spear(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """A shaft with a leaf-shaped blade."""
    length, wide = rng.uniform(0.16, 0.26), rng.uniform(0.055, 0.08)
    return together([_shaft(below, above - 0.8 * length), _leaf(above - length, length, wide)])


def sceptre(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """A turned rod with a bud, a ball or a fleur at its end."""
    head = np.array(
        [(0.014, 0), (0.024, 0.01), (0.016, 0.02), (0.02, 0.03), (0.036, 0.055), (0.03, 0.085), (0.008, 0.12)]
    )
    if rng.random() < 0.4:
        head = np.array(
            [(0.014, 0), (0.03, 0.008), (0.018, 0.02), (0.036, 0.04), (0.042, 0.06), (0.036, 0.08), (0.0, 0.1)]
        )
    rings = [ring((0, 0, z), (0, 0, 1), 0.014, 0.016, 0.018, count=16) for z in (0.09, above - 0.2)]
    return together([_shaft(below, above), placed(lathe(head), shift((0, 0, above - 0.01))), *rings])


def trident(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A shaft with three prongs."""
    fork = above - 0.2
    prongs = [rod(straight((0, 0, fork), (0, 0, above), 8), np.linspace(0.026, 0.022, 8))]
    for sign in (-1, 1):
        bend = np.array([(0, 0, fork), (0.05, 0, fork + 0.01), (0.075, 0, fork + 0.05), (0.07, 0, above - 0.02)])
        prongs.append(rod(softened(bend) * (sign, 1, 1), 0.024))
    return together([_shaft(below, above - 0.1), *prongs])


def thyrsus(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A rod with a pine cone, and a ribbon below it."""
    angle, steps = np.arange(24) * np.pi / 12, np.linspace(0, 1, 15)
    radius = 0.045 * np.sqrt(np.clip(np.sin(np.pi * (0.1 + 0.9 * steps)), 0.02, 1)) * (1 - 0.3 * steps)
    scales = 1 + 0.12 * np.cos(6 * angle[None] + np.pi * (np.arange(15)[:, None] % 2))
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = np.concatenate([(radius[:, None] * scales)[..., None] * around, np.zeros((15, 24, 1))], axis=2)
    rings[..., 2] = (above - 0.13 + 0.14 * steps)[:, None]
    bow = [ring((0, 0, above - 0.15), (0, 0, 1), 0.016, 0.03, 0.022, count=16)]
    for sign in (-1, 1):
        end = straight((0, 0, above - 0.15), (sign * 0.05, 0, above - 0.3), 8)
        bow.append(rod(end, 0.035, flat=0.65))
    return together([_shaft(below, above - 0.1), loft(rings), *bow])


def caduceus(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A herald's staff: two snakes wound about it, and wings."""
    low = 0.06
    turn = np.linspace(0, 3 * np.pi, 36)
    height = np.linspace(low, above - 0.06, 36)
    wide = np.linspace(0.02, 0.055, 36)
    snakes = []
    for start in (0, np.pi):
        path = np.stack([wide * np.cos(turn + start), 0.5 * wide * np.sin(turn + start), height], axis=1)
        snakes.append(rod(path, 0.022))
    wings = [
        placed(lathe([(0, 0), (0.028, 0.03), (0.022, 0.09), (0, 0.13)], 10, 0.45), _tilted(55 * sign, above - 0.06))
        for sign in (-1, 1)
    ]
    return together([_shaft(below, above), ball((0, 0, above), 0.028), *snakes, *wings])


def crook(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A short crook, as a pharaoh's."""
    bend = arc((0.05, 0, above - 0.05), 0.05, 180, -20, 16)
    return rod(np.concatenate([straight((0, 0, -below), (0, 0, above - 0.07), 8), bend]), 0.026)


def flail(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A short rod with three strings of beads."""
    strings = []
    for x in (0.02, 0.05, 0.08):
        path = softened(np.array([(0, 0, above), (x, 0, above + 0.01), (x + 0.02, 0, above - 0.2)]))
        strings.append(rod(path, np.where(np.arange(len(path)) % 4 < 2, 0.026, 0.02)))
    return together([_shaft(below, above), *strings])


def _shaft(below: float, above: float) -> Mesh:
    return rod(straight((0, 0, -below), (0, 0, above)), _SHAFT)


def _leaf(at: float, length: float, wide: float) -> Mesh:
    """A blade with a ridge along its middle."""
    steps = np.array([0, 0.1, 0.3, 0.6, 0.85, 1.0])
    shape = np.array([0.45, 0.5, 1.0, 0.75, 0.35, 0.04])
    diamond = np.array([(0.5, 0), (0, 0.22), (-0.5, 0), (0, -0.22)]) * wide
    rings = np.zeros((6, 4, 3))
    rings[..., :2] = shape[:, None, None] * diamond
    rings[:, 1, 1], rings[:, 3, 1] = np.minimum(0.014, 0.02 * shape + 0.004), -np.minimum(0.014, 0.02 * shape + 0.004)
    rings[..., 2] = (at + length * steps)[:, None]
    return loft(rings)


def _tilted(degrees: float, height: float) -> NDArray:
    matrix = shift((0, 0, height))
    matrix[:3, :3] = about_y(degrees)
    return matrix


def softened(corners: NDArray) -> NDArray:
    """A line [N, 3] with its corners cut off twice (Chaikin), its ends as they are."""
    path = corners
    for _ in range(2):
        between = np.stack([0.75 * path[:-1] + 0.25 * path[1:], 0.25 * path[:-1] + 0.75 * path[1:]], axis=1)
        path = np.concatenate([path[:1], between.reshape(-1, 3), path[-1:]])
    return path
