"""Regions by words: "the head", "left arm", "base". Heads and ends of limbs by our detector, the rest by plain rules.

The statue faces −Y, as everything in the engine's frame does; left and right are its own: its left hand is at +X, on
the right for whoever looks at it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from ..camera import Camera
from ..contract import Failure
from ..mesh.mesh import Mesh
from ..mesh.solid import Surface
from ..priors.shape import detect
from ..priors.shape.columns import Columns, around, clipped, shape_for
from .region import Chosen, along_surface
from .statue import Statue

SIZE, FOCAL, AWAY = 512, 2400.0, 12.0  # pixels, pixels, world units: a camera so far that nothing is foreshortened
HEAD = 1.3  # radii of a detected head around its middle that are the head's
CROWN = 2.2  # radii above it that hair and hats reach
FACE_FRONT, FACE_TURNED = 0.1, -0.15  # radii before the middle, and how far a face's surface may turn from the front
HAND = 1.15  # radii of a detected end
HIGH = 0.2  # of the height, below which ends are feet
ASIDE = 0.04  # of the height, beside the middle: nearer to it an end is on neither side
ARM = 0.40  # of the height: how far along the surface an arm reaches from the hand's end
LIMB = 0.035  # of the height: up to this thick (to its middle) is an arm
OFF = 0.4  # of that, farther from the thick core than the core's skin: there an arm begins
BASE_HIGHEST = 0.4  # of the height
BASE_DROP = 0.62  # of a base's section, that the section just above it has at most
BASE_LEAST = 0.015  # of the height: how thick a base is at least
BASE_FILLS = 0.6  # of the box around it, that a base's section fills at least: a disc fills 0.79, two feet less
LEVELS = 72  # sections from the bottom to the top
_ARTICLES = re.compile(r"\b(the|a|an|its|his|her|of|statue's)\b")


def of_words(statue: Statue, words: str) -> Chosen:
    """The part that words name. Raises Failure, with the words that can be found, if it cannot."""
    parts = looked_at(statue.textured.mesh)
    name = " ".join(_ARTICLES.sub(" ", words.lower().strip(" .")).split())
    rule = RULES.get(SYNONYMS.get(name, name))
    vertices = rule(parts) if rule else None
    if vertices is None or not vertices.any():
        known = ", ".join(f"“{one}”" for one in found(parts))
        what = "cannot be found on this statue" if rule else "is no part that can be found by its name"
        raise Failure(f"“{words}” {what}.", next_step=f"Say one of {known}; or paint the region on the mesh.")
    notes = ("The statue is taken to face the viewer.",) if SYNONYMS.get(name, name) in FACING else ()
    return Chosen(vertices.astype(np.float32), notes=notes)


def found(parts: Parts) -> list[str]:
    """The words that name a part this statue has."""
    every = {word: rule(parts) for word, rule in RULES.items()}
    return [word for word, vertices in every.items() if vertices is not None and vertices.any()]


@dataclass(frozen=True)
class Parts:
    """A mesh as the rules look at it; each question is answered once."""

    mesh: Mesh

    @cached_property
    def low(self) -> NDArray:
        return self.mesh.vertices.min(axis=0).astype(float)

    @cached_property
    def high(self) -> NDArray:
        return self.mesh.vertices.max(axis=0).astype(float)

    @property
    def height(self) -> float:
        return float(self.high[2] - self.low[2])

    @cached_property
    def columns(self) -> Columns:
        """A column volume around the mesh, seen from the front and from afar."""
        middle = (self.low + self.high) / 2
        camera = Camera.orbit(0.0, 0.0, AWAY, SIZE, SIZE, FOCAL, tuple(middle))
        pixels, depth = camera.project(self.mesh.vertices)
        box = (*pixels.min(axis=0), *pixels.max(axis=0))
        shape = shape_for(box[2] - box[0], box[3] - box[1])
        cells = around(camera, box, shape)
        return Columns(cells, float((depth.min() + depth.max()) / 2), before=31.5)

    @cached_property
    def solid(self) -> Surface:
        return Surface(self.mesh)

    @cached_property
    def volume(self) -> torch.Tensor:
        """[D, H, W] as `detect` takes it."""
        points = self.columns.points().reshape(-1, 3)
        distances = self.solid.signed_distances(points)
        return clipped(torch.from_numpy(distances.reshape(self.columns.shape)), self.columns.pitch)

    @cached_property
    def heads(self) -> list[detect.Place]:
        return detect.heads(self.volume, self.columns)

    @cached_property
    def ends(self) -> list[detect.Place]:
        """Of limbs, above the feet and no heads."""
        some = [
            end for end in detect.ends(self.volume, self.columns) if end.middle[2] > self.low[2] + HIGH * self.height
        ]
        return [
            end
            for end in some
            if all(np.linalg.norm(end.middle - head.middle) > head.radius + end.radius / 2 for head in self.heads)
        ]

    @cached_property
    def beyond(self) -> NDArray[np.float32]:
        """[V] world units: how much farther from the thick core of the statue each vertex lies than its skin does."""
        limb = LIMB * self.height / self.columns.pitch
        body = detect.thickness(self.volume) > limb
        if not body.any():
            return np.zeros(len(self.mesh.vertices), np.float32)
        away = ndimage.distance_transform_edt(~body, sampling=(detect.DEPTH_STEP, 1.0, 1.0)) - limb
        places = self.columns.places(self.mesh.vertices).T
        return self.columns.pitch * ndimage.map_coordinates(away.astype(np.float32), places, order=1, mode="nearest")

    @cached_property
    def base_top(self) -> float | None:
        """World units: how high the base reaches; None without one."""
        points = self.columns.points()[(self.volume < 0).numpy()]
        if not len(points):
            return None
        edges = np.linspace(self.low[2], self.high[2], LEVELS + 1)
        sections = np.histogram(points[:, 2], edges)[0].astype(float)
        sections = ndimage.median_filter(sections, 3)
        top = None
        for level in range(1, int(BASE_HIGHEST * LEVELS)):
            below = float(np.median(sections[: level + 1]))
            above = sections[level + 2 : level + 6]
            if below > 0 and above.size and above.max() < BASE_DROP * below and edges[level] - edges[0] > 0:
                top = float(edges[level + 2])
                break
        if top is None or top - self.low[2] < BASE_LEAST * self.height:
            return None
        inside = points[points[:, 2] < top]
        across = np.ptp(inside[:, :2], axis=0) + self.columns.pitch
        layers = max((top - float(inside[:, 2].min())) / self.columns.pitch, 1.0)
        section = len(inside) / layers * detect.DEPTH_STEP * self.columns.pitch**2
        return top if section > BASE_FILLS * across.prod() else None


def looked_at(mesh: Mesh) -> Parts:
    """The parts of a mesh; those of the last two are kept, for every variant of an edit asks again."""
    for parts in _LATEST:
        if parts.mesh is mesh:
            return parts
    parts = Parts(mesh)
    _LATEST.append(parts)
    return parts


_LATEST: deque[Parts] = deque(maxlen=2)


def _head(parts: Parts) -> NDArray[np.bool_] | None:
    """Around the largest head found, in one piece."""
    if not parts.heads:
        return None
    head = parts.heads[0]
    away = parts.mesh.vertices - head.middle
    flat = np.hypot(away[:, 0], away[:, 1])
    ball = np.linalg.norm(away, axis=1) < HEAD * head.radius
    hat = (away[:, 2] > 0) & (away[:, 2] < CROWN * head.radius) & (flat < HEAD * head.radius)
    above_chin = away[:, 2] > -head.radius
    return _piece(parts.mesh, (ball | hat) & above_chin, head.middle + np.array([0.0, 0.0, head.radius]))


def _face(parts: Parts) -> NDArray[np.bool_] | None:
    whole = _head(parts)
    if whole is None:
        return None
    head = parts.heads[0]
    away = parts.mesh.vertices - head.middle
    before = -away[:, 1] > FACE_FRONT * head.radius
    turned = -parts.mesh.normals[:, 1] > FACE_TURNED
    return whole & before & turned & (away[:, 2] < 0.6 * head.radius)


def _hair(parts: Parts) -> NDArray[np.bool_] | None:
    whole, face = _head(parts), _face(parts)
    if whole is None or face is None:
        return None
    return whole & ~face & (parts.mesh.vertices[:, 2] > parts.heads[0].middle[2] - 0.5 * parts.heads[0].radius)


def _hand(side: float) -> Callable[[Parts], NDArray[np.bool_] | None]:
    def of(parts: Parts) -> NDArray[np.bool_] | None:
        end = _end(parts, side)
        if end is None:
            return None
        near = np.linalg.norm(parts.mesh.vertices - end.middle, axis=1) < HAND * end.radius
        return _piece(parts.mesh, near, end.middle)

    return of


def _arm(side: float) -> Callable[[Parts], NDArray[np.bool_] | None]:
    def of(parts: Parts) -> NDArray[np.bool_] | None:
        hand = _hand(side)(parts)
        if hand is None or not hand.any():
            return None
        reach = along_surface(parts.mesh, hand, ARM * parts.height) < np.inf
        thin = (parts.beyond > OFF * LIMB * parts.height) | hand
        head = _head(parts)
        end = _end(parts, side)
        own = reach & thin & ~(head if head is not None else np.zeros_like(hand))
        assert end is not None  # there is a hand
        return _piece(parts.mesh, own, end.middle)

    return of


def _end(parts: Parts, side: float) -> detect.Place | None:
    """The end farthest out on one side: +1 the statue's left, which is at +X."""
    centre = (parts.low[0] + parts.high[0]) / 2
    aside = [(side * (end.middle[0] - centre), end) for end in parts.ends]
    aside = [(far, end) for far, end in aside if far > ASIDE * parts.height]
    return max(aside, key=lambda one: one[0])[1] if aside else None


def _base(parts: Parts) -> NDArray[np.bool_] | None:
    return None if parts.base_top is None else parts.mesh.vertices[:, 2] < parts.base_top


def _body(parts: Parts) -> NDArray[np.bool_] | None:
    """All but the head and the base, where there is a head."""
    head = _head(parts)
    if head is None:
        return None
    base = _base(parts)
    return ~head & ~(base if base is not None else np.zeros_like(head))


def _towards(axis: int, sign: float) -> Callable[[Parts], NDArray[np.bool_] | None]:
    return lambda parts: sign * parts.mesh.normals[:, axis] > 0.0


def _half(sign: float) -> Callable[[Parts], NDArray[np.bool_] | None]:
    return lambda parts: sign * (parts.mesh.vertices[:, 2] - (parts.low[2] + parts.high[2]) / 2) > 0


def _piece(mesh: Mesh, chosen: NDArray[np.bool_], near: NDArray) -> NDArray[np.bool_]:
    """[V] the connected part of the chosen vertices that comes nearest to a place [3]."""
    if not chosen.any():
        return chosen
    edges = mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    edges = edges[chosen[edges].all(axis=1)]
    count = len(chosen)
    net = sparse.coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    _, labels = connected_components(net, directed=False)
    numbers = np.flatnonzero(chosen)
    nearest = numbers[np.linalg.norm(mesh.vertices[numbers] - near, axis=1).argmin()]
    return chosen & (labels == labels[nearest])


LEFT, RIGHT = 1.0, -1.0
RULES: dict[str, Callable[[Parts], NDArray[np.bool_] | None]] = {
    "head": _head,
    "face": _face,
    "hair": _hair,
    "left arm": _arm(LEFT),
    "right arm": _arm(RIGHT),
    "left hand": _hand(LEFT),
    "right hand": _hand(RIGHT),
    "body": _body,
    "base": _base,
    "front": _towards(1, -1.0),
    "back": _towards(1, 1.0),
    "left side": _towards(0, LEFT),
    "right side": _towards(0, RIGHT),
    "upper half": _half(1.0),
    "lower half": _half(-1.0),
}
SYNONYMS = {
    "plinth": "base", "pedestal": "base", "socle": "base", "foot plate": "base", "torso": "body", "trunk": "body",
    "figure": "body", "rear": "back", "behind": "back", "upper part": "upper half", "lower part": "lower half",
    "top": "upper half", "bottom": "lower half", "top half": "upper half", "bottom half": "lower half",
    "left": "left side", "right": "right side", "skull": "head", "back side": "back", "front side": "front",
}  # fmt: skip
FACING = (
    "face", "hair", "front", "back", "left side", "right side", "left arm", "right arm", "left hand", "right hand",
)  # fmt: skip
