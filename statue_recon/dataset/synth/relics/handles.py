"""What is set on a vessel: handles, rings, lugs, volutes, legs. Heights and reaches in shares of its height."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from .swept import mirrored, ring, swept, together
from .wheel import offset, radius_at, smooth_path


@dataclass(frozen=True)
class Wall:
    """The vessel the handles are set on, and how stout they are."""

    outline: NDArray  # [N, 2] metres
    height: float  # metres, what the shares are of
    stout: float  # metres: the thickness of a handle
    section: str  # of swept.SECTIONS

    def radius(self, share: float) -> float:
        """Metres, at a height in shares."""
        return radius_at(self.outline, share * self.height)

    def strap(self, path: ArrayLike, outward: ArrayLike, wide: float = 1.6) -> Mesh:
        """A handle along places [N, 3] in metres, thicker where it is set on."""
        places = smooth_path(path)
        t = np.linspace(-1, 1, len(places))
        swell = 1 + 0.35 * np.abs(t) ** 4
        return swept(places, wide * self.stout * swell, self.stout * swell, outward, self.section)


def _vertical(wall: Wall, place: Sequence[float], wide: float = 1.6) -> Mesh:
    """One handle on the +X side: from `top` out to `reach` and down to `bottom`; rises by `rise` above its top."""
    top, bottom, reach, rise = place
    h = wall.height
    high, low = wall.radius(top), wall.radius(bottom)
    out = max(reach * h, max(high, low) + 2.2 * wall.stout)
    path = [
        (high - 0.6 * wall.stout, 0, top * h),
        (high + 0.45 * (out - high), 0, (top + rise + 0.01) * h),
        (out, 0, (top + 0.6 * rise - 0.25 * (top - bottom)) * h),
        (low + 0.75 * (out - low), 0, (bottom + 0.3 * (top - bottom)) * h),
        (low - 0.5 * wall.stout, 0, bottom * h),
    ]
    return wall.strap(path, _away_from(path), wide)


def _away_from(path: Sequence[Sequence[float]]) -> NDArray:
    """[N, 3] which way is outwards along a bow in the plane of X and Z that runs from its top outwards and down."""
    along = np.gradient(smooth_path(path), axis=0)
    return np.stack([-along[:, 2], np.zeros(len(along)), along[:, 0]], axis=1)


def _pair(one: Mesh) -> Mesh:
    return together([one, mirrored(one)])


def _turned(one: Mesh, degrees: float) -> Mesh:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return Mesh((one.vertices @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])).astype(np.float32), one.faces)


def vertical_pair(wall: Wall, place: Sequence[float]) -> Mesh:
    return _pair(_vertical(wall, place))


def twisted_pair(wall: Wall, place: Sequence[float]) -> Mesh:
    return _pair(_twisted(wall, place))


def _twisted(wall: Wall, place: Sequence[float]) -> Mesh:
    top, bottom, reach, rise = place
    h = wall.height
    high, low = wall.radius(top), wall.radius(bottom)
    out = max(reach * h, max(high, low) + 2.2 * wall.stout)
    middle = (out, 0, (0.7 * top + 0.3 * bottom + 0.5 * rise) * h)
    path = smooth_path(
        [
            (high - 0.5 * wall.stout, 0, top * h),
            (high + 0.6 * (out - high), 0, (top + 0.8 * rise) * h),
            middle,
            (low - 0.4 * wall.stout, 0, bottom * h),
        ]
    )
    path = smooth_path(path[::2])
    return swept(path, 1.5 * wall.stout, 1.5 * wall.stout, (0, 1, 0), "rope", turns=1.6)


def jug_handle(wall: Wall, place: Sequence[float]) -> Mesh:
    return _turned(_vertical(wall, place, 2.0), 90)


def twisted_jug_handle(wall: Wall, place: Sequence[float]) -> Mesh:
    return _turned(_twisted(wall, place), 90)


def high_pair(wall: Wall, place: Sequence[float]) -> Mesh:
    """Ears that rise high above the rim, as of a kantharos: lip, foot of the cup, reach, rise."""
    lip, low, reach, rise = place
    h, s = wall.height, wall.stout
    top, bottom = wall.radius(lip), wall.radius(low)
    path = [
        (top - 0.4 * s, 0, lip * h),
        (top + 0.45 * reach * h, 0, (lip + 0.75 * rise) * h),
        (top + reach * h, 0, (lip + rise) * h),
        (top + 1.05 * reach * h, 0, (lip + 0.4 * rise) * h),
        (top + 0.55 * reach * h, 0, (0.6 * lip + 0.4 * low) * h),
        (bottom - 0.4 * s, 0, low * h),
    ]
    return _pair(wall.strap(path, _away_from(path)))


def _upswung(wall: Wall, height: float, reach: float, rise: float) -> Mesh:
    """A loop whose both roots lie side by side on the wall; it swings out to +X and up."""
    h, s = wall.height, wall.stout
    radius = wall.radius(height)
    spread = min(0.34, 0.11 * h / radius + 0.16)
    root_x, root_y = radius * np.cos(spread) - 0.5 * s, radius * np.sin(spread)
    far = radius + reach * h
    path = [
        (root_x, -root_y, height * h),
        (radius + 0.55 * reach * h, -1.15 * root_y, (height + 0.25 * rise) * h),
        (far, -0.6 * root_y, (height + 0.9 * rise) * h),
        (far + 0.1 * reach * h, 0, (height + rise) * h),
        (far, 0.6 * root_y, (height + 0.9 * rise) * h),
        (radius + 0.55 * reach * h, 1.15 * root_y, (height + 0.25 * rise) * h),
        (root_x, root_y, height * h),
    ]
    places = smooth_path(path)
    return swept(places, 1.25 * s, 1.25 * s, (-rise, 0, reach), "round")


def upswung_pair(wall: Wall, place: Sequence[float]) -> Mesh:
    height, reach, rise = place
    return _pair(_upswung(wall, height, reach, rise))


def hydria(wall: Wall, place: Sequence[float]) -> Mesh:
    """Two to lift with at the sides, one to pour with at the back."""
    top, bottom, reach, height, out = place
    back = _turned(_vertical(wall, (top, bottom, reach, 0.02), 2.0), 90)
    return together([back, _pair(_upswung(wall, height, 0.75 * out, out))])


def volutes(wall: Wall, place: Sequence[float]) -> Mesh:
    """Straps from the shoulder to above the rim, where they roll in; on loops."""
    shoulder, rim, size = place
    h, s = wall.height, wall.stout
    low, lip = wall.radius(shoulder), wall.radius(rim)
    eye = np.array([lip + 0.02 * h, 0, (rim + 0.45 * size) * h])
    t = np.linspace(0, 1, 30)
    angle = np.radians(-25) + np.radians(560) * t
    curl = size * h * (1 - 0.82 * t)
    roll = eye + np.stack([curl * np.cos(angle), np.zeros(30), curl * np.sin(angle)], axis=1)
    rise = smooth_path([(low - 0.4 * s, 0, shoulder * h), (low + 0.05 * h, 0, (shoulder + 0.08) * h), roll[0]])
    path = np.concatenate([rise[:-1], roll])
    strap = swept(path, 2.6 * s, 0.9 * s, path - eye + 1e-6, "reeded")
    core = swept([eye - (0, 1.45 * s, 0), offset(eye, 0, 1.45 * s, 0)], 1.4 * s, 1.4 * s, (0, 0, 1))
    bridge = swept(
        [offset(eye, -0.3 * size * h, 0, -0.6 * size * h), offset((lip - s, 0, 0), 0, 0, (rim - 0.02) * h)],
        2 * s,
        s,
        (0, 0, 1),
        "square",
    )
    loop = _upswung(wall, shoulder - 0.02, 0.05, 0.07)
    return _pair(together([strap, core, bridge, loop]))


def lugs(wall: Wall, place: Sequence[float]) -> Mesh:
    """Small pierced ears on the shoulder."""
    height, size = place
    h, radius = wall.height, wall.radius(height)
    ear = ring((radius, 0, height * h), (0, 1, 0), 0.75 * size * h, 1.5 * wall.stout, 1.1 * wall.stout, count=24)
    return _pair(ear)


def rings(wall: Wall, place: Sequence[float]) -> Mesh:
    """Rings that hang from a knob."""
    height, size = place
    h, s = wall.height, wall.stout
    radius = wall.radius(height)
    below = wall.radius(height - size)
    knob = ring((radius + 0.3 * s, 0, height * h), (0, 1, 0), 0.8 * s, 2.4 * s, 1.2 * s, count=16)
    tilt = np.arctan2(radius - below, size * h)
    axis = (np.cos(tilt), 0, np.sin(tilt))
    middle = ((radius + below) / 2 + 0.75 * s, 0, (height - 0.85 * size) * h)
    return _pair(together([knob, ring(middle, axis, size * h, 0.95 * s, 0.95 * s, count=32)]))


def tubes(wall: Wall, place: Sequence[float]) -> Mesh:
    """Upright pierced tubes at the neck, for a cord."""
    height, length = place
    h, s = wall.height, wall.stout
    radius = max(wall.radius(height), wall.radius(height + length / 2), wall.radius(height - length / 2))
    at = radius + 0.6 * s
    body = swept([(at, 0, (height - length / 2) * h), (at, 0, (height + length / 2) * h)], 2.6 * s, 2.6 * s, (1, 0, 0))
    ends = [
        ring((at, 0, (height + k * length / 2) * h), (0, 0, 1), 1.2 * s, 0.7 * s, 0.9 * s, count=20) for k in (-1, 1)
    ]
    return _pair(together([body, *ends]))


def ding(wall: Wall, place: Sequence[float]) -> Mesh:
    """Three legs, and two upright ears on the rim: height of the legs' roots, ears' size, legs' reach."""
    root, ear, reach = place
    h, s = wall.height, wall.stout
    legs = []
    for degrees in (90, 210, 330):
        x, y = np.cos(np.radians(degrees)), -np.sin(np.radians(degrees))
        out = np.array([x, y, 0])
        up = np.array([0, 0, h])
        path = [
            0.8 * reach * h * out + root * up,
            reach * h * out + 0.7 * root * up,
            1.02 * reach * h * out + 0.3 * root * up,
        ]
        path += [1.08 * reach * h * out + 0.06 * root * up, 1.1 * reach * h * out]
        places = smooth_path(path)
        t = np.linspace(0, 1, len(places))
        thick = s * (3.6 - 2.6 * t + 1.5 * np.clip((t - 0.72) / 0.28, 0, 1))
        legs.append(swept(places, thick, thick, out, "round"))
    lip = float(wall.outline[:, 1].max()) / h
    radius = wall.radius(lip - 0.015) - 0.9 * s
    wide = 0.5 * ear * h
    corners = [(radius, -wide, (lip - 0.03) * h), (radius + 0.25 * s, -wide, (lip + 0.75 * ear) * h)]
    corners += [(radius + 0.25 * s, wide, (lip + 0.75 * ear) * h), (radius, wide, (lip - 0.03) * h)]
    bow = _with_round_corners(np.array(corners), 0.35 * wide)
    return together([*legs, _pair(swept(bow, 1.3 * s, 1.5 * s, (1, 0, 0), "square"))])


def _with_round_corners(path: NDArray, radius: float) -> NDArray:
    found = [path[0]]
    for before, corner, after in zip(path[:-2], path[1:-1], path[2:], strict=True):
        a = corner + (before - corner) * radius / np.linalg.norm(before - corner)
        b = corner + (after - corner) * radius / np.linalg.norm(after - corner)
        t = np.linspace(0, 1, 6)[:, None]
        found.extend((1 - t) ** 2 * a + 2 * t * (1 - t) * corner + t**2 * b)
    return np.array([*found, path[-1]])


HANDLES: dict[str, Callable[[Wall, Sequence[float]], Mesh]] = {
    "vertical pair": vertical_pair,
    "twisted pair": twisted_pair,
    "jug handle": jug_handle,
    "twisted jug handle": twisted_jug_handle,
    "high pair": high_pair,
    "upswung pair": upswung_pair,
    "hydria": hydria,
    "volutes": volutes,
    "lugs": lugs,
    "rings": rings,
    "tubes": tubes,
    "ding": ding,
}

WORDS: dict[str, tuple[str, ...]] = {
    "vertical pair": ("with two handles", "two-handled"),
    "twisted pair": ("with two rope-like handles", "with twisted handles"),
    "jug handle": ("with one handle", "with a looped handle"),
    "twisted jug handle": ("with a twisted handle", "with a handle like a rope"),
    "high pair": ("with two high looped handles", "with handles that rise above its rim"),
    "upswung pair": ("with two upswung handles", "two-handled"),
    "hydria": ("with three handles", "three-handled"),
    "volutes": ("with volute handles", "with handles that end in volutes"),
    "lugs": ("with small pierced lugs", "with two lugs"),
    "rings": ("with hanging ring handles", "with two rings"),
    "tubes": ("with tubular lug handles", "with two upright tubes at the neck"),
    "ding": ("on three legs, with two upright ears", "on three legs"),
    "masks": ("with lion masks at its sides", "with two lion-head bosses"),
}
