"""The menu of priors: what ships, and what of the optional models is installed, alone and together.

What was chosen is kept as the words the engine reads (statue_recon/priors/names.py), for a menu that grows and shrinks
with what is installed would be kept by Blender as a number. A file that chose what is not here keeps its choice.
"""

from __future__ import annotations

import zlib
from itertools import product

from . import models

BUNDLED, NONE = "bundled", "none"
SHIPPED = (
    (BUNDLED, "Bundled", "The hidden side is imagined by a model of statues that comes with Statue Recon"),
    (NONE, "None", "The hidden side is continued from the outline and the colors of the photo: quicker, and flatter"),
)
VIEW, PICTURES = "view", "pictures"  # tasks of models that can speak: one knows the photo, the other words

_items: list[tuple[str, str, str, str, int]] = []  # Blender keeps no hold of what it is given: we must
_words: dict[int, str] = {}


def items(settings, _context):
    """The menu of these settings, for an EnumProperty."""
    global _items
    choices = [*SHIPPED, *_with_installed()]
    if settings is not None and settings.prior_words not in (words for words, _, _ in choices):
        choices.append((settings.prior_words, f"{settings.prior_words} (not installed)", "Chosen in this file"))
    found = [(words, title, told, "NONE", _number(words)) for words, title, told in choices]
    if found != _items:
        _items = found
    return _items


def get(settings) -> int:
    return _number(settings.prior_words)


def set(settings, number: int) -> None:
    settings.prior_words = _words.get(number, BUNDLED)


def _with_installed() -> list[tuple[str, str, str]]:
    """Words, title and description of each choice that installed models offer."""
    speaking = {task: [each for each in models.listed() if each.task == task] for task in (VIEW, PICTURES)}
    there = {task: [each for each in listed if models.installed(each.identifier)] for task, listed in speaking.items()}
    groups = [[each] for each in (*there[VIEW], *there[PICTURES])]
    groups += [list(pair) for pair in product(there[VIEW], there[PICTURES])]
    choices = []
    for group in groups:
        names = ", ".join(each.identifier for each in group)
        title = " + ".join(each.title for each in group)
        told = " ".join(f"{each.purpose}." for each in group)
        choices.append((f"shape, {names}", f"Bundled + {title}", f"What comes with Statue Recon begins. {told}"))
        choices.append((names, title, f"The outline is made as deep as it is wide, to begin with. {told}"))
    return choices


def _number(words: str) -> int:
    """The same for the same words in every session: Blender keeps the number while a menu is open."""
    number = zlib.crc32(words.encode()) & 0x7FFFFFFF
    _words[number] = words
    return number
