"""The networks of the bundled shape edits: what each word they know would do to the surface of a statue.

    a place of the surface            what is around it                      what all of the statue is like
      where it is, how it faces  +  distances to the surface    ──▶  64 ──┬──▶  mean and largest over all places
                                    before, behind, beside                └─────────▶  +  ──▶  a way [3] per word

Two of them ship: one looks at the whole statue (words about bodies), one at a head (words about faces, and what is
worn there). `statue_recon.train.edit` trained them. All lengths are counted in half sides of the cube that is looked
at: around the whole statue, or around a head.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from ..field.sdf import SDF

BODY_WORDS = ("older", "younger", "heavier", "lean", "muscular", "female", "male", "draped")
HEAD_WORDS = ("older", "younger", "heavier", "lean", "female", "male", "bearded", "helmeted")
HEAD_REACH = 0.21  # metres: half the side of the cube around a head of natural size
BODY_REACH = 1.0  # world units: half the side of the cube around a statue whose longest side is 1.8
INWARD = (0.015, 0.04, 0.08, 0.14, 0.22, -0.04, -0.12)  # half sides behind a place along its normal; before it if < 0
BESIDE = (0.09, 0.22, 0.45)  # half sides along the axes, both ways
FARTHEST = 0.3  # half sides at which distances are cut off
PROBES = 6 + len(INWARD) + 6 * len(BESIDE)
_BESIDE = np.concatenate([length * np.vstack([np.eye(3), -np.eye(3)]) for length in BESIDE])


@dataclass(frozen=True)
class Cube:
    """A part of the world that a network looks at, and how it is turned there."""

    middle: NDArray  # [3] in the world
    reach: float  # half a side, world units
    turn: NDArray  # [3, 3] from the world's axes to the cube's; may mirror
    floor: float = -np.inf  # world units: below it there is nothing, as if cut off

    def probes(self, field: SDF, points: NDArray, normals: NDArray) -> NDArray[np.float32]:
        """[N, PROBES] what the network is told of places [N, 3] with normals [N, 3] in the world."""
        along = np.array(INWARD)[:, None, None] * -normals
        beside = (_BESIDE @ self.turn)[:, None] * np.ones((1, len(points), 1))
        around = points + self.reach * np.concatenate([along, beside])
        found = field_at(field, around)
        if np.isfinite(self.floor):
            found = np.maximum(found, self.floor - around[..., 2])
        shares = np.clip(found / self.reach, -FARTHEST, FARTHEST).T / FARTHEST
        places = (points - self.middle) @ self.turn.T / self.reach
        return np.hstack([places, normals @ self.turn.T, shares]).astype(np.float32)


def field_at(field: SDF, places: NDArray) -> NDArray[np.float32]:
    """Distances [...] at places [..., 3]; beyond the grid as much more as it is away."""
    where = (places - field.lower) / field.spacing
    inside = np.clip(where, 0, np.array(field.values.shape) - 1)
    beyond = np.linalg.norm(where - inside, axis=-1) * field.spacing
    found = ndimage.map_coordinates(field.values, inside.reshape(-1, 3).T, order=1)
    return found.reshape(places.shape[:-1]) + beyond.astype(np.float32)


@dataclass(frozen=True)
class Architecture:
    """What tells one of the networks from another."""

    words: tuple[str, ...]
    width: int = 96
    whole: int = 64  # numbers that tell of the statue as a whole

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"words": list(self.words)}

    @staticmethod
    def from_json(told: dict[str, Any]) -> Architecture:
        return Architecture(tuple(told["words"]), told["width"], told["whole"])


class EditNetwork(nn.Module):
    """See the head of this file."""

    size: Tensor  # [words] how large each word's ways usually are

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        width, whole = architecture.width, architecture.whole
        self.local = _layers(PROBES, width, width)
        self.whole = _layers(2 * width, width, whole)
        self.ways = _layers(PROBES + width + whole, width, width)
        self.last = nn.Linear(width, 3 * len(architecture.words))
        self.register_buffer("size", torch.ones(len(architecture.words)))

    def forward(self, probes: Tensor, sample: Tensor) -> Tensor:
        """Ways [B, N, words, 3] of places whose probes are [B, N, PROBES].

        sample: [B, M, PROBES] of places spread evenly over the statue.
        """
        around = self.local(sample)
        whole = self.whole(torch.cat([around.mean(dim=1), around.amax(dim=1)], dim=-1))
        own = around if sample is probes else self.local(probes)
        told = torch.cat([probes, own, whole[:, None].expand(-1, probes.shape[1], -1)], dim=-1)
        ways = self.last(self.ways(told))
        return ways.reshape(*probes.shape[:2], -1, 3) * self.size[:, None]


def _layers(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, outside), nn.SiLU()
    )
