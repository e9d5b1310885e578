"""The ruler: all that is measured of one result, as one record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..camera import Camera
from ..contract import Failure
from .align import align
from .parts import pred_parts, truth_parts
from .picture import on_photo
from .protocol import (
    ALIGNED_POINTS,
    ALIGNED_THRESHOLDS,
    UNIT_BOX_POINTS,
    UNIT_BOX_THRESHOLDS,
    Comparison,
    Placement,
    in_unit_box,
)
from .subject import Subject, read_camera

Record = dict[str, Any]


@dataclass(frozen=True)
class Shot:
    """A photo the mesh shall lie on; what is not named comes with the result, or with the photo's alpha channel."""

    photo: Path
    camera: Path | None = None
    mask: Path | None = None


def measure(pred: Subject, truth: Subject, aligned: bool, shots: Sequence[Shot] = (), seed: int = 0) -> Record:
    """The figures of `protocol`, `parts` and `picture`, as far as there is something to measure.

    Keys: "unit_box"; "aligned" if asked for; "photos", one record for each shot. A protocol has "parts" where the
    prediction tells what was seen, or has a camera.
    """
    cameras = [_camera(pred, shot) for shot in shots]  # before the long work, for they may be missing
    record: Record = {"seed": seed, "faces": {"pred": len(pred.mesh.faces), "truth": len(truth.mesh.faces)}}
    boxed = in_unit_box(truth.mesh).of(truth.mesh)
    place = in_unit_box(pred.mesh)
    comparison = Comparison(place.of(pred.mesh), boxed, UNIT_BOX_POINTS, seed)
    figures = comparison.figures(UNIT_BOX_THRESHOLDS) | {"iou": comparison.iou}
    record["unit_box"] = figures | _parts(comparison, pred, place)
    if aligned:
        place = align(pred.mesh, boxed, seed)
        comparison = Comparison(place.of(pred.mesh), boxed, ALIGNED_POINTS, seed)
        record["aligned"] = comparison.figures(ALIGNED_THRESHOLDS) | _parts(comparison, pred, place)
        record["aligned"]["rotation"] = place.rotation.tolist()
    if shots:
        record["photos"] = [
            {"photo": str(shot.photo), **on_photo(pred, camera, shot.photo, shot.mask)}
            for shot, camera in zip(shots, cameras, strict=True)
        ]
    return record


def _parts(comparison: Comparison, pred: Subject, place: Placement) -> Record:
    parts = pred_parts(comparison, pred.seen) if pred.seen is not None else {}
    if pred.camera is not None:
        parts |= truth_parts(comparison, place.of_points(pred.camera.position))
    return {"parts": parts} if parts else {}


def _camera(pred: Subject, shot: Shot) -> Camera:
    if shot.camera is not None:
        return read_camera(shot.camera)
    if pred.camera is None:
        raise Failure(
            f"There is no camera to look at {shot.photo.name} through.",
            next_step="Give one with --camera, or a result folder, which has its camera.json.",
        )
    return pred.camera
