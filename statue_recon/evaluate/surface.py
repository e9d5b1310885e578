"""Questions to a surface: how far is a point from it, and what lies inside?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh
from ..render.rays import Rays
from ..render.start import warp


@dataclass(frozen=True)
class Nearest:
    """The nearest points of a surface."""

    distances: NDArray[np.float64]  # [N]
    faces: NDArray[np.int32]  # [N]
    points: NDArray[np.float32]  # [N, 3]


class Surface:
    """A mesh made ready for questions. On the CPU: so the figures are the same on every machine."""

    def __init__(self, mesh: Mesh):
        self.mesh = mesh
        self._rays = Rays(mesh)
        self._warp, self._kernels = warp(), _kernels()

    def nearest(self, points: NDArray) -> Nearest:
        """The nearest point on any triangle, exactly, for each of points [N, 3]."""
        hits = self._rays.closest(points)
        return Nearest(hits.distances.astype(np.float64), hits.faces, hits.of(self.mesh.vertices, self.mesh.faces))

    def solid(self, low: NDArray, step: float, counts: tuple[int, int, int]) -> NDArray[np.bool_]:
        """Which cells of a grid are inside, [X, Y, Z]: those around whose centre the surface winds by more than a half.

        low [3] is the grid's corner, `step` the side of its cells. The winding number is counted along the grid's
        lines, in both directions of the three axes, and averaged. Around a closed surface all six agree: 1 inside, 0
        outside. For an open one their mean stands in for the generalised winding number (Jacobson et al. 2013), so
        that a scan without a bottom has an inside too, and shells that run into each other are one solid. A surface
        that is inside out as a whole is turned first.
        """
        winding = np.zeros(counts, dtype=np.float32)
        for axis in range(3):
            winding += np.moveaxis(self._wound(axis, low, step, counts), 2, axis)
        turned = 1.0 if volume(self.mesh) >= 0 else -1.0
        return turned * winding / 3.0 > 0.5

    def _wound(self, axis: int, low: NDArray, step: float, counts: tuple[int, int, int]) -> NDArray[np.float32]:
        """The winding counted along one axis, which comes last in the array returned."""
        wp = self._warp
        one, two = (other for other in range(3) if other != axis)
        starts = np.empty((counts[one], counts[two], 3))
        ahead = step * counts[axis]  # the rays begin and end outside of the grid, where surfaces may begin and end too
        starts[..., axis] = low[axis] - ahead
        starts[..., one] = low[one] + step * (np.arange(counts[one])[:, None] + 0.5)
        starts[..., two] = low[two] + step * (np.arange(counts[two])[None, :] + 0.5)
        winding = wp.zeros((counts[one] * counts[two], counts[axis]), dtype=float, device="cpu")
        direction = wp.vec3(*np.eye(3)[axis].tolist())
        begin = self._vectors(starts.reshape(-1, 3))
        inputs = [self._rays.identifier, begin, direction, 3 * ahead, ahead, step, winding]
        wp.launch(self._kernels.cross, dim=len(winding), inputs=inputs, device="cpu")
        return winding.numpy().reshape(counts[one], counts[two], counts[axis])

    def _vectors(self, values: NDArray):
        return self._warp.array(np.ascontiguousarray(values, np.float32), dtype=self._warp.vec3, device="cpu")


def volume(mesh: Mesh) -> float:
    """The volume inside a mesh; negative if it is inside out. Holes are closed towards the middle of the box."""
    middle = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
    a, b, c = (mesh.vertices - middle).astype(np.float64)[mesh.faces].transpose(1, 0, 2)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@lru_cache(maxsize=1)
def _kernels() -> ModuleType:
    from . import kernels

    warp().load_module(kernels, device="cpu")
    return kernels
