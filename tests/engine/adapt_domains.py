"""Two collections of balls, made in no time: pale ones lit from the left with volumes, dark red ones without."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from statue_recon.camera import Camera
from statue_recon.photo.window import Window, condition_of
from statue_recon.priors.shape.columns import BEFORE, DEPTH_STEP, DEPTHS, REACH
from statue_recon.priors.shape.network import Architecture, Condition, ShapeNetwork
from statue_recon.train.adapt import AdaptSettings, AdaptTask
from statue_recon.train.adapt_photos import Pool
from statue_recon.train.loop import Budget
from statue_recon.train.shape import ShapeData

SIDE = 16  # cells
TINY = Architecture(widths=(16, 32, 32))
PALE, RED = ((0.8, 0.8, 0.8), (-1.0, -1.0)), ((0.5, 0.15, 0.1), (1.0, 0.6))  # a colour, and where the light comes from


def window_and_volume(kind, rng: np.random.Generator) -> tuple[Window, torch.Tensor]:
    """A ball stretched by chance, in a window of SIDE × SIDE cells, and the distances to it [D, SIDE, SIDE]."""
    across, down, deep = rng.uniform([4.0, 4.0, 4.0], [7.0, 7.0, 12.0])
    colour, (from_left, from_top) = kind
    x, y = np.meshgrid(*[(np.arange(2 * SIDE) + 0.5) / 2 - SIDE / 2] * 2)
    left = 1 - (x / across) ** 2 - (y / down) ** 2
    normal = np.stack([x / across**2, y / down**2, -np.sqrt(np.maximum(left, 0.0)) / deep], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = normal @ (np.array([from_left, from_top, -1.0]) / np.linalg.norm([from_left, from_top, 1.0]))
    shade = 0.2 + 0.8 * np.maximum(light, 0.0) + rng.normal(0.0, 0.02, x.shape)
    camera = Camera.orbit(0.0, 0.0, 4.0, SIDE, SIDE, 40.0)
    rgb = (np.array(colour) * shade[..., None]).clip(0, 1).astype(np.float32)
    window = Window(rgb, (left > 0).astype(np.float32), camera, None)
    cells = np.arange(SIDE) + 0.5 - SIDE / 2
    z, y, x = np.meshgrid((np.arange(DEPTHS) - BEFORE) * DEPTH_STEP - deep * 0.67, cells, cells, indexing="ij")
    reach = np.sqrt((x / across) ** 2 + (y / down) ** 2 + (z / deep) ** 2)
    distances = (reach - 1.0) * min(across, down, deep) / REACH
    return window, torch.from_numpy(distances.clip(-1, 1).astype(np.float32))


def some(kind, count: int, seed: int) -> tuple[list[Window], torch.Tensor]:
    made = [window_and_volume(kind, np.random.default_rng([seed, number])) for number in range(count)]
    return [window for window, _ in made], torch.stack([volume for _, volume in made])


@cache
def batch(count: int, seed: int):
    """As train.shape.Photos gives them: picture, planes, volumes of pale balls."""
    windows, volumes = some(PALE, count, seed)
    condition = condition_of(windows)
    return condition.picture, condition.planes, (volumes * 127).round().to(torch.int8)


class Balls(AdaptTask):
    """Adapting, with pale balls in place of prepared statues."""

    def __init__(self, settings: AdaptSettings, network: ShapeNetwork, folder, minutes: float = 1e9):
        """minutes: what the epochs are counted by; by default the first lasts for ever."""
        pool = Pool(some(RED, 48, seed=1)[0])
        super().__init__(settings, ShapeData(folder, None), pool, network, Budget(minutes, 8, workers=0))
        windows, volumes = some(PALE, 48, seed=2)
        self._balls = [(condition_of(windows), volumes)]

    def held(self) -> list[tuple[Condition, torch.Tensor]]:
        return self._balls


def learn(task: AdaptTask, steps: int, rate: float) -> list[float]:
    """So many steps; the losses."""
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=rate)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for step in range(steps):
        loss = task.loss(task.network, batch(8, seed=100 + step), generator)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return losses
