"""The appearance stage of a job: the prior that paints, asked about the atlas that the photo was laid on."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import Request
from ..mesh.mesh import TexturedMesh
from ..priors.names import title
from ..report import Report
from ..texture.view import View
from .appearance.repaint import Repainting
from .appearance.stage import refine_appearance
from .chosen import appearance_prior
from .thrift import Thrift


@dataclass(frozen=True)
class Painted:
    """A mesh with the colours that were imagined, and what a repetition must know of how they were."""

    textured: TexturedMesh
    prior: str  # its name
    steps: int  # that were done
    of: int  # that were planned


def painted(textured: TexturedMesh, photo: View, name: str, request: Request, device: str, report: Report) -> Painted:
    """The mesh as this prior paints it, or as far as that was when the user had enough."""
    device = "cpu" if device == "mps" else device  # as `field.fit`
    done, of = 0, 0

    def ended() -> bool:
        return report.enough or (request.paint_until is not None and done >= request.paint_until)

    def progress(step: int, steps: int) -> None:
        nonlocal done, of
        done, of = step, steps
        report.step(step, steps)

    def say(words: str) -> None:
        nonlocal done
        report.step(done, max(of, 1), message=words)
        done = 0  # what has less memory begins anew

    thrift = Thrift(title(name), device, say)

    def work() -> TexturedMesh:
        prior = appearance_prior(name, device, thrift.rung)
        asked = Repainting(prompt=request.prompt)
        return refine_appearance(textured, photo, prior, asked, request.seed, thrift.device, progress, ended)

    made = thrift.run(work, renew=lambda: None)  # the prior is made by the work
    if done < of:
        report.step(done, of, message=f"The painting was stopped at step {done} of {of}.")
    return Painted(made, name, done, of)
