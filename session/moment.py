"""Whether this is a good moment to change the scene from a timer, and the context to do it in."""

import bpy

# Modal operators that hold on to data of the scene: nothing may be inserted under their hands.
GRABBING = ("TRANSFORM_OT_", "SCULPT_OT_", "PAINT_OT_", "MESH_OT_", "OBJECT_OT_", "CURVE_OT_", "GREASE_PENCIL_OT_")


def is_good() -> bool:
    """Not while something renders, nor in the middle of a stroke or a grab, nor in an Edit Mode.

    Edit Modes have an undo stack of their own, in which an inserted object would be no step; sculpting and painting
    share the one of the file.
    """
    if bpy.app.is_job_running("RENDER"):
        return False
    if any(running.bl_idname.startswith(GRABBING) for running in _modal_operators()):
        return False
    return not any(
        window.view_layer.objects.active and _edits(window.view_layer.objects.active) for window in _windows()
    )


def _edits(thing: bpy.types.Object) -> bool:
    return thing.mode == "EDIT"


def _windows():
    return bpy.context.window_manager.windows


def _modal_operators():
    return [running for window in _windows() for running in window.modal_operators]


def window():
    """A context with a window, which timers lack and undo needs."""
    windows = _windows()
    return bpy.context.temp_override(window=windows[0]) if windows else bpy.context.temp_override()
