"""What this machine has: the build of PyTorch that fits, and Pythons to make an environment. Standard library only."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if __package__:
    from .process import clean_variables, own_group
else:  # environment.py was run as a script
    from process import clean_variables, own_group  # type: ignore[no-redef]

TORCH = "torch==2.13.0"
EXTRA_HOST = "download.pytorch.org"
OLDEST, NEWEST = (3, 11), (3, 14)  # Pythons for which all of requirements/engine.txt has wheels
CUDA_13_DRIVER = 580  # the first NVIDIA driver that runs CUDA 13


class SetUpError(Exception):
    """Why an environment cannot be made, and the next step: what `Failure` is to a job."""

    def __init__(self, message: str, next_step: str):
        super().__init__(f"{message} {next_step}")
        self.message = message
        self.next_step = next_step


@dataclass(frozen=True)
class TorchBuild:
    """A build of PyTorch. Its own index is asked beside the usual one, where it can be reached: a version such as
    2.13.0+cpu sorts above the plain 2.13.0, so the fitting build wins, and the plain one serves without it."""

    name: str
    requirement: str
    index: str | None
    gigabytes: int  # free space needed for the whole environment and pip's downloads


TORCH_BUILDS = {
    "cpu": TorchBuild("cpu", TORCH, f"https://{EXTRA_HOST}/whl/cpu", 3),
    "cuda": TorchBuild("cuda", TORCH, f"https://{EXTRA_HOST}/whl/cu130", 12),
    "apple": TorchBuild("apple", TORCH, None, 3),
}


def torch_build() -> TorchBuild:
    """The build for this machine."""
    if sys.platform == "darwin":
        if platform.machine() != "arm64":
            raise SetUpError(
                "PyTorch is not made for Macs with Intel processors any more.",
                "Use a Mac with an Apple chip, Linux or Windows.",
            )
        return TORCH_BUILDS["apple"]
    driver = nvidia_driver()
    return TORCH_BUILDS["cuda" if driver and driver >= CUDA_13_DRIVER else "cpu"]


def nvidia_driver() -> int | None:
    """The main version of NVIDIA's driver; None where there is no card of theirs, or none that works."""
    answer = _answer(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"])
    first = (answer or "").partition(".")[0].strip()
    return int(first) if first.isdigit() else None


def reachable(host: str) -> bool:
    """Whether a web server answers within three seconds. Behind a proxy only pip itself can tell: then yes."""
    import urllib.request  # half of what importing this file would take

    if "https" in urllib.request.getproxies():
        return True
    try:
        socket.create_connection((host, 443), timeout=3).close()
    except OSError:
        return False
    return True


def find_pythons(first: Path | None) -> Iterator[list[str]]:
    """Commands of Pythons that can make an environment: the given one, then those on the PATH, newest known first."""
    names = ["python3.13", "python3.12", "python3.11", "python3.14", "python3", "python"]
    candidates = [[str(first)]] if first else []
    candidates += [[found] for found in map(shutil.which, names) if found]
    if os.name == "nt" and shutil.which("py"):
        candidates += [["py", f"-3.{minor}"] for minor in (13, 12, 11, 14)]
    return (candidate for candidate in candidates if _fits(candidate))


def _fits(python: list[str]) -> bool:
    question = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
    version = tuple(map(int, (_answer([*python, "-I", "-c", question]) or "0").split()))
    return OLDEST <= version <= NEWEST


def _answer(command: list[str]) -> str | None:
    """What a program says on standard output; None if it is not there, fails, or takes more than ten seconds."""
    try:
        done = subprocess.run(
            command, env=clean_variables(), capture_output=True, text=True, timeout=10, check=True, **own_group()
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout
