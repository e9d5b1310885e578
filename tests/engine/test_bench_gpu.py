"""The benchmark of everything that wants a GPU: whole on a processor too, and in good order where something fails."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from training_data import prepared

BENCH = Path(__file__).resolve().parents[2] / "bench"
STAGES = ("photo", "shape", "fit", "geometry", "mesh", "texture", "result")  # whatever else a version may have
ON_CPU = argparse.Namespace(device="cpu", quick=True, data=None)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    import gpu

    return gpu


def run(*arguments: str) -> subprocess.CompletedProcess:
    # Whatever card this machine has, it is not seen.
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(BENCH / "gpu.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def test_without_a_gpu_it_says_so_in_a_sentence_and_ends_well():
    began = time.monotonic()
    done = run()
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.startswith("There is no CUDA GPU") and done.stdout.endswith(".\n")
    assert done.stdout.count("\n") == done.stdout.count(".") == 1
    assert time.monotonic() - began < 60


def test_every_row_is_whole(tmp_path):
    rows = ("machine", "draft", "refinement steps", "training")
    told = tmp_path / "told.json"
    data = prepared(tmp_path)
    done = run("--device", "cpu", "--quick", "--data", str(data), "--json", str(told), "--only", *rows)
    assert done.returncode == 0, done.stderr
    lines = json.loads(told.read_text(encoding="utf-8"))["rows"]
    assert not [line for line in lines if "problem" in line]
    assert list(dict.fromkeys(line["row"] for line in lines)) == list(rows)
    for line in lines[1:]:
        assert line["seconds"] > 0 and line["megabytes"] > 0, line
        assert line["what"] in done.stdout
    stages = [line["what"] for line in lines if line["row"] == "draft"]
    assert [name for name in stages if name.removeprefix("draft · ") in STAGES] == [f"draft · {it}" for it in STAGES]
    assert stages[-1] == "draft"
    whole = lines[1 + len(stages) - 1]
    assert whole["seconds"] >= sum(line["seconds"] for line in lines[1 : len(stages)]) - 0.1
    assert len([line for line in lines if line["row"] == "refinement steps"]) == 4
    assert "photos a second" in lines[-1]["says"]


def test_a_row_that_fails_says_why_and_the_next_is_measured():
    lines = run("--device", "cpu", "--quick", "--only", "training", "machine").stdout.splitlines()
    assert "not measured: no prepared statues were given" in lines[1] and "--data" in lines[1]
    assert lines[2].startswith("machine") and "PyTorch" in lines[2]


def test_a_row_whose_time_is_up_is_ended_and_keeps_what_it_found(gpu, monkeypatch, tmp_path):
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import pathlib, sys, time\n"
        'file = (pathlib.Path(sys.argv[2]) / "lines.jsonl").open("w")\n'
        'file.write(\'{"what": "half", "seconds": 1.0}\\n{"what": "cut o\')\n'
        "file.flush()\n"
        "time.sleep(600)\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(gpu, "WORKER", worker)
    began = time.monotonic()
    half, ended = gpu.measured("draft", 5.0, 100.0, ON_CPU)
    assert time.monotonic() - began < 60
    assert half == {"row": "draft", "what": "half", "seconds": 1.0}
    assert ended["problem"] == "it did not end within 5 s"


def test_a_row_is_not_begun_without_time(gpu):
    assert gpu.measured("draft", 40.0, 1.0, ON_CPU) == [
        {"row": "draft", "what": "draft", "problem": "no time was left"}
    ]


def test_all_rows_together_end_within_nine_minutes(gpu):
    assert sum(row.most for row in gpu.ROWS.values()) <= gpu.ALL <= 540 - 30
