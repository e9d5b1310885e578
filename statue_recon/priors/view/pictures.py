"""Pictures as the network counts them: colours, normals and mask in CHANNELS numbers a pixel, −1 … 1.

0–2  colour, sRGB, −1 … 1, 0 outside the mask        3–5  normal in the view's own frame, 0 outside        6  mask
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from .framing import SIZE, PhotoWindow

CHANNELS = 7
PHOTO = 4  # channels of a photo's window: colour −1 … 1 and 0 outside the mask, mask 0 … 1
_FAINT = 0.1  # alpha below which a colour cannot be told from its share of a pixel


@dataclass(frozen=True)
class Views:
    """New views of a statue: tensors on one device."""

    rgb: Tensor  # [N, H, W, 3] sRGB 0 … 1, not multiplied by alpha
    normal: Tensor  # [N, H, W, 3] of length 1, in each view's own frame (OpenCV); 0 where alpha is below one half
    alpha: Tensor  # [N, H, W] 0 … 1


def pictures_of(photos: Sequence[PhotoWindow]) -> Tensor:
    """[N, PHOTO, SIZE, SIZE] photos' windows as the network is told of them."""
    told = [np.dstack([(2.0 * photo.rgb - 1.0) * photo.alpha[..., None], photo.alpha]) for photo in photos]
    return torch.from_numpy(np.stack(told).transpose(0, 3, 1, 2).astype(np.float32))


def encoded(views: Views) -> Tensor:
    """Pictures of any size as clean ones [N, CHANNELS, SIZE, SIZE]; gradients flow."""
    alpha = views.alpha[..., None]
    parts = [(2.0 * views.rgb - 1.0) * alpha, views.normal * alpha, 2.0 * alpha - 1.0]
    whole = torch.cat(parts, dim=-1).permute(0, 3, 1, 2)
    return whole if whole.shape[-1] == SIZE else nn.functional.interpolate(whole, size=(SIZE, SIZE), mode="area")


def decoded(clean: Tensor) -> Views:
    """What clean pictures [N, CHANNELS, H, W] show."""
    colour, normal, mask = clean.float().permute(0, 2, 3, 1).split((3, 3, 1), dim=-1)
    alpha = ((mask + 1.0) / 2.0).clamp(0.0, 1.0)
    rgb = ((colour / alpha.clamp(min=_FAINT)) + 1.0).clamp(0.0, 2.0) / 2.0
    return Views(rgb, nn.functional.normalize(normal, dim=-1) * (alpha >= 0.5), alpha[..., 0])


def facing(colour: Tensor, mask: Tensor) -> Tensor:
    """Clean pictures of colours [N, 3, H, W], 0 outside, and masks [N, 1, H, W] 0 … 1; normals look at the viewer."""
    nothing = torch.zeros_like(mask)
    return torch.cat([colour, nothing, nothing, -mask, 2.0 * mask - 1.0], dim=1)


def on_white(clean: Tensor) -> Tensor:
    """[N, H, W, 3] sRGB 0 … 1: clean pictures, or photos' windows [N, PHOTO or CHANNELS, H, W], on white paper."""
    mask = clean[:, 3:4] if clean.shape[1] == PHOTO else (clean[:, 6:7] + 1.0) / 2.0
    mask = mask.clamp(0.0, 1.0)
    return ((clean[:, :3] + mask) / 2.0 + 1.0 - mask).clamp(0.0, 1.0).permute(0, 2, 3, 1)
