"""What is known of a job at one moment: a snapshot that any thread may read, because it never changes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from ..statue_recon import contract
from ..statue_recon.contract import Result
from ..statue_recon.contract_edit import EditResult

ACTIVE = ("queued", "running", "cancelling")


@dataclass(frozen=True)
class JobState:
    folder: Path
    status: str = "queued"  # queued, running, cancelling, done, failed or cancelled
    stage: str = "Waiting for its turn"  # in words
    fraction: float = 0.0  # of the whole run, 0 … 1
    stoppable: bool = False  # whether the stage under way can be ended early, to go on with what is there
    message: str = ""  # the last line worth showing
    preview: str | None = None  # the newest mesh, as a path inside the folder
    device: str = ""  # what the worker computes on
    result: Result | EditResult | None = None
    failure: str = ""  # what happened
    next_step: str = ""  # and what to do about it
    bug: bool = False  # it was a mistake of ours, and the log has the traceback
    began: float | None = None  # time.monotonic() when the worker was started
    ended: float | None = None
    due: float | None = None  # time.monotonic() when it will probably be done

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def seconds(self) -> float:
        """How long the worker has been at it, also between two events."""
        if self.began is None:
            return 0.0
        return (self.ended or time.monotonic()) - self.began

    @property
    def seconds_left(self) -> float | None:
        """How long it will probably take yet; None while nobody can tell."""
        if self.due is None or not self.active:
            return None
        return max(self.due - time.monotonic(), 0.0)

    @property
    def log(self) -> Path:
        return self.folder / contract.LOG_FILE
