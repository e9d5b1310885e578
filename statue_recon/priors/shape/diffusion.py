"""The way back from noise to volumes: the steps of DDIM, with a network that predicts x₀."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .columns import DEPTHS
from .network import Condition, ShapeNetwork
from .schedule import levels, spaced


@torch.no_grad()
def sample(
    network: ShapeNetwork,
    condition: Condition,
    steps: int,
    generator: torch.Generator,
    guidance: float = 1.0,
    on_step: Callable[[int, Tensor], None] | None = None,
) -> Tensor:
    """Clean volumes [B, D, H, W], one for each condition.

    guidance: 1 is the condition as it is; more follows it beyond that (classifier-free guidance). The generator is of
    the CPU, so that the same seed begins with the same noise on every device. on_step hears the step and the guess.
    """
    device = condition.picture.device
    noisy = noise_like(network, condition, generator)
    times = spaced(steps)
    clean = noisy
    for number, time in enumerate(times):
        now = time.repeat(len(condition)).to(device)
        clean = guided(network, noisy, now, condition, guidance)
        if on_step is not None:
            on_step(number + 1, clean)
        if number + 1 == steps:
            break
        signal, amount = levels(time)
        next_signal, next_amount = levels(times[number + 1])
        noise = (noisy - signal * clean) / amount
        noisy = next_signal * clean + next_amount * noise
    return clean


def noise_like(network: ShapeNetwork, condition: Condition, generator: torch.Generator) -> Tensor:
    """Noise [B, D, H, W] of the size of what the condition describes."""
    height, width = condition.planes.shape[-2:]
    noise = torch.randn((len(condition), DEPTHS, height, width), generator=generator)
    return noise.to(condition.picture)


def guided(network: ShapeNetwork, noisy: Tensor, times: Tensor, condition: Condition, guidance: float) -> Tensor:
    """The network's guess, cut to what a volume can be; with guidance ≠ 1 moved away from its guess without a photo."""
    known = network(noisy, times, condition).float()
    if guidance != 1.0:
        everywhere = torch.ones(len(condition), dtype=torch.bool, device=noisy.device)
        unknown = network(noisy, times, condition.dropped(everywhere)).float()
        known = unknown + guidance * (known - unknown)
    return known.clamp(-1.0, 1.0)
