"""The atlas in squares: the same texels as in one piece, at any size, and nothing left between the islands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from texture_scene import bumpy_ball

from statue_recon.mesh.atlas import unwrap
from statue_recon.render.raster import cover_of_atlas
from statue_recon.texture.texels import Texels, dilate, squares_of


@pytest.fixture(scope="module")
def mesh():
    return bumpy_ball(subdivisions=4)


@pytest.fixture(scope="module")
def uv(mesh):
    return unwrap(mesh)


@pytest.mark.parametrize("size", [64, 1000, 1500, 2048])
def test_the_squares_together_are_the_atlas(mesh, uv, size):
    whole = cover_of_atlas(uv, size)
    there = np.zeros((size, size), dtype=bool)
    visits = np.zeros((size, size), dtype=int)
    points = np.zeros((size, size, 3))
    shares = []
    for square, done in squares_of(mesh, uv, size, "cpu"):
        shares.append(done)
        visits[square.place] += 1
        there[square.place] = square.there
        points[square.place][square.there] = square.texels.of(mesh.vertices)
    assert shares == sorted(shares) and shares[-1] == 1.0 and (visits == 1).all()
    both = there & (whole.faces >= 0)
    assert (there != (whole.faces >= 0)).sum() <= 1e-5 * size**2  # a centre on an edge may fall to either side
    expected = np.zeros((size, size, 3))
    expected[whole.faces >= 0] = whole.of(mesh.vertices, mesh.faces)
    # Where two faces meet either may win a texel, but the place is the same.
    assert np.abs(points - expected)[both].max() < 1e-3


def test_no_square_holds_more_than_a_million_texels(mesh, uv):
    assert max(square.there.size for square, _ in squares_of(mesh, uv, 4096, "cpu")) <= 2**20


def test_an_atlas_without_faces_has_empty_squares(mesh):
    squares = [square for square, _ in squares_of(mesh, np.zeros((0, 3, 2), np.float32), 64, "cpu")]
    assert len(squares) == 1 and len(squares[0].texels) == 0 and not squares[0].there.any()


def test_texels_interpolate_between_the_corners_of_their_face():
    texels = Texels(
        np.array([[0, 2, 3], [1, 1, 2]], np.int32), np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]], np.float32)
    )
    values = np.array([[4.0, 0.0], [1.0, 1.0], [8.0, 2.0], [0.0, 4.0]])
    assert texels.of(values) == pytest.approx(np.array([[4.0, 1.5], [5.9, 1.7]]))
    assert texels.of(values[:, 0]) == pytest.approx([4.0, 5.9])
    assert texels.some(np.array([1])).of(values[:, 0]) == pytest.approx([5.9])


def test_between_the_islands_every_texel_has_the_colour_of_the_nearest_one():
    random = np.random.default_rng(2)
    there = random.random((300, 300)) < 0.01
    atlas = random.integers(0, 255, (300, 300, 3), dtype=np.uint8)
    kept = atlas.copy()
    dilate(atlas, there)
    assert np.array_equal(atlas[there], kept[there])
    _, (row, column) = ndimage.distance_transform_edt(~there, return_indices=True)
    same = (atlas == kept[row, column]).all(axis=2)
    assert same.mean() > 0.93  # the rest are as near, or nearer by less than the 2 % OpenCV's distance is off


def test_dilation_leaves_no_texel_as_it_was():
    there = np.zeros((700, 700), dtype=bool)
    there[300, 20] = True
    atlas = np.zeros((700, 700, 3), dtype=np.uint8)
    atlas[300, 20] = (10, 200, 30)
    dilate(atlas, there)
    assert (atlas == (10, 200, 30)).all()
