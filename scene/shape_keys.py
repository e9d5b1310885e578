"""Shape keys of edits: each lies over Basis, which nothing here ever changes."""

from __future__ import annotations

import bpy
import numpy as np

STRONGEST = 2.0  # to the right end of a key's slider


def add(thing: bpy.types.Object, offset: np.ndarray, label: str, value: float = 1.0) -> str:
    """A shape key over Basis, `offset` [V, 3] away from it; where that is 0, it is Basis to the last bit.

    Returns its name.
    """
    if thing.data.shape_keys is None:
        thing.shape_key_add(name="Basis", from_mix=False)
    basis = thing.data.shape_keys.reference_key
    chosen = thing.active_shape_key_index
    key = thing.shape_key_add(name=label, from_mix=False)
    key.data.foreach_set("co", (_places(basis) + offset).astype(np.float32).ravel())
    key.relative_key = basis
    key.slider_min, key.slider_max, key.value = 0.0, STRONGEST, value
    thing.active_shape_key_index = chosen  # whoever sculpts goes on in the key they were in
    thing.data.update()
    return key.name


def merge(thing: bpy.types.Object, keys: list, name: str) -> str:
    """One key of all, each as strong as it is shown now; returns its name."""
    basis = _places(thing.data.shape_keys.reference_key)
    places = basis.astype(np.float64)
    for key in keys:
        places += moved(key) * (0.0 if key.mute else key.value)
    keys[0].data.foreach_set("co", places.astype(np.float32).ravel())
    keys[0].name, keys[0].value, keys[0].mute = name, 1.0, False
    kept = keys[0].name
    for key in keys[1:]:
        thing.shape_key_remove(key)
    return kept


def remove(thing: bpy.types.Object, key) -> None:
    if key is None:
        return
    thing.shape_key_remove(key)
    if len(thing.data.shape_keys.key_blocks) == 1:  # Basis alone says nothing
        thing.shape_key_clear()


def bake(thing: bpy.types.Object) -> None:
    """Makes the shape that the keys show together the mesh's own, and drops the keys."""
    if thing.data.shape_keys is None:
        return
    mix = _places(thing.shape_key_add(name="Mix", from_mix=True))
    thing.shape_key_clear()
    thing.data.vertices.foreach_set("co", mix.ravel())
    thing.data.update()


def moved(key: bpy.types.ShapeKey) -> np.ndarray:
    """How far a key moves each vertex at the value 1: [V, 3]."""
    return _places(key) - _places(key.relative_key)


def _places(key) -> np.ndarray:
    places = np.empty(len(key.data) * 3, np.float32)
    key.data.foreach_get("co", places)
    return places.reshape(-1, 3)
