"""Statues with volumes that were learnt from of late, to be asked what one that looks like them is like behind."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

import torch
from torch import Tensor

from .adapt_losses import nearest

KEPT = 96  # photos of each window's shape: 25 MB, as bytes


@dataclass(frozen=True)
class Neighbours:
    """The K nearest to each of B photos."""

    squared: Tensor  # [B, K] distances of features
    masks: Tensor  # [B, K, H, W]
    volumes: Tensor  # [B, K, D, H, W] int8, ±127 for ±1


class Bank:
    """Features, masks and volumes of the photos seen last, by the shape of their windows."""

    def __init__(self, kept: int = KEPT):
        self._photos: dict[tuple[int, ...], deque[tuple[Tensor, Tensor, Tensor]]] = defaultdict(
            lambda: deque(maxlen=kept)
        )

    def add(self, features: Tensor, masks: Tensor, volumes: Tensor) -> None:
        """Features [B, C], masks [B, H, W] and volumes [B, D, H, W] in ±1 of photos; the oldest ones are forgotten."""
        kept = self._photos[tuple(masks.shape[1:])]
        whole = (volumes.detach() * 127).round().to(torch.int8)
        covered = (masks.detach() * 255).round().to(torch.uint8)
        for one in zip(features.detach().float(), covered, whole, strict=True):
            kept.append(tuple(part.cpu().clone() for part in one))  # a part of the batch would keep all of it

    def nearest(self, features: Tensor, shape: tuple[int, ...], count: int) -> Neighbours | None:
        """The `count` photos of one window's shape nearest to each of features [B, C]; None: so many are not known."""
        kept = self._photos[tuple(shape)]
        if len(kept) < count:
            return None
        known, masks, volumes = zip(*kept, strict=True)
        squared, which = nearest(features.detach().float().cpu(), torch.stack(known), count)
        rows = which.tolist()
        return Neighbours(
            squared.to(features.device),
            torch.stack([torch.stack([masks[one] for one in row]) for row in rows]).to(features.device) / 255.0,
            torch.stack([torch.stack([volumes[one] for one in row]) for row in rows]).to(features.device),
        )
