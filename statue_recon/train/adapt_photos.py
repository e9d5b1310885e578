"""Photos without volumes, which the shape prior is to get used to: a museum's own, or renders of prepared statues."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from ..contract import Failure
from ..photo.image import read_picture
from ..photo.lens import focal_in_pixels, stand
from ..photo.mask import choose_mask
from ..photo.photo import Photo
from ..photo.window import Window, condition_of, window_of
from ..priors.shape.network import Condition
from .objects import Objects
from .scenes import Studio, disturbed

log = logging.getLogger(__name__)

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
MASK = "_mask"  # NAME_mask.png lies beside NAME.jpg
PIXELS = 500_000  # read of a photo: four times what the finest window shows
COPIES = (2, 12)  # of a photo, each disturbed in its own way, every other one mirrored: the fewest and the most
WINDOWS = 400  # about so many in all; 160 KB each
RENDERS = 10  # of each prepared statue
FEWEST = 2  # photos of one shape of window: fewer cannot be compared with anything
REMEMBERED = 0.6  # of what was guessed before, where a photo is guessed at again


@dataclass(frozen=True)
class Drawn:
    """Some photos of a pool, all of one window's shape."""

    condition: Condition
    shape: tuple[int, ...]
    places: list[int]  # in the pool's list for this shape


class Pool:
    """Windows of photos, by their shape, and what was guessed of each of them so far."""

    def __init__(self, windows: list[Window]):
        by_shape: dict[tuple[int, ...], list[Window]] = defaultdict(list)
        for window in windows:
            by_shape[window.camera.height, window.camera.width].append(window)
        self._conditions = {
            shape: [_halved(condition_of([window])) for window in some]
            for shape, some in by_shape.items()
            if len(some) >= FEWEST
        }
        self._guesses: dict[tuple[tuple[int, ...], int], Tensor] = {}

    def __len__(self) -> int:
        return sum(len(some) for some in self._conditions.values())

    def draw(self, shape: tuple[int, ...], count: int, generator: torch.Generator) -> Drawn:
        """At most `count` different photos in windows of this shape; of the commonest one, if there are none of it."""
        if shape not in self._conditions:
            shape = max(self._conditions, key=lambda known: len(self._conditions[known]))
        some = self._conditions[shape]
        places = torch.randperm(len(some), generator=generator)[:count].tolist()
        pictures = torch.cat([some[place].picture.float() for place in places])
        planes = torch.cat([some[place].planes.float() for place in places])
        return Drawn(Condition(pictures, planes), shape, places)

    def remembered(self, drawn: Drawn, guesses: Tensor) -> Tensor:
        """Guesses [B, D, H, W] for photos, mixed with those made of them before: [B, D, H, W]. Keeps them in mind.

        So what a network is taught of itself is steadier than what it says at the moment (temporal ensembling: Laine
        and Aila, 2017).
        """
        mixed = guesses.detach().float().clamp(-1.0, 1.0).clone()
        for place, guess in zip(drawn.places, mixed, strict=True):
            before = self._guesses.get((drawn.shape, place))
            if before is not None:
                guess.lerp_(before.to(guess) / 127.0, REMEMBERED)
            self._guesses[drawn.shape, place] = (guess * 127).round().to(torch.int8).cpu()
        return mixed


def pool_of_photos(folder: Path, seed: int, device: str = "auto") -> Pool:
    """The photographs of a folder: NAME.png or another picture, cut out by its alpha, by NAME_mask.png, or as found."""
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES)
    photos = [path for path in files if not path.stem.endswith(MASK)]
    masks = {path.stem.removesuffix(MASK): path for path in files if path.stem.endswith(MASK)}
    log.info("reading %d photographs", len(photos))
    windows = []
    for path in photos:
        try:
            windows.append(window_of(_read(path, masks.get(path.stem), device), elevation=None)[0])
        except Failure as problem:
            log.warning("%s is left out: %s", path.name, problem.message)
    if len(windows) < FEWEST:
        raise Failure(
            f"{folder} holds {len(windows)} photographs that can be read; nothing can be learnt from so few.",
            next_step="Put at least ten photographs of statues there, with alpha or with NAME_mask.png beside them.",
        )
    rng = np.random.default_rng([seed, 1])
    copies = int(np.clip(WINDOWS // len(windows), *COPIES))
    return Pool([_copy(window, number % 2 == 1, rng) for window in windows for number in range(copies)])


def pool_of_renders(objects: Objects, studio: Studio, group: str, seed: int) -> Pool:
    """RENDERS photos each of a group's statues, from chance places; their volumes are not asked for."""
    entries = objects.of("train", (group,))
    if not entries:
        raise Failure(
            f"{objects.folder} holds no statues of the group “{group}” to take photos of.",
            next_step=f"Name one of {', '.join(sorted({entry.group for entry in objects.entries}))}, or a folder of "
            "photographs.",
        )
    rng = np.random.default_rng([seed, 2])
    return Pool([studio.photo(entry, rng).window for entry in entries for _ in range(RENDERS)])


def _read(path: Path, mask: Path | None, device: str) -> Photo:
    picture = read_picture(path, PIXELS)
    found = choose_mask(picture, mask, "automatic", device)
    height, width = found.alpha.shape
    camera = stand(found.alpha, focal_in_pixels(picture.focal, width, height))
    return Photo(picture.rgb, found.alpha, found.source, camera, found.notes)


def _copy(window: Window, mirrored: bool, rng: Generator) -> Window:
    """A window with other noise and another edge; mirrored, its camera stays, for the statue is in its middle."""
    rgb, alpha = (window.rgb[:, ::-1], window.alpha[:, ::-1]) if mirrored else (window.rgb, window.alpha)
    rgb, alpha = disturbed(np.ascontiguousarray(rgb), np.ascontiguousarray(alpha), rng)
    return replace(window, rgb=rgb, alpha=alpha)


def _halved(condition: Condition) -> Condition:
    """In half precision: colours and masks of bytes need no more."""
    return Condition(condition.picture.half(), condition.planes.half())
