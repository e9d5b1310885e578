"""What of a photo is statue: painted, kept in the file's alpha, or found."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage

from .. import device as devices
from ..contract import Failure
from ..priors import models
from . import grabcut, isnet
from .edge import soft_edge
from .exif import Part
from .image import Picture, read_picture

log = logging.getLogger(__name__)

PAINTED, ALPHA, GRABCUT = "painted mask", "alpha channel", "GrabCut"  # sources in words; a model's is its title
EMPTY, FULL = 0.0005, 0.999  # shares of the photo below and above which a given mask says nothing
ASPECT_TOLERANCE = 0.02  # how much the proportions of a mask may differ from the photo's
CRUMB = 0.01  # of the statue: smaller loose parts are dropped without a word
FINER_RADIUS = 2.0  # pixels of the mask within which its edge is looked for anew in finer pixels


@dataclass(frozen=True)
class Mask:
    alpha: np.ndarray  # [H, W] float32 0 … 1, one connected part
    source: str  # where it comes from, in words
    notes: tuple[str, ...]
    given: Path | None = None  # the painted mask's file, where its pixels are the photo's


def choose_mask(picture: Picture, painted: Path | None, source: str, device: str = "auto") -> Mask:
    """The mask, in a fixed order: the painted one, the file's alpha, a model's if one is installed, else GrabCut's.

    `source` is one of the contract's MASK_SOURCES; a painted mask counts only if it is asked for or nothing else is
    (automatic), and an alpha channel only if something is cut out with it. `device`, one of DEVICES, is for a model.
    """
    if painted is not None and source in ("painted", "automatic"):
        return _read_painted(painted, picture)
    if source == "alpha" or (source == "automatic" and _is_cut_out(picture.alpha)):
        return _one_part(_given_alpha(picture.alpha), [], ALPHA)
    alpha, name, notes = _found_by_model(picture.rgb, device)
    if alpha is None:
        return _one_part(grabcut.find_statue(picture.rgb), notes, GRABCUT)
    return _one_part(alpha, notes, name)


def finer_alpha(mask: Mask, whole: Picture, closer: Picture, part: Part) -> np.ndarray:
    """The mask for a part of the photo that was read again in finer pixels: [H, W] float32 as `closer`'s.

    What was given (painted, or the file's alpha) is read again, too; what was found gets its edge from the finer
    pixels. Loose parts that were dropped stay dropped. `part` counts in the file's pixels, as `whole.size` does.
    """
    height, width = closer.rgb.shape[:2]
    left, top, right, bottom = part
    across, down = (have / had for have, had in zip(mask.alpha.shape[::-1], whole.size, strict=True))
    step_x, step_y = (right - left) / width * across, (bottom - top) / height * down  # finer pixels, in the mask's
    place = np.array(  # both count from the centre of their first pixel
        [[step_x, 0, left * across + (step_x - 1) / 2], [0, step_y, top * down + (step_y - 1) / 2]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    coarse = cv2.warpAffine(mask.alpha, place, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    own = closer.alpha if mask.source == ALPHA else None
    if mask.given:
        own = _white(read_picture(mask.given, closer.pixels, "mask", part))
    if own is None:
        return soft_edge(closer.rgb, coarse, FINER_RADIUS / step_x)
    return np.where(coarse > 0.0, own, np.float32(0.0))


def _found_by_model(rgb: np.ndarray, device: str) -> tuple[np.ndarray | None, str, list[str]]:
    """The alpha of the first installed model for masks, its name and notes; None where none is, or none finds any."""
    installed = models.for_task("mask")
    if installed is None:
        return None, "", []
    model, folder = installed
    try:
        alpha = isnet.find_statue(rgb, folder / model.files[0].name, devices.choose(device))
    except (Failure, RuntimeError, MemoryError, ValueError) as error:  # too little memory, mostly
        log.warning("%s failed", model.name, exc_info=error)
        return (
            None,
            model.name,
            [f"{model.name} could not be used ({error}), so the statue was searched by its colours."],
        )
    if alpha is None:
        return None, model.name, [f"{model.name} found no statue in this photo, so it was searched by its colours."]
    return alpha, model.name, []


def _read_painted(path: Path, picture: Picture) -> Mask:
    """The painted mask at the photo's size: white, where it is opaque, is statue."""
    height, width = picture.rgb.shape[:2]
    mask = read_picture(path, picture.pixels, what="mask")
    alpha = _white(mask)
    share = float((alpha > 0.5).mean())
    if share < EMPTY:
        raise Failure(
            "The mask is empty: nothing of the statue is marked in it.",
            next_step="Paint the statue white in the mask image, or set Mask to Automatic.",
        )
    if share > FULL:
        raise Failure(
            "The mask is full: it marks the whole photo as statue.",
            next_step="Paint the background black in the mask image, or set Mask to Automatic.",
        )
    stretch = (mask.size[0] / mask.size[1]) / (picture.size[0] / picture.size[1])
    if abs(stretch - 1.0) > ASPECT_TOLERANCE:
        raise Failure(
            f"The mask ({mask.size[0]} × {mask.size[1]}) has other proportions than the photo "
            f"({picture.size[0]} × {picture.size[1]}).",
            next_step="Paint the mask on an image of the photo's size, or set Mask to Automatic.",
        )
    notes = []
    if mask.size != picture.size:
        notes.append(f"The mask was resized from {mask.size[0]} × {mask.size[1]} to the photo's size.")
    alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    return replace(_one_part(alpha, notes, PAINTED), given=None if notes else path)


def _white(mask: Picture) -> np.ndarray:
    """[H, W] how white a painted mask is, where it is opaque."""
    return mask.rgb.mean(axis=2) * (np.float32(1.0) if mask.alpha is None else mask.alpha)


def _is_cut_out(alpha: np.ndarray | None) -> bool:
    return alpha is not None and EMPTY < float((alpha > 0.5).mean()) < FULL


def _given_alpha(alpha: np.ndarray | None) -> np.ndarray:
    if alpha is None:
        raise Failure(
            "The photo has no alpha channel to take the mask from.",
            next_step="Set Mask to Automatic, or paint a mask.",
        )
    if not _is_cut_out(alpha):
        kind = "transparent" if float(alpha.mean()) < 0.5 else "opaque"
        raise Failure(
            f"The photo's alpha channel is {kind} everywhere: no statue is cut out with it.",
            next_step="Set Mask to Automatic, or paint a mask.",
        )
    return alpha


def _one_part(alpha: np.ndarray, notes: list[str], source: str) -> Mask:
    """The largest connected part of the mask: loose parts have no place in one statue."""
    parts, count = ndimage.label(alpha > 0.5, structure=np.ones((3, 3)))
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        largest = int(sizes.argmax())
        near = ndimage.grey_dilation(parts, size=(5, 5))  # the soft edge belongs to its part
        alpha = np.where((near == largest) | (near == 0), alpha, 0.0)
        others = int(np.count_nonzero(sizes > CRUMB * sizes[largest])) - 1
        if others:
            notes = [*notes, f"The mask has {others + 1} separate parts; only the largest was built."]
    return Mask(np.clip(alpha, 0.0, 1.0).astype(np.float32), source, tuple(notes))
