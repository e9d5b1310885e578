"""What is cut from figures, and figures that belong together."""

import numpy as np
import pytest

from statue_recon.contract import Failure
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.human import anatomy, groups, poses
from statue_recon.dataset.synth.human.build import Build
from statue_recon.dataset.synth.human.cuts import WAYS, cut
from statue_recon.dataset.synth.human.figure import figure
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.mesh.flaw import flaw


@pytest.fixture(scope="module")
def bodies():
    try:
        return anatomy.load(humans_folder())
    except Failure as failure:
        pytest.skip(failure.message)


def random(seed):
    return np.random.default_rng(seed)


def made(kind, bodies, seed=1):
    """A figure, and what a cut leaves of it, sculpted coarsely."""
    rng = random(seed)
    someone = figure(Build(), poses.for_cut(rng, Build(), kind), bodies)
    pieces = cut(kind, [Piece("body", someone.mesh())], someone, rng)
    return someone, pieces, sculpted(pieces, grid=64).mesh


@pytest.mark.parametrize("kind", WAYS)
def test_what_is_cut_is_closed(bodies, kind):
    _, _, mesh = made(kind, bodies)
    assert flaw(mesh) is None


@pytest.mark.parametrize(("kind", "least", "most"), [("bust", 0.3, 0.95), ("head", 0.2, 0.6), ("torso", 0.6, 1.3)])
def test_a_cut_leaves_the_part_it_is_named_after(bodies, kind, least, most):
    _, _, mesh = made(kind, bodies)
    assert least < np.ptp(mesh.vertices[:, 2]) < most


def test_a_torso_has_lost_head_hands_and_feet(bodies):
    someone, _, mesh = made("torso", bodies)
    reach = np.linalg.norm(mesh.vertices[:, :2] - someone.joints["Spine1"][:2], axis=1).max()
    whole = someone.joints["Head.tail"][2] - someone.joints["LeftFoot"][2]
    assert np.ptp(mesh.vertices[:, 2]) < whole - someone.joints["LeftLeg"][2] + someone.joints["LeftFoot"][2]
    assert reach < 0.6


def test_a_relief_is_flat_and_the_body_stands_out_of_its_slab(bodies):
    someone, pieces, mesh = made("relief", bodies)
    slab = next(piece for piece in pieces if piece.name == "slab").shape
    front = mesh.vertices[:, 1].min()
    assert np.ptp(mesh.vertices[:, 1]) < 0.6 * np.ptp(someone.vertices[:, 2])
    assert front < slab.high[1] - 0.05


def test_hair_and_wreath_go_with_the_head_of_a_torso(bodies):
    someone = figure(Build(), poses.choose(random(1), None, "contrapposto"), bodies)
    hair = Piece("hair", someone.mesh("helper-hair"))
    names = [piece.name for piece in cut("torso", [Piece("body", someone.mesh()), hair], someone, random(2))]
    assert names == ["body"]


@pytest.mark.parametrize("kind", groups.KINDS)
def test_the_figures_of_a_group_touch_and_stand_on_one_ground(bodies, kind):
    group = groups.choose(random(3), bodies, kind)
    skins = [one.vertices[: bodies.body_size] for one in group.figures]
    assert min(skin[:, 2].min() for skin in skins) == pytest.approx(0, abs=1e-4)
    for number, skin in enumerate(skins[1:], start=1):
        others = np.concatenate(skins[:number])[::3]
        nearest = min(
            np.linalg.norm(others[None] - part[:, None], axis=2).min() for part in np.array_split(skin[::3], 20)
        )
        assert nearest < 0.03
    assert group.words


def test_a_group_is_one_closed_block_when_sculpted(bodies):
    group = groups.choose(random(1), bodies, "embracing")
    block = sculpted([Piece("body", one.mesh(), 0.004) for one in group.figures], grid=72).mesh
    assert flaw(block) is None
    assert np.ptp(block.vertices[:, 2]) > 0.95 * max(np.ptp(one.vertices[:13000, 2]) for one in group.figures)


def test_a_rider_sits_where_the_horse_wants_it(bodies):
    rider = groups.seated_on(groups.rider(random(1), bodies), (0.1, -0.2, 1.3))
    assert np.allclose(rider.seat, (0.1, -0.2, 1.3))
    feet = [rider.joints[f"{side}Foot"] for side in ("Left", "Right")]
    assert feet[0][0] - feet[1][0] > 0.45  # a horse goes between them
    assert max(foot[2] for foot in feet) < 1.0
