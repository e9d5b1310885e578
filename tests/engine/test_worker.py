"""The worker as a process: whatever happens to it, its job ends with one sentence, or can be resumed."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_statue import write_photo

from statue_recon import contract
from statue_recon.contract import Cancelled, Failed, Hello, Request, Result

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither these limits nor these signals")

# A worker whose pipeline is the test's: for what the real one could not be brought to do on demand.
WITH_PIPELINE = """
import sys, time
from pathlib import Path
from statue_recon import checkpoint, contract, worker
from statue_recon.contract import Failure
def pipeline(request, folder, result, report):
    report.step(1, 2, preview="preview/coarse.npz")
    {body}
worker.leave(worker.work(Path(sys.argv[1]), pipeline))
"""
REFINES = """
    def refine():
        while not report.enough:
            report.step(1, 2)
            time.sleep(0.02)
    report.stage("geometry", refine)
    report.step(1, 1, preview="preview/refined.npz")
    report.stage("texture", lambda: [(report.step(1, 2), time.sleep(0.05)) for _ in range(2000)])
"""
REAL = "import sys; from statue_recon.__main__ import main; {before}; main(['job', sys.argv[1]])"


@pytest.fixture
def folder(tmp_path):
    """A job folder with a small photo."""
    folder = tmp_path / "a job für alle"
    folder.mkdir()
    write_photo(folder / contract.PHOTO_FILE)
    ask(folder, Request(contract.PHOTO_FILE, prior="none", device="cpu"))
    return folder


def ask(folder, request):
    (folder / contract.REQUEST_FILE).write_text(contract.request_to_json(request), encoding="utf-8")


@pytest.fixture
def start():
    """Starts a worker process; ends it with the test."""
    started = []

    def start(folder, body=None, before="None"):
        code = WITH_PIPELINE.format(body=body) if body else REAL.format(before=before)
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        with (folder / contract.LOG_FILE).open("ab") as log:
            command = [sys.executable, "-P", "-u", "-c", code, str(folder)]
            worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=variables)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()


def events(folder):
    path = folder / contract.EVENTS_FILE
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [contract.from_line(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def log_of(folder):
    return (folder / contract.LOG_FILE).read_text(encoding="utf-8")


def until(folder, condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not any(condition(event) for event in events(folder)):
        assert time.monotonic() < end, log_of(folder)
        time.sleep(0.05)


def shows_a_mesh(event):
    return getattr(event, "preview", None) is not None


def ending(folder):
    """The one ending, which is the last event and the only one."""
    told = events(folder)
    assert [isinstance(event, contract.ENDINGS) for event in told].count(True) == 1
    assert isinstance(told[-1], contract.ENDINGS) and isinstance(told[0], Hello)
    return told[-1]


def run(folder, start, body=None, before="None"):
    """The exit code and the ending of a worker left to itself."""
    code = start(folder, body, before).wait(90)
    return code, ending(folder)


def test_a_cancelled_job_ends_as_cancelled_with_its_best_mesh(folder, start):
    worker = start(folder, "[(report.step(1, 2), time.sleep(0.05)) for _ in range(2000)]")
    until(folder, shows_a_mesh)
    worker.communicate(b"cancel\n", timeout=10)
    assert worker.returncode == 130
    assert ending(folder) == Cancelled("preview/coarse.npz")


def test_enough_ends_the_stage_and_not_the_job_and_cancel_is_heard_after_it(folder, start):
    worker = start(folder, REFINES)
    until(folder, shows_a_mesh)
    worker.stdin.write(b"nonsense\nenou")
    worker.stdin.flush()
    time.sleep(0.3)
    assert not any(getattr(event, "preview", None) == "preview/refined.npz" for event in events(folder))
    worker.stdin.write(b"gh\n")
    worker.stdin.flush()
    until(folder, lambda event: getattr(event, "stage", None) == "texture")
    worker.communicate(b"cancel\n", timeout=10)
    assert worker.returncode == 130 and ending(folder) == Cancelled("preview/refined.npz")


def test_a_step_that_does_not_end_is_left_by_the_whole_process(folder, start):
    worker = start(folder, "time.sleep(99)")
    until(folder, shows_a_mesh)
    began = time.monotonic()
    worker.stdin.write(b"cancel\n")
    worker.stdin.flush()
    assert worker.wait(10) == 130
    assert 3 < time.monotonic() - began < 6
    assert ending(folder) == Cancelled("preview/coarse.npz")


@pytest.mark.parametrize("body", ["[(report.step(1, 2), time.sleep(0.05)) for _ in range(2000)]", "time.sleep(99)"])
def test_a_worker_whose_parent_is_gone_leaves_a_job_that_can_be_resumed(folder, start, body):
    worker = start(folder, body)
    until(folder, shows_a_mesh)
    worker.stdin.close()
    assert worker.wait(10) == 130
    assert not any(isinstance(event, contract.ENDINGS) for event in events(folder))


@pytest.mark.parametrize(
    ("body", "says", "code"),
    [
        ("raise Failure('The mask is empty.', next_step='Paint it.')", "The mask is empty. Paint it.", 3),
        ("raise MemoryError", "memory", 3),
        ("import numpy; numpy.ones(10**13)", "memory", 3),
        ("import torch; torch.ones(10**13)", "memory", 3),
        (f"raise OSError({errno.ENOSPC}, 'No space left on device', 'a.npz')", "disk is full", 3),
        ("import a_package_nobody_has", "Set Up Engine", 3),
        ("1 / 0", "ZeroDivisionError", 1),
        ("raise SystemExit", "SystemExit", 1),
    ],
)
def test_every_error_becomes_one_sentence_and_a_next_step(folder, start, body, says, code):
    exit_code, told = run(folder, start, body)
    assert isinstance(told, Failed) and says in f"{told.message} {told.next_step}" and told.next_step
    assert (exit_code, told.bug) == (code, code == 1)
    assert ("Traceback" in log_of(folder)) == ("Failure" not in body)


@POSIX
def test_a_disk_that_fills_up_during_a_real_run_is_told_and_leaves_no_half_file(folder, start):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    code, told = run(folder, start, before=limit)
    assert code == 3 and "disk is full" in told.message and "resume" in told.next_step
    assert not list(folder.rglob("*.part"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' device that is always full")
def test_a_disk_too_full_for_the_ending_still_ends_the_worker(folder, start):
    (folder / contract.EVENTS_FILE).symlink_to("/dev/full")
    worker = start(folder)
    assert worker.wait(30) == 3
    assert "No space left" in log_of(folder)


@pytest.mark.parametrize(
    "text", ["", "{}", "nonsense", '{"photo": "photo.png", "quality": "best"}', '{"photo": "p", "version": 7}']
)
def test_a_request_edited_by_hand_is_told_as_a_sentence(folder, start, text):
    (folder / contract.REQUEST_FILE).write_text(text, encoding="utf-8")
    code, told = run(folder, start)
    assert code == 3 and not told.bug and told.next_step


def test_a_folder_without_a_request_is_told_as_a_sentence(folder, start):
    (folder / contract.REQUEST_FILE).unlink()
    code, told = run(folder, start)
    assert code == 3 and "no job folder" in told.message


def test_a_prior_that_does_not_exist_is_refused(folder, start):
    ask(folder, Request(contract.PHOTO_FILE, prior="no such prior", device="cpu"))
    code, told = run(folder, start)
    assert code == 3 and "no such prior" in told.message
    assert "bundled" in told.next_step and "none" in told.next_step


def test_a_photo_that_is_gone_is_told_as_a_sentence(folder, start):
    (folder / contract.PHOTO_FILE).unlink()
    code, told = run(folder, start)
    assert code == 3 and not told.bug


def test_half_a_line_left_by_a_crash_is_cut_before_new_events_are_written(folder, start):
    (folder / contract.EVENTS_FILE).write_text('{"event": "cancelled", "preview": null}\n{"event": "pro')
    start(folder, "raise Failure('a', 'b')").wait(60)
    assert [type(event) for event in events(folder)][:2] == [Cancelled, Hello]


def test_nothing_is_created_where_there_is_no_folder(tmp_path):
    command = [sys.executable, "-m", "statue_recon", "job", str(tmp_path / "gone")]
    done = subprocess.run(command, cwd=ROOT, input=b"", capture_output=True)
    assert done.returncode == 3 and b"cannot be written to" in done.stderr
    assert not (tmp_path / "gone").exists()


@POSIX
def test_the_worker_lets_others_go_first(folder, start):
    body = "import os; (folder / 'nice').write_text(str(os.nice(0))); raise Failure('a', 'b')"
    run(folder, start, body)
    assert int((folder / "nice").read_text()) >= 10


@POSIX
@pytest.mark.slow
def test_a_killed_job_goes_on_where_it_stood_and_gives_the_same_to_the_last_bit(folder, start, tmp_path):
    """Killed after the fit; the second process must not fit again. The third is a run nobody disturbed."""
    worker = start(folder)
    until(folder, lambda event: getattr(event, "preview", None) == "preview/fitted.npz")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert list((folder / contract.CHECKPOINT_FOLDER).glob("fit-*.npz"))
    assert start(folder).wait(120) == 0
    assert "fit: read from its checkpoint" in log_of(folder)
    assert not (folder / contract.CHECKPOINT_FOLDER).exists(), "a result needs no checkpoints any more"
    result = events(folder)[-1]
    assert isinstance(result, Result) and result.faces > 10_000

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    for name in (contract.PHOTO_FILE, contract.REQUEST_FILE):
        (undisturbed / name).write_bytes((folder / name).read_bytes())
    assert start(undisturbed).wait(120) == 0
    ours, theirs = (json.loads((job / result.provenance).read_text("utf-8")) for job in (folder, undisturbed))
    assert ours["result_sha256"] == theirs["result_sha256"]
    for name in (result.mesh, result.model, result.texture):
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
