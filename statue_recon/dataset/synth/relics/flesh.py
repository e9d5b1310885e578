"""Bodies of many soft lumps run together, as a modeller builds a beast of clay: added, and cut away, in order.

A lump is a rod with round ends whose section may be wider one way than the other; a muscle, a bone, an eye socket.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....render.launch import launch, vectors
from ....render.start import warp
from ..shapes import Shape

SIDEWAYS = (1.0, 0.0, 0.0)


class Clay:
    """Lumps in the order in which they are set; each part of them is passed over at once where it is far away."""

    def __init__(self, blend: float = 0.02):
        """blend: metres over which lumps run into each other, unless they say otherwise."""
        self.blend = blend
        self._rows: list[tuple] = []
        self._begins: list[int] = []

    def part(self) -> None:
        """What follows lies close together: a head, a leg."""
        if not self._begins or self._begins[-1] != len(self._rows):
            self._begins.append(len(self._rows))

    def add(
        self,
        start: ArrayLike,
        end: ArrayLike,
        radius: float,
        last: float | None = None,
        stretch: float = 1.0,
        across: ArrayLike = SIDEWAYS,
        blend: float | None = None,
    ) -> None:
        """A rod from `radius` to `last`, its section `stretch` times as wide across a direction."""
        self._set(start, end, radius, last, stretch, across, self.blend if blend is None else max(blend, 0.0))

    def cut(
        self,
        start: ArrayLike,
        end: ArrayLike,
        radius: float,
        last: float | None = None,
        stretch: float = 1.0,
        across: ArrayLike = SIDEWAYS,
        blend: float = 0.004,
    ) -> None:
        """The same taken away from what is there so far."""
        self._set(start, end, radius, last, stretch, across, -max(blend, 1e-5))

    def line(self, path: ArrayLike, radii: ArrayLike, stretch: float = 1.0, blend: float | None = None) -> None:
        """A thick line through places [N, 3]."""
        places = np.asarray(path, float)
        sizes = np.broadcast_to(np.asarray(radii, float), len(places))
        for k in range(len(places) - 1):
            self.add(places[k], places[k + 1], float(sizes[k]), float(sizes[k + 1]), stretch, blend=blend)

    def groove(self, path: ArrayLike, radius: float, blend: float = 0.004) -> None:
        """A line cut along places [N, 3]."""
        places = np.asarray(path, float)
        for a, b in pairwise(places):
            self.cut(a, b, radius, blend=blend)

    def _set(self, start, end, radius, last, stretch, across, blend) -> None:
        if not self._begins:
            self._begins.append(0)
        a, b, axis = (np.asarray(v, float) for v in (start, end, across))
        self._rows.append((a, b, radius, radius if last is None else last, stretch, axis / np.linalg.norm(axis), blend))

    def shape(self) -> Shape:
        a, b, axis = (np.array([row[k] for row in self._rows], float) for k in (0, 1, 5))
        first, last, stretch, blend = (np.array([row[k] for row in self._rows], float) for k in (2, 3, 4, 6))
        squeeze = 1 / stretch - 1
        along = b - a
        along += axis * ((along * axis).sum(axis=1) * squeeze)[:, None]
        length2 = np.maximum((along * along).sum(axis=1), 1e-12)
        slope = np.sqrt(1 + np.minimum((first - last) ** 2 / length2, 1.0))
        reach = np.linalg.norm(b - a, axis=1) / 2 + np.maximum(first, last) * np.maximum(stretch, 1)
        balls = np.column_stack([(a + b) / 2, reach])
        columns = [
            a,
            along,
            np.column_stack([first, last, 1 / length2, slope]),
            np.column_stack([axis, squeeze]),
            balls,
        ]
        begins = [*self._begins, len(self._rows)]
        parts = [_held(balls[i:j], np.abs(blend[i:j]).max()) for i, j in pairwise(begins) if j > i]
        grown = blend >= 0
        wide = (np.maximum(first, last) * np.maximum(stretch, 1))[:, None]
        low = (np.minimum(a, b) - wide)[grown].min(axis=0) - self.blend / 4
        high = (np.maximum(a, b) + wide)[grown].max(axis=0) + self.blend / 4
        begins = sorted(set(begins))
        return Shape(low, high, _Distances([*columns, blend], begins, np.array(parts)))


def levelled(shape: Shape) -> Shape:
    """The shape cut off flat at z = 0, on which it stands."""
    low = np.array([*shape.low[:2], max(float(shape.low[2]), 0.0)])
    return Shape(low, shape.high, lambda points: np.maximum(shape.distances(points), -points[:, 2]))


def _held(balls: NDArray, blend: float) -> NDArray:
    """[4] a ball around balls [N, 4], with room for their blends."""
    middle = (balls[:, :3].min(axis=0) + balls[:, :3].max(axis=0)) / 2
    return np.append(middle, (np.linalg.norm(balls[:, :3] - middle, axis=1) + balls[:, 3]).max() + blend)


class _Distances:
    """The lumps as arrays of Warp, answering points [N, 3]."""

    def __init__(self, columns: Sequence[NDArray], begins: Sequence[int], parts: NDArray):
        wp, kernels = warp(), _kernels()
        start, along, sizes, axis, ball, blend = columns
        lumps = kernels.Lumps()
        lumps.start, lumps.along = vectors(start, "cpu"), vectors(along, "cpu")
        lumps.sizes, lumps.axis, lumps.ball = _fours(sizes), _fours(axis), _fours(ball)
        lumps.blend = wp.array(blend.astype(np.float32), dtype=float, device="cpu")
        self._lumps, self._parts = lumps, _fours(parts)
        self._begins = wp.array(np.asarray(begins, np.int32), dtype=int, device="cpu")

    def __call__(self, points: NDArray) -> NDArray[np.float32]:
        found = np.empty(len(points), np.float32)
        into = warp().array(found, dtype=float, device="cpu", copy=False)
        launch(
            _kernels().flesh, len(points), [vectors(points, "cpu"), self._lumps, self._begins, self._parts, into], "cpu"
        )
        return found


def _fours(values: NDArray):
    return warp().array(np.ascontiguousarray(values, np.float32), dtype=warp().vec4, device="cpu")


@lru_cache(maxsize=1)
def _kernels() -> ModuleType:
    warp()
    from . import flesh_kernels

    warp().load_module(flesh_kernels, device="cpu")
    return flesh_kernels
