"""The camera that lands in Blender is the one that took the photo."""

import importlib

import bpy
import numpy as np
import pytest
from synthetic_job import head_on_plinth, off_centre_camera, result_event, silhouette, write_job


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def scene(module):
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return bpy.context.scene


def insert(module, scene, folder, camera):
    job = write_job(module, folder, camera)
    made = module("scene.insert").insert_result(scene, folder, result_event(module), "a job", "Apollo")
    return job, made, module("scene.matched_camera").camera_of(made)


def rendered_alpha(scene, camera, path, width, height):
    """[H, W] 0 … 1: what is statue in a render through this camera, row 0 = top."""
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(str(path), check_existing=False)
    pixels = np.array(picture.pixels[:]).reshape(height, width, 4)[::-1, :, 3]
    bpy.data.images.remove(picture)
    return pixels


def silhouette_of(camera):
    return silhouette(camera, head_on_plinth())


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize(("width", "height"), [(360, 240), (240, 360), (256, 256)])
def test_the_render_through_the_matched_camera_lies_on_the_photo(module, scene, tmp_path, width, height):
    job, _, camera = insert(module, scene, tmp_path, off_centre_camera(width, height))
    module("scene.matched_camera").match_render_size(scene, camera)
    assert (scene.render.resolution_x, scene.render.resolution_y) == (width, height)
    silhouette = rendered_alpha(scene, camera, tmp_path / "render.png", width, height) > 0.5
    assert iou(silhouette, job.mask) >= 0.98


@pytest.mark.parametrize("stretch", [0.5, 16 / 15, 2.0])
def test_a_photo_whose_pixels_are_not_square_is_matched_by_the_scenes_pixel_aspect(module, scene, tmp_path, stretch):
    whole = off_centre_camera(360, 240)
    job, _, camera = insert(module, scene, tmp_path, whole.resized(360, round(240 * stretch)))
    module("scene.matched_camera").match_render_size(scene, camera)
    height = round(240 * stretch)
    assert scene.render.pixel_aspect_y / scene.render.pixel_aspect_x == pytest.approx(240 / height, rel=1e-4)
    silhouette = rendered_alpha(scene, camera, tmp_path / "render.png", 360, height) > 0.5
    assert iou(silhouette, job.mask) >= 0.98
    module("scene.matched_camera").match_render_size(scene, camera)
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1.0
    scene.render.resolution_x = scene.render.resolution_y = 360
    module("scene.matched_camera").fit_to_frame(scene, camera)
    squares = rendered_alpha(scene, camera, tmp_path / "squares.png", 360, 360)[60:300] > 0.5
    assert iou(squares, silhouette_of(whole)) >= 0.98


@pytest.mark.parametrize(("width", "height"), [(360, 240), (240, 360)])
def test_in_a_frame_of_another_shape_the_photo_fits_and_the_statue_lies_on_it(module, scene, tmp_path, width, height):
    """The scene renders squares: the photo is the largest rectangle of its shape in the middle."""
    scene.render.resolution_x = scene.render.resolution_y = 360
    job, _, camera = insert(module, scene, tmp_path, off_centre_camera(width, height))
    alpha = rendered_alpha(scene, camera, tmp_path / "render.png", 360, 360)
    top, left = (360 - height) // 2, (360 - width) // 2
    assert iou(alpha[top : top + height, left : left + width] > 0.5, job.mask) >= 0.98
    assert camera.data.background_images[0].frame_method == "FIT"


def test_moving_turning_and_scaling_the_statue_keeps_the_match(module, scene, tmp_path):
    job, made, camera = insert(module, scene, tmp_path, off_centre_camera(320, 240))
    made.location = (7, -3, 2)
    made.rotation_euler = (0.2, 0.1, 2.0)
    module("scene.statue").set_real_height(made, 240.0)
    module("scene.matched_camera").match_render_size(scene, camera)
    silhouette = rendered_alpha(scene, camera, tmp_path / "render.png", 320, 240) > 0.5
    assert iou(silhouette, job.mask) >= 0.98


def test_changing_the_frame_there_and_back_restores_the_lens(module, scene, tmp_path):
    _, _, camera = insert(module, scene, tmp_path, off_centre_camera(360, 240))
    matched = module("scene.matched_camera")
    names = ("sensor_fit", "lens", "shift_x", "shift_y")
    matched.match_render_size(scene, camera)
    before = [getattr(camera.data, name) for name in names]
    scene.render.resolution_x = 1000
    matched.fit_to_frame(scene, camera)
    assert camera.data.sensor_fit == "VERTICAL"
    matched.match_render_size(scene, camera)
    after = [getattr(camera.data, name) for name in names]
    assert after[0] == before[0] == "HORIZONTAL"
    assert np.allclose(after[1:], before[1:], rtol=1e-5)


def test_the_photo_hangs_in_the_camera_packed_and_half_transparent(module, scene, tmp_path):
    _, _, camera = insert(module, scene, tmp_path, off_centre_camera(64, 48))
    (background,) = camera.data.background_images
    assert background.image.packed_file
    assert tuple(background.image.size) == (64, 48)
    assert background.alpha == 0.5
    assert background.display_depth == "FRONT"


def test_an_unparented_camera_is_still_the_statues(module, scene, tmp_path):
    _, made, camera = insert(module, scene, tmp_path, off_centre_camera(64, 48))
    camera.parent = None
    assert module("scene.matched_camera").camera_of(made) == camera
    assert module("scene.statue").statue_of(camera) == made


def test_a_deleted_camera_is_missed_quietly(module, scene, tmp_path):
    _, made, camera = insert(module, scene, tmp_path, off_centre_camera(64, 48))
    bpy.data.objects.remove(camera)
    assert module("scene.matched_camera").camera_of(made) is None
