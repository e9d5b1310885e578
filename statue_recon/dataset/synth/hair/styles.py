"""How a head of hair is laid: each style makes the locks of one figure as one mesh of closed parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from . import drawn
from .drawn import Parts
from .growth import Flow, Growth, cap, from_whorl, grown, roots_of, scattered
from .locks import knobs
from .scalp import Scalp, angles_of, towards, unit

# A style: (figure, its skull, volume about 1, rng) → parts relative to the skull's centre at rest, and parts in the
# world. Only what falls on the shoulders is laid in the world.
Style = Callable[[Figure, Scalp, float, np.random.Generator], Parts]

CURLS = Growth(
    length=0.04, width=0.021, thickness=0.02, spacing=0.62, overlap=0.42, bend=80, hook=90, stray=25, lift=0.008
)
LONG = Growth(
    length=0.062,
    width=0.026,
    thickness=0.022,
    spacing=0.6,
    overlap=0.34,
    bend=50,
    hook=150,
    stray=30,
    lift=0.012,
    base=0.004,
    wave=20,
    section="two grooves",
    rings=11,
)
COMMAS = Growth(
    length=0.05,
    width=0.02,
    thickness=0.014,
    spacing=0.62,
    overlap=0.4,
    bend=25,
    hook=70,
    stray=8,
    lift=0.003,
    sides=0.9,
)
CROPPED = Growth(
    length=0.024,
    width=0.013,
    thickness=0.008,
    spacing=0.75,
    overlap=0.55,
    bend=30,
    hook=30,
    stray=14,
    lift=0.002,
    base=0.0,
    section="plain",
    rings=5,
)


def whorl_of(rng: np.random.Generator) -> NDArray:
    return towards(180 + rng.uniform(-20, 20), rng.uniform(62, 76))


def crowned(scalp: Scalp, growth: Growth, whorl: NDArray, rng: np.random.Generator, flow: Flow | None = None) -> Mesh:
    """Locks all over the hairy part; around the whorl, from where they grow away, a few that close it."""
    roots = roots_of(scalp, growth, whorl, rng)
    middle = unit(whorl + 0.06 * rng.normal(size=(7, 3)))
    flow = flow or from_whorl(whorl, 50)
    return grown(scalp, np.concatenate([roots, middle]), flow, growth, rng)


def grown_large(growth: Growth, volume: float) -> Growth:
    """The same locks in fuller hair."""
    lift, arch = growth.lift * volume**2, growth.arch * volume**2
    return replace(growth, length=growth.length * volume, thickness=growth.thickness * volume, lift=lift, arch=arch)


def curls(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    growth = grown_large(CURLS, volume)
    return [crowned(scalp, growth, whorl_of(rng), rng), cap(scalp, 0.007 * volume)], []


def cropped(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    return [crowned(scalp, CROPPED, whorl_of(rng), rng), cap(scalp, 0.004)], []


def tousled(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    growth = grown_large(replace(LONG, stray=38, arch=0.008), volume)
    return [crowned(scalp, growth, whorl_of(rng), rng), cap(scalp, 0.012 * volume)], []


def anastole(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Alexander's hair: it rises from the forehead, parts, and falls to both sides like a mane."""
    whorl, middle = whorl_of(rng), towards(rng.uniform(-8, 8), 30)
    plain = from_whorl(whorl, 30)

    def flow(directions: NDArray) -> NDArray:
        near = np.exp(-((np.arccos(np.clip(directions @ middle, -1, 1)) / 0.5) ** 2))[:, None]
        risen = unit(directions * (directions @ middle)[:, None] - middle) + np.array([0, 0, 0.25])
        return (1 - near) * plain(directions) + 1.6 * near * risen

    growth = grown_large(replace(LONG, length=0.068, stray=18, hook=80), volume)
    front = towards(np.linspace(-58, 58, 17), scalp.line(np.linspace(-58, 58, 17)) + 1)
    fore = replace(growth, arch=0.017 * volume, length=0.058 * volume, stray=12, bend=50, hook=150)
    sides = np.where(angles_of(front)[0] > angles_of(middle)[0], -1.0, 1.0)
    return [
        crowned(scalp, growth, whorl, rng, flow),
        grown(scalp, front, flow, fore, rng, sides),
        cap(scalp, 0.012 * volume),
    ], []


def commas(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Augustus's hair: flat, combed from the crown; over the forehead locks like commas that fork and clasp."""
    whorl = whorl_of(rng)
    fork = rng.uniform(-14, 14)
    azimuths = np.linspace(-62, 62, 17) + rng.uniform(-1.5, 1.5, 17)
    front = towards(azimuths, scalp.line(azimuths) + 5)
    clasp = fork + 26 * np.sign(-fork)
    sides = np.where(azimuths > fork, 1.0, -1.0) * np.where((azimuths - clasp) * np.sign(-fork) > 0, -1, 1)

    def down(directions: NDArray) -> NDArray:
        return np.array([0, 0, -1.0]) + np.zeros_like(directions)

    fringe = replace(COMMAS, length=0.036, width=0.022, thickness=0.017, bend=35, hook=110, stray=6, lift=0.006)
    back = grown_large(COMMAS, volume)
    return [
        crowned(scalp, back, whorl, rng),
        grown(scalp, front, down, fringe, rng, sides),
        cap(scalp, 0.006 * volume),
    ], []


def snails(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Rows of snail curls all over."""
    return [_snails(scalp, 0.0125 * volume, rng), cap(scalp, 0.006)], []


def _snails(scalp: Scalp, radius: float, rng: np.random.Generator, margin: float = 1.5) -> Mesh:
    radius = radius * scalp.coarse**0.7
    middles = scattered(1.72 * radius / 0.1, towards(180, 80), rng, jitter=0.04)
    middles = middles[scalp.inside_hairline(middles) > margin]
    size, hand = (
        radius * scalp.size * rng.uniform(0.93, 1.07, len(middles)),
        np.where(rng.random(len(middles)) < 0.5, 1, -1),
    )
    height = 1.15 * size
    phase = rng.uniform(0, 360, len(middles))
    return knobs(scalp.at(middles, 0.004 * scalp.size), scalp.outward(middles), size, height, 1.6, phase, hand)


def ushnisha(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """The Buddha's: snail curls, also over the bump on the crown."""
    raised = scalp.swollen(towards(180, 74), 27, 0.036 * volume)
    return [_snails(raised, 0.0095, rng), cap(raised, 0.005)], []


def fringe(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """An old man's: bald above, a wreath of locks at the sides and behind."""
    line = scalp.hairline[(scalp.hairline[:, 0] > 65) & (scalp.hairline[:, 0] <= 180)]
    outline = np.concatenate([line, [(200, line[-1, 1]), (200, 22), (150, 26), (100, 30), (72, 28)]])
    growth = grown_large(replace(CURLS, length=0.034, lift=0.005, thickness=0.014), volume)
    roots = roots_of(scalp, growth, towards(180, 85), rng)
    roots = roots[scalp.inside(outline, roots) > rng.uniform(-2, 7, len(roots))]
    return [grown(scalp, roots, from_whorl(towards(180, 80), 20), growth, rng), cap(scalp, 0.001, outline)], []


def peeking(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """What shows of short curls under a helmet or cap."""
    growth = replace(CURLS, length=0.034, thickness=0.016)
    roots = roots_of(scalp, growth, towards(180, 85), rng, 0.0)
    roots = roots[scalp.inside_hairline(roots) < 13]
    return [grown(scalp, roots, from_whorl(towards(180, 75), 20), growth, rng)], []


def bald(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    return [], []


STYLES: dict[str, Style] = {
    "curls": curls,
    "cropped": cropped,
    "tousled": tousled,
    "anastole": anastole,
    "commas": commas,
    "snails": snails,
    "ushnisha": ushnisha,
    "parted": drawn.parted,
    "long waves": drawn.long_waves,
    "archaic": drawn.archaic,
    "melon": drawn.melon,
    "braided": drawn.braided,
    "topknot": drawn.topknot,
    "tower": drawn.tower,
    "queue": drawn.queue,
    "fringe": fringe,
    "peeking": peeking,
    "bald": bald,
}
