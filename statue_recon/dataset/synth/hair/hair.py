"""What a figure has on its head and face: hair, beard, brows and headgear; chosen, built and told in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....mesh.mesh import Mesh
from ..human.build import Build
from ..human.figure import Figure
from ..sculpt import Piece
from .beards import CUTS, beard, brows, moustache
from .headgear import CLOSED, HEADGEAR
from .locks import joined
from .scalp import Scalp, angles_of
from .styles import STYLES

_BLEND = 0.002  # metres over which locks run into the skin
_FINEST = 0.0042  # metres: cells up to this size keep a lock's groove
_BOLDEST = 1.6  # times by which locks are bolder than on a bust, at most


@dataclass(frozen=True)
class Hair:
    """A head of hair. "" means there is none."""

    style: str = "curls"  # a key of STYLES
    beard: str = ""  # a key of CUTS, or "moustache"
    headgear: str = ""  # a key of HEADGEAR
    brows: float = 1.0  # how boldly they are carved; 0 for smooth ones
    volume: float = 1.0  # how full the hair is
    forehead: float = 0.0  # degrees by which it has receded
    seed: int = 0


# How often each style is drawn, for: boys and girls, men, old men, women.
_STYLES: dict[str, tuple[float, float, float, float]] = {
    "curls": (4, 5, 2, 1.5),
    "cropped": (1, 1.5, 1.5, 0),
    "tousled": (2, 2, 1, 0),
    "anastole": (0.5, 1.5, 1, 0),
    "commas": (2, 2, 1, 0),
    "snails": (1, 1, 0.5, 0.5),
    "ushnisha": (0, 0.8, 0, 0),
    "parted": (0.7, 0.4, 0, 5),
    "long waves": (0.7, 0.6, 0.4, 2),
    "archaic": (0.3, 1, 0.3, 1),
    "melon": (0.5, 0, 0, 2),
    "braided": (0.3, 0, 0, 2),
    "topknot": (0.6, 0.3, 0, 1.5),
    "tower": (0, 0, 0, 1),
    "queue": (0, 0.5, 0.5, 0.2),
    "fringe": (0, 0.2, 2.5, 0),
    "bald": (0.2, 0.3, 0.8, 0.1),
}
_BEARDS = {
    "full curled": 4,
    "short": 3,
    "cropped": 1,
    "long flowing": 2,
    "pointed": 1,
    "forked": 0.7,
    "goatee": 0.4,
    "moustache": 0.4,
}
_BEARDED = {"young": 0.15, "adult": 0.55, "old": 0.75}  # share of men
_BEARDLESS = ("ushnisha",)
# How often each is worn by men and by women, among those who wear anything.
_HEADGEAR: dict[str, tuple[float, float]] = {
    "laurel": (4, 1.5),
    "olive": (1, 0.7),
    "oak": (1, 0.3),
    "ivy": (1.5, 1.5),
    "fillet": (2.5, 3),
    "diadem": (1, 2),
    "stephane": (0, 3),
    "mural crown": (0, 1.2),
    "radiate crown": (0.7, 0.2),
    "corinthian": (1.5, 0.8),
    "attic": (1.5, 1),
    "phrygian": (0.8, 0.2),
    "pilos": (0.6, 0),
    "petasos": (0.5, 0),
    "turban": (0.4, 0.3),
    "hood": (0.4, 0.7),
}
_COVERED = 0.34  # share that wears something on the head
_BARE_HEADED = ("ushnisha", "tower", "queue", "topknot")


def choose(rng: np.random.Generator, build: Build, headgear: bool = True) -> Hair:
    """Hair for a person; headgear: whether anything may be worn on it (a veil goes over bare hair)."""
    man = build.sex == "male"
    column = 0 if build.age == "child" else 3 if not man else 2 if build.age == "old" else 1
    style = _drawn(rng, {name: weights[column] for name, weights in _STYLES.items()})
    chin = ""
    if man and style not in _BEARDLESS and rng.random() < _BEARDED.get(build.age, 0.0):
        chin = _drawn(rng, _BEARDS)
    worn = ""
    if headgear and style not in _BARE_HEADED and rng.random() < _COVERED:
        worn = _drawn(rng, {name: weights[0 if man else 1] for name, weights in _HEADGEAR.items()})
    if worn in CLOSED:
        style = "peeking" if worn != "hood" and (man or rng.random() < 0.5) else "bald" if worn == "hood" else style
    receded = float(rng.uniform(0, 12)) if man and build.age == "old" else float(rng.uniform(0, 3))
    volume = float(rng.uniform(0.85, 1.2))
    return Hair(style, chin, worn, float(rng.choice([0.0, 0.8, 1.2])), volume, receded, int(rng.integers(2**31)))


def _drawn(rng: np.random.Generator, weights: dict[str, float]) -> str:
    shares = np.array(list(weights.values()), float)
    return str(rng.choice(list(weights), p=shares / shares.sum()))


def build(hair: Hair, figure: Figure, cell: float = 0.003) -> list[Piece]:
    """Pieces "hair" (with beard and brows) and "headgear", where the figure's head is.

    cell: metres between the nodes of the grid the statue will be sculpted on; locks finer than it keeps are not made.
    """
    scalp = Scalp.of(figure, hair.forehead, float(np.clip(cell / _FINEST, 1, _BOLDEST)))
    rng = np.random.default_rng(hair.seed)
    own, fallen = STYLES[hair.style](figure, scalp, hair.volume, rng)
    over = _thickness(scalp, own)
    if hair.beard == "moustache":
        own = [*own, moustache(scalp, rng)]
    elif hair.beard:
        own = [*own, *beard(scalp, CUTS[hair.beard], rng)]
    if hair.brows:
        own = [*own, brows(scalp, hair.brows)]
    pieces = []
    if own or fallen:
        parts = [*([scalp.placed(joined(own))] if own else []), *fallen]
        pieces.append(Piece("hair", joined(parts), _BLEND))
    if hair.headgear:
        worn = HEADGEAR[hair.headgear](scalp, over, rng)
        pieces.append(Piece("headgear", scalp.placed(joined(worn)), _BLEND))
    return pieces


def _thickness(scalp: Scalp, parts: list[Mesh]) -> float:
    """Metres by which most of the hair stands out where a band would run around it."""
    points = np.concatenate([part.vertices for part in parts] or [np.zeros((0, 3))]).astype(float)
    if not len(points):
        return 0.002
    azimuth, elevation = angles_of(points)
    near = np.abs(elevation - 22.5 - 18.5 * np.cos(np.radians(azimuth))) < 7
    height = np.linalg.norm(points, axis=1) - np.linalg.norm(scalp.at(points), axis=1)
    return float(np.quantile(height[near], 0.75)) if near.any() else 0.002


_HAIR_WORDS: dict[str, tuple[str, ...]] = {
    "curls": ("short curly hair", "hair carved in short curls", "a cap of short curls", "curly locks"),
    "cropped": ("close-cropped hair", "very short hair", "hair cut short to the skull"),
    "tousled": ("long tousled hair", "wild locks", "thick unruly hair"),
    "anastole": ("a mane of hair rising from the forehead", "long locks swept up over the forehead"),
    "commas": ("comma-shaped locks over the forehead", "hair combed forward in flat locks", "short straight locks"),
    "snails": ("snail curls", "hair in rows of small spiral curls", "tight spiral curls"),
    "ushnisha": ("snail curls and an ushnisha", "tight curls over the bump of the ushnisha"),
    "parted": ("wavy hair parted in the middle and drawn to a knot", "centre-parted waves and a chignon"),
    "long waves": ("long wavy hair falling down the back", "loose wavy hair parted in the middle"),
    "archaic": ("long archaic locks on the shoulders", "snail curls over the forehead and long strands of hair"),
    "melon": ("a melon coiffure", "hair rolled back in segments to a coiled bun"),
    "braided": ("a braided crown", "a plait wound around the head", "hair plaited into a crown"),
    "topknot": ("hair drawn up to a topknot", "a topknot", "hair tied on the crown of the head"),
    "tower": ("a tower of ringlets over the forehead", "a high front of curls in the Flavian fashion"),
    "queue": ("hair combed back and tied, with rolls over the ears", "an eighteenth-century wig"),
    "fringe": ("a balding head with a fringe of hair", "a bald crown and curls at the temples"),
    "peeking": ("curls at the temples",),
    "bald": ("a bald head", "a shaven head"),
}
_BEARD_WORDS: dict[str, tuple[str, ...]] = {
    "full curled": ("a full curly beard", "a thick beard in curls", "a full beard"),
    "short": ("a short beard", "a short curly beard", "a trimmed beard"),
    "cropped": ("a stubble beard", "a close-cropped beard"),
    "long flowing": ("a long flowing beard", "a long beard"),
    "pointed": ("a pointed beard", "a beard that runs to a point"),
    "forked": ("a forked beard", "a long beard in two points"),
    "goatee": ("a goatee", "a chin beard and moustache"),
    "moustache": ("a moustache",),
}
_HEADGEAR_WORDS: dict[str, tuple[str, ...]] = {
    "laurel": ("a laurel wreath", "a wreath of laurel leaves"),
    "olive": ("an olive wreath", "a wreath of olive leaves"),
    "oak": ("an oak wreath", "a wreath of oak leaves and acorns"),
    "ivy": ("an ivy wreath", "a wreath of ivy leaves and berries"),
    "fillet": ("a fillet", "a band around the hair"),
    "diadem": ("a diadem", "a broad hairband tied at the nape"),
    "stephane": ("a stephane", "a crescent-shaped diadem"),
    "mural crown": ("a mural crown", "a crown in the shape of a city wall"),
    "radiate crown": ("a crown of rays", "a radiate crown"),
    "corinthian": ("a Corinthian helmet pushed up", "a Corinthian helmet"),
    "attic": ("an Attic helmet with a crest", "a crested helmet"),
    "phrygian": ("a Phrygian cap",),
    "pilos": ("a pointed felt cap", "a pilos"),
    "petasos": ("a broad-brimmed hat", "a petasos"),
    "turban": ("a turban", "a cloth wound around the head"),
    "hood": ("a hood", "a hood drawn over the head"),
}


def features(hair: Hair, rng: np.random.Generator) -> tuple[str, ...]:
    """What a caption says of hair and beard."""
    hidden = hair.headgear in CLOSED and hair.style != "peeking"
    said = [] if hidden else [str(rng.choice(_HAIR_WORDS[hair.style]))]
    if hair.beard:
        said.append(str(rng.choice(_BEARD_WORDS[hair.beard])))
    return tuple(said)


def worn(hair: Hair, rng: np.random.Generator) -> str:
    """What a caption says of the headgear; "" if there is none."""
    return str(rng.choice(_HEADGEAR_WORDS[hair.headgear])) if hair.headgear else ""
