"""How refinement goes from coarse to fine, and where it looks from."""

import numpy as np
import pytest
import torch

from statue_recon.camera import Camera
from statue_recon.priors.view.framing import Pose, framed
from statue_recon.refine.cameras import ALWAYS, SECTORS, hidden_round, random_poses
from statue_recon.refine.schedule import Schedule

PHOTO = Camera.orbit(30.0, 10.0, 5.0, 200, 300, 400.0)
_, FRAMING = framed(PHOTO, (40, 30, 160, 270), 5.0)
EVEN = np.ones(SECTORS)


def poses(count=4000, elevations=(0.0, 20.0), hidden=EVEN, seed=0):
    return random_poses(count, FRAMING, elevations, hidden, torch.Generator().manual_seed(seed))


def test_noise_elevations_and_sizes_at_the_ends_of_a_run():
    schedule = Schedule()
    assert schedule.noise(0.0) == pytest.approx((0.20, 0.98))
    assert schedule.noise(1.0) == pytest.approx((0.02, 0.40))
    assert schedule.noise(0.5) == pytest.approx((0.11, 0.69))
    assert schedule.noise(1.5) == schedule.noise(1.0) and schedule.noise(-1.0) == schedule.noise(0.0)
    assert np.diff(schedule.elevations(0.0)) < np.diff(schedule.elevations(1.0))
    assert [schedule.size(share) for share in (0.0, 0.39, 0.4, 0.69, 0.7, 1.0)] == [32, 32, 48, 48, 64, 64]


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 200, 979), (1.0, 20, 400)])
def test_times_are_drawn_between_the_least_and_the_most_noise(share, low, high):
    times = Schedule().times(share, 4000, 1000, torch.Generator().manual_seed(0))
    assert times.dtype == torch.long
    assert low <= times.min() < low + 10 and high - 10 < times.max() <= high
    assert float(times.float().mean()) == pytest.approx((low + high) / 2, rel=0.03)
    again = Schedule().times(share, 4000, 1000, torch.Generator().manual_seed(0))
    assert torch.equal(times, again)


def test_views_are_taken_from_the_photo_s_distance_through_its_lens_between_two_elevations():
    drawn = poses(300)
    for pose in drawn:
        camera = FRAMING.camera(pose, 64)
        _, elevation, distance = camera.angles(FRAMING.target)
        assert -1e-9 <= elevation <= 20.0 + 1e-9
        assert distance == pytest.approx(FRAMING.distance)
        assert camera.fx == pytest.approx(FRAMING.camera(Pose(), 64).fx)
    turns = np.array([pose.azimuth for pose in drawn])
    assert turns.min() < -170 and turns.max() > 170


def test_views_are_the_same_for_the_same_seed():
    assert poses(8) == poses(8)
    assert poses(8) != poses(8, seed=1)


def test_what_is_hidden_is_looked_at_more_often_and_the_rest_now_and_then():
    hidden = np.zeros(SECTORS)
    hidden[SECTORS // 4 : 3 * SECTORS // 4] = 1.0  # what lies more than 90° from the photo
    turns = np.abs([pose.azimuth for pose in poses(hidden=hidden)])
    assert (turns > 90).mean() == pytest.approx(1.0 - ALWAYS / 2, abs=0.02)
    never = np.abs([pose.azimuth for pose in poses(hidden=np.zeros(SECTORS))])
    assert (never > 90).mean() == pytest.approx(0.5, abs=0.03)


def test_the_back_is_what_is_hidden_of_a_ball_seen_from_the_front():
    normals = np.random.default_rng(0).normal(size=(5000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    towards = PHOTO.position - np.array(FRAMING.target)
    hidden = hidden_round(normals, (normals @ towards > 0).astype(np.float32), FRAMING)
    assert len(hidden) == SECTORS
    assert hidden[[0, -1]].max() < 0.1 and hidden[SECTORS // 2 - 1 : SECTORS // 2 + 1].min() > 0.9
    assert hidden[SECTORS // 4] == pytest.approx(hidden[-SECTORS // 4 - 1], abs=0.1)  # left as right
