"""The command line of edits, as a person types it."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from statue_folder import ball, write_statue

from statue_recon import contract
from statue_recon.__main__ import main
from statue_recon.contract_edit import EditResult
from statue_recon.edit.command import group_of, region_of

ROOT = Path(__file__).resolve().parents[2]
UPPER = (ball().mesh.vertices[:, 2] > 0).astype(np.float32)


@pytest.fixture
def statue(tmp_path):
    return write_statue(tmp_path / "statue", {"upper": UPPER})


def statue_recon(*arguments):
    """The command as a process of its own."""
    command = [sys.executable, "-m", "statue_recon", *map(str, arguments), "--device", "cpu"]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=variables, timeout=300)


def test_edit_writes_what_it_says_and_tells_where(statue, tmp_path):
    out = tmp_path / "out"
    done = statue_recon("edit", statue, "--prompt", "bronze", "--region", "group:upper", "--preview", "--out", out)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == out / "mesh.glb"
    names = {"mesh.glb", "mesh.npz", "texture.png", "provenance.json", "layer.png", "material.json", "photo.png"}
    assert names <= {path.name for path in out.iterdir()}
    [record] = json.loads((out / "provenance.json").read_text("utf-8"))["edits"]
    assert record["request"]["region"] == "group:upper" and record["request"]["keep_seen"] is True


def test_edit_as_json_ends_with_its_result(statue, tmp_path):
    arguments = ("--prompt", "marble", "--free-seen", "--preview", "--variants", 2, "--json", "--out", tmp_path / "out")
    done = statue_recon("edit", statue, *arguments)
    assert done.returncode == 0, done.stderr
    ending = contract.from_line(done.stdout.splitlines()[-1])
    assert isinstance(ending, EditResult) and ending.variants == 2
    assert (tmp_path / "out" / ending.variant(1).model).is_file()


def test_refine_keeps_the_vertices_and_what_is_protected(statue, tmp_path):
    by_hand = (1.0 + 0.05 * UPPER[:, None]) * ball().mesh.vertices
    np.savez(tmp_path / "hand.npz", vertices=by_hand.astype(np.float32), faces=ball().mesh.faces)
    out = tmp_path / "out"
    more = ("--from", tmp_path / "hand.npz", "--protect", "upper", "--prior", "none", "--refine-steps", 2)
    done = statue_recon("refine", statue, *more, "--out", out)
    assert done.returncode == 0, done.stderr
    with np.load(out / "mesh.npz") as made:
        assert (made["vertices"][UPPER == 1] == by_hand.astype(np.float32)[UPPER == 1]).all()
        assert (made["group:upper"] == UPPER).all()


def test_what_is_done_by_hand_has_commands_of_its_own(statue, tmp_path):
    quads, photo = tmp_path / "quads", tmp_path / "photo"
    done = statue_recon("retopologise", statue, "--faces", 300, "--displacement", "--out", quads)
    assert done.returncode == 0 and (quads / "relief.png").is_file(), done.stderr
    done = statue_recon("project", statue, "--from", quads / "mesh.npz", "--seed", 4, "--out", photo)
    assert done.returncode == 0, done.stderr
    asked = json.loads((photo / "provenance.json").read_text("utf-8"))["edits"][-1]["request"]
    assert asked["mesh"] == str(quads / "mesh.npz") and asked["seed"] == 4


@pytest.mark.parametrize(
    "asked",
    [
        ("mirror", "--plane", 0, 0, 0, 0, 0, 0),
        ("restore", "--region", "all"),
        ("restore", "--region", "gap.npy"),
        ("retopologise", "--faces", 3),
        ("project", "--from", "nothing.npz"),
    ],
    ids=lambda asked: " ".join(map(str, asked)),
)
def test_by_hand_too_a_mistake_ends_with_what_to_do(statue, tmp_path, asked, capsys):
    command, *more = map(str, asked)
    assert main([command, str(statue), *more, "--out", str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err.count("\n") >= 2 and not (tmp_path / "out" / "mesh.glb").exists()


@pytest.mark.parametrize("out", ["statue", "statue/../statue"])
def test_a_statue_is_never_written_over(statue, out, capsys):
    before = {path.name: path.read_bytes() for path in statue.iterdir()}
    assert main(["edit", str(statue), "--prompt", "bronze", "--out", str(statue.parent / out)]) == 3
    assert "--out" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in statue.iterdir()} == before


def test_what_cannot_be_done_is_told_with_a_next_step(statue, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["edit", str(tmp_path / "gone"), "--prompt", "bronze", "--out", out]) == 3
    assert "nothing at" in capsys.readouterr().err
    assert main(["edit", str(statue), "--prompt", "bronze", "--region", "gone.png", "--out", out]) == 3
    assert "gone.png" in capsys.readouterr().err
    assert main(["edit", str(statue), "--prompt", "bronze", "--strength", "3", "--out", out]) == 3
    assert "strength" in capsys.readouterr().err


def test_the_options_of_the_issue_are_all_there(capsys):
    for command, options in (
        ("edit", "--prompt --avoid --what --region --strength --free-seen --seed --variants --preview --out --prior"),
        ("refine", "--from --protect --out --seed --refine-steps"),
    ):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        said = capsys.readouterr().out
        assert all(option in said for option in options.split()), command


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("all", "all"),
        ("group:left arm", "group:left arm"),
        ("the head", "words:the head"),
        ("words:left arm", "words:left arm"),
        ("mask.png", f"mask:{Path('mask.png').absolute()}"),
        ("mask:m.png", f"mask:{Path('m.png').absolute()}"),
        ("w.npy", f"weights:{Path('w.npy').absolute()}"),
    ],
)
def test_a_region_is_read_as_a_person_writes_it(written, spelled):
    assert region_of(written) == spelled


def test_what_is_protected_is_a_group_where_only_a_name_is_given():
    assert group_of("keep") == "group:keep" and group_of("") == "" and group_of("words:the head") == "words:the head"


def test_both_commands_are_commands_of_the_parser():
    from statue_recon.__main__ import _parser

    [choices] = [action.choices for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert {"edit", "refine"} <= set(choices)
