"""Where the time of a refinement step goes: .venv/bin/python bench/refine_step.py [DEVICE]

The geometry stage on a bust of 160 cells with the bundled shape prior's network on 64 × 64 columns (random weights: the
same time), and with a view prior's on rendered normals. Each part in shares of the denoiser's own forward at the same
batch and size, medians over the steps of a run; what is looked up only now and then (visibility, the rays' nearest
places) counts in full in the mean of all steps. Processor time on a CPU, so that other work there hardly shows. JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
import torch
from scipy import ndimage

from statue_recon.camera import Camera
from statue_recon.field.sdf import SDF
from statue_recon.photo.photo import Photo
from statue_recon.photo.window import condition_of, window_of
from statue_recon.priors.shape.network import ShapeNetwork
from statue_recon.priors.shape.prior import ShapePrior
from statue_recon.priors.view.framing import framed
from statue_recon.priors.view.network import ViewNetwork
from statue_recon.priors.view.prior import BundledViewPrior
from statue_recon.refine import chosen, sds, views, volume
from statue_recon.refine.geometry import GeometrySettings, GeometryStage
from statue_recon.refine.guidance import Guidance
from statue_recon.refine.views import NormalsGuidance
from statue_recon.refine.volume import VolumeGuidance

AIM = 1.25  # of the denoiser's forward: what a step may take, says the issue
CELLS, STEPS = 160, 40
DRAWS, VIEWS = 4, chosen.VIEWS
PARTS = ("sampling", "denoiser", "evidence", "backward", "optimiser", "visibility")
WARM = 2  # steps that are not counted


def main(device: str) -> None:
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    field, photo = bust(CELLS), photo_of_bust()
    window, columns = window_of(photo, 0.0)
    shape = ShapePrior(ShapeNetwork(), device)
    _, framing = framed(photo.camera, (100, 50, 300, 350), 4.0)
    view = BundledViewPrior(ViewNetwork(), device)
    told = condition_of([window])
    table: dict[str, object] = {"device": device, "threads": torch.get_num_threads(), "aim": AIM}
    speakers: dict[str, Guidance] = {
        f"volume, {draws} at once": VolumeGuidance.of(shape, told, columns, draws=draws) for draws in (1, DRAWS)
    }
    speakers |= {
        f"normals, {VIEWS} views, {draws} questions each": NormalsGuidance(view, framing, views=VIEWS, draws=draws)
        for draws in (1, chosen.DRAWS)
    }
    for name, guidance in speakers.items():
        table[name] = step_of(GeometryStage(field, photo, [guidance], GeometrySettings(steps=STEPS), device=device))
    sys.stdout.write(json.dumps(table, indent=2) + "\n")


def step_of(stage: GeometryStage) -> dict[str, float]:
    """The parts of a step in shares of the denoiser's forward, whose seconds are told too."""
    now = clock(stage.device)
    spent: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, work: Callable) -> Callable:
        def wrapped(*inputs, **named):
            began = now()
            found = work(*inputs, **named)
            spent[name][-1] += now() - began
            return found

        return wrapped

    guidance = stage.guidance[0]
    restore: list[tuple[object, str, object]] = []

    def watch(owner: object, name: str, label: str) -> None:
        restore.append((owner, name, getattr(owner, name)))
        setattr(owner, name, timed(label, getattr(owner, name)))

    watch(stage, "_evidence", "evidence")
    watch(stage, "_look", "visibility")
    watch(stage._descent, "step", "optimiser")
    watch(torch.Tensor, "backward", "backward")
    watch(sds, "gradient", "prior")
    if isinstance(guidance, VolumeGuidance):
        watch(volume._Nodes, "encoded", "sampling")
        denoiser = guidance.denoiser
        guidance.denoiser = sds.Denoiser(timed("denoiser", denoiser.guess), denoiser.levels, denoiser.times)
    else:
        watch(views, "shown", "sampling")
        watch(guidance.prior, "predict", "denoiser")
    whole = []
    try:
        while not stage.done:
            for name in (*PARTS, "prior"):
                spent[name].append(0.0)
            began = now()
            stage.advance()
            whole.append(now() - began)
    finally:
        for owner, name, work in reversed(restore):
            setattr(owner, name, work)
    return shares(spent, whole)


def shares(spent: dict[str, list[float]], whole: list[float]) -> dict[str, float]:
    """Means over the steps of what each part takes, in those of the denoiser."""
    mean = {name: float(np.mean(part[WARM:])) for name, part in spent.items()}
    step, denoiser = float(np.mean(whole[WARM:])), mean["denoiser"]
    mean["noise and gradient"] = mean.pop("prior") - denoiser
    mean["other"] = step - sum(mean.values())
    found = {name: round(seconds / denoiser, 3) for name, seconds in mean.items() if seconds}
    return {"denoiser, seconds": round(denoiser, 4), **found, "step": round(step / denoiser, 3)}


def clock(device: str) -> Callable[[], float]:
    """Seconds: of the processor where it does the work, else of the wall."""
    if device == "cpu":
        return time.process_time

    def waited() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return waited


def bust(cells: int) -> SDF:
    """A head on shoulders on a plinth, about as wide and deep as statues are."""
    spacing = 1.8 / cells
    lower = np.array([-0.55, -0.45, -0.95])
    axes = (low + spacing * np.arange(int(-2.0 * low / spacing) + 1) for low in lower)
    x, y, z = np.meshgrid(*axes, indexing="ij")
    head = np.sqrt((x / 0.8) ** 2 + y**2 + ((z - 0.5) / 1.2) ** 2) * 0.8 - 0.28
    shoulders = np.sqrt((x / 1.4) ** 2 + y**2 + (z + 0.15) ** 2) - 0.33
    plinth = np.maximum(np.maximum(np.abs(x), np.abs(y)) - 0.3, np.abs(z + 0.65) - 0.25)
    distances = np.minimum(np.minimum(head, shoulders), plinth)
    return SDF(distances.astype(np.float32), lower, spacing)


def photo_of_bust() -> Photo:
    """Its outline from the front."""
    field = bust(CELLS)
    camera = Camera.orbit(0, 0, 4.0, 400, 400, 780.0)
    nodes = np.argwhere(field.values < 0)
    columns, rows = np.floor(camera.project(field.lower + field.spacing * nodes)[0]).astype(int).T
    alpha = np.zeros((400, 400), np.float32)
    alpha[rows, columns] = 1.0
    alpha = ndimage.binary_closing(alpha > 0.5, np.ones((5, 5))).astype(np.float32)
    return Photo(np.full((400, 400, 3), 0.5, np.float32), alpha, "drawn", camera, ())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu")
