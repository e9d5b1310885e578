"""Where the heads and the ends of limbs are, from the shape alone.

How thick a statue is tells: a head is a thick place over a thin one, the neck, with nothing above it. Thick places are
found by lowering a level: what is thicker than the level falls into pieces, pieces grow, and where two meet, the one
with the less thick middle ends: that is its neck.

    thickness       head   ╱╲                             ╱╲        ends of limbs are what lies farthest beyond the
                          ╱  ╲      ╱╲   breast          ╱  ╲       places as thick as a body
    level ───────────────╱────╲────╱──╲─────────        ╱    ╲
                        ╱      ╲__╱ neck
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from .columns import DEPTH_STEP, REACH, Columns

THINNEST = 0.75  # pitches: the lowest level
LEVELS = 1.15  # times the one below
NECK = 1.35  # times a head is thicker than its neck, at least
SMALLEST = 0.022  # of the statue's height: the thickness of a head is 0.03 in a whole figure
LOWEST = 0.45  # of the height, from the top: deeper no head is
ABOVE = 2.3  # thicknesses from a head's middle up to the top of what is above it: hair, a wreath, a helmet
CAP = 4.5  # areas of the thickest circle that a slice one thickness above the middle has, at most: else it goes on
ROUND = (0.8, 4.5)  # and one through the middle
WAIST = 0.9  # of that, the slimmest slice one to three thicknesses below has, at most: chin, neck, or nothing
BROAD = 0.6  # of the largest head's thickness that others have, at least
SKULL = 2.0  # thicknesses from a head's middle to its chin and crown
LOWER = 0.8  # thicknesses by which a head's middle lies below its thickest place
LIMB = 0.03  # of the statue's longest side: what is thinner is a limb or an attribute
LONG = 2.5  # thicknesses of a limb: what sticks out less has no end of its own
ENDS = 6  # at most
BOX = np.ones((3, 3, 3))


@dataclass(frozen=True)
class Place:
    """A part of a statue worth a closer look."""

    kind: str  # “head” or “end”
    middle: NDArray[np.float64]  # [3] in the world
    radius: float  # world units


@dataclass(frozen=True)
class _Blob:
    """A thick place."""

    node: tuple[int, int, int]
    thickness: float  # pitches from its middle to the surface
    neck: float = 0.0  # thickness at which it runs into a thicker one; 0: it runs into none
    towards: tuple[int, int, int] | None = None  # that one's middle


def places(volume: Tensor, columns: Columns) -> list[Place]:
    """Heads, then ends of limbs, of a coarse volume [D, H, W]; the largest heads and the longest limbs first."""
    found = heads(volume, columns)
    return found + [
        end
        for end in ends(volume, columns)
        if all(np.linalg.norm(end.middle - head.middle) > head.radius + end.radius / 2 for head in found)
    ]


def heads(volume: Tensor, columns: Columns) -> list[Place]:
    """The heads of people and beasts; of a vessel, perhaps a lid."""
    thick = thickness(volume)
    if not (thick > THINNEST).any():
        return []
    nodes = columns.points().astype(np.float64) / columns.pitch
    inside = nodes[thick > 0]
    height = float(np.ptp(inside[:, 2]))
    some: list[Place] = []
    largest = 0.0
    for blob in sorted(_blobs(thick), key=lambda blob: -blob.thickness):
        middle, size = nodes[blob.node], blob.thickness
        if size < max(BROAD * largest, SMALLEST * height) or not _crowned(blob, nodes, inside, height):
            continue
        if any(np.linalg.norm(middle * columns.pitch - head.middle) < head.radius for head in some):
            continue
        largest = max(largest, size)
        lower = (middle - (0.0, 0.0, LOWER * size)) * columns.pitch
        some.append(Place("head", lower, SKULL * size * columns.pitch))
    return some


def _crowned(blob: _Blob, nodes: NDArray, inside: NDArray, height: float) -> bool:
    """Whether a thick place is round, sits on something thinner or thicker below it, and has nothing above it."""
    middle, size = nodes[blob.node], blob.thickness
    if blob.neck and (size < NECK * blob.neck or middle[2] - nodes[blob.towards][2] < 0.3 * size):
        return False
    if inside[:, 2].max() - middle[2] > LOWEST * height:
        return False
    away = (inside - middle) / size
    aside = np.hypot(away[:, 0], away[:, 1])
    if away[aside < 1.3, 2].max(initial=0.0) > ABOVE:
        return False

    def area(up: float) -> float:
        """Of the slice so many thicknesses above the middle, in circles of that thickness."""
        in_slice = (np.abs(away[:, 2] - up) < 0.35) & (aside < 4.0)
        return np.count_nonzero(in_slice) * DEPTH_STEP / size**3 / (0.7 * np.pi)

    widest = area(0.0)
    if not (ROUND[0] < widest < ROUND[1] and area(1.0) < CAP):
        return False
    # A neck has been found by its thickness; the thickest place of all has none, and may be a pillar's.
    return blob.neck > 0 or min(area(down) for down in (-1.0, -2.0, -3.0)) < WAIST * widest


def _blobs(thick: NDArray) -> list[_Blob]:
    """The thick places of a statue that stand out from what they run into."""
    top = float(thick.max())
    levels = THINNEST * LEVELS ** np.arange(int(np.log(top / THINNEST) / np.log(LEVELS)) + 1)
    alive: list[_Blob] = []
    ended: list[_Blob] = []
    for level in levels[levels < top][::-1]:
        pieces, count = ndimage.label(thick > level, structure=BOX)
        inside: list[list[_Blob]] = [[] for _ in range(count)]
        for blob in alive:
            inside[pieces[blob.node] - 1].append(blob)
        alive = []
        for number, (some, box) in enumerate(zip(inside, ndimage.find_objects(pieces), strict=True), start=1):
            if not some:
                values = np.where(pieces[box] == number, thick[box], 0.0)
                at = np.unravel_index(int(values.argmax()), values.shape)
                node = (int(at[0]) + box[0].start, int(at[1]) + box[1].start, int(at[2]) + box[2].start)
                alive.append(_Blob(node, float(thick[node])))
                continue
            some.sort(key=lambda blob: -blob.thickness)
            alive.append(some[0])
            # The thicker one may be the head, on a bust's thin breast: each pair that meets is kept both ways.
            meeting = [blob for blob in some if blob.thickness > 1.1 * level]
            for blob in meeting if len(meeting) > 1 else ():
                other = meeting[1] if blob is some[0] else some[0]
                ended.append(replace(blob, neck=float(level), towards=other.node))
    return ended + alive


def ends(volume: Tensor, columns: Columns) -> list[Place]:
    """Where limbs and attributes end: hands, feet, what is held."""
    thick = thickness(volume)
    inside = thick > 0
    if not inside.any():
        return []
    corners = np.argwhere(inside)
    size = np.ptp(corners, axis=0) * (DEPTH_STEP, 1.0, 1.0)
    limb = max(LIMB * float(size.max()), THINNEST)
    body = thick > limb
    if not body.any():
        return []
    beyond = ndimage.distance_transform_edt(~body, sampling=(DEPTH_STEP, 1.0, 1.0)) - limb
    pieces, _ = ndimage.label(inside & (beyond > 1.0), structure=BOX)
    points = columns.points()
    found = []
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        way = np.where(pieces[box] == number, beyond[box], 0.0)
        longest = float(way.max())
        if longest < LONG * limb:
            continue
        tip = way > longest - 2.0 * limb
        middle = points[box][tip].mean(axis=0).astype(np.float64)
        found.append((longest, Place("end", middle, 2.0 * limb * columns.pitch)))
    return [place for _, place in sorted(found, key=lambda one: -one[0])[:ENDS]]


def thickness(volume: Tensor) -> NDArray[np.float32]:
    """[D, H, W] pitches from each node inside to the surface; 0 outside."""
    values = volume.numpy()
    inside = values < 0
    # Distances are cut off at REACH; deeper they are counted in nodes, half a node more or less.
    counted = ndimage.distance_transform_edt(inside, sampling=(DEPTH_STEP, 1.0, 1.0)) - 0.5
    deep = np.where(values < -0.9, np.maximum(counted, 0.9 * REACH), -values * REACH)
    return np.where(inside, deep, 0.0).astype(np.float32)
