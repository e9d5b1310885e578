"""Volume rendering of a distance field: opacity, depth, normals and colours that the field can learn from.

The density is NeuS's (Wang et al. 2021): along a ray that comes nearer, the light left is in proportion to
Φ(distance) = 1 / (1 + exp(−distance / β)). A ray that passes the surface at a distance m is thus covered by Φ(−m) =
half at the very contour, whatever the sampling; β, in world units, is how soft the surface is. Between two samples the
light can only fall, so nothing shines through the back of what the ray leaves.

A first pass without gradients finds the stretches of each ray that come near the surface and are not hidden; all
samples go there, and rays without such a stretch take no part in the second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ..camera import Camera

COARSE, FINE = 16, 4  # steps of the first pass between entering and leaving the field's box, and parts of one
REACH = 7.0  # β: what passes farther from the surface covers less than 0.001 and is left out
DARK = 1e-3  # light left below which the rest of a ray is left out
STEEPEST = 1.2  # a field's slope; distances have 1, a field that is still learning may have a little more
SHADED = 8  # places on a ray at which normals and colours are asked for: they change less along it than the light does
NEGLIGIBLE = 1e-4  # weight below which such a place is not asked

Colour = Callable[[Tensor, Tensor], Tensor]  # points [N, 3] and unit directions [N, 3] to any C channels [N, C]


class Field(Protocol):
    """What can be rendered. Points are [N, 3] in world units, without gradients of their own."""

    @property
    def box(self) -> Tensor:
        """[2, 3] the lowest and highest corner of where the surface may be."""

    def distance(self, points: Tensor) -> Tensor:
        """[N] signed distances, world units, negative inside."""

    def gradient(self, points: Tensor) -> Tensor:
        """[N, 3] the slope of the distances; about unit length."""


@dataclass(frozen=True)
class Rendered:
    """What R rays meet. Of them the K `met` came near the surface; of all others everything is 0."""

    opacity: Tensor  # [R] 0 … 1, the sum of the ray's weights
    depth: Tensor  # [R] the mean way to what is met, world units along the ray; 0 where nothing is met
    normal: Tensor | None  # [R, 3] the weighted sum of unit normals, in the world; as long as the opacity at most
    colour: Tensor | None  # [R, C] the weighted sum of colours, over black
    met: Tensor  # [K] which rays came near the surface
    weights: Tensor  # [K, S] what each sample adds to the picture
    along: Tensor  # [K, S] where the samples lie, world units along the ray


def camera_rays(camera: Camera, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """The rays through all pixels, row by row: origins [H·W, 3], unit directions [H·W, 3], both float32.

    Also what turns ways along the rays into depths, the cosine to the camera's axis [H·W].
    """
    origin, directions = camera.rays(camera.pixel_centres())
    cosines = torch.tensor(directions @ camera.rotation[2], dtype=torch.float32, device=device)
    rays = torch.tensor(directions, dtype=torch.float32, device=device)
    return torch.tensor(origin, dtype=torch.float32, device=device).expand_as(rays), rays, cosines


def render_rays(
    field: Field,
    origins: Tensor,
    directions: Tensor,
    *,
    beta: float | Tensor,
    samples: int = 64,
    guide: Field | None = None,
    normals: bool = True,
    colour: Colour | None = None,
    generator: torch.Generator | None = None,
) -> Rendered:
    """What rays [R, 3] with unit directions [R, 3] meet of the field.

    `guide` is a cheaper field of about the same shape for the first pass (for one that is slow to ask); with a
    `generator` the samples are jittered. Gradients reach the field's parameters and β, if that is a tensor.
    """
    with torch.no_grad():
        softness = float(torch.as_tensor(beta).detach())
        met, along = find_surface(guide or field, origins, directions, softness, samples + 1, generator)
    return render_along(field, origins, directions, met, along, beta=beta, normals=normals, colour=colour)


def find_surface(
    field: Field,
    origins: Tensor,
    directions: Tensor,
    beta: float,
    places: int,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """The rays that come near the surface [K], and `places` along each, near the surface and in order [K, places]."""
    near, far = box_span(field.box, origins, directions)
    met = torch.nonzero(far > near).ravel()
    near, step = near[met], ((far - near)[met] / (COARSE * FINE))[:, None]
    edges = near[:, None] + FINE * step * torch.arange(COARSE + 1, device=near.device)
    coarse = _at(field, origins[met], directions[met], edges)
    wanted = _wanted(coarse, FINE * step, beta)
    close = torch.nonzero(wanted.any(dim=1)).ravel()
    met, near, step, coarse, wanted = met[close], near[close], step[close], coarse[close], wanted[close]

    # Only the long steps that may matter are looked at in short ones; in the others a straight line will do.
    edges = near[:, None] + step * torch.arange(COARSE * FINE + 1, device=near.device)
    share = torch.arange(FINE, dtype=near.dtype, device=near.device) / FINE
    fine = torch.lerp(coarse[:, :-1, None], coarse[:, 1:, None], share)
    rays, steps = torch.nonzero(wanted, as_tuple=True)
    between = edges[:, :-1].unflatten(1, (COARSE, FINE))[rays, steps, 1:]
    fine[rays, steps, 1:] = _at(field, origins[met[rays]], directions[met[rays]], between)
    wanted = _wanted(torch.cat([fine.flatten(1), coarse[:, -1:]], dim=1), step, beta)
    close = torch.nonzero(wanted.any(dim=1)).ravel()
    met, step, edges, reached = met[close], step[close], edges[close], wanted[close].cumsum(dim=1)
    return met, _spread(edges, step, reached, places, generator)


def _wanted(distances: Tensor, step: Tensor, beta: float) -> Tensor:
    """Which steps of a length [K, 1] between distances [K, S + 1] may come near the surface where it is not hidden."""
    # As distances cannot change faster than the way, this is how near the ray may come between two places.
    nearest = (distances[:, :-1] + distances[:, 1:] - STEEPEST * step) / 2.0
    return (nearest < REACH * beta) & (light_left(distances, beta)[:, :-1] > DARK)


def _spread(edges: Tensor, step: Tensor, reached: Tensor, places: int, generator: torch.Generator | None) -> Tensor:
    """`places` in order on each ray, evenly over its wanted steps as if these were laid end to end; [K, places].

    `edges` [K, S + 1] of steps of a length [K, 1], of which `reached` [K, S] counts the wanted ones so far.
    """
    total = reached[:, -1:]
    if generator is None:
        share = torch.linspace(0.0, 1.0, places, dtype=edges.dtype, device=edges.device)
    else:
        # The generator's own device draws: the same numbers whatever the field lies on.
        shape = len(edges), places
        jitter = torch.rand(shape, generator=generator, dtype=edges.dtype, device=generator.device).to(edges.device)
        share = (torch.arange(places, device=edges.device) + jitter) / places
    progress = share * total
    within = torch.minimum(progress.to(reached.dtype), total - 1)
    chosen = torch.searchsorted(reached, within, right=True)
    return edges.gather(1, chosen) + (progress - within) * step


def render_along(
    field: Field,
    origins: Tensor,
    directions: Tensor,
    met: Tensor,
    along: Tensor,
    *,
    beta: float | Tensor,
    normals: bool = True,
    colour: Colour | None = None,
) -> Rendered:
    """What the rays `met` [K] out of R meet of the field between given places along them [K, S + 1]."""
    starts, ways = origins[met], directions[met]
    distances = _at(field, starts, ways, along)
    light = light_left(distances, beta)
    weights = light[:, :-1] - light[:, 1:]
    opacity = 1.0 - light[:, -1]
    along = _crossings(distances, along)
    depth = (weights * along).sum(dim=1) / opacity.clamp(min=1e-6)

    shares, middles = _grouped(weights, along.detach())
    rows, columns = torch.nonzero(shares.detach() > NEGLIGIBLE, as_tuple=True)
    points = starts[rows] + middles[rows, columns, None] * ways[rows]
    share = shares[rows, columns, None]

    def summed(values: Tensor) -> Tensor:
        return values.new_zeros(len(origins), values.shape[1]).index_add(0, met[rows], share * values)

    return Rendered(
        opacity=opacity.new_zeros(len(origins)).index_copy(0, met, opacity),
        depth=depth.new_zeros(len(origins)).index_copy(0, met, depth),
        normal=summed(torch.nn.functional.normalize(field.gradient(points), dim=1)) if normals else None,
        colour=None if colour is None else summed(colour(points, ways[rows])),
        met=met,
        weights=weights,
        along=along,
    )


def light_left(distances: Tensor, beta: float | Tensor) -> Tensor:
    """How much light is left at each place along rays, 1 at the first: distances [..., S] to [..., S]."""
    return torch.nn.functional.pad(light_lost(distances, beta).cumsum(dim=-1), (1, 0)).exp()


def light_lost(distances: Tensor, beta: float | Tensor) -> Tensor:
    """The logarithm, at most 0, of the share of light each step lets through: distances [..., S] to [..., S − 1]."""
    level = torch.nn.functional.logsigmoid(distances / beta)
    return (level[..., 1:] - level[..., :-1]).clamp(max=0.0)


def box_span(box: Tensor, origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays [R, 3] enter and leave a box [2, 3], along them; the end lies before the start where they miss it."""
    safe = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    sides = (box[:, None].to(safe) - origins) / safe
    near, far = sides.amin(dim=0).amax(dim=1), sides.amax(dim=0).amin(dim=1)
    return near.clamp(min=0.0), far


def _at(field: Field, origins: Tensor, directions: Tensor, along: Tensor) -> Tensor:
    """The field's distances [K, S] at places along rays [K, S]."""
    points = torch.addcmul(origins[:, None], along[..., None], directions[:, None])
    return field.distance(points.reshape(-1, 3)).reshape(along.shape)


def _crossings(distances: Tensor, along: Tensor) -> Tensor:
    """Where between two places a ray is met [K, S]: at the surface if that is there, else at the end nearer to it."""
    before, after = distances[:, :-1], distances[:, 1:]
    fall = before - after
    share = torch.where(fall > 1e-9, before / fall.clamp(min=1e-9), 0.5).clamp(0.0, 1.0)
    return along[:, :-1] + share * (along[:, 1:] - along[:, :-1])


def _grouped(weights: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
    """Neighbouring samples [K, S] taken together: their weights [K, SHADED] and, without gradients, their means."""
    size = -(-weights.shape[1] // SHADED)
    missing = SHADED * size - weights.shape[1]
    groups = torch.nn.functional.pad(weights, (0, missing)).unflatten(1, (SHADED, size))
    places = torch.nn.functional.pad(along, (0, missing)).unflatten(1, (SHADED, size))
    shares = groups.sum(dim=2)
    middles = (groups.detach() * places).sum(dim=2) / shares.detach().clamp(min=1e-12)
    return shares, middles
