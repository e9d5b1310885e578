"""The jobs of one Blender: one worker at a time, the others wait. Every method returns at once."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from ..statue_recon.contract import Failure, Result
from ..statue_recon.contract_edit import EditResult
from . import job_folder, lock
from .events import ending_of
from .follower import Follower
from .job_state import JobState

log = logging.getLogger(__name__)

SHUTDOWN = 2.0  # seconds Blender waits for the thread when it closes


class JobQueue:
    """Runs job folders one after the other in a thread of its own, with the engine that lies in `root`.

    The states are immutable and replaced as a whole, so Blender's main thread reads them without any lock.
    """

    def __init__(self, root: Path):
        self._root = root
        self._states: Mapping[Path, JobState] = {}
        self._waiting: deque[tuple[Path, Path, lock.Lock]] = deque()
        self._follower: Follower | None = None
        self._guard = threading.Condition()  # of the three above; held for moments only
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(self, folder: Path, python: Path) -> JobState:
        """Queues a job, new or to be resumed; `python` is the engine's. A result that is there already is taken."""
        job_folder.read_request(folder)
        held = _take_lock(folder)
        job_folder.undismiss(folder)
        state = _finished_before(folder) or JobState(folder)
        with self._guard:
            self._publish(state)
            if not state.active:
                held.release()
                return state
            self._waiting.append((folder, python, held))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="statue-recon jobs", daemon=True)
                self._thread.start()
            self._guard.notify()
        return state

    def cancel(self, folder: Path) -> None:
        """Stops a job, or takes it out of the queue; nothing happens to one that has ended."""
        with self._guard:
            if self._follower and self._follower.state.folder == folder:
                self._follower.cancel()
                return
            for entry in [entry for entry in self._waiting if entry[0] == folder]:
                self._waiting.remove(entry)
                job_folder.dismiss(folder)
                now = time.monotonic()
                self._publish(dataclasses.replace(self._states[folder], status="cancelled", stage="", ended=now))
                entry[2].release()

    def stop_here(self, folder: Path) -> None:
        """Ends the stage under way early, if it can be; nothing happens to a job that does not run."""
        with self._guard:
            if self._follower and self._follower.state.folder == folder:
                self._follower.stop_here()

    def state(self, folder: Path) -> JobState:
        """The newest snapshot of a job that was submitted here."""
        return self._states[folder]

    @property
    def states(self) -> tuple[JobState, ...]:
        """All jobs of this queue, in the order they were submitted first."""
        return tuple(self._states.values())

    @property
    def current(self) -> JobState | None:
        """The job a worker is at; None while there is none."""
        return next((state for state in self.states if state.status in ("running", "cancelling")), None)

    def shutdown(self) -> None:
        """Ends the worker within two seconds. Jobs that were not done stay as they are and can be resumed."""
        with self._guard:
            self._closed = True
            if self._follower:
                self._follower.leave()
            while self._waiting:
                self._waiting.popleft()[2].release()
            self._guard.notify()
        if self._thread:
            self._thread.join(SHUTDOWN)

    def _work(self) -> None:
        while True:
            with self._guard:
                while not self._waiting and not self._closed:
                    self._guard.wait()
                if self._closed:
                    return
                folder, python, held = self._waiting.popleft()
                self._follower = Follower(self._states[folder], python, self._root, self._publish)
            state = self._run(self._follower)
            with self._guard:
                self._follower = None
                held.release()
                self._publish(state)

    def _run(self, follower: Follower) -> JobState:
        """The last state of a job; a bug of ours must neither leave it running for ever nor stop the queue."""
        try:
            return follower.run()
        except Exception as error:
            log.exception("Following %s", follower.state.folder)
            return dataclasses.replace(
                follower.state,
                status="failed",
                stage="",
                ended=time.monotonic(),
                failure=f"Statue Recon lost track of the job ({type(error).__name__}: {error}).",
                next_step="Resume the job; please report this with the log.",
                bug=True,
            )

    def _publish(self, state: JobState) -> None:
        with self._guard:
            self._states = {**self._states, state.folder: state}


def _take_lock(folder: Path) -> lock.Lock:
    try:
        held = lock.take(folder)
    except OSError as error:
        raise Failure(
            f"The job folder {folder} cannot be written to ({error.strerror or error}).",
            next_step="Choose another job folder in the extension's preferences and reconstruct the photo again.",
        ) from error
    if held is None:
        raise Failure(
            f"The job {folder.name} is running already, here or in another Blender.",
            next_step="Wait until it is done, or cancel it there.",
        )
    return held


def _finished_before(folder: Path) -> JobState | None:
    """The state of a job whose result lies in its folder already, whole."""
    try:
        ending = ending_of(folder)
    except Failure:
        return None  # events of another version, or edited: the job is run, and says what it thinks of its request
    if not isinstance(ending, (Result, EditResult)) or not (folder / ending.mesh).is_file():
        return None
    now = time.monotonic()
    return JobState(folder, "done", "", 1.0, result=ending, began=now - ending.seconds, ended=now)
