"""The parts of the adaptation's loss, against sums written out and cases whose answer is known."""

import math

import torch

from statue_recon.train.adapt_bank import Bank
from statue_recon.train.adapt_losses import (
    SEEN,
    SHARPNESS,
    WIDTHS,
    mmd,
    mutual_information,
    overlap,
    pooled,
    pseudo_labels,
    unseen,
)

D, H, W = 8, 3, 2


def normal(count: int, seed: int, middle: float = 0.0) -> torch.Tensor:
    return torch.randn((count, 5), generator=torch.Generator().manual_seed(seed)) + middle


def column(first: int) -> torch.Tensor:
    """[1, D, H, W]: air up to node `first`, from which on it is solid; one all along a row and a column."""
    return torch.where(torch.arange(D) >= first, -0.5, 0.5)[None, :, None, None].expand(1, D, H, W).clone()


def test_samples_of_one_distribution_lie_together_and_those_of_two_apart():
    same = torch.stack([mmd(normal(20, seed), normal(20, seed + 1000)) for seed in range(50)])
    assert abs(float(same.mean())) < 0.01  # no bias: it is not above nothing on the whole
    assert float(mmd(normal(20, 1), normal(20, 1))) < 0.0
    assert 1.45 < float(mmd(normal(20, 1, 0.0), normal(20, 2, 100.0))) < 1.6
    assert float(mmd(normal(200, 1), normal(200, 2, 1.0))) > float(mmd(normal(200, 1), normal(200, 2, 0.5))) > 0.02


def test_the_discrepancy_is_the_one_written_out_pair_by_pair():
    source, target = normal(4, 1), normal(3, 2, 0.7)
    both = [*source, *target]
    pairs = [float((a - b).square().sum()) for i, a in enumerate(both) for j, b in enumerate(both) if i != j]
    typical = sum(pairs) / len(pairs)

    def kernel(a, b):
        return sum(math.exp(-float((a - b).square().sum()) / (width * typical)) for width in WIDTHS) / len(WIDTHS)

    among = [
        sum(kernel(a, b) for i, a in enumerate(some) for j, b in enumerate(some) if i != j)
        / len(some)
        / (len(some) - 1)
        for some in (source, target)
    ]
    across = sum(kernel(a, b) for a in source for b in target) / 12
    assert math.isclose(float(mmd(source, target)), sum(among) - 2 * across, abs_tol=1e-5)


def test_going_down_the_discrepancy_brings_the_sets_together():
    source, target = normal(30, 1), normal(30, 2, 3.0).requires_grad_()
    before = float(mmd(source, target.detach()))
    optimiser = torch.optim.Adam([target], lr=0.2)
    for _ in range(40):
        optimiser.zero_grad()
        mmd(source, target).backward()
        optimiser.step()
    found = target.detach()
    assert float(mmd(source, found)) < 0.1 * before
    assert float((found.mean(dim=0) - source.mean(dim=0)).abs().max()) < 1.2  # of 3
    assert float(found.std()) > 0.5 * float(source.std())  # not squeezed into one place


def test_features_that_are_all_alike_have_a_gradient_that_is_finite():
    features = torch.ones((4, 5), requires_grad=True)
    mmd(features, torch.ones((4, 5))).backward()
    assert torch.isfinite(features.grad).all()


def test_only_what_is_statue_counts_in_a_pooled_feature():
    feature = torch.zeros((1, 1, 2, 2))
    feature[..., 0], feature[..., 1] = 3.0, 100.0
    mask = torch.zeros((1, 4, 4))
    mask[..., :2] = 1.0
    assert abs(float(pooled(feature, mask)) - 3.0) < 0.05


def test_most_is_learnt_from_guesses_that_are_sure_and_differ():
    everywhere = torch.ones((2, H, W))
    inside, outside = torch.full((1, D, H, W), -1.0), torch.full((1, D, H, W), 1.0)
    differing = mutual_information(torch.cat([inside, outside]), everywhere)
    assert math.isclose(float(differing), math.log(2), abs_tol=0.01)
    assert abs(float(mutual_information(torch.cat([inside, inside]), everywhere))) < 1e-5
    assert abs(float(mutual_information(torch.zeros((2, D, H, W)), everywhere))) < 1e-5
    unsure = mutual_information(torch.cat([inside, outside]) * 0.1, everywhere)
    assert 0.0 < float(unsure) < 0.5 * float(differing)


def test_the_information_is_the_one_written_out_node_by_node():
    generator = torch.Generator().manual_seed(0)
    volumes = torch.rand((3, D, H, W), generator=generator) * 2 - 1
    mask = torch.rand((3, H, W), generator=generator)

    def doubt(p):
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    gained = weighed = 0.0
    for d in range(D):
        for y in range(H):
            for x in range(W):
                p = [1 / (1 + math.exp(SHARPNESS * float(volume[d, y, x]))) for volume in volumes]
                m = [float(one[y, x]) for one in mask]
                mean = sum(a * b for a, b in zip(p, m, strict=True)) / sum(m)
                gained += sum(m) * doubt(mean) - sum(b * doubt(a) for a, b in zip(p, m, strict=True))
                weighed += sum(m)
    assert math.isclose(float(mutual_information(volumes, mask)), gained / weighed, rel_tol=1e-4)


def test_nothing_is_learnt_beside_the_statues():
    volumes = torch.cat([torch.full((1, D, H, W), 1.0), torch.full((1, D, H, W), -1.0)])
    mask = torch.zeros((2, H, W))
    assert float(mutual_information(volumes, mask)) == 0.0
    mask[:, 0] = 1.0
    assert math.isclose(float(mutual_information(volumes, mask)), math.log(2), abs_tol=0.01)


def test_labels_keep_what_is_seen_and_ask_the_neighbours_behind_it():
    guess, mask = column(2), torch.ones((1, H, W))
    theirs = torch.stack([column(0)[0], column(5)[0]])[None] * 0.4
    labels = pseudo_labels(guess, mask, torch.zeros((1, 2)), torch.ones((1, 2, H, W)), theirs, own=0.5)
    assert torch.allclose(labels[:, :3], guess[:, :3])  # up to the first surface, at node 2
    behind = torch.arange(1, D - 2) * 1.5
    share = 0.5 * (1 - torch.exp(-behind / SEEN))
    expected = guess[0, 3:, 0, 0] * (1 - share) + share * theirs[0, :, 3:, 0, 0].mean(dim=0)
    assert torch.allclose(labels[0, 3:, 0, 0], expected, atol=1e-5)
    assert torch.equal(
        pseudo_labels(guess, mask, torch.zeros((1, 2)), torch.ones((1, 2, H, W)), theirs, own=1.0), guess
    )


def test_neighbours_count_where_the_silhouettes_agree_and_by_their_nearness():
    guess = column(D)  # nothing there: no surface that could be kept
    mask = torch.ones((1, H, W))
    masks = torch.ones((1, 2, H, W))
    masks[:, :, 0, 0] = 0.0
    theirs = torch.stack([torch.full((D, H, W), -1.0), torch.full((D, H, W), 1.0)])[None]
    alike = pseudo_labels(guess, mask, torch.tensor([[1.0, 1.0]]), masks, theirs, own=0.0)
    assert torch.allclose(alike[..., 0, 0], guess[..., 0, 0])  # none of them covers this column
    assert torch.allclose(alike[..., 1, 1], torch.zeros(D), atol=1e-5)  # as near, so the mean of the two
    first_nearer = pseudo_labels(guess, mask, torch.tensor([[0.5, 2.0]]), masks, theirs, own=0.0)
    assert (first_nearer[..., 1, 1] < -0.1).all()
    masks[:, 1, 1:, 0] = 0.0
    first_overlaps_more = pseudo_labels(guess, mask, torch.tensor([[1.0, 1.0]]), masks, theirs, own=0.0)
    assert (first_overlaps_more[..., 1, 1] < -0.1).all()


def test_labels_are_the_same_from_bytes_and_teach_nothing_to_the_guess_they_are_made_of():
    guess = column(3).requires_grad_()
    theirs = (torch.rand((1, 2, D, H, W), generator=torch.Generator().manual_seed(0)) * 254 - 127).round()
    others = torch.zeros((1, 2)), torch.ones((1, 2, H, W))
    labels = [pseudo_labels(guess, torch.ones((1, H, W)), *others, kept, 0.3) for kept in (theirs.char(), theirs / 127)]
    assert torch.allclose(*labels)
    assert not labels[0].requires_grad


def test_a_photo_tells_all_of_the_front_and_little_of_the_back():
    shown = unseen(column(2), torch.ones((1, H, W)))[0, :, 0, 0]
    assert (shown[:3] == 0).all() and (shown[3:].diff() > 0).all()
    assert (unseen(column(2), torch.zeros((1, H, W))) == 1).all()  # beside the statue there is no front to keep


def test_silhouettes_overlap_by_their_common_share():
    mask = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    others = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]]]])
    assert torch.allclose(overlap(mask, others), torch.tensor([[1.0, 1 / 3, 0.0]]))


def test_the_bank_finds_the_nearest_of_one_shape_and_forgets_the_oldest():
    bank = Bank(kept=3)
    features = torch.eye(4) * torch.tensor([1.0, 2.0, 3.0, 4.0])
    volumes = torch.linspace(-1, 1, 4)[:, None, None, None].expand(4, D, H, W)
    bank.add(features, torch.ones((4, H, W)), volumes)
    found = bank.nearest(features[3:], (H, W), 2)
    assert found.squared[0, 0] == 0.0 and found.volumes.dtype == torch.int8
    assert (found.volumes[0, 0] == 127).all()
    assert bank.nearest(features, (H, W), 3).volumes.min() > -127  # the first one is gone
    assert bank.nearest(features, (H, W), 4) is None and bank.nearest(features, (W, H), 1) is None
