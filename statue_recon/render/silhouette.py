"""The silhouette of a mesh as a soft mask whose gradients move the outline.

The outline of a mesh is made of edges between a face that looks towards the eye and one that looks away, and of edges
where the surface ends. Where such an edge crosses the line between the centres of two neighbouring pixels, one on the
mesh and one off it, the place of the crossing says how far the mesh reaches: beyond the middle it covers a part of the
outer pixel, before it, only a part of the inner one. The sum of the mask is then the area of the silhouette, and its
gradient that of the area. (The idea to blend along crossings is nvdiffrast's, Laine et al. 2020; that looks for edges
in the face under the pixel, and misses the outline of meshes whose faces are as small as pixels. Here all outline
edges are walked along.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .differentiable import View, project


@dataclass(frozen=True)
class Edges:
    """The edges of a mesh, found once for all views of it."""

    ends: Tensor  # [E, 2] int64 vertices
    of_corner: Tensor  # [3 F] int64, the edge that follows each corner of each face
    faces: Tensor  # [F, 3] int64


def edges_of(faces: Tensor) -> Edges:
    """The edges of faces [F, 3] int64."""
    both = torch.stack([faces, faces.roll(-1, dims=1)], dim=-1).reshape(-1, 2).sort(dim=1).values
    ends, of_corner = torch.unique(both, dim=0, return_inverse=True)
    return Edges(ends, of_corner, faces)


def coverage(vertices: Tensor, edges: Edges, view: View) -> Tensor:
    """How much of each pixel the mesh covers, [H, W] 0 … 1, with gradients to the vertices [V, 3].

    `view` is of the same vertices. Parts of the mesh thinner than a pixel count where they meet pixels' centres.
    """
    pixels, depths = project(vertices, view.camera)
    first, second = pixels[_outline(pixels, depths, edges)].unbind(dim=1)
    across = second.detach() - first.detach()
    # The share of the crossings along rows: all of a vertical edge's, none of a level one's, half of a diagonal's.
    # Each edge so moves the sum by exactly the area it sweeps. The share itself shall have no gradient.
    steep = across[:, 1] ** 2 / across.square().sum(dim=1).clamp(min=1e-20)
    mask = view.there.to(vertices.dtype)
    along_rows = _shifts(first, second, steep, mask)
    along_columns = _shifts(first.flip(1), second.flip(1), 1 - steep, mask.T).T
    return (mask + along_rows + along_columns).clamp(0.0, 1.0)


@torch.no_grad()
def _outline(pixels: Tensor, depths: Tensor, edges: Edges) -> Tensor:
    """The vertices [K, 2] of the edges where the surface turns away from the eye, or ends."""
    a, b, c = pixels[edges.faces].unbind(dim=1)
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    towards = (area < 0).repeat_interleave(3)  # rows grow downwards
    count = torch.bincount(edges.of_corner, minlength=len(edges.ends))
    facing = torch.bincount(edges.of_corner[towards], minlength=len(edges.ends))
    turning = (count == 1) | ((facing > 0) & (facing < count))
    in_front = (depths[edges.ends] > 0).all(dim=1)
    return edges.ends[turning & in_front]


def _shifts(first: Tensor, second: Tensor, share: Tensor, mask: Tensor) -> Tensor:
    """What the crossings of edges with the rows of pixel centres add to the mask [H, W], or take from it.

    first, second [K, 2] are the edges' ends on the picture, share [K] counts their crossings.
    """
    edge, row = _crossings(first, second, len(mask))
    start, end = first[edge], second[edge]
    x = start[:, 0] + (row + 0.5 - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    # Between the centres of `left` and the next pixel, of which only one may be covered.
    left = torch.floor(x.detach() - 0.5).long()
    inside = (left >= 0) & (left < mask.shape[1] - 1)
    row, left, x, share = row[inside], left[inside], x[inside], share[edge][inside]
    covered, beside = mask[row, left] > 0, mask[row, left + 1] > 0
    ends = covered != beside
    row, left, x, share, covered = row[ends], left[ends], x[ends], share[ends], covered[ends]
    reach = torch.where(covered, x - (left + 0.5), left + 1.5 - x)  # from the covered centre to the crossing
    outmost = _largest_of_each(row * mask.shape[1] + left, reach.detach(), mask.numel())
    row, left, reach, covered = row[outmost], left[outmost], reach[outmost], covered[outmost]
    outer_pixel = left + covered.long()
    inner_pixel = left + (~covered).long()
    column = torch.where(reach.detach() > 0.5, outer_pixel, inner_pixel)
    return torch.zeros_like(mask).index_put((row, column), share[outmost] * (reach - 0.5), accumulate=True)


@torch.no_grad()
def _crossings(first: Tensor, second: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """Which edges cross the lines y = row + 0.5 where: the numbers of the edges [M] and of the rows [M]."""
    low = torch.minimum(first[:, 1], second[:, 1])
    high = torch.maximum(first[:, 1], second[:, 1])
    # Half open, so that a line through the end of an edge belongs to one of the two that meet there.
    begin = torch.ceil(low - 0.5).clamp(0, rows).long()
    count = (torch.ceil(high - 0.5).clamp(0, rows).long() - begin).clamp(min=0)
    edge = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
    before = torch.cumsum(count, dim=0) - count
    row = begin[edge] + torch.arange(len(edge), device=edge.device) - before[edge]
    return edge, row


@torch.no_grad()
def _largest_of_each(group: Tensor, value: Tensor, groups: int) -> Tensor:
    """The index of the largest value of each group that has one; of equal ones, the first."""
    largest = value.new_full((groups,), -torch.inf).scatter_reduce(0, group, value, "amax")
    index = torch.nonzero(value == largest[group]).squeeze(1)
    first = torch.full((groups,), len(group), device=group.device).scatter_reduce(0, group[index], index, "amin")
    return first[first < len(group)]
