"""How far a long command has come: one line on the standard error, with the rate and the time left."""

from __future__ import annotations

import sys
import time

_EVERY = 0.5  # seconds between two lines on a terminal
_EVERY_IN_A_LOG = 15.0  # where lines stay


class Counter:
    """Counts what is done of `total`; what was there before the start does not enter the rate."""

    def __init__(self, what: str, total: int, before: int = 0):
        self._what, self._total, self._done, self._before = what, total, before, before
        self._began = time.monotonic()
        self._said = 0.0
        self._terminal = sys.stderr.isatty()

    @property
    def rate(self) -> float:
        """How many in a second, since the start."""
        return (self._done - self._before) / max(time.monotonic() - self._began, 1e-6)

    def done(self, remark: str = "", count: int = 1) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._said >= (_EVERY if self._terminal else _EVERY_IN_A_LOG) or self._done == self._total:
            self._said = now
            self._say(remark)

    def end(self) -> None:
        """Leaves the line on the terminal."""
        if self._terminal and self._said:
            sys.stderr.write("\n")

    def _say(self, remark: str) -> None:
        left = (self._total - self._done) / self.rate if self._done > self._before else 0.0
        words = f"{self._done} of {self._total} {self._what} · {self.rate:.2f} in a second"
        words += f" · {_span(left)} left" if self._done < self._total else ""
        words += f" · {remark}" if remark else ""
        sys.stderr.write(f"\r\x1b[K{words}" if self._terminal else f"{words}\n")
        sys.stderr.flush()


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
