"""The fast way: a few rendered views are noised half way, denoised by the prior, and what that changed is laid on.

DreamGaussian's second stage (Tang et al. 2023), but that the difference is carried over and not the view: a prior of
few pixels knows broad colours, and the grain of what was painted stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...camera import Camera
from ...photo.light import linear
from ...priors.latents import resized
from ...priors.view.pictures import Views
from ...render.rays import Rays
from ...texture.sight import sample
from .canvas import Canvas
from .layer import settled
from .look import Look, coloured
from .told import Told, Words, spread_poses, weight_of

AT_ONCE = 4  # views of up to 512 × 512 pixels that are denoised together: bounds what a large prior's pictures take
PIXELS = AT_ONCE * 512**2  # of all of them, where they are larger
COLOURS = 3  # first channels of a clean picture in which normals are drawn, too
ENOUGH = 0.5  # squared cosines of the views that show a place, from which on they are trusted fully
SHOWN = 1e-3  # of a pixel: below that it tells nothing


@dataclass(frozen=True)
class Repainting(Words):
    """How it goes about it."""

    views: int = 8
    elevations: tuple[float, ...] = (5.0, 30.0)  # degrees, in turn
    noise: tuple[float, ...] = (0.6, 0.4)  # of the prior's times, round by round: each begins with what the last left
    steps: int = 4  # of the way back from there


@dataclass(frozen=True)
class _Known:
    """Views of the statue as it is, as clean pictures, and what of them is settled."""

    views: Views
    clean: Tensor  # [N, C, h, w]
    weight: Tensor  # [N, 1, h, w] 1 where all may change, 0 where a photo shows it
    free: Tensor  # [N, S, S] 1 for pixels that show nothing but what may change, else 0


@dataclass
class _Part:
    """Views that are denoised together, on their way back from noise."""

    known: _Known
    condition: Any  # what the prior knows of these views
    noisy: Tensor  # [N, C, h, w]
    clean: Tensor  # [N, C, h, w] the prior's last guess


@dataclass(frozen=True)
class RepaintState:
    """All that the next call depends on, as arrays: where a run was interrupted, it goes on to the same last bit."""

    step: int  # calls of the prior that are done: which round, part and step of the way back follows from it
    layer: NDArray[np.float32]  # [V, 3] as the last round that was finished left it
    said: NDArray[np.float32]  # [N, S, S, 4] what views have said in the round under way
    noisy: NDArray[np.float32]  # [n, C, h, w] the pictures of the part under way, …
    clean: NDArray[np.float32]  # … and the prior's last guess at them; both empty between two parts
    generator: NDArray[np.uint8]


class Repaint:
    """A run of it; `advance` asks the prior once."""

    def __init__(self, canvas: Canvas, told: Told, settings: Repainting, generator: torch.Generator, device: str):
        """generator: of the CPU; device: the prior's."""
        self._canvas, self._told, self._settings = canvas, told, settings
        self._generator, self._device = generator, device
        self._poses = spread_poses(settings.views, told.framing, settings.elevations, told.hidden(canvas))
        together = max(1, min(AT_ONCE, PIXELS // told.size**2))
        self._parts = [slice(first, first + together) for first in range(0, settings.views, together)]
        self.steps = len(settings.noise) * len(self._parts) * settings.steps
        self.step = 0
        self._layer = np.zeros_like(canvas.broad)
        self._said: list[NDArray[np.float32]] = []
        self._under_way: _Part | None = None

    def advance(self) -> None:
        """One call of the prior: it begins a part of a round, goes on with it, ends it, or all of these."""
        beyond, step = divmod(self.step, self._settings.steps)
        turn, number = divmod(beyond, len(self._parts))
        times = self._times(self._settings.noise[turn])
        if self._under_way is None:
            self._under_way = self._begun(self._parts[number], times)
        else:
            self._less_noisy(self._under_way, times[step - 1 : step + 1])
        part = self._under_way
        time = times[step].repeat(len(part.noisy)).to(part.noisy.device)
        part.clean = self._told.guess(part.noisy, time, part.condition)
        self.step += 1
        if step + 1 == self._settings.steps:
            said = differences(part.known, self._told.prior.decoded(part.clean))
            self._said += [shrunk(picture, self._told.cells) for picture in said]
            self._under_way = None
            if number + 1 == len(self._parts):
                self._lay_on()

    def layer(self) -> NDArray[np.float32]:
        """[V, 3] as the last round that was finished left it."""
        return self._layer

    def state(self) -> RepaintState:
        """What to keep of a run to go on from here."""
        none = np.zeros((0, 0, 0, 0), np.float32)
        noisy, clean = none, none
        if self._under_way is not None:
            noisy, clean = (each.float().cpu().numpy() for each in (self._under_way.noisy, self._under_way.clean))
        said = np.stack(self._said) if self._said else none
        return RepaintState(self.step, self._layer, said, noisy, clean, self._generator.get_state().numpy().copy())

    def restore(self, state: RepaintState) -> None:
        """Goes on from what `state` gave, of a run with the same inputs."""
        self.step, self._layer, self._said = state.step, state.layer, list(state.said)
        self._under_way = None
        if len(state.noisy):
            part = self._parts[state.step // self._settings.steps % len(self._parts)]
            known = self._known(self._looks[part])
            pictures = (torch.from_numpy(each).to(known.clean) for each in (state.noisy, state.clean))
            self._under_way = _Part(known, self._told.of_views(self._poses[part], known.views), *pictures)
        self._generator.set_state(torch.from_numpy(state.generator))

    @cached_property
    def _cameras(self) -> list[Camera]:
        return [self._told.framing.camera(pose, self._told.size) for pose in self._poses]

    @cached_property
    def _looks(self) -> list[Look]:
        canvas = self._canvas
        return [Look.through(camera, canvas.mesh, self._device, canvas.device) for camera in self._cameras]

    @cached_property
    def _seeing(self) -> list[_Seeing]:
        rays, side = Rays(self._canvas.mesh, self._canvas.device), self._told.cells
        return [_Seeing.of(self._canvas, camera.resized(side, side), rays) for camera in self._cameras]

    def _times(self, noise: float) -> Tensor:
        """[steps] of a round, falling."""
        last = noise * (self._told.prior.times - 1)
        return torch.linspace(last, 0.0, self._settings.steps + 1)[:-1].round().long()

    def _begun(self, views: slice, times: Tensor) -> _Part:
        """Some views as they are by now, under the noise from which the way back begins."""
        known = self._known(self._looks[views])
        drawn = torch.randn(known.clean.shape, generator=self._generator).to(known.clean)
        noisy = self._told.prior.noised(known.clean, drawn, times[:1].repeat(len(drawn)).to(drawn.device))
        return _Part(known, self._told.of_views(self._poses[views], known.views), noisy, known.clean)

    def _less_noisy(self, part: _Part, times: Tensor) -> None:
        """One step of DDIM, from the first of two times to the second."""
        (signal, next_signal), (amount, next_amount) = self._told.prior.levels(times)
        held = self._held(part.clean, part.known)
        part.noisy = next_signal * held + next_amount * (part.noisy - signal * held) / amount

    def _lay_on(self) -> None:
        """What all views of a round have said becomes a part of the layer."""
        canvas = self._canvas
        wanted, trust = blended(self._said, self._seeing, len(canvas.broad))
        more = settled(canvas.surface, wanted, trust, canvas.free, self._settings.reach)
        self._layer, self._said = self._layer + more, []

    def _known(self, looks: Sequence[Look]) -> _Known:
        """The views as they are by now."""
        canvas = self._canvas
        views = coloured(looks, torch.from_numpy(canvas.broad + self._layer).to(self._device))
        clean = self._told.prior.encoded(views)
        mask = torch.from_numpy(canvas.free).to(self._device)
        share = torch.stack([look.of(mask.float()[:, None])[..., 0] for look in looks])
        free = torch.stack([look.wholly(mask) for look in looks])
        # Beside the statue no photo settles anything.
        return _Known(views, clean, weight_of(torch.where(views.alpha > 0, share, 1.0), clean), free)

    def _held(self, clean: Tensor, known: _Known) -> Tensor:
        """A guess with what is known put in its place: what a photo shows, and the statue's shape."""
        held = known.weight * clean + (1.0 - known.weight) * known.clean
        if self._told.prior.draws_normals:
            held[:, COLOURS:] = known.clean[:, COLOURS:]
        return held


@dataclass(frozen=True)
class _Seeing:
    """How a camera sees the vertices."""

    index: NDArray[np.int64]  # [N] those it sees
    pixels: NDArray[np.float32]  # [N, 2] where
    weight: NDArray[np.float32]  # [N] the squared cosine: who looks squarely is believed

    @classmethod
    def of(cls, canvas: Canvas, camera: Camera, rays: Rays) -> _Seeing:
        there, cosine = rays.seen_by(camera, canvas.mesh.vertices, canvas.mesh.normals)
        index = np.flatnonzero(there & canvas.free)
        pixels = camera.project(canvas.mesh.vertices[index])[0].astype(np.float32)
        return cls(index, pixels, cosine[index] ** 2)


def differences(known: _Known, found: Views) -> list[NDArray[np.float32]]:
    """For each view [S, S, 4]: by how much linear light shall change, times how far that is believed, and how far.

    Where the prior sees no statue it knows no colour.
    """
    size = known.views.alpha.shape[-1]
    rgb = resized(found.rgb.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1).to(known.free)
    alpha = resized(found.alpha[:, None], size)[:, 0].to(known.free)
    believed = (2.0 * alpha - 1.0).clamp(min=0.0) * known.free
    before, after = (linear(picture.cpu().numpy()) for picture in (known.views.rgb, rgb))
    share = believed.cpu().numpy()[..., None]
    return list(np.concatenate([(after - before) * share, share], axis=-1).astype(np.float32))


def shrunk(picture: NDArray, side: int) -> NDArray[np.float32]:
    """A picture [S, S, C] in no more than side × side pixels, each the mean of those that it takes the place of."""
    if len(picture) <= side:
        return picture
    small: NDArray = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return small


def blended(
    said: Sequence[NDArray], seeing: Sequence[_Seeing], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What all views together say of `count` vertices: by how much they shall change [V, 3], and how far that is
    believed [V] 0 … 1."""
    total = np.zeros((count, 4), np.float32)
    for picture, view in zip(said, seeing, strict=True):
        total[view.index] += view.weight[:, None] * sample(picture, view.pixels)
    amount = total[:, 3]
    wanted = total[:, :3] / np.maximum(amount, SHOWN)[:, None]
    trust = np.where(amount > SHOWN, np.minimum(amount / ENOUGH, 1.0), 0.0)
    return wanted.astype(np.float32), trust.astype(np.float32)
