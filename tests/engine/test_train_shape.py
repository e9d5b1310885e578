"""What the coarse prior learns from: where statues begin and end on each ray, and how far guesses lie from it."""

import pytest
import torch

from statue_recon.priors.shape.columns import BEFORE, DEPTH_STEP, DEPTHS, REACH
from statue_recon.priors.shape.network import Architecture, Condition, Envelope, ShapeNetwork, between
from statue_recon.priors.shape.prior import most_likely
from statue_recon.priors.shape.schedule import TIMES
from statue_recon.train.shape import LEANINGS, beside, surfaces

H, W = 16, 24


def slanted(lean: float = 0.5) -> Envelope:
    """A plate eight pitches thick that leans, in front of nothing on its left quarter."""
    across = torch.arange(W).float()[None, None].expand(1, H, W)
    half = torch.where(across < W / 4, -1.0, 4.0)
    return Envelope(lean * (across - W / 2), half)


def volume_of(envelope: Envelope) -> torch.Tensor:
    """The same as distances along the rays, without regard to how steep it is."""
    nodes = ((torch.arange(DEPTHS) - BEFORE) * DEPTH_STEP)[None, :, None, None]
    along = (nodes - envelope.centre[:, None]).abs() - envelope.half[:, None]
    return torch.where(envelope.half[:, None] > 0, along / REACH, torch.ones(())).clamp(-1, 1)


def test_surfaces_lie_where_distances_pass_zero():
    envelope = slanted()
    found = surfaces(volume_of(envelope))
    assert torch.equal(found.there, envelope.half > 0)
    there = found.there[0]
    assert torch.allclose(found.depths[0, 0][there], (envelope.centre - envelope.half)[0][there], atol=1e-3)
    assert torch.allclose(found.depths[0, 1][there], (envelope.centre + envelope.half)[0][there], atol=1e-3)


def test_of_several_surfaces_the_first_and_the_last_count():
    clean = torch.ones((1, DEPTHS, 2, 2))
    clean[0, [20, 40]] = -1.0
    depths = surfaces(clean).depths[0]
    assert depths[0].unique().tolist() == [(19.5 - BEFORE) * DEPTH_STEP]
    assert depths[1].unique().tolist() == [(40.5 - BEFORE) * DEPTH_STEP]


def test_the_truth_is_not_off():
    envelope = slanted()
    assert float(beside(envelope, surfaces(volume_of(envelope)))) < 1e-3


def test_what_is_moved_is_off_by_as_much():
    envelope = slanted()
    moved = Envelope(envelope.centre + 3.0, envelope.half)
    assert float(beside(moved, surfaces(volume_of(envelope)))) == pytest.approx(3.0 / REACH, abs=1e-3)


def test_what_leans_wrongly_costs_more_than_what_lies_wrongly():
    true = surfaces(volume_of(slanted(0.5)))
    wrong = slanted(1.5)
    off = (wrong.centre - slanted(0.5).centre)[0][true.there[0]].abs().mean()
    expected = float(off) / REACH + LEANINGS / 2 * 1.0
    assert float(beside(wrong, true)) == pytest.approx(expected, abs=1e-3)


def test_a_cliff_is_no_surface_that_leans():
    envelope = slanted(0.0)
    envelope.centre[..., W // 2 :] += 12.0
    flat = slanted(0.0)
    flat.centre[..., W // 2 :] += 6.0
    off = 6.0 * (flat.half[..., W // 2 :] > 0).sum() / (flat.half > 0).sum()
    assert float(beside(flat, surfaces(volume_of(envelope)))) == pytest.approx(float(off) / REACH, abs=1e-3)


def asked() -> tuple[ShapeNetwork, Condition]:
    """A tiny network that says something, and what it is told of two photos."""
    torch.manual_seed(0)
    network = ShapeNetwork(Architecture((16, 32), attention=(False, True)))
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05)
    return network, Condition(torch.rand((2, 5, 2 * H, 2 * W)), torch.rand((2, 5, H, W)))


def test_depths_alone_are_those_of_the_whole_guess():
    network, condition = asked()
    with torch.no_grad():
        nothing = torch.zeros((2, DEPTHS, H, W))
        guess, whole = network.with_envelope(nothing, torch.full((2,), TIMES - 1), condition)
        alone = network.depths(condition)
    assert torch.allclose(alone.centre, whole.centre, atol=1e-5) and torch.allclose(alone.half, whole.half, atol=1e-5)
    assert not torch.allclose(guess, between(alone))


def test_the_likeliest_body_of_a_mirrored_photo_is_mirrored():
    network, condition = asked()
    with torch.no_grad():
        body, other = most_likely(network, condition), most_likely(network, condition.mirrored())
        once = between(network.depths(condition))
    assert torch.allclose(body, other.flip(-1), atol=1e-5) and not torch.allclose(once, body, atol=1e-3)
