"""The history of a statue: how it was made, and every edit since, in its provenance."""

from __future__ import annotations

import dataclasses
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import __version__, contract
from ..contract_edit import EditJob
from ..contract_hand import RestoreRequest
from ..doctor import PACKAGES
from ..mesh.mesh import TexturedMesh
from ..priors import bundled, models, names
from ..provenance import result_sha256, sha256_of_file, threads, version
from .read import mesh_file, read_provenance
from .statue import Edit, Statue

EDITS = "edits"  # the key of the list in a provenance, oldest edit first


def history(place: Path, record: dict[str, Any]) -> dict[str, Any]:
    """The provenance of the statue at `place` with one more edit at the end of its list."""
    earlier = read_provenance(place)
    edits = earlier.get(EDITS, [])
    return {**earlier, EDITS: [*(edits if isinstance(edits, list) else []), record]}


def edit_record(
    request: EditJob,
    folder: Path,
    statue: Statue,
    textured: TexturedMesh,
    change: Edit,
    device: str,
    timings: dict[str, float],
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The record of one edit, ready for JSON: of what, by what, how. `result_sha256` is what a repetition must give."""
    _, mesh = mesh_file(folder / request.statue)
    return {
        "engine": __version__,
        "contract": contract.VERSION,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "request": dataclasses.asdict(request),
        "statue_sha256": result_sha256(statue.textured),
        "mesh_sha256": sha256_of_file(mesh),
        "understood": list(change.understood),
        "unknown": list(change.unknown),
        "notes": list(change.notes),
        "device": device,
        "threads": threads(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES.values()},
        "seconds": {stage: round(seconds, 3) for stage, seconds in timings.items()},
        "prior": prior_record(request),
        **(more or {}),
        "result_sha256": result_sha256(textured),
    }


def prior_record(request: EditJob) -> dict[str, Any]:
    """Which priors were asked, from which weights: the bundled ones by their files, others as installed."""
    name = names.SHAPE if isinstance(request, RestoreRequest) else getattr(request, "prior", "none")
    chosen = names.read(name)
    record: dict[str, Any] = {"name": name, "seed": getattr(request, "seed", 0)}
    parts = bundled.bundle().parts
    if chosen:
        record["weights"] = {file.name: file.sha256 for part in parts.values() for file in part.files}
    record["models"] = [
        {"name": model.name, "licence": model.licence, **models.record(model)}
        for model in models.entries()
        if model.identifier in chosen
    ]
    return record
