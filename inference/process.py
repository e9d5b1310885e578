"""Starting other programs so that they can be ended again, on every system. Standard library only."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

# Variables of Blender's own Python, or of a shell's, that would lead another Python astray.
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONUSERBASE", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


def clean_variables() -> dict[str, str]:
    """The environment variables for another Python, which is to see its own packages only."""
    return {name: value for name, value in os.environ.items() if name not in FOREIGN} | {"PYTHONNOUSERSITE": "1"}


def own_group() -> dict[str, Any]:
    """Arguments of Popen for a process without a console window, whose children can be ended with it."""
    if os.name == "nt":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]
        return {"creationflags": flags}
    return {"start_new_session": True}


def kill_tree(process: subprocess.Popen) -> None:
    """Ends a process started with `own_group` and all it started, at once."""
    if os.name == "nt":
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False, **own_group())
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all of them are gone already
        except PermissionError:
            pass  # macOS says so of a group whose only member is a zombie
    process.kill()
    process.wait()
