"""Looking at a statue through the camera that took its photo."""

from bpy.types import Operator

from ..scene import matched_camera, statue
from .explain import explain


class STATUE_OT_look_through_camera(Operator):
    """See the statue from where the photo was taken, with the render size of the photo; makes this the active camera"""

    bl_idname = "statue.look_through_camera"
    bl_label = "Look Through Matched Camera"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        if context.area is None or context.area.type != "VIEW_3D":
            return explain(cls, "Only a 3D Viewport can look through a camera")
        selected = statue.statue_of(context.object)
        if selected is None:
            return explain(cls, "Select a statue made by Statue Recon")
        camera = matched_camera.camera_of(selected)
        return explain(cls, None if camera else "The camera of this statue was deleted: use Insert Again")

    def execute(self, context):
        camera = matched_camera.camera_of(statue.statue_of(context.object))
        context.scene.camera = camera
        matched_camera.match_render_size(context.scene, camera)
        context.space_data.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}


CLASSES = (STATUE_OT_look_through_camera,)
