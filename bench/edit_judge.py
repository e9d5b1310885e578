"""The judge of bench/edit.py: a small network that tells words from pictures of statues, and how well it can.

It has learnt from synthetic statues of bench/edit_data.py. Neither the priors nor the edit's network were shown them,
but the same numbers make them: what such statues do not have it cannot know. The last quarter of them is held out, and
by those it is told how well it knows a word: the area under the curve (AUC: 0.5 is guessing, 1 is always right), by
picture and by look (a statue in one stuff: its pictures together). Where the AUC by picture is below LEAST its verdict
counts for nothing. No network that knows text and pictures (CLIP) is used: none ships.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .edit_data import EDITION, MADE_OF, WHO, Examples, kept
from .edit_views import Pixels

log = logging.getLogger(__name__)

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "bench" / "edit"
LEAST = 0.65  # AUC of a word below which the verdict counts for nothing
HELD_OUT = 0.25  # share of the statues
COUNTS = {"figures": 100, "painted": 40}  # statues
WORDS: dict[str, tuple[str, ...]] = {"figures": WHO, "painted": tuple(MADE_OF)}
WIDTHS = (20, 40, 64, 64)  # channels, each level at half the pixels
ROUNDS, BATCH, RATE, DECAY = 24, 32, 2e-3, 0.02
SHIFT = 3  # pixels by which a picture is moved in training, at most
JUDGES = 1  # networks that learn from different seeds; their log-odds are averaged


class Network(nn.Module):
    """Pictures [N, C, SIDE, SIDE] to log-odds [N, W]; each four channels are a picture, looked at by itself."""

    def __init__(self, channels: int, words: int):
        super().__init__()
        self.towers = nn.ModuleList(_tower() for _ in range(channels // 4))
        self.told = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * WIDTHS[-1] * (channels // 4), words))

    def forward(self, pictures: Tensor) -> Tensor:
        seen = [tower(part) for tower, part in zip(self.towers, pictures.split(4, dim=1), strict=True)]
        pooled = [pool for part in seen for pool in (part.mean(dim=(2, 3)), part.amax(dim=(2, 3)))]
        return self.told(torch.cat(pooled, dim=1))


def _tower() -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip((4, *WIDTHS), WIDTHS, strict=False):
        layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Judge:
    """Networks that have learnt the words of one kind."""

    words: tuple[str, ...]
    networks: tuple[Network, ...]
    known: dict[str, dict[str, float]]  # by word: how well it is known, on statues held out

    @torch.no_grad()
    def log_odds(self, pictures: Pixels) -> NDArray[np.float32]:
        """[N, W] of pictures [N, C, SIDE, SIDE]."""
        given = _floats(pictures)
        parts = [torch.stack([network(some) for network in self.networks]).mean(dim=0) for some in given.split(256)]
        return torch.cat(parts).numpy()

    def can_tell(self, word: str) -> bool:
        return self.known[word]["auc"] >= LEAST


def judge_of(kind: str, cache: Path = CACHE) -> Judge:
    """The judge of "figures" (shapes) or of what is "painted", from the cache or trained, in minutes on one core."""
    examples = kept(kind, COUNTS[kind], cache / "pictures")
    path = cache / f"judge-{kind}-{_settings(kind)}.pt"
    words = WORDS[kind]
    if not path.is_file():
        torch.save([network.state_dict() for network in trained(examples, JUDGES)], path)
    networks = []
    for state in torch.load(path, weights_only=True):
        network = Network(examples.pictures.shape[1], len(words))
        network.load_state_dict(state)
        networks.append(network.eval())
    judge = Judge(words, tuple(networks), {})
    apart = held_out(examples)
    told = judge.log_odds(examples.pictures[apart])
    return Judge(words, judge.networks, knowledge(words, told, examples.told[apart], examples.statue[apart]))


def _settings(kind: str) -> str:
    """Ten letters that change with all that makes another judge."""
    told = EDITION, COUNTS[kind], WORDS[kind], HELD_OUT, WIDTHS, ROUNDS, BATCH, RATE, DECAY, SHIFT, JUDGES
    return hashlib.sha256(repr(told).encode()).hexdigest()[:10]


def held_out(examples: Examples) -> NDArray[np.bool_]:
    """[N] which pictures show statues that are not learnt from: those of the highest numbers."""
    return examples.statue >= np.quantile(np.unique(examples.statue), 1.0 - HELD_OUT)


def trained(examples: Examples, count: int, rounds: int = ROUNDS) -> list[Network]:
    learnt = ~held_out(examples)
    pictures, told = examples.pictures[learnt], torch.from_numpy(examples.told[learnt])
    return [_trained(pictures, told, rounds, seed) for seed in range(count)]


def _trained(pictures: Pixels, told: Tensor, rounds: int, seed: int) -> Network:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network(pictures.shape[1], told.shape[1])
    steps = rounds * -(-len(pictures) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    often = torch.nanmean(told, dim=0).clamp(0.02, 0.98)
    heavier = ((1 - often) / often).sqrt()  # what is rare counts more, but not so that chance rules
    for number in range(rounds):
        total = 0.0
        for some in np.array_split(rng.permutation(len(pictures)), steps // rounds):
            said = network(varied(_floats(pictures[some]), rng))
            asked = told[torch.from_numpy(some)]
            loss = nn.functional.binary_cross_entropy_with_logits(
                said, asked.nan_to_num(), weight=(~asked.isnan()).float(), pos_weight=heavier
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * rounds / steps
        log.info("judge %d, round %d of %d: %.3f", seed, number + 1, rounds, total)
    return network.eval()


def varied(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Pictures a little moved and, half of them, coarser: reconstructed statues are smoother than synthetic ones."""
    moved = torch.roll(pictures, tuple(int(by) for by in rng.integers(-SHIFT, SHIFT + 1, 2)), dims=(2, 3))
    coarse = nn.functional.avg_pool2d(moved, 3, 1, 1)
    pick = torch.from_numpy(rng.random(len(pictures)) < 0.5)[:, None, None, None]
    return torch.where(pick, coarse, moved)


def knowledge(words: tuple[str, ...], said: NDArray, told: NDArray, statue: NDArray) -> dict[str, dict[str, float]]:
    """How well log-odds said [N, W] agree with what is so [N, W]."""
    found = {}
    looks = np.unique(np.column_stack([statue, np.nan_to_num(told)]), axis=0, return_inverse=True)[1].reshape(-1)
    for column, word in enumerate(words):
        asked = ~np.isnan(told[:, column])
        one, truth = said[asked, column], told[asked, column] > 0.5
        group = looks[asked]
        means, so = (np.array([each[group == look].mean() for look in np.unique(group)]) for each in (one, truth))
        right = (one > 0) == truth
        found[word] = {
            "auc": round(auc(one, truth), 3),
            "auc_by_look": round(auc(means, so > 0.5), 3),
            "balanced_accuracy": round(float((right[truth].mean() + right[~truth].mean()) / 2), 3),
            "pictures": len(one),
            "of_these_so": int(truth.sum()),
        }
    return found


def auc(said: NDArray, truth: NDArray[np.bool_]) -> float:
    """How often one of those that are so is told before one that is not; ties count half. NaN if there are none."""
    so, not_so = said[truth], np.sort(said[~truth])
    if not len(so) or not len(not_so):
        return float("nan")
    below = np.searchsorted(not_so, so, "left") + np.searchsorted(not_so, so, "right")
    return float(below.mean() / 2 / len(not_so))


def _floats(pictures: Pixels) -> Tensor:
    return torch.from_numpy(pictures).float() / 127.5 - 1.0
