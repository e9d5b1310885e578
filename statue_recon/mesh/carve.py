"""Carving: the seen surface moves along the photo's rays until it has the normals that the photo shows.

A vertex that moves along its ray stays under its pixel. So silhouettes and texture remain where they were, and seen
triangles, which are a graph over the photo, cannot fold over each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..camera import Camera
from ..photo.normals import Normals, photo_normals
from ..photo.photo import Photo
from ..render.raster import cover_of_photo
from ..render.rays import Rays
from ..render.trust import trusted, turned_to
from .integrate import integrate
from .mesh import Mesh

PIXELS_PER_EDGE = 2.0  # of the mesh: finer detail than that has no vertex to hold it
LARGEST_SHAPE = 0.08  # of the mesh's size: shapes up to about this follow the normals, larger ones keep their depth
BORDER_SHAPE = 0.01  # the same along outlines, where nothing shall move
FARTHEST = 0.05  # of the mesh's size: no vertex moves more
DEEPEST = 0.4  # of the thickness of the statue behind a vertex: no vertex is pressed in deeper
LEAST_BELIEF = 0.2  # in the mesh's own normals, where the photo's are not believed: they carry depth across
SMOOTHING = 3  # steps that even out the way vertices move where the seen surface fades into the unseen
SHARPEST_TURN = 0.1  # cosine: where a triangle would turn farther than 84° the way of its corners is evened out
RETREATS = 16  # times; from the half on the way is also halved, in the end it is 0

CLIFF = 5.0  # depth per width (79°): a steeper step between two pixels is an outline, not a slope
MARGIN, FEATHER = 1.5, 3.0  # pixels along an outline that are not believed, and over which belief then rises


@dataclass(frozen=True)
class Front:
    """What the photo's camera sees of a mesh, on a picture about as fine as the mesh."""

    camera: Camera
    there: NDArray[np.bool_]  # [H, W] where there is a surface
    depth: NDArray[np.float32]  # [H, W] world units; 0 where there is none
    normals: NDArray[np.float32]  # [H, W, 3] unit, in the camera's frame; (0, 0, −1) where there is none


def front_of(mesh: Mesh, camera: Camera, device: str) -> Front:
    """The front of `mesh` on a picture with two pixels to an edge of the mesh, at most as large as the photo."""
    edges = mesh.vertices[mesh.faces[:, 0]] - mesh.vertices[mesh.faces[:, 1]]
    edge = float(np.median(np.linalg.norm(edges, axis=1)))
    away = float(np.median(camera.project(mesh.vertices)[1]))
    shrink = min(1.0, PIXELS_PER_EDGE * away / (edge * camera.fx))
    small = camera.resized(max(1, round(camera.width * shrink)), max(1, round(camera.height * shrink)))
    cover = cover_of_photo(mesh, small, device)
    there = cover.faces >= 0
    values = np.column_stack([small.project(mesh.vertices)[1], mesh.normals @ small.rotation.T]).astype(np.float32)
    shown = cover.of(values, mesh.faces)
    depth = np.zeros(there.shape, np.float32)
    normals = np.zeros((*there.shape, 3), np.float32)
    normals[..., 2] = -1.0
    depth[there] = shown[:, 0]
    normals[there] = shown[:, 1:] / np.maximum(np.linalg.norm(shown[:, 1:], axis=1, keepdims=True), 1e-9)
    return Front(small, there, depth, normals)


def carved(mesh: Mesh, photo: Photo, device: str) -> tuple[Mesh, str]:
    """The mesh carved by the best normals of the photo that can be had, and what those come from, in words."""
    front = front_of(mesh, photo.camera, device)
    trust = trusted_pixels(front, photo.alpha)
    normals = photo_normals(photo, front.camera, front.normals, trust, device)
    return carve(mesh, photo, front, normals, device), normals.source


def carve(mesh: Mesh, photo: Photo, front: Front, normals: Normals, device: str) -> Mesh:
    """The mesh with its seen surface displaced to agree with `normals`, which belong to `front`.

    The triangles stay the same. What the photo does not show, or does not show well, stays where it is.
    """
    trust = trusted_pixels(front, photo.alpha)
    rays = Rays(mesh, device)
    seen = _seen(mesh, front.camera, trust, rays)
    push = _sample(_change(front, normals, trust), mesh, front.camera)
    push *= np.linalg.norm(mesh.vertices - front.camera.position, axis=1)
    push = _evened(mesh, _bounded(mesh, push, front.camera, rays), seen)
    return _displaced(mesh, push, front.camera)


def trusted_pixels(front: Front, alpha: NDArray) -> NDArray[np.float32]:
    """[H, W] 0 along the outlines of the mask and of the parts within it, rising to 1 away from them.

    alpha: the photo's, at its own size. Returns the size of `front`.
    """
    alpha = cv2.resize(alpha, front.depth.shape[::-1], interpolation=cv2.INTER_AREA) * front.there
    return trusted(alpha, front.depth, front.there, CLIFF * front.depth / front.camera.fx, MARGIN, FEATHER)


def _seen(mesh: Mesh, camera: Camera, trust: NDArray, rays: Rays) -> NDArray[np.float32]:
    """[V] how well the photo shows each vertex, 0 … 1: turned towards it, unhidden, away from outlines."""
    towards = camera.position - mesh.vertices
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    seen = turned_to(np.einsum("ij,ij->i", towards, mesh.normals)) * _sample(trust, mesh, camera)
    asked = np.flatnonzero(seen > 0)
    seen[asked[~rays.seen_from(camera.position, mesh.vertices[asked], mesh.normals[asked])]] = 0.0
    return seen


def _change(front: Front, normals: Normals, trust: NDArray) -> NDArray[np.float32]:
    """[H, W] the share by which the depth grows when the front takes on the normals; 0 beside it."""
    if not front.there.any():
        return np.zeros_like(front.depth)
    tall, wide = (np.ptp(np.flatnonzero(front.there.any(axis=axis))) + 1 for axis in (1, 0))
    free, held = ((share * max(tall, wide)) ** -2.0 for share in (LARGEST_SHAPE, BORDER_SHAPE))
    anchor = free + (held - free) * (1.0 - trust)
    share = np.minimum(normals.confidence, trust)[..., None]
    blend = share * normals.normals + (1.0 - share) * front.normals
    blend /= np.maximum(np.linalg.norm(blend, axis=2, keepdims=True), 1e-6)
    belief = LEAST_BELIEF + (1.0 - LEAST_BELIEF) * share[..., 0]
    depth = integrate(blend, front.there, front.camera, front.depth, anchor, belief)
    return np.where(front.there, depth / np.where(front.there, front.depth, 1.0) - 1.0, 0.0).astype(np.float32)


def _sample(picture: NDArray, mesh: Mesh, camera: Camera) -> NDArray[np.float32]:
    """[V] the picture [H, W] bilinearly under each vertex; 0 beside it."""
    pixels, depth = camera.project(mesh.vertices)
    places = np.where(depth[:, None] > 0, pixels, -1e4).T[::-1] - 0.5
    return ndimage.map_coordinates(picture, places, order=1, output=np.float32)


def _bounded(mesh: Mesh, push: NDArray, camera: Camera, rays: Rays) -> NDArray[np.float32]:
    """[V] the pushes, bent so as to stay under a share of the statue's size and thickness."""
    size = float(np.ptp(mesh.vertices, axis=0).max())
    limit = np.full(len(push), FARTHEST * size)
    inward = np.flatnonzero(push > 0)
    directions = mesh.vertices[inward] - camera.position
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    start = mesh.vertices[inward] - 1e-3 * size * mesh.normals[inward]  # below its own triangles
    limit[inward] = np.minimum(limit[inward], DEEPEST * rays.hits(start, directions).distances)
    limit = np.maximum(limit, 1e-6 * size)
    return (limit * np.tanh(push / limit)).astype(np.float32)


def _evened(mesh: Mesh, push: NDArray, seen: NDArray) -> NDArray[np.float32]:
    """[V] the pushes as far as vertices are seen (0 … 1), without steps between seen and unseen ones."""
    push = push * seen
    a, b = mesh.faces.ravel(), np.roll(mesh.faces, -1, axis=1).ravel()
    valence = np.bincount(a, minlength=len(push))
    for _ in range(SMOOTHING):
        around = np.bincount(a, push[b], len(push)) / valence
        push = push + (1.0 - seen) * (around - push)
    return push.astype(np.float32)


def _displaced(mesh: Mesh, push: NDArray, camera: Camera) -> Mesh:
    """The vertices moved along their rays, more evenly where a triangle would turn over."""
    directions = mesh.vertices - camera.position.astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    a, b = mesh.faces.ravel(), np.roll(mesh.faces, -1, axis=1).ravel()
    valence = np.bincount(a, minlength=len(push))
    for retreat in range(RETREATS + 1):
        moved = Mesh((mesh.vertices + push[:, None] * directions).astype(np.float32), mesh.faces)
        turned = np.einsum("ij,ij->i", moved.face_normals, mesh.face_normals) < SHARPEST_TURN
        if not turned.any():
            break
        corners = np.zeros(len(push), dtype=bool)
        corners[mesh.faces[turned]] = True
        corners[mesh.faces[corners[mesh.faces].any(axis=1)]] = True  # and their neighbours
        around = np.bincount(a, push[b], len(push)) / valence
        keep = 1.0 if retreat < RETREATS // 2 else 0.5
        push = np.where(corners, keep * around, push) if retreat < RETREATS else np.where(corners, 0.0, push)
    return moved
