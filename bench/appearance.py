"""How long the appearance stage takes: .venv/bin/python bench/appearance.py [DEVICE] [--quick]

A bumpy ball of 100 000 faces, painted at 2k from one photo, refined by the bundled view prior's network (random
weights: the same time) both ways; --quick: the fast one only. Prints JSON: wall and processor seconds, those of them
that the prior takes, by step, and the most memory that was held. Issue 5 asks that a step of distillation takes no more
than 1.25 of the prior's own time; on a shared machine processor seconds are the ones to compare.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
import torch
from texture import ball, cameras, photograph

from statue_recon.mesh.atlas import unwrap
from statue_recon.priors.view.network import ViewNetwork
from statue_recon.priors.view.prior import BundledViewPrior
from statue_recon.refine.appearance.canvas import Canvas
from statue_recon.refine.appearance.distil import Distil, Distillation
from statue_recon.refine.appearance.repaint import Repaint, Repainting
from statue_recon.refine.appearance.stage import FAST, THOROUGH
from statue_recon.refine.appearance.told import Told
from statue_recon.report import Report
from statue_recon.texture.paint import paint
from statue_recon.texture.view import View

SIZE = 2048
AIM = 1.25  # of the prior's own time: what a step of distillation may take, says the issue


class TimedPrior(BundledViewPrior):
    """The bundled prior, which counts the seconds it takes."""

    spent = 0.0

    def predict(self, *inputs, **named):
        began = now(self._device)
        found = super().predict(*inputs, **named)
        self.spent += now(self._device) - began
        return found


def main(device: str, quick: bool) -> None:
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.manual_seed(0)
    mesh, camera = ball(), cameras()[0]
    photo = View(photograph(mesh, camera), camera)
    with tempfile.TemporaryDirectory() as folder:
        painted = paint(mesh, unwrap(mesh), [photo], SIZE, device, Report(Path(folder)))
    table: dict[str, object] = {"device": device, "threads": torch.get_num_threads(), "atlas": SIZE, "aim": AIM}
    ways: list[Repainting | Distillation] = [FAST] if quick else [FAST, THOROUGH]
    for settings in ways:
        table[type(settings).__name__] = timed(painted, photo, settings, device)
    if sys.platform != "win32":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        table["peak_megabytes"] = round(peak / (2**20 if sys.platform == "darwin" else 2**10))
    sys.stdout.write(json.dumps(table, indent=2) + "\n")


def timed(painted, photo: View, settings: Repainting | Distillation, device: str) -> dict[str, float]:
    """Seconds of the parts of a run, as `refine_appearance` puts them together."""
    prior = TimedPrior(ViewNetwork(), device)
    generator = torch.Generator().manual_seed(0)
    wall, began = time.perf_counter(), now(device)
    told = Told.of(prior, photo, settings)
    canvas = Canvas.of(painted, photo, told.spacing, device)
    ready = now(device)
    run: Repaint | Distil
    if isinstance(settings, Repainting):
        run = Repaint(canvas, told, settings, generator, device)
    else:
        run = Distil(canvas, told, settings, generator, device)
    run.advance()  # which loads and compiles what is needed
    warm, spent = now(device), prior.spent
    for _ in range(run.steps - 1):
        run.advance()
    stepped, asked = now(device), prior.spent - spent
    atlas = canvas.atlas(run.layer())
    laid = now(device)
    assert np.array_equal(atlas[canvas.locked], painted.atlas[canvas.locked])
    found = {
        "canvas": ready - began,
        "first step": warm - ready,
        "steps after it": stepped - warm,
        "prior in these": asked,
        "atlas": laid - stepped,
        "all": laid - began,
        "all, wall": time.perf_counter() - wall,
        "step over prior": (stepped - warm) / max(asked, 1e-9),
    }
    return {"steps": run.steps, **{name: round(seconds, 3) for name, seconds in found.items()}}


def now(device: str) -> float:
    """Seconds: of the processor where it does the work, else of the wall."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    names = [each for each in sys.argv[1:] if not each.startswith("-")]
    main(names[0] if names else "cpu", "--quick" in sys.argv[1:])
