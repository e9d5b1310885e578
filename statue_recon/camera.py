"""The one camera of the engine, and the only place that knows Blender's.

            image                                camera (OpenCV)            world (Blender's axes)
    (0,0)───────────────▶ u, width                    ▲ z forward                ▲ Z up
      │   ┌───┬───┐                                  ╱                           │  ╱ Y, away from the photo
      │   │0,0│1,0│  the centre of the top         ●───────▶ x right             │ ╱
      │   └───┴───┘  left pixel is (0.5, 0.5)      │                             ●───────▶ X, the photo's right
      ▼ v, height                                  ▼ y down                   the statue faces −Y
                                                                              (towards the viewer)

    camera point  = world_to_camera @ (world point, 1)        rigid: rotation and translation only
    u = cx + fx · x / z          v = cy + fy · y / z          pixels, (0, 0) is the image's top left corner
    depth         = z, in world units, positive in front of the camera

Azimuth 0 is the photo: the camera stands at −Y and looks along +Y. A growing azimuth walks the camera anticlockwise
as seen from above (90° stands at +X); a growing elevation lifts it. Both in degrees.

Blender's camera looks along its own −Z with Y up. Its `lens` is measured against the sensor side that `sensor_fit`
names, and both shifts are counted in widths of that same side (AUTO: the larger side of the image, always with
`sensor_width`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .contract import Failure

SENSOR_WIDTH = 36.0  # mm; Blender's default, and what “35 mm equivalent” in EXIF refers to
_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # OpenCV's camera axes to Blender's and back


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: intrinsics in pixels, pose as a rigid matrix from world to camera."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    world_to_camera: np.ndarray  # [4, 4] float64

    def __post_init__(self) -> None:
        matrix = np.array(self.world_to_camera, dtype=np.float64)
        rotation = matrix[:3, :3] if matrix.shape == (4, 4) else np.zeros((3, 3))
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5) or np.linalg.det(rotation) < 0:
            raise ValueError("world_to_camera must be a rigid [4, 4] matrix: no scale, shear or mirror")
        if min(self.width, self.height, self.fx, self.fy) <= 0:
            raise ValueError("a camera needs a positive size and focal length")
        object.__setattr__(self, "world_to_camera", matrix)

    @property
    def position(self) -> np.ndarray:
        """[3] where the camera stands in the world."""
        return -self.rotation.T @ self.world_to_camera[:3, 3]

    @property
    def rotation(self) -> np.ndarray:
        """[3, 3] world to camera; its rows are the camera's right, down and forward in the world."""
        return self.world_to_camera[:3, :3]

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where world points fall on the image.

        points [N, 3]; returns pixels [N, 2] and depths [N]. Points behind the camera have a negative depth and
        meaningless pixels.
        """
        at_camera = np.asarray(points) @ self.rotation.T + self.world_to_camera[:3, 3]
        depth = at_camera[:, 2]
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        pixels = at_camera[:, :2] / safe[:, None] * (self.fx, self.fy) + (self.cx, self.cy)
        return pixels, depth

    def rays(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The world rays through pixels [N, 2]: their common origin [3] and unit directions [N, 3]."""
        pixels = np.asarray(pixels, dtype=np.float64)
        across = (pixels - (self.cx, self.cy)) / (self.fx, self.fy)
        directions = np.column_stack([across, np.ones(len(pixels))]) @ self.rotation
        return self.position, directions / np.linalg.norm(directions, axis=1, keepdims=True)

    def pixel_centres(self) -> np.ndarray:
        """[height · width, 2] the centres of all pixels, row by row."""
        u, v = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        return np.column_stack([u.ravel(), v.ravel()])

    def resized(self, width: int, height: int) -> Camera:
        """The camera of the same picture at another size."""
        across, down = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            fx=self.fx * across,
            fy=self.fy * down,
            cx=self.cx * across,
            cy=self.cy * down,
        )

    def moved(self, scale: float, offset: np.ndarray) -> Camera:
        """The camera that sees the same picture after the world became `scale · world + offset` (offset [3])."""
        if scale <= 0:
            raise ValueError("a world can only be scaled by a positive factor")
        matrix = self.world_to_camera.copy()
        matrix[:3, 3] = scale * matrix[:3, 3] - self.rotation @ np.asarray(offset, dtype=np.float64)
        return replace(self, world_to_camera=matrix)

    @classmethod
    def orbit(
        cls,
        azimuth: float,
        elevation: float,
        distance: float,
        width: int,
        height: int,
        focal: float,
        target: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> Camera:
        """A camera at `distance` from `target`, looking at it. Angles in degrees, `focal` in pixels."""
        turn, lift = np.radians(azimuth), np.radians(elevation)
        towards = np.array([np.sin(turn) * np.cos(lift), -np.cos(turn) * np.cos(lift), np.sin(lift)])
        right = np.array([np.cos(turn), np.sin(turn), 0.0])
        forward = -towards
        rotation = np.stack([right, np.cross(forward, right), forward])
        matrix = np.eye(4)
        matrix[:3, :3] = rotation
        matrix[:3, 3] = -rotation @ (np.asarray(target) + distance * towards)
        return cls(width, height, focal, focal, width / 2, height / 2, matrix)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for `json.dump`."""
        return {
            "width": self.width,
            "height": self.height,
            "fx": self.fx,
            "fy": self.fy,
            "cx": self.cx,
            "cy": self.cy,
            "world_to_camera": self.world_to_camera.tolist(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Camera:
        """The camera that `to_json` described; other keys (such as “blender” in camera.json) are left alone."""
        try:
            return cls(
                width=int(fields["width"]),
                height=int(fields["height"]),
                world_to_camera=np.array(fields["world_to_camera"], dtype=np.float64),
                **{name: float(fields[name]) for name in ("fx", "fy", "cx", "cy")},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Failure(
                f"The camera file does not describe a camera ({error}).",
                next_step="It was edited by hand or damaged: run the reconstruction again.",
            ) from error

    def to_blender(self) -> dict[str, Any]:
        """The parameters of a Blender camera object that takes the same picture.

        `sensor_fit` is always named (never AUTO), for the larger side of the image, so nothing depends on rules of
        Blender's. Lens and sensor in mm, clips in world units, `matrix_world` as nested lists [4][4].
        """
        if abs(self.fx / self.fy - 1.0) > 1e-4:
            raise Failure(
                f"The photo's pixels are not square ({self.fx / self.fy:.3f} : 1), which the camera cannot show.",
                next_step="Resize the photo to square pixels in an image editor and try again.",
            )
        landscape = self.width >= self.height
        side = self.width if landscape else self.height
        depth = max(float(np.linalg.norm(self.position)), 1e-3)  # how far the statue, at the origin, is away
        return {
            "lens": float(self.fx if landscape else self.fy) * SENSOR_WIDTH / side,
            "sensor_fit": "HORIZONTAL" if landscape else "VERTICAL",
            "sensor_width": SENSOR_WIDTH,
            "sensor_height": SENSOR_WIDTH,
            "shift_x": (self.width / 2 - self.cx) / side,
            "shift_y": (self.cy - self.height / 2) / side,
            "clip_start": depth / 100.0,
            "clip_end": depth * 100.0,
            "matrix_world": (np.linalg.inv(self.world_to_camera) @ _FLIP).tolist(),
        }

    @classmethod
    def from_blender(
        cls,
        parameters: Mapping[str, Any],
        width: int,
        height: int,
        pixel_aspect: tuple[float, float] = (1.0, 1.0),
    ) -> Camera:
        """The camera of a Blender camera object, rendering `width` × `height` pixels.

        `parameters` has the keys `to_blender` writes (the clips are not needed); `pixel_aspect` are the scene's
        render settings. The object's scale is ignored, as Blender ignores it.
        """
        if abs(pixel_aspect[0] / pixel_aspect[1] - 1.0) > 1e-6:
            raise Failure(
                "The scene renders pixels that are not square.",
                next_step="Set both values of Aspect in Output Properties to 1.",
            )
        horizontal = parameters["sensor_fit"] == "HORIZONTAL" or (
            parameters["sensor_fit"] == "AUTO" and width >= height
        )
        sensor = parameters["sensor_height"] if parameters["sensor_fit"] == "VERTICAL" else parameters["sensor_width"]
        side = width if horizontal else height
        focal = parameters["lens"] / sensor * side
        pose = np.array(parameters["matrix_world"], dtype=np.float64)
        pose[:3, :3] /= np.linalg.norm(pose[:3, :3], axis=0)
        return cls(
            width=width,
            height=height,
            fx=focal,
            fy=focal,
            cx=width / 2 - parameters["shift_x"] * side,
            cy=height / 2 + parameters["shift_y"] * side,
            world_to_camera=np.linalg.inv(pose @ _FLIP),
        )
