"""The tab *Statue* of the Image Editor: from the photo shown to a job, and how the job stands."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel

from ..session import jobs, preferences, runtime
from .words import duration, paragraph


class StatueTab:
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Statue"


class STATUE_PT_reconstruct(StatueTab, Panel):
    bl_label = "Reconstruct"

    def draw(self, context):
        layout = self.layout
        draw_engine_problem(layout, context.region.width)
        draw_settings(layout, context.scene.statue)
        row = layout.row()
        row.scale_y = 1.5
        row.operator("statue.reconstruct", icon="MESH_MONKEY")
        if job := jobs.current(context.scene):
            draw_job(layout.box().column(), job, context.region.width)


class STATUE_PT_other_jobs(StatueTab, Panel):
    bl_label = "Other Jobs"

    @classmethod
    def poll(cls, context):
        return bool(jobs.others(context.scene) or jobs.interrupted())

    def draw(self, context):
        for job in jobs.others(context.scene):
            draw_job(self.layout.box().column(), job, context.region.width)
        for name, title in jobs.interrupted().items():
            draw_interrupted(self.layout.box().column(), name, title)


def draw_engine_problem(layout, width: int) -> None:
    """What keeps every job from running, with the way to mend it."""
    problem = runtime.problem()
    if problem is None:
        return
    box = layout.box()
    paragraph(box, problem, width, icon="INFO")
    state = runtime.set_up_state()
    if state and state.running:
        box.progress(factor=state.fraction, text=state.message)
    box.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = preferences.PACKAGE


def draw_settings(layout, settings) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.prop(settings, "mask_source")
    if settings.mask_source == "painted":
        column.prop(settings, "mask_image")
    column.prop(settings, "quality")
    column.prop(settings, "prior")
    imagined = ("samples",) if settings.prior != "none" else ()
    draw_more(layout, "statue_hidden_side", "Hidden Side", settings, (*imagined, "seed"))
    told = ("elevation",) if settings.elevation_source == "set" else ()
    draw_more(layout, "statue_camera", "Camera of the Photo", settings, ("lens", "elevation_source", *told))
    draw_more(layout, "statue_outcome", "Mesh and Texture", settings, ("faces", "quads", "texture", "mirror"))


def draw_more(layout, identifier: str, title: str, settings, names: tuple[str, ...]) -> None:
    """Settings few people need, closed until somebody opens them."""
    header, body = layout.panel(identifier, default_closed=True)
    header.label(text=title)
    for name in names if body else ():
        body.prop(settings, name)


def draw_job(column, job, width: int) -> None:
    """One job: while it runs how far it is, afterwards what became of it."""
    state = job.state
    column.label(text=job.title, icon="IMAGE_DATA")
    if state.active:
        draw_running(column, job, state, width)
    else:
        draw_outcome(column, job, state, width)


def draw_running(column, job, state, width: int) -> None:
    if state.status == "queued":
        column.label(text="Waiting for the job before it", icon="SORTTIME")
    else:
        column.progress(factor=state.fraction, text=iface_(state.stage))
        column.label(text=times(state), icon="TIME")
        if state.message:
            paragraph(column, state.message, width, icon="INFO")
    row = column.row(align=True)
    row.enabled = state.status != "cancelling"
    if state.stoppable:
        row.operator("statue.stop_here", text="Stop Here", icon="CHECKMARK").job = job.id
    row.operator("statue.cancel", text="Cancel", icon="X").job = job.id


def times(state) -> str:
    """“12 s, about 15 s left”."""
    elapsed = duration(state.seconds)
    if state.seconds_left is None:
        return elapsed
    return iface_("{elapsed}, about {left} left").format(elapsed=elapsed, left=duration(state.seconds_left))


def draw_outcome(column, job, state, width: int) -> None:
    if state.status == "done":
        paragraph(column, state.result.summary, width, icon="CHECKMARK")
        column.label(text=iface_("Took {time}").format(time=duration(state.result.seconds)), icon="TIME")
        if not job.inserted:
            paragraph(column, iface_(jobs.why_waiting(job)), width, icon="ERROR" if job.problem else "PAUSE")
            column.operator("statue.insert_result", text="Insert Here", icon="IMPORT").job = job.id
    elif state.status == "cancelled":
        kept = (
            "Cancelled. The mesh so far stays in the scene." if state.preview else "Cancelled before there was a mesh."
        )
        paragraph(column, iface_(kept), width, icon="CANCEL")
    else:
        paragraph(column, state.failure, width, icon="ERROR")
        paragraph(column, state.next_step, width, icon="FORWARD")
        row = column.row(align=True)
        row.operator("statue.resume", text="Try Again", icon="FILE_REFRESH").job = job.id
        row.operator("statue.discard", text="Discard", icon="TRASH").job = job.id
    column.operator("statue.show_log", icon="TEXT").job = job.id


def draw_interrupted(column, name: str, title: str) -> None:
    column.label(text=title, icon="IMAGE_DATA")
    column.label(text="Interrupted when Blender closed", icon="PAUSE")
    row = column.row(align=True)
    row.operator("statue.resume", text="Resume", icon="PLAY").job = name
    row.operator("statue.discard", text="Discard", icon="TRASH").job = name


CLASSES = (STATUE_PT_reconstruct, STATUE_PT_other_jobs)
