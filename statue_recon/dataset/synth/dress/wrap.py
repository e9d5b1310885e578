"""How far from the line of the body its skin is, and cloth that is wrapped about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ....mesh.mesh import Mesh
from ....render.rays import Rays
from ..human.figure import Figure
from .axis import Axis

ANGLES = 128
_FAR = 0.75  # metres from the line where the search for the skin begins
_NEAR = 0.42  # the same round a lap: what is further off there is the other leg, not what cloth lies on
_SURE = 0.93  # of the radius where planes meet that cloth may have
ARMS = ("Arm", "ForeArm", "Hand")


@dataclass(frozen=True)
class Wrap:
    """A body as seen from its line."""

    axis: Axis
    angles: NDArray  # [A] radians, −π … π
    skin: NDArray  # [K, A] metres from the line; 0 where there is no skin

    def hull(self, tightness: float = 1.0, fall: tuple[float, float] | None = None, slope: float = 0.05) -> NDArray:
        """[K, A] where cloth lies that bridges the hollows of every plane: 1 taut as a string … 0 on the skin.

        fall: from, to metres down: there cloth hangs from what stands out above, receding by `slope` at most.
        """
        # A far leg is a few rays wide: spread, so that smoothing does not eat it.
        skin = ndimage.maximum_filter1d(self.skin, 3, axis=1, mode="wrap")
        taut = skin + tightness * (_convex(skin, self.angles) - skin)
        down = self.axis.down
        if fall is not None:
            first, last = np.searchsorted(down, fall)
            for row in range(first + 1, min(last, len(down))):
                taut[row] = np.maximum(taut[row], taut[row - 1] - slope * (down[row] - down[row - 1]))
        smooth = ndimage.gaussian_filter(taut, (1.5, 1.2), mode=("nearest", "wrap"))
        return np.minimum(smooth, _SURE * self.axis.most(self.angles))

    def at(self, field: NDArray, down: NDArray, angle: NDArray) -> NDArray[np.float64]:
        """A field [K, A] of the wrap where a grid of places lies."""
        rows = np.interp(down, self.axis.down, np.arange(len(self.axis.down)))
        columns = (angle - self.angles[0]) / (self.angles[1] - self.angles[0]) % ANGLES
        places = np.stack([rows.ravel(), columns.ravel()])
        # One column more, so that what lies between the last and the first is between them.
        padded = np.concatenate([field, field[:, :1]], axis=1)
        return ndimage.map_coordinates(padded, places, order=1, mode="nearest").reshape(down.shape)


def wrapped(figure: Figure, axis: Axis, covered: tuple[str, ...] = ()) -> Wrap:
    """The body round a line. Arms, hands, feet and head do not count, but for bones named in `covered` ("LeftArm")."""
    far = _NEAR if axis.bends.any() else _FAR
    angles = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    down, angle = np.broadcast_arrays(axis.down[:, None], angles[None])
    rays = axis.rays(down, angle).reshape(-1, 3)
    outside = axis.points(down, angle, np.full(down.shape, far)).reshape(-1, 3)
    hits = Rays(clothed(figure, covered)).hits(outside, -rays, far)
    skin = np.where(np.isfinite(hits.distances), far - hits.distances, 0.0).reshape(down.shape)
    return Wrap(axis, angles, np.maximum(skin, 0.0))


def clothed(figure: Figure, covered: tuple[str, ...]) -> Mesh:
    """The triangles of the body that cloth can lie on."""
    anatomy = figure.anatomy
    bare = [f"{side}{bone}" for side in ("Left", "Right") for bone in ARMS] + ["Head"]
    names = anatomy.bone_names
    ends = [names.index(name) for name in bare if name not in covered]
    ends += [k for k, name in enumerate(names) if "Toe" in name or ("Hand" in name and name[-1].isdigit())]
    ends += [k for k, name in enumerate(names) if name.endswith("Foot")]
    free = anatomy.weights[:, ends].sum(axis=1) < 0.5
    faces = anatomy.faces["body"]
    faces = faces[free[faces].all(axis=1)]
    used, corners = np.unique(faces, return_inverse=True)
    return Mesh(figure.vertices[used], corners.reshape(-1, 3).astype(np.int32))


def _convex(radii: NDArray, angles: NDArray) -> NDArray[np.float64]:
    """[K, A] the convex hull of closed outlines given by their radii [K, A] about a point inside."""
    between = np.cos(angles[:, None] - angles[None])  # [direction, angle]
    reach = np.max(radii[:, None, :] * between[None], axis=2)  # how far each outline goes in each direction
    ahead = np.where(between > 0.05, between, np.nan)
    with np.errstate(invalid="ignore"):
        return np.nanmin(np.maximum(reach, 1e-3)[:, :, None] / ahead[None], axis=1)
