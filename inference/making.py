"""Making the worker's Python environment, step by step. Standard library only.

A step that is done is written down and not done again; pip keeps its downloads. So a try that failed or was cancelled
is gone on with, and an environment that was half made, or that lost its Python, is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if __package__:
    from .lock import take
    from .machine import EXTRA_HOST, TORCH, SetUpError, TorchBuild, find_pythons, reachable
    from .pip_words import bytes_had, explained, package_in
    from .process import clean_variables, kill_tree, own_group
else:  # environment.py was run as a script: the rest of the room lies beside it
    from lock import take  # type: ignore[no-redef]
    from machine import EXTRA_HOST, TORCH, SetUpError, TorchBuild, find_pythons, reachable  # type: ignore[no-redef]
    from pip_words import bytes_had, explained, package_in  # type: ignore[no-redef]
    from process import clean_variables, kill_tree, own_group  # type: ignore[no-redef]

ENGINE = Path(__file__).resolve().parent.parent / "requirements" / "engine.txt"
STAMP_FILE = "statue-recon.json"  # in the environment: which steps are done, for which versions
LOG_FILE = "set-up.txt"
KEPT = ("lock", LOG_FILE)  # when the environment is made anew: both are in use
IMPORTS = ("numpy", "scipy", "torch", "warp", "trimesh", "cv2", "PIL", "fast_simplification")
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2", "--timeout", "30")
# Shares of the whole set-up, by what they take on an ordinary line.
SHARES = {"venv": 0.06, "torch": 0.64, "packages": 0.22, "engine": 0.02, "check": 0.06}
WORDS = {
    "venv": "Making the environment",
    "torch": "Installing PyTorch",
    "packages": "Installing the other packages",
    "engine": "Installing the engine",
    "check": "Trying it out",
}
LINES = 40  # of pip's output in one step, roughly: the bar moves with them where pip does not count bytes


@dataclass(frozen=True)
class Plan:
    """What an environment is to hold."""

    folder: Path
    base_python: Path | None  # tried first
    build: TorchBuild
    requirements: tuple[Path, ...] = (ENGINE,)
    editable: Path | None = None  # a checkout whose command is to work in the environment
    imports: tuple[str, ...] = IMPORTS  # what must be importable in the end

    @property
    def fingerprint(self) -> str:
        """Changes when what is installed does not fit any more."""
        digest = hashlib.sha256(f"{self.build.name} {self.build.requirement} {self.editable}".encode())
        for path in self.requirements:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def python_of(folder: Path) -> Path:
    """The Python of the environment in `folder`, whether it is there or not."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Cancelled(Exception):
    """The set-up was asked to stop."""


class Making:
    """One try to make the environment of a plan."""

    def __init__(self, plan: Plan, progress: Callable[[float, str], None], cancelled: threading.Event):
        self.plan = plan
        self.python = python_of(plan.folder)
        self._progress, self._cancelled = progress, cancelled
        self._process: subprocess.Popen | None = None
        self._step = "venv"
        self._package = ""  # the one at hand, for the words beside the bar
        self._log = plan.folder / LOG_FILE

    def stop(self) -> None:
        process = self._process
        if process and process.poll() is None:
            kill_tree(process)

    def make(self) -> None:
        """Does the steps that are not done. Raises SetUpError with a sentence and a next step, or Cancelled."""
        try:
            self.plan.folder.mkdir(parents=True, exist_ok=True)
            self._log.write_text("", encoding="utf-8")
            lock = take(self.plan.folder)
            if lock is None:
                raise SetUpError("Another Blender is setting up the engine right now.", "Wait until it is done.")
            try:
                self._make()
            finally:
                lock.release()
        except OSError as error:
            where = error.filename or self.plan.folder
            raise SetUpError(
                f"{where}: {error.strerror or error}.", "Mend that, then press Set Up Engine again."
            ) from error

    def _make(self) -> None:
        done = self._steps_done()
        for step in SHARES:
            self._step, self._package = step, ""
            self._say(0.0)
            if self._cancelled.is_set():
                raise Cancelled
            if step in done:
                continue
            getattr(self, f"_do_{step}")()
            done = [*done, step]
            self._write_stamp(done)

    def _steps_done(self) -> list[str]:
        """The steps an earlier try finished, if they were for the same plan and the environment still runs."""
        stamp = read_stamp(self.plan.folder)
        if stamp.get("fingerprint") == self.plan.fingerprint and self._runs("import pip"):
            return [step for step in stamp.get("steps", ()) if step != "check"]
        return []

    def _do_venv(self) -> None:
        needed, free = self.plan.build.gigabytes, shutil.disk_usage(self.plan.folder).free / 2**30
        if free < needed:
            raise SetUpError(
                f"The engine needs {needed} GB, but only {free:.1f} GB are free at {self.plan.folder}.",
                "Free some space, then press Set Up Engine again.",
            )
        for base in find_pythons(self.plan.base_python):
            self._empty()
            if self._run([*base, "-I", "-m", "venv", str(self.plan.folder)]) == 0 and self._runs("import pip"):
                return
        raise SetUpError(
            "No Python from 3.11 to 3.14 was found that can make an environment.",
            "Install Python 3.13 from python.org (on Linux with its venv package), then press Set Up Engine again.",
        )

    def _do_torch(self) -> None:
        build = self.plan.build
        index = ["--extra-index-url", build.index] if build.index and reachable(EXTRA_HOST) else []
        constraints = [word for path in self.plan.requirements[:1] for word in ("--constraint", str(path))]
        self._pip("install", build.requirement, *constraints, *index)

    def _do_packages(self) -> None:
        self._pip("install", *(word for path in self.plan.requirements for word in ("--requirement", str(path))))

    def _do_engine(self) -> None:
        if self.plan.editable:
            self._pip("install", "--no-deps", "--no-build-isolation", "--editable", str(self.plan.editable))

    def _do_check(self) -> None:
        if self._run([str(self.python), "-I", "-c", f"import {', '.join(self.plan.imports)}"]):
            (self.plan.folder / STAMP_FILE).unlink(missing_ok=True)  # nothing of it can be trusted: from the beginning
            raise SetUpError(f"What was installed does not work: {self._last_line()}", "Press Set Up Engine again.")

    def _pip(self, *arguments: str) -> None:
        bar = ["--progress-bar", "raw" if self._counts_bytes() else "off"]
        command = [str(self.python), *PIP, *arguments[:1], "--only-binary", ":all:", *bar, *arguments[1:]]
        if self._run(command) != 0:
            raise self._explained()

    def _counts_bytes(self) -> bool:
        """Whether this pip tells in plain lines how much of a download it has; from 24.1 on."""
        said = self._answer("import pip; print(pip.__version__)")
        version = [int(part) for part in re.findall(r"\d+", said)[:2]]
        return version >= [24, 1]

    def _runs(self, statement: str) -> bool:
        return self.python.is_file() and bool(self._answer(f"{statement}; print('yes')"))

    def _answer(self, statement: str) -> str:
        command = [str(self.python), "-I", "-c", statement]
        try:
            done = subprocess.run(command, env=clean_variables(), capture_output=True, text=True, **own_group())
        except OSError:
            return ""
        return done.stdout

    def _run(self, command: list[str]) -> int:
        """Runs a program, its output into the log and the bar along with it. Returns the exit code."""
        lines = 0
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n")
            self._process = subprocess.Popen(
                command,
                env=clean_variables() | {"PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                **own_group(),
            )
            if self._cancelled.is_set():  # asked between the last look and the start
                self.stop()
            for line in self._process.stdout or ():
                lines += 1
                part = bytes_had(line)
                if part is None:
                    log.write(line)
                    log.flush()
                    self._say(lines / (lines + LINES), line)
                else:
                    lines -= 1  # a count within a download, not one more thing done
                    self._say((lines + part) / (lines + part + LINES))
        code = self._process.wait()
        if self._cancelled.is_set():
            raise Cancelled
        return code

    def _say(self, of_step: float, line: str = "") -> None:
        """Moves the bar, and names the package at hand."""
        names = list(SHARES)
        before = sum(SHARES[name] for name in names[: names.index(self._step)])
        if package := package_in(line):
            self._package = f": {package}"
        self._progress(before + SHARES[self._step] * of_step, WORDS[self._step] + self._package)

    def _explained(self) -> SetUpError:
        said = self._log.read_text(encoding="utf-8", errors="replace").rpartition("\n$ ")[2]
        return SetUpError(*explained(said, self._log))

    def _last_line(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "no word of why"

    def _empty(self) -> None:
        """Empties the environment but for what is in use."""
        inside = [path.name for path in self.plan.folder.iterdir() if path.name not in KEPT]
        if inside and not {"pyvenv.cfg", STAMP_FILE} & set(inside):
            raise SetUpError(
                f"{self.plan.folder} is no Python environment, and something lies in it.", "Choose an empty folder."
            )
        for path in self.plan.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in KEPT:
                path.unlink()
        self._write_stamp([])  # marks the folder as ours, should making the environment break off

    def _write_stamp(self, steps: list[str]) -> None:
        stamp = {
            "fingerprint": self.plan.fingerprint,
            "steps": steps,
            "complete": len(steps) == len(SHARES),
            "engine": engine_hash(),
            "build": self.plan.build.name,
        }
        (self.plan.folder / STAMP_FILE).write_text(json.dumps(stamp, indent=2), encoding="utf-8")


def engine_hash() -> str:
    """Changes with the packages that the engine of this extension wants."""
    return hashlib.sha256(f"{TORCH} ".encode() + ENGINE.read_bytes()).hexdigest()


def read_stamp(folder: Path) -> dict:
    """What was written down about an environment; empty if nothing was, or nothing readable."""
    try:
        stamp = json.loads((folder / STAMP_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}
