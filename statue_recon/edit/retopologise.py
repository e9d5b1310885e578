"""Retopologise: quads at a face count, in the statue's clothes; with what they are too coarse for as a displacement."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import device as devices
from ..contract import Failure
from ..contract_edit import EditResult
from ..contract_hand import RETOPOLOGISING, RetopologiseRequest
from ..field.sdf import SDF
from ..mesh.mesh import Mesh, TexturedMesh
from ..mesh.quads import quad_mesh
from ..mesh.solid import solid
from ..report import Report
from . import files
from .again import worn
from .overrule import read_overrule
from .read import mesh_file, read_groups, read_material, read_mesh, read_statue, unwrapped
from .rebaked import Below, carried_over
from .record import edit_record, history
from .statue import Edit, Statue

GRID = 64, 256  # cells along the longest side of the volume that stands for the mesh, at least and at most
CELLS_PER_QUAD = 2.0  # along a side of a quad, between these


@dataclass(frozen=True)
class Given:
    """The statue to be rebuilt, as it is by now."""

    statue: Statue
    groups: dict[str, NDArray[np.float32]]
    overrule: NDArray[np.float32] | None
    notes: tuple[str, ...]


def retopologise(request: RetopologiseRequest, folder: Path, relative_result: str, report: Report) -> EditResult:
    """Rebuilds the statue of `request` (its paths are relative to `folder`) into `folder/relative_result`."""
    device = devices.choose(request.device)
    report.plan(RETOPOLOGISING)
    given = report.stage("read", read, request, folder, device)
    for note in given.notes:
        report.step(1, 1, message=note)
    field = report.stage("volume", volume, given.statue.textured.mesh, request.faces, device)
    made, change, gloss = report.stage("mesh", rebuilt, given, field, request, folder, device, report)
    return report.stage("result", write, folder, relative_result, request, given, made, change, gloss, device, report)


def read(request: RetopologiseRequest, folder: Path, device: str) -> Given:
    """The statue, or the mesh by hand in its clothes."""
    place = folder / request.statue
    statue, groups = read_statue(place, request.device), read_groups(place)
    _, path = mesh_file(place)
    textured, notes = statue.textured, []
    if request.mesh is not None:
        path = folder / request.mesh
        mesh, note = read_mesh(path, textured.mesh)
        notes += [note] if note else []
        same = len(mesh.vertices) == len(textured.mesh.vertices)
        textured = worn(mesh, path, textured, device)
        groups = read_groups(path) or (groups if same else {})
    overrule = read_overrule(path, len(textured.mesh.vertices))
    return Given(Statue(textured, statue.photo), groups, overrule, tuple(notes))


def volume(mesh: Mesh, faces: int, device: str) -> SDF:
    """The mesh as a field, finer than the quads will be."""
    field = solid(mesh, int(np.clip(CELLS_PER_QUAD * np.sqrt(faces), *GRID)), device)
    if not (field.values < 0).any():
        raise Failure(
            "This mesh has no inside: it is flat, or its faces look in all directions.",
            next_step="Recalculate its normals (Mesh › Normals › Recalculate Outside), close its large holes.",
        )
    return field


def rebuilt(
    given: Given, field: SDF, request: RetopologiseRequest, folder: Path, device: str, report: Report
) -> tuple[TexturedMesh, Edit, NDArray[np.uint8] | None]:
    """The new mesh in the old clothes, the displacement if it is asked for, and roughness and metallic if there are."""
    like = given.statue.textured
    mesh = quad_mesh(field, 2 * request.faces, like.mesh, device)
    report.step(4, 10)
    uv = unwrapped(mesh, quads=True)
    size = request.texture or len(like.atlas)
    report.step(6, 10)
    below = Below.of(mesh, uv, size, like, device)
    report.step(8, 10)
    relief = heights(below) if request.displacement else None
    source, _ = mesh_file(folder / request.statue)
    gloss = read_material(source, len(like.atlas))
    seen = carried_over(like.seen, like.mesh, mesh, device)
    doubt = None if like.doubt is None else carried_over(like.doubt, like.mesh, mesh, device)
    made = TexturedMesh(mesh, uv, below.baked(like.atlas), seen, doubt, quads=True)
    return made, Edit(relief=relief, notes=given.notes), None if gloss is None else below.baked(gloss)


def heights(below: Below) -> NDArray[np.float32]:
    """[S, S] how far the old surface lies above the new one, along its smooth normals; world units."""
    there = below.hits.of(below.like.mesh.vertices, below.like.mesh.faces)
    height = np.einsum("nc,nc->n", there - below.texels.points, below.texels.normals)
    return np.ascontiguousarray(below.texels.picture(height[:, None].astype(np.float32))[..., 0])


def write(
    folder: Path,
    relative: str,
    request: RetopologiseRequest,
    given: Given,
    made: TexturedMesh,
    change: Edit,
    gloss: NDArray[np.uint8] | None,
    device: str,
    report: Report,
) -> EditResult:
    place = folder / request.statue
    source, _ = mesh_file(place)
    old = given.statue.textured.mesh
    carried = {name: carried_over(weights, old, made.mesh, device) for name, weights in given.groups.items()}
    overrule = None if given.overrule is None else np.rint(carried_over(given.overrule, old, made.mesh, device))
    record = history(place, edit_record(request, folder, given.statue, made, change, device, report.timings))
    told: dict[str, Any] = {"what": "retopologise", "notes": list(change.notes)}
    summary = f"{made.polygons:,} quads"
    if change.relief is not None:  # how the heights are meant: between the base's smooth normals, on flat quads
        told |= {"displacement": {"subdivision": "simple", "along": "smooth normals", "units": "engine"}}
        summary += f", displaced by up to {float(np.abs(change.relief).max()):.3f}"
    result = files.write_edit(
        folder, relative, change, made, gloss, carried, told, record, report.seconds, summary, overrule
    )
    files.copy_origins(source, folder / relative)
    return result
