"""The light of the fast path: nine spherical harmonics for what comes from all around, and a sun that casts shadows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...camera import Camera
from ...contract import Failure
from ...photo.light import srgb

BRIGHTNESS = 0.55  # mean light of the surroundings, as an exposure meter would set it
EXPOSURE = 1.6  # so that pale stone in that light is pale in the picture
WHITE = 5.0  # the exposed light that becomes white; more is white as well
_SUN = 6.0  # times the mean light: what is brighter counts as the sun
_ROWS = 64  # of the surroundings' picture before its light is summed up; harmonics see nothing finer
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
PICTURES = (".hdr", ".exr")


@dataclass(frozen=True)
class Light:
    """Linear light, in the frame of the world."""

    around: NDArray[np.float32]  # [9, 3] harmonics of what falls on a white surface, ready for kernels.ambient
    to_sun: NDArray[np.float32]  # [3] unit, towards it
    sun: NDArray[np.float32]  # [3] what it adds where it falls straight; 0 is no sun


def hemisphere(
    to_sun: tuple[float, float, float] = (-0.5, -0.6, 0.63),
    sun: float = 1.0,
    sky: tuple[float, float, float] = (0.50, 0.53, 0.58),
    ground: tuple[float, float, float] = (0.20, 0.18, 0.15),
) -> Light:
    """A sky, a ground, and a sun: light that needs no picture. Colours linear."""
    around = np.zeros((9, 3), np.float32)
    around[0], around[2] = (np.array([sky, ground]).mean(axis=0), (np.array(sky) - ground) / 2)
    direction = np.asarray(to_sun, np.float32) / np.linalg.norm(to_sun)
    return Light(around, direction.astype(np.float32), np.full(3, sun, np.float32))


def light_of(picture: Path, turn: float = 0.0) -> Light:
    """The light of surroundings photographed all around (.hdr, latitude and longitude), as bright as BRIGHTNESS.

    turn: by how many degrees they are turned about the vertical, anticlockwise as seen from above; at 0 the picture's
    middle lies towards +X, as in Blender.
    """
    seen = read_surroundings(picture)
    directions, shares = _sphere(seen.shape[0], turn)
    light, directions = seen.reshape(-1, 3).astype(np.float64), directions.reshape(-1, 3)
    shares = shares.ravel()
    luminance = light @ _LUMINANCE
    mean = float(shares @ luminance)
    light, luminance = light * (BRIGHTNESS / mean), luminance * (BRIGHTNESS / mean)
    excess = np.maximum(1.0 - _SUN * BRIGHTNESS / np.maximum(luminance, 1e-9), 0.0)
    bright = light * (excess * shares)[:, None]  # what the sun is, beyond what its place of the sky might be
    sun = 4.0 * bright.sum(axis=0)  # 4π of the sphere over the π of a white surface
    middle = (bright @ _LUMINANCE) @ directions
    to_sun = middle / max(float(np.linalg.norm(middle)), 1e-12) if sun.any() else np.array([0.0, 0.0, 1.0])
    around = _harmonics(light * (1.0 - excess)[:, None], directions, shares)
    return Light(around.astype(np.float32), to_sun.astype(np.float32), sun.astype(np.float32))


def read_surroundings(picture: Path, rows: int = _ROWS) -> NDArray[np.float32]:
    """Surroundings as linear light [rows, 2 · rows, 3]."""
    import cv2

    try:
        read = cv2.imdecode(np.fromfile(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error) as error:
        raise _unreadable(picture, str(error)) from error
    if read is None or read.ndim != 3 or read.dtype != np.float32:
        raise _unreadable(picture, "it is no picture of floating point numbers that OpenCV knows")
    small = cv2.resize(read[..., :3], (2 * rows, rows), interpolation=cv2.INTER_AREA)
    return np.maximum(np.nan_to_num(small[..., ::-1]), 0.0)


def displayed_surroundings(picture: Path, turn: float, camera: Camera) -> NDArray[np.float32]:
    """What a camera sees of the surroundings, sRGB in 0 … 1 [H, W, 3], as bright as the fast path shows it."""
    rows = 8 * _ROWS
    seen = read_surroundings(picture, rows)
    _, shares = _sphere(rows, 0.0)
    _, directions = camera.rays(camera.pixel_centres())
    angle = np.arctan2(directions[:, 1], directions[:, 0]) - np.radians(turn)
    column = np.floor((0.5 - angle / (2 * np.pi)) % 1.0 * 2 * rows).astype(int) % (2 * rows)
    row = np.minimum(np.arccos(np.clip(directions[:, 2], -1, 1)) / np.pi * rows, rows - 1).astype(int)
    light = seen[row, column] * (BRIGHTNESS / float((shares * (seen @ _LUMINANCE)).sum()))
    return displayed(light).reshape(camera.height, camera.width, 3).astype(np.float32)


def displayed(light: NDArray) -> NDArray:
    """Linear light as sRGB in 0 … 1; kernels.displayed says it for one number."""
    exposed = EXPOSURE * light
    rolled = np.clip(exposed * (1.0 + exposed / WHITE**2) / (1.0 + exposed), 0.0, 1.0)
    return srgb(rolled)


def _sphere(rows: int, turn: float) -> tuple[NDArray, NDArray]:
    """Where each pixel of surroundings lies [rows, 2 · rows, 3], and its share of the sphere [rows, 2 · rows]."""
    columns = 2 * rows
    down = np.pi * (np.arange(rows) + 0.5) / rows
    # Blender's: the picture's middle at +X, its left half (before it) towards +Y.
    angle = np.pi * (1.0 - 2.0 * (np.arange(columns) + 0.5) / columns) + np.radians(turn)
    ring = np.sin(down)[:, None]
    height = np.broadcast_to(np.cos(down)[:, None], (rows, columns))
    shares = np.broadcast_to(ring / (ring.sum() * columns), (rows, columns))
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=-1), shares


def _harmonics(light: NDArray, directions: NDArray, shares: NDArray) -> NDArray:
    """[9, 3] what falls on a white surface from everywhere, in the order and the polynomials of kernels.ambient.

    Ramamoorthi and Hanrahan, “An efficient representation for irradiance environment maps” (2001): a matt surface
    blurs the light so much that nine numbers hold it to a percent. Their constants are multiplied together here.
    """
    x, y, z = directions.T
    ones = np.ones_like(x)
    polynomials = np.stack([ones, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])
    norms = np.array([0.282095, *[0.488603] * 3, *[1.092548] * 2, 0.315392, 1.092548, 0.546274])
    blur = np.array([1.0, *[2 / 3] * 3, *[1 / 4] * 5])  # of a cosine, over π
    coefficients = (polynomials * shares) @ light * (4.0 * np.pi)
    return coefficients * (norms**2 * blur)[:, None]


def _unreadable(picture: Path, reason: str) -> Failure:
    return Failure(
        f"The light {picture.name} cannot be read ({reason}).",
        next_step="Give .hdr pictures of all that is around, such as those of polyhaven.com.",
    )
