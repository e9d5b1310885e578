"""Pictures of what a network makes of photos: the photo, its guess and its samples, and the truth, each shaded."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..priors.shape.columns import DEPTH_STEP
from ..priors.shape.diffusion import sample
from ..priors.shape.network import Condition
from ..priors.shape.schedule import TIMES

SHOWN = 6  # statues on a sheet
STEPS = 12
TALL = 192  # pixels


def volume_sheet(
    network: nn.Module, condition: Condition, clean: Tensor, generator: torch.Generator, path: Path
) -> None:
    """A row a statue: photo; from the front guess, sample, truth; from the side guess, sample, truth; from behind."""
    few = Condition(
        condition.picture[:SHOWN],
        condition.planes[:SHOWN],
        None if condition.coarse is None else condition.coarse[:SHOWN],
    )
    noise = torch.randn(clean[:SHOWN].shape, generator=generator).to(few.picture)
    guess = network(noise, torch.full((len(few),), TIMES - 1, device=noise.device), few).float()
    drawn = sample(network, few, STEPS, generator)  # type: ignore[arg-type]  # a wrapped one
    rows = []
    for number in range(len(few)):
        pictures = [photo_of(few.picture[number])]
        kinds = [volumes[number].cpu() for volumes in (guess, drawn, clean)]
        for side in ("front", "side", "back"):
            pictures += [shaded(volume, side) for volume in kinds]
        rows.append(np.hstack([_fitted(picture) for picture in pictures]))
    path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())


def photo_of(picture: Tensor) -> np.ndarray:
    """[2H, 2W, 3] uint8, blue first, of a condition's picture."""
    colours = picture[:3].cpu().numpy().transpose(1, 2, 0) * 127.5 + 127.5
    return np.ascontiguousarray(colours[..., ::-1].clip(0, 255).astype(np.uint8))


def shaded(volume: Tensor, side: str) -> np.ndarray:
    """A volume [D, H, W] seen along its depths from the front or the back, or along its rows from the left; gray."""
    turned = {"front": volume, "back": volume.flip(0, 2), "side": volume.permute(2, 1, 0)}[side]
    # Towards the eye, which looks along the first axis, nodes are farther apart than across.
    steps = (1.0, 1.0, 1.0 / DEPTH_STEP) if side == "side" else (1.0 / DEPTH_STEP, 1.0, 1.0)
    inside = turned < 0
    hit = inside.any(dim=0)
    first = inside.float().argmax(dim=0)
    slopes = torch.stack([part * step for part, step in zip(torch.gradient(turned), steps, strict=True)])
    normal = torch.nn.functional.normalize(slopes.gather(1, first[None, None].expand(3, 1, -1, -1))[:, 0], dim=0)
    light = torch.nn.functional.normalize(torch.tensor([-0.7, -0.5, -0.5]), dim=0)
    bright = (0.25 + 0.75 * (normal * light[:, None, None]).sum(dim=0).clamp(min=0)) * hit
    image = (bright * 255).byte().numpy()
    if side == "side":  # a depth step is longer than a cell
        image = cv2.resize(image, (round(image.shape[1] * DEPTH_STEP), image.shape[0]))
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)


def _fitted(picture: np.ndarray) -> np.ndarray:
    """A picture TALL pixels high and as wide as that."""
    scale = TALL / max(picture.shape[:2])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    out = np.zeros((TALL, TALL, 3), np.uint8)
    top, left = (TALL - small.shape[0]) // 2, (TALL - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out
