"""How refinement goes from coarse to fine: pure functions of the share of a run that is done, 0 … 1."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

Ramp = tuple[float, float]  # at the beginning and at the end of the run, a straight line in between


@dataclass(frozen=True)
class Schedule:
    """The noise is DP-Recon's: first the whole is decided, then its details."""

    least_noise: Ramp = (0.20, 0.02)  # of the prior's times
    most_noise: Ramp = (0.98, 0.40)
    lowest: Ramp = (0.0, -10.0)  # degrees of elevation between which views are taken
    highest: Ramp = (20.0, 45.0)
    sizes: tuple[tuple[float, int], ...] = ((0.0, 32), (0.4, 48), (0.7, 64))  # pixels of a view's side, and from when

    def noise(self, share: float) -> tuple[float, float]:
        """The least and the most noise, in shares of the prior's times."""
        return at(self.least_noise, share), at(self.most_noise, share)

    def elevations(self, share: float) -> tuple[float, float]:
        """The lowest and the highest elevation, degrees."""
        return at(self.lowest, share), at(self.highest, share)

    def size(self, share: float) -> int:
        """Pixels of a view's side."""
        return [size for since, size in self.sizes if since <= share][-1]

    def times(self, share: float, count: int, of: int, generator: torch.Generator) -> Tensor:
        """[count] whole times between 0 and `of` − 1, drawn evenly between the least and the most noise."""
        low, high = self.noise(share)
        drawn = low + (high - low) * torch.rand(count, generator=generator)
        return (drawn * (of - 1)).round().long()


USUAL = Schedule()


def at(ramp: Ramp, share: float) -> float:
    """Where a ramp is when so much of the run is done; beyond its ends it stays."""
    share = min(max(share, 0.0), 1.0)
    return ramp[0] * (1.0 - share) + ramp[1] * share
