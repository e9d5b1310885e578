"""The fast path: normals, depth, mask and a simple shading of many views at once, for training that renders as it goes.

    seen = fast_views(mesh, colours, [view.camera for view in one2345()])
    seen["normal"][7]  # [256, 256, 3]

Faces are drawn, not found by rays: at 256² and 77 000 faces that takes half the time. Rays cast the sun's shadows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...camera import Camera
from ...mesh.mesh import Mesh
from ...render.launch import launch, triangles, vectors
from ...render.rays import Rays
from ...render.start import kernels_on, warp, warp_device
from .light import Light, hemisphere

STONE = (0.55, 0.53, 0.50)  # linear, of what has no colours of its own
_DEPTH_STEPS = 2**30  # between the nearest and the farthest possible depth; finer than float32 resolves
_EMPTY = np.iinfo(np.int64).max  # render.kernels.NOTHING
_NEAR = 1e-2  # of the mesh's radius: faces that reach nearer to the camera are left out


class FastScene:
    """A mesh made ready for pictures: what the views of it share."""

    def __init__(self, mesh: Mesh, colours: NDArray | None = None, normals: NDArray | None = None, device: str = "cpu"):
        """colours: [V, 3] linear in 0 … 1, else pale stone; normals: [V, 3] of length 1, else the mesh's own."""
        plain = np.broadcast_to(np.array(STONE, np.float32), mesh.vertices.shape)
        low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
        self._mesh, self._engine_device, self._device = mesh, device, warp_device(device)
        self._middle, self._radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
        self._faces = triangles(mesh.faces, self._device)
        self._vertices, self._normals, self._colours = (
            vectors(values, self._device)
            for values in (
                mesh.vertices,
                mesh.normals if normals is None else normals,
                plain if colours is None else colours,
            )
        )

    @cached_property
    def _rays(self) -> Rays:
        """For shadows: one bounding volume hierarchy for all views, 20 ms for 80 000 faces."""
        return Rays(self._mesh, self._engine_device)

    def look(
        self, cameras: Sequence[Camera], light: Light | None = None, finer: int = 1, colours: NDArray | None = None
    ) -> dict[str, NDArray]:
        """What the cameras see; as `fast_views`. colours: [V, 3] linear, for these views only."""
        width, height = cameras[0].width, cameras[0].height
        if any((camera.width, camera.height) != (width, height) for camera in cameras):
            raise ValueError("cameras of one call must have pictures of one size")
        if finer % 2 == 0:
            raise ValueError("finer must be odd: the middle place of a pixel is its centre")
        wp, device = warp(), self._device
        light = light or hemisphere()
        shadows = bool(light.sun.any())
        shading = [vectors(light.around, device), wp.vec3(*light.to_sun.tolist()), wp.vec3(*light.sun.tolist())]
        shading += [self._rays.identifier, self._rays.bias] if shadows else [wp.uint64(0), 0.0]
        seen = self._empty(len(cameras) * height * width)
        owner = wp.empty((finer * height, finer * width), dtype=wp.int64, device=device)
        points = wp.empty_like(self._vertices)
        painted = self._colours if colours is None else vectors(colours, device)
        for number, camera in enumerate(cameras):
            self._draw(camera.resized(finer * width, finer * height), points, owner)
            surface = [points, self._faces, self._vertices, self._normals, painted]
            cells = [owner, finer, width, number * height * width]
            inputs = [*cells, *surface, wp.vec3(*camera.position.tolist()), *shading, *seen.values()]
            launch(_kernels(device).shade, height * width, inputs, device)
        shape = (len(cameras), height, width)
        arrays = {name: array.numpy() for name, array in seen.items()}
        return {name: values.reshape(*shape, *values.shape[1:]) for name, values in arrays.items()}

    def _draw(self, camera: Camera, points: Any, owner: Any) -> None:
        """Fills `points` [V] with where the vertices fall, and `owner` [H, W] with the nearest face in each cell."""
        onto = np.eye(4)
        onto[:3] = _intrinsics(camera) @ camera.world_to_camera[:3]
        launch(
            _kernels(self._device).project,
            len(points),
            [self._vertices, warp().mat44(*onto.ravel().tolist()), points],
            self._device,
        )
        middle = float(camera.rotation[2] @ self._middle + camera.world_to_camera[2, 3])
        near = _NEAR * self._radius
        nearest = max(middle - self._radius, near)
        steps = _DEPTH_STEPS / max(middle + self._radius - nearest, 1e-6)
        owner.fill_(_EMPTY)
        # Not shared among cores: there Warp's atomic_min is none.
        inputs = [0, points, self._faces, near, nearest, steps, owner]
        warp().launch(
            kernels_on(self._engine_device).draw, dim=len(self._mesh.faces), inputs=inputs, device=self._device
        )

    def _empty(self, count: int) -> dict[str, Any]:
        """Room for what is seen in `count` pixels, in the order of the kernel's arguments."""
        kinds = {"rgb": warp().vec3, "alpha": float, "depth": float, "normal": warp().vec3, "face": warp().int32}
        return {name: warp().empty(count, dtype=kind, device=self._device) for name, kind in kinds.items()}


def fast_views(
    mesh: Mesh,
    colours: NDArray | None,
    cameras: Sequence[Camera],
    light: Light | None = None,
    finer: int = 1,
    normals: NDArray | None = None,
    device: str = "cpu",
) -> dict[str, NDArray]:
    """What N cameras of one picture size see of a mesh.

    colours [V, 3] linear in 0 … 1, None: pale stone; light: `light.hemisphere()` or `light.light_of(picture)`;
    finer (odd): colour and alpha are the mean of finer × finer places in each pixel; normals [V, 3], None: the mesh's
    smooth ones; device: the engine's, “cpu” or “cuda”. Returns

        rgb     [N, H, W, 3] float32  sRGB in 0 … 1, not multiplied by alpha, black where there is nothing
        alpha   [N, H, W]    float32  how much of the pixel the object covers
        depth   [N, H, W]    float32  under the pixel's centre, along the camera's axis, world units; else infinite
        normal  [N, H, W, 3] float32  smooth, in the world, of length 1, on the side that is seen; else 0
        face    [N, H, W]    int32    else −1: `face >= 0` is the mask

    For several calls with one mesh: `FastScene`.
    """
    return FastScene(mesh, colours, normals, device).look(cameras, light, finer)


def _intrinsics(camera: Camera) -> NDArray[np.float64]:
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])


def _kernels(device: str) -> Any:
    """The kernels, compiled: about 3 s the first time on a machine."""
    from . import kernels

    warp().load_module(kernels, device=device)
    return kernels
