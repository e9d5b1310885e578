"""The edits that come with the extension, each with its words and its picture. Standard library only.

presets()[0].label, presets()[0].prompt    # what people choose from, and what is asked for
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("presets.json")
THUMBNAILS = Path(__file__).with_name("thumbnails")


@dataclass(frozen=True)
class Preset:
    """An edit that works offline: its prompt has only words that the bundled priors know."""

    identifier: str
    label: str  # in English, as on a button
    prompt: str
    what: str  # "shape" | "surface" | "both"
    thumbnail: str  # file name in THUMBNAILS
    avoid: str = ""
    strength: float = 1.0
    keep_seen: bool = True

    @property
    def picture(self) -> Path | None:
        """Where its thumbnail lies; None if it has none yet."""
        path = THUMBNAILS / self.thumbnail
        return path if path.is_file() else None


@cache
def presets() -> tuple[Preset, ...]:
    """All of them, in the order in which they are shown."""
    return tuple(Preset(**told) for told in json.loads(LIST.read_text(encoding="utf-8")))


def preset(identifier: str) -> Preset:
    return next(each for each in presets() if each.identifier == identifier)
