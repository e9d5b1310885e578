"""The runtime: the Python environment of the worker, made by one press of a button, or by the Makefile:

    python3 inference/environment.py FOLDER [--editable ROOT] [--requirements FILE ...]

Standard library only. How it is made: making.py; what the machine has: machine.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

if __package__:
    from .machine import SetUpError, torch_build
    from .making import ENGINE, LOG_FILE, Cancelled, Making, Plan, engine_hash, python_of, read_stamp
    from .pip_words import AGAIN
    from .process import clean_variables, own_group
else:  # run as a script: the rest of the room lies beside it
    from machine import SetUpError, torch_build  # type: ignore[no-redef]
    from making import (  # type: ignore[no-redef]
        ENGINE,
        LOG_FILE,
        Cancelled,
        Making,
        Plan,
        engine_hash,
        python_of,
        read_stamp,
    )
    from pip_words import AGAIN  # type: ignore[no-redef]
    from process import clean_variables, own_group  # type: ignore[no-redef]

ROOT = Path(__file__).resolve().parent.parent
CHECK_SECONDS = 120  # a first import of everything from a slow disk


@dataclass(frozen=True)
class SetUpState:
    """How far a set-up is; never changed, only replaced."""

    status: str = "running"  # running, done, failed or cancelled
    fraction: float = 0.0
    message: str = "Starting"
    failure: str = ""
    next_step: str = ""
    log: Path | None = None

    @property
    def running(self) -> bool:
        return self.status == "running"


def is_complete(folder: Path) -> bool:
    """Whether the set-up of this environment was finished, for the packages this version of the extension wants."""
    stamp = read_stamp(folder)
    return stamp.get("complete") is True and stamp.get("engine") == engine_hash()


def problem(python: Path, complete: bool = False) -> str | None:
    """Why this Python cannot run the worker, as far as a look at a few files tells; None if nothing speaks against it.

    With `complete`, it must be one that `SetUp` has finished.
    """
    if not python.is_file():
        return f"The engine's Python is not there any more: {python}. Press Set Up Engine, or choose another Python"
    home = re.search(r"^home\s*=\s*(.+)$", _read(python.parent.parent / "pyvenv.cfg"), re.MULTILINE)
    if home and not Path(home[1].strip()).is_dir():
        return f"The Python the engine was set up with has gone from {home[1].strip()}. Press Set Up Engine"
    if complete and not is_complete(python.parent.parent):
        return "The engine's set-up is unfinished or of another version. Press Set Up Engine"
    return None


def check(python: Path, root: Path = ROOT) -> str:
    """What the engine's doctor finds with this Python, as text to copy. Takes seconds: not for the main thread."""
    variables = {**clean_variables(), "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
    command = [str(python), "-P", "-m", "statue_recon", "doctor"]
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, encoding="utf-8", timeout=CHECK_SECONDS, **own_group()
        )
    except subprocess.TimeoutExpired:
        return f"{python} did not answer within {CHECK_SECONDS} seconds."
    except OSError as error:
        return f"{python} could not be started: {error.strerror or error}.\nPress Set Up Engine."
    return (done.stdout + done.stderr).strip() or f"{python} ended without a word (exit code {done.returncode})."


class SetUp:
    """Makes an environment in a thread of its own; `state` may be read at any time."""

    def __init__(
        self,
        folder: Path,
        base_python: Path | None = None,
        requirements: Path = ENGINE,
        allow_network: bool = True,
        plan: Plan | None = None,
    ):
        """`plan` takes the place of the usual one, which is found out in the thread because it asks the machine."""
        self.state = SetUpState(log=folder / LOG_FILE)
        self._folder, self._base_python, self._requirements = folder, base_python, requirements
        self._allow_network, self._plan = allow_network, plan
        self._making: Making | None = None
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="statue-recon set-up", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Ends the step under way; what is done stays for the next try."""
        self._cancelled.set()
        if self._making:
            self._making.stop()

    def wait(self, seconds: float | None = None) -> SetUpState:
        self._thread.join(seconds)
        return self.state

    def _run(self) -> None:
        try:
            if not self._allow_network:
                raise SetUpError(
                    "Allow Online Access is off, and setting up needs the network.",
                    "Turn it on in Preferences > System, or choose an existing Python.",
                )
            plan = self._plan or Plan(self._folder, self._base_python, torch_build(), (self._requirements,))
            self._making = Making(plan, self._progress, self._cancelled)
            self._making.make()
            self._change(status="done", fraction=1.0, message="Ready")
        except Cancelled:
            self._change(status="cancelled", message="Cancelled")
        except SetUpError as error:
            self._change(status="failed", failure=error.message, next_step=error.next_step)
        except Exception as error:  # whatever it is, the preferences must not show a set-up that never ends
            self._change(status="failed", failure=f"The set-up broke off: {error}.", next_step=AGAIN)

    def _progress(self, fraction: float, message: str) -> None:
        self._change(fraction=fraction, message=message)

    def _change(self, **changes) -> None:
        self.state = dataclasses.replace(self.state, **changes)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def main(arguments: list[str] | None = None) -> int:
    """The command line: the set-up with its words on standard error."""
    parser = argparse.ArgumentParser(description="Make the Python environment of Statue Recon's engine.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--editable", type=Path, metavar="ROOT", help="install the engine of this checkout, too")
    parser.add_argument("--requirements", type=Path, nargs="+", default=[], metavar="FILE", help="beside engine.txt")
    given = parser.parse_args(arguments)
    folder = given.folder.absolute()
    editable = given.editable.absolute() if given.editable else None
    try:
        plan = Plan(folder, Path(sys.executable), torch_build(), (ENGINE, *given.requirements), editable)
        Making(plan, _show, threading.Event()).make()
    except SetUpError as error:
        sys.stderr.write(f"\n{error}\nThe log: {folder / LOG_FILE}\n")
        return 1
    sys.stderr.write(f"\nReady: {python_of(folder)}\n")
    return 0


def _show(fraction: float, message: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{fraction:4.0%} {message}")
    elif ":" not in message and message not in _shown:
        _shown.append(message)
        sys.stderr.write(f"{message} …\n")


_shown: list[str] = []  # steps named already, where there is no terminal to write over


if __name__ == "__main__":
    sys.exit(main())
