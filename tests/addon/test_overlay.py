"""The overlays show in every kind of shading, one at a time, and leave everything as it was."""

import importlib

import bpy
import numpy as np
import pytest
from synthetic_job import off_centre_camera, result_event, write_job


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def overlay(module):
    return module("scene.overlay")


@pytest.fixture
def made(module, tmp_path):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    write_job(module, tmp_path / "job", off_centre_camera(96, 64))
    insert = module("scene.insert").insert_result
    return insert(bpy.context.scene, tmp_path / "job", result_event(module), "job", "Apollo")


def viewports():
    areas = [area for screen in bpy.data.screens for area in screen.areas]
    return [area.spaces.active.shading for area in areas if area.type == "VIEW_3D"]


def mean_colour(made, camera, path):
    """Of the statue in a final render by Cycles under white light, [3] sRGB 0 … 1."""
    scene = bpy.context.scene
    scene.camera = camera
    if scene.world.node_tree is None:  # before Blender 5
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (1, 1, 1, 1)
    bpy.data.objects["Cube"].hide_render = True
    scene.view_settings.view_transform = "Standard"
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 8
    scene.cycles.use_denoising = False
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = 96, 64
    scene.render.image_settings.file_format, scene.render.filepath = "PNG", str(path)
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(str(path), check_existing=False)
    pixels = np.array(picture.pixels[:]).reshape(-1, 4)
    return pixels[pixels[:, 3] > 0.99, :3].mean(axis=0)


def test_a_final_render_shows_the_overlay_only_while_it_is_on(module, overlay, made, tmp_path):
    camera = module("scene.matched_camera").camera_of(made)
    plain = mean_colour(made, camera, tmp_path / "plain.png")
    overlay.show_seen(made, True)
    shown = mean_colour(made, camera, tmp_path / "shown.png")
    overlay.show_seen(made, False)
    after = mean_colour(made, camera, tmp_path / "after.png")
    assert plain[0] > plain[2]  # warm stone
    assert shown[2] > shown[0] + 0.1  # what the camera sees is teal
    assert np.allclose(plain, after, atol=0.01)


def test_in_solid_shading_every_viewport_shows_the_colours_and_gets_its_own_back(overlay, made):
    kinds = ["MATERIAL", "SINGLE", "OBJECT", "RANDOM"]
    for index, shading in enumerate(viewports()):
        shading.color_type = kinds[index % 4]
    before = [shading.color_type for shading in viewports()]
    overlay.show_seen(made, True)
    assert before
    assert {shading.color_type for shading in viewports()} == {"VERTEX"}
    assert made.data.color_attributes.active_color.name == "Statue Seen"
    overlay.show_seen(made, False)
    assert [shading.color_type for shading in viewports()] == before
    assert len(made.data.color_attributes) == 0


def test_a_colour_the_user_chooses_meanwhile_is_kept(overlay, made):
    overlay.show_seen(made, True)
    viewports()[0].color_type = "RANDOM"
    overlay.match_views()  # as after any undo
    assert viewports()[0].color_type == "RANDOM"
    overlay.show_seen(made, False)
    assert viewports()[0].color_type == "RANDOM"


def test_the_users_own_colour_attribute_becomes_active_again(overlay, made):
    attributes = made.data.color_attributes
    attributes.new("mine", "BYTE_COLOR", "CORNER")
    attributes.active_color = attributes["mine"]
    overlay.show_seen(made, True)
    overlay.show_seen(made, True)
    overlay.show_seen(made, False)
    assert made.data.color_attributes.active_color.name == "mine"


def test_the_colours_follow_the_weight(overlay, made):
    overlay.show_seen(made, True)
    colours = np.array([tuple(item.color) for item in made.data.color_attributes["Statue Seen"].data])
    seen = np.array([item.value for item in made.data.attributes["seen"].data])
    assert (colours[seen > 0.99][:, 2] > colours[seen > 0.99][:, 0]).all()
    assert (colours[seen < 0.01][:, 0] > colours[seen < 0.01][:, 2]).all()


def test_doubt_goes_from_dark_to_light(overlay, made):
    overlay.show_doubt(made, True)
    assert made.data.color_attributes.active_color.name == "Statue Doubt"
    colours = np.array([tuple(item.color) for item in made.data.color_attributes["Statue Doubt"].data])
    doubt = np.array([item.value for item in made.data.attributes["doubt"].data])
    lightness = colours[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness[np.argsort(doubt)]) >= -1e-6).all() and lightness.max() > 4 * lightness.min()


def test_one_overlay_takes_the_place_of_the_other_in_views_and_renders(overlay, made):
    nodes = made.active_material.node_tree.nodes
    strengths = [nodes[name].outputs[0] for name in ("Statue Seen Overlay", "Statue Doubt Overlay")]
    before = [shading.color_type for shading in viewports()]
    overlay.show_seen(made, True)
    overlay.show_doubt(made, True)
    assert (overlay.seen_shown(made), overlay.doubt_shown(made)) == (False, True)
    assert [strength.default_value > 0 for strength in strengths] == [False, True]
    assert [attribute.name for attribute in made.data.color_attributes] == ["Statue Doubt"]
    overlay.show_seen(made, False)  # is off already: nothing of the other's may go
    assert overlay.doubt_shown(made) and {shading.color_type for shading in viewports()} == {"VERTEX"}
    overlay.show_seen(made, True)
    assert (overlay.seen_shown(made), overlay.doubt_shown(made)) == (True, False)
    overlay.show_seen(made, False)
    assert [shading.color_type for shading in viewports()] == before and not made.data.color_attributes


def test_the_users_own_colour_attribute_outlives_both_overlays(overlay, made):
    attributes = made.data.color_attributes
    attributes.new("mine", "BYTE_COLOR", "CORNER")
    attributes.active_color = attributes["mine"]
    overlay.show_seen(made, True)
    overlay.show_doubt(made, True)
    overlay.show_doubt(made, False)
    assert [attribute.name for attribute in attributes] == ["mine"] and attributes.active_color.name == "mine"


def test_a_final_render_shows_doubt(module, overlay, made, tmp_path):
    camera = module("scene.matched_camera").camera_of(made)
    made.data.attributes["doubt"].data.foreach_set("value", np.full(len(made.data.vertices), 0.09, np.float32))
    overlay.show_doubt(made, True)
    shown = mean_colour(made, camera, tmp_path / "shown.png")
    assert shown[0] > 0.6 and shown[1] > 0.5 and shown[2] < 0.4  # yellow


def test_a_statue_without_any_doubt_says_why_it_cannot_show_it(module, overlay, made):
    made.data.attributes["doubt"].data.foreach_set("value", np.zeros(len(made.data.vertices), np.float32))
    with pytest.raises(module("statue_recon.contract").Failure, match="no doubt to show") as failure:
        overlay.show_doubt(made, True)
    assert "Samples" in failure.value.next_step and not overlay.doubt_shown(made)


def test_the_legend_of_doubt_is_in_millimetres_once_the_height_is_known(module, made):
    statue = module("scene.statue")
    assert statue.length_in_words(made, 0.09, 1.0) == "5 %"  # the head on its plinth is 1.8 high
    statue.set_real_height(made, 0.36)
    assert statue.length_in_words(made, 0.09, 1.0) == "18 mm"
    assert statue.length_in_words(made, 0.045, 0.001) == "0.009 mm"
    made.scale = (1, 1, 1)
    statue.set_real_height(made, 1.8)
    assert statue.length_in_words(made, 0.09, 1.0) == "90 mm"


def test_saving_and_loading_keeps_the_overlay_and_the_way_back(overlay, made, tmp_path):
    before = [shading.color_type for shading in viewports()]
    overlay.show_seen(made, True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    made = bpy.data.objects["Apollo"]
    assert overlay.seen_shown(made)
    assert {shading.color_type for shading in viewports()} == {"VERTEX"}
    overlay.show_seen(made, False)
    assert [shading.color_type for shading in viewports()] == before


def test_views_follow_undo_and_redo(overlay, made):
    before = [shading.color_type for shading in viewports()]
    bpy.ops.ed.undo_push(message="statue")
    overlay.show_seen(made, True)
    bpy.ops.ed.undo_push(message="overlay on")
    bpy.ops.ed.undo()
    assert not overlay.seen_shown(bpy.data.objects["Apollo"])
    assert [shading.color_type for shading in viewports()] == before
    bpy.ops.ed.redo()
    assert overlay.seen_shown(bpy.data.objects["Apollo"])
    assert {shading.color_type for shading in viewports()} == {"VERTEX"}


def test_a_second_statue_keeps_the_views_until_its_overlay_is_off_too(module, overlay, made, tmp_path):
    before = [shading.color_type for shading in viewports()]
    insert = module("scene.insert").insert_result
    second = insert(bpy.context.scene, tmp_path / "job", result_event(module), "job", "Apollo")
    overlay.show_seen(made, True)
    overlay.show_seen(second, True)
    overlay.show_seen(made, False)
    assert {shading.color_type for shading in viewports()} == {"VERTEX"}
    overlay.show_seen(second, False)
    assert [shading.color_type for shading in viewports()] == before


def test_a_remeshed_statue_says_that_the_weight_is_gone(module, overlay, made):
    made.data.attributes.remove(made.data.attributes["seen"])
    with pytest.raises(module("statue_recon.contract").Failure, match="is gone"):
        overlay.show_seen(made, True)
    assert not overlay.seen_shown(made)


def test_edit_mode_is_asked_to_end_first(module, overlay, made):
    bpy.context.view_layer.objects.active = made
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(module("statue_recon.contract").Failure, match="Object Mode"):
        overlay.show_seen(made, True)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_the_photo_can_be_hidden_and_shown(module, overlay, made):
    camera = module("scene.matched_camera").camera_of(made)
    assert overlay.photo_shown(camera)
    overlay.show_photo(camera, False)
    assert not overlay.photo_shown(camera)
    camera.data.show_background_images = False
    overlay.show_photo(camera, True)
    assert overlay.photo_shown(camera)
