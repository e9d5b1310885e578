"""What statues stand on: slabs, carved rock, steps, pedestals, sized to whatever touches the ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import grey_dilation, map_coordinates

from ....mesh.mesh import Mesh
from .. import noise
from ..relics.writing import signs
from ..sculpt import Piece
from ..shapes import Shape
from .forms import loft
from .room import drawn

# Mouldings, from the foot upwards: (share of the height, metres further out than the top) for a statue of 1.75 m.
Moulding = tuple[tuple[float, float], ...]
MOULDINGS: Mapping[str, Moulding] = {
    "plain": ((0, 0), (0.9, 0), (1, -0.006)),
    "bevelled": ((0, 0.03), (0.55, 0.03), (1, 0)),
    "rounded": ((0, 0.012), (0.15, 0.022), (0.4, 0.028), (0.65, 0.024), (0.86, 0.012), (1, -0.004)),
    "hollowed": ((0, 0.05), (0.3, 0.05), (0.36, 0.035), (0.5, 0.014), (0.66, 0.008), (0.72, 0.02), (1, 0.02)),
    "ogee": ((0, 0.055), (0.25, 0.055), (0.28, 0.045), (0.42, 0.042), (0.55, 0.028), (0.68, 0.01), (0.82, 0.006),
             (1, 0)),
    "stepped": ((0, 0.16), (0.33, 0.16), (0.333, 0.08), (0.66, 0.08), (0.663, 0), (1, 0)),
    "two steps": ((0, 0.09), (0.5, 0.09), (0.503, 0), (1, 0)),
    "pedestal": ((0, 0.07), (0.11, 0.07), (0.12, 0.055), (0.15, 0.058), (0.18, 0.04), (0.2, 0.012), (0.22, 0), (0.8, 0),
                 (0.82, 0.012), (0.85, 0.02), (0.87, 0.042), (0.9, 0.046), (0.905, 0.06), (0.98, 0.06), (1, 0.05)),
    "lotus": ((0, 0.1), (0.05, 0.11), (0.3, 0.1), (0.46, 0.02), (0.5, 0.0), (0.54, 0.02), (0.7, 0.07), (0.9, 0.1),
              (1, 0.08)),
}  # fmt: skip
OUTLINES = ("irregular", "oval", "rectangular", "round", "octagonal")
_OUTLINE_SHARES = (0.26, 0.22, 0.3, 0.14, 0.08)
_MOULDING_SHARES = {"plain": 0.38, "bevelled": 0.14, "rounded": 0.12, "hollowed": 0.1, "ogee": 0.08, "stepped": 0.04,
                    "two steps": 0.06, "pedestal": 0.08}  # fmt: skip
_HEIGHTS = {"stepped": (0.18, 0.32), "two steps": (0.14, 0.24), "pedestal": (0.3, 0.7), "lotus": (0.16, 0.3)}
_HEIGHTS_ELSE = (0.045, 0.13)  # metres for a statue of 1.75 m
_ROCKY = (0.05, 0.12)
_MARGINS = (0.02, 0.09)
_NONE = 0.06  # share of the figures without any
_INSCRIBED = 0.35  # share of those whose front is high and level enough
_FRONT = 0.085  # metres: as high it must be
_NEAR = 0.09  # of the statue's height: what is lower touches the ground
_STATUE = 1.75  # metres
_AROUND = 96
_SUNK = {
    "kneeling": 0.03,
    "sitting on the heels": 0.03,
    "kneeling on one knee": 0.025,
}  # metres: knees are not quite down
_DEEP = 0.009  # metres letters are cut


@dataclass(frozen=True)
class Plinth:
    """Lengths in metres for a statue of 1.75 m; what is smaller gets a smaller one."""

    outline: str  # of OUTLINES
    moulding: str  # a key of MOULDINGS
    height: float
    margin: float
    inscribed: bool = False
    sunk: float = 0.01  # by which the feet stand in it
    seed: int = 0


def choose(rng: np.random.Generator, pose: str = "") -> Plinth | None:
    """One that suits a figure in this pose (or anything, for ""); None for none."""
    if rng.random() < _NONE:
        return None
    outline = OUTLINES[drawn(rng, _OUTLINE_SHARES)]
    moulding = list(_MOULDING_SHARES)[drawn(rng, list(_MOULDING_SHARES.values()))]
    if pose == "lotus" and rng.random() < 0.6:
        outline, moulding = str(rng.choice(("oval", "round"))), "lotus"
    if outline == "irregular":
        moulding = "plain"
    if pose in ("reclining", "lying") and outline in ("round", "octagonal"):
        outline = "rectangular"
    height = float(rng.uniform(*(_ROCKY if outline == "irregular" else _HEIGHTS.get(moulding, _HEIGHTS_ELSE))))
    flat = moulding in ("plain", "pedestal") and outline == "rectangular" and height > _FRONT
    return Plinth(
        outline,
        moulding,
        round(height, 4),
        round(float(rng.uniform(*_MARGINS)), 4),
        bool(flat and rng.random() < _INSCRIBED),
        _SUNK.get(pose, 0.01),
        seed=int(rng.integers(2**31)),
    )


def build(plinth: Plinth | None, pieces: Sequence[Piece]) -> list[Piece]:
    """The plinth under everything that touches the ground: figures, supports, vessels, animals."""
    if plinth is None:
        return []
    rng, scale = np.random.default_rng(plinth.seed), _scale(pieces)
    ground = footprint(pieces)
    bottom = level(pieces)
    top, height = bottom + plinth.sunk * scale, plinth.height * scale
    mesh = _made(plinth, ground, top, height, scale, rng)
    surface = _inscribed(mesh, top, height, scale, plinth, rng) if plinth.inscribed else mesh
    return [Piece("plinth", surface, 0.006 * scale)]


def top(plinth: Plinth, pieces: Sequence[Piece]) -> float:
    """The height of its surface under these pieces, in metres."""
    return level(pieces) + plinth.sunk * _scale(pieces)


def words(plinth: Plinth | None, rng: np.random.Generator) -> str:
    """ "on an oval plinth" """
    if plinth is None:
        return ""
    if plinth.outline == "irregular":
        return str(rng.choice(("on a rocky base", "on an irregular plinth", "on a rough carved base")))
    shape = {
        "rectangular": rng.choice(("a rectangular", "a square-cut", "a")),
        "oval": "an oval",
        "round": "a round",
        "octagonal": "an octagonal",
    }[plinth.outline]
    noun = _NOUNS.get(plinth.moulding, ("plinth", "base", "moulded plinth"))
    if plinth.moulding == "plain":
        noun = ("plinth", "base", "slab")
    phrase = f"on {shape} {rng.choice(noun)}"
    return f"{phrase} with an inscription" if plinth.inscribed else phrase


_NOUNS = {"stepped": ("stepped base", "base of three steps"), "two steps": ("base of two steps", "stepped plinth"),
          "pedestal": ("pedestal", "tall pedestal", "pedestal with a cornice"),
          "lotus": ("lotus throne", "base of lotus petals")}  # fmt: skip


def level(pieces: Sequence[Piece]) -> float:
    """The lowest height of all pieces; a shape's own, since its box may reach lower than it does."""
    meshes = [float(piece.shape.low[2]) for piece in pieces if isinstance(piece.surface, Mesh)]
    lowest = min(meshes, default=np.inf)
    for piece in pieces:
        if not isinstance(piece.surface, Mesh):
            step = _LOOK * _scale(pieces)
            for height in np.arange(piece.shape.low[2], min(piece.shape.high[2], lowest), step):
                if len(_level_of(piece.shape, float(height))):
                    lowest = float(height)
                    break
    return lowest


def footprint(pieces: Sequence[Piece]) -> NDArray[np.float64]:
    """[N, 2] places at which pieces touch the ground, or nearly; of what lies, all that is low."""
    lowest = level(pieces)
    low = np.min([piece.shape.low for piece in pieces], axis=0)
    size = np.max([piece.shape.high for piece in pieces], axis=0) - low
    near = lowest + _NEAR * _scale(pieces) * _STATUE
    if size[2] < _LYING * size[:2].max():
        near = max(near, lowest + float(size[2]) / 2)
    found = []
    for piece in pieces:
        if isinstance(piece.surface, Mesh):
            places = piece.surface.vertices
            found.append(places[places[:, 2] < near, :2])
        elif piece.shape.low[2] < near:
            found.append(_level_of(piece.shape, (lowest + near) / 2))
    return np.concatenate(found).astype(float)


_LOOK = 0.012  # metres between the levels looked at for a shape's lowest place, for a man of 1.75 m
_LYING = 0.5  # of its width: what is lower lies


def _level_of(shape: Shape, height: float) -> NDArray:
    """[N, 2] where a shape is, at a height."""
    across = [np.linspace(shape.low[axis], shape.high[axis], 40) for axis in (0, 1)]
    grid = np.stack(np.meshgrid(*across, [max(height, shape.low[2])]), axis=-1).reshape(-1, 3).astype(np.float32)
    return grid[shape.distances(grid) < float(across[0][1] - across[0][0]) / 2, :2]


def _scale(pieces: Sequence[Piece]) -> float:
    """How large what stands there is beside a statue of 1.75 m."""
    low = np.min([piece.shape.low for piece in pieces], axis=0)
    high = np.max([piece.shape.high for piece in pieces], axis=0)
    return float((high - low).max()) / _STATUE


def _made(plinth: Plinth, ground: NDArray, top: float, height: float, scale: float, rng: np.random.Generator) -> Mesh:
    if plinth.outline == "irregular":
        return _carved_rock(ground, plinth.margin * scale, top, height, scale, rng)
    rings = []
    petals = plinth.moulding == "lotus"
    for share, out in MOULDINGS[plinth.moulding]:
        ring = _outline(plinth.outline, ground, (plinth.margin + out) * scale)
        if petals:
            ring = _petalled(ring, 0.018 * scale * np.sin(np.pi * share) ** 2, share > 0.5)
        rings.append(np.column_stack([ring, np.full(len(ring), top - height * (1 - share))]))
    return loft(rings)


def _outline(kind: str, ground: NDArray, margin: float) -> NDArray:
    """[M, 2] the outline of a kind that holds the places on the ground, with a margin."""
    low, high = ground.min(axis=0), ground.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-3)
    if kind == "rectangular":
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        return middle + corners * (half + margin)
    if kind == "octagonal":
        normals = np.arange(8) * np.pi / 4
        reach = max(float(((ground - middle) @ (np.cos(angle), np.sin(angle))).max()) for angle in normals) + margin
        return middle + reach / np.cos(np.pi / 8) * _circle(8, np.pi / 8)
    if kind == "round":
        half = np.full(2, half.max())
    needed = float(np.sqrt((((ground - middle) / half) ** 2).sum(axis=1).max()))
    return middle + (half * needed + margin) * _circle(_AROUND)


def _circle(count: int, start: float = 0.0) -> NDArray:
    angle = start + np.arange(count) * 2 * np.pi / count
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _petalled(ring: NDArray, deep: float, upper: bool) -> NDArray:
    middle = ring.mean(axis=0)
    phase = np.arange(len(ring)) * 2 * np.pi / len(ring) * (_PETALS / 2) + (np.pi / 2 if upper else 0)
    away = (ring - middle) / np.linalg.norm(ring - middle, axis=1, keepdims=True)
    return ring + (2 * np.abs(np.cos(phase))[:, None] ** 0.7 - 1) * deep * away


_PETALS = 16


def _carved_rock(
    ground: NDArray, margin: float, top: float, height: float, scale: float, rng: np.random.Generator
) -> Mesh:
    """The smallest convex outline with a margin, hewn roughly, its top left uneven."""
    middle = (ground.min(axis=0) + ground.max(axis=0)) / 2
    ways = _circle(_AROUND)
    support = np.array([((ground - middle) @ way).max() for way in ways]) + margin
    cosines = ways @ ways.T
    radius = np.where(cosines > 0.05, support[None, :] / np.maximum(cosines, 0.05), np.inf).min(axis=1)
    seed = int(rng.integers(2**31))
    rings = []
    for share, out in ((0, 0.03), (0.12, 0.032), (0.35, 0.02), (0.6, 0.012), (0.82, 0.004), (0.94, -0.006), (1, -0.02)):
        z = top - height * (1 - share)
        ring = np.column_stack([middle + (radius + out * scale)[:, None] * ways, np.full(_AROUND, z)])
        rough = noise.fractal((ring * (1, 1, 1.6)).astype(np.float32), 0.13 * scale, 3, seed)
        ring[:, :2] += (0.024 * scale * rough)[:, None] * ways
        rings.append(ring)
    rim = rings[-1]
    for inner in (0.85, 0.6, 0.3):
        ring = rim.copy()
        ring[:, :2] = middle + inner * (ring[:, :2] - middle)
        ring[:, 2] += 0.008 * scale * np.clip(noise.fractal(ring.astype(np.float32), 0.2 * scale, 2, seed), -1, 0.6)
        rings.append(ring)
    return loft(rings)


def _inscribed(mesh: Mesh, top: float, height: float, scale: float, plinth: Plinth, rng: np.random.Generator) -> Shape:
    """The mesh with lines of letters cut into its front."""
    die = (0.24, 0.78) if plinth.moulding == "pedestal" else (0.14, 0.82)
    low, high = top - height * (1 - die[0]), top - height * (1 - die[1])
    wide = 0.84 * float(
        mesh.vertices[:, 0].max() - mesh.vertices[:, 0].min() - 0.12 * scale * (plinth.moulding == "pedestal")
    )
    lines = max(round((high - low) / (_LETTERS * scale)), 1)
    pixel = (high - low) / (lines * _LINE)
    text = signs(int((lines + 1) * _LINE), max(int(wide / pixel), 8), kind="letters", seed=int(rng.integers(2**31)))
    text = text[int(_LINE) :]  # the last line is a short one
    text = np.clip(_BOLD * grey_dilation(text, (2, 2)), 0, 1)
    x = float(mesh.vertices[:, 0].min() + mesh.vertices[:, 0].max()) / 2 - wide / 2
    shape, deep = Piece("plinth", mesh).shape, _DEEP * scale
    middle = float(mesh.vertices[:, 1].mean())

    def distances(points: NDArray) -> NDArray:
        found = shape.distances(points)
        near = np.flatnonzero((np.abs(found) < 3 * deep) & (points[:, 1] < middle))
        at = np.stack([(points[near, 2] - low) / pixel, (points[near, 0] - x) / pixel])
        cut = map_coordinates(text, at, order=1, mode="constant")
        fade = np.clip(3 - np.abs(found[near]) / deep, 0, 1)
        found[near] += np.float32(deep) * cut * fade
        return found

    return Shape(shape.low, shape.high, distances)


_LINE = 18.0  # pixels of a line of letters
_LETTERS = 0.1  # metres from line to line: strokes must be wider than a statue's grid cells
_BOLD = 1.8  # times as deep as drawn, at most 1: strokes thinner than a pixel are drawn grey
