"""Things that lie or stand on an open hand: their foot at the origin, Z upwards, −Y to the front. Metres."""

from __future__ import annotations

import numpy as np

from ....mesh.mesh import Mesh
from ..human.placing import shift
from ..human.turns import about_x, about_y
from ..relics.swept import ring, together
from ..relics.wheel import curve, smooth_path
from .forms import ball, block, lathe, placed, rod, straight


def bowl(rng: np.random.Generator) -> Mesh:
    """A shallow bowl for libations, with a boss in the middle."""
    r, h = rng.uniform(0.085, 0.115), rng.uniform(0.04, 0.055)
    boss = [(0.022, 0.5 * h + 0.004), (0.014, 0.8 * h), (0.0, 0.85 * h)]
    return lathe(
        [
            (0, 0),
            (0.45 * r, 0),
            (0.5 * r, 0.012),
            (0.9 * r, 0.6 * h),
            (r, h),
            (0.9 * r, h),
            (0.65 * r, 0.58 * h),
            (0.03, 0.5 * h),
            *boss,
        ],
        36,
    )


def cup(rng: np.random.Generator) -> Mesh:
    """A goblet, or a cup with two high handles."""
    h, r = rng.uniform(0.13, 0.17), rng.uniform(0.05, 0.062)
    goblet = lathe(
        curve(
            [
                (0, 0, 1),
                (0.75 * r, 0, 1),
                (0.72 * r, 0.012),
                (0.016, 0.03),
                (0.014, 0.05),
                (0.6 * r, 0.07),
                (0.95 * r, h - 0.03),
                (1.05 * r, h, 1),
                (0.85 * r, h, 1),
                (0.75 * r, h - 0.04),
                (0, h - 0.06),
            ]
        )
    )
    if rng.random() < 0.5:
        return goblet
    handles = []
    for sign in (-1, 1):
        path = np.array(
            [(r * 0.8, 0, 0.08), (1.5 * r, 0, 0.09), (1.75 * r, 0, h), (1.6 * r, 0, h + 0.02), (0.95 * r, 0, h - 0.01)]
        )
        handles.append(rod(smooth_path(path * (sign, 1, 1)), 0.022))
    return together([goblet, *handles])


def apple(rng: np.random.Generator) -> Mesh:
    r = rng.uniform(0.034, 0.044)
    return lathe(
        curve(
            [
                (0, 0.12 * r),
                (0.4 * r, 0),
                (0.85 * r, 0.45 * r),
                (r, r),
                (0.85 * r, 1.5 * r),
                (0.45 * r, 1.8 * r),
                (0, 1.6 * r),
            ]
        )
    )


def orb(rng: np.random.Generator) -> Mesh:
    """A globe with its bands, crowned by a cross more often than not."""
    r = rng.uniform(0.055, 0.075)
    parts = [ball((0, 0, r), r, 24), ring((0, 0, r), (0, 0, 1), r, 0.018, 0.012)]
    if rng.random() < 0.6:
        top = 2 * r
        parts += [block((-0.013, -0.012, top - 0.01), (0.013, 0.012, top + 0.085))]
        parts += [block((-0.036, -0.012, top + 0.035), (0.036, 0.012, top + 0.06))]
    return together(parts)


def jug(rng: np.random.Generator) -> Mesh:
    """A small jug with a handle, or a jar for ointment."""
    h = rng.uniform(0.16, 0.22)
    r = h * rng.uniform(0.26, 0.34)
    body = lathe(
        curve(
            [
                (0, 0, 1),
                (0.5 * r, 0, 1),
                (0.45 * r, 0.08 * h, 1),
                (0.9 * r, 0.3 * h),
                (r, 0.5 * h),
                (0.7 * r, 0.68 * h),
                (0.36 * r, 0.78 * h),
                (0.36 * r, 0.9 * h),
                (0.6 * r, h, 1),
                (0.4 * r, h, 1),
                (0.25 * r, 0.85 * h),
                (0, 0.8 * h),
            ]
        )
    )
    if rng.random() < 0.35:
        return together([body, ball((0, 0, h), 0.5 * r)])
    handle = np.array([(0.8 * r, 0, 0.55 * h), (1.35 * r, 0, 0.7 * h), (1.25 * r, 0, 1.05 * h), (0.5 * r, 0, 0.98 * h)])
    return together([body, rod(smooth_path(handle), 0.022)])


def dove(_: np.random.Generator) -> Mesh:
    """A bird with folded wings."""
    body = np.array(
        [(0, 0.1, 0.045), (0, 0.06, 0.05), (0, 0.0, 0.045), (0, -0.05, 0.06), (0, -0.075, 0.1), (0, -0.09, 0.125)]
    )
    thick = np.array([0.03, 0.055, 0.085, 0.08, 0.045, 0.042])
    parts = [
        rod(smooth_path(body), np.interp(np.linspace(0, 5, len(smooth_path(body))), np.arange(6), thick)),
        rod(straight((0, -0.09, 0.122), (0, -0.125, 0.113)), (0.022, 0.008)),
    ]
    parts.append(rod(straight((0, 0.07, 0.05), (0, 0.16, 0.03), 4), (0.03, 0.045, 0.055, 0.06), flat=1.0))
    for sign in (-1, 1):
        wing = np.array([(0.03, -0.05, 0.065), (0.045, 0.0, 0.068), (0.04, 0.06, 0.066), (0.018, 0.13, 0.058)])
        parts.append(rod(wing * (sign, 1, 1), (0.03, 0.05, 0.042, 0.012)))
    return together(parts)


def book(rng: np.random.Generator) -> Mesh:
    """A bound book: closed, its covers standing out, or open."""
    wide, long = rng.uniform(0.13, 0.17), rng.uniform(0.18, 0.23)
    if rng.random() < 0.5:
        covers = [block((-wide / 2, -long / 2, z), (wide / 2, long / 2, z + 0.012)) for z in (0, 0.04)]
        return together(
            [*covers, block((-wide / 2, -long / 2 + 0.01, 0.005), (wide / 2 - 0.012, long / 2 - 0.01, 0.045))]
        )
    halves = []
    for sign in (-1, 1):
        page = block((0 if sign > 0 else -wide, -long / 2, 0), (wide if sign > 0 else 0, long / 2, 0.026))
        tilt = shift((0, 0, 0.0))
        tilt[:3, :3] = about_y(-14.0 * sign)
        halves.append(placed(page, tilt))
    return together(halves)


def tablet(rng: np.random.Generator) -> Mesh:
    """A board for writing, leaning towards whoever holds it."""
    wide, long = rng.uniform(0.14, 0.19), rng.uniform(0.2, 0.27)
    tilt = shift((0, 0.02, 0))
    tilt[:3, :3] = about_x(-float(rng.uniform(25, 60)))
    frame = [block((-wide / 2, -0.016, z), (wide / 2, 0.016, z + 0.024)) for z in (0, long - 0.024)]
    frame += [block((x, -0.016, 0), (x + 0.024, 0.016, long)) for x in (-wide / 2, wide / 2 - 0.024)]
    return placed(together([block((-wide / 2, -0.011, 0), (wide / 2, 0.011, long)), *frame]), tilt)
