"""The manifest: a journal that loses nothing, and an index that may be thrown away at any time."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from statue_recon.contract import Failure
from statue_recon.dataset.manifest import INDEX, JOURNAL, USED, Manifest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def manifest(tmp_path):
    with Manifest(tmp_path, create=True) as opened:
        yield opened


def write_journal(folder: Path, objects: int) -> None:
    """A journal as collecting and cleaning leave it."""
    with (folder / JOURNAL).open("w", encoding="utf-8", newline="\n") as file:
        for number in range(objects):
            source = {"file": f"meshes/{number}.glb", "title": f"Statue {number}", "description": "marble " * 60}
            clean = {"verdict": "keep", "same_as": None, "measures": {"faces": number}}
            for section, data in (("source", source), ("clean", clean)):
                line = {"id": f"o{number}", "section": section, "data": data, "at": 1.5}
                file.write(json.dumps(line) + "\n")


def in_other_process(code: str, *words: object) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], cwd=ROOT)


RECORD = """
import sys
from pathlib import Path
from statue_recon.dataset.manifest import Manifest
with Manifest(Path(sys.argv[1])) as manifest:
    for number in range(int(sys.argv[3])):
        manifest.record(f"{sys.argv[2]}{number}", "source", {"title": sys.argv[2] * 50, "number": number})
"""


def test_the_newest_word_on_an_object_counts_and_sections_do_not_touch_each_other(manifest):
    manifest.record("a", "source", {"title": "Löwe"})
    manifest.record("b", "source", {"title": "Cat"})
    manifest.record("a", "review", {"verdict": "keep"})
    manifest.record("a", "review", {"verdict": None})
    assert manifest.get("a") == {
        "number": 0,
        "id": "a",
        "source": {"title": "Löwe"},
        "clean": None,
        "review": {"verdict": None},
        "split": None,
    }
    assert manifest.at(1)["id"] == "b" and manifest.at(2) is None and manifest.get("c") is None
    assert manifest.count("json_extract(source, '$.title') = ?", "Cat") == 1
    with pytest.raises(ValueError, match="no"):
        manifest.record("a", "nonsense", {})


def test_another_who_has_it_open_sees_what_was_recorded(manifest, tmp_path):
    with Manifest(tmp_path) as other:
        manifest.record("a", "source", {"title": "Lion"})
        other.refresh()
        assert other.get("a")["source"] == {"title": "Lion"}


def test_two_processes_that_record_at_the_same_time_lose_nothing(manifest, tmp_path):
    runs = [in_other_process(RECORD, tmp_path, name, 150) for name in ("left", "right")]
    for number in range(150):
        manifest.record(f"here{number}", "source", {"number": number})
    assert [run.wait() for run in runs] == [0, 0]
    manifest.refresh()
    found = [(entry["number"], entry["id"]) for entry in manifest.entries()]
    assert [number for number, _ in found] == list(range(450))
    assert {name for _, name in found} == {
        f"{who}{number}" for who in ("left", "right", "here") for number in range(150)
    }
    assert all(json.loads(line) for line in (tmp_path / JOURNAL).read_text(encoding="utf-8").splitlines())


def test_nobody_adds_a_line_while_another_process_does(manifest, tmp_path):
    other = sqlite3.connect(tmp_path / INDEX, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # what a process holds while it appends
    recording = threading.Thread(target=manifest.record, args=("a", "source", {}))
    recording.start()
    recording.join(0.1)
    assert recording.is_alive() and not (tmp_path / JOURNAL).read_bytes()
    other.execute("COMMIT")
    other.close()
    recording.join()
    assert manifest.get("a")


def test_threads_of_one_process_may_record_at_the_same_time(manifest):
    def record(name: str) -> None:
        for number in range(60):
            manifest.record(f"{name}{number}", "review", {"verdict": "keep"})
            assert manifest.get(f"{name}{number}")

    threads = [threading.Thread(target=record, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert manifest.count() == 240


def test_a_process_that_is_killed_while_recording_loses_only_what_it_had_not_said_yet(tmp_path):
    Manifest(tmp_path, create=True).close()
    run = in_other_process(RECORD, tmp_path, "x", 1_000_000)
    until = time.monotonic() + 20
    while (tmp_path / JOURNAL).read_bytes().count(b"\n") < 50 and time.monotonic() < until:
        time.sleep(0.002)
    run.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    run.wait()
    said = (tmp_path / JOURNAL).read_bytes().count(b"\n")
    with Manifest(tmp_path) as manifest:
        assert manifest.count() == said >= 50
        manifest.record("after", "source", {})
        assert manifest.count() == said + 1


@pytest.mark.parametrize("left", [1, 20, 40])
def test_a_last_line_that_was_cut_off_is_ended_and_does_not_swallow_the_next(tmp_path, left):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record("a", "source", {"title": "Löwe"})
        manifest.record("b", "source", {"title": "Löwin"})
    journal = tmp_path / JOURNAL
    first, second = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(first + second[:left])
    for _ in range(2):  # with the old index, then without
        with Manifest(tmp_path) as manifest:
            assert manifest.get("a") and manifest.get("b") is None
        (tmp_path / INDEX).unlink()
    with Manifest(tmp_path) as manifest:
        manifest.record("c", "source", {"title": "Cat"})
        assert [entry["id"] for entry in manifest.entries()] == ["a", "c"]


def test_a_last_line_that_lacks_nothing_but_its_end_still_counts_once_it_is_ended(tmp_path):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record("a", "source", {})
        (tmp_path / JOURNAL).write_bytes((tmp_path / JOURNAL).read_bytes()[:-1])
        manifest.record("b", "source", {})
        assert [entry["id"] for entry in manifest.entries()] == ["a", "b"]


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_an_index_that_is_missing_or_damaged_is_made_again_from_the_journal(tmp_path, content):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record("a", "source", {"title": "Lion"})
    (tmp_path / INDEX).unlink()
    if content is not None:
        (tmp_path / INDEX).write_bytes(content)
    with Manifest(tmp_path) as manifest:
        assert manifest.get("a")["source"] == {"title": "Lion"}


def test_an_index_of_another_version_is_made_again(tmp_path):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record("a", "source", {})
    old = sqlite3.connect(tmp_path / INDEX)
    old.executescript("DROP TABLE state; CREATE TABLE state (x); PRAGMA user_version = 1")
    old.close()
    with Manifest(tmp_path) as manifest:
        assert manifest.count() == 1


@pytest.mark.parametrize("longer", [False, True])
def test_another_journal_in_the_place_of_the_first_is_noticed(tmp_path, longer):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record("a", "source", {"title": "Lion"})
        manifest.record("b", "source", {"title": "Lion"})
    write_journal(tmp_path, 5 if longer else 0)
    with Manifest(tmp_path) as manifest:
        assert manifest.get("a") is None and manifest.count() == (5 if longer else 0)


def test_an_index_that_somebody_else_is_writing_to_is_waited_for_and_never_removed(tmp_path, monkeypatch):
    Manifest(tmp_path, create=True).close()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *words, **more: connect(*words, **{**more, "timeout": 0.05}))
    busy = connect(tmp_path / INDEX, isolation_level=None)
    busy.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Failure, match="locked"):
        Manifest(tmp_path)
    busy.execute("COMMIT")
    busy.close()
    with Manifest(tmp_path) as manifest:
        assert manifest.count() == 0


def test_lines_by_other_hands_that_make_no_sense_are_passed_over(tmp_path):
    (tmp_path / JOURNAL).write_bytes(
        b'{"id": "a", "section": "source", "data": {"x": NaN}}\n\xff\xfe\n[]\nnull\n'
        b'{"id": 3, "section": "source", "data": {}}\n'
        b'{"id": "b", "section": "poems", "data": {}}\n{"id": "c", "section": "source", "data": "words"}\n'
    )
    with Manifest(tmp_path) as manifest:
        assert [(entry["id"], entry["source"]) for entry in manifest.entries()] == [("a", {"x": None})]
        assert manifest.count("json_extract(source, '$.x') IS NULL") == 1


def test_names_of_files_that_are_no_text_come_back_as_they_were(manifest, tmp_path):
    odd = os.fsdecode(b"\xe9tude.obj") if os.name != "nt" else "\udce9tude.obj"
    manifest.record("a", "source", {"file": odd})
    (tmp_path / INDEX).replace(tmp_path / "old")
    with Manifest(tmp_path) as again:
        assert again.get("a")["source"]["file"] == odd


def test_a_number_that_is_none_is_refused_when_it_is_recorded(manifest):
    with pytest.raises(ValueError, match="JSON"):
        manifest.record("a", "clean", {"measures": {"volume": float("nan")}})
    assert manifest.count() == 0


def test_recording_while_the_entries_are_read_is_allowed(manifest):
    manifest.record_many("source", ((f"o{number}", {}) for number in range(500)))
    for entry in manifest.entries("clean IS NULL"):
        manifest.record(entry["id"], "clean", {"verdict": "keep"})
    assert manifest.count("clean IS NOT NULL") == 500


def test_a_person_has_the_last_word_on_what_is_used(manifest):
    cases = {
        "new": (None, None),
        "kept": ("keep", None),
        "dropped": ("drop", None),
        "to be seen": ("look", None),
        "rescued": ("drop", "keep"),
        "thrown out": ("keep", "drop"),
        "undecided": ("keep", "unsure"),
    }
    for name, (clean, review) in cases.items():
        manifest.record(name, "source", {})
        if clean:
            manifest.record(name, "clean", {"verdict": clean})
        if review:
            manifest.record(name, "review", {"verdict": review})
    manifest.record("kept", "review", {"verdict": None})  # taken back
    manifest.record("no source", "clean", {"verdict": "keep"})
    assert [entry["id"] for entry in manifest.entries(USED)] == ["new", "kept", "rescued"]


def test_what_is_no_collection_is_told_in_a_sentence(tmp_path):
    with pytest.raises(Failure, match="is not a collection") as caught:
        Manifest(tmp_path / "nowhere")
    assert "dataset collect" in caught.value.next_step and not (tmp_path / "nowhere").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be made"):
        Manifest(tmp_path / "file/collection", create=True)


def test_ten_thousand_objects_are_read_and_counted_without_holding_them(tmp_path):
    write_journal(tmp_path, 10_000)
    assert (tmp_path / JOURNAL).stat().st_size > 6_000_000
    tracemalloc.start()
    with Manifest(tmp_path) as manifest:
        numbers = sum(1 for entry in manifest.entries() if entry["source"]["file"])
        for number in range(0, 10_000, 100):
            assert manifest.at(number)["id"] == f"o{number}" == manifest.get(f"o{number}")["id"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert numbers == 10_000 and peak < 2_500_000
