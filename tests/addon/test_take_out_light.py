"""The switch that keeps the photo's light: there is one where a model takes it out, and it reaches the request."""

import importlib
import json

import pytest


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def models(module, tmp_path, monkeypatch):
    """The session's models, in a folder of the test's own: none is installed."""
    monkeypatch.setenv("STATUE_RECON_MODELS", str(tmp_path / "models"))
    session = module("session.models")
    session.refresh()
    yield session
    monkeypatch.undo()
    session.refresh()


@pytest.fixture
def settings(empty_file):
    return empty_file.statue


def lay_out(folder):
    """A folder as the model's is laid out, without weights."""
    for part in ("unet", "vae", "text_encoder"):
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text("{}")
        (folder / part / "model.fp16.safetensors").write_bytes(b"weights")
    for place in ("scheduler/scheduler_config.json", "tokenizer/vocab.json"):
        (folder / place).parent.mkdir()
        (folder / place).write_text("{}")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "MarigoldIntrinsicsPipeline"}))
    return folder


class Layout:
    """Stands in for Blender's layout, every part of it open, and keeps which settings were drawn."""

    def __init__(self):
        self.drawn = []

    def column(self):
        return self

    def panel(self, _identifier, default_closed):
        assert default_closed
        return self, self

    def label(self, text):
        pass

    def prop(self, settings, name):
        assert hasattr(settings, name)
        self.drawn.append(name)


def shown(module, settings):
    layout = Layout()
    module("panels.image_editor").draw_settings(layout, settings)
    return layout.drawn


def test_the_switch_is_shown_only_where_a_model_takes_light_out(models, module, settings, tmp_path):
    before = shown(module, settings)
    assert "mirror" in before and "delight" not in before and not models.can("albedo")
    models.use_folder("marigold-albedo", lay_out(tmp_path / "marigold"))
    assert models.can("albedo") and shown(module, settings) == [*before, "delight"]


def test_light_is_taken_out_unless_somebody_wants_to_keep_it(module, settings):
    as_request = module("session.settings").as_request
    assert as_request(settings).delight
    settings.delight = False
    assert not as_request(settings).delight
