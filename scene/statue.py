"""Statues in a scene: what marks an object as one, finding it, and what a person wants to know about it.

Everything is known from custom properties of the object, so that it survives undo, saving, appending and duplicating.
No property points at another datablock: such a pointer would keep a deleted statue alive in the file.
"""

from __future__ import annotations

from pathlib import Path

import bpy
from mathutils import Matrix, Vector

from ..statue_recon.contract import Failure
from .names import SEEN

JOB = "statue_job"  # the job's id; on the object and on its camera
KIND = "statue_kind"  # one of the three below, or CAMERA or VOXELS on what belongs to a statue
PREVIEW = "preview"  # a coarse mesh that the result will replace
KEPT = "kept preview"  # was a preview; the user worked on it, so nobody replaces it any more
RESULT = "result"
CAMERA = "camera"
VOXELS = "voxels"
FOLDER = "statue_folder"  # the job folder
TITLE = "statue_title"  # the photo's name
SUMMARY = "statue_summary"
ENGINE = "statue_engine"
PRIOR = "statue_prior"
QUALITY = "statue_quality"
SEED = "statue_seed"
SAMPLES = "statue_samples"
GUIDANCE = "statue_guidance"
IMAGINED = {SAMPLES: "samples", GUIDANCE: "guidance"}  # how the prior was asked, and what the provenance calls it
WEIGHTS = "statue_weights"  # the prior's files with the beginnings of their SHA-256
PHOTO_SHA256 = "statue_photo_sha256"
DATE = "statue_date"
MARK_OF = "statue_mark_of"  # on what a person laid beside a statue to say what they mean (marks.py): the statue's id
HIDDEN = "statue_hidden"  # on a statue that hides for its voxel grid
HEIGHT_TOLD = "statue_height_told"  # whether a person has said how high the statue is
# All of provenance.json. A string property rather than a text datablock: it travels with the object when that is
# appended, duplicated or exported (glTF extras), and leaves the user's list of texts alone.
PROVENANCE = "statue_provenance"


UNSCALED = 1e-4  # a scale this near to 1 is as the statue came


def statue_of(context_object: bpy.types.Object | None) -> bpy.types.Object | None:
    """The statue that this object is, or that this matched camera, grid of voxels or mark belongs to."""
    if context_object is None:
        return None
    if is_statue(context_object):
        return context_object
    if context_object.get(KIND) not in {CAMERA, VOXELS} and MARK_OF not in context_object:
        return None
    if context_object.parent and is_statue(context_object.parent):
        return context_object.parent
    job = context_object.get(JOB, "")  # the user took it out of the statue: any copy of the same job will do
    return next((thing for thing in bpy.data.objects if is_statue(thing) and thing[JOB] == job), None)


def is_statue(thing: bpy.types.Object) -> bool:
    return thing.type == "MESH" and JOB in thing and thing.get(KIND) in {PREVIEW, KEPT, RESULT}


def not_editable(thing: bpy.types.Object | None) -> str | None:
    """Why an object cannot be edited by text, or None. Any mesh can; costs nothing."""
    if thing is None or thing.type != "MESH":
        return "Select a statue: one made by Statue Recon, or any mesh object"
    if MARK_OF in thing:
        return "This is laid beside a statue to mark something: select the statue itself"
    if thing.library or thing.data.library:
        return "This object is linked from another file: make it local first (Object > Relations > Make Local > All)"
    if not thing.data.polygons and thing.mode != "EDIT":
        return "This mesh has no faces"
    return None


def seen_attribute(mesh: bpy.types.Mesh) -> bpy.types.Attribute | None:
    """What says of each vertex how much a photo shows of it; None where nobody knows."""
    attribute = mesh.attributes.get(SEEN)
    known = attribute is not None and (attribute.domain, attribute.data_type) == ("POINT", "FLOAT")
    return attribute if known else None


def has_seen(thing: bpy.types.Object) -> bool:
    """Whether it is known what a photo shows of this object."""
    return seen_attribute(thing.data) is not None


def statues(scene: bpy.types.Scene, job_id: str | None = None) -> list[bpy.types.Object]:
    """The scene's statues, by name; those of one job if it is given."""
    found = [thing for thing in scene.objects if is_statue(thing) and job_id in {None, thing[JOB]}]
    return sorted(found, key=lambda thing: thing.name)


def voxels_of(statue: bpy.types.Object) -> bpy.types.Object | None:
    """The statue's voxel grid, shown or hidden, if one was made and not deleted."""
    return next((child for child in statue.children if child.get(KIND) == VOXELS and child.users_scene), None)


def voxels_shown(statue: bpy.types.Object) -> bool:
    """Whether the statue hides for its voxel grid; also when that was deleted since."""
    return HIDDEN in statue and (voxels_of(statue) is not None or statue.hide_get())


def left_hidden(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """A statue that still hides for a voxel grid that was deleted, and so cannot be selected in a view."""
    return next((thing for thing in statues(scene) if voxels_shown(thing) and voxels_of(thing) is None), None)


def job_folder(statue: bpy.types.Object) -> Path | None:
    """Where the job that made it has its files; they may be gone."""
    folder = statue.get(FOLDER)
    return Path(folder) if folder else None


def face_count(statue: bpy.types.Object) -> int:
    """Faces of the mesh, without modifiers; in Edit Mode as of entering it."""
    return len(statue.data.polygons)


def real_height(statue: bpy.types.Object) -> float:
    """From base to top along the statue's own up axis, in Blender units (metres at the default unit scale)."""
    return _mesh_height(statue) * _up_scale(statue)


def length_in_words(statue: bpy.types.Object, length: float, metres_per_unit: float) -> str:
    """A length in the mesh's units as people read it: in millimetres, or as a share while the height is not known."""
    if statue.get(HEIGHT_TOLD) or abs(_up_scale(statue) - 1.0) > UNSCALED:
        return f"{length * _up_scale(statue) * metres_per_unit * 1000:.3g} mm"
    height = _mesh_height(statue)
    return f"{100 * length / height:.2g} %" if height > 0 else "?"


def set_real_height(statue: bpy.types.Object, metres: float) -> None:
    """Scales the object as a whole, about the middle of its base, to this height in Blender units."""
    before = real_height(statue)
    if not metres > 0 or not before > 0:
        raise Failure(
            f"“{statue.name}” cannot be {metres:g} m high." if before > 0 else f"“{statue.name}” is flat.",
            next_step="Give a height above zero, and a statue whose scale is not zero.",
        )
    factor = metres / before
    low, high = Vector(statue.bound_box[0]), Vector(statue.bound_box[6])  # opposite corners, by Blender's order
    base = Vector(((low.x + high.x) / 2, (low.y + high.y) / 2, low.z))
    stays = statue.matrix_basis @ base
    statue.scale *= factor
    statue[HEIGHT_TOLD] = True
    statue.location += stays - statue.matrix_basis @ base
    for child in statue.children:
        if child.get(KIND) == CAMERA:  # an object's scale moves a camera but does not stretch how far it sees
            child.data.clip_start *= factor
            child.data.clip_end *= factor


def provenance_lines(statue: bpy.types.Object) -> list[str]:
    """Where it comes from, in lines short enough for a panel."""
    if statue.get(KIND) != RESULT:
        return ["Coarse preview of an unfinished job"]
    lines = [
        str(statue.get(SUMMARY, "")),
        f"Photo: {statue.get(TITLE, '?')}  (SHA-256 {str(statue.get(PHOTO_SHA256, '?'))[:12]}…)",
        f"Engine {statue.get(ENGINE, '?')}, prior: {statue.get(PRIOR, '?')}",
        ", ".join(f"{words} {statue[name]}" for name, words in IMAGINED.items() if name in statue).capitalize(),
        *(f"Weights: {file}" for file in str(statue.get(WEIGHTS, "")).split(", ") if file),
        f"Quality: {statue.get(QUALITY, '?')}, seed {statue.get(SEED, '?')}",
        f"Made {str(statue.get(DATE, '?'))[:16].replace('T', ', ')} UTC",
    ]
    return [line for line in lines if line]


def _mesh_height(statue: bpy.types.Object) -> float:
    heights = [corner[2] for corner in statue.bound_box]
    return max(heights) - min(heights)


def _up_scale(statue: bpy.types.Object) -> float:
    return (_parent_space(statue) @ statue.matrix_basis).col[2].length


def _parent_space(statue: bpy.types.Object) -> Matrix:
    """Parent to world, without waiting for the dependency graph to notice the object's own last change."""
    if statue.parent is None:
        return Matrix()
    return statue.parent.matrix_world @ statue.matrix_parent_inverse
