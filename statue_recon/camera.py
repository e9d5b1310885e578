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
names, and both shifts are counted in lengths of that same side of the picture (AUTO: the larger side, always with
`sensor_width`). Pixels that are not square belong to Blender's scene, not to its camera: there a pixel is
`pixel_aspect_x` wide and `pixel_aspect_y` high, so fx · pixel_aspect_x = fy · pixel_aspect_y, and the picture's sides
are measured in such lengths.

OpenCV counts pixels from the centre of the first one, half a pixel less in u and v than here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .contract import Failure

SENSOR_WIDTH = 36.0  # mm; Blender's default, and what “35 mm equivalent” in EXIF refers to
SQUARE = 1e-4  # pixels whose sides differ by a smaller share are square: what is left of rounding
LONGEST_PIXEL = 200.0  # sides of a pixel; Blender's limit
SKEW = 0.5  # pixels by which a skewed matrix may move the picture's upper and lower edge sideways
OPENCV_CENTRE = 0.0  # where OpenCV counts the centre of the first pixel; 0.5 here, in Blender and in COLMAP
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
        lens: dict[str, Any] = {
            "fx": self.fx * across,
            "fy": self.fy * down,
            "cx": self.cx * across,
            "cy": self.cy * down,
        }
        return replace(self, width=width, height=height, **lens)

    def cropped(self, left: float, top: float, width: int, height: int) -> Camera:
        """The camera of a part of the picture: `width` × `height` pixels, its corner at (left, top) of this one's.

        Every pixel keeps its ray; a part may reach beyond the picture.
        """
        return replace(self, width=width, height=height, cx=self.cx - left, cy=self.cy - top)

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

    def angles(self, target: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> tuple[float, float, float]:
        """Azimuth and elevation in degrees and distance at which the camera stands from `target`: orbit's inverse.

        Where it looks plays no part but straight above or below the target, where its right side tells the azimuth.
        """
        away = self.position - np.asarray(target, dtype=np.float64)
        distance, aside = float(np.linalg.norm(away)), float(np.hypot(away[0], away[1]))
        if distance == 0.0:
            raise ValueError("a camera in its target stands at no angle")
        at_pole = aside < 1e-9 * distance
        turn = np.arctan2(self.rotation[0, 1], self.rotation[0, 0]) if at_pole else np.arctan2(away[0], -away[1])
        return float(np.degrees(turn)), float(np.degrees(np.arctan2(away[2], aside))), distance

    @classmethod
    def from_opencv(
        cls,
        intrinsics: np.ndarray,
        rotation: np.ndarray,
        translation: np.ndarray,
        width: int,
        height: int,
        pixel_centre: float = OPENCV_CENTRE,
    ) -> Camera:
        """The camera of OpenCV's K [3, 3], R [3, 3], t [3]; `pixel_centre` is where K puts the first pixel's centre."""
        k = np.asarray(intrinsics, dtype=np.float64) / intrinsics[2][2]
        moved = abs(k[0, 1]) * height / 2 / abs(k[1, 1])
        if moved > SKEW:
            raise Failure(
                f"The camera matrix is skewed: columns of pixels lean by {moved:.1f} pixels at the picture's edge.",
                next_step="Undistort the photo with the program that calibrated the camera, and use its new matrix.",
            )
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = rotation, np.ravel(translation)
        shift = 0.5 - pixel_centre
        return cls(width, height, k[0, 0], k[1, 1], k[0, 2] + shift, k[1, 2] + shift, pose)

    @classmethod
    def from_projection(cls, matrix: np.ndarray, width: int, height: int, pixel_centre=OPENCV_CENTRE) -> Camera:
        """The camera of a projection matrix P [3, 4] = K (R | t) of any scale and sign; K R is parted by RQ."""
        p = np.asarray(matrix, dtype=np.float64)
        if np.linalg.matrix_rank(p[:, :3]) < 3:
            raise ValueError("a projection whose left half is singular is no camera's")
        p = p * np.sign(np.linalg.det(p[:, :3]))  # rotations have the determinant 1, and K's is positive
        orthogonal, triangular = np.linalg.qr(p[::-1, :3].T)
        signs = np.sign(np.diag(triangular))
        intrinsics = (triangular * signs[:, None]).T[::-1, ::-1]
        rotation = (orthogonal * signs).T[::-1]
        translation = np.linalg.solve(intrinsics, p[:, 3])
        return cls.from_opencv(intrinsics, rotation, translation, width, height, pixel_centre)

    def to_opencv(self, pixel_centre: float = OPENCV_CENTRE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """OpenCV's matrices: K [3, 3], R [3, 3] and t [3]; P = K @ [R | t]."""
        shift = pixel_centre - 0.5
        intrinsics = np.array([[self.fx, 0, self.cx + shift], [0, self.fy, self.cy + shift], [0, 0, 1]])
        return intrinsics, self.rotation.copy(), self.world_to_camera[:3, 3].copy()

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

    @property
    def pixel_aspect(self) -> tuple[float, float]:
        """Width and height of a pixel as Blender's scene takes them: the shorter side is 1, and both are if square."""
        tall = self.fx / self.fy
        if abs(tall - 1.0) <= SQUARE:
            return 1.0, 1.0
        return (1.0, tall) if tall > 1.0 else (1.0 / tall, 1.0)

    def to_blender(self) -> dict[str, Any]:
        """The parameters of a Blender camera object that takes the same picture, in a scene of this pixel aspect.

        `sensor_fit` is always named (never AUTO), for the larger side of the picture, so nothing depends on rules of
        Blender's. Lens and sensor in mm, clips in world units, `matrix_world` as nested lists [4][4].
        """
        across, down = self.pixel_aspect
        if max(across, down) > LONGEST_PIXEL:
            raise Failure(
                f"The photo's pixels are {max(across, down):.0f} times longer than wide, more than Blender can show.",
                next_step="Resize the photo to square pixels in an image editor and try again.",
            )
        landscape = self.width * across >= self.height * down
        side = self.width if landscape else self.height  # in pixels along that side
        depth = max(float(np.linalg.norm(self.position)), 1e-3)  # how far the statue, at the origin, is away
        return {
            "lens": float(self.fx if landscape else self.fy) * SENSOR_WIDTH / side,
            "sensor_fit": "HORIZONTAL" if landscape else "VERTICAL",
            "sensor_width": SENSOR_WIDTH,
            "sensor_height": SENSOR_WIDTH,
            "shift_x": (self.width / 2 - self.cx) / side * (1.0 if landscape else across / down),
            "shift_y": (self.cy - self.height / 2) / side * (down / across if landscape else 1.0),
            "pixel_aspect_x": across,
            "pixel_aspect_y": down,
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
        pixel_aspect: tuple[float, float] | None = None,
    ) -> Camera:
        """The camera of a Blender camera object, rendering `width` × `height` pixels.

        `parameters` has the keys `to_blender` writes (the clips are not needed); `pixel_aspect` are the scene's render
        settings, else those of `parameters`, else square. The object's scale is ignored, as Blender ignores it.
        """
        written = (parameters.get("pixel_aspect_x", 1.0), parameters.get("pixel_aspect_y", 1.0))
        across, down = pixel_aspect or written
        horizontal = parameters["sensor_fit"] == "HORIZONTAL" or (
            parameters["sensor_fit"] == "AUTO" and width * across >= height * down
        )
        sensor = parameters["sensor_height"] if parameters["sensor_fit"] == "VERTICAL" else parameters["sensor_width"]
        side = width * across if horizontal else height * down  # in the lengths that pixel_aspect counts in
        focal = parameters["lens"] / sensor * side
        pose = np.array(parameters["matrix_world"], dtype=np.float64)
        pose[:3, :3] /= np.linalg.norm(pose[:3, :3], axis=0)
        return cls(
            width=width,
            height=height,
            fx=focal / across,
            fy=focal / down,
            cx=width / 2 - parameters["shift_x"] * side / across,
            cy=height / 2 + parameters["shift_y"] * side / down,
            world_to_camera=np.linalg.inv(pose @ _FLIP),
        )
