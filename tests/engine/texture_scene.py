"""Statues with known colours and photos of them, for the tests of painting."""

from collections.abc import Callable

import numpy as np
import trimesh

from statue_recon.camera import Camera
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.photo.photo import Photo
from statue_recon.render.raster import cover_of_atlas, cover_of_photo

MAGENTA = (1.0, 0.0, 1.0)  # the background: no part of any statue here is anything like it


def bumpy_ball(subdivisions: int = 5, bump: float = 0.05) -> Mesh:
    """A ball of radius 0.8 with soft bumps, the same left and right of x = 0."""
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=1.0)
    x, y, z = np.asarray(ball.vertices).T
    radius = 0.8 + bump * (np.cos(5 * x) * np.sin(4 * z + 1) + np.sin(6 * y) * np.cos(3 * x))
    return Mesh((ball.vertices * radius[:, None]).astype(np.float32), ball.faces.astype(np.int32))


def photograph(
    mesh: Mesh, camera: Camera, paint: Callable[[np.ndarray], np.ndarray], gain=(1.0, 1.0, 1.0), background=MAGENTA
) -> Photo:
    """A photo without light and shadow: the sRGB colours `paint` gives for points, as seen with `gain` of linear light.

    3 × 3 samples a pixel, so that outlines are as mixed as in a real photo.
    """
    fine = camera.resized(3 * camera.width, 3 * camera.height)
    cover = cover_of_photo(mesh, fine)
    there = cover.faces >= 0
    picture = np.tile(background, (*there.shape, 1))
    picture[there] = exposed(paint(cover.of(mesh.vertices, mesh.faces)), gain)
    picture = picture.reshape(camera.height, 3, camera.width, 3, 3).mean(axis=(1, 3))
    alpha = there.reshape(camera.height, 3, camera.width, 3).mean(axis=(1, 3))
    return Photo(picture.astype(np.float32), alpha.astype(np.float32), "painted mask", camera, ())


def exposed(colours: np.ndarray, gain) -> np.ndarray:
    """sRGB colours under another exposure and white balance, clipped as a camera does. IEC 61966-2-1."""
    light = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4) * np.asarray(gain)
    return np.clip(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055), 0.0, 1.0)


def texels_of(painted: TexturedMesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The surface points [N, 3], normals [N, 3] and colours [N, 3] 0 … 1 of the covered texels."""
    cover = cover_of_atlas(painted.uv, len(painted.atlas))
    points = cover.of(painted.mesh.vertices, painted.mesh.faces)
    normals = cover.of(painted.mesh.normals, painted.mesh.faces)
    return points, normals, painted.atlas[cover.faces >= 0] / 255.0


def steps_of(painted: TexturedMesh, values: np.ndarray) -> np.ndarray:
    """How much values [N, C] of the covered texels differ [M, C] between neighbours in the atlas and on the surface.

    Values that are not numbers are left out.
    """
    cover = cover_of_atlas(painted.uv, len(painted.atlas))
    there = cover.faces >= 0
    points = np.full((*there.shape, 3), np.inf)
    points[there] = cover.of(painted.mesh.vertices, painted.mesh.faces)
    full = np.zeros((*there.shape, values.shape[1]))
    full[there] = values
    found = []
    for here, beside in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        both = there[here] & there[beside]
        close = np.linalg.norm(points[here][both] - points[beside][both], axis=1) < 0.02
        found.append(np.abs(full[here][both] - full[beside][both])[close])
    steps = np.concatenate(found)
    return steps[np.isfinite(steps).all(axis=1)]
