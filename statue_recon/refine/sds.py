"""Score distillation (SDS, Poole et al. 2022): what a diffusion prior would change of a picture, as a gradient.

    noisy = α · encoded + σ · ε          ε̂ = (noisy − α · x̂₀) / σ          gradient = w_v · w(t) · (ε̂ − ε)

x̂₀ is the prior's guess at what is behind `noisy`; w_v says how much it may say where, w(t) how much at which noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..priors.shape import schedule

Levels = Callable[[Tensor], tuple[Tensor, Tensor]]  # times [B] to α and σ [B]


@dataclass(frozen=True)
class Denoiser:
    """A prior that has been told what is known: noisy pictures [B, ...] and times [B] to clean ones [B, ...]."""

    guess: Callable[[Tensor, Tensor], Tensor]
    levels: Levels = schedule.levels
    times: int = schedule.TIMES  # noise is told as 0 … times − 1


def by_noise(_signal: Tensor, noise: Tensor) -> Tensor:
    """σ²: DreamFusion's weighting; the gradient is α · σ · (encoded − x̂₀)."""
    return noise.square()


def by_guess(signal: Tensor, noise: Tensor) -> Tensor:
    """σ / α: with it the gradient is encoded − x̂₀, for priors that predict x₀."""
    return noise / signal


WEIGHTINGS = {"sigma": by_noise, "x0": by_guess}


@dataclass(frozen=True)
class Recipe:
    """How a prior is distilled."""

    weighting: str = "x0"  # a key of WEIGHTINGS
    inversion: int = 0  # calls of the prior to find the noise behind what is there (SDI); 0: noise is drawn (SDS)


PLAIN = Recipe()


def sds(
    encoded: Tensor,
    denoiser: Denoiser,
    times: Tensor,
    generator: torch.Generator,
    weight: Tensor | None = None,
    recipe: Recipe = PLAIN,
) -> Tensor:
    """A number whose gradient with respect to `encoded` [B, ...] is exactly w_v · w(t) · (ε̂ − ε), at times [B].

    Its value is half the sum of that gradient's squares, to look at. weight: w_v, as far as it goes for all [B, ...];
    where it is 0 the gradient is 0, whatever the prior says. The generator is of the CPU.
    """
    with torch.no_grad():
        clean = encoded.detach().float()
        if recipe.inversion:
            noise = inverted(clean, denoiser, times, recipe.inversion)
        else:
            noise = torch.randn(clean.shape, generator=generator).to(clean)
        pull = gradient(clean, noise, times, denoiser, WEIGHTINGS[recipe.weighting], weight)
    return _Pull.apply(encoded, pull.to(encoded))


def gradient(
    clean: Tensor,
    noise: Tensor,
    times: Tensor,
    denoiser: Denoiser,
    weighting: Callable[[Tensor, Tensor], Tensor],
    weight: Tensor | None = None,
) -> Tensor:
    """w_v · w(t) · (ε̂ − ε) for clean pictures and noise of their size [B, ...]."""
    signal, amount = _levels(denoiser, times, clean)
    noisy = signal * clean + amount * noise
    guessed = (noisy - signal * denoiser.guess(noisy, times)) / amount
    pull = weighting(signal, amount) * (guessed - noise)
    if weight is None:
        return pull
    return torch.where(weight == 0, torch.zeros_like(pull), weight * pull)


def inverted(clean: Tensor, denoiser: Denoiser, times: Tensor, steps: int) -> Tensor:
    """The noise that the prior itself would have made `clean` of: DDIM backwards, from none to `times`.

    Score distillation by inverted noise (SDI, Lukoianov et al. 2024), without its guidance away from the prompt. No
    chance is left in it, and what the prior holds for likeliest stays where it is, however few the steps. Measured
    with 24 calls of priors that are known (256 numbers; root mean square from the optimum, noise drawn | one step of
    inversion): a Gaussian of spread 0.3: 0.017 | 0.0004. But between two such it finds the way to one of them less
    often (0.10 | 0.17): there chance decides, so that noise is drawn unless it is asked for otherwise.
    """
    noisy = clean
    signal, amount = _levels(denoiser, torch.zeros_like(times), clean)
    for number in range(steps):
        later = (times * (number + 1)) // steps
        next_signal, next_amount = _levels(denoiser, later, clean)
        fainter = noisy * (next_signal / signal)  # as strong a signal as the prior expects at that time
        noise = (fainter - next_signal * denoiser.guess(fainter, later)) / next_amount
        noisy = fainter + (next_amount - next_signal / signal * amount) * noise
        signal, amount = next_signal, next_amount
    return (noisy - signal * clean) / amount


def _levels(denoiser: Denoiser, times: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """α and σ [B, 1, ...] at times [B]."""
    signal, amount = (part.to(like).reshape(-1, *[1] * (like.dim() - 1)) for part in denoiser.levels(times))
    return signal, amount


class _Pull(torch.autograd.Function):
    """Half the sum of a given gradient's squares; backwards, that gradient itself."""

    @staticmethod
    def forward(ctx: Any, encoded: Tensor, pull: Tensor) -> Tensor:
        ctx.save_for_backward(pull)
        return 0.5 * pull.square().sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return gradients[0] * ctx.saved_tensors[0], None
