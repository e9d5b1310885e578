"""One field of a coarse volume and finer ones of its parts, without seams.

    weight of a part          ________________
                             ╱                ╲          in each of its three directions: 0 at the border, with a slope
    ________________________╱                  ╲______   of 0 there and where it reaches 1
                           |←RAMP→|

What is finer is laid over what is coarser, level by level. Distances are blended in world units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .columns import REACH, Columns, sampled, slabs

RAMP = 8.0  # cells of a part from its border until it counts wholly; half of what neighbouring parts overlap
DEPTH_RAMP = 6.0  # nodes, the same along the columns
BEYOND = (0.75, 1.0)  # of REACH: from where on a part's distance says only that the surface is at least so far away
NEAR = (0.80, 0.95)  # of the coarse REACH: farther from its surface parts are not asked, so that fields are quick
SLAB = 2**18  # points at once

Distances = Callable[[NDArray], NDArray]  # world points [N, 3] to world units [N], negative inside


@dataclass(frozen=True)
class _Seen:
    """World points as a camera sees them, whatever its lens."""

    slopes: Tensor  # [N, 2] to the right and down, over the depth
    depth: Tensor  # [N] world units

    def places(self, columns: Columns) -> Tensor:
        """[N, 3] depth, row and column in nodes of `columns`, as Columns.places."""
        camera = columns.camera
        along = (self.depth - columns.middle) / (columns.pitch * columns.step) + columns.before
        row = self.slopes[:, 1] * camera.fy + (camera.cy - 0.5)
        column = self.slopes[:, 0] * camera.fx + (camera.cx - 0.5)
        return torch.stack([along, row, column], dim=1)


class Fused:
    """What a coarse volume says, with finer parts laid over it."""

    def __init__(self, coarse: Distances, columns: Columns, parts: Sequence[tuple[Tensor, Columns]]):
        """coarse: the distances that the volume in `columns` holds, read as one likes. parts: [D, h, w] as the network
        counts distances, and where each lies; their cameras stand where that of `columns` does.
        """
        self._coarse, self._columns = coarse, columns
        levels: dict[int, list[tuple[Tensor, Columns]]] = defaultdict(list)
        for volume, part in parts:
            if not np.allclose(part.camera.world_to_camera, columns.camera.world_to_camera):
                raise ValueError("a part must be seen by the camera that sees the whole")
            levels[round(part.camera.fx / columns.camera.fx)].append((volume.float(), part))
        self._levels = [levels[finer] for finer in sorted(levels)]

    def distances(self, points: NDArray) -> NDArray[np.float32]:
        """Signed distances [N] of world points [N, 3], negative inside, in world units; cut off at the coarse REACH."""
        parts = [self._in_slab(points[slab]) for slab in slabs(len(points), SLAB)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _in_slab(self, points: NDArray) -> NDArray[np.float32]:
        camera = self._columns.camera
        at_camera = points @ camera.rotation.T + camera.world_to_camera[:3, 3]
        depth = np.maximum(at_camera[:, 2:], 1e-6)
        seen = _Seen(torch.from_numpy(at_camera[:, :2] / depth).float(), torch.from_numpy(depth[:, 0]).float())
        distances = torch.from_numpy(np.array(self._coarse(points), np.float32))
        share = distances.abs() / (REACH * self._columns.pitch)
        near = torch.nonzero(share < NEAR[1])[:, 0]
        seen = _Seen(seen.slopes[near], seen.depth[near])
        trust = 1.0 - _smooth((share[near] - NEAR[0]) / (NEAR[1] - NEAR[0]))
        found = distances[near]
        for level in self._levels:
            found = _laid_over(found, trust, level, seen)
        distances[near] = found
        return distances.numpy()


def _laid_over(below: Tensor, trust: Tensor, level: list[tuple[Tensor, Columns]], seen: _Seen) -> Tensor:
    """Distances [N] with parts of one level over them, as far as each is trusted [N] and at home."""
    total, weight, uncovered = torch.zeros_like(below), torch.zeros_like(below), torch.ones_like(below)
    for volume, part in level:
        places = seen.places(part)
        inwards = torch.minimum(places, torch.tensor(volume.shape, dtype=places.dtype) - 1.0 - places)
        inside = torch.nonzero((inwards > 0).all(dim=1))[:, 0]
        if not len(inside):
            continue
        ramps = torch.tensor([DEPTH_RAMP, RAMP, RAMP])
        here = _smooth(inwards[inside] / ramps).prod(dim=1) * trust[inside]
        own = _whole(sampled(volume, places[inside]), part, below[inside])
        total[inside] += here * own
        weight[inside] += here
        uncovered[inside] *= 1.0 - here
    return (total + uncovered * below) / (weight + uncovered)


def _whole(values: Tensor, part: Columns, below: Tensor) -> Tensor:
    """A part's values [N] in world units; where they are cut off, the distances below [N] say how far on it is."""
    own = values * (REACH * part.pitch)
    farther = torch.where(own.sign() == below.sign(), own.sign() * torch.maximum(own.abs(), below.abs()), own)
    beyond = _smooth((values.abs() - BEYOND[0]) / (BEYOND[1] - BEYOND[0]))
    return own + beyond * (farther - own)


def _smooth(share: Tensor) -> Tensor:
    """From 0 to 1 as `share` does, without a kink at either end."""
    share = share.clamp(0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
