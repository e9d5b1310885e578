"""Reading a mesh as it comes: of any format, of any origin, without trusting it."""

from __future__ import annotations

import json
import logging
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...mesh.mesh import Mesh

log = logging.getLogger(__name__)

FORMATS = (".glb", ".gltf", ".obj", ".ply", ".stl")  # read here; all others by Blender
Y_UP = (".glb", ".gltf")
COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")  # corners that are not there in plain numbers
SCRIPT = Path(__file__).with_name("convert.py")
_SHARE_OF_TIME = 0.9  # for Blender, so that it ends before its caller is ended
_GLB, _JSON = 0x46546C67, 0x4E4F534A  # numbers of the glTF 2.0 specification


class Unreadable(Exception):
    """A mesh that cannot be had, why in a sentence, and what that makes of it."""

    def __init__(self, reason: str, verdict: str = "drop"):
        super().__init__(reason)
        self.reason, self.verdict = reason, verdict


@dataclass(frozen=True)
class Found:
    """The triangles of a file, without the corners no triangle uses."""

    mesh: Mesh  # moved so that the middle of its box is the origin
    reach: float  # the largest coordinate it had before that, in the file's units


def read(path: Path, blender: str | None, seconds: float) -> Found:
    """The mesh in a file, Z up where the format tells. blender: the program for formats that are not read here.

    Raises Unreadable.
    """
    kind = path.suffix.lower()
    if kind in FORMATS and not (kind in Y_UP and _compressed(path)):
        vertices, faces = _by_trimesh(path)
    elif blender is None:
        what = "compressed glTF" if kind in Y_UP else kind.removeprefix(".").upper() or "files without an ending"
        raise Unreadable(f"Reading {what} needs Blender, and none was found.", "look")
    else:
        vertices, faces = _by_blender(path, blender, seconds)
    vertices, faces = _sound(vertices, faces)
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    mesh = Mesh((vertices - middle).astype(np.float32), faces.astype(np.int32))
    return Found(mesh, float(np.abs(vertices).max()))


def _by_trimesh(path: Path) -> tuple[NDArray, NDArray]:
    import trimesh

    try:
        loaded: Any = trimesh.load(path, process=False, skip_materials=True)
        if isinstance(loaded, trimesh.Scene):
            loaded = loaded.to_mesh() if loaded.geometry else trimesh.Trimesh()
        vertices = np.asarray(loaded.vertices, dtype=np.float64).reshape(-1, 3)
        faces = np.asarray(getattr(loaded, "faces", np.zeros((0, 3))), dtype=np.int64).reshape(-1, 3)
    except MemoryError:
        raise
    except Exception as error:  # the readers of five formats fail in as many ways
        raise Unreadable(f"It cannot be read ({type(error).__name__}: {str(error)[:200]}).") from error
    if len(vertices) and not len(faces):
        raise Unreadable("It is a cloud of points without any faces.")
    if path.suffix.lower() in Y_UP:
        vertices = np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]], axis=1)
    return vertices, faces


def _by_blender(path: Path, blender: str, seconds: float) -> tuple[NDArray, NDArray]:
    with tempfile.TemporaryDirectory(prefix="statue-recon-") as folder:
        out = Path(folder) / "mesh.npz"
        names = [str(path.resolve()), str(out)]
        ways = (
            [blender, "--background", "--factory-startup", "--python", str(SCRIPT), "--", *names],
            [blender, str(SCRIPT), *names],  # a Python with the module bpy, which refuses the first at once
        )
        for way in ways:
            try:
                done = subprocess.run(way, capture_output=True, timeout=_SHARE_OF_TIME * seconds, check=False)
            except subprocess.TimeoutExpired as error:
                raise Unreadable(f"Blender did not read it within {error.timeout:.0f} seconds.", "look") from error
            except OSError as error:
                raise Unreadable(f"Blender cannot be started ({error}).", "look") from error
            if out.exists():
                with np.load(out, allow_pickle=False) as arrays:
                    return arrays["vertices"].astype(np.float64), arrays["faces"].astype(np.int64)
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            if b"Blender" in done.stdout:
                break
    raise Unreadable(f"Blender cannot read it ({said[-1][:200]}).", "look")  # it may be this Blender's fault


def _sound(vertices: NDArray, faces: NDArray) -> tuple[NDArray, NDArray]:
    """The corners that are used, renumbered. Raises Unreadable where no picture could be taken of them."""
    if len(faces) == 0:
        raise Unreadable("It is empty: there are no faces in it.")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise Unreadable("It is damaged: faces refer to corners that do not exist.")
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    nowhere = ~np.isfinite(vertices).all(axis=1) & used
    if nowhere.any():
        raise Unreadable(f"It is damaged: {nowhere.sum() / used.sum():.2%} of its corners are nowhere (not a number).")
    number = np.cumsum(used) - 1
    vertices, faces = vertices[used], number[faces]
    if not np.ptp(vertices, axis=0).max() > 0:
        raise Unreadable("All its corners are at one place.")
    return vertices, faces


def _compressed(path: Path) -> bool:
    """Whether a glTF file's corners can only be had by unpacking them."""
    try:
        required = _gltf(path).get("extensionsRequired") or ()
        return any(name in required for name in COMPRESSED)
    except (OSError, ValueError, struct.error, AttributeError, TypeError):
        return False  # the reader will say what is wrong


def _gltf(path: Path) -> dict[str, Any]:
    """The JSON of a glTF file."""
    with path.open("rb") as file:
        if path.suffix.lower() == ".gltf":
            return json.loads(file.read())
        magic, _, _, length, kind = struct.unpack("<5I", file.read(20))
        return json.loads(file.read(length)) if (magic, kind) == (_GLB, _JSON) else {}
