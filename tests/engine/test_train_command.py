"""`statue-recon train`: from meshes to a run that is gone on with, by the commands people type."""

import json
import subprocess
import sys

import pytest
import torch
from training_data import write_meshes

from statue_recon.__main__ import main
from statue_recon.train.loop import STATE, read_log

TINY = """
task = "shape"
[budget]
minutes = 0.01
batch = 2
workers = 0
report_every = 10
[architecture]
widths = [16, 16, 32]
attention = [false, false, false]
[data]
grid = 16
[data.shares]
shapes = 0.7
elsewhere = 0.3
"""


@pytest.fixture(scope="module", autouse=True)
def few_photos():
    """To validate with, for runs of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("statue_recon.train.shape.VALIDATION", 6)
        yield


@pytest.fixture(scope="module")
def place(few_photos, tmp_path_factory):
    """A folder with prepared statues, a configuration, and a run of a second."""
    folder = tmp_path_factory.mktemp("train")
    meshes = write_meshes(folder / "meshes")
    (folder / "tiny.toml").write_text(TINY)
    words = ["--from", f"shapes={meshes}", "--out", folder / "data", "--faces", "900", "--faces", "shapes=500"]
    assert typed("prepare", *words, "--hold-out", "egg") == 0
    assert shape(folder, folder / "run") == 0
    return folder


def typed(*words) -> int:
    return main(["train", *map(str, words)])


def shape(place, out, *more) -> int:
    given = ["--config", place / "tiny.toml", "--data", place / "data", "--out", out, "--device", "cpu"]
    return typed("shape", *given, *more)


def kept(run) -> dict:
    return torch.load(run / STATE, weights_only=True)


def record(run) -> dict:
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


def test_a_run_says_what_it_is(place):
    said = record(place / "run")
    assert said["task"] == said["part"] == "shape" and said["begun_from"] == "nothing"
    assert said["architecture"]["widths"] == [16, 16, 32] and said["budget"]["batch"] == 2
    assert said["data"]["groups"] == {"shapes": {"train": 2, "validation": 1}}
    assert said["data"]["named"] == ["ball", "egg", "ring"] and said["data"]["shares"] == {"shapes": 0.7}
    assert len(said["sittings"]) == 1 and said["sittings"][0]["command"].startswith("statue-recon")


def test_a_run_leaves_figures_of_what_is_held_out_and_a_sheet(place):
    line = read_log(place / "run")[-1]
    assert {"off", "overlap", "distance"} <= set(line) and (place / "run" / "curves.png").is_file()
    assert list((place / "run").glob("sheet-*.png"))


def test_the_same_command_goes_on(place):
    before = kept(place / "run")
    assert shape(place, place / "run", "--minutes", before["spent"] / 60 + 0.01) == 0
    after = kept(place / "run")
    assert after["step"] > before["step"] and after["spent"] > before["spent"]
    assert len(record(place / "run")["sittings"]) == 2


def test_a_run_begins_with_the_weights_of_another(place, tmp_path):
    assert shape(place, tmp_path / "new", "--from", place / "run", "--minutes", 1e-6) == 0
    assert record(tmp_path / "new")["begun_from"] == str(place / "run")
    old, new = kept(place / "run")["average"], kept(tmp_path / "new")
    # A single step, if any, at a rate that is only warming up.
    assert all(torch.allclose(old[name], value, atol=1e-3) for name, value in new["network"].items())


def test_a_run_of_another_network_is_not_gone_on_with(place, tmp_path, capsys):
    (tmp_path / "wide.toml").write_text(TINY.replace("[16, 16, 32]", "[16, 32, 32]"))
    state = (place / "run" / STATE).read_bytes()
    assert shape(place, place / "run", "--config", tmp_path / "wide.toml") == 3
    assert "another architecture" in capsys.readouterr().err
    assert (place / "run" / STATE).read_bytes() == state


def test_data_with_nothing_to_validate_with_is_refused(place, tmp_path, capsys):
    listed = json.loads((place / "data" / "objects.json").read_text())
    (tmp_path / "objects.json").write_text(json.dumps([fields | {"set": "train"} for fields in listed]))
    assert typed("shape", "--config", place / "tiny.toml", "--data", tmp_path, "--out", tmp_path / "run") == 3
    assert "holds nothing for the set “validation”" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(place, tmp_path, capsys, monkeypatch):
    from statue_recon.train.shape import ShapeTask

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ShapeTask, "validate", interrupted)
    assert shape(place, tmp_path / "run") == 130
    assert "the same command goes on" in capsys.readouterr().err and kept(tmp_path / "run")["step"] > 0


def test_weights_that_are_not_there_are_told(place, tmp_path, capsys):
    assert shape(place, tmp_path / "run", "--from", tmp_path) == 3
    assert "no run that makes the prior" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(place, tmp_path, capsys):
    assert shape(place, tmp_path / "run", "--device", "cuda") == 3
    assert "sees no NVIDIA GPU" in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom statue_recon.__main__ import _parser\n_parser()\n"
        "print(sorted({'torch', 'scipy', 'trimesh', 'warp', 'diffusers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
