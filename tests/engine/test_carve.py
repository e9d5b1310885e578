"""The seen surface takes on the normals; silhouettes, the unseen side and the topology stay."""

import numpy as np
import pytest
from scipy import ndimage

from statue_recon.camera import Camera
from statue_recon.field.sdf import SDF
from statue_recon.mesh.carve import carve, carved, front_of, trusted_pixels
from statue_recon.mesh.extract import extract, flaw
from statue_recon.mesh.mesh import Mesh
from statue_recon.photo.normals import Normals
from statue_recon.photo.photo import Photo
from statue_recon.render.raster import cover_of_photo

CAMERA = Camera.orbit(0, 0, 5.0, 300, 400, 800.0)
SPACING = 0.03


def ball_with(relief: float) -> Mesh:
    """An egg with waves on it."""
    axis = np.arange(-1.2, 1.2, SPACING)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    wave = relief * np.sin(12 * x) * np.sin(12 * z)
    values = np.sqrt((x / 0.6) ** 2 + (y / 0.6) ** 2 + (z / 0.9) ** 2) * 0.6 - 0.6 - wave
    return extract(SDF(values.astype(np.float32), np.full(3, -1.2), SPACING))


@pytest.fixture(scope="module")
def smooth() -> Mesh:
    return ball_with(0.0)


@pytest.fixture(scope="module")
def waved() -> Mesh:
    return ball_with(0.02)


def photo_of(mesh: Mesh, rgb=None) -> Photo:
    alpha = (cover_of_photo(mesh, CAMERA).faces >= 0).astype(np.float32)
    return Photo(np.full((400, 300, 3), 0.5, np.float32) if rgb is None else rgb, alpha, "drawn", CAMERA, ())


def shown(mesh: Mesh, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """The normals [H, W, 3] of a mesh in the camera's frame and where there are any."""
    cover = cover_of_photo(mesh, camera)
    there = cover.faces >= 0
    normals = np.zeros((*there.shape, 3), np.float32)
    normals[there] = cover.of(mesh.normals, mesh.faces) @ camera.rotation.T.astype(np.float32)
    return normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6), there


def degrees(one: Mesh, other: Mesh) -> np.ndarray:
    """Angles between the normals of two meshes as the photo shows them, away from the silhouette."""
    (a, there), (b, also) = shown(one, CAMERA), shown(other, CAMERA)
    inner = ndimage.binary_erosion(there & also, iterations=20)
    return np.degrees(np.arccos(np.clip((a * b).sum(axis=2), -1, 1)))[inner]


def carve_by(mesh: Mesh, truth: Mesh, noise=0.0, confidence=1.0) -> Mesh:
    photo = photo_of(mesh)
    front = front_of(mesh, CAMERA, "cpu")
    normals, there = shown(truth, front.camera)
    normals = normals + noise * np.random.default_rng(0).normal(size=normals.shape)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    wanted = Normals(normals.astype(np.float32), (confidence * there).astype(np.float32), "truth")
    return carve(mesh, photo, front, wanted, "cpu")


@pytest.mark.parametrize("noise", [0.0, 0.12])  # of each component: 0.12 is about 10 degrees
def test_the_seen_surface_takes_on_the_normals(smooth, waved, noise):
    before, after = degrees(smooth, waved), degrees(carve_by(smooth, waved, noise), waved)
    assert before.mean() > 8
    assert after.mean() < 0.45 * before.mean()


def test_its_own_normals_leave_a_mesh_as_it_is(waved):
    same = carve_by(waved, waved)
    assert np.linalg.norm(same.vertices - waved.vertices, axis=1).max() < 0.3 * SPACING


def test_normals_that_are_not_believed_change_nothing_to_speak_of(smooth, waved):
    doubted = carve_by(smooth, waved, confidence=0.0)
    assert np.linalg.norm(doubted.vertices - smooth.vertices, axis=1).max() < 0.3 * SPACING


def test_vertices_stay_under_their_pixels_and_the_silhouette_stays(smooth, waved):
    after = carve_by(smooth, waved)
    assert np.abs(CAMERA.project(after.vertices)[0] - CAMERA.project(smooth.vertices)[0]).max() < 0.01
    changed = (cover_of_photo(after, CAMERA).faces >= 0) != (cover_of_photo(smooth, CAMERA).faces >= 0)
    assert changed.mean() < 1e-4


def test_what_the_photo_does_not_show_stays(smooth, waved):
    moved = np.linalg.norm(carve_by(smooth, waved).vertices - smooth.vertices, axis=1)
    behind = smooth.vertices[:, 1] > 0.1
    assert moved[behind].max() < 1e-6
    assert moved[~behind].max() > 0.3 * SPACING


def test_the_triangles_stay_the_same_closed_and_outside_out(smooth, waved):
    import trimesh

    after = carve_by(smooth, waved)
    assert np.array_equal(after.faces, smooth.faces)
    assert flaw(after) is None
    volume = [trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).volume for mesh in (smooth, after)]
    assert volume[1] == pytest.approx(volume[0], rel=0.05)


def test_wild_normals_neither_fold_the_surface_nor_throw_vertices_away(smooth):
    front = front_of(smooth, CAMERA, "cpu")
    random = np.random.default_rng(3).normal(size=front.normals.shape)
    random[..., 2] = -np.abs(random[..., 2])
    random /= np.linalg.norm(random, axis=2, keepdims=True)
    believed = np.ones(front.depth.shape, np.float32)
    after = carve(smooth, photo_of(smooth), front, Normals(random.astype(np.float32), believed, "noise"), "cpu")
    assert np.isfinite(after.vertices).all()
    assert np.linalg.norm(after.vertices - smooth.vertices, axis=1).max() <= 0.05 * 1.8 * 1.01
    assert (np.einsum("ij,ij->i", after.face_normals, smooth.face_normals) > 0).all()


def test_a_thin_wall_is_not_pressed_through_its_back():
    """A disc as thick as a few cells, whose normals ask for a bowl far deeper than it is thick."""
    axis = np.arange(-1.2, 1.2, SPACING)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    values = np.maximum(np.abs(y) - 0.06, np.hypot(x, z) - 0.8)
    disc = extract(SDF(values.astype(np.float32), np.full(3, -1.2), SPACING))
    front = front_of(disc, CAMERA, "cpu")
    u, v = np.meshgrid(*(np.linspace(-1, 1, n) for n in front.depth.shape[::-1]))
    bowl = np.dstack([-1.5 * u, -1.5 * v, -np.ones_like(u)])
    bowl /= np.linalg.norm(bowl, axis=2, keepdims=True)
    normals = Normals(bowl.astype(np.float32), front.there.astype(np.float32), "bowl")
    after = carve(disc, photo_of(disc), front, normals, "cpu")
    pressed = disc.vertices[:, 1] < 0
    assert np.abs(after.vertices - disc.vertices)[pressed].max() > 0.01
    assert after.vertices[pressed, 1].max() < 0.03


def test_outlines_within_the_statue_are_not_trusted(smooth):
    near = Mesh((0.4 * smooth.vertices + (0.0, -1.0, 0.0)).astype(np.float32), smooth.faces)
    both = Mesh(
        np.concatenate([smooth.vertices, near.vertices]),
        np.concatenate([smooth.faces, near.faces + len(smooth.vertices)]).astype(np.int32),
    )
    front = front_of(both, CAMERA, "cpu")
    trust = trusted_pixels(front, photo_of(both).alpha)
    small = cover_of_photo(near, front.camera).faces >= 0
    rim = small & ~ndimage.binary_erosion(small)
    assert trust[rim].max() == 0.0
    assert trust[ndimage.binary_erosion(small, iterations=8)].min() == 1.0


def test_a_photo_in_side_light_carves_its_relief_into_a_smooth_mesh(smooth, waved):
    normals, there = shown(waved, CAMERA)
    sun = np.array([-0.7, -0.4, -0.6])
    linear = 0.2 + 0.6 * np.clip(normals @ (sun / np.linalg.norm(sun)), 0, 1)
    rgb = np.repeat((1.055 * linear ** (1 / 2.4) - 0.055)[..., None], 3, axis=2).astype(np.float32)
    photo = Photo(rgb, there.astype(np.float32), "drawn", CAMERA, ())
    after, source = carved(smooth, photo, "cpu")
    assert source == "shading"
    assert degrees(after, waved).mean() < 0.85 * degrees(smooth, waved).mean()


def test_the_same_photo_carves_the_same_mesh(smooth, waved):
    photo = photo_of(smooth, np.random.default_rng(0).uniform(0.3, 0.6, (400, 300, 3)).astype(np.float32))
    one, other = (carved(smooth, photo, "cpu")[0] for _ in range(2))
    assert np.array_equal(one.vertices, other.vertices)
