"""Following one worker from its start to its end, and putting every way it can end into words.

Runs in the queue's thread, never in Blender's main one.
"""

from __future__ import annotations

import dataclasses
import logging
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .. import statue_recon
from ..statue_recon import contract
from ..statue_recon.contract import Cancelled, Event, Failed, Failure, Hello, Progress, Result
from ..statue_recon.contract_edit import EditResult
from . import job_folder
from .events import Events
from .job_state import JobState
from .worker_process import WorkerProcess

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds between two looks at the events
PATIENCE = 5.0  # seconds a worker has to stop after it was asked; then it is killed
FAREWELL = 1.0  # seconds it has when Blender closes
NO_SPACE = 8 * 2**20  # bytes; with less left on the disk, a worker that vanished most likely vanished for that
SET_UP = "Press Set Up Engine in the extension's preferences."
LOG_TAIL = 20_000  # bytes of the log that are looked through for the reason of a failed start


class Follower:
    """One run of one job.

    `publish` is called with every state but the last, which `run` returns once the worker is gone: a job that is seen
    to have ended can then be resumed or removed at once.
    """

    def __init__(self, state: JobState, python: Path, root: Path, publish: Callable[[JobState], None]):
        self.state = state
        self._python, self._root, self._publish = python, root, publish
        self._events = Events(state.folder, skip=True)
        self._greeted = False
        self._asked_at: float | None = None  # when the worker was asked to stop
        self._stage = ""  # under way
        self._enough_of = ""  # the stage that was asked to end early
        self._enough = threading.Event()
        self._cancel = threading.Event()
        self._leave = threading.Event()
        self._wake = threading.Event()

    def cancel(self) -> None:
        self._cancel.set()
        self._wake.set()

    def stop_here(self) -> None:
        """The stage under way is to end early, if it can, and the job to go on with what is there."""
        self._enough.set()
        self._wake.set()

    def leave(self) -> None:
        """Blender closes: the worker is to go, and the job to stay."""
        self._leave.set()
        self._wake.set()

    def run(self) -> JobState:
        """The last state; still an active one if Blender closes meanwhile."""
        self._run()
        return self.state

    def _run(self) -> None:
        self._change(status="running", stage="Starting the engine", began=time.monotonic())
        try:
            worker = WorkerProcess(self._python, self._root, self.state.folder)
        except OSError as error:
            reason = error.strerror or str(error)
            return self._fail(f"The engine's Python could not be started: {self._python} ({reason}).", SET_UP)
        try:
            self._follow(worker)
        except Failure as failure:  # events nobody here understands
            self._fail(failure.message, failure.next_step)
        finally:
            if worker.exit_code is None:
                worker.kill()
            worker.leave()

    def _follow(self, worker: WorkerProcess) -> None:
        while self.state.active:
            gone = worker.exit_code is not None  # asked first: what it wrote before it went is then read below
            for event in self._events.new():
                self._take(event)
            if not self.state.active:
                worker.wait(PATIENCE)
            elif gone:
                self._explain_the_end(worker.exit_code or 0)
            elif self._leave.is_set():
                worker.leave()
                worker.wait(FAREWELL)
                return
            else:
                self._stop_if_asked(worker)
                self._wake.wait(LOOK_EVERY)
                self._wake.clear()

    def _stop_if_asked(self, worker: WorkerProcess) -> None:
        if self._enough.is_set():
            self._enough.clear()
            self._stop_stage(worker)
        if not self._cancel.is_set():
            return
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            self._change(status="cancelling", stage="Cancelling", stoppable=False)
            worker.ask_to_stop()
        elif time.monotonic() - self._asked_at > PATIENCE:
            worker.kill()

    def _stop_stage(self, worker: WorkerProcess) -> None:
        if self.state.stoppable:  # it may have ended since
            self._enough_of = self._stage
            worker.ask_for_enough()
            self._change(stoppable=False, message="Goes on with what is there after the step under way.")

    def _take(self, event: Event) -> None:
        """Brings one event into the state."""
        if not self._greeted and not isinstance(event, Hello):
            raise Failure("The worker does not speak as the engine does.", next_step=SET_UP)
        if isinstance(event, Hello):
            self._greet(event)
        elif isinstance(event, Progress):
            left, stage = event.seconds_left, contract.STAGES[event.stage]
            cancelling = self.state.status == "cancelling"
            self._stage = event.stage
            self._change(
                stage=self.state.stage if cancelling else stage.words,
                stoppable=stage.stoppable and event.stage != self._enough_of and not cancelling,
                fraction=event.fraction,
                message=event.message or self.state.message,
                preview=event.preview or self.state.preview,
                due=None if left is None else time.monotonic() + left,
            )
        elif isinstance(event, (Result, EditResult)):
            self._end(status="done", fraction=1.0, result=event)
        elif isinstance(event, Cancelled):
            self._end(status="cancelled", preview=event.preview or self.state.preview)
        elif isinstance(event, Failed):
            self._fail(event.message, event.next_step, event.bug)

    def _greet(self, hello: Hello) -> None:
        if hello.engine != statue_recon.__version__:
            raise Failure(
                f"The worker is Statue Recon {hello.engine}, but this extension is {statue_recon.__version__}.",
                next_step="Restart Blender; if it happens again, set up the engine anew in the preferences.",
            )
        self._greeted = True
        self._change(device=hello.device)

    def _explain_the_end(self, exit_code: int) -> None:
        """The worker went without a word."""
        folder = self.state.folder
        if self._cancel.is_set():
            job_folder.dismiss(folder)
            self._end(status="cancelled")
        elif _free_space(folder) < NO_SPACE:
            self._fail(
                "The disk is full, and the worker could not go on.",
                "Free some space, or choose another job folder in the preferences, then resume the job.",
            )
        elif not self._greeted:
            self._fail(*_why_silent(folder, exit_code))
        elif exit_code == -getattr(signal, "SIGKILL", 9):
            self._fail(
                "The system ended the worker, most likely because the memory ran out.",
                "Close other programs or choose a lower quality, then try again.",
            )
        else:
            self._fail(
                f"The worker ended without a word ({_in_words(exit_code)}).",
                "Resume the job; if it happens again, the log tells more.",
            )

    def _fail(self, message: str, next_step: str, bug: bool = False) -> None:
        self._end(status="failed", failure=message, next_step=next_step, bug=bug)

    def _end(self, **changes) -> None:
        self._change(ended=time.monotonic(), due=None, stage="", stoppable=False, **changes)

    def _change(self, **changes) -> None:
        self.state = dataclasses.replace(self.state, **changes)
        if self.state.active:
            self._publish(self.state)


def _why_silent(folder: Path, exit_code: int) -> tuple[str, str]:
    """What to say of a worker that never said hello, and the next step."""
    try:
        said = (folder / contract.LOG_FILE).read_bytes()[-LOG_TAIL:].decode("utf-8", "replace").strip()
    except OSError:
        said = ""
    last = said.splitlines()[-1] if said else ""
    if "cannot be written to" in last:
        return last, "Choose another job folder in the extension's preferences."
    if "No module named" in last or "ImportError" in last:
        return f"The engine's Python lacks what it needs: {last.rpartition('Error: ')[2]}.", SET_UP
    if "nknown option" in last or "nknown option" in said[-400:]:
        return "The engine's Python is older than 3.11.", SET_UP
    return (
        f"The engine did not start ({_in_words(exit_code)}{': ' + last if last else ''}).",
        "Press Check Set-Up in the extension's preferences, or set up the engine anew.",
    )


def _in_words(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"signal {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"signal {-exit_code}"


def _free_space(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return NO_SPACE  # the folder itself is gone: not a matter of space
