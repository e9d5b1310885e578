"""The command line, run as people run it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_statue import write_mask, write_photo

from statue_recon import __version__, contract
from statue_recon.contract import Cancelled, Failed, Progress, Result

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "statue_recon"]
VARIABLES = {**os.environ, "PYTHONPATH": str(ROOT)}


def statue_recon(*arguments, cwd=None, variables=None):
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=variables or VARIABLES, capture_output=True, encoding="utf-8")


@pytest.fixture
def photo(tmp_path):
    return write_photo(tmp_path / "photo.png")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A whole run with painted mask and seed, as JSON lines, by relative paths with spaces and accents, in a folder
    whose path has more than 300 characters (but on Windows, which needs a registry switch for that)."""
    folder = tmp_path_factory.mktemp("Straße mit Bäumen")
    if os.name != "nt":
        folder = folder / ("lang und spät " * 10) / ("tief" * 40)
        folder.mkdir(parents=True)
        assert len(str(folder)) > 300
    write_photo(folder / "Büste 1.png")
    write_mask(folder / "Maske 1.png")
    done = statue_recon(
        *("reconstruct", "Büste 1.png", "--mask", "Maske 1.png", "--out", "Ergebnis neu/1", "--json"),
        *("--prior", "none", "--seed", 7, "--prompt", "bronze", "--device", "cpu"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done, folder / "Ergebnis neu" / "1"


def test_wishes_for_mesh_texture_and_camera_are_heeded(photo, tmp_path):
    import cv2
    import numpy as np

    wishes = ("--quads", "--mirror", "--faces", 4000, "--texture", 1024, "--lens", 85, "--elevation", 12)
    done = statue_recon("reconstruct", photo, "--out", tmp_path / "out", "--prior", "none", "--device", "cpu", *wishes)
    assert done.returncode == 0, done.stderr
    assert "quads" in done.stderr
    mesh = np.load(tmp_path / "out" / "mesh.npz")
    assert mesh["quads"] and 3000 < len(mesh["faces"]) / 2 <= 4000
    assert cv2.imread(str(tmp_path / "out" / "texture.png")).shape == (1024, 1024, 3)
    camera = json.loads((tmp_path / "out" / "camera.json").read_text(encoding="utf-8"))
    assert camera["fx"] == pytest.approx(85 / 36 * 320)
    forward = camera["world_to_camera"][2][:3]
    assert forward == pytest.approx([0, np.cos(np.radians(12)), -np.sin(np.radians(12))], abs=1e-6)


def test_a_result_can_be_measured_against_another_mesh(finished):
    _, out = finished
    done = statue_recon("evaluate", out, out / "mesh.npz", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["unit_box"]["chamfer"] < 1e-5


def events(text):
    return [contract.from_line(line) for line in text.splitlines()]


def test_a_run_leaves_all_it_promises(finished):
    _, out = finished
    promised = ("mesh.glb", "mesh.npz", "volume.npz", "texture.png", "camera.json", "provenance.json")
    for name in (*promised, "events.jsonl", "log.txt"):
        assert (out / name).stat().st_size > 0, name
    assert not (out / "checkpoints").exists()


def test_json_lines_are_the_events_and_nothing_else(finished):
    done, out = finished
    told = events(done.stdout)
    assert told == events((out / "events.jsonl").read_text("utf-8"))
    assert isinstance(told[0], contract.Hello) and isinstance(told[-1], Result)
    fractions = [event.fraction for event in told if isinstance(event, Progress)]
    assert fractions == sorted(fractions)


def test_meshes_to_look_at_come_before_the_result(finished):
    done, out = finished
    previews = [event.preview for event in events(done.stdout) if getattr(event, "preview", None)]
    assert previews == ["preview/coarse.npz", "preview/fitted.npz"]
    assert all((out / preview).exists() for preview in previews)


def test_a_prompt_without_a_prior_is_told_to_have_no_effect(finished):
    done, out = finished
    assert any("prompt has no effect" in getattr(event, "message", "") for event in events(done.stdout))
    notes = json.loads((out / "provenance.json").read_text("utf-8"))["notes"]
    assert any("prompt has no effect" in note for note in notes)


def test_provenance_tells_what_a_repetition_needs(finished):
    import hashlib

    _, out = finished
    told = json.loads((out / "provenance.json").read_text("utf-8"))
    photo = out.parents[1] / "Büste 1.png"
    assert told["photo_sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert told["request"]["seed"] == 7 and told["engine"] == __version__ and told["device"] == "cpu"
    assert told["mask_source"] and told["mask_sha256"] and len(told["result_sha256"]) == 64
    assert told["prior"] == {"name": "none", "seed": 7, "samples": None}
    assert told["threads"] >= 1 and told["packages"]["torch"] and set(told["seconds"]) >= {"photo", "fit", "texture"}


@pytest.mark.parametrize("arguments", [("--help",), ("reconstruct", "--help")])
def test_help_comes_at_once_and_tells_the_exit_codes(arguments):
    times = []
    for _ in range(3):
        began = time.perf_counter()
        done = statue_recon(*arguments)
        times.append(time.perf_counter() - began)
    assert done.returncode == 0
    assert all(f"\n  {code}  " in done.stdout for code in (0, 1, 2, 3, 130))
    assert min(times) < 0.3


def test_version_names_engine_and_contract():
    assert statue_recon("--version").stdout == f"statue-recon {__version__} (contract {contract.VERSION})\n"


@pytest.mark.parametrize(
    "arguments",
    [(), ("reconstruct",), ("reconstruct", "a.png"), ("reconstruct", "a.png", "--out", "b", "--quality", "x")],
)
def test_a_wrong_command_line_exits_with_2(arguments):
    done = statue_recon(*arguments)
    assert done.returncode == 2 and "usage" in done.stderr


def mendable(done):
    """The `Failed` of a run with --json that a person can mend."""
    assert done.returncode == 3, done.stderr
    told = events(done.stdout)[-1]
    assert isinstance(told, Failed) and not told.bug and told.next_step
    return told


def test_a_missing_photo_or_mask_is_named(tmp_path, photo):
    told = mendable(statue_recon("reconstruct", "no such.png", "--out", "out", "--json", cwd=tmp_path))
    assert "no such.png" in told.message
    told = mendable(statue_recon("reconstruct", photo, "--mask", "no.png", "--out", "out", "--json", cwd=tmp_path))
    assert "no mask" in told.message and "no.png" in told.message


def test_a_photo_that_is_no_image_is_told(tmp_path):
    (tmp_path / "text.png").write_text("I am not a picture")
    mendable(statue_recon("reconstruct", "text.png", "--out", "out", "--json", cwd=tmp_path))


@pytest.mark.parametrize("prior", ["no such prior", "stable-zero123"])
def test_a_prior_that_does_not_exist_is_told_with_a_next_step(photo, tmp_path, prior):
    done = statue_recon("reconstruct", photo, "--out", tmp_path / "out", "--prior", prior, "--json")
    told = mendable(done)
    assert prior in told.message and "none" in told.next_step


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_an_out_that_is_a_file_is_told(photo, tmp_path, out):
    (tmp_path / "file").write_bytes(b"mine")
    told = mendable(statue_recon("reconstruct", photo, "--out", tmp_path / out, "--json"))
    assert "--out" in told.next_step and (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder not even root may write to")
def test_an_out_that_cannot_be_written_to_is_told(photo):
    mendable(statue_recon("reconstruct", photo, "--out", "/proc/statue", "--json"))


def test_without_json_the_sentence_and_the_next_step_are_on_the_error_output(photo, tmp_path):
    done = statue_recon("reconstruct", photo, "--out", tmp_path / "out", "--prior", "no such prior")
    assert done.returncode == 3 and done.stdout == ""
    assert "“no such prior”" in done.stderr and "none" in done.stderr and "Traceback" not in done.stderr


def test_a_terminal_without_our_quotes_does_not_end_the_run(photo, tmp_path):
    variables = VARIABLES | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    arguments = ("reconstruct", photo, "--out", tmp_path / "out", "--prior", "no such prior")
    assert statue_recon(*arguments, variables=variables).returncode == 3


@pytest.mark.skipif(os.name == "nt", reason="a test cannot press Ctrl-C for one process only on Windows")
@pytest.mark.slow
def test_ctrl_c_cancels_and_the_same_command_goes_on(tmp_path, photo):
    arguments = ["reconstruct", str(photo), "--out", str(tmp_path / "out"), "--prior", "none", "--device", "cpu"]
    command = [*COMMAND, *arguments, "--json"]
    run = subprocess.Popen(command, env=VARIABLES, stdout=subprocess.PIPE, encoding="utf-8")
    lines = []
    for line in run.stdout:
        lines.append(line)
        event = contract.from_line(line)
        if isinstance(event, Progress) and event.stage == "fit" and event.step > 1:
            run.send_signal(signal.SIGINT)
            break
    lines += run.stdout.readlines()
    assert run.wait(30) == 130
    assert contract.from_line(lines[-1]) == Cancelled("preview/coarse.npz")
    again = statue_recon(*arguments)
    assert again.returncode == 0
    left_out = ("detail", "geometry", "light", "appearance")
    seen = [stage.words for name, stage in contract.RECONSTRUCTING.items() if name not in left_out]
    assert all(words in again.stderr for words in seen), "a person sees the stages"
    assert Path(again.stdout.strip()) == tmp_path / "out" / "mesh.glb" and Path(again.stdout.strip()).exists()
    assert "shape: read from its checkpoint" in (tmp_path / "out" / "log.txt").read_text("utf-8")


def test_a_reader_that_goes_away_does_not_become_a_bug(photo, tmp_path):
    arguments = ["reconstruct", str(photo), "--out", str(tmp_path / "out"), "--prior", "none", "--device", "cpu"]
    command = [*COMMAND, *arguments, "--json"]
    run = subprocess.Popen(command, env=VARIABLES, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    run.stdout.readline()
    run.stdout.close()
    said = run.stderr.read()
    assert run.wait(60) == 130 and "Traceback" not in said


def test_doctor_answers_as_text_and_as_json():
    text, found = statue_recon("doctor"), statue_recon("doctor", "--json")
    assert text.returncode == 0 and "All is well" in text.stdout
    assert json.loads(found.stdout)["problems"] == []
