"""Several photos made one picture: fine detail from the photo that shows it best, broad colours from all of them.

Where the detail changes from one photo to the next, nothing may show it. So each photo is first shifted in colour, by
an amount that varies slowly along the surface, until its broad colours are those all photos agree on. What is finer
than that is taken from one photo at a time, since photos laid over each other a pixel apart show everything twice.
The idea of two bands is that of Burt and Adelson (A multiresolution spline, 1983); bound to the surface instead of
a picture, it carries no colour from an arm to the body behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .sight import Sight, sample
from .surface import Surface
from .texels import Texels

_BROAD = 0.03  # of the statue's size: colours that change more slowly than this are taken from all photos
_MOST_ROUNDS = 80  # of averaging towards that; on the finest meshes the broad band then reaches less far
_CALM = 0.01  # of the statue's size: over this the choice of the best photo is smoothed, or it would change in speckles
_DECIDED = 8  # power to which a photo's quality counts for the detail: 10 % better outweighs the other 2 : 1
_RESERVE = 0.01  # what a photo worth less keeps counting, for texels at which the better ones fail
_HIDDEN = 1e-3  # what a vertex not seen counts, so that texels beside it that are seen know their photo
_ASKED = 0.03  # share from which a photo is always asked; others only where the first ones leave something open
_FULL = 0.999  # weight from which nothing is left open


@dataclass(frozen=True)
class Fusion:
    """What several photos together show of a surface."""

    weights: NDArray[np.float32]  # [V] 0 … 1, how well the one that shows it best shows each vertex
    colours: NDArray[np.float32]  # [V, 3] the fused colours
    shares: NDArray[np.float32]  # [V, K] how much each photo counts for the detail; a row's sum is 1 or 0
    shifts: NDArray[np.float32]  # [V, K, 3] what is added to each photo's colours

    def lifted(self, shift: NDArray) -> Fusion:
        """The same with `shift` [V, 3] added to all colours."""
        return Fusion(self.weights, self.colours + shift, self.shares, self.shifts + shift[:, None])


def fuse(surface: Surface, weights: NDArray, quality: NDArray, colours: NDArray) -> Fusion:
    """Joins what K photos say at the vertices.

    weights [V, K] 0 … 1, how well each photo shows each vertex; quality [V, K] 0 … 1, how good it is there if it shows
    it; colours [V, K, 3], levelled.
    """
    best = weights.max(axis=1)
    if weights.shape[1] == 1:
        return Fusion(best, colours[:, 0], np.ones_like(weights), np.zeros_like(colours))
    worth = (weights + _HIDDEN) * quality
    shares = _shares(surface, worth)
    amount = weights * quality
    total = amount.sum(axis=1)
    agreed = np.einsum("vk,vkc->vc", amount, colours) / np.maximum(total, 1e-12)[:, None]
    shifts = _broad(surface, agreed[:, None] - colours, weights * np.minimum(total, 1.0)[:, None])
    counted = shares * np.maximum(weights, 1e-6)
    counted /= np.maximum(counted.sum(axis=1, keepdims=True), 1e-12)
    return Fusion(best, np.einsum("vk,vkc->vc", counted, colours + shifts), shares, shifts)


def fused(fusion: Fusion, sights: Sequence[Sight], texels: Texels, points: NDArray, normals: NDArray):
    """The photos' colours [N, 3] at surface points, and how well the photos show them [N].

    points, normals [N, 3] of the texels. Where the weight is 0 the colour means nothing.
    """
    weights = np.zeros(len(texels), dtype=np.float32)
    if len(sights) == 1:
        weights = sights[0].weights(points, normals)
        return _sampled(sights[0], points, weights > 0), weights
    shares = texels.of(fusion.shares)
    colours = np.zeros((len(texels), 3), dtype=np.float32)
    total = np.zeros(len(texels), dtype=np.float32)
    first = shares > _ASKED
    for turn in range(2):
        asked = first if turn == 0 else ~first & (shares > 0) & (weights < _FULL)[:, None]
        for number, sight in enumerate(sights):
            index = np.flatnonzero(asked[:, number])
            weight = sight.weights(points[index], normals[index])
            index, weight = index[weight > 0], weight[weight > 0]
            shown = sample(sight.rgb, sight.pixels(points[index]))
            shown += texels.some(index).of(fusion.shifts[:, number])
            amount = shares[index, number] * weight
            colours[index] += amount[:, None] * shown
            total[index] += amount
            weights[index] = np.maximum(weights[index], weight)
    return colours / np.maximum(total, 1e-12)[:, None], weights


def _sampled(sight: Sight, points: NDArray, seen: NDArray) -> NDArray[np.float32]:
    colours = np.zeros((len(points), 3), dtype=np.float32)
    index = np.flatnonzero(seen)
    colours[index] = sample(sight.rgb, sight.pixels(points[index]))
    return colours


def _shares(surface: Surface, worth: NDArray) -> NDArray[np.float32]:
    """How much each photo counts for the detail [V, K], by its worth [V, K]: nearly all from the best one."""
    calm = surface.smoothed(worth, surface.rounds_for(_CALM * surface.size, _MOST_ROUNDS))
    # What is smoothed must not speak up where it sees nothing, at an outline.
    calm = np.minimum(calm, 4.0 * worth)
    ratio = calm / np.maximum(calm.max(axis=1, keepdims=True), 1e-12)
    shares = ratio**_DECIDED + _RESERVE * ratio
    return (shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _broad(surface: Surface, values: NDArray, hold: NDArray) -> NDArray[np.float32]:
    """Values [V, K, C] without what is fine, counting by `hold` [V, K]."""
    count, photos, channels = values.shape
    rounds = surface.rounds_for(_BROAD * surface.size, _MOST_ROUNDS)
    joined = np.concatenate([(values * hold[..., None]).reshape(count, -1), hold], axis=1)
    joined = surface.smoothed(joined, rounds)
    amount = joined[:, photos * channels :]
    smooth = joined[:, : photos * channels].reshape(values.shape) / np.maximum(amount, 1e-9)[..., None]
    return smooth.astype(np.float32)
