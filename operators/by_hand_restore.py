"""Restore: the prior completes what is broken off, as an object of its own that can be taken away again."""

from bpy.types import Operator

from ..scene import marks, statue
from ..statue_recon.contract import Failure
from .by_hand import ByHand, hand_over
from .by_hand_mirror import select_mark
from .explain import explain


class STATUE_OT_add_room(Operator):
    """Put a ball at the break: move and stretch it over where the missing part may grow"""

    bl_idname = "statue.add_room"
    bl_label = "Add Room for It"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        thing = marks.owner(context.object)
        return explain(cls, statue.not_editable(thing) or no_break(thing, context.scene.statue_hand))

    def execute(self, context):
        from ..scene import region_out
        from ..scene.mode import object_mode

        thing = marks.owner(context.object)
        try:
            with object_mode(thing):
                place = region_out.middle(thing, break_of(context.scene.statue_hand))
                mark = marks.of(thing, marks.ROOM) or marks.add_room(thing, place)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        select_mark(context, mark)
        return {"FINISHED"}


class STATUE_OT_restore(ByHand, Operator):
    """Imagine what is missing at the marked break; comes as an object of its own, and the statue stays as it is"""

    bl_idname = "statue.restore"
    bl_label = "Restore"
    bl_options = {"REGISTER"}

    @classmethod
    def own_problem(cls, thing, settings):
        return no_break(thing, settings)

    def ask(self, context, thing, settings):
        def request(taken):
            mark = marks.of(thing, marks.ROOM)
            room = marks.ellipsoid_in(marks.in_frame(mark, thing, taken.to_engine)) if mark else None
            return settings.restoring(taken.region, room)

        region = break_of(settings)
        return hand_over(context, thing, "Restored Part", own_vertices=False, request=request, region=region)


def no_break(thing, settings) -> str | None:
    if settings.mark == "group" and settings.mark_group not in thing.vertex_groups:
        return "Choose the vertex group that marks the break"
    return None


def break_of(settings):
    """Where something is missing, as statue_out takes it."""
    from ..scene import statue_out

    return statue_out.Region(settings.mark, settings.mark_group)


CLASSES = (STATUE_OT_add_room, STATUE_OT_restore)
