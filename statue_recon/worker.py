"""The worker: runs the job of one folder for Blender, which follows its events and may stop it.

Standard input is the line to the parent: a line "cancel" asks the worker to stop, a line "enough" to end the stage
under way early and to go on with what is there, and its end means that the parent is gone. A cancelled job gets the
ending `Cancelled`; one whose parent went away gets no ending, which is what makes it an unfinished job that can be
resumed.
"""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from . import __version__, contract, contract_edit
from .contract import Cancelled, Event, Failure, Hello, Request, Result
from .contract_edit import EditJob, EditRequest, EditResult, RefineRequest
from .contract_hand import MirrorRequest, ProjectRequest, RestoreRequest, RetopologiseRequest
from .ending import CANCELLED, FAILURE, ending, exit_code
from .report import Report, Stopped

log = logging.getLogger(__name__)

GRACE = 4.0  # seconds a step may take to end after it was asked to stop; Blender kills the worker after 5
BELOW_NORMAL = 0x4000  # Windows' BELOW_NORMAL_PRIORITY_CLASS
NICE = 10  # on POSIX: Blender's own threads come first

Pipeline = Callable[[Any, Path, str, Report], Result | EditResult]  # of the request that the folder holds
EDIT_JOBS: dict[type, tuple[str, str]] = {  # by what is asked for: the module in `edit`, and the function that makes it
    EditRequest: ("run", "edit"),
    RefineRequest: ("again", "refine_again"),
    ProjectRequest: ("project", "project_again"),
    MirrorRequest: ("mirrored", "fill_from_the_other_side"),
    RestoreRequest: ("restore", "restore"),
    RetopologiseRequest: ("retopologise", "retopologise"),
}


class Job:
    """One run of the worker: what it was asked by its parent, and its one ending."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.stop = threading.Event()
        self.cancelled = False
        self.report = Report(folder, stop=self.stop.is_set)
        self._ending = threading.Lock()
        self._ended: Event | None = None

    def run(self, pipeline: Pipeline | None) -> int:
        """Runs the pipeline to its ending. Returns the exit code."""
        try:
            request = self._greet()
            result = (pipeline or pipeline_of(request))(request, self.folder, contract.RESULT_FOLDER, self.report)
            return self._end(result)
        except BaseException as error:
            if self.stop.is_set() and not self.cancelled and isinstance(error, Stopped):
                log.info("Blender is gone: this job can be resumed.")
                return CANCELLED
            return self._end(ending(error, self.report.preview))

    def listen(self) -> None:
        """Waits for the parent's word; a step that does not end in time then takes the whole process with it."""
        heard = b""
        while not self.cancelled and (some := _read_standard_input()):
            *lines, heard = (heard + some).split(b"\n")
            for line in lines:
                self._heed(line.strip())
        self.stop.set()
        threading.Event().wait(GRACE)
        with self._ending:  # kept: nobody else may end this job any more
            if self._ended is None and self.cancelled:
                self.report.send(Cancelled(self.report.preview))
            log.warning("The step did not end within %.0f s: the worker leaves now.", GRACE)
            logging.shutdown()
            os._exit(CANCELLED)

    def _heed(self, line: bytes) -> None:
        if line == b"enough":
            self.report.ask_for_enough()
        elif line == b"cancel":
            self.cancelled = True

    def _greet(self) -> Request | EditJob:
        """The request; says hello first, even where the request then turns out to be unusable."""
        from . import device

        used = "unknown"
        try:
            request = read_request(self.folder)
            used = device.choose(request.device)
            return request
        finally:
            self.report.send(Hello(engine=__version__, pid=os.getpid(), device=used))

    def _end(self, event: Event) -> int:
        with self._ending:
            if self._ended is None:
                self._ended = event
                self.report.send(event)
        return exit_code(self._ended)


def work(folder: Path, pipeline: Pipeline | None = None) -> int:
    """Runs the job in `folder`. Returns the exit code; every outcome but a lost parent is an ending in the events."""
    try:
        keep_log(folder)
        cut_half_line(folder / contract.EVENTS_FILE)
        job = Job(folder)
    except OSError as error:  # there is nowhere to write an event: the parent reads the exit code and this line
        sys.stderr.write(f"The job folder {folder} cannot be written to: {error}\n")
        return FAILURE
    lower_priority()
    signal.signal(signal.SIGTERM, lambda *_: job.stop.set())
    threading.Thread(target=job.listen, name="parent", daemon=True).start()
    try:
        return job.run(pipeline)
    except OSError:  # the disk is so full that not even the ending could be written
        log.exception("The ending could not be written.")
        return FAILURE
    finally:
        _close_quietly(job.report)


def leave(exit_code: int) -> NoReturn:
    """Ends the process at once: taking torch down in good order takes longer than some stages."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(exit_code)


def read_request(folder: Path) -> Request | EditJob:
    """What the folder asks for: an edit where it holds `edit.json`, else a reconstruction."""
    edited = (folder / contract_edit.EDIT_FILE).is_file()
    path = folder / (contract_edit.EDIT_FILE if edited else contract.REQUEST_FILE)
    origin = "statue" if edited else "photo"
    try:
        text = path.read_text(encoding="utf-8")
        return contract_edit.edit_from_json(text) if edited else contract.request_from_json(text)
    except FileNotFoundError as error:
        raise Failure(
            f"There is no {path.name} in {folder}: it is no job folder.",
            next_step=f"Start the job anew from its {origin}.",
        ) from error
    except UnicodeDecodeError as error:
        raise Failure(
            f"{path.name} of this job is not text any more.", next_step=f"Start the job anew from its {origin}."
        ) from error


def cut_half_line(events: Path) -> None:
    """Removes the half-written last line a crash may have left, so that what is appended stands on lines of its own."""
    if events.is_file():
        text = events.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            os.truncate(events, whole)


def keep_log(folder: Path) -> None:
    """Sends all logging, warnings and the stack of a hard crash into the job's log."""
    handler = logging.FileHandler(folder / contract.LOG_FILE, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a log that cannot be written must not end the job
    faulthandler.enable(handler.stream)  # type: ignore[arg-type]  # opened with the handler


def lower_priority() -> None:
    """Lets Blender and everything else a person uses go first."""
    if os.name == "nt":
        import ctypes

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]  # exists on Windows only
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), BELOW_NORMAL)
    else:
        os.nice(NICE)


def pipeline_of(request: Request | EditJob) -> Pipeline:
    """The run that makes what is asked for; what it needs is imported now and not before."""
    if isinstance(request, Request):
        from .pipeline import reconstruct

        return reconstruct
    module, function = EDIT_JOBS[type(request)]
    return getattr(importlib.import_module(f".edit.{module}", __package__), function)


def _read_standard_input() -> bytes:
    """The next bytes of the parent, b"" when it is gone. Unbuffered: a thread waiting in a buffer cannot be ended."""
    try:
        return os.read(0, 1024)
    except OSError:
        return b""


def _close_quietly(report: Report) -> None:
    try:
        report.close()
    except OSError:
        log.exception("The events could not be closed.")
