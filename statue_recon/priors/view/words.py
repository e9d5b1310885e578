"""What a caption says, in a small vocabulary of its own: materials, age, build, pose, dress, hair, damage and relics.

The words are data, in vocabulary.json:

    groups    of words, each with its synonyms: {"dress": {"cloak": "mantle chlamys cape"}}
    phrases   what is said by several words, or says several: {"headless": "missing head", "gold leaf": "gilding"}
    silent    words that say nothing here, and are no surprise either

Plurals mean what their singulars mean. What is in none of them is left out, and the caller hears of it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

VOCABULARY = Path(__file__).with_name("vocabulary.json")
LENGTH = 32  # words that are read of a caption; 99 of 100 synthetic statues are told in fewer
NOTHING = 0  # the number that stands where a caption has ended
LOOKS = ("material", "colour", "surface")  # groups of words that say what a statue looks like, not what it shows
LONGEST_PHRASE = 2  # words
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_PLURALS = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("men", "man"), ("es", ""), ("s", ""))


@dataclass(frozen=True)
class Reading:
    """What was understood of a caption."""

    words: tuple[str, ...]  # of the vocabulary, in the caption's order
    unknown: tuple[str, ...]  # what was not, as it was written


class Vocabulary:
    """The words a network knows, in the order of their numbers (from 1 on), and how people put them."""

    def __init__(self, words: Sequence[str] | None = None):
        """words: those a network was trained with; None: all of the file."""
        told = json.loads(VOCABULARY.read_text(encoding="utf-8"))
        self._group = {word: group for group, inside in told["groups"].items() for word in inside}
        self.words = tuple(self._group if words is None else words)
        self._numbers = {word: number for number, word in enumerate(self.words, start=1)}
        meant = {word: (word,) for word in self.words}
        for inside in told["groups"].values():
            meant |= {synonym: (word,) for word, synonyms in inside.items() for synonym in synonyms.split()}
        meant |= {phrase: tuple(words.split()) for phrase, words in told["phrases"].items()}
        # A network that was trained with fewer words does not know what is said by the others.
        self._meant = {text: words for text, words in meant.items() if all(word in self._numbers for word in words)}
        self._silent = frozenset(told["silent"].split())

    def read(self, caption: str) -> Reading:
        """The words of a caption, in the vocabulary's spelling."""
        written = _WORD.findall(_plain(caption))
        found: list[str] = []
        unknown: list[str] = []
        place = 0
        while place < len(written):
            place += self._next(written[place:], found, unknown)
        told = tuple(word for word, before in zip(found, ["", *found], strict=False) if word != before)
        return Reading(told, tuple(dict.fromkeys(unknown)))

    def group(self, word: str) -> str:
        """Which group a word is of: "material", "dress", …"""
        return self._group.get(word, "")

    def numbers(self, words: Sequence[str]) -> Tensor:
        """[LENGTH] int64; words beyond are left out, NOTHING stands where there are fewer."""
        told = [self._numbers[word] for word in words[:LENGTH]]
        return torch.tensor(told + [NOTHING] * (LENGTH - len(told)))

    def exchanged(self, numbers: Tensor) -> Tensor:
        """What captions [..., LENGTH] say of the mirrored statue: left for right, and right for left."""
        left, right = (self._numbers.get(side, NOTHING) for side in ("left", "right"))
        if NOTHING in (left, right):
            return numbers
        return torch.where(numbers == left, right, torch.where(numbers == right, left, numbers))

    def _next(self, written: list[str], found: list[str], unknown: list[str]) -> int:
        """Reads the next word or phrase; returns how many written words that took."""
        for count in range(min(LONGEST_PHRASE, len(written)), 0, -1):
            meant = self._meaning(written[:count])
            if meant is not None:
                found += meant
                return count
        parts = written[0].split("-")
        if len(parts) > 1:
            inside = self.read(" ".join(parts))
            found += inside.words
            unknown += inside.unknown
        elif not any(form in self._silent for form in _forms(written[0])):
            unknown.append(written[0])
        return 1

    def _meaning(self, written: list[str]) -> tuple[str, ...] | None:
        for last in _forms(written[-1]):
            meant = self._meant.get(" ".join([*written[:-1], last]))
            if meant is not None:
                return meant
        return None


@cache
def vocabulary() -> Vocabulary:
    """All the words of the file."""
    return Vocabulary()


def without_looks(words: Sequence[str], known: Vocabulary, groups: Collection[str] = LOOKS) -> tuple[str, ...]:
    """The words that stay true when a statue is given another stone."""
    return tuple(word for word in words if known.group(word) not in groups)


class TextEncoder(nn.Module):
    """Words to what a network attends to: a transformer of two layers, a sixth of a million parameters or so."""

    def __init__(self, words: int, width: int, layers: int = 2, heads: int = 4):
        super().__init__()
        self.words = nn.Embedding(words + 1, width, padding_idx=NOTHING)
        self.places = nn.Parameter(torch.zeros(1 + LENGTH, width))
        self.summary = nn.Parameter(torch.randn(width) / width**0.5)  # there even where nothing is said
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Captions [B, LENGTH] as tokens [B, 1 + LENGTH, width], and which of them say something [B, 1 + LENGTH]."""
        summary = self.summary.expand(len(numbers), 1, -1)
        tokens = torch.cat([summary, self.words(numbers)], dim=1) + self.places
        said = nn.functional.pad(numbers != NOTHING, (1, 0), value=True)
        return self.layers(tokens, src_key_padding_mask=~said), said


def _plain(text: str) -> str:
    """Lower case without accents and typographic signs: “Pietà” is “pieta”."""
    parted = unicodedata.normalize("NFKD", text.lower().replace("’", "'").replace("‐", "-"))
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _forms(word: str) -> list[str]:
    """A word, and what it may be the plural or the genitive of."""
    word = word.removesuffix("'s")
    shorter = [word.removesuffix(ending) + single for ending, single in _PLURALS if word.endswith(ending)]
    return [word, *(form for form in shorter if len(form) > 2)]
