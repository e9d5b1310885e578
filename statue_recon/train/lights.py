"""The lights photos are taken in: read from pictures of surroundings, or kept as the few numbers that shading needs.

    lights.json     a list: around [9, 3], to_sun [3], sun [3], as `dataset.render.light.Light` has them

So a folder of prepared statues carries its lights along: 300 bytes each instead of a picture of 1.5 MB.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..contract import Failure
from ..dataset.render.light import Light, light_of
from ..whole import write_whole

LIST = "lights.json"
TURNS = (0.0, 90.0, 180.0, 270.0)  # degrees by which each picture's surroundings are turned about the statue
_DIGITS = 5  # kept of a number: shading shows 1 / 255


def lights_of(folder: Path) -> list[Light]:
    """The lights of all .hdr pictures of a folder, each from four sides."""
    pictures = sorted(folder.glob("*.hdr"))
    if not pictures:
        raise Failure(
            f"{folder} holds no lights: there are no .hdr pictures in it.",
            next_step="Name a folder with .hdr pictures of surroundings, or leave --lights out.",
        )
    return [light_of(picture, turn) for picture in pictures for turn in TURNS]


def store(folder: Path, lights: list[Light]) -> int:
    """Writes the lights into a folder of prepared statues, and returns the bytes they take."""
    rows = [
        {name: np.round(getattr(light, name).astype(float), _DIGITS).tolist() for name in ("around", "to_sun", "sun")}
        for light in lights
    ]
    content = json.dumps(rows, separators=(",", ":")).encode("ascii")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / LIST, content)
    return len(content)


def kept(folder: Path) -> list[Light]:
    """The lights that lie in a folder of prepared statues; none if it was prepared without."""
    path = folder / LIST
    if not path.is_file():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Light(*(np.array(row[name], np.float32) for name in ("around", "to_sun", "sun"))) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"The lights in {path} cannot be read ({error}).",
            next_step="Make the folder anew with `statue-recon train prepare`, or delete that file.",
        ) from error
