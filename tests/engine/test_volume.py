"""Volume rendering, against arithmetic, against rays cast at a mesh, and against finite differences."""

import numpy as np
import pytest
import torch
from shapes import Ball, Plane, ball, on_grid, torus

from statue_recon.camera import Camera
from statue_recon.field import losses
from statue_recon.field.grid import DenseGrid
from statue_recon.mesh.extract import extract
from statue_recon.render.rays import Rays
from statue_recon.render.volume import camera_rays, find_surface, light_left, render_along, render_rays

BETA = 0.01


def camera(azimuth=30.0, elevation=20.0, side=64) -> Camera:
    return Camera.orbit(azimuth, elevation, 4.0, side, side, 1.7 * side)


def passing(origins, directions):
    """How near each ray comes to the origin, and how far along it."""
    along = -(origins * directions).sum(dim=1)
    return torch.linalg.vector_norm(origins + along[:, None] * directions, dim=1), along


@pytest.fixture(scope="module")
def rays():
    return camera_rays(camera())


def test_rays_go_through_the_pixels_of_the_camera_and_know_their_depth(rays):
    origins, directions, cosines = rays
    view = camera()
    points = (origins + 3.0 * directions).numpy()
    pixels, depth = view.project(points)
    np.testing.assert_allclose(pixels, view.pixel_centres(), atol=1e-3)
    np.testing.assert_allclose(depth, 3.0 * cosines.numpy(), rtol=1e-5)


def test_a_ball_is_met_where_arithmetic_says(rays):
    origins, directions, _ = rays
    seen = render_rays(Ball(), origins, directions, beta=BETA)
    miss, along = passing(origins, directions)
    inner = miss < 0.5
    depth = along - (0.36 - miss**2).clamp(min=0).sqrt()
    assert (seen.depth - depth)[inner].abs().max() < 0.2 * BETA
    normals = torch.nn.functional.normalize(origins + depth[:, None] * directions, dim=1)
    assert (seen.normal - normals)[inner].norm(dim=1).max() < 0.02
    assert seen.opacity[inner].min() > 0.995


def test_a_plane_has_its_normal_and_its_depth_from_any_angle():
    directions = torch.nn.functional.normalize(
        torch.tensor([[0.0, 0.0, -1.0], [0.6, 0.1, -1.0], [-0.3, 0.5, -1.0]]), dim=1
    )
    origins = torch.tensor([0.0, 0.0, 0.8]) - 0.1 * directions
    seen = render_rays(Plane(), origins, directions, beta=0.005)
    depth = -Plane().distance(origins) / (directions @ Plane.normal)
    torch.testing.assert_close(seen.depth, depth, atol=1e-3, rtol=0)
    torch.testing.assert_close(seen.normal / seen.opacity[:, None], Plane.normal.expand(3, 3), atol=1e-4, rtol=0)


def test_a_ray_that_passes_by_is_covered_as_its_nearest_distance_says(rays):
    """So half at the very contour: what a silhouette needs."""
    origins, directions, _ = rays
    seen = render_rays(Ball(), origins, directions, beta=BETA)
    miss, _ = passing(origins, directions)
    outside = miss > 0.6
    expected = torch.sigmoid((0.6 - miss) / BETA)
    assert (seen.opacity - expected)[outside].abs().max() < 2e-3
    assert ((miss - 0.6).abs() < BETA).sum() > 20  # rays that are neither


def test_weights_are_shares_of_the_light_and_add_up_to_the_opacity(rays):
    grid = DenseGrid.from_sdf(on_grid(torus))
    seen = render_rays(grid, *rays[:2], beta=BETA)
    assert seen.weights.min() >= 0
    torch.testing.assert_close(seen.weights.sum(dim=1), seen.opacity[seen.met], atol=1e-5, rtol=0)
    assert seen.opacity.max() <= 1.0
    assert (seen.normal.norm(dim=1) <= seen.opacity + 1e-4).all()
    assert (seen.along[:, 1:] >= seen.along[:, :-1]).all()


def test_depth_agrees_with_rays_cast_at_the_same_surface(rays):
    field = on_grid(torus, 96)
    origins, directions, _ = rays
    seen = render_rays(DenseGrid.from_sdf(field), origins, directions, beta=0.25 * field.spacing)
    mesh = extract(field)
    hits = Rays(mesh).hits(origins[0].numpy(), directions.numpy())
    solid = (hits.faces >= 0) & (seen.opacity.detach().numpy() > 0.99)
    apart = np.abs(hits.distances[solid] - seen.depth.detach().numpy()[solid])
    assert solid.sum() > 0.9 * (hits.faces >= 0).sum()
    assert np.median(apart) < 0.1 * field.spacing
    assert np.quantile(apart, 0.95) < 0.5 * field.spacing  # but for rays that touch two surfaces


def test_what_stands_behind_adds_nothing():
    near, far = Ball(0.3, (0.0, -0.5, 0.0)), Ball(0.3, (0.0, 0.5, 0.0))

    class Both(Ball):
        def distance(self, points):
            return torch.minimum(near.distance(points), far.distance(points))

    origins, directions = torch.tensor([[0.0, -3.0, 0.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    seen = render_rays(Both(), origins, directions, beta=BETA, colour=lambda points, _: (points[:, 1:2] > 0).float())
    assert seen.colour.abs().max() < 1e-3
    assert seen.depth.item() == pytest.approx(2.2, abs=1e-3)


def test_a_softer_surface_fades_into_the_hard_one(rays):
    origins, directions, _ = rays
    miss, along = passing(origins, directions)
    hit = miss < 0.6
    depth = along - (0.36 - miss**2).clamp(min=0).sqrt()
    wrong, off = [], []
    for beta in (0.08, 0.02, 0.005, 0.00125):
        seen = render_rays(Ball(), origins, directions, beta=beta)
        wrong.append((seen.opacity - hit.float()).abs().mean().item())
        off.append((seen.depth - depth)[hit].abs().mean().item())
    assert wrong == sorted(wrong, reverse=True) and wrong[-1] < 3e-3
    assert off == sorted(off, reverse=True) and off[-1] < 1e-3


def test_leaving_out_empty_space_does_not_change_the_picture(rays):
    grid = DenseGrid.from_sdf(on_grid(torus))
    origins, directions, _ = rays
    quick = render_rays(grid, origins, directions, beta=BETA)
    everywhere = torch.linspace(2.0, 6.0, 1500).expand(len(origins), -1)
    slow = render_along(grid, origins, directions, torch.arange(len(origins)), everywhere, beta=BETA)
    assert (quick.opacity - slow.opacity).abs().max() < 5e-3
    solid = slow.opacity > 0.5
    assert (quick.depth - slow.depth)[solid].abs().mean() < 0.1 * grid.spacing
    assert (quick.normal - slow.normal)[solid].norm(dim=1).mean() < 0.02
    assert len(quick.met) < 0.6 * len(origins)


def test_rays_that_meet_nothing_are_dark_and_a_picture_of_nothing_has_gradients():
    grid = DenseGrid.from_sdf(on_grid(ball(0.3)))
    origins = torch.tensor([[3.0, -3.0, 0.0], [0.8, -3.0, 0.0], [0.0, 3.0, 0.0]])
    directions = torch.tensor([[0.0, 1.0, 0.0]]).expand(3, 3)
    seen = render_rays(grid, origins, directions, beta=BETA, colour=lambda points, _: points)
    for image in (seen.opacity, seen.depth, seen.normal, seen.colour):
        assert (image == 0).all()
    assert len(seen.met) == 0
    (seen.opacity.sum() + seen.normal.sum() + seen.depth.sum()).backward()
    assert (grid.values.grad == 0).all()


def test_a_picture_that_misses_the_box_altogether_is_empty():
    origins = torch.full((5, 3), 3.0)
    seen = render_rays(DenseGrid.from_sdf(on_grid(torus)), origins, torch.eye(3)[:1].expand(5, 3), beta=BETA)
    assert len(seen.met) == 0 and seen.opacity.shape == (5,) and seen.normal.shape == (5, 3)


def test_softness_can_be_learnt(rays):
    beta = torch.tensor(0.05, requires_grad=True)
    opacity = render_rays(Ball(), *rays[:2], beta=beta).opacity
    miss, _ = passing(*rays[:2])
    outside = (miss > 0.62) & (miss < 0.7)
    opacity[outside].sum().backward()
    assert beta.grad > 0  # a softer surface covers more of what passes it


def rough(nodes=7):
    """A bumpy ball on a few nodes, in float64."""
    field = on_grid(ball(0.55), nodes)
    values = torch.tensor(field.values, dtype=torch.float64)
    values += 0.05 * torch.randn(values.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return values, torch.tensor(field.lower), field.spacing


def test_gradients_of_opacity_and_depth_match_finite_differences():
    values, lower, spacing = rough()
    origins, directions, _ = camera_rays(camera(side=5))
    origins, directions = origins.double(), directions.double()
    places = find_surface(Ball(0.6), origins, directions, 0.1, 17)
    beta = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)

    def picture(values, beta):
        grid = DenseGrid(values.detach(), lower, spacing)
        del grid._parameters["values"]
        grid.values = values
        seen = render_along(grid, origins, directions, *places, beta=beta)
        return seen.opacity, seen.depth * seen.opacity

    assert torch.autograd.gradcheck(picture, (values.requires_grad_(), beta), eps=1e-6, atol=1e-5)


def test_gradients_of_normals_and_colours_match_finite_differences():
    """Up to the places at which they are asked for, which follow the surface but without gradients."""
    values, lower, spacing = rough(12)
    origins, directions, _ = camera_rays(camera(side=16))
    origins, directions = origins.double(), directions.double()
    places = find_surface(Ball(0.6), origins, directions, 0.03, 65)
    weights = torch.randn(256, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def score(values):
        grid = DenseGrid(values, lower, spacing)
        seen = render_along(grid, origins, directions, *places, beta=0.03, colour=lambda points, _: 0.5 + points)
        total = (weights * (seen.normal + seen.colour)).sum()
        return total, grid

    total, grid = score(values)
    total.backward()
    slope = grid.values.grad
    for seed in range(3):
        way = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        way = way + 3.0 * slope / slope.norm()
        measured = (score(values + 1e-5 * way)[0] - score(values - 1e-5 * way)[0]).item() / 2e-5
        assert (slope * way).sum().item() == pytest.approx(measured, rel=0.1)


def test_jitter_is_repeatable_and_keeps_the_picture(rays):
    grid = DenseGrid.from_sdf(on_grid(torus))
    first, again, other = (
        render_rays(grid, *rays[:2], beta=BETA, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first.opacity, again.opacity) and torch.equal(first.normal, again.normal)
    assert not torch.equal(first.along, other.along)
    assert (first.opacity - other.opacity).abs().mean() < 5e-3


def test_light_is_lost_only_on_the_way_in():
    distances = torch.tensor([[0.3, 0.05, -0.1, 0.05, 0.3, 0.05, -0.4]])
    light = light_left(distances, 0.05)[0]
    assert light[0] == 1.0
    torch.testing.assert_close(light[2], torch.sigmoid(torch.tensor(-2.0)) / torch.sigmoid(torch.tensor(6.0)))
    assert light[2] == light[3] == light[4] and light[6] < 1e-4


def test_masks_and_normals_from_four_sides_pull_a_ball_to_the_shape():
    wanted = on_grid(lambda x, y, z: 0.9 * (np.sqrt((x / 0.5) ** 2 + (y / 0.35) ** 2 + (z / 0.75) ** 2) - 1) * 0.4, 32)
    truth, grid = DenseGrid.from_sdf(wanted), DenseGrid.from_sdf(on_grid(ball(0.5), 32))
    views = [camera_rays(camera(azimuth, 10, side=40))[:2] for azimuth in (0, 90, 180, 270)]
    beta = 0.5 * grid.spacing
    with torch.no_grad():
        evidence = [render_rays(truth, *view, beta=beta) for view in views]
    before = overlap_of(grid, wanted)
    descent = torch.optim.Adam(grid.parameters(), lr=0.2 * grid.spacing)
    for step in range(60):
        view, known = views[step % 4], evidence[step % 4]
        seen = render_rays(grid, *view, beta=beta)
        covered = (known.opacity > 0.5).float()
        loss = losses.silhouette(seen.opacity, covered) + 0.2 * losses.normals(
            seen.normal, torch.nn.functional.normalize(known.normal, dim=1), covered * (seen.opacity.detach() > 0.5)
        )
        band = torch.rand(4000, 3, generator=torch.Generator().manual_seed(step)) * 1.8 - 0.9
        loss = loss + 0.1 * losses.eikonal(grid.gradient(band))
        descent.zero_grad()
        loss.backward()
        descent.step()
    assert before < 0.75
    assert overlap_of(grid, wanted) > 0.85


def overlap_of(grid, wanted) -> float:
    ours, theirs = grid.to_sdf().values < 0, wanted.values < 0
    return (ours & theirs).sum() / (ours | theirs).sum()
