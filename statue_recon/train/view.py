"""Training the view prior: photos of statues, what the same statues show from elsewhere, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from ..priors.shape.schedule import TIMES, noised
from ..priors.view.diffusion import sample
from ..priors.view.framing import pose_numbers
from ..priors.view.network import Architecture, Condition, ViewNetwork
from ..priors.view.pictures import pictures_of
from ..priors.view.words import Vocabulary
from .objects import Entry, Objects
from .shape import Chooser, noise_for
from .view_captions import told
from .view_measure import compared, guessed, mean, repeated
from .view_scenes import Pair, PairStudio, clean_of
from .view_sheet import SHOWN, WALK, view_sheet

SLOPES = 1.0  # weight of the error's differences between neighbours beside the error
INSIDE = 2.0  # by how much more a pixel of the statue counts than one of the background
FROM_NOTHING = 0.3  # share of pictures of which only noise is left: that guess decides where everything stands
FORGOTTEN = {"photo": 0.1, "pose": 0.03, "caption": 0.1}  # shares that are dropped, each for itself, for guidance
MIRRORED = 0.5
VIEWS = 3  # new views of a photo: they share what it costs to take it
VALIDATION = 48  # pairs
DRAWN = 16  # of those, how many are sampled too
STEPS = 8  # of that sampling


@dataclass(frozen=True)
class ViewData:
    """Where the pairs come from, and how often from which folder."""

    folder: Path
    lights: Path | None
    shares: Mapping[str, float] = field(default_factory=dict)  # of groups; none named: every object as often
    device: str = "cpu"  # where pictures are taken


Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # photo, pose, caption, clean; pictures in half precision


class Pairs(IterableDataset):
    """Batches of pairs, endless."""

    def __init__(self, data: ViewData, words: tuple[str, ...], batch: int, seed: int):
        self._data, self._words, self._batch, self._seed = data, words, batch, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        objects = Objects(self._data.folder)
        studio = PairStudio(objects, self._data.lights, self._data.device)
        chosen = Chooser(objects.of("train"), self._data.shares)
        known = Vocabulary(self._words)
        waiting: list[tuple[Pair, tuple[str, ...]]] = []
        while True:
            entry = chosen(rng)
            for pair in studio.pairs(entry, rng, VIEWS):
                waiting.append((pair, told(pair.words, rng, complete=is_complete(entry))))
            if len(waiting) >= self._batch:
                some, waiting = waiting[: self._batch], waiting[self._batch :]
                condition, clean = learnt([pair for pair, _ in some], [words for _, words in some], known)
                yield condition.photo.half(), condition.pose, condition.caption, clean.half()


class ViewTask:
    """The view prior, as `loop.train` takes it."""

    def __init__(self, architecture: Architecture, data: ViewData, batch: int, workers: int, device: str = "cpu"):
        # Channels last: faster on a processor, and what graphics cards want for half precision.
        self.network: nn.Module = ViewNetwork(architecture)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out of torch's types
        self._known = Vocabulary(architecture.words)
        self._data, self._batch, self._workers, self._device = data, batch, workers, device
        self._held: tuple[Condition, Tensor, Tensor] | None = None
        self._walks: list[tuple[Condition, Tensor]] | None = None

    def batches(self, seed: int) -> Iterator[Batch]:
        pairs = Pairs(self._data, self._known.words, self._batch, seed)
        options: dict[str, Any] = {"prefetch_factor": 4, "multiprocessing_context": "spawn"} if self._workers else {}
        return iter(DataLoader(pairs, batch_size=None, num_workers=self._workers, **options))

    def loss(self, network: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        photo, pose, caption, clean = batch
        condition = Condition(photo.float(), pose, caption).to(self._device)
        condition, clean = self.mirrored(condition, clean.float().to(self._device), generator)
        count = len(condition)
        draw = torch.rand((2 + len(FORGOTTEN), count), generator=generator)
        times = torch.where(draw[0] < FROM_NOTHING, TIMES - 1, (draw[1] * TIMES).long())
        forgotten = zip(FORGOTTEN.items(), draw[2:], strict=True)
        condition = condition.dropped(**{name: chance < share for (name, share), chance in forgotten})
        noise = noise_for(clean, generator)
        times = times.to(clean.device)
        guess = network(noised(clean, noise, times), times, condition)
        return distance(guess.float(), clean)

    def mirrored(self, condition: Condition, clean: Tensor, generator: torch.Generator) -> tuple[Condition, Tensor]:
        """The whole batch left and right exchanged, every other time: pictures, normals, the walk, and the words."""
        if torch.rand((), generator=generator) >= MIRRORED:
            return condition, clean
        across = torch.ones(clean.shape[1]).to(clean)
        across[3] = -1.0  # the normals' x
        turn = torch.ones(condition.pose.shape[1]).to(condition.pose)
        turn[1] = -1.0  # sin Δazimuth
        captions = self._known.exchanged(condition.caption)
        return (
            Condition(condition.photo.flip(-1), condition.pose * turn, captions),
            clean.flip(-1) * across[:, None, None],
        )

    def validate(self, network: nn.Module) -> dict[str, float]:
        """How good guesses from pure noise and samples are on the statues held out, as `view_measure` says; gains are
        over the repeated photo.
        """
        condition, clean, farther = self.held()
        generator = torch.Generator().manual_seed(0)
        few = condition.of(slice(DRAWN))
        drawn = sample(network, few.to(self._device), STEPS, generator).cpu()
        guess = guessed(network, condition.to(self._device), generator).cpu()
        base, found = compared(repeated(condition.photo, farther), clean), compared(guess, clean)
        sampled = compared(drawn, clean[:DRAWN])
        return {
            **{f"guess_{name}": mean(value) for name, value in found.items()},
            "gain": mean(found["psnr"] - base["psnr"]),
            "gain_inside": mean(found["psnr_inside"] - base["psnr_inside"]),
            "sample_gain": mean(sampled["psnr"] - base["psnr"][:DRAWN]),
            "sample_normals_off": mean(sampled["normals_off"]),
            "distance": float(distance(guess, clean)),
        }

    def sheet(self, network: nn.Module, path: Path) -> None:
        view_sheet(network, self.walks(), path, self._device)

    def held(self) -> tuple[Condition, Tensor, Tensor]:
        """Pairs of the statues held out, the same each time: what is told, the truth, and each `farther`."""
        if self._held is None:
            studio, chosen, rng = self._held_out(seed=7)
            pairs = [studio.pair(chosen(rng), rng) for _ in range(VALIDATION)]
            condition, clean = learnt(pairs, [pair.words for pair in pairs], self._known)
            self._held = condition, clean, torch.tensor([pair.pose.farther for pair in pairs])
        return self._held

    def walks(self) -> list[tuple[Condition, Tensor]]:
        """A few statues held out, each all the way around, as the sheet shows them."""
        if self._walks is None:
            studio, chosen, rng = self._held_out(seed=11)
            self._walks = []
            for _ in range(SHOWN):
                pairs = studio.pairs(chosen(rng), rng, len(WALK), list(WALK))
                self._walks.append(learnt(pairs, [pair.words for pair in pairs], self._known))
        return self._walks

    def _held_out(self, seed: int) -> tuple[PairStudio, Chooser, np.random.Generator]:
        objects = Objects(self._data.folder)
        studio = PairStudio(objects, self._data.lights, self._data.device)
        return studio, Chooser(objects.of("validation"), self._data.shares), np.random.default_rng(seed)


def is_complete(entry: Entry) -> bool:
    """Whether all that is worth saying of a statue is said: of those that wrote their captions themselves."""
    return entry.group == "synth"


def learnt(pairs: list[Pair], words: list[tuple[str, ...]], known: Vocabulary) -> tuple[Condition, Tensor]:
    """Pairs as the network takes them: what is told, and the clean pictures [N, CHANNELS, SIZE, SIZE]."""
    poses = [pose_numbers([pair.pose], pair.elevation, pair.photo.spread) for pair in pairs]
    photos = pictures_of([pair.photo for pair in pairs])
    captions = torch.stack([known.numbers(said) for said in words])
    return Condition(photos, torch.cat(poses), captions), clean_of([pair.truth for pair in pairs])


def distance(guess: Tensor, clean: Tensor) -> Tensor:
    """The mean squared error, and that of the differences between neighbours; the statue counts more than the rest."""
    weight = 1.0 + INSIDE * (clean[:, 6:7] + 1.0) / 2.0
    error = guess - clean
    total = (weight * error.square()).mean()
    for axis in (-1, -2):
        total = total + SLOPES * error.diff(dim=axis).square().mean()
    return total
