"""The skull as hair sees it: a smooth surface without ears around a centre, the hairline on it, and walks along it.

Everything is in the rest pose, in metres, relative to the skull's centre; `Scalp.placed` carries it to the posed head.
Directions are also given as azimuth and elevation in degrees: azimuth 0 is the face, 90 the figure's left ear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ....mesh.mesh import Mesh
from ....render.rays import Rays
from ..human.figure import Figure
from ..shapes import within_outline

# Vertices of the base mesh in the middle of the head.
BROW, NASION, OCCIPUT, NOSE_TIP, UNDER_NOSE, MOUTH, UNDER_LIP, CHIN = 237, 136, 962, 294, 317, 455, 494, 5162

_STEP = 3.0  # degrees between the nodes of the map of radii
_EAR = 0.0015  # metres by which a vertex must follow when the ear grows, to be of the ear
_NORMAL_HEAD = 0.1  # metres from the centre to the forehead of a head of nature's size
_FARTHEST = 0.15  # metres from the centre: what is further away are shoulders
_FEW = 1e-9

# Elevations of chin, under lip, mouth, under the nose in the face that beards are drawn for; and the ends.
_FACE_MARKS = np.array([-90, -45.3, -35.3, -30.7, -25.0, 0, 90])

# Azimuth and elevation of the outline of the hair on one half of the head, from the middle of the forehead to the nape.
_HAIRLINE = np.array([
    (0, 37), (28, 39), (45, 38), (60, 27), (72, 16), (77, -8), (81, -8), (85, 13), (94, 20), (106, 15),
    (114, -10), (122, -30), (150, -40), (180, -42),
], float)  # fmt: skip
_TEMPLES = np.array([1.0, 1.15, 1.3, 0.8, 0.3] + [0.0] * 9)  # how far each recedes when the forehead is high


@dataclass(frozen=True)
class Scalp:
    """The skull of one figure."""

    centre: NDArray[np.float64]  # [3] at rest
    size: float  # metres from the centre to the forehead, over those of nature
    to_posed: NDArray[np.float64]  # [4, 4] the head bone
    radii: NDArray[np.float32]  # [61, 121] by elevation and azimuth
    normals: NDArray[np.float32]  # [61, 121, 3]
    hairline: NDArray[np.float64]  # [N, 2] closed outline in |azimuth| and elevation, degrees
    landmarks: dict[int, NDArray]  # vertex → [3] relative to the centre
    coarse: float  # how many times bolder than on a bust locks are carved, where the grid would lose them

    @staticmethod
    def of(figure: Figure, forehead: float = 0.0, coarse: float = 1.0) -> Scalp:
        """forehead: degrees by which the hair has receded."""
        rest = figure.rest.astype(np.float64)
        front, back = rest[BROW], rest[OCCIPUT]
        centre = np.array([0, (front[1] + back[1]) / 2, rest[NASION, 2]])
        neck = figure.anatomy.joints(figure.rest)["Neck"][2] - 0.02
        faces = figure.anatomy.faces["body"]
        high = (figure.rest[faces, 2] > neck).all(axis=1) & (np.abs(figure.rest[faces, 0]) < 0.13).all(axis=1)
        faces = faces[high]
        ears = [_ear(figure, side) for side in ("l", "r")]
        bare = faces[~np.isin(faces, np.concatenate(ears)).any(axis=1)]
        places = rest - centre
        radii = _radii(_part(places, bare))
        normals = _normals(radii)
        landmarks = {v: places[v] for v in (BROW, NASION, OCCIPUT, NOSE_TIP, UNDER_NOSE, MOUTH, UNDER_LIP, CHIN)}
        size = (back[1] - front[1]) / 2 / _NORMAL_HEAD
        return Scalp(centre, size, figure.bones["Head"], radii, normals, _outline(forehead), landmarks, coarse)

    def at(self, directions: NDArray, height: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Points [..., 3] `height` above the skull in these directions [..., 3]."""
        directions = unit(directions)
        radius = self._sampled(self.radii, directions)
        return directions * radius[..., None] + self.outward(directions) * np.asarray(height, float)[..., None]

    def outward(self, directions: NDArray) -> NDArray[np.float64]:
        """[..., 3] of length 1: away from the skull."""
        return unit(np.stack([self._sampled(self.normals[..., k], directions) for k in range(3)], axis=-1))

    def inside(self, outline: NDArray, directions: NDArray) -> NDArray[np.float64]:
        """Degrees [...] by which directions [..., 3] lie inside an outline [N, 2] of |azimuth| and elevation."""
        azimuth, elevation = angles_of(directions)
        flat = np.stack([np.abs(azimuth), elevation], axis=-1).reshape(-1, 2).astype(np.float32)
        return -within_outline(flat, outline.astype(np.float32)).reshape(azimuth.shape).astype(float)

    def inside_hairline(self, directions: NDArray) -> NDArray[np.float64]:
        """Degrees [...] from each direction to the hairline; positive where there is hair."""
        return self.inside(self.hairline, directions)

    def line(self, azimuths: NDArray) -> NDArray[np.float64]:
        """Elevation in degrees of the hairline at these azimuths; around the ears that of their upper edge."""
        upper = np.array([(0, 37), (28, 39), (45, 38), (60, 29), (75, 22), (106, 15), (122, -30), (180, -42)])
        rise = self.hairline[0, 1] - _HAIRLINE[0, 1]
        return np.interp(np.abs(azimuths), upper[:, 0], upper[:, 1]) + rise * (np.abs(azimuths) < 50)

    def swollen(self, middle: NDArray, width: float, height: float) -> Scalp:
        """The skull with a bump of `height` metres towards a direction [3], `width` degrees from middle to edge."""
        elevations, azimuths = np.arange(-90, 90 + _STEP, _STEP), np.arange(0, 360 + _STEP, _STEP)
        ways = towards(azimuths[None, :], elevations[:, None])
        away = np.degrees(np.arccos(np.clip(ways @ unit(middle), -1, 1)))
        radii = self.radii + height * self.size * np.cos(np.pi / 2 * np.clip(away / width, 0, 1)) ** 1.5
        return replace(self, radii=radii.astype(np.float32), normals=_normals(radii))

    def face_elevation(self, elevation: ArrayLike) -> NDArray[np.float64]:
        """Degrees as in the face the outlines were drawn for (nose, mouth, chin), for this face."""
        marks = [angles_of(self.landmarks[vertex])[1] for vertex in (CHIN, UNDER_LIP, MOUTH, UNDER_NOSE)]
        own = np.array([-90, *(float(mark) for mark in marks), 0, 90])
        return np.interp(np.asarray(elevation, float), _FACE_MARKS, own)

    def walk(
        self, start: NDArray, heading: Callable[[NDArray, float], NDArray], length: NDArray, steps: int
    ) -> tuple[NDArray, NDArray]:
        """Paths [N, steps, 3] of unit directions from `start` [N, 3] along the skull, `length` [N] metres long.

        heading: (directions [N, 3], share of the way) → which way to go [N, 3], in any length. Also returns the
        headings [N, steps, 3] along the skull, of length 1.
        """
        here, path, ways = unit(start), [], []
        stride = np.broadcast_to(length, len(start))[:, None] / (steps - 1)
        for k in range(steps):
            normal = self.outward(here)
            way = heading(here, k / (steps - 1))
            way = unit(way - normal * (way * normal).sum(axis=1, keepdims=True))
            path.append(here)
            ways.append(way)
            here = unit(self.at(here) + way * stride)
        return np.stack(path, axis=1), np.stack(ways, axis=1)

    def placed(self, mesh: Mesh) -> Mesh:
        """A mesh of this room where the posed head carries it."""
        points = mesh.vertices + self.centre
        return Mesh((points @ self.to_posed[:3, :3].T + self.to_posed[:3, 3]).astype(np.float32), mesh.faces)

    def _sampled(self, grid: NDArray, directions: NDArray) -> NDArray[np.float64]:
        azimuth, elevation = angles_of(directions)
        places = np.stack([(elevation + 90) / _STEP, (azimuth % 360) / _STEP])
        flat = ndimage.map_coordinates(grid, places.reshape(2, -1), order=1, mode="nearest")
        return flat.reshape(azimuth.shape).astype(float)


def unit(vectors: NDArray) -> NDArray[np.float64]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _FEW)


def angles_of(directions: NDArray) -> tuple[NDArray, NDArray]:
    """Azimuth (−180 … 180) and elevation in degrees of directions [..., 3]."""
    x, y, z = np.moveaxis(np.asarray(directions, float), -1, 0)
    return np.degrees(np.arctan2(x, -y)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def towards(azimuth: ArrayLike, elevation: ArrayLike) -> NDArray[np.float64]:
    """Directions [..., 3] from degrees."""
    a, e = np.broadcast_arrays(np.radians(azimuth), np.radians(elevation))
    return np.stack([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)], axis=-1)


def _ear(figure: Figure, side: str) -> NDArray[np.int64]:
    """The vertices of an ear: those that move when it grows."""
    target = figure.anatomy.target(f"detail/ears/{side}-ear-scale-incr")
    return target.vertices[np.linalg.norm(target.offsets, axis=1) > _EAR]


def _part(places: NDArray, faces: NDArray) -> Mesh:
    used, corners = np.unique(faces, return_inverse=True)
    return Mesh(places[used].astype(np.float32), corners.reshape(-1, 3).astype(np.int32))


def _radii(head: Mesh) -> NDArray[np.float32]:
    """How far the skull reaches in every direction, asked from outside; where an ear was, what lies around it."""
    elevations, azimuths = np.arange(-90, 90 + _STEP, _STEP), np.arange(0, 360 + _STEP, _STEP)
    ways = towards(azimuths[None, :], elevations[:, None])
    far = 0.3
    hits = Rays(head).hits((far * ways).reshape(-1, 3), -ways.reshape(-1, 3))
    distance = hits.distances.reshape(ways.shape[:2])
    known = np.isfinite(distance) & (distance < far - 0.03) & (distance > far - _FARTHEST)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    radii = np.where(known, far - distance, 0)[tuple(nearest)]
    for _ in range(60):  # what is not known becomes as smooth as soap film
        soft = ndimage.uniform_filter(radii, 3, mode=("nearest", "wrap"))
        radii = np.where(known, radii, soft)
    radii[:, -1] = radii[:, 0]
    return ndimage.gaussian_filter(radii, 0.8, mode=("nearest", "wrap")).astype(np.float32)


def _normals(radii: NDArray) -> NDArray[np.float32]:
    elevations, azimuths = np.arange(-90, 90 + _STEP, _STEP), np.arange(0, 360 + _STEP, _STEP)
    places = towards(azimuths[None, :], elevations[:, None]) * radii[..., None]
    along = np.gradient(np.concatenate([places[:, -2:-1], places, places[:, 1:2]], axis=1), axis=1)[:, 1:-1]
    up = np.gradient(places, axis=0)
    normals = np.cross(along, up)
    normals[[0, -1]] = np.array([[(0, 0, -1)], [(0, 0, 1)]])
    normals = np.where((normals * places).sum(axis=-1, keepdims=True) < 0, -normals, normals)
    return unit(normals).reshape(*radii.shape, 3).astype(np.float32)


def _outline(forehead: float) -> NDArray[np.float64]:
    line = _HAIRLINE.copy()
    line[:, 1] += forehead * _TEMPLES
    return np.concatenate([line, [(200, -42), (200, 120), (-20, 120), (-20, line[0, 1])]])
