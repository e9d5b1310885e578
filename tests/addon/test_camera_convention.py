"""Blender itself is asked whether the camera convention of the engine is the one Blender follows."""

import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from statue_recon.camera import Camera  # noqa: E402  (the repository root must be on the path first)


def blender_pixels(parameters, width, height, points, aspect=(1.0, 1.0)):
    """Where Blender sees world points [N, 3]: pixels [N, 2] from the top left corner, depths [N]."""
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Matrix, Vector

    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x, scene.render.pixel_aspect_y = aspect
    lens = bpy.data.cameras.new("lens")
    for name in ("sensor_fit", "lens", "sensor_width", "sensor_height", "shift_x", "shift_y"):
        setattr(lens, name, parameters[name])
    camera = bpy.data.objects.new("camera", lens)
    scene.collection.objects.link(camera)
    camera.matrix_world = Matrix(parameters["matrix_world"])
    bpy.context.view_layer.update()
    seen = np.array([world_to_camera_view(scene, camera, Vector(point)) for point in points])
    graph = bpy.context.evaluated_depsgraph_get()
    window = camera.calc_matrix_camera(graph, x=width, y=height, scale_x=aspect[0], scale_y=aspect[1])
    there = np.column_stack([points, np.ones(len(points))]) @ np.array(window @ camera.matrix_world.inverted()).T
    bpy.data.objects.remove(camera)
    pixels = np.column_stack([seen[:, 0] * width, (1 - seen[:, 1]) * height])
    drawn = (there[:, :2] / there[:, 3:] * (0.5, -0.5) + 0.5) * (width, height)  # by the matrix renders are made with
    assert np.abs(pixels - drawn).max() < 0.02
    return pixels, seen[:, 2]


POINTS = np.random.default_rng(3).uniform(-0.9, 0.9, (40, 3))


@pytest.mark.parametrize(("width", "height"), [(800, 600), (600, 800), (500, 500), (1600, 400)])
def test_blender_sees_points_where_the_engine_projects_them(width, height):
    camera = Camera.orbit(35, 20, 4.0, width, height, focal=900)
    camera = Camera(width, height, 900, 900, 0.37 * width, 0.61 * height, camera.world_to_camera)
    pixels, depth = camera.project(POINTS)
    theirs, their_depth = blender_pixels(camera.to_blender(), width, height, POINTS)
    assert np.abs(theirs - pixels).max() < 0.02
    assert np.abs(their_depth - depth).max() < 1e-4


@pytest.mark.parametrize("fit", ["AUTO", "HORIZONTAL", "VERTICAL"])
@pytest.mark.parametrize(("width", "height"), [(800, 600), (600, 800)])
def test_a_camera_of_blenders_is_understood_with_any_sensor_fit(fit, width, height):
    parameters = Camera.orbit(-50, 10, 5.0, width, height, focal=700).to_blender()
    parameters |= {"sensor_fit": fit, "sensor_width": 32.0, "sensor_height": 18.0, "shift_x": 0.11, "shift_y": -0.07}
    pixels, _ = Camera.from_blender(parameters, width, height).project(POINTS)
    theirs, _ = blender_pixels(parameters, width, height, POINTS)
    assert np.abs(theirs - pixels).max() < 0.02


ASPECTS = [(1.0, 1.0), (1.0, 1.4), (16 / 15, 1.0), (1.0, 3.0), (2.5, 1.0)]


@pytest.mark.parametrize("aspect", ASPECTS[1:])
@pytest.mark.parametrize(("width", "height"), [(800, 600), (600, 800), (720, 576)])
def test_pixels_that_are_not_square_are_what_blender_makes_of_its_pixel_aspect(width, height, aspect):
    focal = 900.0
    pose = Camera.orbit(35, 20, 4.0, width, height, focal=focal).world_to_camera
    camera = Camera(width, height, focal / aspect[0], focal / aspect[1], 0.37 * width, 0.61 * height, pose)
    parameters = camera.to_blender()
    told = (parameters["pixel_aspect_x"], parameters["pixel_aspect_y"])
    assert told == pytest.approx(aspect)
    theirs, _ = blender_pixels(parameters, width, height, POINTS, told)
    assert np.abs(theirs - camera.project(POINTS)[0]).max() < 0.02


@pytest.mark.parametrize("aspect", ASPECTS[1:])
@pytest.mark.parametrize("fit", ["AUTO", "HORIZONTAL", "VERTICAL"])
@pytest.mark.parametrize(("width", "height"), [(800, 600), (600, 800)])
def test_a_camera_in_a_scene_of_any_pixel_aspect_is_understood(fit, width, height, aspect):
    parameters = Camera.orbit(-50, 10, 5.0, width, height, focal=700).to_blender()
    parameters |= {"sensor_fit": fit, "sensor_width": 32.0, "sensor_height": 18.0, "shift_x": 0.11, "shift_y": -0.07}
    pixels, _ = Camera.from_blender(parameters, width, height, aspect).project(POINTS)
    theirs, _ = blender_pixels(parameters, width, height, POINTS, aspect)
    assert np.abs(theirs - pixels).max() < 0.02
