"""The thorough way: score distillation on rendered views in colour, a gradient for every vertex that is hidden."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ...priors.view.framing import Pose
from ..cameras import random_poses
from ..guidance import gated
from ..schedule import USUAL, Schedule, at
from ..sds import PLAIN, Denoiser, Recipe, sds
from .canvas import Canvas
from .layer import settled
from .look import Look, coloured
from .told import Told, Words, weight_of

AROUND = 8  # views from which each step takes its own …
RENEWED = 16  # … and steps after which others take their place: drawing them takes an eighth of what the prior does


@dataclass(frozen=True)
class Distillation(Words):
    """How it goes about it."""

    steps: int = 160
    views: int = 2  # at each step
    rate: float = 0.03  # Adam's first step, linear light; the last is a tenth of it
    recipe: Recipe = PLAIN
    schedule: Schedule = USUAL  # its noise and its elevations


@dataclass(frozen=True)
class DistilState:
    """All that the next step depends on, as arrays: where a run was interrupted, it goes on to the same last bit."""

    step: int
    values: NDArray[np.float32]  # [V, 3] the layer as it is moved
    asked: NDArray[np.bool_]  # [V] vertices that a view has shown
    mean: NDArray[np.float32]  # [V, 3] Adam's two
    square: NDArray[np.float32]
    poses: NDArray[np.float64]  # [N, 3] fields of Pose, of the views that steps choose from by now
    generator: NDArray[np.uint8]


class Distil:
    """A run of it; `advance` takes one step."""

    def __init__(self, canvas: Canvas, told: Told, settings: Distillation, generator: torch.Generator, device: str):
        """generator: of the CPU; device: the prior's."""
        self._canvas, self._told, self._settings = canvas, told, settings
        self._generator, self._device = generator, device
        self._hidden = told.hidden(canvas)
        self._broad = torch.from_numpy(canvas.broad).to(device)
        self._free = torch.from_numpy(canvas.free).to(device)[:, None]
        self._asked = torch.zeros(len(canvas.broad), dtype=torch.bool, device=device)  # vertices a view has shown
        self._values = torch.zeros_like(self._broad).requires_grad_()
        self._descent = torch.optim.Adam([self._values], lr=settings.rate)
        self._poses: list[Pose] = []
        self._looks: list[Look] = []
        self.step = 0
        self.steps = settings.steps

    def advance(self) -> None:
        settings = self._settings
        share = self.step / settings.steps
        self._descent.param_groups[0]["lr"] = at((settings.rate, 0.1 * settings.rate), share)
        self._descent.zero_grad()
        self._pull(share).backward()
        assert self._values.grad is not None
        self._asked |= (self._values.grad != 0.0).any(dim=1)
        self._descent.step()
        self.step += 1

    def layer(self) -> NDArray[np.float32]:
        """[V, 3] as it is by now, without what is finer than the prior can mean."""
        wanted, trust = (part.detach().cpu().numpy().astype(np.float32) for part in (self._values, self._asked))
        return settled(self._canvas.surface, wanted, trust, self._canvas.free, self._settings.reach)

    def state(self) -> DistilState:
        """What to keep of a run to go on from here."""
        kept, nothing = self._descent.state.get(self._values, {}), torch.zeros_like(self._broad)
        parts = (self._values, self._asked, kept.get("exp_avg", nothing), kept.get("exp_avg_sq", nothing))
        values, asked, mean, square = (part.detach().cpu().numpy().copy() for part in parts)
        poses = np.array([astuple(pose) for pose in self._poses], np.float64).reshape(-1, 3)
        return DistilState(self.step, values, asked, mean, square, poses, self._generator.get_state().numpy().copy())

    def restore(self, state: DistilState) -> None:
        """Goes on from what `state` gave, of a run with the same inputs."""
        self.step = state.step
        with torch.no_grad():
            self._values.copy_(torch.from_numpy(state.values))
        self._asked = torch.from_numpy(state.asked).to(self._device)
        self._look_from([Pose(*fields) for fields in state.poses.tolist()])
        self._generator.set_state(torch.from_numpy(state.generator))
        if state.step:
            self._descent.state[self._values] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": torch.from_numpy(state.mean).to(self._device).clone(),
                "exp_avg_sq": torch.from_numpy(state.square).to(self._device).clone(),
            }

    def _pull(self, share: float) -> torch.Tensor:
        """A number whose gradient is what the prior wants changed of some views; none where a photo sees."""
        told, settings, generator = self._told, self._settings, self._generator
        if self.step % RENEWED == 0:
            self._look_round(share)
        chosen = torch.randperm(len(self._poses), generator=generator)[: settings.views].tolist()
        looks, poses = [self._looks[each] for each in chosen], [self._poses[each] for each in chosen]
        views = coloured(looks, self._broad + gated(self._values, self._free))
        encoded = told.prior.encoded(views)
        weight = weight_of(torch.stack([look.wholly(self._free[:, 0]) for look in looks]), encoded)
        condition, prior = told.of_views(poses, views), told.prior
        denoiser = Denoiser(lambda noisy, times: told.guess(noisy, times, condition), prior.levels, prior.times)
        times = settings.schedule.times(share, len(poses), prior.times, generator).to(encoded.device)
        return sds(encoded, denoiser, times, generator, weight, settings.recipe)

    def _look_round(self, share: float) -> None:
        """Looks from other places from now on."""
        count, elevations = max(AROUND, self._settings.views), self._settings.schedule.elevations(share)
        self._look_from(random_poses(count, self._told.framing, elevations, self._hidden, self._generator))

    def _look_from(self, poses: list[Pose]) -> None:
        canvas, framing = self._canvas, self._told.framing
        self._poses = poses
        cameras = [framing.camera(pose, self._told.size) for pose in poses]
        self._looks = [Look.through(camera, canvas.mesh, self._device, canvas.device) for camera in cameras]
