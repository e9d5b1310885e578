"""Fill from the other side: what no photo shows becomes what it shows beyond a plane of symmetry."""

from bpy.types import Operator

from ..scene import marks, statue
from .by_hand import ByHand, hand_over
from .by_hand_paint import select_alone
from .explain import explain


class STATUE_OT_add_symmetry(Operator):
    """Put a plane of symmetry through the statue where its halves match best; move and turn it as you like"""

    bl_idname = "statue.add_symmetry"
    bl_label = "Add Symmetry Plane"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return explain(cls, statue.not_editable(marks.owner(context.object)))

    def execute(self, context):
        from ..scene import symmetry
        from ..scene.mode import object_mode

        thing = marks.owner(context.object)
        with object_mode(thing):
            mark = marks.of(thing, marks.SYMMETRY) or marks.add_symmetry(thing, symmetry.found(thing))
        select_mark(context, mark)
        return {"FINISHED"}


class STATUE_OT_fill_other_side(ByHand, Operator):
    """Fill what the photo does not show with what it shows on the other side; comes as a shape key and a layer"""

    bl_idname = "statue.fill_other_side"
    bl_label = "Fill from the Other Side"
    bl_options = {"REGISTER"}

    @classmethod
    def own_problem(cls, thing, settings):
        if not statue.has_seen(thing):
            return "This mesh has no attribute “seen”: paint what is seen first (Paint as Seen)"
        return None

    def ask(self, context, thing, settings):
        def request(taken):
            mark = marks.of(thing, marks.SYMMETRY)
            if mark is None:
                return settings.mirroring(None)
            point, normal = marks.plane_in(marks.in_frame(mark, thing, taken.to_engine))
            return settings.mirroring([*point, *normal])

        own = settings.fill != "surface"
        return hand_over(context, thing, "Filled from the Other Side", own_vertices=own, request=request)


def select_mark(context, mark) -> None:
    """The next thing a person does with a mark is to move it; a statue in another mode than Object stays active."""
    if context.object is None or context.object.mode == "OBJECT":
        select_alone(context, mark)


CLASSES = (STATUE_OT_add_symmetry, STATUE_OT_fill_other_side)
