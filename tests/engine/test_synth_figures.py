"""Whole subjects: people with hair, dress and things in their hands, alone, in groups, cut and on horseback."""

import json

import numpy as np
import pytest

from statue_recon.contract import Failure
from statue_recon.dataset.synth import make, run
from statue_recon.dataset.synth.damage import lost
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.figures import FIGURES, figures
from statue_recon.dataset.synth.human import anatomy, build, poses
from statue_recon.dataset.synth.human.figure import figure
from statue_recon.dataset.synth.people import Limits, drawn
from statue_recon.dataset.synth.recipe import Lot, plain
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.mesh.flaw import flaw

try:
    HUMANS = humans_folder()
except Failure as missing:
    pytest.skip(missing.message, allow_module_level=True)

SETTINGS = run.Settings(seed=1, grid=80, faces=6000, cloth_share=0.0, humans=str(HUMANS))


def somebody(seed: int, stance: str = "contrapposto"):
    rng = np.random.default_rng(seed)
    bodies = anatomy.load(HUMANS)
    who = build.choose(rng, bodies)
    return figure(who, poses.choose(rng, who, stance), bodies)


@pytest.mark.parametrize("kind", FIGURES)
def test_every_kind_is_one_closed_surface_with_words(kind):
    subject = figures(kind, Lot(1, 3), SETTINGS)
    done = sculpted(subject.pieces, subject.carvings, SETTINGS.grid, SETTINGS.faces)
    assert flaw(done.mesh) is None
    assert subject.says("marble", "", "").who
    assert "body" in done.regions


@pytest.mark.parametrize("part", lost.BREAKS)
def test_what_is_lost_is_gone_and_the_rest_is_there(part):
    one = somebody(4)
    losses = lost.Losses((part,), (), False, 2)
    whole = sculpted([Piece("body", one.mesh())], grid=96, faces=20_000)
    done = sculpted([Piece("body", lost.body(one, losses))], lost.build(one, losses), grid=96, faces=20_000)
    bone = lost.BREAKS[part][0]
    beyond = one.vertices[: one.anatomy.body_size][one.below(bone)[: one.anatomy.body_size]].mean(axis=0)

    def nearest(mesh, place):
        return float(np.linalg.norm(mesh.vertices - place, axis=1).min())

    assert nearest(done.mesh, beyond) > nearest(whole.mesh, beyond) + 0.01
    assert flaw(done.mesh) is None
    hips = one.joints["Hips"]
    assert nearest(done.mesh, hips) == pytest.approx(nearest(whole.mesh, hips), abs=0.02)
    assert done.region[done.region == done.regions.index("break")].size > 5


def test_a_nose_is_broken_at_the_tip():
    one = somebody(2)
    tip, forward = lost.nose(one)
    assert tip[2] > one.joints["Head"][2]
    whole, broken = (
        sculpted([Piece("body", one.mesh())], lost.build(one, lost.Losses((), (), nose, 1)), 300, 200_000).mesh.vertices
        for nose in (False, True)
    )
    reach = [(points[np.linalg.norm(points - tip, axis=1) < 0.05] @ forward).max() for points in (whole, broken)]
    assert reach[1] < reach[0] - 0.004


def test_a_restored_limb_is_all_there_with_a_seam():
    one = somebody(4)
    losses = lost.Losses((), ("left arm",), False, 2)
    done = sculpted([Piece("body", lost.body(one, losses))], lost.build(one, losses), grid=200, faces=60_000)
    hand = one.joints["LeftHand"]
    assert np.linalg.norm(done.mesh.vertices - hand, axis=1).min() < 0.05
    assert (done.region == done.regions.index("seam")).sum() > 10


def test_a_lost_hand_holds_nothing():
    for number in range(60):
        lot = Lot(2, number)
        person = drawn(lot, 0, somebody(number), Limits(), SETTINGS)
        for attribute in person.held:
            if attribute.kind not in ("quiver",):
                assert person.losses.has_hand(attribute.side), person


def test_a_head_that_is_lost_has_no_hair():
    subjects = (figures("figure", Lot(3, number), SETTINGS) for number in range(400))
    headless = next(one for one in subjects if "the head missing" in one.said["state"])
    assert "hair" not in {piece.name for piece in headless.pieces}
    assert not headless.said["features"]


def test_a_rider_sits_on_the_horse():
    subject = figures("rider", Lot(1, 3), SETTINGS)
    done = sculpted(subject.pieces, (), 96, 20_000)
    mean = {name: done.mesh.vertices[done.region == done.regions.index(name), 2].mean() for name in ("body", "animal")}
    assert mean["body"] > mean["animal"] + 0.3


def test_all_that_was_drawn_can_be_written_as_json():
    for kind in FIGURES:
        json.dumps(plain(figures(kind, Lot(1, 5), SETTINGS).chosen), allow_nan=False)


def test_each_room_draws_its_own_chances():
    lot = Lot(1, 2)
    assert lot.rng("hair").random() != lot.rng("dress").random() != lot.rng("dress", 1).random()
    assert lot.rng("hair").random() == Lot(1, 2).rng("hair").random() != Lot(1, 3).rng("hair").random()


def test_relics_and_figures_are_both_made():
    kinds = [make.subject(SETTINGS, Lot(7, number), None).kind for number in range(24)]
    assert "relic" in kinds and len(set(kinds)) > 3
