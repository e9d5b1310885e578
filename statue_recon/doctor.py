"""The set-up check: versions, device, memory and disk as text to copy. Works where packages are missing too."""

from __future__ import annotations

import ctypes
import importlib
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from . import __version__, contract

PACKAGES = {  # what is imported: what is installed
    "numpy": "numpy",
    "scipy": "scipy",
    "torch": "torch",
    "warp": "warp-lang",
    "trimesh": "trimesh",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "fast_simplification": "fast-simplification",
    "safetensors": "safetensors",
    "transformers": "transformers",
    "diffusers": "diffusers",
}
GIGABYTE = 2**30


def examine() -> dict[str, Any]:
    """What this Python and this machine offer the engine; `problems` is empty when a job can run."""
    problems: list[str] = []
    found = {
        "engine": __version__,
        "contract": contract.VERSION,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "packages": {package: _version(module, package, problems) for module, package in PACKAGES.items()},
        "processor": f"{_processor()}, {os.cpu_count()} threads",
        "graphics": _graphics(),
        "memory_free_gb": _gigabytes(free_memory()),
        "disk_free_gb": _gigabytes(shutil.disk_usage(Path.cwd()).free),
    }
    return {**found, "problems": problems}


def as_text(found: dict[str, Any]) -> str:
    """The findings as lines to read and to copy."""
    lines = [f"Statue Recon {found['engine']} (contract {found['contract']})"]
    lines += [f"{key.capitalize():<10} {found[key]}" for key in ("python", "system", "processor", "graphics")]
    lines.append(f"{'Memory':<10} {_or_unknown(found['memory_free_gb'])} free")
    lines.append(f"{'Disk':<10} {_or_unknown(found['disk_free_gb'])} free")
    lines += [f"{package:<24} {version or 'missing'}" for package, version in found["packages"].items()]
    if not found["problems"]:
        return "\n".join([*lines, "All is well: the engine can run."])
    advice = "Next step: press Set Up Engine in the preferences (or: pip install -r requirements/engine.txt)."
    return "\n".join([*lines, *found["problems"], advice])


def _version(module: str, package: str, problems: list[str]) -> str | None:
    """The installed version; imports the module, because only that tells a whole package from a broken one."""
    try:
        importlib.import_module(module)
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of unknown version"
    except Exception as error:  # a broken package may raise anything at all
        missing = isinstance(error, ModuleNotFoundError) and error.name == module
        problems.append(f"The package {package} is {'missing' if missing else f'broken: {error}'}.")
        return None


def _graphics() -> str:
    """The graphics processors PyTorch can use, with the free memory of each, in words."""
    torch = sys.modules.get("torch")
    if torch is None:
        return "unknown without PyTorch"
    if torch.cuda.is_available():
        cards = []
        for number in range(torch.cuda.device_count()):
            free, whole = torch.cuda.mem_get_info(number)
            name = torch.cuda.get_device_name(number)
            cards.append(f"cuda: {name}, {free / GIGABYTE:.1f} of {whole / GIGABYTE:.1f} GB free")
        return "; ".join(cards)
    if torch.backends.mps.is_available():
        return "mps: Apple graphics, memory shared with the processor"
    return "none that PyTorch can use: the processor does the work"


def _processor() -> str:
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        return names[0] if names else platform.machine()
    if sys.platform == "darwin":
        return _answer("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def free_memory() -> int | None:
    """Bytes that can be had without swapping; None where the system does not tell."""
    if sys.platform == "linux":
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024
    if sys.platform == "darwin":
        percent = _answer("sysctl", "-n", "kern.memorystatus_level")  # percent of memory that is free
        whole = _answer("sysctl", "-n", "hw.memsize")
        return int(whole) * int(percent) // 100 if whole and percent else None
    if sys.platform == "win32":
        status = _WindowsMemory(length=ctypes.sizeof(_WindowsMemory))
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status.free
    return None


class _WindowsMemory(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("whole", ctypes.c_uint64),
        ("free", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    ]


def _answer(*command: str) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _gigabytes(count: int | None) -> float | None:
    return None if count is None else round(count / GIGABYTE, 1)


def _or_unknown(gigabytes: float | None) -> str:
    return "an unknown amount" if gigabytes is None else f"{gigabytes} GB"
