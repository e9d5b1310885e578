"""Pressing Reconstruct: the image shown becomes a job."""

import bpy
from bpy.types import Operator

from ..scene import origin
from ..session import fit, jobs, runtime
from ..session.settings import as_request
from ..statue_recon.contract import Failure
from .explain import explain


def photo_of(context) -> bpy.types.Image | None:
    """The image of the Image Editor the mouse is in, else of the first one on the screen."""
    areas = [context.area, *(context.screen.areas if context.screen else ())]
    for area in areas:
        if area and area.type == "IMAGE_EDITOR" and area.spaces.active.image:
            return area.spaces.active.image
    return None


class STATUE_OT_reconstruct(Operator):
    """Build a textured mesh of the statue in the image shown; Blender stays usable meanwhile"""

    bl_idname = "statue.reconstruct"
    bl_label = "Reconstruct"
    bl_options = {"REGISTER"}  # starting a job is no undo step; inserting its result is

    @classmethod
    def poll(cls, context):
        return explain(cls, runtime.problem() or input_problem(context) or fit.blocked(context.scene))

    def execute(self, context):
        from ..scene import snapshot

        settings = context.scene.statue
        try:
            photo = snapshot.snapshot(photo_of(context))
            painted = settings.mask_source == "painted"
            mask = snapshot.mask_snapshot(settings.mask_image, photo) if painted else None
            jobs.start(as_request(settings), photo, mask, origin.origin(context.scene))
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


def input_problem(context) -> str | None:
    """Why the photo or the mask cannot be used, by a look that costs nothing."""
    from ..scene import snapshot

    photo = photo_of(context)
    if photo is None:
        return "No photo: open one in an Image Editor first"
    settings = context.scene.statue
    if settings.mask_source == "painted":
        if settings.mask_image is None:
            return "No mask: choose the painted image under Mask Image, or set Mask to Automatic"
        if settings.mask_image == photo:
            return "The photo cannot be its own mask: choose the image that was painted as mask"
        return snapshot.problem(photo) or snapshot.problem(settings.mask_image)
    return snapshot.problem(photo)


CLASSES = (STATUE_OT_reconstruct,)
