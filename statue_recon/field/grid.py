"""A signed distance field whose values can be learnt: a dense grid in torch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .interpolate import trilinear
from .sdf import SDF


class DenseGrid(torch.nn.Module):
    """Distances at the nodes of a grid, trilinear in between; the learnable twin of `SDF`.

    The parameter `values` [X, Y, Z] is in world units, negative inside. Outside the grid the border's values go on.
    Nothing is differentiable with respect to the points asked for.
    """

    lower: Tensor

    def __init__(self, values: Tensor, lower: Tensor, spacing: float):
        super().__init__()
        self.values = torch.nn.Parameter(values)
        self.register_buffer("lower", lower.to(values))
        self.spacing = spacing

    @classmethod
    def from_sdf(cls, field: SDF, device: str | torch.device = "cpu") -> DenseGrid:
        """A copy of a field, in float32."""
        values = torch.tensor(np.asarray(field.values, np.float32), device=device)
        return cls(values, torch.tensor(np.asarray(field.lower, np.float32), device=device), float(field.spacing))

    def to_sdf(self) -> SDF:
        """A copy as the engine hands it on."""
        lower = self.lower.cpu().numpy().astype(np.float64)
        return SDF(self.values.detach().cpu().numpy().astype(np.float32), lower, self.spacing)

    @property
    def box(self) -> Tensor:
        """[2, 3] the first and the last node."""
        return torch.stack(
            [self.lower, self.lower + self.spacing * (torch.tensor(self.values.shape).to(self.lower) - 1)]
        )

    def distance(self, points: Tensor) -> Tensor:
        """The signed distances [N] at world points [N, 3]."""
        return trilinear(self.values, (points.T - self.lower[:, None]).contiguous() / self.spacing)

    def gradient(self, points: Tensor) -> Tensor:
        """The field's gradients [N, 3] at world points [N, 3]; continuous, as the trilinear field's own is not."""
        return central_gradient(self, points, self.spacing)


def central_gradient(field: torch.nn.Module | DenseGrid, points: Tensor, step: float) -> Tensor:
    """Gradients [N, 3] of a field by central differences over `step` to either side, at points [N, 3].

    On a grid, with its spacing as step, these are the nodes' own central differences, trilinear in between.
    """
    offsets = step * torch.eye(3, dtype=points.dtype, device=points.device)
    taps = torch.cat([points[None] + offsets[:, None], points[None] - offsets[:, None]])
    ahead, behind = field.distance(taps.reshape(-1, 3)).reshape(2, 3, -1)  # type: ignore[operator]  # any field
    return ((ahead - behind) / (2.0 * step)).T
