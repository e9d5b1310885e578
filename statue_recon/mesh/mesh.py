"""A triangle mesh as plain arrays, and its place in the engine's frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..camera import Camera

LONGEST_SIDE = 1.8  # of the bounding box in the engine's frame


@dataclass(frozen=True)
class Mesh:
    """Triangles, counter-clockwise when seen from outside."""

    vertices: np.ndarray  # [V, 3] float32
    faces: np.ndarray  # [F, 3] int32

    @cached_property
    def _face_areas(self) -> np.ndarray:
        """[F, 3] normals as long as twice the triangle's area."""
        a, b, c = (self.vertices[self.faces[:, corner]].astype(np.float64) for corner in range(3))
        return np.cross(b - a, c - a)

    @cached_property
    def face_normals(self) -> np.ndarray:
        """[F, 3] float32 unit normals; zero where a triangle has no area."""
        return _unit(self._face_areas)

    @cached_property
    def normals(self) -> np.ndarray:
        """[V, 3] float32 unit normals at the vertices: the mean of the faces around, weighted by their area."""
        corners = self.faces.ravel()
        spread = np.repeat(self._face_areas, 3, axis=0)
        count = len(self.vertices)
        return _unit(np.stack([np.bincount(corners, spread[:, axis], count) for axis in range(3)], axis=1))


@dataclass(frozen=True)
class TexturedMesh:
    """A mesh with its picture, and how much of it the photo shows."""

    mesh: Mesh
    uv: np.ndarray  # [F, 3, 2] float32, (0, 0) is bottom left, as in Blender
    atlas: np.ndarray  # [S, S, 3] uint8 sRGB, row 0 at the TOP
    seen: np.ndarray  # [V] float32, 0 invented … 1 seen
    doubt: np.ndarray | None = None  # [V] float32 world units: by how much imagined surfaces differ; None: not known
    quads: bool = False  # whether faces 2 k and 2 k + 1, (a, b, c) and (a, c, d), are the quad a b c d

    @property
    def polygons(self) -> int:
        """How many faces a person counts."""
        return len(self.mesh.faces) // (2 if self.quads else 1)


@dataclass(frozen=True)
class BuiltMesh:
    """A mesh in the engine's frame, ready to be painted."""

    mesh: Mesh
    uv: np.ndarray  # [F, 3, 2] float32
    camera: Camera  # of the photo
    doubt: np.ndarray | None  # [V] float32 world units, as in TexturedMesh
    scale: float  # what was done to the field it was taken from: scale · point + offset
    offset: np.ndarray  # [3]


def normalise(mesh: Mesh, camera: Camera) -> tuple[Mesh, Camera]:
    """The mesh with its bounding box centred and its longest side 1.8, and the camera moved along with it."""
    scale, offset = frame_of(mesh)
    vertices = (mesh.vertices * scale + offset).astype(np.float32)
    return Mesh(vertices, mesh.faces), camera.moved(scale, offset)


def frame_of(mesh: Mesh) -> tuple[float, np.ndarray]:
    """The scale and the offset [3] that bring a mesh into the engine's frame: place = scale · point + offset."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    scale = LONGEST_SIDE / float((high - low).max())
    return scale, -scale * (low + high).astype(np.float64) / 2


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-30)).astype(np.float32)
