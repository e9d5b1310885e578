"""One line that says how collecting goes: how many, how fast, how long still."""

from __future__ import annotations

from collections import Counter

from ..progress import Line, span

SHOWN = 20  # objects of one reason that are named; the rest is counted


class Tally(Line):
    """Counts what became of the objects, and shows it on standard error.

    total: objects there will be, where known.
    """

    def __init__(self, total: int | None):
        super().__init__()
        self.total = total
        self.new = self.there = 0
        self.left_out: Counter[str] = Counter()  # by reason: there are few
        self._bytes = 0

    def took(self, is_new: bool) -> None:
        self.new += is_new
        self.there += not is_new
        self._bytes = 0
        self.show(self.line)

    def refused(self, title: str, reason: str) -> None:
        kind = reason.partition(" (")[0]  # without what is particular to this one
        self.left_out[kind] += 1
        if self.left_out[kind] <= SHOWN:
            self.say(f"“{title}” {reason}: left out.")
        elif self.left_out[kind] == SHOWN + 1:
            self.say("From here on, what is left out for this reason is only counted.")
        self.show(self.line)

    def downloading(self, size: int) -> None:
        """size: bytes of the object under way."""
        self._bytes = size
        self.show(self.line)

    @property
    def taken(self) -> int:
        """Objects that are in the collection now."""
        return self.new + self.there

    @property
    def line(self) -> str:
        seconds, done, left = self.seconds, self.taken, self.left_out.total()
        parts = [f"{done} of {self.total} objects" if self.total else f"{done} objects", f"{self.new} new"]
        if left:
            parts.append(f"{left} left out")
        if self._bytes:
            parts.append(f"{self._bytes / 1e6:.0f} MB of the next")
        if seconds > 1:
            parts.append(f"{60 * (done + left) / seconds:.0f} a minute")
            if self.total and done > 4:
                parts.append(f"{span(seconds * max(self.total - done - left, 0) / (done + left))} left")
        return " · ".join(parts)
