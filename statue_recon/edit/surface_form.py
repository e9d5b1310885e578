"""What the form of a statue says about its surface: where dirt lies, where hands rub, where rain falls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh
from ..render.rays import Rays
from ..texture.surface import Surface
from ..texture.texels import Texels
from .region_words import RULES, looked_at

SCALES = ((0.008, 0.4), (0.02, 0.35), (0.05, 0.25))  # of the size: how wide hollows are, and what they count for
MOST_ROUNDS = 160  # of averaging, for the widest
SHARP = 0.9  # quantile of the curvature that is a whole hollow or a whole edge
FAR = 0.3  # of the size: what is farther away hides nothing
DIRECTIONS = 96  # over the whole sphere, half of which each place looks into
FEW = 32  # of them, for a preview
BUSY = 0.03  # of the size: how far around a place its folds and curls are counted
FOLDED = 0.06  # of the size: how far around a place its folds are counted where dress is told from skin
DRESS = 0.55, 0.85  # quantiles of that, between which skin becomes dress
PART_BORDER = 0.004  # of the size: how soft the border between hair and skin is
AT_ONCE = 400_000  # rays: bounds the memory to about 40 MB


@dataclass(frozen=True)
class Spots:
    """Places of a surface, N of them, and what their surroundings are like."""

    points: NDArray[np.float32]  # [N, 3] engine's frame
    normals: NDArray[np.float32]  # [N, 3] of length 1
    hollow: NDArray[np.float32]  # [N] 0 flat or out … 1 deep in a fold
    edge: NDArray[np.float32]  # [N] 0 flat or in … 1 on a sharp ridge
    open: NDArray[np.float32]  # [N] share of the half space above that nothing hides
    sky: NDArray[np.float32]  # [N] 0 sheltered … 1 lies open to the rain
    busy: NDArray[np.float32]  # [N] 0 smooth like skin … 1 folds, curls
    detail: NDArray[np.float32]  # [N] how much lighter than its surroundings the texture is, logarithm of light
    hair: NDArray[np.float32]  # [N] 0 no hair … 1 hair or what is worn on it; 0 until somebody asks, see `parted`
    dress: NDArray[np.float32]  # [N] the same of clothes

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class Form:
    """The same at the vertices of a mesh, to be asked for any of its texels."""

    spots: Spots  # [V]; nothing is said of detail
    size: float  # longest side of the bounding box
    floor: float  # lowest and …
    height: float  # … how high it is, world units

    @classmethod
    def of(cls, mesh: Mesh, surface: Surface, device: str, directions: int = DIRECTIONS) -> Form:
        hollow, edge, busy = _relief(mesh, surface)
        free, sky = _light(mesh, surface, device, directions)
        nothing = np.zeros(len(mesh.vertices), np.float32)
        spots = Spots(mesh.vertices, mesh.normals, hollow, edge, free, sky, busy, nothing, nothing, nothing)
        floor, top = float(mesh.vertices[:, 2].min()), float(mesh.vertices[:, 2].max())
        return cls(spots, surface.size, floor, max(top - floor, 1e-9))

    def parted(self, mesh: Mesh, surface: Surface) -> Form:
        """The same with hair and dress told apart from skin: the head by our detector, clothes by their folds."""
        head, hair = (RULES[name](looked_at(mesh)) for name in ("head", "hair"))
        folded = surface.smoothed(self.spots.busy, surface.rounds_for(FOLDED * self.size, MOST_ROUNDS))
        low, high = np.quantile(folded, DRESS)
        dress = np.clip((folded - low) / max(float(high - low), 1e-6), 0, 1)
        none = np.zeros(len(mesh.vertices), bool)
        dress = dress * ~(none if head is None else head)
        rounds = surface.rounds_for(PART_BORDER * self.size, MOST_ROUNDS)
        soft = surface.smoothed(np.column_stack([none if hair is None else hair, dress]), rounds)
        return replace(self, spots=replace(self.spots, hair=soft[:, 0], dress=soft[:, 1]))

    def at(self, texels: Texels, detail: NDArray[np.float32]) -> Spots:
        """What it is like at texels, whose texture has this detail [N]."""
        its = self.spots
        plain = its.hollow, its.edge, its.open, its.sky, its.busy, its.hair, its.dress
        told = texels.of(np.column_stack([its.points, its.normals, *plain]))
        normals = told[:, 3:6] / np.maximum(np.linalg.norm(told[:, 3:6], axis=1, keepdims=True), 1e-9)
        hollow, edge, free, sky, busy, hair, dress = (np.ascontiguousarray(told[:, each]) for each in range(6, 13))
        points = np.ascontiguousarray(told[:, :3])
        return Spots(points, normals, hollow, edge, free, sky, busy, detail, hair, dress)


def _relief(mesh: Mesh, surface: Surface) -> tuple[NDArray, NDArray, NDArray]:
    """[V] hollows, edges and how busy the surface is."""
    places = mesh.vertices - mesh.vertices.mean(axis=0)
    bent, done, calm = np.zeros(len(places), np.float32), 0, places
    fine = bent
    for scale, share in SCALES:
        rounds = max(surface.rounds_for(scale * surface.size, MOST_ROUNDS), done + 2)
        calm = surface.smoothed(calm, rounds - done)
        done = rounds
        # What its surroundings' middle lies above is a hollow.
        depth = np.einsum("ij,ij->i", calm - places, mesh.normals)
        depth /= max(float(np.quantile(np.abs(depth), SHARP)), 1e-9)
        bent = bent + np.float32(share) * np.clip(depth, -1.5, 1.5).astype(np.float32)
        fine = np.abs(depth) if scale == SCALES[1][0] else fine
    busy = surface.smoothed(np.minimum(fine, 1.5), surface.rounds_for(BUSY * surface.size, MOST_ROUNDS))
    return np.clip(bent, 0, 1), np.clip(-bent, 0, 1), np.clip(busy, 0, 1)


def _light(mesh: Mesh, surface: Surface, device: str, directions: int) -> tuple[NDArray, NDArray]:
    """[V] how open each vertex lies, and how open to the sky."""
    rays, towards = Rays(mesh, device), _sphere(directions)
    starts = mesh.vertices + 2 * rays.bias * mesh.normals
    facing = (mesh.normals @ towards.T).astype(np.float32)  # [V, K]
    facing[facing < 0.05] = 0.0
    free = np.zeros_like(facing)
    index, which = np.nonzero(facing)
    for part in range(0, len(index), AT_ONCE):
        here, there = index[part : part + AT_ONCE], which[part : part + AT_ONCE]
        free[here, there] = rays.hits(starts[here], towards[there], FAR * surface.size).faces < 0
    amount = np.maximum(facing.sum(axis=1), 1e-6)
    up = np.maximum(towards[:, 2], 0.0)
    openness = (free * facing).sum(axis=1) / amount
    sky = (free * facing * up).sum(axis=1) / max(float((np.maximum(towards[:, 2], 0.0) ** 2).sum()), 1e-6)
    return surface.smoothed(openness, 2), np.clip(surface.smoothed(sky, 2), 0, 1)


def _sphere(count: int) -> NDArray[np.float32]:
    """[count, 3] directions, evenly spread (a Fibonacci spiral)."""
    step = np.arange(count) + 0.5
    up, turn = 1 - 2 * step / count, step * np.pi * (3 - 5**0.5)
    around = np.sqrt(1 - up**2)
    return np.stack([around * np.cos(turn), around * np.sin(turn), up], axis=1).astype(np.float32)
