"""What is said of a statue while the view prior learns: never all, sometimes nothing, and nothing that is untrue."""

from __future__ import annotations

from numpy.random import Generator

from ..priors.view.words import Vocabulary, vocabulary

SILENT = 0.15  # share of pairs without a caption; more are made so for guidance
BRIEF = (0.3, 1.0)  # share of its words that a caption keeps, at least and at most
DENIED = 0.15  # share of captions that say what is not there
# What would be said of a figure if it were there, so that its absence can be told too.
DENIABLE = (
    "beard",
    "wreath",
    "veil",
    "helmet",
    "plinth",
    "tree",
    "cloak",
    "crown",
    "staff",
    "sword",
    "socle",
    "throne",
)
FIGURES = ("man", "woman", "child")  # of whom captions are complete
TIED = ("without", "left", "right", "both", "two", "three")  # words that belong to the one behind them


def words_of(caption: str, title: str, known: Vocabulary | None = None) -> tuple[str, ...]:
    """What is known of a statue in the vocabulary's words: of its caption, else of its title."""
    return (known or vocabulary()).read(caption or title).words


def told(words: tuple[str, ...], rng: Generator, complete: bool) -> tuple[str, ...]:
    """Some of the words that are true of a statue, in their order.

    complete: whether everything worth saying is said, as of synthetic figures: what is not is not there.
    """
    if not words or rng.random() < SILENT:
        return ()
    keep = rng.uniform(*BRIEF)
    found: list[str] = []
    for phrase in phrases(words):
        if rng.random() < keep:
            found += phrase
    if complete and any(word in words for word in FIGURES) and rng.random() < DENIED:
        absent = [word for word in DENIABLE if word not in words and word in vocabulary().words]
        found += ["without", absent[int(rng.integers(len(absent)))]] if absent else []
    return tuple(found)


def phrases(words: tuple[str, ...]) -> list[list[str]]:
    """Words with those before them that make no sense alone: “left arm”, “without beard”."""
    found: list[list[str]] = []
    open_ends = False
    for word in words:
        if open_ends:
            found[-1].append(word)
        else:
            found.append([word])
        open_ends = word in TIED
    return found
