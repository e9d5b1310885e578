"""The worker as an operating system process: starting it, asking it to stop, and making sure that it has."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from ..statue_recon import contract
from .process import clean_variables, kill_tree, own_group


class WorkerProcess:
    """One worker. Its output goes into the job's log, after what the worker itself logs there."""

    def __init__(self, python: Path, root: Path, folder: Path):
        """Starts `python -m statue_recon job folder` with the engine that lies in `root`. Raises OSError."""
        command = [str(python), "-P", "-u", "-m", "statue_recon", "job", str(folder)]
        variables = {**clean_variables(), "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
        with (folder / contract.LOG_FILE).open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder, env=variables, **own_group()
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Asks politely; the worker ends after the step under way, with the ending `Cancelled`."""
        self._write(b"cancel\n")

    def ask_for_enough(self) -> None:
        """Asks it to end the stage under way early, and to make the result of what is there."""
        self._write(b"enough\n")

    def leave(self) -> None:
        """Lets go of the worker; it stops, and its job can be resumed."""
        with contextlib.suppress(OSError):  # it is gone already
            self._process.stdin.close()  # type: ignore[union-attr]  # a pipe, see __init__

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within that time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Ends it and every process it started, at once."""
        kill_tree(self._process)
        self.leave()

    def _write(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # it is gone already, and its exit will be noticed
            os.write(self._process.stdin.fileno(), line)  # type: ignore[union-attr]
