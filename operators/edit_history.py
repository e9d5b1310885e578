"""What can be done with the edits a statue has: show, order, remove, merge them, and choose among variants."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable

from bpy.props import EnumProperty, IntProperty
from bpy.types import Operator

from ..scene import edit_history, statue
from ..statue_recon.contract import Failure
from .explain import explain


class OnEdit:
    """An operator on one edit of the active object: the given one, else the one chosen in the list."""

    index: IntProperty(
        name="Edit", description="Its place in the list; the chosen one if below 0", default=-1, options={"SKIP_SAVE"}
    )

    change: Callable[..., set[str]]  # does it to the edit at this place of the object's list; may raise Failure

    @classmethod
    def poll(cls, context):
        return explain(cls, cls.problem(context.object))

    @classmethod
    def problem(cls, thing) -> str | None:
        if reason := statue.not_editable(thing):
            return reason
        return None if len(thing.statue_edits) else "This object has no edits yet"

    def place(self, thing) -> int:
        place = thing.statue_edit_index if self.index < 0 else self.index
        return min(place, len(thing.statue_edits) - 1)

    def execute(self, context):
        try:
            return self.change(context.object, self.place(context.object))
        except Failure as failure:
            self.report({"ERROR"}, str(failure))  # type: ignore[attr-defined]  # an operator's, which this is part of
            return {"CANCELLED"}


class STATUE_OT_show_edit(OnEdit, Operator):
    """Show or hide what this edit does; its strength is kept"""

    bl_idname = "statue.show_edit"
    bl_label = "Show Edit"
    bl_options = {"REGISTER", "UNDO"}

    def change(self, thing, place):
        edit = thing.statue_edits[place]
        edit_history.show(edit, not edit_history.shown(edit))
        return {"FINISHED"}


class STATUE_OT_move_edit(OnEdit, Operator):
    """Put this edit's surface over or under the next one; shapes add up in any order"""

    bl_idname = "statue.move_edit"
    bl_label = "Move Edit"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(
        name="Direction",
        description="Where to",
        items=(("UP", "Up", "Over the next one"), ("DOWN", "Down", "Under the one below it")),
    )

    def change(self, thing, place):
        to = place + (1 if self.direction == "UP" else -1)  # the list is drawn with the uppermost last
        if not 0 <= to < len(thing.statue_edits):
            return {"CANCELLED"}
        edit_history.move(thing, place, to)
        return {"FINISHED"}


class STATUE_OT_remove_edit(OnEdit, Operator):
    """Take this edit out of the statue, with its shape key and its layer"""

    bl_idname = "statue.remove_edit"
    bl_label = "Remove Edit"
    bl_options = {"REGISTER", "UNDO"}

    def change(self, thing, place):
        from ..scene import edits

        edits.remove(thing, place)
        return {"FINISHED"}


class STATUE_OT_merge_edit(OnEdit, Operator):
    """Make one edit of this and the one before it, looking as they do now: one shape key, one layer, one slider"""

    bl_idname = "statue.merge_edit"
    bl_label = "Merge with Previous"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, thing) -> str | None:
        if reason := super().problem(thing):
            return reason
        return None if thing.statue_edit_index > 0 else "There is no edit before this one to merge it with"

    def change(self, thing, place):
        from ..scene import edits

        if place < 1:
            return {"CANCELLED"}
        edits.merge(thing, place)
        return {"FINISHED"}


class STATUE_OT_edit_as_new(OnEdit, Operator):
    """Put the statue with this edit beside the one without it: for a change too large for its faces, to be remeshed"""

    bl_idname = "statue.edit_as_new"
    bl_label = "As New Object"
    bl_options = {"REGISTER", "UNDO"}

    def change(self, thing, place):
        from ..scene import edits

        edits.as_new_object(thing, place)
        return {"FINISHED"}


class STATUE_OT_keep_variant(Operator):
    """Keep this variant: its edit goes to the statue it was made of, and the other variants are deleted"""

    bl_idname = "statue.keep_variant"
    bl_label = "Keep This One"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        chosen = edit_history.is_variant(context.object)
        return explain(cls, None if chosen else "Select one of the variants of an edit")

    def execute(self, context):
        from ..scene import edits

        try:
            kept = edits.keep(context.object)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        if kept.name in context.view_layer.objects:
            context.view_layer.objects.active = kept
            kept.select_set(True)
        return {"FINISHED"}


CLASSES = (
    STATUE_OT_show_edit,
    STATUE_OT_move_edit,
    STATUE_OT_remove_edit,
    STATUE_OT_merge_edit,
    STATUE_OT_edit_as_new,
    STATUE_OT_keep_variant,
)
