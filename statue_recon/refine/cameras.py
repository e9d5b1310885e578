"""Where the statue is looked at from during refinement: all round, and more often from where it is hidden."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ..priors.view.framing import Framing, Pose

SECTORS = 24  # parts of the way round
ALWAYS = 0.25  # of the views go all round evenly, however little is hidden there


def hidden_round(normals: NDArray, visibility: NDArray, framing: Framing) -> NDArray[np.float64]:
    """[SECTORS] the share of the surface facing each way that is hidden, 0 … 1; the first sector begins at the photo.

    Of places on the surface with unit normals [N, 3] and their visibility [N].
    """
    azimuths = np.radians(framing.azimuth + (np.arange(SECTORS) + 0.5) * (360.0 / SECTORS))
    towards = np.stack([np.sin(azimuths), -np.cos(azimuths)])
    facing = np.clip(np.asarray(normals, np.float64)[:, :2] @ towards, 0.0, None)
    hidden = (1.0 - np.asarray(visibility, np.float64)) @ facing
    return hidden / np.maximum(facing.sum(axis=0), 1e-9)


def random_poses(
    count: int,
    framing: Framing,
    elevations: tuple[float, float],
    hidden: NDArray,
    generator: torch.Generator,
) -> list[Pose]:
    """Ways to new views at the photo's distance, evenly between two elevations (degrees).

    hidden: [sectors] from the photo's azimuth on, how often each is looked at in relation to the others.
    """
    hidden = np.asarray(hidden, np.float64)
    even = np.full(len(hidden), 1.0 / len(hidden))
    total = float(hidden.sum())
    shares = even if total <= 0.0 else ALWAYS * even + (1.0 - ALWAYS) * hidden / total
    drawn = torch.rand(3, count, generator=generator, dtype=torch.float64).numpy()
    sector = np.minimum(np.searchsorted(np.cumsum(shares), drawn[0], side="right"), len(hidden) - 1)
    azimuths = (sector + drawn[1]) * (360.0 / len(hidden))
    low, high = elevations
    lifts = low + (high - low) * drawn[2] - framing.elevation
    return [
        Pose(float((azimuth + 180.0) % 360.0 - 180.0), float(lift))
        for azimuth, lift in zip(azimuths, lifts, strict=True)
    ]
