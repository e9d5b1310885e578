"""What is taken from the Smithsonian and from Sketchfab, and what is not; a local server answers as they do."""

import io
import json
import zipfile

import pytest
from collect_server import OBJ, TOKEN, glb, packed, run, running, sources, uuid

from statue_recon.dataset.collect import web


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


def test_a_free_scan_of_the_smithsonian_lies_in_the_collection_with_all_that_is_known_of_it(archive, collect, out):
    archive.add_scan(1)
    code, said = collect("smithsonian")
    assert code == 0 and "1 new" in said
    (source,) = sources(out).values()
    mesh = out / source["file"]
    assert mesh.name == "slave.obj" and mesh.read_bytes() == OBJ and (mesh.parent / "slave.jpg").read_bytes() == b"JPEG"
    assert source["title"] == "Greek Slave 1" and source["source"] == "smithsonian"
    assert "Carved in Florence." in source["description"] and "Sculpture" in source["description"]
    assert source["author"] == "Hiram Powers, Smithsonian American Art Museum"
    assert source["licence"] == "CC0-1.0" and source["url"] == "https://n2t.net/ark:/65665/1"
    assert source["hash"].startswith("sha256:") and source["bytes"] == len(OBJ) + 4
    assert source["credit"] in (out / "CREDITS.md").read_text(encoding="utf-8")
    assert not (out / ".parts").exists()


def test_what_the_smithsonian_does_not_give_freely_is_left_out_and_said(archive, collect, out):
    archive.add_scan(1, access="Usage conditions apply")
    archive.add_scan(2, access=None)
    archive.add_scan(3)
    _, said = collect("smithsonian")
    assert list(sources(out)) == [f"smithsonian-{uuid(3)}"]
    assert "“Greek Slave 1” may not be used freely (Usage conditions apply)" in said
    assert "“Greek Slave 2” has no licence" in said


def test_all_pages_of_a_search_are_read_and_every_request_says_who_asks(archive, collect, out):
    for number in range(5):
        archive.add_scan(number)
    collect("smithsonian")
    assert len(sources(out)) == 5 and archive.times("/openaccess/api/v1.0/search") == 3
    assert all(headers["User-Agent"].startswith("statue-recon/") for _, headers in archive.asked)


def test_models_of_sketchfab_are_taken_under_the_licences_that_allow_it_and_no_others(archive, collect, out):
    for slug in ("cc0", "by", "by-sa"):
        archive.add_model(f"free{slug}".replace("-", "").ljust(10, "0"), slug)
    for slug in ("CC Attribution-NonCommercial", "CC Attribution-NoDerivs", "Free Standard", "Editorial"):
        archive.add_model(slug.replace(" ", "").replace("-", ""), slug)
    archive.add_model("licenceless", license=None)
    archive.add_model("secretive00", tags=[{"name": "NoAI", "slug": "noai"}])
    code, said = collect("sketchfab")
    found = sources(out)
    assert code == 0
    assert sorted(source["licence"] for source in found.values()) == ["CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0"]
    assert "may not be changed and passed on (CC Attribution-NonCommercial)" in said
    assert "(Free Standard)" in said and "(Editorial)" in said and "has no licence" in said
    assert "is kept out of training data by its author" in said
    one = found["sketchfab-freeby0000"]
    assert one["author"] == "Thomas Flynn" and one["url"] == "https://sketchfab.com/3d-models/freeby0000"
    assert "roman" in one["description"] and (out / one["file"]).read_bytes() == glb()


def test_a_zip_with_a_gltf_and_its_textures_is_unpacked_whole(archive, collect, out):
    files = {
        "scene.gltf": b"{}",
        "scene.bin": b"1234",
        "textures/skin.png": b"PNG",
        "license.txt": b"CC",
        "virus.exe": b"",
    }
    archive.add_model("zippedmodel", kind="gltf", content=packed(files))
    collect("sketchfab")
    (source,) = sources(out).values()
    place = out / source["file"]
    assert place.name == "scene.gltf" and source["bytes"] == 2 + 4 + 3 + 2
    assert sorted(path.name for path in place.parent.rglob("*.*")) == [
        "license.txt", "scene.bin", "scene.gltf", "skin.png",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../../escaped.obj", "/escaped.obj", "C:\\escaped.obj", "a\\..\\..\\escaped.obj"])
def test_an_archive_whose_paths_lead_astray_is_left_out_and_leaves_nothing(archive, collect, out, tmp_path, name):
    archive.add_model("maliciousone", kind="gltf", content=packed({"scene.gltf": b"{}", name: OBJ}))
    code, said = collect("sketchfab")
    assert code == 0 and "a path that leads astray" in said and not sources(out)
    assert not list(tmp_path.rglob("*escaped*")) and not list(tmp_path.rglob("scene.gltf"))


def test_an_archive_that_swells_beyond_all_measure_is_left_out(archive, collect, out):
    archive.add_model("zipbomb00000", kind="gltf", content=packed({"scene.gltf": bytes(5_000_000)}))
    _, said = collect("sketchfab", "--largest", "1")
    assert "is too large when unpacked" in said and not sources(out)
    assert not list((out).rglob("*.gltf"))


def test_a_link_in_an_archive_is_not_followed_or_made(archive, collect, out):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as made:
        made.writestr("scene.obj", OBJ)
        link = zipfile.ZipInfo("link.obj")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    archive.add_model("linkedmodel0", kind="gltf", content=into.getvalue())
    collect("sketchfab")
    (source,) = sources(out).values()
    assert [path.name for path in (out / source["file"]).parent.iterdir()] == ["scene.obj"]


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("glb", b"<html>Sorry</html>", "is no whole GLB"),
        ("glb", glb()[:-3], "is no whole GLB"),
        ("gltf", b"PK no archive", "cannot be unpacked"),
        ("gltf", packed({"readme.txt": b""}), "no mesh in a format we read"),
    ],
)
def test_what_is_plainly_no_mesh_is_left_out(archive, collect, out, kind, content, words):
    archive.add_model("brokenmodel0", kind=kind, content=content)
    archive.add_model("soundmodel00")
    _, said = collect("sketchfab")
    assert words in said and list(sources(out)) == ["sketchfab-soundmodel00"]
    assert not (out / ".parts").exists()


def test_a_model_that_is_gone_is_left_out_and_the_others_come(archive, collect, out):
    archive.add_model("gonemodel000")
    archive.add_model("heremodel000")
    del archive.formats["gonemodel000"]
    code, said = collect("sketchfab")
    assert code == 0 and "“Bust gonemodel000” is not there any more" in said
    assert list(sources(out)) == ["sketchfab-heremodel000"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_sketchfab_does_not_accept_is_told_before_anything_is_fetched(archive, collect, out, status):
    archive.add_model("heremodel000")
    archive.mishaps.append(("/v3/me", status))
    code, said = collect("sketchfab")
    assert code == 3 and "does not accept the token" in said and "SKETCHFAB_TOKEN" in said
    assert not files_asked_for(archive) and not sources(out)


def test_without_a_token_nothing_is_asked_or_made(archive, collect, out, monkeypatch):
    monkeypatch.delenv("SKETCHFAB_TOKEN")
    code, said = collect("sketchfab")
    assert code == 3 and "there is no token" in said and not archive.asked and not (out).exists()


def test_the_token_goes_to_nobody_but_sketchfab_and_is_written_nowhere(
    archive, collect, out, tmp_path, caplog, monkeypatch
):
    caplog.set_level("DEBUG")
    monkeypatch.delenv("SKETCHFAB_TOKEN")
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n", encoding="utf-8")
    archive.add_model("heremodel000")
    archive.mishaps.append(("/files", 500))
    code, said = collect("sketchfab", "--token-file", str(tmp_path / "token.txt"))
    assert code == 0 and len(sources(out)) == 1
    shown_to = {path.split("?")[0] for path, headers in archive.asked if TOKEN in str((path, headers))}
    assert shown_to == {"/v3/me", "/v3/models/heremodel000/download"}
    written = b"".join(path.read_bytes() for path in (out).rglob("*") if path.is_file())
    assert TOKEN.encode() not in written and TOKEN not in said + caplog.text


def test_an_answer_that_leads_to_a_file_of_this_machine_is_not_followed(archive, collect, out, tmp_path):
    (tmp_path / "secret.glb").write_bytes(glb())
    archive.add_model("trickymodel0")
    archive.formats["trickymodel0"]["glb"]["url"] = (tmp_path / "secret.glb").as_uri()
    collect("sketchfab")
    assert not sources(out)


def test_a_download_larger_than_allowed_is_left_out_whatever_was_announced(archive, collect, out):
    archive.add_model("largemodel00", content=glb(1_500_000))
    archive.add_model("liarsmodel00", content=glb(1_500_000))
    archive.formats["liarsmodel00"]["glb"]["size"] = 10
    archive.add_model("smallmodel00")
    _, said = collect("sketchfab", "--largest", "1")
    assert said.count("is larger than 1 MB: left out") == 2
    assert list(sources(out)) == ["sketchfab-smallmodel00"] and not (out / ".parts").exists()


def test_collecting_stops_before_the_collection_is_larger_than_it_may_be(archive, collect, out):
    for name in ("first", "second", "third"):
        archive.add_model(name.ljust(10, "0"), content=glb(400_000))
    for _ in range(2):  # what came in earlier runs counts
        code, said = collect("sketchfab", "--max-size", "0.001")
        assert code == 0 and "would not fit into 0.001 GB" in said and len(sources(out)) == 2


def test_the_credits_name_what_the_manifest_has(archive, collect, out):
    archive.add_model("heremodel000", "by-sa")
    collect("sketchfab")
    line = "“Bust heremodel000” by Thomas Flynn (Sketchfab), CC-BY-SA-4.0, https://sketchfab.com/3d-models/heremodel000"
    assert f"- {line}\n" in (out / "CREDITS.md").read_text(encoding="utf-8")
    assert json.loads((out / "manifest.jsonl").read_text(encoding="utf-8"))["data"]["credit"] == line
