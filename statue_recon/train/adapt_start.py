"""What adapting begins with: a trained network, read back from a run, and an ear for its encoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from ..contract import Failure
from ..priors.shape.columns import DEPTHS
from ..priors.shape.network import FOLD, Architecture, ShapeNetwork
from .loop import STATE


def spent_in(out: Path) -> float:
    """Seconds an earlier run has trained for."""
    path = out / STATE
    return float(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["spent"]) if path.is_file() else 0.0


def network_of(weights: Path) -> ShapeNetwork:
    """The network whose averaged weights a run's state.pt holds."""
    try:
        kept = torch.load(weights, map_location="cpu", weights_only=True)["average"]
        network = ShapeNetwork(architecture_of(kept))
        network.load_state_dict(kept)
    except (OSError, KeyError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        raise Failure(
            f"{weights} holds no weights of the shape prior ({error}).",
            next_step="Name the state.pt in the folder of a run of `statue-recon train shape`.",
        ) from error
    return network


def architecture_of(weights: Mapping[str, Tensor]) -> Architecture:
    """What a network with these weights is built from."""
    parts = {tuple(name.split(".")[1:5]) for name in weights if name.startswith("unet.down_blocks.")}
    levels = 1 + max(int(part[1]) for part in parts)
    first = weights["unet.conv_in.weight"]
    volume = DEPTHS * FOLD**2
    return Architecture(
        widths=tuple(len(weights[f"unet.down_blocks.{level}.resnets.0.conv1.weight"]) for level in range(levels)),
        blocks=1 + max(int(part[3]) for part in parts if part[1:3] == ("0", "resnets")),
        attention=tuple(any(part[1:3] == (str(level), "attentions") for part in parts) for level in range(levels)),
        coarse=first.shape[1] > 2 * volume,
    )


@contextmanager
def listening(network: ShapeNetwork) -> Iterator[list[Tensor]]:
    """What the encoder makes of what the network is given within the block: one [B, C, h, w] a level, finest first."""
    heard: list[Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _block, _inputs, output: heard.append(output[0]))
        for block in network.unet.down_blocks  # type: ignore[attr-defined]  # diffusers sets it by name
    ]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()
