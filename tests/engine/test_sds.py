"""Score distillation: its gradient is the formula's, it climbs priors whose optimum is known, weights are exact."""

import math

import numpy as np
import pytest
import torch

from statue_recon.priors.shape.columns import DEPTHS
from statue_recon.priors.shape.diffusion import guided
from statue_recon.priors.shape.network import FINER, PICTURE, PLANES, Architecture, Condition, ShapeNetwork
from statue_recon.priors.shape.schedule import levels
from statue_recon.refine.schedule import Schedule
from statue_recon.refine.sds import PLAIN, Denoiser, Recipe, inverted, sds

SHAPE = (1, 4, 8, 8)
TIMES = torch.tensor([300, 700])


def gaussian(mean: torch.Tensor, spread: float) -> Denoiser:
    """The exact prior that knows pictures to be `mean`, give or take `spread`."""

    def guess(noisy, times):
        signal, noise = (part.reshape(-1, 1, 1, 1) for part in levels(times))
        return (spread**2 * signal * noisy + noise**2 * mean) / (signal**2 * spread**2 + noise**2)

    return Denoiser(guess)


def drawn(seed: int, shape=SHAPE) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def gradient_of(encoded, denoiser, times, weight=None, recipe=PLAIN, seed=0) -> torch.Tensor:
    encoded = encoded.clone().requires_grad_()
    sds(encoded, denoiser, times, torch.Generator().manual_seed(seed), weight, recipe).backward()
    return encoded.grad


def reference(encoded, noise, times, guess, weighting) -> np.ndarray:
    """The formula in NumPy's double precision, one picture after the other."""
    found = []
    for clean, drawn_noise, time in zip(encoded.double().numpy(), noise.double().numpy(), times.tolist(), strict=True):
        angle = (time + 0.5) / 1000 * math.pi / 2
        ratio = math.tan(angle) / 0.25
        alpha = 1 / math.sqrt(1 + ratio**2)
        sigma = ratio * alpha
        noisy = alpha * clean + sigma * drawn_noise
        guessed = guess(torch.tensor(noisy[None]).float(), torch.tensor([time]))[0].double().numpy()
        share = {"sigma": sigma**2, "x0": sigma / alpha}[weighting]
        found.append(share * ((noisy - alpha * guessed) / sigma - drawn_noise))
    return np.stack(found)


@pytest.fixture(scope="module")
def network() -> ShapeNetwork:
    torch.manual_seed(0)
    network = ShapeNetwork(Architecture((16, 32), attention=(False, True))).eval().requires_grad_(False)
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05)
    return network


@pytest.mark.parametrize("weighting", ["sigma", "x0"])
def test_the_gradient_of_a_real_network_is_the_formula_s(network, weighting):
    shape = (2, DEPTHS, 8, 16)
    told = Condition(torch.rand(2, PICTURE, 8 * FINER, 16 * FINER), torch.rand(2, PLANES, 8, 16))

    def guess(noisy, times):
        one = Condition(told.picture[: len(noisy)], told.planes[: len(noisy)])
        with torch.no_grad():
            return guided(network, noisy, times, one, 1.0)

    told = Condition(told.picture[:1].expand(2, -1, -1, -1), told.planes[:1].expand(2, -1, -1, -1))
    encoded, seed = drawn(1, shape).clamp(-1, 1), 5
    weight = torch.rand(DEPTHS, 8, 16)
    found = gradient_of(encoded, Denoiser(guess), TIMES, weight, Recipe(weighting), seed)
    expected = weight.double().numpy() * reference(encoded, drawn(seed, shape), TIMES, guess, weighting)
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-5 * np.abs(expected).max())


def test_with_the_weighting_for_guesses_the_gradient_is_the_way_to_the_guess():
    encoded, noise = drawn(1, (2, *SHAPE[1:])), drawn(5, (2, *SHAPE[1:]))
    prior = gaussian(drawn(2), 0.3)
    signal, amount = (part.reshape(-1, 1, 1, 1) for part in levels(TIMES))
    guess = prior.guess(signal * encoded + amount * noise, TIMES)
    torch.testing.assert_close(gradient_of(encoded, prior, TIMES, seed=5), encoded - guess, atol=1e-5, rtol=1e-4)


def test_what_pictures_are_made_of_gets_the_gradient_through_them():
    prior, factor = gaussian(drawn(2), 0.3), torch.tensor(0.7, requires_grad=True)
    base = drawn(1, (2, *SHAPE[1:]))
    (3.0 * sds(factor * base, prior, TIMES, torch.Generator().manual_seed(0))).backward()
    expected = 3.0 * (gradient_of(0.7 * base, prior, TIMES) * base).sum()
    torch.testing.assert_close(factor.grad, expected)


@pytest.mark.parametrize("recipe", [PLAIN, Recipe("sigma"), Recipe(inversion=1)])
def test_where_nothing_may_move_the_gradient_is_zero_even_if_the_prior_is_out_of_its_mind(recipe):
    weight = (drawn(3)[0] > 0).float()

    def mad(noisy, times):
        return torch.where(weight > 0, torch.zeros_like(noisy), torch.nan)

    found = gradient_of(drawn(1, (2, *SHAPE[1:])), Denoiser(mad), TIMES, weight, recipe)
    assert (found[:, weight == 0] == 0).all()
    assert (found[:, weight > 0] != 0).all() and torch.isfinite(found).all()


def test_weights_scale_the_gradient():
    weight = torch.rand(SHAPE[1:])
    encoded = drawn(1, (2, *SHAPE[1:]))
    prior = gaussian(drawn(2), 0.3)
    whole = gradient_of(encoded, prior, TIMES)
    torch.testing.assert_close(gradient_of(encoded, prior, TIMES, weight), weight * whole)


def climbed(prior: Denoiser, start: torch.Tensor, recipe: Recipe, steps: int, weight=None) -> torch.Tensor:
    """Where plain gradient descent takes a picture, on the usual schedule."""
    schedule, generator = Schedule(), torch.Generator().manual_seed(0)
    here = start.clone()
    for step in range(steps):
        times = schedule.times(step / steps, 1, prior.times, generator)
        moving = here.clone().requires_grad_()
        sds(moving, prior, times, generator, weight, recipe).backward()
        here = here - 0.5 * (1 - 0.9 * step / steps) * moving.grad
    return here


@pytest.mark.parametrize(
    ("recipe", "nearer"), [(Recipe("x0"), 0.05), (Recipe("sigma"), 0.05), (Recipe("x0", inversion=1), 1e-4)]
)
def test_a_picture_reaches_the_prior_s_mean_and_what_may_not_move_stays(recipe, nearer):
    mean, start = drawn(2), drawn(1) + 2.0
    weight = torch.ones(SHAPE[1:])
    weight[:, :4] = 0.0
    end = climbed(gaussian(mean, 0.2), start, recipe, 100, weight)
    off = (end - mean)[:, :, 4:].square().mean().sqrt() / (start - mean)[:, :, 4:].square().mean().sqrt()
    assert off < nearer
    assert torch.equal(end[:, :, :4], start[:, :, :4])


def test_inverted_noise_is_what_the_prior_would_have_drawn():
    """For a Gaussian the noise behind a picture is known: as far off the mean as the picture is, in spreads."""
    mean, spread, clean = drawn(2), 0.4, drawn(2) + 0.4 * drawn(1)
    coarse, fine = (inverted(clean, gaussian(mean, spread), torch.tensor([600]), steps) for steps in (50, 200))
    signal, noise = (float(part) for part in levels(torch.tensor(600)))
    expected = (math.hypot(signal * spread, noise) - signal * spread) / noise * drawn(1)
    assert (fine - expected).abs().mean() < 0.03 * expected.abs().mean()
    assert (fine - expected).abs().mean() < 0.5 * (coarse - expected).abs().mean()
    assert inverted(mean, gaussian(mean, spread), torch.tensor([600]), 1).abs().max() < 1e-4


def test_the_same_seed_gives_the_same_bits():
    prior, encoded = gaussian(drawn(2), 0.3), drawn(1, (2, *SHAPE[1:]))
    assert torch.equal(gradient_of(encoded, prior, TIMES, seed=4), gradient_of(encoded, prior, TIMES, seed=4))
    assert not torch.equal(gradient_of(encoded, prior, TIMES, seed=4), gradient_of(encoded, prior, TIMES, seed=5))
