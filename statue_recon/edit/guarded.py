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
from .overrule import CLEAR

NEAR = 6.0  # spacings from the surface within which a node belongs to the vertex next to it


class GuardedStage(GeometryStage):
    """A `GeometryStage` whose w_v is also multiplied by 1 − protection, which is exactly 0 where that is 1.

    What a person painted as seen is guarded as if protected; what is painted as invented may move as if unseen.
    """

    def __init__(
        self,
        mesh: Mesh,
        protect: NDArray[np.float32],
        *inputs: Any,
        overrule: NDArray[np.float32] | None = None,
        **named: Any,
    ):
        """protect [V] 0 … 1 and overrule [V] −1 … 1, of the mesh that the field was made from."""
        painted = np.zeros(len(mesh.vertices), np.float32) if overrule is None else overrule
        self._mesh = mesh
        self._protect = np.maximum(protect, painted >= CLEAR).astype(np.float32)
        self._invented = ((painted <= -CLEAR) & (protect < 1.0)).astype(np.float32)
        self._nodes: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        super().__init__(*inputs, **named)

    def _looked_at(self, values: Tensor) -> Seen:
        """As the photo alone has it, but that what is protected counts as seen."""
        seen = super()._looked_at(values)
        guarded, invented = self._at_nodes(tuple(values.shape))
        visibility = np.maximum(seen.visibility * (1.0 - invented), guarded)
        opened, free = (torch.from_numpy(part).to(seen.weight) for part in (invented, 1.0 - guarded))
        return replace(seen, visibility=visibility, weight=torch.maximum(seen.weight, opened) * free)

    def _at_nodes(self, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two of [X, Y, Z]: whether the vertex next to each node is protected, and whether painted as invented."""
        if self._nodes is None:
            nodes = self._lower + self.spacing * np.indices(shape).reshape(3, -1).T
            _, vertex = cKDTree(self._mesh.vertices).query(nodes, distance_upper_bound=NEAR * self.spacing)
            # What is far from all vertices has the number after the last.
            guarded, invented = (np.append(part, np.float32(0.0))[vertex] for part in (self._protect, self._invented))
            self._nodes = guarded.reshape(shape), invented.reshape(shape)
        return self._nodes
