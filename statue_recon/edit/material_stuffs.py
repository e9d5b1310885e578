"""What surfaces can be made of and what can lie on them, as data. Colours are sRGB, 0 … 255.

The stuffs themselves are those the synthetic statues wear, whose looks and words the bundled prior has learnt.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..dataset.synth.material.stuffs import STUFFS, Colour, Stuff

# Which stuff is meant by a material of the vocabulary, alone ("") or with a colour before it.
GROUNDS: dict[str, dict[str, str]] = {
    "marble": {"": "carrara marble", "warm": "parian marble", "grey": "grey marble", "black": "black marble"},
    "bronze": {"": "bronze", "black": "black bronze", "green": "green bronze"},
    "limestone": {"": "limestone"},
    "sandstone": {"": "yellow sandstone", "red": "red sandstone", "yellow": "yellow sandstone"},
    "granite": {"": "granite", "pink": "rose granite", "red": "rose granite"},
    "basalt": {"": "basalt"},
    "schist": {"": "green schist"},
    "terracotta": {"": "terracotta", "pale": "buff clay", "yellow": "buff clay"},
    "plaster": {"": "plaster"},
    "wood": {"": "oak", "pale": "limewood"},
    "lead": {"": "lead"},
    "alabaster": {"": "alabaster"},
    "jade": {"": "jade"},
    "ivory": {"": "ivory"},
    "porcelain": {"": "porcelain", "green": "glazed clay"},
    "stone": {"": "limestone", "grey": "granite", "dark": "basalt", "black": "basalt"},
}
INHERENT = {name: frozenset(" ".join(stuff.words).split()) for name, stuff in STUFFS.items()}  # colours it has anyway

# How each colour word leans the colours of a stuff; "pale" and "dark" only say how much light it gives back.
COLOURS: dict[str, Colour] = {
    "white": (240, 238, 232),
    "warm": (222, 200, 164),
    "black": (40, 38, 38),
    "grey": (140, 140, 140),
    "green": (84, 122, 92),
    "red": (156, 62, 48),
    "yellow": (208, 166, 84),
    "blue": (52, 92, 152),
    "brown": (106, 76, 52),
    "pink": (208, 152, 140),
}
SHADES = {"pale": 1.45, "dark": 0.5}  # times the light


@dataclass(frozen=True)
class Coat:
    """What lies on a stuff."""

    word: str  # of the vocabulary, that calls it and that can be avoided
    place: str  # where it settles: a key of material_patterns.PLACES
    colours: tuple[Colour, ...]  # mixed in patches; none: the stuff's own, where it is newly broken
    roughness: float
    metallic: float
    share: float  # of the surface that it covers
    soft: float = 0.5  # how gradually it ends: 0 a sharp border … 1 a veil
    dense: float = 1.0  # 0 … 1: how little of what is below shines through
    thick: float = 0.0  # of the statue's size, for the relief; below 0 it lies deeper


VERDIGRIS = ((84, 128, 110), (110, 148, 128), (58, 96, 84), (94, 136, 120))
GOLD = ((222, 172, 84), (206, 152, 66), (232, 190, 110))
MOULD = ((164, 160, 112), (128, 132, 106), (178, 164, 116), (98, 108, 80))

# What each surface word lays on, in this order. `rubbed` goes on what is of metal, after all else.
COATS: dict[str, tuple[Coat, ...]] = {
    "weathered": (
        Coat("weathered", "worn", ((176, 168, 150), (150, 144, 130)), 0.95, 0.0, 0.5, 0.9, 0.18, -0.0006),
        Coat("streaked", "streaks", ((100, 93, 80), (124, 116, 100)), 0.92, 0.0, 0.2, 0.8, 0.5),
        Coat("dirt", "hollows", ((88, 78, 62), (66, 59, 48)), 0.97, 0.0, 0.32, 0.9, 0.75),
        Coat("lichen", "patches", MOULD, 0.98, 0.0, 0.09, 0.12, 0.7, 0.0004),
        Coat("weathered", "pits", ((124, 115, 100),), 0.97, 0.0, 0.03, 0.5, 0.5, -0.0008),
    ),
    "patina": (
        Coat("patina", "clouded", ((62, 74, 62), (78, 84, 66)), 0.6, 0.4, 0.8, 0.9, 0.55),
        Coat("patina", "hollows", VERDIGRIS, 0.88, 0.0, 0.42, 0.6, 0.92, 0.0003),
        Coat("patina", "streaks", ((116, 152, 134), (96, 138, 122)), 0.9, 0.0, 0.16, 0.7, 0.65, 0.0001),
    ),
    "rust": (
        Coat("rust", "patches", ((142, 82, 46), (104, 58, 36), (168, 104, 58)), 0.95, 0.0, 0.5, 0.5, 0.9, 0.0004),
        Coat("rust", "streaks", ((150, 92, 54), (120, 70, 42)), 0.92, 0.0, 0.25, 0.7, 0.7),
    ),
    "paint": (Coat("paint", "parts", (), 0.78, 0.0, 0.86, 0.25, 0.82, 0.0001),),
    "gilding": (
        Coat("gilding", "kept", ((104, 48, 32), (84, 38, 26)), 0.7, 0.0, 0.95, 0.1, 0.9, 0.0001),
        Coat("gilding", "kept", GOLD, 0.27, 1.0, 0.93, 0.1, 1.0, 0.0001),
        Coat("gilding", "hollows", ((112, 72, 34), (86, 54, 30)), 0.6, 0.6, 0.24, 0.9, 0.55),
    ),
    "streaked": (Coat("streaked", "streaks", ((84, 80, 72), (112, 106, 94)), 0.92, 0.0, 0.42, 0.6, 0.75),),
    "dirt": (Coat("dirt", "hollows", ((84, 73, 58), (62, 55, 46)), 0.97, 0.0, 0.5, 0.7, 0.85),),
    "soot": (Coat("soot", "sheltered", ((40, 38, 37), (54, 51, 48)), 0.96, 0.0, 0.5, 0.5, 0.93, 0.0004),),
    "lichen": (
        Coat("lichen", "patches", MOULD, 0.98, 0.0, 0.28, 0.1, 0.9, 0.0006),
        Coat("lichen", "spots", ((206, 188, 118), (186, 184, 160)), 0.98, 0.0, 0.03, 0.1, 0.85, 0.0006),
    ),
    "polished": (Coat("polished", "edges", (), 0.16, 1.0, 0.35, 0.8, 0.6),),
}
RUBBED = Coat("polished", "edges", (), 0.26, 1.0, 0.13, 0.7, 0.75)  # hands and cloths on what stands out of metal
PAINTS: dict[str, tuple[Colour, ...]] = {
    "skin": ((206, 158, 126), (216, 172, 142)),
    "hair": ((112, 72, 44), (134, 86, 48)),
    "dress": ((44, 84, 134), (150, 56, 44), (74, 112, 78)),  # one of them: Egyptian blue, ochre, …
}
FINISHES = {"polished": 0.4, "glazed": 0.25}  # times the roughness of the stuff
HOW = {"slightly": 0.55, "partly": 0.6, "trace": 0.35, "remain": 0.35, "heavily": 1.5, "badly": 1.5, "many": 1.3}
__all__ = ["COATS", "COLOURS", "FINISHES", "GROUNDS", "HOW", "INHERENT", "PAINTS", "RUBBED", "SHADES", "STUFFS"]
__all__ += ["Coat", "Colour", "Stuff"]
