"""Looking at a statue: through the camera that took its photo, and as the voxel grid it began as."""

from bpy.types import Operator

from ..scene import matched_camera, statue
from ..statue_recon.contract import Failure
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


class STATUE_OT_show_voxels(Operator):
    """Show the coarse volume this statue began as, cell by cell, in place of the statue; press again to go back"""

    bl_idname = "statue.show_voxels"
    bl_label = "Show Voxel Grid"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return explain(cls, no_voxels(context))

    def execute(self, context):
        from ..scene import voxels

        made = with_voxels(context)
        try:
            change = voxels.hide if statue.voxels_shown(made) else voxels.show
            change(made, context.view_layer)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


def with_voxels(context):
    """The statue whose grid is meant: the selected one, else one that cannot be selected because its grid is gone."""
    return statue.statue_of(context.object) or statue.left_hidden(context.scene)


def no_voxels(context) -> str | None:
    """What stands against showing a voxel grid."""
    made = with_voxels(context)
    if made is None:
        return "Select a statue made by Statue Recon"
    if made.library:
        return "This statue is linked from another file and cannot be changed here"
    if made.get(statue.KIND) != statue.RESULT:
        return "There is a voxel grid when the job is done"
    return "Go to Object Mode first" if context.mode != "OBJECT" else None


CLASSES = (STATUE_OT_look_through_camera, STATUE_OT_show_voxels)
