"""What a stance is made of. Angles as in skeleton.py.

Given with the weight on the right leg where one bears it; mirrored at random. Arms are pairs (left, right) of keys of
gestures.GESTURES, or of stances.SETS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .skeleton import Triple


@dataclass(frozen=True)
class Stance:
    """A body without its arms."""

    words: tuple[str, ...]  # "standing in contrapposto", …
    angles: Mapping[str, Triple]
    arms: tuple[tuple[str, str], ...]  # left, right; one pair is drawn
    heels: tuple[float | None, float | None] = (0, 0)  # left, right
    carried_by: str = "feet"
    share: float = 1.0  # how often, beside the others
    spread: float = 4.0  # degrees by which the legs' and the trunk's angles vary
    turning: float = 28.0  # degrees by which the head turns
    ages: tuple[str, ...] = ("child", "young", "adult", "old")
    sexes: tuple[str, ...] = ("male", "female")
    with_others: bool = field(default=False)  # only in groups, or on a horse
