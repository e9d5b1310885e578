"""Pulling the field to the photo's silhouette, while it stays a smooth field of distances.

The unknowns are the values at the nodes near the surface. The smallest value along a ray says how far outside the
statue the ray passes; the mask says how far it should. Only rays near the contour can be wrong, so only those are
followed, and the place of a ray's smallest value is looked up once in a while instead of at every step.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ..photo.photo import Photo
from ..quality import Quality
from ..report import Report
from .distance import distances
from .rays import ContourRays, contour_rays, holding_nodes
from .sdf import SDF

if TYPE_CHECKING:
    from torch import Tensor

# Weights of the losses; each is a mean over its own rays or nodes, lengths in spacings.
# Stiff enough that the contour moves the surface around it and not a ridge along it (0.8 left one).
SILHOUETTE, EIKONAL, SMOOTH, ANCHOR = 10.0, 0.1, 12.0, 0.02
RATE = 0.05  # Adam's step, in spacings
RAYS = 40_000
REACH = 2.5  # spacings to either side of the contour from which rays are taken
MARCH = 1.5  # spacings between the samples of a ray; near its smallest value the field is flat along it
BAND = 2.5  # spacings around the surface in which values move
RENEW = 8  # steps after which the smallest values along the rays are looked up again
KEPT = -0.08  # spacings: nodes of parts too thin for the grid stay at least this deep inside


def fit(field: SDF, photo: Photo, quality: Quality, device: str, report: Report) -> SDF:
    """The field whose silhouette, seen by the photo's camera, is the photo's mask.

    `device` is a torch device. On a CPU the same inputs give the same field to the last bit; on CUDA sums are added
    in no fixed order. On Apple's MPS, where sampling a volume backwards is not to be relied on, the CPU does the work.
    """
    import torch

    device = "cpu" if device == "mps" else device

    # Half the cores: threads that wait for each other crawl when Blender renders beside them (3 s became 70 s), and
    # more of them hardly help, for memory is what the fit waits for.
    threads = torch.get_num_threads()
    torch.set_num_threads(min(threads, max(1, (os.cpu_count() or 2) // 2)))
    try:
        return _fit(field, photo, quality, device, report)
    finally:
        torch.set_num_threads(threads)


def _fit(field: SDF, photo: Photo, quality: Quality, device: str, report: Report) -> SDF:
    import torch

    rays = contour_rays(photo, field, REACH, RAYS)
    start = torch.tensor(field.values / field.spacing, dtype=torch.float32, device=device)
    holding = torch.tensor(holding_nodes(photo, field), device=device)
    directions = torch.tensor(rays.directions, device=device)
    wanted = torch.tensor(rays.wanted, device=device)
    band = torch.nonzero(movable(start).ravel()).ravel()
    anchor = start.ravel()[band]
    moving = anchor.clone().requires_grad_()
    descent = torch.optim.Adam([moving], lr=RATE)
    closest = directions
    for step in range(quality.fit_steps):
        report.step(step, quality.fit_steps)
        values = start.ravel().index_put((band,), moving).view_as(start)
        if step % RENEW == 0:
            closest = nearest_to_rays(values.detach(), rays, directions)
        passed = sampled(values, closest)
        loss = SILHOUETTE * torch.nn.functional.smooth_l1_loss(passed, wanted, beta=0.2)
        loss = loss + shape_loss(values, band) + ANCHOR * (moving - anchor).square().mean()
        descent.zero_grad(set_to_none=True)
        loss.backward()
        descent.step()
        descent.param_groups[0]["lr"] = RATE * (1.0 - 0.9 * step / quality.fit_steps)
    report.step(quality.fit_steps, quality.fit_steps)
    values = start.ravel().index_put((band,), moving.detach()).view_as(start)
    values = torch.where(holding, values.clamp(max=KEPT), values)
    fitted = values.cpu().numpy() * np.float32(field.spacing)
    return SDF(distances(fitted, field.spacing), field.lower, field.spacing)


def movable(start: Tensor) -> Tensor:
    """[X, Y, Z] the nodes near the surface, but for those at the border of the grid, which have no neighbours."""
    near = start.abs() < BAND
    for axis in range(3):
        near.select(axis, 0).fill_(False)
        near.select(axis, -1).fill_(False)
    return near


def nearest_to_rays(values: Tensor, rays: ContourRays, directions: Tensor) -> Tensor:
    """[N, 3] where along each ray the field is smallest, in grid coordinates."""
    import torch

    origin = torch.tensor(rays.origin, device=values.device)
    steps = torch.arange(rays.near, rays.far, MARCH, device=values.device)
    smallest = torch.full((len(directions),), torch.inf, device=values.device)
    best = steps[0].expand(len(directions)).clone()
    for distance in steps:
        here = sampled(values, origin + distance * directions)
        nearer = here < smallest
        smallest = torch.where(nearer, here, smallest)
        best = torch.where(nearer, distance, best)
    return origin + best[:, None] * directions


def sampled(values: Tensor, points: Tensor) -> Tensor:
    """The field [X, Y, Z] at points [N, 3] in grid coordinates, trilinear; [N]."""
    import torch

    size = torch.tensor(values.shape, dtype=torch.float32, device=values.device) - 1.0
    across = (2.0 * points / size - 1.0).flip(-1)[None, None, None]  # torch wants the last axis first, −1 … 1
    found = torch.nn.functional.grid_sample(
        values[None, None], across, mode="bilinear", padding_mode="border", align_corners=True
    )
    return found.ravel()


def shape_loss(values: Tensor, band: Tensor) -> Tensor:
    """How far the band is from a smooth field of distances: |gradient| = 1 and little curvature."""
    import torch

    flat = values.ravel()
    strides = (values.shape[1] * values.shape[2], values.shape[2], 1)
    pairs = [(flat[band - stride], flat[band + stride]) for stride in strides]
    slope = torch.stack([(behind - before) / 2.0 for before, behind in pairs]).square().sum(dim=0)
    bend = torch.stack([before + behind for before, behind in pairs]).sum(dim=0) - 6.0 * flat[band]
    steep = (slope + 1e-6).sqrt()
    return EIKONAL * (steep - 1.0).square().mean() + SMOOTH * bend.square().mean()
