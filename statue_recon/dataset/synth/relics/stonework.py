"""Parts of buildings: capitals, balusters, finials, column drums, small altars, stupas, pagodas and stone lanterns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import box, difference, union
from .capitals import Stonework, banded, closed, corinthian, doric, ionic, lathe, slab
from .swept import together
from .vessel_relief import PATTERNS
from .wheel import Knot, Relief


def choose(rng: np.random.Generator) -> Stonework:
    odds = np.array([often for *_, often in KINDS.values()])
    kind = str(rng.choice(list(KINDS), p=odds / odds.sum()))
    border = str(
        rng.choice(
            ["egg-and-dart", "beads and reels", "tongues", "palmettes", "laurel leaves", "guilloche", "rosettes"]
        )
    )
    return Stonework(
        kind,
        float(rng.uniform(0.35, 0.9)),
        float(rng.uniform(0.88, 1.15)),
        int(rng.integers(0, 5)),
        border,
        int(rng.integers(2**31)),
    )


def build(work: Stonework) -> list[Piece]:
    return KINDS[work.kind][0](work)


_BALUSTER = (
    (0.2, 0, 1),
    (0.2, 0.05, 1),
    (0.16, 0.07),
    (0.13, 0.1, 1),
    (0.17, 0.12),
    (0.12, 0.15, 1),
    (0.19, 0.28),
    (0.2, 0.36),
    (0.12, 0.58),
    (0.085, 0.74),
    (0.1, 0.8, 1),
    (0.14, 0.82),
    (0.1, 0.85, 1),
    (0.13, 0.88),
    (0.17, 0.9, 1),
    (0.17, 0.94, 1),
)


_FINIALS = (
    (
        (0.3, 0, 1),
        (0.3, 0.08, 1),
        (0.2, 0.1),
        (0.1, 0.17),
        (0.12, 0.22, 1),
        (0.25, 0.3),
        (0.3, 0.44),
        (0.26, 0.6),
        (0.14, 0.78),
        (0.06, 0.9),
        (0.0, 1.0),
    ),
    (
        (0.3, 0, 1),
        (0.3, 0.08, 1),
        (0.18, 0.12),
        (0.1, 0.2),
        (0.17, 0.26),
        (0.12, 0.31, 1),
        (0.3, 0.46),
        (0.34, 0.62),
        (0.26, 0.8),
        (0.1, 0.93),
        (0.0, 0.96),
    ),
    (
        (0.3, 0, 1),
        (0.32, 0.06),
        (0.2, 0.12, 1),
        (0.12, 0.2),
        (0.3, 0.26, 1),
        (0.3, 0.3, 1),
        (0.16, 0.36),
        (0.22, 0.5),
        (0.2, 0.62),
        (0.1, 0.76),
        (0.13, 0.82),
        (0.08, 0.9),
        (0.0, 1.0),
    ),
)


def _baluster(work: Stonework) -> list[Piece]:
    h = work.height
    outline = [(k[0] * h * work.slender, k[1] * h, *k[2:]) for k in _BALUSTER]
    relief = None
    if work.count % 2:
        relief = banded("tongues", 0.155 * h, 0.3 * h, 0.19 * h, 0.014 * h)
    half = 0.2 * h * work.slender
    square = union([slab(half, -0.06 * h, 0.03 * h, 0.004 * h), slab(0.92 * half, 0.93 * h, h, 0.004 * h)])
    body = union([lathe(outline, relief), square])
    return [Piece("baluster", body.moved(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.06 * h], [0, 0, 0, 1.0]])))]


def _finial(work: Stonework) -> list[Piece]:
    h = work.height
    outline = [(k[0] * h * work.slender, k[1] * h, *k[2:]) for k in _FINIALS[work.count % 3]]
    v, angle = np.meshgrid((np.arange(300) + 0.5) / 300, 2 * np.pi * np.arange(1024) / 1024, indexing="ij")
    if work.count < 2:  # a pine cone: scales in spirals
        rows, around = 11, 14
        row = np.floor(v * rows)
        across = np.abs(((angle * around / (2 * np.pi) + 0.5 * (row % 2)) % 1.0) - 0.5) * 2
        scale = np.clip(1 - across**2 - 0.75 * (v * rows - row), 0, 1) ** 0.6
        heights = 0.026 * h * scale
    else:
        heights = -0.022 * h * np.abs(np.cos(angle * 6 + (5 * v if work.count == 3 else 0))) ** 0.6
    return [Piece("finial", lathe(outline, Relief(heights.astype(np.float32), 0.3 * h, 0.95 * h)))]


def _altar(work: Stonework) -> list[Piece]:
    """A round altar with garlands, or a column drum with a border."""
    h = work.height
    r = 0.4 * h * work.slender
    v, angle = np.meshgrid((np.arange(200) + 0.5) / 200, 2 * np.pi * np.arange(1024) / 1024, indexing="ij")
    swags = PATTERNS["garlands"](v, angle, 2 * np.pi * r / (0.5 * h)).astype(np.float32) * 0.05 * h
    knots = [
        (1.2 * r, 0, 1),
        (1.2 * r, 0.08 * h, 1),
        (1.1 * r, 0.1 * h),
        (1.0 * r, 0.17 * h, 1),
        (1.0 * r, 0.8 * h, 1),
        (1.08 * r, 0.84 * h),
        (1.2 * r, 0.9 * h, 1),
        (1.2 * r, 0.98 * h, 1),
        (1.1 * r, h, 1),
    ]
    return [Piece("altar", lathe(knots, Relief(swags, 0.22 * h, 0.74 * h)))]


def _stupa(work: Stonework) -> list[Piece]:
    h = work.height
    steps = [slab((0.40 - 0.05 * k) * h, 0.07 * h * k, 0.07 * h * (k + 1), 0.004 * h) for k in range(3)]
    drum = [
        (0.26 * h, 0.2 * h, 1),
        (0.26 * h, 0.24 * h, 1),
        (0.24 * h, 0.25 * h, 1),
        (0.25 * h, 0.32 * h),
        (0.22 * h, 0.44 * h),
        (0.12 * h, 0.51 * h),
        (0.05 * h, 0.52 * h, 1),
    ]
    rings: list[Knot] = [(0.05 * h, 0.5 * h, 1)]
    for k in range(9):
        z, r = (0.62 + 0.034 * k) * h, (0.075 - 0.006 * k) * h
        rings += [(r, z, 1), (r, z + 0.02 * h, 1), (0.72 * r, z + 0.024 * h, 1)]
    rings += [(0.04 * h, 0.94 * h), (0.0, h)]
    box_top = slab(0.09 * h, 0.5 * h, 0.6 * h, 0.004 * h)
    dome = lathe(drum, banded("palmettes", 0.25 * h, 0.33 * h, 0.25 * h, 0.012 * h))
    return [Piece("stupa", union([*steps, dome, box_top, lathe(rings)]))]


def _roof(half: float, low: float, high: float, corners: int) -> Mesh:
    """A tent roof whose eaves sweep up at the corners."""
    rings = []
    for t in np.linspace(0, 1, 8):
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False) + np.pi / corners
        edge = np.cos(np.pi / corners) / np.cos((angle + 0 * np.pi) % (2 * np.pi / corners) - np.pi / corners)
        reach = half * (1 - 0.72 * t**0.75) * edge
        lift = (edge - edge.min()) / (edge.max() - edge.min() + 1e-9)
        z = low + (high - low) * t**1.35 + 0.28 * (high - low) * lift**3 * (1 - t) ** 2
        rings.append(np.stack([reach * np.cos(angle), reach * np.sin(angle), z], axis=1))
    under = rings[0] * (0.96, 0.96, 1) - (0, 0, 0.16 * (high - low))
    return closed(np.array([under * (0.3, 0.3, 1) + (0, 0, 0.1 * (high - low)), under, *rings]))


def _pagoda(work: Stonework) -> list[Piece]:
    h, storeys = work.height, 3 + 2 * (work.count % 3)
    corners = 4 if work.count < 3 else 6
    each = 0.78 * h / storeys
    shapes, roofs = [slab(0.24 * h, 0, 0.05 * h, 0.004 * h), slab(0.20 * h, 0.05 * h, 0.08 * h, 0.004 * h)], []
    for k in range(storeys):
        half, low = (0.135 - 0.065 * k / storeys) * h, 0.08 * h + each * k
        room = slab(half, low, low + 0.72 * each, 0.002 * h)
        door = box(
            (-0.35 * half, -2 * half, low + 0.08 * each), (0.35 * half, -0.75 * half, low + 0.46 * each), 0.002 * h
        )
        shapes.append(difference(room, door))
        roofs.append(_roof(1.75 * half, low + 0.55 * each, low + 1.06 * each, corners))
    spire = [
        (0.03 * h, 0.84 * h, 1),
        (0.034 * h, 0.87 * h),
        (0.016 * h, 0.89 * h),
        (0.026 * h, 0.91 * h),
        (0.014 * h, 0.93 * h),
        (0.022 * h, 0.95 * h),
        (0.0, h),
    ]
    return [Piece("pagoda", union([*shapes, lathe(spire)])), Piece("roofs", together(roofs))]


def _lantern(work: Stonework) -> list[Piece]:
    """A garden lantern: foot, post, table, pierced fire box, roof, jewel."""
    h = work.height
    post = lathe(
        [
            (0.24 * h, 0, 1),
            (0.24 * h, 0.05 * h, 1),
            (0.2 * h, 0.08 * h),
            (0.09 * h, 0.11 * h, 1),
            (0.085 * h, 0.26 * h),
            (0.1 * h, 0.28 * h),
            (0.085 * h, 0.30 * h),
            (0.09 * h, 0.45 * h, 1),
            (0.2 * h, 0.5 * h),
            (0.22 * h, 0.55 * h, 1),
        ],
        banded("tongues", 0.455 * h, 0.53 * h, 0.17 * h, 0.012 * h),
    )
    fire = slab(0.125 * h, 0.54 * h, 0.72 * h, 0.004 * h)
    for turn in (0, 1):
        low, high = np.array([-0.07, -0.3]) * h, np.array([0.07, 0.3]) * h
        if turn:
            low, high = low[::-1], high[::-1]
        fire = difference(fire, box((*low, 0.58 * h), (*high, 0.69 * h), 0.01 * h))
    jewel = lathe(
        [
            (0.05 * h, 0.85 * h, 1),
            (0.06 * h, 0.88 * h),
            (0.045 * h, 0.9 * h, 1),
            (0.065 * h, 0.94 * h),
            (0.03 * h, 0.98 * h),
            (0.0, h),
        ]
    )
    return [
        Piece("lantern", union([post, fire, jewel])),
        Piece("roof", _roof(0.33 * h, 0.70 * h, 0.88 * h, 6 if work.count % 2 else 4)),
    ]


KINDS: dict[str, tuple[Callable[[Stonework], list[Piece]], tuple[str, ...], float]] = {
    "doric": (doric, ("a Doric capital", "a Doric column capital with part of its fluted shaft"), 0.6),
    "ionic": (ionic, ("an Ionic capital", "an Ionic column capital with volutes"), 1.0),
    "corinthian": (corinthian, ("a Corinthian capital", "a Corinthian capital with acanthus leaves"), 1.3),
    "baluster": (_baluster, ("a baluster", "a turned stone baluster"), 0.6),
    "finial": (_finial, ("a finial", "a stone finial"), 0.8),
    "altar": (_altar, ("a round altar with garlands", "a small round altar hung with garlands"), 0.6),
    "stupa": (_stupa, ("a small stupa", "a votive stupa"), 0.6),
    "pagoda": (_pagoda, ("a miniature pagoda", "a stone pagoda"), 0.7),
    "lantern": (_lantern, ("a stone lantern", "a Japanese garden lantern"), 0.6),
}


def words(work: Stonework, rng: np.random.Generator) -> str:
    text = str(rng.choice(KINDS[work.kind][1]))
    if work.kind == "finial":
        text += (
            " in the form of a pine cone"
            if work.count < 2
            else (" with twisted gadroons" if work.count == 3 else " with gadroons")
        )
    if work.kind == "pagoda":
        text += f" of {('three', 'five', 'seven')[work.count % 3]} storeys"
    return text
