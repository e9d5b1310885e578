"""Beasts that never were, on a lion's body: sphinx, griffin, guardian lion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import union
from . import faces
from .beasts import Beast, Posed
from .coat import feathers, landed, scattered, snails, wing
from .flesh import Clay
from .lion import mane, posture, sized, tail
from .lion_form import HEADLESS, JOINTS, LEGS, LION, MANE, NECK, PAWS, TRUNK
from .swept import swept, together
from .wheel import offset, smooth_path

_GUARDIAN = Beast(
    JOINTS,
    (
        *TRUNK,
        *NECK,
        *MANE,
        *LEGS,
        *PAWS,
        ("head", (0, 0.80, 1.19), (0, 0.92, 1.19), 0.165, 0.15, 1.15, 0.03),
        ("head", (0.10, 0.98, 1.12), (0.09, 1.02, 1.11), 0.085, 0.075, 1.0, 0.03),
        ("head", (0, 1.02, 1.20), (0, 1.08, 1.19), 0.060, 0.055, 1.5, 0.02),
        ("head", (0, 1.00, 1.09), (0, 1.08, 1.08), 0.085, 0.075, 1.6, 0.02),
        ("head", (0.055, 1.10, 1.19), (0.06, 1.11, 1.19), 0.040, 0.036, 1.0, 0.01),
        ("-head", (0.03, 1.16, 1.185), (0.035, 1.15, 1.185), 0.015, 0.013, 1.0, 0.006),
        ("-head", (0.085, 1.10, 1.255), (0.10, 1.08, 1.25), 0.055, 0.05, 1.0, 0.02),
        ("head", (0.085, 1.035, 1.255), (0.088, 1.03, 1.255), 0.052, 0.050, 1.0, 0.003),
        ("head", (0.03, 1.06, 1.315), (0.15, 0.98, 1.33), 0.035, 0.032, 1.0, 0.015),
        ("head", (0.16, 0.82, 1.28), (0.20, 0.79, 1.24), 0.06, 0.045, 0.8, 0.01),
        ("jaw", (0, 0.94, 1.00), (0, 1.04, 0.97), 0.085, 0.065, 1.5, 0.012),
        ("-jaw", (-0.09, 1.12, 1.015), (0.09, 1.12, 1.015), 0.032, 0.032, 1.0, 0.01),
        ("-jaw", (0.12, 1.08, 1.02), (0.13, 0.98, 1.04), 0.022, 0.015, 1.0, 0.01),
        ("jaw", (0.035, 1.115, 1.04), (0.034, 1.115, 1.005), 0.016, 0.010, 1.0, 0.003),
        ("jaw", (0.085, 1.09, 1.045), (0.084, 1.095, 0.99), 0.020, 0.010, 1.0, 0.003),
    ),
    0.045,
)

_EAGLE_HEAD = (
    ("head", (0, 0.80, 1.18), (0, 0.88, 1.18), 0.115, 0.10, 0.95, 0.03),
    ("head", (0, 0.95, 1.17), (0, 1.08, 1.14), 0.062, 0.046, 0.85, 0.02),
    ("head", (0, 1.08, 1.14), (0, 1.135, 1.055), 0.046, 0.012, 0.8, 0.01),
    ("head", (0.03, 0.96, 1.225), (0.10, 0.88, 1.235), 0.024, 0.026, 1.0, 0.015),
    ("-head", (0.085, 0.97, 1.185), (0.095, 0.94, 1.18), 0.030, 0.028, 1.0, 0.014),
    ("head", (0.064, 0.935, 1.185), (0.066, 0.93, 1.185), 0.030, 0.028, 1.0, 0.002),
    ("-head", (0.055, 1.07, 1.10), (0.07, 0.96, 1.115), 0.009, 0.009, 1.0, 0.006),
    ("head", (0.075, 0.78, 1.26), (0.085, 0.74, 1.36), 0.040, 0.032, 0.8, 0.01),
    ("head", (0.085, 0.74, 1.36), (0.09, 0.74, 1.44), 0.032, 0.006, 0.8, 0.0),
    ("-head", (0.09, 0.79, 1.33), (0.096, 0.775, 1.39), 0.020, 0.008, 1.0, 0.006),
    ("jaw", (0, 0.94, 1.10), (0, 1.06, 1.085), 0.040, 0.018, 0.9, 0.01),
)
_GRIFFIN = Beast(JOINTS, (*TRUNK, *NECK, *_EAGLE_HEAD, *LEGS, *PAWS), 0.045)
_BODIES = {"sphinx": HEADLESS, "griffin": _GRIFFIN, "guardian lion": _GUARDIAN, "winged lion": None}
_POSTURES = {
    "sphinx": ("lying", "lying", "seated"),
    "griffin": ("seated", "paw raised", "standing", "lying"),
    "guardian lion": ("seated", "seated", "standing"),
    "winged lion": ("striding", "seated", "paw raised"),
}


@dataclass(frozen=True)
class Myth:
    kind: str  # a key of _BODIES
    posture: str  # of lion.POSTURES
    winged: bool
    turned: float
    size: float
    seed: int


def choose(rng: np.random.Generator) -> Myth:
    kind = str(rng.choice(list(_BODIES), p=[0.35, 0.25, 0.3, 0.1]))
    winged = kind in ("griffin", "winged lion") or (kind == "sphinx" and rng.random() < 0.4)
    turned = float(rng.choice([0.0, rng.uniform(-30, 30)])) if kind != "sphinx" else 0.0
    return Myth(
        kind,
        str(rng.choice(_POSTURES[kind])),
        bool(winged),
        turned,
        float(rng.uniform(0.7, 1.3)),
        int(rng.integers(2**31)),
    )


def build(myth: Myth) -> list[Piece]:
    rng = np.random.default_rng(myth.seed)
    if myth.kind == "winged lion":
        posed = Posed(LION, posture(myth.posture, myth.turned))
        extra = [Piece("mane", mane(posed, "flame locks", rng), blend=0.006)]
    else:
        posed = Posed(
            _BODIES[myth.kind] or HEADLESS, posture(myth.posture, myth.turned, 12.0 if myth.kind == "griffin" else 0.0)
        )
        extra = {"sphinx": _pharaoh, "griffin": _plumage, "guardian lion": _curls}[myth.kind](posed, rng)
    flesh = union([posed.clay().shape(), tail(posed, "raised" if myth.kind != "sphinx" else "hanging")], 0.02)
    pieces = [Piece("animal", flesh), *extra]
    if myth.winged:
        pieces.append(Piece("wings", wings(posed), blend=0.01))
    return [sized(piece, myth.size) for piece in pieces]


def wings(posed: Posed) -> Mesh:
    """Two wings, lifted and swept back from the shoulders."""
    found = []
    for side in (1, -1):
        out = posed.way("chest", (1.0 * side, 0.0, 0.25))
        places = np.array([(0.15, 0.40, 0.94), (0.27, 0.30, 1.34), (0.34, -0.50, 1.58), (0.24, -0.30, 1.02)])
        a, b, c, d = posed.at("chest", places * (side, 1, 1))
        found.append(wing(a, b, c, d, out, 0.78))
        within = 0.05 * out
        found.append(wing(a - within, b - within, c - within, d - within, -out, 0.78, rows=1))
    return together(found)


def _pharaoh(posed: Posed, rng: np.random.Generator) -> list[Piece]:
    """A king's head in its striped cloth."""
    size = 0.36
    turn = np.stack([posed.way("head", v) for v in ((1.0, 0, 0), (0, -1.0, 0), (0, 0, 1.0))], axis=1)
    level = turn @ _pitched(-np.degrees(np.arcsin(np.clip(turn[2, 1], -1, 1))))
    at = faces.placed(posed.at("head", (0, 0.80, 1.22)), size, level)
    clay = Clay(0.02)
    faces.head(clay, at, size, faces.Face(corners=float(rng.uniform(0, 0.25)), eyes=1.1), at((1, 0, 0)) - at((0, 0, 0)))
    across = at((1, 0, 0)) - at((0, 0, 0))

    def add(a, b, ra, rb, stretch=1.0, blend=0.03):
        clay.add(at(a), at(b), ra * size, rb * size, stretch, across, blend * size)

    add((0, 0.08, 0.22), (0, 0.10, 0.10), 0.40, 0.44, 1.0)  # the cloth over the head
    add((0, 0.12, 0.05), (0, 0.22, -0.45), 0.42, 0.34, 1.15)
    for side in (-1, 1):
        add((0.42 * side, 0.06, 0.05), (0.46 * side, 0.02, -0.30), 0.16, 0.20, 0.9)
        add((0.36 * side, -0.05, -0.42), (0.27 * side, -0.26, -0.95), 0.15, 0.13, 1.1)
    for k in range(9):
        z = 0.10 - 0.075 * k
        for side in (-1, 1):
            clay.groove(
                [at((0.30 * side, -0.30, z)), at((0.60 * side, -0.16, z - 0.03)), at((0.72 * side, 0.1, z - 0.03))],
                0.014 * size,
            )
    add((-0.30, -0.20, 0.28), (0.30, -0.20, 0.28), 0.05, 0.05)
    add((0, -0.30, 0.30), (0, -0.36, 0.42), 0.05, 0.055)  # the snake on the brow
    if rng.random() < 0.7:
        add((0, -0.33, -0.46), (0, -0.38, -0.78), 0.07, 0.10, 1.0, 0.015)
    return [Piece("head", clay.shape(), blend=0.02)]


def _pitched(degrees: float) -> NDArray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _plumage(posed: Posed, rng: np.random.Generator) -> list[Piece]:
    """Rows of short feathers on the griffin's neck, and its comb."""
    under = posed.clay((*NECK, *_EAGLE_HEAD[:1])).shape()
    roots, ways, outs = [], [], []
    axis = smooth_path(
        [posed.at("head", (0, 0.80, 1.18)), posed.at("neck2", (0, 0.66, 1.09)), posed.at("neck1", (0, 0.46, 0.96))]
    )
    along = np.gradient(axis, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    for row in range(0, len(axis), 2):
        angle = 2 * np.pi * (np.arange(11) + 0.5 * (row % 4 == 0)) / 11
        side = posed.way("neck2", (1.0, 0, 0))
        up = np.cross(side, along[row])
        ray = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
        places, out = landed(under, axis[row] + 0.4 * ray, -ray)
        roots.append(places)
        outs.append(out)
        ways.append(np.tile(along[row], (len(places), 1)) + 0.2 * out)
    coat = feathers(np.concatenate(roots), np.concatenate(ways), np.concatenate(outs), 0.13, 0.085, 0.03)
    comb = []
    for bone, f, z in (
        ("head", 0.90, 1.28),
        ("head", 0.82, 1.30),
        ("neck2", 0.72, 1.30),
        ("neck2", 0.64, 1.25),
        ("neck1", 0.54, 1.19),
    ):
        tip = posed.at(bone, (0, f - 0.05, z + 0.06))
        comb.append(
            swept(
                [posed.at(bone, (0, f, z - 0.10)), posed.at(bone, (0, f, z)), tip],
                [0.05, 0.06, 0.02],
                0.045,
                (1.0, 0, 0),
            )
        )
    return [Piece("mane", together([coat, *comb]), blend=0.006)]


def _curls(posed: Posed, rng: np.random.Generator) -> list[Piece]:
    """The guardian lion's snail curls in rows, its beard and brow curls, and the ball or cub under its paw."""
    under = posed.clay((*NECK, *MANE, _GUARDIAN.flesh[-15])).shape()
    axis = np.array(
        [
            posed.at(bone, (0, f, z))
            for bone, f, z in (("neck1", 0.46, 0.98), ("neck2", 0.62, 1.08), ("head", 0.78, 1.19))
        ]
    )
    middles = axis[rng.integers(len(axis), size=500)]
    rays = rng.normal(size=(500, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    places, out = landed(under, middles + 0.6 * rays, -rays)
    free = np.linalg.norm(places - posed.at("head", (0, 1.04, 1.12)), axis=1) > 0.24
    places, out = places[free], out[free]
    kept = scattered(places, 0.098)
    meshes = [snails(places[kept], out[kept], 0.07, rng, 1.2)]
    brow = posed.at("head", np.array([(x, 0.99 - abs(x), 1.36) for x in (-0.12, -0.04, 0.04, 0.12)]))
    meshes.append(snails(brow, np.tile(posed.way("head", (0, 0.6, 0.8)), (4, 1)), 0.05, rng, 1.2))
    pieces = [Piece("mane", together(meshes), blend=0.005)]
    foot = posed.at("fore4", (0.15, 0.62, 0.10))
    if foot[2] < 0.3:
        ball = Clay(0.01)
        ball.add(offset(foot, 0.0, -0.07, 0.02), offset(foot, 0.0, -0.07, 0.02), 0.125)
        pieces.append(Piece("ball", ball.shape(), blend=0.01))
    return pieces


def words(myth: Myth, rng: np.random.Generator) -> str:
    doing = {
        "lying": "recumbent",
        "seated": "seated",
        "standing": "standing",
        "striding": "striding",
        "paw raised": "striding",
    }[myth.posture]
    noun = {"sphinx": "sphinx", "griffin": "griffin", "guardian lion": "guardian lion", "winged lion": "winged lion"}[
        myth.kind
    ]
    if myth.kind == "guardian lion":
        return f"a {doing} {rng.choice(['Chinese guardian lion', 'guardian lion with a curled mane', 'temple lion'])}"
    if myth.kind == "sphinx":
        return f"a {doing} {'winged ' if myth.winged else ''}sphinx{rng.choice(['', ' with a royal headcloth'])}"
    return f"a {doing} {noun}{rng.choice(['', ' with raised wings']) if myth.winged else ''}"
