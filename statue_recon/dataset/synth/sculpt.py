"""From pieces to one block: everything a statue consists of, run together, carved, and given a closed surface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...evaluate.surface import volume
from ...field.sdf import SDF
from ...mesh.extract import extract, simplify
from ...mesh.mesh import Mesh
from ...mesh.solid import ACCURACY_CLOSED, Surface, refined
from .shapes import Shape, merged

# What a chisel or time does: (points [N, 3], distances [N] so far) → distances [N]. Changes them by `Carving.reach` at
# most where it adds material; it may take away as much as it likes.
Change = Callable[[NDArray, NDArray], NDArray]


@dataclass(frozen=True)
class Piece:
    """A part of a statue before it is one: a closed mesh or a shape."""

    name: str  # what it is: "body", "hair", "drapery", "plinth", … ; materials and captions go by it
    surface: Mesh | Shape
    blend: float = 0.0  # metres over which it runs into the pieces before it, as if carved from the same block

    @cached_property
    def shape(self) -> Shape:
        if isinstance(self.surface, Shape):
            return self.surface
        low, high = self.surface.vertices.min(axis=0), self.surface.vertices.max(axis=0)
        return Shape(low, high, Surface(self.surface, accuracy=ACCURACY_CLOSED).signed_distances)

    @cached_property
    def lattice(self) -> Lattice:
        """What is known of its distances beforehand."""
        return Lattice.of(self.shape)


@dataclass(frozen=True)
class Carving:
    """Something done to the whole block: a break, a chip, the marks of a tool."""

    name: str  # what it leaves: "break", "chip", "crack", "seam", … ; a break shows the stone's inside
    change: Change
    reach: float = 0.0  # metres by which it may push the surface outwards


@dataclass(frozen=True)
class Sculpture:
    """A closed surface, and what its places are."""

    mesh: Mesh
    field: SDF  # of the same surface, before it was simplified
    regions: tuple[str, ...]  # names of the pieces and carvings
    region: NDArray[np.uint8]  # [V] index into regions
    hollow: NDArray[np.float32]  # [V] −1 on the sharpest edges … 0 flat … 1 in the deepest folds
    kept: float  # 0 … 1, how much of the block the largest part is, about; the rest fell off


def sculpted(
    pieces: Sequence[Piece],
    carvings: Sequence[Carving] = (),
    grid: int = 256,
    faces: int = 40_000,
    rounding: float = 0.0,
) -> Sculpture:
    """All pieces as one closed, manifold mesh with at most `faces` triangles.

    grid: cells along the longest side; a little fewer for what is as wide and deep as it is high. rounding: metres by
    which weather has rounded off the edges. The largest connected part is kept: what touches nothing is lost.
    """
    block = Block(tuple(pieces), tuple(carvings))
    low, high = block.bounds
    field = refined(block.distances, low, high, _spacing(high - low, grid))
    if rounding > 0:
        field = _rounded(field, rounding)
    largest = extract(field)
    kept = volume(largest) / (np.count_nonzero(field.values < 0) * field.spacing**3)
    mesh = simplify(largest, faces)
    hollow = hollowness(field, mesh.vertices)
    return Sculpture(mesh, field, block.names, block.regions(mesh.vertices), hollow, min(float(kept), 1.0))


def _spacing(size: NDArray, grid: int) -> float:
    """Metres between the nodes for a block of this size [3]: slender ones are cheap, cubic ones must not cost more."""
    return max(float(size.max()) / grid, float(np.cbrt(size.prod() / (_FULL * grid**3))))


_FULL = 0.25  # of the cube around the longest side: the most cells a block may have


@dataclass(frozen=True)
class Block:
    """The pieces and carvings together, as one solid."""

    pieces: tuple[Piece, ...]
    carvings: tuple[Carving, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        pieces, carvings = ([part.name for part in self.pieces], [part.name for part in self.carvings])
        return tuple(dict.fromkeys(pieces + carvings))

    @property
    def bounds(self) -> tuple[NDArray, NDArray]:
        reach = sum(carving.reach for carving in self.carvings)
        low = np.min([piece.shape.low - piece.blend for piece in self.pieces], axis=0) - reach
        return low, np.max([piece.shape.high + piece.blend for piece in self.pieces], axis=0) + reach

    def distances(self, points: NDArray) -> NDArray[np.float32]:
        """Distances [N] of points [N, 3], negative inside."""
        points = np.ascontiguousarray(points, np.float32)
        whole = np.full(len(points), _FAR)
        for piece, own in zip(self.pieces, self._of_pieces(points), strict=True):
            whole = merged(whole, own, piece.blend)
        for carving in self.carvings:
            whole = np.asarray(carving.change(points, whole), np.float32)
        return whole

    def regions(self, points: NDArray) -> NDArray[np.uint8]:
        """Whose surface each point [N, 3] of the block's surface is: an index into `names`."""
        points = np.ascontiguousarray(points, np.float32)
        owner = np.zeros(len(points), np.uint8)
        nearest, whole = np.full(len(points), _FAR), np.full(len(points), _FAR)
        for piece, own in zip(self.pieces, self._of_pieces(points), strict=True):
            owner = np.where(own < nearest, np.uint8(self.names.index(piece.name)), owner)
            nearest = np.minimum(nearest, own)
            whole = merged(whole, own, piece.blend)
        for carving in self.carvings:
            carved = np.asarray(carving.change(points, whole), np.float32)
            taken = carved > whole + _TAKEN
            owner = np.where(taken, np.uint8(self.names.index(carving.name)), owner)
            whole = carved
        return owner

    def _of_pieces(self, points: NDArray) -> Iterator[NDArray[np.float32]]:
        """Each piece's distances [N], exact where they matter to the whole, elsewhere too small but large enough.

        Asking a mesh costs microseconds a point, and most points are near one piece only.
        """
        bounds = [piece.lattice.bounds(points) for piece in self.pieces]
        blend = max(piece.blend for piece in self.pieces)
        enough = np.min([most for _, most in bounds], axis=0) + np.float32(blend)
        for piece, (least, _) in zip(self.pieces, bounds, strict=True):
            asked = np.flatnonzero(least < enough)
            if len(asked):
                least[asked] = piece.shape.distances(points[asked])
            yield least


_FAR = np.float32(1e3)  # metres
_TAKEN = 0.002  # metres a carving must have taken away for its trace to be the surface


@dataclass(frozen=True)
class Lattice:
    """A shape's distances at the nodes of a coarse grid over its box: how near and how far it can be elsewhere."""

    low: NDArray  # [3]
    high: NDArray  # [3]
    spacing: float  # metres
    values: NDArray[np.float32]  # [X, Y, Z]
    steep: float  # as the shape's

    @staticmethod
    def of(shape: Shape) -> Lattice:
        size = np.maximum(shape.high - shape.low, 1e-3).astype(float)
        spacing = float(np.cbrt(size.prod() / _NODES))
        counts = np.floor(size / spacing + 1.5).astype(int)
        nodes = shape.low + spacing * np.indices(counts).reshape(3, -1).T
        values = shape.distances(nodes.astype(np.float32)).reshape(counts)
        return Lattice(shape.low, shape.high, spacing, values, shape.steep)

    def bounds(self, points: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The least and the most [N] the shape's distances can be at points [N, 3]."""
        places = (points - self.low.astype(np.float32)) / np.float32(self.spacing)
        nearest = np.clip(np.rint(places), 0, np.array(self.values.shape, np.float32) - 1)
        way = np.float32(self.steep * self.spacing) * np.linalg.norm(places - nearest, axis=1)
        here = self.values[tuple(nearest.astype(np.intp).T)]
        aside = np.linalg.norm(np.maximum(np.maximum(self.low - points, points - self.high), 0), axis=1)
        return np.where(aside > 0, np.maximum(here - way, aside.astype(np.float32)), here - way), here + way


_NODES = 4000  # of a lattice


def _rounded(field: SDF, radius: float) -> SDF:
    """The field with edges and folds finer than `radius` metres blurred; flat places stay where they are."""
    near = np.clip(field.values, -_ROUNDED_BAND * radius, _ROUNDED_BAND * radius)
    values = ndimage.gaussian_filter(near, radius / field.spacing, mode="nearest")
    return SDF(values.astype(np.float32), field.lower, field.spacing)


_ROUNDED_BAND = 6.0  # radii: what is further from the surface says nothing about it, and would close hollows from afar


def hollowness(field: SDF, points: NDArray) -> NDArray[np.float32]:
    """How deep in a fold or how far out on an edge each point [N, 3] of the surface lies: −1 … 1.

    In a fold there is more material around a point than in front of a plane: the mean distance is smaller there.
    """
    places = ((points - field.lower) / field.spacing).T
    total = np.zeros(len(points), np.float32)
    for cells in _HOLLOWS:
        solid = np.clip(field.values / field.spacing, -cells, cells)
        mean = ndimage.gaussian_filter(solid, cells / 2, mode="nearest")
        here = ndimage.map_coordinates(solid, places, order=1, mode="nearest")
        total += (here - ndimage.map_coordinates(mean, places, order=1, mode="nearest")) / cells
    return np.clip(_HOLLOW_GAIN * total / len(_HOLLOWS), -1, 1).astype(np.float32)


_HOLLOWS = (3.0, 8.0)  # cells over which the surroundings are averaged
_HOLLOW_GAIN = 4.0  # a right angle is about 1
