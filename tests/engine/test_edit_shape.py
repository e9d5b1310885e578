"""Shapes changed by words: nothing outside the region moves, words do what they say, and too much is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from statue_folder import ball

from statue_recon.contract import Failure
from statue_recon.contract_edit import EditRequest
from statue_recon.edit import known
from statue_recon.edit.region_words import looked_at
from statue_recon.edit.shape import HEAD_SCALE, STRAIN_LIMIT, _heads, networks, shape_edit, strain, unmoved
from statue_recon.edit.statue import Region, Statue
from statue_recon.mesh.mesh import Mesh, TexturedMesh

HUMANS = Path(__file__).resolve().parents[3] / "shared" / "data" / "humans"
HELD_OUT = 8  # a number the networks have not been trained with, as all that 8 divides


@pytest.fixture(scope="module")
def statue() -> Statue:
    """A synthetic statue of a man, held out of training."""
    if not HUMANS.is_dir():
        pytest.skip(f"the body data are not at {HUMANS}")  # a checkout without the shared folder
    from statue_recon.train.edit_pairs import whole

    mesh = whole(HELD_OUT, HUMANS)
    uv, atlas = np.zeros((len(mesh.faces), 3, 2), np.float32), np.zeros((8, 8, 3), np.uint8)
    return Statue(TexturedMesh(mesh, uv, atlas, np.zeros(len(mesh.vertices), np.float32)))


@pytest.fixture(scope="module")
def everywhere(statue) -> Region:
    return Region(np.ones(len(statue.textured.mesh.vertices), np.float32), np.ones((8, 8), np.float32))


@pytest.fixture(scope="module")
def heavier(statue, everywhere):
    return shape_edit(statue, everywhere, asked("heavier"), "cpu")


def asked(prompt: str, **more) -> EditRequest:
    return EditRequest(statue=".", prompt=prompt, what="shape", **more)


def section(mesh: Mesh, offset=0.0) -> float:
    """Half the mean depth and width of the trunk: between 55 and 65 of a hundred of the height, near the axis."""
    places = mesh.vertices + offset
    height = (mesh.vertices[:, 2] + 0.9) / 1.8
    trunk = (height > 0.55) & (height < 0.65) & (np.abs(mesh.vertices[:, 0]) < 0.16)
    return float(np.linalg.norm(places[trunk, :2] - places[trunk, :2].mean(axis=0), axis=1).mean())


def test_heavier_is_thicker_in_the_middle_and_lean_is_thinner(statue, everywhere, heavier):
    mesh = statue.textured.mesh
    lean = shape_edit(statue, everywhere, asked("lean"), "cpu")
    assert section(mesh, lean) < 0.995 * section(mesh) < section(mesh) * 1.02 < section(mesh, heavier)


def test_outside_the_region_nothing_moves_at_all(statue, heavier):
    mesh = statue.textured.mesh
    weights = np.clip(5 * mesh.vertices[:, 2], 0, 1).astype(np.float32)
    offset = shape_edit(statue, Region(weights, np.zeros((8, 8), np.float32)), asked("heavier"), "cpu")
    assert offset.dtype == np.float32 and offset.shape == mesh.vertices.shape
    assert not offset[weights == 0].any() and offset[weights == 1].any()
    assert ((mesh.vertices + offset)[weights == 0] == mesh.vertices[weights == 0]).all()


def test_the_strength_is_a_factor(statue, everywhere, heavier):
    half = shape_edit(statue, everywhere, asked("heavier", strength=0.5), "cpu")
    np.testing.assert_allclose(half, 0.5 * heavier, atol=1e-6)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(statue, everywhere, heavier):
    assert (shape_edit(statue, everywhere, asked("heavier"), "cpu") == heavier).all()
    assert np.abs(shape_edit(statue, everywhere, asked("heavier", seed=3), "cpu") - heavier).max() > 1e-4


def test_words_no_shape_knows_are_refused_with_those_it_does(statue, everywhere):
    with pytest.raises(Failure, match="gilded") as failure:
        shape_edit(statue, everywhere, asked("gilded"), "cpu")
    assert "heavier" in failure.value.next_step


def test_words_about_the_surface_leave_the_shape_where_both_were_asked(statue, everywhere):
    assert not shape_edit(statue, everywhere, replace(asked("gilded"), what="both"), "cpu").any()


def test_every_word_that_is_offered_has_a_network_that_knows_it():
    offered = set(known._meanings().values())
    for word in offered:
        for part in known.parts_of(word):
            assert word in networks()[part].architecture.words


def test_a_moderate_edit_does_not_strain_the_faces(statue, heavier):
    assert strain(statue.textured.mesh, heavier) < STRAIN_LIMIT


def test_what_is_torn_apart_or_folded_over_is_strained(statue):
    mesh = statue.textured.mesh
    rng = np.random.default_rng(0)
    assert strain(mesh, rng.normal(0, 0.05, mesh.vertices.shape).astype(np.float32)) > 5 * STRAIN_LIMIT
    assert strain(mesh, np.zeros_like(mesh.vertices)) == 0.0
    assert strain(mesh, np.ones_like(mesh.vertices)) == 0.0  # moved as one piece


def test_what_is_driven_into_another_part_is_strained_though_no_face_is_folded():
    one, two = (trimesh.creation.icosphere(3, 0.3).apply_translation((x, 0, 0)) for x in (-0.4, 0.4))
    both = trimesh.util.concatenate([one, two])
    mesh = Mesh(np.asarray(both.vertices, np.float32), np.asarray(both.faces, np.int32))
    right = (mesh.vertices[:, :1] > 0) * np.array([[-1.0, 0.0, 0.0]], np.float32)
    assert strain(mesh, 0.1 * right) == 0.0, "they do not meet yet"
    # The balls' middles are 0.4 apart then: of the right one a cap of a sixth of its diameter lies in the left one.
    np.testing.assert_allclose(strain(mesh, 0.4 * right), 1 / 6, atol=0.03)
    assert strain(mesh, 0.4 * right) > STRAIN_LIMIT


def test_a_region_stands_for_a_head_where_none_is_found():
    textured = ball()  # the detector sees no head in it
    statue, thing = Statue(textured), textured.mesh
    statue = Statue(
        TexturedMesh(thing, np.zeros((len(thing.faces), 3, 2)), np.zeros((8, 8, 3), np.uint8), thing.vertices[:, 0])
    )
    upper = np.clip(5.0 * thing.vertices[:, 2] - 1.0, 0.0, 1.0).astype(np.float32)
    parts = looked_at(thing)
    assert not parts.heads
    (head,) = _heads(parts, Region(upper, np.zeros((8, 8), np.float32)))
    assert head.middle[2] > 0.2 and abs(head.middle[0]) < 0.05 and 0.5 < HEAD_SCALE * head.radius < 1.1
    offset = shape_edit(statue, Region(upper, np.zeros((8, 8), np.float32)), asked("bearded"), "cpu")
    assert offset[upper > 0].any() and not offset[upper == 0].any()
    with pytest.raises(Failure, match="No head was found") as failure:
        shape_edit(statue, Region(np.ones_like(upper), np.zeros((8, 8), np.float32)), asked("bearded"), "cpu")
    assert "region" in failure.value.next_step


def test_a_word_for_faces_that_finds_none_says_so(statue, everywhere, heavier):
    beard = shape_edit(statue, everywhere, asked("bearded"), "cpu")
    assert unmoved(statue, everywhere, asked("bearded"), beard) == ()
    (sentence,) = unmoved(statue, everywhere, asked("bearded"), 0.1 * beard)
    assert "No modelled face was found" in sentence and "bearded" in sentence
    assert unmoved(statue, everywhere, asked("heavier"), heavier) == ()


def test_a_prompt_is_read_with_its_degrees_and_what_it_avoids():
    told = known.read("a much older man of bronze", avoid="fat")
    assert told.amounts == {"older": 1.5, "lean": 1.0}
    assert told.unknown == ("bronze",)


def test_who_is_there_already_is_no_change_unless_nothing_else_is_asked_for():
    assert known.read("an old lady").amounts == {"older": 1.0}
    assert (
        known.read("a woman").amounts == {"female": 1.0} == known.read("very female", "man").amounts | {"female": 1.0}
    )
    assert known.read("an old, female figure").amounts == {"older": 1.0, "female": 1.0}


def test_the_words_of_a_surface_are_others():
    assert "bronze" in known.known_words("surface") and "bronze" not in known.known_words("shape")
    assert known.known_words("both") == known.known_words("shape") | known.known_words("surface")
