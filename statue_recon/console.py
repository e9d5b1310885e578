"""The command line at work: runs a job in this process and shows how it goes."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from . import __version__, contract
from .contract import STAGES, Cancelled, EditResult, Event, Failed, Failure, Progress, Request, Result
from .contract_edit import EditJob, named_by
from .ending import DONE, FAILURE, ending, exit_code
from .report import Report

log = logging.getLogger(__name__)

BAR = 24  # characters of the progress bar


def run(asked: Callable[[], Request | EditJob], out: Path, as_json: bool) -> int:
    """Runs what is `asked` into the folder `out`. Returns the exit code.

    The request is made here, so that a Failure on the way to it is told as every other is; nothing is written then.
    """
    _speak_utf8()
    show: Callable[[Event], None] = JsonLines() if as_json else Terminal(out, sys.stderr.isatty())
    stop = threading.Event()
    try:
        request = asked()
        report = _open(out, show, stop)
    except Failure as failure:
        return _tell(Failed(failure.message, failure.next_step), show)
    _stop_at_interrupt(stop)
    try:
        event: Event = _run(request, out, report)
    except BaseException as error:  # every way out is one of the contract's endings
        event = ending(error, report.preview)
    code = exit_code(event)
    try:
        report.send(event)
        report.close()
    except BrokenPipeError:
        log.info("Nobody reads what this run says.")
    except OSError:
        _tell(event, show)  # the disk is so full that only the console can be told
    return code


def _run(request: Request | EditJob, out: Path, report: Report) -> Result | EditResult:
    from .worker import keep_log, pipeline_of

    keep_log(out)
    for path, what in _files_of(request):
        if path and not Path(path).is_file():
            raise Failure(f"There is no {what} at {path}.", next_step=f"Check the path of the {what}.")
    request.check()
    from . import device

    report.send(contract.Hello(engine=__version__, pid=os.getpid(), device=device.choose(request.device)))
    return pipeline_of(request)(request, out, "", report)


def _files_of(request: Request | EditJob) -> Sequence[tuple[str | None, str]]:
    """The files that a person named, and what they are."""
    if isinstance(request, Request):
        return (request.photo, "photo"), (request.mask, "mask")
    return named_by(request)


def _open(out: Path, show: Callable[[Event], None], stop: threading.Event) -> Report:
    """The report of a new run in `out`, without the events and the log of an earlier one."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in (contract.EVENTS_FILE, contract.LOG_FILE):
            (out / name).write_bytes(b"")
        return Report(out, show, stop.is_set)
    except (FileExistsError, NotADirectoryError) as error:
        raise Failure(f"{out} is not a folder, or lies in something that is none.", "Choose another --out.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(f"The folder {out} cannot be written to: {reason}.", "Choose another --out.") from error


def _stop_at_interrupt(stop: threading.Event) -> None:
    """Ctrl-C ends the run after the step under way; a second one at once."""

    def interrupted(*_):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGINT, interrupted)


def _speak_utf8() -> None:
    """A terminal that lacks a character shows a replacement instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # real streams, not a test's


def _tell(event: Event, show: Callable[[Event], None]) -> int:
    show(event)
    return exit_code(event)


class JsonLines:
    """One line of JSON in UTF-8 for each event on standard output, and nothing else.

    Libraries that print, in Python or in C, would come between the lines: their standard output becomes the error one.
    """

    def __init__(self) -> None:
        self._lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def __call__(self, event: Event) -> None:
        self._lines.write(contract.to_line(event) + "\n")
        self._lines.flush()


class Terminal:
    """Shows a run to a person: a bar that moves where there is a terminal, else a line for each stage."""

    def __init__(self, out: Path, moving: bool):
        self.out, self.moving = out, moving
        self._stage = ""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, (Result, EditResult)):
            self._say(f"{event.summary}, {event.seconds:.0f} s")
            sys.stdout.write(f"{self.out / event.model}\n")
        elif isinstance(event, Failed):
            self._say(f"{event.message}\n{event.next_step}")
        elif isinstance(event, Cancelled):
            best = f" The best mesh so far: {event.preview}" if event.preview else ""
            self._say(f"Cancelled.{best}")

    def _progress(self, event: Progress) -> None:
        if event.message:
            self._say(event.message)
        if self.moving:
            filled = round(event.fraction * BAR)
            left = f" · {event.seconds_left:.0f} s left" if event.seconds_left is not None else ""
            line = f"[{'#' * filled}{'.' * (BAR - filled)}] {event.fraction:4.0%} {STAGES[event.stage].words}{left}"
            sys.stderr.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])
            sys.stderr.flush()
        elif event.stage != self._stage:
            self._say(STAGES[event.stage].words)
        self._stage = event.stage

    def _say(self, text: str) -> None:
        sys.stderr.write(("\r\x1b[K" if self.moving else "") + text + "\n")
        sys.stderr.flush()


def doctor(as_json: bool) -> int:
    from .doctor import as_text, examine

    _speak_utf8()
    found = examine()
    sys.stdout.write((json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found)) + "\n")
    return FAILURE if found["problems"] else DONE
