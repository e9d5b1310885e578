"""What this Blender session knows beside the file: the settings of a scene, the engine, the jobs and their timer."""

from . import edit_settings, fit, hand_settings, jobs, models, runtime, settings

PARTS = (settings, runtime, models, fit, edit_settings, hand_settings, jobs)


def register():
    for part in PARTS:
        part.register()


def unregister():
    for part in reversed(PARTS):
        part.unregister()
