"""Every mesh the engine hands on is a manifold solid in the eyes of a library that accepts nothing else (Manifold)."""

import manifold3d
import numpy as np
import pytest
import trimesh

from statue_recon.field.sdf import SDF
from statue_recon.mesh.clean import clean
from statue_recon.mesh.extract import extract, flaw, marching_cubes, simplify, whole
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.quads import quad_mesh


def solid_of(mesh: Mesh) -> manifold3d.Manifold:
    theirs = manifold3d.Manifold(manifold3d.Mesh(mesh.vertices, mesh.faces.astype(np.uint32)))
    assert theirs.status() == manifold3d.Error.NoError
    assert theirs.num_tri() > 0
    return theirs


def sponge(cells: int) -> SDF:
    """A ball full of hundreds of tunnels: a field no decimation leaves sound by itself."""
    axis = np.linspace(-1, 1, cells, dtype=np.float32)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    k = 24.0
    gyroid = (np.sin(k * x) * np.cos(k * y) + np.sin(k * y) * np.cos(k * z) + np.sin(k * z) * np.cos(k * x)) / k
    return SDF(np.maximum(np.sqrt(x * x + y * y + z * z) - 0.85, gyroid), -np.ones(3), 2 / (cells - 1))


@pytest.mark.parametrize("seed", range(4))
def test_an_extracted_mesh_is_a_solid_whatever_the_field(seed):
    noise = np.random.default_rng(seed).standard_normal((14, 14, 14)).astype(np.float32)
    mesh = marching_cubes(whole(SDF(noise, np.zeros(3), 0.1)))
    assert solid_of(mesh).volume() > 0


def test_its_volume_and_its_tunnels_are_counted_alike():
    axis = np.linspace(-1, 1, 64)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    ring = np.hypot(np.hypot(x, z) - 0.6, y) - 0.2
    mesh = extract(SDF(ring.astype(np.float32), -np.ones(3), 2 / 63))
    theirs = solid_of(mesh)
    assert theirs.genus() == 1
    assert theirs.volume() == pytest.approx(2 * np.pi**2 * 0.6 * 0.2**2, rel=0.01)
    assert solid_of(quad_mesh(SDF(ring.astype(np.float32), -np.ones(3), 2 / 63), 5000)).genus() == 1


def test_a_sponge_simplified_beyond_its_tunnels_is_still_a_solid_within_the_budget():
    from fast_simplification import simplify as collapse

    mesh = extract(sponge(80))
    assert len(mesh.faces) > 10 * 8000
    vertices, faces = collapse(mesh.vertices, mesh.faces, target_count=8000, agg=5)
    assert flaw(Mesh(vertices, np.asarray(faces, np.int32))) is not None  # else this test would prove nothing
    simpler = simplify(mesh, 8000)
    assert 0.8 * 8000 < len(simpler.faces) <= 8000
    assert solid_of(simpler).volume() == pytest.approx(solid_of(mesh).volume(), rel=0.25)


@pytest.mark.parametrize("seed", range(6))
def test_a_cleaned_mesh_is_a_solid_whatever_was_wrong_with_it(seed):
    random = np.random.default_rng(seed)
    shape = trimesh.creation.torus(1.0, 0.4, major_sections=48, minor_sections=24)
    vertices, faces = np.asarray(shape.vertices, np.float32), np.asarray(shape.faces)
    faces = faces[random.random(len(faces)) > 0.08]
    faces = np.where(random.random((len(faces), 1)) < 0.1, faces[:, ::-1], faces)
    wild = random.integers(0, len(vertices), (20, 3))
    mesh = Mesh(vertices, np.concatenate([faces, wild, faces[:25]]).astype(np.int32))
    assert flaw(mesh) is not None
    cleaned = clean(mesh)
    assert flaw(cleaned) is None
    theirs = solid_of(cleaned)
    assert theirs.volume() == pytest.approx(2 * np.pi**2 * 0.4**2, rel=0.15)


def test_a_soup_that_means_nothing_does_no_harm():
    random = np.random.default_rng(0)
    soup = Mesh(random.normal(size=(60, 3)).astype(np.float32), random.integers(0, 60, (300, 3)).astype(np.int32))
    cleaned = clean(soup)
    assert flaw(cleaned) is None
    assert clean(Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))).faces.shape == (0, 3)
