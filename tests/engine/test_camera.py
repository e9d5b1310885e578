"""The camera keeps its convention, and Blender's parameters say the same thing in other words."""

import json
from pathlib import Path

import cv2
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


@pytest.mark.parametrize("fy", [350.0, 656.25, 1400.0])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (600, 500)])
def test_pixels_that_are_not_square_lead_through_blender_and_back(width, height, fy):
    pose = a_camera().world_to_camera
    camera = Camera(width, height, 700, fy, 0.4 * width, 0.55 * height, pose)
    parameters = camera.to_blender()
    aspect = (parameters["pixel_aspect_x"], parameters["pixel_aspect_y"])
    assert min(aspect) == 1.0 and aspect[1] / aspect[0] == pytest.approx(700 / fy)
    back = Camera.from_blender(parameters, width, height, aspect)
    assert np.allclose(back.project(POINTS)[0], camera.project(POINTS)[0])
    assert (back.fx, back.fy) == pytest.approx((700, fy))


def test_square_pixels_stay_exactly_square_in_blender():
    camera = a_camera()
    almost = Camera(640, 480, 700, 700.03, 320, 240, camera.world_to_camera)  # what rounding leaves
    assert camera.pixel_aspect == almost.pixel_aspect == (1.0, 1.0)


def test_pixels_longer_than_blender_can_show_are_refused_with_a_sentence():
    with pytest.raises(Failure, match="250 times longer"):
        Camera(640, 480, 700, 2.8, 320, 240, a_camera().world_to_camera).to_blender()


def test_a_part_of_the_picture_keeps_the_rays_of_its_pixels():
    camera = a_camera()
    part = camera.cropped(100, 60, 200, 150)
    pixels = np.random.default_rng(1).uniform(0, 150, (20, 2))
    assert np.allclose(part.rays(pixels)[1], camera.rays(pixels + np.array([100, 60]))[1])
    assert np.allclose(part.project(POINTS)[0] + (100, 60), camera.project(POINTS)[0])
    assert (part.width, part.height) == (200, 150)


@pytest.mark.parametrize("azimuth", [-179.0, -90.0, 0.0, 33.0, 90.0, 150.0])
@pytest.mark.parametrize("elevation", [-90.0, -45.0, 0.0, 20.0, 89.0, 90.0])
def test_angles_lead_back_to_the_orbit(azimuth, elevation):
    target = (0.3, -0.2, 1.1)
    camera = Camera.orbit(azimuth, elevation, 4.2, 64, 48, focal=70, target=target)
    assert camera.angles(target) == pytest.approx((azimuth, elevation, 4.2), abs=1e-6)


def a_calibration() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """K, R, t of a camera that was tilted and rolled, made without the class under test."""
    angles = np.radians([20, -35, 10])
    cosine, sine = np.cos(angles), np.sin(angles)
    around_x = np.array([[1, 0, 0], [0, cosine[0], -sine[0]], [0, sine[0], cosine[0]]])
    around_y = np.array([[cosine[1], 0, sine[1]], [0, 1, 0], [-sine[1], 0, cosine[1]]])
    around_z = np.array([[cosine[2], -sine[2], 0], [sine[2], cosine[2], 0], [0, 0, 1]])
    intrinsics = np.array([[812.0, 0, 331.5], [0, 790.0, 214.25], [0, 0, 1]])
    return intrinsics, around_x @ around_y @ around_z, np.array([0.1, -0.3, 4.0])


def test_opencvs_matrices_project_half_a_pixel_less_and_lead_back():
    """OpenCV itself is asked; it counts pixels from the centre of the first one."""
    intrinsics, rotation, translation = a_calibration()
    camera = Camera.from_opencv(intrinsics, rotation, translation, 640, 480)
    theirs, _ = cv2.projectPoints(POINTS, cv2.Rodrigues(rotation)[0], translation, intrinsics, None)
    assert np.allclose(camera.project(POINTS)[0] - 0.5, theirs[:, 0])
    for ours, given in zip(camera.to_opencv(), a_calibration(), strict=True):
        assert np.allclose(ours, given)
    same = Camera.from_opencv(intrinsics, rotation, translation, 640, 480, pixel_centre=0.5)
    assert np.allclose(same.project(POINTS)[0], theirs[:, 0])


@pytest.mark.parametrize("scale", [1.0, -2.7, 1e-3])
def test_a_projection_matrix_of_any_scale_and_sign_is_taken_apart(scale):
    intrinsics, rotation, translation = a_calibration()
    whole = intrinsics @ np.column_stack([rotation, translation])
    camera = Camera.from_projection(scale * whole, 640, 480)
    for ours, given in zip(camera.to_opencv(), a_calibration(), strict=True):
        assert np.allclose(ours, given)


def test_a_skewed_matrix_is_refused_with_a_sentence_and_a_trace_of_skew_is_not():
    intrinsics, rotation, translation = a_calibration()
    intrinsics[0, 1] = 1.0
    Camera.from_opencv(intrinsics, rotation, translation, 640, 480)
    intrinsics[0, 1] = 9.0
    with pytest.raises(Failure, match=r"skewed.* 2.7 pixels") as caught:
        Camera.from_opencv(intrinsics, rotation, translation, 640, 480)
    assert "Undistort" in caught.value.next_step


def test_the_matrices_of_a_real_data_set_are_one_camera_in_many_places():
    folder = Path(__file__).resolve().parents[2].parent / "shared/data/photos/buddha_head"
    if not folder.is_dir():
        pytest.skip("the shared photos are not here")
    cameras = [Camera.from_projection(np.loadtxt(file), 2736, 1540) for file in sorted(folder.glob("*_P.txt"))]
    focals = np.array([(camera.fx, camera.fy) for camera in cameras])
    assert len(cameras) == 13 and np.ptp(focals) < 1e-3 and focals[0, 0] == pytest.approx(1860.9, abs=0.1)
    assert len({tuple(camera.position.round(2)) for camera in cameras}) == 13


def test_a_pose_that_scales_or_mirrors_is_no_camera():
    with pytest.raises(ValueError, match="rigid"):
        Camera(10, 10, 5, 5, 5, 5, np.diag([2.0, 2.0, 2.0, 1.0]))
    with pytest.raises(ValueError, match="rigid"):
        Camera(10, 10, 5, 5, 5, 5, np.diag([1.0, 1.0, -1.0, 1.0]))
