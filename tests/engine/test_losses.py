"""The losses, against numbers worked out by hand and against finite differences."""

import math

import numpy as np
import pytest
import torch

from statue_recon.field import losses


def values(*shape, seed=0, low=0.05, high=0.95):
    drawn = torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return (low + (high - low) * drawn).requires_grad_()


def unit(*shape, seed=0):
    drawn = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(drawn, dim=1)


def test_slopes_of_one_cost_nothing_and_others_their_squared_excess():
    assert losses.eikonal(unit(10, 3)).item() == pytest.approx(0.0, abs=1e-10)
    assert losses.eikonal(torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.5, 0.0]])).item() == pytest.approx((4 + 0.25) / 2)
    flat = torch.zeros(2, 3, requires_grad=True)
    losses.eikonal(flat).backward()
    assert torch.isfinite(flat.grad).all()


def test_smoothness_is_the_squared_distance_of_neighbouring_normals_whatever_their_length():
    here, there = torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 0.3]])
    assert losses.smoothness(here, there).item() == pytest.approx(2.0)
    assert losses.smoothness(here, 5.0 * here).item() == pytest.approx(0.0)
    assert losses.smoothness(here, -here).item() == pytest.approx(4.0)


def test_neighbours_lie_within_reach_and_are_repeatable():
    points = torch.zeros(1000, 3)
    moved, again = (losses.beside(points, 0.1, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(moved, again)
    assert 0.09 < moved.abs().max() <= 0.1
    assert moved.mean(dim=0).abs().max() < 0.01


def test_the_silhouette_loss_is_the_cross_entropy_and_stays_finite():
    opacity, alpha = torch.tensor([0.8, 0.3]), torch.tensor([1.0, 0.0])
    assert losses.silhouette(opacity, alpha).item() == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2)
    assert losses.silhouette(opacity, alpha, torch.tensor([1.0, 0.0])).item() == pytest.approx(-math.log(0.8))
    worst = losses.silhouette(torch.tensor([0.0, 1.0]), alpha)
    assert 5 < worst.item() < 20


def test_the_overlap_loss_of_hard_masks_is_one_minus_their_iou():
    first, second = torch.zeros(10), torch.zeros(10)
    first[:6], second[4:8] = 1.0, 1.0
    assert losses.overlap(first, second).item() == pytest.approx(1 - 2 / 8)
    assert losses.overlap(first, first).item() == pytest.approx(0.0)


def test_the_normal_loss_adds_the_difference_and_the_angle():
    wanted = torch.tensor([[0.0, 0.0, 1.0]])
    assert losses.normals(0.3 * wanted, wanted).item() == pytest.approx(0.0, abs=1e-6)
    assert losses.normals(torch.tensor([[0.9, 0.0, 0.0]]), wanted).item() == pytest.approx(2.0 + 1.0)
    both = torch.cat([wanted, -wanted])
    assert losses.normals(both, wanted.expand(2, 3), torch.tensor([1.0, 0.0])).item() == pytest.approx(0.0, abs=1e-6)


def test_depth_does_not_care_about_scale_and_shift_but_about_shape():
    depth = torch.rand(200, generator=torch.Generator().manual_seed(0))
    assert losses.depth(depth, 7.0 * depth - 3.0).item() == pytest.approx(0.0, abs=1e-6)
    assert losses.depth(torch.full_like(depth, 2.0), depth).item() == pytest.approx(1.0, abs=1e-4)
    other = torch.rand(200, generator=torch.Generator().manual_seed(1))
    known = np.corrcoef(depth.numpy(), other.numpy())[0, 1]
    assert losses.depth(depth, other).item() == pytest.approx(1 - known**2, abs=1e-4)
    assert losses.depth(depth, torch.ones(200)).item() == 0.0


def test_scale_and_shift_are_those_of_a_weighted_line_fit():
    rng = np.random.default_rng(0)
    source, target, weight = rng.random(50), rng.random(50), rng.random(50)
    expected = np.polyfit(source, target, 1, w=np.sqrt(weight))
    found = losses.scale_and_shift(*(torch.tensor(each) for each in (source, target, weight)))
    np.testing.assert_allclose([float(each) for each in found], expected, rtol=1e-6)


def test_pixels_without_weight_do_not_count_in_the_depth():
    depth = torch.rand(100, generator=torch.Generator().manual_seed(0))
    wrong = 2.0 * depth
    wrong[:30] = 100.0
    weight = torch.ones(100)
    weight[:30] = 0.0
    assert losses.depth(depth, wrong, weight).item() == pytest.approx(0.0, abs=1e-6)
    assert losses.depth(depth, wrong).item() > 0.5


def test_the_order_of_depths_costs_what_it_is_wrong_by():
    wanted = torch.tensor([1.0, 2.0, 2.0])
    pairs = torch.tensor([[0, 1], [1, 2]])
    cost = [losses.depth_order(torch.tensor([d, 1.0, 9.0]), wanted, pairs, 0.1).item() for d in (0.0, 1.0, 2.0)]
    assert cost[0] == pytest.approx(0.0, abs=1e-3)
    assert cost[1] == pytest.approx(math.log(2))
    assert cost[2] == pytest.approx(10.0, abs=1e-3)
    assert losses.depth_order(wanted, torch.ones(3), pairs, 0.1).item() == 0.0


@pytest.mark.parametrize(
    ("loss", "rendered"),
    [
        (lambda x: losses.eikonal(x), (8, 3)),
        (lambda x: losses.smoothness(x, unit(8, 3, seed=2)), (8, 3)),
        (lambda x: losses.silhouette(x, values(8, seed=1).detach(), values(8, seed=2).detach()), (8,)),
        (lambda x: losses.overlap(x, values(8, seed=1).detach()), (8,)),
        (lambda x: losses.normals(x, unit(8, 3, seed=2), values(8, seed=3).detach()), (8, 3)),
        (lambda x: losses.depth(x, values(8, seed=1).detach(), values(8, seed=2).detach()), (8,)),
        (lambda x: losses.depth_order(x, values(8, seed=1).detach(), torch.tensor([[0, 1], [5, 2]]), 0.2), (8,)),
    ],
    ids=["eikonal", "smoothness", "silhouette", "overlap", "normals", "depth", "depth order"],
)
def test_gradients_match_finite_differences(loss, rendered):
    assert torch.autograd.gradcheck(loss, values(*rendered))
