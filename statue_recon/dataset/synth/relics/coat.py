"""What covers a beast's flesh, lock by lock and row by row: manes, wool, feathers, scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from ..shapes import Shape
from .swept import swept, together

_STEPS = 14  # of the walk towards the surface
_NEAR = 0.004  # metres: over which a surface's slope is asked


def landed(shape: Shape, starts: ArrayLike, ways: ArrayLike) -> tuple[NDArray, NDArray]:
    """Where rays from outside, starts [N, 3] along ways [N, 3], meet a solid. Returns hits and their normals."""
    places = np.array(starts, float)
    along = _unit(np.asarray(ways, float))
    for _ in range(_STEPS):
        places += shape.distances(places.astype(np.float32))[:, None] * along
    hit = np.abs(shape.distances(places.astype(np.float32))) < _NEAR
    return places[hit], normals(shape, places[hit])


def normals(shape: Shape, places: NDArray) -> NDArray:
    """[N, 3] the ways out of the solid."""
    slopes = [
        shape.distances((places + step).astype(np.float32)) - shape.distances((places - step).astype(np.float32))
        for step in _NEAR * np.eye(3)
    ]
    return _unit(np.stack(slopes, axis=1).astype(float))


def scattered(places: NDArray, apart: float) -> NDArray[np.intp]:
    """Which of places [N, 3] to keep so that none lies nearer than `apart` to an earlier one."""
    kept: list[int] = []
    for k in range(len(places)):
        if not kept or np.min(np.linalg.norm(places[kept] - places[k], axis=1)) >= apart:
            kept.append(k)
    return np.array(kept, dtype=np.intp)


def locks(
    shape: Shape,
    places: NDArray,
    out: NDArray,
    flow: NDArray,
    length: float,
    width: float,
    rng: np.random.Generator,
    curl: float = 0.5,
    lift: float = 0.3,
    section: str = "reeded",
) -> Mesh:
    """Locks that lie on a solid at places [N, 3], along flow [N, 3], their tips bent; `lift`: thickness of the layer.

    curl: 0 straight … 1 hooked like a comma.
    """
    count, steps = len(places), 6
    size = rng.uniform(0.8, 1.2, count)
    flat = _unit(flow - out * (flow * out).sum(axis=1, keepdims=True))
    side = np.cross(out, flat) * rng.choice([-1.0, 1.0], count)[:, None]
    t = np.linspace(0, 1, steps)
    bend = curl * np.pi * t**1.3
    ahead = np.concatenate([[0], np.cumsum(np.cos(bend[:-1]))]) / (steps - 1)
    across = np.concatenate([[0], np.cumsum(np.sin(bend[:-1]))]) / (steps - 1) - 0.25 * np.sin(np.pi * t) * curl
    paths = places[:, None] + length * size[:, None, None] * (
        ahead[None, :, None] * flat[:, None] + across[None, :, None] * side[:, None]
    )
    below = shape.distances(paths.reshape(-1, 3).astype(np.float32)).reshape(count, steps)
    rise = lift * width * np.sin(np.pi * (0.15 + 0.75 * t))
    paths += (rise - np.clip(below, -length, length))[..., None] * out[:, None]
    widths = width * np.interp(t, [0, 0.25, 0.6, 1], [0.75, 1.0, 0.9, 0.25])
    return together([swept(paths[k], size[k] * widths, 0.75 * size[k] * widths, out[k], section) for k in range(count)])


def snails(places: NDArray, out: NDArray, radius: float, rng: np.random.Generator, turns: float = 1.6) -> Mesh:
    """Tight spiral curls on a surface, as on rams and guardian lions."""
    t = np.linspace(0, 1, 22)
    found = []
    for place, up in zip(places, out, strict=True):
        size = radius * rng.uniform(0.85, 1.15)
        first = _unit(np.cross(up, (0.3, 0.5, 0.8)))
        second = np.cross(up, first) * rng.choice([-1.0, 1.0])
        angle = 2 * np.pi * (turns * t + rng.random())
        out_by = size * (0.68 * (1 - t) + 0.04)
        path = place + out_by[:, None] * (np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second)
        path += (size * (0.05 + 0.55 * t))[:, None] * up
        thick = size * np.interp(t, [0, 0.8, 1], [0.62, 0.6, 0.7])
        found.append(swept(path, thick, 0.9 * thick, up, "round"))
        core = [place - 0.3 * size * up, place + 0.55 * size * up]
        found.append(swept(core, 1.5 * size, 1.5 * size, first, "round"))
    return together(found)


def feathers(
    roots: NDArray,
    ways: NDArray,
    out: NDArray,
    lengths: ArrayLike,
    widths: ArrayLike,
    thickness: float,
    bend: float = 0.0,
) -> Mesh:
    """Flat feathers with a shaft and a round end, from roots [N, 3] along ways [N, 3], `out` [N, 3] above them.

    bend: how far their ends sink inwards, as a share of their length.
    """
    t = np.array([0, 0.45, 0.9, 1.0])
    profile = np.array([0.65, 1.0, 0.85, 0.3])
    long = np.broadcast_to(np.asarray(lengths, float), len(roots))
    wide = np.broadcast_to(np.asarray(widths, float), len(roots))
    found = []
    for root, way, up, length, width in zip(roots, _unit(ways), _unit(out), long, wide, strict=True):
        path = root + length * (t[:, None] * way - bend * (t**2)[:, None] * up)
        found.append(swept(path, width * profile, thickness * np.interp(t, [0, 1], [1.3, 0.8]), up, "blade"))
    return together(found)


def wing(
    shoulder: ArrayLike, wrist: ArrayLike, tip: ArrayLike, trail: ArrayLike, out: ArrayLike, size: float, rows: int = 4
) -> Mesh:
    """A wing with three rows of feathers: bone from the shoulder over the wrist to the tip of the longest feather.

    trail [3]: where the innermost feathers end; out [3]: the side that is seen; size: metres, thickness goes by it;
    rows: of feathers, the longest first.
    """
    a, b, c, d, up = (np.asarray(v, float) for v in (shoulder, wrist, tip, trail, out))
    up = up / np.linalg.norm(up)
    table: Sequence[tuple[int, float, float, float, float]] = (
        # count, length, width, thickness, height above the wing
        (11, 1.0, 0.155, 0.042, 0.0),
        (10, 0.66, 0.135, 0.036, 0.026),
        (9, 0.40, 0.12, 0.034, 0.050),
        (8, 0.22, 0.105, 0.034, 0.070),
    )
    meshes = []
    for count, length, width, thickness, height in table[:rows]:
        t = np.linspace(0, 1, count)[:, None]
        along = np.where(t < 0.6, a + (b - a) * t / 0.6, b + 0.18 * (c - b) * (t - 0.6) / 0.4)
        ends = (1 - t) ** 1.4 * d + (1 - (1 - t) ** 1.4) * c
        roots = along + height * size * up + 0.03 * size * up * (t - 0.5)
        ways = (ends - along) * length
        meshes.append(
            feathers(
                roots, ways, np.tile(up, (count, 1)), np.linalg.norm(ways, axis=1), width * size, thickness * size, 0.04
            )
        )
    arm = np.array([a - 0.02 * size * up, b, b + 0.2 * (c - b)])
    meshes.append(swept(_bow(arm), size * np.array([0.16, 0.14, 0.13, 0.11, 0.08]), size * 0.13, up, "round"))
    return together(meshes)


def _bow(corner: NDArray) -> NDArray:
    t = np.linspace(0, 1, 5)[:, None]
    return (
        (1 - t) ** 2 * corner[0]
        + 2 * t * (1 - t) * (1.4 * corner[1] - 0.2 * (corner[0] + corner[2]))
        + t**2 * corner[2]
    )


def _unit(vectors: NDArray) -> NDArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
