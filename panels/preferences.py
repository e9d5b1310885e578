"""The extension's preferences: the engine, the device, optional models, and the space jobs may take."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.props import EnumProperty, FloatProperty, StringProperty
from bpy.types import AddonPreferences

from ..session import jobs, models, preferences, runtime
from .words import paragraph

DEVICES = (
    ("auto", "Automatic", "The graphics card where the engine can use it, else the processor"),
    ("cpu", "Processor", "Always the processor"),
    ("cuda", "NVIDIA", "An NVIDIA graphics card through CUDA"),
    ("mps", "Apple", "The graphics part of an Apple chip"),
)


def changed(_self, _context):
    runtime.refresh()


class STATUE_AP_preferences(AddonPreferences):
    bl_idname = preferences.PACKAGE

    engine_python: StringProperty(
        name="Existing Python",
        description="A Python that already has what the engine needs; empty to use the engine set up here",
        subtype="FILE_PATH",
        update=changed,
    )
    device: EnumProperty(name="Device", description="What the engine computes on", items=DEVICES)
    jobs_folder: StringProperty(
        name="Job Folder",
        description="Where jobs keep what they need and make; empty for the extension's own folder",
        subtype="DIR_PATH",
    )
    jobs_limit: FloatProperty(
        name="Size Limit",
        description="Gigabytes all jobs together may take; Clean Up removes the oldest finished ones beyond it",
        default=5.0,
        min=0.1,
        soft_max=100.0,
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        self.draw_engine(layout.box(), context.region.width)
        layout.prop(self, "device")
        self.draw_models(layout.box(), context.region.width)
        self.draw_jobs(layout.box())

    def draw_engine(self, box, width):
        box.label(text="Engine", icon="SCRIPT")
        problem = runtime.problem()
        state = runtime.set_up_state()
        if state and state.running:
            row = box.row()
            row.progress(factor=state.fraction, text=state.message)
            row.operator("statue.cancel_set_up", text="", icon="X")
        elif state and state.failure:
            paragraph(box, f"{state.failure} {state.next_step}", width, icon="ERROR")
        elif problem:
            paragraph(box, problem, width, icon="INFO")
        else:
            box.label(text=iface_("Ready: {python}").format(python=runtime.python()), icon="CHECKMARK")
        if not bpy.app.online_access and not self.engine_python:
            offline = iface_("Setting up needs the network: turn on Allow Online Access in Preferences > System.")
            paragraph(box, offline, width, icon="INTERNET_OFFLINE")
        row = box.row()
        row.operator("statue.set_up_engine", icon="IMPORT")
        row.operator("statue.check_set_up", icon="VIEWZOOM")
        box.prop(self, "engine_python")
        if text := runtime.check_text():
            column = box.column(align=True)
            for line in text.splitlines():
                column.label(text=line)
            box.operator("statue.copy_text", icon="COPYDOWN").text = text

    def draw_models(self, box, width):
        box.label(text="Models", icon="OUTLINER_OB_LIGHTPROBE")
        if problem := models.problem():
            paragraph(box, problem, width, icon="ERROR")
        for model in models.listed():
            self.draw_model(box.box(), width, model)

    def draw_model(self, box, width, model):
        here, state = models.installed(model.identifier), models.state(model.identifier)
        row = box.row()
        row.label(text=model.name, icon="CHECKMARK" if here else "DOT")
        row.label(text=model_size(model, here))
        paragraph(box, f"{iface_(model.purpose)}.", width)
        paragraph(box, iface_("Licence: {licence}.").format(licence=model.licence), width)
        for words in model_notes(model, models.installed(model.identifier)):
            paragraph(box, words, width)
        if state and state.running:
            row = box.row()
            row.progress(factor=state.fraction, text=state.message)
            row.operator("statue.cancel_model", text="", icon="X").model = model.identifier
            return
        if state and state.failure:
            paragraph(box, f"{state.failure} {state.next_step}", width, icon="ERROR")
        row = box.row()
        for name, icon in model_buttons(model, here):
            row.operator(name, icon=icon).model = model.identifier
        row.operator("wm.url_open", text="Home Page", icon="URL").url = model.homepage

    def draw_jobs(self, box):
        box.label(text="Jobs", icon="FILE_FOLDER")
        box.prop(self, "jobs_folder", placeholder=iface_("The extension's own folder"))
        box.prop(self, "jobs_limit", text=iface_("Size Limit (GB)"))
        row = box.row()
        row.label(text=jobs.space_in_words())
        row.operator("statue.clean_up_jobs", icon="TRASH")


def model_size(model, installed: bool) -> str:
    """What it takes of the disk once it is there, and of the network before."""
    size = model.size if installed else model.to_download
    if size is None and model.about is None:
        return iface_("Of unknown size")
    words = "{size} on disk" if installed else "{size} to download"
    found = size or model.about
    amount = f"{found / 1e6:.0f} MB" if found < 1e9 else f"{found / 1e9:.1f} GB"
    return iface_(words).format(size=amount if size else iface_("About {size}").format(size=amount))


def model_notes(model, installed: bool) -> list[str]:
    """What else a person should know: memory, what a download is checked by, where it lies if they chose that."""
    notes = []
    if demand := model.demand:
        words = "Takes {memory} of memory on the processor" if demand.measured else "Takes about {memory} of memory"
        if demand.graphics:
            words = "Needs about {graphics} of a graphics card's memory, {least} at least; without a card {memory}"
        sizes = {"memory": demand.memory, "graphics": demand.graphics, "least": demand.least_graphics}
        notes.append(iface_(words).format(**{name: f"{size / 1e9:.1f} GB" for name, size in sizes.items()}) + ".")
    if model.folder:
        notes.append(iface_("Used from {folder}.").format(folder=model.folder))
    elif not installed and model.repository and not model.has_hashes:
        words = "From {repository}; its files are checked by what the hub says of them, for no hashes are known here."
        notes.append(iface_(words).format(repository=model.repository))
    elif not installed and not model.can_be_fetched:
        notes.append(iface_("It is not downloaded from here: get it elsewhere, and choose it with Use a Folder."))
    return notes


def model_buttons(model, installed: bool) -> list[tuple[str, str]]:
    """The operators that make sense for a model as it is, with their icons."""
    if installed or model.folder:
        return [("statue.remove_model", "TRASH")]
    offered = [("statue.download_model", "IMPORT")] if model.can_be_fetched else []
    offered.append(("statue.use_model_folder" if model.layout else "statue.use_model_file", "FILE_FOLDER"))
    return offered + ([("statue.change_model_source", "LINKED")] if model.repository else [])


CLASSES = (STATUE_AP_preferences,)
