"""How much of each detail target makes whom: what varies, and what is typical of ideals, of age and of children.

Targets come in pairs (less, more); a feature is named without its ending and without the side: "nose/nose-greek" is
−1 … 1 from "nose-greek-decr" to "nose-greek-incr". Amounts beyond ±1 look monstrous.
"""

from __future__ import annotations

from collections.abc import Mapping

PAIRS = (
    ("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"), ("compress", "uncompress"),
    ("concave", "convex"),
)  # fmt: skip

# Standard deviations of a portrait's features, by room; ideal faces have a share of it (build.py).
SPREADS: Mapping[str, float] = {
    "arms": 0.22, "cheek": 0.38, "chin": 0.32, "ears": 0.38, "eyes": 0.26, "forehead": 0.25, "head": 0.16, "hip": 0.2,
    "legs": 0.2, "mouth": 0.3, "neck": 0.22, "nose": 0.4, "stomach": 0.25, "torso": 0.22,
}  # fmt: skip

# Features that go their own way: 0 leaves them out of chance.
OWN_SPREADS: Mapping[str, float] = {
    "forehead/forehead-nubian": 0.0, "forehead/forehead-scale-vert": 0.15, "head/head-age": 0.0,
    "head/head-angle": 0.15, "head/head-trans": 0.0, "chin/chin-jaw-drop": 0.0, "stomach/stomach-pregnant": 0.0,
    "stomach/stomach-navel": 0.1, "eyes/eye-trans": 0.12, "eyes/eye-push1": 0.12, "eyes/eye-push2": 0.12,
    "torso/torso-trans": 0.0, "hip/hip-trans": 0.0, "neck/neck-trans": 0.0, "mouth/mouth-trans": 0.15,
    "nose/nose-trans": 0.2, "legs/leg-valgus": 0.1, "chin/chin-prominent": 0.2, "chin/chin-width": 0.25,
    "nose/nose-septumangle": 0.25, "eyes/eye-epicanthus": 0.15, "mouth/mouth-dimples": 0.1,
    "mouth/mouth-laugh-lines": 0.15, "neck/neck-double": 0.15, "ears/ear-wing": 0.35,
}  # fmt: skip

# Of these shapes at most one, in part.
HEADS = ("head-round", "head-rectangular", "head-square", "head-oval")

IDEAL_FACE: Mapping[str, float] = {
    "nose/nose-greek": 0.75, "nose/nose-hump": -0.3, "nose/nose-curve": 0.0, "nose/nose-scale-depth": 0.15,
    "mouth/mouth-lowerlip-volume": 0.35, "mouth/mouth-upperlip-volume": 0.3, "mouth/mouth-scale-horiz": -0.15,
    "mouth/mouth-cupidsbow": 0.3, "mouth/mouth-angles": 0.05, "eyes/eye-scale": 0.35, "eyes/eye-height2": 0.45,
    "eyes/eye-eyefold": 0.2, "chin/chin-height": 0.1, "chin/chin-width": 0.1, "cheek/cheek-volume": 0.2,
    "forehead/forehead-scale-vert": -0.15,
}  # fmt: skip

IDEAL_BODY: Mapping[str, Mapping[str, float]] = {
    "male": {
        "torso/torso-vshape": 0.35, "torso/torso-muscle-pectoral": 0.5, "torso/torso-muscle-dorsi": 0.35,
        "torso/measure-shoulder-dist": 0.3, "stomach/stomach-tone": 0.7, "neck/neck-scale-horiz": 0.3,
        "neck/neck-scale-depth": 0.2, "torso/measure-waist-circ": -0.1, "legs/upperleg-muscle": 0.3,
        "legs/lowerleg-muscle": 0.3, "arms/upperarm-muscle": 0.25, "arms/upperarm-shoulder-muscle": 0.3,
    },
    "female": {
        "torso/measure-bust-circ": -0.15, "stomach/stomach-tone": 0.25, "hip/hip-scale-horiz": 0.15,
        "torso/measure-waist-circ": 0.15, "neck/neck-scale-horiz": 0.15,
    },
}  # fmt: skip

# At 90 years; in between in proportion from 40 on.
OLD: Mapping[str, float] = {
    "head/head-age": 0.45, "ears/ear-scale": 0.4, "ears/ear-lobe": 0.4, "nose/nose-point": -0.25,
    "nose/nose-scale-vert": 0.15, "nose/nose-hump": 0.2, "eyes/eye-bag": 0.5, "cheek/cheek-volume": -0.35,
    "cheek/cheek-trans": -0.25, "mouth/mouth-angles": -0.3, "mouth/mouth-laugh-lines": -0.35,
    "mouth/mouth-lowerlip-volume": -0.2, "mouth/mouth-upperlip-volume": -0.25, "neck/neck-double": 0.3,
    "forehead/forehead-temple": -0.3, "stomach/stomach-tone": -0.5,
}  # fmt: skip

# At 3 years; in between in proportion up to 14. Also what shortens a putto's limbs.
CHILD: Mapping[str, float] = {
    "cheek/cheek-volume": 0.7, "cheek/cheek-inner": 0.2, "head/head-fat": 0.4, "eyes/eye-scale": 0.25,
    "nose/nose-scale-vert": -0.4, "nose/nose-point": 0.35, "chin/chin-height": -0.2, "neck/measure-neck-height": -0.3,
    "legs/upperlegs-height": -0.45, "legs/lowerlegs-height": -0.45, "arms/measure-upperarm-length": -0.3,
    "arms/measure-lowerarm-length": -0.3, "legs/upperleg-fat": 0.2, "legs/lowerleg-fat": 0.25,
    "arms/upperarm-fat": 0.3, "arms/lowerarm-fat": 0.3, "legs/upperleg-scale-horiz": 0.35,
    "legs/upperleg-scale-depth": 0.35, "legs/lowerleg-scale-horiz": 0.4, "legs/lowerleg-scale-depth": 0.35,
    "arms/upperarm-scale-horiz": 0.35, "arms/upperarm-scale-depth": 0.35, "arms/lowerarm-scale-horiz": 0.35,
    "arms/lowerarm-scale-depth": 0.35, "stomach/stomach-tone": -0.4, "forehead/forehead-trans": 0.15,
}  # fmt: skip
