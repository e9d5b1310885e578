"""What is sat on: rocks, blocks, stools, thrones. Made of where the sitter's body is; metres, on z = 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from .. import noise
from ..relics.swept import ring, together
from ..relics.wheel import smooth_path
from .forms import ball, block, lathe, loft, rod, straight


@dataclass(frozen=True)
class Place:
    """Where there is to be something to sit on, in the figure's own metres."""

    x: float  # the middle of the seat
    front: float  # Y of its front edge: under the thighs
    back: float  # Y behind the buttocks
    top: float  # height of its surface, in which the sitter is sunk a little
    half: float  # half its width
    shoulders: float  # height a back may reach
    size: float  # the sitter's, beside a man of 1.75 m


def rock(place: Place, rng: np.random.Generator) -> Mesh:
    """A boulder hewn roughly level on top, wider at the ground."""
    angle, steps = np.arange(56) * 2 * np.pi / 56, np.linspace(0, 1, 18)[:, None]
    y, deep = (place.front + place.back) / 2, (place.back - place.front) / 2 + 0.03
    wide = 1.02 + 0.28 * (1 - steps) ** 1.5
    square = (np.abs(np.cos(angle)) ** 3.2 + np.abs(np.sin(angle)) ** 3.2) ** (-1 / 3.2)
    rounded = np.where(steps > 0.85, 1 - 2.4 * (steps - 0.85) ** 2, 1.0)
    radius = square * wide * rounded
    # To the front the boulder does not widen: the calves hang there.
    forward = np.where(np.sin(angle) < 0, 1 / wide**0.8, 1.0)
    places = np.stack(
        [
            place.x + place.half * radius * np.cos(angle),
            y + deep * radius * forward * np.sin(angle),
            place.top * steps + 0 * angle,
        ],
        axis=-1,
    )
    seed = int(rng.integers(2**31))
    flat = places.reshape(-1, 3).astype(np.float32)
    rough = 0.035 * noise.fractal(flat, 0.22, 4, seed) - 0.05 * np.maximum(
        noise.pebbles(flat, 0.17, seed) / 0.17 - 0.25, 0
    )
    push = (place.size * rough).reshape(radius.shape) * np.where(steps > 0.95, 0.4, 1.0)
    places[..., 0] += push * np.cos(angle)
    places[..., 1] += push * np.sin(angle)
    return loft(places)


def cube(place: Place, rng: np.random.Generator) -> Mesh:
    """A block with a moulding at foot and head, or plain."""
    if rng.random() < 0.4:
        return _board(place, 0.0, 0.0, place.top)
    foot, head = rng.uniform(0.04, 0.07), rng.uniform(0.035, 0.06)
    parts = [
        _board(place, 0.0, 0.0, place.top),
        _board(place, 0.018, 0, foot),
        _board(place, 0.018, place.top - head, place.top),
    ]
    return together(parts)


def stool(place: Place, rng: np.random.Generator) -> Mesh:
    """Four legs and a plate; stone fills what is between them, further back."""
    thick = 0.055 * place.size
    parts = [_board(place, 0.0, place.top - thick, place.top), _board(place, -0.035, 0, place.top - 0.5 * thick)]
    turned = rng.random() < 0.5
    for x, y in _corners(place, 0.015):
        if turned:
            h = place.top - 0.5 * thick
            profile = [
                (0.02, 0),
                (0.032, 0.03),
                (0.022, 0.06),
                (0.036, 0.3 * h),
                (0.022, 0.42 * h),
                (0.036, 0.45 * h),
                (0.024, 0.52 * h),
                (0.036, h),
            ]
            leg = lathe(np.array(profile) * (place.size, 1), 16)
            parts.append(Mesh(leg.vertices + np.array([x, y, 0], np.float32), leg.faces))
        else:
            parts.append(block((x - 0.03, y - 0.03, 0), (x + 0.03, y + 0.03, place.top - 0.5 * thick)))
    cushion = _board(place, -0.01, place.top - 0.02, place.top + 0.02) if rng.random() < 0.4 else None
    return together(parts if cushion is None else [*parts, cushion])


def throne(place: Place, rng: np.random.Generator) -> Mesh:
    """A seat with a high back, lion's feet in front, and often arms."""
    s = place.size
    parts = [_board(place, 0.0, place.top - 0.06 * s, place.top), _board(place, -0.03, 0, place.top - 0.02)]
    parts += [
        _paw(x, place.front + 0.01, place.top - 0.03 * s, s)
        for x in (place.x - place.half + 0.02, place.x + place.half - 0.02)
    ]
    tall = place.top + (place.shoulders - place.top) * rng.uniform(0.75, 1.15)
    wide, y = place.half + 0.015, place.back
    parts.append(block((place.x - wide, y - 0.01, 0), (place.x + wide, y + 0.05 * s, tall)))
    ending = int(rng.integers(3))
    if ending == 0:  # a round head
        angle = np.linspace(0, np.pi, 20)
        arch = np.stack([place.x + wide * np.cos(angle), tall - 0.005 + 0.6 * wide * np.sin(angle)], axis=1)
        front = np.column_stack([arch[:, 0], np.full(20, y - 0.01), arch[:, 1]])
        parts.append(loft([front, np.add(front, (0, 0.05 * s + 0.01, 0))]))
    if ending == 1:  # knobs on the posts
        parts += [ball((place.x + sign * (wide - 0.02), y + 0.02 * s, tall + 0.02), 0.04 * s) for sign in (-1, 1)]
    if rng.random() < 0.5:
        height = place.top + rng.uniform(0.18, 0.24) * s
        for sign in (-1, 1):
            x = place.x + sign * (place.half + 0.012)
            parts.append(block((x - 0.022, place.front + 0.08, height - 0.035), (x + 0.022, y + 0.02, height)))
            parts.append(
                block((x - 0.02, place.front + 0.08, place.top - 0.05), (x + 0.02, place.front + 0.12, height - 0.01))
            )
    return together(parts)


def drum(place: Place, rng: np.random.Generator) -> Mesh:
    """A column's drum, or its capital turned into a seat."""
    r = max(place.half * 0.95, (place.back - place.front) / 2)
    seat = lathe(
        [
            (1.02 * r, 0),
            (1.02 * r, 0.06),
            (0.95 * r, 0.075),
            (0.93 * r, place.top - 0.06),
            (1.0 * r, place.top - 0.045),
            (1.0 * r, place.top),
        ],
        48,
    )
    middle = np.array([place.x, place.front + r, 0], np.float32)
    band = ring(np.add(middle, (0, 0, 0.55 * place.top)), (0, 0, 1), 0.94 * r, 0.04, 0.03)
    return together([Mesh(seat.vertices + middle, seat.faces), band])


def cushion(place: Place, rng: np.random.Generator) -> Mesh:
    """A stuffed cushion, square or round, with a seam around it."""
    angle, rise = np.arange(64) * 2 * np.pi / 64, np.linspace(-np.pi / 2, np.pi / 2, 11)
    power = float(rng.choice((2.0, 5.0)))
    outline = (np.abs(np.cos(angle)) ** power + np.abs(np.sin(angle)) ** power) ** (-1 / power)
    wide = 0.9 + 0.12 * np.cos(rise) ** 0.6
    middle, deep = (place.front + place.back) / 2, (place.back - place.front) / 2
    fuller = 1.25 if power < 3 else 1.0  # a round one must hold the same
    rings = [
        np.stack(
            [
                place.x + fuller * place.half * share * outline * np.cos(angle),
                middle + fuller * deep * share * outline * np.sin(angle),
                np.full(64, place.top * (0.5 + 0.5 * np.sin(height))),
            ],
            axis=1,
        )
        for share, height in zip(wide, rise, strict=True)
    ]
    return loft(rings)


def _board(place: Place, out: float, bottom: float, top: float) -> Mesh:
    """A block as large as the seat, and `out` metres more to all sides."""
    return block(
        (place.x - place.half - out, place.front - out, bottom), (place.x + place.half + out, place.back + out, top)
    )


def _corners(place: Place, inside: float) -> NDArray:
    xs = (place.x - place.half + inside, place.x + place.half - inside)
    return np.array([(x, y) for x in xs for y in (place.front + inside, place.back - inside)])


def _paw(x: float, y: float, height: float, size: float) -> Mesh:
    """A lion's leg with its paw, to the front."""
    bend = np.array(
        [
            (x, y + 0.01, height),
            (x, y - 0.015 * size, 0.75 * height),
            (x, y + 0.03 * size, 0.4 * height),
            (x, y + 0.01, 0.03),
        ]
    )
    path = smooth_path(bend)
    thick = size * np.interp(np.linspace(0, 1, len(path)), (0, 0.3, 0.7, 1), (0.085, 0.095, 0.05, 0.055))
    toes = [
        rod(
            straight((x + k * 0.021 * size, y + 0.02, 0.02), (x + k * 0.026 * size, y - 0.05 * size, 0.018), 3),
            0.036 * size,
        )
        for k in (-1, 0, 1)
    ]
    return together([rod(path, thick), *toes])


SEATS: Mapping[str, Callable[[Place, np.random.Generator], Mesh]] = {
    "rock": rock,
    "cube": cube,
    "stool": stool,
    "throne": throne,
    "drum": drum,
    "cushion": cushion,
}
