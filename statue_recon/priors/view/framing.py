"""Where new views are taken from, and what of the world they show: all that a caller with one photo can know.

            photo                         from above                          seen from the side
       ┌────────────┐                                                   ╲
       │   ┌────┐   │  side          ● photo  (azimuth 0)                 ● new view
       │   │ ☺  │   │  = ROOM ×     ╱│╲                                    ╲      lift
       │   │/│\\ │   │  the longer    │ │ distance                     ●─────╲───┐
       │   └────┘   │  side of the   │ ▼                              photo     ╲ │
       └────────────┘  mask's box    target ──────● new view, azimuth 90°        target

The *target* is what lies behind the middle of the mask's box, as deep as the statue's expected place, the origin. All
views aim at it, upright, from the photo's distance (times e^farther), through a lens that shows as much of the plane
around the target as the photo's window does. So the view of the pose 0 is the photo's window itself; and all views of
one photo, whatever they show, are pictures of one place in the world: they can be reconstructed from.

The window is a fourth wider than the statue in the photo: of 100 pairs of views, 93 show the statue whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...camera import Camera

SIZE = 64  # pixels of a side of every window and view
ROOM = 1.25  # sides of a window in longer sides of the mask's box
POSE = 7  # numbers that tell the network of a pose, see `pose_numbers`


@dataclass(frozen=True)
class Pose:
    """How to walk from where the photo was taken to where a new view is."""

    azimuth: float = 0.0  # degrees, anticlockwise around the statue as seen from above: 90 shows the photo's right side
    lift: float = 0.0  # degrees by which the camera's elevation grows: Zero123's −Δpolar
    farther: float = 0.0  # logarithm of the new distance in the photo's: Zero123's Δr in such units


@dataclass(frozen=True)
class PhotoWindow:
    """The part of a photo that the view prior looks at, a square around the statue."""

    rgb: NDArray[np.float32]  # [SIZE, SIZE, 3] sRGB 0 … 1, without meaning where alpha is 0
    alpha: NDArray[np.float32]  # [SIZE, SIZE] 0 … 1
    spread: float  # tangent of half the angle that the window shows


@dataclass(frozen=True)
class Framing:
    """Where a photo's window lies in the world, and with it all new views of that photo."""

    target: tuple[float, float, float]
    azimuth: float  # degrees, of the photo's camera around the target
    elevation: float  # degrees
    distance: float  # world units
    spread: float  # as in PhotoWindow

    def camera(self, pose: Pose, size: int = SIZE) -> Camera:
        """The camera of a new view, of size × size pixels."""
        return Camera.orbit(
            self.azimuth + pose.azimuth,
            self.elevation + pose.lift,
            self.distance * float(np.exp(pose.farther)),
            size,
            size,
            size / 2 / self.spread,
            self.target,
        )

    def pose(self, camera: Camera) -> Pose:
        """How to get to a camera that aims at the target; its lens plays no part."""
        azimuth, elevation, distance = camera.angles(self.target)
        turn = (azimuth - self.azimuth + 180.0) % 360.0 - 180.0
        return Pose(turn, elevation - self.elevation, float(np.log(distance / self.distance)))


def framed(camera: Camera, box: tuple[float, float, float, float], depth: float) -> tuple[Camera, Framing]:
    """The window around a box in a photo, and where new views of what is in it are taken from.

    camera: the photo's; box: what the statue covers of it, in pixels: left, top, right, bottom; depth: of the statue's
    expected place along the camera's axis, world units. The window keeps the photo's rays, so the camera it is returned
    as may see the target beside its axis.
    """
    left, top, right, bottom = box
    side = ROOM * max(right - left, bottom - top)
    u, v = (left + right) / 2, (top + bottom) / 2
    part = camera.cropped(u - side / 2, v - side / 2, SIZE, SIZE)
    finer = SIZE / side
    window = replace(part, fx=part.fx * finer, fy=part.fy * finer, cx=part.cx * finer, cy=part.cy * finer)
    across = np.array([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1.0])
    place = camera.position + depth * across @ camera.rotation
    target = float(place[0]), float(place[1]), float(place[2])
    azimuth, elevation, distance = camera.angles(target)
    spread = side / 2 / camera.fx * depth / distance
    return window, Framing(target, azimuth, elevation, distance, spread)


def pose_numbers(poses: Sequence[Pose], elevation: float | None, spread: float) -> Tensor:
    """[N, POSE] what the network is told: Δpolar, sin Δazimuth, cos Δazimuth and Δr, as Zero123 has them, angles in
    radians; then of the photo whether its elevation (degrees) is known, the sine of it, and the tangent `spread`.
    """
    walks = np.radians([[pose.azimuth, pose.lift] for pose in poses]).reshape(-1, 2)
    told = np.zeros((len(poses), POSE), np.float32)
    told[:, 0], told[:, 1], told[:, 2] = -walks[:, 1], np.sin(walks[:, 0]), np.cos(walks[:, 0])
    told[:, 3] = [pose.farther for pose in poses]
    if elevation is not None:
        told[:, 4], told[:, 5] = 1.0, np.sin(np.radians(elevation))
    told[:, 6] = spread
    return torch.from_numpy(told)


def turned_normals(normals: NDArray, camera: Camera) -> NDArray[np.float32]:
    """Normals [..., 3] of the world in the camera's frame: x right, y down, z away from the viewer."""
    return (normals @ camera.rotation.T).astype(np.float32)
