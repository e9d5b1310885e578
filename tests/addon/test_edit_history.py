"""The list of edits: showing, ordering, merging and removing them, and what a statue is like when it is handed over."""

import bpy
import numpy as np
import pytest
from edit_job import HIGHER
from test_edit_text import ask, chosen, edited, jobs, layer, module, places, shader, statue  # noqa: F401 - fixtures too


def stack(thing):
    """The layers' labels from the texture up, as the links have it."""
    found, socket = [], shader(thing).inputs["Base Color"]
    while socket.links:
        node = socket.links[0].from_node
        if node.type == "GROUP":
            found.append(node.label)
            socket = node.inputs["Color"]
        else:
            socket = next((entry for entry in node.inputs if entry.identifier == "A_Color"), None)
            if socket is None:
                break
    return found[::-1]


def shown_shape(thing):
    """The vertices as the viewport has them."""
    graph = bpy.context.evaluated_depsgraph_get()
    return places(thing.evaluated_get(graph).data.vertices)


def test_layers_lie_in_the_lists_order(jobs, statue):  # noqa: F811
    for prompt in ("one", "two", "three"):
        edited(jobs, prompt)
    assert stack(statue) == ["one", "two", "three"]
    statue.statue_edit_index = 2
    assert bpy.ops.statue.move_edit(direction="DOWN") == {"FINISHED"}
    assert stack(statue) == ["one", "three", "two"] == [edit.name for edit in statue.statue_edits]
    assert statue.statue_edits[statue.statue_edit_index].name == "three"
    assert bpy.ops.statue.remove_edit(index=0) == {"FINISHED"}
    assert stack(statue) == ["three", "two"]
    assert [key.name for key in statue.data.shape_keys.key_blocks] == ["Basis", "two", "three"]
    assert layer(statue).inputs["Roughness"].default_value == pytest.approx(0.8)


def test_removing_all_leaves_the_statue_as_it_came(jobs, statue):  # noqa: F811
    before, images, groups = places(statue.data.vertices), len(bpy.data.images), len(bpy.data.node_groups)
    edited(jobs, "one")
    edited(jobs, "two")
    bpy.ops.statue.remove_edit()
    bpy.ops.statue.remove_edit()
    assert statue.data.shape_keys is None and np.array_equal(places(statue.data.vertices), before)
    assert stack(statue) == [] and not shader(statue).inputs["Metallic"].links
    assert shader(statue).inputs["Base Color"].links[0].from_node.name == "Doubt Mix"
    assert (len(bpy.data.images), len(bpy.data.node_groups)) == (images, groups)
    assert not bpy.ops.statue.remove_edit.poll()


def test_hiding_keeps_the_strength(jobs, statue):  # noqa: F811
    before = shown_shape(statue)
    edited(jobs, "taller")
    statue.data.shape_keys.key_blocks["taller"].value = 0.5
    layer(statue).inputs["Opacity"].default_value = 0.25
    bpy.ops.statue.show_edit()
    assert np.allclose(shown_shape(statue), before)
    assert layer(statue).inputs["Shown"].default_value == 0.0
    bpy.ops.statue.show_edit()
    assert (shown_shape(statue) - before)[:, 2].max() == pytest.approx(HIGHER / 2, abs=1e-5)
    assert layer(statue).inputs["Opacity"].default_value == 0.25


def test_merging_looks_the_same_and_has_one_slider(jobs, statue):  # noqa: F811
    for prompt in ("one", "two"):
        edited(jobs, prompt)
    statue.data.shape_keys.key_blocks["one"].value = 0.5
    layer(statue, 1).inputs["Opacity"].default_value = 0.5
    before = shown_shape(statue)
    assert bpy.ops.statue.merge_edit() == {"FINISHED"}
    (edit,) = statue.statue_edits
    assert np.allclose(shown_shape(statue), before, atol=1e-6)
    assert [key.name for key in statue.data.shape_keys.key_blocks] == ["Basis", "one + two"]
    assert [one["prompt"] for one in edit.told["merged"]] == ["one", "two"]
    inner = layer(statue).node_tree.nodes
    assert stack(statue) == ["one + two"] and inner["Layer 02"].inputs["Color"].links[0].from_node.name == "Layer 01"
    shares = [
        inner[f"Layer {number:02}"].inputs["Opacity"].links[0].from_node.inputs[1].default_value for number in (1, 2)
    ]
    assert shares == [1.0, 0.5]
    edited(jobs, "three")
    bpy.ops.statue.move_edit(direction="DOWN")
    assert stack(statue) == ["three", "one + two"]


def test_a_change_too_large_for_the_faces_can_become_an_object_of_its_own(jobs, statue):  # noqa: F811
    jobs.engine("hello(); progress(stage='sculpt'); edit(['12 % of the faces: too much change for this topology.'])")
    edited(jobs, "taller")
    assert "topology" in statue.statue_edits[0].told["notes"][0]
    before, changed = places(statue.data.vertices), shown_shape(statue)
    assert bpy.ops.statue.edit_as_new() == {"FINISHED"}
    new = bpy.data.objects["Apollo Edited"]
    assert new.data.shape_keys is None and np.allclose(places(new.data.vertices), changed, atol=1e-6)
    assert (
        np.allclose(shown_shape(statue), before) and new.material_slots[0].material != statue.material_slots[0].material
    )


def test_regions_are_handed_over(jobs, statue):  # noqa: F811
    group = statue.vertex_groups.new(name="Nose")
    group.add([3, 5], 0.75, "REPLACE")
    job = edited(jobs, region="group", group="Nose")
    weights = np.load(job.folder / "statue/mesh.npz")["group:Nose"]
    assert weights[[3, 5]] == pytest.approx(0.75) and weights.sum() == pytest.approx(1.5)

    statue.data.polygons.foreach_set("select", np.arange(len(statue.data.polygons)) == 7)
    job = edited(jobs, region="faces")
    weights = np.load(job.folder / "statue/region.npy")
    assert sorted(np.flatnonzero(weights)) == sorted(statue.data.polygons[7].vertices)

    mask = bpy.data.images.new("mask", 32, 32)
    pixels = np.zeros((32, 32, 4), np.float32)
    pixels[..., 3], pixels[:8, :, :3] = 1, 1  # Blender's first row is the lowest
    mask.pixels.foreach_set(pixels.ravel())
    job = edited(jobs, region="mask", mask=mask)
    read = bpy.data.images.load(str(job.folder / "statue/region.png"))
    assert np.array(read.pixels[:]).reshape(32, 32, 4)[:8, :, 0].min() == 1.0

    requests = [job_folder_text(job) for job in jobs._jobs]
    assert [told["region"] for told in requests] == [
        "group:Nose",
        "weights:statue/region.npy",
        "mask:statue/region.png",
    ]


def job_folder_text(job):
    import json

    return json.loads((job.folder / "edit.json").read_text())


def test_a_region_that_marks_nothing_is_explained(jobs, statue):  # noqa: F811
    statue.data.polygons.foreach_set("select", np.zeros(len(statue.data.polygons), bool))
    with pytest.raises(RuntimeError, match="No face of “Apollo” is selected"):
        ask(region="faces")
    assert not jobs._jobs


def test_a_surface_is_taken_with_its_modifiers_and_a_shape_before_those_that_add_vertices(jobs, statue):  # noqa: F811
    modifier = statue.modifiers.new("Finer", "SUBSURF")
    modifier.levels = 1
    count = len(statue.data.vertices)
    surface = edited(jobs, what="surface")
    assert len(np.load(surface.folder / "statue/mesh.npz")["vertices"]) > count
    shape = edited(jobs, "taller", what="shape")
    assert len(np.load(shape.folder / "statue/mesh.npz")["vertices"]) == count
    assert modifier.show_viewport and statue.data.shape_keys.key_blocks["taller"]


def test_a_mesh_without_uv_is_unwrapped_and_keeps_its_selection(jobs):  # noqa: F811
    bpy.ops.mesh.primitive_cube_add()
    cube = chosen(bpy.context.object)
    cube.data.uv_layers.remove(cube.data.uv_layers[0])
    job = edited(jobs)
    uv = np.load(job.folder / "statue/mesh.npz")["uv"]
    assert len(cube.data.uv_layers) == 1 and uv.min() >= 0 and uv.max() <= 1 and np.ptp(uv) > 0.5
    assert layer(cube).node_tree.nodes["UV Map"].uv_map == cube.data.uv_layers[0].name


def test_unknown_words_are_marked_before_the_job_starts(module, jobs, statue):  # noqa: F811
    unknown = module("session.edit_words").unknown
    assert unknown("bronze with green patina", "", "surface", "bundled") == ()
    assert unknown("a neon hologram in bronze", "chrome", "surface", "bundled") == ("neon", "hologram", "chrome")
    assert unknown("older and bearded, a spaceship", "", "shape", "bundled") == ("spaceship",)
    assert unknown("bearded, gilded, spaceship", "", "both", "bundled") == ("spaceship",)
    assert unknown("a neon hologram", "", "surface", "sd15") == ()


def test_a_preset_brings_its_words(module, jobs, statue):  # noqa: F811
    settings = bpy.context.scene.statue_edit
    for each in module("statue_recon.edit.presets").presets():
        settings.preset = each.identifier
        assert (settings.prompt, settings.what, settings.name_of_edit) == (each.prompt, each.what, each.label)
        assert module("session.edit_settings").unknown_words(settings) == (), each.prompt
