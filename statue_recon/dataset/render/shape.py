"""An object as it is to be rendered: read from its file, checked, and ready for the frame of the cameras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Failure
from ...mesh.mesh import Mesh
from ...photo.light import linear
from .layout import LONGEST_SIDE

FORMATS = (".glb", ".obj", ".ply", ".stl")
OWN_MATERIALS = (".glb", ".obj")  # Blender reads these itself, with the materials and textures in them


@dataclass(frozen=True)
class Shape:
    """A mesh with what its vertices carry, Z up. What the file does not say is None."""

    mesh: Mesh
    normals: NDArray[
        np.float32
    ]  # [V, 3] of length 1; vertices at one place share theirs unless the file says otherwise
    colours: NDArray[np.float32] | None = None  # [V, 3] linear, 0 … 1
    roughness: NDArray[np.float32] | None = None  # [V] 0 … 1
    metallic: NDArray[np.float32] | None = None  # [V] 0 … 1
    smoothed: bool = True  # whether the normals are our own smooth ones, since the file has none

    @property
    def frame(self) -> tuple[float, NDArray[np.float64]]:
        """Scale and offset [3] that bring it into the frame of the cameras: scale · place + offset."""
        low, high = (bound(self.mesh.vertices, axis=0).astype(np.float64) for bound in (np.min, np.max))
        scale = LONGEST_SIDE / float((high - low).max())
        return scale, -scale * (low + high) / 2

    def framed(self) -> Shape:
        """In the frame of the cameras: the bounding box centred, its longest side 0.8 m."""
        scale, offset = self.frame
        vertices = (self.mesh.vertices * scale + offset).astype(np.float32)
        return replace(self, mesh=Mesh(vertices, self.mesh.faces))


def read_shape(path: Path) -> Shape:
    """The object in a file. A .glb is Y up and is turned; all others are taken as Z up."""
    if path.suffix.lower() not in FORMATS:
        raise Failure(f"{path.name} is of a format that cannot be rendered.", f"Give {', '.join(FORMATS)}.")
    try:
        return _read(path)
    except Failure:
        raise
    except Exception as error:  # the readers of four formats fail in as many ways
        raise Failure(
            f"The mesh in {path.name} cannot be read ({type(error).__name__}: {error}).",
            next_step="Open it in Blender and export it again.",
        ) from error


def _read(path: Path) -> Shape:
    import trimesh

    loaded: Any = trimesh.load(path, process=False)
    held: list[Any] = loaded.dump() if isinstance(loaded, trimesh.Scene) else [loaded]  # type: ignore[assignment]  # a list unless asked otherwise
    parts = [part for part in held if len(getattr(part, "faces", ())) > 0]
    if not parts:
        raise Failure(f"The mesh in {path.name} is empty: it has no faces.", next_step="Choose another mesh.")
    counts = [len(part.vertices) for part in parts]
    starts = np.cumsum([0, *counts[:-1]])
    vertices = np.concatenate([np.asarray(part.vertices, np.float32) for part in parts])
    faces = np.concatenate([np.asarray(part.faces) + start for part, start in zip(parts, starts, strict=True)])
    if faces.min() < 0 or faces.max() >= len(vertices) or not np.isfinite(vertices[np.unique(faces)]).all():
        raise Failure(
            f"The mesh in {path.name} is damaged: faces without corners, or corners that are nowhere.",
            next_step="Open it in Blender, clean it up (Mesh › Clean Up) and export it again.",
        )
    used, renumbered = np.unique(faces, return_inverse=True)  # a stray vertex would count for the size
    mesh = Mesh(vertices[used], renumbered.reshape(-1, 3).astype(np.int32))
    if not np.ptp(mesh.vertices, axis=0).max() > 0:
        raise Failure(f"The mesh in {path.name} is a single point.", next_step="Choose another mesh.")
    own = _of_all(parts, counts, lambda part: part._cache["vertex_normals"])
    normals = _smooth(mesh) if own is None else _unit(own[used])
    colours = _of_all(parts, counts, _colours)
    shape = Shape(
        mesh,
        normals,
        colours=None if colours is None else colours[used],
        roughness=_channel(loaded, "roughness", used),
        metallic=_channel(loaded, "metallic", used),
        smoothed=own is None,
    )
    return _z_up(shape) if path.suffix.lower() == ".glb" else shape


def _of_all(parts: list, counts: list[int], read: Callable[[Any], NDArray | None]) -> NDArray[np.float32] | None:
    """[V, 3] what `read` finds in each part; None where it finds nothing in one of them."""
    found = [read(part) for part in parts]
    if any(values is None or values.shape != (count, 3) for values, count in zip(found, counts, strict=True)):
        return None
    return np.concatenate(found).astype(np.float32)  # type: ignore[arg-type]  # none is None


def _colours(part: Any) -> NDArray | None:
    """[V, 3] linear colours of a part's vertices: its own, or those of its texture at them."""
    visual = part.visual
    if not visual.defined:
        return None
    if visual.kind == "texture":
        visual = visual.to_color()
    every = np.broadcast_to(visual.vertex_colors, (len(part.vertices), 4))  # a material without texture has but one
    return linear(every[:, :3] / 255.0)


def _channel(part: Any, name: str, used: NDArray) -> NDArray[np.float32] | None:
    """[V] a property of those vertices of a .ply that are used, bytes brought to 0 … 1."""
    raw = getattr(part, "metadata", {}).get("_ply_raw", {}).get("vertex", {}).get("data")
    if raw is None or name not in (raw.dtype.names if isinstance(raw, np.ndarray) else raw):
        return None
    values = np.asarray(raw[name]).reshape(-1)[used]
    most = 255.0 if values.dtype.kind in "iu" else 1.0
    return np.clip(values.astype(np.float32) / most, 0.0, 1.0)


def _smooth(mesh: Mesh) -> NDArray[np.float32]:
    """[V, 3] smooth normals over vertices at one place: files without any often repeat each corner."""
    places, at = np.unique(mesh.vertices, axis=0, return_inverse=True)
    at = at.reshape(-1)
    if len(places) == len(mesh.vertices):
        return mesh.normals
    return Mesh(places, at[mesh.faces].astype(np.int32)).normals[at]


def _unit(vectors: NDArray) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-30)).astype(np.float32)


def _z_up(shape: Shape) -> Shape:
    def turned(vectors: NDArray) -> NDArray:
        return np.stack([vectors[:, 0], -vectors[:, 2], vectors[:, 1]], axis=1)

    mesh = Mesh(turned(shape.mesh.vertices), shape.mesh.faces)
    return replace(shape, mesh=mesh, normals=turned(shape.normals))
