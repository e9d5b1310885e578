"""A person from head to foot: body, hair, dress and what the hands hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .damage import lost
from .damage.lost import Losses
from .dress import dress as dresses
from .dress.dress import Dress
from .dress.veil import veil
from .hair import hair as hairs
from .hair.hair import Hair
from .human.figure import Figure
from .props import attributes, supports
from .props.attributes import Attribute
from .props.supports import Support
from .recipe import Lot
from .run import Settings
from .sculpt import Carving, Piece

VEILED = 0.12  # of the women with nothing else on their heads
_UPRIGHT = 0.7  # of a head's upward direction, along the world's: a veil falls down, also from heads that lie
CLOTHS = "cloth"  # folder of simulated cloth, beside the statues


@dataclass(frozen=True)
class Person:
    """Somebody in a pose, with all that belongs to them."""

    figure: Figure
    losses: Losses
    hair: Hair | None  # None without a head
    dress: Dress
    veiled: bool
    held: tuple[Attribute, ...]
    carried: tuple[Support, ...]  # what it stands by, leans on or sits on

    def chosen(self) -> dict[str, Any]:
        """What was drawn, without the arrays."""
        return {
            "build": self.figure.build,
            "pose": self.figure.pose,
            "losses": self.losses,
            "hair": self.hair,
            "dress": self.dress,
            "veiled": self.veiled,
            "held": self.held,
            "carried": self.carried,
        }


@dataclass(frozen=True)
class Limits:
    """What there is of a person, by what is shown of them."""

    head: bool = True  # whether the head is shown
    nose: bool = True  # whether it can be broken
    limbs: bool = True  # whether arms can be broken, and the head
    dressed: bool = True  # whether anything of a dress would be seen
    holds: bool = True  # whether the hands may hold something
    stands: bool = True  # whether it is whole, and may lean on or sit on something


def drawn(lot: Lot, number: int, figure: Figure, limits: Limits, settings: Settings) -> Person:
    """Hair, dress, attributes and losses for a figure; number: of the person in the group."""
    losses = lost.choose(lot.rng("damage", 1 + number), limits.nose, limits.limbs)
    rng = lot.rng("dress", number)
    dress = dresses.choose(rng, figure.build, figure.pose, settings.cloth_share) if limits.dressed else Dress("")
    has_head = limits.head and "head" not in losses.broken
    upright = figure.bones["Head"][2, 2] > _UPRIGHT
    veiled = bool(figure.build.sex == "female" and has_head and upright and rng.random() < VEILED)
    hair = hairs.choose(lot.rng("hair", number), figure.build, headgear=not veiled)
    without = tuple(side for side in ("Left", "Right") if not losses.has_hand(side))
    held = attributes.choose(lot.rng("props", number), figure, without) if limits.holds else ()
    naked = not dress.outfit
    carried = supports.choose(lot.rng("props", 10 + number), figure, naked, without) if limits.stands else ()
    return Person(figure, losses, hair if has_head else None, dress, veiled, held, carried)


def built(
    person: Person, cell: float, settings: Settings, out: Path | None
) -> tuple[Person, list[Piece], list[Carving]]:
    """The person as really made (cloth that could not fall is carved), as pieces, and the carvings of their losses.

    cell: metres between the grid's nodes.
    """
    figure, losses = person.figure, person.losses
    pieces = [Piece("body", lost.body(figure, losses))]
    if person.hair is not None:
        pieces += hairs.build(person.hair, figure, cell)
    person, cloth = _clothed(person, settings, out)
    pieces += cloth
    if person.veiled:
        pieces += veil(figure, person.dress.seed)
    for attribute in person.held:
        pieces += attributes.build(attribute, figure)
    for support in person.carried:
        pieces += supports.build(support, figure)
    return person, pieces, lost.build(figure, losses)


def said(person: Person, rng: np.random.Generator) -> Mapping[str, tuple[str, ...]]:
    """What is worn, held and lost, and what the head is like."""
    worn = [dresses.words(person.dress, rng), "a veil" if person.veiled else ""]
    features: list[str] = []
    if person.hair is not None:
        features += hairs.features(person.hair, rng)
        worn.append(hairs.worn(person.hair, rng))
    held = [attributes.words(attribute, rng) for attribute in person.held]
    return {
        "worn": tuple(filter(None, worn)),
        "features": tuple(filter(None, features)),
        "held": tuple(filter(None, held)),
        "beside": tuple(supports.words(support, rng) for support in person.carried),
        "state": tuple(lost.words(person.losses, rng)),
    }


def _clothed(person: Person, settings: Settings, out: Path | None) -> tuple[Person, list[Piece]]:
    if person.dress.made != "fallen":
        return person, dresses.build(person.dress, person.figure)
    if not settings.blender or out is None:
        return replace(person, dress=replace(person.dress, made="carved")), dresses.build(person.dress, person.figure)
    from .dress.cloth import fallen

    dress, pieces = fallen(person.dress, person.figure, settings.blender, out / CLOTHS)
    return replace(person, dress=dress), pieces
