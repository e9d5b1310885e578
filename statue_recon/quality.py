"""What Draft, Standard and High mean, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .contract import Request


@dataclass(frozen=True)
class Quality:
    grid: int  # cells of the SDF along the statue's longest side
    fit_steps: int  # steps of the fit
    faces: int  # triangles of the final mesh, at most
    atlas: int  # pixels of the texture's side


QUALITIES = {
    "draft": Quality(grid=160, fit_steps=50, faces=50_000, atlas=2048),
    "standard": Quality(grid=224, fit_steps=80, faces=100_000, atlas=2048),
    "high": Quality(grid=320, fit_steps=120, faces=200_000, atlas=4096),
}


def quality_of(request: Request) -> Quality:
    """The numbers of a request: its quality's, but for those it names itself."""
    quality = QUALITIES[request.quality]
    return replace(quality, faces=request.faces or quality.faces, atlas=request.texture or quality.atlas)
