"""From words to a recipe: what a surface shall be made of, what lies on it, and how it is finished.

recipe("bronze with green patina").ground       # dark bronze; …
recipe("bronze with green patina").coats        # … verdigris in the hollows, streaks, edges rubbed bright
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..photo.light import linear, srgb
from ..priors.view.words import LOOKS, vocabulary
from .material_stuffs import (
    COATS,
    COLOURS,
    FINISHES,
    GROUNDS,
    HOW,
    INHERENT,
    RUBBED,
    SHADES,
    STUFFS,
    Coat,
    Colour,
    Stuff,
)

LEAN = 0.75  # how far a colour word takes a stuff that is known in other colours
METAL = 0.5  # from which on a stuff is one that hands rub bright
GREENED = 0.9  # of what a patina covers where the bronze itself is called green


@dataclass(frozen=True)
class Recipe:
    """How a surface shall look."""

    ground: Stuff | None  # what it is made of; None: as it is
    coats: tuple[Coat, ...] = ()  # what lies on it, laid on in this order
    finish: float = 1.0  # times the roughness of what is below the coats
    chiselled: bool = False
    painted: str = ""  # a colour word; "": each part has its own
    understood: tuple[str, ...] = ()  # words of the vocabulary that say something here
    unknown: tuple[str, ...] = ()  # as they were written
    idle: tuple[str, ...] = ()  # words of the vocabulary that say nothing of a surface
    notes: tuple[str, ...] = ()  # sentences for people

    @property
    def in_parts(self) -> bool:
        """Whether each part is painted in its own colour, so that they must be told apart."""
        return not self.painted and any(coat.place == "parts" for coat in self.coats)

    @property
    def empty(self) -> bool:
        return self.ground is None and not self.coats and self.finish == 1.0 and not self.chiselled


def recipe(prompt: str, avoid: str = "") -> Recipe:
    """What the words of the bundled vocabulary ask for, without what is to be avoided."""
    known = vocabulary()
    reading, avoided = known.read(prompt), frozenset(known.read(avoid).words)
    said = [word for word in reading.words if known.group(word) in LOOKS]
    idle = tuple(word for word in reading.words if known.group(word) not in LOOKS)
    colours = _colours_of(said)
    material = next((word for word in said if known.group(word) == "material" and word not in avoided), None)
    others = [word for word in said if known.group(word) == "material" and word not in (material, *avoided)]
    surfaces = [word for word in said if known.group(word) == "surface" and word not in avoided]
    loose = colours.get("", [])  # colours of nothing in particular: the ground's, the paint's if only that is said
    for word in [material] if material else surfaces[:1]:
        colours[word] = colours.get(word, []) + loose
    if material == "bronze" and "green" in colours.get(material, []) and "patina" not in surfaces + list(avoided):
        surfaces.append("patina")
        colours["bronze"] = [word for word in colours["bronze"] if word != "green"]
    ground = _ground(material, [word for word in colours.get(material or "", []) if word not in avoided])
    coats = _coats(surfaces, colours, avoided, _how(prompt), ground)
    notes = [f"Only the first material is laid on; select a region for {word}." for word in others]
    finish = float(np.prod([FINISHES.get(word, 1.0) for word in surfaces]))
    painted = next(iter(colours.get("paint", [])), "")
    told = tuple(word for word in said if word not in avoided and word not in others)
    return Recipe(ground, coats, finish, "chiselled" in surfaces, painted, told, reading.unknown, idle, tuple(notes))


def _colours_of(said: Sequence[str]) -> dict[str, list[str]]:
    """The colour words of each material or surface: those before it, or after the last; "" if there is neither."""
    known, last = vocabulary(), ""
    found: dict[str, list[str]] = {}
    waiting: list[str] = []
    for word in said:
        if known.group(word) == "colour":
            waiting.append(word)
            continue
        found[word] = found.get(word, []) + waiting
        waiting, last = [], word
    found[last] = found.get(last, []) + waiting
    return found


def _ground(material: str | None, colours: Sequence[str]) -> Stuff | None:
    if material is None:
        return None
    kinds = GROUNDS[material]
    name = next((kinds[word] for word in colours if word in kinds), kinds[""])
    stuff, chosen = STUFFS[name], [word for word in colours if kinds.get(word) == name]
    for word in colours:
        if word not in chosen and word not in INHERENT[name]:
            stuff = _leaning(stuff, word)
    return stuff


def _leaning(stuff: Stuff, word: str) -> Stuff:
    """The stuff in another colour; how its colours differ from each other stays."""
    colours = linear(np.array([*stuff.colours, stuff.fresh]) / 255.0)
    if word in SHADES:
        colours = colours * SHADES[word]
    else:
        wanted = linear(np.array(COLOURS[word]) / 255.0)
        mean = colours[:-1].mean(axis=0)
        colours = colours * ((1 - LEAN) + LEAN * wanted / np.maximum(mean, 1e-3))
    values = np.rint(255.0 * np.clip(srgb(np.clip(colours, 0.0, 0.92)), 0.0, 1.0)).astype(int)
    told: list[Colour] = [(int(red), int(green), int(blue)) for red, green, blue in values]
    return replace(stuff, colours=tuple(told[:-1]), fresh=told[-1])


def _coats(
    surfaces: Sequence[str], colours: dict[str, list[str]], avoided: frozenset[str], how: float, ground: Stuff | None
) -> tuple[Coat, ...]:
    """What is laid on, in the order of COATS: paint and gold lie under dirt."""
    metal = ground is not None and ground.metallic > METAL
    laid = [
        _coloured(coat, colours.get(word, []) if word != "paint" else [])
        for word in COATS
        if word in surfaces
        for coat in COATS[word]
        if coat.word not in avoided and (word != "polished" or metal)
    ]
    if "weathered" in surfaces and metal and "patina" not in (*surfaces, *avoided):
        laid = list(COATS["patina"])  # bronze does not weather as stone does
    order = list({coat.word: None for each in ("gilding", "paint") for coat in COATS[each]})
    laid.sort(key=lambda coat: coat.word not in order)
    laid = [replace(coat, share=float(np.clip(how * coat.share, 0.0, 0.97))) for coat in laid]
    if metal and "polished" not in (*surfaces, *avoided):
        laid.append(RUBBED)
    return tuple(laid)


def _coloured(coat: Coat, words: Sequence[str]) -> Coat:
    """The coat leaning towards what was said of its colour; verdigris is green by itself."""
    if not words or not coat.colours or coat.metallic > METAL or (coat.word == "patina" and "green" in words):
        return coat
    leaning = Stuff((), coat.colours, coat.colours[0], coat.roughness)
    for word in words:
        leaning = _leaning(leaning, word)
    return replace(coat, colours=leaning.colours)


def _how(prompt: str) -> float:
    """How much of it is said to be there."""
    written = prompt.lower().replace(",", " ").split()
    return float(np.prod([HOW.get(word.removesuffix("s"), HOW.get(word, 1.0)) for word in written]))
