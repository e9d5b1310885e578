"""The optimiser: steps whose singular values are alike, Adam for what is no matrix, and going on from its state."""

import copy

import pytest
import torch
from torch import nn

from statue_recon.train.muon import AS_ADAM, Muon, orthogonal


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 5))


def learn(net: nn.Module, optimiser: torch.optim.Optimizer, steps: int) -> float:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(64, 12, generator=generator)
    y = torch.tanh(x[:, :5] * x[:, 5:10])
    for _ in range(steps):
        optimiser.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        optimiser.step()
    return loss.item()


@pytest.mark.parametrize("shape", [(16, 40), (40, 16)])
def test_all_directions_of_a_step_count_alike(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2)) * torch.logspace(0, -1, shape[1])
    values = torch.linalg.svdvals(orthogonal(matrix))
    before = torch.linalg.svdvals(matrix)
    assert before.max() / before.min() > 10
    assert values.min() > 0.4 and values.max() < 1.3


def test_a_step_is_as_long_as_one_of_adam():
    net = network()
    before = net[0].weight.detach().clone()
    learn(net, Muon(net, 1e-2, 0.0, halves=False), 1)
    step = (net[0].weight - before).square().mean().sqrt()
    assert step.item() == pytest.approx(AS_ADAM * 1e-2 * (24 * 12 / 24 / 12) ** 0.5, rel=0.4)


def test_what_is_no_matrix_goes_as_adam_has_it():
    ours, theirs = network(), network()
    learn(ours, Muon(ours, 3e-3, 0.0, halves=False), 1)
    adam = torch.optim.Adam(theirs.parameters(), lr=3e-3, betas=(0.9, 0.99))
    learn(theirs, adam, 1)
    assert torch.allclose(ours[0].bias, theirs[0].bias, atol=1e-7)
    assert not torch.allclose(ours[0].weight, theirs[0].weight, atol=1e-4)


@pytest.mark.parametrize("halves", [False, True])
def test_it_learns(halves):
    net = network()
    optimiser = Muon(net, 1e-2, 0.01, halves)
    assert learn(net, optimiser, 200) < 0.5 * learn(network(), optimiser, 1)


def test_it_goes_on_from_what_was_kept():
    whole, first = network(), network()
    learn(whole, Muon(whole, 1e-2, 0.01, halves=False), 6)
    optimiser = Muon(first, 1e-2, 0.01, halves=False)
    learn(first, optimiser, 3)
    kept = copy.deepcopy(optimiser.state_dict())
    again = Muon(first, 1e-2, 0.01, halves=False)
    again.load_state_dict(kept)
    learn(first, again, 3)
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), first.parameters(), strict=True))
