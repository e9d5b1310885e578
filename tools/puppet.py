"""Runs inside a Blender with a window and does what the tests ask: blender --python puppet.py -- FOLDER

A timer looks for FOLDER/NUMBER.py, runs it with the names below, and writes what it left in `answer` to
FOLDER/NUMBER.json. Between commands Blender is as free as under an artist's hands: everything else it does is real.
"""

import ctypes
import json
import sys
import time
import traceback
from pathlib import Path

import bpy

FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
PACKAGE = "bl_ext.user_default.statue_recon"
LOOK_SECONDS = 0.05

gaps: list[float] = []
_last = None


def mouse(x: int, y: int, press: bool) -> None:
    """Moves the real pointer of this X screen (pixels from the top left), and clicks if asked."""
    x11, test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    test.XTestFakeMotionEvent(display, -1, x, y, 0)
    for down in (1, 0) if press else ():
        test.XTestFakeButtonEvent(display, 1, down, 0)
    x11.XCloseDisplay(display)  # sends what is waiting first


def serve() -> float:
    for command in sorted(FOLDER.glob("*.py")):
        names = {"bpy": bpy, "PACKAGE": PACKAGE, "answer": None, "gaps": gaps, "mouse": mouse}
        try:
            exec(compile(command.read_text(encoding="utf-8"), str(command), "exec"), names)
            reply = {"answer": names["answer"]}
        except BaseException:
            reply = {"error": traceback.format_exc()}
        part = command.with_suffix(".part")
        part.write_text(json.dumps(reply), encoding="utf-8")
        command.unlink()
        part.replace(command.with_suffix(".json"))
    return LOOK_SECONDS


def pulse() -> float:
    """Notes how much later than asked Blender's main loop came by: its stalls."""
    global _last
    now = time.perf_counter()
    if _last is not None:
        gaps.append(now - _last)
    _last = now
    return 0.01


bpy.app.timers.register(serve, first_interval=0.5, persistent=True)
bpy.app.timers.register(pulse, first_interval=0.5, persistent=True)
