"""What cameras see, against ray and shape arithmetic that knows nothing of triangles."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from statue_recon.camera import Camera
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.gbuffer import GBuffer, gbuffer
from statue_recon.render.visibility import texel_visibility, vertex_visibility

CAMERA = Camera.orbit(20, 15, 4.0, 150, 130, 220.0)


def mesh_of(shape: trimesh.Trimesh) -> Mesh:
    return Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))


def ball(radius: float, centre=(0.0, 0.0, 0.0), subdivisions: int = 4) -> Mesh:
    shape = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return mesh_of(shape.apply_translation(centre))


def square(side: float, height: float = 0.0) -> Mesh:
    """Two triangles in the plane z = height, looking up."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * side / 2 + (0, 0, height)
    return Mesh(corners.astype(np.float32), np.array([[0, 1, 2], [0, 2, 3]], np.int32))


def together(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces).astype(np.int32))


def rays_of(camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    origin, directions = camera.rays(camera.pixel_centres())
    return origin, directions.reshape(camera.height, camera.width, 3)


def way_to_box(origin: np.ndarray, directions: np.ndarray, low, high) -> np.ndarray:
    """The distance at which rays enter an upright box, infinite where they miss it (slabs: Kay and Kajiya 1986)."""
    one, other = (np.asarray(low) - origin) / directions, (np.asarray(high) - origin) / directions
    enter, leave = np.minimum(one, other).max(axis=-1), np.maximum(one, other).min(axis=-1)
    return np.where(enter < leave, enter, np.inf)


def test_a_slanting_plane_has_the_depth_and_place_of_its_rays():
    view = gbuffer(square(1.6), CAMERA)
    origin, directions = rays_of(CAMERA)
    distance = -origin[2] / directions[..., 2]
    points = origin + distance[..., None] * directions
    inside = np.abs(points[..., :2]).max(axis=-1)
    assert view.there[inside < 0.799].all() and not view.there[inside > 0.801].any()
    there = view.there
    assert there.sum() > 1000
    assert np.abs(view.position - points)[there].max() < 2e-5
    assert np.abs(view.depth - directions @ CAMERA.rotation[2] * distance)[there].max() < 2e-5
    assert np.abs(view.normal[there] - (0, 0, 1)).max() < 1e-6
    assert np.abs(view.facing + directions[..., 2])[there].max() < 1e-5


def test_the_depth_of_two_boxes_is_that_of_the_nearer_one():
    boxes = [((-0.6, -0.2, -0.6), (0.5, 0.7, 0.4)), ((-0.2, -0.9, -0.3), (0.3, -0.5, 0.6))]
    meshes = [mesh_of(trimesh.creation.box(bounds=bounds)) for bounds in boxes]
    view = gbuffer(together(*meshes), CAMERA)
    origin, directions = rays_of(CAMERA)
    ways = np.stack([way_to_box(origin, directions, *bounds) for bounds in boxes])
    first = ways.min(axis=0)
    assert (view.there == np.isfinite(first)).mean() > 0.998  # a pixel's centre on an edge may fall to either side
    same = view.there & np.isfinite(first)
    from_the_second = view.faces >= len(meshes[0].faces)
    assert (from_the_second == (ways.argmin(axis=0) == 1))[same].mean() > 0.998
    error = np.abs(view.position - (origin + first[..., None] * directions))[same].max(axis=-1)
    assert np.quantile(error, 0.995) < 1e-4


def test_the_normals_of_a_ball_point_away_from_its_middle_and_its_rim_is_seen_edge_on():
    view = gbuffer(ball(0.9, subdivisions=5), CAMERA)
    there = view.there
    outwards = view.position[there] / np.linalg.norm(view.position[there], axis=1, keepdims=True)
    assert np.einsum("ij,ij->i", view.normal[there], outwards).min() > np.cos(np.radians(0.5))
    assert np.linalg.norm(view.normal[there], axis=1) == pytest.approx(1, abs=1e-5)
    origin, directions = rays_of(CAMERA)
    miss = np.linalg.norm(np.cross(directions, origin), axis=-1)  # how far each ray passes from the middle
    cosine = np.sqrt(np.clip(1 - (miss / 0.9) ** 2, 0, 1))
    assert np.abs(view.facing - cosine)[there & (miss < 0.85)].max() < 0.02


def test_the_inside_of_a_surface_faces_away():
    outside = ball(0.9)
    view = gbuffer(Mesh(outside.vertices, outside.faces[:, ::-1].copy()), CAMERA)
    assert (view.facing[view.there] < 0.1).all() and view.facing.min() < -0.99


def test_where_nothing_is_the_pictures_are_empty_and_infinitely_far():
    view: GBuffer = gbuffer(square(0.2), CAMERA)
    empty = ~view.there
    assert empty.any() and (view.faces[empty] == -1).all() and np.isinf(view.depth[empty]).all()
    for picture in (view.weights, view.position, view.normal, view.facing):
        assert not picture[empty].any()


def test_a_small_ball_hides_of_a_large_one_what_lies_behind_it():
    large, small, middle, radius = ball(0.9), ball(0.3), np.array([0.2, -1.6, 0.1]), 0.3
    mesh = together(large, Mesh((small.vertices + middle).astype(np.float32), small.faces))
    cameras = [Camera.orbit(azimuth, 10, 5.0, 200, 200, 300.0) for azimuth in (0, 90, 180)]
    visibility = vertex_visibility(mesh, cameras)
    points = mesh.vertices[: len(large.vertices)].astype(np.float64)
    for seen, cosine, camera in zip(visibility.seen, visibility.cosine, cameras, strict=True):
        towards = camera.position - points
        distance = np.linalg.norm(towards, axis=1)
        towards /= distance[:, None]
        facing = np.einsum("ij,ij->i", towards, points / 0.9)
        assert np.abs(cosine[: len(points)] - facing).max() < 0.02
        along = np.clip(np.einsum("ij,ij->i", towards, middle - points), 0, distance)
        gap = np.linalg.norm(points + along[:, None] * towards - middle, axis=1) - radius
        clear = (np.abs(facing) > 0.05) & (np.abs(gap) > 0.01)
        assert np.array_equal(seen[: len(points)][clear], ((facing > 0) & (gap > 0))[clear])
    hidden = ~visibility.seen[0, : len(points)] & (visibility.cosine[0, : len(points)] > 0.3)
    assert hidden.sum() > 50  # the shadow of the small ball, seen from the front
    assert not visibility.weights[0, : len(points)][hidden].any()
    assert not vertex_visibility(mesh, cameras[:1]).best[: len(points)][hidden].any()


def test_the_best_view_of_a_place_is_the_squarest_that_sees_it():
    mesh = ball(0.9)
    cameras = [Camera.orbit(azimuth, 0, 5.0, 200, 200, 300.0) for azimuth in (0, 90)]
    visibility = vertex_visibility(mesh, cameras)
    assert visibility.seen.shape == visibility.cosine.shape == (2, len(mesh.vertices))
    towards = np.stack([camera.position for camera in cameras])[:, None] - mesh.vertices
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    cosine = np.einsum("cvi,vi->cv", towards, mesh.normals)
    clear = (np.abs(cosine) > 0.02).all(axis=0)
    assert np.abs(visibility.best - np.clip(cosine, 0, 1).max(axis=0))[clear].max() < 1e-5
    assert not visibility.best[(mesh.vertices[:, 0] < -0.2) & (mesh.vertices[:, 1] > 0.2)].any()  # far from both


def test_what_lies_outside_the_picture_is_not_seen():
    mesh = ball(0.9)
    narrow = Camera.orbit(0, 0, 5.0, 100, 100, 300.0)
    seen = vertex_visibility(mesh, [narrow]).seen[0]
    pixels, _ = narrow.project(mesh.vertices)
    within = ((pixels > 0) & (pixels < 100)).all(axis=1)
    assert seen.any() and not seen[~within].any()


def test_the_texels_under_a_hovering_plate_are_hidden_from_above_it():
    floor, plate = square(2.0), square(0.5, height=0.4)
    uv = (together(floor, plate).vertices[together(floor, plate).faces][..., :2] / 2 + 0.5).astype(np.float32)
    uv[2:] = 5.0  # the plate has no place in the atlas
    camera = Camera.orbit(30, 50, 4.0, 100, 100, 100.0)
    visibility = texel_visibility(together(floor, plate), uv, 64, [camera])
    column, row = np.meshgrid(np.arange(64), np.arange(64))
    points = np.stack([(column + 0.5) / 32 - 1, 1 - (row + 0.5) / 32, np.zeros((64, 64))], axis=-1)
    share = 0.4 / camera.position[2]  # of the way to the eye, at which the plate's height is reached
    at_plate = np.abs((points + share * (camera.position - points))[..., :2]).max(axis=-1)
    assert visibility.seen.shape == (1, 64, 64)
    assert visibility.seen[0][at_plate > 0.255].all() and not visibility.seen[0][at_plate < 0.245].any()
    towards = camera.position - points
    assert visibility.cosine[0] == pytest.approx(towards[..., 2] / np.linalg.norm(towards, axis=-1), abs=1e-5)
