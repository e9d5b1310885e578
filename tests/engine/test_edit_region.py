"""Regions: what is outside of them has exactly nothing, and words find parts that are there."""

from __future__ import annotations

import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.edit import region as regions
from statue_recon.edit.region import softened
from statue_recon.edit.region_words import of_words
from statue_recon.edit.statue import Statue
from statue_recon.field.sdf import SDF
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.extract import extract
from statue_recon.mesh.mesh import Mesh, TexturedMesh, frame_of
from statue_recon.photo.photo import Photo

HEAD_AT, PLINTH = 0.62, 0.16  # of the figure below, in metres


def figure() -> Mesh:
    """A head, a trunk, a stretched left arm with a hand, on a square plinth; the engine's frame."""
    low, spacing = np.array([-0.5, -0.5, -0.1]), 0.02
    axes = [low[axis] + spacing * np.arange(count) for axis, count in enumerate((60, 50, 105))]
    x, y, z = np.meshgrid(*axes, indexing="ij")

    def rod(a, b, radius):
        a, b = np.array(a), np.array(b)
        points = np.stack([x, y, z], axis=-1) - a
        share = np.clip(points @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        return np.linalg.norm(points - share[..., None] * (b - a), axis=-1) - radius

    parts = [
        rod((0, 0, 1.68), (0, 0, 1.72), 0.12),
        rod((0, 0, 1.5), (0, 0, 1.6), 0.06),
        rod((0, 0, 0.5), (0, 0, 1.3), 0.17),
        rod((0.1, 0, 1.38), (0.55, 0, 1.3), 0.045),
        rod((0, 0, 0.2), (0, 0, 0.5), 0.14),
    ]
    block = np.maximum(np.maximum(np.abs(x), np.abs(y)) - 0.3, np.abs(z - 0.05) - 0.09)
    field = np.minimum(np.min(parts, axis=0), block).astype(np.float32)
    mesh = extract(SDF(field, low, spacing))
    scale, offset = frame_of(mesh)
    return Mesh((mesh.vertices * scale + offset).astype(np.float32), mesh.faces)


@pytest.fixture(scope="module")
def statue() -> Statue:
    mesh = figure()
    uv = unwrap(mesh)
    atlas = np.full((256, 256, 3), 128, np.uint8)
    camera = Camera.orbit(0.0, 0.0, 5.0, 200, 300, 400.0)
    photo = Photo(np.zeros((300, 200, 3), np.float32), np.ones((300, 200), np.float32), "none", camera, ())
    return Statue(TexturedMesh(mesh, uv, atlas, np.zeros(len(mesh.vertices), np.float32)), photo)


def test_the_border_lies_inside_and_nothing_leaks(statue):
    mesh = statue.textured.mesh
    chosen = (mesh.vertices[:, 2] > 0.2).astype(np.float32)
    region = softened(statue, regions.of_vertices(statue, chosen), border=0.05)
    assert not region.vertices[chosen == 0].any()
    assert region.vertices.max() == 1.0
    soft = (region.vertices > 0) & (region.vertices < 1)
    assert soft.any() and mesh.vertices[soft, 2].max() < 0.2 + 2.0 * 0.05 * 1.8


def test_texels_of_faces_outside_have_exactly_nothing(statue):
    mesh = statue.textured.mesh
    region = softened(statue, regions.of_vertices(statue, mesh.vertices[:, 2] > 0.2), border=0.05)
    outside = ~(region.vertices[mesh.faces] > 0).any(axis=1)
    middles = statue.textured.uv[outside].mean(axis=1)
    size = len(region.texels)
    rows, columns = ((1 - middles[:, 1]) * size).astype(int), (middles[:, 0] * size).astype(int)
    # Only texels well inside: one on a seam belongs to whichever face covers its middle.
    from statue_recon.render.raster import cover_of_atlas

    cover = cover_of_atlas(statue.textured.uv, size, "cpu").faces
    own = outside[np.maximum(cover[rows, columns], 0)] & (cover[rows, columns] >= 0)
    assert own.sum() > 100
    assert not region.texels[rows[own], columns[own]].any()
    assert region.texels.max() > 0.9


def test_a_wider_border_reaches_farther_along_the_surface(statue):
    chosen = regions.of_vertices(statue, statue.textured.mesh.vertices[:, 2] > 0.0)
    narrow, wide = (softened(statue, chosen, border).vertices for border in (0.02, 0.15))
    assert wide.sum() < narrow.sum() and (wide <= narrow + 1e-6).all()
    assert set(np.unique(softened(statue, chosen, 0.0).vertices)) == {0.0, 1.0}


def test_the_way_along_a_surface_is_that_over_its_edges(statue):
    mesh = statue.textured.mesh
    start = mesh.vertices[:, 2] < 0.0
    away = regions.along_surface(mesh, start, 0.3)
    near = np.isfinite(away) & ~start
    assert (away[near] >= mesh.vertices[near, 2] - 0.05).all() and away[start].max() == 0.0
    assert np.isinf(away[mesh.vertices[:, 2] > 0.4]).all()


def test_what_the_photo_shows_is_kept_and_the_change_grows_away_from_it(statue):
    mesh = statue.textured.mesh
    seen = (mesh.vertices[:, 1] < 0).astype(np.float32)
    known = Statue(TexturedMesh(mesh, statue.textured.uv, statue.textured.atlas, seen))
    region = softened(known, regions.everything(known), border=0.03)
    assert not region.vertices[seen > 0.5].any() and region.vertices.max() == 1.0
    free = softened(known, regions.everything(known), border=0.03, keep_seen=False)
    assert (free.vertices == 1.0).all()


def test_a_region_of_what_is_kept_is_told_to_be_empty(statue):
    mesh = statue.textured.mesh
    known = Statue(
        TexturedMesh(mesh, statue.textured.uv, statue.textured.atlas, np.ones(len(mesh.vertices), np.float32))
    )
    with pytest.raises(Failure, match="photo does not show"):
        softened(known, regions.everything(known), border=0.03)


def test_faces_bound_the_region_by_their_rim(statue):
    mesh = statue.textured.mesh
    faces = mesh.vertices[mesh.faces][:, :, 2].mean(axis=1) > 0.3
    chosen = regions.of_faces(statue, faces)
    assert not chosen.vertices[mesh.faces[~faces].ravel()].any() and chosen.vertices.any()


def test_a_mask_in_the_atlas_chooses_what_it_covers(statue):
    mask = np.zeros((64, 64), np.uint8)
    mask[:, :32] = 255
    region = softened(statue, regions.of_uv_mask(statue, mask), border=0.0, keep_seen=False)
    used = statue.textured.uv.reshape(-1, 2)[:, 0]
    right = np.unique(statue.textured.mesh.faces.ravel()[used > 0.52])
    assert not region.vertices[right].any() and region.vertices.any()
    assert not region.texels[:, 134:].any() and region.texels[:, :120].max() == 1.0


def test_a_mask_over_the_photo_chooses_what_it_shows_and_no_back(statue):
    mask = np.zeros((300, 200), np.uint8)
    mask[:150] = 255
    chosen = regions.of_photo_mask(statue, mask)
    mesh = statue.textured.mesh
    picked = chosen.vertices > 0.5
    assert picked.any() and mesh.vertices[picked, 2].min() > -0.1
    assert mesh.normals[picked, 1].max() < 0.2


def test_weights_of_another_mesh_are_refused(statue):
    with pytest.raises(Failure, match="weights"):
        regions.of_vertices(statue, np.ones(7))


@pytest.mark.parametrize("words", ["the head", "Head"])
def test_the_head_is_found_by_its_name(statue, words):
    mesh = statue.textured.mesh
    head = of_words(statue, words).vertices > 0.5
    # The ball is the top 0.32 of 1.84 metres.
    top = mesh.vertices[:, 2] > mesh.vertices[:, 2].max() - 0.2
    assert head[top].mean() > 0.9 and mesh.vertices[head, 2].min() > 0.3


def test_the_base_is_the_block_below(statue):
    mesh = statue.textured.mesh
    base = of_words(statue, "the plinth").vertices > 0.5
    height = mesh.vertices[base, 2].max() - mesh.vertices[:, 2].min()
    assert 0.12 < height < 0.3


def test_the_left_arm_is_on_the_right_of_the_picture(statue):
    mesh = statue.textured.mesh
    arm = of_words(statue, "left arm").vertices > 0.5
    hand = mesh.vertices[:, 0] > mesh.vertices[:, 0].max() - 0.1
    assert arm[hand].all() and mesh.vertices[arm, 0].min() > 0.0


def test_what_cannot_be_found_is_told_with_what_can(statue):
    with pytest.raises(Failure, match="right arm") as failure:
        of_words(statue, "the right arm")
    assert "“head”" in failure.value.next_step and "“left arm”" in failure.value.next_step
    with pytest.raises(Failure, match="no part"):
        of_words(statue, "the third elbow")
