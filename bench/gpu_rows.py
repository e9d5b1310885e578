"""The rows of bench/gpu.py, each measured in a process of its own: gpu_rows.py ROW FOLDER --device DEVICE

What is found is written to FOLDER/lines.jsonl, a line as soon as it is there. What cannot be measured ends the process
with a sentence about it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from statue_recon.contract import Failure, Request
from statue_recon.report import Report

PHOTO = Path(__file__).resolve().parent.parent / "samples" / "beethoven.jpg"
LINES = "lines.jsonl"
LEARN = 0.75  # minutes
WARM = 3  # steps of learning that are not counted

Say = Callable[..., None]


@dataclass(frozen=True)
class Row:
    """Something that is measured: by what, and for how long it may take."""

    work: Callable[[argparse.Namespace, Say], None]
    most: float  # seconds, the start of its process among them


def main() -> None:
    given = _parser().parse_args()
    with (given.folder / LINES).open("w", encoding="utf-8") as file:

        def say(what: str, **figures: Any) -> None:
            file.write(json.dumps({"what": what, **figures}) + "\n")
            file.flush()

        try:
            ROWS[given.row].work(given, say)
        except Failure as failure:
            sys.exit(f"{failure.message} {failure.next_step}")


def _machine(given: argparse.Namespace, say: Say) -> None:
    import torch

    cores = f"{os.cpu_count()} cores"
    card = f"{torch.cuda.get_device_name()}, {cores}" if given.device == "cuda" else f"{platform.machine()}, {cores}"
    say("machine", says=f"{card}, PyTorch {torch.__version__}")


class _Watched(Report):
    """A report that says what each stage took."""

    def __init__(self, folder: Path, name: str, device: str, say: Say):
        super().__init__(folder)
        self.most = 0
        self._name, self._device, self._say = name, device, say

    def stage(self, name: str, work: Callable, *inputs: Any) -> Any:
        def waited(*inputs: Any) -> Any:
            found = work(*inputs)
            now(self._device)
            return found

        forget(self._device)
        found = super().stage(name, waited, *inputs)
        self.most = max(self.most, peak(self._device))
        self._say(f"{self._name} · {name}", seconds=round(self.timings[name], 2), megabytes=peak(self._device))
        return found


def _job(name: str, quality: str) -> Callable[[argparse.Namespace, Say], None]:
    """A job as Blender starts it, in a process that has loaded nothing yet."""

    def work(given: argparse.Namespace, say: Say) -> None:
        from statue_recon.pipeline import reconstruct
        from statue_recon.quality import QUALITIES
        from statue_recon.refine.geometry import GeometrySettings

        steps = QUALITIES[quality].refine_steps or GeometrySettings().steps
        if given.quick:
            less = {"grid": 48, "samples": 1, "steps": 2, "fit_steps": 4, "faces": 4000, "atlas": 1024}
            QUALITIES[quality], steps = replace(QUALITIES[quality], **less), 2
        request = Request(photo=str(PHOTO), quality=quality, prior="bundled", device=given.device, refine_steps=steps)
        report = _Watched(given.folder, name, given.device, say)
        try:
            result = reconstruct(request, given.folder, "result", report)
        finally:
            report.close()
        says = f"{result.faces:,} faces, {steps} steps of refinement"
        say(name, seconds=round(report.seconds, 2), megabytes=report.most, says=says)

    return work


def _steps(given: argparse.Namespace, say: Say) -> None:
    import refine_step

    if given.quick:
        refine_step.CELLS, refine_step.STEPS = 40, refine_step.WARM + 1
    usual, peaks = refine_step.step_of, []

    def watched(stage: Any) -> dict[str, float]:
        forget(given.device)
        found = usual(stage)
        peaks.append(peak(given.device))
        return found

    refine_step.step_of = watched
    table = _printed(lambda: refine_step.main(given.device))
    rows = {name: row for name, row in table.items() if isinstance(row, dict)}
    for (name, row), megabytes in zip(rows.items(), peaks, strict=True):
        alone = row.pop("denoiser, seconds")
        says = ", ".join(f"{part} {share:.2f}" for part, share in row.items())
        say(f"step · {name}", seconds=round(alone * row["step"], 4), megabytes=megabytes, says=f"in denoisers: {says}")


def _appearance(given: argparse.Namespace, say: Say) -> None:
    import appearance

    if given.quick:
        appearance.SIZE = 256
    usual = appearance.timed

    def watched(painted: Any, photo: Any, settings: Any, device: str) -> dict[str, float]:
        forget(device)
        found = usual(painted, photo, settings, device)
        says = f"{found['steps']} steps, each {found['step over prior']:.2f} of its prior's time"
        name = f"appearance · {type(settings).__name__.lower()}"
        say(name, seconds=found["all, wall"], megabytes=peak(device), says=says)
        return found

    appearance.timed = watched
    _printed(lambda: appearance.main(given.device, given.quick))


def _printed(work: Callable[[], None]) -> dict[str, Any]:
    """The JSON that a benchmark prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        work()
    return json.loads(said.getvalue())


class _Clocked:
    """A task of training without validation, which notes when a batch was asked for and when it came."""

    def __init__(self, task: Any, device: str):
        self.network, self.loss = task.network, task.loss
        self.asked: list[float] = []
        self.came: list[float] = []
        self._task, self._device = task, device

    def batches(self, seed: int) -> Iterator[Any]:
        batches = self._task.batches(seed)
        while True:
            self.asked.append(now(self._device))
            batch = next(batches)
            self.came.append(time.perf_counter())
            yield batch

    def validate(self, network: Any) -> dict[str, float]:
        return {}

    def sheet(self, network: Any, path: Path) -> None:
        """Draws nothing."""


def _training(given: argparse.Namespace, say: Say) -> None:
    if given.data is None:
        raise Failure("no prepared statues were given.", next_step="Name their folder with --data.")
    from statue_recon.train.loop import train
    from statue_recon.train.record import cores

    budget, clocked = _learner(given)
    forget(given.device)
    train(clocked, budget, given.folder, given.device)
    spans = zip(clocked.came[WARM:], clocked.asked[WARM + 1 :], strict=False)  # the last one was not followed
    work = sorted(end - start for start, end in spans)
    if not work:
        raise Failure(f"only {len(clocked.came)} steps were done in {budget.minutes:g} minutes.", next_step="")
    step = work[len(work) // 2]
    arriving = budget.batch * len(work) / (clocked.asked[-1] - clocked.asked[WARM])
    says = f"{budget.batch / step:.0f} photos a second learnt from, {arriving:.0f} with waiting for them"
    says += f" by {min(budget.workers, cores())} processes"
    say("training step · shape-gpu", seconds=round(step, 4), megabytes=peak(given.device), says=says)


def _learner(given: argparse.Namespace) -> tuple[Any, _Clocked]:
    """The budget and the task of the configuration shape-gpu, for a short run."""
    from statue_recon.train import config
    from statue_recon.train.objects import Objects
    from statue_recon.train.record import cores
    from statue_recon.train.run import SECTIONS, budget_of, fitting_shares
    from statue_recon.train.tasks import TASKS

    kind, said = TASKS["shape"](), config.read("shape-gpu", "shape", SECTIONS)
    budget = budget_of(said, LEARN)
    if given.quick:
        budget = replace(budget, batch=2, workers=0, precision="no", minutes=0.35)
    data = said.section("data", kind.data, folder=given.data, lights=None, device=given.device)
    data = replace(data, shares=fitting_shares(data.shares, Objects(given.data)))
    architecture = said.section("architecture", kind.architecture)
    if given.quick:
        architecture = replace(architecture, widths=(32, 32, 32))
    task = kind.task(architecture, data, budget.batch, min(budget.workers, cores()), given.device)
    return budget, _Clocked(task, given.device)


def now(device: str) -> float:
    """Seconds, when all is done that was begun on the device."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
    return time.perf_counter()


def forget(device: str) -> None:
    """From now on `peak` counts anew, where it can."""
    if device == "cuda":
        import torch

        torch.cuda.init()  # before that there is nothing to reset, which is an error
        torch.cuda.reset_peak_memory_stats()


def peak(device: str) -> int:
    """Megabytes, at most."""
    if device == "cuda":
        import torch

        return round(torch.cuda.max_memory_allocated() / 2**20)
    if sys.platform == "win32":
        return 0
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


ROWS = {
    "machine": Row(_machine, 25),
    "draft, first run": Row(_job("draft, first run", "draft"), 90),  # which compiles Warp's kernels on this machine
    "draft": Row(_job("draft", "draft"), 40),
    "standard": Row(_job("standard", "standard"), 70),
    "high": Row(_job("high", "high"), 115),
    "refinement steps": Row(_steps, 35),
    "appearance": Row(_appearance, 40),
    "training": Row(_training, 95),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("row", choices=tuple(ROWS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", choices=("cuda", "cpu"), required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--quick", action="store_true")
    return parser


if __name__ == "__main__":
    main()
