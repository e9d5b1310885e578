"""Carved hair sits on every head, is made of closed locks, and stays one block with the body."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from statue_recon.contract import Failure
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.hair import hair as rooms
from statue_recon.dataset.synth.hair.beards import CUTS
from statue_recon.dataset.synth.hair.hair import Hair
from statue_recon.dataset.synth.hair.headgear import HEADGEAR
from statue_recon.dataset.synth.hair.locks import SECTIONS, knobs, tubes
from statue_recon.dataset.synth.hair.scalp import Scalp, angles_of, towards
from statue_recon.dataset.synth.hair.styles import STYLES
from statue_recon.dataset.synth.human.anatomy import load
from statue_recon.dataset.synth.human.build import Build
from statue_recon.dataset.synth.human.figure import figure
from statue_recon.dataset.synth.human.pose import Pose
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.dataset.synth.shapes import Shape, box, intersection
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.solid import Surface

LOOKING_ASIDE = {"head": (10.0, 5.0, 30.0)}


@pytest.fixture(scope="module")
def anatomy():
    try:
        return load(humans_folder())
    except Failure as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def man(anatomy):
    return figure(Build(), Pose("standing", LOOKING_ASIDE), anatomy)


def volumes(mesh: Mesh, parts: int) -> np.ndarray:
    """Volumes [parts] of equally large parts that follow each other."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    return (np.einsum("ij,ij->i", a, np.cross(b, c)) / 6).reshape(parts, -1).sum(axis=1)


def edges_match(mesh: Mesh) -> bool:
    """Whether every edge is walked once in each direction."""
    edges = np.concatenate([mesh.faces[:, (k, (k + 1) % 3)] for k in range(3)])
    there = np.sort(edges[:, 0].astype(np.int64) * len(mesh.vertices) + edges[:, 1])
    back = np.sort(edges[:, 1].astype(np.int64) * len(mesh.vertices) + edges[:, 0])
    return bool((np.diff(there) > 0).all() and (there == back).all())


def head_of(figure) -> Shape:
    """Head and neck alone: what a bust's volume is asked for."""
    body = Piece("body", figure.mesh()).shape
    middle = figure.joints["Head"]
    low, high = np.array([(-0.16, -0.2, -0.1), (0.16, 0.2, 0.4)])
    return intersection(body, box(middle + low, middle + high))


def share_of(sculpture, name: str) -> float:
    return float((sculpture.region == sculpture.regions.index(name)).mean())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_lock_is_closed_and_turned_outwards(section):
    share = np.linspace(0, 1, 9)
    paths = np.stack([0.04 * share, 0.01 * np.sin(4 * share), 0 * share], axis=1)[None] + np.zeros((3, 1, 1))
    size = np.full((3, 9), 0.012)
    lock = tubes(paths, np.tile((0.0, 0.0, 1.0), (3, 9, 1)), size, size, section)
    assert edges_match(lock)
    assert (volumes(lock, 3) > 1e-6).all()


def test_a_snail_curl_is_closed_and_turned_outwards():
    ones = np.ones(2)
    curl = knobs(
        np.array([(0, 0, 0), (0.1, 0, 0.0)]), np.array([(0, -1, 0), (0, 0, 1.0)]), 0.012, 0.01, 1.6, 0 * ones, ones
    )
    assert edges_match(curl)
    assert (volumes(curl, 2) > 1e-6).all()


def test_directions_are_found_again_by_their_angles():
    azimuth, elevation = angles_of(towards(np.array([-120.0, 0.0, 91.0]), np.array([-40.0, 12.0, 80.0])))
    np.testing.assert_allclose(azimuth, [-120, 0, 91], atol=1e-9)
    np.testing.assert_allclose(elevation, [-40, 12, 80], atol=1e-9)


def test_the_skull_without_ears_lies_on_the_skin(man):
    scalp = Scalp.of(man)
    crown = towards(np.arange(0, 360, 20.0)[None], np.array([[50.0], [65], [80]])).reshape(-1, 3)
    points = scalp.placed(Mesh(scalp.at(crown).astype(np.float32), np.zeros((0, 3), np.int32))).vertices
    assert np.abs(Surface(man.mesh()).signed_distances(points)).max() < 0.004


def test_a_walk_is_as_long_as_it_was_asked_to_be(man):
    scalp = Scalp.of(man)
    start = towards(np.array([0.0, 90, 180]), 70.0)
    path, _ = scalp.walk(start, lambda here, share: np.tile((0.0, 0.0, -1.0), (3, 1)), np.full(3, 0.06), 20)
    lengths = np.linalg.norm(np.diff(scalp.at(path), axis=1), axis=2).sum(axis=1)
    np.testing.assert_allclose(lengths, 0.06, rtol=0.05)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_closed_and_stays_near_the_head(man, style):
    pieces = rooms.build(Hair(style, seed=7), man)
    for piece in pieces:
        assert edges_match(piece.surface)
        away = np.linalg.norm(piece.surface.vertices - man.joints["Head"], axis=1)
        assert away.max() < 0.55


@pytest.mark.parametrize("worn", HEADGEAR)
def test_every_headgear_is_closed_and_around_the_head(man, worn):
    headgear = rooms.build(Hair("cropped", headgear=worn, seed=3), man)[-1]
    assert headgear.name == "headgear"
    assert edges_match(headgear.surface)
    assert np.linalg.norm(headgear.surface.vertices - man.joints["Head.tail"], axis=1).max() < 0.4


@pytest.mark.parametrize("cut", CUTS)
def test_a_beard_hangs_before_the_throat_and_leaves_the_eyes_free(man, cut):
    bare = rooms.build(Hair("bald", brows=0.0), man)
    assert bare == []
    hair = rooms.build(Hair("bald", cut, brows=0.0, seed=5), man)[0].surface
    assert edges_match(hair)
    back = np.linalg.inv(man.bones["Head"])
    rest = hair.vertices @ back[:3, :3].T + back[:3, 3] - Scalp.of(man).centre
    eyes = (np.abs(rest[:, 0]) < 0.05) & (rest[:, 1] < -0.06)
    assert rest[eyes, 2].max() < -0.035  # metres below the bridge of the nose


@pytest.mark.parametrize(
    "choice", [Hair("curls", "short", "laurel", seed=1), Hair("parted", headgear="diadem", seed=2)]
)
def test_hair_and_headgear_stay_one_block_with_the_head(man, choice):
    sculpture = sculpted([Piece("body", head_of(man)), *rooms.build(choice, man)], grid=72, faces=8000)
    assert share_of(sculpture, "hair") > 0.15
    assert share_of(sculpture, "headgear") > 0.02


def test_hair_follows_the_turned_head(anatomy, man):
    straight = figure(Build(), Pose("standing"), anatomy)
    one, other = (rooms.build(Hair("curls", seed=4), who)[0].surface.vertices for who in (straight, man))
    turn = man.bones["Head"] @ np.linalg.inv(straight.bones["Head"])
    assert np.abs(turn[:3, :3] - np.eye(3)).max() > 0.2
    np.testing.assert_allclose(one @ turn[:3, :3].T + turn[:3, 3], other, atol=1e-4)


def test_hair_is_as_large_as_the_head(anatomy, man):
    child = figure(Build(age="child", height=1.1), Pose("standing"), anatomy)
    heights, skulls = [], []
    for who in (child, man):
        rest = rooms.build(Hair("cropped", brows=0.0, seed=4), who)[0].surface.vertices @ who.bones["Head"][:3, :3]
        heights.append(np.ptp(rest[:, 2]))
        skulls.append(np.linalg.norm(who.joints["Head.tail"] - who.joints["Head"]))
    assert skulls[0] < 0.9 * skulls[1]
    assert heights[0] / heights[1] == pytest.approx(skulls[0] / skulls[1], rel=0.12)


def test_a_coarse_grid_gets_fewer_and_bolder_locks(man):
    fine, coarse = (rooms.build(Hair("curls", brows=0.0, seed=4), man, cell)[0].surface for cell in (0.003, 0.007))
    assert len(coarse.faces) < 0.6 * len(fine.faces)


def test_long_locks_lie_outside_the_shoulders(man):
    bald = rooms.build(Hair("archaic", brows=0.0, seed=6), man)[0].surface
    low = bald.vertices[bald.vertices[:, 2] < man.joints["Neck"][2] - 0.02]
    assert len(low) > 200
    assert np.quantile(Surface(man.mesh()).signed_distances(low), 0.5) > 0.0


def test_the_same_seed_gives_the_same_hair(man):
    one, other = (rooms.build(Hair("tousled", "forked", "ivy", seed=9), man) for _ in range(2))
    assert all(np.array_equal(a.surface.vertices, b.surface.vertices) for a, b in zip(one, other, strict=True))


def test_what_is_chosen_can_be_built_written_and_told(anatomy):
    rng = np.random.default_rng(12)
    seen = set()
    for _ in range(1500):
        sex, age = rng.choice(["male", "female"]), rng.choice(["child", "young", "adult", "old"])
        chosen = rooms.choose(rng, Build(sex=str(sex), age=str(age)))
        assert Hair(**json.loads(json.dumps(dataclasses.asdict(chosen)))) == chosen
        assert not (chosen.beard and (sex == "female" or age == "child"))
        assert all(rooms.features(chosen, rng)) and bool(rooms.worn(chosen, rng)) == bool(chosen.headgear)
        seen |= {chosen.style, chosen.beard, chosen.headgear}
    assert set(STYLES) | set(HEADGEAR) | set(CUTS) <= seen
