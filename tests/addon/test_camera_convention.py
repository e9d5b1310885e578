"""Blender itself is asked whether the camera convention of the engine is the one Blender follows."""

import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from statue_recon.camera import Camera  # noqa: E402  (the repository root must be on the path first)


def blender_pixels(parameters, width, height, points):
    """Where Blender sees world points [N, 3]: pixels [N, 2] from the top left corner, depths [N]."""
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Matrix, Vector

    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1.0
    lens = bpy.data.cameras.new("lens")
    for name in ("sensor_fit", "lens", "sensor_width", "sensor_height", "shift_x", "shift_y"):
        setattr(lens, name, parameters[name])
    camera = bpy.data.objects.new("camera", lens)
    scene.collection.objects.link(camera)
    camera.matrix_world = Matrix(parameters["matrix_world"])
    bpy.context.view_layer.update()
    seen = np.array([world_to_camera_view(scene, camera, Vector(point)) for point in points])
    bpy.data.objects.remove(camera)
    return np.column_stack([seen[:, 0] * width, (1 - seen[:, 1]) * height]), seen[:, 2]


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
