"""What is strapped on: a shield on the arm, a quiver on the back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from ..human.turns import unit
from ..relics.swept import ring, together
from .forms import ball, lathe, placed, rod, standing_along, straight
from .room import Room, body, of_arm, size

if TYPE_CHECKING:
    from .attributes import Attribute

_RADII = (0.24, 0.38)  # metres of a shield, for a man of 1.75 m
_SMALLEST = 0.18
_OFF = 0.035  # metres from the forearm's bone to the inside of the shield
_ARM_THROUGH = 0.05  # metres around the forearm that may be nearer


def shield_arm(rng: np.random.Generator, figure: Figure, side: str) -> list[Attribute]:
    """A shield as large as there is room for, or none."""
    from .attributes import Attribute

    room, seed = Room(figure, side), int(rng.integers(2**31))
    wide = float(rng.uniform(*_RADII))
    while wide > _SMALLEST:
        attribute = Attribute("shield", side, above=wide, seed=seed)
        if room.free(shield(attribute, figure, np.random.default_rng(seed)).vertices, 0.004):
            return [attribute]
        wide *= 0.85
    return []


def shield(attribute: Attribute, figure: Figure, rng: np.random.Generator) -> Mesh:
    """A round shield on the outside of the forearm."""
    elbow, wrist = (figure.joints[f"{attribute.side}{bone}"] for bone in ("ForeArm", "Hand"))
    along = unit(wrist - elbow)
    middle = elbow + 0.55 * (wrist - elbow)
    out = middle - (figure.joints["Spine1"] + (0, 0.05, 0))
    out[2] *= 0.3
    out = unit(out - along * (along @ out))
    scale = size(figure)
    place = _scaled(standing_along(middle + _OFF * scale * out, out, along), scale)
    strap = lathe([(0.035, -_OFF), (0.05, 0.0), (0.05, 0.3 * attribute.above), (0.0, 0.3 * attribute.above)], 16)
    disc = round_shield(attribute.above, rng)
    return placed(together([disc, _within(strap, disc)]), place)


def _within(strap: Mesh, disc: Mesh) -> Mesh:
    """The strap cut short where it would stand out of the shield."""
    most = float(disc.vertices[np.linalg.norm(disc.vertices[:, :2], axis=1) < 0.01, 2].max()) - 0.01
    return Mesh(np.minimum(strap.vertices, np.array([np.inf, np.inf, most], np.float32)), strap.faces)


def round_shield(radius: float, rng: np.random.Generator) -> Mesh:
    """A shield's disc, its inside at z = 0, bulging along Z, with a rim and an ornament."""
    deep = radius * rng.uniform(0.16, 0.26)
    steps = np.linspace(0, 1, 9)
    outside = np.stack([radius * (0.9 - 0.9 * steps), deep * (1 - (0.9 - 0.9 * steps) ** 2) + 0.01], axis=1)
    profile = [
        (0, -0.018 + 0.6 * deep),
        (0.6 * radius, 0.3 * deep),
        (0.9 * radius, -0.006),
        (radius, -0.012),
        (radius, 0.014),
        (0.9 * radius, 0.018),
    ]
    parts = [lathe(np.concatenate([profile, outside]), 48)]
    ornament = int(rng.integers(4))
    top = deep + 0.01
    if ornament == 0:
        parts.append(ball((0, 0, top), 0.16 * radius))
    if ornament == 1:
        parts.append(ring((0, 0, 0.62 * top + 0.012), (0, 0, 1), 0.6 * radius, 0.025, 0.025))
    if ornament == 2:
        for angle in np.arange(8) * np.pi / 4:
            tip = 0.68 * radius * np.array([np.cos(angle), np.sin(angle), 0]) + (0, 0, 0.55 * top)
            parts.append(rod(straight((0, 0, top), tip, 4), (0.05, 0.04, 0.03, 0.01)))
    return together(parts)


def quiver(attribute: Attribute, figure: Figure, rng: np.random.Generator) -> Mesh:
    """A case of arrows slung slantwise over the back."""
    scale, turn = size(figure), figure.bones["Spine2"][:3, :3]
    trunk = body(figure, of_arm(figure, "Left") | of_arm(figure, "Right"))
    sign = 1.0 if attribute.side == "Left" else -1.0
    start = figure.joints["Spine2"] + turn @ (sign * 0.06 * scale, 0, 0.1 * scale)
    back = turn @ (0, 1.0, 0)
    offset = trunk - start
    near = np.linalg.norm(offset - (offset @ back)[:, None] * back, axis=1) < 0.05 * scale
    depth = float((offset @ back)[near].max())
    axis = turn @ unit((sign * 0.3, 0.05, 1.0))
    place = _scaled(standing_along(start + back * (depth + 0.03 * scale), axis, -back), scale)
    r = rng.uniform(0.042, 0.052)
    case = lathe(
        [(0, -0.3), (0.7 * r, -0.3), (0.8 * r, -0.27), (r, 0.1), (1.15 * r, 0.11), (1.15 * r, 0.13), (0, 0.13)]
    )
    ends = []
    for x, y in ((0.02, 0.0), (-0.018, 0.014), (-0.01, -0.02)):
        ends.append(rod(straight((x, y, 0.1), (x, y, 0.19), 4), (0.022, 0.022, 0.03, 0.03)))
    bands = [ring((0, 0, z), (0, 0, 1), 0.95 * r, 0.02, 0.02, count=20) for z in (-0.2, -0.02)]
    return placed(together([case, *ends, *bands]), place)


MADE: Mapping[str, Callable[[Attribute, Figure, np.random.Generator], Mesh]] = {"shield": shield, "quiver": quiver}


def words(kind: str, side: str, rng: np.random.Generator) -> str:
    if kind == "quiver":
        return ("a quiver on the back", "a quiver of arrows")[int(rng.integers(2))]
    return f"{('a round shield', 'a shield')[int(rng.integers(2))]} on the {side} arm"


def _scaled(place: NDArray, scale: float) -> NDArray:
    place[:3, :3] *= scale
    return place
