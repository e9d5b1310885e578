"""What the field of a tile or a stela shows: rosettes, palmettes, borders in rows, writing, processions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from . import motifs
from .writing import signs


@dataclass(frozen=True)
class Tile:
    kind: str  # a key of KINDS
    outline: str  # "rectangle", "round top", "pointed top", "disc", "palmette", "pillow"
    size: tuple[float, float, float]  # metres: width, height, thickness
    motif: str  # what its field shows: a key of FIELDS
    border: str  # a key of motifs.MOTIFS, or ""
    script: str  # of writing.KINDS, where there is writing
    relief: float  # the height of the relief, in shares of the longer side
    stand: bool  # on a plain base
    seed: int


def _rosette(rows: int, columns: int, tile: Tile, rng: np.random.Generator) -> NDArray:
    """A rosette of two rings of petals."""
    count = int(rng.choice([6, 8, 10, 12]))
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    scale = min(rows, columns) / 2
    dx, dy = (x - columns / 2) / scale, (y - rows / 2) / scale
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    found = np.zeros((rows, columns))
    for reach, shift, rise in ((0.97, 0.5, 0.65), (0.66, 0.0, 1.0)):
        across = np.abs(((angle * count / (2 * np.pi) + shift) % 1.0) - 0.5) * 2
        tip = reach * (1 - 0.16 * across**2)
        petal = np.clip((0.92 - across) / 0.15, 0, 1) * np.clip((tip - radius) / 0.05, 0, 1)
        bowl = 0.55 + 0.45 * np.clip(radius / reach, 0, 1) ** 2 - 0.25 * (across < 0.10)
        found = np.maximum(found, rise * np.sqrt(petal) * bowl)
    eye = np.sqrt(np.clip(1 - (radius / 0.2) ** 2, 0, 1))
    return np.where(radius < 0.2, 0.5 + 0.7 * eye, found)


def _motif_field(name: str) -> Callable[[int, int, Tile, np.random.Generator], NDArray]:
    """Several bands of one border, one above the other."""

    def drawn(rows: int, columns: int, tile: Tile, rng: np.random.Generator) -> NDArray:
        bands = max(round(rows / columns * 1.2), 1)
        found = np.zeros((rows, columns))
        band = rows // bands
        for k in range(bands):
            inner = round(0.86 * band)
            repeats = max(round(columns / inner / motifs.aspect(name)), 1)
            found[k * band + (band - inner) // 2 :][:inner] = motifs.border(name, repeats, inner, columns)
        return found

    return drawn


def _writing(rows: int, columns: int, tile: Tile, rng: np.random.Generator) -> NDArray:
    found = np.zeros((rows, columns))
    inner = slice(rows // 14, rows - rows // 14), slice(columns // 14, columns - columns // 14)
    high, wide = found[inner].shape
    found[inner] = -0.9 * signs(
        high, wide, columns_of_signs=tile.script == "picture signs", kind=tile.script, seed=tile.seed % 99991
    )
    return found


def _scene(rows: int, columns: int, tile: Tile, rng: np.random.Generator) -> NDArray:
    """Above a scene of standing figures with offerings, below writing: a votive stela."""
    found = np.zeros((rows, columns))
    split = round(rows * 0.42)
    found[:split] = _writing(split, columns, tile, rng)
    found[split : split + max(rows // 60, 2)] = 0.8
    ground = np.zeros((rows - split - 4, columns), np.uint8)
    count = int(np.clip(round(columns / ground.shape[0] * 2.2), 2, 6))
    for k in range(count):
        _person(
            ground,
            (k + 0.5) * columns / count,
            0.8 * ground.shape[0] * rng.uniform(0.85, 1.0),
            1 if k < count / 2 else -1,
            rng,
        )
    found[split + 4 :] = motifs.rounded(ground, 0.035 * ground.shape[0])[::-1]
    if tile.outline == "round top":
        sun = np.zeros_like(ground)
        cv2.circle(sun, (columns // 2, round(0.11 * ground.shape[0])), round(0.06 * ground.shape[0]), 255, -1)
        found[split + 4 :] = np.maximum(found[split + 4 :], motifs.rounded(sun, 0.05 * ground.shape[0])[::-1])
    return found


def _person(ground: NDArray[np.uint8], x: float, high: float, facing: int, rng: np.random.Generator) -> None:
    """A figure in profile, its feet at the lower edge, one hand stretched out."""
    foot = ground.shape[0] - 3.0

    def at(across: float, up: float) -> list[int]:
        return [round(x + facing * across * high), round(foot - up * high)]

    def fill(places: list[tuple[float, float]]) -> None:
        cv2.fillPoly(ground, [np.array([at(a, u) for a, u in places], np.int32)], 255)

    def stroke(places: list[tuple[float, float]], wide: float) -> None:
        cv2.polylines(
            ground, [np.array([at(a, u) for a, u in places], np.int32)], False, 255, max(round(wide * high), 2)
        )

    if rng.random() < 0.5:
        fill([(-0.13, 0.02), (0.13, 0.02), (0.09, 0.5), (0.06, 0.58), (-0.07, 0.58), (-0.09, 0.5)])
    else:
        stroke([(0.0, 0.5), (0.09, 0.27), (0.10, 0.02), (0.17, 0.02)], 0.075)
        stroke([(-0.02, 0.5), (-0.07, 0.27), (-0.10, 0.02), (-0.03, 0.02)], 0.075)
        fill([(-0.10, 0.36), (0.11, 0.36), (0.07, 0.58), (-0.07, 0.58)])
    fill([(-0.07, 0.55), (0.07, 0.55), (0.12, 0.78), (0.06, 0.82), (-0.08, 0.82), (-0.13, 0.78)])
    cv2.ellipse(ground, tuple(at(0.015, 0.91)), (round(0.06 * high), round(0.075 * high)), 0, 0, 360, 255, -1)
    fill([(0.05, 0.93), (0.10, 0.895), (0.05, 0.87)])
    fill([(-0.09, 0.80), (-0.02, 0.80), (0.0, 0.97), (-0.06, 0.985), (-0.085, 0.92)])
    hand = (0.27, float(rng.uniform(0.6, 0.85)))
    stroke([(0.09, 0.77), (0.17, 0.62), hand], 0.05)
    stroke([(-0.10, 0.77), (-0.14, 0.58), (-0.08, 0.45)], 0.05)
    if rng.random() < 0.6:
        stroke([(0.27, 0.02), (0.27, 0.95)], 0.025)
    else:
        fill([(hand[0] - 0.05, hand[1] + 0.07), (hand[0] + 0.06, hand[1] + 0.07), (hand[0] + 0.02, hand[1])])


def _palmette(rows: int, columns: int, tile: Tile, rng: np.random.Generator) -> NDArray:
    """A fan of leaves over two volutes, as on roof-end tiles."""
    ground = np.zeros((rows, columns), np.uint8)
    s = float(min(rows, columns))

    def pixels(line: motifs.Line) -> NDArray:
        places = np.array(line) * s
        return np.round(16 * np.column_stack([places[:, 0] + columns / 2, rows - 1 - places[:, 1]])).astype(np.int32)

    count = int(rng.choice([7, 9, 11]))
    for angle in np.linspace(-88, 88, count):
        length = 0.74 - 0.0030 * abs(angle)
        cv2.fillPoly(
            ground, [pixels(motifs.petal(0, 0.32, angle, length * rows / s * 0.88, 1.15 / count))], 255, shift=4
        )
    for hand in (-1, 1):
        curl = motifs.spiral(0.24 * hand, 0.16, 0.15, 1.6, 90, -hand)
        cv2.polylines(ground, [pixels(curl)], False, 255, max(round(0.05 * s), 2), shift=4)
    cv2.fillPoly(ground, [pixels(motifs.petal(0, 0.18, 0, 0.22, 0.18, blunt=True))], 255, shift=4)
    return 1.2 * motifs.rounded(ground, 0.04 * s)[::-1]


FIELDS: dict[str, Callable[[int, int, Tile, np.random.Generator], NDArray]] = {
    "rosette": _rosette,
    "palmette": _palmette,
    "leaf scrolls": _motif_field("leaf scrolls"),
    "palmettes": _motif_field("palmettes"),
    "guilloche": _motif_field("guilloche"),
    "meander": _motif_field("meander"),
    "running waves": _motif_field("running waves"),
    "writing": _writing,
    "scene": _scene,
    "gorgon": lambda rows, columns, tile, rng: np.zeros((rows, columns)),
    "face": lambda rows, columns, tile, rng: np.zeros((rows, columns)),
}
