"""What figures hold in their hands, carry on the arm and on the back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from ..human.poses import holds
from ..human.turns import about, unit
from ..sculpt import Piece
from . import grips, offerings, shafts, worn
from .forms import placed, points_on, standing_along
from .room import Room, drawn, size

Span = tuple[float, float]


@dataclass(frozen=True)
class Thing:
    """Something a hand may hold."""

    made: Callable[..., Mesh]  # (below, above, rng) for what is gripped; (rng) for what lies on the palm
    instead: Mapping[str, float]  # what the gesture was made for (gestures.Gesture.holds) → how often it is this
    words: tuple[str, ...]
    below: Span = (0.0, 0.0)  # metres it reaches to both sides of the hand, for a man of 1.75 m
    above: Span = (0.0, 0.0)  # both 0: it lies on the palm
    planted: bool = False  # it stands on the ground where it can


THINGS: dict[str, Thing] = {
    "staff": Thing(shafts.staff, {"staff": 3}, ("a staff", "a long staff"), (0.3, 0.5), (0.15, 0.5), True),
    "thyrsus": Thing(shafts.thyrsus, {"staff": 0.8}, ("a thyrsus", "a thyrsus with a pine cone"),
                     (0.4, 0.6), (0.3, 0.6), True),
    "spear": Thing(shafts.spear, {"spear": 2}, ("a spear", "a lance"), (0.6, 0.8), (0.45, 0.75), True),
    "sceptre": Thing(shafts.sceptre, {"sceptre": 2}, ("a sceptre", "a long sceptre"), (0.25, 0.35), (0.25, 0.5), True),
    "trident": Thing(shafts.trident, {"trident": 1}, ("a trident",), (0.6, 0.8), (0.4, 0.6), True),
    "caduceus": Thing(shafts.caduceus, {"caduceus": 1}, ("a caduceus", "a herald's staff"), (0.15, 0.3), (0.28, 0.36)),
    "torch": Thing(grips.torch, {"torch": 2}, ("a torch", "a burning torch"), (0.15, 0.22), (0.25, 0.38)),
    "cornucopia": Thing(grips.cornucopia, {"cornucopia": 1.6}, ("a cornucopia", "a horn of plenty"),
                        (0.18, 0.26), (0.22, 0.34)),
    "palm branch": Thing(grips.palm_branch, {"torch": 0.5, "cornucopia": 0.5}, ("a palm branch",),
                         (0.1, 0.15), (0.4, 0.55)),
    "lyre": Thing(grips.lyre, {"cornucopia": 0.8}, ("a lyre", "a lyre of tortoise shell"), (0.3, 0.3), (0.2, 0.26)),
    "sword": Thing(grips.sword, {"sword": 2}, ("a sword", "a drawn sword"), (0.09, 0.09), (0.45, 0.65)),
    "sheathed sword": Thing(grips.sheathed_sword, {"sword": 1}, ("a sheathed sword", "a sword in its scabbard"),
                            (0.18, 0.18), (0.4, 0.5)),
    "club": Thing(grips.club, {"club": 1.5}, ("a club", "a knotted club"), (0.08, 0.1), (0.45, 0.62)),
    "sickle": Thing(grips.sickle, {"club": 0.5}, ("a sickle",), (0.08, 0.1), (0.2, 0.24)),
    "scroll": Thing(grips.scroll, {"scroll": 2, "strap": 1}, ("a scroll", "a rolled scroll"),
                    (0.08, 0.12), (0.08, 0.12)),
    "key": Thing(grips.key, {"strap": 0.7, "sceptre": 0.3}, ("a key", "a large key"), (0.09, 0.11), (0.16, 0.22)),
    "bow": Thing(grips.bow, {"bow": 3}, ("a bow",), (0.45, 0.6), (0.45, 0.6)),
    "wreath": Thing(grips.wreath, {"wreath": 1.5}, ("a wreath", "a victor's wreath"), (0.0, 0.02), (0.2, 0.26)),
    "thunderbolt": Thing(grips.thunderbolt, {"thunderbolt": 1.5}, ("a thunderbolt",), (0.18, 0.26), (0.18, 0.26)),
    "discus": Thing(grips.discus, {"discus": 5}, ("a discus",), (0.05, 0.05), (0.2, 0.24)),
    "crook": Thing(shafts.crook, {"crook": 3}, ("a crook",), (0.12, 0.18), (0.2, 0.26)),
    "flail": Thing(shafts.flail, {"flail": 3}, ("a flail",), (0.12, 0.18), (0.16, 0.22)),
    "bowl": Thing(offerings.bowl, {"bowl": 2}, ("a bowl", "a shallow bowl", "a libation bowl")),
    "cup": Thing(offerings.cup, {"bowl": 1, "vessel": 0.7}, ("a cup", "a drinking cup")),
    "jug": Thing(offerings.jug, {"vessel": 1.5}, ("a small jug", "a small vessel")),
    "apple": Thing(offerings.apple, {"apple": 1}, ("an apple", "a piece of fruit")),
    "orb": Thing(offerings.orb, {"orb": 1.2}, ("an orb", "a globe")),
    "dove": Thing(offerings.dove, {"bird": 1.2}, ("a dove", "a bird")),
    "book": Thing(offerings.book, {"book": 3}, ("a book",)),
    "tablet": Thing(offerings.tablet, {"tablet": 1.2}, ("a tablet", "a writing tablet")),
}  # fmt: skip
_WORN = ("shield", "quiver")
_GIVEN = {
    "grip": 0.95,
    "cupped": 0.8,
    "open": 0.35,
    "fist": 0.9,
    "resting": 0.0,
}  # hand → how often it holds what it may
_GIVEN_ELSE = 0.5
_TILTS = (0.0, 10.0, 20.0, 30.0, 40.0)  # degrees a thing leans out of the fist's axis to come past the body
_WAYS = np.arange(0, 360, 45.0)
_SKIN = 0.008  # metres a thing sinks into what it touches, at most
_UPRIGHT = 0.94  # cosine of a planted staff's lean, at least
_FAR = 32.0  # degrees a fist lets a planted staff turn towards the plumb line
_SEEDS = 2**31
_ONE_EACH = ("crook", "flail")  # never in both hands


@dataclass(frozen=True)
class Attribute:
    """One thing, and where it is."""

    kind: str  # a key of THINGS, or of _WORN
    side: str  # "Left", "Right"; of a quiver the shoulder
    below: float = 0.0  # metres to both sides of the hand, for a man of 1.75 m
    above: float = 0.0
    lean: float = 0.0  # degrees out of the fist's axis
    way: float = 0.0  # degrees about that axis, into which it leans
    planted: bool = False  # its lower end stands on the ground
    seed: int = 0


def choose(rng: np.random.Generator, figure: Figure, without: Sequence[str] = ()) -> tuple[Attribute, ...]:
    """What this figure holds; never anything that would run through the body. without: sides that are lost."""
    found: list[Attribute] = []
    for side, names in holds(figure.pose).items():
        hand = figure.pose.hands[side == "Right"]
        if side in without or not names or rng.random() > _GIVEN.get(hand, _GIVEN_ELSE):
            continue
        if "shield on the arm" in names:
            found += worn.shield_arm(rng, figure, side)
            continue
        taken = [other.kind for other in found if other.kind in _ONE_EACH]
        held = _held(rng, figure, side, [name for name in names if name not in taken])
        if held is not None:
            found.append(held)
    if any(thing.kind == "bow" for thing in found) and rng.random() < 0.8 and figure.pose.carried_by != "all":
        found.append(Attribute("quiver", "Right", seed=int(rng.integers(_SEEDS))))
    return tuple(found)


def build(attribute: Attribute, figure: Figure) -> list[Piece]:
    rng = np.random.default_rng(attribute.seed)
    if attribute.kind in _WORN:
        mesh = worn.MADE[attribute.kind](attribute, figure, rng)
        return [Piece(attribute.kind, mesh, 0.004)]
    thing = THINGS[attribute.kind]
    mesh = thing.made(rng) if _on_palm(thing) else thing.made(attribute.below, attribute.above, rng)
    return [Piece(attribute.kind, placed(mesh, place_of(attribute, figure)), 0.004)]


def words(attribute: Attribute, rng: np.random.Generator) -> str:
    """ "a staff in the right hand" """
    side = attribute.side.lower()
    if attribute.kind in _WORN:
        return worn.words(attribute.kind, side, rng)
    choices = THINGS[attribute.kind].words
    where = (
        ("on the palm of the {} hand", "in the {} hand") if _on_palm(THINGS[attribute.kind]) else ("in the {} hand",)
    )
    return f"{choices[int(rng.integers(len(choices)))]} {where[int(rng.integers(len(where)))].format(side)}"


def _held(rng: np.random.Generator, figure: Figure, side: str, names: Sequence[str]) -> Attribute | None:
    """One of the things the gesture is made for that finds room; None when none does."""
    odds = {kind: sum(thing.instead.get(name, 0.0) for name in names) for kind, thing in THINGS.items()}
    odds = {kind: share for kind, share in odds.items() if share > 0}
    room = Room(figure, side)
    while odds:
        kind = list(odds)[drawn(rng, list(odds.values()))]
        found = _fitted(rng, kind, figure, side, room)
        if found is not None:
            return found
        del odds[kind]
    return None


def _on_palm(thing: Thing) -> bool:
    return thing.above[1] == 0.0


def _fitted(rng: np.random.Generator, kind: str, figure: Figure, side: str, room: Room) -> Attribute | None:
    """The thing leaning as little as it must to come past the body; None when it cannot."""
    thing = THINGS[kind]
    below, above = float(rng.uniform(*thing.below)), float(rng.uniform(*thing.above))
    seed = int(rng.integers(_SEEDS))
    if _on_palm(thing):
        lies = figure.grip(side)[2, 1] > _PALM_UP
        return Attribute(kind, side, seed=seed) if lies else None
    mesh = thing.made(below, above, np.random.default_rng(seed))
    rods = [_plumb(figure.grip(side), side)] if thing.planted else []
    leaning = [(lean, float(way)) for lean in _TILTS for way in _WAYS[: 1 if lean == 0 else None]]
    for planted, ways in ((True, [*rods, *leaning] if thing.planted else []), (False, leaning)):
        for lean, way in ways:
            tried: Attribute | None = Attribute(kind, side, below, above, lean, way, planted, seed)
            if tried is not None and planted:
                tried = _down_to_the_ground(tried, figure)
            if tried is not None and _passes(tried, figure, room, mesh):
                return tried
    return None


def _plumb(grip: NDArray, side: str) -> tuple[float, float]:
    """Lean and way (Attribute) that bring the fist's axis to the plumb line, or as far as the fist lets it."""
    x, y, z = (grip[:3, :3].T @ (0, 0, 1.0)) * ((1, 1, 1) if side == "Left" else (-1, -1, 1))
    lean = min(float(np.degrees(np.arccos(np.clip(z, -1, 1)))), _FAR)
    return round(lean, 2), round(float(np.degrees(np.arctan2(x, -y))), 2)


_PALM_UP = 0.45  # the least cosine between the palm and the sky for something to lie on it


def _down_to_the_ground(attribute: Attribute, figure: Figure) -> Attribute | None:
    """The thing as long as it must be to stand on the ground; None where it leans too far."""
    place = place_of(attribute, figure)
    axis = unit(place[:3, 2])
    if axis[2] < _UPRIGHT:
        return None
    below = float(place[2, 3] / axis[2] / size(figure))
    return Attribute(**{**vars(attribute), "below": below})


def _passes(attribute: Attribute, figure: Figure, room: Room, mesh: Mesh) -> bool:
    place = place_of(attribute, figure)
    if not attribute.planted:
        points = points_on(placed(mesh, place), 0.015)
        return bool(points[:, 2].min() > -_SKIN) and room.free(points, _SKIN)
    count = int((attribute.below + attribute.above) / 0.015)
    heights = np.linspace(-attribute.below, attribute.above, count)
    axis = heights[:, None] * place[:3, 2] + place[:3, 3]
    return room.free(axis, 0.014 * size(figure) + _SKIN)


def place_of(attribute: Attribute, figure: Figure) -> NDArray:
    """[4, 4] from the thing, sized for a man of 1.75 m, into the figure's hand."""
    grip = figure.grip(attribute.side)
    scale = size(figure)
    if _on_palm(THINGS[attribute.kind]):
        up = unit(0.75 * np.array([0, 0, 1.0]) + 0.25 * grip[:3, 1])
        place = standing_along(grip[:3, 3] - _SUNK * scale * grip[:3, 1], up)
    else:
        place = grip
        if attribute.side == "Right":  # X towards the wrist on both sides
            place[:3, :2] *= -1
        way = np.radians(attribute.way)
        hinge = place[:3, 0] * np.cos(way) + place[:3, 1] * np.sin(way)
        place[:3, :3] = about(hinge, attribute.lean) @ place[:3, :3]
    place[:3, :3] *= scale
    return place


_SUNK = 0.012  # metres what lies on a palm is sunk in it
