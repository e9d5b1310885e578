"""The region of an edit, as a person marked it on the mesh, in the words and files the engine reads."""

from __future__ import annotations

import io

import bpy
import numpy as np
from mathutils import Vector

from ..statue_recon.contract import Failure
from .overrule import weights_of
from .png import png_bytes
from .snapshot import snapshot

WEIGHTS_FILE, MASK_FILE = "region.npy", "region.png"  # beside the statue
FOLDER = "statue"  # where the job has them


def spell(thing: bpy.types.Object, mesh: bpy.types.Mesh, region) -> tuple[str, dict, dict[str, bytes]]:
    """The region as a request spells it; the arrays it adds to mesh.npz; the files it adds beside that.

    `mesh` is the one that is handed over; `region` a `statue_out.Region`.
    """
    if region.kind == "words":
        if not region.words.strip():
            raise Failure("No words say which part is meant.", next_step="Write them, such as: the head.")
        return f"words:{region.words.strip()}", {}, {}
    if region.kind == "group":
        weights = group_weights(thing, mesh, region.group)
        return f"group:{region.group}", {f"group:{region.group}": weights}, {}
    if region.kind == "faces":
        held = io.BytesIO()
        np.save(held, selected_faces(thing, mesh))
        return f"weights:{FOLDER}/{WEIGHTS_FILE}", {}, {WEIGHTS_FILE: held.getvalue()}
    if region.kind == "mask":
        return f"mask:{FOLDER}/{MASK_FILE}", {}, {MASK_FILE: png_bytes(painted(region.mask))}
    return "all", {}, {}


def group_weights(thing: bpy.types.Object, mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    """[V] float32, 0 … 1, of a vertex group."""
    if name not in thing.vertex_groups:
        raise Failure(
            f"“{thing.name}” has no vertex group “{name}”." if name else "No vertex group is chosen.",
            next_step="Choose a group under Region, or another kind of region.",
        )
    weights = weights_of(thing, mesh, name)
    if not weights.any():
        raise Failure(f"The vertex group “{name}” is empty.", next_step="Assign vertices to it, with some weight.")
    return weights


def selected_faces(thing: bpy.types.Object, mesh: bpy.types.Mesh) -> np.ndarray:
    """[V] float32: 1 at the vertices of the faces that are selected in Edit Mode."""
    if (len(thing.data.vertices), len(thing.data.polygons)) == (len(mesh.vertices), len(mesh.polygons)):
        mesh = thing.data  # an evaluated mesh may not have heard of the newest selection
    selected = np.empty(len(mesh.polygons), bool)
    mesh.polygons.foreach_get("select", selected)
    starts, totals = np.empty(len(selected), np.int32), np.empty(len(selected), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    mesh.polygons.foreach_get("loop_total", totals)
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    weights = np.zeros(len(mesh.vertices), np.float32)
    weights[corners[np.repeat(selected, totals)]] = 1.0  # corners lie one face after the other
    if not weights.any():
        raise Failure(f"No face of “{thing.name}” is selected.", next_step="Select faces in Edit Mode and try again.")
    return weights


def middle(thing: bpy.types.Object, region) -> Vector:
    """Where the marked vertices lie on average, in the object's coordinates."""
    find = selected_faces if region.kind == "faces" else lambda thing, mesh: group_weights(thing, mesh, region.group)
    weights = find(thing, thing.data)
    places = np.empty(len(weights) * 3, np.float32)
    thing.data.vertices.foreach_get("co", places)
    return Vector(np.average(places.reshape(-1, 3), axis=0, weights=weights).tolist())


def painted(image: bpy.types.Image | None) -> np.ndarray:
    """[H, W] uint8: where a mask in the layout of the UV map was painted white."""
    if image is None:
        raise Failure("No mask is chosen.", next_step="Choose the painted image under Region.")
    rgba = snapshot(image).rgba.astype(np.float32)
    mask = (rgba[..., :3] @ np.array([0.2126, 0.7152, 0.0722], np.float32) * rgba[..., 3] / 255 + 0.5).astype(np.uint8)
    if not mask.any():
        raise Failure(f"The mask “{image.name}” is empty.", next_step="Paint white on the statue where it may change.")
    return mask
