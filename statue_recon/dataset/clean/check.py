"""What is measured of a mesh, and from where on that makes it unfit.

The thresholds are chosen so that all of the 34 training scans and 40 heads pass, many of which are open below, in
several shells or not quite manifold: a scan is not dropped for being a scan.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...evaluate.sample import spread
from ...mesh.mesh import Mesh
from ...mesh.seams import grouped, joined
from .reading import Found

FEWEST_FACES, FEW_FACES = 200, 800  # a placeholder; a sketch (the coarsest of our scans has 2 752)
MANY_FACES = 10_000_000  # takes gigabytes to render
MANY_BYTES = 1_000_000_000
SHEET, THIN = 0.01, 0.05  # thickness over length: a sheet of paper; a shallow relief, or a floor
ONE_SIDED = 0.75  # share of the area that looks one way: a half sphere has 0.5, a relief scanned from the front 0.9
WIDE_HOLE = 0.45  # of the surface's area: half a shell. A bust that is open below has 0.1
RAGGED = 0.15  # share of the edges that are borders: shreds, or triangles that were never joined
TANGLED = 0.10  # share of the edges at which more than two faces meet
MANY_PARTS, SMALL_SHARE = 50, 0.20  # so many parts of which the largest has so little of the area: a scene, or rubble
NO_AREA = 0.30  # share of the faces without any
COARSE = 5000  # steps of float32 along the longest side, below which distance from the origin has crushed the shape
SMALL = 1e-6  # longest side in the file's units, whichever these are: lost in rounding in many programs
_WELD = 2.0**-20  # of the longest side: corners in one cell of this size are one; the keys of three axes fill 63 bits
_POINTS = 4096


@dataclass(frozen=True)
class Measures:
    """What is measured of a mesh."""

    faces: int
    extent: list[float]  # [3] sides of the box, in the file's units
    thickness: float  # along the thinnest of the principal directions, over the longest
    one_sided: float  # length of the mean of the normals: 0 for what is closed, 1 for a plane
    border: float  # share of the edges that have one face only
    hole: float  # area of the largest hole, over that of the surface
    tangle: float  # share of the edges that have more than two faces
    parts: int
    largest_part: float  # share of the area
    no_area: float  # share of the faces

    def as_json(self) -> dict[str, Any]:
        """Rounded, so that every machine writes the same."""
        rounded = {name: round(value, 4) for name, value in asdict(self).items() if name != "extent"}
        return rounded | {"extent": [float(f"{side:.4g}") for side in self.extent]}


def measure(mesh: Mesh) -> Measures:
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
    areas = np.linalg.norm(normals, axis=1)
    total = max(float(areas.sum()), 1e-300)
    extent = np.ptp(mesh.vertices, axis=0).astype(np.float64)
    vertex = _welded(mesh)
    faces = vertex[mesh.faces]
    whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)  # the others are lines, and no neighbours
    faces = faces[whole]
    order, first, size = grouped(faces)
    borders = order[first[size == 1]]
    part = joined(int(vertex.max()) + 1, faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel())[faces[:, 0]]
    of_part = np.bincount(part, areas[whole]) if len(faces) else np.zeros(1)
    return Measures(
        faces=len(mesh.faces),
        extent=extent.tolist(),
        thickness=_thickness(mesh),
        one_sided=float(np.linalg.norm(normals.sum(axis=0)) / total),
        border=len(borders) / max(len(first), 1),
        hole=_largest_hole(corners[whole], faces, borders) / total,
        tangle=float((size > 2).sum() / max(len(first), 1)),
        parts=int((of_part > 0).sum()),
        largest_part=float(of_part.max() / total),
        no_area=float((areas <= 1e-14 * extent.max() ** 2).mean()),
    )


def complaints(found: Found, measures: Measures, size: int) -> list[tuple[str, str]]:
    """(verdict, sentence) for each thing that speaks against a mesh; size: bytes of its file."""
    longest = max(measures.extent)
    steps = longest / max(found.reach * 2.0**-23, 1e-300)
    tests = [
        (measures.faces < FEWEST_FACES, "drop", f"It is tiny: {measures.faces} faces are a placeholder, no object."),
        (FEWEST_FACES <= measures.faces < FEW_FACES, "look", f"It is coarse: it has {measures.faces} faces only."),
        (longest < SMALL, "look", f"It is tiny: its longest side is {longest:.1e} units."),
        (steps < COARSE, "look", f"It lies so far from the origin that only {steps:.0f} steps are left along it."),
        (measures.faces > MANY_FACES, "look", f"It is enormous: {measures.faces / 1e6:.0f} million faces."),
        (size > MANY_BYTES, "look", f"It is enormous: its file has {size / 1e9:.1f} GB."),
        (measures.thickness < SHEET, "drop", f"It is flat: its thickness is {measures.thickness:.1%} of its length."),
        (
            SHEET <= measures.thickness < THIN,
            "look",
            f"It is nearly flat: its thickness is {measures.thickness:.1%} of its length.",
        ),
        (
            measures.thickness >= SHEET and measures.one_sided > ONE_SIDED,
            "look",
            "It is a surface seen from one side only, like a relief or a floor.",
        ),
        (
            measures.hole > WIDE_HOLE and measures.one_sided <= ONE_SIDED,
            "look",
            f"It is wide open: its largest hole is as large as {measures.hole:.0%} of its surface.",
        ),
        (measures.border > RAGGED, "look", f"It is ragged: {measures.border:.0%} of its edges are borders."),
        (measures.tangle > TANGLED, "look", f"It is tangled: {measures.tangle:.0%} of its edges join over two faces."),
        (
            measures.parts >= MANY_PARTS and measures.largest_part < SMALL_SHARE,
            "look",
            f"It is in {measures.parts} loose parts, the largest with {measures.largest_part:.0%} of the surface.",
        ),
        (measures.no_area > NO_AREA, "look", f"{measures.no_area:.0%} of its faces have no area."),
    ]
    return [(verdict, sentence) for holds, verdict, sentence in tests if holds]


def _welded(mesh: Mesh) -> NDArray[np.int64]:
    """[V] the number of each corner's place; corners at one place have one number."""
    low = mesh.vertices.min(axis=0)
    cells = ((mesh.vertices - low).astype(np.float64) / (_WELD * np.ptp(mesh.vertices, axis=0).max())).astype(np.int64)
    return np.unique(cells[:, 0] << 42 | cells[:, 1] << 21 | cells[:, 2], return_inverse=True)[1].ravel()


def _thickness(mesh: Mesh) -> float:
    """The thinnest principal extent over the longest, without a hundredth of the surface that may stick out."""
    points = spread(mesh, _POINTS, seed=0).places
    points = points - points.mean(axis=0)
    along = points @ np.linalg.eigh(points.T @ points)[1]
    low, high = np.percentile(along, [0.5, 99.5], axis=0)
    return float((high - low).min() / max((high - low).max(), 1e-300))


def _largest_hole(corners: NDArray, faces: NDArray, borders: NDArray) -> float:
    """The area of the largest hole: half the length of the sum of p × q over its rim's edges from p to q.

    corners [F, 3, 3]; faces [F, 3] with welded numbers; borders: half-edges without a twin.
    """
    if len(borders) == 0:
        return 0.0
    face, side = borders // 3, borders % 3
    start, end = corners[face, side], corners[face, (side + 1) % 3]
    one, other = faces[face, side], faces[face, (side + 1) % 3]
    names, ends = np.unique(np.concatenate([one, other]), return_inverse=True)
    rim = joined(len(names), *np.split(ends.ravel(), 2))[ends.ravel()[: len(one)]]
    crossed = np.cross(start, end)
    sums = np.stack([np.bincount(rim, crossed[:, axis]) for axis in range(3)], axis=1)
    return float(np.linalg.norm(sums, axis=1).max() / 2)
