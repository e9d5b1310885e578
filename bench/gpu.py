"""Everything that wants a CUDA GPU, in one command under nine minutes: make bench-gpu [DATA=DIR]

    .venv/bin/python bench/gpu.py [--data DIR] [--json FILE] [--only NAME ...] [--device cpu] [--quick]

One table: each stage of a job in each quality, the steps of refinement beside their denoisers (bench/refine_step.py),
the appearance stage (bench/appearance.py), and how fast the shape prior learns in the configuration shape-gpu from
--data, which `statue-recon train prepare` made. Each row runs in a process of its own, which is ended when its time is
up; what it found until then stays, and the others go on. MB: the most that PyTorch held on the card, without what Warp
and CUDA hold; on a CPU the most that the process held so far. --quick does as little as possible, on a CPU too: it
shows that every row works, its figures are worth nothing. Without a GPU it says so.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gpu_rows import LINES, ROWS

from statue_recon import device as devices

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("gpu_rows.py")
ALL = 510.0  # seconds for all rows together; nine minutes leave half a one for what stands around them
LEAST = 5.0  # seconds; with less left a row is not begun
AIMS = {"standard": 30.0, "refinement step over its denoiser": 1.25, "all": 540.0}  # issue 5; seconds, but for the step
NO_GPU = "There is no CUDA GPU that PyTorch can use on this machine, so there is nothing to measure.\n"


def main() -> None:
    given = _parser().parse_args()
    if given.device == "cuda" and devices.choose("auto") != "cuda":
        sys.stdout.write(NO_GPU)
        return
    began = time.monotonic()
    lines: list[dict[str, Any]] = []
    sys.stdout.write(_words({"what": "", "seconds": "seconds", "megabytes": "MB"}))
    for name in given.only or ROWS:
        most = ROWS[name].most if given.device == "cuda" else ALL  # no processor is as fast
        found = measured(name, most, ALL - (time.monotonic() - began), given)
        sys.stdout.writelines(map(_words, found))
        sys.stdout.flush()
        lines += found
    seconds = round(time.monotonic() - began, 1)
    sys.stdout.write(_words({"what": "all", "seconds": seconds}))
    if given.json:
        told = {"device": given.device, "quick": given.quick, "aims": AIMS, "seconds": seconds, "rows": lines}
        given.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def measured(name: str, most: float, left: float, given: argparse.Namespace) -> list[dict[str, Any]]:
    """The lines of a row, measured in a process of its own within `most` seconds, if as many are left.

    The last one tells why, if it could not be measured, or not to its end.
    """
    limit = min(most, left)
    if limit < LEAST:
        return [{"row": name, "what": name, "problem": "no time was left"}]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as kept:
        folder = Path(kept)
        command = [sys.executable, str(WORKER), name, kept, "--device", given.device]
        command += [*(["--quick"] if given.quick else []), *(["--data", str(given.data)] if given.data else [])]
        problem = _run(command, limit, folder / "said.txt")
        said = folder / LINES
        lines = said.read_text(encoding="utf-8").splitlines(keepends=True) if said.exists() else []
        # The last may be half written, where the process was ended.
        found = [{"row": name, **json.loads(line)} for line in lines if line.endswith("\n")]
    return [*found, {"row": name, "what": name, "problem": problem}] if problem else found


def _run(command: list[str], limit: float, said: Path) -> str:
    """Runs a command, and ends it with all it started when its time is up. Returns what went wrong, or nothing."""
    with said.open("w+", encoding="utf-8", errors="replace") as words:
        process = subprocess.Popen(command, cwd=ROOT, stdout=words, stderr=words, start_new_session=True)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            return f"it did not end within {limit:.0f} s"
        finally:
            _end(process)
        words.seek(0)
        last = (words.read().strip().splitlines() or [""])[-1]
    return (last or f"it ended with code {process.returncode}") if process.returncode else ""


def _end(process: subprocess.Popen) -> None:
    """Ends a process that still runs; with it, but on Windows, those that take photos for training."""
    if process.poll() is None:
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _words(line: dict[str, Any]) -> str:
    """A line of the table."""
    if "problem" in line:
        return f"{line['what']:32}  not measured: {line['problem']}\n"
    seconds, megabytes, says = (line.get(name, "") for name in ("seconds", "megabytes", "says"))
    return f"{line['what']:32}{seconds:>10}{megabytes:>8}  {says}".rstrip() + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Everything that wants a CUDA GPU, in under nine minutes.")
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), help="prepared statues to learn from")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same for programs")
    parser.add_argument("--only", nargs="+", choices=tuple(ROWS), metavar="NAME", help=f"of: {', '.join(ROWS)}")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="as little as possible: to see that it works")
    return parser


if __name__ == "__main__":
    main()
