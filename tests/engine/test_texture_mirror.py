"""The other half of a symmetric statue."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from texture_scene import bumpy_ball, photograph, texels_of

from statue_recon.camera import Camera
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.report import Report
from statue_recon.texture.mirror import Mirror, find_mirror, reflected
from statue_recon.texture.paint import paint
from statue_recon.texture.surface import Surface
from statue_recon.texture.view import View

SIZE = 512
CAMERA = Camera.orbit(60, 5, 4.0, 400, 400, 800.0)  # sees the right half, and of the left one only a little


def harlequin(points: np.ndarray) -> np.ndarray:
    """Colours [N, 3] the same on the left and on the right: rows of patches, and a red cheek on either side."""
    side = np.abs(points[:, 0])
    cheek = np.exp(-((side - 0.6) ** 2 + (points[:, 2] - 0.1) ** 2) / 0.03)[:, None]
    patches = 0.12 * (np.sin(14 * points[:, 2]) * np.sin(12 * points[:, 1] + 6 * side))[:, None]
    return (1 - cheek) * (0.5 + patches) + cheek * [[0.75, 0.2, 0.15]]


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return bumpy_ball()


@pytest.fixture(scope="module")
def uv(mesh) -> np.ndarray:
    return unwrap(mesh)


@pytest.fixture(scope="module")
def view(mesh) -> View:
    return View(photograph(mesh, CAMERA, harlequin), CAMERA)


@pytest.fixture(scope="module")
def mirrored(mesh, uv, view, tmp_path_factory) -> TexturedMesh:
    return paint(mesh, uv, [view], SIZE, "cpu", Report(tmp_path_factory.mktemp("job")), Mirror.middle(mesh))


@pytest.fixture(scope="module")
def plain(mesh, uv, view, tmp_path_factory) -> TexturedMesh:
    return paint(mesh, uv, [view], SIZE, "cpu", Report(tmp_path_factory.mktemp("job")))


def opposite(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """[N] which places the camera does not see, but sees their mirror image well."""

    def cosine(flip):
        towards = CAMERA.position - points * flip
        return np.einsum("ij,ij->i", towards, normals * flip) / np.linalg.norm(towards, axis=1)

    return (cosine([1, 1, 1]) < 0.0) & (cosine([-1, 1, 1]) > 0.6)


def test_what_is_unseen_takes_the_colours_of_its_mirror_image(mirrored, plain):
    points, normals, colours = texels_of(mirrored)
    there = opposite(points, normals)
    assert there.mean() > 0.1
    wrong = np.abs(colours - harlequin(points))[there].mean()
    assert wrong < 0.03
    assert wrong < 0.4 * np.abs(texels_of(plain)[2] - harlequin(points))[there].mean()


def test_mirrored_is_not_called_seen_and_changes_nothing_that_is(mirrored, plain):
    assert np.array_equal(mirrored.seen, plain.seen)
    points, normals, colours = texels_of(mirrored)
    towards = CAMERA.position - points
    seen = np.einsum("ij,ij->i", towards, normals) / np.linalg.norm(towards, axis=1) > 0.6
    assert np.abs(colours - texels_of(plain)[2])[seen].max() < 0.01


def test_no_line_shows_between_seen_and_mirrored_under_light_from_one_side(mesh, uv, tmp_path):
    def lit(points: np.ndarray) -> np.ndarray:
        return np.repeat(0.5 + 0.25 * points[:, :1], 3, axis=1)  # so that the mirror image is brighter than the place

    ahead = Camera.orbit(25, 5, 4.0, 400, 400, 800.0)  # sees the left side to about 25° from the middle
    view = View(photograph(mesh, ahead, lit), ahead)
    painted = paint(mesh, uv, [view], SIZE, "cpu", Report(tmp_path), Mirror.middle(mesh))
    points, _, colours = texels_of(painted)
    band = np.abs(points[:, 2]) < 0.1
    angle = np.degrees(np.arctan2(points[band, 0], -points[band, 1]))
    means = np.array([colours[band, 1][np.abs(angle - at) < 2].mean() for at in range(-46, 0, 4)])
    # The place has 0.41 there, its mirror image 0.59: as it is, that makes a step of 0.057 within 4°.
    assert np.abs(np.diff(means)).max() < 0.03


def test_a_place_without_a_mirror_image_is_invented_as_ever(mesh, uv, view, plain, tmp_path):
    beside = Mirror(np.array([2.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    painted = paint(mesh, uv, [view], SIZE, "cpu", Report(tmp_path), beside)
    assert np.abs(painted.atlas.astype(int) - plain.atlas).max() <= 1


def test_a_symmetric_mesh_finds_each_vertex_opposite_place(mesh):
    places, normals, agreement = reflected(mesh, Mirror.middle(mesh), Surface.of(mesh))
    assert agreement.min() > 0.95
    assert np.abs(places - mesh.vertices * [-1, 1, 1]).max() < 0.02
    assert np.einsum("ij,ij->i", normals, mesh.normals * [-1, 1, 1]).min() > 0.97


@pytest.mark.parametrize(("turn", "offset"), [(0.0, 0.0), (14.0, 0.06), (-17.0, -0.08)])
def test_the_plane_is_found_though_the_statue_is_turned_and_off_the_middle(turn, offset):
    figure = with_nose()
    spin = trimesh.transformations.rotation_matrix(np.radians(turn), [0, 0, 1])[:3, :3]
    # An arm on one side moves the middle of the bounding box off the plane.
    arm = np.add(trimesh.creation.icosphere(subdivisions=3, radius=0.1).vertices, [0.8 + 2 * abs(offset), 0, -0.3])
    if offset < 0:
        arm = arm * [-1, 1, 1]
    vertices = np.concatenate([figure.vertices, arm]) @ spin.T
    faces = np.concatenate([figure.faces, trimesh.creation.icosphere(subdivisions=3).faces + len(figure.vertices)])
    mesh = Mesh(vertices.astype(np.float32), faces.astype(np.int32))
    found = find_mirror(mesh, [Camera.orbit(10, 5, 4.0, 100, 100, 200.0).position])
    true = spin @ [1.0, 0.0, 0.0]
    assert np.degrees(np.arccos(min(abs(found.normal @ true), 1.0))) < 1.5
    assert abs(found.point @ found.normal) < 0.02  # the true plane goes through the origin


def test_without_symmetry_the_middle_plane_stays():
    random = np.random.default_rng(0)
    ball = trimesh.creation.icosphere(subdivisions=4)
    waves = sum(np.sin(ball.vertices @ random.normal(0, 5, 3) + k) for k in range(12))
    mesh = Mesh((ball.vertices * (0.7 + 0.04 * waves)[:, None]).astype(np.float32), ball.faces.astype(np.int32))
    found = find_mirror(mesh, [CAMERA.position])
    assert np.array_equal(found.normal, [1.0, 0.0, 0.0]) and np.array_equal(found.point, Mirror.middle(mesh).point)


def with_nose() -> Mesh:
    """A head with a nose and two ears, symmetric about x = 0 and about nothing else."""
    ball = trimesh.creation.icosphere(subdivisions=5)
    _, y, z = np.asarray(ball.vertices).T

    def knob(*at):
        return np.exp(-np.sum((ball.vertices - np.array(at)) ** 2, axis=1) / 0.05)

    radius = (
        0.7 + 0.2 * knob(0, -1, 0) + 0.1 * knob(0.95, 0, 0.2) + 0.1 * knob(-0.95, 0, 0.2) + 0.05 * np.sin(5 * z - 3 * y)
    )
    return Mesh((ball.vertices * radius[:, None] * [0.8, 1.0, 1.2]).astype(np.float32), ball.faces.astype(np.int32))
