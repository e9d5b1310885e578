"""Editing the selected statue by words: starting the job, looking at a preview, and bringing in what it made."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from bpy.props import BoolProperty
from bpy.types import Operator

from ..scene import edit_history, origin, statue
from ..session import edit_jobs, jobs, runtime
from ..statue_recon.contract import Failure
from .explain import explain
from .job import OnJob


class OnStatue:
    """An operator that asks the engine to edit the active object."""

    preview = False

    @classmethod
    def poll(cls, context):
        return explain(cls, runtime.problem() or input_problem(context))

    def execute(self, context):
        try:
            notes = ask(context, preview=self.preview)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))  # type: ignore[attr-defined]  # an operator's, which this is part of
            return {"CANCELLED"}
        for note in notes:
            self.report({"INFO"}, note)  # type: ignore[attr-defined]
        return {"FINISHED"}


class STATUE_OT_edit_by_text(OnStatue, Operator):
    """Change the selected statue as the prompt says; Blender stays usable meanwhile, and the edit can be undone"""

    bl_idname = "statue.edit_by_text"
    bl_label = "Apply"
    bl_options = {"REGISTER"}  # starting a job is no undo step; inserting its result is


class STATUE_OT_preview_edit(OnStatue, Operator):
    """See in seconds, at low resolution, where the prompt leads; the next preview or edit takes its place"""

    bl_idname = "statue.preview_edit"
    bl_label = "Preview"
    bl_options = {"REGISTER"}

    preview = True


class STATUE_OT_insert_edit(OnJob, Operator):
    """Bring this edit to the statue it was asked for"""

    bl_idname = "statue.insert_edit"
    bl_label = "Insert Edit"
    bl_options = {"REGISTER", "UNDO"}

    as_new: BoolProperty(
        name="As New Object",
        description="Beside the statue rather than into it: for one that was changed meanwhile, or an edit that is too "
        "large for its faces",
        options={"SKIP_SAVE"},
    )

    def chosen(self, context):
        return jobs.find(self.job) if self.job else jobs.current(context.scene, edit=True)

    def execute(self, context):
        job = self.chosen(context)
        if job is None:
            self.report({"WARNING"}, "This edit is not known any more")
            return {"CANCELLED"}
        try:
            edit_jobs.insert(job, jobs.scene_of(job) or context.scene, self.as_new)
        except Failure as failure:
            job.problem = str(failure)
            self.report({"ERROR"}, str(failure))
            return {"CANCELLED"}
        return {"FINISHED"}


def ask(context, preview: bool) -> tuple[str, ...]:
    """Takes the statue out of Blender and starts its edit; returns what a person should know about that."""
    from ..scene import statue_out

    thing, settings = context.object, context.scene.statue_edit
    region = statue_out.Region(settings.region, settings.group, settings.mask, settings.words)
    taken = statue_out.take(thing, region, shape=settings.what != "surface")
    asked_from = {
        **origin.origin(context.scene),
        "object": {
            **edit_history.address(thing),
            **taken.noted(),
            "matrix_world": [list(row) for row in thing.matrix_world],
        },
        "name_of_edit": f"Preview: {settings.name_of_edit}" if preview else settings.name_of_edit,
    }
    keep = settings.keep_seen and statue.has_seen(thing)
    edit_jobs.start(settings.as_request(taken.region, keep, preview), taken, thing.name, asked_from)
    return taken.notes


def input_problem(context) -> str | None:
    """Why the selected object cannot be edited as it is asked, by a look that costs nothing."""
    thing, settings = context.object, context.scene.statue_edit
    if problem := statue.not_editable(thing):
        return problem
    if not settings.prompt.strip():
        return "Write a prompt, or choose a preset"
    if settings.region == "group" and settings.group not in thing.vertex_groups:
        return "Choose a vertex group of this object under Region"
    if settings.region == "mask" and settings.mask is None:
        return "Choose the painted mask under Region"
    if settings.region == "words" and not settings.words.strip():
        return "Write which part is meant under Region, such as: the head"
    job = jobs.current(context.scene, edit=True)
    if job and job.state.active and job.origin.get("object", {}).get("id") == thing.get(edit_history.ID):
        return "An edit of this statue is under way"
    return None


CLASSES = (STATUE_OT_edit_by_text, STATUE_OT_preview_edit, STATUE_OT_insert_edit)
