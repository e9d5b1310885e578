"""statue-recon dataset stats: right numbers, one page that needs nothing else, and memory that does not grow."""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from webdriver import browser

from statue_recon.contract import Failure
from statue_recon.dataset.manifest import Manifest
from statue_recon.dataset.stats.charts import short
from statue_recon.dataset.stats.command import add_arguments, run
from statue_recon.dataset.stats.numbers import PICTURES, Spread, Tally, count
from statue_recon.dataset.stats.page import write_page
from statue_recon.dataset.stats.words import cloud, words_of

TITLES = ("Bust of a <i>man</i>", "Marble bust", "Torso", "Lion", "Vase", "Vase, a copy")
CLEAN = (("keep", "artefact"), ("keep", "artefact"), ("look", "artefact"), ("drop", "animal"), ("keep", "artefact"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Six objects: 0, 1 and 4 kept by clean, of which a person drops 1 and keeps 3; 5 was not cleaned."""
    place = tmp_path / "museum"
    with Manifest(place, create=True) as made:
        for number, title in enumerate(TITLES):
            licence = "CC-BY-4.0" if number in (0, 1) else "CC0-1.0"
            about = {"title": title, "author": "Ann", "licence": licence, "source": "folder", "bytes": 10**number}
            made.record(f"o{number}", "source", {"file": f"{number}.ply", "url": "https://example.org/0", **about})
        for number, (verdict, kind) in enumerate(CLEAN):
            data = {"verdict": verdict, "class": kind, "reasons": [], "measures": {"faces": 2000 * (number + 1)}}
            made.record(f"o{number}", "clean", data)
        made.record("o1", "review", {"verdict": "drop"})
        made.record("o3", "review", {"verdict": "keep"})
        made.record("o0", "split", {"set": "train", "group": "o0"})
        trimesh.creation.icosphere(subdivisions=2).export(place / "0.ply")
        red = trimesh.creation.box()
        red.visual.vertex_colors = np.tile((220, 20, 20, 255), (8, 1))
        red.export(place / "3.ply")
        (place / "4.ply").write_bytes(b"nonsense")
    return place


def stats(*arguments) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(argument) for argument in arguments]))


def test_the_numbers_are_those_of_the_manifest(folder, capsys):
    assert stats(folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["found"], found["used"]) == (6, 4)
    assert found["clean"] == {"keep": 3, "look": 1, "drop": 1, "not yet": 1}
    assert found["review"] == {"keep": 1, "drop": 1, "not yet": 4}
    assert found["classes"] == {"artefact": 4, "animal": 1, "not yet": 1}
    assert found["sets"] == {"train": 1, "not yet": 3}
    assert found["licences"] == {"CC0-1.0": 3, "CC-BY-4.0": 1} and found["authors"] == {"Ann": 4}
    assert found["bytes"]["total"] == 10**0 + 10**3 + 10**4 + 10**5
    assert (found["faces"]["known"], found["faces"]["total"]) == (3, 2000 + 8000 + 10000)
    assert found["words"] == {"vase": 2, "bust": 1, "lion": 1, "man": 1}


def test_the_main_numbers_are_told_in_lines(folder, capsys):
    assert stats(folder) == 0
    said = capsys.readouterr().out
    for words in ("6 objects found, 4 of them used", "keep 3", "CC0-1.0 3, CC-BY-4.0 1", "2 k to 10 k triangles"):
        assert words in said


def test_the_page_holds_pictures_of_what_can_be_read(folder):
    assert stats(folder, "--out", folder / "page.html") == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    data = re.findall(r'<img src="data:image/webp;base64,([^"]+)" alt="([^"]+)"', page)
    assert [title for _, title in data] == ["Bust of a &lt;i&gt;man&lt;/i&gt;", "Lion"]  # one broken, one missing
    stone, red = (np.asarray(Image.open(io.BytesIO(base64.b64decode(picture)))).astype(int) for picture, _ in data)
    middle = red.shape[0] // 2
    assert red[middle, middle, 0] > red[middle, middle, 1] + 60
    assert abs(stone[middle, middle, 0] - stone[middle, middle, 1]) < 20
    assert stone[middle, middle, 3] == 255 and stone[0, 0, 3] == 0


def test_the_page_fetches_nothing_and_takes_no_title_for_html(folder):
    stats(folder, "--no-pictures", "--out", folder / "page.html")
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=[\"']?(?![\"']|data:)", page) and "url(" not in page and "<script" not in page
    assert "<i>man" not in page


def test_whoever_asks_to_be_named_is_in_the_credits_and_nobody_else(folder):
    with Manifest(folder) as manifest:
        credit = "“Vase” by Bo (Sketchfab), CC-BY-SA-4.0, https://example.org/4"
        manifest.record("o4", "source", {"title": "Vase", "licence": "CC-BY-SA-4.0", "credit": credit})
    stats(folder, "--no-pictures", "--out", folder / "page.html")
    page = (folder / "page.html").read_text(encoding="utf-8")
    lines = re.findall(r"<li>(“[^<]+)</li>", page)
    assert lines == ["“Bust of a &lt;i&gt;man&lt;/i&gt;” by Ann, CC-BY-4.0, https://example.org/0", credit]


def test_an_empty_collection_and_one_full_of_oddities_have_a_page_too(tmp_path):
    for name in ("empty", "odd"):
        with Manifest(tmp_path / name, create=True) as made:
            if name == "odd":
                made.record("a", "source", {"title": None, "licence": 7, "bytes": "many", "author": ["x"]})
                made.record("a", "clean", {"verdict": "keep", "measures": [1], "class": None})
                made.record("b", "source", {"title": "\ud800 <script>", "bytes": -1})
        assert stats(tmp_path / name, "--out", tmp_path / f"{name}.html") == 0
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert page.endswith("</html>\n") and "<script" not in page


def test_a_page_that_cannot_be_written_is_a_sentence_and_leaves_no_draft(folder):
    (folder / "taken").mkdir()
    with pytest.raises(Failure, match="cannot be written"):
        stats(folder, "--no-pictures", "--out", folder / "taken")
    assert not list(folder.glob("taken.*"))


def test_ten_thousand_objects_take_no_more_memory_than_two_thousand(tmp_path):
    def peak(objects: int) -> int:
        def about(number: int) -> dict:
            words = " ".join("abcdefghij"[int(digit)] * 3 for digit in str(number))
            return {"title": f"{words} {'x' * 300}", "author": f"author {number % 1500}", "licence": "CC-BY-4.0"}

        with Manifest(tmp_path / str(objects), create=True) as manifest:
            manifest.record_many("source", ((f"o{number}", about(number)) for number in range(objects)))
            tracemalloc.start()
            write_page(manifest, count(manifest), [], tmp_path / "page.html")
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    peak(10)  # what is imported and compiled once
    few, many = peak(2000), peak(10_000)
    assert many < 1.1 * few + 50_000, (few, many)


def test_what_is_counted_side_by_side_stays_bounded_and_the_frequent_survive():
    tally = Tally(most=100)
    for number in range(5000):
        tally.add(f"rare {number}")
        tally.add("frequent")
    assert len(tally) <= 100 and tally.forgotten
    assert tally.most_common(1) == [("frequent", 5000)]


def test_a_size_at_the_edge_of_a_column_is_in_the_column_it_begins():
    spread = Spread()
    for size in (999, 1000, 1001, 10**6):
        spread.add(size)
    filled = [(round(start), count) for start, _, count in spread.bars if count]
    assert filled == [(464, 1), (1000, 2), (1_000_000, 1)]
    assert sum(count for *_, count in spread.bars) == 4


def test_every_used_object_may_be_in_the_sample_and_none_twice(tmp_path):
    with Manifest(tmp_path, create=True) as manifest:
        manifest.record_many("source", ((f"o{n}", {"title": "x", "bytes": 1}) for n in range(3 * PICTURES)))
        manifest.record_many("review", ((f"o{n}", {"verdict": "drop"}) for n in range(0, 3 * PICTURES, 3)))
        samples = [count(manifest, seed).sample for seed in range(40)]
    assert all(len(set(sample)) == PICTURES for sample in samples)
    drawn = {number for sample in samples for number in sample}
    assert drawn == {n for n in range(3 * PICTURES) if n % 3}


def test_words_of_the_cloud_do_not_lie_on_one_another_nor_reach_out_of_it():
    placed = cloud([(f"word{'x' * (n % 7)}", 60 - n) for n in range(60)])
    assert len(placed) > 45
    for number, one in enumerate(placed):
        assert one.width / 2 <= one.x <= 1000 - one.width / 2
        for other in placed[:number]:
            apart_across = abs(one.x - other.x) >= (one.width + other.width) / 2
            assert apart_across or abs(one.y - other.y) >= 0.5 * (one.size + other.size), (one, other)


def test_words_that_say_nothing_are_left_out():
    assert words_of("The Bust of a Man, 3D scan (low-poly), Büste von 1820") == {"bust", "man", "büste"}


@pytest.mark.parametrize(
    ("number", "told"), [(7, "7"), (999, "999"), (1850, "1.85 k"), (100_000, "100 k"), (2e9, "2 bn")]
)
def test_numbers_are_told_short(number, told):
    assert short(number) == told


def test_the_page_is_whole_in_a_browser_wide_and_narrow(folder):
    stats(folder, "--no-pictures", "--out", folder / "page.html")
    with browser() as tab:
        tab.open((folder / "page.html").as_uri())
        for width in (1000, 520):
            tab.resize(width, 700)
            assert tab.run("return document.documentElement.scrollWidth <= innerWidth"), width
        heights = tab.run(  # of the words on the screen: the page's style leaves their sizes alone
            "return [...document.querySelectorAll('.cloud text')].map(t => t.getBoundingClientRect().height)"
        )
    assert max(heights) > 1.3 * min(heights)
