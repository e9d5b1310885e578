"""How the figure stands, sits or lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pose:
    """Angles of the joints (skeleton.py says what each means), and where hands and feet must come."""

    name: str  # "contrapposto", "seated", …
    angles: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    reaches: Mapping[str, tuple[str, tuple[float, float, float]]] = field(default_factory=dict)
    # "left"/"right" → a bone, and the wrist's offset from its head in metres (for a man of 1.75 m), in the bone's axes
    hands: tuple[str, str] = ("relaxed", "relaxed")  # left, right: a key of hands.HANDS
    palms: tuple[str, str] = ("", "")  # left, right: what the palm turns to, see reach.PALMS; "": as the angles say
    heels: tuple[float | None, float | None] = (None, None)  # left, right: degrees lifted; None: not on the ground
    carried_by: str = "all"  # "left foot", "right foot", "feet", "left knee", "right knee", "seat", "all"
    gestures: tuple[str, str] = ("", "")  # left, right: what the arms do, a key of gestures.GESTURES
