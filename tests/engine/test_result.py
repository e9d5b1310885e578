"""Writing results and previews: complete, repeatable, whole or not at all."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from statue_recon import result as results
from statue_recon.camera import Camera
from statue_recon.contract import Failure, Result
from statue_recon.field.sdf import SDF
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.result import write_preview, write_result

CAMERA = Camera.orbit(10, 5, 4.0, 640, 480, 900.0)


@pytest.fixture(scope="module")
def textured() -> TexturedMesh:
    """A tetrahedron with a picture of noise."""
    mesh = Mesh(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32),
        np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32),
    )
    random = np.random.default_rng(0)
    return TexturedMesh(
        mesh,
        random.random((4, 3, 2)).astype(np.float32),
        random.integers(0, 255, (32, 32, 3)).astype(np.uint8),
        np.array([0, 0.5, 1, 1], np.float32),
    )


def write(folder: Path, textured: TexturedMesh, relative: str = "result", volume: SDF | None = None) -> Result:
    note = {"engine": "0", "note": "déjà vu"}
    return write_result(folder, relative, textured, CAMERA, note, 1.234, "4 faces", volume)


def ball(nodes: int, radius: float = 0.7) -> SDF:
    """A ball in a box that is higher than wide, `nodes` along its height of 1.8."""
    spacing = 1.8 / (nodes - 1)
    lower = np.array([-0.75, -0.8, -0.9])
    counts = [round(-2 * low / spacing) + 1 for low in lower]
    x, y, z = (low + spacing * np.arange(count) for low, count in zip(lower, counts, strict=True))
    away = np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2)
    return SDF((away - radius).astype(np.float32), lower, spacing)


@pytest.fixture(params=[161, 65, 33], ids=["finer than it is kept", "as fine as it is kept", "coarser"])
def kept(request, tmp_path, textured):
    """What is read back of a ball's volume, and how many nodes along its height it was written from."""
    result = write(tmp_path, textured, volume=ball(request.param))
    assert result.volume == "result/volume.npz"
    with np.load(tmp_path / result.volume, allow_pickle=False) as arrays:
        yield dict(arrays), request.param


def test_a_volume_is_kept_with_64_cells_along_its_longest_side(kept):
    arrays, nodes = kept
    assert arrays["values"].dtype == np.int8
    assert arrays["values"].shape[2] == min(nodes, 65)
    assert arrays["spacing"] == pytest.approx(1.8 / (min(nodes, 65) - 1))
    assert np.allclose(arrays["lower"], [-0.75, -0.8, -0.9])


def test_the_distances_of_a_volume_read_back_as_they_were(kept):
    arrays, _ = kept
    nodes = np.stack(np.indices(arrays["values"].shape), -1) * arrays["spacing"] + arrays["lower"]
    truth = np.linalg.norm(nodes, axis=-1) - 0.7
    read = arrays["values"] / 127 * arrays["reach"]
    near = np.abs(truth) < arrays["reach"]
    inner = near & (np.linalg.norm(nodes, axis=-1) > 0.2)  # at the centre the distance has its crease
    assert np.abs(read - truth)[inner].max() < 0.035 * arrays["spacing"]
    assert (np.abs(arrays["values"][~near]) == 127).all()


def test_inside_stays_inside_however_near_the_surface(tmp_path, textured):
    thin = SDF(np.full((4, 4, 4), -1e-6, np.float32), np.zeros(3), 0.1)
    result = write(tmp_path, textured, volume=thin)
    with np.load(tmp_path / result.volume) as arrays:
        assert (arrays["values"] == -1).all()


def test_without_a_volume_there_is_no_file_of_it(tmp_path, textured):
    assert write(tmp_path, textured).volume is None
    assert not (tmp_path / "result" / "volume.npz").exists()


def test_doubt_is_kept_with_the_mesh(tmp_path, textured):
    unsure = np.array([0, 0.01, 0.02, 0.03], np.float32)
    result = write(tmp_path, dataclasses.replace(textured, doubt=unsure))
    with np.load(tmp_path / result.mesh) as arrays:
        assert np.array_equal(arrays["doubt"], unsure) and arrays["doubt"].dtype == np.float32


def test_a_result_names_files_that_are_there_and_whole(tmp_path, textured):
    result = write(tmp_path, textured)
    with np.load(tmp_path / result.mesh, allow_pickle=False) as arrays:
        assert set(arrays) == {"vertices", "faces", "uv", "seen", "doubt", "quads"}
        assert np.array_equal(arrays["doubt"], np.zeros(4, np.float32)), "nothing was imagined"
        assert np.array_equal(arrays["uv"], textured.uv) and arrays["uv"].dtype == np.float32
        assert np.array_equal(arrays["faces"], textured.mesh.faces) and arrays["faces"].dtype == np.int32
        assert np.array_equal(arrays["seen"], textured.seen)
    assert (tmp_path / result.model).read_bytes()[:4] == b"glTF"
    assert np.array_equal(np.asarray(Image.open(tmp_path / result.texture)), textured.atlas)
    assert json.loads((tmp_path / result.provenance).read_text(encoding="utf-8"))["note"] == "déjà vu"
    assert (result.faces, result.seconds, result.summary) == (4, 1.23, "4 faces")


def test_the_camera_file_serves_the_engine_and_blender(tmp_path, textured):
    result = write(tmp_path, textured)
    camera = json.loads((tmp_path / result.camera).read_text(encoding="utf-8"))
    assert np.allclose(Camera.from_json(camera).world_to_camera, CAMERA.world_to_camera)
    assert camera["blender"] == json.loads(json.dumps(CAMERA.to_blender()))
    assert (camera["width"], camera["height"]) == (640, 480)


def test_paths_are_relative_with_forward_slashes(tmp_path, textured):
    assert write(tmp_path, textured, "made/here").model == "made/here/mesh.glb"
    flat = write(tmp_path, textured, "")
    assert flat.model == "mesh.glb" and (tmp_path / "mesh.glb").is_file()


def test_the_same_result_always_has_the_same_bytes(tmp_path, textured):
    first = write(tmp_path / "a", textured, volume=ball(80))
    write(tmp_path / "b", textured, volume=ball(80))
    for name in (first.mesh, first.volume, first.model, first.texture, first.camera, first.provenance):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_preview_is_one_file_in_the_preview_folder(tmp_path, textured):
    colours = np.full((4, 3), 0.5, np.float32)
    path = write_preview(tmp_path, "coarse", textured.mesh, colours)
    assert path == "preview/coarse.npz"
    with np.load(tmp_path / path, allow_pickle=False) as arrays:
        assert set(arrays) == {"vertices", "faces", "colours"}
        assert np.array_equal(arrays["colours"], colours)
    assert [file.name for file in (tmp_path / "preview").iterdir()] == ["coarse.npz"]


def test_a_full_disk_is_said_in_a_sentence_and_leaves_the_old_file_whole(tmp_path, textured, monkeypatch):
    colours = np.zeros((4, 3), np.float32)
    path = tmp_path / write_preview(tmp_path, "coarse", textured.mesh, colours)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(results.os, "fsync", full)
    with pytest.raises(Failure, match="The disk is full") as refusal:
        write_preview(tmp_path, "coarse", textured.mesh, colours + 1)
    assert "Free some space" in refusal.value.next_step
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["coarse.npz"]


def test_a_disk_that_is_really_full_is_met_the_same_way(textured):
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("only Linux has a device that is always full")
    with pytest.raises(OSError) as reason:
        full.write_bytes(b"x" * 10000)
    refusal = results._refusal(Path("result/mesh.npz"), 10000, reason.value)
    assert refusal.message.startswith("The disk is full: mesh.npz")


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path, textured):
    (tmp_path / "result").write_text("a file where the folder should be")
    with pytest.raises(Failure, match="cannot be written"):
        write(tmp_path, textured)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_read_only_folder_is_said_in_a_sentence(tmp_path, textured, monkeypatch, code):
    def locked(path, *_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", locked)  # the tests may run as root, to whom nothing is read-only
    with pytest.raises(Failure, match="read-only"):
        write(tmp_path, textured)
