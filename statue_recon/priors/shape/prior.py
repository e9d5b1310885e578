"""The bundled shape prior: from a photo to volumes it may show, and how far these differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .columns import REACH, Columns
from .diffusion import sample
from .network import Architecture, Condition, ShapeNetwork, between

Progress = Callable[[int, int], None]  # steps done, and of how many


@dataclass(frozen=True)
class Imagined:
    """What the prior makes of a photo."""

    volume: NDArray[np.float32]  # [D, H, W] what is most likely, clipped distances in REACH pitches
    spread: NDArray[np.float32]  # [D, H, W] world units: by how much samples differ, their standard deviation
    columns: Columns  # where the nodes lie


class TrainedNetwork:
    """A trained network, ready to be asked."""

    part: ClassVar[str]  # of the bundled priors

    def __init__(self, network: ShapeNetwork, device: str = "cpu"):
        self.network = network.eval().to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out of torch's types
        self.device = device

    @classmethod
    def bundled(cls, device: str = "cpu") -> Self:
        """The one that ships."""
        from ..bundled import weights

        config, state = weights(cls.part)
        network = ShapeNetwork(Architecture.from_json(config["architecture"]))
        network.load_state_dict(state)
        return cls(network, device)


class ShapePrior(TrainedNetwork):
    """The coarse scale: the whole volume behind a photo."""

    part = "shape"

    def imagine(
        self,
        condition: Condition,
        columns: Columns,
        samples: int,
        steps: int,
        seed: int,
        progress: Progress | None = None,
    ) -> Imagined:
        """What is most likely behind one photo, and how far several samples of what may be there differ.

        The samples' seeds follow each other: as `samples` grows, the first stay.
        """
        told = condition.to(self.device)
        with torch.no_grad(), half(self.device):
            likely = most_likely(self.network, told)[0].float().cpu()
        total, squares = torch.zeros(columns.shape), torch.zeros(columns.shape)
        for number in range(samples):
            generator = torch.Generator().manual_seed(seed + number)

            def told_of(step: int, _guess: Tensor, done: int = number * steps) -> None:
                if progress is not None:
                    progress(done + step, samples * steps)

            with half(self.device):
                drawn = sample(self.network, told, steps, generator, on_step=told_of)[0].float().cpu()
            total += drawn
            squares += drawn.square()
        spread = (squares / samples - (total / samples).square()).clamp(min=0.0).sqrt()
        return Imagined(likely.numpy(), (spread * (REACH * columns.pitch)).numpy(), columns)


def most_likely(network: ShapeNetwork, condition: Condition) -> Tensor:
    """[B, D, H, W] the bodies between the depths that a network holds for the likeliest while nothing is drawn yet.

    Not its guess x₀: that is the mean of all that may be, in which thin parts at an uncertain depth vanish. Measured
    on ten frontal photos of statues held out, with the first weights shipped: Chamfer distance 0.037 against 0.044.
    The photo is looked at in the mirror too, 0.04 s more, and the middle taken, so that a mirrored photo gives the
    mirrored body; on 36 photos held out that left the Chamfer distance as it was.
    """
    if network.architecture.coarse:
        raise ValueError("a network that refines a coarser volume has no depths of its own")
    mirrored = network.depths(condition.mirrored()).mirrored()
    return between(network.depths(condition).mixed(mirrored))


def half(device: str) -> torch.autocast:
    """Half precision where it pays: on graphics cards, and on processors that multiply bfloat16."""
    if device == "cpu":
        return torch.autocast("cpu", torch.bfloat16, enabled=torch.backends.mkldnn.is_available() and _bfloat16())
    return torch.autocast(device, torch.float16)


def _bfloat16() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported()) or bool(torch.cpu._is_amx_tile_supported())
