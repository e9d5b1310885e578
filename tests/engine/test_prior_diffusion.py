"""Noise on volumes and the way back: the schedule, the steps and guidance."""

import pytest
import torch

from statue_recon.priors.shape.columns import DEPTHS
from statue_recon.priors.shape.diffusion import guided, noise_like, sample
from statue_recon.priors.shape.network import FINER, PICTURE, PLANES, Condition
from statue_recon.priors.shape.schedule import TIMES, levels, noised, spaced
from statue_recon.train.shape import colourless, distance, mirrored


def condition(count: int = 2) -> Condition:
    generator = torch.Generator().manual_seed(1)
    picture = torch.rand((count, PICTURE, FINER * 8, FINER * 8), generator=generator)
    return Condition(picture, torch.rand((count, PLANES, 8, 8), generator=generator))


def ball_volume(count: int = 2) -> torch.Tensor:
    depth, row, column = torch.meshgrid(torch.arange(64.0), torch.arange(8.0), torch.arange(8.0), indexing="ij")
    away = torch.sqrt(((depth - 30) * 0.2) ** 2 + (row - 4) ** 2 + (column - 3) ** 2) - 2.5
    return (away / 6).clamp(-1, 1).repeat(count, 1, 1, 1)


def told(network_condition: Condition) -> torch.Tensor:
    """[B, 1, 1, 1] whether a condition says anything."""
    return network_condition.picture.flatten(1).any(dim=1).float()[:, None, None, None]


def test_signal_and_noise_make_one_and_signal_fades():
    signal, amount = levels(torch.arange(TIMES))
    assert torch.allclose(signal**2 + amount**2, torch.ones(TIMES), atol=1e-6)
    assert (signal.diff() < 0).all() and signal[0] > 0.99 and signal[-1] < 1e-3


def test_noised_volumes_have_the_levels_of_their_own_times():
    clean = torch.ones(2, DEPTHS, 8, 8)
    signal, _ = levels(torch.tensor([100, 900]))
    both = noised(clean, torch.zeros_like(clean), torch.tensor([100, 900]))
    assert torch.allclose(both.mean(dim=(1, 2, 3)), signal)


def test_the_way_back_begins_with_noise_alone_and_goes_down():
    times = spaced(15)
    assert len(times) == 15 and times[0] == TIMES - 1 and (times.diff() < 0).all() and times[-1] > 0


def test_a_perfect_denoiser_is_followed_to_the_clean_volume():
    clean = ball_volume()
    heard = []
    found = sample(
        lambda noisy, times, known: clean,
        condition(),
        steps=10,
        generator=torch.Generator().manual_seed(0),
        on_step=lambda step, guess: heard.append(step),
    )
    assert torch.equal(found, clean) and heard == list(range(1, 11))


def test_steps_keep_the_noise_that_the_guess_implies():
    """With the true volume as its guess, DDIM stays on the very path that the first noise lies on."""
    clean, seen = ball_volume(), []

    def network(noisy, times, known):
        seen.append((noisy, times))
        return clean

    sample(network, condition(), 6, torch.Generator().manual_seed(4))
    noise = noise_like(network, condition(), torch.Generator().manual_seed(4))
    signal, amount = levels(seen[0][1][:1])
    begun = (noise - signal * clean) / amount  # all of it counts as noise at first
    for noisy, times in seen:
        assert torch.allclose(noisy, noised(clean, begun, times), atol=1e-4)


def test_the_same_seed_gives_the_same_volume_and_another_another():
    def network(noisy, times, known):
        return noisy.tanh() * 0.5

    drawn = [sample(network, condition(), 4, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("guidance, wanted", [(1.0, 0.3), (2.0, 0.5), (0.0, 0.1), (50.0, 1.0)])
def test_guidance_goes_from_knowing_nothing_towards_the_photo_and_beyond(guidance, wanted):
    asked = []

    def network(noisy, times, known):
        asked.append(known)
        return torch.full_like(noisy, 0.1) + 0.2 * told(known)

    noisy = torch.zeros(2, DEPTHS, 8, 8)
    found = guided(network, noisy, torch.tensor([999, 999]), condition(), guidance)
    assert torch.allclose(found, torch.full_like(found, wanted), atol=1e-5)
    assert len(asked) == (1 if guidance == 1.0 else 2)  # plain costs one question only


def test_mirroring_turns_photo_and_volume_alike_or_neither():
    known, clean = condition(), ball_volume()
    outcomes = set()
    for seed in range(20):
        seen, volume = mirrored(known, clean, torch.Generator().manual_seed(seed))
        turned = torch.equal(volume, clean.flip(-1))
        assert turned or torch.equal(volume, clean)
        assert torch.equal(seen.picture, known.picture.flip(-1) if turned else known.picture)
        assert torch.equal(seen.planes, known.planes)
        outcomes.add(turned)
    assert outcomes == {True, False}


def test_without_colours_mask_and_thickness_stay():
    seen = colourless(condition(), torch.tensor([True, False]))
    assert not seen.picture[0, :3].any() and torch.equal(seen.picture[0, 3:], condition().picture[0, 3:])
    assert torch.equal(seen.picture[1], condition().picture[1])


def test_a_rough_error_costs_more_than_a_smooth_one_of_its_size():
    clean = ball_volume(1)
    checks = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 2.0 - 1.0
    assert distance(clean, clean) == 0
    assert distance(clean + 0.1 * checks, clean) > 5 * distance(clean + 0.1, clean)
