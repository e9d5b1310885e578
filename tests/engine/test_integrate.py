"""Normals become the depth they belong to; cliffs stand; a known depth holds what normals leave open."""

import time

import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.mesh.integrate import integrate
from statue_recon.photo.multigrid import solve

SIZE = 128
FREE = 1e-6  # pixels⁻²


def camera(size=SIZE, aside=0.0) -> Camera:
    return Camera(size, size, 1.4 * size, 1.4 * size, size / 2 + aside, size / 2, np.eye(4))


def rays(of: Camera) -> np.ndarray:
    u, v = np.meshgrid(np.arange(of.width) + 0.5, np.arange(of.height) + 0.5)
    return np.stack([(u - of.cx) / of.fx, (v - of.cy) / of.fy, np.ones_like(u)], axis=2)


def ball(of: Camera, centre=(0.0, 0.0, 3.0), radius=0.8):
    """Depth, normals and mask of a ball, by its formula."""
    ray = rays(of)
    unit = ray / np.linalg.norm(ray, axis=2, keepdims=True)
    along = unit @ centre
    room = along**2 - (np.dot(centre, centre) - radius**2)
    points = unit * (along - np.sqrt(np.maximum(room, 0.0)))[..., None]
    return points[..., 2], (points - centre) / radius, room > 0.02 * radius**2


def plane(of: Camera, normal, at):
    """Depth and normals of the plane with this normal, `at` far on the camera's axis."""
    normal = np.array(normal, dtype=np.float64) / np.linalg.norm(normal)
    depth = at * normal[2] / (rays(of) @ normal)
    return depth, np.broadcast_to(normal, (*depth.shape, 3))


def everywhere(value, of: Camera) -> np.ndarray:
    return np.full((of.height, of.width), value)


def relief_error(found, true, mask) -> float:
    """The 99th percentile of the errors over the depth there is in the mask, up to a scale, which no normals tell."""
    error = (found * np.median(true[mask] / found[mask]) - true)[mask]
    return float(np.percentile(np.abs(error), 99) / np.ptp(true[mask]))


@pytest.mark.parametrize("aside", [0.0, 40.0])
def test_the_normals_of_a_ball_give_the_ball(aside):
    view = camera(aside=aside)
    true, normals, mask = ball(view, centre=(-aside / view.fx * 3.0, 0.0, 3.0))
    found = integrate(normals, mask, view, everywhere(3.0, view), everywhere(FREE, view), everywhere(1.0, view))
    assert relief_error(found, true, mask) < 0.01
    assert np.all(found[~mask] == 3.0)


def test_the_normals_of_an_inclined_plane_give_the_plane_in_perspective():
    view = camera()
    true, normals = plane(view, (0.5, -0.3, -1.0), 3.0)
    mask = everywhere(1.0, view) > 0
    found = integrate(normals, mask, view, everywhere(3.0, view), everywhere(FREE, view), everywhere(1.0, view))
    assert relief_error(found, true, mask) < 0.01


def test_a_camera_with_oblong_pixels_sees_the_same_plane():
    view = Camera(SIZE, SIZE, 150.0, 250.0, SIZE / 2, SIZE / 2, np.eye(4))
    true, normals = plane(view, (0.4, 0.4, -1.0), 3.0)
    mask = everywhere(1.0, view) > 0
    found = integrate(normals, mask, view, everywhere(3.0, view), everywhere(FREE, view), everywhere(1.0, view))
    assert relief_error(found, true, mask) < 0.01


def test_a_cliff_between_two_planes_stays_where_the_anchor_has_it_roughly():
    """The normals of a step are those of a plain: only the weights of both sides tell it from one."""
    view = camera()
    near, normals = plane(view, (0.0, 0.0, -1.0), 3.0)
    step = np.arange(SIZE)[None, :] >= SIZE // 2
    true = np.where(step, 3.3, near)
    noise = 0.02 * np.sin(np.arange(SIZE) / 3.0)[:, None] * np.cos(np.arange(SIZE) / 4.0)
    mask = everywhere(1.0, view) > 0
    found = integrate(normals, mask, view, true + noise, everywhere(1e-4, view), everywhere(1.0, view))
    rise = found[:, SIZE // 2] - found[:, SIZE // 2 - 1]
    assert np.abs(rise / 0.3 - 1.0).max() < 0.05
    assert np.abs(found - true).max() < 0.01


def test_details_come_from_the_normals_and_the_large_shape_from_a_biased_anchor():
    view = camera()
    true, normals, mask = ball(view)
    lean = 0.1 * rays(view)[..., 0]
    bumps = 0.03 * np.sin(np.arange(SIZE) * 0.8)[:, None] * np.sin(np.arange(SIZE) * 0.8)
    anchor = everywhere(1.0 / 20.0**2, view)
    found = integrate(normals, mask, view, true + lean + bumps, anchor, everywhere(1.0, view))
    inner = ball(view, radius=0.6)[2]
    error = (found - true)[inner]
    design = np.column_stack([lean[inner], bumps[inner], np.ones(inner.sum())])
    of_lean, of_bumps, _ = np.linalg.lstsq(design, error, rcond=None)[0]
    assert of_lean == pytest.approx(1.0, abs=0.35)
    assert abs(of_bumps) < 0.1


def test_normals_without_confidence_change_nothing():
    view = camera()
    depth, _, mask = ball(view)
    wrong = plane(view, (1.0, 1.0, -1.0), 3.0)[1]
    found = integrate(wrong, mask, view, depth, everywhere(1e-3, view), everywhere(0.0, view))
    assert np.abs(found - depth)[mask].max() < 1e-5


def test_an_empty_mask_and_a_single_pixel_are_no_trouble():
    view = camera(16)
    depth, normals = plane(view, (0.0, 0.0, -1.0), 3.0)
    alone = np.zeros((16, 16), dtype=bool)
    for mask in (alone.copy(), alone):
        assert np.allclose(integrate(normals, mask, view, depth, everywhere(1e-3, view), everywhere(1.0, view)), depth)
        alone[3, 4] = True


def test_the_multigrid_solution_is_scipys():
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import spsolve

    random = np.random.default_rng(0)
    height, width = 37, 50
    across = random.uniform(0, 1, (height, width - 1)).astype(np.float32) ** 4
    down = random.uniform(0, 1, (height - 1, width)).astype(np.float32) ** 4
    tied = random.uniform(0, 0.01, (height, width)).astype(np.float32)
    wanted = random.normal(size=(height, width)).astype(np.float32)
    number = np.arange(height * width).reshape(height, width)
    one = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    other = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    strength = np.concatenate([across.ravel(), down.ravel()]).astype(np.float64)
    graph = coo_matrix((np.tile(strength, 2), (np.r_[one, other], np.r_[other, one])), (number.size, number.size))
    matrix = diags(tied.ravel() + np.asarray(graph.sum(axis=1)).ravel()) - graph
    exact = spsolve(matrix.tocsc(), wanted.ravel().astype(np.float64)).reshape(height, width)
    found = solve((across, down), tied, wanted)
    assert np.linalg.norm(found - exact) < 0.03 * np.linalg.norm(exact)


@pytest.mark.slow
def test_512_by_512_pixels_take_less_than_five_seconds():
    view = camera(512)
    true, normals, _ = ball(view)
    mask = everywhere(1.0, view) > 0
    depth = np.where(true > 0, true, 3.3)
    anchor = everywhere(1.0 / 60.0**2, view)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        integrate(normals, mask, view, 1.02 * depth, anchor, everywhere(1.0, view))
        seconds.append(time.process_time() - began)
    assert min(seconds) < 5.0
