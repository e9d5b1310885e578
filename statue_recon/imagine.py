"""The stages that ask the bundled prior: the volume of the whole, then its details."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from .contract import Request
from .field.ground import ground_under
from .field.imagined import along_rays, box_of, field_of, held_to_mask, with_lost
from .field.sdf import SDF
from .mesh.mesh import LONGEST_SIDE, Mesh
from .photo.details import PhotoDetails
from .photo.photo import Photo
from .photo.window import Window, condition_of, window_of
from .priors.shape.columns import Columns, sampled
from .priors.shape.fine import FinePrior
from .priors.shape.fuse import Distances, Fused
from .priors.shape.prior import Imagined, ShapePrior
from .priors.shape.regions import regions
from .quality import Quality
from .report import Report


def imagine(photo: Photo, request: Request, quality: Quality, device: str, report: Report) -> Imagined:
    """The likeliest volume that the photo may show, and how far others differ."""
    window, columns = window_of(photo, request.elevation)
    prior = ShapePrior.bundled(device)
    samples = request.samples or quality.samples
    found = prior.imagine(condition_of([window]), columns, samples, quality.steps, request.seed, progress=report.step)
    return Imagined(held_to_mask(found.volume, _cells(window, columns)), found.spread, columns)


def coarse_field(imagined: Imagined, photo: Photo, quality: Quality) -> SDF:
    """What was imagined, as a field in the world."""
    return _standing(along_rays(imagined.volume, imagined.columns), imagined, photo, quality)


def detailed_field(
    imagined: Imagined, photo: Photo, request: Request, quality: Quality, device: str, report: Report
) -> SDF:
    """The same with its parts looked at again, two and four times as finely."""
    window, _ = window_of(photo, request.elevation)
    volume, columns = torch.from_numpy(imagined.volume), imagined.columns
    wanted = [region.columns for region in regions(volume, columns)]
    parts = []
    prior = FinePrior.bundled(device)
    for part in prior.refine(volume, columns, wanted, PhotoDetails.of(photo, window), request.seed):
        parts.append((part.volume, part.columns))
        report.step(len(parts), len(wanted))
    finer = Fused(along_rays(imagined.volume, columns), columns, parts).distances
    known = with_lost(finer, imagined.volume, columns, _cells(window, columns))
    return _standing(known, imagined, photo, quality)


def _cells(window: Window, columns: Columns) -> NDArray[np.float32]:
    """The window's mask [H, W], a pixel for each column."""
    size = columns.shape[2], columns.shape[1]
    return np.asarray(cv2.resize(window.alpha, size, interpolation=cv2.INTER_AREA), np.float32)


def _standing(known: Distances, imagined: Imagined, photo: Photo, quality: Quality) -> SDF:
    """The field of these distances, on the ground that the whole stands on."""
    volume, columns = imagined.volume, imagined.columns
    ground = ground_under(volume, columns, photo, LONGEST_SIDE / quality.grid)
    return field_of(known, box_of(volume, columns), photo, quality, ground)


def doubt_of(imagined: Imagined, mesh: Mesh) -> NDArray[np.float32]:
    """[V] by how much the samples differ at the mesh's vertices, in world units."""
    places = torch.from_numpy(imagined.columns.places(mesh.vertices).astype(np.float32))
    return sampled(torch.from_numpy(imagined.spread), places).numpy()
