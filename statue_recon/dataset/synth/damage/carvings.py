"""What time and tools do to a block: chips, cracks, pits, breaks, seams and the marks of chisels. Metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from ..noise import fractal, pebbles, ridges
from ..sculpt import Carving

_ROUGH = 3.0  # bumps of a fracture across its width


def chips(places: NDArray, outward: NDArray, sizes: NDArray, seed: int) -> Carving:
    """Bits knocked off at places [N, 3] of the surface, whose normals are `outward` [N, 3]; sizes [N] across."""
    radii = sizes.astype(np.float32)
    centres = (places + 0.62 * radii[:, None] * outward).astype(np.float32)
    tree = cKDTree(centres)
    most = float(radii.max())

    def change(points: NDArray, distances: NDArray) -> NDArray:
        def taken(near: NDArray) -> NDArray:
            away, which = tree.query(near, k=min(3, len(centres)))
            away, which = away.reshape(len(near), -1), which.reshape(len(near), -1)
            depth = (radii[which] - away).max(axis=1)
            return depth - 0.22 * most * np.abs(fractal(near, most, 3, seed))

        return carved(points, distances, taken, 2 * most)

    return Carving("chip", change)


def cracks(through: NDArray, normal: ArrayLike, width: float, depth: float, seed: int) -> Carving:
    """A crack that runs about in the plane through a point [3] with this normal [3], `depth` deep."""
    axis = _unit(normal)

    def change(points: NDArray, distances: NDArray) -> NDArray:
        def taken(near: NDArray) -> NDArray:
            wander = 10 * width * fractal(near, 45 * width, 4, seed, gain=0.6)
            opened = width * np.clip(0.9 + 1.2 * fractal(near, 60 * width, 2, seed + 1), 0, 1.4)
            return opened / 2 - np.abs((near - through) @ axis + wander) / 1.6

        whole = carved(points, distances, taken, depth)
        return np.where(distances < -depth, distances, whole)

    return Carving("crack", change)


def pitting(size: float, depth: float, seed: int) -> Carving:
    """What rain leaves of limestone: pits about `size` apart and up to `depth` deep, in weather-beaten patches."""

    def change(points: NDArray, distances: NDArray) -> NDArray:
        def lowered(near: NDArray) -> NDArray:
            patch = np.clip(0.5 + 1.2 * fractal(near, 8 * size, 2, seed), 0, 1)
            pits = np.clip(1 - pebbles(near, size, seed) / (0.45 * size), 0, 1)
            worn = 0.3 * (1 + fractal(near, 2.5 * size, 3, seed + 1))
            return depth * patch * (pits + worn)

        return worn_away(points, distances, lowered, 2 * depth)

    return Carving("pit", change)


def tool_marks(direction: ArrayLike, spacing: float, depth: float, seed: int, where: NDArray) -> Carving:
    """The parallel furrows of a claw chisel, in strokes; `where` [2, 3] is the box they are found in."""
    across = _unit(direction)

    def change(points: NDArray, distances: NDArray) -> NDArray:
        def lowered(near: NDArray) -> NDArray:
            inside = np.all((near > where[0]) & (near < where[1]), axis=1)
            stroke = fractal(near, 14 * spacing, 2, seed)  # each stroke turns and shifts the furrows a little
            phase = (near @ across) / spacing + 1.5 * stroke
            furrow = np.abs(2 * (phase - np.floor(phase)) - 1)
            return depth * furrow * np.clip(0.6 + stroke, 0, 1) * inside

        return worn_away(points, distances, lowered, 2 * depth)

    return Carving("tool mark", change)


def broken(through: ArrayLike, along: ArrayLike, reach: float, seed: int) -> Carving:
    """A fracture: everything beyond a rough plane is gone, within `reach` of the point [3] it passes through.

    along [3] points towards what was lost.
    """
    centre, axis = np.asarray(through, np.float32), _unit(along)

    def change(points: NDArray, distances: NDArray) -> NDArray:
        def taken(near: NDArray) -> NDArray:
            rough = 0.16 * reach * (ridges(near, 2 * reach / _ROUGH, 4, seed, gain=0.55) - 0.6)
            rough += 0.10 * reach * fractal(near, 1.6 * reach, 2, seed + 1)
            beyond = ((near - centre) @ axis + rough) / 1.5
            return np.minimum(beyond, reach - np.linalg.norm(near - centre, axis=1))

        return carved(points, distances, taken, 2 * reach)

    return Carving("break", change)


def seam(through: ArrayLike, normal: ArrayLike, reach: float, width: float, seed: int) -> Carving:
    """The groove that stays where a broken piece was put back: a thin irregular ring around a limb."""
    centre, axis = np.asarray(through, np.float32), _unit(normal)

    def change(points: NDArray, distances: NDArray) -> NDArray:
        def taken(near: NDArray) -> NDArray:
            line = (near - centre) @ axis + 1.5 * width * fractal(near, 8 * width, 3, seed)
            return np.minimum(width / 2 - np.abs(line) / 1.4, reach - np.linalg.norm(near - centre, axis=1))

        return np.where(distances < -width, distances, carved(points, distances, taken, 2 * width))

    return Carving("seam", change)


def carved(points: NDArray, distances: NDArray, taken, within: float) -> NDArray:
    """Distances without what `taken` says: positive values lie inside what is lost. Asked near the surface only."""
    near = np.flatnonzero((distances < within) & (distances > -within))
    result = distances.copy()
    result[near] = np.maximum(distances[near], taken(points[near]))
    return result


def worn_away(points: NDArray, distances: NDArray, lowered, within: float) -> NDArray:
    """Distances with the surface set back by `lowered` metres. Asked near the surface only."""
    near = np.flatnonzero(np.abs(distances) < within + _SHALLOW)
    result = distances.copy()
    result[near] += lowered(points[near])
    return result


_SHALLOW = 0.03  # metres: further in or out, the grid does not look for the surface


def _unit(vector: ArrayLike) -> NDArray[np.float32]:
    direction = np.asarray(vector, float)
    return (direction / max(float(np.linalg.norm(direction)), 1e-9)).astype(np.float32)
