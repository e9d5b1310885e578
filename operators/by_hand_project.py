"""Project the photo again: after hand work the mesh gets the photo's colours where it shows them now."""

from bpy.types import Operator

from .by_hand import ByHand, hand_over


class STATUE_OT_project_again(ByHand, Operator):
    """Lay the photo on the mesh as it is now, and find anew what it shows; comes as a layer over the texture"""

    bl_idname = "statue.project_again"
    bl_label = "Project the Photo Again"
    bl_options = {"REGISTER"}

    wants_photo = True

    def ask(self, context, thing, settings):
        return hand_over(
            context, thing, "Photo Projected Again", own_vertices=True, request=lambda _: settings.projecting()
        )


CLASSES = (STATUE_OT_project_again,)
