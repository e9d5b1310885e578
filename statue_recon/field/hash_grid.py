"""A distance field in a multi-resolution hash grid (Müller et al. 2022), in plain torch: fine detail in little memory.

Every level is a grid of features, the finer ones too large to be stored: their nodes share the entries of a table, and
which node an entry serves is left to the learning. A small network turns the features of all levels into a distance and
a colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .grid import DenseGrid, central_gradient
from .interpolate import cell_of, mix, trilinear
from .sdf import SDF

# Multipliers of the three coordinates in the hash (Teschner et al. 2003), as Müller et al. choose them.
PRIMES = (1, 2654435761, 805459861)
MOST_ENTRIES, FINEST = 19, 4096  # log2 of a table's entries, and cells: so that no product leaves 32 bits
SPREAD = 1e-2  # of the features at the start; the network gives back cells of the finest level
BASE = 33  # nodes along the longest side of the coarse shape that a field starts from
CHUNK = 1 << 16  # points looked up at a time: what lies between look-ups then stays in the processor's cache
WHOLE = 1 << 18  # points asked for at a time when a whole grid is filled, for the memory's sake

# Learning a given field: Adam's rates for the features and the networks (tried: with 0.01 for both, 40 steps take off a
# tenth of the error instead of seven), points a step, and the share of them near the surface.
FEATURE_RATE, NETWORK_RATE, POINTS, NEAR = 0.1, 0.03, 16_384, 0.75
BAND = 2.0  # spacings around the surface that count as near


class HashGrid(torch.nn.Module):
    """A coarse shape, and what a hash grid has learnt to add to it.

    Nothing is differentiable with respect to the points asked for. `gradient` takes differences over one cell of the
    finest level.
    """

    base: Tensor
    corners: Tensor

    def __init__(
        self,
        base: SDF,
        device: str | torch.device = "cpu",
        *,
        levels: int = 8,
        coarsest: int = 16,
        finest: int = 256,
        entries: int = 16,
        width: int = 32,
        seed: int = 0,
    ):
        """Starts as exactly `base`, in its box; `coarsest` and `finest` are cells along the longest side.

        A level stores at most 2^`entries` pairs of features; `width` is the network's.
        """
        super().__init__()
        if entries > MOST_ENTRIES or finest > FINEST:
            raise ValueError(f"a hash grid has at most 2^{MOST_ENTRIES} entries a level and {FINEST} cells a side")
        sides = base.upper - base.lower
        self.register_buffer("base", torch.tensor(np.asarray(base.values, np.float32)))
        self.register_buffer("corners", torch.tensor(np.stack([base.lower, base.upper]), dtype=torch.float32))
        self.side = float(sides.max())
        self.spacing = self.side / finest
        self.cells = np.geomspace(coarsest, finest, levels).round().astype(int).tolist()
        self._sizes = [tuple(int(n) for n in np.ceil(sides / self.side * n - 1e-6) + 1) for n in self.cells]
        self._entries = 1 << entries
        counts = [min(int(np.prod(size)), self._entries) for size in self._sizes]
        self._counts = counts
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.nn.Parameter(SPREAD * (2.0 * torch.rand(sum(counts), 2, generator=generator) - 1.0))
        self.shape = _Network(2 * levels + 3, width, 1, generator)
        self.paint = _Network(2 * levels + 6, width, 3, generator)
        self.to(device)

    @classmethod
    def from_sdf(
        cls, field: SDF, device: str | torch.device = "cpu", steps: int = 150, seed: int = 0, **layout: int
    ) -> HashGrid:
        """A hash grid that has learnt a given field; `layout` are the other arguments of the class."""
        truth = DenseGrid.from_sdf(field, device)
        grid = cls(_sampled(truth, field.lower, field.upper, BASE), device, seed=seed, **layout)
        learn(grid, truth, steps, seed)
        return grid

    def to_sdf(self, longest: int) -> SDF:
        """The field at the nodes of a dense grid, `longest` of them along the longest side."""
        low, high = self.corners.cpu().numpy().astype(np.float64)
        return _sampled(self, low, high, longest)

    @property
    def box(self) -> Tensor:
        """[2, 3] the lowest and highest corner."""
        return self.corners

    def distance(self, points: Tensor) -> Tensor:
        """The signed distances [N] at world points [N, 3]."""
        nodes = max(self.base.shape) - 1
        start = trilinear(self.base, ((points - self.corners[0]) * (nodes / self.side)).T.contiguous())
        return start + self.spacing * self.shape(self._described(points))[0]

    def gradient(self, points: Tensor) -> Tensor:
        """The field's gradients [N, 3] at world points [N, 3]."""
        return central_gradient(self, points, self.spacing)

    def colour(self, points: Tensor, directions: Tensor) -> Tensor:
        """Colours [N, 3], 0 … 1, of points [N, 3] as seen along unit directions [N, 3]."""
        return torch.sigmoid(self.paint(torch.cat([self._described(points), directions.T]))).T

    def rates(self) -> list[dict]:
        """The parameters for torch's optimizers, features and networks each with the rate that suits them."""
        networks = [*self.shape.parameters(), *self.paint.parameters()]
        return [{"params": [self.table], "lr": FEATURE_RATE}, {"params": networks, "lr": NETWORK_RATE}]

    def encode(self, points: Tensor) -> Tensor:
        """The features of all levels at world points [N, 3]; [2 · levels, N]."""
        tables = self.table.split(self._counts)
        shares = ((points - self.corners[0]) / self.side).split(CHUNK)
        parts = [self._encode(tables, share.T.contiguous()) for share in shares]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def _encode(self, tables: Sequence[Tensor], share: Tensor) -> Tensor:
        found = []
        for table, cells, size in zip(tables, self.cells, self._sizes, strict=True):
            node, inside = cell_of(share * cells, size)
            found.append(mix(table, self._places(node, size), inside))
        return torch.cat(found)

    def _described(self, points: Tensor) -> Tensor:
        place = (points - self.corners.mean(dim=0)) * (2.0 / self.side)
        return torch.cat([self.encode(points), place.T])

    def _places(self, node: Tensor, size: tuple[int, ...]) -> Tensor:
        """Where in a level's table the corners of cells lie: lowest nodes [3, N] to [8, N], as far as `mix` asks."""
        x, y, z = torch.stack([node, node + 1], dim=1)
        x, y, z = x[:, None, None], y[None, :, None], z[None, None]
        if int(np.prod(size)) <= self._entries:
            return ((x * size[1] + y) * size[2] + z).reshape(8, -1)
        # Of a product's lowest bits only the factors' lowest bits matter.
        first, second, third = (prime % self._entries for prime in PRIMES)
        return (((x * first) ^ (y * second) ^ (z * third)) & (self._entries - 1)).reshape(8, -1)


def _sampled(field: DenseGrid | HashGrid, low: np.ndarray, high: np.ndarray, longest: int) -> SDF:
    """A field at the nodes of a new grid over the same box."""
    spacing = float((high - low).max()) / (longest - 1)
    counts = [int(np.ceil(side / spacing - 1e-6)) + 1 for side in high - low]
    axes = [torch.arange(count).to(field.box) * spacing + start for count, start in zip(counts, low, strict=True)]
    points = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3)
    with torch.no_grad():
        values = torch.cat([field.distance(part) for part in points.split(WHOLE)])
    return SDF(values.reshape(counts).cpu().numpy().astype(np.float32), low, spacing)


def learn(grid: HashGrid, truth: DenseGrid, steps: int, seed: int = 0) -> None:
    """Brings a hash grid to a given field, most of all near its surface."""
    generator = torch.Generator().manual_seed(seed)
    values = truth.values.detach()
    low, high = truth.box.cpu()
    near = torch.nonzero((values.abs() < BAND * truth.spacing).cpu())
    descent = torch.optim.Adam(grid.rates(), betas=(0.9, 0.99), eps=1e-15)
    decay = torch.optim.lr_scheduler.ExponentialLR(descent, 0.1 ** (1.0 / max(steps, 1)))
    close = int(NEAR * POINTS) if len(near) else 0
    for _ in range(steps):
        points = low + (high - low) * torch.rand(POINTS, 3, generator=generator)
        if close:
            chosen = near[torch.randint(len(near), (close,), generator=generator)]
            jitter = torch.rand(close, 3, generator=generator) - 0.5
            points[:close] = low + truth.spacing * (chosen + jitter)
        points = points.to(values)
        loss = (grid.distance(points) - truth.distance(points).detach()).abs().mean()
        descent.zero_grad(set_to_none=True)
        loss.backward()
        descent.step()
        decay.step()


class _Network(torch.nn.Module):
    """Two layers, from inputs [I, N] to outputs [O, N]: points last, as their features are looked up.

    The second starts at zero, so that the field starts as its base, and grey.
    """

    def __init__(self, inputs: int, width: int, outputs: int, generator: torch.Generator):
        super().__init__()
        self.first, self.last = torch.nn.Linear(inputs, width), torch.nn.Linear(width, outputs)
        with torch.no_grad():
            self.first.weight.copy_(inputs**-0.5 * (2.0 * torch.rand(width, inputs, generator=generator) - 1.0))
            self.first.bias.zero_()
            self.last.weight.zero_()
            self.last.bias.zero_()

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = torch.addmm(self.first.bias[:, None], self.first.weight, inputs).relu()
        return torch.addmm(self.last.bias[:, None], self.last.weight, hidden)
