"""Reading what is to be compared: a result folder, or a mesh file of any usual format."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..camera import Camera
from ..contract import Failure
from ..mesh.mesh import Mesh

FORMATS = (".glb", ".npz", ".obj", ".ply", ".stl")
_CHOOSE = f"Give a folder with a result, or a mesh file ({', '.join(FORMATS)})."


@dataclass(frozen=True)
class Subject:
    """A mesh in the engine's frame, with what is known of it."""

    mesh: Mesh
    seen: NDArray[np.float32] | None = None  # [V]
    uv: NDArray[np.float32] | None = None  # [F, 3, 2]
    atlas: NDArray[np.uint8] | None = None  # [S, S, 3], row 0 at the top
    camera: Camera | None = None


def read_subject(path: Path) -> Subject:
    """The result in a folder (of `reconstruct --out`, or of a job), or the mesh in a file."""
    if not path.exists():
        raise Failure(f"There is nothing at {path}.", next_step="Check the path.")
    if not path.is_dir():
        return read_mesh(path)
    folder = next((place for place in (path, path / "result") if (place / "mesh.npz").exists()), None)
    if folder is None:
        raise Failure(f"There is no result in {path}: it has no mesh.npz.", next_step=_CHOOSE)
    subject = read_mesh(folder / "mesh.npz")
    texture, camera = folder / "texture.png", folder / "camera.json"
    return replace(
        subject,
        atlas=_read_atlas(texture) if texture.exists() else None,
        camera=read_camera(camera) if camera.exists() else None,
    )


def read_mesh(path: Path) -> Subject:
    """The mesh in a file. .glb is Y up by its specification and is turned; all others are taken as Z up."""
    if path.suffix.lower() not in FORMATS:
        raise Failure(f"{path.name} is of a format that cannot be read here.", next_step=_CHOOSE)
    try:
        found = _from_arrays(path) if path.suffix.lower() == ".npz" else _from_file(path)
    except Exception as error:  # the readers of five formats fail in as many ways
        raise Failure(
            f"The mesh in {path.name} cannot be read ({type(error).__name__}: {error}).",
            next_step="Open it in Blender and export it again.",
        ) from error
    return _checked(found, path)


def read_camera(path: Path) -> Camera:
    try:
        return Camera.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise Failure(f"There is no camera at {path}.", next_step="Check the path of the camera.") from error
    except (OSError, ValueError) as error:
        raise Failure(
            f"The camera in {path.name} cannot be read ({error}).", next_step="Give the camera.json of a result."
        ) from error


def _from_arrays(path: Path) -> Subject:
    with np.load(path, allow_pickle=False) as arrays:
        mesh = Mesh(arrays["vertices"].astype(np.float32), arrays["faces"].astype(np.int32))
        return Subject(mesh, *(arrays[name].astype(np.float32) if name in arrays else None for name in ("seen", "uv")))


def _from_file(path: Path) -> Subject:
    import trimesh

    loaded: Any = trimesh.load(path, process=False)
    if isinstance(loaded, trimesh.Scene):
        loaded = loaded.to_mesh() if loaded.geometry else trimesh.Trimesh()
    vertices = np.asarray(loaded.vertices, dtype=np.float32)
    if path.suffix.lower() == ".glb":
        vertices = np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]], axis=1)
    # A cloud of points has no faces at all.
    return Subject(Mesh(vertices, np.asarray(getattr(loaded, "faces", np.zeros((0, 3))), dtype=np.int32)))


def _checked(subject: Subject, path: Path) -> Subject:
    """The subject without vertices no face uses, which would count for its size."""
    vertices, faces = subject.mesh.vertices, subject.mesh.faces
    if len(faces) == 0:
        raise Failure(f"The mesh in {path.name} is empty: it has no faces.", next_step="Choose another mesh.")
    if faces.min() < 0 or faces.max() >= len(vertices) or not np.isfinite(vertices).all():
        raise Failure(
            f"The mesh in {path.name} is damaged: faces without corners, or corners that are nowhere.",
            next_step="Open it in Blender, clean it up (Mesh › Clean Up) and export it again.",
        )
    used, renumbered = np.unique(faces, return_inverse=True)
    mesh = Mesh(vertices[used], renumbered.reshape(-1, 3).astype(np.int32))
    if not np.ptp(mesh.vertices, axis=0).max() > 0:
        raise Failure(f"The mesh in {path.name} is a single point.", next_step="Choose another mesh.")
    return replace(subject, mesh=mesh, seen=None if subject.seen is None else subject.seen[used])


def _read_atlas(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise Failure(
            f"The texture {path.name} cannot be read ({error}).", next_step="Run the reconstruction again."
        ) from error
