"""The camera keeps its convention, and Blender's parameters say the same thing in other words."""

import json

import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.contract import Failure

POINTS = np.random.default_rng(0).uniform(-0.9, 0.9, (50, 3))


def a_camera(width=640, height=480) -> Camera:
    pose = Camera.orbit(30, 20, 4.0, width, height, focal=700).world_to_camera
    return Camera(width, height, 700, 700, 0.4 * width, 0.55 * height, pose)


def test_the_photo_camera_stands_at_minus_y_and_looks_along_plus_y():
    camera = Camera.orbit(0, 0, 3.0, 200, 100, focal=100)
    assert np.allclose(camera.position, [0, -3, 0])
    pixels, depth = camera.project(np.array([[0, 0, 0], [0.3, 0, 0], [0, 0, 0.3]]))
    assert np.allclose(pixels, [[100, 50], [110, 50], [100, 40]])
    assert np.allclose(depth, 3.0)


def test_a_growing_azimuth_walks_anticlockwise_and_a_growing_elevation_lifts():
    assert np.allclose(Camera.orbit(90, 0, 3.0, 10, 10, focal=10).position, [3, 0, 0])
    assert np.allclose(Camera.orbit(0, 90, 3.0, 10, 10, focal=10).position, [0, 0, 3])


def test_a_ray_meets_the_point_that_was_projected():
    camera = a_camera()
    origin, directions = camera.rays(camera.project(POINTS)[0])
    towards = POINTS - origin
    assert np.allclose(directions, towards / np.linalg.norm(towards, axis=1, keepdims=True))


def test_a_resized_picture_shows_every_point_at_the_same_share_of_its_sides():
    camera = a_camera()
    half = camera.resized(320, 240)
    assert np.allclose(half.project(POINTS)[0] * 2, camera.project(POINTS)[0])


def test_a_camera_moved_with_the_world_takes_the_same_picture():
    camera, offset = a_camera(), np.array([0.3, -2.0, 1.1])
    moved = camera.moved(2.5, offset)
    assert np.allclose(moved.project(2.5 * POINTS + offset)[0], camera.project(POINTS)[0])


def test_a_camera_survives_being_written_as_json():
    camera = a_camera()
    back = Camera.from_json(json.loads(json.dumps(camera.to_json())))
    assert np.array_equal(back.world_to_camera, camera.world_to_camera)
    assert (back.width, back.height, back.fx, back.cx, back.cy) == (640, 480, 700, camera.cx, camera.cy)


def test_a_camera_file_edited_by_hand_is_refused_with_a_sentence():
    fields = a_camera().to_json()
    fields["world_to_camera"][0][0] = 7.0
    with pytest.raises(Failure, match="does not describe a camera"):
        Camera.from_json(fields)
    with pytest.raises(Failure, match="does not describe a camera"):
        Camera.from_json({"width": 3})


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (500, 500)])
def test_blenders_parameters_lead_back_to_the_same_camera(width, height):
    camera = a_camera(width, height)
    parameters = camera.to_blender()
    assert parameters["sensor_fit"] == ("HORIZONTAL" if width >= height else "VERTICAL")
    back = Camera.from_blender(json.loads(json.dumps(parameters)), width, height)
    assert np.allclose(back.project(POINTS)[0], camera.project(POINTS)[0])


@pytest.mark.parametrize(("width", "height", "side"), [(640, 480, 640), (480, 640, 640)])
def test_auto_sensor_fit_measures_the_larger_side(width, height, side):
    parameters = a_camera(width, height).to_blender() | {"sensor_fit": "AUTO", "lens": 50.0, "sensor_width": 36.0}
    assert Camera.from_blender(parameters, width, height).fx == pytest.approx(50 / 36 * side)


def test_pixels_that_are_not_square_are_refused_with_a_sentence():
    camera = a_camera()
    with pytest.raises(Failure, match="not square"):
        Camera(640, 480, 700, 650, 320, 240, camera.world_to_camera).to_blender()
    with pytest.raises(Failure, match="not square"):
        Camera.from_blender(camera.to_blender(), 640, 480, pixel_aspect=(1.0, 2.0))


def test_a_pose_that_scales_or_mirrors_is_no_camera():
    with pytest.raises(ValueError, match="rigid"):
        Camera(10, 10, 5, 5, 5, 5, np.diag([2.0, 2.0, 2.0, 1.0]))
    with pytest.raises(ValueError, match="rigid"):
        Camera(10, 10, 5, 5, 5, 5, np.diag([1.0, 1.0, -1.0, 1.0]))
