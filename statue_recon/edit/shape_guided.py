"""Edits of the shape by any words: a large prior that knows pictures looks at a part of the statue, and pulls at it.

                 as it is now                                  as it was
    rendered ──▶ what the prior would change of it,     −      what it would change of that,         =  what the words
    normals      told “a statue, a lion's mane”                told “a statue”, with the same noise       alone ask for

A prior is never quite content with renderings of a plain surface; the difference (delta denoising, Hertz et al. 2023)
leaves that out, and is 0 where the words say nothing. It moves a field of the region alone, by the geometry stage of a
reconstruction; vertices then go where the field went, so that the topology stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..camera import Camera
from ..contract import Failure
from ..contract_edit import EditRequest
from ..field.sdf import SDF
from ..mesh.mesh import LONGEST_SIDE, Mesh
from ..mesh.solid import Surface, refined
from ..photo.photo import Photo
from ..priors import names
from ..priors.view.framing import Framing, Pose
from ..priors.view.prior import ViewPrior
from ..refine.cameras import random_poses
from ..refine.chosen import CoarseThenFine, appearance_prior
from ..refine.geometry import ANCHOR, GeometrySettings, GeometryStage, change_loss, refine_geometry
from ..refine.guidance import Current, Guidance, Moment
from ..refine.sds import Denoiser, by_noise, gradient
from ..refine.seen import Seen
from ..refine.thrift import Rung, Say, Thrift, ThriftyGuidance
from ..refine.views import NormalsGuidance, shown
from ..render.gbuffer import gbuffer
from ..report import Report
from .carry import carried
from .guarded import GuardedStage
from .known import free_text
from .statue import Region, Statue

STEPS, PREVIEW_STEPS = 60, 15  # at strength 1
NODES, PREVIEW_NODES = 56, 32  # of the field, along the longest side of the region's box
VIEWS = 2  # rendered at each step
# How much a prior counts at weight 1 beside what keeps a surface smooth. Measured with a prior that knows for certain
# that a ball is larger by 0.108: 14 steps made it so by 0.036 at 1, 0.049 at 4, 0.052 at 16; and 40 at 4 by 0.10.
LOUD = 4.0
SMALLEST = 0.2  # of the longest side: a smaller region is looked at with what is around it
ROOM = 1.25  # sides of a view in sides of the region's box, as in `priors.view.framing`
GROWTH = 0.2  # of the box' longest side, that the surface may grow on each side
DISTANCE = 5.0  # world units of the cameras
PIXELS = 256  # of a side of the picture that stands for a photo nobody took


def guided_edit(
    statue: Statue, region: Region, request: EditRequest, device: str, report: Report | None = None
) -> NDArray[np.float32]:
    """How far each vertex moves [V, 3]; exactly 0 outside the region. Deterministic by the seed, on one machine.

    The request's strength is a share of STEPS. Raises Failure where a prior is not installed.
    """
    steps = round((PREVIEW_STEPS if request.preview else STEPS) * request.strength)
    if steps == 0 or not region.vertices.any():
        return np.zeros_like(statue.textured.mesh.vertices, dtype=np.float32)
    device = "cpu" if device == "mps" else device  # as the geometry stage of a reconstruction

    def say(words: str) -> None:
        if report is not None:
            report.step(0, steps, message=words)

    guidance = words_guidance(request, framing_of(statue.textured.mesh, region), device, say)
    nodes = PREVIEW_NODES if request.preview else NODES
    return pulled(statue, region, guidance, steps, nodes, request, device, report)


def words_guidance(request: EditRequest, framing: Framing, device: str, say: Say) -> list[Guidance]:
    """The priors of the request that take any words, told what it asks for and what it avoids. Raises Failure."""
    chosen = {name: weight for name, weight in names.read(request.prior).items() if free_text(name)}
    names.check(chosen)
    return [_thrifty(name, weight, request, framing, device, say) for name, weight in chosen.items()]


def pulled(
    statue: Statue,
    region: Region,
    guidance: Sequence[Guidance],
    steps: int,
    nodes: int,
    request: EditRequest,
    device: str,
    report: Report | None = None,
) -> NDArray[np.float32]:
    """[V, 3] how far vertices move with what so many steps of guidance make of the region."""
    mesh = statue.textured.mesh
    held = (1.0 - region.vertices).astype(np.float32)
    settings = GeometrySettings(steps=steps, longest=10_000, cells=nodes)  # the field is no finer than what is moved
    inputs = guidance, settings, request.seed, device
    field = field_of(mesh, region, nodes, device)
    stage: GeometryStage
    if request.keep_seen and statue.photo is not None:
        stage = GuardedStage(mesh, held, field, statue.photo, *inputs)
    else:
        stage = UnphotographedStage(mesh, held, field, portrait(mesh, device), *inputs)
    before = stage.field()
    after = refine_geometry(
        stage,
        progress=None if report is None else lambda done, of: report.step(done, of),
        stop=None if report is None else lambda: report.enough,
    )
    offset = carried(mesh, before, after, held)
    return np.where(region.vertices[:, None] > 0, offset, np.float32(0.0))


class UnphotographedStage(GuardedStage):
    """A geometry stage that no photo has a say in: only what is held stays, and no outline is kept."""

    def _looked_at(self, values: Tensor) -> Seen:
        seen = super()._looked_at(values)
        guarded, _ = self._at_nodes(tuple(values.shape))
        weight = torch.from_numpy((self._weigh(guarded) * (1.0 - guarded)).astype(np.float32))
        return replace(seen, visibility=guarded, weight=weight.to(seen.weight))

    def _evidence(self) -> Tensor:
        left = (self.values.ravel()[self._band] - self._anchor).square()
        loss = ANCHOR * (self._guard * left).sum()
        return loss + change_loss(self.values, self._start, self._formed) if len(self._formed) else loss


class Before:
    """The field as it was when it was first looked at."""

    def __init__(self) -> None:
        self._first: Current | None = None

    def of(self, field: Current) -> Current:
        if self._first is None:
            self._first = Current(field.values.detach().clone(), field.lower, field.spacing)
        return self._first


class WordsGuidance(NormalsGuidance):
    """A prior that is shown normals, and pulls by the difference that words make."""

    def __init__(
        self, prior: ViewPrior, framing: Framing, prompt: str, avoid: str, before: Before, weight: float = 1.0,
        views: int = VIEWS,
    ):  # fmt: skip
        super().__init__(prior, framing, None, 0.0, prompt, LOUD * weight, views=views)
        self._prompt, self._avoid, self._before = prompt, avoid, before

    def pull(self, moment: Moment) -> Tensor:
        """As `Guidance` says: a mean over the pixels."""
        schedule, share, chance = moment.schedule, moment.share, moment.generator
        hidden = self._hidden_round(moment)
        poses = random_poses(self.views, self.framing, schedule.elevations(share), hidden, chance)
        cameras = [self.framing.camera(pose, schedule.size(share)) for pose in poses]
        state = chance.get_state()  # the same chance for both, so that they differ in the surface only
        views, weight = shown(moment, cameras)
        encoded = self.prior.encoded(views)
        now = encoded.detach().float()
        weight = torch.nn.functional.interpolate(weight[:, None], now.shape[-2:], mode="area")
        times = schedule.times(share, len(now), self.prior.times, chance).to(now.device)
        noise = torch.randn(now.shape, generator=chance).to(now)
        with torch.no_grad():
            then = replace(moment, field=self._before.of(moment.field), generator=torch.Generator())
            then.generator.set_state(state)
            was = self.prior.encoded(shown(then, cameras)[0]).float()
            asked = gradient(now, noise, times, self._asked(poses, self._prompt, self._avoid), by_noise, weight)
            anyway = gradient(was, noise, times, self._asked(poses, "", ""), by_noise, weight)
        return (encoded * (asked - anyway).to(encoded)).sum() / weight.numel()

    def _asked(self, poses: Sequence[Pose], prompt: str, avoid: str) -> Denoiser:
        condition = self.prior.condition(None, 0.0, poses, prompt)
        return Denoiser(
            lambda noisy, times: self.prior.predict(noisy, times, condition, negative=avoid),
            self.prior.levels,
            self.prior.times,
        )


def _thrifty(
    name: str, weight: float, request: EditRequest, framing: Framing, device: str, say: Say
) -> ThriftyGuidance:
    before = Before()  # outlives a guidance that is made anew for less memory

    def make(rung: Rung, where: str) -> Guidance:
        prior: Any = appearance_prior(name, where, rung)
        told = framing, request.prompt, request.avoid, before, weight, min(VIEWS, rung.views or VIEWS)
        coarse, fine = (WordsGuidance(prior.seeing(way), *told) for way in ("normals as latents", "normals"))
        return CoarseThenFine(coarse, fine)

    return ThriftyGuidance(make, Thrift(names.title(name), device, say))


@dataclass(frozen=True)
class Box:
    """Where the region lies, at least SMALLEST wide."""

    middle: NDArray  # [3]
    half: NDArray  # [3]

    @classmethod
    def of(cls, mesh: Mesh, region: Region) -> Box:
        places = mesh.vertices[region.vertices > 0].astype(np.float64)
        low, high = places.min(axis=0), places.max(axis=0)
        half = (high - low) / 2
        return cls((low + high) / 2, np.maximum(half, SMALLEST * LONGEST_SIDE / 2))


def framing_of(mesh: Mesh, region: Region) -> Framing:
    """Views all round the region, as large as it; the statue faces −Y."""
    box = Box.of(mesh, region)
    x, y, z = box.middle.tolist()
    return Framing((x, y, z), 0.0, 0.0, DISTANCE, ROOM * float(box.half.max()) / DISTANCE)


def field_of(mesh: Mesh, region: Region, nodes: int, device: str = "cpu") -> SDF:
    """Signed distances around the region, with so many nodes along its longest side, and room to grow."""
    box = Box.of(mesh, region)
    longest = 2.0 * float(box.half.max())
    reach = box.half + GROWTH * longest
    field = refined(Surface(mesh, device).signed_distances, box.middle - reach, box.middle + reach, longest / nodes)
    if not (field.values < 0).any():
        raise Failure(
            "The statue has no inside here: it is flat, or its faces look in all directions.",
            next_step="Recalculate its normals (Mesh › Normals › Recalculate Outside), close its large holes.",
        )
    return field


def portrait(mesh: Mesh, device: str = "cpu") -> Photo:
    """What stands for a photo where there is none: the statue's outline from the front, in grey."""
    camera = Camera.orbit(0.0, 0.0, DISTANCE, PIXELS, PIXELS, 0.9 * PIXELS * DISTANCE / (LONGEST_SIDE * ROOM))
    alpha = gbuffer(mesh, camera, device).there.astype(np.float32)
    return Photo(np.full((PIXELS, PIXELS, 3), 0.5, np.float32), alpha, "the mesh", camera, ())
