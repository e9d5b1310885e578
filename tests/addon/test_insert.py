"""What lands in the scene, where, and what is left alone."""

import dataclasses
import importlib
import json
import time

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from synthetic_job import PROVENANCE, off_centre_camera, result_event, write_job


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def failure(module):
    return module("statue_recon.contract").Failure


@pytest.fixture
def scene(addon):
    bpy.ops.wm.read_homefile(use_factory_startup=True)  # with cube, light and camera, to see that they are left alone
    return bpy.context.scene


@pytest.fixture
def job(module, tmp_path):
    return write_job(module, tmp_path / "job one", off_centre_camera(96, 64))


@pytest.fixture
def result(module):
    return result_event(module)


def put(module, scene, job, result):
    return module("scene.insert").insert_result(scene, job.folder, result, "job one", "Apollo")


def show(module, scene, job):
    return module("scene.insert").insert_preview(scene, job.folder, "preview/coarse.npz", "job one", "Apollo")


def coordinates(thing):
    places = np.empty(len(thing.data.vertices) * 3, np.float32)
    thing.data.vertices.foreach_get("co", places)
    return places.reshape(-1, 3)


def test_one_collection_with_one_mesh_and_its_camera(module, scene, job, result):
    objects = set(scene.objects)
    made = put(module, scene, job, result)
    (collection,) = made.users_collection
    assert collection.name == "Statue Apollo"
    assert collection.name in scene.collection.children
    assert {thing.type for thing in collection.objects} == {"MESH", "CAMERA"}
    assert len(scene.objects) == len(objects) + 2
    assert made.name == "Apollo"


def test_its_base_stands_on_the_floor_at_the_cursor_and_it_faces_minus_y(module, scene, job, result):
    scene.cursor.location = (3, -2, 5)
    made = put(module, scene, job, result)
    assert np.allclose(made.location, (3, -2, 0))
    places = coordinates(made)
    assert places[:, 2].min() == pytest.approx(0, abs=1e-6)
    assert np.ptp(places[:, 2]) == pytest.approx(1.8, abs=1e-5)
    assert np.allclose(made.matrix_basis, Matrix.Translation((3, -2, 0)))  # the engine's axes are Blender's


def test_the_mesh_is_smooth_sound_and_has_one_uv_map_and_the_seen_weight(module, scene, job, result):
    mesh = put(module, scene, job, result).data
    file = np.load(job.folder / "result/mesh.npz")
    assert not mesh.validate(verbose=True)
    assert all(polygon.use_smooth for polygon in mesh.polygons)
    assert [layer.name for layer in mesh.uv_layers] == ["UVMap"]
    uv = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers["UVMap"].uv.foreach_get("vector", uv)
    assert np.array_equal(uv, file["uv"].ravel())
    seen = mesh.attributes["seen"]
    assert (seen.domain, seen.data_type) == ("POINT", "FLOAT")
    assert np.allclose([item.value for item in seen.data], file["seen"])
    doubt = mesh.attributes["doubt"]
    assert (doubt.domain, doubt.data_type) == ("POINT", "FLOAT")
    assert np.allclose([item.value for item in doubt.data], file["doubt"])


def quads_of_a_ball():
    """Quads [Q, 4], vertices [V, 3], uv [Q, 4, 2] and seen [V] of a cube's grid blown up to a ball; closed."""
    line = np.linspace(-1, 1, 9)
    places, quads = [], []
    for axis in range(3):
        for side in (-1, 1):
            start = len(places) * 81
            u, v = np.meshgrid(line, line, indexing="ij")
            square = np.stack([np.full_like(u, side), u * side, v], axis=-1).reshape(-1, 3)
            places.append(np.roll(square, axis, axis=1))
            i, j = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
            low = (start + 9 * i + j).ravel()
            quads.append(np.stack([low, low + 9, low + 10, low + 1], axis=1))
    vertices, merged = np.unique(np.round(np.concatenate(places), 6), axis=0, return_inverse=True)
    quads = merged.ravel()[np.concatenate(quads)]
    ball = (vertices / np.linalg.norm(vertices, axis=1, keepdims=True)).astype(np.float32)
    uv = np.random.default_rng(0).random((len(quads), 4, 2)).astype(np.float32)
    return quads, ball, uv, np.linspace(0, 1, len(ball), dtype=np.float32)


def as_pairs(corners):
    """[Q, 4, ...] as the engine keeps it: two triangles in a row."""
    return np.stack([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]], axis=1).reshape(-1, 3, *corners.shape[2:])


def test_quads_arrive_as_quads_with_their_uv_and_seen_weight(module, scene, job, result):
    quads, vertices, uv, seen = quads_of_a_ball()
    faces = as_pairs(quads).astype(np.int32)
    spoil_mesh(job, vertices=vertices, faces=faces, uv=as_pairs(uv), seen=seen, doubt=1 - seen, quads=np.array(True))
    mesh = put(module, scene, job, result).data
    assert [tuple(polygon.vertices) for polygon in mesh.polygons] == [tuple(quad) for quad in quads.tolist()]
    assert all(polygon.use_smooth for polygon in mesh.polygons)
    there = np.empty(uv.size, np.float32)
    mesh.uv_layers["UVMap"].uv.foreach_get("vector", there)
    assert np.array_equal(there, uv.ravel())
    assert np.allclose([item.value for item in mesh.attributes["seen"].data], seen)
    assert len(mesh.vertices) - len(mesh.edges) + len(mesh.polygons) == 2
    sides = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    assert (np.unique(sides, axis=0, return_counts=True)[1] == 2).all()
    assert len(mesh.edges) == 2 * len(quads)  # closed: every edge has two quads; and no diagonal came along
    assert not mesh.validate(verbose=True)


def test_a_word_that_there_are_no_quads_leaves_triangles(module, scene, job, result):
    spoil_mesh(job, quads=np.array(False))
    mesh = put(module, scene, job, result).data
    assert {len(polygon.vertices) for polygon in mesh.polygons} == {3}


def test_the_texture_is_packed_srgb_and_at_hand_without_the_job_folder(module, scene, job, result, tmp_path):
    made = put(module, scene, job, result)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "with spaces ä.blend"))
    for file in ("result/texture.png", "photo.png"):
        (job.folder / file).unlink()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "with spaces ä.blend"))
    made = bpy.data.objects["Apollo"]
    (texture,) = [node.image for node in made.active_material.node_tree.nodes if node.type == "TEX_IMAGE"]
    assert texture.packed_file
    assert texture.colorspace_settings.name == "sRGB"
    assert str(job.folder) not in texture.filepath
    top_left = np.array(texture.pixels[:]).reshape(64, 96, 4)[-1, 0, :3] * 255
    assert np.allclose(top_left, job.photo[0, 0], atol=0.5)


def test_nothing_of_the_users_is_touched(module, scene, job, result):
    cube = bpy.data.objects["Cube"]
    view_layer = bpy.context.view_layer
    before = (scene.camera, view_layer.objects.active, set(bpy.context.selected_objects), scene.render.resolution_x)
    materials, images = set(bpy.data.materials), set(bpy.data.images)
    show(module, scene, job)
    made = put(module, scene, job, result)
    after = (scene.camera, view_layer.objects.active, set(bpy.context.selected_objects), scene.render.resolution_x)
    assert after == before
    assert not made.select_get()
    assert cube.mode == "OBJECT"
    assert {made.active_material} == set(bpy.data.materials) - materials
    assert len(set(bpy.data.images) - images) == 2  # texture and photo
    assert len(bpy.data.meshes) == 2  # the cube's and the statue's: the preview's is gone


def test_it_goes_into_the_given_scene_only(module, scene, job, result):
    other = bpy.data.scenes.new("other")
    made = put(module, other, job, result)
    assert made.users_scene == (other,)


def test_provenance_lies_on_the_object_and_survives_saving(module, scene, job, result, tmp_path):
    put(module, scene, job, result)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    made = bpy.data.objects["Apollo"]
    assert json.loads(made["statue_provenance"]) == PROVENANCE
    assert (made["statue_prior"], made["statue_quality"], made["statue_seed"]) == ("bundled", "draft", str(2**40))
    statue = module("scene.statue")
    assert statue.job_folder(made) == job.folder
    lines = statue.provenance_lines(made)
    assert lines[0] == "A head on a plinth, in 12 s"
    assert any("abababababab" in line for line in lines)
    assert statue.face_count(made) == len(np.load(job.folder / "result/mesh.npz")["faces"])


def test_the_preview_is_replaced_in_place(module, scene, job, result):
    shown = show(module, scene, job)
    assert module("scene.statue").provenance_lines(shown) == ["Coarse preview of an unfinished job"]
    empty = bpy.data.objects.new("empty", None)
    mine = bpy.data.collections.new("mine")
    scene.collection.children.link(mine)
    mine.objects.link(empty)
    mine.objects.link(shown)
    bpy.data.collections["Statue Apollo"].objects.unlink(shown)
    shown.name, shown.parent = "Zeus", empty
    shown.location, shown.scale = (1, 2, 3), (2, 2, 2)
    shown.modifiers.new("thick", "SOLIDIFY")
    made = put(module, scene, job, result)
    assert made == shown
    assert (made.name, made.parent, made.users_collection) == ("Zeus", empty, (mine,))
    assert (tuple(made.location), tuple(made.scale)) == ((1, 2, 3), (2, 2, 2))
    assert "thick" in made.modifiers
    assert "seen" in made.data.attributes
    assert module("scene.matched_camera").camera_of(made).users_collection == (mine,)


def test_a_newer_preview_takes_the_place_of_the_last(module, scene, job):
    first = show(module, scene, job)
    first.location.x = 4
    second = show(module, scene, job)
    assert first == second
    assert second.location.x == 4
    assert second.data.color_attributes[0].name == "Photo Colour"
    assert len([thing for thing in bpy.data.meshes if thing.name.startswith("Apollo")]) == 1


def test_a_preview_the_user_worked_on_is_kept_and_the_result_goes_beside_it(module, scene, job, result):
    shown = show(module, scene, job)
    shown.data.vertices[0].co.x += 0.1
    mine = coordinates(shown)
    assert show(module, scene, job) == shown
    made = put(module, scene, job, result)
    assert made != shown
    assert np.array_equal(coordinates(shown), mine)
    assert made.location.x > shown.location.x + 0.5
    assert shown["statue_kind"] == "kept preview"


def test_a_preview_with_the_users_own_material_is_kept(module, scene, job, result):
    shown = show(module, scene, job)
    shown.data.materials[0] = bpy.data.materials.new("mine")
    made = put(module, scene, job, result)
    assert made != shown
    assert shown.active_material.name == "mine"


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "VERTEX_PAINT"])
def test_a_preview_in_a_mode_is_not_pulled_from_under_the_users_hands(module, scene, job, result, mode):
    shown = show(module, scene, job)
    bpy.context.view_layer.objects.active = shown
    bpy.ops.object.mode_set(mode=mode)
    data = shown.data
    made = put(module, scene, job, result)
    assert made != shown
    assert (shown.mode, shown.data) == (mode, data)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_deleted_preview_does_not_hinder_the_result(module, scene, job, result):
    bpy.data.objects.remove(show(module, scene, job))
    assert put(module, scene, job, result).name in scene.objects


def test_undo_and_redo_find_the_statue_again(module, scene, job, result):
    bpy.ops.ed.undo_push(message="before")
    show(module, scene, job)
    bpy.ops.ed.undo_push(message="preview")
    put(module, scene, job, result)
    bpy.ops.ed.undo_push(message="result")
    statues = module("scene.statue").statues
    bpy.ops.ed.undo()
    assert [thing["statue_kind"] for thing in statues(bpy.context.scene)] == ["preview"]
    bpy.ops.ed.undo()
    assert statues(bpy.context.scene) == []
    bpy.ops.ed.redo()
    made = put(module, bpy.context.scene, job, result)
    assert statues(bpy.context.scene) == [made]


def test_insert_again_puts_a_fresh_copy_beside(module, scene, job, result):
    contract = module("statue_recon.contract")
    (job.folder / "events.jsonl").write_text(contract.to_line(result) + "\n", encoding="utf-8")
    made = module("scene.insert").insert_result(scene, job.folder, result, job.folder.name, "Apollo")
    copy = module("scene.insert").insert_again(scene, job.folder)
    assert copy != made
    assert copy.name == "Apollo.001"
    assert copy.location.x > made.location.x + 0.5
    cameras = module("scene.matched_camera")
    assert cameras.camera_of(copy).parent == copy
    assert cameras.camera_of(made).parent == made


def test_insert_again_says_when_the_folder_is_gone(module, scene, failure, tmp_path):
    with pytest.raises(failure, match="not there any more"):
        module("scene.insert").insert_again(scene, tmp_path / "cleaned up")


def spoil_mesh(job, **arrays):
    file = dict(np.load(job.folder / "result/mesh.npz"))
    np.savez(job.folder / "result/mesh.npz", **{**file, **arrays})


def spoilt(job, how):
    faces = np.load(job.folder / "result/mesh.npz")["faces"].copy()
    if how == "index":
        faces[3, 1] = 10**6
        spoil_mesh(job, faces=faces)
    elif how == "twice":
        faces[3, 1] = faces[3, 0]
        spoil_mesh(job, faces=faces)
    elif how == "double face":
        faces[3] = faces[4]
        spoil_mesh(job, faces=faces)
    elif how == "no quads":
        spoil_mesh(job, quads=np.array(True))
    elif how == "nan":
        spoil_mesh(job, vertices=np.full((len(np.load(job.folder / "result/mesh.npz")["vertices"]), 3), np.nan))
    elif how == "shape":
        spoil_mesh(job, uv=np.zeros((5, 3, 2), np.float32))
    elif how == "text":
        (job.folder / "result/mesh.npz").write_text("hello", encoding="utf-8")
    elif how == "pickle":
        spoil_mesh(job, seen=np.array([{}], dtype=object))
    elif how == "gone":
        (job.folder / "result/mesh.npz").unlink()
    elif how == "texture":
        (job.folder / "result/texture.png").write_bytes(b"pink")
    elif how == "camera":
        (job.folder / "result/camera.json").write_text('{"blender": {"lens": "long"}}', encoding="utf-8")
    elif how == "provenance":
        (job.folder / "result/provenance.json").write_text("[", encoding="utf-8")


SPOILS = [
    "index",
    "twice",
    "double face",
    "no quads",
    "nan",
    "shape",
    "text",
    "pickle",
    "gone",
    "texture",
    "camera",
    "provenance",
]


@pytest.mark.parametrize("how", SPOILS)
def test_a_folder_edited_by_hand_is_refused_and_leaves_nothing_behind(module, scene, job, result, failure, how):
    spoilt(job, how)
    blocks = (bpy.data.objects, bpy.data.meshes, bpy.data.materials, bpy.data.images, bpy.data.collections)
    before = [len(kind) for kind in blocks]
    with pytest.raises(failure, match="of this job"):
        put(module, scene, job, result)
    assert [len(kind) for kind in blocks] == before


def test_a_result_outside_its_folder_is_refused(module, scene, job, result, failure):
    outside = dataclasses.replace(result, mesh="../mesh.npz")
    with pytest.raises(failure, match="outside the job folder"):
        put(module, scene, job, outside)


def test_real_height_scales_about_the_base_and_reads_back(module, scene, job, result):
    statue = module("scene.statue")
    scene.cursor.location = (2, 1, 0)
    made = put(module, scene, job, result)
    assert statue.real_height(made) == pytest.approx(1.8, abs=1e-4)
    made.rotation_euler = (0.3, 0, 1)
    statue.set_real_height(made, 12.5)
    assert statue.real_height(made) == pytest.approx(12.5, rel=1e-5)
    assert np.allclose(made.location, (2, 1, 0), atol=1e-5)


def test_a_statue_is_found_from_itself_and_its_camera_and_nothing_else(module, scene, job, result):
    statue_of = module("scene.statue").statue_of
    made = put(module, scene, job, result)
    assert statue_of(made) == made
    assert statue_of(module("scene.matched_camera").camera_of(made)) == made
    assert statue_of(bpy.data.objects["Cube"]) is None
    assert statue_of(bpy.data.objects["Camera"]) is None
    assert statue_of(None) is None


def test_a_job_finds_the_scene_it_was_asked_from(module, scene, tmp_path):
    origin = module("scene.origin")
    scene.name = "first"
    asked = json.loads(json.dumps(origin.origin(scene)))
    bpy.data.scenes.new("second")
    scene.name = "renamed"
    assert origin.find_scene(asked) == scene
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    asked_after_saving = origin.origin(scene)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.context.scene.name = "renamed"
    assert origin.find_scene(asked) is None
    assert origin.find_scene(asked_after_saving) is None
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert origin.find_scene(asked_after_saving) == bpy.data.scenes["renamed"]
    assert origin.find_scene(asked) is None  # was never saved when it was asked


def test_an_earlier_blenders_origin_is_found_by_path_only(module, scene, tmp_path):
    origin = module("scene.origin")
    elsewhere = {**origin.origin(scene), "session": "another Blender"}
    assert origin.find_scene(elsewhere) is None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    assert origin.find_scene({**elsewhere, "file": bpy.data.filepath}) == bpy.context.scene


def test_200_000_faces_and_a_2k_texture_are_in_within_a_second(module, scene, result, tmp_path):
    job = write_job(module, tmp_path / "large", off_centre_camera(2048, 2048), rings=320, segments=314)
    noise = np.random.default_rng(0).integers(0, 256, (2048, 2048, 3), np.uint8)
    (job.folder / "result/texture.png").write_bytes(module("scene.png").png_bytes(noise))
    began = time.perf_counter()
    made = put(module, scene, job, result)
    seconds = time.perf_counter() - began
    print(f"{len(made.data.polygons)} faces inserted in {seconds:.2f} s")
    assert len(made.data.polygons) > 200_000
    assert seconds < 1.0
