"""Job folders: made, read back, locked, found again, removed."""

import importlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def job_folder(addon):
    return importlib.import_module(addon.__name__ + ".inference.job_folder")


@pytest.fixture
def contract(addon):
    return importlib.import_module(addon.__name__ + ".statue_recon.contract")


@pytest.fixture
def make(job_folder, contract, tmp_path):
    """Makes a job folder; `events` are appended to its events."""

    def make(*events, title="Büste am Markt.jpg", photo=b"photo", mask=None):
        request = contract.Request(photo="somewhere else", mask_source="painted" if mask else "automatic", mask="x")
        folder = job_folder.create(tmp_path / "jobs", title, request, photo, mask, {"scene": "Platz"})
        write(folder, contract, *events)
        return folder

    return make


def write(folder, contract, *events):
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(contract.to_line(event) + "\n" for event in events)


@pytest.fixture
def hello(contract):
    return contract.Hello("0.1.0", 1, "cpu")


@pytest.fixture
def result(contract):
    return contract.Result("m.npz", "m.glb", "t.png", "c.json", "p.json", 1.0, 7, "Seven faces.")


@pytest.fixture
def locked():
    """Locks a folder in another process, as another Blender would."""
    others = []

    def locked(job_folder, folder):
        lock = Path(job_folder.__file__).with_name("lock.py")
        code = "import runpy, sys; t = runpy.run_path(sys.argv[1])['take'](__import__('pathlib').Path(sys.argv[2])); "
        code += "print(t is not None, flush=True); sys.stdin.read()"
        command = [sys.executable, "-c", code, str(lock), str(folder)]
        others.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert others[-1].stdout.readline() == "True\n"
        return others[-1]

    yield locked
    for other in others:
        other.kill()
        other.communicate()


def test_a_job_folder_holds_what_was_asked(job_folder, make):
    folder = make(mask=b"mask")
    request = job_folder.read_request(folder)
    assert (request.photo, request.mask) == ("photo.png", "mask.png")
    assert (folder / request.photo).read_bytes() == b"photo" and (folder / request.mask).read_bytes() == b"mask"
    assert job_folder.read_origin(folder) == {"scene": "Platz"}
    assert job_folder.title(folder) == "Büste am Markt.jpg"


def test_without_a_mask_the_request_names_none(job_folder, make):
    assert job_folder.read_request(make()).mask is None


def test_names_are_safe_everywhere_and_never_collide(make):
    folders = [make(title="../Štatúe: «Größe»/ 雕像 ?.png") for _ in range(5)]
    assert len(set(folders)) == 5
    for folder in folders:
        assert folder.parent.name == "jobs" and folder.name.isascii() and not set(folder.name) & set(' /\\:*?"<>|')


def test_a_name_of_300_characters_is_cut(make):
    assert len(make(title="a" * 300).name) < 70


def test_a_place_that_cannot_be_written_to_is_told_with_a_next_step(job_folder, contract, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(contract.Failure, match="cannot be written to") as failure:
        job_folder.create(tmp_path / "file" / "jobs", "x", contract.Request("p"), b"", None, {})
    assert "preferences" in failure.value.next_step


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"photo": 3}', '{"photo": "photo.png", "quality": "best"}', '{"photo": "p", "version": 99}'],
)
def test_a_request_edited_by_hand_is_told_as_a_sentence(job_folder, contract, make, text):
    folder = make()
    (folder / "request.json").write_text(text, encoding="utf-8")
    with pytest.raises(contract.Failure) as failure:
        job_folder.read_request(folder)
    assert failure.value.next_step
    assert job_folder.unfinished(folder.parent) == []


def test_a_request_that_is_not_text_or_is_missing_is_told_as_a_sentence(job_folder, contract, make):
    folder = make()
    (folder / "request.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(contract.Failure, match="not text"):
        job_folder.read_request(folder)
    (folder / "request.json").unlink()
    with pytest.raises(contract.Failure, match="cannot be read"):
        job_folder.read_request(folder)


def test_interrupted_jobs_and_results_in_no_scene_are_offered_again(job_folder, contract, make, hello, result):
    interrupted, waiting, inserted = make(hello), make(hello, result), make(hello, result)
    make(hello, contract.Failed("It failed.", "Mend it."))
    make(hello, contract.Cancelled(None))
    dismissed, resumed = make(hello), make(hello, contract.Cancelled(None), hello)
    job_folder.mark_inserted(inserted)
    job_folder.dismiss(dismissed)
    assert set(job_folder.unfinished(interrupted.parent)) == {interrupted, waiting, resumed}


def test_a_job_that_runs_in_another_blender_is_neither_offered_nor_removed(job_folder, contract, make, hello, locked):
    folder = make(hello)
    other = locked(job_folder, folder)
    assert job_folder.unfinished(folder.parent) == []
    with pytest.raises(contract.Failure, match="another Blender"):
        job_folder.delete(folder)
    other.kill()
    other.wait()
    assert job_folder.unfinished(folder.parent) == [folder], "a Blender that was killed leaves no lock"


def test_clean_up_removes_the_oldest_finished_jobs_only(job_folder, make, hello, result, locked):
    big = b"x" * 100_000
    names = ["a", "b", "c", "d", "e"]
    made = [make(hello, result, title=name, photo=big) for name in names]
    jobs = dict(zip(names, (rename(folder, f"2026010{n}") for n, folder in enumerate(made)), strict=True))
    (jobs["a"] / "events.jsonl").unlink()  # unfinished
    locked(job_folder, jobs["b"])
    root = jobs["a"].parent
    freed = job_folder.clean_up(root, 350_000)
    assert {name for name, folder in jobs.items() if not folder.exists()} == {"c", "d"}
    assert 200_000 < freed < 210_000
    job_folder.clean_up(root, 0)
    assert jobs["e"].exists(), "the newest stays"


def rename(folder, prefix):
    return folder.rename(folder.with_name(prefix + folder.name[8:]))


def test_clean_up_touches_nothing_that_is_no_job(job_folder, make, hello, result):
    folder = make(hello, result)
    root = folder.parent
    (root / "holiday").mkdir()
    (root / "holiday" / "beach.png").write_bytes(b"x" * 1000)
    edited = make(hello, result)
    (edited / "request.json").write_text(json.dumps({"mine": 1}), encoding="utf-8")
    rename(edited, "20010101")
    job_folder.clean_up(root, 0)
    assert (root / "holiday" / "beach.png").exists()
    assert len(list(root.iterdir())) == 3


def test_events_are_read_as_they_come_and_half_a_line_waits(addon, contract, make, hello):
    events = importlib.import_module(addon.__name__ + ".inference.events")
    folder = make(hello)
    follow = events.Events(folder)
    assert follow.new() == [hello] and follow.new() == []
    progress = contract.Progress("fit", 1, 2, 0.5, 1.0, None, message="Größe übernommen")
    line = (contract.to_line(progress) + "\n").encode()
    cuts = (0, 10, line.index(b"\xc3") + 1, len(line))  # the third goes through the middle of a letter
    for begin, end in itertools.pairwise(cuts):
        with (folder / "events.jsonl").open("ab") as file:
            file.write(line[begin:end])
        assert follow.new() == ([progress] if end == len(line) else [])
    assert events.Events(folder, skip=True).new() == []


def test_an_edits_folder_holds_the_statue_and_is_a_job_like_any_other(job_folder, make, addon, tmp_path, hello):
    edits = importlib.import_module(addon.__name__ + ".statue_recon.contract_edit")
    contract = importlib.import_module(addon.__name__ + ".statue_recon.contract")

    def statue(folder):
        (folder / "mesh.npz").write_bytes(b"mesh")

    request = edits.EditRequest("elsewhere", "gilded", region="words:the head")
    photo = make(hello)
    edit = job_folder.create_edit(tmp_path / "jobs", "Büste", request, statue, {"object": {"id": "x"}})
    assert job_folder.is_edit(edit) and not job_folder.is_edit(photo)
    assert job_folder.read_request(edit) == edits.EditRequest("statue", "gilded", region="words:the head")
    assert (edit / "statue/mesh.npz").read_bytes() == b"mesh" and job_folder.read_origin(edit)["object"]["id"] == "x"
    assert set(job_folder.jobs(tmp_path / "jobs")) == set(job_folder.unfinished(tmp_path / "jobs")) == {photo, edit}
    result = edits.EditResult("m.npz", "m.glb", "t.png", "m.json", "p.json", 1.0, "Gilded.")
    write(edit, contract, hello, result)
    assert edit in job_folder.unfinished(tmp_path / "jobs"), "its result waits for its file"
    job_folder.mark_inserted(edit)
    assert job_folder.unfinished(tmp_path / "jobs") == [photo]
    job_folder.delete(edit)
    assert not edit.exists()


def test_an_edit_whose_statue_cannot_be_written_leaves_no_folder(job_folder, contract, addon, tmp_path):
    edits = importlib.import_module(addon.__name__ + ".statue_recon.contract_edit")

    def full(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(contract.Failure, match="is full"):
        job_folder.create_edit(tmp_path / "jobs", "Bust", edits.EditRequest("s", "gilded"), full, {})
    assert list((tmp_path / "jobs").iterdir()) == []
