"""What a person can do: one file for one intention."""

import bpy

from . import (
    by_hand_mirror,
    by_hand_paint,
    by_hand_project,
    by_hand_refine,
    by_hand_restore,
    by_hand_retopologise,
    clean_up,
    edit_history,
    edit_text,
    engine,
    insert,
    job,
    models,
    reconstruct,
    view,
)

BY_HAND = (by_hand_refine, by_hand_paint, by_hand_project, by_hand_mirror, by_hand_restore, by_hand_retopologise)
INTENTIONS = (reconstruct, job, insert, edit_text, edit_history, *BY_HAND, view, engine, models, clean_up)
CLASSES = tuple(operator for intention in INTENTIONS for operator in intention.CLASSES)


def register():
    for operator in CLASSES:
        bpy.utils.register_class(operator)


def unregister():
    for operator in reversed(CLASSES):
        bpy.utils.unregister_class(operator)
