"""The geometry stage of a job: the priors that were chosen speak of the field that was fitted to the photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..contract import Request
from ..field.sdf import SDF
from ..photo.photo import Photo
from ..priors.names import speaking
from ..quality import Quality
from ..report import Report
from .chosen import Told, guidance_of
from .geometry import GeometrySettings, GeometryStage, GeometryState, refine_geometry

Show = Callable[[SDF, int], None]  # a field to look at, and after how many steps


class SoFar(Protocol):
    """Where the stage keeps how far it has come, and finds it again after an interruption."""

    def read(self) -> GeometryState | None: ...

    def write(self, value: GeometryState) -> None: ...


@dataclass(frozen=True)
class Refined:
    """A refined field, and what a repetition must know of how it was made."""

    field: SDF
    steps: int  # that were done
    of: int  # that were planned: noise and step width go by their share


def refined(
    field: SDF,
    photo: Photo,
    request: Request,
    quality: Quality,
    device: str,
    so_far: SoFar,
    show: Show,
    report: Report,
    kind: Callable[..., GeometryStage] = GeometryStage,
) -> Refined:
    """The field after as many steps as the quality has, or until the user has had enough.

    kind: makes the stage; one may hold more still than the photo does.
    """
    device = "cpu" if device == "mps" else device  # as `field.fit`
    step, steps = 0, quality.refine_steps

    def progress(done: int, of: int) -> None:
        nonlocal step
        step = done
        report.step(done, of)

    def say(words: str) -> None:  # it may have to before there is a stage: large priors are read first
        report.step(step, steps, message=words)

    told = Told(photo, request.elevation, request.prompt)
    guidance = guidance_of(speaking(request.prior), told, device, say)
    stage = kind(field, photo, guidance, GeometrySettings(steps=steps), request.seed, device)
    if (state := so_far.read()) is not None:
        stage.restore(state)
        step = stage.step

    def look(now: GeometryStage) -> None:
        so_far.write(now.state())
        show(now.coarse(), now.step)

    def ended() -> bool:
        return report.enough or (request.refine_until is not None and stage.step >= request.refine_until)

    made = refine_geometry(stage, progress, ended, look)
    if stage.step < steps:
        report.step(stage.step, steps, message=stopped_at(stage.step, steps))
    return Refined(made, stage.step, steps)


def stopped_at(step: int, steps: int) -> str:
    """A sentence about a refinement that ended early."""
    return f"The refinement was stopped at step {step} of {steps}."
