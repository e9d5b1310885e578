"""Age, accidents and stuffs on blocks that are simple enough to check."""

import numpy as np
import pytest
import trimesh

from statue_recon.dataset.synth import ply, shapes
from statue_recon.dataset.synth.caption import KINDS, Said, caption
from statue_recon.dataset.synth.damage import wear
from statue_recon.dataset.synth.damage.carvings import chips, cracks, seam
from statue_recon.dataset.synth.material import surface as material
from statue_recon.dataset.synth.material.stuffs import COATS, STUFFS
from statue_recon.dataset.synth.sculpt import Block, Piece, sculpted
from statue_recon.mesh.extract import flaw
from statue_recon.photo.light import linear

POST = (
    Piece("body", shapes.box((-0.25, -0.25, 0.1), (0.25, 0.25, 1.5), 0.02)),
    Piece("plinth", shapes.box((-0.4, -0.4, 0), (0.4, 0.4, 0.15))),
)


def sculpted_in(state: str, seed: int = 3):
    done = wear.Wear(state, False, False, seed)
    return sculpted(POST, wear.build(done, Block(POST)), 96, 20_000, wear.rounding(done, 1.5))


def volume(mesh) -> float:
    return float(trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).volume)


@pytest.mark.parametrize("state", wear.STATES)
def test_every_state_leaves_a_closed_surface(state):
    assert flaw(sculpted_in(state).mesh) is None


def test_damage_takes_away_a_little_and_never_adds():
    whole = sculpted(POST, grid=96, faces=20_000)
    for state in ("chipped", "badly damaged"):
        share = volume(sculpted_in(state).mesh) / volume(whole.mesh)
        assert 0.8 < share < 0.999, state


def test_the_same_seed_does_the_same_damage():
    one, other = (sculpted_in("badly damaged", 5).mesh for _ in range(2))
    np.testing.assert_array_equal(one.vertices, other.vertices)
    third = sculpted_in("badly damaged", 6).mesh
    assert third.vertices.shape != one.vertices.shape or not np.allclose(third.vertices, one.vertices)


def test_chips_are_where_they_are_put():
    corner = np.float32([(0.25, -0.25, 1.5)])
    outward = corner / np.linalg.norm(corner) * 0 + np.float32([(0.577, -0.577, 0.577)])
    done = sculpted(POST, [chips(corner, outward, np.float32([0.2]), 1)], 96, 20_000)
    chipped = done.mesh.vertices[done.region == done.regions.index("chip")]
    assert len(chipped) > 30
    assert np.linalg.norm(chipped - corner, axis=1).max() < 0.35


def test_a_crack_runs_around_and_stays_shallow():
    middle = np.float32([0, 0, 0.8])
    done = sculpted(POST, [cracks(middle, (0, 0, 1), 0.03, 0.06, 2)], 128, 40_000)
    cracked = done.mesh.vertices[done.region == done.regions.index("crack")]
    assert len(cracked) > 50
    depth = 0.25 - np.abs(cracked[:, :2]).max(axis=1)
    assert depth.max() < 0.08
    assert flaw(done.mesh) is None  # it did not cut the post in two


def test_a_seam_is_a_thin_ring():
    done = sculpted(POST, [seam((0, 0, 0.9), (0, 0, 1), 0.6, 0.03, 4)], 128, 40_000)
    ring = done.mesh.vertices[done.region == done.regions.index("seam")]
    assert len(ring) > 50
    assert np.abs(ring[:, 2] - 0.9).max() < 0.1


def test_places_to_chip_lie_on_the_surface_and_look_outwards():
    block = Block(POST)
    places, outward = wear.surface_points(block, 40, np.random.default_rng(0))
    assert len(places) > 20
    assert np.abs(block.distances(places)).max() < 0.01
    away = block.distances((places + 0.03 * outward).astype(np.float32))
    assert (away > 0.01).mean() > 0.9  # not where the post meets the plinth: what leads away there leads back in


@pytest.mark.parametrize("stuff", STUFFS)
def test_every_stuff_with_all_its_coats_gives_colours_that_exist(stuff):
    done = sculpted_in("chipped")
    made = material.surface(material.Material(stuff, STUFFS[stuff].coats, 3), done)
    for values in (made.colour, made.roughness, made.metallic):
        assert np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1
    assert made.colour.shape == (len(done.mesh.vertices), 3)


def test_a_bare_stuff_has_its_own_colour():
    done = sculpted_in("pristine")
    for name in ("carrara marble", "basalt", "terracotta"):
        mean = material.surface(material.Material(name, (), 3), done).colour.mean(axis=0)
        table = linear(np.array(STUFFS[name].colours) / 255)
        assert (mean > 0.8 * table.min(axis=0)).all() and (mean < 1.15 * table.max(axis=0)).all(), name


def test_a_fresh_break_shows_the_inside():
    done = sculpted_in("badly damaged")
    made = material.surface(material.Material("green bronze", (), 1), done)
    fresh = done.region == done.regions.index("chip")
    green = made.colour[:, 1] - made.colour[:, 0]
    assert green[fresh].mean() < green[~fresh].mean() - 0.02


def test_dirt_lies_in_the_hollows_and_polish_on_the_edges():
    done = sculpted_in("pristine")
    bare, dirty = (material.surface(material.Material("plaster", coats, 3), done) for coats in ((), ("dirt",)))
    darker = (bare.colour - dirty.colour).mean(axis=1)
    assert darker[done.hollow > 0.5].mean() > 5 * max(darker[done.hollow < 0].mean(), 1e-3)


def test_what_a_coat_says_is_there():
    rng = np.random.default_rng(0)
    said = {material.words(material.Material("bronze", ("verdigris",), 0), rng)[1] for _ in range(40)}
    assert said == set(COATS["verdigris"][5])


def test_the_file_keeps_places_colours_roughness_and_metal(tmp_path):
    done = sculpted_in("chipped")
    made = material.surface(material.Material("bronze", ("verdigris",), 2), done)
    ply.write_ply(tmp_path / "a.ply", done.mesh, made, "a bust – bronze")
    read = trimesh.load(tmp_path / "a.ply", process=False)
    np.testing.assert_array_equal(read.vertices, done.mesh.vertices)
    np.testing.assert_array_equal(read.faces, done.mesh.faces)
    colours = linear(read.visual.vertex_colors[:, :3] / 255)
    assert np.abs(colours - made.colour).max() < 0.006
    raw = read.metadata["_ply_raw"]["vertex"]["data"]
    np.testing.assert_array_equal(np.ravel(raw["roughness"]), made.roughness)
    np.testing.assert_array_equal(np.ravel(raw["metallic"]), made.metallic)
    assert not list(tmp_path.glob("*.part"))


def said(kind: str = "figure") -> Said:
    return Said(
        kind,
        "a young man",
        "standing in contrapposto",
        ("a chlamys", "a laurel wreath"),
        ("short curls",),
        ("a staff in the right hand",),
        ("a tree stump by his leg",),
        "bronze with a green patina",
        "with dirt in the folds",
        ("weathered", "the left arm missing"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_caption_says_everything_there_is_to_say(kind):
    rng = np.random.default_rng(4)
    for _ in range(20):
        text = caption(said(kind), rng)
        for phrase in (
            "a young man",
            "a chlamys",
            "short curls",
            "staff",
            "tree stump",
            "bronze",
            "the left arm missing",
        ):
            assert phrase in text.lower(), text
        assert text[0].isupper() and text.endswith(".") and "  " not in text and ",," not in text


def test_captions_of_the_same_statue_differ():
    rng = np.random.default_rng(0)
    assert len({caption(said(), rng) for _ in range(60)}) > 25


def test_where_there_is_nothing_to_say_nothing_is_said():
    bare = Said("relic", "a two-handled amphora", "", (), (), (), (), "terracotta", "", ())
    text = caption(bare, np.random.default_rng(0))
    assert text.lower().startswith("a two-handled amphora") and "terracotta" in text and ", ." not in text
