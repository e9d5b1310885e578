"""A real Chromium without a window, driven over chromedriver's HTTP protocol (W3C WebDriver) by the standard library.

Where there is no Chromium, `browser` skips the test; with STATUE_BROWSER_TESTS=1 in the environment it fails instead.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image

T = TypeVar("T")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",  # WebGL on the processor
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
ARROWS = {"left": "\ue012", "right": "\ue014"}
PATIENCE = 20.0  # seconds


class Browser:
    """One tab."""

    def __init__(self, address: str, session: str):
        self._session = f"{address}/session/{session}"

    def open(self, url: str) -> None:
        self._ask("POST", "/url", {"url": url})

    def reload(self) -> None:
        self._ask("POST", "/refresh", {})

    def run(self, script: str, *values: Any) -> Any:
        """What the body of a JavaScript function returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(values)})

    def text(self, identifier: str) -> str:
        """The text a person sees in an element."""
        return self.run("return document.getElementById(arguments[0]).innerText", identifier)

    def press(self, key: str) -> None:
        """A key of the keyboard, down and up."""
        keys = [{"type": kind, "value": ARROWS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def drag(self, identifier: str, across: int, down: int) -> None:
        """The mouse from the middle of an element, pressed."""
        x, y = self.run(
            "const b = document.getElementById(arguments[0]).getBoundingClientRect();"
            "return [Math.round(b.x + b.width / 2), Math.round(b.y + b.height / 2)]",
            identifier,
        )
        steps = [
            {"type": "pointerMove", "x": x, "y": y, "duration": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "x": x + across, "y": y + down, "duration": 50},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
        self._ask("POST", "/actions", {"actions": [mouse]})

    def resize(self, width: int, height: int) -> None:
        self._ask("POST", "/window/rect", {"width": width, "height": height})

    def devtools(self, command: str, **values: Any) -> Any:
        """A command of Chromium's own protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": values})

    def picture(self) -> np.ndarray:
        """[H, W, 3] uint8, what the tab shows."""
        png = base64.b64decode(self._ask("GET", "/screenshot"))
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def until(self, found: Callable[[], T], what: str) -> T:
        """The first true answer; fails after PATIENCE seconds with what did not come."""
        end = time.monotonic() + PATIENCE
        while True:
            if answer := found():
                return answer
            if time.monotonic() > end:
                raise AssertionError(f"In {PATIENCE:.0f} s there was no {what}; the page says: {self._says()}")
            time.sleep(0.05)

    def close(self) -> None:
        self._ask("DELETE", "")

    def _says(self) -> str:
        return " | ".join(self.run("return document.body.innerText").split("\n"))

    def _ask(self, method: str, path: str, said: dict | None = None) -> Any:
        body = None if said is None else json.dumps(said).encode()
        request = urllib.request.Request(
            self._session + path, body, {"Content-Type": "application/json"}, method=method
        )
        try:
            with _HERE.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.load(error)['value']['message']}") from error


@contextlib.contextmanager
def browser(width: int = 1000, height: int = 700) -> Iterator[Browser]:
    """A new Chromium with an empty profile; gone afterwards."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        reason = "There is no Chromium with chromedriver here (Debian: apt-get install chromium chromium-driver)."
        if os.environ.get("STATUE_BROWSER_TESTS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="statue-recon-chromium-", ignore_cleanup_errors=True) as profile:
        command = [driver, f"--port={port}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            opened = _session(f"http://127.0.0.1:{port}", chromium, Path(profile), (width, height))
            try:
                yield opened
            finally:
                opened.close()
        finally:
            process.terminate()
            process.wait(timeout=20)


_HERE = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


def _session(address: str, chromium: str, profile: Path, size: tuple[int, int]) -> Browser:
    options = {
        "binary": chromium,
        "args": [*FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"],
    }
    asked = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
    request = urllib.request.Request(
        f"{address}/session", json.dumps(asked).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    end = time.monotonic() + 60
    while True:
        try:
            with _HERE.open(request, timeout=60) as answer:
                return Browser(address, json.load(answer)["value"]["sessionId"])
        except urllib.error.HTTPError as error:
            raise AssertionError(f"Chromium does not start: {json.load(error)['value']['message']}") from error
        except (urllib.error.URLError, ConnectionError):  # the driver is not up yet
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
