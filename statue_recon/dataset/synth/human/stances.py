"""The sculptor's repertoire of how bodies stand, sit and lie, and the sets their arms are drawn from."""

from __future__ import annotations

from collections.abc import Mapping

from .lowered import LOWERED
from .stance import Stance
from .upright import UPRIGHT

_DOWN = ("hanging", "hanging back", "lowered with something")
_RESTING = (
    *_DOWN, "lowered on something", "on the hip", "at the cloak", "at the sling", "with a bowl", "to the breast",
)  # fmt: skip
_ACTING = (
    "with a staff", "high with a staff", "low with a staff", "with a bowl", "offering", "speaking", "greeting", "book",
    "holding aloft", "raised", "pointing", "over the head", "lowered with something", "lowered on something", "leaning",
    "on the hip", "spread low", "shield arm", "to the head", "across the breast", "blessing",
)  # fmt: skip
_SITTING = ("on the thigh", "on the knee", "in the lap", "book", "with a bowl", "propped beside", "over the knee")
_THRONED = ("low with a staff", "with a staff", "high with a staff", "with a bowl", "blessing", "on the thigh",
            "on the knee", "speaking", "to the cheek", "book")  # fmt: skip
_LIFTED = ("with a bowl", "offering", "speaking", "greeting", "book", "blessing", "to the breast", "across the breast",
           "at the cloak", "low with a staff", "raised", "to the head", "to the chin")  # fmt: skip
SETS: Mapping[str, tuple[str, ...]] = {
    "down": _DOWN,
    "resting": _RESTING,
    "acting": _ACTING,
    "lifted": _LIFTED,
    "sitting": _SITTING,
    "throned": _THRONED,
}

STANCES: Mapping[str, Stance] = {**UPRIGHT, **LOWERED}
