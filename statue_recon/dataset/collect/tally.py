"""One line that says how collecting goes: how many, how fast, how long still."""

from __future__ import annotations

import sys
import time
from collections import Counter

EVERY = 0.2  # seconds between two drawings on a terminal
EVERY_LINE = 30.0  # seconds between two lines where there is no terminal
SHOWN = 20  # objects of one reason that are named; the rest is counted


class Tally:
    """Counts what became of the objects, and shows it on standard error.

    total: objects there will be, where known.
    """

    def __init__(self, total: int | None):
        self.total = total
        self.new = self.there = 0
        self.left_out: Counter[str] = Counter()  # by reason: there are few
        self._began = self._shown = time.monotonic()
        self._moving = sys.stderr.isatty()
        self._bytes = 0

    def took(self, is_new: bool) -> None:
        self.new += is_new
        self.there += not is_new
        self._bytes = 0
        self._show()

    def refused(self, title: str, reason: str) -> None:
        kind = reason.partition(" (")[0]  # without what is particular to this one
        self.left_out[kind] += 1
        if self.left_out[kind] <= SHOWN:
            self.say(f"“{title}” {reason}: left out.")
        elif self.left_out[kind] == SHOWN + 1:
            self.say("From here on, what is left out for this reason is only counted.")
        self._show()

    def downloading(self, size: int) -> None:
        """size: bytes of the object under way."""
        self._bytes = size
        self._show()

    def say(self, text: str) -> None:
        sys.stderr.write(("\r\x1b[K" if self._moving else "") + text + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        if self._moving:
            sys.stderr.write("\r\x1b[K")

    @property
    def taken(self) -> int:
        """Objects that are in the collection now."""
        return self.new + self.there

    @property
    def line(self) -> str:
        seconds = max(time.monotonic() - self._began, 1e-6)
        done, left = self.taken, self.left_out.total()
        parts = [f"{done} of {self.total} objects" if self.total else f"{done} objects", f"{self.new} new"]
        if left:
            parts.append(f"{left} left out")
        if self._bytes:
            parts.append(f"{self._bytes / 1e6:.0f} MB of the next")
        if seconds > 1:
            parts.append(f"{60 * (done + left) / seconds:.0f} a minute")
            if self.total and done > 4:
                parts.append(f"{_duration(seconds * max(self.total - done - left, 0) / (done + left))} left")
        return " · ".join(parts)

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < (EVERY if self._moving else EVERY_LINE):
            return
        self._shown = now
        if self._moving:
            sys.stderr.write("\r\x1b[K" + self.line)
            sys.stderr.flush()
        else:
            self.say(self.line)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
