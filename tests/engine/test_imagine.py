"""A whole run with the bundled prior, as it ships."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from small_statue import write_photo

from statue_recon import pipeline
from statue_recon.contract import Request
from statue_recon.priors import bundled
from statue_recon.report import Report

ASKED = Request("photo.png", seed=3, device="cpu", samples=2, faces=8000, texture=1024)


def run(folder: Path, request: Request) -> tuple[Path, list[str]]:
    """The result's folder, and the stages that were passed."""
    folder.mkdir()
    write_photo(folder / "photo.png")
    stages: list[str] = []

    def hear(event) -> None:
        stages.append(event.stage)

    pipeline.reconstruct(request, folder, "result", Report(folder, hear))
    return folder / "result", list(dict.fromkeys(stages))


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    return run(tmp_path_factory.mktemp("imagine") / "once", ASKED)


def test_the_prior_is_asked_and_recorded(once):
    result, stages = once
    assert stages[:2] == ["photo", "shape"]
    record = json.loads((result / "provenance.json").read_text(encoding="utf-8"))["prior"]
    assert record["name"] == "bundled" and record["samples"] == 2 and record["steps"] > 0
    parts = bundled.bundle().parts
    asked = {file.name: file.sha256 for name in ("shape", "fine") for file in parts[name].files}
    assert record["weights"] == asked  # nobody painted, so the view prior took no part


def test_what_is_seen_is_in_no_doubt_and_what_is_invented_is(once):
    with np.load(once[0] / "mesh.npz") as mesh:
        doubt, seen = mesh["doubt"], mesh["seen"]
    assert (doubt[seen > 0.99] < 1e-3).all()
    assert doubt[seen < 0.01].mean() > 1e-3
    assert doubt.max() < 1.8  # world units: the statue's own size


def test_the_volume_lies_where_the_mesh_does(once):
    with np.load(once[0] / "volume.npz") as volume, np.load(once[0] / "mesh.npz") as mesh:
        inside = np.argwhere(volume["values"] < 0) * volume["spacing"] + volume["lower"]
        low, high = mesh["vertices"].min(axis=0), mesh["vertices"].max(axis=0)
    assert np.allclose(inside.min(axis=0), low, atol=0.08) and np.allclose(inside.max(axis=0), high, atol=0.08)


def test_the_same_request_gives_the_same_bytes_and_more_samples_change_the_doubt_only(once, tmp_path):
    again, _ = run(tmp_path / "again", ASKED)
    assert (again / "mesh.npz").read_bytes() == (once[0] / "mesh.npz").read_bytes()
    more, _ = run(tmp_path / "more", dataclasses.replace(ASKED, samples=3))
    with np.load(more / "mesh.npz") as other, np.load(once[0] / "mesh.npz") as mesh:
        assert np.array_equal(other["vertices"], mesh["vertices"])
        assert not np.array_equal(other["doubt"], mesh["doubt"])
