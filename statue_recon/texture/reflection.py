"""The photos as they show the other side of a mirror plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh
from .fusion import Fusion, fuse
from .mirror import Mirror, reflected
from .sight import Sight, sample
from .surface import Surface
from .texels import Texels

_HOLD = 0.5  # how firmly mirrored colours are held to the seen ones where both are known, against one neighbour's pull
_REACH = 0.25  # of the statue's size: over this they go back to what the mirror shows
_ACCURACY = 1e-3  # of that shift in colour
_FEATHER_ROUNDS = 4  # of averaging over the vertices, at the rim of what can be mirrored
_SHOWN = 1e-3  # weight from which a photo is asked


@dataclass(frozen=True)
class Reflection:
    """For every vertex, what the photos show where its mirror image lies."""

    places: NDArray[np.float32]  # [V, 3] on the surface
    fusion: Fusion

    def shown(self, sights: Sequence[Sight], texels: Texels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The mirrored colours [N, 3] of texels, and how far they can be used [N] 0 … 1."""
        # Hidden or not is known by the vertex only, and shrunk by one: this is invented, it need not be complete.
        weights = texels.of(self.fusion.weights)
        colours = np.zeros((len(texels), 3), dtype=np.float32)
        index = np.flatnonzero(weights > _SHOWN)
        some = texels.some(index)
        places, shares = some.of(self.places), some.of(self.fusion.shares)
        total = np.zeros(len(index), dtype=np.float32)
        for number, sight in enumerate(sights):
            asked = np.flatnonzero(shares[:, number] > _SHOWN)
            seen = sample(sight.rgb, sight.pixels(places[asked])) + some.some(asked).of(self.fusion.shifts[:, number])
            colours[index[asked]] += shares[asked, number, None] * seen
            total[asked] += shares[asked, number]
        colours[index] /= np.maximum(total, 1e-12)[:, None]
        return colours, weights


def reflect(
    mesh: Mesh, surface: Surface, mirror: Mirror, sights: Sequence[Sight], texels: float, seen: Fusion
) -> Reflection:
    """What the photos show of each vertex' mirror image, its colours brought to those of the seen ones beside it.

    `seen` is what the photos show of the vertices themselves; `texels` of the atlas lie along a unit.
    """
    places, normals, agreement = reflected(mesh, mirror, surface)
    weights, quality, colours = [], [], []
    for sight in sights:
        weight = surface.smallest_around(agreement * sight.weights(places, normals))
        weights.append(np.minimum(weight, surface.smoothed(weight, _FEATHER_ROUNDS)))
        quality.append(weight * sight.quality(places, normals, texels))
        colours.append(sight.around(places, 0.5 * surface.spacing))
    fusion = fuse(surface, np.stack(weights, axis=1), np.stack(quality, axis=1), np.stack(colours, axis=1))
    both = fusion.weights * seen.weights
    shift = surface.continued(
        seen.colours - fusion.colours, _HOLD * both, np.zeros_like(seen.colours), _REACH, _ACCURACY
    )
    return Reflection(places, fusion.lifted(shift))
