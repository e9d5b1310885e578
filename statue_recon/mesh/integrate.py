"""From normals to depth, with the cliffs between near and far parts left standing.

Bilateral normal integration (Cao, Santo, Shi, Okura, Matsushita: Bilateral Normal Integration, ECCV 2022) in the
perspective case, with one addition: a known depth to which the answer is tied, more or less firmly from pixel to pixel.

A pixel whose ray is r = ((u − cx)/fx, (v − cy)/fy, 1) shows the point z·r. With w = log z, a normal n that is
perpendicular to the surface along the row and along the column asks for

    fx (n·r) ∂w/∂u + n_x = 0          fy (n·r) ∂w/∂v + n_y = 0

to the left and to the right, above and below. Of two such neighbours the one over which depth changes less is believed,
by a sigmoid of the difference of squared changes: on a smooth surface they are alike, and at a cliff only one of them
is on the same surface. The weights and the depths are found in turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..camera import Camera
from ..photo.multigrid import solve, spread

SHARPNESS = 2.0  # k of the paper: at a difference of one pixel² the weights are 0.88 and 0.12
TURNS = 10  # of weights and depths, at most; the energy then changes in its third digit
ENOUGH = 2e-3  # share of the energy a turn must gain for another one to follow
STEEPEST = 0.05  # cosine between surface and line of sight; normals seen flatter than that say nothing about depth

Map = NDArray[np.float32]
Pair = tuple[Map, Map]  # something of the columns and of the rows, or between neighbours in them: [H, W−1], [H−1, W]


@dataclass(frozen=True)
class _Equations:
    """What a normal map asks: along · (difference of two neighbours) = rise, as firmly as it is believed.

    The unknown is log z · √(fx fy): what a step in depth would measure on the picture, in pixels.
    """

    along: Pair  # [H, W] each: n·r
    rise: Pair  # [H, W] each: −n_x, −n_y
    belief: Map  # [H, W] 0 where there is no surface


def integrate(
    normals: NDArray, mask: NDArray, camera: Camera, depth: NDArray, anchor: NDArray, confidence: NDArray
) -> Map:
    """The depth [H, W] whose surface has these normals, tied to `depth`; outside of the mask it is `depth`.

    normals [H, W, 3] unit, in the camera's frame, towards the camera where n_z < 0; mask [H, W] bool; depth [H, W]
    world units, positive within the mask; confidence [H, W] 0 … 1, of each normal. anchor [H, W] is in pixels⁻²:
    1 / L² lets shapes of up to about 2 L pixels follow the normals and keeps larger ones as `depth` has them.
    """
    mask = np.asarray(mask, dtype=bool)
    if not mask.any():
        return np.asarray(depth, dtype=np.float32).copy()
    scale = float(np.sqrt(camera.fx * camera.fy))
    middle = float(np.median(depth[mask]))
    known = (scale * np.log(np.where(mask, depth, middle) / middle)).astype(np.float32)
    asked = _equations(np.asarray(normals, dtype=np.float32), mask, camera, confidence)
    tied = np.where(mask, anchor, 0.0).astype(np.float32)
    pairs = mask[:, 1:] & mask[:, :-1], mask[1:] & mask[:-1]
    found, before = known, np.inf
    for _ in range(TURNS):
        strength, flow, energy = _weighted(asked, pairs, found)
        energy += float((tied * (found - known) ** 2).sum(dtype=np.float64))
        if before - energy < ENOUGH * before:
            break
        before = energy
        lacking = tied * (known - found)
        spread(
            lacking, (flow[0] - strength[0] * np.diff(found, axis=1), flow[1] - strength[1] * np.diff(found, axis=0))
        )
        found = found + solve(strength, tied, lacking)
    return np.where(mask, middle * np.exp(found / scale), depth).astype(np.float32)


def _equations(normals: Map, mask: NDArray, camera: Camera, confidence: NDArray) -> _Equations:
    height, width = mask.shape
    right = ((np.arange(width) + 0.5 - camera.cx) / camera.fx).astype(np.float32)
    down = ((np.arange(height) + 0.5 - camera.cy) / camera.fy).astype(np.float32)[:, None]
    towards = normals[..., 0] * right + normals[..., 1] * down + normals[..., 2]
    believed = mask & (towards < -STEEPEST * np.sqrt(right**2 + down**2 + 1.0))
    belief = np.where(believed, confidence, 0.0).astype(np.float32)
    stretch = np.float32(np.sqrt(camera.fx / camera.fy))  # 1 where pixels are square
    return _Equations((towards * stretch, towards / stretch), (-normals[..., 0], -normals[..., 1]), belief)


def _weighted(asked: _Equations, pairs: tuple[NDArray, NDArray], found: Map) -> tuple[Pair, Pair, float]:
    """The equations of both ends of every pair of neighbours, with their bilateral weights.

    Returns the sums over both ends of coefficient² and of coefficient · rise, each for columns and rows, and the
    energy.
    """
    sums, energy = [], 0.0
    for axis in (0, 1):
        # The rows' turn is the columns' on a picture that lies on its side.
        upright = (asked.along[axis], asked.rise[axis], asked.belief, pairs[axis], found)
        along, rise, belief, pair, depth = upright if axis == 0 else (values.T for values in upright)
        change = np.where(pair, np.diff(depth, axis=1), np.float32(0.0))
        behind, ahead = (along * np.pad(change, ((0, 0), side)) for side in ((1, 0), (0, 1)))
        share = belief * expit(SHARPNESS * (behind**2 - ahead**2))
        strength, flow = np.zeros_like(change), np.zeros_like(change)
        for end, weight in ((np.s_[:, :-1], share), (np.s_[:, 1:], belief - share)):
            weight = np.where(pair, weight[end], np.float32(0.0))
            strength += weight * along[end] ** 2
            flow += weight * along[end] * rise[end]
            energy += float((weight * (along[end] * change - rise[end]) ** 2).sum(dtype=np.float64))
        sums.append((strength, flow) if axis == 0 else (strength.T.copy(), flow.T.copy()))
    return (sums[0][0], sums[1][0]), (sums[0][1], sums[1][1]), energy
