"""What of a photo is statue: painted, kept in the file's alpha, or found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage

from ..contract import Failure
from .grabcut import find_statue
from .image import Picture, read_picture

EMPTY, FULL = 0.0005, 0.999  # shares of the photo below and above which a given mask says nothing
ASPECT_TOLERANCE = 0.02  # how much the proportions of a mask may differ from the photo's
CRUMB = 0.01  # of the statue: smaller loose parts are dropped without a word


@dataclass(frozen=True)
class Mask:
    alpha: np.ndarray  # [H, W] float32 0 … 1, one connected part
    source: str  # where it comes from, in words
    notes: tuple[str, ...]


def choose_mask(picture: Picture, painted: Path | None, source: str) -> Mask:
    """The mask, in a fixed order: the painted one, the file's alpha, else found.

    `source` is one of the contract's MASK_SOURCES; a painted mask counts only if it is asked for or nothing else is
    (automatic), and an alpha channel only if something is cut out with it.
    """
    if painted is not None and source in ("painted", "automatic"):
        return _one_part(*_read_painted(painted, picture), "painted mask")
    if source == "alpha" or (source == "automatic" and _is_cut_out(picture.alpha)):
        return _one_part(_given_alpha(picture.alpha), [], "alpha channel")
    return _one_part(find_statue(picture.rgb), [], "GrabCut")


def _read_painted(path: Path, picture: Picture) -> tuple[np.ndarray, list[str]]:
    """The painted mask at the photo's size: white, where it is opaque, is statue."""
    height, width = picture.rgb.shape[:2]
    mask = read_picture(path, pixels=width * height, what="mask")
    alpha = mask.rgb.mean(axis=2) * (1.0 if mask.alpha is None else mask.alpha)
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
    return cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), notes


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
