"""What a surface edit leaves as it is: what lies outside its region and, where that is wished, what the photo shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..field.visibility import APPEARANCE_SEEN
from ..refine.appearance.canvas import lock, visibility
from ..texture.sight import Sight, sights_of
from ..texture.texels import Square, squares_of
from ..texture.view import View
from .statue import Region, Statue

EASING = 0.5  # of the visibility from which on the photo is kept: over what is below, the layer fades in


class Kept:
    """Asked square by square of the atlas."""

    def __init__(self, statue: Statue, region: Region, keep_seen: bool, device: str):
        self._statue, self._region, self._keep_seen = statue, region, keep_seen
        self._sight = _sight_of(statue, device) if keep_seen else None

    def allowed(self, square: Square) -> NDArray[np.float32]:
        """[N] how far its texels may be changed: exactly 0 where they may not."""
        allowed = self._region.texels[square.place][square.there].astype(np.float32)
        if self._keep_seen:
            allowed = allowed * _unseen(self._statue, square, self._sight)
        return allowed


def allowed_of(statue: Statue, region: Region, keep_seen: bool, device: str) -> NDArray[np.float32]:
    """The same of the whole atlas [S, S]; between the islands as the region has it, where nothing is kept beside."""
    textured, kept = statue.textured, Kept(statue, region, keep_seen, device)
    allowed = np.zeros_like(region.texels) if keep_seen else region.texels.copy()
    for square, _ in squares_of(textured.mesh, textured.uv, len(textured.atlas), device):
        allowed[square.place][square.there] = kept.allowed(square)
    return allowed


def _sight_of(statue: Statue, device: str) -> Sight | None:
    """What the photo itself shows, if there is one."""
    if statue.photo is None:
        return None
    return sights_of(statue.textured.mesh, [View(statue.photo, statue.photo.camera)], np.inf, device)[0]


def _unseen(statue: Statue, square: Square, sight: Sight | None) -> NDArray[np.float32]:
    """[N] 0 on what the photo shows, as the appearance stage locks it … 1 on what it does not."""
    mesh, seen = statue.textured.mesh, statue.textured.seen
    shown = square.texels.of(seen) if sight is None else visibility(mesh, square.texels, seen, sight)
    easing = np.clip((APPEARANCE_SEEN - shown) / (EASING * APPEARANCE_SEEN), 0.0, 1.0)
    return np.where(lock(shown), 0.0, easing).astype(np.float32)
