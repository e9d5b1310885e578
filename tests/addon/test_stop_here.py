"""Stop Here: the stage under way is ended early, and the job goes on to its result with what is there."""

import importlib
import time
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from fake_engine import fake_engine
from test_jobs import Jobs, read

STOPPABLE = """
hello(); progress()
until("refine"); progress(stage="geometry")
(folder / "said").write_text(sys.stdin.readline())
until("step"); progress(stage="geometry", message="Stopped at step 1 of 2.")
until("finish"); progress(stage="texture"); (folder / "waiting").touch(); until("end"); result()
"""


@pytest.fixture
def jobs(addon, tmp_path):
    jobs = Jobs(addon, tmp_path)
    yield jobs
    jobs.close()


def test_a_stage_that_can_be_ended_early_is_and_the_job_goes_on_to_its_result(jobs):
    jobs.engine(STOPPABLE)
    folder = jobs.submit()
    assert not jobs.until(folder, lambda state: state.fraction == 0.5).stoppable
    jobs.queue.stop_here(folder)  # of a stage that cannot be
    (folder / "refine").touch()
    jobs.until(folder, lambda state: state.stoppable)
    time.sleep(0.3)
    assert not (folder / "said").exists(), "nothing was asked of this stage yet"
    jobs.queue.stop_here(folder)
    jobs.until(folder, lambda state: "what is there" in state.message)
    (folder / "step").touch()
    state = jobs.until(folder, lambda state: state.message.startswith("Stopped"))
    assert read(folder / "said") == "enough\n"
    assert state.status == "running" and not state.stoppable, "once is enough, until the step under way is done"
    (folder / "finish").touch()
    jobs.waiting(folder)
    assert not jobs.queue.state(folder).stoppable
    (folder / "end").touch()
    assert jobs.ended(folder).status == "done"


def test_a_job_that_is_being_cancelled_is_not_stopped_early_as_well(jobs):
    jobs.engine("hello(); progress(stage='geometry'); (folder / 'said').write_text(sys.stdin.readline()); wait()")
    folder = jobs.submit()
    jobs.until(folder, lambda state: state.stoppable)
    jobs.queue.cancel(folder)
    assert not jobs.until(folder, lambda state: state.status == "cancelling").stoppable
    jobs.queue.stop_here(folder)
    assert jobs.ended(folder).status == "cancelled" and read(folder / "said") == "cancel\n"


class Drawn:
    """A layout that remembers which buttons were drawn on it, and whether they can be pressed."""

    def __init__(self, buttons=None):
        self.buttons, self.enabled = {} if buttons is None else buttons, True

    def row(self, **_):
        return Drawn(self.buttons)

    def label(self, **_): ...

    def progress(self, **_): ...

    def operator(self, name, **_):
        self.buttons[name] = self.enabled
        return SimpleNamespace()


@pytest.fixture
def session(addon, engine_python, tmp_path, empty_file, monkeypatch):
    """The session's jobs on the fake engine, with one job that runs."""
    chosen = bpy.context.preferences.addons[addon.__name__].preferences
    chosen.engine_python, chosen.jobs_folder = str(engine_python), str(tmp_path / "jobs")
    importlib.import_module(f"{addon.__name__}.session.runtime").refresh()
    session = importlib.import_module(f"{addon.__name__}.session.jobs")
    queue_of = importlib.import_module(f"{addon.__name__}.inference.queue").JobQueue
    queue = queue_of(fake_engine(tmp_path, addon, STOPPABLE))
    monkeypatch.setattr(session, "_queue", queue)
    monkeypatch.setattr(session, "_jobs", [])
    contract = importlib.import_module(f"{addon.__name__}.statue_recon.contract")
    origin = importlib.import_module(f"{addon.__name__}.scene.origin").origin(bpy.context.scene)
    photo = SimpleNamespace(name="vase", rgba=np.zeros((4, 4, 4), np.uint8))
    session.start(contract.Request("photo.png"), photo, None, origin)
    yield session
    queue.shutdown()


def until(job, condition):
    end = time.monotonic() + 30
    while not condition(job.state):
        assert time.monotonic() < end, job.state
        time.sleep(0.02)


def buttons(addon, job):
    column = Drawn()
    panel = importlib.import_module(f"{addon.__name__}.panels.job")
    panel.draw_running(column, SimpleNamespace(id=job.id), SimpleNamespace(**{**state_fields(job), "message": ""}), 400)
    return column.buttons


def state_fields(job):
    """What the panel reads of a state; paragraphs need a window to measure their letters in."""
    names = ("status", "stage", "stoppable", "fraction", "seconds", "seconds_left")
    return {name: getattr(job.state, name) for name in names}


def test_the_button_is_there_while_it_has_an_effect_and_pressing_it_ends_the_refinement(session, addon):
    job = session.current(bpy.context.scene)
    until(job, lambda state: state.fraction == 0.5)
    assert set(buttons(addon, job)) == {"statue.cancel"}
    assert bpy.ops.statue.stop_here() == {"CANCELLED"}, "the volume is being fitted: that cannot be ended early"
    (job.folder / "refine").touch()
    until(job, lambda state: state.stoppable)
    assert set(buttons(addon, job)) == {"statue.cancel", "statue.stop_here"}
    assert bpy.ops.statue.stop_here(job=job.id) == {"FINISHED"}
    (job.folder / "step").touch()
    until(job, lambda state: state.message.startswith("Stopped"))
    assert read(job.folder / "said") == "enough\n"
    assert set(buttons(addon, job)) == {"statue.cancel"}
