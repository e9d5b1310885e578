"""Any image file as plain float pixels, the right way up and not larger than the engine works with."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from ..contract import Failure
from .colour import to_srgb
from .exif import LYING, UPRIGHT, Part, as_stored, read_exif

log = logging.getLogger(__name__)

LARGEST_SIDE = 20_000  # pixels; beyond that, reading alone would take more memory than most machines have
SMALLEST_SIDE = 32  # pixels; nothing can be recognised in less
FLOAT_WHITE = 99.5  # percentile of a float image's brightest channel that is shown as white

SQUARER = 16  # columns that may be given up so that a reduced picture keeps its proportions
EXR = b"\x76\x2f\x31\x01"  # what OpenEXR files begin with


@dataclass(frozen=True)
class Picture:
    """The pixels of an image file."""

    rgb: np.ndarray  # [H, W, 3] float32, sRGB 0 … 1
    alpha: np.ndarray | None  # [H, W] float32 0 … 1; None when the file has none
    size: tuple[int, int]  # width and height of the file, turned upright, before it was reduced
    focal: float | None  # mm, 35 mm equivalent, when the file says
    pixels: int  # what it was reduced to, at most


def read_picture(path: Path, pixels: int, what: str = "photo", part: Part | None = None) -> Picture:
    """Reads an image, or a part of the upright image, and reduces it to `pixels` pixels at most.

    `what` is what messages call it.
    """
    try:
        with _without_bomb_limit(), Image.open(path) as image:
            _check_size(image.size, what)
            orientation, focal = read_exif(image)
            width, height = image.size
            if _is_wide_float(image):
                raise UnidentifiedImageError
            values = _decode(image, pixels, orientation, part)
    except UnidentifiedImageError:
        values, orientation, focal = _decode_float(path, what), 1, None
        height, width = values.shape[:2]
        _check_size((width, height), what)
        values = _cut(values, part)
    except FileNotFoundError as error:
        raise Failure(
            f"There is no {what} at {path}.", next_step="Choose the file again: it was moved, renamed or deleted."
        ) from error
    except (OSError, MemoryError, SyntaxError, ValueError, EOFError) as error:
        raise _unreadable(path, what, str(error) or type(error).__name__) from error
    size = (height, width) if orientation in LYING else (width, height)
    if part:
        size = (part[2] - part[0], part[3] - part[1])
    rgb, alpha = _split(_reduced(values, pixels, size))
    return Picture(rgb, alpha, size, focal, pixels)


@contextlib.contextmanager
def _without_bomb_limit() -> Iterator[None]:
    """Lifts Pillow's limit on pixels: `_check_size` refuses what is too large, with a sentence."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _check_size(size: tuple[int, int], what: str) -> None:
    if min(size) < SMALLEST_SIDE:
        raise Failure(
            f"The {what} is only {size[0]} × {size[1]} pixels: too small to see a statue in it.",
            next_step=f"Choose an image of at least {SMALLEST_SIDE} × {SMALLEST_SIDE} pixels; 1000 or more are better.",
        )
    if max(size) > LARGEST_SIDE:
        raise Failure(
            f"The {what} is {size[0]} × {size[1]} pixels, more than can be read safely.",
            next_step=f"Scale it down to at most {LARGEST_SIDE} pixels a side; 2000 are plenty.",
        )


def _is_wide_float(image: Image.Image) -> bool:
    """Whether a TIFF keeps several float channels: Pillow either refuses these or reads them wrongly."""
    formats = getattr(image, "tag_v2", {}).get(339, (1,))  # 339: SampleFormat, 3 = IEEE float
    return 3 in (formats if isinstance(formats, tuple) else (formats,)) and image.mode != "F"


def _decode(image: Image.Image, pixels: int, orientation: int, part: Part | None) -> np.ndarray:
    """[H, W, 1 | 3 | 4] float32 0 … 1, upright, between one and four times as many pixels as wanted."""
    stored = part and as_stored(part, image.size, orientation)
    if image.mode.startswith(("I", "F")):
        turned = _wide_channels(image, pixels, stored)
    else:
        turned = [_eight_bits(image, pixels, stored)]
    if orientation in UPRIGHT:
        turned = [channels.transpose(UPRIGHT[orientation]) for channels in turned]
    arrays = [np.atleast_3d(np.asarray(channels)) for channels in turned]
    array = np.concatenate(arrays, axis=2)
    return array / np.float32(255.0) if array.dtype == np.uint8 else array.astype(np.float32)


def _eight_bits(image: Image.Image, pixels: int, part: Part | None) -> Image.Image:
    """A picture of bytes as RGB or RGBA in sRGB, reduced by a whole number."""
    if part:
        image = image.crop(part)
    else:
        image.draft("RGB", _fitting(image.size, pixels))  # a JPEG need not be decoded in full
    shrink = _shrink(image.size, pixels)
    if image.mode == "P" and shrink > 1:
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    has_alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    small = image if image.mode in ("P", "1") else image.reduce(shrink)
    small.info.update({key: image.info[key] for key in ("transparency", "icc_profile") if key in image.info})
    if small.mode in ("P", "PA", "RGBa", "La"):
        profile = small.info.get("icc_profile")
        small = small.convert("RGBA" if has_alpha else "RGB")
        small.info["icc_profile"] = profile
    return to_srgb(small).convert("RGBA" if has_alpha else "RGB")


def _wide_channels(image: Image.Image, pixels: int, part: Part | None) -> list[Image.Image]:
    """A picture of 16 bits or of floats as float channels 0 … 1; floats are exposed by the whole picture."""
    values = np.asarray(image)[..., None]
    shrink = 1 if part else _shrink(image.size, pixels)
    if shrink > 1:
        width, height = image.width // shrink, image.height // shrink
        values = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)[..., None]
    values = _exposed(values) if image.mode == "F" else (values / 65535.0).astype(np.float32)
    return [Image.fromarray(channel) for channel in np.moveaxis(_cut(values, part), -1, 0)]


def _shrink(size: tuple[int, int], pixels: int) -> int:
    """The whole number by which a picture can be reduced at once, and still have a good deal more than `pixels`."""
    return max(1, int(np.sqrt(size[0] * size[1] / (4 * pixels)) + 0.5))


def _cut(values: np.ndarray, part: Part | None) -> np.ndarray:
    if part is None:
        return values
    left, top, right, bottom = part
    return np.ascontiguousarray(values[top:bottom, left:right])


def _decode_float(path: Path, what: str) -> np.ndarray:
    """What Pillow cannot read: Radiance HDR and float TIFF, through OpenCV (by bytes: any path will do)."""
    os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")  # asked when the first such file is read
    data = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if image is None and data[:4].tobytes() == EXR:
        raise Failure(
            f"The {what} {path.name} is an OpenEXR file, which the engine's OpenCV was built without.",
            next_step="Open it in Blender's Image Editor and reconstruct from there, or save it as PNG or TIFF.",
        )
    if image is None:
        raise _unreadable(path, what, "the format is unknown or the file is damaged")
    image = np.atleast_3d(image)
    order = {1: [0], 2: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[image.shape[2]]
    image = image[..., order]
    if image.dtype.kind in "ui":
        return (image / (65535.0 if image.dtype == np.uint16 else 255.0)).astype(np.float32)
    return _exposed(image.astype(np.float32))


def _exposed(linear: np.ndarray) -> np.ndarray:
    """Float pixels [H, W, C], linear and of any range, as sRGB 0 … 1; a fourth channel is alpha and stays."""
    linear = np.nan_to_num(linear, nan=0.0, posinf=65504.0, neginf=0.0).astype(np.float32)
    colour, alpha = linear[..., :3], np.clip(linear[..., 3:], 0.0, 1.0)
    white = float(np.percentile(colour.max(axis=2)[::4, ::4], FLOAT_WHITE))
    shown = np.clip(colour / max(white, 1e-6), 0.0, 1.0)
    encoded = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055)
    return np.concatenate([encoded, alpha], axis=2).astype(np.float32)


def _fitting(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """A size with the same proportions and at most `pixels` pixels; never larger.

    Of the sizes that fit closely, the one whose pixels are squarest: the camera of a reduced photo is taken for square.
    """
    scale = min(1.0, float(np.sqrt(pixels / (size[0] * size[1]))))
    if scale == 1.0:
        return size
    widest = max(1, int(size[0] * scale))
    widths = np.arange(max(1, widest - min(SQUARER, widest // 64)), widest + 1)[::-1]
    heights = widths * size[1] / size[0]
    best = int(np.argmin(np.abs(heights - np.maximum(np.floor(heights + 1e-6), 1))))
    return int(widths[best]), max(1, int(heights[best] + 1e-6))


def _reduced(values: np.ndarray, pixels: int, size: tuple[int, int]) -> np.ndarray:
    """The values of a picture that had `size` in its file, with `pixels` pixels at most."""
    height, width = values.shape[:2]
    if width * height <= pixels:
        return values
    return np.atleast_3d(cv2.resize(values, _fitting(size, pixels), interpolation=cv2.INTER_AREA))


def _split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Colour [H, W, 3] and alpha [H, W] or None, from one, three or four channels."""
    colour = np.repeat(values[..., :1], 3, axis=2) if values.shape[2] == 1 else values[..., :3]
    alpha = np.ascontiguousarray(values[..., 3]) if values.shape[2] == 4 else None
    return np.ascontiguousarray(np.clip(colour, 0.0, 1.0)), alpha


def _unreadable(path: Path, what: str, reason: str) -> Failure:
    return Failure(
        f"The {what} {path.name} cannot be read: {reason}.",
        next_step="Open it in an image editor and save it as PNG or JPEG.",
    )
