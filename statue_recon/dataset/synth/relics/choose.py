"""A relic by chance: which family, which piece, and how it is built and told of."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..sculpt import Piece
from . import animals, figurines, masks, stonework, tiles, vessels

FAMILIES: dict[str, tuple[ModuleType, float]] = {
    # family → its module (with choose, build and words), and how often
    "vessel": (vessels, 1.0),
    "animal": (animals, 1.3),
    "tile": (tiles, 0.6),
    "stonework": (stonework, 0.5),
    "mask": (masks, 0.5),
    "figurine": (figurines, 0.5),
}


@dataclass(frozen=True)
class Relic:
    """A cultural relic that is no human figure."""

    family: str  # a key of FAMILIES
    what: Any  # the family's own choices, a frozen dataclass of plain values


def choose(rng: np.random.Generator, family: str = "") -> Relic:
    """A relic of the family, or of any."""
    odds = np.array([often for _, often in FAMILIES.values()])
    name = family or str(rng.choice(list(FAMILIES), p=odds / odds.sum()))
    return Relic(name, FAMILIES[name][0].choose(rng))


def build(relic: Relic) -> list[Piece]:
    """Its pieces, in metres at its natural size, standing on z = 0 and facing −Y."""
    return FAMILIES[relic.family][0].build(relic.what)


def words(relic: Relic, rng: np.random.Generator) -> str:
    """What it is, with its article: “a two-handled amphora with a fluted body”."""
    return FAMILIES[relic.family][0].words(relic.what, rng)


def kind(relic: Relic) -> str:
    """Its family, for statistics: “vessel”, “animal”, …"""
    return relic.family
