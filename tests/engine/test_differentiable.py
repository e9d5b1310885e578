"""Gradients of pictures, against finite differences of them and of exact areas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial import ConvexHull

from statue_recon.camera import Camera
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.differentiable import (
    faces_under_pixels,
    lambert,
    look,
    normal_colours,
    project,
    spherical_harmonics,
    vertex_normals,
)
from statue_recon.render.gbuffer import gbuffer
from statue_recon.render.raster import cover_of_photo
from statue_recon.render.silhouette import coverage, edges_of

CAMERA = Camera.orbit(25, 15, 4.0, 96, 80, 150.0)


def tensors(shape: trimesh.Trimesh, dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(np.asarray(shape.vertices), dtype=dtype), torch.tensor(np.asarray(shape.faces)).long()


def lump(dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """A ball with dents."""
    shape = trimesh.creation.icosphere(subdivisions=3, radius=0.8)
    dents = 1 + 0.1 * np.sin(5 * shape.vertices).sum(axis=1, keepdims=True)
    shape.vertices = shape.vertices * dents
    return tensors(shape, dtype)


def ring() -> tuple[torch.Tensor, torch.Tensor]:
    """A torus with its hole in sight."""
    shape = trimesh.creation.torus(0.6, 0.25, major_sections=60, minor_sections=30)
    return tensors(shape.apply_transform(trimesh.transformations.rotation_matrix(1.1, [1, 0.2, 0])))


def slope_of(function, at: torch.Tensor, direction: torch.Tensor, step: float) -> float:
    """The derivative along a direction, by central differences."""
    with torch.no_grad():
        return float(function(at + step * direction) - function(at - step * direction)) / (2 * step)


def gradient_along(function, at: torch.Tensor, direction: torch.Tensor) -> float:
    at = at.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(function(at), at)
    return float((gradient * direction).sum())


def soft_mask(vertices: torch.Tensor, faces: torch.Tensor, camera: Camera = CAMERA) -> torch.Tensor:
    return coverage(vertices, edges_of(faces), look(vertices, faces, camera))


def hull_area(vertices: torch.Tensor, camera: Camera) -> torch.Tensor:
    """The exact area, in pixels, of a convex mesh's silhouette."""
    return torch.tensor(ConvexHull(project(vertices, camera)[0].numpy()).volume)


def test_the_view_is_that_of_the_g_buffer():
    vertices, faces = lump(torch.float32)
    view, expected = look(vertices, faces, CAMERA), gbuffer(Mesh(vertices.numpy(), faces.int().numpy()), CAMERA)
    assert np.array_equal(view.there.numpy(), expected.there)
    assert np.array_equal(view.face.numpy(), expected.faces[expected.there])
    assert np.abs(view.position.numpy() - expected.position[expected.there]).max() < 1e-4
    assert np.abs(view.depth.numpy() - expected.depth[expected.there]).max() < 1e-4
    normals = view.picture(view.normals(vertex_normals(vertices, faces)))
    assert np.abs(normals.numpy() - expected.normal).max() < 2e-3


def test_a_pixels_place_lies_on_its_ray():
    vertices, faces = lump()
    view = look(vertices, faces, CAMERA)
    pixels, depths = project(view.position, CAMERA)
    row, column = torch.nonzero(view.there, as_tuple=True)
    assert torch.allclose(pixels, torch.stack([column, row], 1).double() + 0.5, atol=1e-9)
    assert torch.allclose(depths, view.depth, atol=1e-12)


@pytest.mark.parametrize("what", ["attribute", "position", "depth", "normal", "shading"])
def test_gradients_inside_the_outline_are_those_of_finite_differences(what):
    vertices, faces = lump()
    random = torch.Generator().manual_seed(1)
    values, light, amounts, direction = (
        torch.randn(*shape, generator=random, dtype=torch.float64)
        for shape in [vertices.shape, (9, 3), (CAMERA.height, CAMERA.width, 3), vertices.shape]
    )
    under = faces_under_pixels(vertices, faces, CAMERA)

    def total(at: torch.Tensor) -> torch.Tensor:
        view = look(at, faces, CAMERA, under)
        normals = view.normals(vertex_normals(at, faces))
        pixels = {
            "attribute": lambda: view.at(values),
            "position": lambda: view.position,
            "depth": lambda: view.depth[:, None].expand(-1, 3),
            "normal": lambda: normal_colours(normals, CAMERA),
            "shading": lambda: spherical_harmonics(normals, light) * lambert(normals, light[0], 0.2),
        }[what]()
        return (view.picture(pixels) * amounts).sum()

    expected = slope_of(total, vertices, direction, 1e-7)
    assert gradient_along(total, vertices, direction) == pytest.approx(expected, rel=1e-6)


def test_attributes_get_the_gradient_of_the_pixels_they_colour():
    vertices, faces = lump()
    values = torch.zeros(len(vertices), 1, dtype=torch.float64, requires_grad=True)
    view = look(vertices, faces, CAMERA)
    view.picture(view.at(values)).sum().backward()
    assert float(values.grad.sum()) == pytest.approx(int(view.there.sum()))
    unseen = np.setdiff1d(np.arange(len(vertices)), view.corners.numpy())
    assert len(unseen) and not values.grad[unseen].any()


def test_light_in_spherical_harmonics_is_what_falls_on_a_matt_surface():
    coefficients = torch.randn(9, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sky = trimesh.creation.icosphere(subdivisions=5)
    towards = torch.tensor(sky.triangles_center / np.linalg.norm(sky.triangles_center, axis=1, keepdims=True))
    x, y, z = towards.T
    # Real spherical harmonics as Cartesian polynomials, normalised numerically on the same sky.
    basis = torch.stack([torch.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], dim=1)
    area = torch.tensor(sky.area_faces * 4 * np.pi / sky.area)[:, None]
    radiance = basis / (basis.square() * area).sum(dim=0).sqrt() @ coefficients
    normals = towards[::501]
    fallen = (normals @ towards.T).clamp(min=0) @ (radiance * area) / torch.pi
    assert torch.allclose(spherical_harmonics(normals, coefficients), fallen, atol=2e-3)


def test_the_sum_of_the_soft_mask_is_the_area_of_the_silhouette():
    vertices, faces = tensors(trimesh.creation.icosphere(subdivisions=3, radius=0.8))
    mask = soft_mask(vertices, faces)
    assert float(mask.sum()) == pytest.approx(float(hull_area(vertices, CAMERA)), rel=1e-3)
    hard = cover_of_photo(Mesh(vertices.float().numpy(), faces.int().numpy()), CAMERA).faces >= 0
    changed = (mask.numpy() > 0) & (mask.numpy() < 1)
    assert np.abs(mask.numpy() - hard).max() <= 0.51 and 100 < changed.sum() < 300
    fine = cover_of_photo(Mesh(vertices.float().numpy(), faces.int().numpy()), CAMERA.resized(96 * 8, 80 * 8)).faces
    share = (fine >= 0).reshape(80, 8, 96, 8).mean(axis=(1, 3))
    assert np.abs(mask.numpy() - share).max() < 0.2 and np.abs(mask.numpy() - share)[changed].mean() < 0.06


@pytest.mark.parametrize("subdivisions, size", [(3, 96), (6, 48)])  # faces larger and much smaller than pixels
@pytest.mark.parametrize("motion", ["growing", "coming nearer"])
def test_the_gradient_of_the_soft_area_is_that_of_the_exact_area(motion, subdivisions, size):
    camera = CAMERA.resized(size, size * 80 // 96)
    vertices, faces = tensors(trimesh.creation.icosphere(subdivisions=subdivisions, radius=0.8))
    towards = torch.tensor(CAMERA.position / np.linalg.norm(CAMERA.position))
    direction = vertices if motion == "growing" else towards.expand_as(vertices)
    expected = slope_of(lambda at: hull_area(at, camera), vertices, direction, 1e-4)
    assert expected > 100
    slope = gradient_along(lambda at: soft_mask(at, faces, camera).sum(), vertices, direction)
    assert slope == pytest.approx(expected, rel=5e-3)


def test_moving_sideways_shifts_the_soft_mask_by_as_much():
    vertices, faces = tensors(trimesh.creation.icosphere(subdivisions=3, radius=0.8))
    right = torch.tensor(CAMERA.rotation[0]).expand_as(vertices)
    column = torch.arange(CAMERA.width, dtype=torch.float64)

    def moment(at: torch.Tensor) -> torch.Tensor:
        return (soft_mask(at, faces) * column).sum()

    area = float(soft_mask(vertices, faces).sum())
    # A pixel to the right is one more for each pixel of the area: the derivative is area · fx / depth, but for the
    # small change of shape by perspective, which finite differences over several pixels have as well.
    expected = slope_of(moment, vertices, right, 0.05)
    assert expected == pytest.approx(area * CAMERA.fx / 4.0, rel=0.1)
    assert gradient_along(moment, vertices, right) == pytest.approx(expected, rel=0.01)


def test_the_rim_of_a_hole_moves_with_its_mesh_and_hidden_outlines_change_nothing():
    vertices, faces = ring()
    mask = soft_mask(vertices, faces)
    fine = CAMERA.resized(96 * 8, 80 * 8)

    def fine_area(at: torch.Tensor) -> torch.Tensor:
        drawn = cover_of_photo(Mesh(at.float().numpy(), faces.int().numpy()), fine).faces >= 0
        return torch.tensor(drawn.sum() / 64.0)

    assert float(mask.sum()) == pytest.approx(float(fine_area(vertices)), rel=5e-3)
    # Thicker: outwards along the normals, so that the hole closes while the outline grows.
    thicker = vertex_normals(vertices, faces)
    expected = slope_of(fine_area, vertices, thicker, 0.01)
    assert gradient_along(lambda at: soft_mask(at, faces).sum(), vertices, thicker) == pytest.approx(expected, rel=0.01)
    there = mask > 0
    inner = torch.nn.functional.max_pool2d(-there[None, None].double(), 3, 1, 1)[0, 0] == -1
    assert (mask[inner] == 1).all()


def test_a_sheet_ends_at_its_border():
    corners = torch.tensor([[-0.5, 0, -0.4], [0.6, 0.1, -0.5], [0.4, 0, 0.5], [-0.4, -0.1, 0.4]], dtype=torch.float64)
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])

    def exact(at: torch.Tensor) -> torch.Tensor:
        x, y = project(at, CAMERA)[0].T
        return 0.5 * (x * y.roll(-1) - y * x.roll(-1)).sum().abs()

    assert float(soft_mask(corners, faces).sum()) == pytest.approx(float(exact(corners)), rel=5e-3)
    slope = gradient_along(lambda at: soft_mask(at, faces).sum(), corners, corners)
    assert slope == pytest.approx(gradient_along(exact, corners, corners), rel=0.01)


def test_a_ball_finds_the_place_and_size_that_its_masks_and_normals_show():
    vertices, faces = tensors(trimesh.creation.icosphere(subdivisions=3, radius=0.6), torch.float32)
    edges, cameras = edges_of(faces), [Camera.orbit(angle, 10, 4.0, 64, 64, 100.0) for angle in (0, 90)]

    def pictures(at: torch.Tensor, camera: Camera) -> tuple[torch.Tensor, torch.Tensor]:
        view = look(at, faces, camera)
        normals = view.picture(normal_colours(view.normals(vertex_normals(at, faces)), camera))
        return coverage(at, edges, view), normals

    wanted_scale, wanted_offset = 1.3, torch.tensor([0.15, -0.1, 0.2])
    wanted = [pictures(vertices * wanted_scale + wanted_offset, camera) for camera in cameras]
    scale, offset = torch.ones(1, requires_grad=True), torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.Adam([scale, offset], lr=0.03)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.94)
    for _ in range(70):
        optimiser.zero_grad()
        loss = torch.zeros(())
        for camera, (mask, normals) in zip(cameras, wanted, strict=True):
            drawn, shown = pictures(vertices * scale + offset, camera)
            loss = loss + (drawn - mask).square().mean() + (shown - normals).square().mean()
        loss.backward()
        optimiser.step()
        schedule.step()
    assert float(scale.detach()) == pytest.approx(wanted_scale, abs=0.005)
    assert (offset.detach() - wanted_offset).abs().max() < 0.005


def test_the_same_view_gives_the_same_gradients_bit_by_bit():
    vertices, faces = lump(torch.float32)
    gradients = []
    for _ in range(2):
        at = vertices.clone().requires_grad_(True)
        view = look(at, faces, CAMERA)
        total = coverage(at, edges_of(faces), view).square().sum() + view.normals(vertex_normals(at, faces)).sum()
        gradients.append(torch.autograd.grad(total, at)[0])
    assert torch.equal(*gradients)
