"""The texture of a statue as it is seen: its image with the edits that are shown laid over it, in one picture."""

from __future__ import annotations

import bpy
import numpy as np

from ..statue_recon.contract import Failure
from . import layer_stack
from .names import UV_MAP
from .snapshot import snapshot

PLAIN_SIDE = 1024  # pixels of the texture of a statue that has a colour only


def flattened(thing: bpy.types.Object) -> tuple[np.ndarray, str]:
    """[S, S, 3] uint8 sRGB, row 0 at the top; and the UV map it lies in."""
    materials = {slot.material for slot in thing.material_slots if slot.material}
    if len(materials) > 1 and _faces_of_several(thing):
        raise Failure(
            f"“{thing.name}” has faces of {len(materials)} materials, and an edit lays its texture over one.",
            next_step="Bake them into one texture and give the object that single material.",
        )
    material = layer_stack.material_of(thing)
    uv_map = layer_stack.uv_map_of(thing, material)
    colour = layer_stack.plain_colour(material)
    image = layer_stack.base_image(material)
    below = _of_image(image) if image else np.broadcast_to(_srgb(colour), (PLAIN_SIDE, PLAIN_SIDE, 3))
    shown = list(layer_stack.pictures(material))
    if not shown:
        return np.ascontiguousarray(below), uv_map or UV_MAP  # to the last bit, without a way through floats
    linear = _linear(below)
    for picture, opacity in shown:
        over = _resized(snapshot(picture).rgba, len(linear))
        weight = over[..., 3:].astype(np.float32) / 255 * opacity
        linear = linear * (1 - weight) + _linear(over[..., :3]) * weight
    return _srgb(linear), uv_map or UV_MAP


def _faces_of_several(thing: bpy.types.Object) -> bool:
    indices = np.empty(len(thing.data.polygons), np.int32)
    thing.data.polygons.foreach_get("material_index", indices)
    return len(np.unique(indices)) > 1


def _of_image(image: bpy.types.Image) -> np.ndarray:
    rgb = snapshot(image).rgba[..., :3]
    return _resized(rgb, max(rgb.shape[:2]))


def _resized(pixels: np.ndarray, side: int) -> np.ndarray:
    """Square, [side, side, C], by the nearest pixel: colours stay those of the picture."""
    rows, columns = (np.arange(side) * count // side for count in pixels.shape[:2])
    return pixels if pixels.shape[:2] == (side, side) else pixels[rows][:, columns]


def _linear(srgb: np.ndarray) -> np.ndarray:
    """uint8 sRGB to linear float32, by a table of the 256 values."""
    values = np.arange(256) / 255
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return table[srgb]


def _srgb(linear) -> np.ndarray:
    values = np.clip(np.asarray(linear, np.float32), 0, 1)
    shown = np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)
    return (shown * 255 + 0.5).astype(np.uint8)
