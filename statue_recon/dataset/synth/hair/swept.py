"""Hair drawn over the skull in long strands: parted, waved, rolled, plaited, coiled, hanging on the shoulders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ....render.rays import Rays
from ..human.figure import Figure
from .locks import tubes
from .scalp import Scalp, towards, unit

_WAVE_LENGTH = 0.034  # metres between the crests of waved hair


def strands(
    scalp: Scalp,
    starts: NDArray,
    ways: NDArray,
    ends: NDArray,
    wave: float = 0.0,
    thickness: float = 0.013,
    section: str = "two grooves",
    rings: int = 26,
    reach: float = 1.0,
) -> Mesh:
    """Neighbouring strands [L] over the skull from `starts` by `ways` to `ends`, directions [L, 3] each.

    Every strand is as broad as the way to its neighbours; wave: metres by which all swing sideways together; reach:
    how strongly they are drawn towards their ways. On a coarse skull there are fewer of them.
    """
    chosen = np.linspace(0, len(starts) - 1, max(round(len(starts) / scalp.coarse), 3)).round().astype(int)
    starts, ways, ends = starts[chosen], ways[chosen], ends[chosen]
    thickness, share = thickness * scalp.coarse**0.5, np.linspace(0, 1, rings)
    t = share[None, :, None]
    directions = unit((1 - t) ** 2 * starts[:, None] + 2 * reach * t * (1 - t) * ways[:, None] + t**2 * ends[:, None])
    plain = scalp.at(directions)
    outward = scalp.outward(directions)
    gaps = np.linalg.norm(np.diff(plain, axis=0), axis=-1)
    widths = np.concatenate([gaps[:1], (gaps[1:] + gaps[:-1]) / 2, gaps[-1:]])
    widths = np.clip(1.25 * widths, 0.009 * scalp.coarse, 0.03 * scalp.coarse)
    travelled = np.cumsum(np.linalg.norm(np.diff(plain, axis=1, prepend=plain[:, :1]), axis=-1), axis=1)
    phase = 2 * np.pi * travelled / (_WAVE_LENGTH * scalp.size)
    aside = np.cross(unit(np.gradient(plain, axis=1)), outward)
    fade = np.sin(np.pi * np.clip(share, 0.02, 0.98)) ** 0.5
    swing = wave * np.sin(phase) * fade
    begun = np.clip(share / 0.16, 0, 1) ** 0.6  # at the hairline a strand comes out of the skin
    height = 0.45 * thickness * begun + 0.55 * wave * np.cos(phase) * fade
    paths = plain + swing[..., None] * aside + scalp.size * height[..., None] * outward
    thick = scalp.size * thickness * np.clip(widths / 0.014, 0.8, 1.3) * (0.35 + 0.65 * begun)
    return tubes(paths, outward, widths, thick, section)


def rope(path: NDArray, outward: NDArray, width: float, turns: float) -> Mesh:
    """One thick twisted strand along a path [N, 3]: its grooves wind about it `turns` times."""
    along = unit(np.gradient(path, axis=0))
    up = unit(outward - along * (outward * along).sum(axis=-1, keepdims=True))
    angle = np.linspace(0, 2 * np.pi * turns, len(path))[:, None]
    turned = up * np.cos(angle) + np.cross(along, up) * np.sin(angle)
    end = np.clip(np.minimum(np.linspace(0, 12, len(path)), np.linspace(12, 0, len(path))), 0.35, 1)
    sizes = (width * end)[None]
    return tubes(path[None], turned[None], sizes, sizes, "rope")


def plait(path: NDArray, outward: NDArray, width: float) -> Mesh:
    """A plait of three strands along a path [N, 3]."""
    along = unit(np.gradient(path, axis=0))
    up = unit(outward - along * (outward * along).sum(axis=-1, keepdims=True))
    aside = np.cross(along, up)
    travelled = np.cumsum(np.linalg.norm(np.diff(path, axis=0, prepend=path[:1]), axis=-1))
    phase = 2 * np.pi * travelled / (2.0 * width) + np.arange(3)[:, None] * 2 * np.pi / 3
    swing = 0.27 * width * np.sin(phase)[..., None] * aside
    over = 0.16 * width * np.cos(2 * phase)[..., None] * up
    sizes = np.full(phase.shape, 0.62 * width)
    return tubes(path + swing + over, np.broadcast_to(up, (3, *up.shape)), sizes, 0.9 * sizes, "two grooves")


def coil(scalp: Scalp, azimuth: float, elevation: float, radius: float, turns: float = 2.2, flat: float = 0.28) -> Mesh:
    """A knot: a rope wound round and round itself, sitting on the skull in a direction in degrees."""
    middle = towards(azimuth, elevation)
    place, up = scalp.at(middle), scalp.outward(middle)
    side = unit(np.cross(up, (0.0, 0.3, 1.0)))
    other = np.cross(up, side)
    share = np.linspace(0, 1, 44)
    angle = 2 * np.pi * turns * share
    width = radius / turns * 1.5
    away = (radius - width / 2) * (1 - share) ** 0.8
    lift = 0.2 * width + 2 * flat * radius * share
    flat_part = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
    path = place + away[:, None] * flat_part + lift[:, None] * up
    return rope(path, flat_part + up, width, 1.2 * turns)


def hanging(
    figure: Figure,
    starts: NDArray,
    ways: NDArray,
    lengths: NDArray,
    width: float,
    wave: float,
    section: str,
    gather: float = 1.0,
) -> Mesh:
    """Locks that fall over the posed body from world points [L, 3], first along `ways` [L, 3]; lengths [L] metres."""
    rings = 30
    body = figure.mesh()
    close = np.linalg.norm(body.vertices - starts.mean(axis=0), axis=1) < float(lengths.max()) + 0.25
    near = Rays(Mesh(body.vertices, body.faces[close[body.faces].all(axis=1)]))
    body = Mesh(body.vertices, body.faces[close[body.faces].all(axis=1)])
    normals = body.normals
    stride = (lengths / (rings - 1))[:, None]
    here, way, path, outward = starts.copy(), unit(ways), [], []
    for _ in range(rings):
        hits = near.closest(here)
        surface = hits.of(body.vertices, body.faces)
        normal = unit(hits.of(normals, body.faces).astype(float))
        above = ((here - surface) * normal).sum(axis=1, keepdims=True)
        here = here + normal * np.clip(0.38 * width - above, 0, 0.01)
        path.append(here)
        outward.append(normal)
        drawn = 0.5 * (here.mean(axis=0) - here) * np.array([1, 1, 0])  # neighbours keep together
        way = unit(0.6 * way + np.array([0, 0, -0.5]) + gather * drawn)
        way = unit(way - normal * np.minimum((way * normal).sum(axis=1, keepdims=True), 0))
        here = here + stride * way
    paths, ups = np.stack(path, axis=1), unit(np.stack(outward, axis=1) + 1e-6)
    share = np.linspace(0, 1, rings)
    phase = 2 * np.pi * share[None] * lengths[:, None] / (1.3 * _WAVE_LENGTH)
    aside = np.cross(unit(np.gradient(paths, axis=1)), ups)
    paths = paths + wave * (np.sin(phase) * np.sin(np.pi / 2 * share))[..., None] * aside
    # A lock comes out from under the hair above it, and ends in a point.
    sizes = (
        width * np.clip(0.3 + 5 * share, 0, 1) * np.clip(1.6 * (1 - share), 0.35, 1) ** 0.6 * np.ones((len(starts), 1))
    )
    if section == "beads":
        sizes = sizes * (0.78 + 0.22 * np.cos(2 * phase))
        return tubes(paths, ups, sizes, sizes, "plain")
    return tubes(paths, ups, sizes, 0.75 * sizes, section)
