"""Pieces run together, carved, and given one closed surface."""

import numpy as np
import pytest

from statue_recon.dataset.synth import shapes
from statue_recon.dataset.synth.damage.carvings import broken
from statue_recon.dataset.synth.noise import fractal, pebbles, ridges
from statue_recon.dataset.synth.sculpt import Block, Piece, hollowness, sculpted
from statue_recon.mesh.extract import flaw


def points_around(shape: shapes.Shape, count: int = 4000, margin: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(shape.low - margin, shape.high + margin, (count, 3)).astype(np.float32)


PROFILE = [(0.0, 0.0), (0.3, 0.0), (0.2, 0.5), (0.35, 0.9), (0.0, 0.9)]
SHAPES = {
    "ball": shapes.ball((0.1, 0, 0), 0.4),
    "capsule": shapes.capsule((0, 0, 0), (0.3, 0.1, 0.8), 0.2, 0.05),
    "chain": shapes.chain([(0, 0, 0), (0.2, 0, 0.4), (0, 0.3, 0.8)], [0.1, 0.15, 0.05]),
    "box": shapes.box((-0.2, -0.3, 0), (0.3, 0.1, 0.5), 0.04),
    "turned": shapes.turned(PROFILE),
    "prism": shapes.prism([(0, 0), (0.5, 0), (0.5, 0.2), (0.2, 0.2), (0.2, 0.6), (0, 0.6)], -0.1, 0.3),
    "union": shapes.union([shapes.ball((0, 0, 0), 0.3), shapes.ball((0.4, 0, 0), 0.2)], 0.1),
    "difference": shapes.difference(shapes.ball((0, 0, 0), 0.4), shapes.ball((0.3, 0, 0), 0.2), 0.05),
    "moved": shapes.ball((0, 0, 0), 0.2).moved(np.diag([2.0, 2.0, 2.0, 1.0])),
}


@pytest.mark.parametrize("name", SHAPES)
def test_no_distance_changes_faster_than_the_way_walked(name):
    shape = SHAPES[name]
    points = points_around(shape)
    steps = np.random.default_rng(1).normal(scale=0.02, size=points.shape).astype(np.float32)
    change = np.abs(shape.distances(points + steps) - shape.distances(points))
    assert (change <= np.linalg.norm(steps, axis=1) * 1.001 + 1e-5).all()


@pytest.mark.parametrize("name", SHAPES)
def test_the_box_of_a_shape_holds_it(name):
    shape = SHAPES[name]
    points = points_around(shape)
    inside = shape.distances(points) < 0
    assert inside.any()
    assert ((points[inside] >= shape.low - 1e-5) & (points[inside] <= shape.high + 1e-5)).all()


def test_a_turned_profile_is_as_far_as_its_outline():
    cylinder = shapes.turned([(0, 0), (0.2, 0), (0.2, 1), (0, 1)])
    places = np.float32([(0.5, 0, 0.5), (0, 0.15, 0.5), (0.5, 0, 1.4)])
    assert cylinder.distances(places) == pytest.approx([0.3, -0.05, 0.5], abs=1e-6)


def test_two_pieces_far_from_each_other_in_size_become_one_closed_surface():
    staff = Piece("staff", shapes.capsule((0.3, 0, 0), (0.3, 0, 1.6), 0.03))
    block = Piece("plinth", shapes.box((-0.4, -0.3, -0.1), (0.4, 0.3, 0.05)))
    done = sculpted([block, staff], grid=96, faces=6000)
    assert flaw(done.mesh) is None
    assert len(done.mesh.faces) <= 6000
    assert done.regions == ("plinth", "staff")
    tall = done.mesh.vertices[:, 2] > 0.2
    assert (done.region[tall] == 1).all()
    assert (done.region[done.mesh.vertices[:, 2] < 0] == 0).all()


def test_the_surface_lies_where_the_pieces_say():
    done = sculpted([Piece("ball", shapes.ball((0.2, 0.1, 0), 0.5))], grid=64, faces=20_000)
    radii = np.linalg.norm(done.mesh.vertices - (0.2, 0.1, 0), axis=1)
    assert radii == pytest.approx(0.5, abs=0.003)


def test_a_piece_that_touches_nothing_is_lost():
    ball, crumb = shapes.ball((0, 0, 0), 0.5), shapes.ball((2, 0, 0), 0.1)
    done = sculpted([Piece("ball", ball), Piece("crumb", crumb)], grid=96)
    assert done.mesh.vertices[:, 0].max() < 0.6
    assert done.kept == pytest.approx(0.5**3 / (0.5**3 + 0.1**3), abs=0.01)


def test_a_break_takes_the_end_of_a_limb_and_is_known_as_a_break():
    arm = Piece("body", shapes.capsule((0, 0, 0), (1, 0, 0), 0.08))
    done = sculpted([arm], [broken((0.6, 0, 0), (1, 0, 0), 0.5, 3)], grid=128)
    assert 0.45 < done.mesh.vertices[:, 0].max() < 0.75
    fracture = done.region == done.regions.index("break")
    assert (done.mesh.vertices[fracture, 0] > 0.4).all()
    assert fracture.sum() > 20


def test_rounding_takes_the_edges_and_leaves_the_sides():
    cube = [Piece("cube", shapes.box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5)))]
    sharp, worn = (sculpted(cube, grid=96, faces=50_000, rounding=r).mesh.vertices for r in (0.0, 0.04))
    assert np.linalg.norm(worn, axis=1).max() < np.linalg.norm(sharp, axis=1).max() - 0.02
    assert worn.max() == pytest.approx(0.5, abs=0.006)


def test_folds_are_hollow_and_edges_are_not():
    step = shapes.union([shapes.box((-1, -1, 0), (1, 1, 0.3)), shapes.box((-1, 0, 0), (1, 1, 1))])
    done = sculpted([Piece("step", step)], grid=96, faces=50_000)
    places = np.float32([(0, 0, 0.3), (0, 0, 1.0), (0, -0.5, 0.3)])  # the fold, the edge, the flat tread
    fold, edge, flat = hollowness(done.field, places)
    assert fold > 0.4 and edge < -0.3 and abs(flat) < 0.1


def test_the_order_in_which_places_are_asked_does_not_matter():
    block = Block((Piece("ball", shapes.ball((0, 0, 0), 0.5)), Piece("box", shapes.box((0, 0, 0), (1, 1, 1)), 0.1)))
    points = np.random.default_rng(0).uniform(-1, 1, (500, 3)).astype(np.float32)
    order = np.random.default_rng(1).permutation(500)
    np.testing.assert_array_equal(block.distances(points)[order], block.distances(points[order]))


@pytest.mark.parametrize("noise", [fractal, ridges])
def test_noise_is_smooth_repeatable_and_different_for_every_seed(noise):
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 3)).astype(np.float32)
    here = noise(points, 0.2, 4, 7)
    np.testing.assert_array_equal(here[5000:9000], noise(points[5000:9000], 0.2, 4, 7))
    assert np.abs(here - noise(points + np.float32(1e-4), 0.2, 4, 7)).max() < 0.05
    assert np.corrcoef(here, noise(points, 0.2, 4, 8))[0, 1] < 0.1


def test_pebbles_are_as_far_as_the_nearest_seed():
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 3)).astype(np.float32)
    steps = np.random.default_rng(1).normal(scale=0.01, size=points.shape).astype(np.float32)
    change = np.abs(pebbles(points + steps, 0.1, 5) - pebbles(points, 0.1, 5))
    assert (change <= np.linalg.norm(steps, axis=1) * 1.001 + 1e-5).all()
