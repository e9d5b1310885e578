"""What diffusion models in a VAE's latents have in common: schedule, pictures to latents and back, guidance, views.

A U-Net of diffusers answers a noisy picture with the noise in it (ε) or with v = α · noise − σ · clean; here both
become the clean latents. They are not cut to a range: latents have none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..contract import Failure
from .diffusers_folder import AGAIN, settings
from .view.diffusion import Guidance
from .view.framing import PhotoWindow, Pose
from .view.pictures import Views

STEPS = 30  # of the way back from noise; not yet measured on real weights
AT_ONCE = 4  # pictures in one pass of the U-Net: keeps 64 × 64 latents of Stable Diffusion 1.5 far below 8 GB
ANSWERS = ("epsilon", "v_prediction", "sample")


@dataclass(frozen=True)
class Memory:
    """How to get by with a small graphics card; each costs time.

    Counted from the tensors of Stable Diffusion 1.5 at 512² in half precision: 1.9 GB of weights, 0.7 GB for a guided
    pass of the U-Net, and 1.6 GB a picture for gradients through the VAE. So three pictures fit in 8 GB as it is, and
    any number with `again`. An estimate: no card was at hand where this was written.
    """

    slices: bool = False  # attention in slices, for cards on which PyTorch has no frugal one; a picture at a time
    offload: bool = False  # the U-Net waits in the computer's memory while the VAE works
    again: bool = False  # gradients through the VAE a picture at a time, each computed again on the way back
    half: bool = False  # pictures of half the side: a quarter of all that grows with them, and worse ones


AMPLE = Memory()


@dataclass(frozen=True)
class Schedule:
    """How much noise there is at which time, and what a network's answer means."""

    squared: Tensor  # [times] α² (alphas_cumprod), float64
    answer: str  # one of ANSWERS

    @classmethod
    def read(cls, part: Path) -> Schedule:
        """As the config of any of diffusers' schedulers for such models has it."""
        from diffusers import DDIMScheduler

        told = settings(part, "scheduler_config.json")
        if told.get("prediction_type", "epsilon") not in ANSWERS or "Flow" in told.get("_class_name", ""):
            raise Failure(
                f"The model in {part.parent} works by a schedule that is not known here "
                f"({told.get('_class_name')}, {told.get('prediction_type')}).",
                next_step="Choose a model of the kind of Stable Diffusion 1.5, 2.1 or XL.",
            )
        try:
            made = DDIMScheduler.from_config(told)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise Failure(f"The schedule in {part} cannot be read ({error}).", next_step=AGAIN) from error
        return cls(made.alphas_cumprod.double(), made.config.prediction_type)

    @property
    def times(self) -> int:
        return len(self.squared)

    def levels(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """As `ViewPrior.levels`."""
        squared = self.squared.to(times.device)[times.long()]
        return squared.sqrt().float(), (1.0 - squared).sqrt().float()

    def noised(self, clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """As `ViewPrior.noised`."""
        signal, amount = (part.to(clean)[:, None, None, None] for part in self.levels(times))
        return signal * clean + amount * noise

    def clean(self, answer: Tensor, noisy: Tensor, times: Tensor) -> Tensor:
        """The clean latents that a network's answer means."""
        signal, amount = (part.to(noisy)[:, None, None, None] for part in self.levels(times))
        if self.answer == "epsilon":
            return (noisy - amount * answer) / signal
        return signal * noisy - amount * answer if self.answer == "v_prediction" else answer

    def spaced(self, steps: int) -> Tensor:
        """[steps] the times of a way back in so many steps, from pure noise on; diffusers calls them "trailing"."""
        return torch.linspace(self.times, 0, steps + 1, dtype=torch.float64)[:-1].round().long() - 1


@dataclass(frozen=True)
class Condition:
    """What a U-Net is told of N views, beside the noisy pictures."""

    tokens: Tensor  # [N, L, W] that it attends to: words, or the photo and the pose
    beside: Tensor | None = None  # [N, C, h, w] latents laid beside the noisy ones: Zero123's photo
    summary: Tensor | None = None  # [N, P] of the words: Stable Diffusion XL's
    control: Tensor | None = None  # [N, 3, H, W] 0 … 1, the picture a ControlNet follows

    def __len__(self) -> int:
        return len(self.tokens)

    def part(self, place: slice) -> Condition:
        """Of some of the views."""
        more = (None if value is None else value[place] for value in (self.beside, self.summary, self.control))
        return Condition(self.tokens[place], *more)


def together(conditions: Sequence[Condition]) -> Condition:
    """All of some conditions, which say the same kinds of things, in one."""
    more = zip(*((one.beside, one.summary, one.control) for one in conditions), strict=True)
    return Condition(torch.cat([one.tokens for one in conditions]), *(_joined(values) for values in more))


class LatentPrior(ABC):
    """What Zero123 and Stable Diffusion share; they differ in what `condition` reads and `_weighed` weighs.

    Its views are colours only: `draws_normals` is False, and their normals are 0 everywhere, which is what `Views` has
    where nothing is known of a surface.
    """

    draws_normals = False
    usual = Guidance()  # what counts where no guidance is named

    def __init__(self, unet: Any, vae: Any, schedule: Schedule, device: str, memory: Memory = AMPLE):
        if memory.slices:
            unet.set_attention_slice("auto")
        self._memory = memory
        self._resting = "cpu" if memory.offload else device
        self._unet = unet.to(self._resting)
        self._vae = vae.to(device)
        self._schedule = schedule
        self._device = device
        self.times = schedule.times
        self._at_once = 1 if memory.slices else AT_ONCE
        self._cells = _side(unet.config.sample_size) // (2 if memory.half else 1)  # of a latent picture's side
        self.size = self._cells * 2 ** (len(vae.config.block_out_channels) - 1)  # pixels of a picture's side

    @abstractmethod
    def condition(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        rendered: Views | None = None,
    ) -> Condition:
        """As `ViewPrior` says."""

    def encoded(self, views: Views) -> Tensor:
        """Renderings of any size, on white, as latents [N, C, h, w]; gradients flow through the VAE."""
        alpha = views.alpha[..., None]
        return self._latents((views.rgb * alpha + 1.0 - alpha).permute(0, 3, 1, 2))

    @torch.no_grad()
    def decoded(self, clean: Tensor) -> Views:
        """What latents [N, C, h, w] show, a picture at a time, for the decoder is greedy."""
        scale, shift = self._scaling()
        cells = (clean.to(self._device, self._vae.dtype) / scale + shift).split(1)
        pictures = torch.cat([self._vae.decode(one).sample.float() for one in cells])
        rgb = ((pictures + 1.0) / 2.0).clamp(0.0, 1.0).permute(0, 2, 3, 1)
        return Views(rgb, torch.zeros_like(rgb), self._alpha(rgb))

    def levels(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return self._schedule.levels(times)

    def noised(self, clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        return self._schedule.noised(clean, noise, times)

    @torch.no_grad()
    def predict(
        self, noisy: Tensor, times: Tensor, condition: Condition, guidance: Guidance | None = None, negative: str = ""
    ) -> Tensor:
        """As `ViewPrior` says: the clean latents; guidance None is the usual one. What weighs nothing is not asked."""
        noisy, times = noisy.float(), times.to(noisy.device)
        every = self._weighed(condition, guidance or self.usual, negative)
        weighing = [(told, weight) for told, weight in every if weight != 0.0]
        count = len(weighing)
        asked = together([told for told, _ in weighing])
        answers = self._answer(noisy.repeat(count, 1, 1, 1), times.repeat(count), asked).chunk(count)
        mixed = torch.stack([weight * answer for (_, weight), answer in zip(weighing, answers, strict=True)]).sum(dim=0)
        return self._schedule.clean(mixed, noisy, times)

    def views(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        negative: str = "",
        seed: int = 0,
        guidance: Guidance | None = None,
        steps: int = STEPS,
        on_step: Callable[[int, Views], None] | None = None,
    ) -> Views:
        """As `ViewPrior` says, by so many steps of DDIM; on_step hears the step and what the views look like by then.

        The first noise is drawn on the CPU, so that the same seed begins with the same noise on every device.
        """
        condition = self.condition(photo, elevation, poses, prompt)
        shape = (len(poses), self._vae.config.latent_channels, self._cells, self._cells)
        noisy = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(self._device)
        clean = noisy
        times = self._schedule.spaced(steps)
        for number, time in enumerate(times):
            clean = self.predict(noisy, time.repeat(len(poses)), condition, guidance, negative)
            if on_step is not None:
                on_step(number + 1, self.decoded(clean))
            if number + 1 < steps:
                (signal, next_signal), (amount, next_amount) = self.levels(times[number : number + 2])
                noisy = next_signal * clean + next_amount * (noisy - signal * clean) / amount
        return self.decoded(clean)

    @abstractmethod
    def _weighed(self, condition: Condition, guidance: Guidance, negative: str) -> list[tuple[Condition, float]]:
        """What the U-Net is asked with, and how much each of its answers weighs; the weights' sum is 1."""

    def _told(self, noisy: Tensor, times: Tensor, told: Condition) -> dict[str, Any]:
        """What the U-Net is given beside the noisy pictures, by its argument's name."""
        return {"encoder_hidden_states": told.tokens.to(noisy)}

    def _alpha(self, rgb: Tensor) -> Tensor:
        """[N, H, W] what of pictures [N, H, W, 3] is statue; all of it, where that cannot be told."""
        return torch.ones_like(rgb[..., 0])

    def _answer(self, noisy: Tensor, times: Tensor, told: Condition) -> Tensor:
        """The U-Net's own answer [N, C, h, w], some pictures at a time."""
        with self._at_work(self._unet):
            step = self._at_once
            places = [slice(first, first + step) for first in range(0, len(noisy), step)]
            found = [self._pass(noisy[place], times[place], told.part(place)) for place in places]
        return torch.cat(found).to(noisy)

    def _pass(self, noisy: Tensor, times: Tensor, told: Condition) -> Tensor:
        noisy, times = noisy.to(self._device, self._unet.dtype), times.to(self._device)
        shown = noisy if told.beside is None else torch.cat([noisy, told.beside.to(noisy)], dim=1)
        return self._unet(shown, times, **self._told(noisy, times, told)).sample

    def _latents(self, pictures: Tensor) -> Tensor:
        """Pictures [N, 3, H, W] of any size, 0 … 1, as latents [N, C, h, w]."""
        scale, shift = self._scaling()
        shown = 2.0 * resized(pictures, self.size).to(self._device, self._vae.dtype) - 1.0
        if self._memory.again:
            found = torch.cat([checkpoint(self._means, one, use_reentrant=False) for one in shown.split(1)])
        else:
            found = self._means(shown)
        return ((found - shift) * scale).float()

    def _means(self, shown: Tensor) -> Tensor:
        """The VAE's own numbers for pictures -1 … 1: the middle of what it would draw from."""
        return self._vae.encode(shown).latent_dist.mode()

    def _scaling(self) -> tuple[float, float]:
        """The VAE's own numbers are divided by the one, and have the other as their middle."""
        told = self._vae.config
        return told.scaling_factor, getattr(told, "shift_factor", None) or 0.0

    @contextmanager
    def _at_work(self, network: nn.Module) -> Iterator[None]:
        """Fetches a network that waits in the computer's memory, for as long as it is needed."""
        if self._resting == self._device:
            yield
            return
        network.to(self._device)
        try:
            yield
        finally:
            network.to(self._resting)


def resized(pictures: Tensor, side: int) -> Tensor:
    """Pictures [N, C, H, W] as [N, C, side, side]; gradients flow."""
    if pictures.shape[-2:] == (side, side):
        return pictures
    return nn.functional.interpolate(pictures.float(), size=(side, side), mode="bilinear", antialias=True)


def _joined(values: Sequence[Tensor | None]) -> Tensor | None:
    there = [value for value in values if value is not None]
    return torch.cat(there) if there else None


def _side(size: int | Sequence[int]) -> int:
    return size if isinstance(size, int) else size[0]
