"""Zero123 and Zero123-XL (Liu et al. 2023): what a photographed thing looks like from elsewhere. No words.

There are two layouts of it for diffusers, and both are read. They differ in the layer that joins the photo's CLIP
embedding with the pose:

    kxic/zero123-xl                cc_projection/           CCProjection            projection.weight, .bias
    ashawkey/zero123-xl-diffusers  clip_camera_projection/  CLIPCameraProjection    proj.weight, .bias

Its cameras look at a thing as large as 1 from a distance of 1.5 to 2.2 through a lens of 49°; ours look through the
photo's lens, so what it draws of a photo with a long lens is a little too close in perspective.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..contract import Failure
from . import diffusers_folder as files
from .latents import AMPLE, Condition, LatentPrior, Memory, Schedule, resized
from .view.diffusion import Guidance
from .view.framing import PhotoWindow, Pose, pose_numbers
from .view.pictures import Views

POSE = 4  # numbers of a pose
DISTANCE = 1.85  # of its cameras, in sides of the thing: the middle of what it was trained on
PROJECTIONS = ("CCProjection", "CLIPCameraProjection")
PAPER = 0.05  # by how much a background may differ from white, of 0 … 1
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_SPREAD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class _Seen:
    """A photo as the networks have read it."""

    photo: PhotoWindow
    embedding: Tensor  # [1, 1, W] of CLIP
    latents: Tensor  # [1, C, h, w]


class Zero123Prior(LatentPrior):
    """Meets `ViewPrior`. Captions mean nothing to it; of a guidance it heeds the photo's weight."""

    usual = Guidance(photo=3.0)  # the authors' scale

    def __init__(
        self,
        unet: Any,
        vae: Any,
        image_encoder: Any,
        projection: nn.Linear,
        schedule: Schedule,
        device: str = "cpu",
        memory: Memory = AMPLE,
        mean: Sequence[float] = CLIP_MEAN,
        spread: Sequence[float] = CLIP_SPREAD,
    ):
        """mean, spread: of the colours that CLIP expects."""
        super().__init__(unet, vae, schedule, device, memory)
        self._image_encoder = image_encoder  # waits in the computer's memory: a photo is read once
        self._projection = projection.to(device)
        self._mean, self._spread = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, spread))
        self._seen: _Seen | None = None

    @torch.no_grad()
    def condition(
        self,
        photo: PhotoWindow | None,
        elevation: float | None,
        poses: Sequence[Pose],
        prompt: str = "",
        rendered: Views | None = None,
    ) -> Condition:
        """As `ViewPrior` says. The photo's window may be of any size: the larger, the more it sees, up to `size`.

        It follows nothing that is rendered.
        """
        if photo is None:
            raise Failure(
                "Zero123 draws other views of a photo, and there is none.",
                next_step="Choose another prior for this.",
            )
        seen = self._read(photo)
        told = numbers(poses).to(seen.embedding)[:, None]
        joined = torch.cat([seen.embedding.expand(len(poses), -1, -1), told], dim=-1)
        return Condition(self._projection(joined), seen.latents.expand(len(poses), -1, -1, -1))

    def _weighed(self, condition: Condition, guidance: Guidance, negative: str) -> list[tuple[Condition, float]]:
        nothing = torch.zeros_like
        assert condition.beside is not None
        without = replace(condition, tokens=nothing(condition.tokens), beside=nothing(condition.beside))
        return [(condition, guidance.photo), (without, 1.0 - guidance.photo)]

    def _alpha(self, rgb: Tensor) -> Tensor:
        return torch.stack([cut_from_paper(picture) for picture in rgb])

    def _read(self, photo: PhotoWindow) -> _Seen:
        """The photo, read once however many views are asked of it. Its latents are not scaled: so it was trained."""
        if self._seen is None or self._seen.photo is not photo:
            alpha = torch.from_numpy(photo.alpha)[..., None]
            paper = (torch.from_numpy(photo.rgb) * alpha + 1.0 - alpha).permute(2, 0, 1)[None].float()
            scale, shift = self._scaling()
            latents = self._latents(paper) / scale + shift
            self._seen = _Seen(photo, self._embedding(resized(paper, self.size)), latents)
        return self._seen

    def _embedding(self, picture: Tensor) -> Tensor:
        """[1, 1, W] what CLIP makes of a picture [1, 3, H, W] 0 … 1; resized as it was in training."""
        side = self._image_encoder.config.image_size
        shown = nn.functional.interpolate(picture, size=(side, side), mode="bicubic", align_corners=True)
        encoder = self._image_encoder.to(self._device)
        told = ((shown - self._mean) / self._spread).to(self._device, encoder.dtype)
        found = encoder(pixel_values=told).image_embeds[:, None]
        encoder.to("cpu")
        return found


def numbers(poses: Sequence[Pose]) -> Tensor:
    """[N, POSE] Δpolar, sin Δazimuth, cos Δazimuth and Δr: radians, and distances in sides of the thing."""
    told = pose_numbers(poses, None, 0.0)[:, :POSE]
    told[:, 3] = DISTANCE * torch.expm1(told[:, 3])  # pose_numbers tells the logarithm of the distances' ratio
    return told


def cut_from_paper(rgb: Tensor) -> Tensor:
    """[H, W] 1 where a picture [H, W, 3] 0 … 1 shows something, 0 where there is white paper as far as its edge."""
    from scipy.ndimage import label

    white = (rgb >= 1.0 - PAPER).all(dim=-1).cpu().numpy()
    sheets, _ = label(white)
    edge = np.concatenate([sheets[0], sheets[-1], sheets[:, 0], sheets[:, -1]])
    return torch.from_numpy(~np.isin(sheets, edge[edge > 0])).to(rgb)


def zero123_prior(folder: Path, device: str = "cpu", memory: Memory = AMPLE) -> Zero123Prior:
    """The prior in this folder; half precision on CUDA."""
    try:
        from diffusers import AutoencoderKL, UNet2DConditionModel
        from transformers import CLIPVisionModelWithProjection
    except (ImportError, OSError) as error:
        raise files.missing_library("Zero123", error) from error
    joining = _projection_part(folder)
    files.require(folder, ("unet", "vae", "image_encoder"))
    dtype = files.precision(device)
    unet = files.network(folder / "unet", UNet2DConditionModel, dtype)
    vae = files.network(folder / "vae", AutoencoderKL, dtype)
    if unet.config.in_channels != 2 * vae.config.latent_channels:
        raise Failure(
            f"The model in {folder} is no Zero123: its U-Net takes {unet.config.in_channels} channels.",
            next_step="Choose the folder of Zero123 or Zero123-XL.",
        )
    encoder = files.network(folder / "image_encoder", CLIPVisionModelWithProjection, dtype)
    wanted = encoder.config.projection_dim + POSE, unet.config.cross_attention_dim
    projection = _linear(folder / joining, *wanted).to(dtype)
    schedule = Schedule.read(folder / "scheduler")
    return Zero123Prior(unet, vae, encoder, projection, schedule, device, memory, *_colours(folder))


def _projection_part(folder: Path) -> str:
    """The part that joins photo and pose."""
    for name, kind in files.classes_of(folder).items():
        if kind in PROJECTIONS:
            return name
    raise Failure(
        f"The model in {folder} is no Zero123: nothing in it joins a photo and a pose "
        f"({' or '.join(PROJECTIONS)} in {files.INDEX}).",
        next_step="Choose the folder of Zero123 or Zero123-XL in the layout of diffusers.",
    )


def _linear(part: Path, inputs: int, outputs: int) -> nn.Linear:
    """The one layer of a part, whatever it is called in there."""
    found = {name.rpartition(".")[2]: value for name, value in files.tensors(part).items()}
    layer = nn.Linear(inputs, outputs)
    try:
        layer.load_state_dict(found)
    except RuntimeError as error:
        raise Failure(
            f"The model in {part} cannot be read: its layer does not take {inputs} numbers to {outputs}.",
            next_step=files.AGAIN,
        ) from error
    return layer.eval().requires_grad_(False)


def _colours(folder: Path) -> tuple[Sequence[float], Sequence[float]]:
    """The mean and the spread of the colours that its CLIP expects; the usual ones where the folder does not say."""
    if not (folder / "feature_extractor").is_dir():
        return CLIP_MEAN, CLIP_SPREAD
    told = files.settings(folder / "feature_extractor", "preprocessor_config.json")
    return told.get("image_mean", CLIP_MEAN), told.get("image_std", CLIP_SPREAD)
