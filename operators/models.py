"""Fetching and removing the optional models."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy.types import Operator

from ..session import models
from ..statue_recon.contract import Failure
from .explain import explain

OFFLINE = "A download needs the network: turn on Allow Online Access in Preferences > System, or use a file you have"


class OnModel:
    """What these operators share: the model they are about."""

    model: StringProperty(name="Model", description="Which model, by its identifier", options={"SKIP_SAVE"})

    def tried(self, work: Callable[..., None], *inputs) -> set[str]:
        """Does something about the model; why it cannot be done is reported."""
        try:
            work(self.model, *inputs)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))  # type: ignore[attr-defined]  # an operator's, which this is a part of
            return {"CANCELLED"}
        return {"FINISHED"}


class STATUE_OT_download_model(OnModel, Operator):
    """Download this model and check it; can be cancelled and gone on with. You accept the licence shown above"""

    bl_idname = "statue.download_model"
    bl_label = "Download"

    @classmethod
    def poll(cls, context):
        return explain(cls, None if bpy.app.online_access else OFFLINE)

    def execute(self, context):
        models.start(self.model)
        return {"FINISHED"}


class STATUE_OT_use_model_file(OnModel, Operator):
    """Install this model from a file that was downloaded on another machine; it is checked like a download"""

    bl_idname = "statue.use_model_file"
    bl_label = "Use a File..."

    filepath: StringProperty(
        name="File", description="The archive or the model's file, as its makers published it", subtype="FILE_PATH"
    )

    @classmethod
    def poll(cls, context):
        return explain(cls, "Wait until the download is done" if models.any_running() else None)

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        models.start(self.model, Path(bpy.path.abspath(self.filepath)))
        return {"FINISHED"}


class STATUE_OT_use_model_folder(OnModel, Operator):
    """Use this model from a folder on this machine, where it lies; nothing is copied"""

    bl_idname = "statue.use_model_folder"
    bl_label = "Use a Folder..."

    directory: StringProperty(
        name="Folder", description="The folder of the whole model, with safetensors weights", subtype="DIR_PATH"
    )

    @classmethod
    def poll(cls, context):
        return explain(cls, "Wait until the download is done" if models.any_running() else None)

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        return self.tried(models.use_folder, Path(bpy.path.abspath(self.directory)))


class STATUE_OT_change_model_source(OnModel, Operator):
    """Download this model from another repository, for instance where the usual one is gone. The same files, that is"""

    bl_idname = "statue.change_model_source"
    bl_label = "Change Source..."

    repository: StringProperty(name="Repository", description="OWNER/NAME at the hub; empty for the usual one")
    revision: StringProperty(name="Revision", description="A commit, a tag or a branch; empty for main")

    @classmethod
    def poll(cls, context):
        return explain(cls, "Wait until the download is done" if models.any_running() else None)

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context):
        return self.tried(models.change_source, self.repository.strip(), self.revision.strip())


class STATUE_OT_cancel_model(OnModel, Operator):
    """Stop fetching this model; what was downloaded is kept for the next try"""

    bl_idname = "statue.cancel_model"
    bl_label = "Cancel Download"

    @classmethod
    def poll(cls, context):
        return explain(cls, None if models.any_running() else "No model is being fetched")

    def execute(self, context):
        models.cancel(self.model)
        return {"FINISHED"}


class STATUE_OT_remove_model(OnModel, Operator):
    """Delete this model from the disk; it can be downloaded again. A folder you chose is only forgotten"""

    bl_idname = "statue.remove_model"
    bl_label = "Remove"

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context):
        return self.tried(models.remove)


CLASSES = (
    STATUE_OT_download_model,
    STATUE_OT_use_model_file,
    STATUE_OT_use_model_folder,
    STATUE_OT_change_model_source,
    STATUE_OT_cancel_model,
    STATUE_OT_remove_model,
)
