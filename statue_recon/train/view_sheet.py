"""Pictures of what the view prior makes of photos: a walk around each statue, in colour and normals, over the truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..priors.view.diffusion import sample
from ..priors.view.framing import Pose
from ..priors.view.network import Condition
from ..priors.view.pictures import on_white

SHOWN = 5  # statues on a sheet
WALK = (Pose(45.0), Pose(90.0), Pose(135.0, 10.0), Pose(180.0), Pose(-90.0))  # from the photo on
STEPS = 12
LARGER = 2  # pixels of the sheet for one of a view


def view_sheet(network: nn.Module, walks: list[tuple[Condition, Tensor]], path: Path, device: str = "cpu") -> None:
    """Two rows a statue: the photo, then for each pose the sampled view and its normals; below them the truth."""
    rows = []
    for condition, clean in walks:
        drawn = sample(network, condition.to(device), STEPS, torch.Generator().manual_seed(0)).cpu()
        photo = _shown(on_white(condition.photo[:1])[0])
        for first, views in ((photo, drawn), (np.full_like(photo, 255), clean)):
            rows.append(np.hstack([first, *(picture for view in views for picture in pictured(view))]))
    path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())


def pictured(clean: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """A clean picture's colours on white, and its normals, as the sheet has them: uint8, blue first."""
    return _shown(on_white(clean[None])[0]), _shown((clean[3:6].permute(1, 2, 0) + 1.0) / 2.0)


def _shown(rgb: Tensor) -> np.ndarray:
    small = (rgb.clamp(0.0, 1.0).numpy()[..., ::-1] * 255.0).round().astype(np.uint8)
    return cv2.resize(small, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_NEAREST)
