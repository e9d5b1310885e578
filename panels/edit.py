"""The tab *Statue* of the 3D Viewport: changing the selected statue by words, and the edits it has."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel, UIList

from ..scene import edit_history, statue
from ..scene.layer_group import OPACITY
from ..session import edit_settings, jobs
from .job import draw_job
from .viewport import StatueTab
from .words import paragraph

THUMBNAIL = 5.0  # of a preset, in rows
TOO_LARGE = "topology"  # in a note of the engine's: the faces are stretched or folded by the edit
KINDS = {"shape": "MOD_SMOOTH", "surface": "TEXTURE", "both": "MATERIAL"}


class STATUE_PT_edit(StatueTab, Panel):
    bl_label = "Edit by Text"

    def draw(self, context):
        layout, thing, settings = self.layout, context.object, context.scene.statue_edit
        width = context.region.width
        if problem := statue.not_editable(thing):
            paragraph(layout, f"{iface_(problem)}.", width, icon="INFO")
            return
        if edit_history.is_variant(thing):
            draw_variant(layout.box(), thing, width)
            return
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_words(layout, settings, width)
        draw_region(layout, settings, thing)
        draw_keep(layout, settings, thing, width)
        draw_making(layout, settings)
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.operator("statue.preview_edit", icon="HIDE_OFF")
        row.operator("statue.edit_by_text", icon="CHECKMARK")
        job = jobs.current(context.scene, edit=True)
        if job and not job.origin.get("by_hand"):
            draw_job(layout.box().column(), job, width)


class STATUE_PT_edits(StatueTab, Panel):
    bl_label = "Edits"
    bl_parent_id = "STATUE_PT_edit"

    @classmethod
    def poll(cls, context):
        return statue.not_editable(context.object) is None and len(context.object.statue_edits) > 0

    def draw(self, context):
        layout, thing = self.layout, context.object
        row = layout.row()
        row.template_list("STATUE_UL_edits", "", thing, "statue_edits", thing, "statue_edit_index", rows=4)
        column = row.column(align=True)
        column.operator("statue.remove_edit", text="", icon="REMOVE")
        column.separator()
        column.operator("statue.move_edit", text="", icon="TRIA_UP").direction = "DOWN"
        column.operator("statue.move_edit", text="", icon="TRIA_DOWN").direction = "UP"
        column.separator()
        column.operator("statue.merge_edit", text="", icon="AUTOMERGE_ON")
        if thing.statue_edit_index < len(thing.statue_edits):
            draw_edit(layout, thing.statue_edits[thing.statue_edit_index], context.region.width)


class STATUE_UL_edits(UIList):
    def draw_item(self, _context, layout, _data, item, _icon, _active, _name, index):
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon=KINDS.get(item.told.get("what", ""), "GREASEPENCIL"))
        shown = edit_history.shown(item)
        eye = row.operator("statue.show_edit", text="", icon="HIDE_OFF" if shown else "HIDE_ON", emboss=False)
        eye.index = index


def draw_variant(box, thing, width: int) -> None:
    """One of several results to choose from."""
    edit = thing.statue_edits[-1] if len(thing.statue_edits) else None
    number = thing[edit_history.VARIANT_NUMBER] + 1
    box.label(text=iface_("Variant {number}").format(number=number), icon="DUPLICATE")
    if edit:
        paragraph(box, edit.name, width)
    row = box.row()
    row.scale_y = 1.4
    row.operator("statue.keep_variant", icon="CHECKMARK")


def draw_words(layout, settings, width: int) -> None:
    """What the statue shall become, with the words marked that the prior does not know."""
    column = layout.column()
    if edit_settings.has_thumbnail(settings.preset):
        column.template_icon_view(settings, "preset", show_labels=True, scale=THUMBNAIL, scale_popup=THUMBNAIL)
    column.prop(settings, "preset", text="")
    words = edit_settings.unknown_words(settings)
    row = column.row()
    row.alert = bool(words)
    row.prop(settings, "prompt", text="", icon="GREASEPENCIL", placeholder=iface_("What it shall become"))
    column.prop(settings, "avoid", text="", icon="CANCEL", placeholder=iface_("What to avoid"))
    if words:
        told = iface_("The bundled prior does not know: {words}.").format(words=", ".join(words))
        told_of = layout.column(align=True)
        paragraph(told_of, told, width, icon="ERROR")
        if settings.what != "shape" and not edit_settings.free_text_installed():
            paragraph(told_of, iface_("Free text needs Stable Diffusion: Preferences, Models."), width, icon="BLANK1")
    row = layout.row(align=True)
    row.prop(settings, "what", expand=True)
    layout.prop(settings, "strength")


def draw_region(layout, settings, thing) -> None:
    column = layout.column()
    column.prop(settings, "region")
    if settings.region == "group":
        column.prop_search(settings, "group", thing, "vertex_groups")
    elif settings.region in ("mask", "words"):
        column.prop(settings, settings.region)
    if settings.region != "all":
        column.prop(settings, "border")


def draw_keep(layout, settings, thing, width: int) -> None:
    """Greyed with the reason where nobody knows what a photo shows."""
    known = statue.has_seen(thing)
    column = layout.column()
    row = column.row()
    row.enabled = known
    row.use_property_split = False
    row.prop(settings, "keep_seen")
    if not known:
        why = iface_("This mesh has no attribute “seen”: no photo is known to show it.")
        paragraph(column.column(align=True), why, width, icon="INFO")


def draw_making(layout, settings) -> None:
    header, body = layout.panel("statue_edit_making", default_closed=True)
    header.label(text="Prior and Variants")
    for name in ("prior", "seed", "variants") if body else ():
        body.prop(settings, name)


def draw_edit(layout, edit, width: int) -> None:
    """How strong the chosen edit is, and what the engine had to say of it."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    key, node = edit_history.key_of(edit), edit_history.layer_of(edit)
    column = layout.column(align=True)
    if key:
        column.prop(key, "value", text="Shape", slider=True)
    if node:
        column.prop(node.inputs[OPACITY], "default_value", text="Surface", slider=True)
    told = edit.told
    if told.get("what") in ("shape", "both") and not key and edit.key:
        gone = iface_("Its shape key “{name}” was renamed or removed.").format(name=edit.key)
        paragraph(layout, gone, width, icon="ERROR")
    for note in told.get("notes", ()):
        paragraph(layout.column(align=True), note, width, icon="INFO")
    if any(TOO_LARGE in note for note in told.get("notes", ())):
        layout.operator("statue.edit_as_new", icon="DUPLICATE")
    if unknown := told.get("unknown"):
        words = iface_("Not understood: {words}.").format(words=", ".join(unknown))
        paragraph(layout, words, width, icon="ERROR")
    if "prior" in told:  # work by hand may have asked none
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(text=iface_("{prior}, seed {seed}").format(prior=told["prior"], seed=told.get("seed", "?")))


CLASSES = (STATUE_UL_edits, STATUE_PT_edit, STATUE_PT_edits)
