"""The visibility grid: on a ball and behind a screen as arithmetic says, on a ring as rays cast at its mesh say."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from shapes import ball, on_grid, torus

from statue_recon.camera import Camera
from statue_recon.field.grid import DenseGrid
from statue_recon.field.visibility import View, VisibilityGrid, appearance_weight, geometry_weight, visibility_grid
from statue_recon.mesh.extract import extract
from statue_recon.render.rays import Rays

FRONT = Camera.orbit(0, 0, 4.0, 200, 200, 360)
RIGHT = Camera.orbit(90, 0, 4.0, 200, 200, 360)


@pytest.fixture(scope="module")
def round_field():
    return on_grid(ball(0.6), 64)


@pytest.fixture(scope="module")
def from_front(round_field):
    return visibility_grid(round_field, [View(FRONT)], 64)


def on_ball(count=2000):
    ways = np.random.default_rng(0).normal(size=(count, 3))
    return ways / np.linalg.norm(ways, axis=1, keepdims=True)


def test_a_ball_is_seen_in_front_hidden_behind_and_neither_at_its_contour(from_front):
    normals = on_ball()
    seen = from_front.at_surface(0.6 * normals, normals)
    towards = FRONT.position - 0.6 * normals
    facing = np.einsum("ij,ij->i", towards / np.linalg.norm(towards, axis=1, keepdims=True), normals)
    assert seen[facing > 0.2].min() > 0.85
    assert seen[facing < -0.5].max() < 0.05
    round_the_edge = [seen[(facing > low) & (facing < low + 0.1)].mean() for low in np.arange(0.1, -0.61, -0.1)]
    assert np.diff(round_the_edge).max() < 0.01
    assert any(0.2 < share < 0.8 for share in round_the_edge)
    assert from_front.at_points(np.array([[0.0, -0.9, 0.0], [0.0, 0.0, 0.0], [0.0, 0.9, 0.0], [0.9, 0.0, 0.0]])).round(
        2
    ).tolist() == [1, 0, 0, 1]


def test_every_cell_before_the_ball_is_seen_and_none_in_its_shadow(from_front):
    """No cell is missed between the rays: each is compared with the line from its centre to the camera."""
    cells = np.indices(from_front.values.shape).reshape(3, -1).T * from_front.spacing + from_front.lower
    pixels, _ = FRONT.project(cells)
    pictured = ((pixels > 2) & (pixels < 198)).all(axis=1)
    way = cells - FRONT.position
    length = np.linalg.norm(way, axis=1)
    along = np.clip(np.einsum("ij,j->i", way / length[:, None], -FRONT.position), 0, length)
    nearest = np.linalg.norm(FRONT.position + along[:, None] * way / length[:, None], axis=1) - 0.6
    free, dark = nearest > 1.5 * from_front.spacing, nearest < -1.5 * from_front.spacing
    values = from_front.values.ravel()
    assert values[free & pictured].min() > 0.95
    assert values[dark].max() < 0.05


def test_what_no_picture_contains_is_not_seen(round_field):
    narrow = replace(FRONT, width=80, cx=-60.0)  # only a strip to the right of the middle
    grid = visibility_grid(round_field, [View(narrow)], 32)
    cells = np.indices(grid.values.shape).reshape(3, -1).T * grid.spacing + grid.lower
    pixels, _ = narrow.project(cells)
    outside = (pixels[:, 0] < -10) | (pixels[:, 0] > 90)
    assert outside.sum() > 1000
    assert (grid.values.ravel()[outside] == 0).all()
    assert (visibility_grid(round_field, [], 16).values == 0).all()


def test_a_screen_hides_what_is_behind_it():
    field = on_grid(lambda x, y, z: np.maximum(np.abs(y + 0.5) - 0.06, np.maximum(np.abs(x), np.abs(z)) - 0.3), 64)
    grid = visibility_grid(field, [View(FRONT)], 64)
    behind = np.array([[0.0, 0.0, 0.0], [0.2, 0.5, -0.2], [-0.3, 0.8, 0.3]])
    beside = np.array([[0.55, 0.0, 0.0], [0.0, 0.5, 0.6], [0.0, -0.8, 0.0]])
    assert grid.at_points(behind).max() < 0.02
    assert grid.at_points(beside).min() > 0.98


def test_a_second_view_only_adds_and_the_best_one_counts(round_field, from_front):
    from_right = visibility_grid(round_field, [View(RIGHT)], 64)
    both = visibility_grid(round_field, [View(FRONT), View(RIGHT)], 64)
    assert np.array_equal(both.values, np.maximum(from_front.values, from_right.values))
    assert (both.values > from_front.values + 0.5).sum() > 1000


def test_what_the_mask_leaves_out_is_not_seen(round_field):
    alpha = np.zeros((200, 200), np.float32)
    alpha[:, 100:] = 1.0
    grid = visibility_grid(round_field, [View(FRONT, alpha)], 48)
    assert grid.at_points(np.array([[0.3, -0.7, 0.0]])) > 0.95
    assert grid.at_points(np.array([[-0.3, -0.7, 0.0]])) == 0


def test_the_same_inputs_give_the_same_bits(round_field, from_front):
    assert np.array_equal(visibility_grid(round_field, [View(FRONT)], 64).values, from_front.values)


def test_cells_are_cubes_along_the_longest_side():
    field = on_grid(ball(0.3), 65)
    tall = replace(
        field, values=field.values[16:49, 20:45].copy(), lower=field.lower + field.spacing * np.array([16, 20, 0])
    )
    grid = visibility_grid(tall, [View(FRONT)], 64)
    assert grid.values.shape == (32, 24, 64)
    assert grid.spacing == pytest.approx(2 / 64)
    np.testing.assert_allclose(grid.lower - grid.spacing / 2, tall.lower)


def test_vertices_of_a_ring_are_seen_as_rays_cast_at_its_mesh_say():
    field = on_grid(torus, 64)
    camera = Camera.orbit(20, 15, 4.0, 300, 300, 510)
    mesh = extract(field)
    normals = np.asarray(mesh.normals)
    cast = Rays(mesh).seen_from(camera.position, mesh.vertices, normals)
    seen = visibility_grid(field, [View(camera)], 96).at_surface(mesh.vertices, normals) > 0.5
    towards = camera.position - mesh.vertices
    facing = np.einsum("ij,ij->i", towards / np.linalg.norm(towards, axis=1, keepdims=True), normals)
    clear = np.abs(facing) > 0.2
    hidden = clear & (facing > 0) & ~cast
    assert hidden.sum() > 100  # by another part of the ring
    assert (seen == cast)[clear].mean() > 0.95
    assert seen[clear & cast].mean() > 0.97


def test_another_camera_is_told_how_much_of_its_picture_was_seen(round_field, from_front):
    grid = DenseGrid.from_sdf(round_field)
    beta = 0.5 * round_field.spacing

    def middle(azimuth):
        camera = Camera.orbit(azimuth, 0, 4.0, 48, 48, 90)
        return from_front.rendered(grid, camera, beta)

    front, back, side = (middle(azimuth) for azimuth in (0, 180, 90))
    assert front.shape == (48, 48)
    assert front[18:30, 18:30].min() > 0.9
    assert back[18:30, 18:30].max() < 0.05
    assert side[18:30, 14:18].min() > 0.9 and side[18:30, 30:34].max() < 0.1  # the photo's side is on the left
    assert front[0, 0] == 0
    assert from_front.rendered(grid, Camera.orbit(180, 0, 4.0, 8, 8, 15), beta, unseen=1.0)[0, 0] == 1


def test_weights_are_those_of_the_paper():
    visibility = np.array([0.0, 0.25, 0.5, 0.500001, 0.75, 1.0])
    np.testing.assert_allclose(geometry_weight(visibility), [20.0, 10.5, 1.0, 0.1, 0.05, 0.0], atol=1e-5)
    np.testing.assert_array_equal(appearance_weight(np.array([0.0, 0.3, 0.31, 1.0])), [1.0, 1.0, 0.0, 0.0])
    as_tensor = torch.tensor(visibility)
    np.testing.assert_allclose(geometry_weight(as_tensor).numpy(), geometry_weight(visibility))
    np.testing.assert_array_equal(appearance_weight(as_tensor).numpy(), appearance_weight(visibility))


def test_a_grid_survives_being_saved(tmp_path, from_front):
    path = tmp_path / "seen.npz"
    np.savez(path, values=from_front.values, lower=from_front.lower, spacing=from_front.spacing)
    with np.load(path) as saved:
        back = VisibilityGrid(saved["values"], saved["lower"], float(saved["spacing"]))
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    assert np.array_equal(back.at_points(points), from_front.at_points(points))
