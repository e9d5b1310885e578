"""One edit with the real engine: from the button to shape key and layer, with nothing faked."""

import time

import bpy
import numpy as np
import pytest
from synthetic_job import off_centre_camera, result_event, write_job
from test_edit_text import ask, chosen, layer, module, places  # noqa: F401 - a fixture too

pytestmark = pytest.mark.once

PATIENCE = 300  # seconds; half a minute on a free machine


@pytest.fixture
def jobs(addon, module, engine_python, tmp_path):  # noqa: F811
    wanted = bpy.context.preferences.addons[addon.__name__].preferences
    wanted.engine_python, wanted.jobs_folder = str(engine_python), str(tmp_path / "jobs")
    module("session.runtime").refresh()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    yield module("session.jobs")
    module("session.jobs")._jobs.clear()  # their queue is the real one: the next test may have its own


def test_a_statue_becomes_bronze_and_keeps_what_the_photo_shows(module, jobs, tmp_path):  # noqa: F811
    job = write_job(module, tmp_path / "jobs" / "apollo", off_centre_camera(96, 64))
    statue = module("scene.insert").insert_result(bpy.context.scene, job.folder, result_event(module), "a", "Apollo")
    chosen(statue)
    ask("dark bronze", what="surface", keep_seen=True)
    made = jobs.current(bpy.context.scene, edit=True)
    deadline = time.monotonic() + PATIENCE
    while jobs.tick() is not None:
        assert time.monotonic() < deadline, made.state
        time.sleep(0.05)
    assert made.inserted, (made.state, made.problem)
    picture = layer(statue).node_tree.nodes["Picture"].image
    mask = np.array(picture.pixels[:]).reshape(-1, 4)[:, 3]
    assert 0 < (mask > 0).mean() < 1, "something changes, and what is seen stays"
    assert layer(statue).node_tree.nodes["Metallic over Below"]
    assert statue.data.shape_keys is None
    print(made.state.result.summary, f"{made.state.seconds:.1f} s")
