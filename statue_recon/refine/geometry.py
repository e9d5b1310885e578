"""The geometry stage: the hidden part of a field is moved to what priors hold for likely, the seen part stays.

It moves a coarse copy of the field, for a prior decides nothing finer; what the copy gained is carried over to the
field, which keeps its relief where it was not moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ..field.distance import distances
from ..field.fit import BAND, EIKONAL, KEPT, REACH, RENEW, SILHOUETTE, SMOOTH, movable, nearest_to_rays, sampled
from ..field.interpolate import trilinear
from ..field.rays import contour_rays, holding_nodes
from ..field.sdf import SDF
from ..field.visibility import View
from ..photo.photo import Photo
from .guidance import Current, Guidance, Moment, gated, pulls
from .schedule import USUAL, Schedule
from .seen import Seen, Weigh, hidden_weight, seen_by

# Weights of the losses beside `field.fit`'s; lengths in spacings.
ANCHOR = 100.0  # the mean square of how far nodes left where they were, weighted by how well their surface is seen
PULL = 1000.0  # all guidance
FAINT = 1.0  # gradients at a node, times the nodes near the surface, from which Adam steps as far as it may
RAYS = 10_000  # of the silhouette
LOOKED = 4.0  # seconds between two looks at a run


@dataclass(frozen=True)
class GeometrySettings:
    """How the stage goes about it."""

    steps: int = 60
    longest: int = 80  # nodes, about, along the longest side of the copy that is moved
    rate: float = 0.4  # Adam's first step, in spacings; the last is a tenth of it
    renew: int = 20  # steps after which visibility is looked up again
    cells: int = 64  # of the visibility grid's longest side
    calm: float = 0.07  # world units over which changes are averaged in the end: two pixels of a small prior's view
    schedule: Schedule = USUAL


@dataclass(frozen=True)
class GeometryState:
    """All that the next step depends on, as arrays: where a run was interrupted, it goes on to the same last bit."""

    step: int
    values: NDArray[np.float32]  # [X, Y, Z] the copy, in spacings
    looked: NDArray[np.float32]  # [X, Y, Z] what it was when visibility was looked up
    closest: NDArray[np.float32]  # [N, 3] where the silhouette's rays pass nearest, in nodes
    mean: NDArray[np.float32]  # [X, Y, Z] Adam's two
    square: NDArray[np.float32]
    generator: NDArray[np.uint8]


class GeometryStage:
    """One run of the stage, a step at a time."""

    def __init__(
        self,
        field: SDF,
        photo: Photo,
        guidance: Sequence[Guidance],
        settings: GeometrySettings = GeometrySettings(),
        seed: int = 0,
        device: str = "cpu",
        weigh: Weigh = hidden_weight,
    ):
        """field: what `field.fit` made; weigh: how visibility becomes w_v.

        On a CPU the same inputs give the same bits.
        """
        self.settings, self.guidance, self.device, self._weigh = settings, guidance, device, weigh
        self._fine, self._photo = field, photo
        coarse = field.coarser(max(1, round((max(field.values.shape) - 1) / settings.longest)))
        self._lower, self.spacing = coarse.lower, coarse.spacing
        self._reach = max([BAND + 1.0, *(each.reach / coarse.spacing for each in guidance)])
        start = torch.tensor(coarse.values / coarse.spacing, dtype=torch.float32, device=device)
        self._start = start.clamp(-self._reach, self._reach)
        self._rays = contour_rays(photo, coarse, REACH, RAYS)
        self._directions = torch.tensor(self._rays.directions, device=device)
        # The fit brought the fine field to the outline; on fewer nodes that field lies a little beside it, and what
        # would mend that there would spoil it here. So the copy is held to its own outline.
        self._wanted = sampled(self._start, nearest_to_rays(self._start, self._rays, self._directions))
        self.step = 0
        self.values = self._start.clone().requires_grad_()
        self._descent = torch.optim.Adam([self.values], lr=settings.rate, eps=FAINT)
        self._generator = torch.Generator().manual_seed(seed)
        self._looked = self._start
        self._closest = self._directions
        self._seen: Seen | None = None
        self._first = self._looked_at(self._start)

    @property
    def done(self) -> bool:
        return self.step >= self.settings.steps

    def advance(self) -> None:
        """One step."""
        settings = self.settings
        if self.step % settings.renew == 0:
            self._looked = self.values.detach().clone()
            self._seen = None
        if self.step % RENEW == 0:
            self._closest = nearest_to_rays(self.values.detach(), self._rays, self._directions)
        seen = self._look()
        share = self.step / settings.steps
        for group in self._descent.param_groups:
            group["lr"] = settings.rate * (1.0 - 0.9 * share)
        self._descent.zero_grad(set_to_none=True)
        current = Current(gated(self.values, self._free) * self.spacing, self._corner, self.spacing)
        moment = Moment(current, seen, share, settings.schedule, self._generator)
        loss = self._evidence() + PULL * pulls(self.guidance, moment)
        (len(self._band) * loss).backward()
        self._hold_border()
        self._descent.step()
        with torch.no_grad():
            self.values.clamp_(-self._reach, self._reach)
        self.step += 1

    def field(self) -> SDF:
        """The whole field as it is by now."""
        values = self._calm()
        fine = values.cpu().numpy() if self._fine.spacing == self.spacing else self._carried(values)
        held = holding_nodes(self._photo, self._fine)
        fine = np.where(held, np.minimum(fine, KEPT * self._fine.spacing / self.spacing), fine)
        metric = (fine * np.float32(self.spacing)).astype(np.float32)
        return SDF(distances(metric, self._fine.spacing), self._fine.lower, self._fine.spacing)

    def coarse(self) -> SDF:
        """The copy that is moved as it is by now: a quick stand-in for `field`, to look at."""
        return SDF(self._calm().cpu().numpy() * np.float32(self.spacing), self._lower, self.spacing)

    def state(self) -> GeometryState:
        """What to keep of a run to go on from here."""
        kept = self._descent.state.get(self.values, {})
        nothing = torch.zeros_like(self._start)
        return GeometryState(
            self.step,
            *(
                part.detach().cpu().numpy().copy()
                for part in (
                    self.values,
                    self._looked,
                    self._closest,
                    kept.get("exp_avg", nothing),
                    kept.get("exp_avg_sq", nothing),
                    self._generator.get_state(),
                )
            ),
        )

    def restore(self, state: GeometryState) -> None:
        """Goes on from what `state` gave, of a run with the same inputs."""
        self.step = state.step
        with torch.no_grad():
            self.values.copy_(torch.from_numpy(state.values))
        self._looked = torch.from_numpy(state.looked).to(self.device)
        self._closest = torch.from_numpy(state.closest).to(self.device)
        self._generator.set_state(torch.from_numpy(state.generator))
        self._seen = None
        if state.step:
            self._descent.state[self.values] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": torch.from_numpy(state.mean).to(self.device).clone(),
                "exp_avg_sq": torch.from_numpy(state.square).to(self.device).clone(),
            }

    def _look(self) -> Seen:
        """What the photo sees of the field as it was at the last renewal, and what may move."""
        if self._seen is None:
            now, first = self._looked_at(self._looked), self._first
            # What was seen once stays so: else a little that was moved would free its neighbours, and these theirs.
            visibility = np.maximum(now.visibility, first.visibility)
            seen = replace(now, visibility=visibility, weight=torch.minimum(now.weight, first.weight))
            self._seen = seen
            self._corner = torch.tensor(self._lower, dtype=torch.float32, device=self.device)
            self._free = seen.weight > 0
            near = movable(self._looked)
            self._band = torch.nonzero(near.ravel()).ravel()
            self._formed = torch.nonzero((near & self._free).ravel()).ravel()
            trust = torch.from_numpy(seen.visibility).to(self.device).ravel()[self._band]
            self._guard = trust / trust.sum().clamp(min=1.0)
            self._anchor = self._start.ravel()[self._band]
        return self._seen

    def _looked_at(self, values: Tensor) -> Seen:
        """What the photo sees of values [X, Y, Z] in spacings."""
        metric = distances(values.cpu().numpy() * np.float32(self.spacing), self.spacing)
        looked = SDF(metric, self._lower, self.spacing)
        return seen_by([View(self._photo.camera)], looked, self.settings.cells, self._weigh, self.device)

    def _evidence(self) -> Tensor:
        """How far the field is from the photo's outline, from what was seen of it, and from distances."""
        passed = sampled(self.values, self._closest)
        outline = torch.nn.functional.smooth_l1_loss(passed, self._wanted, beta=0.2)
        left = (self.values.ravel()[self._band] - self._anchor).square()
        loss = SILHOUETTE * outline + ANCHOR * (self._guard * left).sum()
        # What is seen is no smoother than the photo showed it.
        return loss + change_loss(self.values, self._start, self._formed) if len(self._formed) else loss

    def _hold_border(self) -> None:
        """The nodes at the border of the grid stay: the surface does not leave it."""
        assert self.values.grad is not None
        for axis in range(3):
            self.values.grad.select(axis, 0).zero_()
            self.values.grad.select(axis, -1).zero_()

    def _calm(self) -> Tensor:
        """The copy as it is by now, without what is finer in its change than a prior of few pixels can mean.

        Each step looks from other sides and at other noise; what that leaves is rough. Only what may move is heard.
        """
        start, values = (part.detach().cpu().numpy() for part in (self._start, self.values))
        self._look()
        free = self._free.cpu().numpy().astype(np.float32)
        over = self.settings.calm / self.spacing
        heard = ndimage.gaussian_filter(free, over)
        calm = ndimage.gaussian_filter((values - start) * free, over) / np.maximum(heard, 1e-6)
        return torch.from_numpy(start + np.where(free > 0, calm, values - start)).to(self.values)

    def _carried(self, values: Tensor) -> NDArray[np.float32]:
        """[X, Y, Z] the fine field with what the copy gained, in the copy's spacings."""
        fine = self._fine
        shape = fine.values.shape
        axes = [torch.arange(count, dtype=torch.float32) * (fine.spacing / self.spacing) for count in shape]
        places = torch.stack(torch.meshgrid(*axes, indexing="ij")).reshape(3, -1)
        before, after = (trilinear(part.cpu(), places).reshape(shape).numpy() for part in (self._start, values))
        was = np.clip(fine.values / np.float32(self.spacing), -self._reach, self._reach)
        kept = np.exp(-((after - before) ** 2))  # of what the copy is too coarse for
        return after + kept * (was - before)


def change_loss(values: Tensor, start: Tensor, nodes: Tensor) -> Tensor:
    """How far nodes of a field are from distances, |gradient| = 1, and how rough what was changed of it is.

    As `field.fit.shape_loss`, but relief that was there is not smoothed away for being there: that cost 0.002 of the
    normals' agreement with the truth, without any prior, on statues held out.
    """
    steep, change = values.ravel(), (values - start).ravel()
    strides = (values.shape[1] * values.shape[2], values.shape[2], 1)
    slope = torch.stack([(steep[nodes + stride] - steep[nodes - stride]) / 2.0 for stride in strides])
    bend = torch.stack([change[nodes + stride] + change[nodes - stride] for stride in strides]).sum(dim=0)
    length = (slope.square().sum(dim=0) + 1e-6).sqrt()
    return EIKONAL * (length - 1.0).square().mean() + SMOOTH * (bend - 6.0 * change[nodes]).square().mean()


def refine_geometry(
    stage: GeometryStage,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    look: Callable[[GeometryStage], None] | None = None,
) -> SDF:
    """Runs the stage to its end, or until `stop` says so: then what is there by now is kept.

    progress hears the steps done, and of how many; look may look at the stage every few seconds.
    """
    looked = time.monotonic()
    while not stage.done and not (stop is not None and stop()):
        stage.advance()
        if progress is not None:
            progress(stage.step, stage.settings.steps)
        if look is not None and time.monotonic() - looked >= LOOKED:
            look(stage)
            looked = time.monotonic()
    return stage.field()
