"""An object as it is to be rendered: read from its file, checked, and ready for the frame of the cameras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...contract import Failure
from ...mesh.mesh import Mesh
from ...photo.light import linear
from ..files import NoMesh, read_triangles
from .layout import LONGEST_SIDE

FORMATS = (".glb", ".obj", ".ply", ".stl")
OWN_MATERIALS = (".glb", ".obj")  # Blender reads these itself, with the materials and textures in them
_MEND = "Open it in Blender, clean it up (Mesh › Clean Up) and export it again; or choose another mesh."


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
    """The object in a file. A .glb is Y up and is turned; all others are taken as Z up. Raises Failure."""
    if path.suffix.lower() not in FORMATS:
        raise Failure(f"{path.name} is of a format that cannot be rendered.", f"Give {', '.join(FORMATS)}.")
    try:
        found = read_triangles(path)
        mesh = Mesh(found.vertices.astype(np.float32), found.faces)
        if not np.ptp(mesh.vertices, axis=0).max() > 0:  # far away, float32 has too few steps to tell corners apart
            raise NoMesh("is a single point")
        return Shape(
            mesh,
            _smooth(mesh) if found.normals is None else _unit(found.normals),
            colours=None if found.colours is None else linear(found.colours / 255.0).astype(np.float32),
            roughness=_share(found.properties.get("roughness")),
            metallic=_share(found.properties.get("metallic")),
            smoothed=found.normals is None,
        )
    except NoMesh as error:
        raise Failure(f"The mesh in {path.name} {error}.", next_step=_MEND) from error
    except MemoryError as error:
        raise Failure(f"The mesh in {path.name} is too large for the memory.", "Make it smaller in Blender.") from error


def _share(values: NDArray | None) -> NDArray[np.float32] | None:
    """[V] a property of a .ply in 0 … 1, where it is bytes too."""
    if values is None:
        return None
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
