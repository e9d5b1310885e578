"""From the photo in an Image Editor to the statue in the scene, through the button, with the real engine."""

import importlib
import time

import bpy
import pytest

PATIENCE = 300  # seconds; a Draft takes half a minute on a free machine


@pytest.fixture
def jobs(addon, engine_python, tmp_path):
    """The session's jobs, with an engine to run them and a folder of this test's own."""
    chosen = bpy.context.preferences.addons[addon.__name__].preferences
    chosen.engine_python, chosen.jobs_folder = str(engine_python), str(tmp_path / "jobs")
    importlib.import_module(f"{addon.__name__}.session.runtime").refresh()
    return importlib.import_module(f"{addon.__name__}.session.jobs")


@pytest.fixture
def editor(addon):
    """An Image Editor that shows a vase on a plain ground, alpha telling which is which."""
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=True)
    bpy.context.scene.statue.prior = "none"  # the quickest: what is tried here does not depend on it
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "PROPERTIES")
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = vase()
    return area


def in_editor(area):
    """The context of this editor. Not to be held while a file is loaded: that frees its window under Blender."""
    return bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area)


def press(area) -> set[str]:
    """Presses Reconstruct in this editor."""
    with in_editor(area):
        return bpy.ops.statue.reconstruct()


def vase() -> bpy.types.Image:
    """A painted vase, 240 × 320, its alpha as mask."""
    import numpy as np

    width, height = 240, 320
    rows, columns = np.mgrid[0:height, 0:width]
    up = (rows - 40) / 240  # 0 at the foot, 1 at the lip
    radius = 35 + 45 * np.sin(np.clip(up, 0, 1) * 2.6) ** 2
    inside = (np.abs(columns - 120) < radius) & (up >= 0) & (up <= 1)
    pixels = np.empty((height, width, 4), np.float32)
    pixels[..., :3] = 0.3 + 0.5 * (1 - ((columns - 120) / 90) ** 2).clip(0, 1)[..., None] * [1.0, 0.7, 0.5]
    pixels[..., 3] = inside
    image = bpy.data.images.new("vase", width, height, alpha=True)
    image.pixels.foreach_set(pixels.ravel())
    return image


def let_run(jobs, job) -> None:
    """Calls the timer as the window's main loop would, until nothing is left to do."""
    deadline = time.monotonic() + PATIENCE
    while jobs.tick() is not None:
        assert time.monotonic() < deadline, job.state
        time.sleep(0.05)


def test_pressing_reconstruct_brings_a_statue_into_the_scene(jobs, editor):
    assert press(editor) == {"FINISHED"}
    job = jobs.current(bpy.context.scene)
    let_run(jobs, job)
    assert job.inserted, (job.state, job.problem)
    statues = [thing for thing in bpy.context.scene.objects if thing.get("statue_job") == job.id]
    assert sorted(thing.type for thing in statues) == ["CAMERA", "MESH"]
    assert job.shown_preview, "no coarse mesh was shown on the way"


def test_a_render_through_the_matched_camera_lies_on_the_photo(jobs, editor, tmp_path):
    import numpy as np

    press(editor)
    job = jobs.current(bpy.context.scene)
    photo = np.empty(240 * 320 * 4, np.float32)
    editor.spaces.active.image.pixels.foreach_get(photo)
    let_run(jobs, job)
    scene = bpy.context.scene
    for thing in scene.objects:
        thing.hide_render = thing.get("statue_job") != job.id
    scene.camera = next(thing for thing in scene.objects if thing.type == "CAMERA" and thing.get("statue_job"))
    scene.render.engine, scene.cycles.samples, scene.render.film_transparent = "CYCLES", 1, True
    scene.render.resolution_x, scene.render.resolution_y, scene.render.filepath = 240, 320, str(tmp_path / "seen.png")
    bpy.ops.render.render(write_still=True)
    render = np.empty_like(photo)
    bpy.data.images.load(scene.render.filepath).pixels.foreach_get(render)
    drawn, mask = render[3::4] > 0.5, photo[3::4] > 0.5
    assert (drawn & mask).sum() / (drawn | mask).sum() >= 0.95


def test_a_second_job_waits_for_the_first_and_both_arrive(jobs, editor):
    bpy.context.scene.statue.seed = 1
    press(editor)
    first = jobs.current(bpy.context.scene)
    press(editor)
    second = jobs._jobs[-1]
    assert second is not first and second.state.status == "queued"
    let_run(jobs, second)
    assert first.inserted and second.inserted


def test_cancelling_keeps_the_coarse_mesh(jobs, editor):
    press(editor)
    job = jobs.current(bpy.context.scene)
    while not job.shown_preview:
        jobs.tick()
        time.sleep(0.02)
    bpy.ops.statue.cancel()
    let_run(jobs, job)
    assert job.state.status == "cancelled"
    assert [thing for thing in bpy.context.scene.objects if thing.get("statue_job") == job.id]


def test_a_mesh_that_was_not_shown_before_the_cancel_is_shown_after_it(jobs, editor):
    press(editor)
    job = jobs.current(bpy.context.scene)
    deadline = time.monotonic() + PATIENCE
    while not job.state.preview:  # no tick: as in Edit Mode, or when the cancel comes between two looks
        assert time.monotonic() < deadline
        time.sleep(0.02)
    bpy.ops.statue.cancel()
    while job.state.active:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not [thing for thing in bpy.context.scene.objects if thing.get("statue_job") == job.id]
    let_run(jobs, job)
    assert [thing for thing in bpy.context.scene.objects if thing.get("statue_job") == job.id]


def test_a_damaged_result_is_told_in_its_own_words_and_can_be_tried_again(jobs, editor):
    press(editor)
    job = jobs.current(bpy.context.scene)
    deadline = time.monotonic() + PATIENCE
    while job.state.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    mesh = job.folder / job.state.result.mesh
    whole = mesh.read_bytes()
    mesh.write_bytes(whole[:1000])
    let_run(jobs, job)
    assert not job.inserted and "mesh.npz" in job.problem and "error of ours" not in job.problem
    mesh.write_bytes(whole)
    assert bpy.ops.statue.insert_result(job=job.id) == {"FINISHED"} and not job.problem


def test_a_job_that_is_done_is_not_resumed_into_a_second_statue(jobs, editor):
    press(editor)
    job = jobs.current(bpy.context.scene)
    let_run(jobs, job)
    with pytest.raises(RuntimeError, match="done"):
        bpy.ops.statue.resume()
    assert job.inserted and jobs.find(job.id) is job


def test_the_button_says_what_is_missing(jobs, editor):
    reconstruct = importlib.import_module(jobs.__name__.replace("session.jobs", "operators.reconstruct"))
    settings = bpy.context.scene.statue
    with in_editor(editor):
        assert reconstruct.input_problem(bpy.context) is None
        settings.mask_source = "painted"
        assert "Mask Image" in reconstruct.input_problem(bpy.context)
        settings.mask_image = editor.spaces.active.image
        assert "own mask" in reconstruct.input_problem(bpy.context)
        editor.spaces.active.image = None
        assert "No photo" in reconstruct.input_problem(bpy.context)


def test_an_empty_mask_is_refused_with_a_sentence_and_no_job(jobs, editor):
    settings = bpy.context.scene.statue
    settings.mask_source = "painted"
    settings.mask_image = bpy.data.images.new("nothing", 240, 320)
    before = len(jobs._jobs)
    with pytest.raises(RuntimeError, match="mask"):
        press(editor)
    assert len(jobs._jobs) == before


def test_an_engine_that_is_not_there_greys_the_button_out_with_the_next_step(jobs, addon, editor, tmp_path):
    bpy.context.preferences.addons[addon.__name__].preferences.engine_python = str(tmp_path / "nothing")
    runtime = importlib.import_module(f"{addon.__name__}.session.runtime")
    assert runtime.problem()
    with pytest.raises(RuntimeError):
        press(editor)


def test_a_result_whose_file_was_closed_waits_and_can_be_inserted_elsewhere(jobs, editor):
    press(editor)
    job = jobs.current(bpy.context.scene)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    deadline = time.monotonic() + PATIENCE
    while job.state.active:
        jobs.tick()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    jobs.tick()
    assert jobs.waits(job) and not bpy.data.objects
    assert bpy.ops.statue.insert_result(job=job.id) == {"FINISHED"}
    assert any(thing.get("statue_job") == job.id for thing in bpy.context.scene.objects)


def test_a_failed_job_tells_why_and_can_be_discarded(jobs, editor):
    editor.spaces.active.image = bpy.data.images.new("grey", 200, 200)
    press(editor)
    job = jobs.current(bpy.context.scene)
    let_run(jobs, job)
    assert job.state.status == "failed" and "No statue" in job.state.failure and job.state.next_step
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert job in jobs.others(bpy.context.scene)
    assert bpy.ops.statue.discard(job=job.id) == {"FINISHED"}
    assert not job.folder.exists() and job not in jobs.others(bpy.context.scene)
