"""What the appearance stage may change: a layer of light over an atlas, one value a vertex, none where a photo sees.

The layer lies on the vertices, not on the texels: it runs on across the borders of charts, it is as smooth as what a
prior says, and it takes the same room under an atlas of any size. Each texel keeps its own grain above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...field.visibility import appearance_weight
from ...mesh.mesh import Mesh, TexturedMesh
from ...photo.light import linear, srgb
from ...texture.sight import Sight, sights_of
from ...texture.surface import Surface
from ...texture.texels import Texels, dilate, squares_of
from ...texture.view import View
from .carrier import carried

LINEAR = linear(np.arange(256, dtype=np.float32) / 255.0).astype(np.float32)  # light of an atlas' values
GRAIN = 2.0  # how much stronger grain may become where the layer brightens; where it darkens, it goes along
FAINT = 0.01  # light below which how much brighter a place becomes is not told by a ratio
CALM = 2  # rounds of averaging over neighbours: the broad colour is that without grain
ATLAS_SIDE = np.inf  # texels along a unit: the photo is asked what it sees, not for its colours


@dataclass(frozen=True)
class Canvas:
    """A textured mesh, and where it may be changed."""

    textured: TexturedMesh
    mesh: Mesh  # that carries the layer: the textured one, or a finer cut of it
    uv: NDArray[np.float32]  # [F, 3, 2] of that
    surface: Surface
    seen: NDArray[np.float32]  # [V] 0 … 1
    broad: NDArray[np.float32]  # [V, 3] linear light of the atlas around each vertex
    free: NDArray[np.bool_]  # [V] where the layer may be other than 0: no texel of the faces around is locked
    locked: NDArray[np.bool_]  # [S, S] texels that a photo shows
    there: NDArray[np.bool_]  # [S, S] where a face lies
    device: str  # that draws and casts rays

    @classmethod
    def of(cls, textured: TexturedMesh, photo: View, spacing: float, device: str) -> Canvas:
        """spacing: world units between the values of the layer, at most."""
        mesh, uv, seen = carried(textured.mesh, textured.uv, textured.seen, spacing)
        sight = sights_of(mesh, [photo], ATLAS_SIDE, device)[0]
        size, count = len(textured.atlas), len(mesh.vertices)
        locked, there = np.zeros((size, size), bool), np.zeros((size, size), bool)
        free = ~lock(np.maximum(seen, sight.weights(mesh.vertices, mesh.normals)))
        total = np.zeros((count, 4))
        for square, _ in squares_of(mesh, uv, size, device):
            shown = lock(visibility(mesh, square.texels, seen, sight))
            free[square.texels.corners[shown]] = False
            there[square.place], locked[square.place][square.there] = square.there, shown
            total += gathered(square.texels, LINEAR[textured.atlas[square.place][square.there]], count)
        surface = Surface.of(mesh)
        return cls(textured, mesh, uv, surface, seen, broad(surface, total), free, locked, there, device)

    def atlas(self, layer: NDArray) -> NDArray[np.uint8]:
        """The atlas [S, S, 3] under a layer [V, 3] of linear light; what is locked is the same to the last bit."""
        before = self.textured.atlas
        after, open_to = before.copy(), self.there & ~self.locked
        if not open_to.any():
            return after
        for square, _ in squares_of(self.mesh, self.uv, len(before), self.device):
            index = np.flatnonzero(open_to[square.place][square.there])
            texels = square.texels.some(index)
            colours = after[square.place][square.there]
            light = under(LINEAR[colours[index]], texels.of(self.broad), texels.of(layer))
            colours[index] = np.round(255.0 * np.clip(srgb(light), 0.0, 1.0)).astype(np.uint8)
            after[square.place][square.there] = colours
        # What lies between the islands follows the texel next to it, if that one may change.
        follows = np.repeat(open_to[..., None].astype(np.uint8), 3, axis=2)
        dilate(follows, self.there)
        dilate(after, self.there)
        return np.where(follows > 0, after, before)


def lock(seen: NDArray) -> NDArray[np.bool_]:
    """Where the prior has no say, given how well a photo sees it."""
    return appearance_weight(seen) == 0.0


def visibility(mesh: Mesh, texels: Texels, seen: NDArray, sight: Sight) -> NDArray[np.float32]:
    """[N] how well texels are seen: by the photo itself, or as the mesh tells it, whichever is more."""
    points, normals = texels.of(mesh.vertices), texels.of(mesh.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.maximum(sight.weights(points, normals), texels.of(seen))


def gathered(texels: Texels, colours: NDArray, count: int) -> NDArray[np.float64]:
    """[count, 4] for each vertex the sum of the colours [N, 3] of the texels around, and how much was added up."""
    corners = texels.corners.ravel()
    sums = [np.bincount(corners, (texels.shares * colours[:, c, None]).ravel(), count) for c in range(3)]
    return np.stack([*sums, np.bincount(corners, texels.shares.ravel(), count)], axis=1)


def broad(surface: Surface, total: NDArray) -> NDArray[np.float32]:
    """[V, 3] mean colours of what was gathered [V, 4]; vertices too small for a texel have their neighbours'."""
    mean = total.sum(axis=0)
    spread = surface.smoothed(total, CALM)
    spread = np.where(spread[:, 3:] > 0, spread, mean)
    return (spread[:, :3] / np.maximum(spread[:, 3:], 1e-12)).astype(np.float32)


def under(light: NDArray, around: NDArray, layer: NDArray) -> NDArray[np.float32]:
    """Light [N, 3] of texels under a layer, given the broad light around them.

    The broad light is shifted; what a texel has beyond it, its grain, keeps its contrast as long as that is not more
    than GRAIN times what it was. Where the layer is 0 nothing changes.
    """
    shifted = np.maximum(around + layer, 0.0)
    contrast = np.minimum((shifted + FAINT) / (around + FAINT), GRAIN)
    return np.maximum(shifted + contrast * (light - around), 0.0)
