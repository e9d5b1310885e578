"""Training the shape prior's fine scale: close-ups of statues and the finer volumes behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from ..contract import Failure
from ..priors.shape.network import Architecture, Condition, ShapeNetwork
from ..priors.shape.schedule import TIMES, noised
from .close_ups import CloseUp, CloseUps, at_hand
from .objects import Objects
from .shape import COLOURLESS, MIRRORED, Chooser, colourless, distance, noise_for
from .sheet import photo_of, shaded

COLUMN = 4  # the plane that counts columns across the whole
FROM_NOTHING = 0.6  # share of volumes of which only noise is left: one such guess is what the pipeline asks for
VALIDATION = 24  # photos, of PARTS close-ups each
PARTS = 2  # close-ups of a photo
MIXED = 8  # batches whose close-ups are mixed, so that those of one photo come apart
SURFACE = 0.3  # of REACH: how near the true surface a guess is measured
SHOWN = 8  # close-ups on a sheet
TALL = 160  # pixels


@dataclass(frozen=True)
class FineData:
    """Where the close-ups come from."""

    folder: Path
    lights: Path | None
    shares: Mapping[str, float] = field(default_factory=dict)  # of groups; none named: every object as often
    grid: int = 96  # cells of the coarse fields
    device: str = "cpu"  # where photos are taken
    guesser: str = ""  # state.pt of a coarse run, whose guesses are shown too; "": true volumes made worse only
    guesser_widths: tuple[int, ...] = (128, 192, 256)  # of its architecture
    guessed: float = 0.5  # share of photos it guesses


Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # picture, planes, coarse and volume (int8, ±127 for ±1)


class ManyCloseUps(IterableDataset):
    """Batches of close-ups, endless."""

    def __init__(self, data: FineData, batch: int, seed: int):
        self._data, self._batch, self._seed = data, batch, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        objects = Objects(self._data.folder)
        studio = studio_of(objects, self._data)
        chosen = Chooser(at_hand(objects, "train"), self._data.shares)
        mixed: list[CloseUp] = []
        while True:
            while len(mixed) < MIXED * self._batch // 2:
                mixed += studio.close_ups(chosen(rng), rng, PARTS)
            rng.shuffle(mixed)  # type: ignore[arg-type]  # a list is a sequence
            some, mixed = mixed[: self._batch], mixed[self._batch :]
            yield packed(some)


class FineTask:
    """The fine scale, as `loop.train` takes it."""

    def __init__(self, architecture: Architecture, data: FineData, batch: int, workers: int, device: str = "cpu"):
        self.network: nn.Module = ShapeNetwork(architecture)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out of torch's types
        self._data, self._batch, self._workers, self._device = data, batch, workers, device
        self._held: list[Batch] | None = None

    def batches(self, seed: int) -> Iterator[Batch]:
        close_ups = ManyCloseUps(self._data, self._batch, seed)
        options: dict[str, Any] = {"prefetch_factor": 4, "multiprocessing_context": "spawn"} if self._workers else {}
        return iter(DataLoader(close_ups, batch_size=None, num_workers=self._workers, **options))

    def loss(self, network: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        condition, clean = unpacked(batch, self._device)
        condition, clean = mirrored(condition, clean, generator)
        draw = torch.rand((2, len(condition)), generator=generator)
        times = torch.where(draw[0] < FROM_NOTHING, TIMES - 1, (draw[0] * TIMES * 7919).long() % TIMES)
        condition = colourless(condition, draw[1] < COLOURLESS)
        noise = noise_for(clean, generator)
        times = times.to(clean.device)
        guess = network(noised(clean, noise, times), times, condition)
        return distance(guess.float(), clean)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """How far guesses made of pure noise are off near the surface, in REACH pitches, and what share of the coarse
        scale's error is left; the same for `distance`, which is learnt. Below 1 the fine scale helps.
        """
        off: list[float] = []
        was_off: list[float] = []
        far: list[float] = []
        was_far: list[float] = []
        overlap: list[float] = []
        for condition, clean, guess in self._guesses(network):
            near = (clean.abs() < SURFACE).float()
            coarse = condition.coarse
            assert coarse is not None
            for values, sums in ((guess, off), (coarse, was_off)):
                wrong = ((values - clean).abs() * near).sum(dim=(1, 2, 3)) / near.sum(dim=(1, 2, 3)).clamp(min=1)
                sums += wrong.tolist()
            for values, sums in ((guess, far), (coarse, was_far)):
                sums += [float(distance(one, other)) for one, other in zip(values, clean, strict=True)]
            inside, truth = guess < 0, clean < 0
            overlap += ((inside & truth).sum((1, 2, 3)) / (inside | truth).sum((1, 2, 3)).clamp(min=1)).tolist()
        return {
            "off": float(np.mean(off)),
            "off left": float(np.mean(off) / np.mean(was_off)),
            "distance left": float(np.mean(far) / np.mean(was_far)),
            "overlap": float(np.mean(overlap)),
        }

    def sheet(self, network: nn.Module, path: Path) -> None:
        """A row a close-up: photo; from the front coarse, guess, truth; from the side the same."""
        rows: list[np.ndarray] = []
        for condition, clean, guess in self._guesses(network):
            assert condition.coarse is not None
            for number in range(min(len(clean), SHOWN - len(rows))):
                kinds = [volumes[number] for volumes in (condition.coarse, guess, clean)]
                pictures = [photo_of(condition.picture[number])]
                pictures += [shaded(volume, side) for side in ("front", "side") for volume in kinds]
                rows.append(np.hstack([_fitted(picture) for picture in pictures]))
        path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())

    def _guesses(self, network: nn.Module) -> Iterator[tuple[Condition, Tensor, Tensor]]:
        """Conditions of the close-ups held out, their volumes, and guesses made of pure noise; on the CPU."""
        generator = torch.Generator().manual_seed(0)
        for batch in self.held():
            condition, clean = unpacked(batch, self._device)
            noise = torch.randn(clean.shape, generator=generator).to(clean)
            times = torch.full((len(clean),), TIMES - 1, device=clean.device)
            guess = network(noise, times, condition).float().clamp(-1, 1)
            yield condition.to("cpu"), clean.cpu(), guess.cpu()

    def held(self) -> list[Batch]:
        """Close-ups of statues held out, the same each time."""
        if self._held is None:
            objects = Objects(self._data.folder)
            studio = studio_of(objects, self._data)
            chosen = Chooser(at_hand(objects, "validation"), self._data.shares)
            rng = np.random.default_rng(7)
            some = [one for _ in range(VALIDATION) for one in studio.close_ups(chosen(rng), rng, PARTS)]
            self._held = [packed(some[start : start + self._batch]) for start in range(0, len(some), self._batch)]
        return self._held


def studio_of(objects: Objects, data: FineData) -> CloseUps:
    """Where close-ups are taken, with the coarse network that looks at them first, if there is one."""
    guesser = None
    if data.guesser:
        guesser = ShapeNetwork(Architecture(data.guesser_widths))
        try:
            kept = torch.load(data.guesser, map_location="cpu", weights_only=True, mmap=True)
            guesser.load_state_dict(kept["average"])
        except (OSError, KeyError, RuntimeError) as error:
            raise Failure(
                f"{data.guesser} holds no coarse network of the widths {data.guesser_widths} ({error}).",
                next_step="Name the state.pt of a run of `statue-recon train shape`, and its widths; or leave it out.",
            ) from error
        guesser.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out of torch's types
    return CloseUps(objects, data.lights, data.grid, data.device, guesser, data.guessed)


def packed(close_ups: list[CloseUp]) -> Batch:
    coarse, volume = (
        (torch.stack(some) * 127).round().to(torch.int8)
        for some in ([one.coarse for one in close_ups], [one.volume for one in close_ups])
    )
    pictures, planes = torch.stack([one.picture for one in close_ups]), torch.stack([one.planes for one in close_ups])
    return pictures, planes, coarse, volume


def unpacked(batch: Batch, device: str) -> tuple[Condition, Tensor]:
    picture, planes, coarse, volume = batch
    known = Condition(picture.to(device), planes.to(device), coarse.to(device).float() / 127.0)
    return known, volume.to(device).float() / 127.0


def mirrored(condition: Condition, clean: Tensor, generator: torch.Generator) -> tuple[Condition, Tensor]:
    """The whole batch left and right exchanged, every other time: the part lies on the whole's other side then."""
    if torch.rand((), generator=generator) >= MIRRORED:
        return condition, clean
    assert condition.coarse is not None
    planes = condition.planes.flip(-1)
    planes[:, COLUMN] *= -1.0
    return Condition(condition.picture.flip(-1), planes, condition.coarse.flip(-1)), clean.flip(-1)


def _fitted(picture: np.ndarray) -> np.ndarray:
    """A picture in a square of TALL pixels."""
    scale = TALL / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:TALL, :TALL]
    out = np.zeros((TALL, TALL, 3), np.uint8)
    top, left = (TALL - small.shape[0]) // 2, (TALL - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out
