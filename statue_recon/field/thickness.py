"""How deep the statue is behind and before each point of its silhouette."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from ..photo.photo import Photo
from ..photo.window import poisson
from .plate import Plate, resample

RELIEF = 0.05  # world units for a brightness twice that of the surroundings
RELIEF_WIDTH, RELIEF_BLUR = 0.08, 0.02  # world units: what counts as surroundings, and the finest detail kept
RIM = (1.0, 3.0)  # pixels from the contour up to which h² follows the outline, and from which the solution


def half_depth_squared(mask: np.ndarray, outline: np.ndarray, pitch: float) -> np.ndarray:
    """h² over the mask [R, C], in world units²; negative outside, passing through zero at the contour.

    Solves Δ(h²) = −2 with h = 0 at the contour. The lower border of the array is no contour: there the volume goes
    on. `outline` [R, C] holds exact signed distances to the contour in world units, where the mask has that contour.
    """
    solved = poisson(mask)
    inward, outward = ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask)
    signed = np.where(mask, 0.5 - inward, outward - 0.5)
    signed = np.where(np.abs(outline / pitch - signed) < 1.0, outline / pitch, signed)
    # Near the contour h² rises evenly, as steeply as the solution does on the pixels next to it.
    steep = _rise_at_contour(solved, mask)
    rim = -signed * np.where(mask, steep, np.maximum(steep, 1.0))
    trust = np.clip((inward - RIM[0]) / (RIM[1] - RIM[0]), 0.0, 1.0)
    height = np.where(mask, trust * (solved - 0.5 * steep) + (1.0 - trust) * rim, rim)
    return (pitch**2 * height).astype(np.float32)


def _rise_at_contour(solved: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """[R, C] the solution's mean on the pixels along the nearest stretch of the contour."""
    edge = (mask & ndimage.binary_dilation(~mask)).astype(np.float32)
    weight = cv2.blur(edge, (9, 9))
    mean = cv2.blur((solved * edge).astype(np.float32), (9, 9)) / np.maximum(weight, 1e-6)
    nearest = ndimage.distance_transform_edt(weight < 1e-6, return_distances=False, return_indices=True)
    return mean[tuple(nearest)]


def boxed_below(height: np.ndarray, share: float) -> np.ndarray:
    """h² [R, C] with the cross-sections of the lowest rows squared off.

    A straight bottom edge in a photo taken from above it is the front of something box-like: under a round one the
    edge would curve. An ellipse (x/a)² + (h/b)² = 1 becomes (x/a)⁸ + (h/b)² = 1.
    """
    labelled = ndimage.label(height > 0, structure=[[0, 0, 0], [1, 1, 1], [0, 0, 0]])
    runs, count = np.asarray(labelled[0]), int(labelled[1])
    of_run = np.zeros(count + 1, np.float32)
    np.maximum.at(of_run, runs.ravel(), height.ravel())
    deepest = np.where(runs > 0, of_run[runs], 1.0)
    boxed = deepest * (1.0 - (1.0 - np.clip(height / deepest, 0.0, 1.0)) ** 4)
    tall = int(np.count_nonzero((height > 0).any(axis=1))) or 1
    rows = np.arange(len(height))[::-1, None]
    weight = np.clip(1.0 - rows / (share * tall), 0.0, 1.0) * (height > 0)
    return (height + weight * (boxed - height)).astype(np.float32)


def relief(height: np.ndarray, photo: Photo, plate: Plate) -> np.ndarray:
    """How far the front stands out, in world units: a shallow relief in which what is darker than around lies deeper.

    Dark is deep is no law of optics, but it is right in creases, under brows and between folds. The relief fades
    out where the surface turns away, for there it would become furrows along the line of sight.

    height [R, C] is h² in world units²; returns [R, C].
    """
    shown = resample(cv2.cvtColor(photo.rgb, cv2.COLOR_RGB2GRAY), photo, plate)[: len(height)]
    inside = (height > 0).astype(np.float32)
    around = _mean(shown, inside, RELIEF_WIDTH / plate.pitch)
    bright = np.clip(_mean(shown, inside, RELIEF_BLUR / plate.pitch) / np.maximum(around, 0.02) - 1.0, -0.5, 0.5)
    depth = _mean(np.sqrt(np.maximum(height, 0.0)), inside, RELIEF_BLUR / plate.pitch)
    facing = 1.0 / (1.0 + np.square(np.gradient(depth, plate.pitch)).sum(axis=0))
    return (RELIEF * bright * facing * np.clip(depth / RELIEF_WIDTH, 0.0, 1.0)).astype(np.float32)


def embossed(height: np.ndarray, relief: np.ndarray) -> np.ndarray:
    """h² [R, C] with the relief [R, C] on it, where there is any depth."""
    return np.where(height > 0, (np.sqrt(np.maximum(height, 0.0)) + relief) ** 2, height).astype(np.float32)


def _mean(image: np.ndarray, inside: np.ndarray, radius: float) -> np.ndarray:
    """A Gaussian mean over the inside only."""
    weight = cv2.GaussianBlur(inside, (0, 0), radius)
    return cv2.GaussianBlur(image * inside, (0, 0), radius) / np.maximum(weight, 1e-4)
