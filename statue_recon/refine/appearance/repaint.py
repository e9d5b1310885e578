"""The fast way: a few rendered views are noised half way, denoised by the prior, and what that changed is laid on.

DreamGaussian's second stage (Tang et al. 2023), but that the difference is carried over and not the view: a prior of
few pixels knows broad colours, and the grain of what was painted stays.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...camera import Camera
from ...photo.light import linear
from ...priors.latents import resized
from ...priors.view.framing import Pose
from ...priors.view.pictures import Views
from ...render.rays import Rays
from ...texture.sight import sample
from .canvas import Canvas
from .layer import settled
from .look import Look, coloured
from .told import Told, Words, spread_poses, weight_of

AT_ONCE = 4  # views that are denoised together: bounds what a large prior's pictures take
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


class Repaint:
    """A run of it; `advance` asks the prior once."""

    def __init__(self, canvas: Canvas, told: Told, settings: Repainting, generator: torch.Generator, device: str):
        """generator: of the CPU; device: the prior's."""
        self._canvas, self._told, self._settings = canvas, told, settings
        self._generator, self._device = generator, device
        self._poses = spread_poses(settings.views, told.framing, settings.elevations, told.hidden(canvas))
        self._parts = [slice(first, first + AT_ONCE) for first in range(0, settings.views, AT_ONCE)]
        self.steps = len(settings.noise) * len(self._parts) * settings.steps
        self._layer = np.zeros_like(canvas.broad)
        self._work = self._rounds()

    def advance(self) -> None:
        next(self._work)

    def layer(self) -> NDArray[np.float32]:
        """[V, 3] as the last round that was finished left it."""
        return self._layer

    def _rounds(self) -> Iterator[None]:
        """Goes on by one call of the prior each time."""
        canvas = self._canvas
        cameras = [self._told.framing.camera(pose, self._settings.size) for pose in self._poses]
        looks = [Look.through(camera, canvas.mesh, self._device, canvas.device) for camera in cameras]
        seeing = [_Seeing.of(canvas, camera, rays) for rays in [Rays(canvas.mesh, canvas.device)] for camera in cameras]
        for noise in self._settings.noise:
            said: list[NDArray[np.float32]] = []
            for part in self._parts:
                if said:
                    yield
                known = self._known(looks[part])
                clean = yield from self._denoised(known, self._poses[part], noise)
                said += differences(known, self._told.prior.decoded(clean))
            wanted, trust = blended(said, seeing, len(canvas.broad))
            more = settled(canvas.surface, wanted, trust, canvas.free, self._settings.reach)
            self._layer = self._layer + more
            yield

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

    def _denoised(self, known: _Known, poses: Sequence[Pose], noise: float) -> Generator[None, None, Tensor]:
        """The prior's last guess [N, C, h, w], after steps of DDIM; goes on by one step each time."""
        prior, settings = self._told.prior, self._settings
        condition = self._told.of_views(poses)
        times = torch.linspace(noise * (prior.times - 1), 0.0, settings.steps + 1)[:-1].round().long()
        drawn = torch.randn(known.clean.shape, generator=self._generator).to(known.clean)
        noisy = prior.noised(known.clean, drawn, times[:1].repeat(len(poses)).to(drawn.device))
        clean = self._told.guess(noisy, times[:1].repeat(len(poses)).to(noisy.device), condition)
        for before, time in pairwise(times):
            yield
            (signal, next_signal), (amount, next_amount) = prior.levels(torch.stack([before, time]))
            held = self._held(clean, known)
            noisy = next_signal * held + next_amount * (noisy - signal * held) / amount
            clean = self._told.guess(noisy, time.repeat(len(poses)).to(noisy.device), condition)
        return clean

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
