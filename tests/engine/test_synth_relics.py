"""Relics: what is drawn by chance is told, built and sculpted as one closed thing."""

import dataclasses
import json

import numpy as np
import pytest

from statue_recon.dataset.synth.relics import choose as relics
from statue_recon.dataset.synth.relics import horse, vessels
from statue_recon.dataset.synth.relics.animals import STABLES
from statue_recon.dataset.synth.relics.vessel_forms import FORMS
from statue_recon.dataset.synth.sculpt import Block, sculpted
from statue_recon.mesh.flaw import flaw

FAMILIES = tuple(relics.FAMILIES)


def some(seed: int, family: str = "") -> relics.Relic:
    return relics.choose(np.random.default_rng([11, seed]), family)


def vessel(form: str, **more) -> vessels.Vessel:
    """A vessel of this form without handles, relief or lid, turned true."""
    seeds = (vessels.choose(np.random.default_rng(seed)) for seed in range(1000))
    plain = {"bands": (), "handle": "", "lid": "", "thrown": vessels.Thrown()}
    return dataclasses.replace(next(one for one in seeds if one.form == form), **(plain | more))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_relic_becomes_one_closed_surface(family):
    done = sculpted(relics.build(some(3, family)), grid=96, faces=8000)
    assert flaw(done.mesh) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_a_relic_stands_on_the_ground(family):
    for seed in range(2):
        mesh = sculpted(relics.build(some(seed, family)), grid=128, faces=8000).mesh
        size = float(np.ptp(mesh.vertices, axis=0).max())
        assert abs(float(mesh.vertices[:, 2].min())) < 0.04 * size, relics.words(
            some(seed, family), np.random.default_rng(0)
        )


def test_the_same_seed_makes_the_same_relic():
    points = np.random.default_rng(0).uniform(-0.5, 1.0, (500, 3)).astype(np.float32)
    for family in FAMILIES:
        one, other = (Block(tuple(relics.build(some(5, family)))).distances(points) for _ in range(2))
        assert np.array_equal(one, other), family


def test_choices_are_plain_values_that_json_holds():
    for seed in range(100):
        relic = some(seed)
        again = json.loads(json.dumps(dataclasses.asdict(relic)))
        assert again["family"] == relics.kind(relic)


def test_every_relic_is_told_in_a_phrase_with_an_article():
    rng = np.random.default_rng(0)
    for seed in range(300):
        phrase = relics.words(some(seed), rng)
        assert phrase.split()[0] in ("a", "an"), phrase
        assert "  " not in phrase and not phrase.endswith(" "), phrase


def test_all_families_and_all_stables_are_drawn():
    drawn = [some(seed) for seed in range(300)]
    assert {relics.kind(relic) for relic in drawn} == set(FAMILIES)
    assert {relic.what.stable for relic in drawn if relic.family == "animal"} == set(STABLES)


@pytest.mark.parametrize("form", [form.name for form in FORMS])
def test_a_vessel_without_a_lid_is_hollow_and_holds_water(form):
    one = vessel(form)
    block = Block(tuple(vessels.build(one)))
    shape = vessels.form_of(one)
    lip = shape.outline[-1][1]
    heights = np.linspace(shape.floor + 0.06, 0.99 * lip, 40) * one.height
    axis = np.stack([0 * heights, 0 * heights, heights], axis=1)
    assert (block.distances(axis) > 0).all()
    around = np.linspace(0, 2 * np.pi, 60)
    reach = 4 * one.height
    for height in heights[::6]:
        rays = np.linspace(0, reach, 1500)
        for angle in around[::10]:
            ray = np.stack([rays * np.cos(angle), rays * np.sin(angle), np.full_like(rays, height)], axis=1)
            assert (block.distances(ray) < 0).any(), f"a hole at {height:.2f} m"


def test_flutes_do_not_pierce_the_wall():
    amphora = next(form for form in FORMS if form.name == "amphora")
    number = next(k for k, band in enumerate(amphora.bands) if band[2] == "body")
    one = vessel("amphora", bands=((number, "fluted"),))
    block = Block(tuple(vessels.build(one)))
    rays = np.linspace(0, one.height, 1500)
    for angle in np.linspace(0, 2 * np.pi, 90):
        for share in (0.42, 0.5):
            height = np.full_like(rays, share * one.height)
            ray = np.stack([rays * np.cos(angle), rays * np.sin(angle), height], axis=1)
            assert (block.distances(ray) < 0).any()


def test_a_ridden_horse_carries_its_seat_on_its_back():
    for seed in range(6):
        choice = horse.choose(np.random.default_rng(seed), ridden=True)
        pieces, seat, width = horse.horse(choice)
        body = pieces[0].shape
        ways = np.array([-0.12, 0.12])[:, None] * seat[:3, 2] + seat[:3, 3]
        below, above = body.distances(ways.astype(np.float32))
        assert below < 0 < above
        assert np.allclose(seat[:3, :3].T @ seat[:3, :3], np.eye(3), atol=1e-6)
        assert np.linalg.det(seat[:3, :3]) == pytest.approx(1)
        sides = seat[:3, 3] - 0.2 * choice.size * seat[:3, 2] + np.array([[-0.35], [0.35]]) * width * seat[:3, 0]
        assert (body.distances(sides.astype(np.float32)) < 0).all()
