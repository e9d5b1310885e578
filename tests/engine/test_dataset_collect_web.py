"""How archives are asked: politely, going on where a run stopped; a local server answers as they do."""

import email.utils
import io
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from collect_server import OBJ, TOKEN, glb, run, running, sources, uuid

from statue_recon.contract import Failure
from statue_recon.dataset.collect import web
from statue_recon.dataset.collect.web import Denied, Visitor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(web, "FIRST_WAIT", 0.002)
    monkeypatch.setenv("SKETCHFAB_TOKEN", TOKEN)
    monkeypatch.delenv("SMITHSONIAN_API_KEY", raising=False)


@pytest.fixture
def archive():
    with running() as kind:
        yield kind


@pytest.fixture
def out(tmp_path):
    return tmp_path / "scans"


@pytest.fixture
def collect(archive, out, capsys):
    """Runs the command against the server; returns its exit code and what it said."""

    def ask(source, *more):
        code = run(source, "bust", "--out", str(out), "--server", archive.address, "--pause", "0", *more)
        said = capsys.readouterr()
        return code, said.out + said.err

    return ask


def files_asked_for(archive) -> list[str]:
    return [path for path, _ in archive.asked if path.startswith("/files/")]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def visitor():
    clock = Clock()
    made = Visitor(1.0, clock.sleep, lambda: clock.now)
    made.slept = clock.slept
    return made


def test_the_same_command_again_downloads_nothing_and_lists_nothing_twice(archive, collect, out):
    archive.add_scan(1)
    archive.add_scan(2)
    collect("smithsonian")
    first, asked = sources(out), len(files_asked_for(archive))
    journal = (out / "manifest.jsonl").read_bytes()
    code, said = collect("smithsonian")
    assert code == 0 and "0 new objects, 2 were there" in said
    assert sources(out) == first and len(files_asked_for(archive)) == asked == 2
    assert (out / "manifest.jsonl").read_bytes() == journal


def test_a_limit_counts_what_is_there_so_the_same_command_stays_within_it(archive, collect, out):
    for number in range(4):
        archive.add_scan(number)
    for _ in range(2):
        collect("smithsonian", "--limit", "2")
        assert len(sources(out)) == 2
    collect("smithsonian", "--limit", "3")
    assert len(sources(out)) == 3 and len(files_asked_for(archive)) == 3


def test_a_file_that_breaks_off_is_gone_on_with_where_it_broke(archive, collect, out):
    content = glb(900_000)
    archive.add_model("longmodel000", content=content)
    archive.breaks["longmodel000.glb"] = 500_000
    collect("sketchfab")
    (source,) = sources(out).values()
    assert (out / source["file"]).read_bytes() == content
    ranges = [headers.get("Range") for path, headers in archive.asked if path.startswith("/files/")]
    assert ranges == [None, "bytes=500000-"]


def test_a_file_that_was_replaced_since_it_broke_off_begins_anew(archive, collect, out):
    old, new = glb(900_000, generator="old"), glb(900_000, generator="new")
    archive.add_model("longmodel000", content=old)
    archive.breaks["longmodel000.glb"] = 500_000
    asked_once = archive._file

    def replaced(self, path):
        asked_once(self, path)
        self.files["longmodel000.glb"] = new

    archive._file = replaced
    collect("sketchfab")
    (source,) = sources(out).values()
    assert (out / source["file"]).read_bytes() == new


def test_errors_that_pass_are_waited_for(archive, collect, out):
    archive.add_scan(1)
    archive.mishaps += [
        ("/openaccess", 500),
        ("/openaccess", 429, {"Retry-After": "0"}),
        ("/api/v1.0/content", 503),
        ("/files", 502),
    ]
    code, _ = collect("smithsonian")
    assert code == 0 and len(sources(out)) == 1 and not archive.mishaps


def test_a_temporary_address_that_ran_out_is_asked_for_anew(archive, collect, out):
    archive.add_model("slowmodel000")
    archive.mishaps.append(("/files", 403))
    collect("sketchfab")
    assert len(sources(out)) == 1 and archive.times("/v3/models/*/download") == 2


def test_a_secret_does_not_follow_where_a_server_sends_us(archive, visitor):
    archive.mishaps.append(("/v3/me", 302, {"Location": f"{archive.address}/v3/search?license=by"}))
    visitor.json(f"{archive.address}/v3/me", {"Authorization": f"Token {TOKEN}"})
    assert [path for path, headers in archive.asked if TOKEN in str(headers)] == ["/v3/me"]
    assert len(archive.asked) == 2


def test_an_archive_in_trouble_is_left_in_peace_and_what_came_is_kept(archive, collect, out):
    for number in range(8):
        archive.add_scan(number)
        archive.mishaps += [(f"/files/{number}.zip", 500)] * web.TRIES if number else []
    code, said = collect("smithsonian")
    assert code == 3 and "could not deliver 5 objects" in said and len(sources(out)) == 1
    archive.mishaps.clear()
    assert collect("smithsonian")[0] == 0 and len(sources(out)) == 8


def test_a_network_that_is_down_is_told_in_a_sentence(collect):
    code, said = collect("smithsonian", "--server", "http://127.0.0.1:9")
    assert code == 3 and "could not be reached" in said and "goes on where it stopped" in said


def test_a_server_that_speaks_no_json_is_told_in_a_sentence(archive, collect):
    archive._records = archive._file
    archive.files = {"/openaccess/api/v1.0/search": b"<html>"}
    code, said = collect("smithsonian")
    assert code == 3 and "did not answer as its interface should" in said


def test_a_run_that_was_killed_while_downloading_loses_nothing(archive, collect, out):
    for number in range(3):
        archive.add_scan(number)
    archive.add_scan(3, name="long.zip")
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as made:
        made.writestr("long.obj", OBJ + b"#" * 3_000_000)
    archive.files["long.zip"] = stored.getvalue()
    send = archive._file

    def slowly(self, path):
        if "long" not in path or self.headers.get("Range"):
            return send(self, path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(archive.files["long.zip"])))
        self.end_headers()
        self.wfile.write(archive.files["long.zip"][:1_000_000])
        self.wfile.flush()
        time.sleep(20)

    archive._file = slowly
    words = ["smithsonian", "bust", "--out", str(out), "--server", archive.address, "--pause", "0"]
    code = f"import argparse; from statue_recon.dataset.collect import command; p = argparse.ArgumentParser(); \
command.add_arguments(p); command.run(p.parse_args({words!r}))"
    run = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    part = out / ".parts" / f"smithsonian-{uuid(3)}" / "download"
    until = time.monotonic() + 20
    while not (part.is_file() and part.stat().st_size >= 700_000) and time.monotonic() < until:
        time.sleep(0.01)
    run.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    run.wait()
    assert len(sources(out)) == 3
    before = len(files_asked_for(archive))
    collect("smithsonian")
    assert len(sources(out)) == 4
    assert files_asked_for(archive)[before:] == ["/files/long.zip"]
    (headers,) = [headers for path, headers in archive.asked if "long" in path and headers.get("Range")]
    assert int(headers["Range"].removeprefix("bytes=").removesuffix("-")) >= 700_000


def test_an_object_fetched_but_not_yet_recorded_is_not_fetched_again(archive, collect, out):
    archive.add_scan(1)
    collect("smithsonian")
    before = sources(out)
    (out / "manifest.jsonl").write_bytes(b"")  # as if the run had been killed just before
    collect("smithsonian")
    assert sources(out) == before and len(files_asked_for(archive)) == 1


def test_requests_keep_their_distance(archive, visitor):
    for _ in range(3):
        visitor.json(f"{archive.address}/api/v1.0/content/file/search?model_url=x")
    assert visitor.slept == [1.0, 1.0]


def test_a_server_is_given_the_time_it_asks_for(archive, visitor):
    until = email.utils.formatdate(time.time() + 60, usegmt=True)
    archive.mishaps += [("/api", 429, {"Retry-After": "7"}), ("/api", 503, {"Retry-After": until})]
    visitor.json(f"{archive.address}/api/v1.0/content/file/search?model_url=x")
    assert visitor.slept[0] == 7.0 and 55 < visitor.slept[1] <= 60


def test_the_waits_grow_and_end(archive, visitor, monkeypatch):
    monkeypatch.setattr(web, "FIRST_WAIT", 1.0)
    archive.mishaps += [("/api", 500)] * 9
    with pytest.raises(Denied):
        visitor.json(f"{archive.address}/api/v1.0/content/file/search?model_url=x")
    assert visitor.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_server_that_wants_an_hour_of_peace_gets_it(archive, visitor):
    archive.mishaps += [("/api", 429, {"Retry-After": "3600"})]
    with pytest.raises(Failure, match="left in peace for 60 minutes"):
        visitor.json(f"{archive.address}/api/v1.0/content/file/search?model_url=x")
    assert visitor.slept == [] and len(archive.asked) == 1


def test_the_shared_key_of_the_smithsonian_being_used_up_tells_how_to_get_an_own(archive, collect, monkeypatch):
    archive.mishaps += [("/openaccess", 429, {"Retry-After": "3600"})]
    code, said = collect("smithsonian")
    assert code == 3 and "DEMO_KEY" in said and "https://api.data.gov/signup/" in said
    monkeypatch.setenv("SMITHSONIAN_API_KEY", "my-own")
    collect("smithsonian")
    asked = [(path, headers["X-Api-Key"]) for path, headers in archive.asked if path.startswith("/openaccess")]
    assert [key for _, key in asked] == ["DEMO_KEY", "my-own"] and "my-own" not in str([path for path, _ in asked])
