"""`dataset clean` finds what is broken and what is there twice, says why, and goes on where it was killed."""

import hashlib
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import trimesh

from statue_recon.dataset.clean.known import Known
from statue_recon.dataset.clean.pen import Limits
from statue_recon.dataset.clean.shape import SIZE
from statue_recon.dataset.clean.sift import Settings, sift
from statue_recon.dataset.manifest import Manifest

SETTINGS = Settings(Limits(60.0, 2 * 2**30), ("animal", "artefact"), None, None)
ROOT = Path(__file__).resolve().parents[2]


def lump(seed: int, finer: int = 4) -> trimesh.Trimesh:
    """A closed body without symmetry, another for each seed."""
    chance = np.random.default_rng(seed)
    ball = trimesh.creation.icosphere(subdivisions=finer)
    bulge = sum(
        np.exp(-(((ball.vertices - chance.normal(size=3)) / chance.uniform(0.5, 0.9)) ** 2).sum(axis=1))
        * chance.uniform(-0.7, 1.2)
        for _ in range(9)
    )
    stretch = chance.uniform(0.6, 1.6, 3)
    return trimesh.Trimesh(ball.vertices * (1 + bulge)[:, None] * stretch, ball.faces, process=False)


def moved(mesh: trimesh.Trimesh, seed: int = 0, scale: float = 7.3) -> trimesh.Trimesh:
    turned = trimesh.transformations.random_rotation_matrix(np.random.default_rng(seed).random(3))
    copy = mesh.copy()
    copy.apply_transform(turned)
    copy.apply_scale(scale)
    copy.apply_translation([3.0, -20.0, 4.0])
    return copy


def noisy(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    size = np.ptp(mesh.vertices, axis=0).max()
    grain = np.random.default_rng(1).normal(size=mesh.vertices.shape)
    return trimesh.Trimesh(mesh.vertices + 0.001 * size * grain, mesh.faces, process=False)


def mirrored(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices * [-1, 1, 1], mesh.faces[:, ::-1], process=False)


def clipped(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """Without its lowest twentieth, as a bust may come without its foot."""
    low, high = mesh.bounds[:, 2]
    kept = mesh.triangles_center[:, 2] > low + 0.05 * (high - low)
    return trimesh.Trimesh(mesh.vertices, mesh.faces[kept], process=False)


def plant(folder: Path, meshes: dict[str, object], title: str = "Statue") -> None:
    """A collection of meshes by file name; what is bytes is written as it is."""
    with Manifest(folder, create=True) as manifest:
        for name, mesh in meshes.items():
            path = folder / name
            if isinstance(mesh, bytes):
                path.write_bytes(mesh)
            else:
                mesh.export(path)
            content = path.read_bytes()
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            source = {"file": name, "title": title, "source": "folder", "hash": digest, "bytes": len(content)}
            manifest.record(path.name, "source", source)


def cleaned(folder: Path, settings: Settings = SETTINGS, jobs: int = 2) -> dict[str, dict]:
    with Manifest(folder) as manifest:
        sift(manifest, settings, None, jobs)
        return {entry["id"]: entry["clean"] for entry in manifest.entries()}


def journal(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("planted")
    lumps = [lump(seed) for seed in range(6)]
    originals = {f"original-{number}.ply": mesh for number, mesh in enumerate(lumps)}
    copies = {
        "copy-moved-0.glb": moved(lumps[0]),
        "copy-coarse-1.obj": moved(lumps[1].simplify_quadric_decimation(percent=0.75), 1, 0.01),
        "copy-noisy-2.stl": moved(noisy(lumps[2]), 2),
        "copy-fine-3.ply": moved(lumps[3].subdivide(), 3, 120.0),
        "copy-clipped-4.ply": moved(clipped(lumps[4]), 4),
        "copy-file-5.ply": lumps[5],
        "mirror-0.ply": moved(mirrored(lumps[0]), 5),
    }
    plant(folder, originals | copies)
    return cleaned(folder)


def test_every_planted_copy_is_dropped_and_names_its_original(found):
    copies = {name: clean for name, clean in found.items() if name.startswith("copy")}
    originals = {name: f"original-{Path(name).stem[-1]}.ply" for name in copies}
    assert {name: clean["same_as"] for name, clean in copies.items()} == originals
    assert all(clean["verdict"] == "drop" for clean in copies.values())
    assert all(originals[name] in " ".join(clean["reasons"]) for name, clean in copies.items())


def test_nothing_else_is_called_a_copy(found):
    originals = [clean for name, clean in found.items() if name.startswith("original")]
    assert [(clean["verdict"], clean["same_as"]) for clean in originals] == [("keep", None)] * 6


def test_a_mirror_image_is_for_a_person_to_see(found):
    assert found["mirror-0.ply"]["verdict"] == "look"
    assert "mirror image of original-0.ply" in found["mirror-0.ply"]["reasons"][0]


def bomb() -> bytes:
    """A .glb of 1 kB that says it has a milliard corners."""
    count = 1_000_000_000
    nothing = {"count": 1, "indices": {"bufferView": 0, "componentType": 5125}, "values": {"bufferView": 0}}
    accessor = {"componentType": 5126, "count": count, "type": "VEC3", "sparse": nothing}
    content = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [accessor],
        "bufferViews": [{"buffer": 0, "byteLength": 12}],
        "buffers": [{"byteLength": 12}],
    }
    return glb(content)


def draco() -> bytes:
    return glb({"asset": {"version": "2.0"}, "extensionsRequired": ["KHR_draco_mesh_compression"]})


def glb(content: dict, binary: bytes = bytes(12)) -> bytes:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<5I", 0x46546C67, 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<2I", len(binary), 0x004E4942) + binary


def test_each_kind_of_broken_mesh_gets_its_sentence(tmp_path):
    good = lump(0)
    nowhere = good.copy()
    nowhere.vertices[5] = np.nan
    half = lump(1)
    half = trimesh.Trimesh(half.vertices, half.faces[half.triangles_center[:, 2] > 0.2], process=False)
    wall = trimesh.creation.box((1.0, 1.0, 0.004)).subdivide_loop(4)
    ground = trimesh.creation.icosphere(subdivisions=4, radius=3.0)
    ground = trimesh.Trimesh(ground.vertices, ground.faces[ground.triangles_center[:, 2] > 2.4], process=False)
    rubble = trimesh.util.concatenate([moved(trimesh.creation.icosphere(2), n, 1 + n % 3) for n in range(60)])
    for number, vertices in enumerate(np.split(rubble.vertices, 60)):
        vertices += [10.0 * (number % 8), 10.0 * (number // 8), 0.0]
    far = lump(3)
    far.apply_translation([4e5, 5e6, 0.0])
    meshes = {
        "torn.glb": good.export(file_type="glb")[:700],
        "text.obj": b"this is no mesh\n",
        "nowhere.obj": nowhere,
        "cloud.ply": trimesh.PointCloud(good.vertices),
        "box.stl": trimesh.creation.box(),
        "wall.ply": wall,
        "ground.ply": ground,
        "rubble.ply": rubble,
        "far.obj": far,
        "bomb.glb": bomb(),
        "draco.glb": draco(),
        "model.fbx": b"Kaydara FBX Binary  \x00",
        "bust.ply": clipped(good),
    }
    plant(tmp_path, meshes)
    said = {name: (clean["verdict"], " ".join(clean["reasons"])) for name, clean in cleaned(tmp_path).items()}
    expected = {
        "torn.glb": ("drop", "cannot be read"),
        "text.obj": ("drop", ""),
        "nowhere.obj": ("drop", "not a number"),
        "cloud.ply": ("drop", "cloud of points"),
        "box.stl": ("drop", "12 faces"),
        "wall.ply": ("drop", "flat"),
        "ground.ply": ("look", "one side only"),
        "rubble.ply": ("look", "60 loose parts"),
        "far.obj": ("look", "far from the origin"),
        "bomb.glb": ("look", "2048 MiB"),
        "draco.glb": ("look", "compressed glTF needs Blender"),
        "model.fbx": ("look", "FBX needs Blender"),
        "bust.ply": ("keep", ""),
    }
    assert {name: verdict for name, (verdict, _) in said.items()} == {name: one for name, (one, _) in expected.items()}
    assert not [name for name, (_, words) in expected.items() if words not in said[name][1]], said


def test_what_was_judged_is_judged_again_only_when_it_changed(tmp_path):
    plant(tmp_path, {f"{number}.ply": lump(number, 3) for number in range(3)})
    cleaned(tmp_path)
    before = len(journal(tmp_path))
    cleaned(tmp_path)
    assert len(journal(tmp_path)) == before
    with Manifest(tmp_path) as manifest:
        manifest.record("1.ply", "source", manifest.get("1.ply")["source"] | {"title": "Oak tree"})
    assert cleaned(tmp_path)["1.ply"]["verdict"] == "drop"
    assert [line["id"] for line in journal(tmp_path)[before + 1 :]] == ["1.ply"]


def test_a_run_that_was_killed_goes_on_without_loss(tmp_path):
    meshes = {f"{number}.ply": lump(number % 5, 4) for number in range(10)}
    for name in ("whole", "killed"):
        plant(tmp_path / name, meshes)
    expected = cleaned(tmp_path / "whole")
    program = "from statue_recon.__main__ import main; main()"
    command = [sys.executable, "-c", program, "dataset", "clean", str(tmp_path / "killed"), "--jobs", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "BLENDER": ""}
    run = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while run.poll() is None and judged(tmp_path / "killed") < 3:
        time.sleep(0.02)
    run.kill()
    run.wait()
    assert 3 <= judged(tmp_path / "killed") < 10
    assert {name: clean | {"basis": ""} for name, clean in cleaned(tmp_path / "killed").items()} == {
        name: clean | {"basis": ""} for name, clean in expected.items()
    }
    lines = [line["id"] for line in journal(tmp_path / "killed") if line["section"] == "clean"]
    assert len(lines) == len(set(lines)) == 10


def judged(folder: Path) -> int:
    return (folder / "manifest.jsonl").read_bytes().count(b'"section": "clean"')


def test_the_neighbours_of_a_shape_are_found_among_ten_thousand_in_little_memory(tmp_path):
    import tracemalloc

    chance = np.random.default_rng(0)
    shapes = chance.random((10_000, SIZE)).astype(np.float16)
    with Known(tmp_path) as known:
        for number, shape in enumerate(shapes):
            known.put(number, f"hash {number}", shape, stands=number != 77)
        tracemalloc.start()
        near = known.nearest(shapes[5000] + np.float16(0.001), 9000, 0.5, 3)
        none = known.nearest(shapes[77], 9000, 0.5, 3)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert [neighbour.number for neighbour in near] == [5000]
        assert none == []
        assert known.nearest(shapes[5000], 5000, 0.5, 3) == []
        assert known.has(5000, "hash 5000")
        assert not known.has(5000, "hash 1")
    assert peak < 16e6
