"""Small phrases panels share: times and sizes as people say them."""

import blf
import bpy
from bpy.app.translations import pgettext_iface as iface_

# Pixels at an interface scale of 1.
MARGIN = 70  # a panel's and a box's sides, and the column of tabs
ICON = 20


def duration(seconds: float) -> str:
    """65.2 → “1 min 05 s”."""
    whole = round(seconds)
    if whole < 60:
        return iface_("{seconds} s").format(seconds=whole)
    return iface_("{minutes} min {seconds:02d} s").format(minutes=whole // 60, seconds=whole % 60)


def paragraph(layout, text: str, width: int, icon: str = "NONE") -> None:
    """A sentence broken into labels that fit a region of `width` pixels: Blender's labels do not wrap."""
    margin = MARGIN + (ICON if icon != "NONE" else 0)
    room = width - margin * bpy.context.preferences.system.ui_scale
    for number, line in enumerate(_lines(text, room)):
        layout.label(text=line, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"))


def _lines(text: str, room: float) -> list[str]:
    """Breaks a text between words into lines of at most `room` pixels of the interface's font."""
    preferences = bpy.context.preferences
    blf.size(0, preferences.ui_styles[0].widget.points * preferences.system.ui_scale)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and blf.dimensions(0, longer)[0] > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
