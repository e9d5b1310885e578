"""Several objects, against arithmetic."""

import math

import numpy as np
import pytest
import torch
from shapes import ball, on_grid

from statue_recon.camera import Camera
from statue_recon.field.grid import DenseGrid
from statue_recon.field.union import Union, intrusion, object_opacities
from statue_recon.render.volume import camera_rays, render_rays

BETA = 0.01


@pytest.fixture(scope="module")
def pair() -> Union:
    """A small ball in front of a large one, in one box."""
    shapes = ball(0.25, (0.0, -0.6, 0.0)), ball(0.45, (0.0, 0.3, 0.0))
    return Union([DenseGrid.from_sdf(on_grid(shape, 96)) for shape in shapes])


def test_the_nearest_object_counts_and_owns_the_point(pair):
    points = torch.tensor([[0.0, -0.6, 0.0], [0.0, 0.3, 0.0], [0.0, -0.9, 0.0], [0.0, 0.9, 0.0]])
    np.testing.assert_allclose(pair.distance(points).detach(), [-0.25, -0.45, 0.05, 0.15], atol=0.02)
    assert pair.owner(points).tolist() == [0, 1, 0, 1]
    ways = torch.tensor([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
    torch.testing.assert_close(pair.gradient(points[2:]), ways, atol=0.01, rtol=0)


def test_only_the_nearest_object_learns_from_a_point(pair):
    pair.zero_grad()
    pair.distance(torch.tensor([[0.0, -0.9, 0.0]])).sum().backward()
    first, second = (field.values.grad for field in pair.fields)
    assert first.sum().item() == pytest.approx(1.0, abs=1e-5)
    assert second.abs().sum() == 0


def test_boxes_may_differ_and_are_spanned():
    left = DenseGrid.from_sdf(on_grid(ball(0.3), 32, half=0.5))
    left.lower -= torch.tensor([2.0, 0.0, 0.0])
    right = DenseGrid.from_sdf(on_grid(ball(0.3), 32, half=0.5))
    scene = Union([left, right])
    torch.testing.assert_close(scene.box, torch.tensor([[-2.5, -0.5, -0.5], [0.5, 0.5, 0.5]]))
    middle = torch.tensor([[-1.0, 0.0, 0.0], [-2.0, 0.0, 0.0]])
    assert scene.distance(middle)[0].item() == pytest.approx(0.7, abs=0.02)
    assert scene.owner(middle)[1].item() == 0


def test_an_object_is_covered_by_what_stands_before_it(pair):
    """The large ball seen past the small one: a ring, of which arithmetic knows both edges."""
    camera = Camera.orbit(0, 0, 40.0, 96, 96, 40 * 80)  # so far away that sizes do not depend on depth
    origins, directions, _ = camera_rays(camera)
    covered = object_opacities(pair, origins, directions, beta=BETA).detach()
    small, large = covered.T
    pixel = (40 / (40 * 80)) ** 2
    assert small.sum().item() * pixel == pytest.approx(math.pi * 0.25**2, rel=0.05)
    assert large.sum().item() * pixel == pytest.approx(math.pi * (0.45**2 - 0.25**2), rel=0.05)
    whole = render_rays(pair, origins, directions, beta=BETA).opacity
    assert (covered.sum(dim=1) - whole).abs().max() < 0.02


def test_hiding_the_front_object_uncovers_the_other(pair):
    origins, directions, _ = camera_rays(Camera.orbit(0, 0, 4.0, 24, 24, 40))
    alone = render_rays(pair.fields[1], origins, directions, beta=BETA).opacity
    covered = object_opacities(pair, origins, directions, beta=BETA)[:, 1]
    behind = object_opacities(pair, -origins, -directions, beta=BETA)[:, 1]
    assert (covered <= alone + 0.01).all() and (alone - covered).max() > 0.95
    unhidden = render_rays(pair.fields[1], -origins, -directions, beta=BETA).opacity
    assert (behind - unhidden).abs().max() < 0.01


def test_a_mask_of_one_object_moves_it_only_where_it_is_seen(pair):
    moved = []
    for height in (0.0, 0.45):  # behind the small ball, and at its own contour
        pair.zero_grad()
        origins, directions = torch.tensor([[0.0, -4.0, height]]), torch.tensor([[0.0, 1.0, 0.0]])
        object_opacities(pair, origins, directions, beta=BETA)[:, 1].sum().backward()
        moved.append(pair.fields[1].values.grad.abs().sum().item())
    assert moved[0] < 1e-4 * moved[1]


def test_objects_inside_each_other_cost_their_depth():
    apart = torch.tensor([[-0.2, 0.5], [0.1, 0.3], [-0.1, 0.1]])
    assert intrusion(apart).item() == pytest.approx(0.0, abs=1e-7)
    # At a depth of 0.3 in the first, the second is 0.1 deep: it should be 0.3 away.
    assert intrusion(torch.tensor([[-0.3, -0.1]])).item() == pytest.approx(0.4)
    # The third is too near by 0.2, the second by 0.4.
    assert intrusion(torch.tensor([[-0.3, -0.1, 0.1]])).item() == pytest.approx(0.6)


def test_the_distinction_loss_pushes_two_balls_apart():
    balls = [DenseGrid.from_sdf(on_grid(ball(0.4, (x, 0.0, 0.0)), 24)) for x in (-0.2, 0.2)]
    scene = Union(balls)
    points = torch.rand(3000, 3, generator=torch.Generator().manual_seed(0)) * 1.8 - 0.9
    descent = torch.optim.Adam(scene.parameters(), lr=0.01)

    def common() -> int:
        return int(((balls[0].values < 0) & (balls[1].values < 0)).sum())

    before = common()
    for _ in range(40):
        loss = intrusion(scene.distances(points))
        descent.zero_grad()
        loss.backward()
        descent.step()
    assert before > 100 and common() < 0.2 * before
