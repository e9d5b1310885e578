"""Reading a mesh file of any origin: its triangles, Z up, and what it says of their corners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Y_UP = (".glb", ".gltf")  # by the specification of glTF; everything else counts as Z up, as in `evaluate`
STONE = (176, 172, 165)  # sRGB, of parts without colours beside parts with colours
_FARTHEST = float(np.finfo(np.float32).max)  # meshes are worked with in float32
_PLACES = ("x", "y", "z", "nx", "ny", "nz")  # properties of a .ply that are read as places and normals


class NoMesh(Exception):
    """Nothing can be seen of a file; says why in words that go on from "The mesh …"."""


@dataclass(frozen=True)
class Triangles:
    """The mesh in a file, in the file's units, Z up, each part where it stands."""

    vertices: NDArray[np.float64]  # [V, 3]
    faces: NDArray[np.integer]  # [F, 3] counter-clockwise when seen from outside
    colours: NDArray[np.uint8] | None = None  # [V, 3] sRGB, of the vertices or of the texture where they lie on it
    normals: NDArray[np.float64] | None = None  # [V, 3] of any length; None where a part has none
    properties: dict[str, NDArray] = field(default_factory=dict)  # [V] what a .ply says beside, as it is stored there


@dataclass(frozen=True)
class _Part:
    vertices: NDArray
    faces: NDArray
    colours: NDArray | None
    normals: NDArray | None


def read_triangles(path: Path, looks: bool = True) -> Triangles:
    """The mesh in a file that trimesh can read, found to be sound.

    looks: whether colours, normals and properties are wanted too, and so materials and pictures read. Raises NoMesh.
    """
    try:
        return sound(_read(path, looks))
    except (NoMesh, MemoryError):
        raise
    except Exception as error:  # trimesh's readers fail in as many ways as there are formats
        reason = " ".join(str(error).split())[:200]
        raise NoMesh(f"cannot be read ({type(error).__name__}: {reason})") from error


def sound(found: Triangles) -> Triangles:
    """Without the vertices that no face uses, which would count for the size. Raises NoMesh if nothing can be seen."""
    vertices, faces = found.vertices, found.faces
    if len(faces) == 0:
        raise NoMesh("is empty: it has no faces")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise NoMesh("is damaged: faces refer to corners that do not exist")
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    number = np.cumsum(used, dtype=np.int32) - 1
    vertices = vertices[used]
    nowhere = ~(np.abs(vertices) < _FARTHEST).all(axis=1)
    if nowhere.any():
        raise NoMesh(f"is damaged: {nowhere.mean():.2%} of its corners are nowhere (not a number)")
    if not np.ptp(vertices, axis=0).max() > 0:
        raise NoMesh("is a single point: all its corners are at one place")
    return Triangles(
        vertices,
        number[faces],
        None if found.colours is None else found.colours[used],
        None if found.normals is None else found.normals[used],
        {name: values[used] for name, values in found.properties.items()},
    )


def _read(path: Path, looks: bool) -> Triangles:
    import trimesh

    scene: Any = trimesh.load_scene(path, process=False, skip_materials=not looks)
    parts = list(_parts(scene, looks))
    if not parts and any(len(getattr(thing, "vertices", ())) for thing in scene.geometry.values()):
        raise NoMesh("is empty: it is a cloud of points without any faces")
    if not parts:
        raise NoMesh("is empty: it has no faces")
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    vertices = np.concatenate([part.vertices for part in parts])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts[:-1], strict=True)])
    colours = normals = None
    if any(part.colours is not None for part in parts):
        colours = np.full(vertices.shape, STONE, np.uint8)
        for part, start in zip(parts, starts[:-1], strict=True):
            if part.colours is not None:
                colours[start : start + len(part.vertices)] = part.colours
    if all(part.normals is not None for part in parts):
        normals = np.concatenate([part.normals for part in parts])  # type: ignore[misc]  # none is None
    if path.suffix.lower() in Y_UP:
        vertices, normals = _z_up(vertices), None if normals is None else _z_up(normals)
    return Triangles(vertices, faces, colours, normals, _properties(scene) if looks else {})


def _parts(scene: Any, looks: bool) -> Iterator[_Part]:
    """Each mesh of a scene where it stands."""
    for node in scene.graph.nodes_geometry:
        transform, name = scene.graph[node]
        part = scene.geometry[name]
        faces = np.asarray(getattr(part, "faces", ()), np.int64)
        if not len(faces):
            continue
        vertices = np.asarray(part.vertices, np.float64)
        colours, normals = (_colours(part), _normals(part)) if looks else (None, None)
        if not np.array_equal(transform, np.eye(4)):  # most files have but one part, where it stands
            turn = transform[:3, :3]
            vertices = vertices @ turn.T + transform[:3, 3]
            normals = None if normals is None else normals @ np.linalg.pinv(turn)
            faces = faces[:, ::-1] if np.linalg.det(turn) < 0 else faces
        yield _Part(vertices, faces, colours, normals)


def _colours(part: Any) -> NDArray[np.uint8] | None:
    """[V, 3] sRGB."""
    visual = part.visual
    if visual is None or not visual.defined:
        return None
    try:
        if visual.kind == "texture":
            visual = visual.to_color()
        # A material without a texture has one colour for all.
        return np.broadcast_to(visual.vertex_colors, (len(part.vertices), 4))[:, :3].astype(np.uint8)
    except Exception:  # a picture that is missing or broken leaves the shape
        return None


def _normals(part: Any) -> NDArray[np.float64] | None:
    """[V, 3] those of the file; asked for in the usual way, trimesh would make some."""
    found = part._cache["vertex_normals"]
    return None if found is None or found.shape != part.vertices.shape else np.asarray(found, np.float64)


def _properties(scene: Any) -> dict[str, NDArray]:
    """What a .ply, which has one part only, says of its vertices beside their places."""
    (part, *others) = scene.geometry.values()
    raw = part.metadata.get("_ply_raw", {}).get("vertex", {}).get("data")
    if raw is None or others:
        return {}
    names = raw.dtype.names if isinstance(raw, np.ndarray) else raw
    columns = {name: np.asarray(raw[name]).squeeze() for name in names if name not in _PLACES}
    return {name: values for name, values in columns.items() if values.shape == (len(part.vertices),)}


def _z_up(vectors: NDArray) -> NDArray:
    return np.stack([vectors[:, 0], -vectors[:, 2], vectors[:, 1]], axis=1)
