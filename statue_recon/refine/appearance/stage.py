"""The stage itself: geometry frozen, what a photo shows locked, the rest made what a view prior holds for likely."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from ...mesh.mesh import TexturedMesh
from ...priors.view.prior import ViewPrior
from ...texture.view import View
from .canvas import Canvas
from .distil import Distil, Distillation, DistilState
from .repaint import Repaint, Repainting, RepaintState
from .told import Told

FAST = Repainting()
# For a small prior: the mean of one guess from many sides. On 8 statues held out (bench/hidden_colours) hidden colours
# are 0.7 dB nearer to the truth than filled in from around, 0.1 dB after several steps, which draw one of many answers.
BROAD = Repainting(views=16, noise=(0.6,), steps=1)
THOROUGH = Distillation()
LOOKED = 4.0  # seconds between two looks at a run

State = RepaintState | DistilState  # of a run, whichever way it goes about it


def refine_appearance(
    textured: TexturedMesh,
    photo: View,
    prior: ViewPrior,
    settings: Repainting | Distillation = FAST,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    state: State | None = None,
    keep: Callable[[State], None] | None = None,
) -> TexturedMesh:
    """The same mesh with an atlas in which what no photo shows is what the prior would paint.

    Texels whose visibility is above 0.3 (DP-Recon's weight) are the same to the last bit, by the photo's own rays or
    by `textured.seen`, whichever sees more; so several photos are heeded, too. The prior is told of `photo`, whose
    camera is in the mesh's frame. device: the prior's.

    progress hears the steps done, and of how many; when `stop` says so, what is there by then is kept.
    keep is handed the run's state every few seconds; from such a `state` a run with the same inputs goes on, and on a
    CPU it comes to the same bits.
    """
    told = Told.of(prior, photo, settings)
    canvas = Canvas.of(textured, photo, told.spacing, device)
    if not canvas.free.any():
        return textured
    generator = torch.Generator().manual_seed(seed)
    run = run_of(settings, canvas, told, generator, device)
    if state is not None:
        run.restore(state)  # type: ignore[arg-type]  # the state of such a run
        if progress is not None:
            progress(run.step, run.steps)
    kept = time.monotonic()
    for step in range(run.step + 1, run.steps + 1):
        if stop is not None and stop():
            break
        run.advance()
        if progress is not None:
            progress(step, run.steps)
        if keep is not None and time.monotonic() - kept >= LOOKED:
            keep(run.state())
            kept = time.monotonic()
    return replace(textured, atlas=canvas.atlas(run.layer()))


def run_of(
    settings: Repainting | Distillation, canvas: Canvas, told: Told, generator: torch.Generator, device: str
) -> Repaint | Distil:
    """A run, in the way the settings are for."""
    if isinstance(settings, Repainting):
        return Repaint(canvas, told, settings, generator, device)
    return Distil(canvas, told, settings, generator, device)
