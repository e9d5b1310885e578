"""Work by hand with the real engine, nothing faked: what a person sculpted stays, and all that is made comes in."""

import time

import bpy
import numpy as np
import pytest
from synthetic_job import off_centre_camera, result_event, write_job
from test_edit_real import jobs  # noqa: F401 - a fixture
from test_edit_text import chosen, module, places  # noqa: F401 - a fixture too

pytestmark = pytest.mark.once

PATIENCE = 300  # seconds; half a minute on a free machine
CHISELLED = 0.06  # how far the sculptor pulled, in the mesh's units


@pytest.fixture
def statue(module, jobs, tmp_path):  # noqa: F811
    job = write_job(module, tmp_path / "jobs" / "apollo", off_centre_camera(96, 64))
    return chosen(
        module("scene.insert").insert_result(bpy.context.scene, job.folder, result_event(module), "a", "Apollo")
    )


def let_run(jobs):  # noqa: F811
    made = jobs.current(bpy.context.scene, edit=True)
    deadline = time.monotonic() + PATIENCE
    while jobs.tick() is not None:
        assert time.monotonic() < deadline, made.state
        time.sleep(0.05)
    assert made.inserted, (made.state.failure, made.problem)
    print(f"{made.state.result.summary}, {made.state.seconds:.1f} s")
    return made


def test_a_hand_sculpted_change_survives_refine_again(jobs, statue):  # noqa: F811
    before = places(statue.data.vertices)
    back = (before[:, 1] > 0.05) & (before[:, 2] > before[:, 2].max() * 0.6)  # of the head, where no photo looked
    statue.vertex_groups.new(name="Chiselled").add(np.flatnonzero(back).tolist(), 1.0, "REPLACE")
    bpy.ops.object.mode_set(mode="SCULPT")
    sculpted = before.copy()
    sculpted[back, 1] += CHISELLED
    statue.data.vertices.foreach_set("co", sculpted.ravel())
    statue.data.update()
    wanted = bpy.context.scene.statue_hand
    wanted.protect, wanted.prior_words, wanted.steps = "Chiselled", "none", 5
    assert bpy.ops.statue.refine_again() == {"FINISHED"}
    let_run(jobs)
    assert statue.mode == "SCULPT"
    bpy.ops.object.mode_set(mode="OBJECT")
    key = statue.data.shape_keys.key_blocks["Refined Again"]
    kept = (places(key.data) - before)[back, 1] / CHISELLED
    print(f"{100 * kept.min():.2f} % of the sculpted change is kept everywhere")
    assert kept.min() >= 0.95
    assert back.sum() > 20


def test_the_photo_the_other_side_and_quads_come_in(jobs, statue):  # noqa: F811
    before = places(statue.data.vertices)
    assert bpy.ops.statue.project_again() == {"FINISHED"}
    let_run(jobs)
    assert len(statue.statue_edits) == 1 and np.array_equal(places(statue.data.vertices), before)
    bpy.context.scene.statue_hand.fill = "surface"
    assert bpy.ops.statue.fill_other_side() == {"FINISHED"}
    let_run(jobs)
    assert len(statue.statue_edits) == 2
    bpy.context.scene.statue_hand.faces, bpy.context.scene.statue_hand.displacement = 1_000, True
    assert bpy.ops.statue.retopologise() == {"FINISHED"}
    let_run(jobs)
    quads = bpy.data.objects["Apollo Quads"]
    assert len(quads.data.polygons) <= 1_000 and all(len(face.vertices) == 4 for face in quads.data.polygons)
    assert np.allclose(quads.dimensions, statue.dimensions, rtol=0.1)


def test_a_break_is_restored_as_an_object_in_its_place(jobs, statue):  # noqa: F811
    before = places(statue.data.vertices)
    top = before[:, 2] > before[:, 2].max() - 0.15
    statue.vertex_groups.new(name="Break").add(np.flatnonzero(top).tolist(), 1.0, "REPLACE")
    wanted = bpy.context.scene.statue_hand
    wanted.mark, wanted.mark_group, wanted.reach = "group", "Break", 0.2
    assert bpy.ops.statue.restore() == {"FINISHED"}
    let_run(jobs)
    part = bpy.data.objects["Apollo Restored Part"]
    assert part.parent == statue and np.array_equal(places(statue.data.vertices), before)
    reached = places(part.data.vertices)[:, 2]
    assert before[:, 2].max() - 0.5 < reached.min() < before[:, 2].max() < reached.max(), "it grows out of the break"
