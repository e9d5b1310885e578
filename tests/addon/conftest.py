"""These tests run inside `bpy`, with the built zip installed as an artist installs it.

The folder of Blender's user resources is a temporary one, set before bpy is imported: nothing of the developer's own
Blender is read or written.
"""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = tempfile.TemporaryDirectory(prefix="statue-recon-blender-", ignore_cleanup_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = RESOURCES.name

import bpy  # noqa: E402 - it reads BLENDER_USER_RESOURCES when it is imported

PACKAGE = "bl_ext.user_default.statue_recon"


@pytest.fixture(scope="session")
def zip_file(tmp_path_factory) -> Path:
    """The built extension: the one in $STATUE_ZIP, else one built now from this tree."""
    if given := os.environ.get("STATUE_ZIP"):
        return Path(given)
    command = [sys.executable, str(ROOT / "tools/build_zip.py"), sys.executable, str(tmp_path_factory.mktemp("zip"))]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


@pytest.fixture(scope="session")
def addon(zip_file):
    """The installed and enabled extension, as a module."""
    bpy.ops.extensions.package_install_files(filepath=str(zip_file), repo="user_default", enable_on_install=True)
    yield importlib.import_module(PACKAGE)
    bpy.ops.preferences.addon_disable(module=PACKAGE)


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """A Python that has what the engine needs."""
    given = os.environ.get("STATUE_ENGINE_PYTHON")
    scripts, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    python = Path(given) if given else ROOT / ".venv" / scripts / name
    assert python.exists(), f"No engine at {python}: run `make .venv`, or set STATUE_ENGINE_PYTHON."
    return python


@pytest.fixture
def empty_file(addon):
    """A new, empty file, so that no test sees what another left behind."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return bpy.context.scene
