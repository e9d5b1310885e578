"""What a field is asked for: to be one of distances, to be smooth, and to look as the evidence says.

Every loss is a mean, so that its weight does not depend on how many rays or points were drawn. Where a loss takes
`weight` [N], 0 leaves an entry out.
"""

from __future__ import annotations

import torch
from torch import Tensor

_EDGE = 1e-4  # opacities are kept this far from 0 and 1, where a logarithm would have no end
_FLAT = 1e-8  # variance of depths, relative to their square, below which there is no relief to compare


def eikonal(gradients: Tensor) -> Tensor:
    """How far slopes [N, 3] are from 1, squared: 0 for a field of distances."""
    steep = (gradients.square().sum(dim=1) + 1e-12).sqrt()
    return (steep - 1.0).square().mean()


def smoothness(gradients: Tensor, neighbours: Tensor) -> Tensor:
    """How differently the surface faces at points and at others beside them, 0 … 4: the squared distance of normals.

    Slopes [N, 3] at the points, and [N, 3] at points moved by a little; see `beside`.
    """
    here, there = (torch.nn.functional.normalize(each, dim=1) for each in (gradients, neighbours))
    return (here - there).square().sum(dim=1).mean()


def beside(points: Tensor, reach: float, generator: torch.Generator) -> Tensor:
    """Points [N, 3] moved by at most `reach` along each axis, at random."""
    moved = 2.0 * torch.rand(points.shape, generator=generator, dtype=points.dtype) - 1.0
    return points + reach * moved.to(points.device)


def silhouette(opacity: Tensor, alpha: Tensor, weight: Tensor | None = None) -> Tensor:
    """The cross entropy of rendered opacities [N] and a mask [N], both 0 … 1, in nats."""
    opacity = opacity.clamp(_EDGE, 1.0 - _EDGE)
    return _mean(-(alpha * opacity.log() + (1.0 - alpha) * (1.0 - opacity).log()), weight)


def overlap(opacity: Tensor, alpha: Tensor) -> Tensor:
    """1 − intersection over union of opacities [N] and a mask [N]: small parts count as much as they cover."""
    common = opacity * alpha
    return 1.0 - common.sum() / (opacity + alpha - common).sum().clamp(min=1e-6)


def normals(rendered: Tensor, wanted: Tensor, weight: Tensor | None = None) -> Tensor:
    """How far rendered normals [N, 3], of any length, are from wanted unit ones: |difference|₁ + 1 − cosine."""
    rendered = torch.nn.functional.normalize(rendered, dim=1)
    apart = (rendered - wanted).abs().sum(dim=1)
    return _mean(apart + 1.0 - (rendered * wanted).sum(dim=1), weight)


def depth(rendered: Tensor, wanted: Tensor, weight: Tensor | None = None) -> Tensor:
    """How badly rendered depths [N], scaled and shifted as suits best, explain those of a prior [N]: 0 … 1.

    The least squares of MiDaS (Ranftl et al. 2020) and MonoSDF (Yu et al. 2022), as the share of the prior's variance
    that is left over, because a prior's unit means nothing. It is the rendered depth that is fitted: the other way
    round a flat statue would be perfect.
    """
    weight = torch.ones_like(wanted) if weight is None else weight
    scale, shift = scale_and_shift(rendered, wanted, weight)
    variance = _mean((wanted - _mean(wanted, weight)).square(), weight)
    if float(variance.detach()) <= _FLAT * float(wanted.detach().square().max()):
        return 0.0 * rendered.sum()
    return _mean((scale * rendered + shift - wanted).square(), weight) / variance


def scale_and_shift(source: Tensor, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The two numbers that bring source [N] nearest to target [N] in least squares; a flat source keeps scale 0."""
    middle, aim = _mean(source, weight), _mean(target, weight)
    variance = _mean((source - middle).square(), weight)
    together = _mean((source - middle) * (target - aim), weight)
    tiny = _FLAT * source.detach().square().max() + torch.finfo(source.dtype).tiny
    scale = torch.where(variance > tiny, together / variance.clamp(min=float(tiny)), torch.zeros_like(together))
    return scale, aim - scale * middle


def depth_order(rendered: Tensor, wanted: Tensor, pairs: Tensor, unit: float) -> Tensor:
    """How far pairs [P, 2] of rays are from the order that a prior's depths [N] give them.

    Chen et al. 2016: log(1 + exp(±difference of the rendered depths / `unit`)), where the sign is such that a clear
    right order costs nothing and a wrong one grows without end; ln 2 for two that are rendered at the same depth.
    """
    first, second = pairs.unbind(dim=1)
    order = torch.sign(wanted[second] - wanted[first])
    cost = torch.nn.functional.softplus(order * (rendered[first] - rendered[second]) / unit)
    return _mean(cost, order.abs())


def _mean(values: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return values.mean()
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)
