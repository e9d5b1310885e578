"""statue-recon dataset review as a person has it: its page in a real Chromium."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from webdriver import Browser, browser

from statue_recon.dataset.manifest import Manifest
from statue_recon.dataset.review.desk import Desk
from statue_recon.dataset.review.server import ReviewServer
from statue_recon.dataset.review.shelf import Shelf

# name: title; wedge is coloured, broken and torso.fbx cannot be shown
OBJECTS = {"wedge": "Wedge", "broken": "Broken", "torso": "Torso <b>of</b> a youth", "ball": "Ball", "cone": "Cone"}
REASON = "The mesh is open: 12 of its edges have one face only."


def fill(folder: Path) -> None:
    with Manifest(folder, create=True) as made:
        solids = {"wedge": trimesh.creation.box((1, 0.2, 1.5)), "ball": trimesh.creation.icosphere(subdivisions=3)}
        solids["cone"] = trimesh.creation.cone(0.5, 1.0)
        solids["wedge"].visual.vertex_colors = np.tile((200, 30, 30, 255), (8, 1))
        for name, solid in solids.items():
            solid.export(folder / f"{name}.ply")
        (folder / "broken.ply").write_bytes(b"nonsense")
        (folder / "torso.fbx").write_bytes(b"Kaydara FBX Binary")
        about = {"author": "Ann", "licence": "CC-BY-4.0", "url": "javascript:alert(1)", "description": "As found."}
        for name, title in OBJECTS.items():
            file = f"{name}.{'fbx' if name == 'torso' else 'ply'}"
            made.record(name, "source", {"file": file, "title": title, "bytes": 1000, **about})
        made.record("ball", "clean", {"verdict": "look", "class": "artefact", "reasons": [REASON]})


@pytest.fixture(scope="module")
def tab():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def shelf():
    made = Shelf()
    yield made
    made.close()


@pytest.fixture
def program(tmp_path, shelf):
    """The collection's folder, and the address of a server at work on it."""
    folder = tmp_path / "scans"
    fill(folder)
    with Manifest(folder) as manifest, ReviewServer(Desk(manifest), shelf, "scans") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield folder, server.url
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def started(folder: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """The command as in a terminal, and the address it prints. What it keeps meanwhile lies beside the folder."""
    kept = folder.parent / "kept"
    kept.mkdir()
    places = {name: str(kept) for name in ("TMPDIR", "TEMP", "TMP")}
    command = [sys.executable, "-m", "statue_recon", "dataset", "review", str(folder), "--no-browser"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | places
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url
        yield process, url
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def desk(tab, program) -> tuple[Browser, Path]:
    """The page at its first object."""
    folder, url = program
    tab.open(url)
    shows(tab, "Wedge")
    return tab, folder


def shows(tab: Browser, title: str) -> None:
    tab.until(lambda: tab.text("title") == title, f"“{title}”")


def stands(tab: Browser) -> None:
    """The model is there."""
    tab.until(lambda: "triangles" in tab.text("facts"), "model")


def verdicts(folder: Path) -> dict[str, str | None]:
    """As another program reads them."""
    with Manifest(folder) as manifest:
        return {entry["id"]: entry["review"]["verdict"] for entry in manifest.entries("review IS NOT NULL")}


def stage(tab: Browser) -> np.ndarray:
    """The middle of the canvas as a person sees it [H, W, 3]."""
    return tab.picture()[100:420, 150:530].astype(np.int16)


def red(picture: np.ndarray) -> float:
    """The share of pixels that only the wedge can have."""
    return float((picture[..., 0] - picture[..., 1] > 60).mean())


def test_keys_decide_at_once_and_the_next_object_comes(tab, tmp_path):
    folder = tmp_path / "scans"
    fill(folder)
    with started(folder) as (_, url):
        tab.open(url)
        shows(tab, "Wedge")
        for key, verdict, name, following in (
            ("k", "keep", "wedge", "Broken"),
            ("d", "drop", "broken", OBJECTS["torso"]),
            ("n", "unsure", "torso", "Ball"),
        ):
            tab.press(key)
            shows(tab, following)
            assert verdicts(folder)[name] == verdict
    assert tab.text("counts") == "3 of 5 decided · 1 kept · 1 dropped · 1 unsure"
    assert (folder / "broken.ply").exists()  # dropping deletes nothing


def test_undo_walks_back_over_many_decisions(desk):
    tab, folder = desk
    for key, following in (("k", "Broken"), ("d", OBJECTS["torso"]), ("n", "Ball")):
        tab.press(key)
        shows(tab, following)
    for title in (OBJECTS["torso"], "Broken", "Wedge"):
        tab.press("u")
        shows(tab, title)
    assert verdicts(folder) == {"wedge": None, "broken": None, "torso": None}
    assert tab.run("return document.getElementById('undo').disabled")


def test_a_reload_keeps_the_place_and_the_verdict(desk):
    tab, _ = desk
    tab.press("d")
    shows(tab, "Broken")
    tab.press("right")
    shows(tab, OBJECTS["torso"])
    tab.press("left")
    shows(tab, "Broken")
    tab.press("left")
    shows(tab, "Wedge")
    tab.reload()
    shows(tab, "Wedge")
    assert tab.text("badge") == "Dropped" and tab.text("place") == "1 of 5"


def test_the_model_is_drawn_in_its_colours_and_turns_by_itself(desk):
    tab, _ = desk
    stands(tab)
    tab.until(lambda: red(stage(tab)) > 0.1, "red wedge")
    before = red(stage(tab))
    tab.until(lambda: abs(red(stage(tab)) - before) > 0.02, "turning")  # a wedge is seen narrower from the side


def test_the_mouse_turns_the_model_and_stops_its_turning(desk):
    tab, _ = desk
    stands(tab)
    tab.press(" ")
    tab.press("r")
    tab.until(lambda: red(stage(tab)) > 0.1, "red wedge")
    front = red(stage(tab))
    tab.drag("canvas", 200, 0)  # 80 degrees: a fifth as wide
    tab.until(lambda: red(stage(tab)) < 0.7 * front, "side view")
    still = stage(tab)
    time.sleep(0.2)
    assert (stage(tab) == still).all()


def test_the_wireframe_is_drawn_over_the_model(desk):
    tab, _ = desk
    stands(tab)
    tab.press(" ")
    tab.press("r")
    tab.until(lambda: red(stage(tab)) > 0.1, "red wedge")
    plain = stage(tab)
    tab.press("w")
    tab.until(lambda: (np.abs(stage(tab) - plain).max(axis=2) > 40).sum() > 100, "edges")
    tab.press("w")
    tab.until(lambda: (stage(tab) == plain).all(), "model without edges")


def test_what_cannot_be_read_is_a_sentence_and_can_be_dropped(desk):
    tab, folder = desk
    tab.press("right")
    tab.until(lambda: "broken.ply cannot be read" in tab.text("notice"), "sentence")
    assert red(stage(tab)) == 0  # nothing is left of the wedge
    tab.press("d")
    tab.until(lambda: "FBX files cannot be shown here" in tab.text("notice"), "sentence about FBX")
    assert verdicts(folder) == {"broken": "drop"}


def test_what_another_program_decides_appears(desk):
    tab, folder = desk
    with Manifest(folder) as other:
        other.record("wedge", "review", {"verdict": "unsure"})
    tab.until(lambda: tab.text("badge") == "Not sure", "the other's verdict")
    assert tab.text("counts") == "1 of 5 decided · 0 kept · 0 dropped · 1 unsure"


def test_all_that_is_known_of_an_object_is_shown_as_text(desk):
    tab, _ = desk
    tab.run("const s = document.getElementById('only'); s.value = 'look'; s.dispatchEvent(new Event('change'))")
    shows(tab, "Ball")
    said = tab.run("return document.querySelector('aside').innerText")
    for words in ("1 of 1", "Ann · CC-BY-4.0", "As found.", "clean: to be seen", "artefact", REASON, "ball.ply"):
        assert words in said
    assert tab.run("return document.querySelectorAll('aside a').length") == 0  # javascript: is no page to go to


def test_a_filter_with_nothing_in_it_says_so_and_decides_nothing(desk):
    tab, folder = desk
    tab.run("const s = document.getElementById('only'); s.value = 'drop'; s.dispatchEvent(new Event('change'))")
    tab.until(lambda: tab.text("notice") == "No object is in this filter.", "sentence")
    tab.press("k")
    time.sleep(0.2)
    assert verdicts(folder) == {} and tab.text("title") == "" and red(stage(tab)) == 0


def test_the_page_stays_whole_in_a_narrow_window_and_asks_nobody_else(desk):
    tab, _ = desk
    stands(tab)
    for width in (1000, 700):
        tab.resize(width, 640)
        assert tab.run("return document.documentElement.scrollWidth <= innerWidth"), width
    tab.resize(1000, 700)
    asked = tab.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert asked and all(name.startswith(tab.run("return location.origin")) for name in asked)


def test_a_key_held_down_decides_one_object(desk):
    tab, folder = desk
    press = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'd', repeat: arguments[0], bubbles: true}))"
    tab.run(press, False)
    shows(tab, "Broken")
    tab.run(press, True)
    time.sleep(0.3)
    assert verdicts(folder) == {"wedge": "drop"}


def test_the_address_without_its_token_shows_nothing(program):
    _, url = program
    bare = "/".join(url.split("/")[:3])
    for address in (f"{bare}/", f"{bare}/guess/", f"{bare}/guess/look?only=all"):
        with pytest.raises(urllib.error.HTTPError) as refused, contextlib.closing(urllib.request.urlopen(address)):
            pass
        assert refused.value.code == 403


@pytest.mark.skipif(os.name != "posix", reason="Only POSIX can send another program a Ctrl-C of its own.")
def test_ctrl_c_ends_the_program_and_leaves_nothing_behind(tmp_path):
    fill(tmp_path / "scans")
    with started(tmp_path / "scans") as (process, url):
        with urllib.request.urlopen(f"{url}model/0") as answer:  # a reader is at work
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert not list((tmp_path / "kept").iterdir())
