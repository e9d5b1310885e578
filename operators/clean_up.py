"""Giving back the disk space of old jobs."""

from bpy.types import Operator

from ..session import jobs


class STATUE_OT_clean_up_jobs(Operator):
    """Remove the oldest finished jobs until all fit the size limit; statues in your scenes stay"""

    bl_idname = "statue.clean_up_jobs"
    bl_label = "Clean Up Jobs"

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context):
        freed = jobs.clean_up()
        self.report({"INFO"}, f"{freed / 2**20:.0f} MB freed")
        return {"FINISHED"}


CLASSES = (STATUE_OT_clean_up_jobs,)
