"""Cloth that falls in a real Blender, and what happens without one."""

import sys

import numpy as np
import pytest
import trimesh

from statue_recon.contract import Failure
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.dress import cloth, sheets
from statue_recon.dataset.synth.dress import dress as wardrobe
from statue_recon.dataset.synth.dress.dress import Dress
from statue_recon.dataset.synth.dress.fitting import Fitting
from statue_recon.dataset.synth.human import poses
from statue_recon.dataset.synth.human.anatomy import load
from statue_recon.dataset.synth.human.build import Build
from statue_recon.dataset.synth.human.figure import figure

try:
    FOLDER = humans_folder()
except Failure as failure:
    pytest.skip(f"no human body data: {failure}", allow_module_level=True)

LAP = Dress("hip mantle", made="fallen", seed=3)


def somebody(stance, arms=None):
    build = Build()
    return figure(build, poses.choose(np.random.default_rng(3), build, stance, arms), load(FOLDER))


@pytest.fixture(scope="module")
def lap(blender, tmp_path_factory):
    """Cloth on the lap of one who sits, fallen once for all tests: the figure, the folder it is kept in, the pieces."""
    who, kept = somebody("seated"), tmp_path_factory.mktemp("kept")
    return who, kept, *cloth.fallen(LAP, who, str(blender), kept)


def test_cloth_falls_on_a_lap_and_stays_outside_the_body(lap):
    who, _, made, pieces = lap
    assert made.made == "fallen"
    sheet = sheets.over_lap(wardrobe.fitting(LAP, who)[0])
    places = pieces[-1].surface.vertices
    places = places * (1.75 / who.build.height)  # the sheet is cut for a man of that height
    fallen = (places[: sheet.pins.size] + places[sheet.pins.size :]) / 2
    deep = -cloth.Piece("body", sheet.body).shape.distances(fallen)
    assert fallen[:, 2].mean() < sheet.places[..., 2].mean() - 0.15
    assert np.quantile(deep, 0.97) < 0.005


def test_fallen_cloth_is_a_closed_solid(lap):
    surface = lap[3][-1].surface
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0


def test_the_same_cloth_falls_the_same_way_twice(blender, lap, tmp_path):
    _, again = cloth.fallen(LAP, lap[0], str(blender), tmp_path)
    assert np.array_equal(again[-1].surface.vertices, lap[3][-1].surface.vertices)


def test_what_has_fallen_once_is_read_without_blender(lap):
    who, kept, _, pieces = lap
    made, again = cloth.fallen(LAP, who, str(kept / "no blender"), kept)
    assert made.made == "fallen"
    assert np.array_equal(again[-1].surface.vertices, pieces[-1].surface.vertices)


@pytest.mark.parametrize("program", [sys.executable, "no such blender"])
def test_without_a_blender_that_works_the_cloth_is_carved_and_says_so(program, tmp_path, caplog):
    made, pieces = cloth.fallen(LAP, somebody("seated"), program, tmp_path)
    assert made.made == "carved" and len(pieces) == 1
    assert "could not fall" in caplog.text
    assert not list(tmp_path.glob("*.npz"))


def test_a_simulation_that_takes_too_long_is_given_up(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(cloth, "PATIENCE", 0.01)
    made, _ = cloth.fallen(LAP, somebody("seated"), sys.executable, tmp_path)
    assert made.made == "carved" and "timed out" in caplog.text


def test_there_is_a_sheet_for_everything_that_is_said_to_fall():
    assert set(cloth.HANGING) == set(wardrobe.HANG)
    assert set(cloth.LYING) == set(wardrobe.LIE)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("kind", [sheets.mantle, sheets.skirts, sheets.slung_skirt, sheets.cape])
def test_a_sheet_begins_outside_the_body_and_faces_outwards(kind, side):
    fit = Fitting(somebody("contrapposto", ("hanging", "hanging")), np.random.default_rng(0), side)
    sheet = kind(fit)
    surface = sheet.solid(sheet.places.reshape(-1, 3).astype(np.float32))
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    body = cloth.Piece("body", sheet.body).shape
    assert mesh.is_watertight and mesh.volume > 0
    assert (body.distances(sheet.places.reshape(-1, 3).astype(np.float32)) < -0.01).mean() < 0.03
