"""A shape as a few numbers that stay the same when it is moved, turned, scaled, mirrored or meshed anew.

Energies of spherical harmonics on soft shells around the centre (Kazhdan, Funkhouser and Rusinkiewicz 2003), taken of
points spread over the surface instead of voxels, beside the histogram of the distances between two points (Osada et
al. 2002). Lengths are in the root mean square radius of the surface, which hardly feels a single spike as a bounding
box does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import sph_harm_y

from ...evaluate.sample import spread
from ...mesh.mesh import Mesh

POINTS = 4096
SHELLS = np.linspace(0.3, 1.9, 8)  # radii, in the root mean square radius
_WIDTH = 0.23  # of a shell: as far as to the next one, so that nothing falls between
DEGREES = 9  # of the harmonics, 0 … 8
BINS = 32  # of the distances between two points …
_LONGEST = 3.5  # … up to this
SIZE = len(SHELLS) * DEGREES + BINS  # numbers in a description


def describe(mesh: Mesh) -> NDArray[np.float16]:
    """The description [SIZE] of a mesh that has some area; the distance between two of them says how they differ."""
    points = spread(mesh, POINTS, seed=0).places
    points = points - points.mean(axis=0)
    radius = np.linalg.norm(points, axis=1)
    size = np.sqrt((radius**2).mean())
    return np.concatenate([_energies(points, radius, size), _distances(points / size)]).astype(np.float16)


def _energies(points: NDArray, radius: NDArray, size: float) -> NDArray[np.float64]:
    """[SHELLS · DEGREES] how strong each degree of harmonics is on each shell; a rotation leaves that as it is."""
    nearness = np.exp(-0.5 * ((radius[:, None] / size - SHELLS) / _WIDTH) ** 2)  # [N, SHELLS]
    polar = np.arccos(np.clip(points[:, 2] / np.maximum(radius, 1e-30), -1.0, 1.0))
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    energies = np.empty((len(SHELLS), DEGREES))
    for degree in range(DEGREES):
        orders = np.arange(degree + 1)
        waves = sph_harm_y(degree, orders, polar[:, None], azimuth[:, None])  # [N, orders]
        strength = np.abs(nearness.T @ waves / len(points)) ** 2
        energies[:, degree] = np.sqrt(strength[:, 0] + 2.0 * strength[:, 1:].sum(axis=1))  # ±order are as strong
    return energies.ravel()


def _distances(points: NDArray) -> NDArray[np.float64]:
    """[BINS] the shares of pairs of points at each distance."""
    some = np.random.default_rng(0).permutation(len(points))
    apart = [np.linalg.norm(points[some] - points[np.roll(some, step)], axis=1) for step in range(1, 17)]
    counts, _ = np.histogram(np.concatenate(apart), bins=BINS, range=(0.0, _LONGEST))
    return counts / (16 * len(points))
