"""A contact sheet: statues with their captions, to look at."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...camera import Camera
from ...mesh.mesh import LONGEST_SIDE, Mesh
from ...photo.light import linear
from ..files import read_triangles
from ..render.fast import fast_views
from .run import recipe_path, statue_path

TILE = 256  # pixels
WORDS = 64  # pixels below each picture
COLUMNS = 8
AZIMUTH, ELEVATION = 25.0, 8.0  # degrees: a little from the side shows depth
BACKGROUND = 0.93  # sRGB
_LINES, _LETTERS = 5, 46


def write_sheet(out: Path, numbers: Sequence[int], path: Path, azimuth: float = AZIMUTH) -> None:
    """Draws these statues of a collection, eight in a row."""
    tiles = [_tile(out, number, azimuth) for number in numbers]
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * (TILE + WORDS)), (255, 255, 255))
    for place, tile in enumerate(tiles):
        row, column = divmod(place, COLUMNS)
        sheet.paste(tile, (column * TILE, row * (TILE + WORDS)))
    sheet.save(path)


def _tile(out: Path, number: int, azimuth: float) -> Image.Image:
    tile = Image.new("RGB", (TILE, TILE + WORDS), (255, 255, 255))
    tile.paste(Image.fromarray(picture(statue_path(out, number), azimuth)), (0, 0))
    caption = json.loads(recipe_path(out, number).read_text(encoding="utf-8"))["caption"]
    lines = textwrap.wrap(f"{number}. {caption}", _LETTERS)
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], lines[_LINES - 1] + " …"]
    ImageDraw.Draw(tile).multiline_text(
        (4, TILE + 2), "\n".join(lines), fill=(40, 40, 40), font=ImageFont.load_default(10), spacing=2
    )
    return tile


def picture(path: Path, azimuth: float = AZIMUTH) -> np.ndarray:
    """[TILE, TILE, 3] uint8 of a statue's file, upright on a pale ground."""
    found = read_triangles(path)
    assert found.colours is not None  # ply.py writes them
    mesh, colours = Mesh(found.vertices.astype(np.float32), found.faces), linear(found.colours / 255.0)
    radius = float(np.linalg.norm(mesh.vertices, axis=1).max())
    distance = 4.5 * LONGEST_SIDE / 1.8
    camera = Camera.orbit(azimuth, ELEVATION, distance, TILE, TILE, 0.47 * TILE * distance / radius)
    seen = fast_views(mesh, colours, [camera], finer=3)
    cover = seen["alpha"][0][..., None]
    return np.round(255 * np.clip(seen["rgb"][0] * cover + BACKGROUND * (1 - cover), 0, 1)).astype(np.uint8)
