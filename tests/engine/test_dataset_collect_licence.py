"""Whose a mesh in a folder is and under what licence: what is said beside it, and what such statements mean."""

import json
import tracemalloc
from pathlib import Path

import pytest
from collect_server import OBJ, glb, run, sources

from statue_recon.dataset.collect import sidecar
from statue_recon.dataset.collect.licence import in_text, named

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


def test_what_has_no_licence_is_refused_and_a_sentence_tells_how_to_state_one(tmp_path, scans, collect):
    put(scans / "a.obj")
    code, said = collect()
    assert code == 3 and "“a.obj” has no licence: left out." in said and "State it with --licence" in said
    assert "metadata.csv" in said and by_name(tmp_path) == {}
    put(scans / "b.obj")
    put(scans / "b.json", {"license": "CC0"})
    code, said = collect()
    assert code == 0 and list(by_name(tmp_path)) == ["b.obj"] and "“a.obj” has no licence" in said


def test_words_that_name_no_licence_count_as_none(tmp_path, scans, collect):
    for name, words in (("a", "All rights reserved"), ("b", "unknown"), ("c", {"slug": "st", "label": "Standard"})):
        put(scans / f"{name}.obj")
        put(scans / f"{name}.json", {"license": words})
    put(scans / "d.obj")
    put(scans / "d.json", {"license": "MIT"})
    collect()
    assert list(by_name(tmp_path)) == ["d.obj"]
    assert collect("--licence", "all rights reserved")[0] == 3


def test_a_licence_that_asks_for_the_author_needs_one(tmp_path, scans, collect):
    put(scans / "a.obj")
    code, said = collect("--licence", "CC BY 4.0")
    assert code == 3 and "asks to name the author, but no author is known" in said
    assert collect("--licence", "CC BY 4.0", "--author", "Ny Carlsberg Glyptotek")[0] == 0
    assert by_name(tmp_path)["a.obj"]["credit"] == "“a” by Ny Carlsberg Glyptotek, CC-BY-4.0"


def test_a_sidecar_says_who_made_it_and_what_it_is(tmp_path, scans, collect):
    put(scans / "bust.stl")
    put(
        scans / "bust.json",
        {
            "name": "Bust of Plato",
            "description": "A <b>herm</b>\nof marble",
            "user": {"username": "tds", "displayName": "Oliver Laric"},
            "license": {"slug": "by", "label": "CC Attribution", "url": "http://creativecommons.org/licenses/by/4.0/"},
            "viewerUrl": "https://example.org/plato",
        },
    )
    collect()
    source = by_name(tmp_path)["bust.stl"]
    assert {key: source[key] for key in ("title", "description", "author", "licence", "url", "source")} == {
        "title": "Bust of Plato",
        "description": "A herm of marble",
        "author": "Oliver Laric",
        "licence": "CC-BY-4.0",
        "url": "https://example.org/plato",
        "source": "folder",
    }


@pytest.mark.parametrize("comma", [",", ";"])
def test_a_table_speaks_of_many_files_and_that_of_the_nearest_folder_counts(tmp_path, scans, collect, comma):
    for name in ("a.obj", "room/b.obj", "room/c.obj"):
        put(scans / name)
    rows = [("File", "Title", "Artist", "License"), ("a.obj", "Lion", "A", "CC0"), ("room\\b.obj", "Far", "B", "MIT")]
    put(
        scans / "metadata.csv",
        "\ufeff" + "\r\n".join(comma.join(row) for row in [*rows, ("room/c.obj", "Cat", "C", "CC0")]),
    )
    put(scans / "room/metadata.csv", f"file{comma}title{comma}licence\nB.OBJ{comma}Near{comma}CC0\n")
    collect()
    found = by_name(tmp_path)
    assert {name: (one["title"], one["licence"]) for name, one in found.items()} == {
        "a.obj": ("Lion", "CC0-1.0"),
        "b.obj": ("Near", "CC0-1.0"),
        "c.obj": ("Cat", "CC0-1.0"),
    }


def test_a_licence_file_speaks_for_its_folder_and_those_below_and_the_nearest_counts(tmp_path, scans, collect):
    put(scans / "LICENSE.md", "# Creative Commons CC0 1.0 Universal")
    put(scans / "a.obj")
    put(scans / "deep/b.obj")
    put(scans / "other/license.txt", (ROOT / "LICENSE").read_bytes())
    put(scans / "other/deeper/c.obj")
    put(scans / "other/d.obj")
    put(scans / "other/d.obj.json", {"licence": "MIT"})
    collect("--licence", "CC-BY-ND-4.0", "--author", "nobody")
    licences = {name: one["licence"] for name, one in by_name(tmp_path).items()}
    assert licences == {"a.obj": "CC0-1.0", "b.obj": "CC0-1.0", "c.obj": "GPL-3.0-or-later", "d.obj": "MIT"}


def test_the_licence_text_that_comes_with_a_sketchfab_download_is_understood(tmp_path, scans, collect):
    put(
        scans / "knight/license.txt",
        "Model Information:\n* title:\tGrey Knight\n* source:\thttps://sketchfab.com/3d-models/knight-1\n"
        "* author:\tLamedeFeu (https://sketchfab.com/LamedeFeu)\n\nModel License:\n"
        "* license type:\tCC-BY-4.0 (http://creativecommons.org/licenses/by/4.0/)\n* requirements:\tAuthor must be …\n",
    )
    put(scans / "knight/scene.gltf", "{}")
    collect()
    source = by_name(tmp_path)["scene.gltf"]
    assert source["licence"] == "CC-BY-4.0" and source["author"].startswith("LamedeFeu")
    assert source["title"] == "Grey Knight" and source["url"] == "https://sketchfab.com/3d-models/knight-1"


def test_what_a_gltf_file_says_of_itself_counts(tmp_path, scans, collect):
    extras = {
        "author": "Thomas Flynn (https://sketchfab.com/thomas)",
        "license": "CC-BY-4.0 (http://creativecommons.org/licenses/by/4.0/)",
        "source": "https://sketchfab.com/3d-models/torso",
        "title": "Torso",
    }
    put(scans / "a.glb", glb(extras=extras))
    put(scans / "b.gltf", {"asset": {"version": "2.0", "copyright": "2024 Museum, CC0"}})
    put(scans / "c.gltf", {"asset": {"version": "2.0", "copyright": "2024 Museum"}})
    collect()
    found = by_name(tmp_path)
    assert sorted(found) == ["a.glb", "b.gltf"]
    assert found["a.glb"]["title"] == "Torso" and found["a.glb"]["licence"] == "CC-BY-4.0"
    assert found["b.gltf"]["licence"] == "CC0-1.0"


def test_a_table_of_ten_thousand_lines_is_not_held_in_memory(scans):
    lines = [f"{number}.obj,Statue {number},A statue of {'marble ' * 30},CC0" for number in range(10_000)]
    put(scans / "metadata.csv", "file,title,description,licence\n" + "\n".join(lines))
    mesh = put(scans / "9999.obj")
    tracemalloc.start()
    beside = sidecar.Beside(scans)
    said = beside.about(mesh)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    beside.close()
    assert said["title"] == "Statue 9999" and peak < 1_000_000


@pytest.mark.parametrize(
    ("statement", "licence"),
    [
        ("CC0", "CC0-1.0"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("CC-BY-4.0 (http://creativecommons.org/licenses/by/4.0/)", "CC-BY-4.0"),
        ("CC Attribution-ShareAlike", "CC-BY-SA"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International", "CC-BY-NC-ND-4.0"),
        ("by-nc-sa", "CC-BY-NC-SA"),
        ("https://creativecommons.org/licenses/by-nc/3.0/", "CC-BY-NC-3.0"),
        ("No known copyright", "CC-PDM-1.0"),
        ("OGL-UK-3.0", "OGL-UK-3.0"),
        ("All rights reserved.", None),
        ("free-st", None),
        ("N/A", None),
        ("", None),
    ],
)
def test_a_statement_names_its_licence(statement, licence):
    assert named(statement) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("Attribution 4.0 International\n\n=======\n\nCreative Commons Corporation is not a law firm", "CC-BY-4.0"),
        ("Attribution-NonCommercial 4.0 International\n\nmore", "CC-BY-NC-4.0"),
        ("Creative Commons Legal Code\n\nCC0 1.0 Universal", "CC0-1.0"),
        ("MIT License\n\nCopyright (c) 2020", "MIT"),
        ("These scans are under CC BY-SA 4.0, see below.", "CC-BY-SA-4.0"),
        ("MIT\n", "MIT"),
        ("Hello", None),
        ("Copyright 2020. All rights reserved.\nAsk us.", None),
    ],
)
def test_a_text_is_recognised_as_its_licence(text, licence):
    assert in_text(text) == licence
