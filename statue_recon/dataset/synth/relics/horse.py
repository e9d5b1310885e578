"""Horses: standing, walking, prancing, rearing; to stand alone or to carry a rider."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from .beasts import Foot, Posed, Posture
from .horse_form import HORSE
from .swept import swept, together
from .wheel import smooth_path

POSTURES = {
    "standing": Posture("standing", {}, 0.0, {"hind left": Foot(0.07), "hind right": Foot(-0.09, cannon=4)}),
    "walking": Posture(
        "walking",
        {"neck1": (2, 0), "head": (-6, 0)},
        0.02,
        {
            "fore left": Foot(0.24, 0.27, cannon=-62, toes=-75),
            "fore right": Foot(-0.10),
            "hind right": Foot(0.20, 0.0, cannon=-4),
            "hind left": Foot(-0.22, 0.0, cannon=14),
        },
    ),
    "pacing": Posture(
        "pacing",
        {"neck1": (0, 0), "head": (-8, 0)},
        0.03,
        {
            "fore right": Foot(0.30, 0.36, cannon=-78, toes=-95),
            "fore left": Foot(-0.05),
            "hind left": Foot(0.24, 0.10, cannon=-8, toes=-12),
            "hind right": Foot(-0.16, cannon=10),
        },
    ),
    "rearing": Posture(
        "rearing",
        {"body": (44, 0), "chest": (6, 0), "neck1": (-16, 0), "neck2": (-10, 0), "head": (-16, 0)},
        0.10,
        {
            "hind left": Foot(0.22, cannon=2),
            "hind right": Foot(0.02, cannon=6),
            "fore left": Foot(0.02, 1.05, cannon=-84, toes=-110),
            "fore right": Foot(0.20, 0.86, cannon=-62, toes=-90),
        },
    ),
    "leaping": Posture(
        "leaping",
        {"body": (20, 0), "neck1": (-4, 0), "head": (-4, 0)},
        0.04,
        {
            "hind left": Foot(-0.10, cannon=12),
            "hind right": Foot(-0.20, cannon=16),
            "fore left": Foot(0.22, 0.52, cannon=-70, toes=-90),
            "fore right": Foot(0.34, 0.40, cannon=-48, toes=-70),
        },
    ),
    "grazing": Posture(
        "grazing",
        {"neck1": (-62, 0), "neck2": (-34, 0), "head": (26, 0)},
        0.0,
        {"fore left": Foot(0.16), "fore right": Foot(-0.14), "hind left": Foot(-0.06)},
    ),
}
_FOR_RIDERS = ("standing", "walking", "walking", "pacing", "pacing", "rearing")
_SEAT = (0.0, 0.10, 1.475)  # where a rider sits, at rest; of the bone "body"
_BACK = 0.60  # metres: how wide the barrel is below the rider
MANES = ("upright", "one side", "two sides", "flying")


@dataclass(frozen=True)
class Horse:
    """A horse before it is stone."""

    posture: str
    neck: tuple[float, float]  # degrees: raised, turned to its left
    mane: str  # one of MANES
    tail: float  # 0 hanging … 1 carried
    mouth: float  # degrees it is open
    size: float  # of a horse with 1.58 m at the withers
    stout: float  # widths times this
    seed: int


def choose(rng: np.random.Generator, ridden: bool = False) -> Horse:
    postures = _FOR_RIDERS if ridden else tuple(POSTURES)
    return Horse(
        str(rng.choice(postures)),
        (float(rng.uniform(-6, 6)), float(rng.choice([0, rng.uniform(-25, 25)]))),
        str(rng.choice(MANES)),
        float(rng.random()),
        float(rng.choice([0.0, rng.uniform(4, 14)])),
        float(rng.uniform(0.93, 1.05)),
        float(rng.uniform(1.0, 1.12)),
        int(rng.integers(2**31)),
    )


def horse(choice: Horse) -> tuple[list[Piece], NDArray, float]:
    """The horse's pieces, the seat frame [4, 4] of a rider, and the width of its back in metres.

    The frame's origin lies on the back, its Z points up through the rider, its −Y to the horse's head.
    """
    posed = Posed(HORSE, _posture(choice))
    rng = np.random.default_rng(choice.seed)
    scale = np.diag([choice.size * choice.stout, choice.size, choice.size])
    flesh = posed.clay().shape().moved(np.diag([choice.size] * 3 + [1.0]))
    hair = together([_mane(posed, choice, rng), _forelock(posed, rng), _tail(posed, choice, rng)])
    hair = Mesh((hair.vertices * np.float32(choice.size)).astype(np.float32), hair.faces)
    seat = np.eye(4)
    seat[:3, :3] = np.stack(
        [posed.way("body", (1, 0, 0)), -posed.way("body", (0, 1, 0)), posed.way("body", (0, 0, 1))], axis=1
    )
    seat[:3, 3] = posed.at("body", _SEAT) * choice.size
    pieces = [Piece("animal", flesh), Piece("mane", hair, blend=0.012 * choice.size)]
    return pieces, seat, _BACK * float(scale[1, 1])


def build(choice: Horse) -> list[Piece]:
    return horse(choice)[0]


def _posture(choice: Horse) -> Posture:
    given = POSTURES[choice.posture]
    up, aside = choice.neck
    turns = dict(given.turns)
    for bone, share in (("neck1", 0.5), ("neck2", 0.3), ("head", 0.5)):
        before = turns.get(bone, (0.0, 0.0))
        turns[bone] = (before[0] + share * up, before[1] + share * aside)
    turns["jaw"] = (-choice.mouth, 0.0)
    return Posture(given.name, turns, given.lowered, given.feet)


# The crest of the neck at rest, (bone, forwards, upwards), from the withers to between the ears.
_CREST = (
    ("neck1", 0.36, 1.56),
    ("neck1", 0.45, 1.69),
    ("neck1", 0.54, 1.81),
    ("neck2", 0.64, 1.92),
    ("neck2", 0.75, 2.01),
    ("neck2", 0.86, 2.055),
    ("head", 0.97, 2.06),
    ("head", 1.03, 2.04),
)


def _crest(posed: Posed, shares: NDArray) -> tuple[NDArray, NDArray]:
    """Places [N, 3] along the crest and the ways [N, 3] out of it."""
    places = smooth_path([posed.at(bone, (0, f, z)) for bone, f, z in _CREST])
    ways = smooth_path([posed.way(bone, (0, f - 0.8, z - 1.55)) for bone, f, z in _CREST])
    at = shares * (len(places) - 1)
    index = np.arange(len(places))
    found = [np.stack([np.interp(at, index, values[:, k]) for k in range(3)], axis=1) for values in (places, ways)]
    return found[0], found[1] / np.linalg.norm(found[1], axis=1, keepdims=True)


def _mane(posed: Posed, choice: Horse, rng: np.random.Generator) -> Mesh:
    if choice.mane == "upright":
        return _roached(posed)
    count = 19
    shares = np.linspace(0.02, 0.97, count)
    roots, outs = _crest(posed, shares)
    along = np.gradient(roots, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    left = posed.way("neck2", (1.0, 0, 0))
    locks = []
    sides = {"one side": (1,), "two sides": (1, -1), "flying": (1, -1)}[choice.mane]
    for k in range(count):
        for side in sides:
            length = rng.uniform(0.26, 0.40) * (0.75 + 0.5 * np.sin(np.pi * shares[k]))
            wave = rng.uniform(0.5, 1.2)
            locks.append(
                _mane_lock(roots[k], outs[k], along[k], side * left, length, wave, choice.mane == "flying", rng)
            )
    return together(locks)


def _mane_lock(
    root: NDArray,
    out: NDArray,
    along: NDArray,
    side: NDArray,
    length: float,
    wave: float,
    flying: bool,
    rng: np.random.Generator,
) -> Mesh:
    """Over the crest, and down the neck in waves; or back in the wind."""
    t = np.linspace(0, 1, 10)[:, None]
    down = -0.55 * out + np.array([0, 0, -0.45]) if not flying else -0.75 * along + 0.12 * out
    phase = rng.uniform(0, 2 * np.pi)
    aside = 0.085 * np.sin(np.clip(t * 2.2, 0, 1) * np.pi / 2) * side
    if flying:
        aside = aside * (0.6 + 0.6 * t)
    path = root - 0.015 * out + 0.03 * np.sin(np.pi * t) * out + aside + length * t * down
    path += 0.022 * wave * np.sin(2 * np.pi * 1.1 * t + phase) * t * along
    if flying:
        path += 0.05 * np.sin(2 * np.pi * 0.9 * t + phase) * t * out
    widths = 0.085 * np.array([0.8, 1, 1, 1, 1, 0.95, 0.85, 0.7, 0.5, 0.2])
    outward = (1 - t) * out + (0.4 + t) * side + 1e-6
    return swept(path, widths, 0.6 * widths, outward, "reeded")


def _roached(posed: Posed) -> Mesh:
    """The clipped mane of antique horses: an upright comb, cut in tufts."""
    shares = np.linspace(0.0, 0.99, 22)
    roots, outs = _crest(posed, shares)
    tufts = []
    for k in range(len(roots)):
        height = 0.135 * (0.55 + 0.45 * np.sin(np.pi * min(shares[k] + 0.08, 1.0)))
        t = np.linspace(0, 1, 6)[:, None]
        lean = 0.03 * (roots[max(k - 1, 0)] - roots[min(k + 1, len(roots) - 1)])
        path = roots[k] - 0.06 * outs[k] + (height + 0.06) * t * outs[k] + 8 * t**2 * lean * height
        widths = np.array([0.085, 0.085, 0.08, 0.075, 0.065, 0.04])
        tufts.append(swept(path, widths, 0.075, posed.way("neck1", (0, 0.6, -0.7)), "round"))
    return together(tufts)


def _forelock(posed: Posed, rng: np.random.Generator) -> Mesh:
    locks = []
    for aside in (-0.03, 0.0, 0.03):
        path = smooth_path(
            [
                posed.at("head", (0.4 * aside, 1.0, 2.05)),
                posed.at("head", (aside, 1.07, 2.03)),
                posed.at("head", (1.3 * aside, 1.14, 1.965)),
                posed.at("head", (1.1 * aside, 1.195, 1.87 + 0.02 * rng.random())),
            ]
        )
        widths = np.linspace(0.05, 0.018, len(path))
        locks.append(swept(path, widths, 0.7 * widths, posed.way("head", (0, 0.8, 0.6)), "reeded"))
    return together(locks)


def _tail(posed: Posed, choice: Horse, rng: np.random.Generator) -> Mesh:
    """A bundle of wavy locks in a bow from the dock to the hocks."""
    lift = 0.05 + 0.22 * choice.tail
    root = posed.at("body", (0, -0.76, 1.37))
    back = posed.way("body", (0, -1, 0))
    back = np.array([back[0], back[1], max(back[2], -0.5)])
    steps = [
        root,
        root + back * 0.10 + (0, 0, 0.03 + 0.25 * lift),
        root + back * (0.14 + lift) + (0, 0, -0.12 + 0.3 * lift),
    ]
    steps += [root + back * (0.16 + 1.1 * lift) + (0, 0, -0.45), root + back * (0.10 + 0.9 * lift) + (0, 0, -0.78)]
    steps += [root + back * (0.16 + 1.2 * lift) + (0, 0, -1.02)]
    path = smooth_path(steps)
    path[:, 2] = np.maximum(path[:, 2], 0.06)
    t = np.linspace(0, 1, len(path))
    thick = np.interp(t, [0, 0.12, 0.35, 0.7, 1], [0.07, 0.075, 0.13, 0.13, 0.03])
    core = swept(path, 0.8 * thick, 0.8 * thick, (1.0, 0, 0), "round")
    locks = [core]
    for k in range(9):
        angle = 2 * np.pi * k / 9 + rng.uniform(-0.2, 0.2)
        wave = 0.5 * np.sin(2 * np.pi * 1.3 * t + rng.uniform(0, 6))
        out = np.cos(angle + wave)[:, None] * np.array([1.0, 0, 0]) + np.sin(angle + wave)[:, None] * np.array(
            [0, 1.0, 0.35]
        )
        end = slice(0, int(rng.integers(len(t) - 6, len(t) + 1)))
        strand = path + 0.42 * thick[:, None] * out
        widths = np.interp(t, [0, 0.15, 0.6, 1], [0.03, 0.055, 0.06, 0.02])
        locks.append(swept(strand[end], widths[end], 0.8 * widths[end], out[end], "ridged"))
    return together(locks)


def words(choice: Horse, rng: np.random.Generator) -> str:
    said = {
        "standing": ("a standing horse", "a horse at rest"),
        "walking": ("a walking horse", "a horse with one foreleg raised"),
        "pacing": ("a prancing horse", "a high-stepping horse"),
        "rearing": ("a rearing horse", "a horse rearing on its hind legs"),
        "leaping": ("a leaping horse", "a galloping horse"),
        "grazing": ("a grazing horse", "a horse with lowered head"),
    }[choice.posture]
    text = str(rng.choice(said))
    manes = {
        "upright": "with a clipped upright mane",
        "one side": "with its mane falling to one side",
        "two sides": "with a long mane",
        "flying": "with a mane flying in the wind",
    }
    if rng.random() < 0.7 and " with " not in text:
        text += f" {manes[choice.mane]}"
    return text
