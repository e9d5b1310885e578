"""Putting a result into the scene: when its job is done, and again on request."""

from bpy.types import Operator

from ..scene import statue
from ..session import jobs
from ..statue_recon.contract import Failure
from .explain import explain
from .job import OnJob


class STATUE_OT_insert_result(OnJob, Operator):
    """Put the result of this job into the scene"""

    bl_idname = "statue.insert_result"
    bl_label = "Insert Result"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        job = self.chosen(context)
        if job is None:
            self.report({"WARNING"}, "This job is not known any more")
            return {"CANCELLED"}
        scene = jobs.scene_of(job) or context.scene
        try:
            jobs.insert_now(job, scene)
        except Failure as failure:
            job.problem = str(failure)
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


class STATUE_OT_insert_again(Operator):
    """Put a fresh copy of this statue into the scene as it came from the engine, beside the one you have"""

    bl_idname = "statue.insert_again"
    bl_label = "Insert Again"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return explain(cls, None if statue.statue_of(context.object) else "Select a statue made by Statue Recon")

    def execute(self, context):
        from ..scene import insert

        try:
            insert.insert_again(context.scene, statue.job_folder(statue.statue_of(context.object)))
        except Failure as failure:
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (STATUE_OT_insert_result, STATUE_OT_insert_again)
