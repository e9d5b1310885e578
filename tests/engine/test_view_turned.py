"""The photo rounded and turned, which the view prior is told beside the photo."""

import numpy as np
import pytest
import torch

from statue_recon.camera import Camera
from statue_recon.priors.view.framing import SIZE, Pose, framed, pose_numbers
from statue_recon.priors.view.pictures import PHOTO
from statue_recon.priors.view.turned import CELLS, half_thickness, turned

SPREAD = 0.25
RED, GREEN = (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0)


def a_figure() -> torch.Tensor:
    """A slim figure, its left half red and its right half green, with an arm to the right of the photo."""
    photo = torch.zeros(1, PHOTO, SIZE, SIZE)
    photo[0, 3, 8:56, 26:38] = 1.0
    photo[0, 3, 20:24, 38:54] = 1.0
    photo[0, :3] = torch.tensor(GREEN)[:, None, None]
    photo[0, :3, :, :32] = torch.tensor(RED)[:, None, None]
    photo[0, :3] *= photo[0, 3]
    return photo


def seen_from(*poses: Pose, elevation: float | None = 0.0) -> torch.Tensor:
    return turned(a_figure().expand(len(poses), -1, -1, -1), pose_numbers(poses, elevation, SPREAD))


def covered(picture: torch.Tensor) -> tuple[int, int, int, int]:
    """First and last row, first and last column."""
    rows, columns = torch.nonzero(picture[3] > 0.5, as_tuple=True)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def test_who_has_not_walked_sees_the_photo():
    found = seen_from(Pose())[0]
    small = torch.nn.functional.avg_pool2d(a_figure(), 2)[0]
    agreement = ((found[3] > 0.5) == (small[3] > 0.5)).float().mean()
    assert agreement > 0.97
    both = (found[3] > 0.5) & (small[3] > 0.99)
    assert (found[:3][:, both] - small[:3][:, both]).abs().mean() < 0.05


def test_from_behind_left_and_right_are_exchanged_and_the_other_ends_of_the_sticks_are_seen():
    front, back = seen_from(Pose(), Pose(180.0))
    assert covered(front)[3] > CELLS * 0.8 and covered(back)[2] < CELLS * 0.2
    assert torch.allclose(back[:3, 25, 14], torch.tensor(GREEN)) and torch.allclose(back[:3, 25, 17], torch.tensor(RED))
    assert front[5, 25, 15] < 0 < back[5, 25, 15]


def test_from_the_side_a_trunk_is_as_wide_as_from_the_front():
    side = seen_from(Pose(90.0))[0]
    first, last = torch.nonzero(side[3, 24] > 0.5).flatten()[[0, -1]].tolist()
    assert abs((last - first + 1) - 6) <= 1
    assert torch.allclose(side[:3, 24, 15], torch.tensor(GREEN))  # 90° shows the photo's right side


def test_an_upright_statue_photographed_from_above_stands_upright_from_all_sides():
    for picture in seen_from(Pose(90.0, -40.0), Pose(-120.0, -40.0), elevation=40.0):
        columns = [torch.nonzero(row > 0.5).float().mean() for row in (picture[3, 6], picture[3, 25])]
        assert abs(float(columns[0] - columns[1])) < 2.5  # it would be 16 if it leant


def test_places_fall_where_the_new_cameras_project_them():
    """A thin stick in the photo is a pole in the upright plane: its ends are known points."""
    camera = Camera.orbit(0.0, 20.0, 4.0, 1000, 1000, 1400.0)
    _, framing = framed(camera, (300.0, 250.0, 700.0, 750.0), 4.0)
    photo = torch.zeros(1, PHOTO, SIZE, SIZE)
    photo[0, 3, 12:52, 31:33] = 1.0
    pose = Pose(60.0, -5.0, 0.1)
    found = turned(photo, pose_numbers([pose], framing.elevation, framing.spread))[0]
    window = framing.camera(Pose(), CELLS)
    origin, rays = window.rays(np.array([[16.0, 6.0], [16.0, 26.0]]))
    upright = np.array([np.sin(np.radians(framing.azimuth)), -np.cos(np.radians(framing.azimuth)), 0.0])
    ends = origin + rays * ((upright @ (np.array(framing.target) - origin)) / (rays @ upright))[:, None]
    (top, bottom), _ = framing.camera(pose, CELLS).project(ends)
    rows = covered(found)
    assert rows[0] == pytest.approx(top[1], abs=1.0) and rows[1] + 1 == pytest.approx(bottom[1], abs=1.0)


def test_what_is_not_told_leaves_it_empty():
    numbers = pose_numbers([Pose(40.0)], 0.0, SPREAD)
    assert not turned(torch.zeros(1, PHOTO, SIZE, SIZE), numbers).any()
    assert not turned(a_figure(), torch.zeros_like(numbers)).any()


def test_a_disc_is_rounded_to_a_ball():
    place = (torch.arange(SIZE) + 0.5) / SIZE * 2 - 1
    away = torch.hypot(place[:, None], place[None])
    half = half_thickness((away < 0.7)[None])[0]
    assert half[SIZE // 2, SIZE // 2] == pytest.approx(0.7, abs=0.05)
    assert half[away > 0.75].max() == 0.0
