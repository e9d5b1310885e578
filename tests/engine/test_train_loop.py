"""The training loop: its budget, what it leaves, and going on after a kill."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
import torch
from tiny_task import Balls

from statue_recon.train.loop import LOG, STATE, WARM_UP, Budget, _share, read_log, train


def kept(out: Path) -> dict:
    return torch.load(out / STATE, weights_only=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of a few seconds: its folder and the network it returned."""
    train(Balls(), Budget(0.001, 4), tmp_path_factory.mktemp("warm"))  # the first step of a process imports a lot
    out = tmp_path_factory.mktemp("run")
    return out, train(Balls(), Budget(0.06, 4, rate=1e-2, report_every=0.012), out)


def test_a_run_ends_with_its_budget(finished):
    out, _ = finished
    assert 0.06 * 60 <= kept(out)["spent"] < 0.06 * 60 + 3.0


def test_a_run_leaves_log_curves_sheets_and_state(finished):
    out, _ = finished
    lines = read_log(out)
    assert len(lines) >= 2 and {"step", "minutes", "off", "loss"} <= set(lines[-1])
    assert cv2.imread(str(out / "curves.png")) is not None
    assert len(list(out.glob("sheet-*.png"))) == len({line["step"] for line in lines})
    assert kept(out)["step"] == lines[-1]["step"]
    assert not list(out.glob(".*.part"))


def test_it_learns(finished):
    _, network = finished
    untrained = Balls()
    untrained.network.eval()
    with torch.no_grad():
        assert Balls().validate(network.eval())["off"] < 0.8 * untrained.validate(untrained.network)["off"]


def test_the_network_that_comes_back_has_the_averaged_weights(finished):
    out, network = finished
    state = kept(out)
    assert all(torch.equal(value, state["average"][name]) for name, value in network.state_dict().items())
    learnt = state["network"]["0.weight"]
    assert not torch.equal(learnt, state["average"]["0.weight"])


def test_a_run_whose_budget_is_spent_learns_nothing_more(finished):
    out, _ = finished
    before = kept(out)["step"]
    train(Balls(), Budget(0.06, 4, report_every=0.012), out)
    assert kept(out)["step"] == before


def tiny_run(out: Path, minutes: float, between: float) -> subprocess.Popen:
    script = Path(__file__).with_name("tiny_task.py")
    command = [sys.executable, str(script), str(out), str(minutes), str(between)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_a_run_that_was_killed_goes_on_at_the_step_it_kept(tmp_path):
    process = tiny_run(tmp_path, 60, 0.005)
    while not (tmp_path / STATE).is_file():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    with (tmp_path / LOG).open("a") as log:  # as if the kill had cut a line off
        log.write('{"step": 9')
    state = kept(tmp_path)
    again = tiny_run(tmp_path, state["spent"] / 60 + 0.02, 0.005)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0 and f"going on from step {state['step']}" in said, said
    end = kept(tmp_path)
    assert end["step"] > state["step"] and end["optimiser"]["state"][0]["steps"] == end["step"]
    lines = (tmp_path / LOG).read_text().splitlines()
    assert read_log(tmp_path)[-1]["step"] == end["step"] and len(read_log(tmp_path)) == len(lines) - 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_keeps_what_was_learnt(tmp_path):
    process = tiny_run(tmp_path, 60, 60)
    while "ten steps" not in (line := process.stderr.readline()):
        assert line, "it ended before it began"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)
    assert kept(tmp_path)["step"] >= 9


def test_who_interrupts_a_report_keeps_the_weights_that_learn(tmp_path):
    task = Balls()
    task.interrupted_at = 1
    with pytest.raises(KeyboardInterrupt):
        train(task, Budget(10, 4, report_every=0.01), tmp_path)
    state = kept(tmp_path)
    assert not torch.equal(state["network"]["0.weight"], state["average"]["0.weight"])
    assert state["step"] > 1 and task.network.training


def test_the_rate_warms_up_and_falls_to_nearly_nothing():
    assert _share(0, 0.0) == pytest.approx(1 / WARM_UP)
    assert _share(WARM_UP, 0.0) == pytest.approx(1.0)
    assert _share(10_000, 0.5) == pytest.approx(0.51)
    assert _share(10_000, 1.0) == pytest.approx(0.02) == _share(10_000, 1.2)


def test_the_log_is_a_line_of_json_each_time(finished):
    text = (finished[0] / LOG).read_text()
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
