"""Idols: of the Cyclades, of the Stone Age, of painted clay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..sculpt import Piece
from ..shapes import prism, union
from . import faces
from .coat import snails
from .faces import Face
from .flesh import Clay
from .wheel import Relief, curve, smooth_path, turned_body


@dataclass(frozen=True)
class Figurine:
    kind: str  # a key of KINDS
    height: float  # metres
    slender: float
    variant: int  # 0 … 3: what differs is the kind's own
    seed: int


def cycladic(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    """A flat marble woman with folded arms and a face that is only a nose."""
    w = figurine.slender
    clay = Clay(0.02)
    flat = {"across": (0.0, 1.0, 0.0)}

    def add(a, b, ra, rb, thin=0.5, blend=0.02):
        clay.add(a, b, ra, rb, thin, blend=blend, **flat)

    tilt = 0.03
    add((0, tilt, 0.87), (0, tilt + 0.02, 0.93), 0.072 * w, 0.098 * w, 0.52)
    clay.add((0, -0.025, 0.925), (0, -0.032, 0.875), 0.010, 0.017, blend=0.015)
    add((0, 0.01, 0.72), (0, 0.02, 0.86), 0.048, 0.040, 0.85)
    add((-0.115 * w, 0, 0.695), (0.115 * w, 0, 0.695), 0.05, 0.05, 0.75)
    add((0, 0, 0.68), (0, 0, 0.52), 0.13 * w, 0.105 * w, 0.42)
    add((0, 0, 0.50), (0, 0, 0.42), 0.115 * w, 0.125 * w, 0.42)
    for side in (-1, 1):
        clay.add((0.055 * side, -0.05, 0.645), (0.055 * side, -0.05, 0.645), 0.034, blend=0.025)
        add((0.155 * w * side, 0, 0.69), (0.145 * w * side, -0.01, 0.565), 0.034, 0.032, 0.9, 0.012)
        height = 0.575 if side > 0 else 0.535
        add((0.145 * w * side, -0.02, height), (-0.07 * side, -0.06, height + 0.004), 0.027, 0.023, 0.8, 0.008)
        add((0.068 * side, 0, 0.40), (0.055 * side, -0.02, 0.22), 0.068 * w, 0.05, 0.75)
        add((0.055 * side, -0.02, 0.22), (0.05 * side, 0.01, 0.045), 0.046, 0.034, 0.9)
        clay.add((0.05 * side, 0.0, 0.035), (0.05 * side, -0.07, 0.015), 0.032, 0.02)
    clay.groove([(0, -0.12, 0.40), (0, -0.1, 0.20), (0, -0.08, 0.03)], 0.016, 0.01)
    clay.cut((0, -0.06, 0.25), (0, 0.08, 0.25), 0.008, blend=0.006)
    for side in (-1, 1):
        clay.groove([(0.125 * side, -0.09, 0.47), (0, -0.07, 0.395)], 0.008, 0.006)
    return [Piece("figure", clay.shape())]


def violin(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    w = figurine.slender
    half = smooth_path(
        [
            (0.0, 0.0, 0),
            (0.2 * w, 0.03, 0),
            (0.27 * w, 0.16, 0),
            (0.15 * w, 0.33, 0),
            (0.10 * w, 0.40, 0),
            (0.20 * w, 0.50, 0),
            (0.24 * w, 0.58, 0),
            (0.15 * w, 0.66, 0),
            (0.055, 0.72, 0),
            (0.045, 0.86, 0),
            (0.035, 0.98, 0),
            (0.0, 1.0, 0),
        ]
    )[:, :2]
    outline = np.concatenate([half, half[-2:0:-1] * (-1, 1)])
    flat = prism(outline, -0.055, 0.055)
    turn = np.eye(4)
    turn[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    stone = flat.moved(turn)
    clay = Clay(0.02)
    clay.line([(-0.07, -0.05, 0.70), (0, -0.055, 0.655), (0.07, -0.05, 0.70)], 0.014)
    for side in (-1, 1):
        clay.add((0.075 * side, -0.055, 0.565), (0.075 * side, -0.055, 0.565), 0.034)
    clay.line([(-0.14 * w, -0.055, 0.17), (0, -0.06, 0.08), (0.14 * w, -0.055, 0.17)], 0.014)
    return [Piece("figure", union([stone, clay.shape()], 0.02))]


def goddess(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    """A stout mother goddess of the Stone Age, her head covered with rows of curls."""
    clay = Clay(0.03)
    clay.add((0, -0.02, 0.60), (0, -0.04, 0.50), 0.16, 0.19, 1.1)
    clay.add((0, -0.07, 0.48), (0, -0.06, 0.42), 0.20, 0.19, 1.15)
    for side in (-1, 1):
        clay.add((0.10 * side, -0.10, 0.66), (0.11 * side, -0.19, 0.52), 0.10, 0.135, blend=0.015)
        clay.add((0.17 * side, 0.02, 0.42), (0.15 * side, 0.02, 0.34), 0.14, 0.15)
        clay.add((0.11 * side, 0.10, 0.42), (0.11 * side, 0.10, 0.38), 0.13)
        clay.add((0.13 * side, -0.02, 0.32), (0.10 * side, -0.02, 0.18), 0.13, 0.085)
        clay.add((0.10 * side, -0.02, 0.18), (0.085 * side, 0.02, 0.06), 0.075, 0.055)
        clay.add((0.085 * side, 0.0, 0.045), (0.09 * side, -0.06, 0.03), 0.05, 0.035)
        clay.line(
            [
                (0.20 * side, 0.0, 0.73),
                (0.25 * side, -0.03, 0.62),
                (0.20 * side, -0.18, 0.62),
                (0.10 * side, -0.26, 0.62),
            ],
            [0.065, 0.05, 0.035, 0.028],
            blend=0.015,
        )
    clay.cut((0, -0.30, 0.44), (0, -0.26, 0.44), 0.016, blend=0.015)
    clay.groove([(-0.16, -0.24, 0.335), (0, -0.24, 0.27), (0.16, -0.24, 0.335)], 0.012, 0.012)
    clay.groove([(0, -0.2, 0.27), (0, -0.16, 0.15), (0, -0.12, 0.03)], 0.016, 0.012)
    clay.add((0, -0.01, 0.72), (0, -0.02, 0.80), 0.09, 0.09)
    clay.part()
    clay.add((0, -0.03, 0.85), (0, -0.03, 0.88), 0.115, 0.11)
    places, out = [], []
    for row, up in enumerate(np.radians([-22, 8, 38, 66, 88])):
        count = max(round(14 * np.cos(up)), 1)
        for k in range(count):
            angle = 2 * np.pi * (k + 0.5 * (row % 2)) / count
            way = np.array([np.cos(up) * np.cos(angle), np.cos(up) * np.sin(angle), np.sin(up)])
            places.append(np.array([0, -0.03, 0.865]) + 0.112 * way)
            out.append(way)
    curls = snails(np.array(places), np.array(out), 0.03, rng, 1.0)
    return [Piece("figure", clay.shape()), Piece("hair", curls, blend=0.003)]


def standing_idol(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    """A bell-shaped terracotta woman with raised or lowered arms, a pinched face and a tall hat."""
    w = figurine.slender
    skirt = curve(
        [
            (0.19 * w, 0, 1),
            (0.18 * w, 0.03, 1),
            (0.15 * w, 0.2),
            (0.085 * w, 0.42),
            (0.075 * w, 0.5),
            (0.10 * w, 0.62),
            (0.05, 0.72),
            (0.0, 0.73),
        ]
    )
    relief = Relief(
        (
            0.014 * np.abs(np.cos(np.linspace(0, 2 * np.pi, 1024, endpoint=False) * 9))[None, :] * np.ones((64, 1))
        ).astype(np.float32),
        0.03,
        0.4,
    )
    body = turned_body(np.concatenate([[(0.0, 0.0)], skirt]), relief=relief if figurine.variant % 2 else None)
    clay = Clay(0.015)
    clay.add((-0.10 * w, 0, 0.655), (0.10 * w, 0, 0.655), 0.042)
    clay.add((0, 0, 0.68), (0, -0.01, 0.80), 0.042, 0.038)
    raised = figurine.variant >= 2
    for side in (-1, 1):
        end = (
            [(0.20, -0.02, 0.70), (0.22, -0.06, 0.86), (0.215, -0.07, 0.90)]
            if raised
            else [(0.17, -0.02, 0.55), (0.09, -0.10, 0.53), (0.05, -0.11, 0.56)]
        )
        path = smooth_path([(0.10 * side * w, 0, 0.66), *((x * side, y, z) for x, y, z in end)])
        clay.line(path, np.linspace(0.038, 0.026, len(path)))
        clay.add((0.045 * side, -0.085, 0.625), (0.045 * side, -0.09, 0.62), 0.03, blend=0.012)
    size = 0.19
    at = faces.placed((0, -0.01, 0.86), size)
    faces.head(clay, at, size, Face(corners=0.3, eyes=1.35, nose=1.35))
    hat = curve([(0.085, 0.91, 1), (0.095, 0.92), (0.08, 0.96, 1), (0.088, 1.0), (0.075, 1.02, 1)])
    crown = turned_body(np.concatenate([[(0.0, 0.91)], hat, [(0.0, 1.02)]]))
    return [Piece("figure", union([body, clay.shape(), crown], 0.012))]
