"""How a run tells the world where it stands, is asked to stop, and finds its way back after an interruption."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from . import contract
from .contract import RECONSTRUCTING, Event, Progress, Stage

log = logging.getLogger(__name__)
T = TypeVar("T")


class Stopped(Exception):
    """The user asked the run to stop; raised between two steps."""


class Report:
    """Writes events to `folder/events.jsonl`, hands them to a listener, and raises `Stopped` when asked to stop.

    One run has one Report. Stages call `step` often (it is cheap); it is also where a run can be stopped. A stage that
    can be ended early looks at `enough` after each of its steps.
    """

    def __init__(
        self,
        folder: Path,
        listener: Callable[[Event], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ):
        self.folder = folder
        self.preview: str | None = None
        self.timings: dict[str, float] = {}
        self._listener = listener
        self._stop = stop
        self._enough = threading.Event()
        self._part = (0, 1)
        self.plan(RECONSTRUCTING)
        self._began = time.monotonic()
        self._last_line = 0.0
        self._events = (folder / contract.EVENTS_FILE).open("a", encoding="utf-8")

    def close(self) -> None:
        self._events.close()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def send(self, event: Event) -> None:
        self._events.write(contract.to_line(event) + "\n")
        self._events.flush()
        if self._listener:
            self._listener(event)

    def plan(self, stages: Mapping[str, Stage], left_out: Collection[str] = ()) -> None:
        """Says which stages this run goes through, and which of them it has no use for."""
        self._stages = stages
        self._stage = next(iter(stages))
        self.leave_out(left_out)

    def leave_out(self, names: Collection[str]) -> None:
        """Says which stages this run has no use for: the others are the whole then."""
        self._shares = {name: 0.0 if name in names else stage.share for name, stage in self._stages.items()}

    @contextlib.contextmanager
    def part(self, number: int, of: int) -> Iterator[None]:
        """Within it, `step` speaks of one of several equal parts of the stage, counted from 0."""
        self._part = (number, of)
        try:
            yield
        finally:
            self._part = (0, 1)

    def ask_for_enough(self) -> None:
        """Ends the stage under way early, if it can be; from any thread."""
        self._enough.set()

    @property
    def enough(self) -> bool:
        """Whether the user has had enough of the stage under way, and wants what is there."""
        return self._enough.is_set()

    def stage(self, name: str, work: Callable[..., T], *inputs: Any) -> T:
        """Runs one stage of the pipeline and keeps how long it took."""
        self._stage = name
        self._enough.clear()  # it was said of the stage before
        began = time.monotonic()
        self.step(0, 1, force=True)
        result = work(*inputs)
        self.timings[name] = time.monotonic() - began
        log.info("%s took %.2f s", name, self.timings[name])
        return result

    def step(self, step: int, steps: int, message: str = "", preview: str | None = None, force: bool = False) -> None:
        """Says that `step` of `steps` of the current stage are done. At most ten lines a second are written."""
        if self._stop():
            raise Stopped
        self.preview = preview or self.preview
        now = time.monotonic()
        if not (force or message or preview) and now - self._last_line < 0.1:
            return
        self._last_line = now
        if message:
            log.info(message)
        number, of = self._part
        fraction = self._fraction((number + step / steps) / of)
        self.send(
            Progress(
                stage=self._stage,
                step=step,
                steps=steps,
                fraction=round(fraction, 4),
                seconds=round(self.seconds, 2),
                seconds_left=self._seconds_left(fraction),
                message=message,
                preview=preview,
            )
        )

    def _fraction(self, of_stage: float) -> float:
        names = list(self._shares)
        before = sum(self._shares[name] for name in names[: names.index(self._stage)])
        return min((before + self._shares[self._stage] * of_stage) / sum(self._shares.values()), 1.0)

    def _seconds_left(self, fraction: float) -> float | None:
        """A straight line through what has passed; None until enough has passed to draw one."""
        if fraction < 0.05 or self.seconds < 1.0:
            return None
        return round(self.seconds * (1.0 - fraction) / fraction, 1)
