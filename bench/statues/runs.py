"""Running the engine on photographs: each in a process of its own, imports and all, and what it cost."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .photos import CACHE, Taken

log = logging.getLogger(__name__)

RUNS = CACHE / "runs"


@dataclasses.dataclass(frozen=True)
class Engine:
    """The engine under test, and how it is called."""

    root: Path  # the checkout it is taken from
    python: Path
    arguments: str  # of `reconstruct`, as on a command line
    masks: str  # "true": the true mask is given; "automatic": the engine finds its own
    elevation: str = "assumed"  # "true": the engine is told how steeply the camera looked down

    @property
    def key(self) -> str:
        """Twelve letters that change with the engine's code, its arguments and what it is told."""
        told = "" if self.elevation == "assumed" else f"{self.elevation}\n"
        mark = hashlib.sha256(f"{self.arguments}\n{self.masks}\n{self.python}\n{told}".encode())
        for path in sorted((self.root / "statue_recon").rglob("*.py")):
            mark.update(path.relative_to(self.root).as_posix().encode() + b"\0" + path.read_bytes())
        return mark.hexdigest()[:12]

    def settings(self) -> dict[str, Any]:
        described = {name: str(value) for name, value in dataclasses.asdict(self).items()}
        return described | {"key": self.key, "cores": os.cpu_count()}


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run has left and cost."""

    folder: Path
    exit_code: int
    seconds: float  # of the wall clock
    cpu_seconds: float  # of all cores together: what remains comparable on a machine that has other work
    peak_megabytes: float
    problem: str  # the last words of a run that failed


def run(engine: Engine, key: str, photo: Taken) -> Run:
    """The run of the engine on this photo, from the cache if it is there. key: `engine.key`, taken once."""
    folder = RUNS / key / photo.view.name
    record = folder / "run.json"
    wanted = dataclasses.asdict(photo.view)
    if record.exists():
        kept = json.loads(record.read_text(encoding="utf-8"))
        if kept.pop("view") == wanted and not kept["exit_code"]:  # what failed is tried again
            return Run(folder, **kept)
        record.unlink()
    done = _start(engine, photo, folder)
    fields = dataclasses.asdict(done) | {"view": wanted}
    del fields["folder"]
    record.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    log.info("%s: %.0f s", photo.view.name, done.seconds)
    return done


def _start(engine: Engine, photo: Taken, folder: Path) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(engine.python), "-m", "statue_recon", "reconstruct", str(photo.photo), "--out", str(folder)]
    if engine.masks == "true":
        command += ["--mask", str(photo.mask)]
    if engine.elevation == "true":
        command += ["--elevation", str(photo.view.elevation)]
    command += shlex.split(engine.arguments)
    environment = os.environ | {"PYTHONPATH": str(engine.root)}
    began = time.monotonic()
    with (folder / "said.txt").open("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(command, cwd=engine.root, env=environment, stdout=said, stderr=subprocess.STDOUT)
        cpu, peak = _wait(process)
        said.seek(0)
        words = said.read()[-500:]
    seconds = time.monotonic() - began
    return Run(folder, process.returncode, seconds, cpu, peak, words if process.returncode else "")


def _wait(process: subprocess.Popen) -> tuple[float, float]:
    """Waits for a process. Returns its CPU seconds and the most memory it held, in megabytes."""
    if not hasattr(os, "wait4"):  # Windows does not tell
        process.wait()
        return float("nan"), float("nan")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
