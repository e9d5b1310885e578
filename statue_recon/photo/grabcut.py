"""Finding the statue without being told: GrabCut, started from what the border of the photo looks like."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from ..contract import Failure
from .edge import soft_edge

WORKING_SIDE = 512  # pixels; GrabCut's time grows with the pixels, its answer hardly
BORDER = 0.04  # of the shorter side: the frame whose colours are background
BOTTOM = 0.18  # of the width: how much of the bottom edge, from either corner, belongs to that frame
ANYWHERE = 0.4  # how much a pixel at the very edge counts, against 1 in the middle
CENTRE, CENTRE_COVERED = 0.85, 0.25  # nearness to the middle of what a statue covers, and by how much at least
COLOURS = 6  # of the background
ITERATIONS = 6
HOLE = 0.002  # of the statue: smaller holes are stone in the colour of the background
NOTHING, EVERYTHING = 0.005, 0.95  # shares of the photo that no statue covers
CONTRAST = 4.0  # distances in Lab between background and statue below which there is nothing to tell apart
SOFT_RADIUS = 3.0  # working pixels within which the edge is moved onto the photo's own


def find_statue(rgb: np.ndarray) -> np.ndarray:
    """The statue's alpha [H, W] float32 in a photo [H, W, 3] float32 sRGB."""
    height, width = rgb.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    image = (small * 255.0 + 0.5).astype(np.uint8)
    difference, middle = _difference_from_border(image)
    mask = _tidied(_grab(image, difference * (ANYWHERE + (1.0 - ANYWHERE) * middle)))
    if mask[middle > CENTRE].mean() < CENTRE_COVERED:
        # Something at the side stood out more than the statue: start again from the middle of the photo alone.
        mask = _tidied(_grab(image, middle))
    share = float(mask.mean())
    if not NOTHING < share < EVERYTHING:
        raise _nothing_found()
    return soft_edge(rgb, mask.astype(np.float32), SOFT_RADIUS / scale)


def _nothing_found() -> Failure:
    return Failure(
        "No statue could be told from the background of this photo.",
        next_step="Paint a mask (white on black) and set Mask to Painted, or choose a photo with a calmer background.",
    )


def _difference_from_border(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two maps [H, W] 0 … 1: how little a pixel looks like the photo's border, and how near it is to the middle."""
    lab = cv2.cvtColor(cv2.GaussianBlur(image, (0, 0), 1.5), cv2.COLOR_RGB2LAB).astype(np.float32)
    height, width = lab.shape[:2]
    frame = max(2, int(BORDER * min(height, width)))
    corner = int(BOTTOM * width)  # the middle of the bottom edge is left out: there a statue is often cut off
    sides = [lab[:frame], lab[:, :frame], lab[:, -frame:], lab[-frame:, :corner], lab[-frame:, -corner:]]
    border = np.concatenate([side.reshape(-1, 3) for side in sides])
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, label, centres = cv2.kmeans(
        border, COLOURS, np.zeros((len(border), 1), np.int32), stop, 2, cv2.KMEANS_PP_CENTERS
    )
    weight = np.bincount(label.ravel(), minlength=COLOURS) / len(border)
    centres = centres[weight > 0.03]  # a colour seen in one corner only may be the statue's
    apart = np.min(np.linalg.norm(lab[:, :, None] - centres[None, None], axis=3), axis=2)
    if np.percentile(apart, 98) < CONTRAST:
        raise _nothing_found()
    x = np.abs(np.linspace(-1, 1, width))[None, :]
    y = np.abs(np.linspace(-1, 1, height))[:, None]
    middle = np.exp(-((x / 0.8) ** 2) - (y / 1.2) ** 2)
    return np.clip(apart / np.percentile(apart, 98), 0, 1), middle


def _grab(image: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """GrabCut from the difference map: [H, W] bool."""
    level, _ = cv2.threshold((difference * 255).astype(np.uint8), 0, 1, cv2.THRESH_OTSU)
    marks = np.where(difference * 255 > level, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[:2], marks[:, :2], marks[:, -2:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    if not np.any(marks == cv2.GC_PR_FGD):
        raise _nothing_found()
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), marks, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)


def _tidied(mask: np.ndarray) -> np.ndarray:
    """The largest part, without threads to other things, its small holes filled and its large ones kept."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    parts, count = ndimage.label(opened)
    if count == 0:
        return mask & False
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    core = parts == sizes.argmax()
    # What opening took away comes back where it hangs on the largest part: fingers, staffs.
    again, _ = ndimage.label(mask & (core | ~opened), structure=np.ones((3, 3)))
    mask = np.isin(again, np.unique(again[core]))
    holes, count = ndimage.label(~mask)
    sizes = np.bincount(holes.ravel())
    small = sizes < HOLE * mask.sum()
    return mask | (small[holes] & ~mask)
