"""Putting what a job made into a scene: the coarse preview at once, the result in its place when it is done.

Who was there is found by custom properties, never by a kept reference. A preview the user has worked on (its mesh or
material changed, or it is in Edit, Sculpt or a paint mode) is never replaced: newer previews are dropped then, and
the result goes in beside it. Nothing else in the file is touched: not the selection, the active object or camera, any
view.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy
from mathutils import Vector

from ..statue_recon import contract
from ..statue_recon.contract import Failure
from . import matched_camera, statue
from .material import packed_image, preview_material, result_material
from .mesh import build_mesh, to_base, worked_on
from .result_files import picture, read_camera, read_json, read_preview_mesh, read_result_mesh

GAP = 1.15  # distance of two statues, in widths of the new one


def insert_preview(
    scene: bpy.types.Scene, folder: Path, preview_path: str, job_id: str, title: str
) -> bpy.types.Object:
    """Shows the coarse mesh `preview_path` of a job folder, in place of the job's last preview if there is one."""
    _check_editable(scene)
    there = _preview(scene, job_id)
    if there and worked_on(there):
        return there
    file = read_preview_mesh(folder, preview_path)
    mesh = build_mesh(title, file, to_base(file.vertices))
    mesh.materials.append(preview_material(f"{title} Preview"))
    if there:
        _replace_mesh(there, mesh)
        return there
    shown = _new_object(scene, mesh, title)
    _mark(shown, statue.PREVIEW, folder, job_id, title)
    return shown


def insert_result(
    scene: bpy.types.Scene, folder: Path, result: contract.Result, job_id: str, title: str
) -> bpy.types.Object:
    """Puts the finished statue into the scene and returns it.

    It replaces the job's preview in place: transform, name, parent, modifiers and collections stay the user's. Without
    one (or beside one that was worked on) it stands on the floor at the 3D cursor. Reads everything before it changes
    anything, so a Failure leaves the scene as it was.
    """
    _check_editable(scene)
    file = read_result_mesh(folder, result.mesh)
    camera_fields = read_camera(folder, result.camera)
    provenance = read_json(folder, result.provenance)
    texture = picture(folder, result.texture)
    photo = folder / contract.PHOTO_FILE

    offset = to_base(file.vertices)
    mesh = build_mesh(title, file, offset)
    mesh.materials.append(result_material(title, packed_image(texture, f"{title} Texture")))
    there = _preview(scene, job_id)
    if there and worked_on(there):
        there[statue.KIND] = statue.KEPT
        there = None
    if there:
        _replace_mesh(there, mesh)
    made = there or _new_object(scene, mesh, title)
    _mark(made, statue.RESULT, folder, job_id, title)
    _record(made, provenance, result.summary)
    camera = matched_camera.add_camera(
        made, _collection_in(scene, made), camera_fields, photo if photo.is_file() else None, offset
    )
    matched_camera.fit_to_frame(scene, camera)
    return made


def insert_again(scene: bpy.types.Scene, folder: Path | None) -> bpy.types.Object:
    """A fresh copy of the result in a job folder, beside those of the same job that the scene has."""
    folder = present(folder)
    job_id = folder.name
    copies = statue.statues(scene, job_id)
    title = next((copy[statue.TITLE] for copy in copies if statue.TITLE in copy), job_id)
    return insert_result(scene, folder, last_result(folder), job_id, title)


def present(folder: Path | None) -> Path:
    """The folder of a job, if it is still there."""
    if folder is None or not folder.is_dir():
        raise Failure(
            "The folder of this job is not there any more: it was cleaned up or moved.",
            next_step="Run the reconstruction again.",
        )
    return folder


def last_result(folder: Path) -> contract.Result:
    """What the job in a folder has made."""
    path = folder / contract.EVENTS_FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    events = [contract.from_line(line) for line in lines if line.strip()]
    results = [event for event in events if isinstance(event, contract.Result)]
    if not results:
        raise Failure("This job has no result.", next_step="Resume it, or run the reconstruction again.")
    return results[-1]


def _check_editable(scene: bpy.types.Scene) -> None:
    if scene.library:
        raise Failure(
            f"The scene “{scene.name}” is linked from another file and cannot be changed here.",
            next_step="Open that file, or insert the result into a scene of this one.",
        )


def _preview(scene: bpy.types.Scene, job_id: str) -> bpy.types.Object | None:
    previews = [thing for thing in statue.statues(scene, job_id) if thing[statue.KIND] == statue.PREVIEW]
    return previews[0] if previews else None


def _new_object(scene: bpy.types.Scene, mesh: bpy.types.Mesh, title: str) -> bpy.types.Object:
    """An object in a collection of its own, its base on the floor at the 3D cursor, or beside the statues there."""
    others = statue.statues(scene)
    collection = bpy.data.collections.new(f"Statue {title}")
    scene.collection.children.link(collection)
    made = bpy.data.objects.new(title, mesh)
    collection.objects.link(made)
    place = Vector((scene.cursor.location.x, scene.cursor.location.y, 0.0))
    step = made.dimensions.x * GAP
    while any((other.location.xy - place.xy).length < step / 2 for other in others):
        place.x += step
    made.location = place
    return made


def _collection_in(scene: bpy.types.Scene, thing: bpy.types.Object) -> bpy.types.Collection:
    """The first collection of this scene that holds the object; it may be in other scenes too."""
    here = {scene.collection, *scene.collection.children_recursive}
    return next(collection for collection in thing.users_collection if collection in here)


def _replace_mesh(thing: bpy.types.Object, mesh: bpy.types.Mesh) -> None:
    """Gives the object a new mesh; the old one and its material go, unless something else uses them."""
    old = thing.data
    materials = list(old.materials)
    mesh.name = old.name if old.users == 1 else mesh.name
    thing.data = mesh
    if old.users == 0:
        bpy.data.meshes.remove(old)
    for material in materials:
        if material and material.users == 0:
            bpy.data.materials.remove(material)


def _mark(thing: bpy.types.Object, kind: str, folder: Path, job_id: str, title: str) -> None:
    thing[statue.KIND] = kind
    thing[statue.JOB] = job_id
    thing[statue.FOLDER] = str(folder)
    thing[statue.TITLE] = title


def _record(made: bpy.types.Object, provenance: dict, summary: str) -> None:
    """Keeps where the statue comes from: what a person asks for by itself, and the whole record."""
    request = provenance.get("request")
    request = request if isinstance(request, dict) else {}
    made[statue.SUMMARY] = summary
    made[statue.ENGINE] = str(provenance.get("engine", "unknown"))
    made[statue.PRIOR] = str(request.get("prior", "unknown"))
    made[statue.QUALITY] = str(request.get("quality", "unknown"))
    made[statue.SEED] = str(request.get("seed", "unknown"))  # text: a whole number here has 32 bits only
    prior = provenance.get("prior")
    for name, field in statue.IMAGINED.items():
        if isinstance(prior, dict) and prior.get(field):
            made[name] = str(prior[field])
    weights = prior.get("weights") if isinstance(prior, dict) else None
    if isinstance(weights, dict):
        made[statue.WEIGHTS] = ", ".join(
            f"{Path(name).stem} {str(sha256)[:12]}…" for name, sha256 in sorted(weights.items())
        )
    made[statue.PHOTO_SHA256] = str(provenance.get("photo_sha256", "unknown"))
    made[statue.DATE] = str(provenance.get("date", "unknown"))
    made[statue.PROVENANCE] = json.dumps(provenance, ensure_ascii=False, indent=1)
