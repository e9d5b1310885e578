"""Idols and little figures: folded-arm and violin idols, mother goddesses, tomb figures, chessmen, shabtis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..sculpt import Piece
from ..shapes import Shape, union
from . import faces
from .faces import Face
from .flesh import Clay
from .idols import Figurine, cycladic, goddess, standing_idol, violin
from .wheel import Relief, curve, smooth_path, turned_body
from .writing import signs


def choose(rng: np.random.Generator) -> Figurine:
    odds = np.array([kind[-1] for kind in KINDS.values()])
    name = str(rng.choice(list(KINDS), p=odds / odds.sum()))
    return Figurine(
        name,
        float(rng.uniform(0.15, 0.45)),
        float(rng.uniform(0.9, 1.12)),
        int(rng.integers(4)),
        int(rng.integers(2**31)),
    )


def build(figurine: Figurine) -> list[Piece]:
    """Every maker works at a height of one metre."""
    pieces = KINDS[figurine.kind][0](figurine, np.random.default_rng(figurine.seed))
    h = figurine.height
    return [Piece(p.name, p.shape.moved(np.diag([h, h, h, 1.0])), p.blend * h) for p in pieces]


def _tomb_figure(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    """A haniwa: a clay tube with a body, pierced eyes and mouth, arms like sausages."""
    w = figurine.slender
    outer = curve(
        [
            (0.16 * w, 0, 1),
            (0.15 * w, 0.2, 1),
            (0.19 * w, 0.22, 1),
            (0.16 * w, 0.25, 1),
            (0.14 * w, 0.45),
            (0.16 * w, 0.60),
            (0.10 * w, 0.69),
            (0.085 * w, 0.72, 1),
            (0.105 * w, 0.78),
            (0.115 * w, 0.88),
            (0.085 * w, 0.96),
            (0.0, 0.98),
        ]
    )
    inner = curve(
        [(0.11 * w, -0.05, 1), (0.10 * w, 0.3), (0.105 * w, 0.55), (0.05 * w, 0.70), (0.065 * w, 0.84), (0.0, 0.91)]
    )
    tube = turned_body(np.concatenate([[(0.0, 0.0)], outer]), np.concatenate([[(0.0, -0.05)], inner]))
    clay = Clay(0.012)
    bends = ((0.30, -0.02, 0.50), (0.20, -0.17, 0.50)), ((0.30, -0.02, 0.72), (0.24, -0.06, 0.88))
    for side, bend in ((-1, bends[figurine.variant % 2]), (1, bends[0])):
        path = smooth_path([(0.12 * side * w, 0, 0.62), *((x * side, y, z) for x, y, z in bend)])
        clay.line(path, np.linspace(0.045, 0.032, len(path)))
    clay.line([(0, -0.115 * w, 0.875), (0, -0.155 * w, 0.825)], [0.014, 0.022], blend=0.01)
    for k in range(14):
        angle = 2 * np.pi * k / 14
        clay.add(
            (0.115 * w * np.cos(angle), 0.115 * w * np.sin(angle), 0.70),
            (0.115 * w * np.cos(angle), 0.115 * w * np.sin(angle), 0.70),
            0.024,
            blend=0.004,
        )
    if figurine.variant >= 2:  # a helmet
        clay.add((0, 0.0, 0.93), (0, 0.0, 0.99), 0.115, 0.06)
        clay.line([(-0.10, 0.02, 0.90), (-0.13, 0.0, 0.75)], [0.03, 0.026])
        clay.line([(0.10, 0.02, 0.90), (0.13, 0.0, 0.75)], [0.03, 0.026])
    else:
        clay.line([(-0.12, 0.02, 0.97), (0.12, 0.02, 0.97)], [0.045, 0.045])
    body = union([tube, clay.shape()], 0.01)
    holes = Clay(0.004)
    for side in (-1, 1):
        holes.add((0.03 * side, -0.3, 0.855), (0.065 * side, -0.3, 0.855), 0.014)
        holes.line([(0.05 * side, -0.3, 0.855), (0.05 * side, 0, 0.855)], 0.016)
    holes.line([(0, -0.3, 0.785), (0, 0, 0.785)], 0.015)
    pierced = holes.shape()
    return [
        Piece(
            "figure",
            Shape(body.low, body.high, lambda points: np.maximum(body.distances(points), -pierced.distances(points))),
        )
    ]


def _shabti(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    """A mummy with crossed arms, rows of signs on its legs."""
    w = figurine.slender
    clay = Clay(0.03)
    clay.add((0, 0.0, 0.70), (0, 0, 0.45), 0.14 * w, 0.13 * w, 0.8, (0, 1.0, 0))
    clay.add((0, 0, 0.45), (0, 0.0, 0.12), 0.13 * w, 0.08, 0.8, (0, 1.0, 0))
    clay.add((0, -0.01, 0.08), (0, -0.07, 0.05), 0.08, 0.06)
    for side in (-1, 1):
        clay.line(
            [(0.15 * side * w, -0.02, 0.71), (0.155 * side * w, -0.05, 0.60), (-0.05 * side, -0.125, 0.67)],
            [0.05, 0.042, 0.03],
            blend=0.012,
        )
        clay.add((-0.055 * side, -0.135, 0.64), (-0.055 * side, -0.135, 0.74), 0.014, blend=0.006)
    size = 0.22
    at = faces.placed((0, -0.02, 0.87), size)
    clay.part()
    clay.add(at((0, 0.1, 0.2)), at((0, 0.12, 0.0)), 0.42 * size, 0.46 * size, 1.05)
    for side in (-1, 1):
        clay.add(at((0.40 * side, 0.0, 0.0)), at((0.34 * side, -0.18, -0.75)), 0.19 * size, 0.16 * size)
    faces.head(clay, at, size, Face(eyes=1.15, ears=True))
    clay.add(at((0, -0.33, -0.48)), at((0, -0.36, -0.75)), 0.06 * size, 0.08 * size, blend=0.01)
    angle = np.arange(512) / 512
    rows = -0.010 * signs(160, 512, kind="picture signs", seed=figurine.seed % 9973) * (np.abs(angle - 0.75) < 0.2)
    skirt = Relief(rows.astype(np.float32), 0.14, 0.55)
    body = clay.shape()

    def cut(points: NDArray) -> NDArray:
        return skirt.at(np.arctan2(points[:, 1], points[:, 0]), points[:, 2]).astype(np.float32)

    return [Piece("figure", body.displaced(cut, 0.0))]


_PAWN = (
    (0.24, 0, 1),
    (0.25, 0.05),
    (0.22, 0.1, 1),
    (0.19, 0.12, 1),
    (0.2, 0.15),
    (0.13, 0.2),
    (0.085, 0.4),
    (0.075, 0.6),
    (0.14, 0.64, 1),
    (0.14, 0.67, 1),
    (0.08, 0.70, 1),
)


def _chessman(figurine: Figurine, rng: np.random.Generator) -> list[Piece]:
    """Pawn, bishop, king or rook, turned."""
    w = figurine.slender
    tops = (
        ((0.07, 0.71), (0.145, 0.8), (0.15, 0.88), (0.09, 0.97), (0.0, 1.0)),
        ((0.12, 0.76), (0.125, 0.82), (0.05, 0.93, 1), (0.045, 0.95), (0.0, 1.0)),
        ((0.11, 0.76), (0.165, 0.88, 1), (0.13, 0.9, 1), (0.05, 0.93), (0.0, 0.94)),
        ((0.10, 0.74, 1), (0.17, 0.8, 1), (0.17, 0.98, 1), (0.12, 0.98, 1), (0.12, 0.88, 1), (0.0, 0.88)),
    )
    outline = curve([(r * w, z, *more) for r, z, *more in (*_PAWN, *tops[figurine.variant])])
    body = turned_body(np.concatenate([[(0.0, 0.0)], outline]))
    if figurine.variant == 2:
        clay = Clay(0.01)
        clay.add((0, 0, 0.92), (0, 0, 1.06), 0.03, 0.034)
        clay.add((-0.055, 0, 1.01), (0.055, 0, 1.01), 0.03, 0.03)
        body = union([body, clay.shape()], 0.01)
    if figurine.variant in (1, 3):
        notch = Clay(0.002)
        if figurine.variant == 1:
            notch.add((-0.02, -0.1, 0.91), (0.16, -0.1, 0.80), 0.018, stretch=8.0, across=(0, 1.0, 0))
        else:
            for k in range(3):
                c, s = np.cos(np.pi * k / 3), np.sin(np.pi * k / 3)
                notch.add((-0.2 * c, -0.2 * s, 0.97), (0.2 * c, 0.2 * s, 0.97), 0.032)
        slit, whole = notch.shape(), body
        body = Shape(whole.low, whole.high, lambda points: np.maximum(whole.distances(points), -slit.distances(points)))
    return [Piece("chessman", body)]


KINDS: dict[str, tuple[Callable[[Figurine, np.random.Generator], list[Piece]], tuple[str, ...], float]] = {
    "cycladic": (cycladic, ("a Cycladic figure with folded arms", "a flat marble idol with folded arms"), 1.2),
    "violin": (violin, ("a violin-shaped idol", "a flat idol in the shape of a violin"), 0.5),
    "goddess": (goddess, ("a stout mother goddess", "a prehistoric figurine of a stout woman"), 0.8),
    "tomb figure": (_tomb_figure, ("a haniwa tomb figure", "a hollow clay tomb figure with pierced eyes"), 0.8),
    "shabti": (_shabti, ("a shabti with crossed arms", "a mummy-shaped tomb figurine"), 0.9),
    "chessman": (_chessman, ("a chessman", "a turned chess piece"), 0.5),
    "idol": (standing_idol, ("a terracotta idol with a bell-shaped skirt", "a clay figurine of a goddess"), 1.0),
}


def words(figurine: Figurine, rng: np.random.Generator) -> str:
    if figurine.kind == "chessman":
        return (
            f"{rng.choice(['a chess piece', 'a chessman'])}, a {('pawn', 'bishop', 'king', 'rook')[figurine.variant]}"
        )
    text = str(rng.choice(KINDS[figurine.kind][1]))
    if figurine.kind == "idol" and " with " not in text:
        text += f" with {'raised' if figurine.variant >= 2 else 'folded'} arms"
    return text
