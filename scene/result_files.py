"""Reading what the engine wrote, and refusing what cannot be a result: a job folder may have been edited by hand."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..statue_recon.contract import Failure

GROUP = "group:"  # what the names of vertex groups in a mesh.npz begin with


@dataclass(frozen=True)
class MeshFile:
    """Arrays of a mesh in the engine's frame; `uv`, `seen` and `doubt` belong to results, `colours` to previews."""

    vertices: np.ndarray  # [V, 3] float32
    faces: np.ndarray  # [F, 3] int32
    uv: np.ndarray | None = None  # [F, 3, 2] float32
    seen: np.ndarray | None = None  # [V] float32, 0 … 1
    doubt: np.ndarray | None = None  # [V] float32, in units of the mesh, 0 and more
    colours: np.ndarray | None = None  # [V, 3] float32 sRGB, 0 … 1
    quads: bool = False  # whether the triangles come in pairs (a, b, c), (a, c, d) that are quads


@dataclass(frozen=True)
class VolumeFile:
    """The coarse shape a mesh began as: signed distances at the nodes of a grid, in the frame of the mesh."""

    values: np.ndarray  # [X, Y, Z] int8, negative inside
    lower: np.ndarray  # [3] float64, where the node (0, 0, 0) lies
    spacing: float  # from node to node


def read_result_mesh(folder: Path, relative: str) -> MeshFile:
    arrays = _arrays(folder, relative, ("vertices", "faces", "uv", "seen"), optional=("doubt", "quads"))
    quads = bool(np.all(arrays.pop("quads", False)))
    return replace(_checked(MeshFile(**arrays), relative), quads=quads)


def read_statue_mesh(folder: Path, relative: str) -> MeshFile:
    """A statue as it was taken out of Blender to be edited, or as an edit left it: it may lack `seen`."""
    arrays = _arrays(folder, relative, ("vertices", "faces", "uv"), optional=("seen",))
    return _checked(MeshFile(**arrays), relative)


def read_groups(folder: Path, relative: str, vertices: int) -> dict[str, np.ndarray]:
    """The vertex groups [V] float32, 0 … 1, in the mesh of a result, by their names."""
    names = array_names(folder, relative)
    arrays = _arrays(folder, relative, tuple(name for name in names if name.startswith(GROUP)))
    for name, weights in arrays.items():
        if weights.shape != (vertices,) or weights.dtype.kind != "f" or not np.isfinite(weights).all():
            raise _damaged(relative, f"the vertex group “{name.removeprefix(GROUP)}” is none of {vertices} vertices")
    return {name.removeprefix(GROUP): np.clip(weights, 0, 1) for name, weights in arrays.items()}


def array_names(folder: Path, relative: str) -> list[str]:
    try:
        with np.load(inside(folder, relative), allow_pickle=False) as file:
            return list(file.files)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(relative, str(error)) from error


def read_offset(folder: Path, relative: str, vertices: int) -> np.ndarray:
    """How far an edit moves each vertex at full strength: [V, 3] float32, the engine's frame."""
    offset = _arrays(folder, relative, ("offset",))["offset"]
    if offset.shape != (vertices, 3) or offset.dtype.kind != "f" or not np.isfinite(offset).all():
        raise _damaged(relative, f"it does not say of {vertices} vertices how far they move")
    return np.ascontiguousarray(offset, dtype=np.float32)


def read_preview_mesh(folder: Path, relative: str) -> MeshFile:
    arrays = _arrays(folder, relative, ("vertices", "faces", "colours"))
    return _checked(MeshFile(**arrays), relative)


def read_volume(folder: Path, relative: str) -> VolumeFile:
    arrays = _arrays(folder, relative, ("values", "lower", "spacing"))
    values, lower, spacing = arrays["values"], arrays["lower"], arrays["spacing"]
    sound = (
        values.ndim == 3
        and values.dtype == np.int8
        and lower.shape == (3,)
        and spacing.shape == ()
        and lower.dtype.kind == spacing.dtype.kind == "f"
        and bool(np.isfinite([*lower, spacing]).all())
        and spacing > 0
    )
    if not sound:
        raise _damaged(relative, "it does not describe a volume")
    if not (values < 0).any():
        raise _damaged(relative, "nothing in it is inside the statue")
    return VolumeFile(values, lower.astype(np.float64), float(spacing))


def read_camera(folder: Path, relative: str) -> dict[str, Any]:
    """camera.json: "width", "height" and "blender", the parameters of `Camera.to_blender`; numbers checked."""
    fields = read_json(folder, relative)
    try:
        blender = fields["blender"]
        names = ("lens", "sensor_width", "sensor_height", "shift_x", "shift_y", "clip_start", "clip_end")
        numbers = [float(blender[name]) for name in names]
        aspect = [float(blender.get(name, 1.0)) for name in ("pixel_aspect_x", "pixel_aspect_y")]
        matrix = np.array(blender["matrix_world"], dtype=np.float64)
        sound = (
            matrix.shape == (4, 4)
            and bool(np.isfinite(matrix).all() and np.isfinite([*numbers, *aspect]).all())
            and min(*numbers[:3], *aspect, fields["width"], fields["height"]) > 0
            and blender["sensor_fit"] in {"HORIZONTAL", "VERTICAL"}
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(relative, f"it does not describe a camera ({error})") from error
    if not sound:
        raise _damaged(relative, "it does not describe a camera")
    return fields


def picture(folder: Path, relative: str) -> Path:
    """The path of a whole PNG file; Blender would show a damaged one as pink, much later."""
    path = inside(folder, relative)
    with path.open("rb") as file:
        begins = file.read(8) == b"\x89PNG\r\n\x1a\n"
        file.seek(max(path.stat().st_size - 8, 0))
        ends = file.read(4) == b"IEND"
    if not (begins and ends):
        raise _damaged(relative, "it is no complete PNG picture")
    return path


def read_json(folder: Path, relative: str) -> dict[str, Any]:
    try:
        fields = json.loads(inside(folder, relative).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(relative, str(error)) from error
    if not isinstance(fields, dict):
        raise _damaged(relative, "it is no JSON object")
    return fields


def inside(folder: Path, relative: str) -> Path:
    """The path of an existing file of the job; refuses one that leads out of its folder."""
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise _damaged(relative, "it lies outside the job folder")
    if not path.is_file():
        raise _damaged(relative, "it is not there")
    return path


def _arrays(folder: Path, relative: str, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    try:
        with np.load(inside(folder, relative), allow_pickle=False) as file:
            return {name: file[name] for name in (*names, *(name for name in optional if name in file.files))}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise _damaged(relative, str(error)) from error


def _checked(mesh: MeshFile, relative: str) -> MeshFile:
    """The mesh with its arrays in the types Blender takes, if it is one."""
    points, corners = mesh.vertices.shape[:1], mesh.faces.shape[:1]
    shapes = {
        "vertices": (*points, 3),
        "faces": (*corners, 3),
        "uv": (*corners, 3, 2),
        "seen": points,
        "doubt": points,
        "colours": (*points, 3),
    }
    typed: dict[str, Any] = {}
    for name, shape in shapes.items():
        array = getattr(mesh, name)
        if array is None:
            continue
        whole = name == "faces"
        if array.shape != shape or array.dtype.kind not in ("iu" if whole else "f"):
            raise _damaged(relative, f"“{name}” has the shape {array.shape} and the type {array.dtype}")
        if not whole and not np.isfinite(array).all():
            raise _damaged(relative, f"“{name}” holds values that are no numbers")
        if not whole:
            typed[name] = np.ascontiguousarray(array, dtype=np.float32)
    faces = mesh.faces
    if len(faces) == 0 or len(mesh.vertices) < 3:
        raise _damaged(relative, "it holds no faces")
    if faces.min() < 0 or faces.max() >= len(mesh.vertices):
        raise _damaged(relative, "its faces name vertices that do not exist")
    first, second, third = faces.T
    if ((first == second) | (second == third) | (third == first)).any():
        raise _damaged(relative, "some of its faces use a vertex twice")
    return MeshFile(faces=np.ascontiguousarray(faces, dtype=np.int32), **typed)


def _damaged(relative: str, reason: str) -> Failure:
    return Failure(
        f"The file “{relative}” of this job cannot be used: {reason}.",
        next_step="The job folder was changed or damaged: run the reconstruction again.",
    )
