"""The stages in order: from a request to the files of a result."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import device as devices
from .checkpoint import Checkpoints
from .contract import Failure, Request, Result
from .field.sdf import SDF
from .mesh.mesh import BuiltMesh, TexturedMesh, frame_of, normalise
from .photo.photo import Photo
from .quality import Quality, quality_of
from .report import Report

if TYPE_CHECKING:
    from .priors.shape.prior import Imagined

log = logging.getLogger(__name__)

PRIORS = ("bundled", "none")
COARSE = 64  # cells along the longest side of previews and of the volume that is kept to be looked at


def reconstruct(request: Request, folder: Path, relative_result: str, report: Report) -> Result:
    """Builds the statue of `request` (its paths are relative to `folder`) into `folder/relative_result`.

    Every stage starts from the seed and leaves a checkpoint; a mesh to look at is shown as soon as there is a shape.
    """
    from .photo.load import load_photo

    check_prior(request)
    quality = quality_of(request)
    device = devices.choose(request.device)
    kept = Checkpoints(folder, request)
    for note in unheeded(request):
        report.step(0, 1, message=note)

    def run(name: str, work, *inputs) -> Any:
        devices.seed(request.seed)
        return report.stage(name, kept.or_make, name, work, *inputs)

    photo = run("photo", load_photo, folder, request, report)
    volume, imagined = run("shape", shape, photo, request, quality, device, report)
    show(volume, photo, "coarse", report)
    if imagined is not None and has_fine():
        volume = run("detail", detail, imagined, photo, request, quality, device, report)
    field = run("fit", fit, volume, photo, quality, device, request.seed, report)
    show(field, photo, "fitted", report)
    built = run("mesh", build_mesh, field, photo, imagined, quality, request.quads, device, report)
    textured = run("texture", paint, built, photo, quality.atlas, request, device, report)
    made = textured, built.camera, volume.moved(built.scale, built.offset)
    result = report.stage("result", write, folder, relative_result, request, photo, *made, quality, device, report)
    kept.clear()
    return result


def check_prior(request: Request) -> None:
    """Refuses a prior this version does not have."""
    if request.prior not in PRIORS:
        raise Failure(
            f"The prior “{request.prior}” was asked for, which this version of Statue Recon does not have.",
            next_step=f"Choose one of: {', '.join(PRIORS)}.",
        )


def unheeded(request: Request) -> tuple[str, ...]:
    """Sentences about what was asked and has no effect."""
    if request.prior != "none":
        return ("The prompt has no effect yet: this version cannot read it.",) if request.prompt else ()
    notes = []
    if request.prompt:
        notes.append("The prompt has no effect: words need a learned prior, and the prior is None.")
    if request.samples:
        notes.append("The number of samples has no effect: without a prior nothing is imagined.")
    return tuple(notes)


def shape(photo: Photo, request: Request, quality: Quality, device: str, report: Report) -> tuple[SDF, Imagined | None]:
    """The first volume, and what the prior imagined if one was asked."""
    if request.prior == "none":
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


def paint(built: BuiltMesh, photo: Photo, size: int, request: Request, device: str, report: Report) -> TexturedMesh:
    from .texture.mirror import find_mirror
    from .texture.paint import paint as lay_on
    from .texture.view import View

    mesh, camera = built.mesh, built.camera
    mirror = find_mirror(mesh, [camera.position]) if request.mirror else None
    textured = lay_on(mesh, built.uv, [View(photo, camera)], size, device, report, mirror, request.seed)
    doubt = None if built.doubt is None else built.doubt * (1.0 - textured.seen)  # what is seen is not in doubt
    return replace(textured, quads=request.quads, doubt=doubt)


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


def coarse_of(field: SDF) -> SDF:
    """The field with about COARSE cells along its longest side."""
    return field.coarser(max(1, round((max(field.values.shape) - 1) / COARSE)))


def write(
    folder, relative, request, photo, textured: TexturedMesh, camera, volume: SDF, quality, device, report: Report
) -> Result:
    from .provenance import provenance
    from .result import write_result

    imagined = {"samples": request.samples or quality.samples, "steps": quality.steps}
    asked = imagined if request.prior != "none" else None
    record = provenance(request, folder, photo, textured, device, report.timings, unheeded(request), asked)
    kind = "quads" if textured.quads else "faces"
    summary = f"{textured.polygons:,} {kind}, mask: {photo.mask_source}"
    camera = photo.of_whole(camera)
    return write_result(folder, relative, textured, camera, record, report.seconds, summary, volume)
