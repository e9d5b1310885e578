"""The line that says how far a long command has come."""

from __future__ import annotations

import io
import sys

import pytest

from statue_recon.dataset.progress import Counter, Line, span


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_is_not_filled_with_a_line_for_each_object(capsys):
    counter = Counter("objects", 50)
    for _ in range(50):
        counter.done()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("50 of 50 objects · ")


def test_the_rate_counts_only_what_this_run_has_done():
    counter = Counter("objects", 100, before=90)
    assert counter.rate == 0
    counter.done(count=5)
    assert 0 < counter.rate * counter._line.seconds <= 6


def test_what_is_said_on_a_terminal_takes_the_place_of_the_line(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    line = Line()
    line.show("1 of 2", last=True)
    line.say("one is skipped")
    assert terminal.getvalue() == "\r\x1b[K1 of 2\r\x1b[Kone is skipped\n"


def test_a_line_that_never_showed_leaves_no_empty_one(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    Counter("objects", 0).end()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(("seconds", "words"), [(42, "42 s"), (600, "10 min"), (9000, "2.5 h")])
def test_a_time_is_told_as_people_say_it(seconds, words):
    assert span(seconds) == words
