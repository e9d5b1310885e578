"""Hair, beards, wreaths, horns and rays of masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ....mesh.mesh import Mesh
from . import faces
from .coat import snails
from .swept import swept, together
from .wheel import offset, smooth_path


@dataclass(frozen=True)
class Mask:
    kind: str  # a key of KINDS
    height: float  # metres, of the face
    mouth: float
    corners: float
    brows: float
    nose: float
    eyes: float
    cheeks: float
    chin: float
    hair: str  # a key of HAIR
    beard: bool
    seed: int


def _rolls(at: faces.At, s: float, rng: np.random.Generator) -> Mesh:
    """Sausage locks that hang at both sides of a fringe, under a high front."""
    found = []
    for row, (ring, high) in enumerate(((0.36, 0.30), (0.41, 0.40))):
        for k in range(9):
            x = ring * np.sin(np.radians(-72 + 18 * k))
            z = 0.05 + high * np.cos(np.radians(-72 + 18 * k))
            y = -0.27 + 0.55 * x * x + 0.08 * row
            top = at((x, y + 0.05, z + 0.1))
            found.append(
                swept(
                    [top, at((x * 1.04, y - 0.03, z)), at((x * 1.06, y, z - 0.11))], 0.085 * s, 0.085 * s, (1.0, 0, 0)
                )
            )
    for side in (-1, 1):
        for k in range(3):
            x, y = (0.37 + 0.012 * k) * side, -0.20 + 0.085 * k
            path = np.linspace(at((x, y, 0.16)), at((1.04 * x, y, -0.34 - 0.03 * k)), 16)
            thick = s * (0.08 + 0.012 * np.cos(np.arange(16) * 2.2))
            found.append(swept(path, thick, thick, (0, 1.0, 0)))
    return together(found)


def _high_front(at: faces.At, s: float, rng: np.random.Generator) -> Mesh:
    """The towering hair of tragic masks, in strands."""
    found = []
    for k in range(13):
        angle = np.radians(-84 + 14 * k)
        x, z = 0.33 * np.sin(angle), 0.08 + 0.30 * np.cos(angle)
        lift = 0.24 + 0.10 * np.cos(angle)
        path = smooth_path(
            [
                at((x, -0.24 + 0.5 * x * x, z - 0.02)),
                at((1.12 * x, -0.26 + 0.4 * x * x, z + 0.6 * lift)),
                at((1.25 * x, -0.08, z + lift)),
                at((1.28 * x, 0.05, z + 0.75 * lift)),
            ]
        )
        found.append(swept(path, 0.105 * s, 0.10 * s, (0, -1.0, 0.4), "ridged"))
    for side in (-1, 1):
        for k in range(3):
            wave = 0.02 * np.sin(np.linspace(0, 9, 14) + k)
            z = np.linspace(0.2, -0.45, 14)
            path = at(np.stack([(0.36 + 0.03 * k) * side + wave, np.full(14, -0.16 + 0.09 * k), z], axis=1))
            found.append(swept(path, 0.085 * s, 0.085 * s, (1.0 * side, -0.5, 0), "ridged"))
    return together(found)


def _curls(at: faces.At, s: float, rng: np.random.Generator) -> Mesh:
    places, out = [], []
    for ring, start in ((0.34, 0), (0.42, 1)):
        for k in range(11 + 2 * start):
            angle = np.radians(-105 + 210 * k / (10 + 2 * start))
            places.append(
                at(
                    (
                        ring * np.sin(angle),
                        -0.24 + 0.14 * start + 0.25 * np.sin(angle) ** 2,
                        0.10 + 0.92 * ring * np.cos(angle),
                    )
                )
            )
            out.append((0.6 * np.sin(angle), -0.75, 0.6 * np.cos(angle)))
    ways = np.array(out)
    return snails(np.array(places), ways / np.linalg.norm(ways, axis=1, keepdims=True), 0.066 * s, rng, 1.2)


def _wreath(at: faces.At, s: float, rng: np.random.Generator) -> Mesh:
    """Ivy leaves and berries over the brow."""
    found = []
    for k in range(13):
        angle = np.radians(-90 + 15 * k)
        root = np.array([0.345 * np.sin(angle), -0.25 + 0.28 * np.sin(angle) ** 2, 0.10 + 0.32 * np.cos(angle)])
        tip = root * (1.2, 1, 1) + (0, -0.07, 0.07 * np.cos(angle) + 0.02 * (-1) ** k)
        path = np.linspace(at(root), at(tip), 5)
        found.append(
            swept(
                path, s * np.array([0.05, 0.13, 0.14, 0.09, 0.02]), 0.04 * s, (0.3 * np.sin(angle), -1.0, 0.3), "ridged"
            )
        )
        berry = at(offset(root, 0, -0.03, -0.01))
        found.append(
            swept([berry - (0, 0.03 * s, 0), offset(berry, 0, 0.02 * s, 0)], 0.055 * s, 0.055 * s, (0, 0, 1.0))
        )
    found.append(
        swept(
            at(
                np.array(
                    [
                        (0.345 * np.sin(a), -0.22 + 0.28 * np.sin(a) ** 2, 0.1 + 0.32 * np.cos(a))
                        for a in np.linspace(-1.7, 1.7, 24)
                    ]
                )
            ),
            0.06 * s,
            0.06 * s,
            (0, -1.0, 0),
            "rope",
            3,
        )
    )
    return together(found)


def _horns(at: faces.At, s: float, rng: np.random.Generator) -> Mesh:
    found = []
    for side in (-1, 1):
        path = smooth_path(
            [
                at((0.17 * side, -0.20, 0.33)),
                at((0.30 * side, -0.24, 0.52)),
                at((0.42 * side, -0.18, 0.62)),
                at((0.40 * side, -0.14, 0.78)),
            ]
        )
        thick = np.linspace(0.13, 0.03, len(path)) * s * (1 + 0.06 * np.cos(np.arange(len(path)) * 2.1))
        found.append(swept(path, thick, thick, (0, 1.0, 0)))
    return together(found)


def _rays(at: faces.At, s: float, rng: np.random.Generator) -> Mesh:
    """A crest of rays, as on masks of the sun."""
    found = []
    for k in range(13):
        angle = np.radians(-108 + 18 * k)
        c, n = np.cos(angle), np.sin(angle)
        path = np.linspace(at((0.30 * n, -0.02, 0.08 + 0.34 * c)), at((0.62 * n, -0.02, 0.06 + 0.72 * c)), 4)
        found.append(swept(path, s * np.array([0.13, 0.12, 0.10, 0.06]), 0.075 * s, (0, -1.0, 0), "ridged"))
    return together(found)


HAIR: dict[str, Callable[[faces.At, float, np.random.Generator], Mesh]] = {
    "rolled locks": _rolls,
    "towering hair": _high_front,
    "curls": _curls,
    "a wreath of ivy": _wreath,
    "horns": _horns,
    "a crest of rays": _rays,
}


def beard(at: faces.At, s: float, mask: Mask, rng: np.random.Generator) -> Mesh:
    found = []
    drop = 0.12 * mask.mouth
    for row in range(3):
        for k in range(9 - row % 2):
            angle = np.radians(-80 + 20 * (k + 0.5 * (row % 2)))
            x = (0.27 - 0.045 * row) * np.sin(angle)
            root = (x, -0.16 - 0.17 * np.cos(angle) + 0.03 * row, -0.20 - 0.15 * np.cos(angle) - drop - 0.05 * row)
            bend, down = 0.03 * (-1) ** (k + row), 0.10 + 0.035 * row
            path = smooth_path(
                [
                    at(root),
                    at((1.05 * x + bend, root[1] - 0.05, root[2] - down)),
                    at((0.9 * x - bend, root[1] - 0.01, root[2] - 2 * down)),
                ]
            )
            found.append(swept(path, s * np.linspace(0.125, 0.04, len(path)), 0.10 * s, (0, -1.0, -0.2), "ridged"))
    for side in (-1, 1):
        lip = -0.235 - 0.02 * mask.mouth
        path = smooth_path(
            [
                at((0.015 * side, -0.425, lip)),
                at((0.09 * side, -0.40, lip - 0.015)),
                at((0.17 * side, -0.33, lip - 0.10 - drop)),
            ]
        )
        found.append(swept(path, s * np.linspace(0.06, 0.03, len(path)), 0.05 * s, (0, -1.0, 0.2), "ridged"))
    return together(found)
