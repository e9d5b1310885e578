"""Where a job was asked from, so that its result finds the way home: plain data, never a reference into Blender."""

from __future__ import annotations

import uuid

import bpy
from bpy.app.handlers import persistent

# Which Blender this is: the counter and the uids below mean nothing in another one, nor after a restart.
_SESSION = uuid.uuid4().hex
_generation = 0


def origin(scene: bpy.types.Scene) -> dict:
    """The file and scene as JSON can hold them; for `find_scene`."""
    return {
        "file": bpy.data.filepath,
        "scene": scene.name,
        "session": _SESSION,
        "session_uid": getattr(scene, "session_uid", None),
        "generation": _generation,
    }


def find_scene(origin: dict) -> bpy.types.Scene | None:
    """The scene the job was asked from, or None while its file is closed.

    While the file stays open, the scene is known by its uid (it may be renamed, the file saved elsewhere); after the
    file was opened again, by the file's path and the scene's name. A file that was never saved cannot come back.
    """
    by_name = bpy.data.scenes.get(str(origin.get("scene", "")))
    if (origin.get("session"), origin.get("generation")) != (_SESSION, _generation):
        path = origin.get("file")
        return by_name if path and path == bpy.data.filepath else None
    uid = origin.get("session_uid")
    if uid is None:
        return by_name
    return next((scene for scene in bpy.data.scenes if scene.session_uid == uid), by_name)


@persistent
def _count_files(*_) -> None:
    global _generation
    _generation += 1


def register():
    bpy.app.handlers.load_post.append(_count_files)


def unregister():
    if _count_files in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_count_files)
