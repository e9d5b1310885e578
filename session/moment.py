"""Whether the scene may be changed from a timer now, and the context to do it in."""

import bpy

# Modal operators that hold on to data of the scene: nothing may be inserted under their hands.
GRABBING = ("TRANSFORM_OT_", "SCULPT_OT_", "PAINT_OT_", "MESH_OT_", "OBJECT_OT_", "CURVE_OT_", "GREASE_PENCIL_OT_")


def obstacle() -> str | None:
    """Why nothing may be put into a scene right now, for people; None when it may.

    Edit Modes have an undo stack of their own, in which an inserted object would be no step; sculpting and painting
    share the one of the file.
    """
    if bpy.app.is_job_running("RENDER"):
        return "Waits until the render is done"
    if any(running.bl_idname.startswith(GRABBING) for running in _modal_operators()):
        return "Waits until you let go"
    active = [window.view_layer.objects.active for window in _windows()]
    if any(thing and thing.mode == "EDIT" for thing in active):
        return "Waits until you leave Edit Mode"
    return None


def _windows():
    return bpy.context.window_manager.windows


def _modal_operators():
    return [running for window in _windows() for running in window.modal_operators]


def window():
    """A context with a window, which timers lack and undo needs."""
    windows = _windows()
    return bpy.context.temp_override(window=windows[0]) if windows else bpy.context.temp_override()
