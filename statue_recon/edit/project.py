"""Project the photo again: the photo laid anew on a statue that somebody sculpted, cut or remeshed.

Each texel is the photo where it shows the mesh as it now is; else the old texture, where the surface still is the old
one; else invented as `texture.paint` does. A person's brush overrules what was found, either way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import device as devices
from ..contract import Failure
from ..contract_edit import EditResult
from ..contract_hand import PROJECTING, ProjectRequest
from ..mesh.mesh import Mesh, TexturedMesh
from ..photo.photo import Photo
from ..render.bake import bake
from ..render.raster import cover_of_atlas, cover_of_photo
from ..report import Report
from ..texture.paint import paint
from ..texture.sight import Sight, sample, sights_of
from ..texture.view import View
from . import files
from .overrule import CLEAR, as_painted, read_overrule
from .read import mesh_file, read_groups, read_material, read_mesh, read_provenance, read_statue, unwrapped
from .rebaked import Below
from .record import edit_record, history
from .statue import Edit, Statue

OVERLAP = 0.02  # share of a UV map's area that may lie on itself: rounding, and not a mistake


@dataclass(frozen=True)
class Given:
    """The statue, and the mesh that a person made of it."""

    statue: Statue
    mesh: Mesh
    uv: NDArray[np.float32]  # [F, 3, 2] without overlaps
    quads: bool
    overrule: NDArray[np.float32] | None  # [V]
    groups: dict[str, NDArray[np.float32]]
    notes: tuple[str, ...]


def project_again(request: ProjectRequest, folder: Path, relative_result: str, report: Report) -> EditResult:
    """Lays the photo on the mesh of `request` (its paths are relative to `folder`) into `folder/relative_result`."""
    device = devices.choose(request.device)
    report.plan(PROJECTING)
    given = report.stage("read", read, request, folder)
    for note in given.notes:
        report.step(1, 1, message=note)
    made, gloss = report.stage("texture", laid, given, request, folder, device, report)
    return report.stage("result", write, folder, relative_result, request, given, made, gloss, device, report)


def read(request: ProjectRequest, folder: Path) -> Given:
    """The statue and the mesh by hand, with the UV map that it came with if that can hold a picture."""
    place = folder / request.statue
    statue = read_statue(place, request.device)
    _, path = mesh_file(place)
    if statue.photo is None:
        raise Failure(
            "It is not known which photo this statue was made from, so there is none to project.",
            next_step="Give a statue that Statue Recon made, in its folder with camera.json and the photo.",
        )
    like, notes = statue.textured, []
    mesh, quads = like.mesh, like.quads
    uv: NDArray[np.float32] | None = like.uv
    if request.mesh is not None:
        path = folder / request.mesh
        mesh, note = read_mesh(path, like.mesh)
        notes += [note] if note else []
        same = mesh.faces.shape == like.mesh.faces.shape and bool((mesh.faces == like.mesh.faces).all())
        own, quads = uv_of(path, len(mesh.faces))
        uv, quads = (own if own is not None else like.uv if same else None), quads or (same and like.quads)
    if uv is None or overlaps(uv):
        notes += [] if uv is None else ["The UV map lies on itself, and was made anew."]
        uv = unwrapped(mesh, quads)
    groups = read_groups(path)
    if not groups and len(mesh.vertices) == len(like.mesh.vertices):
        groups = read_groups(place)
    return Given(statue, mesh, uv, quads, read_overrule(path, len(mesh.vertices)), groups, tuple(notes))


def uv_of(path: Path, faces: int) -> tuple[NDArray[np.float32] | None, bool]:
    """The UV map [F, 3, 2] that a mesh file of ours holds, and whether its faces are quads in pairs."""
    if path.suffix.lower() != ".npz":
        return None, False
    with np.load(path, allow_pickle=False) as arrays:
        there = "uv" in arrays.files and arrays["uv"].shape == (faces, 3, 2)
        return arrays["uv"].astype(np.float32) if there else None, bool(arrays.get("quads", False))


def overlaps(uv: NDArray[np.float32], size: int = 1024) -> bool:
    """Whether a UV map [F, 3, 2] lies on itself or beyond the picture, so that no picture of its own fits it."""
    if not np.isfinite(uv).all() or uv.min() < -1e-4 or uv.max() > 1.0 + 1e-4:
        return True
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = 0.5 * float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum())
    covered = float((cover_of_atlas(uv, size).faces >= 0).mean())
    return covered == 0.0 or area > (1.0 + OVERLAP) * covered


def laid(
    given: Given, request: ProjectRequest, folder: Path, device: str, report: Report
) -> tuple[TexturedMesh, NDArray[np.uint8] | None]:
    """The mesh in its new texture, and its roughness and metallic [S, S, 3] if the statue has them."""
    like, mesh, uv = given.statue.textured, given.mesh, given.uv
    assert given.statue.photo is not None
    place = folder / request.statue
    photo = without_its_light(given.statue.photo, place, device, report)
    shown = photo if given.overrule is None else without_invented(photo, mesh, given.overrule, device)
    size = request.texture or len(like.atlas)
    view = View(shown, shown.camera)
    painted = paint(mesh, uv, [view], size, device, report, seed=request.seed)
    below = Below.of(mesh, uv, size, like, device)
    [sight] = sights_of(mesh, [view], size, device)
    colours = composed(painted.atlas[below.texels.there], below, sight, brushed(given, size, device, below))
    atlas = below.texels.picture(colours)
    source, _ = mesh_file(place)
    gloss = read_material(source, len(like.atlas))
    if gloss is not None and not (uv.shape == like.uv.shape and (uv == like.uv).all() and size == len(gloss)):
        gloss = below.baked(gloss)
    seen = as_painted(painted.seen, given.overrule)
    return TexturedMesh(mesh, uv, atlas, seen, None, given.quads), gloss


def composed(painted: NDArray[np.uint8], below: Below, sight: Sight, brush: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The colours [N, 3] of the texels: painted ones [N, 3], but the old texture where it is still that surface's.

    brush [N]: 1 painted as seen, −1 as invented: there neither the photo nor the old texture is believed.
    """
    points, normals = below.texels.points, below.texels.normals
    weight = sight.weights(points, normals)
    photo = 255.0 * sample(sight.rgb, sight.pixels(points))
    kept = below.same() * np.clip(1.0 + 2.0 * brush, 0.0, 1.0)
    old = below.of_picture(below.like.atlas).astype(np.float32)
    mixed = old + weight[:, None] * (photo - old)
    colours = painted + kept[:, None] * (mixed - painted)
    forced = np.clip(2.0 * brush - 1.0, 0.0, 1.0)[:, None]
    colours += forced * (photo - colours)
    return np.rint(np.clip(colours, 0.0, 255.0)).astype(np.uint8)


def brushed(given: Given, size: int, device: str, below: Below) -> NDArray[np.float32]:
    """[N] what the brush says of each texel."""
    if given.overrule is None:
        return np.zeros(len(below.texels.points), np.float32)
    return bake(given.overrule[:, None], given.mesh, given.uv, size, 0.0, device)[below.texels.there][:, 0]


def without_invented(photo: Photo, mesh: Mesh, overrule: NDArray[np.float32], device: str) -> Photo:
    """The photo as if it did not show what is painted as invented: so that is filled from around it."""
    cover = cover_of_photo(mesh, photo.camera, device)
    painted = cover.picture((overrule <= -CLEAR).astype(np.float32)[:, None], mesh.faces)[..., 0]
    return replace(photo, alpha=np.where(painted > 0.5, np.float32(0.0), photo.alpha))


def without_its_light(photo: Photo, place: Path, device: str, report: Report) -> Photo:
    """The photo as it was laid on this statue: without its light, if that was taken out."""
    record = read_provenance(place)
    by, seed = record.get("delit_by"), record.get("request", {}).get("seed", 0)
    if not by:
        return photo
    from ..photo.delight import delit
    from ..priors import models

    known = any(model.identifier == by for model in models.entries())
    found = models.installed(by) if known else None
    if found is None:
        report.step(1, 10, message="The model that took the light out of the photo is gone: the light stays in.")
        return photo
    devices.seed_torch(seed)
    return delit(photo, by, found, device, seed).photo


def write(
    folder: Path,
    relative: str,
    request: ProjectRequest,
    given: Given,
    made: TexturedMesh,
    gloss: NDArray[np.uint8] | None,
    device: str,
    report: Report,
) -> EditResult:
    place = folder / request.statue
    source, _ = mesh_file(place)
    change = Edit(notes=given.notes)
    record = history(place, edit_record(request, folder, given.statue, made, change, device, report.timings))
    told: dict[str, Any] = {"what": "project", "seed": request.seed, "notes": list(given.notes)}
    summary = f"Photo projected: {100 * float((made.seen > 0.5).mean()):.0f} % of the vertices are seen"
    result = files.write_edit(
        folder, relative, change, made, gloss, given.groups, told, record, report.seconds, summary, given.overrule
    )
    files.copy_origins(source, folder / relative)
    return result
