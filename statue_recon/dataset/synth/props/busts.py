"""What busts and heads stand on: turned feet, blocks, pillars, index tablets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.placing import shift
from ..relics.swept import ring, together
from ..relics.wheel import curve
from ..sculpt import Piece
from .forms import block, lathe, loft, placed, rod, straight
from .room import drawn

_MAN = 0.37  # metres between the shoulder joints of the man these are sized for
_SINK = 0.3  # of a stand's height that may stand up into a hollow bust until it meets stone
_STEP = 0.004  # metres at which stone is looked for above a stand
_COLUMNS = 7  # places along each side of a stand's head


@dataclass(frozen=True)
class Stand:
    """Lengths in metres for a man; a child's are smaller."""

    kind: str  # a key of STANDS
    height: float
    half: float  # half the width of its foot
    seed: int = 0


def socle(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A turned foot: disc, torus, scotia, and a neck that widens again."""
    waist = half * rng.uniform(0.42, 0.6)
    profile = curve(
        [
            (0, 0, 1),
            (half, 0, 1),
            (half, 0.14 * height, 1),
            (0.94 * half, 0.15 * height, 1),
            (0.98 * half, 0.22 * height),
            (0.9 * half, 0.3 * height, 1),
            (0.84 * half, 0.31 * height, 1),
            (0.6 * half + 0.4 * waist, 0.4 * height),
            (waist, 0.58 * height),
            (1.12 * waist, 0.74 * height),
            (1.45 * waist, 0.86 * height, 1),
            (1.55 * waist, 0.87 * height),
            (1.55 * waist, 0.95 * height),
            (1.4 * waist, height, 1),
            (0, height, 1),
        ]
    )
    return lathe(profile, 44)


def tablet_foot(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A Roman foot: round below, with a tablet for the name in front of its neck, its ends rolled."""
    foot = socle(height, half, rng)
    wide, low, high = 0.75 * half, 0.62 * height, 0.98 * height
    front = -0.62 * half
    board = block((-wide, front - 0.02, low), (wide, front + 0.3 * half, high))
    rolls = [
        rod(straight((sign * wide, front - 0.008, low), (sign * wide, front - 0.008, high)), 0.045) for sign in (-1, 1)
    ]
    return together([foot, board, *rolls])


def square_foot(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A square block, with a moulding or plain."""
    outs = (
        ((0, 0), (0, 1))
        if rng.random() < 0.4
        else ((0.12, 0), (0.12, 0.2), (0, 0.34), (0, 0.8), (0.08, 0.86), (0.08, 1))
    )
    return _levels(outs, height, half, 0.85)


def pillar(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A tall square pillar, a little narrower below, as herms have."""
    narrow = -float(rng.uniform(0.03, 0.14))
    return _levels(((0.12 + narrow, 0), (0.12 + narrow, 0.05), (narrow, 0.07), (0, 1)), height, half, 0.8)


def herm_pillar(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """The same with bosses at the shoulders, to hang wreaths on."""
    shaft = pillar(height, half, rng)
    y, z = 0.3 * half, 0.86 * height
    return together([shaft, block((-1.4 * half, -y, z - 0.12), (1.4 * half, y, z))])


def column(height: float, half: float, rng: np.random.Generator) -> Mesh:
    """A short smooth column with a moulded foot and head."""
    shaft = lathe(
        [
            (1.25 * half, 0),
            (1.25 * half, 0.03),
            (1.1 * half, 0.035),
            (1.1 * half, 0.05),
            (0.95 * half, 0.06),
            (0.85 * half, height - 0.05),
            (1.1 * half, height - 0.025),
            (1.1 * half, height),
        ],
        44,
    )
    return together([shaft, ring((0, 0, height - 0.075), (0, 0, 1), 0.86 * half, 0.022, 0.022)])


def _levels(outs: Sequence[tuple[float, float]], height: float, half: float, depth: float) -> Mesh:
    """Squares one above the other: (share of the half width further out, share of the height)."""
    square = np.array([(-1, -depth), (1, -depth), (1, depth), (-1, depth)]) * half
    corners = np.sign(square) * half
    return loft([np.column_stack([square + more * corners, np.full(4, share * height)]) for more, share in outs])


# What it is → how it is made, heights and half widths in metres, how often under a bust and a head, and its words.
Made = Callable[[float, float, np.random.Generator], Mesh]
Span = tuple[float, float]
STANDS: Mapping[str, tuple[Made, Span, Span, float, float, tuple[str, ...]]] = {
    "socle": (socle, (0.1, 0.17), (0.085, 0.115), 5, 3, ("on a turned socle", "on a round foot", "on a moulded socle")),
    "tablet foot": (tablet_foot, (0.12, 0.17), (0.09, 0.11), 2, 0,
                    ("on a foot with an index tablet", "on a socle with a name tablet")),
    "square foot": (square_foot, (0.06, 0.14), (0.085, 0.12), 1.5, 4, ("on a square block", "on a block")),
    "pillar": (pillar, (0.5, 0.9), (0.11, 0.14), 0.4, 0.3, ("on a pillar", "on a square pillar")),
    "herm pillar": (herm_pillar, (0.6, 0.95), (0.12, 0.15), 0.4, 0.3,
                    ("on a herm pillar", "on a pillar with shoulder bosses")),
    "column": (column, (0.25, 0.5), (0.08, 0.11), 0.4, 0.5, ("on a short column",)),
}  # fmt: skip


def choose(rng: np.random.Generator, kind: str = "bust") -> Stand:
    """Something that suits a "bust" or a "head"."""
    shares = [head if kind == "head" else bust for _, _, _, bust, head, _ in STANDS.values()]
    name = list(STANDS)[drawn(rng, shares)]
    _, heights, halves, *_ = STANDS[name]
    return Stand(
        name, round(float(rng.uniform(*heights)), 4), round(float(rng.uniform(*halves)), 4), int(rng.integers(2**31))
    )


def build(stand: Stand, pieces: Sequence[Piece], centre: NDArray, shoulders: float) -> list[Piece]:
    """The stand under what is left of a figure. centre: [2] the middle of the neck or chest; shoulders: metres between
    the shoulder joints. It goes as far up as it must to meet stone everywhere under its head's middle."""
    scale = shoulders / _MAN
    mesh = STANDS[stand.kind][0](stand.height, stand.half, np.random.default_rng(stand.seed))
    at = np.array([centre[0], centre[1], _underside(pieces, centre, 0.4 * stand.half * scale)])
    place = shift(at - (0, 0, stand.height * scale - _STEP))
    place[:3, :3] *= scale
    head = _neck(mesh, stand, pieces, at, scale)
    return [Piece("socle", together([placed(mesh, place), *head]), 0.006)]


def words(stand: Stand, rng: np.random.Generator) -> str:
    """ "on a turned socle" """
    choices = STANDS[stand.kind][5]
    return choices[int(rng.integers(len(choices)))]


def _underside(pieces: Sequence[Piece], centre: NDArray, reach: float) -> float:
    """The lowest height of stone over a square about the centre."""
    return float(np.min(_heights(pieces, centre, reach)))


def _heights(pieces: Sequence[Piece], centre: NDArray, reach: float) -> NDArray[np.float64]:
    """[C, C] the height of the lowest stone over places of a square; infinite where there is none."""
    low = min(float(piece.shape.low[2]) for piece in pieces)
    high = max(float(piece.shape.high[2]) for piece in pieces)
    levels = np.arange(low, low + 0.7 * (high - low), _STEP)
    across = np.linspace(-reach, reach, _COLUMNS)
    x, y, z = np.meshgrid(across + centre[0], across + centre[1], levels, indexing="ij")
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    inside = np.min([piece.shape.distances(points) for piece in pieces], axis=0).reshape(x.shape) < 0
    return np.where(inside.any(axis=2), levels[inside.argmax(axis=2)], np.inf)


def _neck(mesh: Mesh, stand: Stand, pieces: Sequence[Piece], at: NDArray, scale: float) -> list[Mesh]:
    """A core from the stand's head up into the stone, where the underside is hollow or slopes."""
    top = mesh.vertices[mesh.vertices[:, 2] > 0.97 * stand.height]
    half = 0.62 * scale * float(np.abs(top[:, :2]).max())
    heights = _heights(pieces, at[:2], 0.7 * half)
    found = heights[np.isfinite(heights)]
    rise = float(found.max() - at[2]) if len(found) else 0.0
    up = min(rise + 2 * _STEP, _SINK * max(stand.height, 0.2) * scale)
    profile = [(half, -2 * _STEP), (half, 0.5 * up), (0.75 * half, up + _STEP)]
    return [placed(lathe(profile, 24), shift(at))]
