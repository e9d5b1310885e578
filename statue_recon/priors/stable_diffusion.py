"""Stable Diffusion 1.5, 2.1 or XL, or any model in the layout of their pipelines: what things look like that are so
called.

It knows neither the photo nor cameras: a view is told in words (`prompts`), and where a ControlNet lies in the folder,
by the normals of what is rendered. Renderings reach it in three ways, see WAYS.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ..contract import Failure
from . import diffusers_folder as files
from .latents import AMPLE, Condition, LatentPrior, Memory, Schedule, resized
from .prompt_encoders import PromptEncoders
from .prompts import DIRECTIONS, prompts, told
from .view.diffusion import Guidance
from .view.framing import PhotoWindow, Pose
from .view.pictures import Views

Way = Literal["colours", "normals", "normals as latents"]
DRAWN = (1.0, -1.0, -1.0)  # our normals as they are drawn: red to the right, green up, blue to the viewer
CONTROL = (-1.0, -1.0, -1.0)  # as ControlNet 1.1 (normalbae) has them: red to the left, green up, blue to the viewer
FACING = (0.0, 0.0, 1.0)  # what is drawn for a ControlNet where there is nothing


class StableDiffusionPrior(LatentPrior):
    """Meets `ViewPrior`. The photo means nothing to it; of a guidance it heeds the caption's weight.

    Its views have nothing to do with each other, and their alpha is 1: they fill the picture.
    """

    usual = Guidance(caption=7.5)  # the pipelines' own; DreamFusion's SDS wants 100

    def __init__(
        self,
        unet: Any,
        vae: Any,
        encoders: PromptEncoders,
        schedule: Schedule,
        device: str = "cpu",
        memory: Memory = AMPLE,
        controlnet: Any = None,
    ):
        super().__init__(unet, vae, schedule, device, memory)
        self._encoders = encoders
        self._controlnet: Any = None if controlnet is None else controlnet.to(self._resting)
        self._way: Way = "colours"

    def seeing(self, way: Way) -> StableDiffusionPrior:
        """The same prior, for other renderings.

        colours             through the VAE, on white
        normals             through the VAE, drawn as colours on grey
        normals as latents  normals and mask, as they are, made as small as latents: no VAE, so a step costs a U-Net's
                            pass alone; good for the first, coarse steps (Chen et al., “Fantasia3D”, 2023)
        """
        if way == "normals as latents" and self._vae.config.latent_channels != 4:
            raise Failure(
                f"Normals and mask cannot stand for latents of {self._vae.config.latent_channels} channels.",
                next_step="Choose a Stable Diffusion whose latents have four.",
            )
        other = copy.copy(self)
        other._way = way
        return other

    def encoded(self, views: Views) -> Tensor:
        """Renderings of any size as latents [N, C, h, w], in the way chosen with `seeing`; gradients flow."""
        if self._way == "colours":
            return super().encoded(views)
        normals = (views.normal * views.alpha[..., None] * views.normal.new_tensor(DRAWN)).permute(0, 3, 1, 2)
        if self._way == "normals":
            return self._latents((normals + 1.0) / 2.0)
        mask = 2.0 * views.alpha[:, None] - 1.0
        return resized(torch.cat([normals, mask], dim=1), self._cells).to(self._device)

    @torch.no_grad()
    def condition(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        rendered: Views | None = None,
    ) -> Condition:
        """As `ViewPrior` says. rendered: what the ControlNet follows, if there is one; without it that has no say."""
        every = [told(prompt, direction) for direction in DIRECTIONS]
        self._encoders.read([*every, ""])  # all at once, so that the encoders are loaded once
        tokens, summary = self._encoders(prompts(prompt, elevation, poses))
        if rendered is None or self._controlnet is None:
            return Condition(tokens, None, summary)
        return Condition(tokens, None, summary, self._drawn(rendered))

    def _drawn(self, rendered: Views) -> Tensor:
        """[N, 3, H, W] 0 … 1: normals as the ControlNet has seen them in training."""
        alpha = rendered.alpha[..., None]
        facing = rendered.normal.new_tensor(FACING)
        shown = torch.nn.functional.normalize(rendered.normal, dim=-1)  # where light was mixed, they are too short
        normals = shown * rendered.normal.new_tensor(CONTROL) * alpha + facing * (1.0 - alpha)
        return resized((normals.permute(0, 3, 1, 2) + 1.0) / 2.0, self.size).to(self._device)

    def _weighed(self, condition: Condition, guidance: Guidance, negative: str) -> list[tuple[Condition, float]]:
        tokens, summary = self._encoders([negative] * len(condition))
        return [
            (condition, guidance.caption),
            (replace(condition, tokens=tokens, summary=summary), 1.0 - guidance.caption),
        ]

    def _told(self, noisy: Tensor, times: Tensor, told: Condition) -> dict[str, Any]:
        given: dict[str, Any] = {"encoder_hidden_states": told.tokens.to(noisy)}
        if told.summary is not None:  # XL is told the picture's size, where it was cut, and the size that is wanted
            sizes = noisy.new_tensor([[self.size, self.size, 0, 0, self.size, self.size]]).expand(len(noisy), -1)
            given["added_cond_kwargs"] = {"text_embeds": told.summary.to(noisy), "time_ids": sizes}
        if told.control is None:
            return given
        with self._at_work(self._controlnet):
            down, middle = self._controlnet(
                noisy, times, controlnet_cond=told.control.to(noisy), return_dict=False, **given
            )
        return {**given, "down_block_additional_residuals": down, "mid_block_additional_residual": middle}


def stable_diffusion_prior(
    folder: Path,
    device: str = "cpu",
    memory: Memory = AMPLE,
    controlnet: Path | None = None,
) -> StableDiffusionPrior:
    """The prior in this folder; half precision on CUDA.

    controlnet: the folder of a ControlNet for normals; None: the part `controlnet` of the model, if it has one.
    """
    try:
        from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
        from transformers import CLIPTextModel  # noqa: F401  # asked for here, not in the middle of a run
    except (ImportError, OSError) as error:
        raise files.missing_library("Stable Diffusion", error) from error
    dtype = files.precision(device)
    encoders = PromptEncoders(folder, device)
    files.require(folder, ("unet", "vae"))
    schedule = Schedule.read(folder / "scheduler")
    unet = files.network(folder / "unet", UNet2DConditionModel, dtype)
    overflows = encoders.two and files.settings(folder / "vae").get("force_upcast", True)  # XL's own, in half precision
    vae = files.network(folder / "vae", AutoencoderKL, torch.float32 if overflows else dtype)
    if unet.config.in_channels != vae.config.latent_channels:
        raise Failure(
            f"The model in {folder} wants more than a text: its U-Net takes {unet.config.in_channels} channels.",
            next_step="Choose a Stable Diffusion that makes pictures from text, not one for filling in or for depth.",
        )
    inside = folder / "controlnet"
    place = controlnet or (inside if inside.is_dir() else None)
    follower = None if place is None else files.network(place, ControlNetModel, dtype)
    return StableDiffusionPrior(unet, vae, encoders, schedule, device, memory, follower)
