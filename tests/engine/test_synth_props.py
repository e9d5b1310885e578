"""Props: they touch the body and the ground, run through nobody, and are what the words say."""

import json
from dataclasses import asdict
from functools import cache

import numpy as np
import pytest

from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.human import anatomy, poses
from statue_recon.dataset.synth.human.build import Build
from statue_recon.dataset.synth.human.figure import Figure, figure
from statue_recon.dataset.synth.props import attributes, plinths, supports
from statue_recon.dataset.synth.props.attributes import THINGS
from statue_recon.dataset.synth.props.room import Room
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.mesh.flaw import flaw

GRID = 110  # cells: coarse, but finer than what is held is thick


@cache
def person(stance: str, left: str = "hanging", right: str = "hanging", seed: int = 1) -> Figure:
    rng = np.random.default_rng(seed)
    return figure(Build(), poses.choose(rng, None, stance, (left, right)), anatomy.load(humans_folder()))


def with_props(someone: Figure, *props: Piece) -> list[Piece]:
    return [Piece("body", someone.mesh()), *props]


def kept(pieces: list[Piece]) -> set[str]:
    """Names of the pieces whose surface is on the finished statue."""
    carved = sculpted(pieces, (), GRID, 20_000)
    assert flaw(carved.mesh) is None
    return {carved.regions[k] for k in np.unique(carved.region)}


@pytest.mark.parametrize(
    ("gesture", "kind"),
    [
        ("with a staff", "staff"),
        ("high with a staff", "spear"),
        ("low with a staff", "cornucopia"),
        ("with a bowl", "bowl"),
        ("holding aloft", "torch"),
        ("lowered with something", "sword"),
        ("shield arm", "shield"),
    ],
)
def test_what_a_hand_holds_is_one_with_the_statue(gesture, kind):
    someone = person("contrapposto", gesture)
    found = [choose_of_kind(someone, kind, seed) for seed in range(60)]
    held = next(attribute for attribute in found if attribute is not None)
    assert kind in kept(with_props(someone, *attributes.build(held, someone)))


def choose_of_kind(someone: Figure, kind: str, seed: int):
    chosen = attributes.choose(np.random.default_rng(seed), someone)
    return next((attribute for attribute in chosen if attribute.kind == kind), None)


def test_nothing_held_runs_through_the_body():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        someone = person("contrapposto", "with a staff", "lowered with something", seed % 3)
        for held in attributes.choose(rng, someone):
            if held.kind not in THINGS:
                continue
            along = np.linspace(-held.below, held.above, 100)[:, None]
            place = attributes.place_of(held, someone)
            assert Room(someone, held.side).free(place[:3, 3] + along * place[:3, 2], 0.004), held


def test_a_planted_staff_stands_on_the_ground():
    someone = person("contrapposto", "with a staff")
    held = next(found for seed in range(20) if (found := choose_of_kind(someone, "staff", seed)))
    assert held.planted
    assert abs(float(attributes.build(held, someone)[0].shape.low[2])) < 0.02


def test_a_lost_arm_holds_nothing():
    someone = person("contrapposto", "with a staff", "with a bowl")
    for seed in range(10):
        assert all(held.side != "Left" for held in attributes.choose(np.random.default_rng(seed), someone, ("Left",)))


@pytest.mark.parametrize("kind", ["tree stump", "pillar", "column drum", "amphora", "dolphin", "shield", "herm"])
def test_what_stands_beside_a_leg_touches_it(kind):
    someone = person("contrapposto")
    side = "Right" if someone.pose.carried_by == "right foot" else "Left"
    support = supports.Support(kind, "beside a leg", side, 50.0, 0.6, 0.09, 7)
    assert kind in kept(with_props(someone, *supports.build(support, someone)))


@pytest.mark.parametrize("kind", ["rock", "cube", "stool", "throne", "drum"])
def test_a_seat_carries_its_sitter(kind):
    someone = person("seated", "on the thigh", "on the knee")
    seat = supports.build(supports.Support(kind, "seat", seed=3), someone)
    assert abs(float(seat[0].shape.low[2])) < 0.02
    assert kind in kept(with_props(someone, *seat))


@pytest.mark.parametrize(
    ("stance", "left"),
    [("contrapposto", "lowered on something"), ("deep contrapposto", "leaning"), ("crucified", "nailed")],
)
def test_whoever_leans_has_something_to_lean_on(stance, left):
    someone = person(stance, left, "nailed" if left == "nailed" else "hanging")
    chosen = supports.choose(np.random.default_rng(0), someone)
    assert chosen
    pieces = [piece for support in chosen for piece in supports.build(support, someone)]
    assert {piece.name for piece in pieces} <= kept(with_props(someone, *pieces))


@pytest.mark.parametrize("outline", plinths.OUTLINES)
def test_both_feet_stand_in_the_plinth(outline):
    someone = person("striding")
    body = with_props(someone)
    plinth = plinths.Plinth(outline, "plain", 0.08, 0.04)
    (slab,) = plinths.build(plinth, body)
    toes = np.stack([someone.joints[f"{side}ToeBase"] * (1, 1, 0) for side in ("Left", "Right")])
    assert (slab.shape.distances(toes.astype(np.float32)) < -0.004).all()
    assert plinths.top(plinth, body) < 0.03
    assert "plinth" in kept([*body, slab])


def test_an_inscription_is_cut_into_the_front_only():
    body = with_props(person("standing straight"))
    plain = plinths.Plinth("rectangular", "plain", 0.16, 0.06)
    written = plinths.Plinth("rectangular", "plain", 0.16, 0.06, inscribed=True)
    smooth, cut = (plinths.build(plinth, body)[0].shape for plinth in (plain, written))
    x, z = np.meshgrid(np.linspace(smooth.low[0] + 0.02, smooth.high[0] - 0.02, 200), np.linspace(-0.14, -0.02, 60))
    for y, letters in ((smooth.low[1], True), (smooth.high[1], False)):
        wall = np.stack([x, np.full_like(x, y), z], axis=-1).reshape(-1, 3).astype(np.float32)
        deeper = cut.distances(wall) - smooth.distances(wall)
        assert ((deeper > 0.003).mean() > 0.03) == letters


def test_the_same_numbers_make_the_same_props():
    someone = person("contrapposto", "with a staff", "lowered on something")

    def made() -> list[np.ndarray]:
        rng = np.random.default_rng(5)
        held, carried = attributes.choose(rng, someone), supports.choose(rng, someone)
        pieces = [piece for x in held for piece in attributes.build(x, someone)]
        pieces += [piece for x in carried for piece in supports.build(x, someone)]
        return [piece.surface.vertices for piece in pieces]

    first, again = made(), made()
    assert len(first) == len(again) > 0
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_choices_are_plain_data_and_speak():
    rng = np.random.default_rng(2)
    someone = person("contrapposto", "with a staff", "lowered on something")
    held, carried = attributes.choose(rng, someone), supports.choose(rng, someone)
    plinth = plinths.choose(rng)
    json.dumps([asdict(x) for x in (*held, *carried, plinth)])
    said = [attributes.words(x, rng) for x in held] + [supports.words(x, rng) for x in carried]
    said.append(plinths.words(plinth, rng))
    assert all(phrase and "{" not in phrase for phrase in said)


def test_every_thing_has_a_name_and_a_gesture():
    from statue_recon.dataset.synth.human.gestures import GESTURES

    held = {name for gesture in GESTURES.values() for name in gesture.holds}
    for kind, thing in THINGS.items():
        assert thing.words and held & set(thing.instead), kind
