"""How much noise there is at which time.

The schedule is the cosine one (Nichol and Dhariwal, 2021), with its signal-to-noise ratio lowered by SHIFT²: the nodes
of a volume go with their neighbours, so that more noise is needed until nothing of it can be told (Hoogeboom and
others, “simple diffusion”, 2023).
"""

from __future__ import annotations

import torch
from torch import Tensor

TIMES = 1000
SHIFT = 0.25  # of the amplitude of the signal against the noise


def levels(times: Tensor) -> tuple[Tensor, Tensor]:
    """How much of the signal and how much noise there is at times 0 … 999: α and σ, α² + σ² = 1, as long as times."""
    angle = (times.double() + 0.5) / TIMES * (torch.pi / 2)
    noise_to_signal = torch.tan(angle) / SHIFT
    signal = 1.0 / torch.sqrt(1.0 + noise_to_signal**2)
    return signal.float(), (noise_to_signal * signal).float()


def noised(clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
    """Volumes [B, D, H, W] with as much noise as belongs to times [B]."""
    signal, amount = (part.to(clean)[:, None, None, None] for part in levels(times))
    return signal * clean + amount * noise


def spaced(steps: int) -> Tensor:
    """[steps] the times of a way back in so many steps, from pure noise on."""
    return torch.linspace(TIMES - 1, 0, steps + 1)[:-1].round().long()
