"""statue-recon dataset review without a browser: deciding, walking, undoing, and what the server gives to whom."""

from __future__ import annotations

import http.client
import json
import threading
import time

import numpy as np
import pytest
import trimesh

from statue_recon.contract import Failure
from statue_recon.dataset.manifest import Manifest
from statue_recon.dataset.review.desk import FILTERS, Desk
from statue_recon.dataset.review.server import ReviewServer
from statue_recon.dataset.review.shelf import Shelf

CLEAN = ("keep", "look", "look", "drop", "keep", "look")


@pytest.fixture
def manifest(tmp_path):
    """Six objects of which the first has a mesh; cleaning wants three of them to be seen: 1, 2 and 5."""
    with Manifest(tmp_path / "scans", create=True) as made:
        trimesh.creation.icosphere(subdivisions=1).export(made.folder / "ball.ply")
        for number, verdict in enumerate(CLEAN):
            made.record(f"o{number}", "source", {"file": "ball.ply" if number == 0 else f"{number}.ply"})
            made.record(f"o{number}", "clean", {"verdict": verdict, "reasons": [], "class": "other"})
        yield made


@pytest.fixture
def desk(manifest):
    return Desk(manifest)


@pytest.fixture(scope="module")
def shelf():
    made = Shelf(most=3)
    yield made
    made.close()


@pytest.fixture
def server(desk, shelf):
    with ReviewServer(desk, shelf, "scans") as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def request(server, path: str, method: str = "GET", said: dict | None = None, **headers) -> tuple[int, bytes, dict]:
    """Sends the path as it is written, dots and all."""
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    body = None if said is None else json.dumps(said)
    line.request(method, path, body, {"Content-Type": "application/json", **headers})
    answer = line.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    line.close()
    return found


def shown(state: dict) -> str | None:
    return state["object"] and state["object"]["id"]


def verdicts(manifest) -> dict:
    """As another program reads them from the disk."""
    with Manifest(manifest.folder) as other:
        return {entry["id"]: entry["review"] and entry["review"]["verdict"] for entry in other.entries()}


def test_a_decision_is_in_the_journal_before_the_next_object_is_shown(desk, manifest):
    state = desk.decide(0, "o0", "drop", "all")
    last = json.loads((manifest.folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (last["id"], last["section"], last["data"]) == ("o0", "review", {"verdict": "drop"})
    assert shown(state) == "o1" and state["progress"] == {"all": 6, "keep": 0, "drop": 1, "unsure": 0}


def test_only_what_is_to_be_seen_is_walked_through_in_both_directions(desk):
    state = desk.look("look")
    walked = [shown(state)]
    while not (state := desk.look("look", state["object"]["number"], "next"))["end"] and len(walked) < 9:
        walked.append(shown(state))
        if state["next"] is None:
            break
    back = [shown(desk.look("look", 5, "previous")), shown(desk.look("look", 2, "previous"))]
    assert walked == ["o1", "o2", "o5"] and back == ["o2", "o1"]


def test_the_place_is_counted_within_the_filter(desk):
    state = desk.look("look", 5, "here")
    assert (state["place"], state["of"]) == (3, 3)


def test_after_the_last_object_comes_the_first_that_was_passed_over(desk):
    desk.decide(0, "o0", "keep", "all")
    state = desk.decide(5, "o5", "keep", "all")
    assert shown(state) == "o1" and state["end"]


def test_the_page_opens_at_the_first_object_that_is_not_decided(desk, manifest):
    for number in range(3):
        desk.decide(number, f"o{number}", "unsure", "all")
    assert shown(Desk(manifest).look("all")) == "o3"


def test_a_filter_with_nothing_in_it_shows_nothing(desk):
    state = desk.look("unsure", 3, "open")
    assert shown(state) is None and (state["of"], state["next"]) == (0, None)


def test_many_decisions_are_taken_back_one_by_one_to_what_was_before(desk, manifest):
    manifest.record("o1", "review", {"verdict": "unsure"})
    for number, verdict in ((0, "keep"), (1, "drop"), (1, "keep"), (2, "drop")):
        desk.decide(number, f"o{number}", verdict, "all")
    seen = [(shown(state := desk.undo("all", 5)), state["object"]["verdict"]) for _ in range(4)]
    assert seen == [("o2", None), ("o1", "drop"), ("o1", "unsure"), ("o0", None)]
    assert verdicts(manifest) == {"o0": None, "o1": "unsure", "o2": None, "o3": None, "o4": None, "o5": None}


def test_undo_leaves_alone_what_somebody_else_decided_since(desk, manifest):
    desk.decide(0, "o0", "keep", "all")
    with Manifest(manifest.folder) as other:
        other.record("o0", "review", {"verdict": "drop"})
    assert desk.undo("all", 1)["undone"] == "changed by others"
    assert verdicts(manifest)["o0"] == "drop"


def test_undo_with_nothing_left_says_so_and_stays(desk):
    state = desk.undo("all", 4)
    assert state["undone"] == "nothing" and shown(state) == "o4"


def test_a_page_that_is_older_than_the_manifest_decides_nothing(desk, manifest):
    with pytest.raises(Failure, match="another one"):
        desk.decide(0, "o1", "drop", "all")
    assert set(verdicts(manifest).values()) == {None}


def test_ten_thousand_objects_do_not_slow_a_step_down(tmp_path):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record_many("source", ((f"o{n}", {"file": f"{n}.ply", "title": "x" * 200}) for n in range(10_000)))
        manifest.record_many("clean", ((f"o{n}", {"verdict": "look"}) for n in range(0, 10_000, 3)))
        desk = Desk(manifest)
        for only in FILTERS:
            began = time.process_time()
            state = desk.look(only, 5000, "next")
            assert time.process_time() - began < 0.5, only
            assert len(json.dumps(state)) < 2000, only


def test_whoever_does_not_know_the_token_gets_nothing(server):
    token = server.token
    for path in ("/", "/look?only=all", "/wrong/look?only=all", f"/{token[:-1]}/", f"/x{token}/", "/%00/"):
        status, body, _ = request(server, path)
        assert status == 403 and token.encode() not in body, path


def test_pages_of_other_sites_are_refused_even_with_the_token(server, manifest):
    said = {"number": 0, "id": "o0", "verdict": "drop", "only": "all"}
    path = f"/{server.token}/decide"
    assert request(server, path, "POST", said, Origin="http://evil.example")[0] == 403
    assert request(server, path, "POST", said, Host=f"evil.example:{server.server_port}")[0] == 403
    assert request(server, path, "POST", said, **{"Content-Type": "text/plain"})[0] == 400
    assert set(verdicts(manifest).values()) == {None}
    assert request(server, path, "POST", said, Origin=f"http://127.0.0.1:{server.server_port}")[0] == 200


def test_no_address_leads_to_other_files_of_the_disk(server, manifest):
    secret = b"nobody may read this"
    (manifest.folder.parent / "secret.ply").write_bytes(secret)
    tried = [
        "../secret.ply",
        "%2e%2e/secret.ply",
        "model/../../secret.ply",
        "..%5csecret.ply",
        "server.py",
        "../desk.py",
    ]
    for path in [*tried, "model/-1", "model/o0", "model/%D9%A3", "model/99", str(manifest.folder / "manifest.jsonl")]:
        status, body, _ = request(server, f"/{server.token}/{path}")
        assert status in (404, 422) and secret not in body, path


def test_a_manifest_cannot_name_a_file_beside_its_folder(server, manifest):
    trimesh.creation.box().export(manifest.folder.parent / "beside.ply")
    manifest.record("o1", "source", {"file": "../beside.ply"})
    status, body, _ = request(server, f"/{server.token}/model/1")
    assert status == 422 and "outside" in json.loads(body)["error"]


def test_the_page_may_load_nothing_from_elsewhere_and_names_nothing_there(server):
    for part in ("", "style.css", "review.js", "show.js", "models.js", "viewer.js", "drawing.js"):
        status, body, headers = request(server, f"/{server.token}/{part}")
        assert status == 200 and headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert b"http://" not in body and b"https://" not in body, part


@pytest.mark.parametrize("said", [{}, {"number": 0, "id": "o0", "verdict": "burn", "only": "all"}, {"number": "x"}])
def test_a_request_that_makes_no_sense_is_refused_and_the_server_lives(server, manifest, said):
    assert request(server, f"/{server.token}/decide", "POST", said)[0] == 400
    assert request(server, f"/{server.token}/look?only=all")[0] == 200
    assert set(verdicts(manifest).values()) == {None}


def test_the_model_comes_as_the_page_reads_it(server):
    status, body, _ = request(server, f"/{server.token}/model/0")
    vertices, faces, words = np.frombuffer(body, "<u4", 3, 4)
    assert status == 200 and body[:4] == b"SRM1" and (vertices, faces) == (42, 80)
    assert json.loads(body[16 : 16 + words])["faces"] == 80
    positions = np.frombuffer(body, "<f4", 3 * vertices, 16 + words).reshape(-1, 3)
    assert np.ptp(positions, axis=0).max() == pytest.approx(1.8)
    assert len(body) == 16 + words + 42 * 16 + 80 * 12


def test_a_missing_mesh_is_a_sentence(server):
    status, body, _ = request(server, f"/{server.token}/model/3")
    assert status == 422 and "3.ply is not where the manifest says" in json.loads(body)["error"]


def test_a_port_that_is_taken_is_a_sentence(server, desk, shelf):
    with pytest.raises(Failure, match="cannot be used"):
        ReviewServer(desk, shelf, "again", port=server.server_port)
