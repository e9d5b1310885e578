"""From what views say of some vertices to a smooth layer on all of them that begins with nothing at what is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...texture.surface import Surface

FIRM = 1e3  # how firmly the layer is held at 0 where it is not free, against one neighbour's pull
FAR = 100.0  # sizes: nothing else pulls at what no view shows but its neighbours
ACCURACY = 2e-3  # of the layer, linear light: half a step of an 8-bit atlas where it is bright


def settled(surface: Surface, wanted: NDArray, trust: NDArray, free: NDArray, reach: float) -> NDArray[np.float32]:
    """The layer [V, 3]: near what is wanted [V, 3] as far as that is trusted [V] 0 … 1, 0 where it is not `free` [V].

    reach: as a share of the statue's size, over which it rises from the border, and below which it has no detail. What
    no view shows goes on as its neighbours.
    """
    pull = (surface.spacing / (reach * surface.size)) ** 2
    wanted = np.where(free[:, None], wanted, 0.0)
    hold = np.where(free, pull * trust, FIRM)
    found = surface.continued(wanted, hold, wanted, FAR, ACCURACY * pull)
    return np.where(free[:, None], found, 0.0).astype(np.float32)
