"""The files of a view, and reading them back.

view_0_rgb.png       RGB with alpha, 8 bits, sRGB; alpha is how much of the pixel the object covers
view_0_depth.png     16 bits: 65535 at the near end of `depth.range` in the JSON, 1 at the far end, 0 is nothing
view_0_depth_mm.png  16 bits: depth along the camera's axis in millimetres, 0 is nothing
view_0_normal.png    16 bits, RGB: the smooth normal in the world's axes, X Y Z from −1 (0) to 1 (65535), on the
                     side that is seen; black is nothing
view_0.json          the camera and how the picture was made; written last
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...contract import Failure
from ...whole import write_whole

_MOST = 65535


def depth_picture(depth: NDArray, nearest: float, farthest: float) -> NDArray[np.uint16]:
    """Depths [H, W] (infinite where there is nothing) as a picture: near is bright."""
    share = np.clip((farthest - depth) / (farthest - nearest), 0.0, 1.0)
    return np.where(np.isfinite(depth), np.round(1 + share * (_MOST - 1)), 0).astype(np.uint16)


def millimetres(depth: NDArray) -> NDArray[np.uint16]:
    """Depths [H, W] in metres (infinite where there is nothing) in millimetres."""
    return np.where(np.isfinite(depth), np.clip(np.round(1000.0 * depth), 1, _MOST), 0).astype(np.uint16)


def normal_picture(normal: NDArray) -> NDArray[np.uint16]:
    """Normals [H, W, 3] (zero where there is nothing) as a picture."""
    there = np.linalg.norm(normal, axis=-1, keepdims=True) > 0.5
    return np.where(there, np.round((normal + 1) / 2 * _MOST), 0).astype(np.uint16)


def colour_picture(rgb: NDArray, alpha: NDArray) -> NDArray[np.uint8]:
    """sRGB [H, W, 3] and alpha [H, W] in 0 … 1 as a picture [H, W, 4]."""
    return np.round(255 * np.clip(np.dstack([rgb, alpha]), 0.0, 1.0)).astype(np.uint8)


def read_depth(path: Path, nearest: float, farthest: float) -> NDArray[np.float32]:
    """Depths [H, W] of a normalised depth picture, infinite where there is nothing."""
    picture = read_png(path).astype(np.float32)
    depth = farthest - (picture - 1) / (_MOST - 1) * (farthest - nearest)
    return np.where(picture > 0, depth, np.inf).astype(np.float32)


def read_millimetres(path: Path) -> NDArray[np.float32]:
    """Depths [H, W] in metres, infinite where there is nothing."""
    picture = read_png(path).astype(np.float32)
    return np.where(picture > 0, picture / 1000.0, np.inf).astype(np.float32)


def read_normal(path: Path) -> NDArray[np.float32]:
    """Normals [H, W, 3] in the world's axes, zero where there is nothing."""
    picture = read_png(path)
    normal = picture.astype(np.float32) / _MOST * 2 - 1
    return np.where(picture.any(axis=-1, keepdims=True), normal, 0.0).astype(np.float32)


def read_png(path: Path) -> NDArray:
    """A picture as it was written: [H, W], [H, W, 3] RGB or [H, W, 4] RGBA."""
    import cv2

    found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise Failure(f"{path} is no picture.", next_step="Delete it and its .json, and render again.")
    return _swapped(found)


def write_png(path: Path, picture: NDArray) -> None:
    """Writes [H, W], [H, W, 3] RGB or [H, W, 4] RGBA of 8 or 16 bits, so that a reader finds it whole or not at all."""
    import cv2

    encoded = cv2.imencode(".png", _swapped(picture), [cv2.IMWRITE_PNG_COMPRESSION, 3])[1]
    write_whole(path, encoded.tobytes())


def _swapped(picture: NDArray) -> NDArray:
    """RGB to OpenCV's BGR and back."""
    if picture.ndim == 2:
        return picture
    return np.ascontiguousarray(picture[..., [2, 1, 0, *range(3, picture.shape[2])]])
