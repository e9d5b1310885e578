"""The appearance stage of a job: the prior that paints, asked about the atlas that the photo was laid on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from ..contract import Request
from ..mesh.mesh import TexturedMesh
from ..priors.names import VIEW, title
from ..report import Report
from ..texture.view import View
from .appearance.distil import Distillation
from .appearance.repaint import Repainting
from .appearance.stage import BROAD, FAST, THOROUGH, State, refine_appearance
from .chosen import appearance_prior
from .thrift import LADDER, Thrift


@dataclass(frozen=True)
class Painted:
    """A mesh with the colours that were imagined, and what a repetition must know of how they were."""

    textured: TexturedMesh
    prior: str  # its name
    steps: int  # that were done
    of: int  # that were planned


@dataclass(frozen=True)
class PaintingState:
    """How far the stage has come."""

    rung: int  # of the ladder, on which memory sufficed: what was painted there goes on there
    run: State


class SoFar(Protocol):
    """Where the stage keeps how far it has come, and finds it again after an interruption."""

    def read(self) -> PaintingState | None: ...

    def write(self, value: PaintingState) -> None: ...


def painted(
    textured: TexturedMesh, photo: View, name: str, request: Request, device: str, so_far: SoFar, report: Report
) -> Painted:
    """The mesh as this prior paints it, or as far as that was when the user had enough."""
    device = "cpu" if device == "mps" else device  # as `field.fit`
    before = so_far.read()
    done, of = before.run.step if before else 0, 0

    def ended() -> bool:
        return report.enough or (request.paint_until is not None and done >= request.paint_until)

    def progress(step: int, steps: int) -> None:
        nonlocal done, of
        done, of = step, steps
        report.step(step, steps)

    def say(words: str) -> None:
        nonlocal done, before
        report.step(done, max(of, 1, done), message=words)
        done, before = 0, None  # what has less memory begins anew

    thrift = Thrift(title(name), device, say, LADDER[before.rung :] if before else LADDER)

    def keep(run: State) -> None:
        so_far.write(PaintingState(LADDER.index(thrift.rung), run))

    def work() -> TexturedMesh:
        prior = appearance_prior(name, device, thrift.rung)
        asked = replace(way_of(name, request.quality), prompt=request.prompt)
        state = before.run if before else None
        return refine_appearance(
            textured, photo, prior, asked, request.seed, thrift.device, progress, ended, state, keep
        )

    made = thrift.run(work, renew=lambda: None)  # the prior is made by the work
    if done < of:
        report.step(done, of, message=f"The painting was stopped at step {done} of {of}.")
    return Painted(made, name, done, of)


def way_of(name: str, quality: str) -> Repainting | Distillation:
    """How a prior is asked: the bundled one for broad colours; a large one in rounds, in High by score distillation."""
    if name == VIEW:
        return BROAD
    return THOROUGH if quality == "high" else FAST
