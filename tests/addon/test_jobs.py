"""The queue and its thread: every way a worker can behave, as the panel shows it."""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fake_engine import fake_engine


class Jobs:
    """A queue on a fake engine, and folders for it."""

    def __init__(self, addon, root: Path):
        def module(name):
            return importlib.import_module(f"{addon.__name__}.{name}")

        self.addon, self.root = addon, root
        self.contract = module("statue_recon.contract")
        self.job_folder, self.queue_module = module("inference.job_folder"), module("inference.queue")
        self.queue = None

    def engine(self, behaviour: str):
        self.open(fake_engine(self.root, self.addon, behaviour))

    def open(self, engine: Path):
        self.close()
        self.queue = self.queue_module.JobQueue(engine)

    def close(self):
        if self.queue:
            self.queue.shutdown()

    def folder(self, title="photo", photo=b"photo"):
        return self.job_folder.create(self.root / "jobs", title, self.contract.Request("p"), photo, None, {})

    def submit(self, folder=None, python=None):
        folder = folder or self.folder()
        self.queue.submit(folder, python=python or Path(sys.executable))
        return folder

    def until(self, folder, condition, seconds=20.0):
        """The first state of the job that fulfils the condition."""
        end = time.monotonic() + seconds
        while not condition(state := self.queue.state(folder)):
            assert time.monotonic() < end, f"still {state}\n{read(folder / 'log.txt')}"
            time.sleep(0.02)
        return state

    def ended(self, folder, seconds=20.0):
        return self.until(folder, lambda state: not state.active, seconds)

    def run(self, behaviour: str):
        """The last state of a job whose worker behaves so."""
        self.engine(behaviour)
        return self.ended(self.submit())

    def waiting(self, folder):
        """Until the fake worker has said what it had to say, and the queue has read it."""
        self.until(folder, lambda state: (folder / "waiting").exists() and state.fraction == 0.5)


@pytest.fixture
def jobs(addon, tmp_path):
    jobs = Jobs(addon, tmp_path)
    yield jobs
    jobs.close()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in read(Path(f"/proc/{pid}/status"))


def test_a_job_runs_to_its_result(jobs):
    state = jobs.run("hello(); progress(message='One note', preview='preview/coarse.npz'); result()")
    assert state.status == "done" and state.fraction == 1.0 and state.result.faces == 7
    assert (state.message, state.preview, state.device) == ("One note", "preview/coarse.npz", "cpu")


def test_jobs_run_one_after_the_other(jobs):
    jobs.engine(
        "hello(); (folder / 'began').write_text(str(time.time())); time.sleep(0.4); "
        "(folder / 'ended').write_text(str(time.time())); result()"
    )
    first, second = jobs.submit(), jobs.submit()
    assert jobs.queue.state(second).status == "queued"
    jobs.ended(second)
    assert float(read(second / "began")) > float(read(first / "ended"))
    assert [state.folder for state in jobs.queue.states] == [first, second]


def test_time_goes_on_between_two_events(jobs):
    jobs.engine("hello(); progress(left=30.0); wait()")
    folder = jobs.submit()
    jobs.waiting(folder)
    before = jobs.queue.state(folder)
    seconds, left = before.seconds, before.seconds_left
    time.sleep(0.3)
    after = jobs.queue.state(folder)
    assert after is before, "no event came"
    assert after.seconds - seconds > 0.25 and left - after.seconds_left > 0.25
    assert jobs.queue.current is after


def test_a_cancelled_job_keeps_its_best_mesh(jobs):
    jobs.engine(
        "hello(); progress(preview='preview/coarse.npz'); (folder / 'waiting').touch(); "
        "sys.stdin.readline(); say('cancelled', preview='preview/fitted.npz')"
    )
    folder = jobs.submit()
    jobs.waiting(folder)
    jobs.queue.cancel(folder)
    state = jobs.ended(folder)
    assert (state.status, state.preview) == ("cancelled", "preview/fitted.npz")
    assert jobs.job_folder.unfinished(folder.parent) == []


def test_a_worker_that_ignores_cancel_is_killed_with_its_children(jobs):
    jobs.engine(
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        "(folder / 'child').write_text(str(child.pid)); hello(); progress(preview='preview/coarse.npz'); wait()"
    )
    folder = jobs.submit()
    jobs.waiting(folder)
    began = time.monotonic()
    jobs.queue.cancel(folder)
    jobs.until(folder, lambda state: state.status == "cancelling", 1.0)
    state = jobs.ended(folder)
    assert (state.status, state.preview) == ("cancelled", "preview/coarse.npz")
    assert 4.5 < time.monotonic() - began < 8.0
    assert not runs(int(read(folder / "child")))
    assert jobs.job_folder.unfinished(folder.parent) == [], "nobody wants it resumed"


def test_a_job_cancelled_while_it_waits_never_starts(jobs):
    jobs.engine(
        "hello(); progress(); (folder / 'waiting').touch(); sys.stdin.readline(); say('cancelled', preview=None)"
    )
    first, second = jobs.submit(), jobs.submit()
    jobs.waiting(first)
    jobs.queue.cancel(second)
    assert jobs.queue.state(second).status == "cancelled"
    jobs.queue.cancel(first)
    jobs.ended(first)
    assert not (second / "events.jsonl").exists()


@pytest.mark.parametrize(
    "hello", ["hello(version=99)", "hello(engine='9.9.9')", "write('Good morning!\\n')", "progress()"]
)
def test_a_worker_of_another_version_is_refused_and_ended(jobs, hello):
    jobs.engine(f"(folder / 'pid').write_text(str(os.getpid())); {hello}; wait()")
    folder = jobs.submit()
    state = jobs.ended(folder)
    assert state.status == "failed" and state.failure and state.next_step and not state.bug
    assert not runs(int(read(folder / "pid")))


def test_a_failure_of_the_engine_arrives_unchanged(jobs):
    state = jobs.run("hello(); say('failed', message='The mask is empty.', next_step='Paint it.', bug=False)")
    assert (state.status, state.failure, state.next_step) == ("failed", "The mask is empty.", "Paint it.")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_a_worker_killed_from_outside_becomes_a_sentence_about_memory(jobs):
    state = jobs.run(f"hello(); progress(preview='preview/coarse.npz'); os.kill(os.getpid(), {int(signal.SIGKILL)})")
    assert state.status == "failed" and "memory" in state.failure and "lower quality" in state.next_step
    assert state.preview == "preview/coarse.npz"
    assert jobs.job_folder.unfinished(state.folder.parent) == [state.folder], "it can be resumed"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_a_crash_names_its_signal(jobs):
    state = jobs.run(f"hello(); os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    assert "SIGSEGV" in state.failure and "log" in state.next_step


def test_a_full_disk_is_told_even_if_the_worker_could_not(jobs, monkeypatch):
    follower = importlib.import_module(jobs.addon.__name__ + ".inference.follower")
    monkeypatch.setattr(follower, "NO_SPACE", 2**62)
    state = jobs.run("hello(); sys.exit(3)")
    assert "disk is full" in state.failure and "space" in state.next_step


def test_a_python_that_has_gone_is_told_with_set_up_as_next_step(jobs, tmp_path):
    jobs.engine("")
    state = jobs.ended(jobs.submit(python=tmp_path / "gone" / "python"))
    assert "could not be started" in state.failure and "Set Up Engine" in state.next_step


def test_an_engine_without_its_packages_is_told_with_set_up_as_next_step(jobs):
    state = jobs.run("import a_package_nobody_has")
    assert "a_package_nobody_has" in state.failure and "Set Up Engine" in state.next_step


def test_a_worker_that_says_nothing_is_told_with_its_last_words(jobs):
    state = jobs.run("sys.exit('The stars are wrong')")
    assert "The stars are wrong" in state.failure and "Check Set-Up" in state.next_step


def test_half_a_line_from_a_crash_does_not_hide_the_end(jobs):
    state = jobs.run('hello(); progress(); write(\'{"event": "prog\'); sys.exit(1)')
    assert state.status == "failed" and "exit code 1" in state.failure


def test_events_edited_by_hand_are_told_as_a_sentence(jobs):
    state = jobs.run('hello(); write(\'{"event": "result", "mesh": 3}\\n\'); wait()')
    assert state.status == "failed" and "start the job anew" in state.next_step


def test_shutting_down_ends_the_worker_quickly_and_leaves_jobs_to_resume(jobs):
    jobs.engine("(folder / 'pid').write_text(str(os.getpid())); hello(); progress(); wait()")
    running, waiting = jobs.submit(), jobs.submit()
    jobs.waiting(running)
    began = time.monotonic()
    jobs.queue.shutdown()
    assert time.monotonic() - began < 2.0
    assert not runs(int(read(running / "pid")))
    assert set(jobs.job_folder.unfinished(running.parent)) == {running, waiting}


def test_a_job_can_be_resumed_and_forgets_how_it_ended_before(jobs):
    state = jobs.run("hello(); progress(); say('failed', message='No.', next_step='Yes.', bug=False)")
    jobs.engine("hello(); result()")
    assert jobs.ended(jobs.submit(state.folder)).status == "done"


def test_a_job_that_was_done_before_is_not_done_again(jobs):
    state = jobs.run("(folder / 'result').mkdir(); (folder / 'result/mesh.npz').touch(); hello(); result()")
    jobs.engine("sys.exit('must not run')")
    jobs.submit(state.folder)
    assert jobs.queue.state(state.folder).status == "done"


def test_a_running_job_can_be_started_a_second_time_by_nobody(jobs):
    jobs.engine("hello(); progress(); wait()")
    folder = jobs.submit()
    other = jobs.queue_module.JobQueue(jobs.root)
    with pytest.raises(jobs.contract.Failure, match="running already"):
        other.submit(folder, python=Path(sys.executable))


def test_the_workers_output_is_in_the_log(jobs):
    state = jobs.run("hello(); print('spoken aside'); result()")
    assert "spoken aside" in read(state.log)


def test_a_blender_that_is_killed_takes_its_worker_along(jobs, engine_python, tmp_path):
    """With the real worker: it is its standard input that ends."""
    folder = jobs.folder(photo=b"")
    root = Path(jobs.addon.__file__).parent
    code = (
        "import os, subprocess, sys, time\n"
        "worker = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)\n"
        "print(worker.pid, flush=True); time.sleep(99)"
    )
    slow = "import time; from pathlib import Path; from statue_recon import worker\n"
    slow += f"worker.leave(worker.work(Path({str(folder)!r}), lambda *_: time.sleep(99)))"
    command = [sys.executable, "-c", code, str(engine_python), "-c", slow]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    blender = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    worker = int(blender.stdout.readline())
    end = time.monotonic() + 20
    while "hello" not in read(folder / "events.jsonl") and time.monotonic() < end:
        time.sleep(0.05)
    blender.kill()
    blender.communicate()
    end = time.monotonic() + 8
    while runs(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not runs(worker)
    assert jobs.job_folder.unfinished(folder.parent) == [folder]


@pytest.mark.slow
def test_a_real_job_is_cancelled_with_its_mesh_and_then_resumed_to_its_result(jobs, engine_python):
    jobs.open(Path(jobs.addon.__file__).parent)
    folder = jobs.folder(photo=small_photo(jobs.addon))
    jobs.submit(folder, python=engine_python)
    jobs.until(folder, lambda state: state.preview, 60)
    jobs.queue.cancel(folder)
    state = jobs.ended(folder)
    assert state.status == "cancelled" and (folder / state.preview).is_file()
    assert jobs.job_folder.unfinished(folder.parent) == []

    jobs.submit(folder, python=engine_python)
    state = jobs.ended(folder, 120)
    assert state.status == "done", f"{state}\n{read(state.log)}"
    assert "shape: read from its checkpoint" in read(state.log)
    assert all((folder / path).stat().st_size for path in (state.result.mesh, state.result.model, state.result.texture))
    assert jobs.job_folder.unfinished(folder.parent) == [folder], "it is in no scene yet"
    jobs.job_folder.mark_inserted(folder)
    assert jobs.job_folder.unfinished(folder.parent) == []


def small_photo(addon) -> bytes:
    """A PNG of 240 × 320 with a head on a plinth in its alpha channel."""
    y, x = np.mgrid[:320, :240] + 0.5
    statue = (np.hypot(x - 120, y - 110) < 60) | ((abs(x - 120) < 50) & (y > 110) & (y < 290))
    grey = np.clip(220 - x / 2 + 10 * np.sin(y / 3), 0, 255)
    pixels = np.dstack([grey, grey, grey, statue * 255]).astype(np.uint8)
    return importlib.import_module(addon.__name__ + ".scene.png").png_bytes(pixels)
