"""Reading the extension's preferences and folders from anywhere on Blender's side."""

from pathlib import Path

import bpy

PACKAGE = __package__.rpartition(".")[0]  # "bl_ext.<repository>.statue_recon"
ROOT = Path(__file__).resolve().parent.parent


def preferences():
    """The `STATUE_AP_preferences` of this extension (declared in panels/preferences.py)."""
    return bpy.context.preferences.addons[PACKAGE].preferences


def user_folder() -> Path:
    """The extension's own folder, which survives updates of the extension."""
    return Path(bpy.utils.extension_path_user(PACKAGE, create=True))


def jobs_folder() -> Path:
    """Where job folders are kept."""
    chosen = preferences().jobs_folder
    return Path(bpy.path.abspath(chosen)) if chosen else user_folder() / "jobs"


def size_limit() -> int:
    """How much all job folders together may take, in bytes."""
    return int(preferences().jobs_limit * 2**30)
