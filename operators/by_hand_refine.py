"""Refine again from here: the priors go on from what a person sculpted."""

from bpy.types import Operator

from .by_hand import ByHand, hand_over


class STATUE_OT_refine_again(ByHand, Operator):
    """Refine what the photo does not show, from the mesh as it is now; what Protect holds is not moved at all"""

    bl_idname = "statue.refine_again"
    bl_label = "Refine Again from Here"
    bl_options = {"REGISTER"}  # starting a job is no undo step; inserting its result is

    wants_photo = True

    @classmethod
    def own_problem(cls, thing, settings):
        if settings.protect and settings.protect not in thing.vertex_groups:
            return "The vertex group under Protect is not one of this object: choose another, or none"
        return None

    def ask(self, context, thing, settings):
        from ..scene import statue_out

        region = statue_out.Region("group", settings.protect) if settings.protect else None
        return hand_over(
            context,
            thing,
            "Refined Again",
            own_vertices=True,
            request=lambda taken: settings.refining(taken.region if region else ""),
            region=region,
        )


CLASSES = (STATUE_OT_refine_again,)
