"""Collecting from a folder, whose meshes stay where they are."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from collect_server import OBJ, glb, run, sources

from statue_recon.dataset.collect import folder
from statue_recon.dataset.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scans(tmp_path):
    (tmp_path / "scans").mkdir()
    return tmp_path / "scans"


@pytest.fixture
def collect(tmp_path, scans, capsys):
    """Runs the command on the folder `scans`; returns its exit code and what it said."""

    def ask(*more, path=scans):
        code = run("folder", str(path), "--out", str(tmp_path / "out"), *more)
        said = capsys.readouterr()
        return code, said.out + said.err

    return ask


def by_name(tmp_path) -> dict[str, dict]:
    """What the manifest says of each file."""
    return {Path(source["file"]).name: source for source in sources(tmp_path / "out").values()}


def put(path: Path, content: bytes | str | dict = OBJ) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_meshes_of_all_formats_are_found_in_all_folders_and_stay_where_they_are(tmp_path, scans, collect):
    names = ["a.glb", "b.gltf", "deep/c.obj", "deep/er/d.PLY", "e.stl", "f.fbx"]
    for name in names:
        put(scans / name, glb() if name == "a.glb" else OBJ)
    put(scans / "notes.txt", "no mesh")
    put(scans / ".hidden/g.obj")
    code, said = collect("--licence", "CC0")
    assert code == 0 and "6 new objects" in said
    found = by_name(tmp_path)
    assert sorted(found) == sorted(Path(name).name for name in names)
    for name in names:
        source = found[Path(name).name]
        assert Path(source["file"]) == (scans / name).resolve() and Path(source["file"]).is_file()
        assert source["licence"] == "CC0-1.0" and source["bytes"] == (scans / name).stat().st_size
    assert not list((tmp_path / "out").rglob("*.obj"))


def test_broken_sidecars_and_headers_are_no_end_of_the_run(tmp_path, scans, collect):
    put(scans / "a.obj")
    put(scans / "a.json", "{not json")
    put(scans / "b.glb", b"glTF\x02")
    put(scans / "c.gltf", b"\xff\xfe")
    put(scans / "metadata.csv", b"file,title\n\xff\xff.obj,x\nonly-one-field\n")
    put(scans / "d.obj", b"")
    code, said = collect("--licence", "CC0")
    assert code == 0 and sorted(by_name(tmp_path)) == ["a.obj", "b.glb", "c.gltf"] and "“d.obj” is empty" in said


def test_the_same_command_again_reads_no_file_and_records_nothing(tmp_path, scans, collect, monkeypatch):
    for name in ("a.obj", "b.obj"):
        put(scans / name)
    collect("--licence", "CC0")
    journal = (tmp_path / "out/manifest.jsonl").read_bytes()
    read = []
    monkeypatch.setattr(folder, "digest_of", lambda path: read.append(path))
    code, said = collect("--licence", "CC0")
    assert code == 0 and "0 new objects, 2 were there" in said and not read
    assert (tmp_path / "out/manifest.jsonl").read_bytes() == journal


def test_a_changed_file_or_a_corrected_licence_is_recorded_anew_as_the_same_object(tmp_path, scans, collect):
    mesh = put(scans / "a.obj")
    collect("--licence", "CC0")
    before = by_name(tmp_path)["a.obj"]
    put(mesh, OBJ + b"# edited\n")
    collect("--licence", "CC0")
    edited = by_name(tmp_path)["a.obj"]
    assert edited["hash"] != before["hash"] and edited["bytes"] > before["bytes"]
    put(scans / "a.json", {"licence": "MIT"})
    collect("--licence", "CC0")
    corrected = by_name(tmp_path)["a.obj"]
    assert corrected["licence"] == "MIT" and corrected["hash"] == edited["hash"]
    with Manifest(tmp_path / "out") as manifest:
        assert manifest.count() == 1


def test_a_collection_in_the_folder_of_its_meshes_can_be_moved_with_them(tmp_path, collect):
    put(tmp_path / "out/rooms/a.obj")
    collect("--licence", "CC0", path=tmp_path / "out")
    assert by_name(tmp_path)["a.obj"]["file"] == "rooms/a.obj"
    put(tmp_path / "out/meshes/sketchfab-1/model.obj")  # what another run has downloaded
    _, said = collect("--licence", "CC0", path=tmp_path / "out")
    assert "0 new objects, 1 were there" in said


def test_a_limit_is_kept(tmp_path, scans, collect):
    for number in range(5):
        put(scans / f"{number}.obj")
    for _ in range(2):
        collect("--licence", "CC0", "--limit", "3")
        assert sorted(by_name(tmp_path)) == ["0.obj", "1.obj", "2.obj"]


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS have no such names")
def test_a_name_that_is_no_text_is_taken_and_found_again(tmp_path, scans, collect):
    put(Path(os.fsdecode(os.fsencode(scans) + b"/\xe9tude.obj")))
    assert collect("--licence", "CC0")[0] == 0
    with Manifest(tmp_path / "out") as manifest:
        (entry,) = manifest.entries()
    assert Path(entry["source"]["file"]).read_bytes() == OBJ


def test_an_interrupt_ends_the_run_in_a_sentence_and_keeps_what_was_recorded(tmp_path, scans, collect, monkeypatch):
    for name in ("a.obj", "b.obj"):
        put(scans / name)
    digest_of = folder.digest_of

    def interrupted(path):
        if path.name == "b.obj":
            raise KeyboardInterrupt
        return digest_of(path)

    monkeypatch.setattr(folder, "digest_of", interrupted)
    code, said = collect("--licence", "CC0")
    assert code == 130 and "Cancelled. The same command goes on" in said
    assert list(by_name(tmp_path)) == ["a.obj"]


def test_many_that_are_left_out_for_one_reason_are_not_all_named(scans, collect):
    for number in range(30):
        put(scans / f"{number}.obj")
    _, said = collect()
    assert said.count("has no licence: left out.") == 20 and "is only counted" in said and "30 meshes" in said


def test_a_path_that_is_no_folder_is_told(collect, scans):
    code, said = collect(path=scans / "nowhere")
    assert code == 3 and "There is no folder" in said


def test_a_run_that_was_killed_is_gone_on_with_and_nothing_is_lost_or_double(tmp_path, scans, collect):
    for number in range(400):
        put(scans / f"{number:03}.obj", OBJ + f"# {number}\n".encode())
    words = ["folder", str(scans), "--out", str(tmp_path / "out"), "--licence", "CC0"]
    code = f"import argparse; from statue_recon.dataset.collect import command; p = argparse.ArgumentParser(); \
command.add_arguments(p); command.run(p.parse_args({words!r}))"
    run = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL)
    journal, until = tmp_path / "out/manifest.jsonl", time.monotonic() + 20
    while not (journal.is_file() and journal.read_bytes().count(b"\n") > 20) and time.monotonic() < until:
        time.sleep(0.002)
    run.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    run.wait()
    assert 20 < len(by_name(tmp_path)) < 400
    collect("--licence", "CC0")
    assert len(by_name(tmp_path)) == 400
    said = [json.loads(line)["id"] for line in journal.read_text(encoding="utf-8").splitlines()]
    assert len(said) == len(set(said)) == 400
