"""A small photo of a statue nobody carved: head, body and plinth, with its outline as alpha channel or as mask."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def write_photo(path: Path, width: int = 240, height: int = 320) -> Path:
    """A PNG whose alpha channel is the statue."""
    alpha = _outline(width, height)
    light = np.linspace(220, 90, width)[None, :, None]
    grain = np.random.default_rng(0).normal(0, 8, (height, width, 1))
    stone = np.clip(light + grain + (6, 0, -10), 0, 255)
    pixels = np.dstack([np.broadcast_to(stone, (height, width, 3)), np.asarray(alpha)])
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def write_mask(path: Path, width: int = 240, height: int = 320) -> Path:
    _outline(width, height).save(path)
    return path


def _outline(width: int, height: int) -> Image.Image:
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)

    def part(left, top, right, bottom):
        return left * width, top * height, right * width, bottom * height

    draw.ellipse(part(0.38, 0.08, 0.62, 0.32), fill=255)
    draw.rounded_rectangle(part(0.3, 0.3, 0.7, 0.72), radius=0.1 * width, fill=255)
    draw.rectangle(part(0.25, 0.7, 0.75, 0.94), fill=255)
    return image.filter(ImageFilter.GaussianBlur(0.8))
