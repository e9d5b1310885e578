"""The tab *Statue* of the 3D Viewport: what can be seen and known of the selected statue."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel

from ..scene import statue
from ..scene.ramps import DOUBT_RAMP
from .words import paragraph


class StatueTab:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Statue"


class STATUE_PT_statue(StatueTab, Panel):
    bl_label = "Statue"

    def draw(self, context):
        layout = self.layout
        selected = statue.statue_of(context.object)
        if selected is None:
            hint = iface_("Select a statue made by Statue Recon, or make one in the Image Editor's tab Statue.")
            paragraph(layout, hint, context.region.width, icon="INFO")
            if statue.left_hidden(context.scene):
                layout.operator("statue.show_voxels", text="Show Statue", icon="HIDE_OFF")
            return
        layout.label(text=selected.name, icon="OBJECT_DATA")
        layout.operator("statue.look_through_camera", icon="VIEW_CAMERA")
        draw_voxels(layout, selected)
        column = layout.column(heading="Show", align=True)
        column.prop(selected.statue, "show_photo")
        column.prop(selected.statue, "show_seen")
        column.prop(selected.statue, "show_doubt")
        if selected.statue.show_seen:
            draw_legend(layout)
        elif selected.statue.show_doubt:
            draw_doubt_legend(layout, selected, context.scene.unit_settings.scale_length)
        layout.separator()
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(selected.statue, "height")
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(text=iface_("{faces:,} faces").format(faces=statue.face_count(selected)))


class STATUE_PT_provenance(StatueTab, Panel):
    bl_label = "Provenance"
    bl_parent_id = "STATUE_PT_statue"
    bl_options = {"DEFAULT_CLOSED"}  # long, and what can be done with a statue comes after it

    @classmethod
    def poll(cls, context):
        return statue.statue_of(context.object) is not None

    def draw(self, context):
        selected = statue.statue_of(context.object)
        column = self.layout.column(align=True)
        for line in statue.provenance_lines(selected):
            column.label(text=line)
        row = self.layout.row(align=True)
        row.operator("statue.insert_again", icon="DUPLICATE")
        row.operator("statue.open_job_folder", icon="FILE_FOLDER")


def draw_voxels(layout, selected) -> None:
    """The button between the statue and the volume it began as."""
    if statue.voxels_shown(selected):
        layout.operator("statue.show_voxels", text="Show Statue", icon="MESH_MONKEY")
    else:
        layout.operator("statue.show_voxels", icon="MESH_CUBE")


def draw_legend(layout) -> None:
    """Which colour of the overlay means what (the colours are scene/ramps.py's)."""
    row = layout.row(align=True)
    row.label(text="Seen", icon="SEQUENCE_COLOR_05")
    row.label(text="Invented", icon="SEQUENCE_COLOR_02")


def draw_doubt_legend(layout, selected, metres_per_unit: float) -> None:
    """How far apart the imagined surfaces lie, by colour: in millimetres, or in shares of the height."""
    none, half, full = (statue.length_in_words(selected, stop, metres_per_unit) for stop, _ in DOUBT_RAMP.stops)
    column = layout.column(align=True)
    column.label(text="How far the samples lie apart:")
    row = column.row(align=True)
    row.label(text=none, icon="SEQUENCE_COLOR_06")
    row.label(text=half, icon="SEQUENCE_COLOR_01")
    row.label(text=iface_("{length} +").format(length=full), icon="SEQUENCE_COLOR_03")


CLASSES = (STATUE_PT_statue, STATUE_PT_provenance)
