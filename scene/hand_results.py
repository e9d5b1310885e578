"""Bringing in what work by hand has made where it is no edit of vertices: a photo laid anew, a part, a mesh of quads.

What is new is an object beside, or a layer over the texture: nothing that was there is lost.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..statue_recon.contract import Failure
from ..statue_recon.contract_edit import EditResult
from ..statue_recon.contract_hand import RestoreRequest, RetopologiseRequest
from . import edit_history, edits, layer_stack, layers, overrule, statue, statue_out
from .material import packed_image, result_material
from .mesh import build_mesh
from .mode import object_mode
from .result_files import MeshFile, picture, read_groups, read_json, read_result_mesh

PART_OF = "statue_part_of"  # on a restored part: the id of the statue it completes
ENDINGS = {RestoreRequest: "Restored Part", RetopologiseRequest: "Quads"}  # of the names of new objects
LEVELS = 2  # of subdivision below a displacement
CHANGED = "“{name}” was changed while the photo was laid on it: its faces are not the same any more."
NEW_UV = "The UV map lay on itself, so the photo has a new one."
SAME_UV = 1e-4
CARRIED = (statue.JOB, statue.KIND, statue.FOLDER, statue.TITLE, statue.PROVENANCE, statue.SUMMARY)


def insert_projected(folder: Path, result: EditResult, asked: dict, request, name: str) -> bpy.types.Object:
    """Lays the photo over the texture of the object as a layer, and takes over what it shows now."""
    thing = edit_history.find(asked)
    if thing is None:
        raise Failure(f"“{asked.get('name', 'The statue')}” is not in this file any more.", next_step=edits.AS_NEW)
    made, texture = read_result_mesh(folder, result.mesh), picture(folder, result.texture)
    assert made.uv is not None and made.seen is not None, "what reads a result sees to that"
    told = edits.told_of(folder, result, request, _notes(folder, result)) | {"what": "surface"}
    if thing.library or thing.data.library:
        raise Failure(f"“{thing.name}” is linked from another file.", next_step=edits.AS_NEW)
    with object_mode(thing):
        there = _as_handed_over(thing, made, asked)
        edits.make_own(thing)
        edit_id = edits.id_of(thing, told)
        if np.allclose(there.uv, made.uv, atol=SAME_UV):
            layers.add(thing, edit_id, name, layers.LayerFiles(texture))
        else:
            told["notes"].append(_in_new_uv(thing, there.corners, made, texture, name))
        overrule.found_anew(thing, made.seen)
        edit_history.record(thing, edit_id, name, "", told)
        layers.wire(thing, edit_history.order(thing))
    return thing


def insert_new(
    scene: bpy.types.Scene, folder: Path, result: EditResult, asked: dict, request, name: str = ""
) -> bpy.types.Object:
    """What was made as an object of its own: a restored part in its place, anything else beside the statue."""
    file = read_result_mesh(folder, result.mesh)
    groups = read_groups(folder, result.mesh, len(file.vertices))
    texture = picture(folder, result.texture)
    relief = picture(folder, result.relief) if result.relief else None
    reach = float(read_json(folder, result.material).get("relief_range") or 0.0)
    old = edit_history.find(asked)
    title = f"{asked.get('name', folder.name)} {ENDINGS.get(type(request), name or 'New')}"
    to_engine = Matrix(asked["to_engine"])
    made = _built(title, file, texture, to_engine)
    for collection in edits.collections_of(old) if old else [scene.collection]:
        collection.objects.link(made)
    made.matrix_world = Matrix(asked["matrix_world"])
    _give_groups(made, groups)
    if isinstance(request, RestoreRequest):
        _belong(made, old, asked)
    else:
        _as_statue(made, old)
    if relief:
        _displace(made, relief, reach / to_engine.median_scale)
    told = edits.told_of(folder, result, request, _notes(folder, result)) | {"what": "both"}
    if old and len(old.statue_edits):  # they are part of it now, and cannot be told apart any more
        told["made_of"] = [edit.told for edit in old.statue_edits]
    edit_history.record(made, edits.id_of(made, told), name or title, "", told)
    return made


def _as_handed_over(thing: bpy.types.Object, made: MeshFile, asked: dict) -> statue_out.Triangles:
    """The triangles of the object, which have to be the ones that were handed over: the photo was laid on those."""
    there = statue_out.triangles(thing.data, Matrix(asked["to_engine"]), thing)
    if there.faces.shape != made.faces.shape or not np.array_equal(there.faces, made.faces):
        raise Failure(CHANGED.format(name=thing.name), next_step=edits.AS_NEW)
    return there


def _in_new_uv(thing: bpy.types.Object, corners: np.ndarray, made: MeshFile, texture: Path, name: str) -> str:
    """Gives the object a UV map for a texture that does not fit its own, and a material; says where the old one is."""
    mesh, old = thing.data, layer_stack.material_of(thing)
    mesh.uv_layers.new(name=name)
    uv_map = mesh.uv_layers[-1]
    assert made.uv is not None
    uv = np.zeros((len(mesh.loops), 2), np.float32)
    uv[corners.ravel()] = np.reshape(made.uv, (-1, 2))
    uv_map.uv.foreach_set("vector", uv.ravel())
    uv_map.active_render = True
    material = result_material(f"{thing.name} {name}", packed_image(texture, f"{thing.name} {name}"))
    material.node_tree.nodes["UV Map"].uv_map = uv_map.name
    if old is None:
        mesh.materials.append(material)
        return NEW_UV
    old.use_fake_user = True
    next(slot for slot in thing.material_slots if slot.material == old).material = material
    return f"{NEW_UV} The material before is kept as “{old.name}”."


def _built(title: str, file: MeshFile, texture: Path, to_engine: Matrix) -> bpy.types.Object:
    """An object with the mesh of a file in the coordinates of the statue that was handed over."""
    to_object = to_engine.inverted()
    own = np.array(to_object)
    file.vertices[:] = file.vertices @ own[:3, :3].T + own[:3, 3]
    mesh = build_mesh(title, file, Vector())
    if to_object.determinant() < 0:
        mesh.flip_normals()
    mesh.materials.append(result_material(title, packed_image(texture, f"{title} Texture")))
    return bpy.data.objects.new(title, mesh)


def _give_groups(made: bpy.types.Object, groups: dict[str, np.ndarray]) -> None:
    for name, weights in groups.items():
        group = made.vertex_groups.new(name=name)
        for index in np.flatnonzero(weights > 0).tolist():
            group.add([index], float(weights[index]), "REPLACE")


def _belong(part: bpy.types.Object, old: bpy.types.Object | None, asked: dict) -> None:
    """A restored part moves with its statue, and says that it is one."""
    part[PART_OF] = asked["id"]
    if old:
        place = part.matrix_world.copy()
        part.parent = old
        part.matrix_parent_inverse = old.matrix_world.inverted_safe()
        part.matrix_world = place


def _as_statue(made: bpy.types.Object, old: bpy.types.Object | None) -> None:
    """Quads of a statue are that statue again: its photo and its camera are known."""
    if old is None:
        return
    for name in CARRIED:
        if name in old:
            made[name] = old[name]
    if overrule.LATEST in old:
        made[overrule.LATEST] = old[overrule.LATEST]
    edits.put_beside(made, old, 1)


def _displace(made: bpy.types.Object, relief: Path, reach: float) -> None:
    """The detail the quads are too large for, over a base that can be sculpted: both are modifiers, and can go."""
    image = packed_image(relief, f"{made.name} Displacement")
    image.colorspace_settings.name = "Non-Color"
    texture = bpy.data.textures.new(image.name, "IMAGE")
    texture.image, texture.extension = image, "EXTEND"
    finer = made.modifiers.new("Finer", "SUBSURF")
    finer.subdivision_type, finer.levels, finer.render_levels = "SIMPLE", LEVELS, LEVELS
    displace = made.modifiers.new("Displacement", "DISPLACE")
    displace.texture, displace.texture_coords = texture, "UV"
    displace.uv_layer = made.data.uv_layers[0].name
    displace.mid_level, displace.strength = 0.5, 2.0 * reach  # black is as far in as white is out


def _notes(folder: Path, result: EditResult) -> list[str]:
    return [str(note) for note in read_json(folder, result.material).get("notes") or ()]
