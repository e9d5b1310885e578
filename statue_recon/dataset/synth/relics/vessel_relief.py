"""Relief around a vessel: borders, flutes, lobes, nets, garlands, friezes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from . import motifs
from .vessel_forms import Form
from .wheel import Relief
from .writing import signs

_ROWS, _COLUMNS = 420, 1024  # of a relief


BODIES: dict[str, tuple[str, ...]] = {
    # relief over a whole body, and what people call it
    "fluted": ("with a fluted body", "fluted"),
    "spirally fluted": ("with spiral flutes", "with a spirally fluted body"),
    "lobed": ("with a lobed body", "lobed like a melon"),
    "reeded": ("with a reeded body", "covered with fine vertical ribs"),
    "net": ("covered with a net of lozenges", "with a lattice pattern in relief"),
    "scales": ("covered with scales", "with a scale pattern"),
    "garlands": ("hung with garlands", "with garlands in relief"),
    "knobs": ("studded with knobs", "with rows of bosses"),
    "scroll frieze": ("with a frieze of leaf scrolls", "with scrolling leaves around its body"),
    "rosette frieze": ("with a frieze of rosettes", "with rosettes around its body"),
    "palmette frieze": ("with a frieze of palmettes", "with palmettes around its body"),
}


def relief_of(
    form: Form, bands: Sequence[tuple[int, str]], outline: NDArray, height: float, cells: float, cell: float
) -> Relief | None:
    """The relief of a vessel: what is on which of its form's bands, `cells` cells high; None where there is none."""
    if not bands:
        return None
    heights = np.zeros((_ROWS, _COLUMNS), np.float32)
    for number, name in bands:
        low, high, kind = form.bands[number]
        first, last = round(low * _ROWS), round(high * _ROWS)
        inside = (outline[:, 1] >= low * height) & (outline[:, 1] <= high * height)
        radius = float(outline[inside, 0].mean()) if inside.any() else float(outline[:, 0].max())
        around = 2 * np.pi * radius / ((high - low) * height)  # length of the band in its heights
        band = _band(name, kind, around, last - first)
        heights[first:last] += np.float32(_depth(name, cells, radius, cell)) * band
    return Relief(heights, 0.0, height)


def _depth(name: str, cells: float, radius: float, cell: float) -> float:
    """Metres: flutes and lobes go deeper than a border stands out."""
    if name in ("fluted", "spirally fluted", "lobed", "flanges", "knobs"):
        return max(0.06 * radius, 1.6 * cells * cell)
    return cells * cell


def _band(name: str, kind: str, around: float, rows: int) -> NDArray:
    """[rows, _COLUMNS] heights 0 … 1."""
    if kind == "border" and name in motifs.MOTIFS:
        inner = max(round(0.74 * rows), 4)
        repeats = max(round(around * rows / inner / motifs.aspect(name)), 3)
        found = np.zeros((rows, _COLUMNS), np.float32)
        start = (rows - inner) // 2
        found[start : start + inner] = motifs.border(name, repeats, inner, _COLUMNS)
        edge = max(round(0.06 * rows), 2)
        found[:edge] = found[-edge:] = 0.9  # a fillet above and below
        return found
    v, angle = np.meshgrid((np.arange(rows) + 0.5) / rows, 2 * np.pi * np.arange(_COLUMNS) / _COLUMNS, indexing="ij")
    return PATTERNS[name](v, angle, around).astype(np.float32)


def _soft_ends(v: NDArray, share: float = 0.1) -> NDArray:
    ends = np.clip(np.minimum(v, 1 - v) / share, 0, 1)
    return np.sqrt(1 - (1 - ends) ** 2)


def _fluted(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.3), 12, 28))
    return -(np.abs(np.cos(angle * count / 2)) ** 0.7) * _soft_ends(v)


def _spiral(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.35), 10, 22))
    return -(np.abs(np.cos(angle * count / 2 + 2.4 * v)) ** 0.7) * _soft_ends(v)


def _lobed(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.7), 6, 12))
    return (np.abs(np.cos(angle * count / 2)) ** 0.6 - 0.4) * 1.4 * _soft_ends(v, 0.3)


def _reeded(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.16), 24, 52))
    return np.abs(np.cos(angle * count / 2)) ** 0.6 * _soft_ends(v, 0.06)


def _net(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.4), 8, 20))
    rows = max(round(count / around), 2)
    one = np.abs(np.sin(count / 2 * angle + np.pi * rows * v))
    other = np.abs(np.sin(count / 2 * angle - np.pi * rows * v))
    return np.clip(1 - np.minimum(one, other) / 0.28, 0, 1) ** 0.6 * np.clip(np.minimum(v, 1 - v) / 0.02, 0, 1)


def _scales(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.3), 10, 26))
    rows = max(round(1.3 * count / around), 3)
    row = np.floor(v * rows)
    below = v * rows - row
    across = np.abs(((angle * count / (2 * np.pi) + 0.5 * (row % 2)) % 1.0) - 0.5) * 2
    tongue = np.clip((1 - across**2) ** 0.5 - (1 - below) * 0.1 - 0.0, 0, 1)
    return np.where(below > 1 - tongue, 1 - 0.75 * (below + tongue - 1), 0.1) * np.clip(v / 0.02, 0, 1)


def _garlands(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 1.3), 3, 6))
    u = (angle * count / (2 * np.pi)) % 1.0 - 0.5
    sag = 0.25 + 2.0 * u**2 * 1.2
    thick = 0.14 * (1 - 1.2 * u**2)
    away = np.abs(v - sag) / thick
    swag = np.sqrt(np.clip(1 - away**2, 0, 1)) * (
        0.75 + 0.25 * np.cos(2 * np.pi * 11 * u) * np.cos(9 * (v - sag) / thick)
    )
    knot = np.clip(1 - np.hypot((np.abs(u) - 0.5) * around / count, v - 0.85) / 0.12, 0, 1) ** 0.5
    ribbon = (np.abs(np.abs(u) - 0.5) * around / count < 0.035) & (v < 0.85) & (v > 0.35)
    return np.maximum(np.maximum(swag, knot), 0.45 * ribbon)


def _knobs(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.45), 8, 22))
    rows = max(round(count / around), 1)
    x = (angle * count / (2 * np.pi) + 0.5 * (np.floor(v * rows) % 2)) % 1.0 - 0.5
    away = np.hypot(x, (v * rows) % 1.0 - 0.5)
    return np.sqrt(np.clip(1 - (away / 0.3) ** 2, 0, 1))


def _frieze(name: str) -> Callable[[NDArray, NDArray, float], NDArray]:
    def drawn(v: NDArray, angle: NDArray, around: float) -> NDArray:
        return motifs.border(name, max(round(around / motifs.aspect(name)), 2), *v.shape)

    return drawn


def _gadroons(v: NDArray, angle: NDArray, around: float) -> NDArray:
    count = int(np.clip(round(around / 0.42), 12, 28))
    across = np.abs(((angle * count / (2 * np.pi)) % 1.0) - 0.5) * 2
    round_end = np.clip((0.97 - v - 0.1 * across**2) / 0.1, 0, 1)
    return np.sqrt(np.clip(1 - (across / 0.92) ** 2, 0, 1)) * np.sqrt(round_end)


def _leaves(v: NDArray, angle: NDArray, around: float) -> NDArray:
    """Two rows of pointed leaves, one behind the other."""
    count = int(np.clip(round(around / 0.75), 8, 14))
    found = np.zeros_like(v)
    for shift, size, rise in ((0.5, 0.98, 0.55), (0.0, 0.78, 1.0)):
        across = np.abs(((angle * count / (2 * np.pi) + shift) % 1.0) - 0.5) * 2
        half = np.sqrt(np.clip(1 - (v / size) ** 2.2, 0, 1))
        leaf = np.clip((half - across) / 0.12, 0, 1) * (rise - 0.22 * rise * np.cos(np.pi * np.clip(across * 5, 0, 1)))
        found = np.maximum(found, leaf)
    return found


def _flanges(v: NDArray, angle: NDArray, around: float) -> NDArray:
    away = np.abs((angle * 6 / (2 * np.pi) + 0.5) % 1.0 - 0.5) * around / 6
    return (away < 0.07) * (0.75 + 0.25 * (np.cos(2 * np.pi * 4 * v) > -0.6))


PATTERNS: dict[str, Callable[[NDArray, NDArray, float], NDArray]] = {
    "fluted": _fluted,
    "spirally fluted": _spiral,
    "lobed": _lobed,
    "reeded": _reeded,
    "net": _net,
    "scales": _scales,
    "garlands": _garlands,
    "knobs": _knobs,
    "scroll frieze": _frieze("leaf scrolls"),
    "rosette frieze": _frieze("rosettes"),
    "palmette frieze": _frieze("palmettes"),
    "gadroons": _gadroons,
    "leaves": _leaves,
    "rays": lambda v, angle, around: motifs.border("rays", max(round(around / 0.45), 8), *v.shape),
    "ribs": lambda v, angle, around: 0.55 * np.abs(np.sin(np.pi * 9 * v)) ** 0.7 * _soft_ends(v),
    "cord": lambda v, angle, around: (
        np.sqrt(np.clip(1 - (2.4 * v - 1.2) ** 2, 0, 1)) * (0.75 + 0.25 * np.cos(angle * 60 + 9 * v))
    ),
    "flanges": _flanges,
    "panel": lambda v, angle, around: _panel(v, angle, around),
}


def _panel(v: NDArray, angle: NDArray, around: float) -> NDArray:
    """A framed panel of signs on the front."""
    across = ((angle + np.pi / 2 + np.pi) % (2 * np.pi) - np.pi) * around / (2 * np.pi)
    inside = (np.abs(across) < 0.42) & (v > 0.03) & (v < 0.97)
    frame = inside & ((np.abs(across) > 0.38) | (v < 0.07) | (v > 0.93))
    text = signs(256, 192, columns_of_signs=True, seed=5)
    row = np.clip(((v - 0.07) / 0.86 * 256).astype(int), 0, 255)
    column = np.clip(((across + 0.38) / 0.76 * 192).astype(int), 0, 191)
    return np.where(frame, 0.8, np.where(inside, -0.8 * text[row, column], 0.0))
