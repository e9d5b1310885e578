"""Leaving Edit, Sculpt and paint modes while a mesh is read or changed, and going back into them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def object_mode(thing: bpy.types.Object) -> Iterator[str]:
    """Object Mode for the time of a `with`: what was done in Edit Mode is then in the mesh. Gives the mode it left."""
    before = thing.mode
    if before == "OBJECT":
        yield before
        return
    with bpy.context.temp_override(active_object=thing, object=thing):
        bpy.ops.object.mode_set(mode="OBJECT")
    try:
        yield before
    finally:
        with bpy.context.temp_override(active_object=thing, object=thing):
            bpy.ops.object.mode_set(mode=before)
