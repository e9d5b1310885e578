"""What lands in Blender and what is taken out of it.

NumPy takes 130 ms to import in Blender 4.2, more than enabling the extension may. What needs it (`insert` and
`snapshot`, with all below them) is therefore imported where it is used, not when the extension is enabled.
"""

from . import edit_history, origin, overlay, switches

PARTS = (origin, overlay, switches, edit_history)


def register():
    for part in PARTS:
        part.register()


def unregister():
    for part in reversed(PARTS):
        part.unregister()
