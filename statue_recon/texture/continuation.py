"""The colours of what no photo shows: broad ones carried along the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .surface import Surface

_HOLD = 8.0  # how firmly seen vertices keep the photo's colour, against one neighbour's pull
_REACH = 0.15  # of the mesh's size: how far seen colours are carried before the guide takes over
_ACCURACY = 1e-4  # of the solve; a tenth of an 8-bit step


def continued(surface: Surface, colours: NDArray, seen: NDArray, guide: NDArray) -> NDArray[np.float32]:
    """Colours [V, 3] for all vertices, given those of the seen ones.

    As smooth along the surface as the seen colours allow, leaning towards the guide the farther away they are. Next
    to what was seen it agrees with it, so no line is left there.

    colours [V, 3] count by `seen` [V] 0 … 1; guide [V, 3] is what the place might look like.
    """
    return np.clip(surface.continued(colours, _HOLD * seen, guide, _REACH, _ACCURACY), 0.0, 1.0)
