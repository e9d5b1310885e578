"""What is worn on the head: wreaths, bands, crowns, helmets, caps and hats, relative to the skull's centre."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from .growth import cap, star
from .locks import knobs, tubes
from .scalp import Scalp, angles_of, towards, unit
from .swept import rope

# Headgear: (skull, metres by which the hair stands out where it sits, rng) → closed parts.
Headgear = Callable[[Scalp, float, np.random.Generator], list[Mesh]]


def _ring(scalp: Scalp, height: float, front: float = 41, back: float = 4, count: int = 61) -> tuple[NDArray, NDArray]:
    """A band's way around the head, closed with a little overlap: points and outward [count, 3]."""
    azimuths = np.linspace(-184, 184, count)
    directions = towards(azimuths, (front + back) / 2 + (front - back) / 2 * np.cos(np.radians(azimuths)))
    return scalp.at(directions, height), scalp.outward(directions)


def _band(scalp: Scalp, height: float, width: float, thickness: float, section: str = "plain") -> Mesh:
    path, outward = _ring(scalp, height)
    level = np.ones((1, len(path)))
    return tubes(path[None], outward[None], width * level, thickness * level, section)


def _leaves(
    scalp: Scalp, height: float, length: float, width: float, pairs: int, slant: float, rng: np.random.Generator
) -> Mesh:
    """Leaves in pairs along the band, pointing to the forehead."""
    azimuths = np.concatenate([side * np.linspace(168, 6, pairs) for side in (1, -1)])
    azimuths = np.repeat(azimuths, 3) + rng.uniform(-2, 2, 6 * pairs)
    up = np.tile([slant, 0.0, -slant], 2 * pairs) + rng.normal(0, 5, 6 * pairs)
    elevations = 22.5 + 18.5 * np.cos(np.radians(azimuths)) + 0.12 * up
    starts = towards(azimuths, elevations)
    towards_face = -np.sign(azimuths)[:, None]

    def heading(here: NDArray, share: float) -> NDArray:
        east = unit(np.cross(np.array([0, 0, 1.0]), here))
        angle = np.radians(up + 10)[:, None]
        return towards_face * east * np.cos(angle) + np.array([0, 0, 1.0]) * np.sin(angle)

    directions, _ = scalp.walk(starts, heading, scalp.size * length * rng.uniform(0.85, 1.1, len(starts)), 7)
    share = np.linspace(0, 1, 7)
    shape = np.sin(np.pi * (0.1 + 0.87 * share)) ** 0.8
    rise = height + scalp.size * (0.004 + 0.009 * share) * rng.uniform(0.7, 1.5, (len(starts), 1))
    widths = np.tile(scalp.size * width * shape, (len(starts), 1))
    thick = np.tile(scalp.size * 0.0085 * shape**0.6, (len(starts), 1))
    return tubes(scalp.at(directions, rise), scalp.outward(directions), widths, thick, "one groove")


def _ribbons(scalp: Scalp, height: float, rng: np.random.Generator) -> Mesh:
    """The ends of a tie at the nape."""
    share = np.linspace(0, 1, 14)
    lines = []
    for side in (1, -1):
        azimuth = 180 + side * (3 + 7 * share + 3 * np.sin(6 * share + rng.uniform(0, 6)))
        lines.append(towards(azimuth, 4 - 50 * share))
    directions = np.stack(lines)
    width = np.full((2, 14), 0.014 * scalp.size)
    return tubes(scalp.at(directions, height), scalp.outward(directions), width, 0.6 * width, "one groove")


def _wreath(length: float, width: float, pairs: int, slant: float, fruit: float) -> Headgear:
    def made(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
        parts = [
            _band(scalp, hair, 0.012 * scalp.size, 0.012 * scalp.size),
            _leaves(scalp, hair, length, width, pairs, slant, rng),
            _ribbons(scalp, hair, rng),
        ]
        if fruit:
            azimuths = rng.uniform(-150, 150, 22)
            places = towards(azimuths, 22.5 + 18.5 * np.cos(np.radians(azimuths)) + rng.uniform(-7, 7, 22))
            ones = np.ones(len(places))
            at = scalp.at(places, hair + 0.008)
            parts.append(knobs(at, scalp.outward(places), fruit, 1.2 * fruit, 0.0, 0 * ones, ones))
        return parts

    return made


def fillet(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    width = scalp.size * rng.uniform(0.014, 0.022)
    return [_band(scalp, hair - 0.002, width, 0.014 * scalp.size)]


def diadem(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """A broad band tied at the nape."""
    return [
        _band(scalp, hair - 0.002, 0.028 * scalp.size, 0.014 * scalp.size, "two grooves"),
        _ribbons(scalp, hair, rng),
    ]


def stephane(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """A goddess's: a crescent standing over the forehead."""
    azimuths = np.linspace(-105, 105, 40)
    directions = towards(azimuths, 46 - 0.1 * np.abs(azimuths))
    share = np.cos(np.radians(azimuths * 0.82))
    lean = unit(scalp.outward(directions) + np.array([0, -0.5, -0.5]))
    path = scalp.at(directions, hair) + np.array([0, -0.2, 0.9]) * (0.018 * scalp.size * share)[:, None]
    return [tubes(path[None], lean[None], scalp.size * (0.012 + 0.048 * share)[None], np.full((1, 40), 0.013), "plain")]


def mural(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """A city goddess's: a wall with towers."""
    path, _ = _ring(scalp, hair + 0.002, 47, 26)
    level = np.ones((1, len(path)))
    outward = unit(path * np.array([1, 1, 0]))
    tall, towers = scalp.size * rng.uniform(0.045, 0.06), int(rng.choice([7, 8, 9, 10]))
    up = np.array([0, 0, 1.0])
    wall = tubes((path + tall / 2 * up)[None], outward[None], tall * level, 0.018 * level, "plain")
    at = np.linspace(0, len(path) - 2, towers, endpoint=False).astype(int)
    share = np.array([0, 0.03, 0.5, 0.74, 0.76, 0.97, 1])
    posts = path[at][:, None] + (share[:, None] * tall * 1.4) * up + 0.004 * outward[at][:, None]
    wide = scalp.size * np.tile([0.024, 0.026, 0.026, 0.026, 0.034, 0.034, 0.03], (towers, 1))
    facing = np.repeat(outward[at][:, None], len(share), axis=1)
    return [wall, tubes(posts, facing, wide, wide, "plain")]


def radiate(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """The sun god's: rays on a band."""
    path, _ = _ring(scalp, hair, 43, 14)
    rays = path[np.linspace(8, len(path) - 9, 11).astype(int)]
    away = unit(unit(rays) + np.array([0, 0, 0.7]))
    share = np.linspace(0, 1, 6)
    lines = rays[:, None] + share[:, None] * (0.085 * scalp.size) * away[:, None]
    wide = scalp.size * np.tile(0.02 * (1 - 0.6 * share), (11, 1))
    facing = np.repeat(unit(rays)[:, None], 6, axis=1)
    return [_band(scalp, hair, 0.022 * scalp.size, 0.016 * scalp.size), tubes(lines, facing, wide, 0.8 * wide, "plain")]


_EDGE = 2.5  # degrees over which a shell rises from the skin: as fine as its mesh can follow the outline


def _dome(scalp: Scalp, outline: NDArray, thickness: float, peak: Callable[[NDArray], NDArray] | None = None) -> Mesh:
    """A shell over the part of the skull within an outline, its edge as thick as the shell."""
    azimuths, elevations = np.arange(0, 360, 2.0), np.arange(-60, 90, 2.0)
    directions = towards(azimuths[None, :], elevations[:, None])
    depth = scalp.inside(outline, directions)
    edge = np.clip(0.5 + depth / _EDGE, 0, 1)
    height = (thickness + 0.004 * np.exp(-np.clip(depth, 0, 40) / 3)) * edge - 0.012 * (1 - edge)
    places = scalp.at(directions, scalp.size * height)
    if peak is not None:
        places = places + edge[..., None] * scalp.size * peak(directions)
    radius = np.linalg.norm(places, axis=-1, keepdims=True)
    return star(places * np.where(depth[..., None] < -6, np.minimum(0.05 / radius, 1), 1))


def _crest(scalp: Scalp, foot: float, tall: float, begin: float, end: float) -> list[Mesh]:
    """Horsehair in tufts on a ridge over the helmet, from one angle over the crown to another, degrees."""
    angles = np.radians(np.linspace(begin, end, int((end - begin) / 6.5)))
    directions = np.stack([0 * angles, -np.cos(angles), np.sin(angles)], axis=-1)
    base, outward = scalp.at(directions, foot), unit(directions + np.array([0, 0.12, 0]))
    share = np.linspace(0, 1, 7)
    size = scalp.size * tall * (0.55 + 0.45 * np.sin(np.pi * np.linspace(0.12, 1.0, len(angles))) ** 0.5)
    bend = np.array([0, 0.014, -0.006]) * (share**2)[:, None]
    hairs = base[:, None] + (size[:, None] * share)[..., None] * outward[:, None] + bend
    wide = np.tile(scalp.size * 0.019 * (0.9 + 1.4 * share), (len(angles), 1))
    facing = np.tile(np.array([1.0, 0, 0]), (len(angles), 7, 1))
    broad = np.full(wide.shape, 0.026 * scalp.size)
    ridge = tubes(
        scalp.at(directions, foot)[None],
        directions[None],
        np.full((1, len(angles)), 0.02),
        np.full((1, len(angles)), 0.02),
    )
    return [tubes(hairs, facing, wide, broad, "one groove"), ridge]


_HELMET = np.array(
    [(-20, 42), (40, 42), (70, 26), (84, 16), (104, 14), (114, -14), (124, -36), (200, -44), (200, 120), (-20, 120)],
    float,
)


def corinthian(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """Pushed up: its mask with the eye holes stands out over the forehead."""

    def mask(directions: NDArray) -> NDArray:
        azimuth, elevation = angles_of(directions)
        front = np.exp(-((azimuth / 42) ** 2)) * np.exp(-(((elevation - 47) / 15) ** 2))
        eyes = np.exp(-(((np.abs(azimuth) - 21) / 9) ** 2) - ((elevation - 52) / 4.5) ** 2)
        nose = np.exp(-((azimuth / 7) ** 2)) * np.exp(-(((elevation - 45) / 9) ** 2))
        return directions * (0.05 * front - 0.03 * eyes + 0.022 * nose)[..., None]

    shell = _dome(scalp, _HELMET, 0.024, mask)
    return [shell, *(_crest(scalp, 0.02, 0.075, 62, 205) if rng.random() < 0.6 else [])]


def attic(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """With a pointed band over the forehead and a crest."""
    azimuths = np.linspace(-96, 96, 33)
    directions = towards(azimuths, 44 - 0.22 * np.abs(azimuths))
    share = np.cos(np.radians(azimuths * 0.9))
    band = tubes(
        scalp.at(directions, 0.022)[None],
        scalp.outward(directions)[None],
        scalp.size * (0.014 + 0.022 * share**2)[None],
        np.full((1, 33), 0.018 * scalp.size),
        "one groove",
    )
    curls = towards(np.array([-92.0, 92.0]), np.array([22.0, 22.0]))
    hand = np.array([1.0, -1.0])
    volutes = knobs(scalp.at(curls, 0.02), scalp.outward(curls), 0.017, 0.016, 1.6, 0 * hand, hand)
    return [_dome(scalp, _HELMET, 0.019), band, volutes, *_crest(scalp, 0.015, 0.085, 48, 215)]


_CAP = np.array([(-20, 40), (45, 38), (75, 24), (104, 8), (120, -18), (200, -28), (200, 120), (-20, 120)], float)


def phrygian(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """A soft cap whose peak falls forward."""
    share = np.linspace(0, 1, 22)
    turn = np.radians(200 * share)  # up from the crown, over, and down towards the forehead
    base = scalp.at(towards(180, 72), -0.035)
    over = np.stack(
        [0 * share, -0.058 * (1 - np.cos(turn)) - 0.02 * share, 0.03 * share + 0.07 * np.sin(turn)], axis=-1
    )
    path = base + scalp.size * over
    wide = scalp.size * (0.15 - 0.092 * share**0.9)[None] * np.clip(6 * (1.05 - share), 0, 1) ** 0.5
    middle = base + scalp.size * np.array([0, -0.06, 0.0])
    facing = unit(path - middle)[None]
    return [_dome(scalp, _CAP, 0.018), tubes(path[None], facing, wide, wide * 0.9, "round")]


def pilos(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """A sailor's pointed cap of felt."""
    raised = scalp.swollen(towards(180, 82), 62, 0.075)
    return [_dome(raised, _CAP, 0.017)]


def petasos(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """A traveller's hat with a broad brim."""
    path, _ = _ring(scalp, 0.03, 40, 22)
    level = np.ones((1, len(path)))
    up = unit(np.tile(np.array([0, -0.12, 1.0]), (len(path), 1)) - 0.18 * unit(path * np.array([1, 1, 0])))
    brim = tubes(path[None], up[None], 0.095 * scalp.size * level, 0.016 * scalp.size * level, "plain")
    outline = np.array([(-20, 38), (200, 20), (200, 120), (-20, 120)], float)
    return [_dome(scalp, outline, 0.022), brim]


_HOOD = np.array([(-20, 48), (30, 46), (52, 20), (60, -20), (74, -48), (200, -52), (200, 120), (-20, 120)], float)


def hood(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """Drawn over the head, with a soft edge around the face and a fold along it."""
    raised = scalp.swollen(towards(180, 60), 60, 0.02).swollen(towards(180, 20), 50, 0.012)
    azimuths = np.array([-72.0, -62, -54, -44, -30, -15, 0, 15, 30, 44, 54, 62, 72])
    edge = towards(azimuths, np.array([-46.0, -22, 18, 36, 46, 49, 50, 49, 46, 36, 18, -22, -46]))
    fine = np.linspace(0, 12, 60)
    path = np.stack([np.interp(fine, np.arange(13), edge[:, k]) for k in range(3)], axis=1)
    rolled = rope(raised.at(path, 0.016), raised.outward(path), 0.026 * scalp.size, 0.5)
    return [_dome(raised, _HOOD, 0.02), rolled]


def turban(scalp: Scalp, hair: float, rng: np.random.Generator) -> list[Mesh]:
    """Cloth wound around the head."""
    winds = []
    for k in range(5):
        tilt = rng.uniform(-7, 7)
        azimuths = np.linspace(-184, 184, 61) + rng.uniform(0, 360)
        level = 36 + 9 * k - (16 - 3 * k) * (1 - np.cos(np.radians(azimuths))) / 2 + tilt * np.sin(np.radians(azimuths))
        directions = towards(azimuths, level)
        winds.append(rope(scalp.at(directions, 0.02 + 0.002 * k), scalp.outward(directions), 0.042 * scalp.size, 1.5))
    return [cap(scalp, 0.02, _CAP), *winds]


HEADGEAR: dict[str, Headgear] = {
    "laurel": _wreath(0.05, 0.019, 13, 28, 0.0),
    "olive": _wreath(0.042, 0.014, 14, 34, 0.006),
    "oak": _wreath(0.04, 0.027, 12, 40, 0.008),
    "ivy": _wreath(0.034, 0.032, 10, 48, 0.009),
    "fillet": fillet,
    "diadem": diadem,
    "stephane": stephane,
    "mural crown": mural,
    "radiate crown": radiate,
    "corinthian": corinthian,
    "attic": attic,
    "phrygian": phrygian,
    "pilos": pilos,
    "petasos": petasos,
    "turban": turban,
    "hood": hood,
}
# These hide the hair above them.
CLOSED = ("corinthian", "attic", "phrygian", "pilos", "petasos", "turban", "hood")
