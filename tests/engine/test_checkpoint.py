"""Checkpoints give back what was put in, to the last bit, and only to the request they belong to."""

import dataclasses

import numpy as np
import pytest

from statue_recon import contract
from statue_recon.camera import Camera
from statue_recon.checkpoint import Checkpoints, read, write
from statue_recon.contract import Request
from statue_recon.field.sdf import SDF
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.photo.photo import Photo

RANDOM = np.random.default_rng(5)
CAMERA = Camera.orbit(33, 12, 4.7, 40, 30, focal=50.1)
MESH = Mesh(RANDOM.normal(size=(9, 3)).astype(np.float32), RANDOM.integers(0, 9, (5, 3), dtype=np.int32))
VALUES = [
    Photo(RANDOM.random((30, 40, 3), np.float32), RANDOM.random((30, 40), np.float32), "GrabCut", CAMERA, ("Größe",)),
    SDF(RANDOM.random((3, 4, 5), np.float32), np.array([0.1, 0.2, 0.3]), 1 / 7),
    (MESH, RANDOM.random((5, 3, 2), np.float32), CAMERA),
    TexturedMesh(MESH, RANDOM.random((5, 3, 2), np.float32), np.zeros((8, 8, 3), np.uint8), np.ones(9, np.float32)),
]


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_a_stage_gives_reads_back_to_the_last_bit(tmp_path, value):
    write(tmp_path / "stage.npz", value)
    assert same(read(tmp_path / "stage.npz"), value)


def test_what_no_checkpoint_can_hold_is_refused(tmp_path):
    with pytest.raises(TypeError, match="set"):
        write(tmp_path / "stage.npz", {1, 2})


@pytest.fixture
def request_of(tmp_path):
    def request_of(**changes):
        return Request(**{"photo": "photo.png", "mask": "mask.png", "mask_source": "painted"} | changes)

    (tmp_path / "photo.png").write_bytes(b"photo")
    (tmp_path / "mask.png").write_bytes(b"mask")
    return request_of


def test_a_finished_stage_is_not_done_again(tmp_path, request_of):
    kept = Checkpoints(tmp_path, request_of())
    assert kept.or_make("shape", lambda: VALUES[1]) is VALUES[1]
    again = Checkpoints(tmp_path, request_of()).or_make("shape", lambda: pytest.fail("done again"))
    assert same(again, VALUES[1])


@pytest.mark.parametrize(
    "edit",
    [
        lambda folder: {"seed": 1},
        lambda folder: {"quality": "high"},
        lambda folder: (folder / "photo.png").write_bytes(b"another") and {},
        lambda folder: (folder / "mask.png").write_bytes(b"another") and {},
    ],
    ids=["seed", "quality", "photo", "mask"],
)
def test_a_changed_request_photo_or_mask_starts_from_the_beginning(tmp_path, request_of, edit):
    Checkpoints(tmp_path, request_of()).or_make("shape", lambda: VALUES[1])
    kept = Checkpoints(tmp_path, request_of(**edit(tmp_path)))
    assert kept.or_make("shape", lambda: "new") == "new"
    assert len(list((tmp_path / contract.CHECKPOINT_FOLDER).iterdir())) == 1, "the stale one is gone"


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 half", b"nonsense"])
def test_a_damaged_checkpoint_is_made_again(tmp_path, request_of, damage):
    kept = Checkpoints(tmp_path, request_of())
    kept.or_make("shape", lambda: VALUES[1])
    next(kept.folder.iterdir()).write_bytes(damage)
    assert same(kept.or_make("shape", lambda: VALUES[1]), VALUES[1])
    assert same(kept.or_make("shape", lambda: pytest.fail("done again")), VALUES[1])
