"""One statue, from its numbers to its surface."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...mesh.flaw import flaw
from ...mesh.mesh import LONGEST_SIDE, Mesh
from .caption import caption
from .damage import wear
from .figures import FIGURES, figures
from .material import surface as material
from .material.surface import Surface
from .recipe import Lot, Subject, plain
from .relics import choose as relics
from .run import Settings
from .sculpt import Block, sculpted

log = logging.getLogger(__name__)

VERSION = 1  # of the recipes: the same numbers make another statue when it changes
RELICS = 0.22  # of all; the rest are figures
_WHOLE = 0.8  # of the block: where more fell off with a crack or a break, it is hard to tell what is left
_TRIES = 4  # of one number, with other chances each time


@dataclass(frozen=True)
class Statue:
    """A finished statue in the engine's frame."""

    mesh: Mesh
    surface: Surface
    title: str
    caption: str
    recipe: dict[str, Any]  # what was drawn

    def record(self) -> dict[str, Any]:
        """What is kept of it beside the mesh."""
        return {"title": self.title, "caption": self.caption, "recipe": self.recipe}


def make(settings: Settings, number: int, out: Path | None = None) -> Statue:
    """The statue of this number; the same settings and number make the same one.

    out: the folder that keeps simulated cloth; None: cloth is always carved.
    """
    for attempt in range(_TRIES):
        lot = Lot(settings.seed, number, attempt)
        statue, kept = _made(settings, lot, subject(settings, lot, out))
        problem = flaw(statue.mesh) or (f"only {kept:.0%} of it are left" if kept < _WHOLE else None)
        if problem is None:
            return statue
        log.info("statue %d, attempt %d: %s", number, attempt, problem)
    raise ValueError(f"no statue in {_TRIES} attempts: {problem}")


def subject(settings: Settings, lot: Lot, out: Path | None) -> Subject:
    """What the statue shows."""
    rng = lot.rng("kind")
    if rng.random() < RELICS:
        return _relic(lot)
    odds = np.array(list(FIGURES.values()))
    return figures(str(rng.choice(list(FIGURES), p=odds / odds.sum())), lot, settings, out)


def _relic(lot: Lot) -> Subject:
    drawn = relics.choose(lot.rng("relic"))
    who = relics.words(drawn, lot.rng("words"))
    kind = relics.kind(drawn)
    return Subject("relic", kind, relics.build(drawn), [], {"who": who}, {"relic": drawn}, thin=kind == "vessel")


def _made(settings: Settings, lot: Lot, shown: Subject) -> tuple[Statue, float]:
    """The statue, and how much of what was drawn it still is, 0 … 1."""
    rng = lot.rng("damage")
    age = wear.choose(rng, shown.thin)
    stuff = material.choose(lot.rng("material"), "relic" if shown.kind == "relic" else "figure")
    block = Block(tuple(shown.pieces))
    low, high = block.bounds
    size = float((high - low).max())
    carvings = [*shown.carvings, *wear.build(age, block)]
    carved = sculpted(shown.pieces, carvings, settings.grid, settings.faces, wear.rounding(age, size))
    surface = material.surface(stuff, carved)
    words = lot.rng("words", 1)
    text = caption(shown.says(*material.words(stuff, words), wear.words(age, words, bool(shown.carvings))), words)
    chosen = {"version": VERSION, "lot": lot, "kind": shown.kind, "wear": age, "material": stuff, **shown.chosen}
    return Statue(_normalised(carved.mesh), surface, shown.title, text, plain(chosen)), carved.kept


def _normalised(mesh: Mesh) -> Mesh:
    """Bounding box centred, longest side 1.8."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    scale = LONGEST_SIDE / float((high - low).max())
    return Mesh(((mesh.vertices - (low + high) / 2) * scale).astype(np.float32), mesh.faces)
