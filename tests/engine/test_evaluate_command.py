"""statue-recon evaluate: what it reads, what it says, and what it refuses."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.evaluate.command import add_arguments, evaluate
from statue_recon.evaluate.subject import read_camera, read_mesh, read_subject
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.result import write_result

CAMERA = Camera.orbit(0, 0, 4.0, 96, 96, 140.0)


@pytest.fixture(scope="module")
def shape() -> trimesh.Trimesh:
    """Higher than wide and wider than deep, so that a wrong axis shows."""
    made = trimesh.creation.icosphere(subdivisions=3, radius=0.9)
    made.apply_scale([0.6, 0.3, 1.0])
    return made


@pytest.fixture(scope="module")
def result(tmp_path_factory, shape) -> Path:
    """A result folder as the engine writes it."""
    mesh = Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))
    uv = np.random.default_rng(0).random((len(mesh.faces), 3, 2)).astype(np.float32)
    seen = (mesh.vertices[:, 1] < 0).astype(np.float32)
    folder = tmp_path_factory.mktemp("result")
    textured = TexturedMesh(mesh, uv, np.full((16, 16, 3), 128, np.uint8), seen)
    write_result(folder, "", textured, CAMERA, {}, 1.0, "")
    return folder


@pytest.fixture(scope="module")
def truth(tmp_path_factory, shape) -> Path:
    path = tmp_path_factory.mktemp("truth") / "truth.ply"
    shape.export(path)
    return path


def run(*arguments) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return evaluate(parser.parse_args([str(argument) for argument in arguments]))


def test_a_result_folder_is_measured_in_all_ways(result, truth, tmp_path, capsys):
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((96, 96, 3), 128, np.uint8)).save(photo)
    Image.fromarray(np.full((96, 96), 255, np.uint8)).save(tmp_path / "mask.png")
    asked = (result, truth, "--align", "icp", "--photo", photo, "--mask", tmp_path / "mask.png")
    assert run(*asked, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unit_box"]["chamfer"] < 1e-5 and found["unit_box"]["iou"] > 0.999
    assert found["aligned"]["chamfer"] < 1e-3 and found["aligned"]["f_score_0.05"] == 1.0
    assert set(found["unit_box"]["parts"]) == {"seen", "invented", "in_view", "out_of_view"}
    assert 0.05 < found["photos"][0]["silhouette_iou"] < 0.5 and found["photos"][0]["psnr"] > 40
    assert run(*asked) == 0
    said = capsys.readouterr().out
    for words in ("Unit box, 100,000 points", "Aligned, 10,000 points", "invented", "Chamfer distance", "PSNR"):
        assert words in said


@pytest.mark.parametrize("ending", ["glb", "obj", "ply", "stl", "npz"])
def test_every_format_gives_the_same_mesh(result, shape, tmp_path, ending):
    path = tmp_path / f"mesh.{ending}"
    if ending in ("glb", "npz"):
        path = result / path.name  # the engine's own
    else:
        shape.export(path)
    assert np.allclose(np.ptp(read_mesh(path).mesh.vertices, axis=0), shape.extents, atol=1e-5)


def test_a_job_folder_is_read_through_to_its_result(result, tmp_path):
    shutil.copytree(result, tmp_path / "result")
    subject = read_subject(tmp_path)
    assert subject.camera is not None and subject.seen is not None and subject.atlas is not None


def test_vertices_without_faces_do_not_count_for_the_size(shape, tmp_path):
    vertices = np.vstack([shape.vertices, [[9.0, 9.0, 9.0]]])
    np.savez(tmp_path / "mesh.npz", vertices=vertices, faces=shape.faces, seen=np.arange(len(vertices)))
    subject = read_mesh(tmp_path / "mesh.npz")
    assert np.allclose(np.ptp(subject.mesh.vertices, axis=0), shape.extents, atol=1e-6)
    assert subject.seen is not None and len(subject.seen) == len(subject.mesh.vertices) == len(shape.vertices)


def _damaged(folder: Path, name: str) -> Path:
    path = folder / name
    if name == "cloud.ply":
        trimesh.PointCloud(np.random.default_rng(0).random((9, 3))).export(path)
    elif name == "nowhere.npz":
        np.savez(path, vertices=np.full((3, 3), np.nan), faces=np.array([[0, 1, 2]]))
    elif name == "beyond.npz":
        np.savez(path, vertices=np.eye(3), faces=np.array([[0, 1, 7]]))
    elif name == "point.npz":
        np.savez(path, vertices=np.ones((3, 3)), faces=np.array([[0, 1, 2]]))
    elif name != "missing.ply":
        path.write_text("I am not a mesh")
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.ply", "nothing at"),
        ("text.ply", "cannot be read"),
        ("text.glb", "cannot be read"),
        ("text.npz", "cannot be read"),
        ("mesh.fbx", "format"),
        ("cloud.ply", "empty"),
        ("nowhere.npz", "damaged"),
        ("beyond.npz", "damaged"),
        ("point.npz", "single point"),
    ],
)
def test_what_is_no_mesh_is_told_with_a_next_step(tmp_path, truth, capsys, name, said):
    assert run(_damaged(tmp_path, name), truth) == 3
    told = capsys.readouterr()
    sentence, next_step = told.err.strip().splitlines()
    assert said in sentence and next_step.endswith(".") and told.out == ""


def test_a_folder_without_a_result_a_missing_truth_and_a_missing_camera_are_told(tmp_path, result, truth, capsys):
    for arguments, said in (
        ((tmp_path, truth), "no mesh.npz"),
        ((result, tmp_path / "truth.ply"), "no mesh file"),
        ((truth, truth, "--photo", "photo.png"), "no camera"),
        ((result, truth, "--photo", "a.png", "b.png", "--mask", "m.png"), "2 photos, but 1 files for --mask"),
    ):
        assert run(*arguments) == 3
        assert said in capsys.readouterr().err


def test_a_camera_that_is_none_is_told(tmp_path):
    broken = tmp_path / "camera.json"
    for text in ("{}", "not json"):
        broken.write_text(text)
        with pytest.raises(Failure, match="camera"):
            read_camera(broken)
