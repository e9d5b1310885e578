"""Which words of a prompt a prior does not know, marked before a job starts.

The words are the engine's (statue_recon/edit/known.py), read with the standard library alone: its own reader of prompts
for the surface needs torch. Stable Diffusion takes any words.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache

from ..statue_recon.edit.known import VOCABULARY, known_words, read
from ..statue_recon.priors import names

_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_PLURALS = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("men", "man"), ("es", ""), ("s", ""))


def unknown(prompt: str, avoid: str, what: str, prior: str) -> tuple[str, ...]:
    """The words of a prompt, as they are written, that an edit of this kind can make nothing of.

    Of both, what is unknown to the one may be known to the other.
    """
    if prior not in names.SHORT:  # the others that can be chosen for an edit take any words
        return ()
    shape = read(prompt, avoid).unknown
    if what == "shape":
        return shape
    surface = _without_looks(f"{prompt} {avoid}")
    if what == "surface":
        return surface
    return tuple(word for word in surface if word in {other.lower() for other in shape})


def _without_looks(prompt: str) -> tuple[str, ...]:
    """Words that say nothing of how a surface looks to the bundled prior."""
    known, silent = _vocabulary()
    written = _WORD.findall(_plain(prompt))
    found: list[str] = []
    place = 0
    while place < len(written):
        pair, word = " ".join(written[place : place + 2]), written[place]
        if " " in pair and any(f"{written[place]} {form}" in known for form in _forms(written[place + 1])):
            place += 2
            continue
        parts = [word] if any(form in known for form in _forms(word)) else word.split("-")
        found += [part for part in parts if not any(form in known or form in silent for form in _forms(part))]
        place += 1
    return tuple(dict.fromkeys(found))


@cache
def _vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    """Words and phrases that mean something, and words that say nothing but are no surprise either."""
    told = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    known = known_words("surface") or frozenset()
    phrases = {phrase for phrase, meant in told["phrases"].items() if known.issuperset(meant.split())}
    return known | phrases, frozenset(told["silent"].split())


def _plain(text: str) -> str:
    """Lower case without accents and typographic signs: “Pietà” is “pieta”."""
    parted = unicodedata.normalize("NFKD", text.lower().replace("’", "'").replace("‐", "-"))
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _forms(word: str) -> list[str]:
    """A word, and what it may be the plural or the genitive of."""
    word = word.removesuffix("'s")
    shorter = [word.removesuffix(ending) + single for ending, single in _PLURALS if word.endswith(ending)]
    return [word, *(form for form in shorter if len(form) > 2)]
