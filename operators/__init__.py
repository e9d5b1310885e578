"""What a person can do: one file for one intention."""

import bpy

from . import clean_up, edit_history, edit_text, engine, insert, job, models, reconstruct, view

CLASSES = tuple(
    operator
    for intention in (reconstruct, job, insert, edit_text, edit_history, view, engine, models, clean_up)
    for operator in intention.CLASSES
)


def register():
    for operator in CLASSES:
        bpy.utils.register_class(operator)


def unregister():
    for operator in reversed(CLASSES):
        bpy.utils.unregister_class(operator)
