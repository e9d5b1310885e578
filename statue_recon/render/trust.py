"""How far a photo can be believed: which of its pixels surely show one surface, and which places are turned to it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

OPAQUE = 0.9  # alpha from which a pixel shows the statue and not the background shining through

# Cosine between surface and line of sight at which seeing begins and at which it is complete. A smooth rise stands in
# for cos² where the photo is weighed against what is invented: it ends at a true 0, where a pixel would be smeared
# over ten texels, and gives whole areas a true 1, where nothing invented shall be mixed in.
GLANCING, FACING = 0.13, 0.5


def trusted(
    alpha: NDArray, depth: NDArray, there: NDArray, cliff: NDArray | float, margin: float, feather: float
) -> NDArray[np.float32]:
    """How far each pixel can be believed [H, W]: 0 along the mask's and all inner outlines, rising to 1 away from them.

    There a pixel mixes two surfaces, or the statue and the background, and a mesh that is off by a pixel would take
    what belongs to the wrong one.

    alpha, depth [H, W]; there [H, W] bool says where the mesh is; a step in depth of more than `cliff` (world units,
    one for all or [H, W]) between two pixels of it is an outline. Within `margin` pixels of an outline nothing is
    believed; over `feather` more the belief rises.
    """
    outline = (alpha < OPAQUE) | _cliffs(depth, there, np.broadcast_to(cliff, depth.shape))
    distance = cv2.distanceTransform(np.pad(~outline, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return smooth_step((distance - margin) / feather)


def turned_to(cosines: NDArray) -> NDArray[np.float32]:
    """How well places are seen that are turned to the eye by these cosines: 0 not at all … 1 fully."""
    return smooth_step((cosines - GLANCING) / (FACING - GLANCING))


def smooth_step(values: NDArray) -> NDArray[np.float32]:
    """0 up to 0, 1 from 1 on, and a rise without corners between."""
    values = np.clip(values, 0.0, 1.0).astype(np.float32)
    return values * values * (3.0 - 2.0 * values)


def _cliffs(depth: NDArray, there: NDArray, cliff: NDArray) -> NDArray[np.bool_]:
    """The pixels [H, W] on either side of a jump in depth within the mesh."""
    outline = np.zeros(there.shape, dtype=bool)
    for here, beside in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        jump = np.abs(depth[here] - depth[beside]) > np.minimum(cliff[here], cliff[beside])
        edge = there[here] & there[beside] & jump
        outline[here] |= edge
        outline[beside] |= edge
    return outline
