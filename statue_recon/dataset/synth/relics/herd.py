"""Bulls, rams, dogs, cats and elephants, in the postures sculptors gave them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..sculpt import Piece
from ..shapes import union
from .beasts import Beast, Foot, Posed, Posture
from .herd_forms import BULL, CAT, ELEPHANT, HOUND, RAM, WOLFDOG
from .herd_parts import EXTRAS, TAILS, Animal
from .lion import sized


def _seated(lowered: float, reach: float, fore: float) -> Posture:
    feet = {f"hind {side}": Foot(reach, 0.0, 0.03, cannon=-74, toes=0) for side in ("left", "right")}
    feet |= {f"fore {side}": Foot(fore, cannon=2, toes=0) for side in ("left", "right")}
    turns = {
        "body": (46.0, 0.0),
        "chest": (8.0, 0.0),
        "neck1": (-16.0, 0.0),
        "neck2": (-14.0, 0.0),
        "head": (-22.0, 0.0),
    }
    return Posture("seated", turns, lowered, feet)


def _lying(lowered: float, fore: float, hind: float, hoofed: bool) -> Posture:
    feet = {f"hind {side}": Foot(hind, 0.0, 0.05, cannon=-76, toes=0) for side in ("left", "right")}
    tucked = Foot(fore, 0.02, 0.0, cannon=-92, toes=-100) if hoofed else Foot(fore, 0.0, 0.01, cannon=-62, toes=0)
    return Posture("lying", {"neck1": (6, 0)}, lowered, feet | {"fore left": tucked, "fore right": tucked})


def _standing(step: float) -> Posture:
    return Posture(
        "standing",
        {},
        0.0,
        {"hind left": Foot(step), "hind right": Foot(-step, cannon=4), "fore left": Foot(0.3 * step)},
    )


def _walking(step: float, paws: bool) -> Posture:
    return Posture(
        "striding",
        {"neck1": (-3, 0)},
        0.12 * step,
        {
            "fore left": Foot(step, cannon=4),
            "fore right": Foot(-0.8 * step, cannon=-12, toes=0 if paws else None),
            "hind left": Foot(-0.8 * step, cannon=14, toes=0),
            "hind right": Foot(step, cannon=-6, toes=0),
        },
    )


_CHARGE = Posture(
    "charging",
    {"neck1": (-16, 0), "neck2": (-8, 0), "head": (-26, 0)},
    0.03,
    {
        "fore left": Foot(0.16, 0.22, cannon=-62, toes=-75),
        "fore right": Foot(-0.08),
        "hind left": Foot(-0.2, cannon=12),
        "hind right": Foot(0.12),
    },
)


@dataclass(frozen=True)
class Kind:
    """What is told of a species."""

    nouns: tuple[str, ...]
    form: Beast
    postures: tuple[Posture, ...]
    size: tuple[float, float]
    often: float


KINDS: dict[str, Kind] = {
    "bull": Kind(("bull", "bull"), BULL, (_standing(0.08), _walking(0.18, False), _CHARGE), (0.9, 1.1), 1.0),
    "ram": Kind(
        ("ram",), RAM, (_standing(0.03), _walking(0.07, False), _lying(0.27, -0.02, 0.24, True)), (0.9, 1.2), 0.7
    ),
    "hound": Kind(
        ("hound", "dog"),
        HOUND,
        (_seated(0.31, 0.18, -0.11), _standing(0.06), _walking(0.12, True), _lying(0.35, 0.25, 0.26, False)),
        (0.9, 1.2),
        0.7,
    ),
    "wolf": Kind(
        ("dog", "wolf", "jackal"),
        WOLFDOG,
        (_seated(0.31, 0.18, -0.11), _standing(0.06), _lying(0.35, 0.25, 0.26, False)),
        (0.9, 1.2),
        0.5,
    ),
    "cat": Kind(
        ("cat", "Egyptian cat"),
        CAT,
        (_seated(0.31, 0.18, -0.11), _seated(0.31, 0.18, -0.11), _walking(0.1, True)),
        (0.5, 0.7),
        0.7,
    ),
    "elephant": Kind(("elephant",), ELEPHANT, (_standing(0.08), _walking(0.22, False)), (0.9, 1.1), 0.7),
}


def choose(rng: np.random.Generator) -> Animal:
    odds = np.array([kind.often for kind in KINDS.values()])
    name = str(rng.choice(list(KINDS), p=odds / odds.sum()))
    kind = KINDS[name]
    return Animal(
        name,
        str(rng.choice(kind.nouns)),
        kind.postures[int(rng.integers(len(kind.postures)))].name,
        float(rng.choice([0.0, rng.uniform(-40, 40)])),
        float(rng.uniform(-5, 5)),
        float(rng.choice([0.0, rng.uniform(4, 12)])),
        float(rng.random()),
        float(rng.uniform(*kind.size)),
        int(rng.integers(2**31)),
    )


def build(animal: Animal) -> list[Piece]:
    rng = np.random.default_rng(animal.seed)
    kind = KINDS[animal.kind]
    posed = Posed(kind.form, _posture(animal, kind))
    flesh = union([posed.clay().shape(), TAILS[animal.kind](posed, animal)], 0.015)
    pieces = [Piece("animal", flesh)]
    extra = EXTRAS.get(animal.kind)
    if extra is not None:
        pieces.extend(extra(posed, flesh, animal, rng))
    return [sized(piece, animal.size) for piece in pieces]


def _posture(animal: Animal, kind: Kind) -> Posture:
    given = next(posture for posture in kind.postures if posture.name == animal.posture)
    turns: dict[str, tuple[float, float]] = dict(given.turns)
    for bone, share in (("neck1", 0.25), ("neck2", 0.3), ("head", 0.45)):
        up, aside = turns.get(bone, (0.0, 0.0))
        turns[bone] = (up + share * animal.raised, aside + share * animal.turned)
    turns["jaw"] = (-animal.mouth, 0.0)
    return Posture(given.name, turns, given.lowered, given.feet)


def words(animal: Animal, rng: np.random.Generator) -> str:
    doing = {
        "seated": ("seated", "sitting"),
        "lying": ("lying", "recumbent"),
        "standing": ("standing",),
        "striding": ("striding", "walking"),
        "charging": ("charging",),
    }[animal.posture]
    text = f"a {rng.choice(doing)} {animal.noun}"
    if animal.kind == "ram":
        text += str(rng.choice([" with curled horns", " with a curly fleece", ""]))
    if animal.kind == "elephant":
        text += " with a raised trunk" if animal.tail > 0.6 else str(rng.choice(["", " with tusks"]))
    if abs(animal.turned) > 20 and rng.random() < 0.5:
        text += ", looking aside" if " with " not in text else ""
    return text
