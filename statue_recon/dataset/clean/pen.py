"""Processes that read strangers' meshes, each with a limit of time and of memory, so that no mesh ends the run.

A process that takes too long is killed; one that wants too much memory is refused it (Linux) or ends itself; one that
crashes is noticed. In each case a new one takes its place, and the caller learns what happened to which task.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ...contract import Failure

log = logging.getLogger(__name__)

_OVER_MEMORY = 86  # exit code of a process that ended itself
_GLANCES = 0.05  # seconds between two looks at the memory
_TO_START = 120.0  # seconds a process may take until it is ready: it loads NumPy, SciPy and Warp
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """What one task may take."""

    seconds: float
    memory: int  # bytes, beside what the process takes before its first task


@dataclass(frozen=True)
class Broken:
    """A task that was not done."""

    kind: str  # "time", "memory" or "error"
    words: str  # a sentence


class Pen:
    """A number of processes and the tasks for them. The functions of tasks are module-level ones."""

    def __init__(self, jobs: int, limits: Limits):
        self._limits = limits
        self._queue: deque[tuple[Hashable, Callable, tuple]] = deque()
        self._inmates = [_Inmate(limits) for _ in range(jobs)]

    def __enter__(self) -> Pen:
        return self

    def __exit__(self, *_: object) -> None:
        for inmate in self._inmates:
            inmate.kill()

    def give(self, key: Hashable, function: Callable, *arguments: Any, urgent: bool = False) -> None:
        """Puts a task in line; an urgent one is next."""
        task = (key, function, arguments)
        if urgent:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def take(self) -> tuple[Hashable, Any]:
        """The key and the result (or Broken) of the task that is done next. Somebody must have given one."""
        while True:
            for inmate in self._inmates:
                if self._queue and inmate.free:
                    inmate.start(*self._queue.popleft())
            busy = [inmate for inmate in self._inmates if not inmate.free]
            ready = wait(
                [inmate.pipe for inmate in busy], timeout=max(0.0, min(inmate.deadline for inmate in busy) - _now())
            )
            for inmate in busy:
                if inmate.pipe in ready or _now() > inmate.deadline:
                    done = inmate.answer()
                    if done is not None:
                        return done


class _Inmate:
    """One process. It is started with its first task, and again after it has ended."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._process: Any = None
        self._task: tuple[Hashable, Callable, tuple] | None = None
        self._ready = False
        self.pipe: Connection
        self.deadline = 0.0

    @property
    def free(self) -> bool:
        return self._task is None

    def start(self, key: Hashable, function: Callable, arguments: tuple) -> None:
        self._task = (key, function, arguments)
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs, self._limits.memory), daemon=True)
            self._process.start()
            theirs.close()
            self._ready, self.deadline = False, _now() + _TO_START
        else:
            self._send()

    def answer(self) -> tuple[Hashable, Any] | None:
        """The key and the result of its task; None where it has only become ready for it."""
        assert self._task is not None
        key = self._task[0]
        try:
            said = self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, OSError):
            return key, self._ended()
        if said is None:  # it is over its time
            self.kill()
            if not self._ready:
                raise _cannot_start(f"it was not ready after {_TO_START:.0f} s")
            return key, self._broken("time", f"It was not done within {self._limits.seconds:.0f} seconds.")
        if not self._ready:
            self._ready = True
            self._send()
            return None
        self._task = None
        if isinstance(said, Broken) and said.kind == "memory":  # what it still holds might starve the next task
            self.kill()
        return key, said

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
            self.pipe.close()

    def _send(self) -> None:
        assert self._task is not None
        self.deadline = _now() + self._limits.seconds
        with contextlib.suppress(OSError):  # it has just ended, as `answer` will notice
            self.pipe.send(self._task[1:])

    def _ended(self) -> Broken:
        self._process.join()
        code = self._process.exitcode
        self.kill()
        if not self._ready:
            raise _cannot_start(f"it ended with code {code}")
        if code == _OVER_MEMORY or code == -getattr(signal, "SIGKILL", 9):  # the system kills who starves all others
            return self._broken("memory", _over_memory(self._limits.memory))
        return self._broken("error", f"The process that had it crashed (exit code {code}).")

    def _broken(self, kind: str, words: str) -> Broken:
        self._task = None
        return Broken(kind, words)


def _serve(pipe: Connection, memory: int) -> None:
    """Runs in the process: does tasks until nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    from . import tasks  # noqa: F401  # loads what tasks need before memory is counted

    fence(memory)
    try:
        pipe.send("ready")
        while True:
            function, arguments = pipe.recv()
            pipe.send(_done(function, arguments, memory))
    except (EOFError, OSError):
        return


def _done(function: Callable, arguments: tuple, memory: int) -> Any:
    try:
        return function(*arguments)
    except MemoryError:
        return Broken("memory", _over_memory(memory))
    except Exception as error:  # whatever a stranger's file leads to, the other objects must go on
        return Broken("error", f"Checking it failed ({type(error).__name__}: {str(error)[:200]}).")


def fence(memory: int) -> None:
    """Lets this process have `memory` more bytes than it has now.

    On Linux the system refuses more, which Python notices as a MemoryError. Elsewhere, and for what Linux does not
    count, a thread looks and ends the process.
    """
    if sys.platform == "linux":
        import resource

        size = _pages()[0] * resource.getpagesize() + memory
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
    threading.Thread(target=watch, args=(memory_in_use() + memory,), daemon=True).start()


def watch(most: int) -> None:
    """Ends this process when it uses more than `most` bytes."""
    while memory_in_use() <= most:
        time.sleep(_GLANCES)
    os._exit(_OVER_MEMORY)


def memory_in_use() -> int:
    """The bytes of memory this process has; on Windows and macOS, the most it has had at once."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        counters = (ctypes.c_size_t * 10)()  # PROCESS_MEMORY_COUNTERS: two DWORDs in one, then PeakWorkingSetSize, …
        ask = ctypes.windll.kernel32.K32GetProcessMemoryInfo
        ask.argtypes = [wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD]
        current = ctypes.windll.kernel32.GetCurrentProcess
        current.restype = wintypes.HANDLE
        size = 2 * ctypes.sizeof(wintypes.DWORD) + 8 * ctypes.sizeof(ctypes.c_size_t)
        ask(current(), ctypes.byref(counters), size)
        return int(counters[8 // ctypes.sizeof(ctypes.c_size_t)])
    if sys.platform == "linux":  # whose record of the most begins with that of the process that started this one
        return _pages()[1] * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _pages() -> list[int]:
    """The pages of memory this process has asked for, and those it has, as Linux counts."""
    return [int(count) for count in Path("/proc/self/statm").read_text(encoding="ascii").split()[:2]]


def _over_memory(memory: int) -> str:
    return f"It needs more than {memory / _MEBIBYTE:.0f} MiB of memory."


def _cannot_start(how: str) -> Failure:
    return Failure(
        f"The process that reads meshes cannot be started: {how}.",
        next_step="Run `statue-recon doctor`, and try again with --jobs 1.",
    )


def _now() -> float:
    return time.monotonic()
