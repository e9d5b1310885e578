"""Refine again from here: a mesh a person sculpted, cut or bought becomes a field, which the priors refine.

The mesh comes back with its own vertices in their own order: each is moved along by what the field gained at its
place. So a displacement as fine as a chisel's survives wherever nothing was refined, and *Protect* to the last bit.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import device as devices
from ..checkpoint import Checkpoints
from ..contract import Failure, Request
from ..contract_edit import SCULPTED, EditResult, RefineRequest
from ..field.sdf import SDF
from ..mesh.mesh import Mesh, TexturedMesh
from ..photo.photo import Photo
from ..priors import names
from ..quality import Quality, quality_of
from ..report import Report
from . import files
from .overrule import as_painted, read_overrule
from .read import mesh_file, read_groups, read_material, read_mesh, read_provenance, read_statue, read_uv
from .record import edit_record, history
from .statue import Edit, Statue

STEPS = {"draft": 20, "standard": 40, "high": 60}  # of refinement, where the request leaves it open
FAR = 0.02  # of the vertices: as many may stay behind without a word


@dataclass(frozen=True)
class ByHand:
    """The statue as a person left it."""

    statue: Statue  # the mesh by hand, in the statue's clothes
    groups: dict[str, NDArray[np.float32]]  # of its vertices
    protect: NDArray[np.float32]  # [V] 1 where nothing may move
    notes: tuple[str, ...]
    overrule: NDArray[np.float32] | None = None  # [V] what is painted as seen (1) and as invented (−1)


def refine_again(request: RefineRequest, folder: Path, relative_result: str, report: Report) -> EditResult:
    """Refines from the mesh of `request` (its paths are relative to `folder`) into `folder/relative_result`."""
    names.check(names.read(request.prior))
    device = devices.choose(request.device)
    report.plan(SCULPTED)
    kept = Checkpoints(folder, request)
    given = report.stage("read", read, request, folder, device)
    for note in given.notes:
        report.step(1, 1, message=note)
    photo = given.statue.photo
    if photo is None:
        raise Failure(
            "It is not known which photo this statue was made from, and refinement asks what the photo shows.",
            next_step="Give a statue that Statue Recon made, in its folder with camera.json and the photo.",
        )
    asked = as_reconstruction(request, folder)
    quality = quality_of(asked)
    before = report.stage("volume", kept.or_make, "volume", volume, given, photo, quality, device)
    after = report.stage("geometry", refine, given, before, photo, asked, quality, device, kept, report)
    change = report.stage("carry", carry, given, before, after.field, report)
    result = report.stage(
        "result", write, folder, relative_result, request, given, change, (after.steps, after.of), device, report
    )
    kept.clear()
    return result


def read(request: RefineRequest, folder: Path, device: str) -> ByHand:
    """The mesh by hand, with what of the statue is still known of it."""
    place = folder / request.statue
    statue = read_statue(place, request.device)
    groups, notes = read_groups(place), []
    _, own_file = mesh_file(place)
    if request.mesh is not None:
        path = folder / request.mesh
        mesh, note = read_mesh(path, statue.textured.mesh)
        notes += [note] if note else []
        textured = worn(mesh, path, statue.textured, device)
        own = read_groups(path)
        groups = own or (groups if len(mesh.vertices) == len(statue.textured.mesh.vertices) else {})
        statue = replace(statue, textured=textured)
        own_file = path
    overrule = read_overrule(own_file, len(statue.textured.mesh.vertices))
    statue = replace(statue, textured=replace(statue.textured, seen=as_painted(statue.textured.seen, overrule)))
    protect = protection(request, statue, groups, folder)
    return ByHand(statue, groups, protect, tuple(notes), overrule)


def worn(mesh: Mesh, path: Path, like: TexturedMesh, device: str) -> TexturedMesh:
    """The mesh by hand with the statue's texture: as it was, where only vertices were moved; else baked over."""
    if mesh.faces.shape == like.mesh.faces.shape and (mesh.faces == like.mesh.faces).all():
        return replace(like, mesh=mesh)
    from .carry import dressed

    return dressed(mesh, read_uv(path, mesh), like, device)


def protection(
    request: RefineRequest, statue: Statue, groups: dict[str, NDArray[np.float32]], folder: Path
) -> NDArray[np.float32]:
    """[V] 1 where nothing may move."""
    count = len(statue.textured.mesh.vertices)
    if not request.protect:
        return np.zeros(count, np.float32)
    kind, _, name = request.protect.partition(":")
    if kind == "group" and name in groups:
        return np.clip(groups[name], 0.0, 1.0).astype(np.float32)
    from .where import chosen_by

    return chosen_by(request.protect, statue, folder, request.statue).vertices


def as_reconstruction(request: RefineRequest, folder: Path) -> Request:
    """The request as the geometry stage reads it; what is known of the photo comes from the statue's provenance."""
    elevation = read_provenance(folder / request.statue).get("request", {}).get("elevation")
    return Request(
        photo="",
        quality=request.quality,
        prior=request.prior,
        prompt=request.prompt,
        seed=request.seed,
        elevation=elevation if isinstance(elevation, (int, float)) else None,
        refine_steps=STEPS[request.quality] if request.refine_steps is None else request.refine_steps,
        refine_until=request.refine_until,
    )


def volume(given: ByHand, photo: Photo, quality: Quality, device: str) -> SDF:
    """The mesh as the field that the stage would leave if it did nothing: what differs later, refinement did."""
    from ..mesh.solid import solid
    from ..refine.geometry import GeometryStage

    field = solid(given.statue.textured.mesh, quality.grid, device)
    if not (field.values < 0).any():
        raise Failure(
            "This mesh has no inside: it is flat, or its faces look in all directions.",
            next_step="Recalculate its normals (Mesh › Normals › Recalculate Outside), close its large holes.",
        )
    return GeometryStage(field, photo, []).field()


def refine(
    given: ByHand,
    before: SDF,
    photo: Photo,
    asked: Request,
    quality: Quality,
    device: str,
    kept: Checkpoints,
    report: Report,
) -> Any:
    """The refined field; goes on where an interrupted run stood."""
    from ..refine.stage import refined
    from .guarded import GuardedStage

    devices.seed(asked.seed)
    devices.seed_torch(asked.seed)
    stage = functools.partial(GuardedStage, given.statue.textured.mesh, given.protect, overrule=given.overrule)
    so_far = kept.so_far("geometry")
    return kept.or_make(
        "geometry", refined, before, photo, asked, quality, device, so_far, lambda *_: None, report, stage
    )


def carry(given: ByHand, before: SDF, after: SDF, report: Report) -> Edit:
    """What the field gained, as offsets of the mesh's own vertices."""
    from .carry import carried, left_behind

    mesh, notes = given.statue.textured.mesh, list(given.notes)
    offset = carried(mesh, before, after, given.protect)
    missed = left_behind(mesh, offset, before, after, given.protect)
    if missed > FAR:
        notes.append(
            f"{100 * missed:.0f} % of the vertices could not follow: the refined shape has parts that the mesh lacks."
        )
        report.step(1, 1, message=notes[-1])
    return Edit(offset, notes=tuple(notes))


def write(
    folder: Path,
    relative: str,
    request: RefineRequest,
    given: ByHand,
    change: Edit,
    steps: tuple[int, int],
    device: str,
    report: Report,
) -> EditResult:
    place = folder / request.statue
    source, _ = mesh_file(place)
    textured = given.statue.textured
    assert change.offset is not None
    made = replace(textured, mesh=Mesh(textured.mesh.vertices + change.offset, textured.mesh.faces))
    more = {"refined": {"steps": steps[0], "of": steps[1]}}
    record = history(place, edit_record(request, folder, given.statue, made, change, device, report.timings, more))
    furthest = float(np.linalg.norm(change.offset, axis=1).max()) / float(np.ptp(textured.mesh.vertices, axis=0).max())
    kept = f", {int((given.protect >= 1.0).sum()):,} vertices protected" if given.protect.any() else ""
    summary = f"Refined in {steps[0]} steps: moved by up to {100 * furthest:.1f} % of its size{kept}"
    gloss = read_material(source, len(made.atlas))
    material = {"prompt": request.prompt, "what": "refine", "seed": request.seed, "notes": list(change.notes)}
    result = files.write_edit(
        folder, relative, change, made, gloss, given.groups, material, record, report.seconds, summary, given.overrule
    )
    files.copy_origins(source, folder / relative)
    return result
