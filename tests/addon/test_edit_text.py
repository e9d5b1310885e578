"""Edits by text, from the button to shape key and layer. The worker is a fake one that edits by rule: see edit_job."""

import importlib
import json
import sys
import time

import bpy
import numpy as np
import pytest
from edit_job import COLOUR, EDIT, HIGHER, METALLIC, ROUGHNESS
from fake_engine import fake_engine
from synthetic_job import off_centre_camera, result_event, write_job

PATIENCE = 60


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def jobs(addon, module, tmp_path):
    """The session's jobs, run by a fake worker whose behaviour a test gives with `jobs.engine`."""
    chosen = bpy.context.preferences.addons[addon.__name__].preferences
    chosen.engine_python, chosen.jobs_folder = sys.executable, str(tmp_path / "jobs")
    module("session.runtime").refresh()
    session, real = module("session.jobs"), module("session.jobs")._queue
    bpy.ops.wm.read_homefile(use_factory_startup=True)

    def engine(behaviour="hello(); progress(stage='colour'); edit()"):
        session._queue = module("inference.queue").JobQueue(fake_engine(tmp_path, addon, EDIT + behaviour))

    session.engine = engine
    engine()
    yield session
    session._queue.shutdown()
    session._queue = real
    session._jobs.clear()


@pytest.fixture
def statue(module, jobs, tmp_path):
    """A statue of ours in the scene, selected; its job lies where the panel's edits find it."""
    job = write_job(module, tmp_path / "jobs" / "apollo", off_centre_camera(96, 64))
    return chosen(
        module("scene.insert").insert_result(bpy.context.scene, job.folder, result_event(module), "a", "Apollo")
    )


def chosen(thing):
    for other in bpy.context.view_layer.objects:
        other.select_set(other == thing)
    bpy.context.view_layer.objects.active = thing
    return thing


def ask(prompt="gilded", press=None, **settings):
    """Presses Apply; returns the job."""
    wanted = bpy.context.scene.statue_edit
    for name, value in {"prompt": prompt, "what": "both", **settings}.items():
        setattr(wanted, name, value)
    assert (press or bpy.ops.statue.edit_by_text)() == {"FINISHED"}


def let_run(jobs):
    job = jobs.current(bpy.context.scene, edit=True)
    deadline = time.monotonic() + PATIENCE
    while jobs.tick() is not None:
        assert time.monotonic() < deadline, job.state
        time.sleep(0.02)
    return job


def edited(jobs, prompt="gilded", **settings):
    """Presses Apply and waits until the edit is in the scene."""
    ask(prompt, **settings)
    job = let_run(jobs)
    assert job.inserted, (job.state, job.problem)
    return job


def places(data):
    values = np.empty(len(data) * 3, np.float32)
    data.foreach_get("co", values)
    return values.reshape(-1, 3)


def layer(thing, number=0):
    tree = thing.material_slots[0].material.node_tree
    return tree.nodes["Statue Edit " + thing.statue_edits[number].edit_id]


def shader(thing):
    return thing.material_slots[0].material.node_tree.nodes["Principled BSDF"]


def test_the_shape_comes_as_a_shape_key_over_an_untouched_basis(jobs, statue):
    before = places(statue.data.vertices)
    edited(jobs, "taller")
    basis, key = statue.data.shape_keys.key_blocks
    assert np.array_equal(places(basis.data), before) and np.array_equal(places(statue.data.vertices), before)
    moved = places(key.data) - before
    upper = before[:, 2] > 0.9  # the engine's middle is half the height here
    assert np.allclose(moved[upper], (0, 0, HIGHER), atol=1e-5)
    assert np.array_equal(places(key.data)[before[:, 2] < 0.9], before[before[:, 2] < 0.9])
    assert (key.name, key.value, key.slider_min, key.slider_max) == ("taller", 1.0, 0.0, 2.0)


def test_the_surface_lies_between_texture_and_overlays_and_changes_gloss(jobs, statue):
    edited(jobs)
    node = layer(statue)
    tree = node.id_data
    assert node.inputs["Color"].links[0].from_node.name == "Texture"
    assert node.outputs["Color"].links[0].to_node.name == "Seen Mix"
    assert node.outputs["Metallic"].links[0].to_node == shader(statue) == tree.nodes["Principled BSDF"]
    assert node.inputs["Roughness"].default_value == pytest.approx(0.8), "what stone had stays below"
    inner = node.node_tree.nodes
    constants = {name: inner[f"{name} over Below"].inputs[3].default_value for name in ("Roughness", "Metallic")}
    assert constants == pytest.approx({"Roughness": ROUGHNESS, "Metallic": METALLIC})
    assert inner["Picture"].image.packed_file and node.label == "gilded"


def test_a_render_shows_the_layer_by_its_mask_and_opacity(jobs, statue):
    edited(jobs, what="surface")
    assert baked(statue, 48) == pytest.approx(COLOUR, abs=3)
    below = baked(statue, 16)
    layer(statue).inputs["Opacity"].default_value = 0.0
    assert baked(statue, 16) == pytest.approx(below, abs=1)
    assert np.abs(np.subtract(baked(statue, 48), COLOUR)).max() > 20


def baked(thing, column):
    """The sRGB colour of the shader in a column (of 64) of the UV map, rendered on a flat plane by Cycles."""
    scene = bpy.context.scene
    image = bpy.data.images.new("bake", 64, 64)
    tree = thing.material_slots[0].material.node_tree
    target = tree.nodes.new("ShaderNodeTexImage")
    target.image, tree.nodes.active = image, target
    bpy.ops.mesh.primitive_plane_add(size=2)
    plane = bpy.context.object
    plane.data.materials.append(thing.material_slots[0].material)
    scene.render.engine, scene.cycles.samples, scene.cycles.device = "CYCLES", 1, "CPU"
    principled = shader(thing)
    glow = tree.links.new(principled.inputs["Base Color"].links[0].from_socket, principled.inputs["Emission Color"])
    principled.inputs["Emission Strength"].default_value = 1.0
    bpy.ops.object.bake(type="EMIT", margin=0)
    tree.links.remove(glow)
    pixels = np.empty(64 * 64 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    tree.nodes.remove(target)
    bpy.data.objects.remove(plane)
    bpy.data.images.remove(image)
    chosen(thing)
    return tuple(pixels.reshape(64, 64, 4)[32, column, :3] * 255)


def test_the_engine_gets_the_statue_as_it_is_seen_in_its_own_frame(jobs, statue, tmp_path):
    statue.location = (5, 6, 7)
    job = edited(jobs, "taller")
    given = np.load(job.folder / "statue/mesh.npz")
    own = np.load(tmp_path / "jobs/apollo/result/mesh.npz")
    assert np.allclose(given["vertices"], own["vertices"], atol=1e-6)
    assert np.array_equal(given["faces"], own["faces"]) and np.allclose(given["uv"], own["uv"])
    assert np.allclose(given["seen"], own["seen"])
    assert {"camera.json", "photo.png", "texture.png", "provenance.json"} <= {
        path.name for path in (job.folder / "statue").iterdir()
    }
    second = edited(jobs, "taller still")  # of the taller statue
    upper = own["vertices"][:, 2] > 1e-4
    again = np.load(second.folder / "statue/mesh.npz")["vertices"]
    assert np.allclose(again[upper] - own["vertices"][upper], (0, 0, HIGHER), atol=1e-5)


def test_the_texture_given_out_has_the_edits_that_are_shown(jobs, statue, module):
    edited(jobs, what="surface")
    job = edited(jobs, what="surface")
    image = bpy.data.images.load(str(job.folder / "statue/texture.png"))
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)
    assert np.allclose(pixels[:, -1, :3] * 255, COLOUR, atol=1.5)
    assert not np.allclose(pixels[:, 0, :3] * 255, COLOUR, atol=20)


def test_any_mesh_can_be_edited_in_its_own_frame(jobs):
    bpy.ops.mesh.primitive_uv_sphere_add(segments=16, ring_count=8, radius=3, location=(9, 0, 0))
    sphere = bpy.context.object
    sphere.rotation_euler, sphere.scale = (np.pi / 2, 0, 0), (1, 2, 1)  # its Y is up now, 12 units high
    bpy.context.view_layer.update()
    before = places(sphere.data.vertices)
    job = edited(jobs, "taller")
    given = np.load(job.folder / "statue/mesh.npz")
    assert np.ptp(given["vertices"][:, 2]) == pytest.approx(1.8, abs=1e-5) and "seen" not in given
    assert np.abs(given["vertices"].max(0) + given["vertices"].min(0)).max() < 1e-5
    assert not json.loads((job.folder / "edit.json").read_text())["keep_seen"]
    moved = places(sphere.data.shape_keys.key_blocks[1].data) - before
    upper = before[:, 1] > 0.01  # 0.25 of 1.8 engine units, of 12 Blender units, of a scale of 2
    assert np.allclose(moved[upper], (0, HIGHER * 12 / 1.8 / 2, 0), atol=1e-4)
    assert layer(sphere).outputs["Color"].links[0].to_node == shader(sphere), "a material was made for it"


def test_a_foreign_material_keeps_what_it_had_below(jobs):
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    material = bpy.data.materials.new("Foreign")
    material.use_nodes = True
    cube.data.materials.append(material)
    image = bpy.data.images.new("Wood", 32, 32)
    texture = material.node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    hue = material.node_tree.nodes.new("ShaderNodeHueSaturation")
    material.node_tree.links.new(texture.outputs[0], hue.inputs["Color"])
    material.node_tree.links.new(hue.outputs[0], shader(cube).inputs["Base Color"])
    shader(cube).inputs["Roughness"].default_value = 0.33
    edited(jobs)
    assert layer(cube).inputs["Color"].links[0].from_node == hue
    assert layer(cube).inputs["Roughness"].default_value == pytest.approx(0.33)
    bpy.ops.statue.remove_edit()
    assert shader(cube).inputs["Base Color"].links[0].from_node == hue
    assert not shader(cube).inputs["Roughness"].links
    assert shader(cube).inputs["Roughness"].default_value == pytest.approx(0.33)


def test_undo_takes_one_edit_back_at_a_time(jobs, statue):
    name = statue.name
    bpy.ops.ed.undo_push(message="start")
    edited(jobs, "one")
    edited(jobs, "two")
    assert [edit.name for edit in bpy.data.objects[name].statue_edits] == ["one", "two"]
    bpy.ops.ed.undo()
    assert [key.name for key in bpy.data.objects[name].data.shape_keys.key_blocks] == ["Basis", "one"]
    assert [edit.name for edit in bpy.data.objects[name].statue_edits] == ["one"]
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].data.shape_keys is None and len(bpy.data.objects[name].statue_edits) == 0


def test_an_edit_finds_its_statue_after_renaming_saving_and_opening(jobs, statue, tmp_path):
    jobs.engine("hello(); progress(stage='colour'); until('go'); edit()")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    ask("taller")
    statue.name = "Renamed"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    job = jobs.current(bpy.context.scene, edit=True)
    (job.folder / "go").touch()
    let_run(jobs)
    assert job.inserted, job.problem
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    renamed = bpy.data.objects["Renamed"]
    assert [edit.name for edit in renamed.statue_edits] == ["taller"]
    told = json.loads(renamed["statue_edit_history"])
    assert (told[0]["prompt"], told[0]["seed"]) == ("taller", 0)
    assert json.loads(renamed["statue_provenance"])["edits"][0]["prompt"] == "taller"


@pytest.mark.parametrize("meanwhile", ["deleted", "subdivided"])
def test_a_statue_that_is_not_what_it_was_is_explained_and_the_edit_comes_beside(jobs, statue, meanwhile):
    jobs.engine("hello(); progress(stage='colour'); until('go'); edit()")
    ask("taller")
    if meanwhile == "deleted":
        bpy.data.objects.remove(statue)
    else:
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.mesh.subdivide()
        bpy.ops.object.mode_set(mode="OBJECT")
    job = jobs.current(bpy.context.scene, edit=True)
    (job.folder / "go").touch()
    let_run(jobs)
    assert not job.inserted and ("not in this file" if meanwhile == "deleted" else "vertices now") in job.problem
    assert "Insert as New Object" in job.problem
    assert bpy.ops.statue.insert_edit(job=job.id, as_new=True) == {"FINISHED"}
    new = next(thing for thing in bpy.data.objects if thing.name.startswith("Apollo Edited"))
    assert job.inserted and len(new.data.vertices) == len(np.load(job.folder / "statue/mesh.npz")["vertices"])
    assert new.data.shape_keys.key_blocks["taller"].value == 1.0
    assert places(new.data.vertices)[:, 2].min() == pytest.approx(0, abs=1e-5), "it stands as the old one stood"


def test_variants_stand_beside_and_one_is_kept(jobs, statue):
    edited(jobs, "taller", variants=3)
    variants = [thing for thing in bpy.data.objects if "statue_variant_of" in thing]
    assert len(variants) == 3 and len(statue.statue_edits) == 0 and statue.data.shape_keys is None
    assert len({round(thing.location.x, 3) for thing in [statue, *variants]}) == 4
    statue.data.vertices[0].co.x += 0.125  # work done meanwhile is kept
    chosen(next(thing for thing in variants if thing["statue_variant"] == 1))
    before = places(statue.data.vertices)
    assert bpy.ops.statue.keep_variant() == {"FINISHED"}
    assert not [thing for thing in bpy.data.objects if "statue_variant_of" in thing]
    assert [edit.told["seed"] for edit in statue.statue_edits] == [1]
    basis, key = statue.data.shape_keys.key_blocks
    assert np.array_equal(places(basis.data), before)
    assert (places(key.data) - before)[:, 2].max() == pytest.approx(2 * HIGHER, abs=1e-5)
    assert layer(statue).outputs["Color"].links and bpy.context.object == statue


def test_a_preview_gives_way_to_the_edit(jobs, statue):
    ask("taller", press=bpy.ops.statue.preview_edit, variants=3)
    job = let_run(jobs)
    assert json.loads((job.folder / "edit.json").read_text())["preview"]
    assert [edit.name for edit in statue.statue_edits] == ["Preview: taller"]
    edited(jobs, "taller", variants=1)
    assert [edit.name for edit in statue.statue_edits] == ["taller"]
    assert len(statue.data.shape_keys.key_blocks) == 2
    assert sum(node.name.startswith("Statue Edit") for node in layer(statue).id_data.nodes) == 1


def test_a_shared_mesh_and_material_are_made_its_own(jobs, statue):
    twin = statue.copy()
    bpy.context.collection.objects.link(twin)
    edited(jobs)
    assert twin.data != statue.data and twin.data.shape_keys is None
    assert twin.material_slots[0].material != statue.material_slots[0].material


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT"])
def test_modes_are_left_and_entered_again(jobs, statue, mode):
    bpy.ops.object.mode_set(mode=mode)
    ask("taller")
    assert statue.mode == mode
    if mode == "EDIT":
        job = jobs.current(bpy.context.scene, edit=True)
        while job.state.active:
            time.sleep(0.02)
        jobs.tick()
        assert not job.inserted, "nothing is put under the hands of somebody in Edit Mode"
        bpy.ops.object.mode_set(mode="OBJECT")
    job = let_run(jobs)
    assert job.inserted, job.problem
    assert mode == "EDIT" or statue.mode == mode
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_failure_and_a_cancel_leave_the_statue_alone(jobs, statue):
    jobs.engine("hello(); say('failed', message='No such part.', next_step='Try another.', bug=False)")
    ask()
    assert "No such part." in let_run(jobs).state.failure
    jobs._jobs.clear()
    jobs.engine(
        "hello(); progress(stage='colour'); (folder / 'waiting').touch(); sys.stdin.readline(); "
        "say('cancelled', preview=None)"
    )
    ask()
    job = jobs.current(bpy.context.scene, edit=True)
    assert job.state.active
    while not (job.folder / "waiting").exists():
        time.sleep(0.02)
    bpy.ops.statue.cancel(job=job.id)
    assert let_run(jobs).state.status == "cancelled"
    assert len(statue.statue_edits) == 0


def test_an_interrupted_edit_is_resumed_for_its_statue(jobs, statue):
    jobs.engine("hello(); progress(stage='colour'); (folder / 'waiting').touch(); sys.stdin.readline()")
    ask("taller")
    job = jobs.current(bpy.context.scene, edit=True)
    while not (job.folder / "waiting").exists():
        time.sleep(0.02)
    jobs._queue.shutdown()
    jobs._jobs.clear()
    jobs.engine()
    jobs.scan()
    assert jobs.interrupted() == {job.id: "Apollo"}
    assert bpy.ops.statue.resume(job=job.id) == {"FINISHED"}
    assert let_run(jobs).inserted
    assert [edit.name for edit in statue.statue_edits] == ["taller"]
