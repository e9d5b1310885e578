"""Taking an image out of Blender: its pixels as the Image Editor shows them. The image itself is never touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Color

from ..statue_recon.contract import Failure
from .shrink import shrunk

SMALLEST_SIDE = 16  # pixels; in less nobody could tell a statue
LARGEST_SIDE = 4096  # pixels; a larger image is shrunk: the engine works on far fewer
MOST_PIXELS = 16384 * 16384  # Blender hands out 16 bytes a pixel: 4 GB for these, for a few seconds
MARKED = 128  # of 255: from here on a mask's pixel counts as statue
ASPECT_TOLERANCE = 0.02  # relative; a mask that was painted on a resized copy is off by a rounded pixel

_NO_PHOTO_SOURCES = {
    "MOVIE": "a movie",
    "SEQUENCE": "an image sequence",
    "TILED": "a tiled (UDIM) image",
}
_UNCONVERTED = {"Non-Color", "Raw"}  # colour spaces the Image Editor shows as stored
_LINEAR = {"Linear", "Linear Rec.709", "Linear BT.709", "scene_linear"}


@dataclass(frozen=True)
class Snapshot:
    rgba: np.ndarray  # [H, W, 4] uint8 sRGB, alpha straight, row 0 = top
    name: str  # the photo's name for people, without folder and extension
    has_alpha: bool  # whether any pixel is transparent


def problem(image: bpy.types.Image | None) -> str | None:
    """Why this image can be neither photo nor mask, or None. Cheap enough for `poll`: loads nothing, reads no pixel."""
    failure = _reason(image)
    return str(failure) if failure else None


def snapshot(image: bpy.types.Image) -> Snapshot:
    """What the Image Editor shows of `image`, at most LARGEST_SIDE pixels on a side."""
    rgba = _pixels(image)
    return Snapshot(rgba, _name(image), bool(rgba[..., 3].min() < 255))


def mask_snapshot(image: bpy.types.Image, photo: Snapshot) -> np.ndarray:
    """The painted mask, [H, W] uint8, row 0 = top: 255 statue, 0 background (luminance × alpha).

    Its size may differ from the photo's, its shape may not.
    """
    rgba = _pixels(image).astype(np.float32)
    luminance = rgba[..., :3] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    mask = (luminance * rgba[..., 3] / 255 + 0.5).astype(np.uint8)
    (height, width), (photo_height, photo_width) = mask.shape, photo.rgba.shape[:2]
    if abs(width * photo_height / (height * photo_width) - 1) > ASPECT_TOLERANCE:
        raise Failure(
            f"The mask ({width} × {height}) has another shape than the photo ({photo_width} × {photo_height}).",
            next_step="Paint the mask on an image of the photo's size, or set Mask to Automatic.",
        )
    if mask.max() < MARKED:
        raise Failure(
            "The mask is empty: nothing of the statue is marked in it.",
            next_step="Paint the statue white in the mask image, or set Mask to Automatic.",
        )
    if mask.min() >= MARKED:
        raise Failure(
            "The mask is full: it marks the whole photo as statue.",
            next_step="Paint the background black in the mask image, or set Mask to Automatic.",
        )
    return mask


def _reason(image: bpy.types.Image | None) -> Failure | None:
    if image is None:
        return Failure("There is no image.", next_step="Open a photo in the Image Editor.")
    if image.type in {"RENDER_RESULT", "COMPOSITING"} or image.source == "VIEWER":
        return Failure(
            f"“{image.name}” is a picture in the making that add-ons cannot read.",
            next_step="Save it with Image › Save As and open the saved file.",
        )
    if image.source in _NO_PHOTO_SOURCES or image.type == "MULTILAYER":
        kind = _NO_PHOTO_SOURCES.get(image.source, "an image of several layers")
        return Failure(
            f"“{image.name}” is {kind}, not a single photo.",
            next_step="Save the picture you want as a PNG or JPEG of its own and open that.",
        )
    if image.has_data:
        return _size_reason(image)
    if image.source == "FILE" and not image.packed_file and not _file(image).is_file():
        return Failure(
            f"The file of “{image.name}” is not there: {image.filepath or 'it has no path'}.",
            next_step="Open the photo again, or find it with File › External Data › Find Missing Files.",
        )
    return None


def _size_reason(image: bpy.types.Image) -> Failure | None:
    """Asks for the image's size, which loads it where it is not loaded yet."""
    width, height = image.size
    if width == 0 or height == 0:
        return Failure(
            f"“{image.name}” has no pixels: its file is damaged or of a kind Blender cannot read.",
            next_step="Open it in another program, save it as PNG or JPEG, and open that.",
        )
    if min(width, height) < SMALLEST_SIDE:
        return Failure(
            f"“{image.name}” is only {width} × {height} pixels: no statue can be made out in it.",
            next_step=f"Use a photo of at least {SMALLEST_SIDE} pixels on each side; 1000 and more are good.",
        )
    if width * height > MOST_PIXELS:
        return Failure(
            f"“{image.name}” is {width} × {height} pixels: Blender cannot hand out that many at once.",
            next_step=f"Scale it down with Image › Resize, to {LARGEST_SIDE} pixels on the longer side.",
        )
    return None


def _file(image: bpy.types.Image) -> Path:
    return Path(bpy.path.abspath(image.filepath, library=image.library))


def _name(image: bpy.types.Image) -> str:
    """“Apollo” for //photos/Apollo.jpg, however often it was opened; else the datablock's own name."""
    return Path(bpy.path.basename(image.filepath)).stem or image.name


def _pixels(image: bpy.types.Image) -> np.ndarray:
    """[H, W, 4] uint8: what is shown, shrunk to LARGEST_SIDE where it is larger."""
    if failure := _reason(image) or _size_reason(image):
        raise failure
    width, height = image.size
    channels = image.channels
    try:
        values = np.empty(width * height * channels, np.float32)
        image.pixels.foreach_get(values)
    except (MemoryError, RuntimeError) as error:
        raise Failure(
            f"There is not enough memory to read “{image.name}” ({width} × {height} pixels).",
            next_step=f"Scale it down with Image › Resize, to {LARGEST_SIDE} pixels on the longer side.",
        ) from error
    values = values.reshape(height, width, channels)[::-1]  # Blender's row 0 is the bottom
    shown = _shown_as(image)
    scale = min(1.0, LARGEST_SIDE / max(width, height))
    return shrunk(values, max(round(height * scale), 1), max(round(width * scale), 1), shown)


def _shown_as(image: bpy.types.Image):
    """A function from stored rows [h, W, C] to shown ones [h, W, 4] float32: sRGB, alpha straight."""
    premultiplied = image.is_float and image.alpha_mode in {"STRAIGHT", "PREMUL"}
    space = image.colorspace_settings.name
    linear = space not in _UNCONVERTED if image.is_float else space in _LINEAR
    opaque = image.alpha_mode == "NONE"
    to_rec709 = _scene_linear_to_rec709() if image.is_float else None

    def shown(stored: np.ndarray) -> np.ndarray:
        rgba = _four_channels(stored)
        if opaque:
            rgba[..., 3] = 1.0
        if image.is_float:
            np.nan_to_num(rgba, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
            if premultiplied:
                rgba[..., :3] /= np.where(rgba[..., 3:] > 0, rgba[..., 3:], 1)
            if linear and to_rec709 is not None:
                rgba[..., :3] = rgba[..., :3] @ to_rec709
        if linear:
            rgba[..., :3] = _srgb(rgba[..., :3])
        return rgba

    return shown


def _four_channels(stored: np.ndarray) -> np.ndarray:
    """[h, W, 1…4] as a new RGBA [h, W, 4]: grey, grey with alpha, RGB, RGBA."""
    channels = stored.shape[2]
    if channels == 4:
        return stored.copy()
    rgba = np.ones((*stored.shape[:2], 4), np.float32)
    rgba[..., :3] = stored[..., :3] if channels == 3 else stored[..., :1]
    if channels == 2:
        rgba[..., 3] = stored[..., 1]
    return rgba


def _scene_linear_to_rec709() -> np.ndarray | None:
    """[3, 3] for `rows @ matrix`, None where it is the identity (files of Blender 5 may choose another space)."""
    matrix = np.array([Color(axis).from_scene_linear_to_rec709_linear() for axis in np.eye(3)], np.float32)
    return None if np.allclose(matrix, np.eye(3), atol=1e-4) else matrix


def _srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light to sRGB, both 0 … 1; what is brighter or darker is clipped, as on the screen."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
