"""The fine scale: parts of a coarse volume, two or four times as fine, from the photo's own pixels.

The network is of the coarse one's class, told the coarse volume too, and adds to it: untrained, it changes nothing.
Distances are counted in REACH of the part's own pitches, so it need not know how many times finer a part is; yet it can
tell that from the planes, whose rows and columns count across the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .columns import Columns
from .diffusion import sample
from .network import Condition
from .prior import TrainedNetwork, half

SIDE = 64  # cells of a part, each way
BATCH = 4  # parts at once: more are no faster on two cores, and the field grows while one watches

# What the photo shows of a part: picture [PICTURE, 2h, 2w] and planes [PLANES, h, w] (photo.details).
Details = Callable[[Columns], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Refined:
    """A finer part that is done."""

    volume: Tensor  # [D, SIDE, SIDE] as the network counts distances, on the CPU
    columns: Columns


class FinePrior(TrainedNetwork):
    """The fine scale: parts of a volume, looked at again."""

    part = "fine"

    def refine(
        self,
        coarse: Tensor,
        columns: Columns,
        parts: Sequence[Columns],
        details: Details,
        seed: int,
        steps: int = 1,
    ) -> Iterator[Refined]:
        """The parts [D, SIDE, SIDE] of a coarse volume [D, H, W], one after the other as they are done.

        steps: 1 is the network's first guess, the mean of all that could be; more draw one of them.
        """
        generator = torch.Generator().manual_seed(seed)
        for start in range(0, len(parts), BATCH):
            some = parts[start : start + BATCH]
            condition = condition_of_parts(coarse, columns, some, details).to(self.device)
            with torch.no_grad(), half(self.device):
                found = sample(self.network, condition, steps, generator).float().cpu()
            yield from (Refined(volume, part) for volume, part in zip(found, some, strict=True))


def condition_of_parts(coarse: Tensor, columns: Columns, parts: Sequence[Columns], details: Details) -> Condition:
    """What the network is told of parts of one size."""
    seen = [details(part) for part in parts]
    return Condition(
        torch.stack([picture for picture, _ in seen]),
        torch.stack([planes for _, planes in seen]),
        torch.stack([coarse_in(coarse, columns, part) for part in parts]),
    )


def coarse_in(coarse: Tensor, columns: Columns, part: Columns) -> Tensor:
    """A coarse volume [D, H, W] at the nodes of a part of it, counted in the part's REACH: [D, h, w].

    The part's columns run along the whole's: so each direction is resampled by itself.
    """
    camera, whole = part.camera, columns.camera
    along = (part.depths() - columns.middle) / (columns.pitch * columns.step) + columns.before
    rows = (np.arange(camera.height) + 0.5 - camera.cy) / camera.fy * whole.fy + whole.cy - 0.5
    across = (np.arange(camera.width) + 0.5 - camera.cx) / camera.fx * whole.fx + whole.cx - 0.5
    found = coarse.float()
    for axis, places in enumerate((along, rows, across)):
        found = _resampled(found, axis, places)
    return (found * (columns.pitch / part.pitch)).clamp(-1.0, 1.0)


def _resampled(volume: Tensor, axis: int, places: np.ndarray) -> Tensor:
    """A volume at other places along one of its axes, linearly; beyond its border the border's values."""
    held = np.clip(places, 0.0, volume.shape[axis] - 1.0)
    low = np.minimum(held.astype(int), max(volume.shape[axis] - 2, 0))
    share = torch.from_numpy(held - low).float().reshape([-1 if other == axis else 1 for other in range(3)])
    before = volume.index_select(axis, torch.from_numpy(low))
    after = volume.index_select(axis, torch.from_numpy(np.minimum(low + 1, volume.shape[axis] - 1)))
    return before + share * (after - before)
