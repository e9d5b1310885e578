"""Reading mesh files of any origin, and putting files in their place whole."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from statue_recon.dataset.files import STONE, NoMesh, Triangles, read_triangles, sound
from statue_recon.whole import draft_of, remove_drafts, write_whole

TURN = trimesh.transformations.rotation_matrix(0.7, (1, 2, 3)) @ np.diag([1.0, 2.0, 0.5, 1.0])
MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])


def ball(colour=None):
    made = trimesh.creation.icosphere(subdivisions=2)
    if colour is not None:
        made.visual.vertex_colors = np.tile(np.array([*colour, 255], np.uint8), (len(made.vertices), 1))
    return made


def volume(found) -> float:
    return trimesh.Trimesh(found.vertices, found.faces, process=False).volume


@pytest.mark.parametrize("ending", ["glb", "gltf", "obj", "ply", "stl"])
def test_what_is_up_stays_up_in_every_format(tmp_path, ending):
    """glTF says that Y is up; all others are taken as Z up."""
    sides = (1.0, 3.0, 2.0) if ending in ("glb", "gltf") else (1.0, 2.0, 3.0)
    box = trimesh.creation.box(sides)
    box.apply_translation(np.eye(3)[np.argmax(sides)])
    content = trimesh.Scene(box).export(file_type=ending) if ending == "gltf" else box.export(file_type=ending)
    if ending == "gltf":
        for name, part in content.items():
            (tmp_path / name).write_bytes(part)
        path = tmp_path / "model.gltf"
    else:
        path = tmp_path / f"box.{ending}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_triangles(path)
    assert found.vertices.min(axis=0) == pytest.approx([-0.5, -1, -0.5])
    assert found.vertices.max(axis=0) == pytest.approx([0.5, 1, 2.5])
    assert volume(found) == pytest.approx(6)


@pytest.mark.parametrize("place", [TURN, MIRROR], ids=["turned", "mirrored"])
def test_a_part_stands_where_the_scene_puts_it_right_side_out(tmp_path, place):
    scene = trimesh.Scene()
    part = ball()
    scene.add_geometry(part, transform=place)
    (tmp_path / "scene.glb").write_bytes(scene.export(file_type="glb"))
    expected = trimesh.transformations.transform_points(part.vertices, place)
    found = read_triangles(tmp_path / "scene.glb")
    low, high = expected.min(axis=0), expected.max(axis=0)
    assert found.vertices.min(axis=0) == pytest.approx([low[0], -high[2], low[1]], abs=1e-6)
    assert found.vertices.max(axis=0) == pytest.approx([high[0], -low[2], high[1]], abs=1e-6)
    assert volume(found) == pytest.approx(part.volume * abs(np.linalg.det(place)), rel=1e-5)


def test_the_normals_of_a_file_are_turned_with_their_part(tmp_path):
    scene = trimesh.Scene()
    scene.add_geometry(ball(), transform=TURN)
    (tmp_path / "scene.glb").write_bytes(scene.export(file_type="glb", include_normals=True))
    found = read_triangles(tmp_path / "scene.glb")
    own = found.normals / np.linalg.norm(found.normals, axis=1, keepdims=True)
    seen = trimesh.Trimesh(found.vertices, found.faces, process=False).vertex_normals
    assert np.einsum("ni,ni->n", own, seen).min() > 0.97


def test_a_file_without_normals_has_none(tmp_path):
    ball().export(tmp_path / "ball.stl")
    assert read_triangles(tmp_path / "ball.stl").normals is None


def test_a_part_without_colours_is_stone_beside_one_with(tmp_path):
    scene = trimesh.Scene([ball((200, 10, 20))])
    scene.add_geometry(trimesh.creation.box(), transform=trimesh.transformations.translation_matrix((9, 0, 0)))
    (tmp_path / "scene.glb").write_bytes(scene.export(file_type="glb"))
    found = read_triangles(tmp_path / "scene.glb")
    far = found.vertices[:, 0] > 5
    assert (found.colours[far] == STONE).all() and (found.colours[~far] == (200, 10, 20)).all()


def test_a_reader_of_shapes_is_not_told_of_looks(tmp_path):
    ball((200, 10, 20)).export(tmp_path / "ball.ply")
    found = read_triangles(tmp_path / "ball.ply", looks=False)
    assert found.colours is None and found.normals is None and not found.properties


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
def test_what_a_ply_says_beside_goes_with_the_corners_that_are_used(tmp_path, kind):
    vertices = np.array([(9, 9, 9, 5), (0, 0, 0, 1), (1, 0, 0, 2), (0, 0, 1, 3)], "<f4")
    header = f"ply\nformat {kind} 1.0\nelement vertex 4\n"
    header += "".join(f"property float {name}\n" for name in ("x", "y", "z", "polish"))
    header += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    lines = "".join(" ".join(f"{value:g}" for value in vertex) + "\n" for vertex in vertices) + "3 1 2 3\n"
    packed = vertices.tobytes() + np.array([3], "u1").tobytes() + np.array([1, 2, 3], "<i4").tobytes()
    (tmp_path / "one.ply").write_bytes(header.encode() + (lines.encode() if kind == "ascii" else packed))
    found = read_triangles(tmp_path / "one.ply")
    assert list(found.properties) == ["polish"] and found.properties["polish"].tolist() == [1, 2, 3]
    assert found.vertices.max() == 1 and found.faces.tolist() == [[0, 1, 2]]


CORNERS = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, np.nan)])


@pytest.mark.parametrize(
    ("vertices", "faces", "words"),
    [
        (CORNERS, np.zeros((0, 3), int), "no faces"),
        (CORNERS, np.array([[0, 1, 4]]), "do not exist"),
        (CORNERS, np.array([[0, 1, -1]]), "do not exist"),
        (CORNERS, np.array([[0, 1, 3]]), "33.33% of its corners are nowhere"),
        (CORNERS * 1e39, np.array([[0, 1, 2]]), "nowhere"),
        (CORNERS * 0, np.array([[0, 1, 2]]), "single point"),
    ],
)
def test_a_mesh_that_cannot_be_seen_says_why(vertices, faces, words):
    with pytest.raises(NoMesh, match=words):
        sound(Triangles(vertices, faces))


def test_a_stray_corner_that_is_nowhere_does_no_harm():
    assert len(sound(Triangles(CORNERS, np.array([[0, 1, 2]]))).vertices) == 3


@pytest.mark.parametrize(("content", "words"), [("v 0 0 0\nv 1 0 0\n", "cloud of points"), ("no mesh\n", "empty|read")])
def test_a_file_without_faces_says_so(tmp_path, content, words):
    (tmp_path / "some.obj").write_text(content, encoding="utf-8")
    with pytest.raises(NoMesh, match=words):
        read_triangles(tmp_path / "some.obj")


def test_a_file_that_is_half_written_is_never_seen(tmp_path):
    path = tmp_path / "file.txt"
    write_whole(path, b"old")
    with pytest.raises(KeyboardInterrupt), draft_of(path) as draft:
        draft.write_bytes(b"ne")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old" and [found.name for found in tmp_path.iterdir()] == ["file.txt"]


def test_what_a_killed_run_has_left_is_removed(tmp_path):
    write_whole(tmp_path / "file.txt", b"whole")
    (tmp_path / ".file.txt.123.part").write_bytes(b"wh")
    remove_drafts(tmp_path)
    assert [found.name for found in tmp_path.iterdir()] == ["file.txt"]
