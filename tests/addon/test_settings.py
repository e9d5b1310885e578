"""What the tab's settings ask of the engine."""

import importlib
import json
import shutil

import bpy
import pytest


@pytest.fixture
def request_of(addon):
    """The request that the settings of a fresh scene make, after these changes."""
    reconstruct = importlib.import_module(f"{addon.__name__}.operators.reconstruct")

    def made(**changes):
        settings = bpy.data.scenes.new("test").statue
        for name, value in changes.items():
            setattr(settings, name, value)
        return reconstruct.as_request(settings)

    yield made
    bpy.data.scenes.remove(bpy.data.scenes["test"])


def test_settings_nobody_touched_leave_the_choice_to_the_engine(request_of, addon):
    contract = importlib.import_module(f"{addon.__name__}.statue_recon.contract")
    assert request_of() == contract.Request(photo="photo.png", device=request_of().device)


def test_every_wish_reaches_the_request_in_the_contracts_units(request_of):
    request = request_of(lens=85, faces=12_345, texture="4096", quads=True, mirror=True, samples=12, seed=3)
    assert (request.lens, request.faces, request.texture) == (85, 12_345, 4096)
    assert (request.samples, request.seed) == (12, 3)
    assert request.quads and request.mirror
    request.check()


def test_an_elevation_is_told_only_where_somebody_has_set_it(request_of):
    assert request_of(elevation=0.5).elevation is None
    assert request_of(elevation=0.5, elevation_source="set").elevation == pytest.approx(28.648, abs=0.001)
    assert request_of(elevation_source="set").elevation == 0.0


def test_the_bundled_prior_is_asked_unless_somebody_wants_none(request_of):
    assert request_of().prior == "bundled" and request_of(prior="none").prior == "none"


def test_refinement_is_asked_as_it_is_set_and_left_to_the_quality_otherwise(request_of):
    assert request_of().refine_steps is None
    assert request_of(refine_steps=40).refine_steps == 40 and request_of(refine_steps=0).refine_steps == 0
    assert request_of(refine_steps=40, prior="none").refine_steps is None, "nobody is there to ask"


@pytest.fixture
def installed(addon, tmp_path, monkeypatch):
    """Installs models into a folder of the test's own: folders that are laid out as theirs are, without weights."""
    monkeypatch.setenv("STATUE_RECON_MODELS", str(tmp_path / "models"))
    session = importlib.import_module(f"{addon.__name__}.session.models")

    def install(identifier):
        index = {
            "zero123-xl": {"_class_name": "Zero123Pipeline", "projection": ["zero123", "CCProjection"]},
            "stable-diffusion": {"_class_name": "StableDiffusionPipeline"},
        }[identifier]
        folder = tmp_path / identifier
        for part in ("unet", "vae", "image_encoder", "text_encoder", "projection"):
            (folder / part).mkdir(parents=True)
            (folder / part / "config.json").write_text("{}")
            (folder / part / "model.safetensors").write_bytes(b"weights")
        for place in ("scheduler/scheduler_config.json", "tokenizer/vocab.json"):
            (folder / place).parent.mkdir()
            (folder / place).write_text("{}")
        (folder / "model_index.json").write_text(json.dumps(index))
        session.use_folder(identifier, folder)

    session.refresh()
    yield install
    monkeypatch.undo()
    session.refresh()


def menu(settings) -> dict[str, str]:
    """What the menu of priors offers by now: words and titles."""
    priors = importlib.import_module(f"{type(settings).__module__.rpartition('.')[0]}.priors")
    return {words: title for words, title, *_ in priors.items(settings, None)}


def test_the_menu_of_priors_offers_what_is_installed_alone_and_together(installed, empty_file):
    settings = empty_file.statue
    assert menu(settings) == {"bundled": "Bundled", "none": "None"}
    installed("zero123-xl")
    assert menu(settings) == {
        "bundled": "Bundled",
        "none": "None",
        "shape, zero123-xl": "Bundled + Zero123-XL",
        "zero123-xl": "Zero123-XL",
    }
    installed("stable-diffusion")
    assert menu(settings)["shape, zero123-xl, stable-diffusion"] == "Bundled + Zero123-XL + Stable Diffusion 1.5"
    assert len(menu(settings)) == 8


def test_every_choice_of_the_menu_reaches_the_request_in_the_engines_words(installed, request_of, empty_file, addon):
    installed("zero123-xl")
    installed("stable-diffusion")
    names = importlib.import_module(f"{addon.__name__}.statue_recon.priors.names")
    for words in menu(empty_file.statue):
        assert request_of(prior=words).prior == words
        names.check(names.read(words))
    assert set(names.read("shape, zero123-xl")) == {"shape", "zero123-xl"}


def test_a_file_that_chose_what_is_not_installed_here_keeps_its_choice_and_says_so(installed, empty_file, tmp_path):
    installed("zero123-xl")
    empty_file.statue.prior = "shape, zero123-xl"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    shutil.rmtree(tmp_path / "zero123-xl")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    importlib.import_module(f"{type(bpy.context.scene.statue).__module__.rpartition('.')[0]}.models").refresh()
    settings = bpy.context.scene.statue
    assert settings.prior == "shape, zero123-xl"
    assert menu(settings)["shape, zero123-xl"] == "shape, zero123-xl (not installed)"
    settings.prior = "bundled"
    assert list(menu(settings)) == ["bundled", "none"]


SET = {"elevation_source": "set"}


@pytest.mark.parametrize(
    "changes",
    [
        {"lens": 1},
        {"faces": 1},
        {"elevation": 9, **SET},
        {"elevation": -9, **SET},
        {"lens": 9999},
        {"samples": 99},
        {"samples": -1},
        {"refine_steps": 9999},
        {"refine_steps": -9},
    ],
    ids=str,
)
def test_what_can_be_typed_into_a_field_is_always_a_request_the_engine_takes(request_of, changes):
    request_of(**changes).check()
