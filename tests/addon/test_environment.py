"""Making the engine's environment, with the real venv and the real pip, but with tiny packages made here.

The whole set-up with PyTorch is what `make` does first; here it is the mechanism that is tested.
"""

import base64
import dataclasses
import hashlib
import importlib
import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest


@pytest.fixture
def environment(addon):
    return importlib.import_module(addon.__name__ + ".inference.environment")


@pytest.fixture
def machine(addon):
    return importlib.import_module(addon.__name__ + ".inference.machine")


def wheel(folder: Path, name: str, version: str = "1.0", code: str = "", needs: str = "") -> None:
    """A wheel with one module, as small as the format allows."""
    info = f"{name}-{version}.dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, text in files.items():
            file.writestr(path, text)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder of wheels that is all of pip's world."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "tiny_torch", needs="tiny_part")
    wheel(folder, "tiny_part", "1.0")
    wheel(folder, "tiny_part", "2.0")
    wheel(folder, "tiny_scipy")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def plan(environment, machine, wheels, tmp_path):
    requirements = tmp_path / "engine.txt"
    requirements.write_text("tiny_scipy==1.0\ntiny_part==1.0\n", encoding="utf-8")
    build = machine.TorchBuild("tiny", "tiny_torch==1.0", None, 0)
    imports = ("tiny_torch", "tiny_part", "tiny_scipy")
    folder = tmp_path / "user folder" / "engine"
    return environment.Plan(folder, Path(sys.executable), build, (requirements,), None, imports)


def set_up(environment, plan, **settings):
    making = environment.SetUp(plan.folder, plan=plan, **settings)
    making.start()
    return making


def result(environment, plan, **settings):
    state = set_up(environment, plan, **settings).wait(120)
    assert not state.running
    return state


def log(plan) -> str:
    return (plan.folder / "set-up.txt").read_text(encoding="utf-8")


def test_a_set_up_makes_an_environment_that_works(environment, plan):
    state = result(environment, plan)
    assert (state.status, state.failure, state.fraction) == ("done", "", 1.0), log(plan)
    python = environment.python_of(plan.folder)
    code = "import tiny_torch, tiny_scipy, importlib.metadata as m; print(m.version('tiny_part'))"
    assert subprocess.run([str(python), "-c", code], capture_output=True, text=True).stdout.strip() == "1.0", "pinned"
    assert environment.problem(python, complete=True) is None
    assert environment.is_complete(plan.folder)
    assert state.log.exists()


def test_the_bar_only_moves_forward_and_the_words_name_the_step(environment, plan):
    making_module = importlib.import_module(environment.__name__.replace("environment", "making"))
    told = []
    making_module.Making(plan, lambda *step: told.append(step), threading.Event()).make()
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] <= 1
    words = " ".join(message for _, message in told)
    assert "PyTorch: tiny_torch" in words and "Trying it out" in words


def test_a_finished_set_up_repeats_in_no_time_and_installs_nothing(environment, plan):
    result(environment, plan)
    assert result(environment, plan).status == "done"
    assert "pip" not in log(plan)


def test_a_failed_set_up_says_why_and_goes_on_where_it_stopped(environment, plan, wheels):
    (wheels / "tiny_scipy-1.0-py3-none-any.whl").unlink()
    state = result(environment, plan)
    assert state.status == "failed" and "tiny_scipy" in state.failure and "Set Up Engine again" in state.next_step
    python = environment.python_of(plan.folder)
    assert "unfinished" in environment.problem(python, complete=True) and not environment.is_complete(plan.folder)
    wheel(wheels, "tiny_scipy")
    assert result(environment, plan).status == "done"
    assert "-m venv" not in log(plan) and "install --only-binary :all:" in log(plan)
    assert "tiny_torch==1.0 --constraint" not in log(plan), "PyTorch is not installed twice"


def test_a_set_up_can_be_cancelled_and_repeated(environment, plan):
    making = set_up(environment, plan)
    end = time.monotonic() + 30
    while making.state.fraction == 0 and time.monotonic() < end:
        time.sleep(0.01)
    making.cancel()
    assert making.wait(10).status == "cancelled"
    assert result(environment, plan).status == "done"


def test_another_build_or_other_packages_make_it_anew(environment, plan, wheels):
    result(environment, plan)
    wheel(wheels, "tiny_torch", "1.1")
    other = dataclasses.replace(plan, build=dataclasses.replace(plan.build, requirement="tiny_torch==1.1"))
    assert result(environment, other).status == "done"
    assert "-m venv" in log(plan)


def test_a_half_made_environment_is_made_anew(environment, plan):
    result(environment, plan)
    environment.python_of(plan.folder).unlink()
    assert "not there" in environment.problem(environment.python_of(plan.folder))
    assert result(environment, plan).status == "done"
    assert environment.problem(environment.python_of(plan.folder), complete=True) is None


def test_an_environment_whose_packages_do_not_work_is_not_called_ready(environment, plan, wheels):
    (wheels / "tiny_scipy-1.0-py3-none-any.whl").unlink()
    wheel(wheels, "tiny_scipy", code="raise RuntimeError('built for another planet')")
    state = result(environment, plan)
    assert state.status == "failed" and "another planet" in state.failure
    assert not environment.is_complete(plan.folder)


def test_a_python_that_cannot_make_environments_is_passed_over(environment, plan, tmp_path, machine, monkeypatch):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert [str(broken)] not in list(machine.find_pythons(broken))
    monkeypatch.setenv("PATH", str(tmp_path))
    state = result(environment, dataclasses.replace(plan, base_python=broken))
    assert state.status == "failed" and "No Python from 3.11" in state.failure and "python.org" in state.next_step


def test_a_folder_with_other_things_in_it_is_left_alone(environment, plan):
    plan.folder.mkdir(parents=True)
    (plan.folder / "novel.txt").write_text("It was a dark and stormy night")
    state = result(environment, plan)
    assert state.status == "failed" and (plan.folder / "novel.txt").exists()


def test_too_little_space_is_told_before_anything_is_done(environment, plan):
    huge = dataclasses.replace(plan, build=dataclasses.replace(plan.build, gigabytes=10**9))
    state = result(environment, huge)
    assert state.status == "failed" and "free" in state.failure
    assert not environment.python_of(plan.folder).exists()


def test_without_online_access_nothing_is_tried(environment, plan):
    state = result(environment, plan, allow_network=False)
    assert state.status == "failed" and "Online Access" in state.failure and "existing Python" in state.next_step
    assert not plan.folder.exists()


def test_two_blenders_do_not_set_up_the_same_folder(environment, plan):
    lock = importlib.import_module(environment.__name__.replace("environment", "lock"))
    plan.folder.mkdir(parents=True)
    held = lock.take(plan.folder)
    state = result(environment, plan)
    held.release()
    assert state.status == "failed" and "Another Blender" in state.failure


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("Retrying ... Failed to establish a new connection: [Errno -2] Name or service not known", "not be reached"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "prove who it is"),
        ("ERROR: No matching distribution found for torch==2.13.0", "No matching distribution found for torch"),
        ("", "pip broke off"),
    ],
)
def test_what_pip_says_is_put_into_words(addon, said, means):
    words = importlib.import_module(addon.__name__ + ".inference.pip_words")
    message, next_step = words.explained(said, Path("set-up.txt"))
    assert means in message and next_step


def test_the_builds_of_pytorch_are_plain_data_for_every_machine(machine, monkeypatch):
    def build(platform, chip, driver):
        monkeypatch.setattr(machine.sys, "platform", platform)
        monkeypatch.setattr(machine.platform, "machine", lambda: chip)
        monkeypatch.setattr(machine, "nvidia_driver", lambda: driver)
        return machine.torch_build().name

    assert build("linux", "x86_64", None) == "cpu"
    assert build("linux", "x86_64", 580) == build("win32", "AMD64", 610) == "cuda"
    assert build("linux", "x86_64", 550) == "cpu", "the driver is too old for this CUDA"
    assert build("darwin", "arm64", None) == "apple"
    with pytest.raises(machine.SetUpError, match="Intel"):
        build("darwin", "x86_64", None)


def test_a_host_that_is_not_there_is_noticed_quickly(machine, monkeypatch):
    monkeypatch.setattr("urllib.request.getproxies", dict)
    began = time.monotonic()
    assert not machine.reachable("nowhere.invalid")
    assert time.monotonic() - began < 4


def test_every_requirement_of_the_engine_is_pinned(environment):
    lines = environment.ENGINE.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins and all("==" in pin for pin in pins)


def test_an_environment_that_lost_its_base_python_is_noticed(environment, tmp_path):
    python = environment.python_of(tmp_path / "engine")
    python.parent.mkdir(parents=True)
    python.write_bytes(b"")
    (tmp_path / "engine" / "pyvenv.cfg").write_text(f"home = {tmp_path / 'uninstalled'}\n", encoding="utf-8")
    assert "has gone" in environment.problem(python)


def test_looking_for_problems_is_cheap(environment, engine_python):
    assert environment.problem(engine_python) is None
    began = time.perf_counter()
    for _ in range(100):
        environment.problem(engine_python, complete=True)
    assert (time.perf_counter() - began) / 100 < 0.002


def test_the_check_shows_what_the_doctor_finds(environment, engine_python):
    text = environment.check(engine_python)
    assert "All is well" in text and "torch" in text


def test_the_check_of_a_python_that_is_gone_or_foreign_says_so(environment, tmp_path):
    assert "could not be started" in environment.check(tmp_path / "python")
    assert "missing" in environment.check(Path(sys.executable)) or "All is well" in environment.check(
        Path(sys.executable)
    )


def test_it_runs_as_a_script_with_the_standard_library_only(environment):
    command = [sys.executable, "-S", environment.__file__, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0 and "--editable" in done.stdout, done.stderr
