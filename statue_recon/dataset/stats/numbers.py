"""The numbers of a collection, read from its manifest once from end to end, in memory that does not grow with it."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..manifest import USED, Entry, Manifest
from .words import words_of

KINDS = 5_000  # of words, authors and the like that are counted side by side
PICTURES = 60
READABLE_BYTES = 200_000_000  # of a mesh that is read for a small picture
_STEPS = 3  # bars of a histogram in each power of ten


class Tally:
    """How often each of many things was seen. Where they are too many, the rarest half is forgotten now and then."""

    def __init__(self, most: int = KINDS):
        self._counts: Counter[str] = Counter()
        self._most = most
        self.forgotten = False  # whether what is rare may be missing, and counts may be a little too small

    def add(self, thing: str) -> None:
        self._counts[thing[:200]] += 1
        if len(self._counts) > self._most:
            self._counts = Counter(dict(self._counts.most_common(self._most // 2)))
            self.forgotten = True

    def most_common(self, count: int | None = None) -> list[tuple[str, int]]:
        return sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))[:count]

    def __len__(self) -> int:
        return len(self._counts)


class Spread:
    """How large things are: counts in steps of a third of a power of ten, and the sum, least and most."""

    def __init__(self) -> None:
        self._bars: Counter[int] = Counter()
        self.count, self.total, self.least, self.most = 0, 0, math.inf, 0

    def add(self, value: Any) -> None:
        """Takes whole numbers above 0; whatever else a manifest may hold is not counted."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18:
            # The tiny addition puts 1000, whose logarithm may come out a hair less than 3, into the bar it begins.
            self._bars[math.floor(_STEPS * math.log10(value) + 1e-9)] += 1
            self.count, self.total = self.count + 1, self.total + value
            self.least, self.most = min(self.least, value), max(self.most, value)

    @property
    def bars(self) -> list[tuple[float, float, int]]:
        """From, to, how many; without gaps from the least to the most."""
        if not self._bars:
            return []
        steps = range(min(self._bars), max(self._bars) + 1)
        return [(10 ** (step / _STEPS), 10 ** ((step + 1) / _STEPS), self._bars[step]) for step in steps]

    def to_json(self) -> dict[str, Any]:
        least = self.least if self.count else None
        return {"known": self.count, "total": self.total, "least": least, "most": self.most, "bars": self.bars}


@dataclass
class Numbers:
    """What a collection holds. Of all objects first, then of those that are used."""

    found: int = 0
    clean: Tally = field(default_factory=Tally)  # verdicts; "not yet" where there is none, here and below
    review: Tally = field(default_factory=Tally)
    classes: Tally = field(default_factory=Tally)

    used: int = 0
    sets: Tally = field(default_factory=Tally)
    bytes: Spread = field(default_factory=Spread)
    faces: Spread = field(default_factory=Spread)  # as clean measured them
    licences: Tally = field(default_factory=Tally)
    sources: Tally = field(default_factory=Tally)
    authors: Tally = field(default_factory=Tally)
    words: Tally = field(default_factory=Tally)  # in how many titles and captions
    sample: list[int] = field(default_factory=list)  # some of the used objects, by their numbers, every one as likely

    def to_json(self) -> dict[str, Any]:
        tallies = ("clean", "review", "classes", "sets", "licences", "sources", "authors")
        return {
            "found": self.found,
            "used": self.used,
            **{name: dict(getattr(self, name).most_common()) for name in tallies},
            "bytes": self.bytes.to_json(),
            "faces": self.faces.to_json(),
            "words": dict(self.words.most_common(200)),
        }


def count(manifest: Manifest, seed: int = 0) -> Numbers:
    """Counts a collection. seed: of the choice of the sample."""
    numbers = Numbers()
    for entry in manifest.entries("source IS NOT NULL"):
        _count_any(numbers, entry)
    _count_used(numbers, manifest.entries(USED), random.Random(seed))
    return numbers


def _count_any(numbers: Numbers, entry: Entry) -> None:
    numbers.found += 1
    numbers.clean.add(said(entry, "clean", "verdict") or "not yet")
    numbers.review.add(said(entry, "review", "verdict") or "not yet")
    numbers.classes.add(said(entry, "clean", "class") or "not yet")


def _count_used(numbers: Numbers, entries: Iterable[Entry], chance: random.Random) -> None:
    drawable = 0
    for entry in entries:
        source = entry["source"]
        numbers.used += 1
        numbers.sets.add(said(entry, "split", "set") or "not yet")
        numbers.bytes.add(source.get("bytes"))
        measures = (entry["clean"] or {}).get("measures")
        numbers.faces.add(measures.get("faces") if isinstance(measures, dict) else None)
        numbers.licences.add(said(entry, "source", "licence") or "unknown")
        numbers.sources.add(said(entry, "source", "source") or "unknown")
        numbers.authors.add(said(entry, "source", "author") or "unknown")
        for word in words_of(f"{said(entry, 'source', 'title')}\n{said(entry, 'source', 'caption')}"):
            numbers.words.add(word)
        if not isinstance(source.get("bytes"), int) or source["bytes"] <= READABLE_BYTES:
            drawable += 1
            _draw_lots(numbers.sample, entry["number"], drawable, chance)


def said(entry: Entry, section: str, name: str) -> str:
    """A text of an object; empty where there is none, or something that is no text."""
    value = (entry[section] or {}).get(name)
    return value if isinstance(value, str) else ""


def _draw_lots(sample: list[int], number: int, seen: int, chance: random.Random) -> None:
    """Keeps every one of those seen so far with the same chance (Vitter's algorithm R)."""
    if len(sample) < PICTURES:
        sample.append(number)
    elif (place := chance.randrange(seen)) < PICTURES:
        sample[place] = number
