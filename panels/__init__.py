"""What a person sees. Panels read a state and draw it; they never open a file, start anything or decide."""

import bpy

from . import by_hand, edit, image_editor, preferences, viewport

CLASSES = (*preferences.CLASSES, *image_editor.CLASSES, *viewport.CLASSES, *edit.CLASSES, *by_hand.CLASSES)


def register():
    for panel in CLASSES:
        bpy.utils.register_class(panel)


def unregister():
    for panel in reversed(CLASSES):
        bpy.utils.unregister_class(panel)
