"""Finer parts over a coarse volume: nearer the truth, and nobody sees where they end."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from shapes import torus

from statue_recon.camera import Camera
from statue_recon.priors.shape.columns import REACH, Columns, clipped, sampled
from statue_recon.priors.shape.fuse import Fused

DISTANCE = 4.0
SIDE = 64  # cells of a part


def _ball(x, y, z):
    return np.sqrt(x**2 + y**2 + z**2) - 0.6


def _columns(cells: int = 32) -> Columns:
    """Columns of few cells around the unit cube, seen a little from above."""
    return Columns(Camera.orbit(20.0, 15.0, DISTANCE, cells, cells, cells * 1.9), DISTANCE - 0.4)


def _volume(shape, columns: Columns) -> torch.Tensor:
    points = columns.points()
    return clipped(torch.from_numpy(shape(*np.moveaxis(points, -1, 0)).astype(np.float32)), columns.pitch)


def _linear(volume: torch.Tensor, columns: Columns):
    def distances(points):
        return (sampled(volume, torch.from_numpy(columns.places(points)).float()) * REACH * columns.pitch).numpy()

    return distances


def _tiles(columns: Columns, finer: int) -> list[Columns]:
    """Overlapping parts over the whole picture, two behind each other."""
    side = SIDE // finer
    starts = range(0, columns.camera.height - side + 1, side // 2)
    depths = (columns.middle - 0.25, columns.middle + 0.3, columns.middle + 0.85)
    return [columns.part(top, left, side, side, finer, depth) for top in starts for left in starts for depth in depths]


def _on_the_surface(shape, count: int = 4000) -> np.ndarray:
    """Points within a hundredth of a shape's surface."""
    points = np.random.default_rng(0).uniform(-0.9, 0.9, (60 * count, 3))
    return points[np.abs(shape(*points.T)) < 0.01][:count]


@pytest.mark.parametrize("shape", [_ball, torus])
def test_true_parts_leave_less_than_a_quarter_of_the_coarse_error(shape):
    columns = _columns()
    coarse = _linear(_volume(shape, columns), columns)
    fused = Fused(coarse, columns, [(_volume(shape, part), part) for part in _tiles(columns, 4)])
    points = _on_the_surface(shape)
    true = shape(*points.T)
    before, after = (np.abs(found - true).mean() for found in (coarse(points), fused.distances(points)))
    assert after < before / 4


def test_without_parts_the_coarse_volume_stands():
    columns = _columns()
    coarse = _linear(_volume(_ball, columns), columns)
    points = np.random.default_rng(1).uniform(-1.0, 1.0, (5000, 3))
    assert np.array_equal(Fused(coarse, columns, []).distances(points), coarse(points))


def test_a_finer_part_is_laid_over_one_that_is_less_fine():
    columns = _columns()
    other = _volume(lambda x, y, z: _ball(x, y, z) + 0.05, columns)
    wrong = columns.part(0, 0, 32, 32, 2, columns.middle + 0.3)
    right = columns.part(8, 8, 16, 16, 4, DISTANCE - 0.6)
    shifted = _volume(lambda x, y, z: _ball(x, y, z) + 0.05, wrong)
    fused = Fused(_linear(other, columns), columns, [(_volume(_ball, right), right), (shifted, wrong)])
    towards = columns.camera.position / np.linalg.norm(columns.camera.position)
    assert abs(float(fused.distances(0.6 * towards[None])[0])) < 0.002  # the place on the ball nearest to the camera


def test_there_is_no_step_and_no_kink_where_a_part_ends():
    """A part that disagrees with the whole: on a line across its border distances change slowly, and so do slopes."""
    columns = _columns()

    def wall(shift):
        def distances(x, y, z):
            depth = columns.camera.project(np.stack([x, y, z], axis=-1).reshape(-1, 3))[1]
            return shift + columns.middle - depth.reshape(np.shape(x))

        return distances

    gap = 0.75 * columns.pitch
    part = columns.part(8, 8, 16, 16, 4, columns.middle)
    coarse = _linear(_volume(wall(0.0), columns), columns)
    fused = Fused(coarse, columns, [(_volume(wall(gap), part), part)])
    across = np.linspace(-12.0, 12.0, 4001) * columns.pitch  # from beyond one border to beyond the other
    axes = columns.camera.rotation
    line = columns.camera.position + columns.middle * axes[2] + across[:, None] * axes[0]
    found = fused.distances(line)
    step = across[1] - across[0]
    assert np.ptp(found) == pytest.approx(gap, rel=0.02)  # it goes all the way from the one to the other
    ramp = 2 * columns.pitch  # 8 cells of the part
    slopes = np.diff(found) / step
    assert np.abs(slopes).max() < 1.6 * gap / ramp  # nowhere much steeper than a ramp must be
    # Slopes of a smooth ramp change by 6 gap / ramp² a way; a kink would change them at once.
    over = 40
    assert np.abs(slopes[over:] - slopes[:-over]).max() < 1.2 * 6 * gap / ramp**2 * over * step


def test_a_part_of_another_camera_is_refused():
    columns = _columns()
    stranger = Columns(Camera.orbit(0.0, 0.0, DISTANCE, 64, 64, 120.0), DISTANCE)
    with pytest.raises(ValueError, match="camera"):
        Fused(_linear(_volume(_ball, columns), columns), columns, [(torch.zeros(64, 64, 64), stranger)])


def test_distances_grow_on_where_a_part_is_cut_off():
    """Far from the surface a part knows less than the coarse volume, and does not pull it nearer."""
    columns = _columns()
    part = columns.part(8, 8, 16, 16, 4, DISTANCE - 0.6)
    coarse = _linear(_volume(_ball, columns), columns)
    fused = Fused(coarse, columns, [(_volume(_ball, part), part)])
    towards = columns.camera.position / np.linalg.norm(columns.camera.position)
    line = (0.6 + np.linspace(0.0, 0.25, 40))[:, None] * towards
    found = fused.distances(line)
    assert (np.diff(found) > 0).all()
    assert np.allclose(found, np.linspace(0.0, 0.25, 40), atol=0.02)
