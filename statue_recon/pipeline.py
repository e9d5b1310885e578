"""The stages in order: from a request to the files of a result."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import capacity
from . import device as devices
from .camera import Camera
from .checkpoint import Checkpoints
from .contract import PREVIEW_FOLDER, Failure, Request, Result
from .field.sdf import SDF
from .mesh.mesh import BuiltMesh, TexturedMesh, frame_of, normalise
from .photo.photo import Photo
from .priors import models, names
from .quality import Quality, quality_of
from .report import Report
from .unheeded import unheeded

if TYPE_CHECKING:
    from .photo.delight import Delit
    from .priors.shape.prior import Imagined
    from .refine.painting import Painted
    from .refine.stage import Refined

log = logging.getLogger(__name__)

ALBEDO = "albedo"  # task of the models that tell what colours the photo would have without its light
COARSE = 64  # cells along the longest side of previews and of the volume that is kept to be looked at


def reconstruct(request: Request, folder: Path, relative_result: str, report: Report) -> Result:
    """Builds the statue of `request` (its paths are relative to `folder`) into `folder/relative_result`.

    Every stage starts from the seed and leaves a checkpoint; a mesh to look at is shown as soon as there is a shape.
    """
    from .photo.load import load_photo

    names.check(names.read(request.prior))
    quality = quality_of(request)
    left_out = unused(request, quality)
    device = devices.choose(request.device)
    kept = Checkpoints(folder, request)
    report.leave_out(brief(request, quality))
    for note in (*unheeded(request, quality), *doubts(request, device, kept)):
        report.step(0, 1, message=note)

    def run(name: str, work, *inputs) -> Any:
        devices.seed(request.seed)
        return report.stage(name, kept.or_make, name, work, *inputs)

    photo = run("photo", load_photo, folder, request, report)
    volume, imagined = run("shape", shape, photo, request, quality, device, report)
    show(volume, photo, "coarse", report)
    if "detail" not in left_out:
        volume = run("detail", detail, imagined, photo, request, quality, device, report)
    field = run("fit", fit, volume, photo, quality, device, request.seed, report)
    show(field, photo, "fitted", report)
    refined = painted = delit = None
    if "geometry" not in left_out:
        refined = run("geometry", refine, field, photo, request, quality, device, kept, report)
        field = refined.field
    built = run("mesh", build_mesh, field, photo, imagined, quality, request.quads, device, report)
    if "light" not in left_out:
        delit = run("light", take_out_light, photo, request, device, report)
    laid = delit.photo if delit else photo
    textured = run("texture", paint, built, laid, quality.atlas, request, device, report)
    if "appearance" not in left_out:
        painted = run("appearance", repaint, textured, built.camera, laid, request, device, kept, report)
        textured = painted.textured
    made = textured, built.camera, volume.moved(built.scale, built.offset), refined, painted, delit
    result = report.stage("result", write, folder, relative_result, request, photo, *made, quality, device, report)
    kept.clear()
    return result


def doubts(request: Request, device: str, kept: Checkpoints) -> list[str]:
    """Sentences about what this machine may have too little of for the job; a Failure where it is certain to fail."""
    wanted, known = capacity.wanted_of(request), models.entries()
    machine = capacity.this_machine(device, kept.folder)
    if machine.disk is not None:  # what an earlier run of the job has written needs no room any more
        machine = replace(machine, disk=machine.disk + sum(path.stat().st_size for path in kept.folder.glob("*.npz")))
    if found := capacity.hopeless(wanted, known, machine):
        raise Failure(found.reason, next_step=found.instead)
    said = (capacity.misfit(wanted, known, machine), capacity.note(wanted, known, machine))
    return [str(each) for each in said if each]


def unused(request: Request, quality: Quality) -> tuple[str, ...]:
    """The stages that a run has no use for."""
    chosen, refines = names.read(request.prior), quality.refine_steps > 0
    used = {
        "detail": names.SHAPE in chosen and has_fine(),
        "geometry": bool(chosen) and refines,
        "light": request.delight and models.for_task(ALBEDO) is not None,
        "appearance": names.painter(request.prior) is not None and refines,
    }
    return tuple(name for name, asked in used.items() if not asked)


def brief(request: Request, quality: Quality) -> tuple[str, ...]:
    """The stages that take no time worth counting: a shape that is not imagined but inflated, and what is left out."""
    return (*unused(request, quality), *(() if names.SHAPE in names.read(request.prior) else ("shape",)))


def shape(photo: Photo, request: Request, quality: Quality, device: str, report: Report) -> tuple[SDF, Imagined | None]:
    """The first volume, and what the shape prior imagined if it was asked."""
    if names.SHAPE not in names.read(request.prior):
        from .field.silhouette import inflate

        return inflate(photo, quality), None
    from .imagine import coarse_field, imagine

    imagined = imagine(photo, request, quality, device, report)
    return coarse_field(imagined, photo, quality), imagined


def has_fine() -> bool:
    """Whether weights for the fine scale are shipped."""
    from .priors.bundled import bundle

    return "fine" in bundle().parts


def detail(imagined: Imagined, photo: Photo, request: Request, quality: Quality, device: str, report: Report) -> SDF:
    from .imagine import detailed_field

    return detailed_field(imagined, photo, request, quality, device, report)


def fit(volume: SDF, photo: Photo, quality: Quality, device: str, seed: int, report: Report) -> SDF:
    from .field import fit as fitting

    devices.seed_torch(seed)
    return fitting.fit(volume, photo, quality, device, report)


def refine(
    field: SDF, photo: Photo, request: Request, quality: Quality, device: str, kept: Checkpoints, report: Report
) -> Refined:
    from .refine.stage import refined

    devices.seed_torch(request.seed)

    def look(now: SDF, step: int) -> None:
        show_refined(now, photo, step, report)

    return refined(field, photo, request, quality, device, kept.so_far("geometry"), look, report)


def build_mesh(
    field: SDF, photo: Photo, imagined: Imagined | None, quality: Quality, quads: bool, device: str, report: Report
) -> BuiltMesh:
    """The mesh in the engine's frame, with all that moved along with it."""
    from .mesh.atlas import unwrap
    from .mesh.carve import carved
    from .mesh.extract import extract, simplify
    from .mesh.quads import quad_mesh

    whole, normals = carved(extract(field), photo, device)
    report.step(1, 3, message=f"Normals: {normals}.")
    fewer = quad_mesh(field, 2 * quality.faces, whole, device) if quads else simplify(whole, quality.faces)
    mesh, camera = normalise(fewer, photo.camera)
    scale, offset = frame_of(fewer)
    doubt = None
    if imagined is not None:
        from .imagine import doubt_of

        doubt = np.float32(scale) * doubt_of(imagined, fewer)
    report.step(2, 3)
    return BuiltMesh(mesh, unwrap(mesh, quads), camera, doubt, scale, offset)


def take_out_light(photo: Photo, request: Request, device: str, report: Report) -> Delit:
    """The photo with the colours that are laid on the mesh."""
    from .photo.delight import delit

    found = models.for_task(ALBEDO)
    if found is None:  # somebody removed it since the run began
        raise Failure(
            "The model that takes the light out of the photo is gone.",
            next_step="Install it again, or turn Take Out Light off.",
        )
    model, folder = found
    devices.seed_torch(request.seed)
    made = delit(photo, model.identifier, folder, device, request.seed)
    report.step(1, 1, message=f"Light taken out by {model.title}.")
    return made


def paint(built: BuiltMesh, photo: Photo, size: int, request: Request, device: str, report: Report) -> TexturedMesh:
    from .texture.mirror import find_mirror
    from .texture.paint import paint as lay_on
    from .texture.view import View

    mesh, camera = built.mesh, built.camera
    mirror = find_mirror(mesh, [camera.position]) if request.mirror else None
    textured = lay_on(mesh, built.uv, [View(photo, camera)], size, device, report, mirror, request.seed)
    doubt = None if built.doubt is None else built.doubt * (1.0 - textured.seen)  # what is seen is not in doubt
    return replace(textured, quads=request.quads, doubt=doubt)


def repaint(
    textured: TexturedMesh,
    camera: Camera,
    photo: Photo,
    request: Request,
    device: str,
    kept: Checkpoints,
    report: Report,
) -> Painted:
    from .refine.painting import painted
    from .texture.view import View

    devices.seed_torch(request.seed)
    name = names.painter(request.prior)
    assert name is not None, "a stage is left out where nobody paints"
    return painted(textured, View(photo, camera), name, request, device, kept.so_far("appearance"), report)


def show(field: SDF, photo: Photo, name: str, report: Report) -> None:
    """Leaves a coarse mesh of the field, in the colours of the photo, for people to look at."""
    from .mesh.extract import extract
    from .result import write_preview
    from .texture.paint import preview_colours

    try:
        mesh, camera = normalise(extract(coarse_of(field)), photo.camera)
    except Failure as failure:  # too thin for so coarse a grid: the finer stages may well hold it
        log.info("No preview of the %s mesh: %s", name, failure)
        return
    preview = write_preview(report.folder, name, mesh, preview_colours(mesh, photo, camera))
    report.step(1, 1, preview=preview)


def show_refined(field: SDF, photo: Photo, step: int, report: Report) -> None:
    """The same of a field that is being refined; under a new name, for Blender shows what it does not know yet."""
    earlier = sorted((report.folder / PREVIEW_FOLDER).glob("refined-*.npz"), key=os.path.getmtime)
    show(field, photo, f"refined-{step}", report)
    for path in earlier[:-1]:  # the last may be being read
        with contextlib.suppress(OSError):
            path.unlink()


def coarse_of(field: SDF) -> SDF:
    """The field with about COARSE cells along its longest side."""
    return field.coarser(max(1, round((max(field.values.shape) - 1) / COARSE)))


def write(
    folder: Path,
    relative: str,
    request: Request,
    photo: Photo,
    textured: TexturedMesh,
    camera: Camera,
    volume: SDF,
    refined: Refined | None,
    painted: Painted | None,
    delit: Delit | None,
    quality: Quality,
    device: str,
    report: Report,
) -> Result:
    from .provenance import provenance
    from .result import write_result

    asked: dict[str, Any] = {}
    if names.SHAPE in names.read(request.prior):
        asked |= {"samples": request.samples or quality.samples, "steps": quality.steps}
    kind = "quads" if textured.quads else "faces"
    summary = f"{textured.polygons:,} {kind}, mask: {photo.mask_source}"
    if refined is not None:
        asked["refined"] = {"steps": refined.steps, "of": refined.of}
        summary += stopped("refinement", refined)
    if painted is not None:
        asked["painted"] = {"steps": painted.steps, "of": painted.of, "by": painted.prior}
        summary += stopped("painting", painted)
    notes, by = unheeded(request, quality), delit.by if delit else None
    record = provenance(request, folder, photo, textured, device, report.timings, notes, asked, by)
    camera = photo.of_whole(camera)
    return write_result(folder, relative, textured, camera, record, report.seconds, summary, volume)


def stopped(what: str, run: Refined | Painted) -> str:
    """Words for the summary about what ended early."""
    return f", {what} stopped at step {run.steps} of {run.of}" if run.steps < run.of else ""
