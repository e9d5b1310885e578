"""The geometry stage with places that a person protects: no prior moves them, as if the photo showed them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from ..mesh.mesh import Mesh
from ..refine.geometry import GeometryStage
from ..refine.seen import Seen

NEAR = 6.0  # spacings from the surface within which a node belongs to the vertex next to it


class GuardedStage(GeometryStage):
    """A `GeometryStage` whose w_v is also multiplied by 1 − protection, which is exactly 0 where that is 1."""

    def __init__(self, mesh: Mesh, protect: NDArray[np.float32], *inputs: Any, **named: Any):
        """protect [V] 0 … 1, of the mesh that the field was made from."""
        self._mesh, self._protect = mesh, protect
        self._guarded: NDArray[np.float32] | None = None
        super().__init__(*inputs, **named)

    def _looked_at(self, values: Tensor) -> Seen:
        """As the photo alone has it, but that what is protected counts as seen."""
        seen = super()._looked_at(values)
        guarded = self._at_nodes(tuple(values.shape))
        free = torch.from_numpy(1.0 - guarded).to(seen.weight)
        return replace(seen, visibility=np.maximum(seen.visibility, guarded), weight=seen.weight * free)

    def _at_nodes(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """[X, Y, Z] the protection of the vertex next to each node."""
        if self._guarded is None:
            nodes = self._lower + self.spacing * np.indices(shape).reshape(3, -1).T
            away, vertex = cKDTree(self._mesh.vertices).query(nodes, distance_upper_bound=NEAR * self.spacing)
            found = np.append(self._protect, 0.0)[vertex]  # what is far from all has the number after the last
            self._guarded = np.where(np.isfinite(away), found, 0.0).astype(np.float32).reshape(shape)
        return self._guarded
