"""What the photos see of the field as it is now, and how much a prior may therefore move each node of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..field.sdf import SDF
from ..field.visibility import ABOVE, GEOMETRY_SEEN, View, VisibilityGrid, geometry_weight, visibility_grid

Weigh = Callable[[Any], Any]  # visibility of any shape, NumPy or torch, to weights of that shape


def hidden_weight(visibility):
    """DP-Recon's weight as a share of its largest: 1 where nothing is seen, 1/20 at V = 0.5; 0 above, exactly.

    DP-Recon leaves up to 0.1 of 20 there. But Adam's steps do not know small gradients from large ones: what may move
    a little would move.
    """
    return (visibility <= GEOMETRY_SEEN) * geometry_weight(visibility) / geometry_weight(0.0)


def everywhere(visibility):
    """1: a prior that heeds no visibility, to compare with."""
    return 0.0 * visibility + 1.0


@dataclass(frozen=True)
class Seen:
    """What the photos see of a field at its nodes."""

    values: Tensor  # [X, Y, Z] the field that was looked at, world units
    grid: VisibilityGrid
    visibility: NDArray[np.float32]  # [X, Y, Z] of the surface nearest to each node, 0 … 1
    normals: NDArray[np.float32]  # [X, Y, Z, 3] how that surface faces
    weight: Tensor  # [X, Y, Z] w_v: how much a prior may move a node, 0 … 1
    weigh: Weigh  # the same for pixels


def seen_by(views: Sequence[View], field: SDF, resolution: int, weigh: Weigh, device: str = "cpu") -> Seen:
    """What views see of a field of true distances.

    A node just below a seen surface lies in the dark, and yet holds the surface: so each is asked about the surface
    nearest to it. What lies in plain sight and is empty stays so, too, whatever surface is near.
    """
    grid = visibility_grid(field, views, resolution, device)
    slopes = np.stack(np.gradient(field.values), axis=-1)
    normals = slopes / np.maximum(np.linalg.norm(slopes, axis=-1, keepdims=True), 1e-6)
    x, y, z = field.axes()
    nodes = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)
    height = ABOVE * grid.spacing - field.values
    surface = nodes + height[..., None] * normals
    at_surface = grid.at_points(surface.reshape(-1, 3)).reshape(field.values.shape)
    at_node = grid.at_points(nodes.reshape(-1, 3)).reshape(field.values.shape)
    weight = torch.from_numpy(np.asarray(weigh(np.maximum(at_surface, at_node)), np.float32)).to(device)
    values = torch.from_numpy(np.asarray(field.values, np.float32)).to(device)
    return Seen(values, grid, at_surface, normals.astype(np.float32), weight, weigh)
