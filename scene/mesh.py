"""Turning arrays of the engine into a mesh datablock of Blender, and telling whether a person has worked on one."""

from __future__ import annotations

import hashlib

import bpy
import numpy as np
from mathutils import Vector

from ..statue_recon.contract import Failure
from .names import PREVIEW_COLOUR, PREVIEW_MATERIAL, SEEN, UV_MAP
from .result_files import MeshFile

FINGERPRINT = "statue_fingerprint"


def to_base(vertices: np.ndarray) -> Vector:
    """What to add to the vertices [V, 3] so that the middle of their base becomes the origin."""
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    return Vector((-(lower[0] + upper[0]) / 2, -(lower[1] + upper[1]) / 2, -lower[2]))


def build_mesh(name: str, file: MeshFile, offset: Vector) -> bpy.types.Mesh:
    """A smooth-shaded mesh with whatever the file has: UV map, seen weight, colours. Vertices are moved by `offset`."""
    mesh = bpy.data.meshes.new(name)
    corners = file.faces.size
    mesh.vertices.add(len(file.vertices))
    mesh.vertices.foreach_set("co", (file.vertices + np.array(offset, np.float32)).ravel())
    mesh.loops.add(corners)
    mesh.loops.foreach_set("vertex_index", file.faces.ravel())
    mesh.polygons.add(len(file.faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, corners, 3, dtype=np.int32))
    mesh.shade_smooth()
    mesh.update(calc_edges=True)
    if file.uv is not None:
        mesh.uv_layers.new(name=UV_MAP, do_init=False)
        mesh.attributes[UV_MAP].data.foreach_set("vector", file.uv.ravel())
    if file.seen is not None:
        mesh.attributes.new(SEEN, "FLOAT", "POINT").data.foreach_set("value", np.clip(file.seen, 0, 1))
    if file.colours is not None:
        colours = np.ones((len(file.colours), 4), np.float32)
        colours[:, :3] = file.colours
        mesh.color_attributes.new(PREVIEW_COLOUR, "BYTE_COLOR", "POINT")
        mesh.color_attributes[PREVIEW_COLOUR].data.foreach_set("color_srgb", colours.ravel())
        mesh.color_attributes.active_color_index = 0
    if mesh.validate():
        bpy.data.meshes.remove(mesh)
        raise Failure(
            "The mesh of this job is not sound: Blender found faces in it that cannot be.",
            next_step="The job folder was changed or damaged: run the reconstruction again.",
        )
    mesh[FINGERPRINT] = fingerprint(mesh)
    return mesh


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
