"""The voxel grid shows in place of its statue, comes and goes by one button, and is never in the way."""

import importlib
import json
import shutil

import bpy
import numpy as np
import pytest
from synthetic_job import off_centre_camera, result_event, volume, write_job


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def job(module, tmp_path):
    """The folder of a finished job."""
    folder = tmp_path / "job"
    write_job(module, folder, off_centre_camera(96, 64))
    line = module("statue_recon.contract").to_line(result_event(module))
    (folder / "events.jsonl").write_text(line + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def made(module, job):
    """A statue in the factory's scene, selected and active."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    made = module("scene.insert").insert_result(bpy.context.scene, job, result_event(module), "job", "Apollo")
    activate(made)
    return made


def activate(thing):
    bpy.ops.object.select_all(action="DESELECT")
    bpy.context.view_layer.objects.active = thing
    thing.select_set(True)


def press():
    return bpy.ops.statue.show_voxels("EXEC_DEFAULT", True)


def grids():
    return [thing for thing in bpy.data.objects if thing.get("statue_kind") == "voxels"]


def corners(thing):
    """World coordinates [V, 3]."""
    bpy.context.view_layer.update()
    places = np.empty(len(thing.data.vertices) * 3, np.float32)
    thing.data.vertices.foreach_get("co", places)
    return np.c_[places.reshape(-1, 3), np.ones(len(places) // 3)] @ np.array(thing.matrix_world).T[:, :3]


def test_the_boxes_fill_the_cells_inside_and_nothing_else(module, job):
    arrays = volume()
    file = module("scene.result_files").read_volume(job, "result/volume.npz")
    vertices, quads, colours = module("scene.voxels").boxes(file)
    a, b, c, d = (vertices[quads[:, corner]].astype(np.float64) for corner in range(4))
    parts = np.concatenate([np.cross(a, b) * c, np.cross(a, c) * d])  # six times the volume below each triangle
    cells = (arrays["values"] < 0).sum()
    assert parts.sum() / 6 == pytest.approx(cells * arrays["spacing"] ** 3, rel=1e-4)  # closed, and facing outwards
    assert np.allclose(np.linalg.norm(b - a, axis=1), arrays["spacing"], atol=1e-5)
    inside = np.argwhere(arrays["values"] < 0) * arrays["spacing"] + arrays["lower"]
    assert np.allclose(vertices.min(axis=0), inside.min(axis=0) - arrays["spacing"] / 2, atol=1e-5)
    assert np.allclose(vertices.max(axis=0), inside.max(axis=0) + arrays["spacing"] / 2, atol=1e-5)
    assert len(np.unique(vertices.round(4), axis=0)) == len(vertices)
    assert 0.45 < colours.mean() < 0.55 and set(colours) == {0, 1}


def test_the_grid_lies_over_a_statue_that_was_moved_turned_and_scaled(made):
    made.location, made.rotation_euler, made.scale = (3, -2, 1), (0.2, 0.1, 0.7), (2, 2, 2)
    assert press() == {"FINISHED"}
    (grid,) = grids()
    assert (grid.name, grid.users_collection) == ("Apollo voxels", made.users_collection)
    assert not any(polygon.use_smooth for polygon in grid.data.polygons) and not grid.data.validate()
    cell = 0.075 * 2
    of_grid, of_statue = corners(grid), corners(made)
    assert np.abs(of_grid.min(axis=0) - of_statue.min(axis=0)).max() < 1.5 * cell
    assert np.abs(of_grid.max(axis=0) - of_statue.max(axis=0)).max() < 1.5 * cell


def test_the_grid_shows_in_place_of_the_statue_and_back(made):
    before = set(bpy.data.objects)
    press()
    (grid,) = grids()
    layer = bpy.context.view_layer
    assert (made.hide_get(), grid.hide_get()) == (True, False)
    assert layer.objects.active == grid and grid.select_get()  # so that the same button leads back
    press()
    assert (made.hide_get(), grid.hide_get()) == (False, True)
    assert layer.objects.active == made and made.select_get()
    press()
    assert grids() == [grid] and set(bpy.data.objects) == before | {grid}
    assert (made.hide_get(), grid.hide_get()) == (True, False)


def test_a_final_render_always_has_the_statue(made):
    press()
    assert not made.hide_render and grids()[0].hide_render


def test_another_active_object_stays_active(module, made):
    camera = module("scene.matched_camera").camera_of(made)
    activate(camera)
    press()
    assert bpy.context.view_layer.objects.active == camera and made.hide_get()


def test_showing_is_one_undo_step(made):
    bpy.ops.ed.undo_push(message="statue")
    press()
    bpy.ops.ed.undo()
    assert not grids() and not bpy.data.objects["Apollo"].hide_get()
    bpy.ops.ed.redo()
    assert grids() and bpy.data.objects["Apollo"].hide_get()


def test_a_deleted_grid_gives_the_statue_back(module, made):
    press()
    activate(grids()[0])
    bpy.ops.object.delete()
    assert not grids() and bpy.context.object is None
    assert module("scene.statue").left_hidden(bpy.context.scene) == made
    assert press() == {"FINISHED"}
    assert not made.hide_get() and module("scene.statue").left_hidden(bpy.context.scene) is None
    activate(made)
    press()
    assert len(grids()) == 1 and made.hide_get()


def test_a_statue_that_was_brought_back_by_hand_gets_a_new_grid_at_one_press(made):
    press()
    activate(grids()[0])
    bpy.ops.object.delete()
    made.hide_set(False)  # Alt-H
    activate(made)
    press()
    assert len(grids()) == 1 and made.hide_get()


def test_a_deleted_statue_leaves_a_grid_that_does_no_harm(made):
    press()
    bpy.data.objects.remove(made)
    with pytest.raises(RuntimeError, match="poll"):
        press()


def test_the_grid_outlives_saving_and_loading_and_its_job_folder(made, job, tmp_path):
    press()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    shutil.rmtree(job)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    made = bpy.data.objects["Apollo"]
    assert made.hide_get() and press() == {"FINISHED"} and not made.hide_get()
    assert press() == {"FINISHED"} and len(grids()) == 1


def test_after_loading_a_file_the_grid_can_still_be_made(made, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert press() == {"FINISHED"} and len(grids()) == 1


def test_a_job_folder_that_is_gone_is_told_with_the_next_step(made, job):
    shutil.rmtree(job)
    with pytest.raises(RuntimeError, match=r"not there any more.*Run the reconstruction again"):
        press()
    assert not made.hide_get() and not grids()


def test_a_result_without_a_volume_is_told_with_the_next_step(made, job):
    line = json.loads((job / "events.jsonl").read_text(encoding="utf-8")) | {"volume": None}
    (job / "events.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="kept no volume"):
        press()
    assert not made.hide_get() and not grids()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"values": np.zeros((3, 3), np.int8)},
        {"values": np.full((3, 3, 3), -1.0)},
        {"values": np.full((3, 3, 3), 5, np.int8)},
        {"spacing": np.float64(0)},
        {"spacing": np.array([1.0])},
        {"lower": np.array([0, np.nan, 0])},
    ],
    ids=str,
)
def test_a_damaged_volume_is_refused_before_anything_changes(made, job, spoilt):
    np.savez(job / "result/volume.npz", **(volume() | spoilt))
    with pytest.raises(RuntimeError, match=r"volume\.npz"):
        press()
    assert not made.hide_get() and not grids()


def test_an_insert_again_has_a_grid_of_its_own(module, made, job):
    press()
    second = module("scene.insert").insert_again(bpy.context.scene, job)
    activate(second)
    press()
    assert sorted(grid.parent.name for grid in grids()) == sorted([made.name, second.name])


def test_in_edit_mode_the_button_is_greyed_out(made):
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.statue.show_voxels.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.ops.statue.show_voxels.poll()


def test_a_preview_has_no_grid(module, job):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    preview = module("scene.insert").insert_preview(bpy.context.scene, job, "preview/coarse.npz", "job", "Apollo")
    activate(preview)
    assert not bpy.ops.statue.show_voxels.poll()


def test_what_imagined_the_statue_can_be_read_in_its_provenance(module, made):
    lines = module("scene.statue").provenance_lines(made)
    assert "Samples 4, guidance 2.5" in lines
    assert "Weights: shape-1 cdcdcdcdcdcd…" in lines
