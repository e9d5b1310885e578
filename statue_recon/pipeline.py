"""The stages in order: from a request to the files of a result."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from . import device as devices
from .camera import Camera
from .checkpoint import Checkpoints
from .contract import Failure, Request, Result
from .field.sdf import SDF
from .mesh.mesh import Mesh, TexturedMesh, normalise
from .photo.photo import Photo
from .quality import Quality, quality_of
from .report import Report

log = logging.getLogger(__name__)

COARSE = 64  # cells along the longest side of a preview: made in well under a second


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
    volume = run("shape", shape, photo, quality)
    show(volume, photo, "coarse", report)
    field = run("fit", fit, volume, photo, quality, device, request.seed, report)
    show(field, photo, "fitted", report)
    mesh, uv, camera = run("mesh", build_mesh, field, photo, quality, request.quads, device, report)
    textured = run("texture", paint, mesh, uv, photo, camera, quality.atlas, request, device, report)
    result = report.stage("result", write, folder, relative_result, request, photo, textured, camera, device, report)
    kept.clear()
    return result


def check_prior(request: Request) -> None:
    """Refuses a prior this version does not have."""
    if request.prior != "none":
        raise Failure(
            f"The prior “{request.prior}” was asked for, but this version of Statue Recon has no learned prior yet.",
            next_step="Set the prior to None (--prior none).",
        )


def unheeded(request: Request) -> tuple[str, ...]:
    """Sentences about what was asked and has no effect."""
    if request.prompt and request.prior == "none":
        return ("The prompt has no effect: words need a learned prior, and the prior is None.",)
    return ()


def shape(photo: Photo, quality: Quality) -> SDF:
    from .field.silhouette import inflate

    return inflate(photo, quality)


def fit(volume: SDF, photo: Photo, quality: Quality, device: str, seed: int, report: Report) -> SDF:
    from .field import fit as fitting

    devices.seed_torch(seed)
    return fitting.fit(volume, photo, quality, device, report)


def build_mesh(
    field: SDF, photo: Photo, quality: Quality, quads: bool, device: str, report: Report
) -> tuple[Mesh, np.ndarray, Camera]:
    """The mesh in the engine's frame, its UV [F, 3, 2], and the camera moved along with it."""
    from .mesh.atlas import unwrap
    from .mesh.carve import carved
    from .mesh.extract import extract, simplify
    from .mesh.quads import quad_mesh

    whole, normals = carved(extract(field), photo, device)
    report.step(1, 3, message=f"Normals: {normals}.")
    fewer = quad_mesh(field, 2 * quality.faces, whole, device) if quads else simplify(whole, quality.faces)
    mesh, camera = normalise(fewer, photo.camera)
    report.step(2, 3)
    return mesh, unwrap(mesh, quads), camera


def paint(
    mesh: Mesh, uv: np.ndarray, photo: Photo, camera: Camera, size: int, request: Request, device: str, report: Report
) -> TexturedMesh:
    from .texture.mirror import find_mirror
    from .texture.paint import paint as lay_on
    from .texture.view import View

    mirror = find_mirror(mesh, [camera.position]) if request.mirror else None
    textured = lay_on(mesh, uv, [View(photo, camera)], size, device, report, mirror, request.seed)
    return replace(textured, quads=request.quads)


def show(field: SDF, photo: Photo, name: str, report: Report) -> None:
    """Leaves a coarse mesh of the field, in the colours of the photo, for people to look at."""
    from .mesh.extract import extract
    from .result import write_preview
    from .texture.paint import preview_colours

    coarse = field.coarser(max(1, round((max(field.values.shape) - 1) / COARSE)))
    try:
        mesh, camera = normalise(extract(coarse), photo.camera)
    except Failure as failure:  # too thin for so coarse a grid: the finer stages may well hold it
        log.info("No preview of the %s mesh: %s", name, failure)
        return
    preview = write_preview(report.folder, name, mesh, preview_colours(mesh, photo, camera))
    report.step(1, 1, preview=preview)


def write(folder, relative, request, photo, textured: TexturedMesh, camera, device, report: Report) -> Result:
    from .provenance import provenance
    from .result import write_result

    record = provenance(request, folder, photo, textured, device, report.timings, unheeded(request))
    kind = "quads" if textured.quads else "faces"
    summary = f"{textured.polygons:,} {kind}, mask: {photo.mask_source}"
    return write_result(folder, relative, textured, photo.of_whole(camera), record, report.seconds, summary)
