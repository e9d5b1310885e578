"""What speaks during refinement: a prior with its weight, told what the field is like at one step.

Several speak at once: their pulls are added (Magic123, Qian et al. 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ..field.grid import central_gradient
from ..field.interpolate import trilinear
from .schedule import Schedule
from .seen import Seen


class Current:
    """The field at one step; gradients reach its values. Points are [N, 3] in world units, without gradients."""

    def __init__(self, values: Tensor, lower: Tensor, spacing: float):
        """values [X, Y, Z]: distances in world units; lower [3]: where the first node lies."""
        self.values, self.lower, self.spacing = values, lower, spacing

    @property
    def box(self) -> Tensor:
        """[2, 3] the first and the last node."""
        sides = torch.tensor(self.values.shape).to(self.lower) - 1
        return torch.stack([self.lower, self.lower + self.spacing * sides])

    def distance(self, points: Tensor) -> Tensor:
        """The signed distances [N]."""
        return trilinear(self.values, (points.T - self.lower[:, None]).contiguous() / self.spacing)

    def gradient(self, points: Tensor) -> Tensor:
        """The field's gradients [N, 3]."""
        return central_gradient(self, points, self.spacing)  # type: ignore[arg-type]  # it asks for `distance` only


@dataclass(frozen=True)
class Moment:
    """One step of refinement, as guidance is told of it."""

    field: Current  # no gradient reaches a node whose weight in `seen` is 0
    seen: Seen
    share: float  # of the run that is done
    schedule: Schedule
    generator: torch.Generator  # of the CPU


class Guidance(Protocol):
    """A prior that speaks of the field."""

    @property
    def weight(self) -> float:
        """How loudly, beside the evidence and the others; 1 is usual."""

    @property
    def reach(self) -> float:
        """World units around the surface in which it speaks; 0: at the surface only."""

    def pull(self, moment: Moment) -> Tensor:
        """A number whose gradient is what the prior wants changed, about as large for any number of pixels or cells."""


def pulls(guidance: Sequence[Guidance], moment: Moment) -> Tensor:
    """All that speak, together: their pulls times their weights."""
    total = moment.field.values.new_zeros(())
    for each in guidance:
        if each.weight:
            total = total + each.weight * each.pull(moment)
    return total


class _Gate(torch.autograd.Function):
    """A field as it is; backwards, nothing reaches nodes that are not free."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, free: Tensor) -> Tensor:
        ctx.save_for_backward(free)
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (free,) = ctx.saved_tensors
        return torch.where(free, gradients[0], torch.zeros_like(gradients[0])), None


def gated(values: Tensor, free: Tensor) -> Tensor:
    """Values [X, Y, Z] whose gradient is 0 where `free` [X, Y, Z] is not."""
    return _Gate.apply(values, free)
