"""The hash grid, against NumPy's arithmetic and finite differences, and what it can learn."""

import numpy as np
import pytest
import torch
from shapes import BOX, ball, on_grid, torus

from statue_recon.camera import Camera
from statue_recon.field.grid import DenseGrid
from statue_recon.field.hash_grid import PRIMES, HashGrid
from statue_recon.field.interpolate import mix
from statue_recon.field.sdf import SDF
from statue_recon.render.volume import camera_rays, render_rays

SMALL = {"levels": 5, "coarsest": 8, "finest": 96, "entries": 13, "width": 16}


@pytest.fixture(scope="module")
def learnt() -> HashGrid:
    return HashGrid.from_sdf(on_grid(torus, 64), steps=60, **SMALL)


def test_a_new_field_is_the_shape_it_starts_from():
    base = on_grid(ball(0.6), 17)
    points = torch.rand(500, 3, generator=torch.Generator().manual_seed(0)) * 2.0 - 1.0
    torch.testing.assert_close(HashGrid(base).distance(points), DenseGrid.from_sdf(base).distance(points))


def test_features_are_those_that_the_formula_names():
    """Every corner of every level worked out one by one, with Python's integers, in dense and in hashed levels."""
    grid = HashGrid(on_grid(ball(0.6), 9), **SMALL)
    table = grid.table.detach().numpy()
    points = torch.rand(20, 3, generator=torch.Generator().manual_seed(0)) * 2.0 - 1.0
    expected, start, hashed = [], 0, 0
    for cells in grid.cells:
        length = min((cells + 1) ** 3, 2 ** SMALL["entries"])
        level = table[start : start + length]
        start += length
        hashed += length < (cells + 1) ** 3
        rows = []
        for point in points.numpy():
            place = (point + 1.0) / 2.0 * cells
            low = np.floor(place).astype(int)
            total = np.zeros(2)
            for corner in np.ndindex(2, 2, 2):
                x, y, z = (int(i) for i in low + corner)
                named = (x * PRIMES[0]) ^ (y * PRIMES[1]) ^ (z * PRIMES[2])
                index = (x * (cells + 1) + y) * (cells + 1) + z if length == (cells + 1) ** 3 else named % length
                total += level[index] * np.prod(np.where(corner, place - low, 1 - (place - low)))
            rows.append(total)
        expected.append(rows)
    assert 0 < hashed < len(grid.cells)
    assert start == len(table)
    np.testing.assert_allclose(grid.encode(points).detach().T, np.concatenate(expected, axis=1), atol=2e-6)


def test_gradients_with_respect_to_the_table_match_finite_differences():
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(9, 2, dtype=torch.float64, generator=generator).requires_grad_()
    corners = torch.randint(9, (8, 12), generator=generator, dtype=torch.int32)  # several share an entry
    inside = torch.rand(3, 12, dtype=torch.float64, generator=generator)
    assert torch.autograd.gradcheck(lambda table: mix(table, corners, inside), table)


def test_it_learns_a_ring_it_did_not_start_as(learnt):
    truth = on_grid(torus, 64)
    values = learnt.to_sdf(64).values
    near = np.abs(truth.values) < 2 * truth.spacing
    apart = np.abs(values - truth.values)[near] / truth.spacing
    assert apart.mean() < 0.05
    assert apart.max() < 0.3
    inside, wanted = values < 0, truth.values < 0
    assert (inside & wanted).sum() / (inside | wanted).sum() > 0.98


def test_it_keeps_more_detail_than_the_coarse_shape_it_starts_from():
    """Grooves two cells of the base wide, which the base cannot show."""

    def grooved(x, y, z):
        return np.sqrt(x**2 + y**2 + z**2) - 0.6 - 0.015 * np.sin(50 * z)

    truth = on_grid(grooved, 80)
    grid = HashGrid.from_sdf(truth, steps=40, **SMALL)
    near = np.abs(truth.values) < truth.spacing
    points = torch.tensor(np.argwhere(near) * truth.spacing + truth.lower, dtype=torch.float32)
    wanted = truth.values[near]
    with torch.no_grad():
        error = np.abs(grid.distance(points).numpy() - wanted).mean()
        for values in grid.shape.last.parameters():
            values.zero_()
        without = np.abs(grid.distance(points).numpy() - wanted).mean()
    assert error < 0.4 * without


def test_slopes_are_those_of_the_shape(learnt):
    turn = torch.linspace(0.0, 6.0, 200)
    points = torch.stack([0.82 * turn.cos(), 0.82 * turn.sin(), 0.0 * turn], dim=1)
    ways = torch.stack([turn.cos(), turn.sin(), 0.0 * turn], dim=1)
    slopes = torch.nn.functional.normalize(learnt.gradient(points), dim=1)
    assert (slopes * ways).sum(dim=1).mean() > 0.98


def test_the_same_seed_gives_the_same_bits():
    first, again, other = (HashGrid.from_sdf(on_grid(torus, 24), steps=5, seed=seed, **SMALL) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.table, other.table)


def test_a_box_may_have_unequal_sides():
    field = on_grid(torus, 33)
    lifted = field.lower + np.array([0, 0, 10 * field.spacing])
    tall = SDF(field.values[:, :, 10:23].copy(), lifted, field.spacing)
    grid = HashGrid(tall, **SMALL)
    back = grid.to_sdf(33)
    assert back.values.shape == tall.values.shape
    np.testing.assert_allclose(back.values, tall.values, atol=1e-5)
    torch.testing.assert_close(grid.box, BOX * torch.tensor([1.0, 1.0, 0.375]))


def test_a_coarse_guide_gives_the_same_picture(learnt):
    origins, directions, _ = camera_rays(Camera.orbit(20, 40, 4.0, 40, 40, 60))
    guide = DenseGrid.from_sdf(learnt.to_sdf(48))
    with torch.no_grad():
        slow = render_rays(learnt, origins, directions, beta=0.01)
        quick = render_rays(learnt, origins, directions, beta=0.01, guide=guide)
    assert (slow.opacity - quick.opacity).abs().max() < 0.03
    assert (slow.depth - quick.depth)[slow.opacity > 0.9].abs().mean() < 0.002


def test_colours_can_be_learnt_from_pictures(learnt):
    origins, directions, _ = camera_rays(Camera.orbit(20, 40, 4.0, 24, 24, 40))
    guide = DenseGrid.from_sdf(learnt.to_sdf(32))
    for values in learnt.shape.parameters():
        values.requires_grad_(False)
    descent = torch.optim.Adam([*learnt.paint.parameters()], lr=0.02)

    def picture():
        return render_rays(learnt, origins, directions, beta=0.01, guide=guide, normals=False, colour=learnt.colour)

    first = picture()
    wanted = first.opacity.detach()[:, None] * torch.tensor([0.8, 0.3, 0.1])
    assert first.colour.min() >= 0 and first.colour.max() <= 1
    for _ in range(40):
        loss = (picture().colour - wanted).abs().mean()
        descent.zero_grad()
        loss.backward()
        descent.step()
    assert loss.item() < 0.1 * (first.colour - wanted).abs().mean().item()


def test_what_would_overflow_is_refused():
    with pytest.raises(ValueError, match="at most"):
        HashGrid(on_grid(ball(0.5), 9), entries=20)
