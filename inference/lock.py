"""The lock of a job folder: held by the Blender that runs the job, so that no second one resumes or removes it.

The system lets go of it when its process ends in whatever way, so a crash never leaves a folder locked.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

LOCK_FILE = "lock"
TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)  # what the systems answer when somebody else has it


class Lock:
    """One held lock; `release` it, or end the process."""

    def __init__(self, file):
        self._file = file

    def release(self) -> None:
        self._file.close()


def take(folder: Path) -> Lock | None:
    """The lock of this folder, or None while another process (or another job of this one) holds it.

    A file system without locks (some network drives) counts as unlocked: better an unguarded job than none.
    """
    file = (folder / LOCK_FILE).open("a+b")
    try:
        _lock(file)
    except OSError as error:
        if error.errno in TAKEN:
            file.close()
            return None
    return Lock(file)


def is_taken(folder: Path) -> bool:
    """Whether somebody holds the lock; leaves no trace in the folder."""
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        lock = take(folder)
    except OSError:
        return False  # a folder we may not write to: nobody works in it either
    if lock is None:
        return True
    lock.release()
    return False


def _lock(file) -> None:
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # exists on Windows only
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
