"""Where the cameras stand.

An object is brought into a frame of its own first: its bounding box centred at the origin, its longest side 0.8 metres.
All cameras look at the origin. Azimuth and elevation as in `camera.py`: azimuth 0 is the front.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...camera import Camera

LONGEST_SIDE = 0.8  # metres, of the object's bounding box; One-2-3-45's, as are the next three
RADIUS = 1.2  # metres, from the camera to the origin
# Focal length as a share of the picture's shorter side: a lens of 35 mm on a sensor of 32 mm, 280 pixels of 256. The
# published script leaves Blender's sensor at 36 mm, and so renders another focal length than its cameras say.
FOCAL = 35.0 / 32.0
ROOM = 0.8  # of that, in the other layouts: with the whole of it the picture cuts off a bulky vessel's foot
NEIGHBOUR = 10.0  # degrees between a view and its neighbours

# The eight views of One-2-3-45, (azimuth, elevation), and what to add for the neighbours of each: above, below, and
# to both sides.
BASE = ((-60, 30), (30, 30), (120, 30), (-150, 30), (-30, 0), (60, 0), (150, 0), (-120, 0))
NEIGHBOURS = ((0, NEIGHBOUR), (0, -NEIGHBOUR), (-NEIGHBOUR, 0), (NEIGHBOUR, 0))

# Of the random views. From below a plinth hides its statue, and few photos are taken from far above.
LOWEST, HIGHEST = -15.0, 65.0  # degrees of elevation
NEAREST, FARTHEST = 1.0, 2.4  # in RADIUS; the focal length grows with it, so the object keeps its size

LAYOUTS = ("one2345", "random", "orbit")


@dataclass(frozen=True)
class View:
    """A picture to be taken of an object in the frame above."""

    name: str  # such as view_0, or view_0_3: the fourth neighbour of view_0
    azimuth: float  # degrees
    elevation: float  # degrees
    distance: float  # metres, from the origin
    camera: Camera


def views(
    layout: str, count: int, width: int, height: int, chance: random.Random, elevation: float = 15.0
) -> list[View]:
    """The views of an object.

    layout: "one2345" (40 views: `count`, `chance` and `elevation` mean nothing to it), "random" (`count` views, even
    over the band of the sphere that photographers stand on, from near by with a wide lens to far away with a long one)
    or "orbit" (`count` views at even steps around, at one elevation in degrees, beginning at the front).
    """
    make: dict[str, Callable[[], list[View]]] = {
        "one2345": lambda: one2345(width, height),
        "random": lambda: [_random(f"view_{number:03d}", width, height, chance) for number in range(count)],
        "orbit": lambda: [
            _view(f"view_{number:03d}", 360.0 * number / count, elevation, width, height, room=ROOM)
            for number in range(count)
        ],
    }
    return make[layout]()


def one2345(width: int = 256, height: int = 256) -> list[View]:
    """The 40 views of One-2-3-45's training set: each of the eight, followed by its four neighbours."""
    found = []
    for number, (azimuth, elevation) in enumerate(BASE):
        found.append(_view(f"view_{number}", azimuth, elevation, width, height))
        for side, (turn, lift) in enumerate(NEIGHBOURS):
            found.append(_view(f"view_{number}_{side}", azimuth + turn, elevation + lift, width, height))
    return found


def depth_range(distance: float) -> tuple[float, float]:
    """Between which depths, in metres, an object in the frame above lies however it is turned.

    0.7 m to both sides of the origin: half the diagonal of a cube of 0.8 m is 0.693 m.
    """
    reach = 0.875 * LONGEST_SIDE
    return max(distance - reach, 0.0), distance + reach


def _random(name: str, width: int, height: int, chance: random.Random) -> View:
    low, high = np.sin(np.radians([LOWEST, HIGHEST]))
    azimuth = chance.uniform(-180.0, 180.0)
    elevation = float(np.degrees(np.arcsin(chance.uniform(low, high))))
    farther = NEAREST * (FARTHEST / NEAREST) ** chance.random()
    return _view(name, azimuth, elevation, width, height, farther, ROOM)


def _view(
    name: str, azimuth: float, elevation: float, width: int, height: int, farther: float = 1.0, room: float = 1.0
) -> View:
    distance, focal = farther * RADIUS, farther * room * FOCAL * min(width, height)
    camera = Camera.orbit(azimuth, elevation, distance, width, height, focal)
    return View(name, float(azimuth), float(elevation), distance, camera)
