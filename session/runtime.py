"""The engine's Python as this session sees it: which one, whether it can be used, and its set-up while that runs.

`problem()` is asked by every redraw, so it answers from memory; `refresh()` looks at the disk, after anything that may
have changed the answer and every few seconds from the timer.
"""

import sys
import threading
from pathlib import Path

import bpy

from ..inference import environment
from .preferences import ROOT, preferences, user_folder

REFRESH_SECONDS = 3.0

_problem: str | None = "The engine has not been looked for yet"
_set_up: environment.SetUp | None = None
_check: threading.Thread | None = None
_check_text = ""


def folder() -> Path:
    """Where the engine's own environment is made."""
    return user_folder() / "engine"


def python() -> Path:
    """The Python that runs the worker: the user's own choice, else the one in `folder()`."""
    chosen = preferences().engine_python
    return Path(bpy.path.abspath(chosen)) if chosen else environment.python_of(folder())


def device() -> str:
    return preferences().device


def problem() -> str | None:
    """Why no job can run now, as one sentence with the next step; None when all is well."""
    return _problem


def refresh() -> None:
    """Looks again whether the engine's Python is there and complete."""
    global _problem
    if set_up_running():
        _problem = "The engine is being set up: wait until that is done"
        return
    own = not preferences().engine_python
    _problem = environment.problem(python(), complete=own)
    if _problem and own and not set_up_finished():
        _problem = "The engine is not set up yet: press Set Up Engine in the extension's preferences"


def set_up() -> None:
    """Starts making the engine's environment in the background."""
    global _set_up
    _set_up = environment.SetUp(
        folder(),
        base_python=Path(sys.executable),
        requirements=ROOT / "requirements" / "engine.txt",
        allow_network=bpy.app.online_access,
    )
    _set_up.start()
    refresh()


def cancel_set_up() -> None:
    if _set_up:
        _set_up.cancel()


def set_up_state() -> environment.SetUpState | None:
    """How far the set-up of this session is; None before the first."""
    return _set_up.state if _set_up else None


def set_up_running() -> bool:
    state = set_up_state()
    return state is not None and state.running


def set_up_finished() -> bool:
    return environment.is_complete(folder())


def check() -> None:
    """Asks the engine how it is, in the background: importing torch alone takes seconds."""
    global _check
    _check = threading.Thread(target=_ask, args=(python(),), name="Statue Recon check", daemon=True)
    _check.start()


def _ask(engine: Path) -> None:
    global _check_text
    _check_text = environment.check(engine, ROOT)


def check_running() -> bool:
    return _check is not None and _check.is_alive()


def check_text() -> str:
    """What the last check said; empty before the first."""
    return _check_text


def watch() -> float:
    """Timer: keeps `problem()` fresh and the preferences' progress bar moving."""
    refresh()
    redraw({"PREFERENCES"})
    if set_up_running() or check_running():
        return 0.25
    return REFRESH_SECONDS


def redraw(kinds: set[str], region: str = "") -> None:
    """Asks the areas of these types (or one region in them) to draw themselves again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in kinds:
                for part in area.regions:
                    if not region or part.type == region:
                        part.tag_redraw()


def register():
    bpy.app.timers.register(watch, first_interval=0.1, persistent=True)


def unregister():
    cancel_set_up()
    if bpy.app.timers.is_registered(watch):
        bpy.app.timers.unregister(watch)
