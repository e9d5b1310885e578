"""Drapery: what it covers, how it folds, and that it can be carved from a block."""

import json
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
import trimesh

from statue_recon.contract import Failure
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.dress import axis as lines
from statue_recon.dataset.synth.dress import dress as wardrobe
from statue_recon.dataset.synth.dress.canvas import Canvas
from statue_recon.dataset.synth.dress.dress import Dress
from statue_recon.dataset.synth.dress.fitting import BENT, Fitting
from statue_recon.dataset.synth.dress.folds import Rhythm
from statue_recon.dataset.synth.dress.hanging import over_stump
from statue_recon.dataset.synth.dress.layers import skirt
from statue_recon.dataset.synth.dress.patterns import PATTERNS
from statue_recon.dataset.synth.dress.veil import veil
from statue_recon.dataset.synth.human import poses
from statue_recon.dataset.synth.human.anatomy import load
from statue_recon.dataset.synth.human.build import Build
from statue_recon.dataset.synth.human.figure import figure
from statue_recon.dataset.synth.human.stances import STANCES
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.mesh.solid import refined

try:
    FOLDER = humans_folder()
except Failure as failure:
    pytest.skip(f"no human body data: {failure}", allow_module_level=True)

BUILD = Build(sex="female")
ARMS = {"contrapposto": ("with a bowl", "speaking"), "standing straight": ("hanging flat", "hanging flat")}


def somebody(stance="contrapposto", seed=3):
    pose = poses.choose(np.random.default_rng(seed), BUILD, stance, ARMS.get(stance))
    return figure(BUILD, pose, load(FOLDER))


def cloth(outfit, who, **given):
    (piece,) = wardrobe.build(Dress(outfit, **{"seed": 4, **given}), who)
    return piece.shape


def covered(shape, places):
    return shape.distances(np.atleast_2d(places).astype(np.float32)) < 0


def on_top_of(who, joint):
    """Just above a joint of the shoulders, on the skin."""
    column = who.joints[joint] + [0, 0, 0.3] - np.linspace(0, 0.4, 500)[:, None] * [0, 0, 1]
    inside = Piece("body", who.mesh()).shape.distances(column.astype(np.float32)) < 0
    return column[inside.argmax()]


def between(who, one, other):
    return (who.joints[one] + who.joints[other]) / 2


@pytest.mark.parametrize("stance", ["contrapposto", "seated", "reclining"])
def test_a_place_by_the_body_s_line_is_found_again(stance):
    who = somebody(stance)
    line = lines.bent(who) if stance in BENT else lines.upright(who)
    rng = np.random.default_rng(0)
    down, angle = rng.uniform(0, line.down[-1] - 0.02, 500), rng.uniform(-3, 3, 500)
    away = rng.uniform(0.05, 0.12, 500)
    found = line.places(line.points(down, angle, away))
    errors = [np.abs(a - b) for a, b in zip(found, (down, angle, away), strict=True)]
    assert np.quantile(errors, 0.98) < 0.01


def test_a_himation_covers_one_shoulder_and_leaves_the_other_bare():
    who = somebody()
    shape = cloth("himation", who)
    assert covered(shape, on_top_of(who, "LeftArm")).all()
    assert not covered(shape, on_top_of(who, "RightArm")).any()


def test_a_mirrored_himation_lies_on_the_right_shoulder():
    who = somebody()
    shape = cloth("himation", who, mirrored=True)
    assert covered(shape, on_top_of(who, "RightArm")).all()
    assert not covered(shape, on_top_of(who, "LeftArm")).any()


def test_long_cloth_bridges_the_legs_and_a_loincloth_does_not():
    who = somebody()
    knees = between(who, "LeftLeg", "RightLeg")
    assert covered(cloth("chiton", who), knees).all()
    assert not covered(cloth("loincloth", who), knees).any()


@pytest.mark.parametrize("stance", ["seated", "enthroned"])
def test_who_sits_has_the_lap_the_knees_and_the_shins_covered(stance):
    who = somebody(stance)
    shape = cloth("chiton", who)
    thighs = between(who, "LeftUpLeg", "LeftLeg"), between(who, "RightUpLeg", "RightLeg")
    shins = between(who, "LeftLeg", "LeftFoot"), between(who, "RightLeg", "RightFoot")
    assert covered(shape, [*thighs, *shins]).all()


def test_the_head_and_the_hands_stay_free():
    who = somebody()
    for outfit in ("chiton", "himation over chiton", "toga", "cloak"):
        shape = cloth(outfit, who)
        places = [who.joints["Head.tail"], who.joints["RightHandMiddle1"], who.joints["RightHand"]]
        assert not covered(shape, places).any(), outfit


def test_folds_are_deep_enough_for_the_block_s_grid_and_no_two_alike():
    who = somebody()
    fit = Fitting(who, np.random.default_rng(0))
    canvas = fit.canvas()
    skirt(fit, canvas, fit.waist, fit.floor)
    ring = canvas.radius[canvas.row(fit.ankles - 0.15)]
    peaks = np.flatnonzero((ring > np.roll(ring, 1)) & (ring >= np.roll(ring, -1)))
    depths = np.array([ring[peak] - ring[np.arange(peak, peak + 14) % len(ring)].min() for peak in peaks])
    deep = peaks[depths > 0.008]
    widths = np.diff(deep) * (2 * np.pi / len(ring)) * ring.mean()
    assert len(deep) >= 8
    assert widths.std() > 0.25 * widths.mean()


def test_ridges_of_a_rhythm_are_round_and_their_valleys_sharp():
    rhythm = Rhythm.over(0, 1, 0.1, np.random.default_rng(0), rests=0)
    phase = np.linspace(0, 1, 4001)
    height = rhythm.ridges(phase)
    bend = np.diff(height, 2)
    valleys = np.searchsorted(phase, rhythm.edges[1:-1])
    assert height.min() >= 0 and height.max() > 0.8
    assert all(bend[max(valley - 3, 0) : valley + 3].max() > 20 * np.abs(np.median(bend)) for valley in valleys)


def test_the_same_seed_makes_the_same_folds_and_another_seed_others():
    who = somebody()
    places = np.random.default_rng(0).uniform([-0.4, -0.4, 0.1], [0.4, 0.4, 1.5], (4000, 3)).astype(np.float32)
    first, again, other = (cloth("peplos", who, seed=seed).distances(places) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


@pytest.mark.parametrize(
    "outfit, stance", [("toga", "contrapposto"), ("cloak", "standing straight"), ("peplos", "seated")]
)
def test_a_coarse_search_for_the_surface_misses_none_of_the_cloth(outfit, stance):
    shape = cloth(outfit, somebody(stance))
    found = refined(shape.distances, shape.low, shape.high, 0.012)
    nodes = found.lower + found.spacing * np.indices(found.values.shape).reshape(3, -1).T
    asked = shape.distances(nodes.astype(np.float32)).reshape(found.values.shape)
    wrong = np.sign(asked) != np.sign(found.values)
    assert wrong.sum() <= 0.001 * (np.abs(asked) < 0.012).sum()


def test_the_box_of_the_cloth_holds_all_of_it():
    shape = cloth("himation", somebody())
    size = shape.high - shape.low
    places = np.random.default_rng(0).uniform(shape.low - 0.1 * size, shape.high + 0.1 * size, (60_000, 3))
    places = places[((places < shape.low) | (places > shape.high)).any(axis=1)]
    assert not covered(shape, places).any()


@pytest.mark.parametrize("outfit, stance", [("himation over chiton", "contrapposto"), ("hip mantle", "reclining")])
def test_a_dressed_figure_comes_out_of_the_block_closed(outfit, stance):
    who = somebody(stance)
    dressed = sculpted([Piece("body", who.mesh()), *wardrobe.build(Dress(outfit, seed=1), who)], grid=96, faces=15_000)
    mesh = trimesh.Trimesh(dressed.mesh.vertices, dressed.mesh.faces, process=False)
    assert mesh.is_watertight and mesh.is_winding_consistent
    assert (dressed.region == dressed.regions.index("drapery")).mean() > 0.2


def test_each_outfit_is_made_for_every_stance_that_it_suits_in_a_third_of_a_second():
    spent, made = 0.0, 0
    for number, stance in enumerate(sorted({pose for outfit in wardrobe.OUTFITS.values() for pose in outfit.poses})):
        who = somebody(stance, seed=number)
        names = [name for name in wardrobe.OUTFITS if wardrobe.suits(name, who.pose)]
        for name in names[number % 3 :: 3]:
            began = time.process_time()
            shape = cloth(name, who, seed=number)
            spent += time.process_time() - began
            made += 1
            assert np.isfinite(shape.distances(who.vertices[::50])).all(), (name, stance)
            assert (shape.high - shape.low > 0.05).all(), (name, stance)
    assert made > 40 and spent / made < 0.3


def test_every_stance_and_garment_named_in_the_table_exists():
    for outfit in wardrobe.OUTFITS.values():
        assert set(outfit.poses) <= set(STANCES)
        assert {outfit.over, outfit.under or outfit.over} <= set(PATTERNS)
    assert set(BENT) <= set(STANCES)


def test_what_is_chosen_suits_the_pose_and_can_be_written_down():
    rng, again = np.random.default_rng(5), np.random.default_rng(5)
    for stance in list(STANCES) * 6:
        for sex in ("male", "female"):
            pose = poses.choose(rng, replace(BUILD, sex=sex), stance)
            poses.choose(again, replace(BUILD, sex=sex), stance)
            dress = wardrobe.choose(rng, replace(BUILD, sex=sex), pose, 0.5)
            assert dress == wardrobe.choose(again, replace(BUILD, sex=sex), pose, 0.5)
            assert Dress(**json.loads(json.dumps(asdict(dress)))) == dress
            if dress.outfit:
                assert wardrobe.suits(dress.outfit, pose)
                assert dress.made == "carved" or wardrobe.can_fall(dress.outfit, pose)


def test_no_cloth_is_simulated_unless_a_share_is_asked_for():
    pose = poses.choose(np.random.default_rng(0), BUILD, "contrapposto")
    drawn = {wardrobe.choose(np.random.default_rng(seed), BUILD, pose).made for seed in range(60)}
    asked = {wardrobe.choose(np.random.default_rng(seed), BUILD, pose, 0.5).made for seed in range(60)}
    assert drawn == {"carved"} and asked == {"carved", "fallen"}


def test_the_words_name_the_side_it_is_really_draped_on():
    said = {
        wardrobe.words(Dress("exomis", mirrored), np.random.default_rng(seed))
        for mirrored in (False,)
        for seed in range(9)
    }
    turned = {wardrobe.words(Dress("exomis", True), np.random.default_rng(seed)) for seed in range(9)}
    assert said == {
        "an exomis that leaves the right shoulder bare",
        "a workman's tunic fastened on the left shoulder",
    }
    assert turned == {
        "an exomis that leaves the left shoulder bare",
        "a workman's tunic fastened on the right shoulder",
    }
    assert wardrobe.words(Dress(""), np.random.default_rng(0)) == ""


def test_a_veil_covers_the_crown_and_leaves_the_face_open():
    who = somebody("standing straight")
    (piece,) = veil(who, 1)
    face = who.bones["Head"][:3, :3] @ [0.0, -1.0, 0.0]
    middle = (who.joints["Head"] + who.joints["Head.tail"]) / 2
    assert covered(piece.shape, on_top_of(who, "Head.tail")).all()
    assert covered(piece.shape, middle - 0.07 * face).all()
    assert not covered(piece.shape, middle + 0.09 * face).any()


def test_cloth_over_a_stump_hangs_from_its_top():
    (piece,) = over_stump(np.array([0.3, 0.1, 0.6]), 0.1, 0.3, 1)
    rim = np.array([[0.3, -0.01, 0.5], [0.41, 0.1, 0.5]])
    assert covered(piece.shape, rim).all()
    assert not covered(piece.shape, [[0.3, 0.1, 0.05]]).any()
    assert piece.shape.high[2] == pytest.approx(0.65, abs=0.03)


def test_a_canvas_without_cloth_knows_it():
    fit = Fitting(somebody(), np.random.default_rng(0))
    canvas: Canvas = fit.canvas()
    assert not canvas.covered
    canvas.lay(canvas.skin + 0.02, 0.2, 0.4)
    assert canvas.covered


def test_a_child_s_cloth_is_cut_to_a_child_s_size():
    build = replace(BUILD, age="child", height=1.1)
    pose = poses.choose(np.random.default_rng(3), build, "contrapposto", ARMS["contrapposto"])
    child = figure(build, pose, load(FOLDER))
    shape = cloth("chiton", child)
    assert covered(shape, between(child, "LeftLeg", "RightLeg")).all()
    assert shape.high[2] < child.joints["Head"][2]
    assert shape.low[2] == pytest.approx(0, abs=0.08)
