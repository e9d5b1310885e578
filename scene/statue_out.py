"""Taking a statue out of Blender, as an edit's job wants it: the parallel of snapshot.py for meshes.

What is written is what is seen: the mesh with its shape keys and modifiers, the texture with the edits made so far.
Vertices keep Blender's order, so what the engine says of the seventh is about the seventh here.
"""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..statue_recon import contract
from ..statue_recon.contract import Failure
from . import overrule, region_out, statue
from .layer_stack import material_of, uv_map_of
from .mesh import to_base
from .mode import object_mode
from .names import SEEN, UV_MAP
from .png import png_bytes
from .result_files import GROUP, read_camera, read_result_mesh
from .texture_out import flattened

LONGEST = 1.8  # the engine's statues are that long, in [-1, 1]³
MOST_VERTICES = 2_000_000
OVERRULE = "overrule"  # in mesh.npz: what was painted by hand
MESH_FILE, TEXTURE_FILE, PROVENANCE_FILE = "mesh.npz", "texture.png", "provenance.json"


@dataclass(frozen=True)
class Region:
    """Which part of the statue is meant, as the panel has it."""

    kind: str = "all"  # "all", "faces", "group", "mask" or "words"
    group: str = ""
    mask: bpy.types.Image | None = None
    words: str = ""


@dataclass(frozen=True)
class Taken:
    """A statue outside Blender: the files of its folder, and how its frame lies in the object's."""

    files: dict[str, bytes]
    copies: dict[str, Path]  # of files that lie somewhere already
    to_engine: Matrix  # from the object's own coordinates to the engine's
    vertices: int
    same_vertices: bool  # whether they are the mesh's own; with modifiers there may be more or fewer
    region: str  # as `EditRequest.region` spells it, for a statue in the folder `statue`
    notes: tuple[str, ...] = field(default=())  # sentences for people

    def noted(self) -> dict:
        """What has to be known to bring an edit back, as JSON can hold it."""
        return {"vertices": self.vertices, "to_engine": [list(row) for row in self.to_engine]}

    def write(self, folder: Path) -> None:
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        for name, path in self.copies.items():
            shutil.copyfile(path, folder / name)


def take(thing: bpy.types.Object, region: Region, shape: bool, groups: bool = False) -> Taken:
    """The statue's files. `shape`: whether its vertices are to be moved, and so have to be the mesh's own; `groups`:
    whether all vertex groups go along.

    Leaves Edit and Sculpt Mode and goes back. Changes nothing but this: a mesh without any UV map gets one.
    """
    if reason := statue.not_editable(thing):
        raise Failure(f"{reason}.", next_step="Then try again.")
    with object_mode(thing):
        notes = [] if thing.data.uv_layers else [_unwrap(thing)]
        overrule.apply(thing)  # whoever forgot to press Done has painted all the same
        with _Evaluated(thing, shape) as (mesh, note):
            names = [group.name for group in thing.vertex_groups] if groups else []
            return _taken(thing, mesh, region, names, [*notes, *filter(None, [note])])


def _taken(thing: bpy.types.Object, mesh: bpy.types.Mesh, region: Region, groups: list[str], notes: list[str]) -> Taken:
    if not 3 <= len(mesh.vertices) <= MOST_VERTICES or not len(mesh.polygons):
        raise Failure(
            f"“{thing.name}” has {len(mesh.vertices):,} vertices and {len(mesh.polygons):,} faces.",
            next_step=f"An edit wants a mesh with faces and at most {MOST_VERTICES:,} vertices.",
        )
    same = len(mesh.vertices) == len(thing.data.vertices)
    to_engine, copies = _frame(thing, mesh)
    texture, uv_map = flattened(thing)
    arrays = _arrays(mesh, to_engine, thing, uv_map)
    if (painted := overrule.read(thing, mesh)) is not None:
        arrays[OVERRULE] = painted.astype(np.float32)
    arrays |= {f"{GROUP}{name}": overrule.weights_of(thing, mesh, name) for name in groups}
    files = {TEXTURE_FILE: png_bytes(texture)}
    spelled, arrays_of_group, region_files = region_out.spell(thing, mesh, region)
    files |= region_files
    if told := thing.get(statue.PROVENANCE):
        files[PROVENANCE_FILE] = str(told).encode("utf-8")  # the edits so far: the new one becomes the last of them
    files[MESH_FILE] = _npz({**arrays, **arrays_of_group})
    return Taken(files, copies, to_engine, len(mesh.vertices), same, spelled, tuple(notes))


class _Evaluated:
    """The mesh as it is seen, for the time of a `with`, and what there is to say about that."""

    def __init__(self, thing: bpy.types.Object, shape: bool):
        self.thing, self.shape = thing, shape
        self._held: bpy.types.Object | None = None

    def __enter__(self) -> tuple[bpy.types.Mesh, str]:
        thing = self.thing
        active = [modifier for modifier in thing.modifiers if modifier.show_viewport]
        if not active and thing.data.shape_keys is None:
            return thing.data, ""
        hidden = _switched(active, on=False) if active and self.shape and not self._keeps_count() else []
        try:
            mesh = self._evaluate()
        finally:
            for modifier in hidden:
                modifier.show_viewport = True
        names = ", ".join(modifier.name for modifier in active)
        if hidden:
            return mesh, f"Edited before its modifiers ({names}): they change how many vertices there are."
        return mesh, f"Edited as its modifiers show it ({names})." if active else ""

    def __exit__(self, *_):
        if self._held:
            self._held.to_mesh_clear()

    def _keeps_count(self) -> bool:
        count = len(self._evaluate().vertices)
        self.__exit__()
        return count == len(self.thing.data.vertices)

    def _evaluate(self) -> bpy.types.Mesh:
        graph = bpy.context.evaluated_depsgraph_get()
        graph.update()
        held = self._held = self.thing.evaluated_get(graph)
        return held.to_mesh(preserve_all_data_layers=True, depsgraph=graph)


def _switched(modifiers, on: bool) -> list:
    for modifier in modifiers:
        modifier.show_viewport = on
    return list(modifiers)


@dataclass(frozen=True)
class Triangles:
    """The faces of a mesh as they are handed over."""

    faces: np.ndarray  # [F, 3] int32
    corners: np.ndarray  # [F, 3] int32, into the mesh's loops
    uv: np.ndarray  # [F, 3, 2] float32


def triangles(mesh: bpy.types.Mesh, to_engine: Matrix, thing: bpy.types.Object, uv_map: str = "") -> Triangles:
    """Of a mesh that is `thing`'s or what its modifiers make of it; its texture's UV map if none is given."""
    uv_map = uv_map or uv_map_of(thing, material_of(thing))
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    faces, corners = np.empty(count * 3, np.int32), np.empty(count * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces)
    mesh.loop_triangles.foreach_get("loops", corners)
    uv = np.zeros(len(mesh.loops) * 2, np.float32)
    if mesh.uv_layers:
        (mesh.uv_layers.get(uv_map) or mesh.uv_layers[0]).uv.foreach_get("vector", uv)
    turn = slice(None, None, -1 if to_engine.determinant() < 0 else 1)  # mirrored, faces show from behind
    faces, corners = (np.ascontiguousarray(array.reshape(-1, 3)[:, turn]) for array in (faces, corners))
    return Triangles(faces, corners, np.ascontiguousarray(uv.reshape(-1, 2)[corners]))


def _arrays(mesh: bpy.types.Mesh, to_engine: Matrix, thing: bpy.types.Object, uv_map: str) -> dict[str, np.ndarray]:
    """vertices [V, 3], faces [F, 3], uv [F, 3, 2], and seen [V] where the mesh has it."""
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    matrix = np.array(to_engine, np.float64)
    vertices = places.reshape(-1, 3).astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    own = triangles(mesh, to_engine, thing, uv_map)
    arrays = {"vertices": vertices.astype(np.float32), "faces": own.faces, "uv": own.uv}
    if (seen := _seen_of(mesh)) is not None:
        arrays[SEEN] = seen
    return arrays


def _seen_of(mesh: bpy.types.Mesh) -> np.ndarray | None:
    attribute = statue.seen_attribute(mesh)
    if attribute is None:
        return None
    seen = np.empty(len(mesh.vertices), np.float32)
    attribute.data.foreach_get("value", seen)
    return np.clip(np.nan_to_num(seen), 0, 1)


def _frame(thing: bpy.types.Object, mesh: bpy.types.Mesh) -> tuple[Matrix, dict[str, Path]]:
    """From the object's coordinates to the engine's, and the files that hold in that frame: the photo and its camera.

    A statue of ours has the frame it was made in. Anything else is taken as it stands in the world, Z up, turned and
    scaled as a whole until it is LONGEST long.
    """
    if thing.get(statue.KIND) == statue.RESULT and (known := _own_frame(thing)):
        return known
    turned = thing.matrix_world.to_3x3().to_4x4()
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    places = places.reshape(-1, 3) @ np.array(turned, np.float32)[:3, :3].T
    lower, upper = places.min(axis=0), places.max(axis=0)
    longest = float((upper - lower).max())
    if not (np.isfinite(longest) and longest > 0) or abs(turned.determinant()) < 1e-18:
        raise Failure(f"“{thing.name}” has no size.", next_step="Give it a scale above zero on every axis.")
    centre = Matrix.Translation([float(value) for value in -(lower + upper) / 2])
    return Matrix.Scale(LONGEST / longest, 4) @ centre @ turned, {}


def _own_frame(thing: bpy.types.Object) -> tuple[Matrix, dict[str, Path]] | None:
    """Of a statue of ours whose job is still there; None when it was cleaned up."""
    folder = statue.job_folder(thing)
    if folder is None or not (folder / contract.RESULT_FOLDER / "mesh.npz").is_file():
        return None
    relative = f"{contract.RESULT_FOLDER}/camera.json"
    try:
        offset = to_base(read_result_mesh(folder, f"{contract.RESULT_FOLDER}/mesh.npz").vertices)
        read_camera(folder, relative)
    except Failure:
        return None
    candidates = {
        "camera.json": folder / relative,
        contract.PHOTO_FILE: folder / contract.PHOTO_FILE,
        contract.MASK_FILE: folder / contract.MASK_FILE,
    }
    return Matrix.Translation(-offset), {name: path for name, path in candidates.items() if path.is_file()}


def _unwrap(thing: bpy.types.Object) -> str:
    """Gives a mesh without a UV map one: without it there is no place for a texture."""
    thing.data.uv_layers.new(name=UV_MAP)
    select = np.empty(len(thing.data.polygons), bool)
    thing.data.polygons.foreach_get("select", select)
    with bpy.context.temp_override(active_object=thing, object=thing, selected_objects=[thing]):
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(island_margin=0.003)
        bpy.ops.object.mode_set(mode="OBJECT")
    thing.data.polygons.foreach_set("select", select)
    return "It had no UV map and was unwrapped with Smart UV Project."


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    held = io.BytesIO()
    np.savez(held, **arrays)  # type: ignore[arg-type]  # its signature takes the names of options too
    return held.getvalue()
