"""The view prior as stages ask for it, and the bundled one.

    prior = bundled_view_prior()
    found = prior.views(photo, elevation=8.0, poses=[Pose(azimuth=90.0), Pose(azimuth=180.0)], prompt="bronze")
    found.rgb[1]  # what the statue's back may look like

`photo` is what `photo.square.square_of` makes of a photo; its framing says where in the world the views lie.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor

from ..shape.schedule import TIMES, levels, noised
from .diffusion import AS_LEARNT, Guidance, guided, sample
from .framing import SIZE, PhotoWindow, Pose, pose_numbers
from .network import Architecture, Condition, ViewNetwork
from .pictures import PHOTO, Views, decoded, encoded, pictures_of
from .words import NOTHING, Reading

log = logging.getLogger(__name__)

USUAL_SPREAD = 0.3  # of a window where there is no photo: the middle of what training shows
STEPS = 16  # of the way back from noise
WITH_CAPTION = Guidance(caption=3.0)  # where a caption may be told; not yet measured on the shipped weights


class ViewPrior(Protocol):
    """A diffusion model that knows what statues look like from other sides, and what words mean for that.

    `BundledViewPrior` meets this, and so do Zero123-XL (photo and pose, no caption) and Stable Diffusion (caption
    alone): they differ in what a clean picture is (`encoded`: seven channels of 64 × 64 here, latents there) and in
    what of a condition they heed. Multi-view synthesis asks `views`; SDS and text edits take a rendering, then
    `encoded`, `noised` and `predict`, and pull it to what `predict` says, or `decoded` it.
    """

    times: int  # noise is told as 0 … times − 1
    size: int  # pixels of a picture's side
    draws_normals: bool  # whether clean pictures hold normals behind three channels of colour

    def condition(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        rendered: Views | None = None,
    ) -> Any:
        """What is known of so many views, as `predict` takes it. elevation: degrees, of the photo; None: not known.

        rendered: the surface as these views show it by now, of any size; whoever can follows its normals, without
        gradients. The others do not look at it.
        """

    def encoded(self, views: Views) -> Tensor:
        """Renderings of any size as clean pictures [N, C, h, w]; gradients flow through it."""

    def decoded(self, clean: Tensor) -> Views:
        """What clean pictures [N, C, h, w] show."""

    def levels(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """The shares α and σ of a clean picture and of noise at times [N]; α² + σ² = 1."""

    def noised(self, clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """Clean pictures with noise of their size, as much as belongs to times [N]."""

    def predict(
        self, noisy: Tensor, times: Tensor, condition: Any, guidance: Guidance = AS_LEARNT, negative: str = ""
    ) -> Tensor:
        """The clean pictures [N, C, h, w] it takes to be behind noisy ones; the score is (α · clean − noisy) / σ²."""

    def views(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        negative: str = "",
        seed: int = 0,
    ) -> Views:
        """New views of a statue, framed as `framing.Framing` says; the same seed gives the same ones."""


class BundledViewPrior:
    """The one that ships with the extension: a small network for pictures of 64 × 64, in colour and normals."""

    times = TIMES
    size = SIZE
    draws_normals = True

    def __init__(self, network: ViewNetwork, device: str = "cpu"):
        self._network = network.to(device).eval().requires_grad_(False)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out of torch's types
        self._vocabulary = network.vocabulary
        self._device = device
        self._read: set[str] = set()  # captions whose unknown words were told

    def read(self, caption: str) -> Reading:
        """What it understands of a caption, and which words it does not know."""
        return self._vocabulary.read(caption)

    def condition(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        rendered: Views | None = None,
    ) -> Condition:
        """As `ViewPrior` says; what is rendered means nothing to it, for it draws normals itself."""
        pictures = pictures_of([photo]) if photo is not None else torch.zeros(1, PHOTO, SIZE, SIZE)
        spread = photo.spread if photo is not None else USUAL_SPREAD
        return Condition(
            pictures.expand(len(poses), -1, -1, -1),
            pose_numbers(poses, elevation, spread),
            self._numbers(prompt).expand(len(poses), -1),
        ).to(self._device)

    def encoded(self, views: Views) -> Tensor:
        return encoded(views)

    def decoded(self, clean: Tensor) -> Views:
        return decoded(clean)

    def levels(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return levels(times)

    def noised(self, clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        return noised(clean, noise, times)

    @torch.no_grad()
    def predict(
        self,
        noisy: Tensor,
        times: Tensor,
        condition: Condition,
        guidance: Guidance = AS_LEARNT,
        negative: str = "",
    ) -> Tensor:
        """As `ViewPrior` says; a weight for what is not told costs nothing."""
        instead = self._instead(negative, len(condition))
        return guided(self._network, noisy, times, condition, _fitting(guidance, condition, negative), instead)

    def views(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        negative: str = "",
        seed: int = 0,
        guidance: Guidance = WITH_CAPTION,
        steps: int = STEPS,
        on_step: Callable[[int, Views], None] | None = None,
    ) -> Views:
        """As `ViewPrior` says, in so many steps; on_step hears the step and what the views look like by then."""
        condition = self.condition(photo, elevation, poses, prompt)
        heard = None if on_step is None else lambda step, clean: on_step(step, decoded(clean))
        clean = sample(
            self._network,
            condition,
            steps,
            torch.Generator().manual_seed(seed),
            _fitting(guidance, condition, negative),
            self._instead(negative, len(poses)),
            heard,
        )
        return decoded(clean)

    def _numbers(self, caption: str) -> Tensor:
        """[1, LENGTH]"""
        reading = self.read(caption)
        if reading.unknown and caption not in self._read:
            log.info("The view prior does not know: %s", ", ".join(reading.unknown))
        self._read.add(caption)
        return self._vocabulary.numbers(reading.words)[None]

    def _instead(self, negative: str, count: int) -> Tensor | None:
        return self._numbers(negative).expand(count, -1).to(self._device) if negative else None


def bundled_view_prior(device: str = "cpu") -> BundledViewPrior:
    """The view prior with the weights that ship."""
    from ..bundled import weights

    known, tensors = weights("view")
    network = ViewNetwork(Architecture.from_json(known["architecture"]))
    network.load_state_dict(tensors)
    return BundledViewPrior(network, device)


def _fitting(guidance: Guidance, condition: Condition, negative: str) -> Guidance:
    """The same guidance with as few guesses: what is not told has the weight of what is."""
    if not negative and not bool((condition.caption != NOTHING).any()):
        return replace(guidance, caption=guidance.photo)
    if not bool(condition.photo.any()):
        return replace(guidance, photo=guidance.caption)
    return guidance
