"""How locks lie on the skull: where they are rooted, which way they grow, how they curl, rise and taper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from .locks import tubes
from .scalp import Scalp, towards, unit

Flow = Callable[[NDArray], NDArray]  # directions [N, 3] → ways [N, 3] the hair grows there
_CORE = 0.05  # metres from the centre where the cap closes inside the head
_GOLDEN = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class Growth:
    """Locks of one kind; metres for a head of nature's size."""

    length: float = 0.042
    width: float = 0.017
    thickness: float = 0.013
    lift: float = 0.006  # by which the tip stands higher than the root: rows overlap as tiles do
    arch: float = 0.0  # by which its middle stands out further: hair that rises before it falls
    base: float = 0.002  # height of the root above the skull
    bend: float = 60.0  # degrees a lock turns aside on its way, in one curve
    hook: float = 60.0  # degrees the tip curls up further
    wave: float = 0.0  # degrees it swings to and fro, in an S
    stray: float = 20.0  # degrees by which locks leave the flow, at random
    sides: float = 0.5  # share of locks that turn to their left
    spacing: float = 0.75  # between neighbours, in widths
    overlap: float = 0.5  # of its length between a lock and the next one below
    section: str = "one groove"
    rings: int = 9

    def coarser(self, times: float) -> Growth:
        """The same hair in fewer, bolder locks."""
        lift, arch = self.lift * times**0.5, self.arch * times**0.5
        thickness, length = self.thickness * times**0.7, self.length * times**0.6
        return replace(self, width=self.width * times, thickness=thickness, length=length, lift=lift, arch=arch)


def scattered(spacing: float, pole: NDArray, rng: np.random.Generator, jitter: float = 0.3) -> NDArray:
    """Directions [N, 3] spread evenly, `spacing` radians apart, in spirals around a pole [3]."""
    count = int(4 * np.pi / spacing**2)
    height = 1 - 2 * (np.arange(count) + 0.5) / count
    angle = _GOLDEN * np.arange(count) + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - height**2)
    around = np.stack([flat * np.cos(angle), flat * np.sin(angle), height], axis=-1)
    aside = unit(np.cross(pole, (0.0, 1.0, 0.1)))
    around = around @ np.stack([aside, np.cross(pole, aside), pole])
    return unit(around + jitter * spacing * rng.normal(size=around.shape) * 0.6)


def from_whorl(whorl: NDArray, twist: float = 0.0) -> Flow:
    """Hair that grows away from a point of the crown [3], turning about it by `twist` degrees near it."""

    def flow(directions: NDArray) -> NDArray:
        away = unit(directions * (directions @ whorl)[:, None] - whorl)
        turn = np.radians(twist) * np.exp(-2 * np.arccos(np.clip(directions @ whorl, -1, 1)))[:, None]
        return away * np.cos(turn) + np.cross(directions, away) * np.sin(turn)

    return flow


def grown(
    scalp: Scalp, roots: NDArray, flow: Flow, growth: Growth, rng: np.random.Generator, sides: NDArray | None = None
) -> Mesh:
    """Locks from roots [N, 3] along the flow; sides [N] ±1 says which way each bends."""
    growth, count, size = growth.coarser(scalp.coarse), len(roots), scalp.size
    if sides is None:
        sides = np.where(rng.random(count) < growth.sides, 1.0, -1.0)
    stray = np.radians(growth.stray) * rng.normal(size=count)
    lengths = size * growth.length * rng.uniform(0.8, 1.2, count)
    vigour = rng.uniform(0.7, 1.3, count)

    def heading(here: NDArray, share: float) -> NDArray:
        way, normal = unit(flow(here)), scalp.outward(here)
        aside = growth.bend * (share - 0.5) + growth.hook * max(share - 0.5, 0) ** 2 * 4
        aside += growth.wave * np.cos(2 * np.pi * share)
        angle = (stray + sides * vigour * np.radians(aside))[:, None]
        return way * np.cos(angle) + np.cross(normal, way) * np.sin(angle)

    directions, _ = scalp.walk(roots, heading, lengths, growth.rings)
    share = np.linspace(0, 1, growth.rings)
    profile = growth.base + growth.lift * np.sin(np.pi / 2 * share**0.8) + growth.arch * np.sin(np.pi * share)
    height = size * profile * np.ones((count, 1))
    height *= rng.uniform(0.6, 1.4, count)[:, None]
    bulk = size * rng.uniform(0.85, 1.15, count)[:, None] * taper(share)
    paths = scalp.at(directions, height)
    outward = scalp.outward(directions)
    return tubes(paths, outward, growth.width * bulk, growth.thickness * bulk**0.9, growth.section)


def taper(share: NDArray, root: float = 0.55, tip: float = 0.16, fullest: float = 0.4) -> NDArray:
    """How thick a lock is along its way, as a share of its greatest width: swelling, then running to a point."""
    rise = root + (1 - root) * np.sin(np.pi / 2 * np.clip(share / fullest, 0, 1))
    fall = np.cos(np.pi / 2 * np.clip((share - fullest) / (1 - fullest), 0, 1) ** 1.5)
    return rise * (tip + (1 - tip) * fall)


def roots_of(scalp: Scalp, growth: Growth, whorl: NDArray, rng: np.random.Generator, margin: float = 2.0) -> NDArray:
    """Where the locks of a head of hair are rooted [N, 3], `margin` degrees inside the hairline."""
    growth = growth.coarser(scalp.coarse)
    area = growth.spacing * growth.width * growth.overlap * growth.length
    roots = scattered(np.sqrt(area) / 0.095, whorl, rng)
    return roots[scalp.inside_hairline(roots) > margin]


def cap(scalp: Scalp, thickness: float, outline: NDArray | None = None) -> Mesh:
    """What lies under the locks: the hairy part of the skull, thickened."""
    azimuths, elevations = np.arange(0, 360, 4.0), np.arange(-86, 90, 4.0)
    directions = towards(azimuths[None, :], elevations[:, None])
    share = np.clip(scalp.inside(scalp.hairline if outline is None else outline, directions) / 6.0, -1, 1)
    height = np.where(share > 0, thickness * np.sqrt(np.clip(share, 0, 1)), 0.02 * share) * scalp.size
    places = scalp.at(directions, height)
    radius = np.linalg.norm(places, axis=-1, keepdims=True)
    places *= np.where(share <= -1, np.minimum(_CORE * scalp.size / radius[..., 0], 1), 1)[..., None]
    return star(places)


def star(places: NDArray) -> Mesh:
    """A closed surface through places [R, C, 3] on rings around Z from bottom to top, C of them anticlockwise."""
    rings, around = places.shape[:2]
    ring, k = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b = ring * around + k, ring * around + (k + 1) % around
    walls = np.concatenate([np.stack([a, b, b + around], -1), np.stack([a, b + around, a + around], -1)])
    first, last, n = rings * around, rings * around + 1, np.arange(around)
    upper = (rings - 1) * around
    low = np.stack([(n + 1) % around, n, np.full(around, first)], -1)
    high = np.stack([upper + n, upper + (n + 1) % around, np.full(around, last)], -1)
    vertices = np.concatenate([places.reshape(-1, 3), places[[0, -1]].mean(axis=1)])
    return Mesh(vertices.astype(np.float32), np.concatenate([walls.reshape(-1, 3), low, high]).astype(np.int32))
