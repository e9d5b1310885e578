"""A mesh file of any kind, made ready to be looked at: upright, of one size, with few enough triangles to send.

What the page gets (`pack`), little endian, each part beginning at a multiple of four bytes:

    "SRM1", V, F, J       uint32 each: vertices, faces, bytes of the words
    words                 JSON, filled up with blanks: faces (of the file), size (of the file, its units), colours
    positions             float32 [V, 3], Z up, the bounding box centred, its longest side 1.8
    normals               int8    [V, 4], ± 127; the fourth fills up
    colours               uint8   [V, 4], sRGB; only where the words say so
    corners               uint32  [F, 3]
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Failure
from ...mesh.mesh import LONGEST_SIDE, Mesh
from ..files import NoMesh, read_triangles

MAGIC = b"SRM1"
FACES = 60_000  # a statue's folds still show, and the smallest machine still turns it smoothly
_EASY = 2_000_000  # faces that quadric decimation takes in a few seconds; more are thinned on a grid before
_CELLS = 400  # of that grid, along the longest side
_PLACES = 2**20  # of a grid on which only vertices at the very same place meet; its cells can be numbered in 63 bits
_ANYWAY = "It can be decided all the same, by what is written about it; Blender may be able to open it."


@dataclass(frozen=True)
class Model:
    """A mesh to be looked at."""

    mesh: Mesh  # Z up, centred, longest side 1.8
    colours: NDArray[np.uint8] | None  # [V, 3] sRGB
    faces: int  # of the file
    size: tuple[float, float, float]  # of the file, along X, Y and Z up, in its own units


def read_model(path: Path, most: int = FACES) -> Model:
    """The mesh in a file, with about `most` faces at the most; textures become colours of the vertices."""
    import trimesh

    ending = path.suffix.lower()
    if not path.is_file():
        raise Failure(f"The mesh file {path.name} is not where the manifest says.", next_step=f"Look for it at {path}.")
    if ending.lstrip(".") not in trimesh.exchange.load.mesh_formats():
        kind = "FBX files" if ending == ".fbx" else f"Files that end in “{ending}”"
        raise Failure(f"{kind} cannot be shown here.", next_step=_ANYWAY)
    try:
        found = read_triangles(path)
    except MemoryError as error:
        raise Failure(f"{path.name} is too large for the memory of this machine.", next_step=_ANYWAY) from error
    except NoMesh as error:
        raise Failure(f"The mesh in {path.name} {error}.", next_step=_ANYWAY) from error
    low, high = found.vertices.min(axis=0), found.vertices.max(axis=0)
    placed = ((found.vertices - (low + high) / 2) * (LONGEST_SIDE / (high - low).max())).astype(np.float32)
    # One vertex for each place, since STL has three of its own for every face; of enormous meshes for each cell.
    cells = _CELLS if len(found.faces) > _EASY else _PLACES
    mesh, colours = _on_a_grid(Mesh(placed, found.faces), found.colours, cells)
    mesh, colours = _thinned(mesh, colours, most)
    width, depth, height = (float(side) for side in high - low)
    return Model(mesh, colours, len(found.faces), (width, depth, height))


def pack(model: Model) -> bytes:
    """The model as the page reads it; see the top of this file."""
    words: dict[str, Any] = {"faces": model.faces, "size": model.size, "colours": model.colours is not None}
    text = json.dumps(words).encode("ascii")
    text += b" " * (-len(text) % 4)
    mesh, fourth = model.mesh, np.zeros((len(model.mesh.vertices), 1))
    parts = [
        MAGIC + struct.pack("<3I", len(mesh.vertices), len(mesh.faces), len(text)),
        text,
        mesh.vertices.astype("<f4").tobytes(),
        np.hstack([np.rint(mesh.normals * 127), fourth]).astype(np.int8).tobytes(),
        b"" if model.colours is None else np.hstack([model.colours, fourth]).astype(np.uint8).tobytes(),
        mesh.faces.astype("<u4").tobytes(),
    ]
    return b"".join(parts)


def _thinned(mesh: Mesh, colours: NDArray | None, most: int) -> tuple[Mesh, NDArray | None]:
    if len(mesh.faces) <= most * 1.2:
        return mesh, colours
    import fast_simplification
    from scipy.spatial import cKDTree

    vertices, faces = mesh.vertices, mesh.faces
    if len(faces) > most:
        vertices, faces = fast_simplification.simplify(vertices, faces, target_count=most)
    thin = Mesh(np.asarray(vertices, np.float32), _with_area(np.asarray(faces, np.int32)))
    if len(thin.faces) > 2 * most:  # thousands of crumbs, which nothing can be taken from one by one
        return _on_a_grid(mesh, colours, 150)
    return thin, None if colours is None else colours[cKDTree(mesh.vertices).query(thin.vertices)[1]]


def _on_a_grid(mesh: Mesh, colours: NDArray | None, cells: int) -> tuple[Mesh, NDArray | None]:
    """The mesh with one vertex in each cell of a grid: quick, and without much memory."""
    at = np.floor((mesh.vertices.astype(np.float64) + LONGEST_SIDE / 2) * (cells / LONGEST_SIDE)).astype(np.int64)
    _, first, place = np.unique(at @ (1, cells + 1, (cells + 1) ** 2), return_index=True, return_inverse=True)
    faces = _with_area(place.reshape(-1)[mesh.faces].astype(np.int32))
    return Mesh(mesh.vertices[first], faces), None if colours is None else colours[first]


def _with_area(faces: NDArray) -> NDArray:
    """Those with three different corners."""
    a, b, c = faces.T
    return faces[(a != b) & (b != c) & (c != a)]
