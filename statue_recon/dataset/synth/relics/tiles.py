"""Flat stones with relief: tiles, roof-end tiles, stelae, tablets, medallions and friezes. They stand upright."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..noise import fractal
from ..sculpt import Piece
from ..shapes import Shape, box
from . import faces, motifs
from .flesh import Clay
from .tile_fields import FIELDS, Tile

_ROWS = 400  # of a picture, along its longer side


_SLOPE = 1.5  # how much faster a relief makes the distance change than the way walked


def choose(rng: np.random.Generator) -> Tile:
    odds = np.array([often for *_, often in KINDS.values()])
    kind = str(rng.choice(list(KINDS), p=odds / odds.sum()))
    outlines, fields, (wide, high), long, _ = KINDS[kind]
    size = float(rng.uniform(*long))
    aspect = float(rng.uniform(wide, high))  # width by height
    width, height = (size, size / aspect) if aspect > 1 else (size * aspect, size)
    outline = str(rng.choice(outlines))
    if outline in ("disc", "palmette"):
        width = height = size
        width *= 0.8 if outline == "palmette" else 1.0
    border = str(rng.choice(["", *motifs.MOTIFS])) if rng.random() < 0.6 else ""
    return Tile(
        kind,
        outline,
        (width, height, float(rng.uniform(0.09, 0.2)) * min(width, height)),
        str(rng.choice(fields)),
        border,
        str(rng.choice(["wedges", "letters", "picture signs"])),
        float(rng.uniform(0.016, 0.034)),
        bool(rng.random() < 0.25),
        int(rng.integers(2**31)),
    )


def build(tile: Tile) -> list[Piece]:
    width, height, thick = tile.size
    rng = np.random.default_rng(tile.seed)
    pixel = max(width, height) / _ROWS
    shape = (max(round(height / pixel), 8), max(round(width / pixel), 8))
    inside = _outline(tile.outline, shape)
    relief = _heights(tile, shape, inside, rng)
    stone = _slab(tile, inside, relief * tile.relief * max(width, height), pixel, rng)
    pieces = [Piece("tile", stone)]
    if tile.motif in ("gorgon", "lion head", "face"):
        pieces.append(_head(tile))
    if tile.stand:
        base = box(
            (-0.62 * width, -0.16 * width - thick, -0.12 * height),
            (0.62 * width, 0.16 * width, 0.02 * height),
            0.01 * width,
        )
        pieces.insert(0, Piece("plinth", base))
        lift = np.eye(4)
        lift[2, 3] = 0.12 * height
        pieces = [Piece(piece.name, piece.shape.moved(lift), piece.blend) for piece in pieces]
    return pieces


def _slab(tile: Tile, inside: NDArray, relief: NDArray, pixel: float, rng: np.random.Generator) -> Shape:
    """A slab from y = −thickness to 0 with relief [H, W] metres on its front; `inside` [H, W] its outline."""
    width, height, thick = tile.size
    padded = np.pad(inside, 24)
    away = ndimage.distance_transform_edt(~padded) - ndimage.distance_transform_edt(padded)
    away = (ndimage.gaussian_filter(away, 1.0) * pixel).astype(np.float32)
    raised = np.pad(relief, 24).astype(np.float32)
    most, least = float(relief.max()), float(relief.min())
    seed, rough = int(rng.integers(2**31)), 0.004 * max(width, height)
    pillow = 0.9 if tile.outline == "pillow" else 0.0

    def distances(points: NDArray) -> NDArray:
        at = np.stack([points[:, 2] / pixel + 23.5, (points[:, 0] + width / 2) / pixel + 23.5])
        held = np.clip(at, 0, np.array(away.shape)[:, None] - 1)
        beside = ndimage.map_coordinates(away, held, order=1, prefilter=False) + pixel * np.linalg.norm(
            at - held, axis=0
        )
        rise = ndimage.map_coordinates(raised, held, order=1, prefilter=False)
        bulge = pillow * np.minimum(np.sqrt(np.maximum(-beside, 0) * thick), thick) - pillow * thick
        front = -points[:, 1] - thick - rise - 0.5 * bulge
        back = points[:, 1] + rough * fractal(points, 0.2 * height, 2, seed)
        inner = np.maximum(np.maximum(front / np.float32(_SLOPE), back), beside)
        return inner.astype(np.float32)

    low = np.array([-width / 2, -thick - most - 0.001, -0.001])
    return Shape(low, np.array([width / 2, rough + max(-least, 0.0), height]), distances)


def _outline(name: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """[H, W], row 0 at the bottom: where there is stone."""
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    x = (x + 0.5 - columns / 2) / (columns / 2)
    y = y + 0.5
    half = columns / 2
    if name == "round top":
        return (y < rows - half) | (np.hypot(x * half, y - (rows - half)) < half)
    if name == "pointed top":
        return y < rows - 0.3 * columns * np.abs(x)
    if name == "disc":
        return np.hypot(x, y / half - 1) < 1
    if name == "palmette":
        up = y / rows
        angle = np.arctan2(x * 0.8, up - 0.28)
        lobes = 0.66 + 0.045 * np.abs(np.cos(angle * 4.5))
        return ((np.hypot(x * 0.82, up - 0.28) < lobes) & (up > 0.25)) | (
            (up <= 0.3) & (np.abs(x) < 0.78 + 0.2 * (0.3 - up))
        )
    if name == "pillow":
        return np.abs(x) ** 5 + np.abs(2 * y / rows - 1) ** 5 < 1
    return np.ones(shape, bool)


def _heights(tile: Tile, shape: tuple[int, int], inside: NDArray, rng: np.random.Generator) -> NDArray:
    """[H, W] about −1 … 1."""
    found = np.zeros(shape)
    edge = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1] / min(shape)
    margin = 0.05
    if tile.kind not in ("tablet",):
        found[(edge < margin) & inside] = 0.8  # a raised rim
    if tile.border and tile.outline == "rectangle":
        margin += _frame(found, tile.border, min(shape))
    elif tile.border and tile.outline == "disc":
        margin += _round_frame(found, tile.border, shape)
    field = edge > margin
    top, left = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    if not len(top):
        return found
    box_rows, box_columns = slice(top[0], top[-1] + 1), slice(left[0], left[-1] + 1)
    drawn = FIELDS[tile.motif](top[-1] - top[0] + 1, left[-1] - left[0] + 1, tile, rng)
    found[box_rows, box_columns] = np.where(field[box_rows, box_columns], drawn, found[box_rows, box_columns])
    return found


def _frame(found: NDArray, name: str, side: int) -> float:
    """Draws a border along the four sides. Returns its width as a share of the shorter side."""
    band, start = max(round(0.12 * side), 10), round(0.06 * side)
    for turns in range(4):
        view = np.rot90(found, turns)
        length = view.shape[1] - 2 * start
        repeats = max(round(length / band / motifs.aspect(name)), 1)
        view[start : start + band, start : start + length] = np.maximum(
            motifs.border(name, repeats, band, length), view[start : start + band, start : start + length]
        )
        view[start + band + 2 : start + band + 2 + max(side // 50, 2), start : start + length] = 0.7
    return 0.16


def _round_frame(found: NDArray, name: str, shape: tuple[int, int]) -> float:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(float)
    half = shape[0] / 2
    dx, dy = (x + 0.5 - shape[1] / 2) / half, (y + 0.5 - half) / half
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    band = motifs.border(name, max(round(2 * np.pi * 0.78 / 0.22 / motifs.aspect(name)), 5), 96, 1024)
    row = np.clip((radius - 0.67) / 0.22 * 96, 0, 95).astype(int)
    column = ((-angle / (2 * np.pi)) % 1.0 * 1023).astype(int)
    there = (radius > 0.67) & (radius < 0.89)
    found[there] = band[row, column][there]
    found[(radius > 0.62) & (radius < 0.655)] = 0.7
    return 0.15


def _head(tile: Tile) -> Piece:
    """A face that looks out of the tile, in high relief, with a wreath of locks."""
    width, height, thick = tile.size
    size = 0.58 * min(width, height)
    up = 0.5 if tile.outline != "palmette" else 0.42
    centre = np.array([0.0, -thick + 0.14 * size, up * height])
    rng = np.random.default_rng(tile.seed)
    gorgon = tile.motif == "gorgon"
    face = faces.Face(
        mouth=0.45 if gorgon else 0.0,
        corners=0.8 if gorgon else 0.0,
        eyes=1.35 if gorgon else 1.1,
        nose=1.2 if gorgon else 1.0,
        cheeks=1.2,
    )
    clay = Clay(0.02 * size)
    at = faces.placed(centre, size)
    faces.head(clay, at, size, face)
    clay.part()
    for k in range(21):
        angle = np.radians(-140 + 280 * k / 20)
        for ring, front in ((0.36, -0.26), (0.47, -0.22), (0.57, -0.17)):
            place = (0.95 * ring * np.sin(angle), front, 0.04 + ring * np.cos(angle))
            clay.add(at(place), at(place), float(rng.uniform(0.058, 0.075)) * size, blend=0.012 * size)
    if gorgon:
        clay.add(at((0, -0.40, -0.30)), at((0, -0.42, -0.44)), 0.05 * size, 0.04 * size, 1.3, blend=0.01 * size)
    return Piece("relief", clay.shape(), blend=0.02 * size)


KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[float, float], tuple[float, float], float]] = {
    # kind → outlines, fields, width by height, metres, how often
    "relief tile": (
        ("rectangle",),
        ("rosette", "leaf scrolls", "palmettes", "guilloche", "face"),
        (0.8, 1.3),
        (0.25, 0.6),
        1.0,
    ),
    "roof-end tile": (
        ("palmette", "palmette", "disc"),
        ("palmette", "gorgon", "rosette", "face"),
        (0.8, 1.0),
        (0.18, 0.4),
        1.0,
    ),
    "stela": (("round top", "rectangle", "pointed top"), ("scene", "scene", "writing"), (0.45, 0.7), (0.5, 1.6), 1.0),
    "tablet": (("pillow", "pillow", "rectangle"), ("writing",), (0.55, 1.3), (0.1, 0.4), 0.9),
    "medallion": (("disc",), ("rosette", "face", "gorgon", "palmette"), (1.0, 1.0), (0.1, 0.6), 0.8),
    "frieze": (
        ("rectangle",),
        ("leaf scrolls", "palmettes", "guilloche", "meander", "running waves"),
        (2.0, 3.4),
        (0.6, 1.6),
        1.0,
    ),
}


_SHOWS = {
    "rosette": "with a rosette",
    "palmette": "with a palmette",
    "palmettes": "with palmettes",
    "leaf scrolls": "with leaf scrolls",
    "guilloche": "with a guilloche",
    "meander": "with a meander",
    "running waves": "with running waves",
    "gorgon": "with a gorgon's face",
    "face": "with a face in high relief",
    "scene": "with a procession and an inscription",
}


def words(tile: Tile, rng: np.random.Generator) -> str:
    nouns = {
        "relief tile": ("a relief tile", "a relief panel"),
        "roof-end tile": ("an antefix", "a roof-end tile"),
        "stela": ("a stela with a rounded top", "a votive stela")
        if tile.outline == "round top"
        else ("a stela", "a carved stone slab"),
        "tablet": ("a tablet",),
        "medallion": ("a medallion", "a round relief", "a large coin"),
        "frieze": ("a piece of a frieze", "a frieze block"),
    }[tile.kind]
    text = str(rng.choice(nouns))
    if tile.motif == "writing":
        script = {
            "wedges": "cuneiform-like wedges",
            "letters": "rows of letters",
            "picture signs": "columns of picture signs",
        }
        text += f" {rng.choice(['inscribed with', 'covered with'])} {script[tile.script]}"
    else:
        text += f" {_SHOWS[tile.motif]}" if " with " not in text else f" and {_SHOWS[tile.motif].removeprefix('with ')}"
    if tile.border and tile.outline in ("rectangle", "disc") and tile.motif != "scene" and rng.random() < 0.7:
        text += f", framed by {tile.border}"
    return text
