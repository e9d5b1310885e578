"""The stage itself: geometry frozen, what a photo shows locked, the rest made what a view prior holds for likely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from ...mesh.mesh import TexturedMesh
from ...priors.view.prior import ViewPrior
from ...texture.view import View
from .canvas import Canvas
from .distil import Distil, Distillation
from .repaint import Repaint, Repainting
from .told import Told

FAST = Repainting()
THOROUGH = Distillation()


def refine_appearance(
    textured: TexturedMesh,
    photo: View,
    prior: ViewPrior,
    settings: Repainting | Distillation = FAST,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> TexturedMesh:
    """The same mesh with an atlas in which what no photo shows is what the prior would paint.

    Texels whose visibility is above 0.3 (DP-Recon's weight) are the same to the last bit, by the photo's own rays or
    by `textured.seen`, whichever sees more; so several photos are heeded, too. The prior is told of `photo`, whose
    camera is in the mesh's frame. device: the prior's.

    progress hears the steps done, and of how many; when `stop` says so, what is there by then is kept.
    """
    told = Told.of(prior, photo, settings)
    canvas = Canvas.of(textured, photo, told.spacing, device)
    if not canvas.free.any():
        return textured
    generator = torch.Generator().manual_seed(seed)
    run: Repaint | Distil
    if isinstance(settings, Repainting):
        run = Repaint(canvas, told, settings, generator, device)
    else:
        run = Distil(canvas, told, settings, generator, device)
    for step in range(1, run.steps + 1):
        if stop is not None and stop():
            break
        run.advance()
        if progress is not None:
            progress(step, run.steps)
    return replace(textured, atlas=canvas.atlas(run.layer()))
