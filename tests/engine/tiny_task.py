"""Something tiny to learn, for tests of the training loop: balls out of noise.

As a script: tiny_task.py DIR MINUTES MINUTES_BETWEEN_REPORTS. It says when it has taken its tenth step.
"""

from __future__ import annotations

import itertools
import logging
import sys
from pathlib import Path

import torch
from shapes import ball, on_grid
from torch import nn

from statue_recon.train.loop import Budget, train

NODES = 12
log = logging.getLogger(__name__)


class Balls:
    """Guesses the ball behind noise."""

    def __init__(self):
        torch.manual_seed(0)
        self.network: nn.Module = nn.Sequential(nn.Conv3d(1, 8, 3, padding=1), nn.GELU(), nn.Conv3d(8, 1, 3, padding=1))
        self.interrupted_at: int | None = None
        self._validated = 0

    def batches(self, seed: int):
        generator = torch.Generator().manual_seed(seed)
        for number in itertools.count():
            if number == 10:
                log.info("ten steps")
            radii = 0.3 + 0.5 * torch.rand(4, generator=generator)
            yield torch.stack([volume(float(radius)) for radius in radii])

    def loss(self, network, batch, generator):
        noise = torch.randn(batch.shape, generator=generator)
        return (network(batch + noise).float() - batch).square().mean()

    def validate(self, network):
        self._validated += 1
        if self._validated == self.interrupted_at:
            raise KeyboardInterrupt
        truth = volume(0.55)[None]
        noise = torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))
        return {"off": float((network(truth + noise).float() - truth).abs().mean())}

    def sheet(self, network, path):
        path.write_bytes(b"a picture")


def volume(radius: float) -> torch.Tensor:
    """[1, N, N, N]"""
    return torch.from_numpy(on_grid(ball(radius), NODES).values)[None]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    train(Balls(), Budget(float(sys.argv[2]), 4, report_every=float(sys.argv[3])), Path(sys.argv[1]))
