"""The parts that garments are made of: what falls from a belt, what covers the breast, what is slung across."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from .canvas import Canvas
from .fitting import Fitting
from .folds import Rhythm, about, garlands, smooth, wander

THICK = 0.012  # metres of cloth: bolder than nature
_BOW = 0.16  # metres: what a radian round the body counts as in folds that radiate


def skirt(
    fit: Fitting,
    canvas: Canvas,
    top: ArrayLike,
    hem: ArrayLike,
    depth: float = 0.046,
    spacing: float = 0.052,
    flare: float = 0.05,
    sway: float = 0.10,
) -> None:
    """Cloth that falls from a belt in upright tubes: deep between the legs and at the sides, flat where a leg presses.

    depth, spacing: of the tubes at the hem, in metres. flare: metres the hem stands off. sway: radians they wander.
    """
    rng = fit.rng
    start, end = float(np.min(top)), float(np.max(hem))
    base = fit.draped(canvas, start, end, 0.03)
    length = max(end - start, 0.05)
    y = canvas.down - start
    share = np.clip(y / length, 0, 1)
    loose = fit.loose(canvas, base)
    angle = _round(canvas.angle + sway * share * wander(canvas.angle, canvas.down, rng, 0.6))
    metre = 2 * np.pi / max(canvas.girth(end - 0.05), 0.5)  # radians
    tubes = Rhythm.over(-np.pi, np.pi, spacing * metre, rng).ridges(angle, share, min(0.25 / length, 0.8))
    gathers = Rhythm.over(-np.pi, np.pi, 0.028 * metre * 1.25, rng, 0.1).ridges(angle)
    deep = depth * loose * (0.4 + 0.6 * smooth(share / 0.5))
    second = Rhythm.over(-np.pi, np.pi, 0.7 * spacing * metre, rng, 0.35).ridges(angle, 1.25 - share, 0.6)
    height = np.maximum(deep * np.maximum(tubes, 0.6 * second), 0.013 * np.exp(-np.maximum(y, 0) / 0.14) * gathers)
    radius = base + THICK + flare * smooth(share) - 0.5 * deep * smooth(share / 0.3) + height
    uneven = 0.012 * np.interp(
        _round(canvas.angles), np.linspace(-np.pi, np.pi, 60), rng.normal(size=60), period=2 * np.pi
    )
    edge = np.asarray(hem) + (tubes[-1] - 0.5) * 0.02 + uneven
    canvas.lay(np.maximum(radius, canvas.surface + 0.006), top, np.minimum(edge, end + 0.01))


def bodice(
    fit: Fitting,
    canvas: Canvas,
    top: ArrayLike,
    hem: ArrayLike,
    pins: float = 1.15,
    depth: float = 0.016,
    zigzag: float = 0.02,
) -> None:
    """Cloth that hangs from the shoulders: garlands between the pins before and behind, tubes below the breast.

    pins: radians from the middle to where the shoulders hold it. zigzag: metres by which its hem goes up and down.
    """
    rng = fit.rng
    end = float(np.max(hem))
    base = fit.draped(canvas, 0.0, end, 0.35)
    base = ndimage.gaussian_filter(base, (6, 2), mode=("nearest", "wrap"))  # no step where something is worn under it
    loose = 0.4 + 0.6 * fit.loose(canvas, base)
    x, y = canvas.angle, canvas.down
    height = np.zeros(x.shape)
    for middle, deepest in ((0.0, 0.30), (np.pi, 0.22)):
        across = _round(x - middle) * _BOW
        phase, way = garlands(across, y, (-pins * _BOW, -0.06), (pins * _BOW, -0.055), deepest)
        folds = Rhythm.over(0.12, 1.1, 0.15, rng, 0.2, lean=0.35).ridges(phase, way, 0.5)
        height = np.maximum(height, depth * folds * (0.5 + 0.5 * way) * smooth((0.95 - phase) / 0.45))
    metre = 2 * np.pi / canvas.girth(end - 0.02)
    below = smooth((y - 0.13) / 0.12)
    angle = _round(x + 0.08 * wander(x, y, rng, 0.5))
    tubes = Rhythm.over(-np.pi, np.pi, 0.045 * metre, rng, 0.2).ridges(
        angle, np.clip((y - 0.05) / max(end - 0.05, 0.1), 0, 1), 0.5
    )
    height = np.maximum(height, 1.3 * depth * below * tubes) * loose
    radius = base + THICK * 0.7 + height
    edge = np.asarray(hem) + zigzag * (tubes[canvas.row(end)] - 0.4)
    canvas.lay(np.maximum(radius, canvas.surface + 0.004), top, edge)


def slung(
    fit: Fitting,
    canvas: Canvas,
    top: NDArray,
    hem: ArrayLike,
    hold: tuple[float, float],
    end: tuple[float, float],
    depth: float = 0.034,
    spacing: float = 0.05,
    roll: float = 0.018,
    covered: tuple[str, ...] = (),
    slack: float = 0.30,
    sides: NDArray | float = np.inf,
) -> None:
    """A mantle drawn across the body: garlands from where it is held to the other side, before and behind, and long
    folds that radiate downwards from there; its upper edge rolled.

    hold, end: radians towards the draped side and metres down: the supports of the garlands before the body. roll:
    metres by which the edge stands out.
    """
    rng = fit.rng
    start, last = float(np.min(top)), float(np.max(hem))
    base = fit.draped(canvas, start, last, 0.04, covered)
    loose = fit.loose(canvas, base)
    y = canvas.down
    bow = float(np.clip(base.mean(), 0.13, 0.2))
    warp = 0.035 * wander(canvas.angle, y, rng, 0.4)
    count = max((last - min(hold[1], end[1])) / slack, 1.0)
    height = np.zeros(y.shape)
    half = abs(hold[0] - end[0]) / 2
    middle = (hold[0] + end[0]) / 2
    for behind in (False, True):
        span = np.pi - half if behind else half
        x = fit.towards(canvas, middle + np.pi * behind) * bow
        far, near = (hold[1] - 0.05, end[1]) if behind else (end[1], hold[1])
        phase, way = garlands(
            x, y + warp, (-span * bow, far), (span * bow, near), slack * (rng.uniform(0.7, 0.95) if behind else 1.0)
        )
        folds = Rhythm.over(
            -0.1, count * (1.2 if behind else 1.0), spacing * (1.25 if behind else 1.0) / slack, rng, 0.22, 0.4
        )
        height = np.maximum(
            height, folds.ridges(phase, 0.25 + 0.75 * way, 0.8) * smooth(0.15 + way / 0.5) * smooth(way / 0.15)
        )
    # From the hold downwards they give way to long folds.
    x = fit.towards(canvas, hold[0]) * bow
    phase, distance = about(x, y + warp, (0.0, hold[1] - 0.25), curl=0.2)
    rays = Rhythm.over(-1.2, 1.2, 0.11, rng, 0.15).ridges(phase, smooth((distance - 0.1) / 0.5), 0.6)
    falling = smooth((0.75 - np.abs(phase + 0.1)) / 0.35) * smooth((distance - 0.22) / 0.25)
    falling *= smooth((2.4 - np.abs(x / bow)) / 0.7)  # on the far side of the body nothing reaches
    height = height * (1 - falling) + 1.1 * rays * falling
    deep = depth * loose
    radius = base + THICK + deep * (height - 0.35)
    border = np.clip((y - top) / 0.045, 0, 2)
    bundle = np.sqrt(np.clip(1 - (border - 0.8) ** 2 / 0.64, 0, 1))
    twist = Rhythm.over(-np.pi, np.pi, 0.30, rng, 0.1).ridges(_round(canvas.angle + fit.side * 5.0 * (y - top)))
    radius = np.maximum(radius, base + THICK * 0.5 + roll * bundle * (0.65 + 0.35 * twist))
    canvas.lay(np.maximum(radius, np.maximum(base, canvas.skin) + 0.004), top, hem, sides)


def gird(fit: Fitting, canvas: Canvas, belt: float, pouch: float) -> None:
    """Draws the cloth in at a belt, and lets it hang over that by `pouch` metres, here more and there less."""
    there = canvas.radius > canvas.skin
    waist = canvas.of(fit.wrap().hull(1.0)) + 0.7 * THICK
    much = 0.75 + 0.5 * wander(canvas.angle, canvas.down * 0, fit.rng)
    dip = 0.018 * wander(canvas.angle, canvas.down * 0, fit.rng)
    above = belt + dip - canvas.down
    bulge = pouch * np.clip(much, 0.3, 1.3) * np.sqrt(np.clip(1 - ((above - 0.035) / 0.055) ** 2, 0, 1))
    drawn = np.exp(-((above + 0.004) ** 2) / (2 * 0.013**2))
    radius = canvas.radius + bulge - drawn * np.maximum(canvas.radius - waist, 0)
    canvas.radius = np.where(there, radius, canvas.radius)


def _round(angle: NDArray) -> NDArray[np.float64]:
    return (angle + np.pi) % (2 * np.pi) - np.pi
