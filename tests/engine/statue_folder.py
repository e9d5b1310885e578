"""A result's folder with a small statue, a ball that a photo shows from the front: made in a moment, for edits."""

from functools import cache
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from statue_recon.camera import Camera
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.result import write_result

ATLAS = 256
CAMERA = Camera.orbit(0.0, 0.0, 5.0, 128, 128, 256.0)


@cache
def ball(subdivisions: int = 4) -> TexturedMesh:
    """Its front, seen, is grey with grain; what the photo does not show is darker."""
    sphere = trimesh.creation.icosphere(subdivisions=subdivisions, radius=0.9)
    mesh = Mesh(np.asarray(sphere.vertices, np.float32), np.asarray(sphere.faces, np.int32))
    atlas = np.random.default_rng(0).integers(150, 190, (ATLAS, ATLAS, 3)).astype(np.uint8)
    seen = np.clip(-3.0 * mesh.normals[:, 1], 0.0, 1.0).astype(np.float32)
    return TexturedMesh(mesh, unwrap(mesh), atlas, seen)


def write_statue(folder: Path, groups: dict[str, np.ndarray] | None = None, photo: bool = True) -> Path:
    """The folder as `reconstruct` leaves it, with the photo beside the mesh; `groups` are vertex groups [V]."""
    textured = ball()
    folder.mkdir(parents=True, exist_ok=True)
    record = {"engine": "0", "request": {"photo": "photo.png", "elevation": None}}
    write_result(folder, "", textured, CAMERA, record, 1.0, "A ball.")
    if groups:
        with np.load(folder / "mesh.npz") as file:
            arrays = dict(file)
        np.savez(folder / "mesh.npz", **arrays, **{f"group:{name}": values for name, values in groups.items()})
    if photo:
        write_photo(folder / "photo.png")
    return folder


def write_photo(path: Path) -> None:
    """The ball as the camera sees it, cut out."""
    u, v = np.meshgrid(np.arange(128) + 0.5, np.arange(128) + 0.5)
    away = np.hypot(u - 64, v - 64)
    radius = 256.0 * 0.9 / np.sqrt(5.0**2 - 0.9**2)
    alpha = np.clip(radius - away + 0.5, 0.0, 1.0)
    light = 90.0 + 90.0 * np.sqrt(np.clip(1.0 - (away / radius) ** 2, 0.0, 1.0))
    Image.fromarray(np.dstack([light, light, light, 255 * alpha]).astype(np.uint8)).save(path)
