"""What carries a figure: seats, trunks and pillars beside the leg or under a hand, struts, a stone under a foot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..human.figure import Figure
from ..human.poses import holds
from ..sculpt import Piece
from .carriers import MADE, Support, hips, rest, strut
from .room import drawn, size
from .seats import SEATS

_SEEDS = 2**31

# What it is → how often it stands beside a leg, of nude and of dressed figures; and its half width in metres.
_BESIDE: Mapping[str, tuple[float, float, tuple[float, float]]] = {
    "tree stump": (5, 3, (0.065, 0.095)),
    "pillar": (0.8, 0.8, (0.08, 0.11)),
    "column drum": (0.4, 0.3, (0.09, 0.12)),
    "amphora": (0.8, 0.3, (0.1, 0.13)),
    "dolphin": (0.7, 0.2, (0.08, 0.1)),
    "shield": (0.4, 0.3, (0.1, 0.1)),
    "herm": (0.3, 0.2, (0.07, 0.09)),
}
_HEIGHTS = {"amphora": 0.75, "column drum": 0.62, "dolphin": 0.85, "shield": 0.68}  # shares of the others' heights
_CARRIED = {"nude": 0.62, "dressed": 0.12, "on one foot": 0.85}  # share of the figures that have one
_STRUTS = 0.22
_ONE_FOOT = ("dancing", "running", "discus thrower")
_UPRIGHT = (
    "contrapposto", "deep contrapposto", "kouros", "standing straight", "striding", "lunging", "one foot raised",
    "archer", "bound", "bearing a load", *_ONE_FOOT,
)  # fmt: skip
_SEATED: Mapping[str, tuple[float, ...]] = {  # pose → shares of the first five of SEATS
    "enthroned": (0.05, 0.2, 0.15, 0.6, 0.0),
    "thinking": (0.75, 0.15, 0.05, 0.0, 0.05),
    "legs crossed": (0.8, 0.1, 0.0, 0.0, 0.1),
}
_SEATED_ELSE = (0.5, 0.18, 0.12, 0.12, 0.08)
_LOW = {"lotus": 0.15, "sitting on the ground": 0.9, "reclining": 0.6}  # pose → share of rocks, else cushions
_HOVERING = 0.015  # metres from which something must be under the hips
_UNDER = {"pillar": ("pillar", "column", "herm"), "stump": ("tree stump",), "shield": ("shield",)}  # holds → kinds
_OTHER = {"Left": "Right", "Right": "Left"}


def choose(
    rng: np.random.Generator, figure: Figure, naked: bool = True, without: Sequence[str] = ()
) -> tuple[Support, ...]:
    """What this figure needs, and what sculptors like to give it. without: sides whose arm is lost."""
    pose, seed = figure.pose.name, int(rng.integers(_SEEDS))
    if pose == "crucified":
        return (Support("cross", "behind", seed=seed),)
    if figure.seat is not None:
        return (Support(list(SEATS)[drawn(rng, _SEATED.get(pose, _SEATED_ELSE))], "seat", seed=seed),)
    if pose in _LOW and (height := hips(figure)[2]) > _HOVERING * size(figure):
        kind = ("cushion", "rock")[int(rng.random() < _LOW[pose])]
        return (Support(kind, "under the hips", height=height, seed=seed),)
    if pose not in _UPRIGHT:
        return ()
    found = [_under_hand(rng, side, names, figure) for side, names in holds(figure.pose).items() if side not in without]
    there = [support for support in found if support is not None]
    if pose == "one foot raised":
        there.append(Support("stone", "under a foot", _raised(figure), seed=seed))
    share = _CARRIED["on one foot" if pose in _ONE_FOOT else "nude" if naked else "dressed"]
    if not there and rng.random() < share:
        there.append(_beside(rng, figure, naked))
    if naked and rng.random() < _STRUTS:
        side = ("Left", "Right")[int(rng.integers(2))]
        bar = Support("strut", "strut", side, half=float(rng.uniform(0.014, 0.02)))
        if side not in without and strut(bar, figure) is not None:
            there.append(bar)
    return tuple(there)


def build(support: Support, figure: Figure) -> list[Piece]:
    mesh = MADE[support.role](support, figure)
    return [] if mesh is None else [Piece(support.kind, mesh, 0.012 if support.kind == "tree stump" else 0.006)]


def words(support: Support, rng: np.random.Generator) -> str:
    """ "a tree stump behind the left leg" """
    choices = _WORDS[support.kind, support.role] if (support.kind, support.role) in _WORDS else _SAID[support.kind]
    phrase = choices[int(rng.integers(len(choices)))]
    side = support.side.lower()
    if support.role == "beside a leg":
        where = (
            ("behind the {} leg", "at the {} leg") if support.way > _BEHIND else ("beside the {} leg", "at the {} leg")
        )
        return f"{phrase} {where[int(rng.integers(2))].format(side)}"
    if support.role == "under a hand":
        where = ("under the {} hand", "as a support on the {} side")
        return f"{phrase} {where[int(rng.integers(2))].format(side)}"
    return phrase.format(side=side)


_BEHIND = 55.0  # degrees (Support.way) from which it is behind, not beside
_SAID: Mapping[str, tuple[str, ...]] = {
    "tree stump": ("a tree stump", "a tree trunk", "a tree-trunk support"),
    "pillar": ("a pillar", "a square pillar"),
    "column": ("a column", "a short column"),
    "column drum": ("a column drum", "a piece of a column"),
    "herm": ("a small herm", "a herm"),
    "amphora": ("an amphora with a cloth over it", "a vessel with drapery"),
    "dolphin": ("a dolphin", "a dolphin on its head"),
    "shield": ("a shield standing on edge", "a round shield"),
    "rock": ("on a rock", "on a boulder"),
    "cube": ("on a block", "on a square seat"),
    "stool": ("on a stool",),
    "throne": ("on a throne", "on a high-backed throne"),
    "drum": ("on a column drum", "on a round seat"),
    "strut": ("", "with a strut at the {side} hand"),
    "cushion": ("on a cushion", "on a plump cushion"),
    "stone": ("the {side} foot on a rock", "a rock under the {side} foot"),
    "cross": ("on a cross", "on the cross"),
}
_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("shield", "under a hand"): ("a round shield", "a shield standing on the ground")
}


def _under_hand(rng: np.random.Generator, side: str, names: Sequence[str], figure: Figure) -> Support | None:
    kinds = [kind for name in names for kind in _UNDER.get(name, ())]
    if not kinds:
        return None
    kind = kinds[int(rng.integers(len(kinds)))]
    half = float(rng.uniform(0.075, 0.1)) * size(figure)
    return Support(kind, "under a hand", side, height=rest(side, figure)[1], half=half, seed=int(rng.integers(_SEEDS)))


def _raised(figure: Figure) -> str:
    return "Left" if figure.joints["LeftFoot"][2] > figure.joints["RightFoot"][2] else "Right"


def _beside(rng: np.random.Generator, figure: Figure, naked: bool) -> Support:
    """Something against the leg that bears the weight."""
    kind = list(_BESIDE)[drawn(rng, [nude if naked else dressed for nude, dressed, _ in _BESIDE.values()])]
    side = _OTHER[_raised(figure)]
    arm = figure.pose.gestures[side == "Right"]
    hangs = figure.joints[f"{side}Hand"][2] < 1.05 * figure.joints[f"{side}UpLeg"][2]
    way = float(rng.uniform(60, 105) if hangs or not arm else rng.uniform(15, 100))
    if kind in ("amphora", "dolphin", "shield", "herm"):
        way = float(rng.uniform(5, 60))
    height = float(figure.joints[f"{side}UpLeg"][2] * rng.uniform(0.66, 0.98)) * _HEIGHTS.get(kind, 1.0)
    half = float(rng.uniform(*_BESIDE[kind][2])) * size(figure)
    return Support(kind, "beside a leg", side, way, height, half, int(rng.integers(_SEEDS)))
