"""Work by hand, from the buttons to what lands in the scene. The worker is a fake one: see hand_job."""

import json
import time

import bpy
import numpy as np
import pytest
from edit_job import HIGHER
from hand_job import HAND, HEIGHT, SEEN_BELOW
from mathutils import Matrix
from test_edit_text import chosen, jobs, layer, let_run, module, places, statue  # noqa: F401 - fixtures too

DO = "hello(); progress(stage='colour'); by_hand()"
WAIT = "hello(); progress(stage='colour'); until('go'); by_hand()"


@pytest.fixture
def hand(jobs):  # noqa: F811
    """The settings of the panel, with a worker that does by rule what is asked."""
    jobs.engine(HAND + DO)
    return bpy.context.scene.statue_hand


def done(jobs, press):  # noqa: F811
    assert press() == {"FINISHED"}
    job = let_run(jobs)
    assert job.inserted, (job.state, job.problem)
    return job


def asked(job) -> dict:
    return json.loads((job.folder / "edit.json").read_text())


def given(job) -> dict:
    return dict(np.load(job.folder / "statue/mesh.npz"))


def seen_of(thing, name="seen"):
    values = np.empty(len(thing.data.vertices), np.float32)
    thing.data.attributes[name].data.foreach_get("value", values)
    return values


def painted(thing, group, chosen_ones, weight=1.0):
    thing.vertex_groups[group].add(np.flatnonzero(chosen_ones).tolist(), weight, "REPLACE")


def upper(thing):
    return places(thing.data.vertices)[:, 2] > 0.9


def test_refining_again_comes_as_a_shape_key_and_hands_protect_over(jobs, hand, statue):  # noqa: F811
    statue.vertex_groups.new(name="Face").add(range(10), 0.75, "REPLACE")
    hand.protect, hand.steps, hand.quality = "Face", 7, "standard"
    before = places(statue.data.vertices)
    job = done(jobs, bpy.ops.statue.refine_again)
    told = asked(job)
    wanted = {"job": "refine", "protect": "group:Face", "refine_steps": 7, "quality": "standard", "mesh": None}
    assert {name: told[name] for name in wanted} == wanted
    assert np.array_equal(given(job)["group:Face"][:12], np.float32([0.75] * 10 + [0, 0]))
    basis, key = statue.data.shape_keys.key_blocks
    assert key.name == "Refined Again" and np.array_equal(places(basis.data), before)
    assert (places(key.data) - before)[:, 2].max() == pytest.approx(HIGHER, abs=1e-5)
    assert statue.statue_edits[0].told["by"] == "refine"


def test_what_is_painted_counts_as_seen_and_can_be_wiped(jobs, hand, statue):  # noqa: F811
    original = seen_of(statue)
    assert bpy.ops.statue.paint_seen() == {"FINISHED"} and statue.mode == "WEIGHT_PAINT"
    painted(statue, "Painted as Seen", upper(statue))
    assert bpy.ops.statue.paint_invented() == {"FINISHED"}
    some = upper(statue) & (np.arange(len(original)) % 2 == 0)
    painted(statue, "Painted as Invented", some)
    painted(statue, "Painted as Invented", np.arange(len(original)) < 3, weight=0.2)  # the soft rim of the brush
    assert bpy.ops.statue.paint_done() == {"FINISHED"} and statue.mode == "OBJECT"
    expected = np.where(some, 0, np.where(upper(statue), 1, original))
    assert np.array_equal(seen_of(statue), expected), "the later brush wins"
    assert bpy.ops.statue.paint_seen() == {"FINISHED"}
    painted(statue, "Painted as Seen", some)
    bpy.ops.statue.paint_done()
    assert np.array_equal(seen_of(statue), np.where(upper(statue), 1, original)), "whichever it is"
    assert bpy.ops.statue.paint_wipe() == {"FINISHED"}
    assert np.array_equal(seen_of(statue), original)
    assert not statue.vertex_groups and "seen_by_photo" not in statue.data.attributes


def test_the_overlay_and_the_job_heed_the_brush_without_pressing_done(jobs, hand, statue):  # noqa: F811
    statue.statue.show_seen = True
    bpy.ops.statue.paint_invented()
    everything = np.ones(len(statue.data.vertices), bool)
    painted(statue, "Painted as Invented", everything)
    job = done(jobs, bpy.ops.statue.refine_again)
    assert (given(job)["overrule"] == -1).all() and not given(job)["seen"].any()
    assert statue.mode == "WEIGHT_PAINT"
    bpy.ops.statue.paint_done()
    colours = np.empty(len(everything) * 4, np.float32)
    statue.data.color_attributes["Statue Seen"].data.foreach_get("color", colours)
    assert np.allclose(colours.reshape(-1, 4)[:, :3], (0.86, 0.24, 0.02), atol=1e-3)


def test_the_photo_comes_as_a_layer_with_seen_found_anew_below_the_brush(jobs, hand, statue):  # noqa: F811
    bpy.ops.statue.paint_seen()
    painted(statue, "Painted as Seen", upper(statue))
    bpy.ops.statue.paint_done()
    lower = places(statue.data.vertices)[:, 2] < 0.89  # the engine's middle is at 0.9
    done(jobs, bpy.ops.statue.project_again)
    picture = layer(statue).node_tree.nodes["Picture"].image
    assert np.allclose(np.array(picture.pixels[:4]) * 255, (10, 20, 200, 255), atol=1)
    assert layer(statue).inputs["Color"].links[0].from_node.name == "Texture", "what was below is still there"
    assert np.allclose(seen_of(statue)[lower], SEEN_BELOW) and (seen_of(statue)[upper(statue)] == 1).all()
    bpy.ops.statue.paint_wipe()
    assert np.allclose(seen_of(statue)[lower], SEEN_BELOW)


def test_a_photo_that_needs_another_uv_map_gets_one_and_the_old_material_stays(jobs, hand, statue):  # noqa: F811
    jobs.engine(HAND + "hello(); progress(stage='colour'); (folder / 'new uv').touch(); by_hand()")
    old, maps = statue.material_slots[0].material, len(statue.data.uv_layers)
    job = done(jobs, bpy.ops.statue.project_again)
    new = statue.material_slots[0].material
    assert new != old and old.use_fake_user and len(statue.data.uv_layers) == maps + 1
    assert new.node_tree.nodes["UV Map"].uv_map == statue.data.uv_layers[-1].name
    uv = np.empty(len(statue.data.loops) * 2, np.float32)
    statue.data.uv_layers[-1].uv.foreach_get("vector", uv)
    assert np.allclose(uv.reshape(-1, 3, 2), given(job)["uv"] * 0.5, atol=1e-6)
    assert any(old.name in note for note in statue.statue_edits[0].told["notes"])
    second = done(jobs, bpy.ops.statue.project_again)
    assert np.allclose(given(second)["uv"], given(job)["uv"] * 0.5, atol=1e-6), "from now on that map counts"


def test_a_mesh_changed_while_the_photo_is_laid_on_is_told_and_gets_it_beside(jobs, hand, statue):  # noqa: F811
    jobs.engine(HAND + WAIT)
    bpy.ops.statue.project_again()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.subdivide()
    bpy.ops.object.mode_set(mode="OBJECT")
    job = jobs.current(bpy.context.scene, edit=True)
    (job.folder / "go").touch()
    let_run(jobs)
    assert not job.inserted and "faces are not the same" in job.problem and len(statue.statue_edits) == 0
    assert bpy.ops.statue.insert_edit(job=job.id, as_new=True) == {"FINISHED"}
    new = bpy.data.objects["Apollo Photo Projected Again"]
    assert len(new.data.vertices) == len(given(job)["vertices"]) and new["statue_job"] == statue["statue_job"]


def test_the_plane_of_symmetry_goes_to_the_engine_where_it_was_moved(jobs, hand, statue):  # noqa: F811
    statue.location, statue.rotation_euler, statue.scale = (4, -2, 1), (0, 0, 0.7), (2, 2, 2)
    bpy.context.view_layer.update()
    assert bpy.ops.statue.add_symmetry() == {"FINISHED"}
    plane = bpy.context.object
    assert plane.name == "Symmetry of Apollo" and plane.parent == statue and plane.hide_render
    assert abs(plane.matrix_local.col[0].x) > 0.99, "a head on a plinth: left and right are alike"
    plane.matrix_local = Matrix.Translation((0.25, 0, 0)) @ Matrix.Rotation(np.pi / 2, 4, "Z")
    bpy.context.view_layer.update()
    job = done(jobs, bpy.ops.statue.fill_other_side)  # with the plane still selected
    to_engine = np.array(job.origin["object"]["to_engine"])
    told = asked(job)
    assert np.allclose(told["plane"][:3], to_engine[:3, :3] @ (0.25, 0, 0) + to_engine[:3, 3], atol=1e-5)
    assert np.allclose(np.abs(told["plane"][3:]), (0, 1, 0), atol=1e-5)
    assert len(statue.data.shape_keys.key_blocks) == 2 and layer(statue), "it comes to the statue"
    bpy.ops.statue.add_symmetry()
    assert [thing.name for thing in statue.children if "statue_mark" in thing] == [plane.name], "one is enough"


def test_without_a_plane_the_engine_looks_for_one(jobs, hand, statue):  # noqa: F811
    hand.fill = "surface"
    assert asked(done(jobs, bpy.ops.statue.fill_other_side))["plane"] is None
    assert statue.data.shape_keys is None and layer(statue)


def test_a_restored_part_is_an_object_of_its_own_that_moves_with_the_statue(jobs, hand, statue):  # noqa: F811
    statue.location, statue.scale = (1, 2, 0), (0.5, 0.5, 0.5)
    hand.mark, hand.mark_group = "group", "Break"
    statue.vertex_groups.new(name="Break").add(np.flatnonzero(upper(statue)).tolist(), 1.0, "REPLACE")
    before = places(statue.data.vertices)
    assert bpy.ops.statue.add_room() == {"FINISHED"}
    room = bpy.context.object
    assert room.type == "EMPTY" and room.parent == statue
    room.scale = (0.1, 0.2, 0.4)
    bpy.context.view_layer.update()
    job = done(jobs, bpy.ops.statue.restore)
    told = asked(job)
    assert told["region"] == "group:Break" and told["room"][3:] == pytest.approx([0.1, 0.2, 0.4], abs=1e-5)
    assert given(job)["vertices"][upper(statue)].mean(0) == pytest.approx(np.array(told["room"][:3]), abs=0.05)
    part = bpy.data.objects["Apollo Restored Part"]
    assert part.parent == statue and np.array_equal(places(statue.data.vertices), before)
    corners = [part.matrix_world @ vertex.co for vertex in part.data.vertices]
    assert min(corner.z for corner in corners) == pytest.approx(0, abs=1e-5), "it lies where it was imagined"
    assert max(corner.x for corner in corners) == pytest.approx(1 + before[:, 0].max() * 0.5, abs=1e-5)
    statue.location.z = 3
    bpy.context.view_layer.update()
    assert min((part.matrix_world @ vertex.co).z for vertex in part.data.vertices) == pytest.approx(3, abs=1e-5)


def test_quads_stand_beside_with_texture_seen_groups_and_displacement(jobs, hand, statue):  # noqa: F811
    statue.vertex_groups.new(name="Face").add(range(10), 0.75, "REPLACE")
    statue.modifiers.new("Finer", "SUBSURF").levels = 1
    hand.faces, hand.displacement = 300, True
    job = done(jobs, bpy.ops.statue.retopologise)
    assert asked(job)["faces"] == 300 and "group:Face" in given(job)
    assert len(given(job)["vertices"]) > len(statue.data.vertices), "as its modifiers show it"
    new = bpy.data.objects["Apollo Quads"]
    assert [len(face.vertices) for face in new.data.polygons] == [4]
    assert np.array_equal(seen_of(new), [0, 0, 1, 1])
    assert [vertex.groups[0].weight for vertex in new.data.vertices if vertex.groups] == [1, 1]
    assert new.modifiers["Displacement"].strength == pytest.approx(2 * HEIGHT)
    graph = bpy.context.evaluated_depsgraph_get()
    pushed = places(new.evaluated_get(graph).data.vertices)
    assert np.abs(pushed[:, 1] - new.data.vertices[0].co.y).max() == pytest.approx(HEIGHT, rel=0.05), "white is out"
    assert abs(new.location.x - statue.location.x) > new.dimensions.x, "beside it"
    assert statue.modifiers and len(statue.data.polygons) > 1


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT"])
def test_restore_reads_the_faces_selected_and_returns_to_the_mode(jobs, hand, statue, mode):  # noqa: F811
    bpy.context.tool_settings.mesh_select_mode = (False, False, True)
    statue.data.polygons.foreach_set("select", np.arange(len(statue.data.polygons)) < 5)
    bpy.ops.object.mode_set(mode=mode)
    assert bpy.ops.statue.restore() == {"FINISHED"} and statue.mode == mode
    job = jobs.current(bpy.context.scene, edit=True)
    corners = {corner for face in list(statue.data.polygons)[:5] for corner in face.vertices}
    weights = np.load(job.folder / asked(job)["region"].removeprefix("weights:"))
    assert set(np.flatnonzero(weights)) == corners
    while job.state.active:
        time.sleep(0.02)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert let_run(jobs).inserted


def test_inserting_is_one_undo_step(jobs, hand, statue):  # noqa: F811
    name = statue.name
    bpy.ops.ed.undo_push(message="start")
    before = sorted(thing.name for thing in bpy.data.objects)
    done(jobs, bpy.ops.statue.retopologise)
    bpy.ops.ed.undo()
    assert sorted(thing.name for thing in bpy.data.objects) == before
    chosen(bpy.data.objects[name])
    done(jobs, bpy.ops.statue.project_again)
    bpy.ops.ed.undo()
    assert len(bpy.data.objects[name].statue_edits) == 0


def test_buttons_say_why_they_cannot_be_pressed(jobs, hand, statue):  # noqa: F811
    jobs.engine(HAND + WAIT)
    hand.protect = "Nothing"
    with pytest.raises(RuntimeError, match="under Protect"):
        bpy.ops.statue.refine_again()
    hand.mark = "group"
    with pytest.raises(RuntimeError, match="marks the break"):
        bpy.ops.statue.restore()
    bpy.ops.statue.project_again()
    with pytest.raises(RuntimeError, match="under way"):
        bpy.ops.statue.retopologise()
    (jobs.current(bpy.context.scene, edit=True).folder / "go").touch()
    let_run(jobs)
    bpy.ops.mesh.primitive_cube_add()
    with pytest.raises(RuntimeError, match="knows its photo"):
        bpy.ops.statue.project_again()
    with pytest.raises(RuntimeError, match="paint what is seen"):
        bpy.ops.statue.fill_other_side()
