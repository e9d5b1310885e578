"""Small phrases panels share: times and sizes as people say them."""

from bpy.app.translations import pgettext_iface as iface_


def duration(seconds: float) -> str:
    """65.2 → “1 min 05 s”."""
    whole = round(seconds)
    if whole < 60:
        return iface_("{seconds} s").format(seconds=whole)
    return iface_("{minutes} min {seconds:02d} s").format(minutes=whole // 60, seconds=whole % 60)


def paragraph(layout, text: str, width: int, icon: str = "NONE") -> None:
    """A sentence broken into labels that fit a region of `width` pixels: Blender's labels do not wrap."""
    for number, line in enumerate(_lines(text, _characters(width))):
        layout.label(text=line, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"))


def _characters(width: int) -> int:
    """How many characters of the interface font fit: about 7 pixels each at scale 1, after icon and margins."""
    import bpy

    scale = bpy.context.preferences.system.ui_scale
    return max(int((width / scale - 60) / 6.2), 20)


def _lines(text: str, characters: int) -> list[str]:
    import textwrap

    return [line for part in text.splitlines() for line in textwrap.wrap(part, characters)] or [""]
