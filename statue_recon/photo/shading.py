"""Normals from light and shade: a smooth shape gets the relief that explains the photo's brightness.

The light is a function of the normal alone (spherical harmonics of order 2, which hold all but a few percent of what
a matt surface shows of any distant light: Ramamoorthi, Hanrahan 2001). It is read off the smooth shape. What then is
left of the photo's brightness is explained by a relief: one unknown height per pixel, so that the normals are those of
some surface, whose slopes change the shading to the first order (as in shading-based refinement: Han et al. 2013, Wu
et al. 2014). The relief is kept small, so that where the light says nothing nothing happens. Broad changes of
brightness are left to the material and to the shape; what is as even as the grain of stone is left to the texture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import Camera
from .light import linear
from .multigrid import solve, spread

# Of the statue's longer side on the picture: what is finer than the first is noise, what is broader than the last is
# material or a light that the harmonics do not hold. The first two bands in between are cleaned of grain.
BANDS = (0.004, 0.008, 0.016, 0.128)
GRAIN = 2.0  # medians of a fine band's contrast, up to which it is taken for grain
CONTRAST = 0.5  # of log brightness: more than that is a cast shadow or a highlight, whose shape is not theirs
FLATNESS = 0.1  # weight of the relief's squared slope against the squared log brightness: the best on training statues
SINKING = 1e-4  # pixels⁻²: relief broader than about a hundred pixels sinks back
DARKEST = 0.15  # of the median: shading never goes below, or its logarithm would run away
STEEPEST = 4.0  # slope of the smooth shape, beyond which it is taken to be no steeper
SATURATED = 0.97, 0.995  # sRGB from which and at which a channel has no more to say
COLOUR_EDGE = 0.06  # change of chromaticity over a fine band at which half of the belief is gone: another material
LIGHT_BLUR = 0.01  # of the longer side: the light is read off without details, which the smooth shape lacks
# Brightness from one side of the statue to the other, per median brightness, at which half is believed: under an even
# light it is hollows and spots that differ in brightness, and the small rest of direction is as likely wrong as right.
SIDE_LIGHT = 0.25
ROUNDS = 6  # of reweighting, against shadows and highlights
# What light is expected to be, per median brightness, in the camera's frame (x right, y down, z away), and how firmly:
# it mostly comes from above and from our side. Without it the errors of the smooth shape make for odd lights.
EXPECTED = np.array([0.0, 0.0, -0.3, -0.15, 0.0, 0.0, 0.0, 0.0, 0.0])
FIRMNESS = np.array([0.0, 0.03, 0.03, 0.03, 0.1, 0.1, 0.1, 0.1, 0.1])

Map = NDArray[np.float32]


@dataclass(frozen=True)
class Light:
    """Brightness by the normal: the coefficients [9] of `harmonics`."""

    coefficients: NDArray[np.float64]

    def log_shading(self, normals: NDArray) -> Map:
        """[...] of unit normals [..., 3]."""
        return np.log(np.maximum(harmonics(normals) @ self.coefficients, DARKEST)).astype(np.float32)

    @property
    def direction(self) -> float:
        """0 … 1, how much shading tells: near 0 where the light comes from everywhere or from behind the camera."""
        across = float(np.hypot(*self.coefficients[1:3]))
        return across**2 / (across**2 + SIDE_LIGHT**2)


def refined(rgb: Map, coarse: Map, trust: Map, camera: Camera) -> tuple[Map, Map]:
    """The normals [H, W, 3] that explain the brightness of the picture, and how far to believe them [H, W].

    rgb [H, W, 3] sRGB 0 … 1; coarse [H, W, 3] unit normals of a smooth shape, in the camera's frame; trust [H, W]
    0 … 1, where both show the same thing.
    """
    there = trust > 0
    if not there.any():
        return coarse, np.zeros_like(trust)
    side = float(max(np.ptp(np.flatnonzero(there.any(axis=axis))) + 1 for axis in (0, 1)))
    brightness = linear(rgb)
    luminance = (brightness @ (0.2126, 0.7152, 0.0722)).astype(np.float32)
    luminance /= max(float(np.median(luminance[there])), 1e-4)
    bright, broad = (mean_within(values, trust, LIGHT_BLUR * side) for values in (luminance, coarse))
    light = light_of(bright, broad, trust)
    belief = trust * _matt(rgb) * _same_material(brightness, trust, side)
    ray = _rays(camera)
    slopes = _slopes(coarse, ray)
    smooth = _from_slopes(slopes, ray)
    unexplained = np.log(np.maximum(luminance, 0.02)) - light.log_shading(smooth)
    detail = _details(unexplained.astype(np.float32), trust, side)
    effect = _effect(light, slopes, ray)
    relief = _relief(effect, detail, belief, there)
    normals = np.where(there[..., None], _from_slopes(slopes + _gradient(relief, there), ray), coarse)
    return normals.astype(np.float32), belief * np.float32(light.direction)


def light_of(luminance: Map, normals: Map, trust: Map) -> Light:
    """The light under which these normals have this brightness (its median is 1), by robust least squares."""
    chosen = trust > 0.5 if (trust > 0.5).any() else trust > 0
    basis = harmonics(normals[chosen] / np.linalg.norm(normals[chosen], axis=1, keepdims=True))
    bright = np.minimum(luminance[chosen], 4.0).astype(np.float64)
    firmness = np.diag(FIRMNESS * len(bright))
    weights = np.ones(len(bright))
    for _ in range(ROUNDS):
        weighted = basis * weights[:, None]
        found = np.linalg.solve(weighted.T @ basis + firmness, weighted.T @ bright + firmness @ EXPECTED)
        off = bright - basis @ found
        weights = 1.0 / (1.0 + (off / (3.0 * np.median(np.abs(off)) + 1e-4)) ** 2)
    return Light(found)


def harmonics(normals: NDArray) -> NDArray[np.float64]:
    """[..., 9] the spherical harmonics up to order 2 of unit normals [..., 3], without their factors."""
    x, y, z = np.moveaxis(np.asarray(normals, dtype=np.float64), -1, 0)
    return np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1], axis=-1)


def _matt(rgb: Map) -> Map:
    """[H, W] 1 where no channel is saturated, 0 where one is."""
    low, high = SATURATED
    return np.clip((high - rgb.max(axis=2)) / (high - low), 0.0, 1.0).astype(np.float32)


def _same_material(brightness: NDArray, trust: Map, side: float) -> Map:
    """[H, W] 1 where colour is even, falling to 0 where it changes: there brightness changes with the material."""
    colour = mean_within(brightness.astype(np.float32), trust, BANDS[0] * side)
    colour /= np.maximum(colour.sum(axis=2, keepdims=True), 1e-3)
    width = BANDS[1] * side
    change = np.hypot(*np.gradient(colour, axis=(0, 1))).max(axis=2) * width
    return (1.0 / (1.0 + (change / COLOUR_EDGE) ** 2)).astype(np.float32)


def _details(unexplained: Map, trust: Map, side: float) -> Map:
    """[H, W] the part of log brightness that is neither broad nor grain."""
    blurs = [mean_within(unexplained, trust, share * side) for share in BANDS]
    detail = blurs[-2] - blurs[-1]
    for fine, broad in pairwise(blurs[:-1]):
        band = fine - broad
        grain = GRAIN * float(np.median(np.abs(band[trust > 0])))
        detail += band * (band**2 / np.maximum(band**2 + grain**2, 1e-12))
    return CONTRAST * np.tanh(detail / CONTRAST)


def _effect(light: Light, slopes: Map, ray: Map) -> Map:
    """[H, W, 2] how log shading changes with the slope along the row and along the column."""
    step = 0.05
    effect = np.empty_like(slopes)
    for axis in (0, 1):
        aside = np.zeros(2, np.float32)
        aside[axis] = step
        ends = (light.log_shading(_from_slopes(slopes + sign * aside, ray)) for sign in (1, -1))
        effect[..., axis] = np.subtract(*ends) / (2 * step)
    return effect


def _relief(effect: Map, detail: Map, belief: Map, there: NDArray[np.bool_]) -> Map:
    """[H, W] the change of depth, in pixels, whose slopes change the shading as `detail` asks."""
    across, down = there[:, 1:] & there[:, :-1], there[1:] & there[:-1]
    flat = (FLATNESS * across).astype(np.float32), (FLATNESS * down).astype(np.float32)

    def explained(relief: Map) -> Map:
        told = belief * (effect * _gradient(relief, there)).sum(axis=2)
        return _divergence(effect * told[..., None], there)

    tied = np.where(there, np.float32(SINKING), np.float32(0.0))
    return solve(flat, tied, _divergence(effect * (belief * detail)[..., None], there), explained)


def _gradient(values: Map, there: NDArray[np.bool_]) -> Map:
    """[H, W, 2] the slope of values along rows and columns, from neighbours that are there."""
    slope = np.zeros((*values.shape, 2), np.float32)
    step = 0.5 * np.diff(values, axis=1) * (there[:, 1:] & there[:, :-1])
    slope[:, 1:, 0] += step
    slope[:, :-1, 0] += step
    step = 0.5 * np.diff(values, axis=0) * (there[1:] & there[:-1])
    slope[1:, :, 1] += step
    slope[:-1, :, 1] += step
    return slope


def _divergence(slope: Map, there: NDArray[np.bool_]) -> Map:
    """[H, W] the transpose of `_gradient`."""
    across = 0.5 * (slope[:, 1:, 0] + slope[:, :-1, 0]) * (there[:, 1:] & there[:, :-1])
    down = 0.5 * (slope[1:, :, 1] + slope[:-1, :, 1]) * (there[1:] & there[:-1])
    total = np.zeros(there.shape, np.float32)
    spread(total, (across, down))
    return total


def _rays(camera: Camera) -> Map:
    """[H, W, 2] x / z and y / z of what each pixel shows."""
    centres = camera.pixel_centres().reshape(camera.height, camera.width, 2)
    return ((centres - (camera.cx, camera.cy)) / (camera.fx, camera.fy)).astype(np.float32)


def _slopes(normals: Map, ray: Map) -> Map:
    """[H, W, 2] how depth grows along rows and columns, where a pixel counts as wide as it is at that depth."""
    towards = -(normals[..., :2] * ray).sum(axis=2) - normals[..., 2]
    return np.clip(normals[..., :2] / np.maximum(towards, 1.0 / STEEPEST)[..., None], -STEEPEST, STEEPEST)


def _from_slopes(slopes: Map, ray: Map) -> Map:
    """[H, W, 3] the unit normals of surfaces with these slopes."""
    normals = np.concatenate([slopes, -1.0 - (slopes * ray).sum(axis=2, keepdims=True)], axis=2)
    return normals / np.linalg.norm(normals, axis=2, keepdims=True)


def mean_within(values: Map, trust: Map, sigma: float) -> Map:
    """A Gaussian mean over what is trusted; [H, W] or [H, W, C]."""
    amount = np.maximum(cv2.GaussianBlur(trust, (0, 0), sigma), 1e-4)
    weight = trust if values.ndim == 2 else trust[..., None]
    mean = cv2.GaussianBlur(values * weight, (0, 0), sigma)
    return (mean / (amount if values.ndim == 2 else amount[..., None])).astype(np.float32)
