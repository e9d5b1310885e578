"""The learnable grid, against SciPy's interpolation and finite differences."""

import numpy as np
import torch
from scipy import ndimage
from shapes import ball, on_grid, torus

from statue_recon.field.grid import DenseGrid
from statue_recon.field.interpolate import trilinear
from statue_recon.field.sdf import SDF


def test_a_field_comes_back_as_it_was():
    field = SDF(np.random.default_rng(0).normal(size=(4, 7, 5)).astype(np.float32), np.array([-1.0, 0.5, 2.0]), 0.25)
    back = DenseGrid.from_sdf(field).to_sdf()
    assert np.array_equal(back.values, field.values)
    assert np.array_equal(back.lower, field.lower) and back.spacing == field.spacing
    np.testing.assert_allclose(DenseGrid.from_sdf(field).box.numpy(), [field.lower, field.upper])


def test_values_between_nodes_are_those_of_scipy_also_outside():
    rng = np.random.default_rng(1)
    field = SDF(rng.normal(size=(5, 8, 6)).astype(np.float32), np.array([-1.0, -2.0, 0.0]), 0.5)
    points = rng.uniform(-0.2, 1.2, (500, 3)) * (field.upper - field.lower) + field.lower
    points[:3] = field.lower, field.upper, field.lower + np.array([1.0, 0.5, 0.0])  # on nodes
    expected = ndimage.map_coordinates(
        field.values, ((points - field.lower) / field.spacing).T, order=1, mode="nearest"
    )
    got = DenseGrid.from_sdf(field).distance(torch.tensor(points, dtype=torch.float32))
    np.testing.assert_allclose(got.detach().numpy(), expected, atol=1e-5)


def test_gradients_with_respect_to_the_values_match_finite_differences():
    values = torch.randn(3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    points = torch.rand(3, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 4.0 - 0.2
    assert torch.autograd.gradcheck(lambda values: trilinear(values, points), values)


def test_slopes_point_away_from_the_surface_without_steps_between_cells():
    grid = DenseGrid.from_sdf(on_grid(ball(0.6), 64))
    ways = torch.nn.functional.normalize(torch.randn(500, 3, generator=torch.Generator().manual_seed(0)), dim=1)
    slopes = grid.gradient(0.6 * ways)
    assert (slopes - ways).norm(dim=1).max() < 0.01
    edge = torch.tensor([[0.5 * grid.spacing, 0.3, 0.4]])  # a face between two cells
    apart = grid.gradient(edge - 1e-5) - grid.gradient(edge + 1e-5)
    assert apart.abs().max() < 1e-3


def test_slopes_can_be_learnt():
    field = on_grid(torus, 24)
    grid = DenseGrid(torch.tensor(2.0 * field.values), torch.tensor(field.lower), field.spacing)
    points = torch.rand(2000, 3, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.8
    descent = torch.optim.Adam(grid.parameters(), lr=0.02)
    for _ in range(60):
        loss = (grid.gradient(points).norm(dim=1) - 1.0).square().mean()
        descent.zero_grad()
        loss.backward()
        descent.step()
    assert loss.item() < 0.1  # it was 1
