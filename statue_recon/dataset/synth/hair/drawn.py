"""Hair that is drawn over the skull in strands: parted, waved, plaited, knotted, falling on the shoulders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from .growth import cap, scattered
from .locks import knobs
from .scalp import Scalp, angles_of, towards, unit
from .swept import coil, hanging, plait, rope, strands

Parts = tuple[list[Mesh], list[Mesh]]  # relative to the skull's centre at rest; in the world

# The hairy part where hair is drawn back: no whiskers before the ears.
_DRAWN_BACK = np.array(
    [(-20, 37), (28, 39), (45, 38), (60, 29), (75, 22), (106, 16), (114, -10), (122, -30), (150, -40)]
)


def under(scalp: Scalp) -> Mesh:
    """What lies under strands that are drawn back."""
    return cap(scalp, 0.004, np.concatenate([_DRAWN_BACK, [(200, -42), (200, 120), (-20, 120)]]))


def parted(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Waves from a parting in the middle to a knot at the nape."""
    height = rng.choice([-8.0, 2.0, 12.0])
    return [
        *_waves(scalp, volume, rng, height, 0.0045),
        coil(scalp, 180, height, rng.uniform(0.04, 0.048) * volume),
        under(scalp),
    ], []


def _waves(
    scalp: Scalp, volume: float, rng: np.random.Generator, knot: float, wave: float, count: int = 7
) -> list[Mesh]:
    """Waved strands on both sides from the parting to a knot at the back, `knot` degrees high."""
    k = np.linspace(0, 1, count)
    over = scalp.line(np.zeros(1))[0] + 1 + k * 98  # degrees along the parting from the forehead over the crown
    starts = np.stack([np.zeros(count), -np.cos(np.radians(over)), np.sin(np.radians(over))], axis=-1)
    made = []
    for side in (1, -1):
        ways = towards(side * (62 + 45 * k), rng.uniform(8, 14) + 62 * k**1.1)
        ends = towards(side * (176 + 2 * k), knot - 10 + 28 * k)
        made.append(
            strands(scalp, starts + side * 0.03 * np.array([1.0, 0, 0]), ways, ends, wave, 0.016 * volume, reach=1.25)
        )
    return [*made, _nape(scalp, knot)]


def _nape(scalp: Scalp, knot: float) -> Mesh:
    """Strands drawn up from the nape to a knot, `knot` degrees high."""
    azimuths = np.linspace(108, 252, 13)
    starts = towards(azimuths, np.minimum(scalp.line(azimuths - 360 * (azimuths > 180)) + 1, knot))
    ends = towards(180 + 0.1 * (azimuths - 180), knot)
    return strands(scalp, starts, unit(starts + ends), ends, 0.0, 0.012)


def long_waves(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Parted waves that fall loose down the back."""
    parts = [*_waves(scalp, volume, rng, -20, 0.004), under(scalp)]
    return parts, [_falling(figure, scalp, np.linspace(124, 236, 9), rng.uniform(0.22, 0.36), 0.034, 0.006, rng)]


def _falling(
    figure: Figure,
    scalp: Scalp,
    azimuths: NDArray,
    length: float,
    width: float,
    wave: float,
    rng: np.random.Generator,
    section: str = "two grooves",
    elevation: float = 4.0,
) -> Mesh:
    directions = towards(azimuths, elevation)
    bone = scalp.to_posed
    starts = (scalp.at(directions, -0.002) + scalp.centre) @ bone[:3, :3].T + bone[:3, 3]
    ways = (0.1 * scalp.outward(directions) + np.array([0, 0, -1.0])) @ bone[:3, :3].T
    lengths = figure.build.height / 1.75 * length * rng.uniform(0.88, 1.08, len(azimuths))
    thick = width * scalp.size * scalp.coarse**0.7
    return hanging(figure, starts, ways, lengths, thick, wave / scalp.coarse**2, section)


def archaic(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """A kouros's: snail curls over the forehead, combed strands, long beaded locks on shoulders and back."""
    top = towards(180, 68)
    rows = []
    for row in range(int(rng.integers(1, 4))):
        azimuths = np.linspace(-72, 72, 15 - row) + 0.0
        rows.append(towards(azimuths, np.minimum(scalp.line(azimuths), 37) + 2 + 10 * row))
    middles = np.concatenate(rows)
    hand = np.where(middles[:, 0] > 0, 1, -1)
    fringe = knobs(
        scalp.at(middles, 0.004), scalp.outward(middles), 0.0125 * scalp.size, 0.014 * scalp.size, 1.6, 0.0 * hand, hand
    )
    azimuths = np.arange(-180, 180, 13.0)
    ends = towards(azimuths, np.clip(scalp.line(azimuths), -35, 37) - 1)
    starts = unit(top + 0.12 * unit(ends - top))
    combed = strands(scalp, starts, unit(starts + ends), ends, 0.0025, 0.013, reach=0.9)
    section = str(rng.choice(["beads", "two grooves"]))
    length = rng.uniform(0.16, 0.26)
    back = _falling(figure, scalp, np.linspace(126, 234, 9), length, 0.029, 0.003, rng, section)
    front = [
        _falling(figure, scalp, side * np.array([98.0, 108, 118]), length * 1.15, 0.019, 0.002, rng, section)
        for side in (1, -1)
    ]
    return [fringe, combed, cap(scalp, 0.007)], [back, *front]


def melon(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Rolled back from the forehead in segments like those of a melon, to a coiled plait."""
    starts = towards(azimuths := np.linspace(-84, 84, 11), scalp.line(azimuths) + 1)
    ways = towards(azimuths * 1.15, 82 - 0.62 * np.abs(azimuths))
    ends = towards(180 - 14 * np.sign(azimuths) + 0 * azimuths, 24 - 0.25 * np.abs(azimuths))
    rolled = strands(scalp, starts, ways, ends, 0.0, 0.019 * volume, "one groove", reach=1.3)
    return [rolled, _nape(scalp, 14), coil(scalp, 180, 17, 0.046 * volume, 2.4), under(scalp)], []


def braided(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Parted waves under a plait laid around the head like a crown."""
    around = np.linspace(-180, 180, 150)
    ring = towards(around, 38 + 16 * np.cos(np.radians(around)))
    crown = plait(scalp.at(ring, 0.012 * volume * scalp.size), scalp.outward(ring), 0.03 * volume)
    return [*_waves(scalp, volume, rng, 0, 0.003), crown, coil(scalp, 180, 0, 0.038), under(scalp)], []


def topknot(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """Drawn up from all sides to a knot, or a bow of two loops, on the crown."""
    seat = towards(180, 72)
    azimuths = np.arange(-180, 180, 12.0)
    starts = towards(azimuths, scalp.line(azimuths) + 1)
    ends = unit(seat + 0.16 * unit(starts - seat))
    drawn = strands(scalp, starts, unit(starts + 1.1 * ends), ends, 0.002, 0.013 * volume)
    return [
        drawn,
        *(_bow(scalp, seat) if rng.random() < 0.4 else [coil(scalp, 180, 72, 0.034, 2.0, 0.6)]),
        under(scalp),
    ], []


def _bow(scalp: Scalp, seat: NDArray) -> list[Mesh]:
    """The bow of Apollo: two loops of hair tied over the crown."""
    place = scalp.at(seat, 0.012)
    angle = np.linspace(0, 2 * np.pi, 30)
    loops = []
    for side in (1, -1):
        across, up = np.array([side, 0, 0]), np.array([0, -0.25, 0.97])
        path = place + 0.032 * (1 - np.cos(angle))[:, None] * across / 1.4 + 0.02 * np.sin(angle)[:, None] * up
        loops.append(rope(path + 0.012 * up, np.broadcast_to(unit(np.array([0, -1.0, 0.3])), path.shape), 0.021, 1.5))
    return loops


def tower(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """A Flavian lady's: a high front of ringlets, plaits wound into a nest behind."""
    raised = scalp
    for side in (-44, -15, 15, 44):
        raised = raised.swollen(towards(side, 52 - 0.12 * abs(side)), 30, 0.02 * volume)
    middles = scattered(0.158, towards(0, 70), rng, jitter=0.08)
    azimuth, elevation = angles_of(middles)
    front = (np.abs(azimuth) < 82) & (elevation < 66) & (elevation > scalp.line(azimuth) - 0.5)
    middles = middles[front]
    hand = np.where(middles[:, 0] > 0, 1, -1)
    ringlets = knobs(
        raised.at(middles), raised.outward(middles), 0.0135, 0.02, 1.4, rng.uniform(0, 360, len(hand)), hand
    )
    neck = np.linspace(92, 268, 15)
    up = towards(neck, scalp.line(neck) + 1)
    ends = towards(180 + 0.15 * (neck - 180), 30)
    combed = strands(scalp, up, unit(up + ends), ends, 0.0, 0.012)
    over = np.linspace(-100, 100, 17)
    top = towards(over, 68 - 0.16 * np.abs(over))
    back = strands(scalp, top, unit(top + towards(180, 60)), towards(180 - 0.1 * over, 40), 0.0, 0.012)
    nest = coil(scalp, 180, 34, 0.048, 2.6, 0.35)
    return [ringlets, cap(raised, 0.003), combed, back, nest, cap(scalp, 0.008)], []


def queue(figure: Figure, scalp: Scalp, volume: float, rng: np.random.Generator) -> Parts:
    """As worn in the eighteenth century: combed back, rolls over the ears, a tied tail."""
    starts = towards(azimuths := np.linspace(-76, 76, 15), scalp.line(azimuths) + 1)
    full = scalp.swollen(towards(0, 60), 60, 0.016 * volume)
    ways = towards(azimuths * 1.2, 78 - 0.5 * np.abs(azimuths))
    ends = towards(180 - 10 * np.sign(azimuths), -18 + 0 * azimuths)
    combed = strands(full, starts, ways, ends, 0.002, 0.014 * volume, reach=1.3)
    rolls = []
    for side in (1, -1):
        for row in range(int(rng.integers(1, 4))):
            along = towards(side * np.linspace(70, 122, 16), 12 - 16 * row)
            rolls.append(rope(scalp.at(along, 0.01), scalp.outward(along), 0.034, 1.5))
    tail = _falling(figure, scalp, np.array([176.0, 184.0]), 0.17, 0.034, 0.0, rng, elevation=-16)
    return [combed, *rolls, cap(full, 0.006)], [tail]
