"""statue-recon dataset render without Blender: cameras, the fast path, files, interruptions, bad meshes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import trimesh
from render_objects import ball_errors, render, write_ball, write_balls, write_knot, write_light

from statue_recon.camera import Camera
from statue_recon.dataset.manifest import Manifest
from statue_recon.dataset.render.fast import FastScene, fast_views
from statue_recon.dataset.render.layout import one2345, views
from statue_recon.dataset.render.light import light_of
from statue_recon.dataset.render.picture import read_depth, read_millimetres, read_normal, read_png
from statue_recon.dataset.render.shape import read_shape
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.gbuffer import gbuffer
from statue_recon.render.rays import Rays


@pytest.fixture(scope="module")
def balls(tmp_path_factory) -> Path:
    """The 40 views of three balls, taken by the fast path."""
    folder = tmp_path_factory.mktemp("balls")
    assert render(write_balls(folder / "balls.ply"), "--out", folder / "out", "--renderer", "warp") == 0
    return folder / "out" / "balls"


def told(folder: Path, name: str) -> dict:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_the_layout_is_that_of_one2345():
    found = {view.name: view for view in one2345()}
    assert len(found) == 40
    base = [(found[f"view_{number}"].azimuth, found[f"view_{number}"].elevation) for number in range(8)]
    assert base[:4] == [(-60, 30), (30, 30), (120, 30), (-150, 30)]
    assert base[4:] == [(-30, 0), (60, 0), (150, 0), (-120, 0)]
    for number, (azimuth, elevation) in enumerate(base):
        near = [found[f"view_{number}_{side}"] for side in range(4)]
        steps = {(view.azimuth - azimuth, view.elevation - elevation) for view in near}
        assert steps == {(10, 0), (-10, 0), (0, 10), (0, -10)}
    for view in found.values():
        assert (view.camera.width, view.camera.height, view.camera.fx, view.camera.fy) == (256, 256, 280, 280)
        assert np.linalg.norm(view.camera.position) == pytest.approx(1.2)
        assert view.camera.project(np.zeros((1, 3)))[0] == pytest.approx(np.array([[128, 128]]))


def test_random_views_look_at_the_object_from_many_sides_and_are_the_same_for_the_same_seed():
    def positions(seed: int) -> np.ndarray:
        return np.array([view.camera.position for view in views("random", 50, 64, 48, random.Random(seed))])

    assert np.array_equal(positions(1), positions(1))
    towards = positions(1) / np.linalg.norm(positions(1), axis=1, keepdims=True)
    assert np.abs(towards[:, :2].mean(axis=0)).max() < 0.25
    assert towards[:, 2].min() > np.sin(np.radians(-15.1))


def test_an_object_has_forty_views_and_each_its_pictures(balls):
    for what in ("rgb", "depth", "depth_mm"):
        assert len(list(balls.glob(f"view_?_{what}.png"))) + len(list(balls.glob(f"view_?_?_{what}.png"))) == 40
    assert read_png(balls / "view_0_rgb.png").shape == (256, 256, 4)
    assert read_png(balls / "view_0_depth.png").dtype == np.uint16
    assert read_png(balls / "view_0_depth_mm.png").dtype == np.uint16
    assert read_png(balls / "view_0_normal.png").shape == (256, 256, 3)
    assert read_png(balls / "view_0_normal.png").dtype == np.uint16


def test_known_points_are_found_where_the_cameras_say(balls):
    errors = [error for view in one2345() for error in ball_errors(balls, view.name)]
    assert len(errors) >= 100  # of 120: one ball may hide another, and the picture ends
    assert max(errors) < 0.5


def test_the_depths_lie_on_the_mesh(balls):
    mesh = read_shape(balls.parents[1] / "balls.ply").framed().mesh
    surface = Rays(mesh)
    for name in ("view_0", "view_3_2", "view_5"):
        about = told(balls, name)
        camera = Camera.from_json(about)
        origin, directions = camera.rays(camera.pixel_centres())
        along = directions @ camera.rotation[2]
        normalised = read_depth(balls / f"{name}_depth.png", *about["depth"]["range"])
        for depth, most in ((read_millimetres(balls / f"{name}_depth_mm.png"), 1e-3), (normalised, 5e-5)):
            there = np.isfinite(depth).ravel()
            assert there.sum() > 100
            points = origin + directions[there] * (depth.ravel()[there] / along[there])[:, None]
            assert surface.closest(points).distances.max() < most


def test_the_normals_of_a_ball_point_away_from_its_middle(tmp_path):
    write_ball(tmp_path / "ball.ply", radius=7.0)
    words = ("--renderer", "warp", "--layout", "orbit", "--views", 2, "--size", 64)
    assert render(tmp_path / "ball.ply", "--out", tmp_path / "out", *words) == 0
    folder = tmp_path / "out" / "ball"
    for name in ("view_000", "view_001"):
        camera = Camera.from_json(told(folder, name))
        normal, depth = read_normal(folder / f"{name}_normal.png"), read_millimetres(folder / f"{name}_depth_mm.png")
        there = np.isfinite(depth)
        origin, directions = camera.rays(camera.pixel_centres())
        points = origin + directions * (depth.ravel() / (directions @ camera.rotation[2]))[:, None]
        expected = points[there.ravel()] / 0.4
        assert np.einsum("ni,ni->n", normal[there], expected).min() > 0.99
        assert not normal[~there].any()


def test_the_fast_path_sees_what_the_g_buffer_sees(tmp_path):
    shape = read_shape(write_knot(tmp_path / "knot.ply")).framed()
    cameras = [view.camera for view in one2345(96, 96)[::7]]
    seen = fast_views(shape.mesh, None, cameras)
    for number, camera in enumerate(cameras):
        truth = gbuffer(shape.mesh, camera)
        same = seen["face"][number] == truth.faces
        assert same.mean() > 0.999
        there = same & truth.there
        assert np.abs(seen["depth"][number][there] - truth.depth[there]).max() < 1e-4
        outside = there & (truth.facing > 0.1)
        assert np.abs(seen["normal"][number] - truth.normal)[outside].max() < 1e-3


def test_finer_pictures_have_soft_edges_and_the_same_depth(tmp_path):
    scene = FastScene(read_shape(write_ball(tmp_path / "ball.ply")).framed().mesh)
    camera = one2345(64, 64)[0].camera
    plain, fine = scene.look([camera]), scene.look([camera], finer=3)
    assert set(np.unique(plain["alpha"])) == {0.0, 1.0}
    assert 0 < ((fine["alpha"] > 0) & (fine["alpha"] < 1)).sum() < 500
    both = np.isfinite(plain["depth"]) & np.isfinite(fine["depth"])
    assert np.array_equal(plain["face"] >= 0, fine["face"] >= 0)
    assert np.abs(plain["depth"][both] - fine["depth"][both]).max() < 1e-5
    with pytest.raises(ValueError, match="odd"):
        scene.look([camera], finer=2)


def test_a_back_face_shows_a_normal_towards_the_camera():
    corners = np.array([[-0.4, 0, -0.4], [0.4, 0, -0.4], [0, 0, 0.4]], np.float32)
    cameras = [Camera.orbit(azimuth, 0, 1.2, 32, 32, 35) for azimuth in (0, 180)]
    seen = fast_views(Mesh(corners, np.array([[0, 1, 2]], np.int32)), None, cameras)
    assert seen["normal"][0, 16, 16] == pytest.approx([0, -1, 0], abs=1e-5)
    assert seen["normal"][1, 16, 16] == pytest.approx([0, 1, 0], abs=1e-5)


def test_light_comes_from_where_the_bright_patch_of_the_surroundings_is(tmp_path):
    light = light_of(write_light(tmp_path / "light.hdr", azimuth=0.0), turn=90.0)
    assert light.to_sun == pytest.approx([0, 1, 0], abs=0.1)
    mesh = read_shape(write_ball(tmp_path / "ball.ply")).framed().mesh
    cameras = [Camera.orbit(azimuth, 0, 1.2, 32, 32, 35) for azimuth in (0, 180)]  # from −Y, from +Y
    dark, bright = fast_views(mesh, None, cameras, light)["rgb"][:, 14:18, 14:18].mean(axis=(1, 2, 3))
    assert bright > 3 * dark


def test_the_light_of_even_surroundings_is_even(tmp_path):
    import cv2

    (tmp_path / "even.hdr").write_bytes(cv2.imencode(".hdr", np.full((32, 64, 3), 3.0, np.float32))[1].tobytes())
    light = light_of(tmp_path / "even.hdr")
    assert light.around[0] == pytest.approx([0.55] * 3, rel=0.02)
    assert np.abs(light.around[1:]).max() < 0.01
    assert not light.sun.any()


def test_a_killed_run_goes_on_and_ends_as_an_undisturbed_one(tmp_path):
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    for number in range(3):
        write_knot(meshes / f"{number}.ply")
    words = ["--renderer", "warp", "--layout", "random", "--views", 12, "--size", 96, "--seed", 4]
    assert render(meshes, "--out", tmp_path / "whole", *words) == 0
    program = "import render_objects, sys; sys.exit(render_objects.render(*sys.argv[1:]))"
    started = [sys.executable, "-c", program, meshes, "--out", tmp_path / "killed", *words]
    process = subprocess.Popen([str(word) for word in started], cwd=Path(__file__).parent)
    while len(list(tmp_path.glob("killed/1.ply/view_???.json"))) < 3:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert not (tmp_path / "killed" / "2.ply" / "done.json").exists()
    kept = (tmp_path / "killed" / "0.ply" / "view_000_rgb.png").stat().st_mtime_ns
    assert render(meshes, "--out", tmp_path / "killed", *words) == 0
    assert (tmp_path / "killed" / "0.ply" / "view_000_rgb.png").stat().st_mtime_ns == kept
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_bad_meshes_are_reported_and_skipped(tmp_path, capsys):
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    (meshes / "a.glb").write_bytes(b"no model at all")
    (meshes / "b.ply").write_bytes(trimesh.PointCloud(np.eye(3)).export(file_type="ply"))
    damaged = trimesh.creation.icosphere(subdivisions=1)
    damaged.vertices[3] = np.nan
    (meshes / "c.ply").write_bytes(damaged.export(file_type="ply"))
    write_ball(meshes / "d.stl")
    words = ("--renderer", "warp", "--layout", "orbit", "--views", 1, "--size", 32)
    assert render(meshes, "--out", tmp_path / "out", *words) == 0
    said = capsys.readouterr()
    assert "b.ply is skipped: The mesh in b.ply is empty" in said.err
    assert "3 could not be rendered" in said.out
    assert (tmp_path / "out" / "d.stl" / "view_000_rgb.png").exists()
    reason = json.loads((tmp_path / "out" / "c.ply" / "failed.json").read_text(encoding="utf-8"))["reason"]
    assert "nowhere" in reason
    write_ball(meshes / "a.glb")
    write_ball(meshes / "c.ply")  # mended, and so another file
    assert render(meshes, "--out", tmp_path / "out", *words) == 0
    assert (tmp_path / "out" / "c.ply" / "done.json").exists()


def test_of_a_collection_only_what_is_kept_is_rendered(tmp_path):
    with Manifest(tmp_path / "all", create=True) as manifest:
        for name in ("kept", "dropped", "new", "doubted"):
            write_ball(tmp_path / "all" / f"{name}.ply")
            manifest.record(name, "source", {"file": f"{name}.ply", "hash": f"sha256:{name}"})
        manifest.record("kept", "clean", {"verdict": "drop"})
        manifest.record("kept", "review", {"verdict": "keep"})
        manifest.record("dropped", "clean", {"verdict": "drop"})
        manifest.record("doubted", "review", {"verdict": "unsure"})
    words = ("--renderer", "warp", "--layout", "orbit", "--views", 1, "--size", 32)
    assert render(tmp_path / "all", "--out", tmp_path / "out", *words) == 0
    assert {path.parent.name for path in (tmp_path / "out").glob("*/done.json")} == {"kept", "new"}


def test_pictures_of_other_settings_do_not_come_into_the_same_folder(tmp_path, capsys):
    words = (write_ball(tmp_path / "ball.ply"), "--out", tmp_path / "out", "--renderer", "warp", "--layout", "orbit")
    assert render(*words, "--views", 1, "--size", 32) == 0
    assert render(*words, "--views", 2, "--size", 32) == 3
    assert "views was 1" in capsys.readouterr().err


def test_an_object_whose_mesh_has_changed_is_rendered_again(tmp_path):
    words = ("--out", tmp_path / "out", "--renderer", "warp", "--layout", "orbit", "--views", 1, "--size", 32)
    assert render(write_ball(tmp_path / "thing.ply"), *words) == 0
    before = read_png(tmp_path / "out" / "thing" / "view_000_depth.png")
    assert render(write_knot(tmp_path / "thing.ply"), *words) == 0
    assert not np.array_equal(before, read_png(tmp_path / "out" / "thing" / "view_000_depth.png"))


def test_a_photo_behind_the_object_leaves_alpha_as_it_is(tmp_path):
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.new("RGB", (80, 60), (10, 200, 30)).save(tmp_path / "photos" / "grass.png")
    words = ("--renderer", "warp", "--layout", "orbit", "--views", 1, "--size", 64, "48")
    write_ball(tmp_path / "ball.ply")
    assert render(tmp_path / "ball.ply", "--out", tmp_path / "out", *words, "--background", tmp_path / "photos") == 0
    picture = read_png(tmp_path / "out" / "ball" / "view_000_rgb.png")
    assert picture.shape == (48, 64, 4)
    assert tuple(picture[0, 0]) == (10, 200, 30, 0)
    assert picture[24, 32, 3] == 255


def test_what_a_ply_says_of_its_surface_is_read(tmp_path):
    names = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("roughness", "u1"), ("metallic", "<f4")]
    names[4:4] = [("green", "u1"), ("blue", "u1")]
    corners = np.zeros(4, dtype=names)
    corners["x"], corners["z"], corners["red"] = [9, 0, 1, 0], [9, 0, 0, 1], 188
    corners["roughness"], corners["metallic"] = [1, 0, 51, 255], [1, 0.25, 0.5, 0.75]
    kinds = {"<f4": "float", "u1": "uchar"}
    header = ["ply", "format binary_little_endian 1.0", "element vertex 4"]
    header += [f"property {kinds[kind]} {name}" for name, kind in names]
    header += ["element face 1", "property list uchar int vertex_indices", "end_header", ""]
    face = np.array([3], "u1").tobytes() + np.array([1, 2, 3], "<i4").tobytes()  # the first vertex belongs to none
    (tmp_path / "face.ply").write_bytes("\n".join(header).encode() + corners.tobytes() + face)
    shape = read_shape(tmp_path / "face.ply")
    assert shape.roughness == pytest.approx([0, 0.2, 1])
    assert shape.metallic == pytest.approx([0.25, 0.5, 0.75])
    assert shape.colours[:, 0] == pytest.approx([0.503] * 3, abs=0.002)  # 188 of sRGB is half the light
    assert shape.mesh.vertices.max() == 1
