"""Before a job: whether it will fit on this machine and how long it will take, found in a thread of its own.

Standard library only, without bpy. What is asked of the disk, of the system and of the card's driver may take seconds;
so a question is left here, and its answer is there for whoever draws or presses, once it is known.

`durations.json` in the user's folder keeps how long jobs took on this machine: for each kind of job that of the last,
and what the device “auto” turned out to be. It is read out of the job folders, before these are cleaned up.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ..statue_recon.contract import ENDINGS, Failure, Hello, Request, Result
from . import job_folder, machine
from .events import Events

log = logging.getLogger(__name__)

KINDS = 40  # of jobs that are remembered
WAITING = 4  # questions: as many scenes may be looked at in turns
ANSWERS = 8  # that are kept
STEPS = 60  # of refinement, to be told to somebody who asked for none
ENDED_EARLY = " stopped at step "  # in a result's summary: how long that took says nothing of the next


@dataclass(frozen=True)
class Question:
    """What somebody is about to ask for."""

    request: Request
    jobs: Path  # where its folder will lie, beside those of the jobs before it


@dataclass(frozen=True)
class Answer:
    """What there is to know before that."""

    blocked: str = ""  # why it is certain to fail, with the next step
    warnings: tuple[str, ...] = ()  # sentences: what may be too little, and the setting that would fit
    seconds: float | None = None  # that it will take, about
    measured: bool = False  # by the last job of this kind, on this machine


class FitCheck:
    """Answers questions in the background; of those that wait, the last few."""

    def __init__(self, memory: Path) -> None:
        """memory: the file durations.json, which need not be there yet."""
        self.answers: Mapping[Request, Answer] = MappingProxyType({})  # replaced as a whole: read it from any thread
        self.newest = Answer()
        self._durations = Durations(memory)  # of the thread
        self._waiting: deque[Question] = deque(maxlen=WAITING)
        self._closed = False
        self._guard = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="statue-recon fit", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Leaves a question; returns at once."""
        with self._guard:
            if question not in self._waiting:
                self._waiting.append(question)
            self._guard.notify()

    def close(self) -> None:
        with self._guard:
            self._closed = True
            self._guard.notify()

    def _work(self) -> None:
        while True:
            with self._guard:
                while not self._waiting and not self._closed:
                    self._guard.wait()
                if self._closed:
                    return
                question = self._waiting.popleft()
            try:
                self.newest = answer(question, self._durations)
            except Exception:  # a bug of ours: the button works all the same, and nothing is claimed
                log.exception("Looking whether %s fits", question.request)
                self.newest = Answer()
            kept = [(asked, said) for asked, said in self.answers.items() if asked != question.request][1 - ANSWERS :]
            self.answers = MappingProxyType(dict([*kept, (question.request, self.newest)]))


def answer(question: Question, durations: Durations) -> Answer:
    """What there is to know. It may take seconds: not for a main thread."""
    from ..statue_recon import capacity
    from ..statue_recon.priors import models, names

    known = models.entries()
    durations.learn(question.jobs)
    request = question.request
    try:
        wanted = capacity.wanted_of(request)
        names.check(names.read(request.prior))
        there = capacity.this_machine(durations.device_of(request.device), question.jobs)
        usual = capacity.expected(request, known, there)
    except Failure as failure:  # a prior that is not installed, say
        return Answer(warnings=(str(failure),))
    blocked = capacity.hopeless(wanted, known, there)
    said = [] if blocked else [capacity.misfit(wanted, known, there), capacity.note(wanted, known, there)]
    silent = [name for name in names.read(request.prior) if name != names.SHAPE]
    if silent and not wanted.steps and request.prior not in names.SHORT:  # a word leaves the choice to us
        titles = " and ".join(names.title(name) for name in silent)
        said.append(f"Without steps of refinement nobody asks {titles}. Set Refinement, under Hidden Side, to {STEPS}.")
    took = durations.seconds_of(request, there.device)
    warnings = tuple(str(each) for each in said if each)
    return Answer(str(blocked or ""), warnings, usual if took is None else took, took is not None)


class Durations:
    """How long jobs took on this machine, in a small file."""

    def __init__(self, path: Path):
        self._path = path
        self._seconds: dict[str, float] = {}  # by kind, the last one last
        self._devices: dict[str, str] = {}  # as asked: as used
        self._read: set[Path] = set()  # jobs of which nothing more is to be learnt
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            self._seconds = {str(kind): float(value) for kind, value in said["seconds"].items()}
            self._devices = {str(asked): str(used) for asked, used in said["devices"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            log.debug("Nothing is known yet of how long jobs take: %s", path)

    def learn(self, jobs: Path) -> None:
        """Reads how long the jobs took that ended since the last look, and keeps it."""
        before = (list(self._seconds.items()), dict(self._devices))
        for folder in reversed(job_folder.jobs(jobs)):  # oldest first
            if folder not in self._read and self._learn_from(folder):
                self._read.add(folder)
        if (list(self._seconds.items()), self._devices) != before:
            self._write()

    def device_of(self, asked: str) -> str:
        """What a device that is asked for will be: as the last time, else as it looks from here."""
        if asked != "auto":
            return asked
        if asked in self._devices:
            return self._devices[asked]
        if sys.platform == "darwin":
            return "mps"
        return "cuda" if machine.nvidia_driver() else "cpu"

    def seconds_of(self, request: Request, device: str) -> float | None:
        """How long the last such job took."""
        return self._seconds.get(_kind(request, device))

    def _learn_from(self, folder: Path) -> bool:
        """Whether the job has ended, so that nothing more will come of it."""
        try:
            request, events = job_folder.read_request(folder), Events(folder).new()
        except (Failure, OSError):
            return True  # of another version
        ending = events[-1] if events else None
        hellos = [event for event in events if isinstance(event, Hello)]
        # One that was resumed tells of its last part only.
        if isinstance(request, Request) and isinstance(ending, Result) and len(hellos) == 1:
            self._devices[request.device] = hellos[0].device
            if ENDED_EARLY not in ending.summary:
                kind = _kind(request, hellos[0].device)
                self._seconds.pop(kind, None)
                self._seconds[kind] = ending.seconds
        return isinstance(ending, ENDINGS)

    def _write(self) -> None:
        from ..statue_recon.whole import write_whole

        said = {"seconds": dict(list(self._seconds.items())[-KINDS:]), "devices": self._devices}
        try:
            write_whole(self._path, json.dumps(said, indent=1).encode("utf-8"))
        except OSError as error:
            log.warning("How long jobs take cannot be kept in %s: %s", self._path, error)


def _kind(request: Request, device: str) -> str:
    """What jobs have in common that take about as long: the photo is no part of it, for it is worked on in one size."""
    from ..statue_recon.quality import quality_of

    quality = quality_of(request)
    parts = (quality.faces, quality.atlas, quality.refine_steps, request.samples or quality.samples)
    mesh = "quads" if request.quads else "triangles"
    return " ".join(map(str, (device, request.quality, request.prior.replace(" ", ""), *parts, mesh)))
