"""Which words an edit of the shape understands. Standard library only: the panel marks the others before a job starts.

    known_words("shape", "bundled")                    {"older", "old", "aged", …}
    known_words("shape", "stable-diffusion")           None: any words
    read("a much older, bearded man in bronze")        amounts {"older": 1.5, "bearded": 1.0, …}, unknown ("bronze",)

The words are data, in shape_words.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..priors import models, names

FILE = Path(__file__).with_name("shape_words.json")
VOCABULARY = Path(__file__).parents[1] / "priors" / "view" / "vocabulary.json"
LOOKS = ("material", "colour", "surface")  # groups of the view prior's vocabulary that a surface can be given
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True)
class Understood:
    """What an edit of the shape takes from a prompt."""

    amounts: Mapping[str, float]  # words of shape_words.json, and how much of each
    unknown: tuple[str, ...]  # as they were written

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.amounts)


def free_text(prior: str) -> bool:
    """Whether a prior, or one of several, takes any words, as Stable Diffusion does; those not known here do not."""
    heeding = {model.identifier for model in models.entries() if model.task == names.HEEDS_WORDS}
    return not heeding.isdisjoint(names.read(prior))


def known_words(what: str, prior: str = "bundled") -> frozenset[str] | None:
    """Words that change something in an edit of this kind: "shape", "surface" or "both", in small letters.

    None: any words may, for the prior takes free text.
    """
    if free_text(prior):
        return None
    words: set[str] = set()
    if what in ("shape", "both"):
        words |= set(_meanings())
    if what in ("surface", "both"):
        told = json.loads(VOCABULARY.read_text(encoding="utf-8"))["groups"]
        for group in LOOKS:
            words |= {form for word, more in told[group].items() for form in (word, *more.split())}
    return frozenset(words)


def read(prompt: str, avoid: str = "") -> Understood:
    """The words of a prompt that can change a shape; what is to be avoided counts as its opposite, if it has one.

    “A much older man” says who is there and asks for age only; “a man” and “male” ask for a man.
    """
    told = _told()
    nouns, silent = set(told["subjects"].split()), set(told["silent"].split())
    amounts: dict[str, float] = {}
    subjects: dict[str, float] = {}
    unknown: list[str] = []
    degree = 1.0
    for written in _WORD.findall(prompt.lower()):
        word = _meaning(written)
        if word is not None:
            (subjects if written.removesuffix("'s") in nouns else amounts).setdefault(word, degree)
            degree = 1.0
        elif written in told["degrees"]:
            degree = float(told["degrees"][written])
        elif written not in silent:
            unknown.append(written)
    amounts = amounts or subjects
    for written in _WORD.findall(avoid.lower()):
        word = _meaning(written)
        opposite = told["words"][word].get("opposite") if word else None
        if opposite and opposite in told["words"]:
            amounts.setdefault(opposite, 1.0)
        elif written not in silent:
            unknown.append(written)
    for word in list(amounts)[1:]:  # of two that contradict each other, what was said first
        if told["words"][word].get("opposite") in amounts:
            del amounts[word]
    return Understood(amounts, tuple(dict.fromkeys(unknown)))


def only_of_surfaces(told: Understood) -> bool:
    """Whether nothing was said but how the surface looks."""
    return not told.amounts and set(told.unknown) <= (known_words("surface") or set())


def parts_of(word: str) -> frozenset[str]:
    """Which networks a word is for: "body", "head"."""
    return frozenset(_told()["words"][word]["parts"].split())


def gain_of(word: str) -> float:
    """How much of what its network says a word is worth at strength 1.

    The networks say the mean over all that could be meant, which is less than any of it; chosen by eye.
    """
    return float(_told()["words"][word].get("gain", 1.0))


def _meaning(written: str) -> str | None:
    meanings = _meanings()
    for form in (written, written.removesuffix("s"), written.removesuffix("'s")):
        if form in meanings:
            return meanings[form]
    return None


@cache
def _meanings() -> dict[str, str]:
    """What people may write → the word it means."""
    return {form: word for word, told in _told()["words"].items() for form in (word, *told["said"].split())}


@cache
def _told() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))
