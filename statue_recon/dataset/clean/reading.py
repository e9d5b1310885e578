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

from ...mesh.mesh import Mesh
from ..files import Y_UP, NoMesh, Triangles, read_triangles, sound

log = logging.getLogger(__name__)

FORMATS = (".glb", ".gltf", ".obj", ".ply", ".stl")  # read here; all others by Blender
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
    try:
        if kind in FORMATS and not (kind in Y_UP and _compressed(path)):
            found = read_triangles(path, looks=False)
        elif blender is None:
            what = "compressed glTF" if kind in Y_UP else kind.removeprefix(".").upper() or "files without an ending"
            raise Unreadable(f"Reading {what} needs Blender, and none was found.", "look")
        else:
            found = sound(_by_blender(path, blender, seconds))
    except NoMesh as error:
        raise Unreadable(f"It {error}.") from error
    middle = (found.vertices.min(axis=0) + found.vertices.max(axis=0)) / 2
    mesh = Mesh((found.vertices - middle).astype(np.float32), found.faces)
    return Found(mesh, float(np.abs(found.vertices).max()))


def _by_blender(path: Path, blender: str, seconds: float) -> Triangles:
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
                    return Triangles(arrays["vertices"], arrays["faces"])
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            if b"Blender" in done.stdout:
                break
    raise Unreadable(f"Blender cannot read it ({said[-1][:200]}).", "look")  # it may be this Blender's fault


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
