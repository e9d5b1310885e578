"""Whatever is wrong with a mesh, cleaning leaves one closed manifold surface where the old one was."""

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from statue_recon.mesh.clean import clean
from statue_recon.mesh.flaw import flaw
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.solid import rebuilt, solid

RANDOM = np.random.default_rng(5)


def mesh_of(vertices, faces) -> Mesh:
    return Mesh(np.asarray(vertices, np.float32), np.asarray(faces, np.int32))


def ball(subdivisions=3, radius=1.0, centre=(0, 0, 0)) -> Mesh:
    shape = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return mesh_of(shape.vertices + centre, shape.faces)


def together(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]
    return mesh_of(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces))


def judged(mesh: Mesh) -> trimesh.Trimesh:
    """The mesh in the hands of somebody else, after their own check that it bounds a volume."""
    assert flaw(mesh) is None
    theirs = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert theirs.is_volume
    assert np.all(np.bincount(theirs.edges_unique_inverse) == 2)
    return theirs


def without(mesh: Mesh, gone: np.ndarray) -> Mesh:
    return mesh_of(mesh.vertices, mesh.faces[~gone])


def middles(mesh: Mesh) -> np.ndarray:
    return mesh.vertices[mesh.faces].mean(axis=1)


def soup(mesh: Mesh) -> Mesh:
    return mesh_of(mesh.vertices[mesh.faces].reshape(-1, 3), np.arange(mesh.faces.size).reshape(-1, 3))


def test_a_sound_mesh_stays_as_it_is():
    mesh = ball()
    cleaned = clean(mesh)
    assert len(cleaned.faces) == len(mesh.faces)
    assert cKDTree(mesh.vertices).query(cleaned.vertices)[0].max() == 0


def test_loose_triangles_are_joined():
    assert judged(clean(soup(ball()))).euler_number == 2


def test_vertices_a_hair_apart_are_joined():
    loose = soup(ball())
    shaken = loose.vertices + RANDOM.uniform(-3e-7, 3e-7, loose.vertices.shape)
    assert judged(clean(mesh_of(shaken, loose.faces))).euler_number == 2


def test_degenerate_double_and_lost_faces_are_dropped():
    mesh = ball()
    worse = np.concatenate([mesh.faces, mesh.faces[:40], mesh.faces[40:60, ::-1], np.repeat(mesh.faces[:9, :1], 3, 1)])
    vertices = np.concatenate([mesh.vertices, [[np.nan] * 3, [9.0, 9.0, 9.0]]])
    worse = np.concatenate([worse, [[len(mesh.vertices), 1, 2]]])
    cleaned = clean(mesh_of(vertices, worse))
    assert len(cleaned.faces) == len(mesh.faces)
    judged(cleaned)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_faces_turned_inward_are_turned_outward(share):
    mesh = ball()
    turned = RANDOM.random(len(mesh.faces)) < share
    cleaned = clean(mesh_of(mesh.vertices, np.where(turned[:, None], mesh.faces[:, ::-1], mesh.faces)))
    assert judged(cleaned).volume == pytest.approx(judged(mesh).volume)


def test_small_holes_are_filled_close_to_where_the_surface_was():
    mesh = ball(4)
    gone = np.zeros(len(mesh.faces), bool)
    for direction in RANDOM.normal(size=(12, 3)):
        gone |= middles(mesh) @ (direction / np.linalg.norm(direction)) > 0.98
    assert gone.sum() > 100
    theirs = judged(clean(without(mesh, gone)))
    assert theirs.euler_number == 2
    assert np.linalg.norm(theirs.vertices, axis=1).min() > 0.95
    assert theirs.volume == pytest.approx(judged(mesh).volume, rel=0.02)


def test_a_bust_cut_open_below_gets_an_even_base():
    mesh = ball(5)
    open_below = without(mesh, middles(mesh)[:, 2] < -0.5)
    theirs = judged(clean(open_below))
    base = theirs.vertices[cKDTree(mesh.vertices).query(theirs.vertices)[0] > 1e-6]
    assert len(base) > 50
    assert np.ptp(base[:, 2]) < 0.02
    cap = np.pi * 0.5**2 * (3 - 0.5) / 3
    assert theirs.volume == pytest.approx(4 / 3 * np.pi - cap, rel=0.01)
    # As fine as the ball at its rim, and no needles.
    edges = theirs.edges_unique_length
    assert edges.max() < 6 * np.median(edges)
    assert np.quantile(theirs.face_angles.min(axis=1), 0.01) > np.radians(15)


def test_a_long_ragged_hole_is_filled():
    mesh = ball(5)
    place = middles(mesh)
    ragged = place[:, 2] < -0.3 + 0.15 * np.sin(40 * np.arctan2(place[:, 1], place[:, 0]))
    opened = without(mesh, ragged)
    sides = np.sort(opened.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(sides, axis=0, return_counts=True)[1] == 1).sum() > 300
    assert judged(clean(opened)).euler_number == 2


def test_a_crack_around_a_corner_is_closed_without_ballooning():
    mesh = ball(5)
    place = middles(mesh)
    crack = (np.abs(place[:, 1]) < 0.03) & (place[:, 2] > -0.4)
    theirs = judged(clean(without(mesh, crack)))
    assert theirs.volume == pytest.approx(judged(mesh).volume, rel=0.01)


def test_floaters_and_inner_shells_go_and_large_parts_stay():
    everything = together(
        ball(4),
        ball(3, 0.5),  # inside
        mesh_of(ball(2, 0.3).vertices, ball(2, 0.3).faces[:, ::-1]),  # inside, and turned inward
        ball(1, 0.05, (2, 0, 0)),  # a crumb
        ball(3, 0.5, (0, 3, 0)),  # another statue
        mesh_of([[3, 0, 0], [3, 0.1, 0], [3, 0, 0.1]], [[0, 1, 2]]),
    )
    theirs = judged(clean(everything))
    assert theirs.body_count == 2
    assert theirs.volume == pytest.approx(judged(ball(4)).volume + judged(ball(3, 0.5)).volume, rel=1e-4)
    assert judged(clean(everything, smallest_part=1.0)).body_count == 1


def test_two_cubes_that_share_an_edge_are_taken_apart():
    one, other = trimesh.creation.box(), trimesh.creation.box()
    other.apply_translation((1, 1, 0))
    both = together(mesh_of(one.vertices, one.faces), mesh_of(other.vertices, other.faces))
    theirs = judged(clean(both))
    assert theirs.body_count == 2
    assert theirs.volume == pytest.approx(2.0)


def test_two_balls_that_touch_in_a_vertex_are_taken_apart():
    one = ball(2)
    top = one.vertices[one.vertices[:, 2].argmax()]
    both = together(one, mesh_of(2 * top - one.vertices, one.faces[:, ::-1]))
    assert judged(clean(both)).body_count == 2


def test_a_fin_is_torn_off():
    mesh = ball(4)
    a, b = mesh.faces[0, :2]
    tip = 1.2 * mesh.vertices[a]
    finned = mesh_of(np.concatenate([mesh.vertices, [tip]]), np.concatenate([mesh.faces, [[a, b, len(mesh.vertices)]]]))
    assert flaw(finned) is not None
    theirs = judged(clean(finned))
    assert np.linalg.norm(theirs.vertices, axis=1).max() < 1.001


def test_a_wall_across_the_inside_does_no_harm():
    mesh = ball(4)
    rim = np.flatnonzero(np.abs(mesh.vertices[:, 2]) < 1e-6)  # this ball has an equator of vertices
    rim = rim[np.argsort(np.arctan2(mesh.vertices[rim, 1], mesh.vertices[rim, 0]))]
    hub = len(mesh.vertices)
    wall = np.stack([rim, np.roll(rim, -1), np.full(len(rim), hub)], axis=1)
    walled = mesh_of(np.concatenate([mesh.vertices, [[0, 0, 0]]]), np.concatenate([mesh.faces, wall]))
    theirs = judged(clean(walled))
    assert theirs.volume == pytest.approx(judged(mesh).volume, rel=0.01)


def test_a_one_sided_band_is_survived():
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    rows = []
    for across in (-0.2, 0.2):
        radius = 1 + across * np.cos(turn / 2)
        rows.append(np.stack([radius * np.cos(turn), radius * np.sin(turn), across * np.sin(turn / 2)], axis=1))
    left, right = np.arange(60), np.arange(60, 120)
    next_left, next_right = np.append(left[1:], right[0]), np.append(right[1:], left[0])
    faces = np.concatenate([np.stack([left, right, next_left], 1), np.stack([right, next_right, next_left], 1)])
    assert flaw(clean(mesh_of(np.concatenate(rows), faces))) is None


@pytest.mark.parametrize("seed", range(5))
def test_random_damage_of_every_kind_at_once_is_mended(seed):
    random = np.random.default_rng(seed)
    mesh = soup(ball(4))
    faces = mesh.faces[random.random(len(mesh.faces)) > 0.1]
    faces = np.where(random.random((len(faces), 1)) < 0.05, faces[:, ::-1], faces)
    wild = random.integers(0, len(mesh.vertices), (12, 3))
    damaged = mesh_of(mesh.vertices, np.concatenate([faces, faces[:30], wild]))
    cleaned = clean(damaged)
    theirs = judged(cleaned)
    assert theirs.volume == pytest.approx(4.15, rel=0.1)


def test_the_same_mesh_is_always_cleaned_alike():
    opened = without(ball(4), middles(ball(4))[:, 2] < -0.4)
    one, other = clean(opened), clean(opened)
    assert np.array_equal(one.vertices, other.vertices)
    assert np.array_equal(one.faces, other.faces)


def test_a_solid_has_the_distances_of_the_ball_it_came_from():
    field = solid(ball(5), 64)
    nodes = np.stack(np.meshgrid(*field.axes(), indexing="ij"), axis=-1)
    truth = np.linalg.norm(nodes, axis=-1) - 1
    near = np.abs(truth) < field.spacing
    assert np.abs(field.values - truth)[near].max() < 0.002
    assert np.array_equal(field.values < 0, truth < 0) or ((field.values < 0) != (truth < 0)).mean() < 1e-4


def test_parts_that_run_through_each_other_are_rebuilt_as_one():
    both = together(ball(4), ball(4, 0.8, (1.0, 0, 0)))
    theirs = judged(rebuilt(both, 64))
    assert theirs.body_count == 1
    distance, r, s = 1.0, 1.0, 0.8
    lens = np.pi * (r + s - distance) ** 2 * (distance**2 + 2 * distance * (r + s) - 3 * (r - s) ** 2) / (12 * distance)
    assert theirs.volume == pytest.approx(4 / 3 * np.pi * (r**3 + s**3) - lens, rel=0.02)
