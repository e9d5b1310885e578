"""What draws the shape prior from statues with volumes to photos without: four pure functions and what they share.

They follow SculptureRecon, whose network tells of single points whether they lie inside a sculpture; `train.adapt` says
what had to change for a network that guesses whole columns of distances.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..priors.shape.columns import DEPTH_STEP

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in mean squared distances between the samples
SHARPNESS = 8.0  # of occupancy over distance: one pitch inside is 0.79 sure, two are 0.94
SEEN = 8.0  # pitches behind the first surface within which what the photo shows gives way to what neighbours tell


def pooled(feature: Tensor, mask: Tensor) -> Tensor:
    """The mean of a feature [B, C, h, w] over what is statue by masks [B, H, W] in 0 … 1: [B, C].

    Without the air around it, of which a stout statue leaves less than a slim one whatever it is made of.
    """
    size = feature.shape[-2], feature.shape[-1]
    weight = nn.functional.adaptive_avg_pool2d(mask[:, None].float(), size) + 1e-4
    return (feature.float() * weight).sum((-1, -2)) / weight.sum((-1, -2))


def mmd(source: Tensor, target: Tensor) -> Tensor:
    """How far apart two sets of features [N, C] and [M, C] lie, N and M at least 2: a number.

    The squared maximum mean discrepancy (Gretton and others, 2012), the mean over Gaussian kernels of WIDTHS; without
    bias: no sample is compared with itself, or else few samples would seem apart, and squeezing all of them together
    would pay. About 0, at times below it, where both come from one distribution; 1.5 where they lie far apart and each
    close together.
    """
    both = torch.cat([source, target]).float()
    squared = (both[:, None] - both[None]).square().sum(dim=-1)
    n, m = len(source), len(target)
    typical = squared.detach().sum() / ((n + m) * (n + m - 1))
    kernel = torch.stack([torch.exp(-squared / (width * typical + 1e-12)) for width in WIDTHS]).mean(dim=0)
    among_source = (kernel[:n, :n].sum() - n) / (n * (n - 1))
    among_target = (kernel[n:, n:].sum() - m) / (m * (m - 1))
    return among_source + among_target - 2.0 * kernel[:n, n:].mean()


def mutual_information(volumes: Tensor, mask: Tensor) -> Tensor:
    """How much of which statue it is one learns from whether a node lies inside it: a number of nats in 0 … ln 2.

    H(mean over statues) − mean of H, of occupancies sigmoid(−SHARPNESS · distance): large where each guess is sure of
    itself and the guesses differ. volumes [B, D, H, W] as the network counts distances; mask [B, H, W] in 0 … 1 says
    which columns count: beside a statue nothing is in doubt.
    """
    inside = torch.sigmoid(-SHARPNESS * volumes.float())
    weight = mask[:, None].float()
    total = weight.sum(dim=0)
    mean = (inside * weight).sum(dim=0) / total.clamp(min=1e-6)
    gained = total * entropy(mean) - (weight * entropy(inside)).sum(dim=0)
    return gained.sum() / (total.sum() * volumes.shape[1]).clamp(min=1e-6)


def entropy(probability: Tensor) -> Tensor:
    """Of a yes or no, in nats; each element by itself."""
    sure = probability.clamp(1e-6, 1.0 - 1e-6)
    return -(sure * sure.log() + (1.0 - sure) * (1.0 - sure).log())


def nearest(features: Tensor, kept: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The nearest of kept [N, C] to each of features [B, C]: squared distances [B, count], and which [B, count]."""
    squared = (features[:, None] - kept[None]).square().sum(dim=-1)
    found = squared.topk(min(count, len(kept)), dim=1, largest=False)
    return found.values, found.indices


def pseudo_labels(
    guess: Tensor, mask: Tensor, squared: Tensor, their_masks: Tensor, their_volumes: Tensor, own: float
) -> Tensor:
    """What photos without volumes are to be taught: their own guess, mixed with the volumes of statues that look alike.

    own · guess + (1 − own) · mean of the neighbours, where `own` is 1 up to the first surface of a column, which the
    photo shows, and falls to the given one over SEEN pitches behind it. A neighbour counts the more, the nearer its
    features are and the more its silhouette covers that of the photo; in a column that only one of the two silhouettes
    covers it does not count; and where none does, the guess stands.

    guess [B, D, H, W] and mask [B, H, W] of the photos; squared [B, K] distances of the K neighbours' features, their
    masks [B, K, H, W] and volumes [B, K, D, H, W], ±1 or, as bytes, ±127. Returns [B, D, H, W], without gradients.
    """
    guess, mask = guess.detach().float(), mask.float()
    volumes = their_volumes.float() / (1.0 if their_volumes.is_floating_point() else 127.0)
    agreeing = 1.0 - (mask[:, None] - their_masks.float()).abs()
    alike = torch.exp(-squared / squared.mean(dim=1, keepdim=True).clamp(min=1e-12)) * overlap(mask, their_masks)
    weight = alike[..., None, None] * agreeing
    total = weight.sum(dim=1)
    mean = (weight[:, :, None] * volumes).sum(dim=1) / total.clamp(min=1e-6)[:, None]
    told = total / alike.sum(dim=1).clamp(min=1e-6)[:, None, None]  # 0 … 1: the share of the neighbours that agree
    return torch.lerp(guess, mean, (1.0 - own) * told[:, None] * unseen(guess, mask))


def overlap(mask: Tensor, theirs: Tensor) -> Tensor:
    """Intersection over union of masks [B, H, W] and several each [B, K, H, W]: [B, K]."""
    one, others = mask[:, None].float(), theirs.float()
    return torch.minimum(one, others).sum((-1, -2)) / torch.maximum(one, others).sum((-1, -2)).clamp(min=1e-6)


def unseen(guess: Tensor, mask: Tensor) -> Tensor:
    """How little a photo tells of each node: 0 up to the first surface of its column, near 1 far behind it.

    1, too, all along columns of guesses [B, D, H, W] that hold no surface: there is none beside a statue, and within
    its mask [B, H, W] that is a guess gone wrong. Returns [B, D, H, W].
    """
    inside = guess < 0
    first = inside.float().argmax(dim=1, keepdim=True)
    behind = (torch.arange(guess.shape[1], device=guess.device)[:, None, None] - first).clamp(min=0) * DEPTH_STEP
    far = 1.0 - torch.exp(-behind / SEEN)
    empty = ~inside.any(dim=1, keepdim=True) | (mask < 0.5)[:, None]
    return torch.where(empty, torch.ones_like(far), far)
