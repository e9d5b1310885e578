"""What can be done with a job: cancel it, end its refinement, resume or discard it, read its log, open its folder."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

import bpy
from bpy.props import StringProperty
from bpy.types import Operator

from ..scene import statue
from ..session import jobs, runtime
from ..statue_recon.contract import LOG_FILE, Failure
from .explain import explain

LOG_LINES = 25  # as many as a popup holds on a laptop's screen


class OnJob:
    """An operator on one job: the given one, else the newest of the scene."""

    job: StringProperty(
        name="Job", description="Name of the job's folder; empty for the newest job", options={"HIDDEN", "SKIP_SAVE"}
    )

    def chosen(self, context):
        return jobs.find(self.job) if self.job else jobs.current(context.scene)

    def chosen_name(self, context) -> str:
        """Also of a job that this session knows only as interrupted."""
        if self.job:
            return self.job
        if newest := jobs.current(context.scene):
            return newest.id
        raise Failure("This scene has no job.", next_step="Choose one in the Image Editor's tab Statue.")


class STATUE_OT_cancel(OnJob, Operator):
    """Stop this job; the best mesh so far stays in the scene"""

    bl_idname = "statue.cancel"
    bl_label = "Cancel Reconstruction"

    @classmethod
    def poll(cls, context):
        return explain(cls, None if jobs.any_active() else "No job is running")

    def execute(self, context):
        job = self.chosen(context)
        if job is None:
            self.report({"WARNING"}, "This job is not running any more")
            return {"CANCELLED"}
        jobs.cancel(job)
        return {"FINISHED"}


class STATUE_OT_stop_here(OnJob, Operator):
    """End the refinement now and finish the statue from the shape it has reached"""

    bl_idname = "statue.stop_here"
    bl_label = "Stop Refining Here"

    @classmethod
    def poll(cls, context):
        return explain(cls, None if jobs.any_active() else "No job is running")

    def execute(self, context):
        job = self.chosen(context)
        if job is None or not job.state.stoppable:
            self.report({"WARNING"}, "This job is not refining any more")
            return {"CANCELLED"}
        jobs.stop_here(job)
        return {"FINISHED"}


class STATUE_OT_resume(OnJob, Operator):
    """Go on with a job that was interrupted when Blender closed, or try a failed one again"""

    bl_idname = "statue.resume"
    bl_label = "Resume Job"

    @classmethod
    def poll(cls, context):
        return explain(cls, runtime.problem())

    def execute(self, context):
        try:
            jobs.resume(self.chosen_name(context), context.scene)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


class STATUE_OT_discard(OnJob, Operator):
    """Delete the folder of this job; what it has put into the scene stays"""

    bl_idname = "statue.discard"
    bl_label = "Discard Job"

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context):
        try:
            jobs.discard(self.chosen_name(context))
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


class STATUE_OT_show_log(OnJob, Operator):
    """Show the last lines of this job's log"""

    bl_idname = "statue.show_log"
    bl_label = "Show Log"

    def invoke(self, context, event):
        job = self.chosen(context)
        if job is None:
            self.report({"WARNING"}, "There is no job whose log could be shown")
            return {"CANCELLED"}
        path = job.folder / LOG_FILE
        self.text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else "The log is empty."
        self.folder = job.folder
        return context.window_manager.invoke_popup(self, width=760)

    def draw(self, context):
        column = self.layout.column(align=True)
        column.scale_y = 0.8
        for line in self.text.splitlines()[-LOG_LINES:]:
            column.label(text=line[:140])
        row = self.layout.row()
        row.operator("statue.copy_text", text="Copy All", icon="COPYDOWN").text = self.text
        row.operator("statue.open_job_folder", icon="FILE_FOLDER").job = self.folder.name

    def execute(self, context):
        return {"FINISHED"}


class STATUE_OT_open_job_folder(OnJob, Operator):
    """Open the folder that holds everything this job needed and made"""

    bl_idname = "statue.open_job_folder"
    bl_label = "Open Job Folder"

    def execute(self, context):
        selected = statue.statue_of(context.object)
        folder = jobs.folder_named(self.job) if self.job else statue.job_folder(selected) if selected else None
        if folder is None or not folder.is_dir():
            self.report({"WARNING"}, "The job folder is not there any more: it was cleaned up or moved")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


class STATUE_OT_copy_text(Operator):
    """Copy this text to the clipboard"""

    bl_idname = "statue.copy_text"
    bl_label = "Copy to Clipboard"
    bl_options = {"INTERNAL"}

    text: StringProperty(name="Text", description="What is copied", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        context.window_manager.clipboard = self.text
        return {"FINISHED"}


CLASSES = (
    STATUE_OT_cancel,
    STATUE_OT_stop_here,
    STATUE_OT_resume,
    STATUE_OT_discard,
    STATUE_OT_show_log,
    STATUE_OT_open_job_folder,
    STATUE_OT_copy_text,
)
