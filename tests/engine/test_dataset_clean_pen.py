"""A task that takes too long, wants too much or crashes ends alone: the others get their results."""

import os
import subprocess
import sys
import time

import pytest

from statue_recon.dataset.clean.pen import Broken, Limits, Pen


def double(number: int) -> int:
    return 2 * number


def sleep_long() -> None:
    time.sleep(60)


def hoard() -> int:
    return len(bytearray(3 * 2**30))


def crash() -> None:
    os.abort()


def stumble() -> None:
    raise ValueError("of all things")


@pytest.fixture(scope="module")
def results() -> dict:
    tasks = {"slow": sleep_long, "greedy": hoard, "crash": crash, "stumble": stumble}
    with Pen(2, Limits(1.5, 2**30)) as pen:
        for number in range(4):
            pen.give(number, double, number)
        for name, function in tasks.items():
            pen.give(name, function)
        for number in range(4, 8):
            pen.give(number, double, number)
        return dict(pen.take() for _ in range(12))


def test_the_other_tasks_get_their_results(results):
    assert {number: results[number] for number in range(8)} == {number: 2 * number for number in range(8)}


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("slow", "time", "within 2 seconds"),
        ("greedy", "memory", "more than 1024 MiB"),
        ("crash", "error", "crashed"),
        ("stumble", "error", "of all things"),
    ],
)
def test_a_broken_task_says_what_happened(results, name, kind, words):
    assert isinstance(results[name], Broken)
    assert results[name].kind == kind
    assert words in results[name].words


def test_where_the_system_sets_no_limit_a_process_ends_itself():
    program = (
        "import threading, time; from statue_recon.dataset.clean.pen import watch, memory_in_use\n"
        "threading.Thread(target=watch, args=(memory_in_use() + 2**26,), daemon=True).start()\n"
        "held = b'x' * 2**27; time.sleep(20)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 86
