"""The tab *Statue* of the 3D Viewport: working on the selected statue by hand, with the engine's help."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel

from ..scene import edit_history, marks, overrule, statue
from ..session import jobs
from .job import draw_job
from .viewport import StatueTab
from .words import paragraph


class STATUE_PT_by_hand(StatueTab, Panel):
    bl_label = "By Hand"

    def draw(self, context):
        layout, thing, settings = self.layout, marks.owner(context.object), context.scene.statue_hand
        width = context.region.width
        if problem := statue.not_editable(thing):
            paragraph(layout, f"{iface_(problem)}.", width, icon="INFO")
            return
        if edit_history.is_variant(thing):
            paragraph(layout, iface_("Keep one of the variants first."), width, icon="INFO")
            return
        if thing != context.object:
            layout.label(text=iface_("Of {name}").format(name=thing.name), icon="OBJECT_DATA")
        layout.use_property_split = True
        layout.use_property_decorate = False
        for title, name, draw, closed in PARTS:
            header, body = layout.panel(f"statue_by_hand_{name}", default_closed=closed)
            header.label(text=title)
            if body:
                draw(body, settings, thing, width)
        job = jobs.current(context.scene, edit=True)
        if job and job.origin.get("by_hand"):
            draw_job(layout.box().column(), job, width)


def draw_refine(layout, settings, thing, _width: int) -> None:
    column = layout.column()
    column.prop_search(settings, "protect", thing, "vertex_groups")
    column.prop(settings, "quality")
    column.prop(settings, "steps")
    column.prop(settings, "prior")
    button(layout, "statue.refine_again", "MOD_SMOOTH")


def draw_photo(layout, _settings, thing, width: int) -> None:
    painted = overrule.painting(thing)
    split = layout.split(factor=0.4)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text="Paint as")
    row = split.row(align=True)
    row.operator("statue.paint_seen", text="Seen", depress=painted == overrule.AS_SEEN)
    row.operator("statue.paint_invented", text="Invented", depress=painted == overrule.AS_INVENTED)
    if painted:
        paragraph(layout.column(align=True), iface_("Hold Ctrl to take paint away."), width, icon="INFO")
        layout.operator("statue.paint_done", icon="CHECKMARK")
    elif overrule.known(thing):
        layout.operator("statue.paint_wipe", icon="LOOP_BACK")
    button(layout, "statue.project_again", "MOD_UVPROJECT")


def draw_other_side(layout, settings, thing, width: int) -> None:
    mark = marks.of(thing, marks.SYMMETRY)
    layout.row().prop(settings, "fill", expand=True)
    layout.prop(settings, "fill_border")
    if mark is None:
        paragraph(layout.column(align=True), iface_("Without a plane, one is looked for."), width, icon="INFO")
        layout.operator("statue.add_symmetry", icon="MESH_PLANE")
    else:
        layout.operator("statue.add_symmetry", text="Select Symmetry Plane", icon="RESTRICT_SELECT_OFF")
    button(layout, "statue.fill_other_side", "MOD_MIRROR")


def draw_restore(layout, settings, thing, _width: int) -> None:
    mark = marks.of(thing, marks.ROOM)
    layout.row().prop(settings, "mark", expand=True)
    if settings.mark == "group":
        layout.prop_search(settings, "mark_group", thing, "vertex_groups")
    if mark is None:
        layout.prop(settings, "reach")
        layout.operator("statue.add_room", icon="SPHERE")
    else:
        layout.operator("statue.add_room", text="Select Room for It", icon="RESTRICT_SELECT_OFF")
    layout.prop(settings, "seed")
    button(layout, "statue.restore", "MOD_BUILD")


def draw_retopologise(layout, settings, _thing, _width: int) -> None:
    layout.prop(settings, "faces")
    layout.prop(settings, "displacement")
    button(layout, "statue.retopologise", "MOD_REMESH")


def button(layout, operator: str, icon: str) -> None:
    """What a part of the panel is there for."""
    row = layout.row()
    row.scale_y = 1.2
    row.operator(operator, icon=icon)


PARTS = (
    ("Refine Again", "refine", draw_refine, False),
    ("What the Photo Shows", "photo", draw_photo, False),
    ("The Other Side", "other_side", draw_other_side, True),
    ("Restore (Experimental)", "restore", draw_restore, True),
    ("Retopologise", "retopologise", draw_retopologise, True),
)

CLASSES = (STATUE_PT_by_hand,)
