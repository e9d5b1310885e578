"""The words of titles and captions, and a cloud of them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt

# Words that say nothing of an object, in the languages museums write titles in, and those that scans are called by.
_SILENT = """
a about above after against all along also among an and another any are around as at away back be been before
behind below beside between both but by can could did do does down each every few for from full had has have he
her here hers him his how in into is it its itself just left low like made many may more most much near no nor not
of off on one only onto or other our out over own quite right same she side so some still such than that the their
them then there these they this those through to too toward towards two under up upon very was we were what when
where which while who whose will with within without you your
der die das des dem den ein eine einer eines einem und oder mit ohne von vom aus auf im in zu zum zur bei als fur
le la les l un une des du de d et ou avec sans sur dans pour par au aux en
il lo gli i una uno di del della dei delle e con senza su per da dal nel nella el los las y con sin por para
scan scans scanned scanning photogrammetry model models mesh obj stl ply glb low poly high res resolution
decimated untitled file copy final test version unknown
"""
STOP = frozenset(_SILENT.split())
_WORD = re.compile(r"[^\W\d_]{2,}")
_NARROW, _BROAD = frozenset("fijlrst"), frozenset("mw")
_WIDTHS = (0.36, 0.54, 0.8)  # of narrow, usual and broad letters, in the height of the type
_WIDTH, _HEIGHT = 1000, 420  # of the cloud
_LARGEST, _SMALLEST = 84.0, 14.0  # height of the type
_FULL = 0.4  # the share of the cloud that words cover


def words_of(text: str) -> set[str]:
    """The words of a text that say something, in small letters."""
    return {word for word in _WORD.findall(text.casefold()) if word not in STOP}


@dataclass(frozen=True)
class Placed:
    """A word of the cloud."""

    word: str
    count: int
    x: float  # of its middle
    y: float
    size: float  # height of the type
    width: float


def cloud(counts: Sequence[tuple[str, int]], seed: int = 0) -> list[Placed]:
    """Places words, the most frequent first, on a spiral outwards from the middle, where none lies on another.

    Their area goes with their count. Returns those that found a place on _WIDTH × _HEIGHT.
    """
    chance = random.Random(seed)
    placed: list[Placed] = []
    largest = _largest(counts)
    for word, number in counts:
        size = max(largest * (number / counts[0][1]) ** 0.5, _SMALLEST)
        found = _place(word, number, size, size * _width(word), placed, chance.random())
        if found:
            placed.append(found)
    return placed


def _largest(counts: Sequence[tuple[str, int]]) -> float:
    """The height of type for the most frequent word with which all of them cover _FULL."""
    covered = sum(_width(word) * number / counts[0][1] for word, number in counts)
    return min(_LARGEST, sqrt(_FULL * _WIDTH * _HEIGHT / max(covered, 1e-9)))


def _width(word: str) -> float:
    """About, in the height of the type."""
    narrow, usual, broad = _WIDTHS
    return sum(narrow if letter in _NARROW else broad if letter in _BROAD else usual for letter in word)


def _place(word: str, number: int, size: float, width: float, placed: list[Placed], turn: float) -> Placed | None:
    for step in range(1600):
        angle = 2 * pi * turn + 0.3 * sqrt(step) * 4
        far = 5.2 * sqrt(step)
        x, y = _WIDTH / 2 + 2.3 * far * cos(angle), _HEIGHT / 2 + far * sin(angle)
        tried = Placed(word, number, x, y, size, width)
        inside = width / 2 < x < _WIDTH - width / 2 and size / 2 < y < _HEIGHT - size / 2
        if inside and not any(_touch(tried, other) for other in placed):
            return tried
    return None


def _touch(one: Placed, other: Placed) -> bool:
    across = abs(one.x - other.x) < (one.width + other.width) / 2 + 7
    return across and abs(one.y - other.y) < 0.52 * (one.size + other.size)


def cloud_size() -> tuple[int, int]:
    return _WIDTH, _HEIGHT
