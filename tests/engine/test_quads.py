"""Quad meshes: all quads, closed, near the budget, on the surface, and even."""

import numpy as np
import pytest
import trimesh

from statue_recon.field.sdf import SDF
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.cubes import loops_of_cases
from statue_recon.mesh.extract import extract, flaw
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.quads import _unpinched, dual, in_pairs, quad_mesh, quads


def field_of(distance, cells=64) -> SDF:
    axis = np.linspace(-1, 1, cells)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    return SDF(distance(points).astype(np.float32), -np.ones(3), 2 / (cells - 1))


def ring(points):
    return np.hypot(np.hypot(points[..., 0], points[..., 2]) - 0.6, points[..., 1]) - 0.2


def corners_of(mesh: Mesh) -> np.ndarray:
    """The quads [Q, 4] of a mesh whose triangles come in pairs."""
    first, second = mesh.faces[::2], mesh.faces[1::2]
    assert np.array_equal(first[:, [0, 2]], second[:, :2])
    return np.concatenate([first, second[:, 2:]], axis=1)


def sides_of(corners: np.ndarray) -> np.ndarray:
    return np.sort(np.stack([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)


def judged(mesh: Mesh) -> trimesh.Trimesh:
    assert flaw(mesh) is None
    # As quads too: every side belongs to two of them.
    assert np.all(np.unique(sides_of(corners_of(mesh)), axis=0, return_counts=True)[1] == 2)
    theirs = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert theirs.is_volume
    return theirs


@pytest.fixture(scope="module")
def quad_ring() -> Mesh:
    return quad_mesh(field_of(ring), 6000)


def test_a_ring_of_quads_keeps_its_hole_its_volume_and_its_budget(quad_ring):
    theirs = judged(quad_ring)
    assert theirs.euler_number == 0
    assert theirs.volume == pytest.approx(2 * np.pi**2 * 0.6 * 0.2**2, rel=0.02)
    assert 0.85 * 6000 <= len(quad_ring.faces) <= 6000


def test_its_vertices_lie_on_the_surface(quad_ring):
    assert np.abs(ring(quad_ring.vertices.astype(np.float64))).max() < 2e-3


def test_its_quads_are_even_and_flat(quad_ring):
    corners = corners_of(quad_ring)
    places = quad_ring.vertices[corners].astype(np.float64)
    lengths = np.linalg.norm(places - np.roll(places, -1, axis=1), axis=2)
    assert lengths.std() < 0.3 * lengths.mean()
    bends = quad_ring.face_normals.reshape(-1, 2, 3)
    assert np.einsum("ij,ij->i", bends[:, 0], bends[:, 1]).min() > 0.8


@pytest.mark.parametrize("seed", range(8))
def test_pure_noise_with_every_ambiguous_cell_still_gives_a_manifold_of_quads(seed):
    noise = np.random.default_rng(seed).standard_normal((12, 13, 14)).astype(np.float32)
    vertices, corners = dual(_unpinched(SDF(noise, np.zeros(3), 0.1)))
    judged(Mesh(vertices.astype(np.float32), in_pairs(vertices, corners).astype(np.int32)))


def test_without_care_for_pinched_faces_noise_is_not_manifold():
    """Else the test above would prove nothing."""
    from statue_recon.mesh.extract import whole

    noise = np.random.default_rng(0).standard_normal((12, 13, 14)).astype(np.float32)
    vertices, corners = dual(whole(SDF(noise, np.zeros(3), 0.1)))
    assert flaw(Mesh(vertices.astype(np.float32), in_pairs(vertices, corners).astype(np.int32))) is not None


def test_every_cut_edge_of_a_cell_belongs_to_one_loop():
    loop, count, _ = loops_of_cases()
    assert count.max() == 4
    for case in range(256):
        numbers, sizes = np.unique(loop[case][loop[case] >= 0], return_counts=True)
        assert np.array_equal(numbers, np.arange(count[case]))
        assert not len(sizes) or sizes.min() >= 3


def test_a_budget_far_finer_than_the_grid_is_met_too():
    mesh = quad_mesh(field_of(ring, 32), 30_000)
    judged(mesh)
    assert 0.85 * 30_000 <= len(mesh.faces) <= 30_000


def test_a_carved_mesh_is_followed():
    field = field_of(ring)
    smooth = extract(field)
    carved = Mesh(smooth.vertices * np.float32(1.02), smooth.faces)
    mesh = quad_mesh(field, 6000, onto=carved)
    judged(mesh)
    assert np.abs(ring(mesh.vertices.astype(np.float64) / 1.02)).max() < 3e-3


def test_any_mesh_becomes_quads():
    shape = trimesh.creation.box((1, 0.6, 1.6))
    theirs = judged(quads(Mesh(shape.vertices.astype(np.float32), shape.faces.astype(np.int32)), 4000))
    assert theirs.volume == pytest.approx(0.96, rel=0.02)


def test_no_quad_is_cut_in_two_by_the_atlas(quad_ring):
    uv = unwrap(quad_ring, quads=True)
    first, second = uv[::2], uv[1::2]
    assert np.array_equal(first[:, [0, 2]], second[:, :2])
    plain = unwrap(quad_ring)
    assert not np.allclose(plain[::2][:, [0, 2]], plain[1::2][:, :2], atol=1e-6)  # it would not be so by itself


def test_the_same_field_gives_the_same_quads(quad_ring):
    again = quad_mesh(field_of(ring), 6000)
    assert np.array_equal(again.vertices, quad_ring.vertices)
    assert np.array_equal(again.faces, quad_ring.faces)
