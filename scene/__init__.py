"""What lands in Blender and what is taken out of it."""

from . import origin, overlay, switches

PARTS = (origin, overlay, switches)


def register():
    for part in PARTS:
        part.register()


def unregister():
    for part in reversed(PARTS):
        part.unregister()
