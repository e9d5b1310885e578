"""The layer of the appearance stage: smooth, nothing at its border, and as fine as a prior needs it."""

import numpy as np
import pytest
import torch
from texture_scene import bumpy_ball

from statue_recon.camera import Camera
from statue_recon.mesh.atlas import unwrap
from statue_recon.photo.light import srgb
from statue_recon.priors.view.framing import Framing
from statue_recon.refine.appearance import look
from statue_recon.refine.appearance.canvas import under
from statue_recon.refine.appearance.carrier import carried
from statue_recon.refine.appearance.layer import settled
from statue_recon.refine.appearance.look import Look, coloured
from statue_recon.refine.appearance.told import spread_poses
from statue_recon.render.raster import cover_of_atlas
from statue_recon.texture.surface import Surface


def test_a_layer_begins_with_nothing_and_reaches_what_is_wanted():
    mesh = bumpy_ball()
    y = mesh.vertices[:, 1]
    free, wanted = y > 0.0, np.tile(np.float32([0.3, -0.2, 0.1]), (len(y), 1))
    found = settled(Surface.of(mesh), wanted, np.ones(len(y)), free, reach=0.04)
    assert (found[~free] == 0.0).all()
    assert np.abs(found[y > 0.5] - wanted[y > 0.5]).max() < 0.01
    near = free & (y < 0.02)
    assert near.sum() > 50 and np.abs(found[near]).max() < 0.12


def test_what_no_view_shows_goes_on_as_its_neighbours():
    mesh = bumpy_ball()
    y = mesh.vertices[:, 1]
    wanted = np.where((y > 0.5)[:, None], np.float32(0.0), np.float32([[0.3, 0.3, 0.3]]))
    found = settled(Surface.of(mesh), wanted, (y < 0.5).astype(float), y > -0.5, reach=0.04)
    assert np.abs(found[y > 0.5] - 0.3).max() < 0.02


def test_light_under_no_layer_is_unchanged_and_grain_keeps_its_contrast():
    rng = np.random.default_rng(0)
    around = rng.random((1000, 3), np.float32)
    light = around * rng.uniform(0.9, 1.1, (1000, 3)).astype(np.float32)
    np.testing.assert_allclose(under(light, around, np.zeros_like(light)), light, atol=1e-6)
    darker = under(light, around, -0.9 * around)
    assert (darker >= 0.0).all()
    bright = around > 0.5
    np.testing.assert_allclose((darker / (0.1 * around))[bright], (light / around)[bright], atol=0.03)
    brighter = under(light, around, 9.0 * around)
    np.testing.assert_allclose((brighter - 10.0 * around)[bright], 2.0 * (light - around)[bright], atol=1e-5)


def test_a_coarse_mesh_is_cut_until_it_can_hold_what_a_prior_says():
    mesh = bumpy_ball(3)
    uv, seen = unwrap(mesh), mesh.vertices[:, 0].astype(np.float32)
    spacing = Surface.of(mesh).spacing
    same = carried(mesh, uv, seen, 2.0 * spacing)
    assert same[0] is mesh
    fine, places, values = carried(mesh, uv, seen, 0.3 * spacing)
    assert len(fine.faces) == 16 * len(mesh.faces) and Surface.of(fine).spacing < 0.3 * spacing
    assert len(np.unique(fine.faces)) == len(fine.vertices) == 2 + len(fine.faces) // 2  # still closed
    np.testing.assert_allclose(values, fine.vertices[:, 0], atol=1e-5)
    before, after = (cover_of_atlas(each, 256) for each in (uv, places))
    assert ((before.faces >= 0) == (after.faces >= 0)).mean() > 0.9999
    both = (before.faces >= 0) & (after.faces >= 0)
    there = before.picture(mesh.vertices, mesh.faces)[both]
    np.testing.assert_allclose(after.picture(fine.vertices, fine.faces)[both], there, atol=1e-4)
    once = carried(mesh, uv, seen, 0.6 * spacing)[0]
    np.testing.assert_allclose(once.face_normals, np.tile(mesh.face_normals, (4, 1)), atol=1e-4)


@pytest.fixture(scope="module")
def seen() -> tuple:
    mesh = bumpy_ball()
    return mesh, Look.through(Camera.orbit(30.0, 10.0, 4.0, 64, 64, 110.0), mesh, "cpu")


def test_a_view_has_the_colours_of_its_vertices(seen):
    mesh, view = seen
    light = torch.full((len(mesh.vertices), 3), 0.25)
    views = coloured([view], light)
    inside = views.alpha[0] > look.WHOLE
    assert 500 < inside.sum() < 64 * 64
    np.testing.assert_allclose(views.rgb[0][inside], float(srgb(np.float32(0.25))), atol=1e-4)
    assert (views.rgb[0][views.alpha[0] == 0] == 0.0).all()
    assert (views.normal[0][inside][:, 2] < 0.0).all()  # they look at the camera


def test_gradients_of_a_view_are_those_of_its_places(seen):
    mesh, view = seen
    light = torch.full((len(mesh.vertices), 1), 0.25, dtype=torch.float64).requires_grad_()
    picked = view.of(light)[30, 30, 0]
    picked.backward()
    assert abs(float(light.grad.sum()) - 1.0) < 1e-6 and (light.grad >= 0.0).all()
    black = torch.full((len(mesh.vertices), 3), -0.1).requires_grad_()
    coloured([view], black).rgb.sum().backward()
    assert black.grad.abs().max() > 0.0  # what was cut off can come back


def test_only_pixels_wholly_free_count(seen):
    mesh, view = seen
    free = torch.from_numpy(mesh.vertices[:, 2] > 0.0)
    weight = view.wholly(free)
    share = view.of(free.float()[:, None])[..., 0]
    assert set(weight.unique().tolist()) == {0.0, 1.0}
    assert (weight[(share < 0.99) | (view.alpha < 0.99)] == 0.0).all()
    assert weight[:20][view.alpha[:20] > look.WHOLE].all()


def test_views_are_closer_together_where_more_is_hidden():
    framing = Framing((0.0, 0.0, 0.0), 0.0, 8.0, 4.0, 0.3)
    hidden = np.r_[np.zeros(6), np.ones(12), np.zeros(6)]
    poses = spread_poses(12, framing, (0.0, 30.0), hidden)
    assert sum(abs(pose.azimuth) > 90.0 for pose in poses) >= 9
    assert sum(abs(pose.azimuth) < 90.0 for pose in poses) >= 1
    assert {round(pose.lift, 6) for pose in poses} == {-8.0, 22.0}
    even = spread_poses(8, framing, (0.0,), np.zeros(24))
    azimuths = sorted(pose.azimuth for pose in even)
    np.testing.assert_allclose(np.diff(azimuths), 45.0, atol=1e-6)
