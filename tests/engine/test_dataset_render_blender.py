"""statue-recon dataset render with a real Blender: its pictures lie on ours, and it may die."""

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
from PIL import Image
from render_objects import ball_errors, render, write_ball, write_balls, write_knot, write_light

from statue_recon.camera import Camera
from statue_recon.dataset.render import run
from statue_recon.dataset.render.blender import Blender, find_blender
from statue_recon.dataset.render.picture import read_millimetres, read_png
from statue_recon.dataset.render.setting import draw
from statue_recon.dataset.render.shape import read_shape
from statue_recon.mesh.mesh import Mesh

QUICK = ("--samples", 1, "--no-denoise", "--device", "cpu")


def overlap(folder: Path, name: str) -> float:
    """Intersection over union of Blender's alpha and our depth."""
    alpha = read_png(folder / f"{name}_rgb.png")[..., 3] > 127
    there = np.isfinite(read_millimetres(folder / f"{name}_depth_mm.png"))
    return (alpha & there).sum() / (alpha | there).sum()


def test_cycles_finds_known_points_where_the_cameras_say(blender, tmp_path):
    words = ("--blender", blender, "--layout", "random", "--views", 6, "--samples", 8, "--no-denoise")
    assert render(write_balls(tmp_path / "balls.ply"), "--out", tmp_path / "out", *words) == 0
    folder = tmp_path / "out" / "balls"
    errors = [error for number in range(6) for error in ball_errors(folder, f"view_00{number}")]
    assert len(errors) >= 14  # of 18
    assert max(errors) < 0.5


@pytest.mark.parametrize("size", [(256, 256), (320, 200)])
def test_the_colours_of_cycles_lie_on_our_depths(blender, tmp_path, size):
    words = ("--blender", blender, "--layout", "random", "--views", 2, "--size", *size, "--samples", 8, "--no-denoise")
    assert render(write_knot(tmp_path / "knot.ply"), "--out", tmp_path / "out", *words) == 0
    assert min(overlap(tmp_path / "out" / "knot", f"view_00{number}") for number in range(2)) > 0.99


def test_a_glb_with_parts_and_textures_keeps_place_and_colour(blender, tmp_path):
    scene = trimesh.Scene()
    block = trimesh.creation.box(extents=(1, 0.4, 0.6))
    red = Image.new("RGB", (8, 8), (200, 10, 10))
    block.visual = trimesh.visual.TextureVisuals(
        uv=block.vertices[:, :2],
        material=trimesh.visual.material.PBRMaterial(baseColorTexture=red, metallicFactor=0.0, roughnessFactor=1.0),
    )
    scene.add_geometry(block, transform=trimesh.transformations.rotation_matrix(0.4, (0, 1, 0)))
    ball = trimesh.creation.icosphere(radius=0.3)
    scene.add_geometry(ball, transform=trimesh.transformations.translation_matrix((0.2, 0.8, 0.3)))
    (tmp_path / "thing.glb").write_bytes(scene.export(file_type="glb"))
    words = ("--blender", blender, "--layout", "orbit", "--views", 2, "--samples", 4, "--no-denoise")
    assert render(tmp_path / "thing.glb", "--out", tmp_path / "out", *words) == 0
    folder = tmp_path / "out" / "thing"
    assert min(overlap(folder, f"view_00{number}") for number in range(2)) > 0.99
    shown = read_png(folder / "view_000_rgb.png").astype(int)
    assert ((shown[..., 3] == 255) & (shown[..., 0] > shown[..., 1] + 40)).mean() > 0.05


def test_cycles_and_the_fast_path_are_lit_from_the_same_side(blender, tmp_path):
    (tmp_path / "lights").mkdir()
    patch = write_light(tmp_path / "lights" / "patch.hdr", azimuth=60.0)
    write_ball(tmp_path / "ball.ply")
    settings = {seed: draw(random.Random(f"{seed} ball"), [patch]) for seed in range(100)}
    seed = next(seed for seed, drawn in settings.items() if not drawn.lamps and drawn.stone[0][0] > 0.4)  # and matt
    pictures = []
    for name, words in (("warp", ()), ("cycles", ("--blender", blender, "--samples", 16, "--no-denoise"))):
        layout = ("--layout", "orbit", "--views", 4, "--size", 48, "--light", tmp_path / "lights", "--seed", seed)
        assert render(tmp_path / "ball.ply", "--out", tmp_path / name, "--renderer", name, *layout, *words) == 0
        shown = [read_png(tmp_path / name / "ball" / f"view_00{number}_rgb.png") for number in range(4)]
        pictures.append(np.array([picture[..., :3].mean(axis=-1) * (picture[..., 3] > 250) for picture in shown]))
    there = (pictures[0] > 0) & (pictures[1] > 0)
    assert np.corrcoef(pictures[0][there], pictures[1][there])[0, 1] > 0.9


def test_surroundings_seen_behind_the_object_leave_alpha_to_it(blender, tmp_path):
    (tmp_path / "lights").mkdir()
    write_light(tmp_path / "lights" / "patch.hdr", azimuth=60.0)
    words = ("--light", tmp_path / "lights", "--background", "light", "--layout", "orbit", "--views", 2, "--size", 48)
    write_ball(tmp_path / "ball.ply")
    assert render(tmp_path / "ball.ply", "--out", tmp_path / "out", "--blender", blender, *words, *QUICK) == 0
    picture = read_png(tmp_path / "out" / "ball" / "view_000_rgb.png")
    assert picture[0, 0, :3].any()
    assert picture[0, 0, 3] == 0
    assert overlap(tmp_path / "out" / "ball", "view_000") > 0.99


def test_metal_and_colour_of_vertices_reach_the_picture(blender, tmp_path):
    shape = read_shape(write_ball(tmp_path / "ball.ply")).framed()
    left = shape.mesh.vertices[:, 0] < 0
    colours = np.where(left[:, None], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8])
    stone = {"colour": (1.0, 1.0, 1.0), "roughness": 0.5, "metallic": 0.0}
    light = {"picture": None, "turn": 0.0, "brightness": 0.5, "lamps": []}
    camera = Camera.orbit(0, 0, 1.2, 32, 32, 35)
    set_up = {"do": "set_up", "engine": "cycles", "samples": 8, "denoise": False, "device": "cpu"}
    pictures = []
    with Blender(str(blender), set_up, tmp_path / "log.txt") as studio:
        for metallic in (0.0, 1.0):
            carried = {
                "colours": colours,
                "metallic": np.full(len(left), metallic),
                "roughness": np.full(len(left), 0.9),
            }
            arrays = tmp_path / f"{metallic}.npz"
            np.savez(arrays, vertices=shape.mesh.vertices, faces=shape.mesh.faces, normals=shape.normals, **carried)
            place = {"file": "", "smooth": True, "scale": 1.0, "offset": [0, 0, 0]}
            studio.ask({"do": "load", "arrays": str(arrays), **place, "stone": stone, "light": light})
            picture = {"path": str(tmp_path / f"{metallic}.png"), "width": 32, "height": 32, "seed": 0}
            studio.ask({"do": "take", "camera": camera.to_blender(), "transparent": True, **picture})
            pictures.append(read_png(tmp_path / f"{metallic}.png").astype(int))
    matt, metal = pictures
    assert matt[16, 10, 0] > matt[16, 10, 2] + 50
    assert matt[16, 22, 2] > matt[16, 22, 0] + 50
    # A matt surface mixes white gloss into its colour, a metal does not: its other channels are darker.
    assert metal[16, 10, 1] < matt[16, 10, 1] - 5


def test_a_blender_that_dies_is_started_again_after_its_object_is_marked(blender, tmp_path, monkeypatch):
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    for number in range(3):
        write_ball(meshes / f"{number}.ply")
    running: list[subprocess.Popen] = []
    opened = Blender._open

    def open_and_keep(self, command):
        opened(self, command)
        running.append(self._process)

    monkeypatch.setattr(Blender, "_open", open_and_keep)

    def kill_in_the_second(progress: run.Progress) -> None:
        if progress.now == "1.ply" and progress.views == 4:
            running[-1].kill()

    settings = run.Settings("orbit", 3, 32, 32, samples=1, denoise=False)
    ended = run.render(meshes, tmp_path / "out", settings, str(blender), "cpu", kill_in_the_second)
    assert (ended.done, ended.failed) == (3, 1)
    assert "ended unasked" in json.loads((tmp_path / "out" / "1.ply" / "failed.json").read_text())["reason"]
    assert (tmp_path / "out" / "2.ply" / "done.json").exists()
    again = run.render(meshes, tmp_path / "out", settings, str(blender), "cpu")
    assert (again.views, again.failed) == (0, 1)
    mended = run.render(meshes, tmp_path / "out", settings, str(blender), "cpu", retry=True)
    assert mended.failed == 0
    assert 0 < mended.views < 3  # what had been taken before Blender died is kept


def test_a_killed_run_of_blender_goes_on_and_ends_as_an_undisturbed_one(blender, tmp_path):
    write_knot(tmp_path / "knot.ply")
    words = [tmp_path / "knot.ply", "--blender", blender, "--layout", "orbit", "--views", 8, "--size", 64, *QUICK]
    assert render(*words, "--out", tmp_path / "whole") == 0
    program = "import render_objects, sys; sys.exit(render_objects.render(*sys.argv[1:]))"
    started = [sys.executable, "-c", program, *words, "--out", tmp_path / "killed"]
    process = subprocess.Popen([str(word) for word in started], cwd=Path(__file__).parent)
    while len(list(tmp_path.glob("killed/knot/view_???.json"))) < 3:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert not (tmp_path / "killed" / "knot" / "done.json").exists()
    assert render(*words, "--out", tmp_path / "killed") == 0
    for path in (tmp_path / "whole" / "knot").glob("view_*"):
        other = tmp_path / "killed" / "knot" / path.name
        same = np.array_equal(read_png(path), read_png(other)) if path.suffix == ".png" else True
        assert same and other.exists(), path.name


def test_a_program_that_is_no_blender_is_refused(tmp_path, capsys):
    words = (write_ball(tmp_path / "ball.ply"), "--out", tmp_path / "out", "--blender", sys.executable)
    assert render(*words) == 3
    assert "does not work as Blender" in capsys.readouterr().err
    monkey = pytest.MonkeyPatch()
    monkey.setenv("BLENDER", sys.executable)
    assert find_blender() == sys.executable
    monkey.undo()


def test_vertices_at_one_place_are_smooth_together(tmp_path):
    """An .stl repeats each corner; the pictures shall not look faceted for that."""
    shape = read_shape(write_ball(tmp_path / "ball.stl"))
    assert np.einsum("ni,ni->n", shape.normals, shape.mesh.vertices).min() > 0.999
    assert isinstance(shape.mesh, Mesh)
