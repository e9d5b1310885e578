"""What the mask asks of the field: how far rays near its contour pass from the statue, and where a part must hold."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from ..photo.photo import Photo
from .plate import contour_distance
from .sdf import SDF


@dataclass(frozen=True)
class ContourRays:
    """Rays in the grid's own coordinates: a node is at a whole number, a unit is one spacing."""

    origin: np.ndarray  # [3] float32
    directions: np.ndarray  # [N, 3] float32, unit length
    near: float  # from where to where a ray can meet the grid, in spacings from the origin
    far: float
    wanted: np.ndarray  # [N] float32, spacings: how far the ray must pass from the surface, negative: through it


STEADY = 0.4  # spacings over which the contour is evened out: finer, it is the photo's grain


def contour_rays(photo: Photo, field: SDF, reach: float, most: int) -> ContourRays:
    """At most about `most` rays through pixels not farther than `reach` spacings from the contour of the mask.

    The distance of a pixel from the contour, measured in the plane through the origin, is the distance at which its
    ray passes the surface: a ray and the surface come closest where the surface turns away.
    """
    camera, spacing = photo.camera, field.spacing
    distance = float(camera.world_to_camera[2, 3])
    pixels = camera.fx * spacing / distance  # a spacing's
    signed = cv2.GaussianBlur(contour_distance(photo.alpha), (0, 0), max(STEADY * pixels, 0.3)) / np.float32(pixels)
    rows, columns = np.nonzero(np.abs(signed) < reach)
    stride = max(1, len(rows) // most)
    # A stride that shares no factor with the width would still draw lines; a fixed shuffle does not.
    chosen = np.random.default_rng(0).permutation(len(rows))[::stride]
    rows, columns = rows[chosen], columns[chosen]
    origin, directions = camera.rays(np.column_stack([columns, rows]) + 0.5)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    depth = np.linalg.norm(field.lower + corners * (field.upper - field.lower) - origin, axis=1) / spacing
    planes = camera.project(field.lower + corners * (field.upper - field.lower))[1] / spacing
    return ContourRays(
        ((origin - field.lower) / spacing).astype(np.float32),
        directions.astype(np.float32),
        float(planes.min()),
        float(depth.max()),
        signed[rows, columns].astype(np.float32),
    )


HOLD = 0.75  # spacings: every line has a chain of nodes, each next to the other, no farther from it than this


def holding_nodes(photo: Photo, field: SDF) -> np.ndarray:
    """[X, Y, Z] bool: nodes that must stay inside, or parts too thin for the grid would come apart.

    They are the nodes next to the middle line of those parts of the volume that are not three nodes wide.
    """
    inside = field.values < 0
    thin = inside & ~ndimage.binary_opening(inside, np.ones((3, 3, 3)))
    nodes = np.argwhere(thin)
    camera = photo.camera
    spacing = field.spacing * camera.fx / float(camera.world_to_camera[2, 3])  # in pixels
    signed = contour_distance(photo.alpha) / np.float32(spacing)
    reach = 2 * int(np.ceil(1.5 * spacing)) + 1
    half_width = cv2.dilate(-signed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    columns, rows = np.floor(camera.project(field.lower + field.spacing * nodes)[0]).astype(int).T
    rows, columns = np.clip(rows, 0, camera.height - 1), np.clip(columns, 0, camera.width - 1)
    from_middle = signed[rows, columns] + half_width[rows, columns]
    thin[tuple(nodes[from_middle > HOLD].T)] = False
    return thin
