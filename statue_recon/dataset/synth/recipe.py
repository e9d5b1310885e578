"""Where a statue's chances come from, and what came of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .caption import Said
from .sculpt import Carving, Piece

_ROOMS = ("kind", "body", "dress", "hair", "props", "relic", "damage", "material", "words")


@dataclass(frozen=True)
class Lot:
    """The numbers all chances come from. Each room draws from its own, so that a change in one leaves the others."""

    seed: int  # of the run
    number: int  # of the statue in the run
    attempt: int = 0  # higher where earlier ones could not be built

    def rng(self, room: str, person: int = 0) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.number, self.attempt, _ROOMS.index(room), person])


@dataclass(frozen=True)
class Subject:
    """What is shown, before it is of any stuff and of any age."""

    kind: str  # a key of caption.KINDS, or "relic"
    title: str  # two or three words
    pieces: list[Piece]
    carvings: list[Carving]
    said: Mapping[str, Any]  # fields of caption.Said
    chosen: Mapping[str, Any] = field(default_factory=dict)  # what was drawn, as plain data
    thin: bool = False  # whether it has walls that must not be worn through

    def says(self, stuff: str, surface: str, state: str) -> Said:
        """All there is to say, once stuff and state are known."""
        losses = tuple(self.said.get("state", ()))
        plain = {"pose": "", "worn": (), "features": (), "held": (), "beside": ()}
        told = plain | dict(self.said) | {"state": (*losses, state)}
        return Said(kind=self.kind, stuff=stuff, surface=surface, **told)


def plain(value: Any) -> Any:
    """Dataclasses and NumPy's numbers as what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return round(value, 5) if isinstance(value, float) else value
