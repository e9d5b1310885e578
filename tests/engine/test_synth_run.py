"""Statues from their numbers: the command, its folder, and going on after an interruption."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from statue_recon.contract import Failure
from statue_recon.dataset.manifest import Manifest
from statue_recon.dataset.synth import run as synth
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.make import make
from statue_recon.mesh.flaw import flaw

try:
    HUMANS = str(humans_folder())
except Failure as missing:
    pytest.skip(missing.message, allow_module_level=True)

SETTINGS = synth.Settings(seed=5, grid=72, faces=4000, cloth_share=0.0, humans=HUMANS)
COUNT = 6


def command(out: Path, count: int = COUNT, jobs: int = 2) -> list[str]:
    given = ["--count", str(count), "--seed", "5", "--grid", "72", "--faces", "4000", "--jobs", str(jobs)]
    return [sys.executable, "-m", "statue_recon", "dataset", "synth", *given, "--out", str(out)]


def contents(out: Path) -> dict[str, str]:
    """Hashes of all statues and recipes."""
    files = sorted((out / synth.STATUES).iterdir())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def collection(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("synth") / "statues of today"
    subprocess.run(command(out), check=True, capture_output=True)
    return out


def test_every_statue_is_a_closed_mesh_in_the_frame_with_colours(collection):
    for number in range(COUNT):
        mesh = trimesh.load(synth.statue_path(collection, number), process=False)
        assert mesh.is_watertight and mesh.volume > 0
        assert flaw(mesh) is None
        assert np.ptp(mesh.vertices, axis=0).max() == pytest.approx(1.8, abs=1e-4)
        assert np.abs(mesh.bounds.sum(axis=0)).max() < 1e-4
        assert len(mesh.faces) <= 4000
        assert mesh.visual.vertex_colors[:, :3].std() > 0


def test_the_manifest_tells_of_each(collection):
    with Manifest(collection) as manifest:
        entries = list(manifest.entries())
    assert {entry["id"] for entry in entries} == {synth.identifier(number) for number in range(COUNT)}
    for entry in entries:
        source = entry["source"]
        file = collection / source["file"]
        assert source["hash"] == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
        recipe = json.loads((collection / source["recipe"]).read_text(encoding="utf-8"))
        assert source["caption"] == recipe["caption"] and len(source["caption"].split()) > 3
        assert source["licence"] == "CC0-1.0"


def test_the_recipe_says_what_was_drawn(collection):
    recipe = json.loads(synth.recipe_path(collection, 0).read_text(encoding="utf-8"))["recipe"]
    assert recipe["lot"]["seed"] == 5 and recipe["lot"]["number"] == 0
    assert {"kind", "wear", "material"} <= recipe.keys()


def test_a_contact_sheet_shows_them(collection):
    with Image.open(collection / "sheet.png") as sheet:
        assert np.asarray(sheet).std() > 10


def test_one_process_or_two_a_fresh_run_makes_the_same_statues(collection, tmp_path):
    subprocess.run(command(tmp_path, jobs=1), check=True, capture_output=True)
    assert contents(tmp_path) == contents(collection)


def test_another_seed_makes_others(collection):
    other = make(dataclasses.replace(SETTINGS, seed=6), 0)
    here = trimesh.load(synth.statue_path(collection, 0), process=False)
    assert other.mesh.vertices.shape != here.vertices.shape or not np.allclose(other.mesh.vertices, here.vertices)


def test_a_killed_run_goes_on_without_loss(collection, tmp_path):
    process = subprocess.Popen(
        command(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(list(tmp_path.glob("statues/*.json"))) < 2:
        time.sleep(0.05)
    os.killpg(process.pid, 9) if hasattr(os, "killpg") else process.kill()
    process.wait()
    made = len(list(tmp_path.glob("statues/*.json")))
    assert 2 <= made < COUNT
    done = subprocess.run(command(tmp_path), check=True, capture_output=True, text=True, encoding="utf-8")
    assert f"({COUNT - made} new, 0 failed)" in done.stdout
    assert contents(tmp_path) == contents(collection)
    with Manifest(tmp_path) as manifest:
        assert manifest.count("source IS NOT NULL") == COUNT


def test_a_larger_number_adds_to_what_is_there(collection):
    before = contents(collection)
    done = subprocess.run(command(collection, COUNT + 1), check=True, capture_output=True, text=True, encoding="utf-8")
    assert "(1 new, 0 failed)" in done.stdout
    after = contents(collection)
    assert before.items() <= after.items() and len(after) == 2 * (COUNT + 1)


def test_other_settings_do_not_mix_with_what_is_there(collection):
    done = subprocess.run([*command(collection), "--seed", "9"], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 3
    assert "other settings" in done.stderr and "another folder" in done.stderr


def test_without_body_data_it_says_where_to_get_it(tmp_path):
    done = subprocess.run(
        [*command(tmp_path), "--humans", str(tmp_path)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 3
    assert "mpfb2" in done.stderr


def test_what_cannot_be_written_ends_the_run_with_a_sentence(tmp_path):
    synth.statue_path(tmp_path, 0).mkdir(parents=True)
    done = subprocess.run(command(tmp_path, 2, 1), capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 3
    assert "could not be written" in done.stderr and "choose another --out" in done.stderr
