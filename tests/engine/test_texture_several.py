"""Several photos on one surface: one level of colour, no seam, nothing twice, nothing of the background."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from texture_scene import bumpy_ball, exposed, photograph, steps_of, texels_of

from statue_recon.camera import Camera
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.render.raster import cover_of_photo
from statue_recon.report import Report
from statue_recon.texture.fusion import fuse
from statue_recon.texture.levels import gains_of
from statue_recon.texture.paint import paint
from statue_recon.texture.sight import sample, sights_of
from statue_recon.texture.surface import Surface
from statue_recon.texture.view import View

SIZE = 512
GAINS = ((1.0, 1.0, 1.0), (1.6, 1.5, 1.1), (0.5, 0.55, 0.7), (1.2, 0.9, 0.6), (0.8, 1.0, 1.3))
CAMERAS = [Camera.orbit(72 * k, 15, 4.0, 320, 320, 620.0) for k in range(5)]


def marble(points: np.ndarray) -> np.ndarray:
    """Soft veins [N, 3], nowhere near black or white."""
    x, y, z = points.T
    waves = [np.sin(3 * x + 2 * z), np.sin(4 * y - z + 1), np.sin(5 * z + 2 * y)]
    return 0.45 + 0.12 * np.stack(waves, axis=1) + 0.05 * np.sin(9 * x + 7 * y)[:, None]


def views_of(mesh: Mesh, colours=marble, gains=GAINS) -> list[View]:
    pairs = zip(CAMERAS, gains, strict=True)
    return [View(photograph(mesh, camera, colours, gain), camera) for camera, gain in pairs]


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return bumpy_ball()


@pytest.fixture(scope="module")
def uv(mesh) -> np.ndarray:
    return unwrap(mesh)


@pytest.fixture(scope="module")
def views(mesh) -> list[View]:
    return views_of(mesh)


@pytest.fixture(scope="module")
def painted(mesh, uv, views, tmp_path_factory) -> TexturedMesh:
    return paint(mesh, uv, views, SIZE, "cpu", Report(tmp_path_factory.mktemp("job")))


def well_seen(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """[N] whether some camera looks at the place from less than 60° aside (the ball hides little of itself)."""
    cosines = []
    for camera in CAMERAS:
        towards = camera.position - points
        cosines.append(np.einsum("ij,ij->i", towards, normals) / np.linalg.norm(towards, axis=1))
    return np.max(cosines, axis=0) > 0.5


def test_photos_of_different_exposure_and_white_balance_make_one_picture_the_first_ones(painted):
    points, normals, colours = texels_of(painted)
    wrong = np.abs(colours - marble(points))[well_seen(points, normals)]
    assert wrong.mean() < 0.008  # the gains alone are 0.2 apart
    assert np.quantile(wrong, 0.999) < 0.05


def test_no_seam_shows_between_photos(painted):
    points, normals, colours = texels_of(painted)
    wrong = colours - marble(points)
    wrong[~well_seen(points, normals)] = np.nan
    assert steps_of(painted, wrong).max() < 0.012  # three 8-bit steps


def test_no_seam_shows_where_photos_darken_towards_one_side(mesh, uv, views, tmp_path):
    shaded = []
    for number, view in enumerate(views):
        slope = np.linspace(0.8, 1.2, view.camera.width, dtype=np.float32)[None, :: (-1) ** number, None]
        shaded.append(View(replace(view.photo, rgb=view.photo.rgb * slope), view.camera))
    painted = paint(mesh, uv, shaded, SIZE, "cpu", Report(tmp_path))
    points, normals, colours = texels_of(painted)
    wrong = colours - marble(points)
    wrong[~well_seen(points, normals)] = np.nan
    # No gain can even this out; what is left must be as broad as the slopes are.
    assert steps_of(painted, wrong).max() < 0.02


def test_broad_colours_are_shifted_together_and_detail_is_kept(mesh):
    surface, random = Surface.of(mesh), np.random.default_rng(4)
    broad = 0.15 * mesh.vertices[:, 0]  # one photo is brighter on the right, the other on the left
    detail = random.normal(scale=0.05, size=(len(mesh.vertices), 2))
    colours = (0.5 + np.stack([broad, -broad], axis=1) + detail)[..., None].repeat(3, axis=2)
    both = np.ones((len(mesh.vertices), 2), np.float32)
    fusion = fuse(surface, both, np.stack([0.6 * both[:, 0], 0.5 * both[:, 1]], axis=1), colours.astype(np.float32))
    shifted = (colours + fusion.shifts)[..., 0] - detail
    assert np.abs(shifted[:, 0] - shifted[:, 1]).max() < 0.06  # 0.24 before
    assert np.abs(shifted[:, 0] - shifted[:, 1]).mean() < 0.02  # 0.08 before
    steps = fusion.shifts[mesh.faces[:, 0]] - fusion.shifts[mesh.faces[:, 1]]
    assert np.abs(steps).mean() < 0.005  # the detail's are 0.06
    assert fusion.shares[:, 0].min() > 0.7


def test_gains_are_found_though_a_third_of_the_places_is_wrong():
    random = np.random.default_rng(3)
    true = np.array(GAINS)
    colours = exposed(random.uniform(0.2, 0.6, (3000, 1, 3)), true[None])
    glare = random.random((3000, 5)) < 0.15
    colours[glare] = 0.95
    amounts = (random.random((3000, 5)) < 0.5).astype(float)
    gains = gains_of(colours, amounts)
    assert gains / gains[0] * true == pytest.approx(np.ones((5, 3)), rel=0.02)


def test_photos_that_share_no_place_keep_their_colours():
    colours = np.random.default_rng(3).uniform(0.2, 0.6, (100, 2, 3))
    amounts = np.repeat([[1.0, 0.0], [0.0, 1.0]], 50, axis=0)
    assert gains_of(colours, amounts) == pytest.approx(np.ones((2, 3)))


def test_a_dark_first_photo_does_not_lose_and_a_bright_one_does_not_blow_out_the_others():
    light = np.random.default_rng(3).uniform(0.3, 0.9, (1000, 1, 3))
    colours = exposed(light, np.array([[0.9, 0.9, 0.9], [0.3, 0.3, 0.3]])[None])
    bright_elsewhere = np.repeat([[1.0, 1.0], [0.0, 1.0]], 500, axis=0)
    colours[500:, 1] = 0.9  # under the first photo's exposure three times as bright: far above white
    gains = gains_of(colours, bright_elsewhere)
    assert gains[1] / gains[0] == pytest.approx([3.0, 3.0, 3.0], rel=0.02)
    assert (exposed(colours[500:, 1], gains[1]) < 1.0).mean() > 0.9


def test_detail_is_not_shown_twice_where_photos_lie_a_little_beside_each_other(mesh, uv, tmp_path):
    def striped(points: np.ndarray) -> np.ndarray:
        return 0.5 + 0.15 * np.sin(2 * np.pi * points[:, 2:] / 0.06).repeat(3, axis=1)

    views = []
    for number, view in enumerate(views_of(mesh, striped, [(1, 1, 1)] * 5)):
        # Every other photo is half a stripe too high: laid over each other the stripes would vanish.
        lift = (0.0, 0.0, 0.015 * (-1) ** number)
        views.append(View(view.photo, view.camera.moved(1.0, np.array(lift))))
    points, normals, colours = texels_of(paint(mesh, uv, views, SIZE, "cpu", Report(tmp_path)))
    seen = well_seen(points, normals) & (np.abs(points[:, 2]) < 0.5)
    # How strong the stripes are, wherever they are, in cells of half a radian by 0.2.
    cells = np.floor(np.arctan2(points[:, 0], points[:, 1]) * 2).astype(int) * 20 + np.floor(points[:, 2] * 5).astype(
        int
    )
    kept = [colours[seen & (cells == cell), 1].std() for cell in np.unique(cells[seen])]
    assert np.mean(kept) > 0.8 * 0.15 / np.sqrt(2)


def test_seen_is_that_of_the_photo_that_shows_a_place_best(mesh, uv, views, painted, tmp_path):
    alone = [paint(mesh, uv, [view], 64, "cpu", Report(tmp_path)).seen for view in views]
    assert (painted.seen >= np.max(alone, axis=0) - 1e-5).all()
    assert np.abs(painted.seen - np.max(alone, axis=0)).max() < 0.3  # averaged after, not before the maximum
    assert np.abs(painted.seen - np.max(alone, axis=0)).mean() < 0.01


def test_no_texel_of_a_grey_statue_has_any_colour_of_the_background(mesh, uv, tmp_path):
    def grey(points: np.ndarray) -> np.ndarray:
        return marble(points)[:, :1].repeat(3, axis=1)

    views = views_of(mesh, grey, [(1, 1, 1)] * 5)
    for size, cameras in ((64, 1), (256, 5), (1024, 2)):  # texels ten times as large as pixels … about as large
        atlas = paint(mesh, uv, views[:cameras], size, "cpu", Report(tmp_path)).atlas.astype(int)
        assert (atlas.max(axis=2) - atlas.min(axis=2)).max() <= 2


def test_no_dark_or_odd_line_along_the_islands_when_seen_from_afar(mesh, uv, painted):
    camera = Camera.orbit(40, 10, 4.0, 256, 256, 500.0)
    cover = cover_of_photo(mesh, camera)
    there = cover.faces >= 0
    place = np.einsum("nk,nkc->nc", cover.weights[there], uv[cover.faces[there]])
    truth = marble(cover.of(mesh.vertices, mesh.faces))
    seen = well_seen(cover.of(mesh.vertices, mesh.faces), cover.of(mesh.normals, mesh.faces))
    for shrink, bound in ((1, 0.02), (2, 0.04), (4, 0.12)):
        side = SIZE // shrink
        level = cv2.resize(painted.atlas, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        shown = sample(level, np.column_stack([place[:, 0], 1 - place[:, 1]]).astype(np.float32) * side)
        assert np.quantile(np.abs(shown - truth)[seen].max(axis=1), 0.998) < bound
        assert shown.min() > truth.min() - 0.06


def test_a_photo_from_close_by_counts_more_than_one_from_afar(mesh):
    near, far = Camera.orbit(0, 0, 3.0, 300, 300, 700.0), Camera.orbit(0, 0, 9.0, 300, 300, 700.0)
    sights = sights_of(mesh, [View(photograph(mesh, camera, marble), camera) for camera in (near, far)], 500.0, "cpu")
    front = mesh.vertices[:, 1] < -0.5
    quality = [sight.quality(mesh.vertices[front], mesh.normals[front], 500.0) for sight in sights]
    assert np.median(quality[0] / quality[1]) > 4


def test_painting_from_several_photos_gives_the_same_picture_again(mesh, uv, views, painted, tmp_path):
    again = paint(mesh, uv, views, SIZE, "cpu", Report(tmp_path))
    assert np.array_equal(again.atlas, painted.atlas) and np.array_equal(again.seen, painted.seen)
