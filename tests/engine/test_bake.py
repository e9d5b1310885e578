"""Baking into atlases, against functions that are known at every texel."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.ndimage import distance_transform_edt

from statue_recon.mesh.mesh import Mesh
from statue_recon.render.bake import bake, bake_from, dilated, met_by, texels_of

SIZE = 48


def field(height, cells: int = 80, lift: float = 0.0) -> Mesh:
    """The surface z = height(x, y) + lift over the square −1 … 1, looking up."""
    side = np.linspace(-1, 1, cells + 1)
    x, y = (axis.ravel() for axis in np.meshgrid(side, side))
    vertices = np.column_stack([x, y, height(x, y) + lift]).astype(np.float32)
    first = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    across, along = first + 1, first + cells + 1
    faces = np.concatenate([np.stack([first, across, along + 1], 1), np.stack([first, along + 1, along], 1)])
    return Mesh(vertices, faces.astype(np.int32))


def flat(x, y):
    return np.zeros_like(x)


def waves(x, y):
    return 0.02 * np.sin(9 * x) * np.cos(7 * y)


def wave_normals(x, y):
    slopes = 0.18 * np.cos(9 * x) * np.cos(7 * y), -0.14 * np.sin(9 * x) * np.sin(7 * y)
    normals = np.stack([-slopes[0], -slopes[1], np.ones_like(x)], axis=-1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def seen_from_above(mesh: Mesh, share: float = 1.0) -> np.ndarray:
    """The UV of a height field: its x and y, in the middle `share` of the atlas."""
    return (0.5 + share * mesh.vertices[mesh.faces][..., :2] / 2).astype(np.float32)


def texel_places(size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the middles of texels, if the square −1 … 1 fills the atlas."""
    middle = (np.arange(size) + 0.5) / size * 2 - 1
    return tuple(np.meshgrid(middle, -middle))


def test_a_linear_function_of_the_vertices_is_baked_as_itself():
    mesh = field(flat, cells=3)
    values = mesh.vertices @ np.array([[0.5, 1.0], [-2.0, 0.3], [0.0, 0.0]], np.float32) + 1
    x, y = texel_places()
    wanted = np.stack([0.5 * x - 2 * y + 1, x + 0.3 * y + 1], axis=-1)
    assert bake(values, mesh, seen_from_above(mesh), SIZE) == pytest.approx(wanted, abs=1e-5)


def test_texels_know_their_place_and_normal_on_the_surface():
    mesh = field(waves, cells=150)
    texels = texels_of(mesh, seen_from_above(mesh), SIZE)
    x, y = texel_places()
    assert texels.there.all()
    assert texels.points == pytest.approx(np.stack([x, y, waves(x, y)], axis=-1).reshape(-1, 3), abs=2e-4)
    assert np.abs(texels.normals - wave_normals(x, y).reshape(-1, 3)).max() < 5e-3


def test_dilation_repeats_the_nearest_pixel_as_far_as_asked_and_leaves_the_rest():
    random = np.random.default_rng(3)
    there = random.random((60, 50)) < 0.01
    picture = np.where(there[..., None], random.random((60, 50, 2)), 0.0)
    distance, (row, column) = distance_transform_edt(~there, return_indices=True)
    filled = dilated(picture, there, margin=4.0)
    assert np.array_equal(filled[there], picture[there])
    assert not filled[distance > 4.3].any()
    near = distance < 3.8
    # OpenCV's distance is a little inexact: where two pixels are about equally near, it may take the other.
    assert (filled[near] == picture[row, column][near]).all(axis=-1).mean() > 0.97
    assert (dilated(picture, there) != 0).all()


def test_islands_are_dilated_in_a_baked_atlas():
    mesh = field(flat, cells=3)
    atlas = bake(np.full((len(mesh.vertices), 1), 7, np.float32), mesh, seen_from_above(mesh, 0.5), SIZE, margin=3)
    assert (atlas[9:39, 24] == pytest.approx(7)) and not atlas[:8].any() and not atlas[40:].any()


def test_the_normals_of_a_detailed_surface_are_baked_onto_a_plain_one():
    detailed, plain = field(waves, cells=300), field(flat, cells=4)
    atlas = bake_from(detailed, detailed.normals, plain, seen_from_above(plain), SIZE)
    x, y = texel_places()
    assert np.abs(atlas - wave_normals(x, y)).max() < 6e-3


def test_a_source_is_met_straight_along_the_normal_and_not_where_it_is_closest():
    detailed, plain = field(waves, cells=300, lift=0.01), field(flat, cells=4)
    atlas = bake_from(detailed, detailed.vertices, plain, seen_from_above(plain), SIZE)
    x, y = texel_places()
    inner = np.s_[1:-1, 1:-1]
    assert np.abs(atlas[..., 0] - x)[inner].max() < 1e-4 and np.abs(atlas[..., 1] - y)[inner].max() < 1e-4
    assert np.abs(atlas[..., 2] - waves(x, y) - 0.01)[inner].max() < 1e-4


def test_a_surface_baked_onto_itself_keeps_its_values():
    shape = trimesh.creation.icosphere(subdivisions=4, radius=0.9)
    mesh = Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))
    inside = mesh.vertices[mesh.faces].mean(axis=1)
    hits = met_by(inside, mesh.face_normals, mesh, reach=0.1)
    assert hits.distances.max() < 1e-5
    assert hits.of(mesh.vertices, mesh.faces) == pytest.approx(inside, abs=1e-5)


def test_one_side_of_a_thin_sheet_does_not_take_the_values_of_the_other():
    front = field(flat, cells=6, lift=0.004)
    back = Mesh((front.vertices - (0, 0, 0.003)).astype(np.float32), front.faces[:, ::-1].copy())
    sheet = Mesh(
        np.concatenate([front.vertices, back.vertices]), np.concatenate([front.faces, back.faces + len(front.vertices)])
    )
    side = np.repeat([[1.0], [2.0]], len(front.vertices), axis=0).astype(np.float32)
    plain = field(flat, cells=2)  # nearer to the sheet's back than to its front
    assert bake_from(sheet, side, plain, seen_from_above(plain), SIZE) == pytest.approx(1, abs=1e-6)


def test_where_no_normal_meets_the_source_the_closest_place_is_taken():
    source, plain = field(flat, cells=4, lift=0.5), field(flat, cells=2)
    texels = texels_of(plain, seen_from_above(plain), SIZE)
    hits = met_by(texels.points, texels.normals, source, reach=0.1)
    assert (hits.faces >= 0).all() and hits.distances == pytest.approx(0.5, abs=1e-5)
    assert hits.of(source.vertices, source.faces)[:, :2] == pytest.approx(texels.points[:, :2], abs=1e-5)
