"""The tab *Statue* of the Image Editor: from the photo shown to a job, and how the job stands."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel

from ..session import fit, jobs, models, preferences, runtime
from .job import draw_interrupted, draw_job
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
        draw_outlook(layout, fit.answer(context.scene), context.region.width)
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
    imagined = ("samples", "refine_steps") if settings.prior != "none" else ()
    draw_more(layout, "statue_hidden_side", "Hidden Side", settings, (*imagined, "seed"))
    told = ("elevation",) if settings.elevation_source == "set" else ()
    draw_more(layout, "statue_camera", "Camera of the Photo", settings, ("lens", "elevation_source", *told))
    light = ("delight",) if models.can("albedo") else ()
    draw_more(layout, "statue_outcome", "Mesh and Texture", settings, ("faces", "quads", "texture", "mirror", *light))


def draw_outlook(layout, outlook, width: int) -> None:
    """Whether the job that the button starts will fit, and how long it will take."""
    column = layout.column()
    for words in filter(None, (outlook.blocked, *outlook.warnings)):
        paragraph(column, words, width, icon="ERROR")
    if outlook.seconds is not None:
        words = "About {time}, as the last time" if outlook.measured else "About {time} on a small laptop"
        column.label(text=iface_(words).format(time=duration(outlook.seconds)), icon="TIME")


def draw_more(layout, identifier: str, title: str, settings, names: tuple[str, ...]) -> None:
    """Settings few people need, closed until somebody opens them."""
    header, body = layout.panel(identifier, default_closed=True)
    header.label(text=title)
    for name in names if body else ():
        body.prop(settings, name)


CLASSES = (STATUE_PT_reconstruct, STATUE_PT_other_jobs)
