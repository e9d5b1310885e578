"""A signed distance field on a regular grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SDF:
    """Distances to the statue's surface, sampled at the nodes of a grid that follows the statue's proportions."""

    values: np.ndarray  # [X, Y, Z] float32, world units, negative inside
    lower: np.ndarray  # [3] world position of the node (0, 0, 0)
    spacing: float  # world units between nodes, the same along all axes

    @property
    def upper(self) -> np.ndarray:
        """[3] world position of the last node."""
        return self.lower + self.spacing * (np.array(self.values.shape) - 1)

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The world coordinates of the nodes along x [X], y [Y] and z [Z]."""
        x, y, z = (
            low + self.spacing * np.arange(count) for low, count in zip(self.lower, self.values.shape, strict=True)
        )
        return x, y, z

    def coarser(self, step: int) -> SDF:
        """Every `step`-th node of a grid: a quick stand-in for previews."""
        return SDF(np.ascontiguousarray(self.values[::step, ::step, ::step]), self.lower, self.spacing * step)

    def moved(self, scale: float, offset: np.ndarray) -> SDF:
        """The field after the world became `scale · world + offset` (offset [3])."""
        return SDF(self.values * np.float32(scale), scale * self.lower + offset, scale * self.spacing)
