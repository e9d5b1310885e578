"""Figures pressed against a slab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape, box, difference, union
from .figure import Figure
from .placing import moved
from .turns import about_z

_VIEWS = (0.0, 35.0, -35.0, 78.0, -78.0)  # degrees the figure is turned before it is flattened
_VIEW_SHARES = (0.3, 0.2, 0.2, 0.15, 0.15)
_FLATNESS = ((0.18, 0.28), (0.28, 0.42), (0.55, 0.75))  # of the depth that remains: low, middle, high relief
_FLATNESS_SHARES = (0.4, 0.4, 0.2)
_BEHIND = 0.03  # metres before flattening, behind the spine, at which the slab begins
_LEDGE = 0.04  # metres from the slab's foot to the figure's
_MARGIN = (0.05, 0.14)  # metres of slab beside and above it
_THICK = (0.05, 0.10)  # metres
_FRAME = (0.02, 0.04)  # metres a frame is wide
_BORDERED = 0.4  # share of the slabs that have a frame


def relief(pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """The pieces turned a little, flattened, and half sunk in a slab."""
    turn = about_z(float(rng.choice(_VIEWS, p=_VIEW_SHARES)))
    depth = float(rng.uniform(*_FLATNESS[int(rng.choice(3, p=_FLATNESS_SHARES))]))
    place = np.eye(4)
    place[:3, :3] = turn
    flat = [replace(piece, surface=_flattened(moved(piece.surface, place), depth)) for piece in pieces]
    low = np.min([piece.shape.low for piece in flat], axis=0)
    high = np.max([piece.shape.high for piece in flat], axis=0)
    # The slab's front goes through the trunk a little behind its middle: whatever the arms do, the body stands out.
    front = depth * float((turn @ figure.joints["Spine1"])[1] + _BEHIND)
    margin, thick = rng.uniform(*_MARGIN), max(float(rng.uniform(*_THICK)), float(high[1]) - front)
    aside = np.array([margin, 0, margin])
    slab = _slab(low - (margin, 0, _LEDGE), high + aside, front, thick, rng)
    return [Piece("slab", slab), *(replace(piece, blend=max(piece.blend, 0.006)) for piece in flat)]


def _slab(low: NDArray, high: NDArray, front: float, thick: float, rng: np.random.Generator) -> Shape:
    """The ground of the relief; often with a frame, always with a ledge for the feet."""
    ground = box((low[0], front, low[2]), (high[0], front + thick, high[2]), 0.006)
    proud = 0.6 * (front - low[1])
    feet = box((low[0], front - proud, low[2]), (high[0], front + thick, low[2] + _LEDGE + 0.005), 0.006)
    if rng.random() > _BORDERED:
        return union([ground, feet], 0.004)
    wide = float(rng.uniform(*_FRAME))
    outer = box((low[0] - wide, front - 0.5 * proud, low[2]), (high[0] + wide, front + thick, high[2] + wide), 0.004)
    inner = box((low[0], front - 5, low[2] - 5), (high[0], front + 0.5 * thick, high[2]), 0.004)
    return union([difference(outer, inner), ground, feet], 0.004)


def _flattened(surface: Mesh | Shape, depth: float) -> Mesh | Shape:
    """The surface with its extent along Y a share `depth` of what it was."""
    scale = np.array([1, depth, 1], np.float32)
    if isinstance(surface, Mesh):
        return Mesh(surface.vertices * scale, surface.faces)

    def distances(points: NDArray) -> NDArray:
        # Too small beside and above the shape, never too large: that only costs time.
        return np.float32(depth) * surface.distances((points / scale).astype(np.float32))

    return Shape(surface.low * scale, surface.high * scale, distances)
