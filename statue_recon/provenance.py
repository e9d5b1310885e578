"""What a result was made from, by what and how: enough to make it again and to see that it is the same."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import platform
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__, contract
from .contract import Request
from .doctor import PACKAGES
from .priors import bundled, models, names

if TYPE_CHECKING:
    from .mesh.mesh import TexturedMesh
    from .photo.photo import Photo


def provenance(
    request: Request,
    folder: Path,
    photo: Photo,
    textured: TexturedMesh,
    device: str,
    timings: dict[str, float],
    notes: tuple[str, ...] = (),
    imagined: Mapping[str, Any] | None = None,
    delit_by: str | None = None,
) -> dict[str, Any]:
    """The record of one run, ready for JSON. Seconds are per stage; `result_sha256` is what a repetition must give.

    `imagined` is what the priors were asked in the end, the choices of the quality among it: samples, steps, and how
    far they were asked to refine. `delit_by` is the model that told which light to take out of the photo's colours.
    """
    imagined = imagined or {}
    return {
        "engine": __version__,
        "contract": contract.VERSION,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "request": dataclasses.asdict(request),
        "photo_sha256": sha256_of_file(folder / request.photo),
        "mask_sha256": sha256_of_file(folder / request.mask) if request.mask else None,
        "mask_source": photo.mask_source,
        "notes": [*photo.notes, *notes],
        "device": device,
        "threads": threads(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES.values()},
        "seconds": {stage: round(seconds, 3) for stage, seconds in timings.items()},
        "prior": prior_record(request, imagined),
        "priors": learned(photo.mask_source, names.speaking(request.prior) if "refined" in imagined else (), delit_by),
        "delit_by": delit_by,
        "result_sha256": result_sha256(textured),
    }


def prior_record(request: Request, imagined: Mapping[str, Any]) -> dict[str, Any]:
    """What imagined the hidden side, from which weights, and how it was asked."""
    record = {"name": request.prior, "seed": request.seed, "samples": request.samples, **imagined}
    used = used_parts(names.read(request.prior), imagined)
    parts = bundled.bundle().parts
    if files := [file for name in parts if name in used for file in parts[name].files]:
        record["weights"] = {file.name: file.sha256 for file in files}
    return record


def used_parts(chosen: Collection[str], imagined: Mapping[str, Any]) -> set[str]:
    """The bundled priors that were asked, by their names in the bundle."""
    used = {names.SHAPE, "fine"} if names.SHAPE in chosen else set()
    if imagined.get("painted", {}).get("by") == names.VIEW or (names.VIEW in chosen and "refined" in imagined):
        used.add(names.VIEW)
    return used


def learned(mask_source: str, refining: Collection[str] = (), delit_by: str | None = None) -> list[dict[str, Any]]:
    """The names, licences and fingerprints of the learned models that took part.

    refining: names of the priors that spoke during refinement; those that are bundled have a record of their own.
    """
    return [
        {"name": model.name, "licence": model.licence, **models.record(model)}
        for model in models.entries()
        if model.name == mask_source
        or model.identifier in refining
        or model.identifier == delit_by
        or (model.task == "normals" and models.installed(model.identifier))
    ]


def result_sha256(textured: TexturedMesh) -> str:
    """A fingerprint of what was made: vertices, faces, UV, seen, atlas and doubt, to the last bit."""
    digest = hashlib.sha256()
    arrays = [textured.mesh.vertices, textured.mesh.faces, textured.uv, textured.seen, textured.atlas]
    for array in arrays if textured.doubt is None else [*arrays, textured.doubt]:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def threads() -> int:
    """How many threads sums are split over: another number may round differently."""
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch else (os.cpu_count() or 1)
