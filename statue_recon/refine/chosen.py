"""The priors that a job chose by name, each with its weight, as what speaks during refinement.

    shape                 the bundled shape prior, on the volume itself: nothing is rendered
    view                  the bundled view prior, on normals
    zero123-xl            an installed model of the task “view”: it is shown the surface in plaster
    stable-diffusion      one of the task “pictures”: it is shown normals, and told in words from where

Several speak at once (Magic123, Qian et al. 2023: one that knows the photo, one that knows words). How names are read
and checked is in `priors.names`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from ..photo.photo import Photo
from ..photo.square import square_of
from ..photo.window import condition_of, window_of
from ..priors import models
from ..priors.latents import Memory
from ..priors.models import Model
from ..priors.names import SHAPE, VIEW, check, installed
from ..priors.view.pictures import Views
from ..priors.view.prior import ViewPrior
from .guidance import Guidance, Moment
from .thrift import LADDER, Rung, Say, Thrift, ThriftyGuidance
from .views import NormalsGuidance
from .volume import VolumeGuidance

CONTROL = "control"  # the task of what makes pictures follow normals
VIEWS = 2  # rendered at each step, for each prior that is shown renderings
DRAWS = 4  # questions to the bundled view prior about each of them: it answers faster than views are rendered
COARSE = 0.4  # of the run in which Stable Diffusion is shown normals as latents, without its VAE
AMBIENT = 0.35  # of the light on plaster that comes from everywhere; the rest comes from the camera


@dataclass(frozen=True)
class Told:
    """What a job knows that priors want to know."""

    photo: Photo
    elevation: float | None = None  # degrees; None: not known
    prompt: str = ""


def guidance_of(chosen: Mapping[str, float], told: Told, device: str, say: Say, views: int = VIEWS) -> list[Guidance]:
    """What speaks during the geometry stage; what weighs nothing is not even read.

    say: is told when memory ran out and what is done about it.
    """
    speaking = {name: weight for name, weight in chosen.items() if weight}
    check(speaking)
    return [_guidance(name, weight, told, device, say, views) for name, weight in speaking.items()]


def appearance_prior(name: str, device: str, rung: Rung = LADDER[0]) -> ViewPrior:
    """The prior of this name, as what paints; `priors.names.painter` tells which of those chosen does."""
    where = "cpu" if rung.processor else device
    if name == VIEW:
        from ..priors.view.prior import bundled_view_prior

        return bundled_view_prior(where)
    model, place = installed(name)
    return _prior(model, place, where, rung.memory)


class Plaster:
    """A prior of colours that is shown surfaces without any: in plaster of one colour, lit from the camera."""

    def __init__(self, prior: ViewPrior, colour: Sequence[float]):
        """colour: sRGB 0 … 1."""
        self._prior, self._colour = prior, tuple(colour)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._prior, name)

    def encoded(self, views: Views) -> Tensor:
        """As `ViewPrior` says; gradients reach the normals and the outline."""
        facing = (-views.normal[..., 2:]).clamp(min=0.0)  # z is away from the viewer
        light = AMBIENT + (1.0 - AMBIENT) * facing
        return self._prior.encoded(replace(views, rgb=light * views.normal.new_tensor(self._colour)))


class CoarseThenFine:
    """One prior, shown renderings in two ways: the one at first, the other later."""

    def __init__(self, coarse: Guidance, fine: Guidance, until: float = COARSE):
        self._coarse, self._fine, self._until = coarse, fine, until
        self.weight, self.reach = fine.weight, max(coarse.reach, fine.reach)

    def pull(self, moment: Moment) -> Tensor:
        return (self._coarse if moment.share < self._until else self._fine).pull(moment)


def _guidance(name: str, weight: float, told: Told, device: str, say: Say, views: int) -> Guidance:
    if name == SHAPE:
        from ..priors.shape.prior import ShapePrior

        window, columns = window_of(told.photo, told.elevation)
        return VolumeGuidance.of(ShapePrior.bundled(device), condition_of([window]), columns, weight)
    if name == VIEW:
        from ..priors.view.prior import bundled_view_prior

        prior = bundled_view_prior(device)
        photo, framing = square_of(told.photo, prior.size)
        told_of = photo, told.elevation, told.prompt
        return NormalsGuidance(prior, framing, *told_of, weight, views=views, draws=DRAWS)
    model, place = installed(name)

    def make(rung: Rung, where: str) -> Guidance:
        prior = _prior(model, place, where, rung.memory)
        return _shown(prior, told, weight, min(views, rung.views or views))

    return ThriftyGuidance(make, Thrift(model.title, device, say))


def _shown(prior: Any, told: Told, weight: float, views: int) -> Guidance:
    """A large prior with what it is shown of the geometry, in the ways it understands."""
    window, framing = square_of(told.photo, prior.size)

    def normals(shown: ViewPrior) -> NormalsGuidance:
        return NormalsGuidance(shown, framing, window, told.elevation, told.prompt, weight, views=views)

    if not hasattr(prior, "seeing"):
        colour = (window.rgb * window.alpha[..., None]).sum(axis=(0, 1)) / max(float(window.alpha.sum()), 1.0)
        return normals(Plaster(prior, colour.tolist()))
    return CoarseThenFine(normals(prior.seeing("normals as latents")), normals(prior.seeing("normals")))


def _prior(model: Model, place: Path, device: str, memory: Memory) -> ViewPrior:
    from ..priors.stable_diffusion import stable_diffusion_prior
    from ..priors.zero123 import zero123_prior

    readers: dict[str | None, Callable[[], ViewPrior]] = {
        "diffusers-zero123": lambda: zero123_prior(place, device, memory),
        "diffusers-stable-diffusion": lambda: stable_diffusion_prior(place, device, memory, _control(model)),
    }
    return readers[model.layout]()


def _control(model: Model) -> Path | None:
    """The ControlNet for this model; it was made for Stable Diffusion 1.5, and fits no other."""
    found = models.for_task(CONTROL) if not model.folder else None
    return found[1] if found else None
