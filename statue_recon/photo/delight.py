"""The photo's colours without the light that fell on the statue: as the material has them, for the texture.

A prior tells the albedo, in few pixels and without the finest detail. What it says is taken for the light alone:
photo = albedo × light, so light = photo / albedo, which is smoothed along the photo's own edges, and by which the
photo is divided, pixel by pixel. So what is finer than the light stays as it was photographed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .light import linear, srgb
from .normals import statue_crop
from .photo import Photo

REACH = 0.01  # of the picture's longer side: the light is smooth over about so much …
EDGE = 0.25  # … but follows changes of the photo's brightness from this on (natural logarithm): shadows have borders.
# Chosen on a drawn egg (tests/engine/test_delight.py): with half the edge 12 % of the finest detail goes, not 6 %.
DARKEST = 0.01  # linear light: below, a photo has noise in place of colours
STRONGEST = 6.0  # times more or less light than usual: what is beyond that is left in the photo
INSIDE = 0.05  # share of the statue near a pixel, below which the light there is not told by it

Map = NDArray[np.float32]
Albedo = Callable[[NDArray], NDArray]  # of a picture [H, W, 3], at any size [h, w, 3]; both sRGB 0 … 1


@dataclass(frozen=True)
class Delit:
    """A photo whose colours are the material's."""

    photo: Photo
    by: str  # identifier of the model that told the albedo


def delit(photo: Photo, identifier: str, folder: Path, device: str, seed: int = 0) -> Delit:
    """The photo without its light, by the model `identifier` in this folder."""
    from ..priors.marigold import albedo

    return Delit(without_light(photo, lambda rgb: albedo(folder, rgb, device, seed)), identifier)


def without_light(photo: Photo, albedo: Albedo) -> Photo:
    """The same photo with the light taken out of its colours where the statue is; elsewhere it is as it was."""
    rows, columns = statue_crop(photo.alpha)
    rgb, alpha = (np.ascontiguousarray(each[rows, columns], np.float32) for each in (photo.rgb, photo.alpha))
    told = np.asarray(albedo(rgb), np.float32)
    height, width = told.shape[:2]
    small, inside = (cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in (linear(rgb), alpha))
    light = cv2.resize(light_of(small, linear(told), inside), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    shown = np.clip(srgb(linear(rgb) / np.exp(light)), 0.0, 1.0)
    changed = photo.rgb.copy()
    changed[rows, columns] = rgb + alpha[..., None] * (shown - rgb)
    return replace(photo, rgb=changed)


def light_of(shown: NDArray, albedo: NDArray, inside: NDArray) -> Map:
    """The logarithm [h, w, 3] of the light on a picture, from what it shows and its albedo, [h, w, 3] in linear light.

    Only what is `inside` [h, w] 0 … 1 tells of it. A guided filter (He et al. 2010), guided by the picture's
    brightness.
    """
    seen, known = (np.log(np.maximum(each, DARKEST)) for each in (shown, albedo))
    light, guide = (seen - known).astype(np.float32), seen.mean(axis=2).astype(np.float32)
    statue = inside > 0.5
    usual = np.median(light[statue], axis=0) if statue.any() else np.zeros(3, np.float32)
    bounds = usual - np.log(STRONGEST), usual + np.log(STRONGEST)
    light = np.clip(light, *bounds).astype(np.float32)
    sigma = max(REACH * max(inside.shape), 1.0)
    weight = np.asarray(inside, np.float32)
    amount = _blurred(weight, sigma)
    near = amount > INSIDE

    def mean(values: NDArray) -> NDArray:
        """Of what is inside, around each pixel; 0 where there is none."""
        spread = _blurred(values * (weight if values.ndim == 2 else weight[..., None]), sigma)
        share = np.where(near, amount, np.inf)
        return spread / (share if values.ndim == 2 else share[..., None])

    middle, level = mean(guide), mean(light)
    spread = np.maximum(mean(guide**2) - middle**2, 0.0)
    along = mean(light * guide[..., None]) - level * middle[..., None]
    slope = along / (spread + EDGE**2)[..., None]
    found = mean(slope) * guide[..., None] + mean(level - slope * middle[..., None])
    return np.where(near[..., None], np.clip(found, *bounds), 0.0).astype(np.float32)


def _blurred(picture: NDArray, sigma: float) -> NDArray:
    return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
