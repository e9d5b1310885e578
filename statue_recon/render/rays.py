"""Ray casts against a mesh, and the closest places on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..camera import Camera
from ..mesh.mesh import Mesh
from .interpolate import interpolated
from .launch import launch, triangles, vectors
from .start import kernels_on, warp, warp_device

# How far above the surface a ray towards the eye begins, as a share of the mesh's diagonal. It must step over the
# rounding of float32 (about 1e-7) and over the chords between smooth normals, and stay far below the folds of a
# garment; a thousandth of a two-metre statue would be 2 mm, this is a quarter of that.
_BIAS = 2.5e-4
_FARTHEST = 1e18  # in place of infinity, where a distance is squared


@dataclass(frozen=True)
class Hits:
    """Where rays first met the mesh, or its places closest to points."""

    faces: NDArray[np.int32]  # [N], -1 where nothing was met
    distances: NDArray[np.float32]  # [N], in world units; infinite where nothing was met
    weights: NDArray[np.float32]  # [N, 3] barycentric coordinates in the face; 0 where nothing was met

    def of(self, values: NDArray, faces: NDArray, empty: float = 0.0) -> NDArray[np.float32]:
        """Values at the mesh's vertices [V, C], interpolated [N, C]; `empty` where nothing was met."""
        return interpolated(values, faces, self.faces, self.weights, empty)


class Rays:
    """A mesh made ready for ray casts (a bounding volume hierarchy, 0.05 s for 200 000 faces)."""

    def __init__(self, mesh: Mesh, device: str = "cpu"):
        self._kernels = kernels_on(device)
        self._device = warp_device(device)
        size = mesh.vertices.max(axis=0) - mesh.vertices.min(axis=0)
        self.bias = _BIAS * float(np.linalg.norm(size))  # world units
        corners, faces = vectors(mesh.vertices.copy(), self._device), triangles(mesh.faces.copy(), self._device)
        self._mesh = warp().Mesh(corners, faces.flatten())

    @property
    def identifier(self) -> Any:
        """The mesh as other rooms' kernels take it (wp.uint64), for as long as this object lives."""
        return self._mesh.id

    def hits(self, origins: ArrayLike, directions: ArrayLike, farthest: float = np.inf) -> Hits:
        """The first hit of each ray, nearer than `farthest`. origins [N, 3] or [3], directions [N, 3] unit length."""
        return self._first_met(origins, vectors(directions, self._device), farthest)

    def hits_of(self, camera: Camera) -> Hits:
        """The first hit of the ray through each pixel's centre, in the order of `camera.pixel_centres()`.

        (`gbuffer` says the same with half the work, but leaves out faces that reach behind the camera.)
        """
        across = warp().mat33(*(camera.rotation.T @ np.linalg.inv(_intrinsics(camera))).ravel().tolist())
        directions = warp().empty(camera.width * camera.height, dtype=warp().vec3, device=self._device)
        launch(self._kernels.aim, len(directions), [across, camera.width, directions], self._device)
        return self._first_met(camera.position, directions, np.inf)

    def closest(self, points: ArrayLike, farthest: float = _FARTHEST) -> Hits:
        """The mesh's place closest to each point [N, 3], if there is one nearer than `farthest`."""
        places = vectors(points, self._device)
        return self._met(self._kernels.closest, len(places), [places, min(farthest, _FARTHEST)])

    def seen_from(self, eye: ArrayLike, points: NDArray, normals: NDArray) -> NDArray[np.bool_]:
        """Which surface points [N, 3] the eye [3] sees: those that look towards it with nothing in between."""
        return self._look(np.asarray(eye, dtype=float), np.eye(4), 0, 0, points, normals)[0]

    def seen_by(self, camera: Camera, points: NDArray, normals: NDArray) -> tuple[NDArray[np.bool_], NDArray]:
        """Which surface points [N, 3] a camera sees, within its picture.

        normals [N, 3] of any length; a point without a normal is not seen. Returns seen [N] and the cosine [N] float32
        between the normal and the way to the camera.
        """
        onto = np.eye(4)
        onto[:3] = _intrinsics(camera) @ camera.world_to_camera[:3]
        return self._look(camera.position, onto, camera.width, camera.height, points, normals)

    def _look(
        self, eye: NDArray, onto: NDArray, width: int, height: int, points: NDArray, normals: NDArray
    ) -> tuple[NDArray[np.bool_], NDArray]:
        seen = warp().empty(len(points), dtype=warp().uint8, device=self._device)
        cosines = warp().empty(len(points), dtype=float, device=self._device)
        picture = [warp().vec3(*eye.tolist()), warp().mat44(*onto.ravel().tolist()), float(width), float(height)]
        places = [vectors(points, self._device), vectors(normals, self._device)]
        launch(
            self._kernels.look,
            len(points),
            [self._mesh.id, *picture, *places, self.bias, cosines, seen],
            self._device,
        )
        return seen.numpy().view(bool), cosines.numpy()

    def _first_met(self, origins: ArrayLike, directions: Any, farthest: float) -> Hits:
        starts = vectors(np.reshape(origins, (-1, 3)), self._device)
        return self._met(self._kernels.cast, len(directions), [starts, directions, float(farthest)])

    def _met(self, kernel: Any, count: int, inputs: list) -> Hits:
        """The answers of a kernel that says for each of `count` items where the mesh was met."""
        faces, distances, weights = (
            warp().empty(count, dtype=kind, device=self._device) for kind in (warp().int32, float, warp().vec3)
        )
        launch(kernel, count, [self._mesh.id, *inputs, faces, distances, weights], self._device)
        return Hits(faces.numpy(), distances.numpy(), weights.numpy())


def _intrinsics(camera: Camera) -> NDArray[np.float64]:
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
