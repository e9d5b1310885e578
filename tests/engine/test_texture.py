"""The picture on the surface: the photo where it was seen, no trace of the background, no seam to the rest."""

from __future__ import annotations

import time

import numpy as np
import pytest
import trimesh

from statue_recon.camera import Camera
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.photo.photo import Photo
from statue_recon.render.raster import Cover, cover_of_atlas, cover_of_photo
from statue_recon.report import Report, Stopped
from statue_recon.texture.continuation import continued
from statue_recon.texture.grain import grain_of, spread
from statue_recon.texture.paint import paint, preview_colours
from statue_recon.texture.surface import Surface
from statue_recon.texture.view import View

MAGENTA = np.array([1.0, 0.0, 1.0])  # the background: no part of the statue is anything like it
SIZE = 512


def two_balls() -> Mesh:
    """A large ball, and in front of it, towards the camera, a small one that hides its middle."""
    large = trimesh.creation.icosphere(subdivisions=5, radius=0.7)
    small = trimesh.creation.icosphere(subdivisions=4, radius=0.25)
    vertices = np.concatenate([large.vertices, np.add(small.vertices, [0.0, -1.1, 0.0])])
    faces = np.concatenate([large.faces, small.faces + len(large.vertices)])
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32))


def stone(points: np.ndarray) -> np.ndarray:
    """Colours [N, 3] of points: the large ball greenish below and yellowish above, the small one (y < -0.8) brown."""
    height = np.clip(0.5 + points[:, 2:] / 1.4, 0, 1)
    large = height * np.array([0.7, 0.65, 0.3]) + (1 - height) * np.array([0.3, 0.55, 0.4])
    return np.where(points[:, 1:2] < -0.8, [[0.45, 0.25, 0.1]], large)


def photograph(mesh: Mesh, camera: Camera, grain: float = 0.03) -> Photo:
    """Photographed in front of magenta, 3 × 3 samples a pixel so that outlines are as mixed as in a real photo."""
    fine = camera.resized(3 * camera.width, 3 * camera.height)
    cover = cover_of_photo(mesh, fine)
    there = cover.faces >= 0
    picture = np.tile(MAGENTA, (*there.shape, 1))
    picture[there] = stone(cover.of(mesh.vertices, mesh.faces))
    picture = picture.reshape(camera.height, 3, camera.width, 3, 3).mean(axis=(1, 3))
    alpha = there.reshape(camera.height, 3, camera.width, 3).mean(axis=(1, 3))
    noise = np.random.default_rng(5).normal(scale=grain, size=(*alpha.shape, 1)) * (alpha > 0)[..., None]
    return Photo(
        rgb=np.clip(picture + noise, 0, 1).astype(np.float32),
        alpha=alpha.astype(np.float32),
        mask_source="painted mask",
        camera=camera,
        notes=(),
    )


CAMERA = Camera.orbit(0, 0, 4.0, 500, 500, 900.0)


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return two_balls()


@pytest.fixture(scope="module")
def photo(mesh) -> Photo:
    return photograph(mesh, CAMERA)


@pytest.fixture(scope="module")
def painted(mesh, photo, tmp_path_factory) -> TexturedMesh:
    report = Report(tmp_path_factory.mktemp("job"))
    return paint(mesh, unwrap(mesh), [View(photo, CAMERA)], SIZE, "cpu", report)


@pytest.fixture(scope="module")
def texels(painted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Surface points [N, 3], normals [N, 3] and colours [N, 3] 0 … 1 of the covered texels."""
    cover = cover_of_atlas(painted.uv, SIZE)
    points = cover.of(painted.mesh.vertices, painted.mesh.faces)
    normals = cover.of(painted.mesh.normals, painted.mesh.faces)
    return points, normals, painted.atlas[cover.faces >= 0] / 255.0


def facing(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    towards = CAMERA.position - points
    return np.einsum("ij,ij->i", towards / np.linalg.norm(towards, axis=1, keepdims=True), normals)


def test_where_the_photo_sees_the_surface_the_texture_is_the_photo(texels):
    points, normals, colours = texels
    well_seen = (facing(points, normals) > 0.6) & (np.hypot(points[:, 0], points[:, 2]) > 0.4)
    wrong = np.abs(colours - stone(points))[well_seen]
    assert well_seen.sum() > 5000
    assert wrong.mean() < 0.035  # the photo's own grain is 0.03


def test_nothing_of_the_background_comes_onto_the_statue(texels):
    _, _, colours = texels
    tinge = np.minimum(colours[:, 0], colours[:, 2]) - colours[:, 1]  # magenta has 1, the statue at most 0 and grain
    assert np.quantile(tinge, 0.9999) < 0.1


def test_what_hides_something_does_not_leave_its_colour_on_it(texels):
    points, _, colours = texels
    large = points[:, 1] > -0.8
    shadow = large & (points[:, 1] < 0) & (np.hypot(points[:, 0], points[:, 2]) < 0.3)
    assert shadow.sum() > 1000
    wrong = np.abs(colours - stone(points))[shadow]
    assert wrong.mean() < 0.06  # brown would be 0.2 off


def test_the_unseen_back_goes_on_in_the_colours_of_the_front(texels):
    points, normals, colours = texels
    back = (points[:, 1] > 0.3) & (facing(points, normals) < -0.1)
    assert np.abs(colours - stone(points))[back].mean() < 0.1
    above, below = back & (points[:, 2] > 0.3), back & (points[:, 2] < -0.3)
    assert colours[above, 0].mean() > colours[below, 0].mean() + 0.1


def test_the_back_has_the_grain_of_the_front(texels):
    points, normals, colours = texels
    large = points[:, 1] > -0.8
    rough = (colours - stone(points)).mean(axis=1)
    front = rough[large & (facing(points, normals) > 0.6) & (np.hypot(points[:, 0], points[:, 2]) > 0.4)].std()
    back = rough[large & (facing(points, normals) < -0.5)]
    # The broad colours of the back may be a little off; the grain is what differs from texel to texel.
    fine = np.diff(back).std() / np.sqrt(2)
    assert 0.3 * front < fine < 1.2 * front


def test_no_line_shows_between_seen_and_invented(mesh, tmp_path):
    smooth = photograph(mesh, CAMERA, grain=0.0)
    painted = paint(mesh, unwrap(mesh), [View(smooth, CAMERA)], SIZE, "cpu", Report(tmp_path))
    cover = cover_of_atlas(painted.uv, SIZE)
    colours = np.zeros((SIZE, SIZE, 3))
    colours[cover.faces >= 0] = painted.atlas[cover.faces >= 0] / 255.0
    points = np.zeros((SIZE, SIZE, 3), dtype=np.float32)
    points[cover.faces >= 0] = cover.of(mesh.vertices, mesh.faces)
    beside = (cover.faces[:, 1:] >= 0) & (cover.faces[:, :-1] >= 0)
    beside &= np.linalg.norm(points[:, 1:] - points[:, :-1], axis=2) < 0.02  # the same chart
    steps = np.abs(colours[:, 1:] - colours[:, :-1]).max(axis=2)[beside]
    assert steps.max() < 0.06


def test_seen_is_full_in_front_zero_behind_and_smooth_between(mesh, painted):
    points, ahead = mesh.vertices, facing(mesh.vertices, mesh.normals)
    aside = np.hypot(points[:, 0], points[:, 2])
    assert painted.seen.dtype == np.float32 and painted.seen.shape == (len(points),)
    assert painted.seen.min() >= 0 and painted.seen.max() <= 1
    assert painted.seen[(ahead > 0.6) & (aside > 0.4) & (points[:, 1] > -0.8)].min() > 0.95
    assert painted.seen[ahead < -0.15].max() == 0
    hidden = (points[:, 1] > -0.8) & (points[:, 1] < 0) & (aside < 0.18)
    assert painted.seen[hidden].max() < 0.05
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]]])
    assert np.abs(painted.seen[edges[:, 0]] - painted.seen[edges[:, 1]]).max() < 0.45


def test_between_the_islands_their_colours_go_on(painted):
    free = cover_of_atlas(painted.uv, SIZE).faces < 0
    assert free.mean() > 0.1
    assert painted.atlas[free].max(axis=1).min() > 20  # no black to creep in when the texture is seen from afar


def test_painting_twice_gives_the_same_picture(mesh, photo, painted, tmp_path):
    again = paint(mesh, painted.uv, [View(photo, CAMERA)], SIZE, "cpu", Report(tmp_path))
    assert np.array_equal(again.atlas, painted.atlas)
    assert np.array_equal(again.seen, painted.seen)


def test_a_photo_that_shows_nothing_of_the_mesh_still_gives_a_picture(mesh, tmp_path):
    elsewhere = Camera.orbit(0, 0, 4.0, 64, 64, 100.0, target=(50.0, 0.0, 0.0))
    nothing = Photo(np.zeros((64, 64, 3), np.float32), np.zeros((64, 64), np.float32), "painted mask", elsewhere, ())
    painted = paint(mesh, unwrap(mesh), [View(nothing, elsewhere)], 64, "cpu", Report(tmp_path))
    assert painted.seen.max() == 0
    assert np.ptp(painted.atlas.astype(int)) < 3 and 100 < painted.atlas.mean() < 160
    assert np.isfinite(preview_colours(mesh, nothing, elsewhere)).all()


def test_painting_can_be_stopped(mesh, photo, painted, tmp_path):
    with pytest.raises(Stopped):
        paint(mesh, painted.uv, [View(photo, CAMERA)], SIZE, "cpu", Report(tmp_path, stop=lambda: True))


def test_a_preview_has_the_colours_of_the_photo_and_is_quick(mesh, photo):
    began = time.process_time()
    colours = preview_colours(mesh, photo, CAMERA)
    assert time.process_time() - began < 1.0  # 0.02 s on an idle machine
    assert colours.dtype == np.float32 and colours.shape == mesh.vertices.shape
    ahead = facing(mesh.vertices, mesh.normals) > 0.6
    aside = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 2]) > 0.4
    assert np.abs(colours - stone(mesh.vertices))[ahead & aside].mean() < 0.03
    assert (np.minimum(colours[:, 0], colours[:, 2]) - colours[:, 1]).max() < 0.1


def test_continued_colours_keep_what_is_seen_and_are_smooth_elsewhere(mesh):
    seen = (mesh.vertices[:, 1] < 0).astype(np.float64)
    colours = stone(mesh.vertices)
    result = continued(Surface.of(mesh), colours, seen, np.full_like(colours, 0.5))
    deep = mesh.vertices[:, 1] < -0.15
    assert np.abs(result - colours)[deep].max() < 0.02
    edges = mesh.faces[:, [0, 1]]
    assert np.abs(result[edges[:, 0]] - result[edges[:, 1]]).max() < 0.06


def test_grain_repeats_without_a_seam_and_keeps_its_contrast():
    random = np.random.default_rng(1)
    photo = (0.5 + random.normal(scale=0.05, size=(300, 300, 1)) * [1.0, 0.8, 0.5]).astype(np.float32)
    grain = grain_of(photo, np.full_like(photo, 0.5), np.ones((300, 300), np.float32), seed=1)
    assert grain.std(axis=(0, 1)) == pytest.approx([0.05, 0.04, 0.025], rel=0.1)
    inner = np.abs(np.diff(grain, axis=0)).mean()
    assert np.abs(grain[0] - grain[-1]).mean() == pytest.approx(inner, rel=0.2)
    directions = random.normal(size=(20000, 3))
    points = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    # White noise loses a third of its contrast between pixels, the grain of photos less.
    assert 0.03 < spread(grain, points, points, 300.0).std(axis=0)[0] < 0.055


def test_where_there_is_nothing_to_borrow_there_is_no_grain():
    photo = np.random.default_rng(1).random((100, 100, 3)).astype(np.float32)
    assert not grain_of(photo, photo, np.zeros((100, 100), np.float32), seed=1).any()


def test_a_cover_interpolates_at_its_pixels_in_order():
    cover = Cover(np.array([[-1, 0]], np.int32), np.array([[[0, 0, 0], [0.5, 0.25, 0.25]]], np.float32))
    values = np.array([[4.0], [8.0], [0.0]])
    assert cover.of(values, np.array([[0, 1, 2]])) == pytest.approx(np.array([[4.0]]))
