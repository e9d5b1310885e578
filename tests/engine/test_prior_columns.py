"""Column volumes: where their nodes lie, and what is read from grids at them."""

import numpy as np
import pytest
import torch

from statue_recon.camera import Camera
from statue_recon.priors.shape.columns import (
    BEFORE,
    DEPTH_STEP,
    DEPTHS,
    MARGIN,
    REACH,
    SHAPES,
    Columns,
    around,
    clipped,
    sampled,
    shape_for,
    slabs,
)


def columns(rows: int = 24, across: int = 16) -> Columns:
    camera = Camera.orbit(30.0, 15.0, 6.0, across, rows, 60.0)
    return Columns(camera, 6.1)


def test_nodes_lie_at_whole_numbers():
    volume = columns()
    places = volume.places(volume.points().reshape(-1, 3).astype(np.float64)).reshape(*volume.shape, 3)
    whole = np.stack(np.meshgrid(*map(np.arange, volume.shape), indexing="ij"), axis=-1)
    assert np.abs(places - whole).max() < 1e-3


def test_the_node_before_the_middle_lies_at_the_middle_and_a_cell_is_a_pitch_wide_there():
    volume = columns()
    points = volume.points().astype(np.float64)[BEFORE]
    assert volume.depths()[BEFORE] == pytest.approx(6.1)
    assert np.linalg.norm(points[5, 6] - points[5, 5]) == pytest.approx(volume.pitch, rel=1e-4)


def test_nodes_of_a_column_lie_on_one_ray_a_step_apart():
    volume = columns()
    steps = np.diff(volume.points()[:, 12, 8].astype(np.float64), axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    assert np.allclose(steps / lengths[:, None], steps[0] / lengths[0], atol=1e-4)
    # The middle column is along the axis, but for half a pixel.
    assert lengths.mean() == pytest.approx(DEPTH_STEP * volume.pitch, rel=1e-3)


def test_a_part_shows_the_same_world_in_finer_cells():
    whole = columns()
    part = whole.part(top=4, left=3, height=8, width=6, finer=2, middle=6.3)
    assert part.shape == (DEPTHS, 16, 12) and part.pitch == pytest.approx(whole.pitch / 2 * 6.3 / 6.1)
    point = np.array([[0.2, -0.1, 0.3]])
    (_, row, column), (_, fine_row, fine_column) = whole.places(point)[0], part.places(point)[0]
    assert (fine_row + 0.5) / 2 == pytest.approx(row + 0.5 - 4)
    assert (fine_column + 0.5) / 2 == pytest.approx(column + 0.5 - 3)
    assert part.depths().mean() == pytest.approx(6.3)


@pytest.mark.parametrize("width, height", [(100, 100), (100, 260), (300, 90)])
def test_a_statue_fits_the_window_with_its_margin_and_fills_it_one_way(width, height):
    camera = Camera.orbit(0.0, 0.0, 6.0, 640, 480, 700.0)
    left, top = 210.0, 130.0
    shape = shape_for(width, height)
    window = around(camera, (left, top, left + width, top + height), shape)
    cell = camera.fx / window.fx
    assert (window.height, window.width) == shape and shape in SHAPES
    room = shape[1] * cell - width, shape[0] * cell - height
    assert min(room) == pytest.approx(2 * MARGIN * cell, rel=1e-6)
    # The box's middle is the window's middle: the same ray in both.
    ray = (left + width / 2 - camera.cx) / camera.fx, (top + height / 2 - camera.cy) / camera.fy
    middle = window.cx + ray[0] * window.fx, window.cy + ray[1] * window.fy
    assert middle == pytest.approx((shape[1] / 2, shape[0] / 2), abs=1e-6)


def test_a_slim_statue_gets_finer_cells_in_a_slim_window():
    height, width = shape_for(80, 300)
    assert height > width
    assert (height - 2 * MARGIN) / 300 > (64 - 2 * MARGIN) / 300


def test_distances_are_cut_off_at_their_reach():
    counted = clipped(torch.tensor([-1.0, -0.03, 0.0, 0.06, 1.0]), pitch=0.02)
    assert counted.tolist() == pytest.approx([-1.0, -0.03 / (REACH * 0.02), 0.0, 0.06 / (REACH * 0.02), 1.0])


def test_a_linear_grid_is_read_exactly_and_its_border_goes_on():
    axes = torch.meshgrid(torch.arange(5.0), torch.arange(6.0), torch.arange(7.0), indexing="ij")
    values = 2 * axes[0] - axes[1] + 0.5 * axes[2]
    places = torch.tensor([[0.25, 3.5, 6.0], [4.0, 0.0, 0.1], [-3.0, 5.0, 2.0]])
    inside = places.clamp(min=0)
    wanted = 2 * inside[:, 0] - inside[:, 1] + 0.5 * inside[:, 2]
    assert torch.allclose(sampled(values, places), wanted, atol=1e-5)


def test_slabs_cover_everything_once():
    assert [(part.start, part.stop) for part in slabs(10, 4)] == [(0, 4), (4, 8), (8, 10)]
