"""Masks, hollow behind: of the theatre, of the dead, of spirits; and gargoyles' faces on a slab."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape, box
from . import faces
from .faces import Face
from .flesh import Clay
from .mask_hair import HAIR, Mask, beard
from .swept import together

_SHELL = 0.062  # thickness of a mask, as a share of the head's height: four cells of the coarsest grid


_BEHIND = 0.06  # where it ends, in shares of the height behind the middle of the head


def choose(rng: np.random.Generator) -> Mask:
    odds = np.array([kind[-1] for kind in KINDS.values()])
    name = str(rng.choice(list(KINDS), p=odds / odds.sum()))
    ranges, hairs, _, beards, _ = KINDS[name]
    drawn = {key: float(rng.uniform(*span)) for key, span in ranges.items()}
    return Mask(
        name,
        float(rng.uniform(0.2, 0.34)),
        hair=str(rng.choice(hairs)),
        beard=bool(rng.random() < beards),
        seed=int(rng.integers(2**31)),
        **drawn,
    )


def build(mask: Mask) -> list[Piece]:
    rng = np.random.default_rng(mask.seed)
    s = mask.height
    at = faces.placed((0, 0, 0), s)
    pierced = mask.kind in ("tragic", "comic", "spirit")
    face = Face(
        mask.mouth,
        mask.corners,
        mask.brows,
        mask.nose,
        mask.eyes,
        mask.cheeks,
        mask.chin,
        pierced,
        mask.kind == "dead",
        ears=mask.kind not in ("spirit",),
    )
    clay, core = Clay(0.02 * s), Clay(0.02 * s)
    faces.head(clay, at, s, face)
    faces.skull(core, at, s, Face(mask.mouth, cheeks=mask.cheeks, chin=mask.chin, ears=False))
    if mask.kind == "spirit":
        _carved(clay, at, s, rng)
    if mask.kind == "gargoyle":
        _monstrous(clay, at, s, rng)
    pieces = [Piece("mask", _shell(clay.shape(), core.shape(), s) if mask.kind != "gargoyle" else clay.shape())]
    hair = [HAIR[mask.hair](at, s, rng)] if mask.hair else []
    if mask.beard:
        hair.append(beard(at, s, mask, rng))
    if hair:
        pieces.append(Piece("hair", _in_front(together(hair), s), blend=0.006 * s))
    if mask.kind == "gargoyle":
        pieces.insert(0, Piece("tile", box((-0.62 * s, 0.02 * s, -0.66 * s), (0.62 * s, 0.22 * s, 0.66 * s), 0.02 * s)))
    lowest = min(float(piece.shape.low[2]) for piece in pieces)
    lift = np.eye(4)
    lift[2, 3] = -lowest
    return [Piece(piece.name, piece.shape.moved(lift), piece.blend) for piece in pieces]


def _shell(face: Shape, core: Shape, s: float) -> Shape:
    """The front of a head, with as much behind it hollowed out as leaves a wall."""
    wall, end = np.float32(_SHELL * s), np.float32(_BEHIND * s)

    def distances(points: NDArray) -> NDArray:
        inner = core.distances(points) + wall
        return np.maximum(np.maximum(face.distances(points), -inner), points[:, 1] - end)

    return Shape(face.low, np.array([face.high[0], end, face.high[2]]), distances)


def _in_front(hair: Mesh, s: float) -> Mesh:
    """Hair that does not hang behind the mask's rim."""
    vertices = hair.vertices.copy()
    vertices[:, 1] = np.minimum(vertices[:, 1], np.float32(_BEHIND * s))
    return Mesh(vertices, hair.faces)


def _carved(clay: Clay, at: faces.At, s: float, rng: np.random.Generator) -> None:
    """Scars and ridges of a carver's mask: over the brow, down the cheeks."""
    clay.part()
    for k in range(int(rng.integers(2, 5))):
        z = 0.22 + 0.055 * k
        arc = [
            (x, -0.37 + 0.9 * x * x + 0.10 * k * 0.4, z + 0.05 * (1 - (x / 0.2) ** 2))
            for x in np.linspace(-0.2, 0.2, 7)
        ]
        clay.groove([at(p) for p in arc], 0.014 * s, 0.012 * s)
    for side in (-1, 1):
        for k in range(3):
            x = (0.14 + 0.05 * k) * side
            clay.groove(
                [at((x, -0.345 + 0.5 * (abs(x) - 0.14), -0.08)), at((x * 0.95, -0.33 + 0.5 * (abs(x) - 0.14), -0.24))],
                0.014 * s,
                0.012 * s,
            )
    clay.line(
        [at((0, -0.40, 0.14)), at((0, -0.37, 0.28)), at((0, -0.24, 0.45))],
        np.array([0.03, 0.04, 0.035]) * s,
        blend=0.02 * s,
    )


def _monstrous(clay: Clay, at: faces.At, s: float, rng: np.random.Generator) -> None:
    """Pointed ears, fangs, wrinkles and a tongue."""
    clay.part()
    for side in (-1, 1):
        clay.add(
            at((0.33 * side, -0.06, 0.08)), at((0.52 * side, -0.05, 0.30)), 0.085 * s, 0.02 * s, 0.8, blend=0.03 * s
        )
        clay.cut(at((0.38 * side, -0.13, 0.11)), at((0.48 * side, -0.10, 0.23)), 0.04 * s, 0.015 * s, blend=0.02 * s)
        clay.add(
            at((0.085 * side, -0.39, -0.17)), at((0.09 * side, -0.41, -0.27)), 0.028 * s, 0.008 * s, blend=0.006 * s
        )
        for k in range(3):
            clay.groove(
                [at((0.05 * side, -0.385, 0.20 + 0.05 * k)), at((0.2 * side, -0.30, 0.24 + 0.05 * k))],
                0.014 * s,
                0.014 * s,
            )
    clay.add(at((0, -0.30, -0.30)), at((0, -0.47, -0.42)), 0.06 * s, 0.045 * s, 1.3, blend=0.01 * s)


_CALM = {
    "mouth": (0.0, 0.0),
    "corners": (-0.2, 0.2),
    "brows": (-0.1, 0.1),
    "nose": (0.9, 1.15),
    "eyes": (0.95, 1.05),
    "cheeks": (0.9, 1.05),
    "chin": (0.9, 1.1),
}


KINDS: dict[str, tuple[dict[str, tuple[float, float]], tuple[str, ...], tuple[str, ...], float, float]] = {
    # kind → the face's ranges, hair, what it is called, share with a beard, how often
    "tragic": (
        _CALM | {"mouth": (0.6, 1.0), "corners": (-0.9, -0.4), "brows": (0.5, 1.0), "eyes": (1.1, 1.35)},
        ("towering hair", "rolled locks", "rolled locks"),
        ("a tragic theatre mask", "a mask of tragedy"),
        0.35,
        1.0,
    ),
    "comic": (
        _CALM
        | {
            "mouth": (0.6, 1.0),
            "corners": (0.6, 1.0),
            "brows": (-0.8, 0.3),
            "eyes": (1.05, 1.3),
            "nose": (1.15, 1.5),
            "cheeks": (1.15, 1.4),
        },
        ("a wreath of ivy", "rolled locks", "curls"),
        ("a comic theatre mask", "a grinning mask of comedy"),
        0.45,
        1.0,
    ),
    "dead": (_CALM, ("", "", "curls"), ("a death mask", "a mask with closed eyes"), 0.3, 0.8),
    "portrait": (_CALM, ("curls", "a crest of rays", "rolled locks"), ("a mask", "a calm mask"), 0.3, 0.6),
    "spirit": (
        _CALM
        | {
            "mouth": (0.25, 0.9),
            "corners": (-0.6, 0.6),
            "brows": (-1.0, 1.0),
            "nose": (0.9, 1.6),
            "eyes": (0.9, 1.5),
            "cheeks": (0.8, 1.4),
            "chin": (0.8, 1.5),
        },
        ("horns", "a crest of rays", "", ""),
        ("a carved spirit mask", "a ritual mask"),
        0.0,
        0.9,
    ),
    "gargoyle": (
        _CALM
        | {
            "mouth": (0.5, 1.0),
            "corners": (0.2, 1.0),
            "brows": (-1.0, -0.4),
            "nose": (1.2, 1.6),
            "eyes": (1.2, 1.5),
            "cheeks": (1.1, 1.4),
        },
        ("horns", "curls", ""),
        ("a grotesque face", "a gargoyle's face"),
        0.0,
        0.8,
    ),
}


def words(mask: Mask, rng: np.random.Generator) -> str:
    text = str(rng.choice(KINDS[mask.kind][2]))
    told = [mask.hair] if mask.hair else []
    if mask.beard:
        told.append("a beard")
    if told:
        text += f"{' and ' if ' with ' in text else ' with '}{' and '.join(told)}"
    return text
