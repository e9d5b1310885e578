"""What Draft, Standard and High mean, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .contract import Request


@dataclass(frozen=True)
class Quality:
    grid: int  # cells of the SDF along the statue's longest side
    samples: int  # backs that are drawn, to see how far they differ
    steps: int  # of the diffusion, for each of them
    fit_steps: int  # steps of the fit
    faces: int  # triangles of the final mesh, at most
    atlas: int  # pixels of the texture's side
    refine_steps: int = 0  # of the refinement of the hidden side, where a prior speaks of it


QUALITIES = {
    "draft": Quality(grid=160, samples=4, steps=6, fit_steps=50, faces=50_000, atlas=2048, refine_steps=0),
    "standard": Quality(grid=224, samples=8, steps=8, fit_steps=80, faces=100_000, atlas=2048, refine_steps=60),
    "high": Quality(grid=320, samples=16, steps=10, fit_steps=120, faces=200_000, atlas=4096, refine_steps=120),
}


def quality_of(request: Request) -> Quality:
    """The numbers of a request: its quality's, but for those it names itself."""
    quality = QUALITIES[request.quality]
    refine_steps = quality.refine_steps if request.refine_steps is None else request.refine_steps
    return replace(
        quality,
        faces=request.faces or quality.faces,
        atlas=request.texture or quality.atlas,
        refine_steps=refine_steps,
    )
