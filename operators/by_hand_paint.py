"""Overruling with a brush what the photo is said to show."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

import bpy
from bpy.types import Operator

from ..scene import marks, overrule, statue
from ..statue_recon.contract import Failure
from .explain import explain


class Painting:
    """An operator that puts a brush for one of the two groups into the hand."""

    group = ""

    @classmethod
    def poll(cls, context):
        return explain(cls, statue.not_editable(marks.owner(context.object)))

    def execute(self, context):
        thing = marks.owner(context.object)
        if thing.mode not in ("OBJECT", "WEIGHT_PAINT"):
            bpy.ops.object.mode_set(mode="OBJECT")
        select_alone(context, thing)
        overrule.begin(thing, self.group)
        if thing.mode != "WEIGHT_PAINT":
            bpy.ops.object.mode_set(mode="WEIGHT_PAINT")
        set_up_brush(context)
        return {"FINISHED"}


class STATUE_OT_paint_seen(Painting, Operator):
    """Paint where the surface shall count as seen: it is kept by edits, and refinement does not move it"""

    bl_idname = "statue.paint_seen"
    bl_label = "Paint as Seen"
    bl_options = {"REGISTER", "UNDO"}

    group = overrule.AS_SEEN


class STATUE_OT_paint_invented(Painting, Operator):
    """Paint where the surface shall count as invented, whatever the photo shows: edits and refinement may change it"""

    bl_idname = "statue.paint_invented"
    bl_label = "Paint as Invented"
    bl_options = {"REGISTER", "UNDO"}

    group = overrule.AS_INVENTED


class STATUE_OT_paint_done(Operator):
    """Leave the brush, and let what was painted count"""

    bl_idname = "statue.paint_done"
    bl_label = "Done Painting"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        thing = context.object
        busy = thing is not None and thing.type == "MESH" and overrule.painting(thing)
        return explain(cls, None if busy else "Nothing is being painted as seen or as invented")

    def execute(self, context):
        bpy.ops.object.mode_set(mode="OBJECT")
        return let_count(self, context.object, overrule.apply)


class STATUE_OT_paint_wipe(Operator):
    """Forget all that was painted: the photo alone says again what is seen"""

    bl_idname = "statue.paint_wipe"
    bl_label = "Back to What the Photo Says"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        thing = marks.owner(context.object)
        if reason := statue.not_editable(thing):
            return explain(cls, reason)
        return explain(cls, None if overrule.known(thing) else "Nothing was painted as seen or as invented")

    def execute(self, context):
        thing = marks.owner(context.object)
        if thing.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        return let_count(self, thing, overrule.wipe)


def let_count(operator, thing, change) -> set[str]:
    try:
        change(thing)
    except Failure as failure:
        operator.report({"ERROR"}, str(failure))
        return {"CANCELLED"}
    return {"FINISHED"}


def select_alone(context, thing) -> None:
    """Paint modes are entered by the active object."""
    if context.view_layer.objects.active != thing:
        for other in context.selected_objects:
            other.select_set(False)
        thing.select_set(True)
        context.view_layer.objects.active = thing


def set_up_brush(context) -> None:
    """Full weight at full strength: a vertex is painted, or it is not."""
    paint = context.tool_settings.weight_paint
    unified = getattr(paint, "unified_paint_settings", None) or context.tool_settings.unified_paint_settings
    for settings in filter(None, (unified, paint.brush)):
        settings.weight = settings.strength = 1.0
    context.tool_settings.use_auto_normalize = False  # the two groups are no shares of a whole
    context.tool_settings.use_multipaint = False


CLASSES = (STATUE_OT_paint_seen, STATUE_OT_paint_invented, STATUE_OT_paint_done, STATUE_OT_paint_wipe)
