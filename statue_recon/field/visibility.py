"""What the photos see of the volume, and how much a prior may therefore say about a place.

DP-Recon's visibility (Ni et al. 2025): the light of the photos' rays, followed through the field, kept in a grid. 1
means that some photo sees a place, 0 that none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..camera import Camera
from .sdf import SDF

if TYPE_CHECKING:
    from torch import Tensor

    from ..render.volume import Field

SOFTNESS = 0.25  # of a cell: β along the photos' rays; what is half a cell thick still hides what is behind it
RAYS = 2.0  # a cell, side by side, at the far end of the box: none stays unvisited
STEPS = 2.0  # a cell, along a ray
# Of a cell: how far from its centre a ray may speak for it. Of places half a cell apart one is always this near; with
# all in the cell its largest value would be that of its best lit corner, and seen surfaces would reach round edges.
MIDDLE = 0.45
DARK = 1e-3  # light that is not worth keeping
CHUNK = 1 << 20  # samples followed at a time; 100 MB

# Cells above the surface at which a place on it is asked about. At the surface itself half of the light is already lost
# (that is what makes it the surface); here Φ(0.75 / SOFTNESS) = 0.95 is left, so that what is seen reads as seen. The
# farther out, the more one looks round the statue's edges: at 0.5, 0.75 and 1 cells 98, 97 and 96 % of a torus's
# vertices that do not lie edgewise agree with rays cast at its mesh.
ABOVE = 0.75


@dataclass(frozen=True)
class View:
    """A photo as far as visibility needs it."""

    camera: Camera
    alpha: NDArray | None = None  # [H, W] 0 … 1; what is not the statue hides it, so nothing is seen there


@dataclass(frozen=True)
class VisibilityGrid:
    """How much of the light of any photo reaches each cell of a box."""

    values: NDArray[np.float32]  # [X, Y, Z] 0 none … 1 all, at the cells' centres; the longest side has `resolution`
    lower: NDArray[np.float64]  # [3] world position of the centre of the cell (0, 0, 0)
    spacing: float  # world units a cell

    def at_points(self, points: NDArray) -> NDArray[np.float32]:
        """The visibility [N] of world points [N, 3]; outside the box that of its border."""
        places = (np.asarray(points, np.float64) - self.lower) / self.spacing
        return ndimage.map_coordinates(self.values, places.T, order=1, mode="nearest").astype(np.float32)

    def at_surface(self, points: NDArray, normals: NDArray) -> NDArray[np.float32]:
        """The visibility [N] of places on the surface (vertices, texels): [N, 3] with unit normals [N, 3]."""
        return self.at_points(points + ABOVE * self.spacing * normals)

    def rendered(self, field: Field, camera: Camera, beta: float, unseen: float = 0.0) -> Tensor:
        """How well the photos see what another camera sees: Σ wᵢ V(xᵢ) over each pixel's ray; [H, W].

        DP-Recon's weight for a pixel of that camera; β is the softness of its rendering. V is taken at the height above
        the surface that `at_surface` takes it at: at the samples themselves a surface in full view would come to a
        half. The share of a pixel that the statue leaves free counts as `unseen`.
        """
        import torch

        from ..render.volume import camera_rays, render_rays
        from .grid import DenseGrid

        device = field.box.device
        grid = DenseGrid.from_sdf(SDF(self.values, self.lower, self.spacing), device)

        def seen(points: Tensor, _: Tensor) -> Tensor:
            normals = torch.nn.functional.normalize(field.gradient(points), dim=1)
            height = ABOVE * self.spacing - field.distance(points)
            return grid.distance(points + height[:, None] * normals)[:, None]

        with torch.no_grad():
            origins, directions, _ = camera_rays(camera, device)
            picture = render_rays(field, origins, directions, beta=beta, normals=False, colour=seen)
            assert picture.colour is not None
            mixed = picture.colour[:, 0] + unseen * (1.0 - picture.opacity)
        return mixed.reshape(camera.height, camera.width)


def visibility_grid(field: SDF, views: Sequence[View], resolution: int = 128, device: str = "cpu") -> VisibilityGrid:
    """How much of the light of any photo reaches each cell of the field's box.

    Follows the rays of every photo through the field, as many as the cells are fine, and keeps, per cell, the largest
    share of light that is left over all rays and photos. Cells that no photo's picture contains keep 0.
    """
    import torch

    from .grid import DenseGrid

    spacing = float((field.upper - field.lower).max()) / resolution
    counts = np.maximum(np.ceil((field.upper - field.lower) / spacing - 1e-6).astype(int), 2)
    grid = DenseGrid.from_sdf(field, device).requires_grad_(False)
    kept = torch.zeros(int(counts.prod()), device=device)
    for view in views:
        _follow(kept, counts, grid, view, spacing)
    values = kept.reshape(*counts.tolist()).cpu().numpy()
    return VisibilityGrid(values, np.asarray(field.lower, np.float64) + spacing / 2.0, spacing)


def _follow(kept: Tensor, counts: NDArray, grid, view: View, spacing: float) -> None:
    """Raises the cells [X · Y · Z] to what one photo's light leaves in them."""
    import torch

    from ..render.volume import box_span, light_left

    origin, ways, alpha = _rays(view, grid.box.cpu().numpy().astype(np.float64), spacing)
    start = torch.tensor(origin, dtype=torch.float32, device=kept.device)
    longest = int(np.ceil(STEPS * np.linalg.norm(counts)))
    limits = torch.tensor(counts - 1, device=kept.device)
    for first in range(0, len(ways), CHUNK // longest):
        part = slice(first, first + CHUNK // longest)
        direction = torch.tensor(ways[part], dtype=torch.float32, device=kept.device)
        near, far = box_span(grid.box, start.expand_as(direction), direction)
        entered = torch.nonzero(far > near).ravel()
        if len(entered) == 0:
            continue
        near, far, direction = near[entered, None], far[entered, None], direction[entered]
        steps = int(torch.ceil((far - near).max() * (STEPS / spacing)))
        along = near + (torch.arange(steps, device=kept.device) + 0.5) * (spacing / STEPS)
        points = start + along[..., None] * direction[:, None]
        light = light_left(grid.distance(points.reshape(-1, 3)).reshape(along.shape), SOFTNESS * spacing)
        light = light * torch.tensor(alpha[part], device=kept.device)[entered, None] * (along < far)
        places = (points - grid.lower) / spacing - 0.5  # from the centre of the first cell
        cells = torch.minimum(places.round().clamp_(min=0.0), limits)
        middle = (places - cells).square().sum(dim=-1) <= MIDDLE**2
        told = torch.nonzero((middle & (light > DARK)).ravel()).ravel()
        cells = cells.reshape(-1, 3)[told].long()
        flat = (cells[:, 0] * int(counts[1]) + cells[:, 1]) * int(counts[2]) + cells[:, 2]
        kept.scatter_reduce_(0, flat, light.reshape(-1)[told], "amax")


def _rays(view: View, box: NDArray, spacing: float) -> tuple[NDArray, NDArray, NDArray]:
    """The photo's rays that can meet the box, RAYS to a cell: origin [3], unit directions [N, 3], alpha [N]."""
    camera = view.camera
    corners = np.array([[box[i, 0], box[j, 1], box[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    pixels, depth = camera.project(corners)
    low, high = np.zeros(2), np.array([camera.width, camera.height], np.float64)
    if depth.min() > 0:  # else the camera stands in the box, and all of its picture may show it
        low, high = np.clip(pixels.min(axis=0), low, high), np.clip(pixels.max(axis=0), low, high)
    pitch = spacing / RAYS * np.array([camera.fx, camera.fy]) / max(float(depth.max()), 1e-6)  # in pixels
    across, down = (
        start + size * (np.arange(count) + 0.5) / max(count, 1)
        for start, size, count in zip(low, high - low, np.ceil((high - low) / pitch).astype(int), strict=True)
    )
    pixels = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    alpha = np.ones(len(pixels), np.float32)
    if view.alpha is not None:
        columns, rows = np.floor(pixels).astype(int).T
        rows, columns = np.clip(rows, 0, camera.height - 1), np.clip(columns, 0, camera.width - 1)
        alpha = np.asarray(view.alpha, np.float32)[rows, columns]
    origin, directions = camera.rays(pixels)
    return origin, directions, alpha


# DP-Recon's two weights. Both are asked of a visibility V, 0 … 1, of any shape; NumPy arrays or tensors.
GEOMETRY_SEEN, GEOMETRY_LOW = 0.5, 0.1  # from which V on a place is seen; the weight that is left just above it
APPEARANCE_SEEN = 0.3


def geometry_weight(visibility):
    """How strongly the prior may move the surface: 20 where nothing is seen, 20 − 38 V up to V = 0.5, there 1.

    Above, DP-Recon only asks for “near 0”: here 0.1 falling evenly to 0 at V = 1, so that the more a place is seen the
    more it is left alone.
    """
    hidden, seen = visibility <= GEOMETRY_SEEN, visibility > GEOMETRY_SEEN
    return hidden * (20.0 - 38.0 * visibility) + seen * GEOMETRY_LOW * (1.0 - visibility) / (1.0 - GEOMETRY_SEEN)


def appearance_weight(visibility):
    """How strongly the prior may paint: 1 where V is at most 0.3, 0 above, where the photo's colours are locked."""
    return 1.0 * (visibility <= APPEARANCE_SEEN)
