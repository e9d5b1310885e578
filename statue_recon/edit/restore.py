"""Restore: the prior completes what is broken off, as an object of its own that can be taken away again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import device as devices
from ..checkpoint import Checkpoints
from ..contract import Failure
from ..contract_edit import EditResult
from ..contract_hand import RESTORING, RestoreRequest
from ..mesh.mesh import Mesh, TexturedMesh
from ..mesh.solid import Surface as Solid
from ..priors import names
from ..report import Report
from . import files
from .read import mesh_file, read_statue, unwrapped
from .record import edit_record, history
from .restore_part import painted, part_of
from .restore_prior import Asked, grown, turns_for
from .statue import Edit, Statue
from .where import chosen_by

CLOSE_UP = 3.5  # reaches around the break that the prior is shown: as a bust, where the statue is larger
WIDE = 0.45  # of the reach: how wide the room is across the way that the missing part took, at least …
WIDER = 1.1  # … and how many times the break itself
SUNK = 0.15  # of the reach, that the room begins below the break
FRACTION = 256  # texels of the part's atlas, at least


@dataclass(frozen=True)
class Break:
    """Where something is missing, and where it may grow; world units."""

    weights: NDArray[np.float32]  # [V] 1 on the break
    middle: NDArray[np.float64]  # [3]
    toward: NDArray[np.float64]  # [3] unit length: where the missing part pointed
    centre: NDArray[np.float64]  # [3] of the room, an ellipsoid
    axes: NDArray[np.float64]  # [3, 3] its axes as rows, as long as its half axes

    def outside(self, points: NDArray) -> NDArray[np.float32]:
        """How far points [N, 3] are outside the room, about; negative in it."""
        half = np.linalg.norm(self.axes, axis=1)
        local = (np.asarray(points, np.float64) - self.centre) @ (self.axes / half[:, None] ** 2).T
        far = np.linalg.norm(local, axis=1)
        return ((far - 1.0) * half.min()).astype(np.float32)

    @property
    def box(self) -> NDArray[np.float64]:
        """[2, 3] around the room."""
        half = np.sqrt((self.axes**2).sum(axis=0))
        return np.stack([self.centre - half, self.centre + half])


def restore(request: RestoreRequest, folder: Path, relative_result: str, report: Report) -> EditResult:
    """Makes the missing part of `request`'s statue (its paths are relative to `folder`): `folder/relative_result`."""
    names.check([names.SHAPE])
    device = devices.choose(request.device)
    report.plan(RESTORING)
    kept = Checkpoints(folder, request)
    statue = report.stage("read", read_statue, folder / request.statue, request.device)
    gap, solid = report.stage("volume", broken, statue, request, folder, device)
    part = report.stage("shape", kept.or_make, "shape", missing, statue, gap, solid, request, device, report)
    made = report.stage("colour", dressed, part, statue, gap, device)
    result = report.stage("result", write, folder, relative_result, request, statue, made, device, report)
    kept.clear()
    return result


def broken(statue: Statue, request: RestoreRequest, folder: Path, device: str) -> tuple[Break, Solid]:
    """The break, and the statue as a solid."""
    weights = chosen_by(request.region, statue, folder, request.statue).vertices
    return break_of(statue.textured.mesh, weights, request), Solid(statue.textured.mesh, device)


def break_of(mesh: Mesh, weights: NDArray[np.float32], request: RestoreRequest) -> Break:
    """Where the break with these weights [V] lies, and where something may grow out of it."""
    chosen = weights >= 0.5
    faces = mesh.faces[chosen[mesh.faces].all(axis=1)]
    if len(faces) == 0:
        raise Failure("The break is too small: no face of the statue lies in it.", next_step="Mark more of the break.")
    corners = mesh.vertices[faces].astype(np.float64)
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    amount = np.linalg.norm(areas, axis=1)
    middle = (corners.mean(axis=1) * amount[:, None]).sum(axis=0) / max(float(amount.sum()), 1e-12)
    toward = areas.sum(axis=0) if request.toward is None else np.array(request.toward, np.float64)
    toward /= max(float(np.linalg.norm(toward)), 1e-12)
    if request.room is not None:
        centre, axes = np.array(request.room[:3], np.float64), np.diag(np.array(request.room[3:], np.float64))
        return Break(chosen.astype(np.float32), middle, toward, centre, axes)
    reach = request.reach * float(np.ptp(mesh.vertices, axis=0).max())
    across = max(WIDE * reach, WIDER * float(np.quantile(np.linalg.norm(mesh.vertices[chosen] - middle, axis=1), 0.9)))
    along = 0.5 * (1.0 + SUNK) * reach
    side = np.cross(toward, np.eye(3)[np.abs(toward).argmin()])
    side /= np.linalg.norm(side)
    axes = np.stack([along * toward, across * side, across * np.cross(toward, side)])
    return Break(chosen.astype(np.float32), middle, toward, middle + (along - SUNK * reach) * toward, axes)


def missing(statue: Statue, gap: Break, solid: Solid, request: RestoreRequest, device: str, report: Report) -> Mesh:
    """The part that is missing, as the likeliest of some samples has it."""
    mesh = statue.textured.mesh
    size = float(np.ptp(mesh.vertices, axis=0).max())
    asked = Asked.around(statue.textured, gap.middle, CLOSE_UP * float(np.linalg.norm(gap.axes, axis=1).max()))
    found = grown(asked, solid, gap.outside, turns_for(gap.toward), request.samples, request.seed, device, report.step)
    on_break = mesh.vertices[gap.weights > 0]
    for sample in sorted(found, key=lambda each: each.seam):
        part = part_of(sample.distances, solid, gap.outside, gap.box, on_break, request.overlap * size, sample.pitch)
        if part is not None:
            return part
    raise Failure(
        "The prior sees nothing missing there.",
        next_step="Give it more room (Reach), or say where the missing part pointed.",
    )


def dressed(part: Mesh, statue: Statue, gap: Break, device: str) -> TexturedMesh:
    """The part in colours from around the break, its texels as large as the statue's."""
    share = np.ptp(part.vertices, axis=0).max() / np.ptp(statue.textured.mesh.vertices, axis=0).max()
    size = int(2 ** np.ceil(np.log2(max(FRACTION, share * len(statue.textured.atlas)))))
    return painted(part, unwrapped(part), size, statue.textured, gap.weights, device)


def write(
    folder: Path,
    relative: str,
    request: RestoreRequest,
    statue: Statue,
    made: TexturedMesh,
    device: str,
    report: Report,
) -> EditResult:
    place = folder / request.statue
    source, _ = mesh_file(place)
    change = Edit(notes=("Invented as a whole: compare it with what is known of the statue.",))
    record = history(place, edit_record(request, folder, statue, made, change, device, report.timings))
    told: dict[str, Any] = {"what": "restore", "seed": request.seed, "notes": list(change.notes)}
    share = np.ptp(made.mesh.vertices, axis=0).max() / np.ptp(statue.textured.mesh.vertices, axis=0).max()
    summary = f"A part of {len(made.mesh.faces):,} faces, {100 * share:.0f} % of the statue's size"
    result = files.write_edit(folder, relative, change, made, None, {}, told, record, report.seconds, summary)
    files.copy_origins(source, folder / relative)
    return result
