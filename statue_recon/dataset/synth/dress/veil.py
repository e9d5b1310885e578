"""The veil: cloth from the crown of the head down over the shoulders, open before the face."""

from __future__ import annotations

import numpy as np

from ..human.figure import Figure
from ..sculpt import Piece
from .axis import over_head
from .canvas import Canvas
from .fitting import as_tall_as_a_man
from .folds import Rhythm, about, smooth, wander
from .wrap import wrapped

_HAIR = 0.020  # metres between the skull and the veil
_DEPTH = 0.022  # metres of its folds at the hem
_BORDER = 0.010  # metres by which its edge is thicker
_DEEP = 0.004


def veil(figure: Figure, seed: int, length: float = 0.32, opening: float = 1.05) -> list[Piece]:
    """One piece. length: metres it falls below the chin. opening: radians from the middle of the face to its edges."""
    rng = np.random.default_rng(seed)
    figure, back_to_size = as_tall_as_a_man(figure)
    axis = over_head(figure, length)
    wrap = wrapped(figure, axis, ("Head", *(f"{side}Arm" for side in ("Left", "Right") if _hangs(figure, side))))
    canvas = Canvas(wrap, first=float(axis.down[0]) - 0.04, last=float(axis.down[-1]))
    y, turn = canvas.down, canvas.angle
    base = canvas.of(wrap.hull(1.0, (0.0, y.max() + 0.1), 0.25)) + _HAIR
    away = np.abs(turn)
    # The edge frames the face, and below the chin it opens over the shoulders.
    edge = opening + 0.45 * smooth((y - 0.12) / 0.25) - 0.45 * smooth(-y / 0.16)
    over = smooth((-y - 0.11) / 0.05)  # on the crown there is no opening
    sides = (away - edge) * 0.11 * np.cos(np.clip(-y / 0.14, 0, 1.4)) + 0.05 * over
    back = (turn + 2 * np.pi) % (2 * np.pi) - np.pi  # 0 behind
    share = smooth((y + 0.02) / (0.1 + y.max()))
    angle = back + 0.12 * share * wander(turn, y, rng, 0.4)
    tubes = Rhythm.over(-np.pi, np.pi, 0.34, rng, 0.2).ridges(angle, 0.2 + share, 0.6)
    phase, distance = about(back * 0.11, y, (0.0, -0.02))
    rays = Rhythm.over(-1.6, 1.6, 0.26, rng, 0.25).ridges(phase, smooth(distance / 0.2), 0.6)
    height = np.maximum(_DEPTH * share * tubes, 0.35 * _DEPTH * rays * smooth(distance / 0.1))
    radius = base + height + _BORDER * smooth(1 - sides / 0.02)
    hem = y.max() - 0.03 - 0.05 * np.cos(canvas.angles) + 0.015 * np.sin(5 * canvas.angles + rng.uniform(0, 6))
    canvas.lay(radius, canvas.first, hem, sides)
    return [Piece("veil", canvas.shape().moved(back_to_size), _DEEP)]


def _hangs(figure: Figure, side: str) -> bool:
    """Whether the upper arm points more down than aside."""
    along = figure.joints[f"{side}ForeArm"] - figure.joints[f"{side}Arm"]
    return bool(along[2] < -0.7 * np.linalg.norm(along))
