"""Cloth before it falls: sheets laid round the figure or spread above it, with what holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ....mesh.mesh import Mesh
from .fitting import Fitting
from .folds import garlands, smooth
from .wrap import clothed

STITCH = 0.022  # metres between the sheet's vertices
_SLACK = 0.045  # metres that the sheet is away from the body at first
_AT_THE_EDGE = 0.012  # the same where it is held
_BOW = 0.16  # metres: what a radian round the body counts as
_WAVES = 0.030  # metres by which it waves: what cloth there is to fall into folds
_SWAGS = 2.8  # folds for each sag of 0.3 metres
_BELLY = 0.11  # metres before the hips' joints where a lap begins
_BEYOND_KNEES = 0.06  # metres on either side of them that the lap's cloth is held
_THICK = 0.016  # metres of the cloth in stone


@dataclass(frozen=True)
class Sheet:
    """A grid of vertices and how firmly each is held."""

    places: NDArray  # [N, M, 3]
    pins: NDArray  # [N, M] 0 free … 1 held
    closed: bool  # whether the last column is sewn to the first
    body: Mesh  # what it falls on

    def quads(self) -> NDArray[np.int32]:
        index = self._indices()
        corners = (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:])
        return np.stack(corners, axis=-1).reshape(-1, 4).astype(np.int32)

    def solid(self, places: NDArray) -> Mesh:
        """The closed surface of the fallen sheet [N · M, 3] as thick cloth, its finest wrinkles smoothed."""
        grid = places.reshape(self.places.shape).astype(np.float64)
        mode = ("nearest", "wrap" if self.closed else "nearest")
        grid = np.stack([ndimage.gaussian_filter(grid[..., k], 0.7, mode=mode) for k in range(3)], axis=-1)
        flat = Mesh(grid.reshape(-1, 3).astype(np.float32), _triangles(self.quads()))
        normals = flat.normals.reshape(grid.shape)
        return shell(grid + _THICK / 2 * normals, grid - _THICK / 2 * normals, self._indices())

    def _indices(self) -> NDArray:
        rows, columns = self.places.shape[:2]
        index = np.arange(rows * columns).reshape(rows, columns)
        return np.concatenate([index, index[:, :1]], axis=1) if self.closed else index


def shell(outside: NDArray, inside: NDArray, index: NDArray) -> Mesh:
    """The closed surface between two grids of points [N, M, 3]; index [N, M or M + 1]: the grid's vertices, the first
    column again at the end where it is closed."""
    back = index + outside.shape[0] * outside.shape[1]
    strips = [index, back[:, ::-1], np.stack([back[0], index[0]]), np.stack([index[-1], back[-1]])]
    if index.shape[1] == outside.shape[1]:
        strips += [np.stack([index[:, 0], back[:, 0]])[:, ::1], np.stack([back[:, -1], index[:, -1]])]
    quads = [np.stack([s[:-1, :-1], s[1:, :-1], s[1:, 1:], s[:-1, 1:]], axis=-1).reshape(-1, 4) for s in strips]
    points = np.concatenate([outside.reshape(-1, 3), inside.reshape(-1, 3)])
    return Mesh(points.astype(np.float32), _triangles(np.concatenate(quads)))


def _triangles(quads: NDArray) -> NDArray[np.int32]:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)


def _around(
    fit: Fitting,
    top: NDArray,
    hem: NDArray,
    turn: NDArray,
    pins: NDArray,
    covered: tuple[str, ...],
    closed: bool,
    waves: int,
    swags: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Sheet:  # fmt: skip
    """A sheet wound about the figure between two edges [M] at angles towards the draped side [M]."""
    rows = max(int(float(np.max(hem - top)) / STITCH), 6)
    share = np.linspace(0, 1, rows)[:, None] * np.ones(len(turn))
    down = top + share * (hem - top)
    angle = fit.side * np.broadcast_to(turn, down.shape)
    hull = fit.wrap(*covered).hull(1.0, (float(np.min(top)), float(np.max(hem))), 0.05)
    hull = fit.wrap(*covered).at(hull, down, angle)
    wave = _waves(fit.rng, turn, share, waves)
    if swags is not None:
        hold, end = swags
        x = ((np.broadcast_to(turn, down.shape) - (hold[0] + end[0]) / 2 + np.pi) % (2 * np.pi) - np.pi) * _BOW
        span = abs(hold[0] - end[0]) / 2 * _BOW
        phase, way = garlands(x, down, (-span, end[1]), (span, hold[1]), 0.3)
        uneven = phase + 0.12 * np.sin(3.1 * phase + fit.rng.uniform(0, 6.3)) + 0.05 * np.sin(7.7 * phase + 2 * x)
        across = np.where(way > 0, np.sin(2 * np.pi * _SWAGS * uneven) * smooth(way / 0.3), 0.0)
        wave = 0.35 * wave + 0.9 * across
    held_near = smooth(share / 0.2)  # at its edge it lies on the body
    radius = hull + _AT_THE_EDGE + held_near * (_SLACK - _AT_THE_EDGE) + _WAVES * (0.12 + 0.88 * held_near) * wave
    places = fit.axis.points(down, angle, np.maximum(radius, 0.03))
    if fit.side < 0:  # the same way round for both sides, so that normals look outwards
        places, pins = places[:, ::-1], pins[::-1]
    held = np.zeros(share.shape)
    held[0] = pins
    names = tuple(fit.bone(name) for name in covered)
    return Sheet(places, held, closed, clothed(fit.figure, names))


def _waves(rng: np.random.Generator, turn: NDArray, share: NDArray, count: int) -> NDArray[np.float64]:
    """[N, M] about −1 … 1: as many upright waves as `count`, of uneven lengths, that wander downwards."""
    warp = turn + 0.35 * np.sin(turn + rng.uniform(0, 6.3)) + 0.25 * np.sin(2 * turn + rng.uniform(0, 6.3))
    total = np.zeros(share.shape)
    for k in (count - 3, count, count + 4, count + 9):
        total += rng.uniform(0.25, 0.8) * np.sin(k * warp + rng.uniform(0, 6.3) + rng.normal(0, 0.8) * share)
    return total


def _columns(first: float, last: float, closed: bool) -> NDArray[np.float64]:
    count = int((last - first) * 0.24 / STITCH)
    return np.linspace(first, last, count, endpoint=not closed)


def mantle(fit: Fitting) -> Sheet:
    """Held on one shoulder, drawn under the other arm."""
    turn = _columns(-np.pi, np.pi, True)
    low = fit.waist + 0.02
    top = (low - 0.13) / 2 - (low + 0.13) / 2 * np.cos(turn - 1.35)
    hem = fit.knees + 0.24 + 0.05 * np.cos(turn + 0.5)
    away = np.abs((turn - 1.35 + np.pi) % (2 * np.pi) - np.pi)
    pins = np.where(away < 0.7, 1.0, 0.35)
    return _around(fit, top, hem, turn, pins, ("near Arm",), True, 7, ((1.25, 0.02), (-2.2, low)))


def skirts(fit: Fitting) -> Sheet:
    """Held by a belt; what is above it is carved."""
    turn = _columns(-np.pi, np.pi, True)
    flat = np.zeros(len(turn))
    return _around(fit, flat + fit.waist, flat + fit.floor, turn, flat + 1.0, (), True, 11)


def slung_skirt(fit: Fitting) -> Sheet:
    """Held at the hips, the trunk bare."""
    turn = _columns(-np.pi, np.pi, True)
    top = fit.hips - 0.07 - 0.04 * np.cos(turn - 1.2)
    hem = fit.knees + 0.3 + 0.05 * np.cos(turn - 0.4)
    swags = ((0.9, float(top.mean())), (-2.3, float(top.mean()) + 0.04))
    return _around(fit, top, np.minimum(hem, fit.floor), turn, np.ones(len(turn)), (), True, 8, swags)


def cape(fit: Fitting) -> Sheet:
    """Held at the shoulders, down the back."""
    turn = _columns(0.5, 2 * np.pi - 1.1, False)
    top = np.interp(np.abs(turn - np.pi), [0, 1.0, 1.6, 2.1, 2.7], [-0.10, -0.13, -0.15, -0.12, -0.06])
    hem = np.full(len(turn), fit.hips + 0.85 * (fit.knees - fit.hips))
    return _around(fit, top, hem, turn, np.ones(len(turn)), ("near Arm",), False, 9)


def over_lap(fit: Fitting) -> Sheet:
    """Spread over the thighs of one who sits; nothing holds it."""
    joints = fit.figure.joints
    hips = (joints["LeftUpLeg"] + joints["RightUpLeg"]) / 2
    knees = (joints["LeftLeg"] + joints["RightLeg"]) / 2
    ahead = knees - hips
    ahead[2] = 0
    ahead /= np.linalg.norm(ahead)
    aside = np.array([-ahead[1], ahead[0], 0.0])
    rise = max(joints["LeftLeg"][2], joints["RightLeg"][2], hips[2]) + 0.13
    apart = float(np.linalg.norm(joints["LeftLeg"] - joints["RightLeg"]))
    half = apart / 2 + 0.38
    across = np.arange(-half, half, STITCH)
    forward = np.arange(_BELLY, 1.0, STITCH)
    v, u = np.meshgrid(forward, across, indexing="ij")
    wave = 0.025 * np.sin(9 * u + fit.rng.uniform(0, 6)) + 0.02 * np.sin(14 * u + 5 * v + fit.rng.uniform(0, 6))
    places = hips * [1, 1, 0] + u[..., None] * aside + v[..., None] * ahead + (rise + wave)[..., None] * [0, 0, 1]
    pins = np.zeros(u.shape)
    pins[0] = np.where(np.abs(across) < apart / 2 + _BEYOND_KNEES, 0.8, 0.0)
    return Sheet(places, pins, False, clothed(fit.figure, ()))
