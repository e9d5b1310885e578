"""Getting the shape prior used to photographs of statues whose volumes nobody knows: `statue-recon train adapt`.

Source: prepared statues, with volumes. Target: photos without. The loss is SculptureRecon's,

    5 · MMD + 2 · source + w · target + w · information,        w = max(0, (epoch − 30) / 60),

where an epoch is a 90th of the run. Theirs is a classifier that says of points in space whether they are inside; ours
guesses whole columns of distances out of noise. What follows from that:

- *Features.* A diffusion network's features depend on how much noise there is. They are taken where only noise is
  left, so that all they hold comes from the photo: one a level of the encoder, the mean over what is statue. That is
  also where the guess matters most, and where it is the mean of all volumes that fit the photo.
- *MMD.* As theirs, the mean over the levels, but without bias: our batches are small.
- *Source.* Two thirds of the batch are pure noise with the whole photo, for the features; the rest has less noise or
  less of the photo, as in `train.shape`, so that adapting does not unlearn the later steps nor guidance.
- *Target.* The volume of another statue in its own frame is no label as it is: only photos in windows of the same
  shape are neighbours, which puts silhouettes and the depth of what is seen in one place; and columns count where the
  silhouettes agree. The mean of several volumes would blur a label for a sharp sample, but a guess from pure noise is
  a mean itself: neighbours estimate the same thing. Own guesses are remembered from one draw to the next in place of
  labels made anew each epoch. Depth: up to the first surface the guess is kept, behind it neighbours count more.
- *Information.* Occupancy is a steep sigmoid of distance, node by node within the silhouette. Made too sure of itself
  a volume of distances becomes one of yes and no, and where a back is in doubt doubt is the truth; so this part weighs
  less than theirs.
- *Sizes.* Their losses are cross-entropies of points near the surface; ours are means over columns that are mostly air.
  The published weights stand in AdaptSettings; SCALES brings the gradients of all parts to one size, but for that of
  the information, a third.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ..contract import Failure
from ..priors.shape.columns import DEPTHS
from ..priors.shape.diffusion import noise_like
from ..priors.shape.network import FINER, Condition, Envelope, ShapeNetwork
from ..priors.shape.schedule import TIMES, noised
from .adapt_bank import Bank
from .adapt_losses import mmd, mutual_information, pooled, pseudo_labels
from .adapt_photos import Pool, pool_of_photos, pool_of_renders
from .adapt_start import listening, network_of, spent_in
from .loop import Budget, train
from .objects import Objects, kind_of
from .scenes import Studio
from .shape import COLOURLESS, FORGOTTEN, Batch, ShapeData, ShapeTask, colourless, mirrored, misfit, noise_for, unpacked
from .sheet import SHOWN, volume_sheet

PARTS = ("mmd", "target", "information", "levels")  # what an ablation leaves out
EPOCHS, FIRST = 90, 30  # of a run, and the one until which guesses on photos are not yet trusted
SCALES = {
    "mmd": 3.4,
    "source": 1.0,
    "target": 0.44,
    "information": 0.8,
}  # see “Sizes” above
ALONE = 2 / 3  # of a batch of the source: nothing but noise, and the whole photo
COMPARED = 96  # photos of either kind whose features are compared when validating


@dataclass(frozen=True)
class AdaptSettings:
    """Weights of the parts, as published, and what is left out."""

    mmd: float = 5.0
    source: float = 2.0
    target: float = 1.0  # times w
    information: float = 1.0  # times w
    neighbours: int = 4  # K
    own: float = 0.5  # m: share of the own guess in labels, far behind what is seen
    rate: float = 1e-4  # of learning; a quarter of that from nothing
    without: frozenset[str] = frozenset()  # some of PARTS; “levels”: only the last level's features
    group: str = "scans"  # whose statues are photographed, where no photographs are given
    shares: Mapping[str, float] = field(default_factory=lambda: {"synth": 1.0})  # of the source's groups

    def __post_init__(self) -> None:
        if unknown := set(self.without) - set(PARTS):
            raise ValueError(f"{sorted(unknown)} are no parts of the loss; {PARTS} are")


def adapt(
    settings: AdaptSettings,
    data_folder: Path,
    photos: Path | None,
    weights: Path,
    out: Path,
    minutes: float,
    batch: int,
    device: str = "cpu",
    *,
    lights: Path | None = None,
    grid: int = 96,
    workers: int = 1,
    report_every: float = 5.0,
    precision: str = "bf16",
    seed: int = 0,
) -> nn.Module:
    """Trains on from `weights`, the state.pt of a run, until the minutes are spent; goes on with what lies in `out`.

    photos: a folder of photographs; None: renders of the prepared statues of settings.group, without their volumes.
    lights, grid, workers, report_every, precision and seed are those of ShapeData and Budget. Returns the network.
    """
    budget = Budget(
        minutes, batch, settings.rate, workers=workers, report_every=report_every, precision=precision, seed=seed
    )
    data = ShapeData(data_folder, lights, settings.shares, grid, device)
    check_source(settings, Objects(data_folder))
    target = photographed(settings, data, photos, seed, device)
    task = AdaptTask(settings, data, target, network_of(weights), budget, spent_in(out), device)
    return train(task, budget, out, device)


def check_source(settings: AdaptSettings, objects: Objects) -> None:
    """Raises Failure where there is nothing to learn from, or nothing to validate with."""
    for kind in ("train", "validation"):
        if not any(settings.shares.get(kind_of(entry, settings.shares) or "", 0.0) for entry in objects.of(kind)):
            raise Failure(
                f"{objects.folder} holds no statues of {', '.join(settings.shares)} for the set “{kind}”, and adapting "
                "needs some with volumes.",
                next_step="Name in [adapt.shares] what `train prepare` called its sources, or prepare the folder anew.",
            )


def photographed(settings: AdaptSettings, data: ShapeData, photos: Path | None, seed: int, device: str) -> Pool:
    """The photos to get used to."""
    if photos is not None:
        return pool_of_photos(photos, seed, device)
    objects = Objects(data.folder)
    return pool_of_renders(objects, Studio(objects, data.lights, data.grid, data.device), settings.group, seed)


class AdaptTask(ShapeTask):
    """The shape prior's training, with photos without volumes beside those with."""

    def __init__(
        self,
        settings: AdaptSettings,
        data: ShapeData,
        target: Pool,
        network: ShapeNetwork,
        budget: Budget,
        spent: float = 0.0,
        device: str = "cpu",
    ):
        """spent: seconds of the budget, by an earlier run that was killed."""
        super().__init__(network.architecture, data, budget.batch, budget.workers, device)
        self.network = self._encoder = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._settings, self._target, self._bank = settings, target, Bank()
        self._seconds, self._spent, self._begun = 60.0 * budget.minutes, spent, 0.0
        self._measured: dict[str, list[Tensor]] = defaultdict(list)

    def loss(self, network: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        condition, clean = mirrored(*unpacked(batch, self._device), generator)
        alone = max(2, math.ceil(ALONE * len(condition)))  # the first ones
        draw = torch.rand((3, len(condition)), generator=generator)
        draw[:, :alone] = 1.0
        times = torch.where(draw[0] < 1.0, (draw[0] * TIMES).long(), TIMES - 1).to(clean.device)
        condition = colourless(condition.dropped(draw[1] < FORGOTTEN), draw[2] < COLOURLESS)
        noise = noise_for(clean, generator)
        guess, depths, levels = self._look(network, noised(clean, noise, times), times, condition)
        parts = {"source": misfit(guess, depths, clean)}
        if set(PARTS[:3]) - self._settings.without:
            known = [level[:alone] for level in levels]
            parts |= self._of_photos(network, known, tuple(clean.shape[-2:]), len(condition), generator)
            self._bank.add(joined(known), silhouette(condition)[:alone], clean[:alone])
        return self._weighed(parts)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """As the shape prior's, and how far the features of photos lie from those of the source (`apart`)."""
        figures = {**super().validate(network), "apart": self.apart(network)}
        figures |= {f"loss {name}": float(torch.stack(some).mean()) for name, some in self._measured.items()}
        self._measured.clear()
        return figures

    def sheet(self, network: nn.Module, path: Path) -> None:
        """What the network makes of photos; what they really show is not known, so its pictures stay black."""
        generator = torch.Generator().manual_seed(0)
        drawn = self._target.draw(next(iter(self.held()))[1].shape[-2:], SHOWN, generator)
        unknown = torch.ones((len(drawn.condition), DEPTHS, *drawn.shape))
        volume_sheet(network, drawn.condition.to(self._device), unknown, generator, path)

    @torch.no_grad()
    def apart(self, network: nn.Module) -> float:
        """The discrepancy of features, over the levels, between source photos held out and the photos without volumes.

        Of windows of every shape that both have, the same photos each time.
        """
        generator = torch.Generator().manual_seed(0)
        found = []
        for condition, clean in self.held():
            drawn = self._target.draw(tuple(clean.shape[-2:]), COMPARED, generator)
            if min(len(clean), len(drawn.condition)) >= 2 and drawn.shape == tuple(clean.shape[-2:]):
                source, target = (self._alone(network, one, generator)[-1] for one in (condition, drawn.condition))
                found.append((len(clean), float(mean_mmd(source, target))))
        return sum(count * far for count, far in found) / max(sum(count for count, _ in found), 1)

    def _of_photos(
        self, network: nn.Module, known: list[Tensor], shape: tuple[int, ...], count: int, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """The parts of the loss that photos without volumes have to do with."""
        drawn = self._target.draw(shape, count, generator)
        guess, depths, levels = self._alone(network, drawn.condition, generator)
        mask = silhouette(drawn.condition).to(guess)
        parts = {"mmd": mean_mmd(known, levels), "information": -mutual_information(guess, mask)}
        if self._trust() > 0.0:
            believed = self._target.remembered(drawn, guess)
            similar = self._bank.nearest(joined(levels), drawn.shape, self._settings.neighbours)
            if similar is not None:
                labels = pseudo_labels(
                    believed, mask, similar.squared, similar.masks, similar.volumes, self._settings.own
                )
                parts["target"] = misfit(guess, depths, labels)
        return {name: part for name, part in parts.items() if name not in self._settings.without}

    def _alone(
        self, network: nn.Module, condition: Condition, generator: torch.Generator
    ) -> tuple[Tensor, Envelope, list[Tensor]]:
        """Guesses [B, D, H, W] out of nothing but noise and photos, their depths, and the features on the way."""
        condition = condition.to(self._device)
        times = torch.full((len(condition),), TIMES - 1, device=condition.picture.device)
        return self._look(network, noise_like(self._encoder, condition, generator), times, condition)

    def _look(
        self, network: nn.Module, noisy: Tensor, times: Tensor, condition: Condition
    ) -> tuple[Tensor, Envelope, list[Tensor]]:
        """The network's guess, the depths within it, and its features [B, C], one a level or the last level's only."""
        with listening(self._encoder) as heard:
            guess, depths = network.with_envelope(noisy, times, condition)  # type: ignore[operator]
        first = len(heard) - 1 if "levels" in self._settings.without else 0
        return guess, depths, [pooled(feature, condition.picture[:, 3]) for feature in heard[first:]]

    def _weighed(self, parts: dict[str, Tensor]) -> Tensor:
        trust = self._trust()
        settings = self._settings
        weights = {
            "mmd": settings.mmd,
            "source": settings.source,
            "target": settings.target * trust,
            "information": settings.information * trust,
        }
        for name, part in parts.items():
            self._measured[name].append(part.detach().float())
        return torch.stack([weights[name] * SCALES[name] * part.float() for name, part in parts.items()]).sum()

    def _trust(self) -> float:
        """w, by the share of the budget that is spent. It counts from the first step, when the photos are taken."""
        self._begun = self._begun or time.monotonic()
        share = (self._spent + time.monotonic() - self._begun) / self._seconds
        return trust_at(EPOCHS * min(share, 1.0))


def trust_at(epoch: float) -> float:
    """w: how much guesses on photos count."""
    return max(0.0, (epoch - FIRST) / (EPOCHS - FIRST))


def mean_mmd(source: list[Tensor], target: list[Tensor]) -> Tensor:
    """The discrepancy of two sets of photos, the mean over levels of features."""
    return torch.stack([mmd(one, other) for one, other in zip(source, target, strict=True)]).mean()


def joined(levels: list[Tensor]) -> Tensor:
    """[B, C] features of all levels, each level as long as the others; what neighbours are searched by."""
    return torch.cat([nn.functional.normalize(level.detach().float(), dim=1) for level in levels], dim=1)


def silhouette(condition: Condition) -> Tensor:
    """[B, H, W] how much of each cell is statue."""
    return nn.functional.avg_pool2d(condition.picture[:, 3:4], FINER)[:, 0]
