"""How good new views are: in colour and normals, beside what somebody without a prior would show.

    psnr           over the whole picture, statues on white; dB
    psnr_inside    over the pixels that the statue truly covers; dB
    iou            of the masks
    normals_off    mean angle in degrees between the normals, where truth and guess both show the statue

The baseline repeats the photo, framed as the new view is; its normals look straight into the camera. A sharper one
rounds and turns the photo (`priors.view.turned`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..priors.shape.schedule import TIMES
from ..priors.view.diffusion import guided
from ..priors.view.framing import SIZE
from ..priors.view.network import Condition
from ..priors.view.pictures import CHANNELS, facing, on_white

COVERED = 0.5  # alpha from which a pixel counts as covered
AT_ONCE = 16  # guesses, so that memory does not grow with their number
_BEST = 60.0  # dB, where pictures are the same


def compared(guess: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """The figures above, [N] each, of clean pictures [N, CHANNELS, H, W]; NaN where masks have nothing in common."""
    wrong = (on_white(guess) - on_white(truth)).square().mean(dim=-1)
    inside, shown = ((part[:, 6] + 1.0) / 2.0 > COVERED for part in (truth, guess))
    both = inside & shown
    cosine = nn.functional.cosine_similarity(guess[:, 3:6], truth[:, 3:6], dim=1)
    angle = torch.rad2deg(torch.acos(cosine.clamp(-1.0, 1.0)))
    return {
        "psnr": _decibels(wrong.mean(dim=(1, 2))),
        "psnr_inside": _decibels((wrong * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2)).clamp(min=1)),
        "iou": both.sum(dim=(1, 2)) / (inside | shown).sum(dim=(1, 2)).clamp(min=1),
        "normals_off": (angle * both).sum(dim=(1, 2)) / both.sum(dim=(1, 2)),
    }


def repeated(photo: Tensor, farther: Tensor) -> Tensor:
    """Photos' windows [N, PHOTO, H, W] as new views [N, CHANNELS, H, W], smaller by as much as they are farther [N]."""
    grow = torch.exp(farther).to(photo)
    places = torch.eye(2, 3).to(photo).repeat(len(photo), 1, 1) * grow[:, None, None]
    grid = nn.functional.affine_grid(places, [len(photo), 4, SIZE, SIZE], align_corners=False)
    seen = nn.functional.grid_sample(photo, grid, align_corners=False)
    return facing(seen[:, :3], seen[:, 3:4])


def guessed(network: nn.Module, condition: Condition, generator: torch.Generator) -> Tensor:
    """[N, CHANNELS, SIZE, SIZE] what a network makes of pure noise in one step: the mean of what it thinks possible."""
    found = []
    for start in range(0, len(condition), AT_ONCE):
        part = condition.of(slice(start, start + AT_ONCE))
        noise = torch.randn((len(part), CHANNELS, SIZE, SIZE), generator=generator).to(part.pose)
        found.append(guided(network, noise, torch.full((len(part),), TIMES - 1, device=noise.device), part))
    return torch.cat(found)


def mean(figures: Tensor) -> float:
    """Of all that are no NaN."""
    return float(torch.nanmean(figures.float()))


def _decibels(error: Tensor) -> Tensor:
    return (-10.0 * torch.log10(error.clamp(min=1e-12))).clamp(max=_BEST)
