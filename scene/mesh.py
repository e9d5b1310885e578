"""Turning arrays of the engine into a mesh datablock of Blender, and telling whether a person has worked on one."""

from __future__ import annotations

import hashlib

import bpy
import numpy as np
from mathutils import Vector

from ..statue_recon.contract import Failure
from .names import DOUBT, PREVIEW_COLOUR, PREVIEW_MATERIAL, SEEN, UV_MAP
from .result_files import MeshFile

FINGERPRINT = "statue_fingerprint"


def to_base(vertices: np.ndarray) -> Vector:
    """What to add to the vertices [V, 3] so that the middle of their base becomes the origin."""
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    return Vector((-(lower[0] + upper[0]) / 2, -(lower[1] + upper[1]) / 2, -lower[2]))


def build_mesh(name: str, file: MeshFile, offset: Vector) -> bpy.types.Mesh:
    """A smooth-shaded mesh with whatever the file has: UV map, seen, doubt, colours. Vertices are moved by `offset`.

    Of a file of quads, the triangles (a, b, c), (a, c, d) of each pair become the polygon a b c d.
    """
    loops, uv = file.faces, file.uv
    if file.quads:
        loops, uv = _paired(loops), None if uv is None else _paired(uv)
    mesh = bpy.data.meshes.new(name)
    corners = loops.size
    mesh.vertices.add(len(file.vertices))
    mesh.vertices.foreach_set("co", (file.vertices + np.array(offset, np.float32)).ravel())
    mesh.loops.add(corners)
    mesh.loops.foreach_set("vertex_index", loops.ravel())
    mesh.polygons.add(len(loops))
    mesh.polygons.foreach_set("loop_start", np.arange(0, corners, loops.shape[1], dtype=np.int32))
    mesh.shade_smooth()
    mesh.update(calc_edges=True)
    if uv is not None:
        mesh.uv_layers.new(name=UV_MAP, do_init=False)
        mesh.attributes[UV_MAP].data.foreach_set("vector", uv.ravel())
    if file.seen is not None:
        mesh.attributes.new(SEEN, "FLOAT", "POINT").data.foreach_set("value", np.clip(file.seen, 0, 1))
    if file.doubt is not None:
        mesh.attributes.new(DOUBT, "FLOAT", "POINT").data.foreach_set("value", np.maximum(file.doubt, 0))
    if file.colours is not None:
        colours = np.ones((len(file.colours), 4), np.float32)
        colours[:, :3] = file.colours
        mesh.color_attributes.new(PREVIEW_COLOUR, "BYTE_COLOR", "POINT")
        mesh.color_attributes[PREVIEW_COLOUR].data.foreach_set("color_srgb", colours.ravel())
        mesh.color_attributes.active_color_index = 0
    if mesh.validate():
        bpy.data.meshes.remove(mesh)
        raise _unsound("Blender found faces in it that cannot be")
    mesh[FINGERPRINT] = fingerprint(mesh)
    return mesh


def _paired(corners: np.ndarray) -> np.ndarray:
    """What the corners of quads have [Q, 4, ...], from what the corners of their triangles have [2 Q, 3, ...]."""
    if len(corners) % 2 or not np.array_equal(corners[::2, [0, 2]], corners[1::2, :2]):
        raise _unsound("its triangles do not come in pairs")
    return np.ascontiguousarray(np.concatenate([corners[::2], corners[1::2, 2:]], axis=1))


def _unsound(reason: str) -> Failure:
    return Failure(
        f"The mesh of this job is not sound: {reason}.",
        next_step="The job folder was changed or damaged: run the reconstruction again.",
    )


def fingerprint(mesh: bpy.types.Mesh) -> str:
    """A digest of where the vertices are and how many faces there are: another one means that somebody changed them."""
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    return hashlib.sha256(places.tobytes() + str(len(mesh.polygons)).encode()).hexdigest()


def worked_on(thing: bpy.types.Object) -> bool:
    """Whether a person has changed this preview's mesh or materials, or is in Edit, Sculpt or a paint mode on it."""
    mesh = thing.data
    if thing.mode != "OBJECT" or mesh.shape_keys is not None:
        return True
    if any(slot.material is None or PREVIEW_MATERIAL not in slot.material for slot in thing.material_slots):
        return True
    return mesh.get(FINGERPRINT) != fingerprint(mesh)
