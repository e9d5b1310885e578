"""A statue's file: binary PLY with base colour, roughness and metal at each vertex."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...mesh.mesh import Mesh
from ...photo.light import srgb
from ...whole import write_whole
from .material.surface import Surface

_VERTEX = [("place", "<f4", 3), ("colour", "u1", 3), ("roughness", "<f4"), ("metallic", "<f4")]
_FACE = [("count", "u1"), ("corners", "<i4", 3)]
_HEADER = """\
ply
format binary_little_endian 1.0
comment {comment}
element vertex {vertices}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
property float roughness
property float metallic
element face {faces}
property list uchar int vertex_indices
end_header
"""


def write_ply(path: Path, mesh: Mesh, surface: Surface, comment: str) -> None:
    """Colours are written as sRGB, as every reader takes them. The file is there whole or not at all."""
    vertices = np.empty(len(mesh.vertices), _VERTEX)
    vertices["place"] = mesh.vertices
    vertices["colour"] = np.round(255 * np.clip(srgb(surface.colour), 0, 1))
    vertices["roughness"], vertices["metallic"] = surface.roughness, surface.metallic
    faces = np.empty(len(mesh.faces), _FACE)
    faces["count"], faces["corners"] = 3, mesh.faces
    plain = comment.encode("ascii", "replace").decode("ascii")
    header = _HEADER.format(comment=plain, vertices=len(vertices), faces=len(faces))
    write_whole(path, header.encode("ascii") + vertices.tobytes() + faces.tobytes())
