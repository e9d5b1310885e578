"""Training the shape prior: photos of statues and the volumes behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from ..photo.window import Window, condition_of
from ..priors.shape.columns import BEFORE, DEPTH_STEP, REACH
from ..priors.shape.network import Architecture, Condition, Envelope, ShapeNetwork, between
from ..priors.shape.schedule import TIMES, noised
from .objects import Entry, Objects
from .scenes import Studio
from .sheet import volume_sheet

SLOPES = 2.0  # weight of the error's differences between neighbours beside the error: what is rough costs more
ENVELOPES = 0.1  # weight of the error of the first and the last depth on each ray, in REACH pitches
FROM_NOTHING = 0.5  # share of volumes of which only noise is left: that guess counts most
FORGOTTEN = 0.08  # share of which the whole condition is dropped, for guidance
COLOURLESS = 0.08  # share of which only the mask is told
MIRRORED = 0.5
REMEMBERED = 48  # batches, of which one is shown again after each new one: photos cost nearly half of the time
VALIDATION = 48  # photos


@dataclass(frozen=True)
class ShapeData:
    """Where the photos come from, and how often from which folder."""

    folder: Path
    lights: Path | None
    shares: Mapping[str, float] = field(default_factory=dict)  # of groups; none named: every object as often
    grid: int = 96  # cells of the fields
    device: str = "cpu"  # where photos are taken


Batch = tuple[Tensor, Tensor, Tensor]  # picture, planes, volume (int8, ±127 for ±1)


class Photos(IterableDataset):
    """Batches of photos of one size each, endless."""

    def __init__(self, data: ShapeData, batch: int, seed: int):
        self._data, self._batch, self._seed = data, batch, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        remembered: list[Batch] = []
        for batch in self._new(rng):
            yield batch
            remembered.append(batch)
            if len(remembered) >= REMEMBERED:
                yield remembered.pop(int(rng.integers(len(remembered))))

    def _new(self, rng: np.random.Generator) -> Iterator[Batch]:
        torch.set_num_threads(1)
        objects = Objects(self._data.folder)
        studio = Studio(objects, self._data.lights, self._data.grid, self._data.device)
        chosen = Chooser(objects.of("train"), self._data.shares)
        waiting: dict[tuple[int, ...], list[tuple[Window, Tensor]]] = defaultdict(list)
        while True:
            entry = chosen(rng)
            view = studio.photo(entry, rng)
            volume = studio.volume(entry, view.columns)
            some = waiting[tuple(volume.shape)]
            some.append((view.window, (volume * 127).round().to(torch.int8)))
            if len(some) == self._batch:
                condition = condition_of([window for window, _ in some])
                yield condition.picture, condition.planes, torch.stack([volume for _, volume in some])
                some.clear()


class Chooser:
    """Draws objects: first the folder by its share, then one of it."""

    def __init__(self, entries: list[Entry], shares: Mapping[str, float]):
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            groups[entry.group].append(entry)
        self._groups = [groups[name] for name in sorted(groups)]
        odds = np.array([shares.get(name, 0.0) if shares else len(groups[name]) for name in sorted(groups)], float)
        if not odds.sum() > 0:
            raise ValueError(f"none of the groups {sorted(groups)} has a share in {dict(shares)}")
        self._odds = odds / odds.sum()

    def __call__(self, rng: np.random.Generator) -> Entry:
        group = self._groups[int(rng.choice(len(self._groups), p=self._odds))]
        return group[int(rng.integers(len(group)))]


class ShapeTask:
    """The coarse shape prior, as `loop.train` takes it."""

    def __init__(self, architecture: Architecture, data: ShapeData, batch: int, workers: int, device: str = "cpu"):
        # Channels last: a fifth faster on a processor, and what graphics cards want for half precision.
        self.network: nn.Module = ShapeNetwork(architecture)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out of torch's types
        self._data, self._batch, self._workers, self._device = data, batch, workers, device
        self._held: list[tuple[Condition, Tensor]] | None = None

    def batches(self, seed: int) -> Iterator[Batch]:
        photos = Photos(self._data, self._batch, seed)
        options: dict[str, Any] = {"prefetch_factor": 4, "multiprocessing_context": "spawn"} if self._workers else {}
        return iter(DataLoader(photos, batch_size=None, num_workers=self._workers, **options))

    def loss(self, network: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        condition, clean = unpacked(batch, self._device)
        condition, clean = mirrored(condition, clean, generator)
        count = len(condition)
        draw = torch.rand((3, count), generator=generator)
        times = torch.where(draw[0] < FROM_NOTHING, TIMES - 1, (draw[0] * TIMES * 7919).long() % TIMES)
        condition = condition.dropped(draw[1] < FORGOTTEN)
        condition = colourless(condition, draw[2] < COLOURLESS)
        noise = torch.randn(clean.shape, generator=generator).to(clean)
        times = times.to(clean.device)
        guess, envelope = network.with_envelope(noised(clean, noise, times), times, condition)  # type: ignore[operator]
        return distance(guess, clean) + ENVELOPES * beside(envelope, clean)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """How far off is what a network makes of pure noise.

        Of its guess x₀: `off` in REACH pitches, `overlap` of the insides, and the learnt `distance`; of the likeliest
        body, which is what gets built: `likely_off`, `likely_overlap`, and `depths`, how far its first and last
        surfaces lie from the true ones, in pitches.
        """
        figures: dict[str, list[float]] = defaultdict(list)
        for condition, clean in self.held():
            told, true = condition.to(self._device), clean.to(self._device)
            times = torch.full((len(clean),), TIMES - 1, device=self._device)
            guess, envelope = network.with_envelope(torch.zeros_like(true), times, told)  # type: ignore[operator]
            likely = between(envelope)
            figures["off"] += _off(guess.clamp(-1, 1), true)
            figures["overlap"] += _overlap(guess, true)
            figures["distance"] += [float(distance(*pair)) for pair in zip(guess.clamp(-1, 1), true, strict=True)]
            figures["likely_off"] += _off(likely, true)
            figures["likely_overlap"] += _overlap(likely, true)
            figures["depths"] += [REACH / 2 * float(beside(envelope, true))] * len(clean)
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def sheet(self, network: nn.Module, path: Path) -> None:
        condition, clean = self.held()[0]
        generator = torch.Generator().manual_seed(0)
        volume_sheet(network, condition.to(self._device), clean, generator, path)

    def held(self) -> list[tuple[Condition, Tensor]]:
        """Photos of the statues held out, the same each time; with their volumes."""
        if self._held is None:
            objects = Objects(self._data.folder)
            studio = Studio(objects, self._data.lights, self._data.grid, self._data.device)
            chosen = Chooser(objects.of("validation"), self._data.shares)
            rng = np.random.default_rng(7)
            held: dict[tuple[int, ...], list[tuple[Window, Tensor]]] = defaultdict(list)
            for _ in range(VALIDATION):
                entry = chosen(rng)
                view = studio.photo(entry, rng)
                volume = studio.volume(entry, view.columns)
                held[tuple(volume.shape)].append((view.window, volume))
            groups = sorted(held.values(), key=len, reverse=True)
            self._held = [
                (condition_of([window for window, _ in some]), torch.stack([volume for _, volume in some]))
                for some in groups
            ]
        return self._held


def unpacked(batch: Batch, device: str) -> tuple[Condition, Tensor]:
    picture, planes, volume = batch
    return Condition(picture.to(device), planes.to(device)), volume.to(device).float() / 127.0


def mirrored(condition: Condition, clean: Tensor, generator: torch.Generator) -> tuple[Condition, Tensor]:
    """The whole batch with left and right exchanged, every other time; columns count from the left still."""
    if torch.rand((), generator=generator) >= MIRRORED:
        return condition, clean
    coarse = None if condition.coarse is None else condition.coarse.flip(-1)
    return Condition(condition.picture.flip(-1), condition.planes, coarse), clean.flip(-1)


def colourless(condition: Condition, which: Tensor) -> Condition:
    """Without the colours where `which` [B] says so: only mask and thickness are told."""
    keep = torch.ones((len(condition), condition.picture.shape[1], 1, 1))
    keep[which, :3] = 0.0
    return Condition(condition.picture * keep.to(condition.picture), condition.planes, condition.coarse)


def _off(guess: Tensor, clean: Tensor) -> list[float]:
    return (guess - clean).abs().mean(dim=(1, 2, 3)).tolist()


def _overlap(guess: Tensor, clean: Tensor) -> list[float]:
    """Volume inside both over volume inside either, for each of volumes [B, D, H, W]."""
    inside, truth = guess < 0, clean < 0
    return ((inside & truth).sum((1, 2, 3)) / (inside | truth).sum((1, 2, 3)).clamp(min=1)).tolist()


def beside(envelope: Envelope, clean: Tensor) -> Tensor:
    """How far envelopes lie from where clean volumes [B, D, H, W] begin and end on each ray, in REACH pitches."""
    inside = clean < 0
    there = inside.any(dim=1) & (envelope.half > 0)
    first, last = _surface(clean, inside), len(clean[0]) - 1.0 - _surface(clean.flip(1), inside.flip(1))
    front, back = ((place - BEFORE) * DEPTH_STEP for place in (first, last))
    off = (envelope.centre - envelope.half - front).abs() + (envelope.centre + envelope.half - back).abs()
    return (off * there).sum() / there.sum().clamp(min=1) / REACH


def _surface(clean: Tensor, inside: Tensor) -> Tensor:
    """[B, H, W] where columns first come inside, in nodes."""
    here = inside.float().argmax(dim=1, keepdim=True)
    value, before = clean.gather(1, here), clean.gather(1, (here - 1).clamp(min=0))
    share = value / (value - before).clamp(max=-1e-3)
    return (here - share.clamp(0.0, 1.0))[:, 0]


def distance(guess: Tensor, clean: Tensor) -> Tensor:
    """The mean squared error, and that of the differences between neighbours along all three axes."""
    error = guess - clean
    total = error.square().mean()
    for axis in (-1, -2, -3):
        total = total + SLOPES * error.diff(dim=axis).square().mean()
    return total
