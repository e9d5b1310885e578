"""The class of an object: by its words, and where these are unsure, by a model if there is one.

The words come first: a title that says “vase” is right more often than a picture of grey stone. A model that is
confident of something else makes it a case for a person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .words import Guess, judge

CONFIDENT, LIKELY = 0.7, 0.5  # likelihood from which a model may contradict, or decide where words do not
CHOSEN = ("folder", "synth")  # sources whose objects a person chose, not a search


@dataclass(frozen=True)
class Decision:
    """The class, and what that means for the verdict."""

    kind: str
    complaint: tuple[str, str] | None  # (verdict, sentence); None: nothing speaks against it


def decide(
    title: str, description: str, source: str, wanted: Collection[str], opinion: dict[str, float] | None
) -> Decision:
    """opinion: the model's likelihood for each class, None where there is no model."""
    guess = judge(title, description)
    if opinion is None:
        return _decided(guess, source, wanted)
    seen = max(opinion, key=lambda kind: opinion[kind])
    said = f"the model sees {_a(seen)} ({opinion[seen]:.0%})"
    if not guess.sure:
        if opinion[seen] < LIKELY:
            return _decided(guess, source, wanted)
        return _decided(Guess(seen, opinion[seen] >= CONFIDENT, True, f"{said[0].upper()}{said[1:]}."), source, wanted)
    decided = _decided(guess, source, wanted)
    if seen == guess.kind or opinion[seen] < CONFIDENT or not {seen, guess.kind} & set(wanted):
        return decided
    return Decision(guess.kind, ("look", f"Its class is disputed: {guess.reason[:-1]}, but {said}."))


def _decided(guess: Guess, source: str, wanted: Collection[str]) -> Decision:
    if guess.kind in wanted or (not guess.known and source in CHOSEN):
        return Decision(guess.kind, None)
    if not guess.known:
        return Decision(guess.kind, ("look", guess.reason))
    if guess.sure:
        return Decision(guess.kind, ("drop", f"It is {_a(guess.kind)}, which is not wanted: {guess.reason}"))
    return Decision(guess.kind, ("look", f"It may be {_a(guess.kind)}: {guess.reason}"))


def _a(kind: str) -> str:
    if kind == "other":
        return "something else"
    return f"{'an' if kind[0] == 'a' else 'a'} {kind}"
