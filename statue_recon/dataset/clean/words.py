"""The class of an object by the words of its title: words.toml says what they mean, this how they are weighed.

The first part of a title, up to a comma or a bracket, names the object; and in it the words before the first
preposition do: a *vase* with a horse, a *model* of a temple. Words behind count less, those of the description least.
Of each class only the heaviest word counts, so that a long list of what is shown does not outweigh what it is shown on.
The weights say what wins where two things are named at once: a made thing over a building (church bell), a building
over a material (stone church), a material over an animal (bronze horse), an animal's remains over a made thing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

CLASSES = ("artefact", "animal", "plant", "building", "other")
TABLE = Path(__file__).with_name("words.toml")

IN_DESCRIPTION = 0.2  # of a word's weight
DESCRIBED = 600  # characters of the description that are read; what follows is about the museum, the scan, the licence
SURE = 0.9  # by so much the best class must lead: a building over a material does not, a made thing over one does
LEAST = 1.0  # weight below which nothing is known: an era alone, or a word in the description
_LONGEST = 4  # words of a phrase
_BREAKS = re.compile(r"[,;:()\[\]|/–—_]|\s-\s|\.\s")


@dataclass(frozen=True)
class Guess:
    """What an object is, as far as words tell."""

    kind: str  # one of CLASSES
    sure: bool
    known: bool  # False: no word said anything, and `kind` is "other" for want of better
    reason: str


@dataclass(frozen=True)
class _Kind:
    of: str
    says: str
    weight: float
    aside: float
    after: float


@dataclass(frozen=True)
class _Table:
    phrases: dict[tuple[str, ...], _Kind]
    endings: dict[str, _Kind]  # of compounds
    prepositions: frozenset[str]


def judge(title: str, description: str) -> Guess:
    """The class that the words speak for, with the reason as a sentence."""
    best: dict[str, tuple[float, str, str]] = {}
    for weight, kind, word in (*_weighed(title, 1.0), *_weighed(description[:DESCRIBED], IN_DESCRIPTION)):
        if weight > best.get(kind.of, (0.0,))[0]:
            best[kind.of] = (weight, word, kind.says)
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], CLASSES.index(item[0])))
    if not ranked or ranked[0][1][0] < LEAST:
        return Guess("other", False, False, "No word of the title says what it is.")
    winner, (weight, word, says) = ranked[0]
    reason = f"“{word}” speaks for {says}."
    if len(ranked) > 1 and weight - ranked[1][1][0] < SURE:
        _, (_, rival, meaning) = ranked[1]
        return Guess(winner, False, True, f"{reason[:-1]}, though “{rival}” speaks for {meaning}.")
    return Guess(winner, True, True, reason)


def _weighed(text: str, share: float) -> Iterator[tuple[float, _Kind, str]]:
    """The words of a text that the table knows: their weight here, their kind, and how they stand there."""
    prepositions = _table().prepositions
    parts = [words for part in _BREAKS.split(text) if (words := _words(part))]
    for number, words in enumerate(parts):
        behind = False
        at = 0
        while at < len(words):
            length, kind = _found(words[at:])
            if kind is None:
                behind = behind or (at > 0 and words[at] in prepositions)
                at += 1
                continue
            factor = (kind.aside if number else 1.0) * (kind.after if behind else 1.0)
            phrase = words[at : at + length]
            yield share * factor * kind.weight, kind, " ".join(phrase)
            behind = behind or phrase[-1] in prepositions
            at += length


def _found(words: list[str]) -> tuple[int, _Kind | None]:
    """The longest phrase of the table that begins here."""
    table = _table()
    for length in range(min(_LONGEST, len(words)), 0, -1):
        *first, last = words[:length]
        for form in _singulars(last):
            if kind := table.phrases.get((*first, form)):
                return length, kind
    for form in _singulars(words[0]):
        for start in range(2, len(form) - 2):
            if kind := table.endings.get(form[start:]):
                return 1, kind
    return 1, None


def _singulars(word: str) -> Iterator[str]:
    yield word
    if len(word) > 3:
        if word.endswith("ies"):
            yield word[:-3] + "y"
        for plural, least in (("s", 3), ("es", 3), ("n", 5), ("en", 5), ("e", 5)):
            if word.endswith(plural) and len(word) - len(plural) >= least:
                yield word[: -len(plural)]


def _words(text: str) -> list[str]:
    """The words without case, accents and single letters; what an apostrophe parts is two words."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return [word for word in re.findall(r"[^\W_]+", bare) if len(word) > 1 or word.isdigit()]


@lru_cache(maxsize=1)
def _table() -> _Table:
    """Of a word that is there twice the heavier meaning counts."""
    phrases: dict[tuple[str, ...], _Kind] = {}
    endings: dict[str, _Kind] = {}
    written: dict[str, Any] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for fields in sorted(written["kind"], key=lambda fields: fields["weight"]):
        kind = _Kind(fields["class"], fields["says"], fields["weight"], fields["aside"], fields["after"])
        for term in filter(None, (term.strip() for term in fields["words"].replace("\n", " ").split(","))):
            words = _words(term)
            if term.startswith("*"):
                endings[words[0]] = kind
            else:
                phrases[tuple(words)] = kind
    return _Table(phrases, endings, frozenset(_words(written["prepositions"])))
