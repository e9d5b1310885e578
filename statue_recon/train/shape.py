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
from .objects import Entry, Objects, kind_of, varied
from .scenes import Studio
from .sheet import volume_sheet

SLOPES = 2.0  # weight of the error's differences between neighbours beside the error: what is rough costs more
VOLUMES = 3.0  # weight of volumes beside depths: these alone are what a draft is built of
LEANINGS = 0.3  # weight of how wrongly surfaces lean beside how far off they are in REACH pitches
CLIFF = 4.0  # pitches: neighbours farther apart in depth are no surface that leans
DEPTHS_ONLY = 0.6  # share of batches from which depths alone are learnt, out of nothing: that is quicker
FROM_NOTHING = 0.2  # share of volumes in the others of which only noise is left
FORGOTTEN = 0.08  # share of which the whole condition is dropped, for guidance
COLOURLESS = 0.08  # share of which only the mask is told
MIRRORED = 0.5
REMEMBERED = 96  # batches, about a gigabyte
AGAIN = 2  # of them are shown again after each new one: photos cost as much time as what is learnt from them
VALIDATION = 48  # photos


@dataclass(frozen=True)
class ShapeData:
    """Where the photos come from, and how often from which folder."""

    folder: Path
    lights: Path | None
    shares: Mapping[str, float] = field(default_factory=dict)  # see Chooser
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
            for _ in range(AGAIN if len(remembered) >= REMEMBERED else 0):
                yield remembered[int(rng.integers(len(remembered)))]
            if len(remembered) >= REMEMBERED:
                remembered.pop(int(rng.integers(len(remembered))))

    def _new(self, rng: np.random.Generator) -> Iterator[Batch]:
        torch.set_num_threads(1)
        objects = Objects(self._data.folder)
        studio = Studio(objects, self._data.lights, self._data.grid, self._data.device)
        chosen = Chooser(objects.of("train"), self._data.shares)
        waiting: dict[tuple[int, ...], list[tuple[Window, Tensor]]] = defaultdict(list)
        while True:
            entry = varied(chosen(rng), rng)
            view = studio.photo(entry, rng)
            volume = studio.volume(entry, view.columns)
            some = waiting[tuple(volume.shape)]
            some.append((view.window, (volume * 127).round().to(torch.int8)))
            if len(some) == self._batch:
                condition = condition_of([window for window, _ in some])
                yield condition.picture, condition.planes, torch.stack([volume for _, volume in some])
                some.clear()


class Chooser:
    """Draws objects: first a kind by its share, then one of it.

    shares: what share of draws each kind has, by its pattern (see `kind_of`); what fits none is never drawn. None
    named: each object as often.
    """

    def __init__(self, entries: list[Entry], shares: Mapping[str, float]):
        kinds: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if (kind := kind_of(entry, shares or ["*"])) is not None:
                kinds[kind].append(entry)
        odds = np.array([shares.get(kind, 1.0) for kind in kinds], float)
        if not odds.sum() > 0:
            groups = sorted({entry.group for entry in entries})
            raise ValueError(f"none of the groups {groups} has a share in {dict(shares)}")
        self._kinds, self._odds = list(kinds.values()), odds / odds.sum()

    def __call__(self, rng: np.random.Generator) -> Entry:
        kind = self._kinds[int(rng.choice(len(self._kinds), p=self._odds))]
        return kind[int(rng.integers(len(kind)))]


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
        if torch.rand((), generator=generator) < DEPTHS_ONLY:
            condition = colourless(condition, torch.rand(len(condition), generator=generator) < COLOURLESS)
            return beside(network.depths(condition), surfaces(clean))  # type: ignore[operator]
        count = len(condition)
        draw = torch.rand((3, count), generator=generator)
        times = torch.where(draw[0] < FROM_NOTHING, TIMES - 1, (draw[0] * TIMES * 7919).long() % TIMES)
        condition = condition.dropped(draw[1] < FORGOTTEN)
        condition = colourless(condition, draw[2] < COLOURLESS)
        noise = noise_for(clean, generator)
        times = times.to(clean.device)
        guess, envelope = network.with_envelope(noised(clean, noise, times), times, condition)  # type: ignore[operator]
        return misfit(guess, envelope, clean)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """How far off is what a network makes of pure noise.

        Of its guess x₀: `off` in REACH pitches, `overlap` of the insides, and the learnt `distance`; of the likeliest
        body, which is what gets built: `likely_off`, `likely_overlap`, and `depths`, what `beside` says of it.
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
            figures["depths"] += [float(beside(envelope, surfaces(true)))] * len(clean)
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


def noise_for(clean: Tensor, generator: torch.Generator) -> Tensor:
    """Noise like clean volumes or pictures, made where they are: a graphics card would wait for the processor's."""
    if clean.device != generator.device:
        seed = int(torch.randint(2**62, (), generator=generator))
        generator = torch.Generator(clean.device).manual_seed(seed)
    return torch.randn(clean.shape, generator=generator, device=clean.device)


def mirrored(condition: Condition, clean: Tensor, generator: torch.Generator) -> tuple[Condition, Tensor]:
    """The whole batch with left and right exchanged, every other time."""
    if torch.rand((), generator=generator) >= MIRRORED:
        return condition, clean
    return condition.mirrored(), clean.flip(-1)


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


@dataclass(frozen=True)
class Surfaces:
    """Where statues begin and end on each ray, in pitches from the middle of the columns."""

    depths: Tensor  # [B, 2, H, W] the first surface and the last
    there: Tensor  # [B, H, W] bool: whether the ray meets the statue


def surfaces(clean: Tensor) -> Surfaces:
    """Those of clean volumes [B, D, H, W]."""
    inside = clean < 0
    first, last = _surface(clean, inside), len(clean[0]) - 1.0 - _surface(clean.flip(1), inside.flip(1))
    return Surfaces((torch.stack([first, last], dim=1) - BEFORE) * DEPTH_STEP, inside.any(dim=1))


def _surface(clean: Tensor, inside: Tensor) -> Tensor:
    """[B, H, W] where columns first come inside, in nodes."""
    here = inside.byte().argmax(dim=1, keepdim=True)
    value, before = clean.gather(1, here), clean.gather(1, (here - 1).clamp(min=0))
    share = value / (value - before).clamp(max=-1e-3)
    return (here - share.clamp(0.0, 1.0))[:, 0]


def beside(envelope: Envelope, true: Surfaces) -> Tensor:
    """How far envelopes lie from true surfaces in REACH pitches, and how wrongly they lean.

    Not squared: of depths in doubt one of those that may be is wanted, not what lies between.
    """
    there = (true.there & (envelope.half > 0))[:, None].expand_as(true.depths)
    off = torch.stack([envelope.centre - envelope.half, envelope.centre + envelope.half], dim=1) - true.depths
    total = _mean(off.abs(), there) / REACH
    for axis in (-1, -2):
        last = there.shape[axis] - 1
        both = there.narrow(axis, 0, last) & there.narrow(axis, 1, last)
        lean = both & (true.depths.diff(dim=axis).abs() < CLIFF)
        total = total + LEANINGS / 2 * _mean(off.diff(dim=axis).abs(), lean)
    return total


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum().clamp(min=1)


def misfit(guess: Tensor, envelope: Envelope, clean: Tensor) -> Tensor:
    """How far guesses x₀ [B, D, H, W] and the depths within them lie from clean volumes."""
    return VOLUMES * distance(guess.float(), clean) + beside(envelope, surfaces(clean))


def distance(guess: Tensor, clean: Tensor) -> Tensor:
    """The mean squared error, and that of the differences between neighbours along all three axes."""
    error = guess - clean
    total = error.square().mean()
    for axis in (-1, -2, -3):
        total = total + SLOPES * error.diff(dim=axis).square().mean()
    return total
