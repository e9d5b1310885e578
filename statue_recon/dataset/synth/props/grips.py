"""Weapons, tools and instruments for a fist: the hand at the origin, the thing along Z, +X towards the wrist.

Sized for a man of 1.75 m. Each is made of how far it reaches below and above the hand, in metres.
"""

from __future__ import annotations

import numpy as np

from ....mesh.mesh import Mesh
from ..human.placing import shift
from ..human.turns import about_y, about_z
from ..relics.swept import ring, together
from ..relics.wheel import curve
from .forms import arc, ball, block, lathe, loft, placed, rod, straight
from .shafts import softened


def sword(_: float, above: float, rng: np.random.Generator) -> Mesh:
    """A drawn sword: hilt in the hand, guard, blade."""
    wide = rng.uniform(0.048, 0.062)
    steps = np.array([0.05, 0.3, 0.62, 0.85, 0.95, 1.0])
    shape = np.array([0.95, 0.85, 1.0, 0.8, 0.5, 0.06])
    diamond = np.array([(1, 0), (0, 0.48), (-1, 0), (0, -0.48)]) * wide / 2
    blade = np.zeros((6, 4, 3))
    blade[..., :2] = shape[:, None, None] * diamond
    blade[:, 1::2, 1] = np.sign(diamond[1::2, 1]) * np.maximum(0.012 * shape[:, None] ** 0.4, 0.001)
    blade[..., 2] = (steps * above)[:, None]
    return together([loft(blade), *_hilt(rng)])


def sheathed_sword(_: float, above: float, rng: np.random.Generator) -> Mesh:
    """A sword in its scabbard, held below the guard."""
    profile = [
        (0.024, -0.04),
        (0.03, -0.035),
        (0.028, 0.03),
        (0.026, above - 0.06),
        (0.032, above - 0.045),
        (0.022, above),
    ]
    bands = [
        placed(lathe([(0.0, -0.01), (0.034, -0.01), (0.034, 0.01), (0, 0.01)], flat=0.62), shift((0, 0, z * above)))
        for z in (0.25, 0.6)
    ]
    hilt = placed(together(_hilt(rng)), shift((0, 0, -0.1)))
    return together([lathe(profile, flat=0.6), *bands, hilt])


def _hilt(rng: np.random.Generator) -> list[Mesh]:
    guard = block((-rng.uniform(0.05, 0.075), -0.014, 0.042), (rng.uniform(0.05, 0.075), 0.014, 0.066))
    return [rod(straight((0, 0, -0.07), (0, 0, 0.06)), 0.028), guard, ball((0, 0, -0.085), 0.024)]


def club(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """A branch with its knots, thickening away from the hand."""
    steps = np.linspace(0, 1, 30)
    path = straight((0, 0, -below), (0, 0, above), 30)
    path[:, 0] += 0.02 * np.sin(3 * steps + rng.uniform(0, 6)) * np.clip(steps * 3 - 0.5, 0, 1)
    thick = 0.032 + 0.07 * steps**1.3
    thick[-2:] *= (0.85, 0.5)
    knots = []
    for k in rng.choice(np.arange(9, 28), 9, replace=False):
        angle = rng.uniform(0, 2 * np.pi)
        out = np.array([np.cos(angle), np.sin(angle), 0.2])
        knots.append(ball(path[k] + 0.42 * thick[k] * out, 0.25 * thick[k] + 0.004, 8))
    return together([rod(path, thick), *knots])


def torch(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """A bundle that widens upwards, bound with bands, and its flames."""
    angle, steps = np.arange(24) * np.pi / 12, np.linspace(-below, above, 12)
    radius = np.interp(steps, (-below, above), (0.015, 0.038))[:, None] * (1 + 0.12 * np.cos(6 * angle))
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = np.concatenate([radius[..., None] * around, np.zeros((12, 24, 1))], axis=2)
    rings[..., 2] = steps[:, None]
    bands = [ring((0, 0, z), (0, 0, 1), 0.03, 0.022, 0.03, count=20) for z in (0.45 * above, 0.93 * above)]
    flames = []
    for x, y, high in ((0, 0, 0.2), (0.022, 0.012, 0.14), (-0.02, 0.014, 0.15), (0.003, -0.024, 0.12)):
        rise = np.linspace(0, 1, 12)
        path = np.stack(
            [x + 0.016 * np.sin(5 * rise + rng.uniform(0, 6)) * rise, y + 0 * rise, above - 0.03 + high * rise], axis=1
        )
        flames.append(rod(path, 0.055 * np.sin(np.pi * (0.3 + 0.68 * rise)) + 0.003))
    return together([loft(rings), *bands, *flames])


def scroll(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A rolled book, its layers standing out at the ends."""
    core = [
        (0.016, -below),
        (0.016, -below + 0.01),
        (0.022, -below + 0.011),
        (0.023, 0.0),
        (0.022, above - 0.011),
        (0.016, above - 0.01),
        (0.016, above),
    ]
    flap = block((0, -0.024, -below + 0.012), (0.024, -0.008, above - 0.012))
    return together([lathe(core), flap])


def bow(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """Two limbs that bend back towards the wrist, and forward again at the tips."""
    deep = rng.uniform(0.12, 0.2)
    share = np.linspace(-1, 1, 41)
    out = deep * (1.35 * np.abs(share) ** 1.5 - 0.5 * np.abs(share) ** 5) * (1 - 0.25 * (np.abs(share) > 0.97))
    path = np.stack([out, 0 * share, np.where(share < 0, below, above) * share], axis=1)
    return rod(path, 0.036 - 0.012 * np.abs(share))


def wreath(_: float, above: float, __: np.random.Generator) -> Mesh:
    """A ring of leaves, held by its edge."""
    radius = above / 2
    parts = [ring((0, 0, radius), (0, 1, 0), radius, 0.03, 0.028, count=28)]
    for angle in np.arange(0, 360, 24.0):
        for lean in (-35, 35):
            turn = np.eye(4)
            turn[:3, :3] = about_y(angle + 90 + lean)
            turn[:3, 3] = radius * np.array([np.cos(np.radians(angle)), 0, 1 - np.sin(np.radians(angle))])
            parts.append(placed(lathe([(0, 0), (0.014, 0.025), (0, 0.06)], 6, 0.8), turn))
    return together(parts)


def palm_branch(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A rib with leaflets to both sides, bent a little at the top."""
    steps = np.linspace(0, 1, 24)
    path = np.stack([0.12 * steps**2, 0 * steps, -below + (above + below) * steps], axis=1)
    parts = [rod(path, np.linspace(0.03, 0.02, 24))]
    for k in range(8, 24):
        for sign in (-1, 1):
            long = 0.13 * np.sin(np.pi * (0.25 + 0.7 * (k - 8) / 16))
            end = path[k] + (sign * 0.75 * long, 0, 0.85 * long)
            parts.append(rod(straight(path[k], end, 4), (0.024, 0.028, 0.024, 0.012), flat=0.8))
    return together(parts)


def cornucopia(below: float, above: float, rng: np.random.Generator) -> Mesh:
    """A horn curving up to a mouth full of fruit."""
    steps = np.linspace(0, 1, 24)
    path = np.stack([0.16 * (1 - steps) ** 2.2 - 0.02, 0 * steps, -below + (above + below) * steps], axis=1)
    thick = 0.024 + 0.13 * steps**1.6
    mouth = path[-1]
    fruit = [ball(np.add(mouth, (0, 0, 0.02)), 0.055)]
    for _ in range(11):
        angle, rise = rng.uniform(0, 2 * np.pi), rng.uniform(-0.01, 0.07)
        reach = 0.055 * np.sqrt(max(1 - (rise / 0.09) ** 2, 0))
        fruit.append(
            ball(np.add(mouth, (reach * np.cos(angle), reach * np.sin(angle), rise)), rng.uniform(0.02, 0.032), 10)
        )
    rim = ring(mouth, (0, 0, 1), 0.075, 0.026, 0.026, count=24)
    return together([rod(path, thick), rim, *fruit])


def lyre(_: float, above: float, __: np.random.Generator) -> Mesh:
    """A sound box of tortoise shell, two curved arms, a bar and strings; held by one arm."""
    arms = []
    for sign in (-1, 1):
        bend = np.array(
            [(0.06, 0, -0.1), (0.12, 0, -0.02), (0.115, 0, 0.1), (0.075, 0, above - 0.08), (0.095, 0, above)]
        )
        arms.append(rod(softened(bend) * (sign, 1, 1), 0.028))
    shell = lathe(
        curve([(0, -0.3), (0.07, -0.285), (0.115, -0.22), (0.125, -0.15), (0.09, -0.08), (0, -0.07)]), flat=0.45
    )
    bar = rod(straight((-0.12, 0, above - 0.06), (0.12, 0, above - 0.06)), 0.03)
    strings = [
        rod(straight((x, -0.012, -0.2), (1.1 * x, 0, above - 0.06)), 0.013) for x in (-0.05, -0.025, 0, 0.025, 0.05)
    ]
    plate = block((-0.06, -0.006, -0.15), (0.06, 0.006, above - 0.06))  # stone cannot hang in strings
    return placed(together([shell, *arms, bar, plate, *strings]), shift((0.118, 0, 0)))


def sickle(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A curved blade on a short handle."""
    blade = arc((0.1, 0, above * 0.4), 0.11, 185, 20, 18)
    parts = [rod(straight((0, 0, -below), (0, 0, above * 0.4)), 0.03)]
    parts.append(rod(blade, np.linspace(0.045, 0.012, 18), flat=0.55))
    return together(parts)


def key(below: float, above: float, _: np.random.Generator) -> Mesh:
    """A large key, its bit upwards."""
    bow_ring = ring((0, 0, -below), (0, 1, 0), 0.034, 0.024, 0.024, count=20)
    bit = [block((0.0, -0.012, z), (0.075, 0.012, z + 0.026)) for z in (above - 0.11, above - 0.03)]
    bit.append(block((0.052, -0.012, above - 0.11), (0.075, 0.012, above - 0.004)))
    return together([rod(straight((0, 0, -below + 0.03), (0, 0, above)), 0.026), bow_ring, *bit])


def thunderbolt(below: float, above: float, _: np.random.Generator) -> Mesh:
    """Twisted flames to both sides of the hand."""
    parts = [rod(straight((0, 0, -0.05), (0, 0, 0.05)), 0.034)]
    for sign, long in ((1, above), (-1, below)):
        for turn in (0, 120, 240):
            steps = np.linspace(0, 1, 16)
            out = 0.045 * np.sin(np.pi * np.clip(steps * 1.15, 0, 1)) + 0.004
            path = np.stack([out, 0.012 * np.sin(9 * steps), sign * (0.03 + (long - 0.03) * steps)], axis=1)
            parts.append(rod(path @ about_z(turn).T, 0.03 * (1 - 0.6 * steps)))
    return together(parts)


def discus(_: float, above: float, __: np.random.Generator) -> Mesh:
    """A disc, held by its edge."""
    radius = above / 2
    lens = lathe(
        [(0, -0.02), (0.6 * radius, -0.018), (radius, -0.011), (radius, 0.011), (0.6 * radius, 0.018), (0, 0.02)], 40
    )
    turn = np.eye(4)
    turn[:3, :3] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    turn[2, 3] = 0.7 * radius
    return placed(lens, turn)
