"""Showing what was seen and what is in doubt, and the photo in the matched camera. The file holds their state.

An overlay has two halves. In Material Preview, Rendered and final renders a node of the material mixes the colours
over the texture. Solid shading knows no nodes: there the mesh gets a colour attribute, and the 3D Viewports' Solid
colour is set to Attribute while any statue of their scene shows an overlay. What the views had before is kept on their
screens, as custom properties, and comes back at the end; views follow undo, redo and file load by handlers. A statue
shows one overlay at most: turning one on turns the other off.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..statue_recon.contract import Failure
from .material import OVERLAY_STRENGTH, overlay_switches
from .ramps import DOUBT_RAMP, RAMPS, SEEN_RAMP, Ramp

_ACTIVE_BEFORE = "statue_colour_before"  # on the statue: the user's active colour attribute
_SOLID_BEFORE = "statue_solid_colour_before"  # on a screen: area's index → colour type; on a scene: colour type
_HANDLERS = ("undo_post", "redo_post", "load_post")


def seen_shown(thing: bpy.types.Object) -> bool:
    """Whether the seen/invented overlay of this statue is on."""
    return bool(thing.get(SEEN_RAMP.shown, False))


def show_seen(thing: bpy.types.Object, on: bool) -> None:
    """Turns the seen/invented overlay of a statue on or off, in all kinds of shading."""
    _show(thing, SEEN_RAMP, on)


def doubt_shown(thing: bpy.types.Object) -> bool:
    """Whether the overlay of doubt of this statue is on."""
    return bool(thing.get(DOUBT_RAMP.shown, False))


def show_doubt(thing: bpy.types.Object, on: bool) -> None:
    """Turns the overlay of where the imagined surfaces disagree on or off, in all kinds of shading."""
    if on and not _weights(thing, DOUBT_RAMP).any():
        raise Failure(
            f"“{thing.name}” has no doubt to show: its hidden side was imagined once, or not at all.",
            next_step="Reconstruct it with Prior set to Bundled and two Samples or more.",
        )
    _show(thing, DOUBT_RAMP, on)


def _show(thing: bpy.types.Object, ramp: Ramp, on: bool) -> None:
    if thing.mode != "OBJECT" and (thing.mode == "EDIT" or thing.use_dynamic_topology_sculpting):
        raise Failure(
            "The overlay cannot be switched while the mesh is being rebuilt in this mode.",
            next_step="Go to Object Mode and try again.",
        )
    colours = _colours(_weights(thing, ramp), ramp) if on else None  # may refuse, so it comes before any change
    for other in RAMPS:
        if thing.get(other.shown) and (on or other is ramp):
            _switch_off(thing, other)
    if on:
        _colour_points(thing, ramp, colours)
        _set_strength(thing, ramp, OVERLAY_STRENGTH)
    match_views()


def _switch_off(thing: bpy.types.Object, ramp: Ramp) -> None:
    _remove_colours(thing, ramp)
    _set_strength(thing, ramp, 0.0)


def _set_strength(thing: bpy.types.Object, ramp: Ramp, strength: float) -> None:
    for switch in overlay_switches(thing, ramp):
        switch.default_value = strength
    thing[ramp.shown] = strength > 0


def photo_shown(camera: bpy.types.Object) -> bool:
    photos = camera.data.background_images
    return camera.data.show_background_images and any(photo.show_background_image for photo in photos)


def show_photo(camera: bpy.types.Object, on: bool) -> None:
    """Shows or hides the photo that hangs in the matched camera."""
    for photo in camera.data.background_images:
        photo.show_background_image = on
    if on:
        camera.data.show_background_images = True


def match_views() -> None:
    """Lets every 3D Viewport's Solid shading show colour attributes while its scene has an overlay on, and else not."""
    in_windows = {window.screen: window.scene for window in bpy.context.window_manager.windows}
    shown = {scene: _any_shown(scene) for scene in bpy.data.scenes}
    for screen in bpy.data.screens:  # those of other workspaces too: the overlay shall be there after a change of tab
        _match_screen(screen, shown[in_windows[screen]] if screen in in_windows else any(shown.values()))
    for scene in bpy.data.scenes:
        if scene.render.engine == "BLENDER_WORKBENCH":  # its final renders use the same colour types
            _match_workbench(scene, shown[scene])


def _any_shown(scene: bpy.types.Scene) -> bool:
    return any(thing.get(ramp.shown) for thing in scene.objects if thing.type == "MESH" for ramp in RAMPS)


def _match_screen(screen: bpy.types.Screen, shown: bool) -> None:
    """What is recorded once is left alone until the overlay is off: the user may choose another colour meanwhile.

    A viewport without a record was split off from one that has it, so it gets back what another had.
    """
    before = dict(screen.get(_SOLID_BEFORE, {}))
    anew = not before
    for index, area in enumerate(screen.areas):
        if area.type != "VIEW_3D":
            continue
        shading, key = area.spaces.active.shading, str(index)
        if shown and key not in before and (anew or shading.color_type != "VERTEX"):
            before[key] = shading.color_type
            shading.color_type = "VERTEX"
        elif not shown and before and shading.color_type == "VERTEX":
            shading.color_type = before.get(key, next(iter(before.values())))
    if shown and before:
        screen[_SOLID_BEFORE] = before
    elif not shown and _SOLID_BEFORE in screen:
        del screen[_SOLID_BEFORE]


def _match_workbench(scene: bpy.types.Scene, shown: bool) -> None:
    shading = scene.display.shading
    if shown and _SOLID_BEFORE not in scene:
        scene[_SOLID_BEFORE] = shading.color_type
        shading.color_type = "VERTEX"
    elif not shown and _SOLID_BEFORE in scene:
        if shading.color_type == "VERTEX":
            shading.color_type = scene[_SOLID_BEFORE]
        del scene[_SOLID_BEFORE]


def _weights(thing: bpy.types.Object, ramp: Ramp):
    """What the overlay colours by: [V] float32."""
    import numpy as np

    mesh = thing.data
    attribute = mesh.attributes.get(ramp.weight)
    if attribute is None or attribute.domain != "POINT" or attribute.data_type != "FLOAT":
        raise Failure(
            f"“{thing.name}” does not know any more what this overlay shows: its attribute “{ramp.weight}” is gone "
            "(by a remesh?).",
            next_step="Use Insert Again for a fresh copy that has it.",
        )
    weights = np.empty(len(mesh.vertices), np.float32)
    attribute.data.foreach_get("value", weights)
    return weights


def _colours(weights, ramp: Ramp):
    """The linear RGBA [V, 4] float32 of the weights [V]."""
    import numpy as np

    places, colours = zip(*ramp.stops, strict=True)
    channels = [np.interp(weights, places, channel) for channel in zip(*colours, strict=True)]
    return np.stack(channels, axis=1).astype(np.float32)


def _colour_points(thing: bpy.types.Object, ramp: Ramp, colours) -> None:
    """Writes the colours [V, 4] as a colour attribute and makes it the active one, which Solid shading shows."""
    attributes = thing.data.color_attributes
    active = attributes.active_color
    thing[_ACTIVE_BEFORE] = active.name if active else ""
    if ramp.colours not in attributes:
        attributes.new(ramp.colours, "FLOAT_COLOR", "POINT")
    attributes[ramp.colours].data.foreach_set("color", colours.ravel())
    attributes.active_color = attributes[ramp.colours]


def _remove_colours(thing: bpy.types.Object, ramp: Ramp) -> None:
    attributes = thing.data.color_attributes
    if ramp.colours in attributes:
        attributes.remove(attributes[ramp.colours])
    if before := attributes.get(thing.get(_ACTIVE_BEFORE, "")):
        attributes.active_color = before
    if _ACTIVE_BEFORE in thing:
        del thing[_ACTIVE_BEFORE]


@persistent
def _follow_file(*_) -> None:
    match_views()


def register():
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_follow_file)


def unregister():
    for name in _HANDLERS:
        handlers = getattr(bpy.app.handlers, name)
        if _follow_file in handlers:
            handlers.remove(_follow_file)
