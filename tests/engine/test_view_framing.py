"""Where new views are taken from: known points fall where the convention says."""

import numpy as np
import pytest
import torch

from statue_recon.camera import Camera
from statue_recon.photo.photo import Photo
from statue_recon.photo.square import square_of
from statue_recon.priors.view.framing import ROOM, SIZE, Pose, framed, pose_numbers, turned_normals

FOCAL, DISTANCE = 1400.0, 4.0
CAMERA = Camera.orbit(20.0, 10.0, DISTANCE, 1000, 800, FOCAL)
BOX = (380.0, 150.0, 560.0, 610.0)


def test_the_target_lies_behind_the_middle_of_the_box_as_deep_as_the_statue_is_expected():
    _, framing = framed(CAMERA, BOX, DISTANCE)
    pixel, depth = CAMERA.project(np.array([framing.target]))
    assert np.allclose(pixel, [[470.0, 380.0]])
    assert np.allclose(depth, DISTANCE)


def test_a_box_in_the_window_is_as_large_as_room_says_and_lies_in_its_middle():
    window, _ = framed(CAMERA, BOX, DISTANCE)
    _, directions = CAMERA.rays(np.array([[470.0, 150.0], [470.0, 610.0]]))
    pixels, _ = window.project(CAMERA.position + 3.0 * directions)
    half = SIZE / 2
    assert np.allclose(pixels, [[half, half - half / ROOM], [half, half + half / ROOM]])


def test_all_views_aim_at_the_target_and_show_as_much_of_its_surroundings():
    window, framing = framed(CAMERA, BOX, DISTANCE)
    beside = np.array(framing.target)
    for pose in (Pose(), Pose(90.0), Pose(180.0, 20.0), Pose(-135.0, -15.0)):
        camera = framing.camera(pose)
        up = camera.rotation[1] * -0.3  # upwards in the view, in the plane around the target
        pixels, _ = camera.project(np.stack([beside, beside + up]))
        assert np.allclose(pixels[0], SIZE / 2)
        assert pixels[1, 1] == pytest.approx(SIZE / 2 - 0.3 * window.fy / DISTANCE, rel=0.02)


def test_ninety_degrees_show_the_right_side_of_the_photo_and_a_lift_looks_down_on_the_statue():
    camera = Camera.orbit(0.0, 0.0, DISTANCE, 1000, 1000, FOCAL)
    _, framing = framed(camera, (300.0, 300.0, 700.0, 700.0), DISTANCE)
    right, top = np.array([[0.4, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.4]])
    _, depth = framing.camera(Pose(90.0)).project(right)
    assert depth[0] == pytest.approx(DISTANCE - 0.4)
    _, depth = framing.camera(Pose(lift=30.0)).project(top)
    assert depth[0] == pytest.approx(DISTANCE - 0.2)
    pixels, _ = framing.camera(Pose(180.0)).project(right)
    assert pixels[0, 0] < SIZE / 2


def test_the_pose_nothing_is_the_photos_own_window():
    camera = Camera.orbit(0.0, 15.0, DISTANCE, 1000, 1000, FOCAL)
    window, framing = framed(camera, (250.0, 250.0, 750.0, 750.0), DISTANCE)
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))
    assert np.allclose(framing.camera(Pose()).project(points)[0], window.project(points)[0])


def test_a_pose_is_found_again_from_its_camera():
    _, framing = framed(CAMERA, BOX, DISTANCE)
    pose = Pose(-170.0, 12.0, 0.2)
    found = framing.pose(framing.camera(pose))
    assert (found.azimuth, found.lift, found.farther) == pytest.approx((-170.0, 12.0, 0.2))
    assert framing.camera(pose).angles(framing.target)[2] == pytest.approx(framing.distance * np.exp(0.2))


def test_what_the_network_is_told_of_a_pose_is_what_zero123_says_of_it():
    told = pose_numbers([Pose(90.0, 30.0, 0.5)], elevation=None, spread=0.3)[0]
    assert torch.allclose(
        told, torch.tensor([-np.pi / 6, 1.0, 0.0, 0.5, 0.0, 0.0, 0.3], dtype=torch.float32), atol=1e-6
    )
    known = pose_numbers([Pose()], elevation=30.0, spread=0.3)[0]
    assert known[4:6].tolist() == pytest.approx([1.0, 0.5])


def test_normals_that_look_at_a_camera_point_against_its_axis():
    camera = Camera.orbit(70.0, 25.0, 3.0, 64, 64, 100.0)
    towards = camera.position / np.linalg.norm(camera.position)
    assert np.allclose(turned_normals(towards[None], camera), [[0.0, 0.0, -1.0]], atol=1e-6)


def test_a_photo_is_seen_through_its_window():
    rgb, alpha = np.zeros((800, 1000, 3), np.float32), np.zeros((800, 1000), np.float32)
    alpha[150:610, 380:560] = 1.0
    rgb[150:380] = (0.8, 0.2, 0.2)  # its upper half
    window, framing = square_of(Photo(rgb, alpha, "painted mask", CAMERA, ()))
    assert framing == framed(CAMERA, BOX, float(CAMERA.world_to_camera[2, 3]))[1]
    assert window.alpha.shape == (SIZE, SIZE)
    assert window.alpha.sum() == pytest.approx(180 * 460 * (SIZE / (ROOM * 460)) ** 2, rel=0.02)
    assert np.allclose(window.rgb[SIZE // 2 - 4, SIZE // 2], (0.8, 0.2, 0.2), atol=1e-3)
    assert np.allclose(window.rgb[SIZE // 2 + 4, SIZE // 2], 0.0, atol=1e-3)
