"""Blender as a process of its own: starting it, asking it, noticing that it died."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import queue
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from ...contract import Failure

log = logging.getLogger(__name__)

VARIABLE = "BLENDER"
SCRIPT = Path(__file__).with_name("studio.py")
ANSWER = "studio> "  # as in studio.py, which cannot be imported here
SILENCE = 1800.0  # seconds without an answer after which Blender counts as hung: a large picture on a slow machine
_FAREWELL = 20.0  # seconds that Blender may take to end by itself
_ASK_FOR = "Give --blender the path of Blender 4.2 or newer, or of a Python that has its module bpy."


class Gone(Exception):
    """Blender has ended, or hung and was ended, while it was asked for something. Says how in words."""


class Refused(Exception):
    """Blender said that it cannot do what it was asked for, and why."""


def find_blender(given: Path | None = None) -> str:
    """The program to start: the one given, else $BLENDER, else `blender` on the PATH, else this Python with its bpy."""
    if given or os.environ.get(VARIABLE):
        named = str(given or os.environ[VARIABLE])
        found = shutil.which(named)
        if not found:
            raise Failure(f"There is no program at {named}.", next_step=_ASK_FOR)
        return found
    found = shutil.which("blender")
    if found:
        return found
    if importlib.util.find_spec("bpy"):
        return sys.executable
    raise Failure("No Blender was found.", next_step=_ASK_FOR)


class Blender:
    """A Blender with the photo studio in it, started when it is first asked for something, and again after it died."""

    def __init__(self, program: str, set_up: dict[str, Any], errors: Path):
        """program: a Blender, or a Python with bpy: which one is tried out. set_up: studio.py's request of that name.

        errors: the file that what Blender says on its standard error is added to.
        """
        self._set_up, self._errors = set_up, errors
        # A Python refuses the first at once, for it knows no such option.
        self._ways = [
            [program, "--background", "--factory-startup", "--python", str(SCRIPT)],
            [program, str(SCRIPT)],
        ]
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str | None] = queue.Queue()
        self.version, self.device = "", ""

    def ask(self, request: dict[str, Any], patience: float = SILENCE) -> dict[str, Any]:
        """The studio's answer. Raises Gone if Blender ends instead, Refused if it says that it cannot."""
        self.send(request)
        return self.answer(patience)

    def send(self, request: dict[str, Any]) -> None:
        """Asks without waiting; `answer` gives the answers in the order of the requests."""
        if self._process is None:
            self._start()
        self._write(request)

    def answer(self, patience: float = SILENCE) -> dict[str, Any]:
        assert self._process is not None
        try:
            line = self._said.get(timeout=patience)
        except queue.Empty:
            self.stop(kill=True)
            raise Gone(f"Blender said nothing for {patience:.0f} s") from None
        if line is None:
            code = self._process.wait()
            self._process = None
            raise Gone(f"Blender ended unasked (exit code {code})")
        answer = json.loads(line)
        if "problem" in answer:
            raise Refused(answer["problem"])
        return answer

    def stop(self, kill: bool = False) -> None:
        """Ends Blender: by the end of its input, else by force."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Blender:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(kill=kind is not None)

    def _start(self) -> None:
        reasons = []
        for way in list(self._ways):
            self._open(way)
            try:
                self._write(self._set_up)
                ready = self.answer()
            except Gone as gone:
                reasons.append(str(gone))
                continue
            except Refused as refused:
                self.stop()
                raise Failure(
                    f"This Blender cannot render so ({refused}).",
                    next_step="Choose another --device or --renderer, --no-denoise, or another --blender.",
                ) from refused
            self._ways = [way]
            self.version, self.device = ready["blender"], ready["device"]
            log.info("Blender %s on %s: %s", self.version, self.device, way)
            return
        raise Failure(
            f"{self._ways[0][0]} does not work as Blender ({'; '.join(reasons)}). What it said: {self._errors}",
            next_step=_ASK_FOR,
        )

    def _open(self, command: list[str]) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
        # Ctrl-C is for us: Blender ends with its input.
        apart: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
            if os.name == "nt"
            else {"start_new_session": True}
        )
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
                encoding="utf-8",
                errors="replace",
                **apart,
            )
        self._said = queue.Queue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._said), daemon=True).start()

    def _write(self, request: dict[str, Any]) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:  # it has just ended: `answer` will tell
            log.info("Blender does not listen any more.")


def _listen(lines: Any, said: queue.Queue[str | None]) -> None:
    """Hands on the studio's answers, and drops what Blender prints between them."""
    for line in lines:
        if line.startswith(ANSWER):
            said.put(line.removeprefix(ANSWER))
    said.put(None)
