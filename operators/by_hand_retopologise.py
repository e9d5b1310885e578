"""Retopologise: quads of even size beside the statue, with its texture and what is seen carried over."""

from bpy.types import Operator

from .by_hand import ByHand, hand_over


class STATUE_OT_retopologise(ByHand, Operator):
    """Build the statue anew of quads, beside it, with its texture, what is seen and its vertex groups carried over"""

    bl_idname = "statue.retopologise"
    bl_label = "Retopologise"
    bl_options = {"REGISTER"}

    def ask(self, context, thing, settings):
        return hand_over(
            context,
            thing,
            "Retopologised",
            own_vertices=False,
            request=lambda _: settings.retopologising(),
            groups=True,
        )


CLASSES = (STATUE_OT_retopologise,)
