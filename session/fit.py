"""Whether the next job of a scene will fit, as panels and buttons ask: the answers are found in the background.

A timer leaves a question when the settings have changed, and every now and then, for the machine changes, too.
"""

import time

import bpy

from ..inference.fit_check import Answer, FitCheck, Question
from ..statue_recon.contract import Request
from . import preferences, runtime
from .settings import as_request

TICK_SECONDS = 0.5
AGAIN_SECONDS = 30.0  # a card's driver is asked each time: not too often
MEMORY_FILE = "durations.json"

_check: FitCheck | None = None
_asked: dict[str, tuple[Request, float]] = {}  # by the scene's name: what was asked about last, and when
_last_drawn: dict[str, Answer] = {}


def answer(scene) -> Answer:
    """What is known of the job this scene would start; while its settings are being changed, what was known before."""
    return _check.answers.get(as_request(scene.statue), _check.newest) if _check else Answer()


def blocked(scene) -> str | None:
    """Why a job of this scene is certain to fail; None where that is not known."""
    known = _check.answers.get(as_request(scene.statue)) if _check else None
    return (known.blocked or None) if known else None


def ask(scene) -> None:
    """Has the scene's settings looked at in the background."""
    if _check:
        request = as_request(scene.statue)
        _asked[scene.name] = request, time.monotonic()
        _check.ask(Question(request, preferences.jobs_folder()))


def watch() -> float:
    """Timer: asks anew for what an Image Editor shows, and has it drawn where the answer changed."""
    for scene in _scenes_shown():
        asked, when = _asked.get(scene.name, (None, 0.0))
        if asked != as_request(scene.statue) or time.monotonic() - when > AGAIN_SECONDS:
            ask(scene)
        found = answer(scene)
        if found != _last_drawn.get(scene.name):
            _last_drawn[scene.name] = found
            runtime.redraw({"IMAGE_EDITOR"}, region="UI")
    return TICK_SECONDS


def _scenes_shown() -> list:
    """The scenes of windows in which the tab may be open."""
    windows = bpy.context.window_manager.windows
    shown = (window for window in windows if any(area.type == "IMAGE_EDITOR" for area in window.screen.areas))
    return list({window.scene.name: window.scene for window in shown}.values())


def register():
    global _check
    _check = FitCheck(preferences.user_folder() / MEMORY_FILE)
    bpy.app.timers.register(watch, first_interval=TICK_SECONDS, persistent=True)


def unregister():
    global _check
    if bpy.app.timers.is_registered(watch):
        bpy.app.timers.unregister(watch)
    if _check:
        _check.close()
    _check = None
    _asked.clear()
    _last_drawn.clear()
