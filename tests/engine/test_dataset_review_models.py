"""statue-recon dataset review: how mesh files become models to look at, and how these are kept."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from statue_recon.contract import Failure
from statue_recon.dataset.review.model import pack, read_model
from statue_recon.dataset.review.shelf import Overtaken, Shelf


@pytest.fixture(scope="module")
def shelf():
    made = Shelf(most=3)
    yield made
    made.close()


def test_a_big_coloured_mesh_becomes_small_and_keeps_its_colours(tmp_path):
    ball = trimesh.creation.icosphere(subdivisions=5)
    blue = ball.vertices[:, 2] > 0
    ball.visual.vertex_colors = np.where(blue[:, None], (20, 40, 220, 255), (220, 40, 20, 255)).astype(np.uint8)
    ball.export(tmp_path / "ball.ply")
    model = read_model(tmp_path / "ball.ply", most=2000)
    up = model.mesh.vertices[:, 2]
    assert model.faces == 20480 and len(model.mesh.faces) <= 2000
    assert (model.colours[up > 0.1] == (20, 40, 220)).all() and (model.colours[up < -0.1] == (220, 40, 20)).all()


def test_a_texture_becomes_colours_and_glb_is_stood_upright(tmp_path):
    tall = trimesh.creation.box(extents=(1, 3, 1))  # Y is up in a .glb
    picture = Image.new("RGB", (8, 8), (10, 200, 30))
    tall.visual = trimesh.visual.TextureVisuals(uv=np.full((8, 2), 0.5), image=picture)
    tall.export(tmp_path / "tall.glb")
    model = read_model(tmp_path / "tall.glb")
    assert model.size == pytest.approx((1, 1, 3)) and (model.colours == (10, 200, 30)).all()


@pytest.mark.parametrize("ending", ["stl", "obj", "ply", "off"])
def test_every_format_is_welded_to_one_surface(tmp_path, ending):
    trimesh.creation.icosphere(subdivisions=2).export(tmp_path / f"ball.{ending}")
    mesh = read_model(tmp_path / f"ball.{ending}").mesh
    assert len(mesh.vertices) == 162 and len(mesh.faces) == 320


def test_crumbs_that_cannot_be_simplified_still_come_out_small(tmp_path):
    chance = np.random.default_rng(1)
    corners = (chance.random((4000, 1, 3)) + 0.02 * chance.random((4000, 3, 3))).reshape(-1, 3)
    soup = trimesh.Trimesh(corners, np.arange(12000).reshape(-1, 3), process=False)
    soup.export(tmp_path / "soup.ply")
    assert 0 < len(read_model(tmp_path / "soup.ply", most=100).mesh.faces) <= 4000


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.fbx", b"Kaydara FBX Binary", "FBX files cannot be shown"),
        ("a.glb", b"glTF nonsense", "cannot be read"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 0\nend_header\n", "a.ply"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\n", "a.obj"),
        ("a.stl", b"", "a.stl"),
        ("a.exe", b"MZ", "“.exe”"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Failure, match=words):
        read_model(tmp_path / name)


def test_a_file_that_was_changed_is_read_again(shelf, tmp_path):
    path = tmp_path / "solid.ply"
    trimesh.creation.box().export(path)
    first = shelf.get(path)
    trimesh.creation.icosphere(subdivisions=2).export(path)
    assert len(shelf.get(path)) > len(first)


def test_the_shelf_keeps_only_the_last_models(shelf, tmp_path):
    for number in range(6):
        trimesh.creation.box().export(tmp_path / f"{number}.ply")
        shelf.get(tmp_path / f"{number}.ply")
    assert len(list(Path(shelf._folder.name).iterdir())) == 3


def test_what_is_looked_at_does_not_wait_for_huge_meshes_that_were_walked_past(tmp_path):
    shelf = Shelf()
    huge = trimesh.creation.icosphere(subdivisions=8)  # 1.3 million triangles, about 3 s each
    outcome = []

    def walk_past(number: int) -> None:
        try:
            shelf.get(tmp_path / f"huge{number}.ply", ahead=True)
            outcome.append("read")
        except Overtaken:
            outcome.append("overtaken")

    for number in range(3):
        huge.export(tmp_path / f"huge{number}.ply")
    threads = [threading.Thread(target=walk_past, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    trimesh.creation.box().export(tmp_path / "small.ply")
    assert shelf.get(tmp_path / "small.ply") == pack(read_model(tmp_path / "small.ply"))
    shelf.close()
    for thread in threads:
        thread.join()
    assert outcome.count("overtaken") >= 2, outcome  # one had waited, one was broken off; the end broke off the third
