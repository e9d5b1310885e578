"""Deformed scans: the same by name, closed where they were, never inside out, and kept apart from the statue itself."""

import numpy as np
import pytest
import trimesh

from statue_recon.mesh.mesh import LONGEST_SIDE, Mesh
from statue_recon.train.objects import Entry, Objects, store, varied
from statue_recon.train.variants import COUNT, deformed, moved_points, origin

SCAN = Entry("tds_pan", "scans", "train", "", "tds pan", True)


def mesh() -> Mesh:
    round_one = trimesh.creation.icosphere(subdivisions=3, radius=0.9)
    return Mesh(round_one.vertices.astype(np.float32), round_one.faces.astype(np.int32))


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_folded_or_turned_inside_out(seed):
    grid = np.stack(np.meshgrid(*[np.linspace(-0.9, 0.9, 13)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    step = 1e-4
    slopes = [
        (moved_points(grid + step * axis, np.random.default_rng(seed))
         - moved_points(grid - step * axis, np.random.default_rng(seed))) / (2 * step)
        for axis in np.eye(3)
    ]  # fmt: skip
    volume = np.linalg.det(np.stack(slopes, axis=-1))
    assert volume.min() > 0.1 and volume.max() < 5.0
    moved = moved_points(grid, np.random.default_rng(seed))
    assert np.abs(moved - grid).max() > 0.03  # and yet another shape


def test_a_variant_is_the_same_each_time_and_unlike_the_others():
    first, again, other = (deformed(mesh(), name) for name in ("pan~1", "pan~1", "pan~2"))
    assert np.array_equal(first.vertices, again.vertices) and not np.allclose(first.vertices, other.vertices, atol=0.02)
    low, high = first.vertices.min(axis=0), first.vertices.max(axis=0)
    assert (high - low).max() == pytest.approx(LONGEST_SIDE) and np.allclose(low + high, 0, atol=1e-5)
    assert np.array_equal(first.faces, mesh().faces) and np.array_equal(
        deformed(mesh(), "pan").vertices, mesh().vertices
    )


def test_scans_vary_and_statues_made_from_numbers_do_not():
    rng = np.random.default_rng(0)
    drawn = [varied(SCAN, rng).id for _ in range(400)]
    assert set(drawn) == {"tds_pan"} | {f"tds_pan~{number}" for number in range(1, COUNT + 1)}
    assert {origin(name) for name in drawn} == {"tds_pan"}
    made = Entry("synth-000001", "synth", "train", "A man.", "figure", True)
    assert {varied(made, rng) for _ in range(50)} == {made}


def test_a_variants_distances_are_its_own(tmp_path):
    statue = mesh()
    store(tmp_path, SCAN, statue, np.full(statue.vertices.shape, 128, np.uint8))
    (tmp_path / "objects.json").write_text("[]")
    objects, other = Objects(tmp_path), Entry("tds_pan~3", "scans", "train", "", "tds pan", True)
    plain, bent = objects.mesh(SCAN)[0], objects.mesh(other)[0]
    assert not np.allclose(plain.vertices, bent.vertices, atol=0.02)
    fields = [objects.field(entry, 24) for entry in (SCAN, other)]
    assert len(list((tmp_path / "fields" / "24").iterdir())) == 2
    for field, shown in zip(fields, (plain, bent), strict=True):
        places = np.round((shown.vertices - field.lower) / field.spacing).astype(int)
        assert np.abs(field.values[tuple(places.T)]).max() < 127 * 0.2  # two spacings of ten: the surface is there
