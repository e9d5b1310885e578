"""Reading what is to be edited: a result's folder, or any mesh with a texture, in the engine's frame."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..camera import Camera
from ..contract import Failure
from ..evaluate.subject import FORMATS, read_camera
from ..evaluate.subject import read_mesh as read_file
from ..mesh.mesh import LONGEST_SIDE, Mesh, TexturedMesh, frame_of
from ..photo.image import read_picture
from ..photo.mask import choose_mask
from ..photo.photo import Photo
from .overrule import OVERRULE, as_painted
from .statue import Statue

PIXELS = 2_100_000  # of the photo, at most, as in a reconstruction
PREVIEW = 512  # texels of the atlas' side in a preview
PLAIN = (188, 182, 172)  # sRGB of a mesh that came without a texture: stone
UNWRAPPED = 1024  # texels of the atlas' side for such a mesh
GROUP = "group:"  # what the names of vertex groups in a mesh.npz begin with
MATERIAL = "material.png"  # of an edited statue: roughness in green, metallic in blue, as glTF has it
APART = 0.25  # of the engine's longest side: what is farther off, or differs more in size, is of another frame


def read_statue(place: Path, device: str = "auto", preview: bool = False) -> Statue:
    """The statue in a result's folder (or a job's), or in a mesh file with its texture beside it.

    `device` is for the model that finds the statue in a photo that came without a mask. A `preview` has a small atlas.
    """
    folder, path = mesh_file(place)
    textured = _of_arrays(path) if path.suffix.lower() == ".npz" else _of_file(path)
    atlas = read_atlas(folder)
    if atlas is not None:
        textured = replace(textured, atlas=atlas)
    if preview and len(textured.atlas) > PREVIEW:
        textured = replace(textured, atlas=resized(textured.atlas, PREVIEW))
    return Statue(textured, _photo(folder, device))


def mesh_file(place: Path) -> tuple[Path, Path]:
    """The folder of a statue, and the file of its mesh."""
    if place.is_file():
        return place.parent, place
    for folder in (place, place / "result"):
        for name in ("mesh.npz", *(f"mesh{suffix}" for suffix in FORMATS if suffix != ".npz")):
            if (folder / name).is_file():
                return folder, folder / name
    raise Failure(
        f"There is no statue in {place}: it has no mesh.npz.",
        next_step="Give the folder of a result, or a mesh file.",
    )


def read_groups(place: Path) -> dict[str, NDArray[np.float32]]:
    """The vertex groups [V] 0 … 1 that a statue's mesh.npz holds, by their names."""
    _, path = mesh_file(place)
    if path.suffix.lower() != ".npz":
        return {}
    with np.load(path, allow_pickle=False) as arrays:
        names = [name for name in arrays.files if name.startswith(GROUP)]
        return {name.removeprefix(GROUP): arrays[name].astype(np.float32) for name in names}


def read_mesh(path: Path, like: Mesh) -> tuple[Mesh, str]:
    """A mesh by hand, brought to where the statue `like` stands if it was exported elsewhere.

    Returns it with a sentence about the move, "" where it stands there already. An .npz keeps every vertex it has.
    """
    if not path.is_file():
        raise Failure(f"There is no mesh at {path}.", next_step="Check the path of the mesh.")
    mesh = _of_arrays(path).mesh if path.suffix.lower() == ".npz" else read_file(path).mesh
    if path.suffix.lower() == ".npz" or _stands_like(mesh, like):
        return mesh, ""
    own, asked = frame_of(mesh), frame_of(like)
    scale = own[0] / asked[0]
    vertices = ((mesh.vertices * own[0] + own[1] - asked[1]) / asked[0]).astype(np.float32)
    return Mesh(vertices, mesh.faces), f"{path.name} was moved to where the statue stands, and scaled by {scale:.3g}."


def read_uv(path: Path, mesh: Mesh) -> NDArray[np.float32]:
    """[F, 3, 2] the UV map of a mesh by hand; one of ours where it has none."""
    if path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            if "uv" in arrays.files and arrays["uv"].shape == (len(mesh.faces), 3, 2):
                return arrays["uv"].astype(np.float32)
    return unwrapped(mesh)


def read_provenance(place: Path) -> dict[str, Any]:
    """What is known of how a statue was made; empty where nobody wrote it down."""
    folder, _ = mesh_file(place)
    try:
        value = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def read_atlas(folder: Path) -> NDArray[np.uint8] | None:
    """The texture [S, S, 3] sRGB of a statue; None where it has none."""
    return _square(folder / "texture.png", "RGB")


def read_material(folder: Path, size: int) -> NDArray[np.uint8] | None:
    """Roughness and metallic [S, S, 3] of a statue that was edited before, as glTF has them; else None."""
    picture = _square(folder / MATERIAL, "RGB")
    return picture if picture is None or len(picture) == size else resized(picture, size)


def resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A square picture with another number of texels."""
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BOX))


def _of_arrays(path: Path) -> TexturedMesh:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files if not name.startswith(GROUP)}
        mesh = Mesh(found["vertices"].astype(np.float32), found["faces"].astype(np.int32))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise Failure(
            f"The mesh in {path.name} cannot be read ({type(error).__name__}: {error}).",
            next_step="Give the mesh.npz of a result, or export the mesh as .glb.",
        ) from error
    _check(mesh, path)
    quads = bool(found.get("quads", False))
    doubt = found["doubt"].astype(np.float32) if "doubt" in found else None
    uv = found["uv"].astype(np.float32) if "uv" in found else unwrapped(mesh, quads)
    seen = found["seen"].astype(np.float32) if "seen" in found else np.zeros(len(mesh.vertices), np.float32)
    painted = found.get(OVERRULE)
    heeded = painted if painted is not None and painted.shape == seen.shape else None
    return TexturedMesh(mesh, uv, plain(), as_painted(seen, heeded), doubt, quads)


def _of_file(path: Path) -> TexturedMesh:
    """A mesh of any usual format. It gets a UV map of ours: nobody has seen it, and its longest side becomes 1.8."""
    found = read_file(path).mesh
    scale, offset = frame_of(found)
    mesh = Mesh((found.vertices * scale + offset).astype(np.float32), found.faces)
    return TexturedMesh(mesh, unwrapped(mesh), plain(), np.zeros(len(mesh.vertices), np.float32))


def unwrapped(mesh: Mesh, quads: bool = False) -> NDArray[np.float32]:
    from ..mesh.atlas import unwrap

    return unwrap(mesh, quads)


def plain() -> NDArray[np.uint8]:
    return np.broadcast_to(np.array(PLAIN, np.uint8), (UNWRAPPED, UNWRAPPED, 3)).copy()


def _check(mesh: Mesh, path: Path) -> None:
    if len(mesh.faces) == 0:
        raise Failure(f"The mesh in {path.name} is empty: it has no faces.", next_step="Choose another mesh.")
    inside = mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
    if not inside or not np.isfinite(mesh.vertices).all() or not np.ptp(mesh.vertices, axis=0).max() > 0:
        raise Failure(
            f"The mesh in {path.name} is damaged: faces without corners, or corners that are nowhere.",
            next_step="Clean it up in Blender (Mesh › Clean Up) and start again.",
        )


def _stands_like(mesh: Mesh, like: Mesh) -> bool:
    """Whether two meshes share a frame, as far as their boxes tell: a sculptor changes a statue, but by so much."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    there, beyond = like.vertices.min(axis=0), like.vertices.max(axis=0)
    return bool(np.abs(np.stack([low - there, high - beyond])).max() < APART * LONGEST_SIDE)


def _square(path: Path, mode: str) -> NDArray[np.uint8] | None:
    if not path.is_file():
        return None
    try:
        with Image.open(path) as image:
            side = max(image.size)
            whole = image if image.size == (side, side) else image.resize((side, side))
            return np.array(whole.convert(mode))
    except (OSError, ValueError, SyntaxError) as error:
        raise Failure(
            f"The texture {path.name} cannot be read ({error}).", next_step="Save it as PNG again, or take it away."
        ) from error


def _photo(folder: Path, device: str) -> Photo | None:
    """What the statue was made from, its camera in the mesh's frame; None where the photo or the camera is gone."""
    (path, painted), place = origins(folder), folder / "camera.json"
    if path is None or not place.is_file():
        return None
    camera: Camera = read_camera(place)
    picture = read_picture(path, PIXELS)
    mask = choose_mask(picture, painted, "automatic", device)
    height, width = mask.alpha.shape
    return Photo(picture.rgb, mask.alpha, mask.source, camera.resized(width, height), mask.notes)


def origins(folder: Path) -> tuple[Path | None, Path | None]:
    """The photo of a statue and the mask painted for it: beside it, in its job's folder, or where its provenance says.

    None for what is gone, or was never there.
    """
    inner = folder.name == "result" or folder.name.startswith("variant-")
    for place in (folder, *([folder.parent] if inner else [])):
        if (place / "photo.png").is_file():
            mask = place / "mask.png"
            return place / "photo.png", mask if mask.is_file() else None
    asked = read_provenance(folder).get("request", {})
    photo, found = (Path(str(asked.get(name))) if asked.get(name) else None for name in ("photo", "mask"))
    if photo is None or not photo.is_absolute() or not photo.is_file():
        return None, None
    return photo, found if found is not None and found.is_file() else None
