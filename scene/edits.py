"""Bringing an edit into the scene: the change of the shape as a shape key, that of the surface as a texture layer.

Everything is read before anything is changed, so a Failure leaves the object as it was. Basis is never touched.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..statue_recon.contract import Failure
from ..statue_recon.contract_edit import EditJob, EditResult, name_of
from . import edit_history, layers, shape_keys, statue
from .material import packed_image, result_material
from .mesh import build_mesh
from .mode import object_mode
from .result_files import picture, read_json, read_offset, read_statue_mesh

GAP = 1.15  # distance of two variants, in widths of the statue
NAME_LENGTH = 40  # characters of a prompt that name a shape key
STATUE = "statue"  # the folder of the job that has the statue as it was handed over
GLOSS = "material.png"  # beside material.json, where an edit changes how the surface shines
AS_NEW = "Press Insert as New Object: it comes beside, as it would have been."


class EditFiles:
    """What a job has made of a statue, read: one of its variants."""

    def __init__(self, folder: Path, result: EditResult, number: int, asked: dict):
        of = result.variant(number)
        material = read_json(folder, of.material)
        self.notes = [str(note) for note in material.get("notes") or ()]
        self.unknown = [str(word) for word in material.get("unknown") or ()]
        self.offset = None if of.offset is None else read_offset(folder, of.offset, int(asked["vertices"]))
        self.layer = None
        if of.layer:
            relief = picture(folder, of.relief) if of.relief else None
            reach = float(material.get("relief_range") or 0.0) / Matrix(asked["to_engine"]).median_scale
            roughness, metallic = (_share(material.get(name)) for name in ("roughness", "metallic"))
            beside = f"{of.material.rpartition('/')[0]}/{GLOSS}".lstrip("/")
            gloss = picture(folder, beside) if (folder / beside).is_file() else None
            self.layer = layers.LayerFiles(picture(folder, of.layer), roughness, metallic, gloss, relief, reach)


def insert(
    folder: Path, result: EditResult, asked: dict, request: EditJob, name: str = "", number: int = 0
) -> bpy.types.Object:
    """Makes an edit, or one of its variants, part of the object it was asked for, and returns that.

    `asked` is the address of the object (`edit_history.address`) with what was noted when it was handed over.
    """
    thing = edit_history.find(asked)
    if thing is None:
        raise Failure(f"“{asked.get('name', 'The statue')}” is not in this file any more.", next_step=AS_NEW)
    _check(thing, asked, result)
    files = EditFiles(folder, result, number, asked)
    with object_mode(thing):
        make_own(thing)
        _drop_previews(thing)
        _apply(thing, files, asked, told_of(folder, result, request, files.notes, files.unknown, number), name)
    return thing


def insert_variants(folder: Path, result: EditResult, asked: dict, request: EditJob, name: str = "") -> list:
    """Each variant as a copy of the object, side by side, to choose from. The object itself is left alone."""
    thing = edit_history.find(asked)
    if thing is None:
        raise Failure(f"“{asked.get('name', 'The statue')}” is not in this file any more.", next_step=AS_NEW)
    _check(thing, asked, result)
    every = [EditFiles(folder, result, number, asked) for number in range(result.variants)]
    made = []
    with object_mode(thing):
        for number, files in enumerate(every):
            copy = thing.copy()
            copy.data = thing.data.copy()
            copy.name = f"{thing.name} Variant {number + 1}"
            for collection in collections_of(thing):
                collection.objects.link(copy)
            put_beside(copy, thing, number + 1)
            copy[edit_history.ID] = ""
            copy[edit_history.VARIANT_OF] = asked["id"]
            copy[edit_history.VARIANT_JOB], copy[edit_history.VARIANT_NUMBER] = folder.name, number
            _apply(copy, files, asked, told_of(folder, result, request, files.notes, files.unknown, number), name)
            made.append(copy)
    return made


def insert_as_new(
    scene: bpy.types.Scene,
    folder: Path,
    result: EditResult,
    asked: dict,
    request: EditJob,
    name: str = "",
    number: int = 0,
) -> bpy.types.Object:
    """The edited statue as an object of its own, built of what was handed over: whatever became of the old one."""
    files = EditFiles(folder, result, number, asked)
    mesh_file = read_statue_mesh(folder, f"{STATUE}/mesh.npz")
    texture = picture(folder, f"{STATUE}/texture.png")
    title = f"{asked.get('name', folder.name)} Edited"
    to_object = Matrix(asked["to_engine"]).inverted()
    own = np.array(to_object)
    mesh_file.vertices[:] = mesh_file.vertices @ own[:3, :3].T + own[:3, 3]
    mesh = build_mesh(title, mesh_file, Vector())
    if to_object.determinant() < 0:
        mesh.flip_normals()
    mesh.materials.append(result_material(title, packed_image(texture, f"{title} Texture")))
    made = bpy.data.objects.new(title, mesh)
    scene.collection.objects.link(made)
    made.matrix_world = Matrix(asked["matrix_world"])
    if old := edit_history.find(asked):
        put_beside(made, old, 1)
    _apply(made, files, asked, told_of(folder, result, request, files.notes, files.unknown, number), name)
    return made


def keep(variant: bpy.types.Object) -> bpy.types.Object:
    """Chooses a variant: it takes its object's place, edits and all, and its siblings go. Returns the object."""
    of, job = variant[edit_history.VARIANT_OF], variant[edit_history.VARIANT_JOB]
    thing = edit_history.find({"id": of})
    if thing is None or thing.library:
        for name in (edit_history.VARIANT_OF, edit_history.VARIANT_JOB, edit_history.VARIANT_NUMBER):
            del variant[name]
        thing = variant  # its object was deleted: the variant is the statue now
        edit_history.identity(thing)
    else:
        with object_mode(thing), object_mode(variant):
            _take_over(thing, variant)
    for other in edit_history.variants(of, job):
        _delete(other)
    edit_history.write_down(thing)
    return thing


def as_new_object(thing: bpy.types.Object, place: int) -> bpy.types.Object:
    """The statue with this edit as an object of its own, free to be remeshed; the one it was made of hides the edit."""
    with object_mode(thing):
        made = thing.copy()
        made.data = thing.data.copy()
        made.name = f"{thing.name} Edited"
        for collection in collections_of(thing):
            collection.objects.link(made)
        put_beside(made, thing, 1)
        made.pop(edit_history.ID, None)
        shape_keys.bake(made)
        layers.own_material(made)
        for edit in made.statue_edits:
            edit.key = ""
        edit_history.write_down(made)
        edit_history.show(thing.statue_edits[place], False)
    return made


def remove(thing: bpy.types.Object, place: int) -> None:
    """Takes an edit out of the object, as if it had never been."""
    edit = thing.statue_edits[place]
    with object_mode(thing):
        shape_keys.remove(thing, edit_history.key_of(edit))
        edit_id = edit.edit_id
        thing.statue_edits.remove(place)
        layers.remove(thing, edit_id, edit_history.order(thing))
    thing.statue_edit_index = max(min(place, len(thing.statue_edits) - 1), 0)
    edit_history.write_down(thing)


def merge(thing: bpy.types.Object, place: int) -> None:
    """Makes one edit of this and the one below it in the list; the statue looks as it did."""
    upper, lower = thing.statue_edits[place], thing.statue_edits[place - 1]
    name = f"{lower.name} + {upper.name}"[:NAME_LENGTH]
    with object_mode(thing):
        keys = [key for key in (edit_history.key_of(lower), edit_history.key_of(upper)) if key]
        lower.key = shape_keys.merge(thing, keys, name) if keys else ""
        told = {**lower.told, "merged": [*lower.told.get("merged", [lower.told]), upper.told]}
        lower.record, lower.name = json.dumps(told, ensure_ascii=False), name
        ids = [edit_id for edit_id in edit_history.order(thing) if edit_id != upper.edit_id]
        layers.merge(thing, lower.edit_id, upper.edit_id, name, ids)
        thing.statue_edits.remove(place)
    thing.statue_edit_index = place - 1
    edit_history.write_down(thing)


def _check(thing: bpy.types.Object, asked: dict, result: EditResult) -> None:
    """Refuses an object that the edit does not fit any more."""
    if thing.library or thing.data.library:
        raise Failure(f"“{thing.name}” is linked from another file and cannot be changed here.", next_step=AS_NEW)
    with object_mode(thing):
        now = len(thing.data.vertices)
    if result.offset and now != int(asked["vertices"]):
        raise Failure(
            f"“{thing.name}” has {now:,} vertices now; when the edit began it had {asked['vertices']:,}.",
            next_step=AS_NEW,
        )
    if result.layer and not thing.data.uv_layers:
        raise Failure(f"“{thing.name}” has lost its UV map, which the new surface lies in.", next_step=AS_NEW)


def _apply(thing: bpy.types.Object, files: EditFiles, asked: dict, told: dict, name: str) -> None:
    label = (name or told.get("prompt") or told["by"])[:NAME_LENGTH].strip()
    edit_id = id_of(thing, told)
    if files.layer:
        layers.add(thing, edit_id, label, files.layer)
    key = "" if files.offset is None else shape_keys.add(thing, _turned(files.offset, asked), label)
    edit_history.record(thing, edit_id, label, key, told)
    layers.wire(thing, edit_history.order(thing))


def id_of(thing: bpy.types.Object, told: dict) -> str:
    """What the next edit of an object is known by."""
    return f"{told['job'][:15]}-{told['variant']}-{len(thing.statue_edits)}"


def _turned(offset: np.ndarray, asked: dict) -> np.ndarray:
    """An offset [V, 3] of the engine's frame in the object's."""
    return offset @ np.linalg.inv(np.array(asked["to_engine"], np.float64)[:3, :3]).T


def _drop_previews(thing: bpy.types.Object) -> None:
    """What was only a look at an edit goes when the next one comes."""
    for place in reversed(range(len(thing.statue_edits))):
        if thing.statue_edits[place].told.get("preview"):
            remove(thing, place)


def make_own(thing: bpy.types.Object) -> None:
    """A mesh that several objects share would change in all of them."""
    if thing.data.users > 1:
        thing.data = thing.data.copy()


def _take_over(thing: bpy.types.Object, variant: bpy.types.Object) -> None:
    """The object gets the variant's last edit, on top of whatever was done to it since."""
    edit = variant.statue_edits[-1]
    key, node = edit_history.key_of(edit), edit_history.layer_of(edit)
    if key and len(thing.data.vertices) != len(key.data):
        raise Failure(
            f"“{thing.name}” has {len(thing.data.vertices):,} vertices now; its variant has {len(key.data):,}.",
            next_step="Use the variant as an object of its own: delete the others by hand.",
        )
    make_own(thing)
    _drop_previews(thing)
    if node:
        layers.add_copy(thing, edit.edit_id, node)
    name = shape_keys.add(thing, shape_keys.moved(key), edit.name, key.value) if key else ""
    edit_history.record(thing, edit.edit_id, edit.name, name, edit.told)
    layers.wire(thing, edit_history.order(thing))


def _delete(variant: bpy.types.Object) -> None:
    mesh = variant.data
    bpy.data.objects.remove(variant)
    if mesh.users == 0:
        bpy.data.meshes.remove(mesh)


def put_beside(made: bpy.types.Object, old: bpy.types.Object, places: int) -> None:
    made.matrix_world = Matrix.Translation((places * GAP * max(old.dimensions.x, 1e-3), 0, 0)) @ old.matrix_world


def collections_of(thing: bpy.types.Object) -> list:
    return [collection for collection in thing.users_collection if not collection.library]


def told_of(
    folder: Path, result: EditResult, request: EditJob, notes: list[str], unknown: list[str] | None = None, number=0
) -> dict:
    """What the history keeps of an edit."""
    names = ("prompt", "avoid", "what", "region", "border", "keep_seen", "strength", "prior", "preview")
    return {
        "by": name_of(request),
        **{name: getattr(request, name) for name in names if hasattr(request, name)},
        "seed": getattr(request, "seed", 0) + number,
        "variant": number,
        "summary": result.summary,
        "job": folder.name,
        statue.FOLDER: str(folder),
        "notes": notes,
        "unknown": unknown or [],
    }


def _share(value) -> float | None:
    return None if value is None else min(max(float(value), 0.0), 1.0)
