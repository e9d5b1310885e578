"""How far a long command has come: one line on the standard error, with the rate and the time left."""

from __future__ import annotations

import sys
import time

_EVERY = 0.2  # seconds between two drawings on a terminal
_EVERY_IN_A_LOG = 15.0  # where lines stay
_WIDTH = 118  # letters on a terminal: a line that breaks could not be drawn over


class Line:
    """The last line of the standard error: drawn over again and again on a terminal, written anew where there is none.

    It stays behind what is said in between.
    """

    def __init__(self) -> None:
        self._began = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._there = False

    @property
    def seconds(self) -> float:
        """Since the start; never zero."""
        return max(time.monotonic() - self._began, 1e-6)

    def show(self, words: str, last: bool = False) -> None:
        """Shows how far it is, if that was not shown just now; in any case where it is the last time."""
        now = time.monotonic()
        if last or now - self._shown >= (_EVERY if self._terminal else _EVERY_IN_A_LOG):
            self._shown, self._there = now, True
            self._write(f"\r\x1b[K{words[:_WIDTH]}" if self._terminal else f"{words}\n")

    def say(self, text: str) -> None:
        """Writes something that stays."""
        self._write(("\r\x1b[K" if self._terminal else "") + f"{text}\n")

    def close(self) -> None:
        """Takes it off the terminal."""
        if self._terminal:
            self._write("\r\x1b[K")

    def leave(self) -> None:
        """Lets it stand on the terminal, and goes on below it."""
        if self._terminal and self._there:
            self._write("\n")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class Counter:
    """Counts what is done of `total`; what was there before the start does not enter the rate."""

    def __init__(self, what: str, total: int, before: int = 0):
        self._what, self._total, self._done, self._before = what, total, before, before
        self._line = Line()

    @property
    def rate(self) -> float:
        """How many in a second, since the start."""
        return (self._done - self._before) / self._line.seconds

    def done(self, remark: str = "", count: int = 1) -> None:
        self._done += count
        self._line.show(self._words(remark), last=self._done == self._total)

    def end(self) -> None:
        """Leaves the line on the terminal."""
        self._line.leave()

    def _words(self, remark: str) -> str:
        words = f"{self._done} of {self._total} {self._what} · {self.rate:.2f} in a second"
        if self._before < self._done < self._total:
            words += f" · {span((self._total - self._done) / self.rate)} left"
        return words + (f" · {remark}" if remark else "")


def span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
