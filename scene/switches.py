"""What a panel shows of a statue as plain properties: the photo, two overlays and the real height.

They hold nothing themselves: each is read from the scene and written through to it, so undo, saving and duplicating
need no care.
"""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable

import bpy
from bpy.props import BoolProperty, FloatProperty, PointerProperty
from bpy.types import Object, PropertyGroup

from ..statue_recon.contract import Failure
from . import matched_camera, overlay, statue


def _say(failure: Failure) -> None:
    """A property has no report of its own: the sentence comes up under the mouse."""
    bpy.context.window_manager.popup_menu(
        lambda menu, _: (menu.layout.label(text=failure.message), menu.layout.label(text=failure.next_step)),
        title="Statue Recon",
        icon="ERROR",
    )


def _or_say(change: Callable, thing: Object, value) -> None:
    try:
        change(thing, value)
    except Failure as failure:
        _say(failure)


def _photo_shown(self) -> bool:
    camera = matched_camera.camera_of(self.id_data)
    return camera is not None and overlay.photo_shown(camera)


def _show_photo(self, on: bool) -> None:
    if camera := matched_camera.camera_of(self.id_data):
        overlay.show_photo(camera, on)


class STATUE_PG_switches(PropertyGroup):
    show_photo: BoolProperty(
        name="Photo",
        description="The photo over the statue, seen through the matched camera",
        get=_photo_shown,
        set=_show_photo,
    )
    show_seen: BoolProperty(
        name="Seen / Invented",
        description="Colours the surface by what the photo shows of it and what was invented, in every shading",
        get=lambda self: overlay.seen_shown(self.id_data),
        set=lambda self, on: _or_say(overlay.show_seen, self.id_data, on),
    )
    show_doubt: BoolProperty(
        name="Doubt",
        description="Colours the surface by how far the imagined samples lie apart: where they disagree, nobody knows "
        "what the statue looks like",
        get=lambda self: overlay.doubt_shown(self.id_data),
        set=lambda self, on: _or_say(overlay.show_doubt, self.id_data, on),
    )
    height: FloatProperty(
        name="Real Height",
        description="Height of the statue; changing it scales the object, its camera goes along",
        subtype="DISTANCE",
        min=0.001,
        soft_max=20.0,
        get=lambda self: statue.real_height(self.id_data),
        set=lambda self, metres: _or_say(statue.set_real_height, self.id_data, metres),
    )


def register():
    bpy.utils.register_class(STATUE_PG_switches)
    Object.statue = PointerProperty(
        name="Statue Recon", description="What can be shown of a statue", type=STATUE_PG_switches
    )


def unregister():
    del Object.statue
    bpy.utils.unregister_class(STATUE_PG_switches)
