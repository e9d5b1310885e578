"""Muon: steps in which every direction that a layer's matrix of weights can move in counts alike (K. Jordan, 2024).

Measured on the shape prior, two cores, the same two minutes from nothing: depths off by 5.99 pitches and slopes by
0.565 on statues held out, against 6.28 and 0.576 with AdamW, whose steps cost a quarter less.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
BETAS = (0.9, 0.99)  # of Adam, for what is no matrix
# Of the polynomial ax + bx³ + cx⁵ that brings singular values near 1 when it is applied over and over.
POLYNOMIAL = (3.4445, -4.7750, 2.0315)
TIMES = 4
AS_ADAM = 0.2  # root mean square of a step in learning rates, as Adam's steps have: one rate serves both
BORDERS = ("conv_in", "conv_out", "time_emb")  # layers at the borders of diffusers' networks: theirs are no directions


class Muon(torch.optim.Optimizer):
    """Muon for the matrices within a network, Adam for all else; with weight decay for matrices."""

    def __init__(self, network: nn.Module, rate: float, decay: float, halves: bool):
        """halves: whether matrices are multiplied in bfloat16, which is enough where it is fast."""
        matrices = list(_matrices(network))
        there = {id(weights) for weights in matrices}
        others = [weights for weights in network.parameters() if id(weights) not in there]
        groups = [{"params": matrices, "matrices": True}, {"params": others, "matrices": False}]
        super().__init__([group for group in groups if group["params"]], {"lr": rate, "decay": decay})
        self._type = torch.bfloat16 if halves else torch.float32

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                if group["matrices"]:
                    weights.mul_(1.0 - group["lr"] * group["decay"])
                    weights.add_(self._orthogonal_step(weights, weights.grad), alpha=-group["lr"])
                else:
                    weights.add_(self._adam_step(weights, weights.grad), alpha=-group["lr"])

    def _orthogonal_step(self, weights: Tensor, gradient: Tensor) -> Tensor:
        state = self.state[weights]
        if not state:
            state["mean"] = torch.zeros_like(weights)
        state["mean"].lerp_(gradient, 1.0 - MOMENTUM)
        direction = torch.lerp(gradient, state["mean"], MOMENTUM).flatten(1)  # Nesterov's look ahead
        step = orthogonal(direction.to(self._type)).to(weights.dtype)
        return (AS_ADAM * max(step.shape) ** 0.5 * step).view_as(weights)

    def _adam_step(self, weights: Tensor, gradient: Tensor) -> Tensor:
        state = self.state[weights]
        if not state:
            state |= {"mean": torch.zeros_like(weights), "square": torch.zeros_like(weights), "steps": 0}
        state["steps"] += 1
        state["mean"].lerp_(gradient, 1.0 - BETAS[0])
        state["square"].lerp_(gradient.square(), 1.0 - BETAS[1])
        mean, square = (
            state[name] / (1.0 - beta ** state["steps"]) for name, beta in zip(("mean", "square"), BETAS, strict=True)
        )
        return mean / (square.sqrt() + 1e-8)


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix [M, N] with its singular values brought near 1, by Newton and Schulz's iteration: no decomposition."""
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / (found.norm() + 1e-7)
    a, b, c = POLYNOMIAL
    for _ in range(TIMES):
        square = found @ found.T
        found = a * found + (b * square + c * square @ square) @ found
    return found.T if tall else found


def _matrices(network: nn.Module) -> Iterator[Tensor]:
    """The weights of layers within: linear ones and convolutions, a row for each output."""
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Linear | nn.Conv2d) and not any(part in name for part in BORDERS):
            yield layer.weight
