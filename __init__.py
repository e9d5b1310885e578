"""Statue Recon for Blender: a photograph of a statue becomes a textured mesh in the scene."""

try:
    import numpy  # noqa: F401 - only to say what is missing, where a distribution's Blender comes without it
except ImportError as error:
    raise ImportError(
        "Statue Recon needs NumPy, which Blender's own downloads carry but this Blender lacks: "
        "install your distribution's package python3-numpy, or use the Blender from blender.org."
    ) from error

from . import operators, panels, scene, session

ROOMS = (scene, session, operators, panels)


def register():
    for room in ROOMS:
        room.register()


def unregister():
    for room in reversed(ROOMS):
        room.unregister()
