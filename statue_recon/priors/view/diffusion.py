"""From noise to new views: the schedule is the shape prior's, the guidance has a weight for the photo and the caption.

The guess for nothing known, moved towards the photo's and from there towards the caption's, each as far as its weight
says (Brooks and others, “InstructPix2Pix”, 2023). The pose is always told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..shape.schedule import levels, spaced
from .framing import SIZE
from .network import Condition, together
from .pictures import CHANNELS


@dataclass(frozen=True)
class Guidance:
    """How far to follow what is known: 1 as it was learnt, more beyond that, 0 not at all."""

    photo: float = 1.0
    caption: float = 1.0


AS_LEARNT = Guidance()


def guided(
    network: nn.Module,
    noisy: Tensor,
    times: Tensor,
    condition: Condition,
    guidance: Guidance = AS_LEARNT,
    instead: Tensor | None = None,
) -> Tensor:
    """The network's guess at the clean pictures, cut to what they can be.

    instead: [B, LENGTH] captions to move away from, in the place of no caption. Guesses that weigh nothing are not
    made: two equal weights cost two guesses instead of three, and two of 1 a single one.
    """
    silent = replace(condition, caption=torch.zeros_like(condition.caption) if instead is None else instead)
    every = (
        (condition, guidance.caption),
        (silent, guidance.photo - guidance.caption),
        (silent.dropped(photo=True), 1.0 - guidance.photo),
    )
    weighing = [(told, weight) for told, weight in every if weight != 0.0]
    count = len(weighing)
    told = together([told for told, _ in weighing])
    guesses = network(noisy.repeat(count, 1, 1, 1), times.repeat(count), told).float().chunk(count)
    mixed = torch.stack([weight * guess for (_, weight), guess in zip(weighing, guesses, strict=True)]).sum(dim=0)
    return mixed.clamp(-1.0, 1.0)


@torch.no_grad()
def sample(
    network: nn.Module,
    condition: Condition,
    steps: int,
    generator: torch.Generator,
    guidance: Guidance = AS_LEARNT,
    instead: Tensor | None = None,
    on_step: Callable[[int, Tensor], None] | None = None,
) -> Tensor:
    """Clean pictures [B, CHANNELS, SIZE, SIZE], one for each condition, by steps of DDIM.

    The generator is of the CPU, so that the same seed begins with the same noise on every device. on_step hears the
    step and the guess.
    """
    device = condition.pose.device
    noisy = torch.randn((len(condition), CHANNELS, SIZE, SIZE), generator=generator).to(device)
    times = spaced(steps)
    clean = noisy
    for number, time in enumerate(times):
        clean = guided(network, noisy, time.repeat(len(condition)).to(device), condition, guidance, instead)
        if on_step is not None:
            on_step(number + 1, clean)
        if number + 1 < steps:
            signal, amount = (float(part) for part in levels(time))
            next_signal, next_amount = (float(part) for part in levels(times[number + 1]))
            noisy = next_signal * clean + next_amount * (noisy - signal * clean) / amount
    return clean
