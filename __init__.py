"""Statue Recon for Blender: a photograph of a statue becomes a textured mesh in the scene."""

from importlib.util import find_spec

from . import operators, panels, scene, session

ROOMS = (scene, session, operators, panels)


def register():
    if find_spec("numpy") is None:
        raise ImportError(
            "Statue Recon needs NumPy, which Blender's own downloads carry but this Blender lacks: "
            "install your distribution's package python3-numpy, or use the Blender from blender.org."
        )
    for room in ROOMS:
        room.register()


def unregister():
    for room in reversed(ROOMS):
        room.unregister()
