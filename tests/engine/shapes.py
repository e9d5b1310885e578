"""Shapes whose distances arithmetic knows, as fields and on grids."""

from __future__ import annotations

import numpy as np
import torch

from statue_recon.field.sdf import SDF

BOX = torch.tensor([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])


class Ball:
    """An exact field, without a grid's errors."""

    def __init__(self, radius: float = 0.6, middle=(0.0, 0.0, 0.0), box: torch.Tensor = BOX):
        self.radius, self.middle, self.box = radius, torch.tensor(middle), box

    def distance(self, points):
        return torch.linalg.vector_norm(points - self.middle.to(points), dim=1) - self.radius

    def gradient(self, points):
        return torch.nn.functional.normalize(points - self.middle.to(points), dim=1)


class Plane:
    """Solid below z = 0.1 + 0.5 · x, so that its normal leans."""

    box = BOX
    normal = torch.nn.functional.normalize(torch.tensor([-0.5, 0.0, 1.0]), dim=0)

    def distance(self, points):
        return (points - torch.tensor([0.0, 0.0, 0.1])) @ self.normal

    def gradient(self, points):
        return self.normal.expand_as(points)


def on_grid(distance, nodes: int = 64, half: float = 1.0) -> SDF:
    """The function of x, y and z on a cube of ± `half`."""
    axis = np.linspace(-half, half, nodes)
    values = distance(*np.meshgrid(axis, axis, axis, indexing="ij"))
    return SDF(values.astype(np.float32), np.full(3, -half), 2 * half / (nodes - 1))


def ball(radius: float = 0.6, middle=(0.0, 0.0, 0.0)):
    return lambda x, y, z: np.sqrt((x - middle[0]) ** 2 + (y - middle[1]) ** 2 + (z - middle[2]) ** 2) - radius


def torus(x, y, z):
    """A ring round the z axis."""
    return np.hypot(np.hypot(x, y) - 0.6, z) - 0.22
