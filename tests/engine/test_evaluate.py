"""The ruler on shapes whose figures are known, and against trying every triangle."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from statue_recon.camera import Camera
from statue_recon.evaluate.align import align
from statue_recon.evaluate.parts import pred_parts
from statue_recon.evaluate.protocol import Comparison, Placement, in_unit_box
from statue_recon.evaluate.ruler import measure
from statue_recon.evaluate.sample import spread
from statue_recon.evaluate.subject import Subject
from statue_recon.evaluate.surface import Surface
from statue_recon.mesh.mesh import Mesh

POINTS = 20_000


def mesh(shape: trimesh.Trimesh, offset=(0.0, 0.0, 0.0)) -> Mesh:
    return Mesh(np.asarray(shape.vertices + np.array(offset), np.float32), np.asarray(shape.faces, np.int32))


def ball(radius: float = 1.0, offset=(0.0, 0.0, 0.0), fineness: int = 5) -> Mesh:
    return mesh(trimesh.creation.icosphere(subdivisions=fineness, radius=radius), offset)


def box(*sides: float, offset=(0.0, 0.0, 0.0)) -> Mesh:
    return mesh(trimesh.creation.box(sides), offset)


def together(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0] + [len(one.vertices) for one in meshes[:-1]])
    return Mesh(
        np.concatenate([one.vertices for one in meshes]),
        np.concatenate([one.faces + start for one, start in zip(meshes, starts, strict=True)]).astype(np.int32),
    )


def crooked() -> Mesh:
    """A shape that no turn and no mirror lays on itself."""
    return together(box(1, 0.4, 0.3), ball(0.3, (0.6, 0.1, 0.2), 3), box(0.2, 0.3, 0.9, offset=(-0.3, 0.25, 0.4)))


def compare(pred: Mesh, truth: Mesh, *thresholds: float) -> dict[str, float]:
    return Comparison(pred, truth, POINTS, seed=0).figures(thresholds)


def test_a_ball_in_a_ball_is_everywhere_as_far_as_their_radii_differ():
    comparison = Comparison(ball(0.8), ball(1.0), POINTS, seed=0)
    figures = comparison.figures((0.195, 0.205))
    for name in ("point_to_surface", "completeness", "chamfer"):
        assert figures[name] == pytest.approx(0.2, abs=1e-3)
    assert figures["normal_consistency"] == pytest.approx(1, abs=1e-3)
    assert figures["f_score_0.195"] == 0.0 and figures["f_score_0.205"] == 1.0
    assert comparison.iou == pytest.approx(0.8**3, abs=2e-3)


@pytest.mark.parametrize("shift", [0.1, 0.7])
def test_the_chamfer_distance_of_shifted_balls_is_the_integral(shift):
    cosine = (np.arange(100_000) + 0.5) / 50_000 - 1  # evenly spread on a ball's surface (Archimedes)
    expected = np.abs(np.sqrt(1 + shift**2 - 2 * shift * cosine) - 1).mean()
    assert compare(ball(), ball(offset=(shift, 0, 0)))["chamfer"] == pytest.approx(expected, rel=5e-3)


def test_the_iou_of_overlapping_boxes_is_exact_where_the_grid_fits_and_near_where_not():
    assert Comparison(box(1, 1, 1), box(1, 1, 1, offset=(0.6, 0, 0)), 10, 0).iou == pytest.approx(0.25, abs=1e-6)
    assert Comparison(box(1, 1, 1), box(0.5, 1, 0.25), 10, 0).iou == pytest.approx(0.125, abs=1e-6)
    assert Comparison(box(1, 1, 1), box(1, 1, 1, offset=(2, 0, 0)), 10, 0).iou == 0.0
    assert Comparison(box(1, 1, 1), box(1, 1, 1), 10, 0).iou == 1.0
    assert Comparison(box(1, 1, 1), box(1, 1, 1, offset=(0.5, 0, 0)), 10, 0).iou == pytest.approx(1 / 3, abs=0.01)


def test_f_scores_weigh_precision_and_recall():
    near, far = box(1, 1, 0.01), box(1, 1, 0.01, offset=(0, 0, 5))
    figures = compare(together(near, far), near, 0.1)  # half of the prediction is nowhere near; nothing is missing
    assert figures["f_score_0.1"] == pytest.approx(2 * 0.5 / 1.5, abs=1e-3)
    assert figures["point_to_surface"] == pytest.approx(2.5, abs=0.01) and figures["completeness"] < 1e-6


def test_an_inside_out_surface_shows_in_the_signed_figure_only():
    inside_out = Mesh(ball().vertices, ball().faces[:, ::-1].copy())
    comparison = Comparison(inside_out, ball(), POINTS, seed=0)
    figures = comparison.figures(())
    assert figures["normal_consistency"] == pytest.approx(1, abs=1e-4)
    assert figures["normal_consistency_signed"] == pytest.approx(-1, abs=1e-4)
    assert comparison.iou == pytest.approx(1, abs=1e-4)


def test_a_scan_without_a_bottom_has_an_inside_all_the_same():
    whole = ball()
    open_below = Mesh(whole.vertices, whole.faces[(whole.vertices[whole.faces][..., 2] > -0.8).any(axis=1)])
    cap = np.pi * 0.2**2 * (3 - 0.2) / 3 / (4 / 3 * np.pi)
    assert 1 - cap - 0.01 < Comparison(open_below, whole, 10, 0).iou <= 1


def test_shells_that_run_into_each_other_are_one_solid():
    crossed = together(box(1, 0.2, 0.2), box(0.2, 1, 0.2))
    assert Comparison(crossed, box(1, 1, 0.2), 10, 0).iou == pytest.approx(0.36, abs=5e-3)


def test_distances_are_those_that_trying_every_triangle_finds():
    shape, points = crooked(), np.random.default_rng(0).normal(scale=0.6, size=(200, 3))
    judge = trimesh.Trimesh(shape.vertices, shape.faces, process=False)
    expected = trimesh.proximity.closest_point_naive(judge, points)[1]
    assert np.allclose(Surface(shape).nearest(points).distances, expected, atol=1e-6)


def test_points_are_spread_by_area():
    points = spread(together(ball(1.0, fineness=4), ball(0.5, (9, 0, 0), 2), box(2, 2, 2, offset=(0, 9, 0))), POINTS, 3)
    areas = np.array([4 * np.pi, np.pi * 0.95, 24.0])  # a ball of 320 triangles lacks a twentieth
    where = [points.places[:, 0] > 5, points.places[:, 1] > 5]
    shares = np.array([1 - sum(w.mean() for w in where), *(w.mean() for w in where)])
    assert np.allclose(shares, areas / areas.sum(), atol=3e-3)
    on_box = points.places[where[1]] - (0, 9, 0)
    assert np.allclose(on_box.mean(axis=0), 0, atol=0.02) and np.allclose(np.abs(on_box).max(axis=1), 1, atol=1e-5)


def test_the_unit_box_knows_no_size_and_no_place():
    moved = Placement(37.0, np.array([5.0, -2.0, 9.0]), np.eye(3)).of(crooked())
    found = measure(Subject(moved), Subject(crooked()), aligned=False)["unit_box"]
    assert found["chamfer"] < 1e-5 and found["iou"] > 0.999 and found["f_score_0.01"] == 1.0


@pytest.mark.parametrize("number", range(3))
def test_a_turned_scaled_and_moved_copy_is_laid_back(number):
    turn = Rotation.random(rng=number).as_matrix()
    truth = in_unit_box(crooked()).of(crooked())
    copy = Placement(0.4 + number, np.array([1.0, -2.0, 3.0]), turn).of(truth)
    found = align(copy, truth, seed=0)
    off = np.degrees(Rotation.from_matrix(found.rotation @ turn).magnitude())
    assert off < 0.1 and found.scale * (0.4 + number) == pytest.approx(1, abs=1e-3)
    assert compare(found.of(copy), truth)["chamfer"] < 1e-3


def test_a_mirror_image_is_not_laid_over():
    truth = in_unit_box(crooked()).of(crooked())
    mirrored = Mesh(truth.vertices * np.array([-1, 1, 1], np.float32), truth.faces[:, ::-1].copy())
    found = align(mirrored, truth, seed=0)
    assert np.linalg.det(found.rotation) == pytest.approx(1, abs=1e-6)
    assert compare(found.of(mirrored), truth)["chamfer"] > 0.01


def test_seen_and_invented_parts_are_measured_apart():
    """A box whose front, which was seen, lies 0.1 behind the truth's."""
    made, truth = box(1, 0.5, 1, offset=(0, -0.25, 0)), box(1, 0.6, 1, offset=(0, -0.3, 0))
    loose = Mesh(made.vertices[made.faces].reshape(-1, 3), np.arange(36, dtype=np.int32).reshape(-1, 3))
    front = (loose.vertices[loose.faces][..., 1] < -0.4).all(axis=1)
    parts = pred_parts(Comparison(loose, truth, POINTS, 0), np.repeat(front, 3).astype(np.float32))
    # Along the front's edges the truth's sides are nearer than its front: the mean of min(0.1, way to the edge).
    expected = (1 - 0.8**3) / 6
    assert parts["seen"]["share"] == pytest.approx(1 / 4, abs=1e-3)
    assert parts["seen"]["point_to_surface"] == pytest.approx(expected, rel=0.01)
    assert parts["invented"]["point_to_surface"] < 1e-5


def test_what_of_the_truth_is_in_view_is_what_the_camera_of_the_result_sees():
    camera = Camera.orbit(0, 0, 4.0, 100, 100, 150.0)
    found = measure(Subject(ball(0.9), camera=camera), Subject(ball(5.0, (1, 2, 3))), aligned=False)
    parts = found["unit_box"]["parts"]
    assert parts["in_view"]["share"] == pytest.approx((1 - 0.9 / 4.0) / 2, abs=5e-3)  # the cap a tangent touches
    assert parts["in_view"]["completeness"] < 1e-5 and "seen" not in parts


def test_the_same_seed_repeats_the_figures_and_another_hardly_changes_them():
    pair = ball(1, fineness=3), crooked()
    first, again, other = (Comparison(*pair, POINTS, seed).figures((0.3,)) for seed in (1, 1, 2))
    assert first == again and first != other
    for name, value in first.items():
        assert other[name] == pytest.approx(value, abs=5e-3), name
    assert np.array_equal(align(*pair, seed=1).rotation, align(*pair, seed=1).rotation)
