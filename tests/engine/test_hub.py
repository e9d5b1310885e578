"""Models from a hub: tiny ones in the real layouts, downloaded by its protocol, checked, and read by the real code."""

import argparse
import json
import shutil
import threading

import hub_server
import numpy as np
import pytest
import tiny_diffusers as tiny

from statue_recon.contract import Failure
from statue_recon.priors import command, download, hub, layouts, models, own
from statue_recon.priors.download import Fetching, Stopped
from statue_recon.priors.stable_diffusion import stable_diffusion_prior
from statue_recon.priors.view.framing import PhotoWindow, Pose
from statue_recon.priors.zero123 import zero123_prior

REPOSITORY = "somebody/zero123"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    tiny.write_zero123(folder / "zero123", "clip_camera_projection")
    tiny.write_stable_diffusion(folder / "sd")
    return {"zero123": folder / "zero123", "sd": folder / "sd" / "model"}


@pytest.fixture
def server(written, monkeypatch):
    with hub_server.running() as running:
        running.repositories = {REPOSITORY: written["zero123"]}
        monkeypatch.setenv(hub.VARIABLE, running.address)
        yield running


@pytest.fixture
def listed(written, tmp_path, monkeypatch):
    """The registry: the tiny Zero123 at the hub, and a Stable Diffusion of one's own."""
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))
    monkeypatch.setattr(models, "REGISTRY", tmp_path / "registry.json")
    return write_registry(written, tmp_path)


def write_registry(written, folder, **changes) -> models.Model:
    root = written["zero123"]
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    told = {"task": "view", "purpose": "Tests", "licence": "None", "homepage": "https://example.org"}
    fields = {
        **{"identifier": "zero", "title": "Zero", "repository": REPOSITORY, "revision": hub_server.COMMIT},
        **{"layout": "diffusers-zero123", "files": [{"name": name} for name in names], **told, **changes},
    }
    other = {"identifier": "own", "title": "Own", "revision": "", "layout": "diffusers-stable-diffusion", "files": []}
    (folder / "registry.json").write_text(json.dumps({"version": 1, "models": [fields, told | other]}))
    return models.entry("zero")


def fetching(model, cancelled=None, progress=lambda *_: None) -> Fetching:
    return Fetching(model, models.folder(), progress, cancelled or threading.Event())


def a_photo() -> PhotoWindow:
    side = tiny.SIDE
    return PhotoWindow(np.full((side, side, 3), 0.5, np.float32), np.ones((side, side), np.float32), 0.3)


def test_a_model_is_downloaded_checked_by_the_hubs_word_and_read_by_the_real_code(listed, server, written):
    assert listed.size is None and listed.can_be_fetched and models.installed("zero") is None
    place = fetching(listed).download()
    assert models.installed("zero") == place
    for file in listed.files:
        assert (place / file.name).read_bytes() == (written["zero123"] / file.name).read_bytes()
    assert zero123_prior(place).views(a_photo(), 0.0, [Pose(90.0)], steps=1).rgb.shape[0] == 1
    digests = [digest for _, digest in models.record(listed)["files"].values()]
    assert all(digests) and {len(digest) for digest in digests} == {40, 64}, "small files by git, large ones by SHA-256"
    asked = len(server.asked)
    fetching(listed).download()
    assert len(server.asked) == asked, "what is there is not fetched again"
    (place / WEIGHTS).write_bytes(b"half")
    assert models.installed("zero") is None, "the stamp knows the sizes that the registry does not"


def test_a_download_that_breaks_off_goes_on_through_the_hubs_redirection(listed, server):
    server.breaks = {WEIGHTS: 3_000}
    fetching(listed).download()
    ranges = [wanted for path, wanted in server.asked if path.startswith("cdn/") and path.endswith(WEIGHTS)]
    assert ranges == [None, "bytes=3000-"] and models.installed("zero")


def test_a_cancelled_download_keeps_the_files_that_came(listed, server):
    cancelled = threading.Event()
    with pytest.raises(Stopped):
        fetching(listed, cancelled, lambda share, _: cancelled.set() if share > 0.5 else None).download()
    before = {path for path, _ in server.asked}
    server.asked.clear()
    fetching(listed).download()
    first = listed.files[0].name
    assert any(path.endswith(first) for path in before) and not any(path.endswith(first) for path, _ in server.asked)


@pytest.mark.parametrize("name", [WEIGHTS, "model_index.json"])
def test_a_damaged_file_is_refused_large_or_small(listed, server, name):
    server.damaged = {name}
    with pytest.raises(Failure, match="download of Zero is damaged"):
        fetching(listed).download()
    assert models.installed("zero") is None
    server.damaged = set()
    fetching(listed).download()
    assert models.installed("zero")


def test_a_hash_of_the_registry_outranks_what_the_hub_says(listed, server, written, tmp_path):
    files = [{"name": WEIGHTS, "size": (written["zero123"] / WEIGHTS).stat().st_size, "sha256": "0" * 64}]
    with pytest.raises(Failure, match="is damaged"):
        fetching(write_registry(written, tmp_path, files=files)).download()
    assert not any(path.startswith("api/") for path, _ in server.asked), "nothing needed to be asked"


def test_a_gated_model_is_told_with_the_way_round(listed, server):
    server.gated = {REPOSITORY}
    with pytest.raises(Failure, match="asks for an account") as caught:
        fetching(listed).download()
    assert "https://example.org" in caught.value.next_step and "Use a Folder" in caught.value.next_step


def test_a_model_that_the_hub_removed_is_told_with_the_way_round(listed, server):
    server.repositories = {}
    with pytest.raises(Failure, match="not at its address any more") as caught:
        fetching(listed).download()
    assert "Change Source" in caught.value.next_step


def test_a_file_that_the_hub_does_not_have_is_named(listed, server):
    server.unlisted = {WEIGHTS}
    with pytest.raises(Failure, match=f"does not have {WEIGHTS}"):
        fetching(listed).download()
    assert not [path for path, _ in server.asked if "resolve" in path], "told before anything is fetched"


def test_a_hub_that_is_down_or_speaks_another_language_is_told(listed, server, monkeypatch):
    monkeypatch.setattr(server, "_tree", lambda *_: "hello")
    with pytest.raises(Failure, match="something else than a list"):
        fetching(listed).download()
    monkeypatch.setenv(hub.VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(Failure, match="could not be reached"):
        fetching(listed).download()


def test_too_little_space_is_told_once_the_hub_said_how_much_it_is(listed, server, monkeypatch):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: argparse.Namespace(free=1_000))
    with pytest.raises(Failure, match=r"Zero needs 0 MB"):
        fetching(listed).download()
    assert not [path for path, _ in server.asked if "resolve" in path]


def test_another_repository_can_be_chosen_and_forgotten(listed, server):
    server.repositories = {"else/where": server.repositories[REPOSITORY]}
    own.choose(models.folder(), "zero", own.Choice(repository="else/where", revision="main"))
    chosen = models.entry("zero")
    assert (chosen.repository, chosen.revision) == ("else/where", "main")
    fetching(chosen).download()
    assert models.installed("zero")
    own.choose(models.folder(), "zero", own.Choice())
    assert models.entry("zero") == listed and models.installed("zero") is None, "that was another revision"
    with pytest.raises(Failure, match="is no repository"):
        own.choose(models.folder(), "zero", own.Choice(repository="https://example.org/else/where"))


def test_a_folder_can_be_used_where_it_lies_and_removing_leaves_it(listed, written):
    own.choose(models.folder(), "own", own.Choice(folder=str(written["sd"])))
    assert models.installed("own") == written["sd"] and models.for_task("view")[0].identifier == "own"
    assert stable_diffusion_prior(models.installed("own")).size == tiny.SIDE
    assert models.record(models.entry("own")) == {"folder": str(written["sd"])}
    download.remove(models.entry("own"), models.folder())
    assert models.installed("own") is None and (written["sd"] / "model_index.json").is_file()


def test_a_choice_that_cannot_be_read_chooses_nothing(listed):
    models.folder().mkdir()
    (models.folder() / own.FILE).write_text('{"zero": {"colour": "red"}}')
    assert models.entry("zero") == listed


@pytest.mark.parametrize(
    ("kind", "layout", "gone", "reason"),
    [
        ("sd", "diffusers-zero123", None, "no part of the class"),
        ("zero123", "diffusers-stable-diffusion", None, "says “Zero1to3StableDiffusionPipeline”"),
        ("sd", "diffusers-stable-diffusion", "unet/diffusion_pytorch_model.safetensors", "no safetensors weights"),
        ("sd", "diffusers-stable-diffusion", "vae/config.json", "config.json is missing"),
        ("sd", "diffusers-stable-diffusion", "model_index.json", "model_index.json is missing"),
        ("sd", "diffusers-stable-diffusion", "tokenizer", "has no vocab.json"),
        ("zero123", "diffusers-zero123", "clip_camera_projection", "config.json is missing"),
    ],
)
def test_a_folder_of_another_layout_or_with_something_missing_is_refused_with_the_reason(
    written, tmp_path, kind, layout, gone, reason
):
    place = shutil.copytree(written[kind], tmp_path / "place")
    if gone:
        there = place / gone
        shutil.rmtree(there) if there.is_dir() else there.unlink()
    assert reason in layouts.problem(layout, place)


def test_whole_folders_of_all_layouts_are_accepted(written, tmp_path):
    tiny.write_controlnet(tmp_path / "controlnet", written["sd"])
    tiny.write_stable_diffusion_xl(tmp_path / "xl")
    for layout, place in (
        ("diffusers-zero123", written["zero123"]),
        ("diffusers-stable-diffusion", written["sd"]),
        ("diffusers-stable-diffusion", tmp_path / "xl" / "model"),
        ("diffusers-controlnet", tmp_path / "controlnet"),
    ):
        assert layouts.problem(layout, place) is None


def test_the_command_uses_a_folder_names_a_source_and_lists_both(listed, written, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    command.add_models(parser.add_subparsers(dest="command"))

    def run(*words):
        return command.models_command(parser.parse_args(["models", *words])), capsys.readouterr()

    code, said = run("use", "own", str(tmp_path))
    assert code == 3 and "is not a Stable Diffusion" in said.err
    assert run("use", "own", str(written["sd"]))[0] == 0
    assert run("source", "zero", "else/where")[0] == 0
    listing = {entry["identifier"]: entry for entry in json.loads(run("list", "--json")[1].out)["models"]}
    assert listing["own"]["folder"] == str(written["sd"]) and listing["own"]["installed"]
    assert listing["zero"]["repository"] == "else/where"
    assert f"Used from {written['sd']}" in run("list")[1].out
    assert run("source", "zero")[0] == 0 and models.entry("zero") == listed
    assert run("remove", "own")[0] == 0 and models.installed("own") is None
