"""What a figure wears: drawn, put on, and put into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..human.build import Build
from ..human.figure import Figure
from ..human.pose import Pose
from ..sculpt import Piece
from ..shapes import Shape, union
from .fitting import Fitting, as_tall_as_a_man
from .patterns import PATTERNS, Worn

_UPRIGHT = (
    "contrapposto", "deep contrapposto", "kouros", "standing straight", "striding", "bound",
    "bearing a load",
)  # fmt: skip
_SHORT = (*_UPRIGHT, "one foot raised")  # long cloth would show that only one leg carries it
_ACTIVE = ("lunging", "running", "archer", "dancing")
_KNEELING = ("kneeling on one knee", "kneeling", "sitting on the heels")
_SITTING = ("seated", "enthroned", "thinking")


@dataclass(frozen=True)
class Outfit:
    """A garment over another, as they were worn together."""

    over: str  # a key of PATTERNS
    under: str  # another, or ""
    share: tuple[float, float]  # how often men and women wear it
    poses: tuple[str, ...]
    words: tuple[str, ...]  # {side} is the draped side, {other} the other one
    needs_arm: bool = False  # the arm on the draped side must not be raised


_MANTLED = (*_UPRIGHT, "seated", "enthroned", "lotus", "kneeling on one knee")
OUTFITS: dict[str, Outfit] = {
    "chiton": Outfit("chiton", "", (0.2, 3), (*_UPRIGHT, *_ACTIVE, *_SITTING, *_KNEELING),
                     ("a belted chiton", "a long chiton with fine folds", "a thin girded chiton")),
    "peplos": Outfit("peplos", "", (0, 4), (*_UPRIGHT, "dancing", "running", *_SITTING, *_KNEELING),
                     ("a peplos", "a peplos with an overfold", "a heavy peplos pinned at the shoulders")),
    "tunic": Outfit("tunic", "", (2, 0.5), (*_SHORT, *_ACTIVE, "riding", "kneeling on one knee"),
                    ("a short tunic", "a belted tunic", "a short girded tunic")),
    "long tunic": Outfit("long tunic", "", (0.8, 0.8), (*_UPRIGHT, *_SITTING, *_KNEELING, "lotus"),
                         ("a long tunic", "a robe that falls to the feet", "a long ungirded robe")),
    "exomis": Outfit("exomis", "", (1.2, 0.2), (*_SHORT, *_ACTIVE, "kneeling on one knee"),
                     ("an exomis that leaves the {other} shoulder bare",
                      "a workman's tunic fastened on the {side} shoulder")),
    "himation": Outfit("himation", "", (3, 0), _MANTLED,
                       ("a himation draped over the {side} shoulder", "a mantle that leaves the {other} shoulder bare",
                        "a himation"), needs_arm=True),
    "himation over chiton": Outfit("himation", "chiton", (0.3, 3.5), _MANTLED,
                                   ("a himation over a chiton",
                                    "a chiton and a himation draped over the {side} shoulder"),
                                   needs_arm=True),
    "wrapped mantle": Outfit("wrapped mantle", "", (1.2, 0.3), _UPRIGHT,
                             ("a himation wrapped round both shoulders",
                              "a mantle drawn round both arms"), needs_arm=True),
    "wrapped woman": Outfit("wrapped mantle", "chiton", (0, 1.5), _UPRIGHT,
                            ("a mantle wrapped tightly over a chiton", "a chiton under a mantle round both shoulders"),
                            needs_arm=True),
    "hip mantle": Outfit("hip mantle", "", (2.5, 1.6), (*_UPRIGHT, *_SITTING, "reclining", "kneeling"),
                         ("a mantle slung round the hips", "drapery about the hips and legs",
                          "a himation rolled at the hips")),
    "toga": Outfit("toga", "tunic", (2.2, 0), (*_UPRIGHT[:5], "enthroned"),
                   ("a toga", "a toga over a tunic", "the toga of a Roman citizen"), needs_arm=True),
    "cloak": Outfit("cloak", "", (1.5, 0), (*_SHORT, *_ACTIVE[:3], "riding"),
                    ("a cloak fastened at the {other} shoulder", "a chlamys pinned on the {other} shoulder")),
    "cloak over tunic": Outfit("cloak", "tunic", (1.5, 0), (*_SHORT, *_ACTIVE[:3], "riding"),
                               ("a short tunic and a cloak fastened at the {other} shoulder",
                                "a chlamys over a tunic")),
    "robe and cloak": Outfit("open cloak", "long tunic", (1.2, 1.2), _UPRIGHT,
                             ("a long robe and a cloak", "a saint's robe and mantle", "a cloak open over a long robe")),
    "loincloth": Outfit("loincloth", "", (1.2, 0), (*_SHORT, *_ACTIVE, "crucified", *_KNEELING[:2]),
                        ("a loincloth", "a knotted loincloth")),
    "dancer": Outfit("dancer", "", (0, 1.5), ("dancing", "running", "deep contrapposto"),
                     ("a wide swinging skirt", "a dancer's flaring dress")),
    "beside": Outfit("beside", "", (0.8, 0.5), _SHORT,
                     ("a cloth over the {side} forearm or shoulder", "only a piece of drapery")),
}  # fmt: skip
HANG = ("chiton", "peplos", "himation", "himation over chiton", "hip mantle", "cloak", "cloak over tunic", "dancer")
LIE = ("hip mantle",)  # what falls on the lap of one who sits
_ROOM = ("contrapposto", "deep contrapposto", "kouros", "standing straight", "striding", "bound", "dancing", "running")
NAKED = {"male": 0.35, "female": 0.12}  # share that wears nothing
_RAISED = 65.0  # degrees: an arm that is higher holds no mantle
DEEP = 0.004  # metres over which cloth runs into the body
_MIRRORED = 0.2  # of all drape over the right shoulder, where both arms allow it


@dataclass(frozen=True)
class Dress:
    """What is worn. A cloth that fell in a simulation says so in `made`."""

    outfit: str  # a key of OUTFITS, or "" for nothing
    mirrored: bool = False  # over the right shoulder
    made: str = "carved"  # "carved": by rules; "fallen": by Blender's simulation
    seed: int = 0


def suits(outfit: str, pose: Pose) -> bool:
    """Whether somebody in this pose can wear it, on one side or the other."""
    return bool(_sides(outfit, pose))


def choose(rng: np.random.Generator, build: Build, pose: Pose, cloth_share: float = 0.0) -> Dress:
    """Something that suits, or nothing. cloth_share: of those whose cloth can fall in a simulation, how many shall."""
    naked, drawn, side, fallen = rng.random(4)
    seed = int(rng.integers(2**31))
    man = build.sex == "male"
    names = [name for name, outfit in OUTFITS.items() if outfit.share[not man] > 0 and suits(name, pose)]
    if not names or naked < NAKED[build.sex] * (build.age != "old"):
        return Dress("", seed=seed)
    odds = np.cumsum([OUTFITS[name].share[not man] for name in names])
    name = names[int(np.searchsorted(odds, drawn * odds[-1], side="right"))]
    sides = _sides(name, pose)
    mirrored = "left" not in sides or ("right" in sides and bool(side < _MIRRORED))
    made = "fallen" if fallen < cloth_share and can_fall(name, pose) else "carved"
    return Dress(name, mirrored, made, seed)


def can_fall(outfit: str, pose: Pose) -> bool:
    """Whether cloth.py can let it fall: sheets need room round the figure to hang, or a lap to lie on."""
    return (outfit in HANG and pose.name in _ROOM) or (outfit in LIE and pose.name in _SITTING)


def build(dress: Dress, figure: Figure) -> list[Piece]:
    """The drapery as one piece, carved; none for nothing. What shall fall, cloth.fallen makes."""
    if not dress.outfit:
        return []
    outfit = OUTFITS[dress.outfit]
    fit, back = fitting(dress, figure)
    worn = Worn(fit.canvas(), [])
    for garment in (outfit.under, outfit.over):
        if garment:
            PATTERNS[garment](fit, worn)
    parts: list[Shape] = [worn.canvas.shape(), *worn.free] if worn.canvas.covered else worn.free
    return [Piece("drapery", union(parts, DEEP).moved(back), DEEP)]


def fitting(dress: Dress, figure: Figure) -> tuple[Fitting, NDArray]:
    """The figure before its dressers, made as tall as a man, since folds are a sculptor's and not a child's size; and
    the [4, 4] scale that makes the cloth fit it again."""
    grown, back = as_tall_as_a_man(figure)
    return Fitting(grown, np.random.default_rng(dress.seed), -1 if dress.mirrored else 1), back


def words(dress: Dress, rng: np.random.Generator) -> str:
    """ "a himation draped over the left shoulder" """
    if not dress.outfit:
        return ""
    side, other = ("right", "left") if dress.mirrored else ("left", "right")
    choices = OUTFITS[dress.outfit].words
    return choices[int(rng.integers(len(choices)))].format(side=side, other=other)


def _sides(outfit: str, pose: Pose) -> tuple[str, ...]:
    """Over which shoulders it can be draped."""
    kind = OUTFITS[outfit]
    if pose.name not in kind.poses:
        return ()
    return tuple(side for side in ("left", "right") if not kind.needs_arm or _lowered(pose, side))


def _lowered(pose: Pose, side: str) -> bool:
    forward, away, _ = pose.angles.get(f"{side}_arm", (0.0, 0.0, 0.0))
    return max(abs(forward), abs(away)) < _RAISED
