"""What sculptors leave out: busts, heads, herms, torsos, half figures and reliefs, cut from whole figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .. import noise
from ..sculpt import Piece
from ..shapes import Shape, box, difference, intersection, union, within_outline
from .figure import Figure
from .placing import there
from .relief import relief

# Outlines of what remains, on the chest's frontal plane: X in shares of the shoulder joint's distance from the middle
# (right half, from the bottom upwards; the left mirrors it), Z in shares of the height from breastbone's foot to neck.
Outline = tuple[tuple[float, float], ...]
BUST: Mapping[str, Outline] = {
    "rounded": ((0.0, -0.28), (0.35, -0.24), (0.66, -0.08), (0.92, 0.20), (1.12, 0.55), (1.24, 0.85), (1.3, 1.3)),
    "broad": ((0.0, -0.62), (0.42, -0.58), (0.78, -0.40), (1.06, -0.05), (1.26, 0.40), (1.36, 0.85), (1.4, 1.3)),
    "short": ((0.0, 0.22), (0.30, 0.25), (0.58, 0.36), (0.80, 0.54), (0.95, 0.74), (1.02, 0.92), (1.02, 1.3)),
    "straight": ((0.0, 0.02), (0.9, 0.02), (1.0, 0.04), (1.04, 0.10), (1.04, 0.5), (1.04, 0.9), (1.04, 1.3)),
}
HEAD: Mapping[str, Outline] = {
    "neck": ((0.0, 0.82), (0.2, 0.83), (0.36, 0.88), (0.46, 0.95), (0.6, 1.0), (0.9, 1.05), (1.0, 1.3)),
    "cone": ((0.0, 0.42), (0.16, 0.48), (0.30, 0.62), (0.42, 0.78), (0.5, 0.94), (0.7, 1.02), (1.0, 1.3)),
    "level": ((0.0, 0.92), (0.5, 0.92), (0.8, 0.93), (0.9, 0.94), (0.95, 1.0), (1.0, 1.1), (1.0, 1.3)),
}
_ABOVE = 5.0  # the outlines' upper end: above every head and raised hand, in the same shares
_DEEP = 0.6  # metres before and behind the chest that remain


def cut(kind: str, pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """What is left of a figure's pieces as a bust, a head, …, where it was. kind: see WAYS."""
    return WAYS[kind](pieces, figure, rng)


def bust(pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """Head and breast with cut shoulders."""
    form = str(rng.choice(list(BUST), p=(0.45, 0.25, 0.15, 0.15)))
    return there(_outlined(pieces, figure, BUST[form]))


def head(pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """A head with its neck: cut level, broken, or with the tenon that once sat in a statue."""
    form = str(rng.choice(list(HEAD), p=(0.5, 0.2, 0.3)))
    return there(_outlined(pieces, figure, HEAD[form]))


def half_figure(pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """The upper body, cut level through the hips or the waist."""
    where = "Hips" if rng.random() < 0.6 else "Spine"
    at = float(figure.joints[where][2] + rng.uniform(-0.02, 0.03))
    keep = box((-5, -5, at), (5, 5, 5))
    return there([_kept(piece, keep) for piece in pieces])


def torso(pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """What time leaves of a statue: no head, arms broken at the upper arm, legs at the thigh."""
    gone = np.zeros(len(figure.vertices), bool)
    lost: list[Shape] = []
    lowest = np.inf
    for bone, (least, most), reach in _BREAKS:
        start, end = figure.joints[bone], figure.joints[f"{bone}.tail"]
        along = (end - start) / np.linalg.norm(end - start)
        place = start + rng.uniform(least, most) * (end - start)
        beyond = (figure.vertices - place - _CLEAR * along) @ along > 0
        gone |= figure.below(bone) | (figure.along(bone) & beyond)
        lost.append(_break(place, along + rng.normal(scale=0.2, size=3), reach, int(rng.integers(2**31))))
        lowest = min(lowest, float(place[2]))
    # What hangs about the legs is broken with them.
    seed = int(rng.integers(2**31))
    keep = box((-5, -5, lowest - 0.05), (5, 5, 5)).displaced(lambda at: 0.02 * noise.fractal(at, 0.12, 3, seed), 0.03)
    remains = []
    for piece in pieces:
        if piece.name in _OF_THE_HEAD:
            continue
        whole = Piece("body", figure.mesh("body", without=gone), piece.blend) if piece.name == "body" else piece
        remains.append(replace(whole, surface=intersection(difference(whole.shape, union(lost)), keep)))
    return there(remains)


# Bones that break, between which shares of their length, and how far around a break takes away what is there (metres).
_BREAKS = (
    ("Neck", (0.15, 0.5), 0.15), ("LeftArm", (0.35, 0.65), 0.085), ("RightArm", (0.35, 0.65), 0.085),
    ("LeftUpLeg", (0.4, 0.75), 0.17), ("RightUpLeg", (0.35, 0.7), 0.17),
)  # fmt: skip
_CLEAR = 0.06  # metres beyond a break up to which the skin stays, so that the break goes through closed flesh
_OF_THE_HEAD = ("hair", "beard", "headgear", "helmet", "veil", "wreath")


def herm(pieces: Sequence[Piece], figure: Figure, rng: np.random.Generator) -> list[Piece]:
    """Head and breast on a pillar: the shoulders cut off straight, the body gone into the stone."""
    joints = figure.joints
    half = float(joints["LeftArm"][0] - joints["RightArm"][0]) / 2
    x = float(joints["LeftArm"][0] + joints["RightArm"][0]) / 2
    top = float(joints["Spine2"][2] + rng.uniform(-0.02, 0.10) * half / 0.19)
    chest = figure.vertices[figure.along("Spine2") | figure.along("Spine1")]
    front, back = (
        chest[np.abs(chest[:, 2] - top) < 0.04][:, 1].min(),
        chest[np.abs(chest[:, 2] - top) < 0.04][:, 1].max(),
    )
    height = float(rng.choice((rng.uniform(0.12, 0.3), rng.uniform(0.9, 1.2))))
    width, depth = half * rng.uniform(0.92, 1.02), float(back - front) / 2 * rng.uniform(0.95, 1.05)
    keep = box((x - width, -5, top - 0.02), (x + width, 5, 5), 0.004)
    pillar = _tapered(np.array([x, (front + back) / 2, top]), width, depth, height, float(rng.uniform(0.8, 0.97)))
    return there([*(_kept(piece, keep) for piece in pieces), Piece("pillar", pillar, 0.012)])


def _outlined(pieces: Sequence[Piece], figure: Figure, outline: Outline) -> list[Piece]:
    """The pieces within an outline on the chest's frontal plane."""
    joints, turn = figure.joints, figure.bones["Spine2"][:3, :3]
    half = float(np.linalg.norm(joints["LeftArm"] - joints["RightArm"])) / 2
    foot, neck = joints["Spine2"], joints["Neck"]
    rise = float(np.linalg.norm(neck - foot))
    right = np.array([*outline, (outline[-1][0] * 4, 1.6), (outline[-1][0] * 4, _ABOVE)])
    whole = _rounded(np.concatenate([right[::-1] * (-1, 1), right[1:]])) * (half, rise)
    to_world = np.eye(4)
    to_world[:3, :3] = np.stack([turn[:, 0], turn[:, 2], -turn[:, 1]], axis=1)
    to_world[:3, 3] = foot
    keep = _plate(whole).moved(to_world)
    return [_kept(piece, keep) for piece in pieces]


def _plate(outline: NDArray) -> Shape:
    """A closed outline [N, 2] in X and Y as a plate that is thick enough for anybody.

    Its distances are read from a table: an outline has too many edges to ask each for a million points.
    """
    low, high = outline.min(axis=0) - _TABLE_MARGIN, outline.max(axis=0) + _TABLE_MARGIN
    counts = np.ceil((high - low) / _TABLE_STEP).astype(int) + 1
    places = low + _TABLE_STEP * np.indices(counts).reshape(2, -1).T
    table = within_outline(places.astype(np.float32), outline.astype(np.float32)).reshape(counts).astype(np.float32)

    def distances(points: NDArray) -> NDArray:
        at = ((points[:, :2] - low) / _TABLE_STEP).T
        return ndimage.map_coordinates(table, at, order=1, mode="nearest")

    return Shape(np.array([*low, -_DEEP]), np.array([*high, _DEEP]), distances)


_TABLE_STEP = 0.004  # metres
_TABLE_MARGIN = 0.05  # metres around the outline


def _rounded(outline: NDArray) -> NDArray:
    """An outline's corners cut off once (Chaikin), its ends as they are."""
    first, last = outline[:-1], outline[1:]
    between = np.stack([0.75 * first + 0.25 * last, 0.25 * first + 0.75 * last], axis=1).reshape(-1, 2)
    return np.concatenate([outline[:1], between, outline[-1:]])


def _tapered(top: NDArray, width: float, depth: float, height: float, narrower: float) -> Shape:
    """A pillar under `top` [3], `width` and `depth` to each side, thinning downwards to a share of both."""
    lean = (1 - narrower) * width / height
    block = box((-width, -depth, -height), (width, depth, 0.0), 0.006)

    def distances(points: NDArray) -> NDArray:
        local = points - top.astype(np.float32)
        swell = 1 / np.clip(1 + (1 - narrower) * local[:, 2] / height, narrower, 1)
        scaled = np.stack([local[:, 0] * swell, local[:, 1] * swell, local[:, 2]], axis=1)
        return block.distances(scaled.astype(np.float32)) * narrower / np.float32(np.hypot(1, lean))

    return Shape(top + block.low, top + block.high, distances)


def _break(place: NDArray, along: NDArray, reach: float, seed: int) -> Shape:
    """Everything beyond a rough plane, as far as `reach` around the place."""
    along = along / np.linalg.norm(along)

    def distances(points: NDArray) -> NDArray:
        rough = _ROUGH * noise.fractal(points, 0.05, 3, seed)
        beyond = -((points - place) @ along) + rough
        around = np.linalg.norm(points - place - 0.6 * reach * along, axis=1) - reach
        return (np.maximum(beyond, around) * _SLOPE).astype(np.float32)

    return Shape(place - 2 * reach, place + 2 * reach, distances)


_ROUGH = 0.008  # metres of a fracture's unevenness
_SLOPE = 0.7  # what that makes of the distances' slope


def _kept(piece: Piece, keep: Shape) -> Piece:
    return replace(piece, surface=intersection(piece.shape, keep))


Way = Callable[[Sequence[Piece], Figure, np.random.Generator], list[Piece]]
WAYS: Mapping[str, Way] = {
    "bust": bust,
    "head": head,
    "half figure": half_figure,
    "torso": torso,
    "herm": herm,
    "relief": relief,
}
