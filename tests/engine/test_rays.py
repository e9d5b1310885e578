"""Ray casts and rasterising, against arithmetic and against trying every face."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from statue_recon.camera import Camera
from statue_recon.mesh.mesh import Mesh
from statue_recon.render import launch
from statue_recon.render.raster import cover_of_atlas, cover_of_photo
from statue_recon.render.rays import Rays

EYE = np.array([0.0, -4.0, 0.5])


@pytest.fixture(scope="module")
def ball() -> Mesh:
    shape = trimesh.creation.icosphere(subdivisions=5, radius=0.9)
    return Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))


@pytest.fixture(scope="module")
def ring() -> Mesh:
    """A torus seen flatly: its near half hides much of its far half."""
    shape = trimesh.creation.torus(0.65, 0.25, major_sections=48, minor_sections=24)
    shape.apply_transform(trimesh.transformations.rotation_matrix(0.1, [1, 0, 0]))
    return Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))


def camera(width: int = 160, height: int = 120) -> Camera:
    return Camera.orbit(20, 10, 4.0, width, height, 1.6 * width)


def first_met(mesh: Mesh, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The face each ray meets first, -1 for none: every ray against every face (Möller and Trumbore 1997)."""
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).transpose(1, 0, 2)
    first = np.empty(len(directions), dtype=int)
    for ray, (origin, direction) in enumerate(zip(origins, directions, strict=True)):
        across = np.cross(direction, c - a)
        volume = np.einsum("ij,ij->i", b - a, across)
        u = np.einsum("ij,ij->i", origin - a, across) / volume
        turned = np.cross(origin - a, b - a)
        v = turned @ direction / volume
        distance = np.einsum("ij,ij->i", c - a, turned) / volume
        distance[(u < 0) | (v < 0) | (u + v > 1) | (distance < 0)] = np.inf
        first[ray] = distance.argmin() if np.isfinite(distance.min()) else -1
    return first


def test_rays_meet_a_ball_where_arithmetic_says(ball):
    targets = np.random.default_rng(0).normal(scale=0.5, size=(2000, 3))
    directions = (targets - EYE) / np.linalg.norm(targets - EYE, axis=1, keepdims=True)
    hits = Rays(ball).hits(EYE, directions)
    along = -directions @ EYE
    miss = EYE @ EYE - along**2
    clear = np.abs(miss - 0.81) > 0.02  # a ball of triangles is a little smaller at its rim
    assert np.array_equal(hits.faces[clear] >= 0, (miss < 0.81)[clear])
    met = clear & (miss < 0.81)
    assert np.abs(hits.distances - (along - np.sqrt(np.maximum(0.81 - miss, 0))))[met].max() < 0.02
    assert np.isinf(hits.distances[clear & (miss > 0.81)]).all()


def test_rays_meet_the_faces_that_trying_all_faces_finds(ring):
    origin, directions = camera().rays(camera().pixel_centres()[::17])
    hits = Rays(ring).hits(origin, directions)
    faces = first_met(ring, np.tile(origin, (len(directions), 1)), directions)
    assert (faces >= 0).any() and (faces < 0).any()
    assert (faces == hits.faces).mean() > 0.999  # rays through an edge may choose either side


def test_the_weights_of_a_hit_lead_to_the_point_that_was_hit(ring):
    origin, directions = camera().rays(camera().pixel_centres())
    hits = Rays(ring).hits(origin, directions)
    met = hits.faces >= 0
    corners = ring.vertices[ring.faces[hits.faces[met]]]
    points = np.einsum("nk,nkj->nj", hits.weights[met], corners)
    assert np.allclose(points, origin + hits.distances[met, None] * directions[met], atol=1e-4)


def test_the_rays_of_a_camera_are_those_through_its_pixels_centres(ring):
    rays, oblong = Rays(ring), Camera(170, 90, 250.0, 230.0, 80.0, 51.0, camera().world_to_camera)
    hits, expected = rays.hits_of(oblong), rays.hits(*oblong.rays(oblong.pixel_centres()))
    same = hits.faces == expected.faces
    assert same.mean() > 0.999 and (hits.faces >= 0).mean() > 0.2
    met = same & (hits.faces >= 0)
    assert np.abs(hits.distances[met] - expected.distances[met]).max() < 1e-5


def test_rays_may_share_an_origin_or_each_have_their_own(ring):
    origin, directions = camera().rays(camera().pixel_centres())
    shared = Rays(ring).hits(origin, directions)
    own = Rays(ring).hits(np.tile(origin, (len(directions), 1)), directions)
    assert np.array_equal(shared.faces, own.faces) and np.array_equal(shared.weights, own.weights)
    inwards = Rays(ring).hits(-3.0 * directions, directions)
    assert not np.array_equal(inwards.faces, own.faces)


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_however_many_cores_share_the_rays_the_answers_are_the_same(ring, monkeypatch, cores):
    monkeypatch.setattr(launch, "cores", lambda: cores)
    rays, wide = Rays(ring), camera(333, 217)
    hits = rays.hits_of(wide)
    monkeypatch.setattr(launch, "cores", lambda: 1)
    alone = rays.hits_of(wide)
    assert len(hits.faces) == 333 * 217 and (hits.faces >= 0).any()
    assert np.array_equal(hits.faces, alone.faces) and np.array_equal(hits.distances, alone.distances)
    assert np.array_equal(hits.weights, alone.weights)


def test_the_closest_place_on_a_box_is_where_arithmetic_says():
    shape = trimesh.creation.box((1.0, 0.6, 1.4))
    box = Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))
    points = np.random.default_rng(5).uniform(-2, 2, size=(3000, 3))
    points = points[(np.abs(points) > (0.5, 0.3, 0.7)).any(axis=1)]
    closest = Rays(box).closest(points)
    expected = np.clip(points, (-0.5, -0.3, -0.7), (0.5, 0.3, 0.7))
    apart = np.linalg.norm(closest.of(box.vertices, box.faces) - expected, axis=1)
    # Near a corner a place beside the closest is, in float32, as close.
    assert np.quantile(apart, 0.99) < 1e-5 and apart.max() < 1e-3
    assert np.abs(closest.distances - np.linalg.norm(points - expected, axis=1)).max() < 1e-5
    near = Rays(box).closest(points, farthest=0.5)
    within = np.linalg.norm(points - expected, axis=1)
    assert (near.faces[within < 0.499] >= 0).all() and (near.faces[within > 0.501] == -1).all()
    assert np.isinf(near.distances[within > 0.501]).all() and not near.weights[within > 0.501].any()


def test_the_eye_sees_the_near_cap_of_a_ball_and_nothing_else(ball):
    seen = Rays(ball).seen_from(EYE, ball.vertices, ball.normals)
    # A tangent from the eye touches the ball where point · eye = radius².
    above = ball.vertices @ EYE - 0.81
    assert seen[above > 0.08].all()
    assert not seen[above < -0.02].any()


def test_what_stands_behind_something_is_not_seen(ring):
    eye = camera().position
    seen = Rays(ring).seen_from(eye, ring.vertices, ring.normals)
    towards = (eye - ring.vertices) / np.linalg.norm(eye - ring.vertices, axis=1, keepdims=True)
    hidden = first_met(ring, ring.vertices + 1e-3 * (ring.normals + towards), towards) >= 0
    facing = np.einsum("ij,ij->i", towards, ring.normals)
    clear = np.abs(facing) > 0.1
    assert (hidden & (facing > 0.1)).any()
    assert (seen == (~hidden & (facing > 0)))[clear].mean() > 0.995


def test_the_picture_of_faces_agrees_with_rays(ring):
    origin, directions = camera().rays(camera().pixel_centres())
    hits = Rays(ring).hits(origin, directions)
    cover = cover_of_photo(ring, camera())
    assert cover.faces.shape == (120, 160)
    assert (cover.faces.ravel() == hits.faces).mean() > 0.999


def test_weights_under_a_pixel_lead_to_the_surface_on_its_ray(ring):
    cover = cover_of_photo(ring, camera())
    points = cover.of(ring.vertices, ring.faces)
    pixels, _ = camera().project(points)
    assert np.allclose(pixels, camera().pixel_centres()[cover.faces.ravel() >= 0], atol=5e-3)


def test_a_statue_partly_behind_the_camera_is_drawn_without_its_near_faces(ball):
    inside = Camera.orbit(0, 0, 0.5, 64, 64, 60.0)
    cover = cover_of_photo(ball, inside)
    depth = inside.project(ball.vertices)[1]
    assert (cover.faces >= 0).any()
    assert (depth[ball.faces[cover.faces[cover.faces >= 0]]] > 0).all()


def test_texels_lie_on_the_face_whose_uv_holds_them():
    uv = np.array([[[0, 0], [1, 0], [0, 1]], [[1, 0], [1, 1], [0, 1]]], dtype=np.float32)
    cover = cover_of_atlas(uv, 8)
    row, column = np.mgrid[0:8, 0:8]
    below = (column + 0.5) + (8 - row - 0.5) < 8 - 1e-3  # v grows upwards, rows downwards
    above = (column + 0.5) + (8 - row - 0.5) > 8 + 1e-3
    assert (cover.faces[below] == 0).all() and (cover.faces[above] == 1).all()
    assert (cover.faces >= 0).all()
    corner = cover.weights[7, 0]  # bottom left: near the first corner of the first face
    assert corner[0] > 0.8 and corner.sum() == pytest.approx(1, abs=1e-5)


def test_a_mesh_without_faces_covers_nothing():
    assert (cover_of_atlas(np.zeros((0, 3, 2), np.float32), 16).faces == -1).all()


def test_warp_says_nothing_and_finds_another_cache_when_its_own_cannot_be_written(tmp_path):
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    code = (
        "import numpy as np\n"
        "from statue_recon.render.raster import cover_of_atlas\n"
        "uv = np.array([[[0, 0], [1, 0], [0, 1]]], dtype=np.float32)\n"
        "assert (cover_of_atlas(uv, 4).faces == 0).sum() >= 6\n"
    )
    environment = os.environ | {"WARP_CACHE_PATH": str(blocked / "cache"), "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
