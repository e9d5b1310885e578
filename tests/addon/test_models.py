"""The optional models in Blender: what the preferences show, and what their buttons do, against a server of our own."""

import contextlib
import hashlib
import http.server
import importlib
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import bpy
import pytest

CONTENT = os.urandom(2_000_000)


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def server():
    """Serves one archive; `pause` holds its answers back in the middle until it is set."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("package/tiny.onnx")
        member.size = len(CONTENT)
        archive.addfile(member, io.BytesIO(CONTENT))

    class Shelf(http.server.BaseHTTPRequestHandler):
        file = packed.getvalue()
        pause = threading.Event()

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.file)))
            self.end_headers()
            half = len(self.file) // 2
            with contextlib.suppress(OSError):  # whoever asked has gone
                self.wfile.write(self.file[:half])
                self.pause.wait(10)
                self.wfile.write(self.file[half:])

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    Shelf.pause.set()
    Shelf.address = f"http://127.0.0.1:{running.server_port}/tiny.tgz"
    yield Shelf
    Shelf.pause.set()
    running.shutdown()
    running.server_close()


@pytest.fixture
def models(module, server, tmp_path, monkeypatch):
    """The session's models: one tiny one, in a folder of its own, with the network allowed."""
    registry = {
        "version": 1,
        "models": [
            {
                "identifier": "tiny",
                "task": "mask",
                "title": "Tiny",
                "purpose": "Finds statues in tests",
                "licence": "Public domain",
                "homepage": "https://example.org/tiny",
                "revision": "1.0",
                "archive": {
                    "url": server.address,
                    "size": len(server.file),
                    "sha256": hashlib.sha256(server.file).hexdigest(),
                },
                "files": [
                    {
                        "name": "tiny.onnx",
                        "member": "package/tiny.onnx",
                        "size": len(CONTENT),
                        "sha256": hashlib.sha256(CONTENT).hexdigest(),
                    }
                ],
            }
        ],
    }
    (tmp_path / "registry.json").write_text(json.dumps(registry), encoding="utf-8")
    monkeypatch.setattr(module("statue_recon.priors.models"), "REGISTRY", tmp_path / "registry.json")
    monkeypatch.setenv("STATUE_RECON_MODELS", str(tmp_path / "models"))
    session = module("session.models")
    session.refresh()
    before = bpy.context.preferences.system.use_online_access
    bpy.context.preferences.system.use_online_access = True
    yield session
    bpy.context.preferences.system.use_online_access = before
    for identifier in list(session._fetches):
        session.cancel(identifier)
        session._fetches.pop(identifier).wait(10)


ICONS = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items


class Layout:
    """Stands in for Blender's layout and keeps what was drawn into it; as picky about icons as the real one."""

    def __init__(self, drawn=None):
        self.drawn = [] if drawn is None else drawn

    def box(self):
        return Layout(self.drawn)

    row = column = box

    def label(self, text="", icon="NONE"):
        assert icon in ICONS, icon
        self.drawn.append(text)

    def progress(self, factor=0.0, text=""):
        self.drawn.append(f"progress: {text}")

    def operator(self, name, text="", icon="NONE"):
        assert icon in ICONS, icon
        room, _, intention = name.partition(".")
        getattr(getattr(bpy.ops, room), intention).get_rna_type()  # raises if there is none
        self.drawn.append(name)
        return type("Settings", (), {})()


def shown(module) -> list[str]:
    """What the preferences show of the models: texts and the names of buttons, in order."""
    layout = Layout()
    panel = module("panels.preferences").STATUE_AP_preferences
    panel.draw_models(Namespace(panel), layout, 2000)
    return layout.drawn


class Namespace:
    """`self` of the preferences' drawing functions, which Blender makes only for a window."""

    def __init__(self, panel):
        self._panel = panel

    def __getattr__(self, name):
        return getattr(self._panel, name).__get__(self)


def ended(models, identifier="tiny", seconds=20.0):
    models._fetches[identifier].wait(seconds)
    models.watch()
    return models.state(identifier)


def test_the_preferences_show_licence_and_size_before_the_download(models, module):
    drawn = shown(module)
    assert "Tiny 1.0" in drawn and "2 MB to download" in drawn and "Finds statues in tests." in drawn
    assert drawn.index("Licence: Public domain.") < drawn.index("statue.download_model")
    assert "statue.use_model_file" in drawn and "statue.remove_model" not in drawn


def test_pressing_download_installs_the_model_and_remove_takes_it_away(models, module, tmp_path):
    bpy.ops.statue.download_model(model="tiny")
    state = ended(models)
    assert (state.status, state.failure, state.fraction) == ("done", "", 1.0)
    assert (tmp_path / "models/tiny/tiny.onnx").read_bytes() == CONTENT
    assert models.installed("tiny")
    drawn = shown(module)
    assert "2 MB on disk" in drawn and "statue.remove_model" in drawn and "statue.download_model" not in drawn
    bpy.ops.statue.remove_model(model="tiny")
    assert not models.installed("tiny") and "statue.download_model" in shown(module)


def test_a_download_shows_how_far_it_is_and_can_be_cancelled(models, module, server):
    server.pause.clear()
    bpy.ops.statue.download_model(model="tiny")
    end = time.monotonic() + 10
    while models.state("tiny").fraction < 0.2 and time.monotonic() < end:
        time.sleep(0.01)
    drawn = shown(module)
    assert any(text.startswith("progress: Downloading") for text in drawn) and "statue.cancel_model" in drawn
    assert "statue.download_model" not in drawn
    assert models.watch() == models.WATCH_SECONDS, "the bar moves"
    bpy.ops.statue.cancel_model(model="tiny")
    server.pause.set()
    assert ended(models).status == "cancelled" and models.watch() is None
    assert "statue.download_model" in shown(module)
    bpy.ops.statue.download_model(model="tiny")
    assert ended(models).status == "done"


def test_a_file_that_was_carried_here_is_taken_without_the_network(models, module, server, tmp_path):
    bpy.context.preferences.system.use_online_access = False
    assert not bpy.ops.statue.download_model.poll()
    (tmp_path / "carried.tgz").write_bytes(server.file)
    bpy.ops.statue.use_model_file(model="tiny", filepath=str(tmp_path / "carried.tgz"))
    assert ended(models).status == "done" and models.installed("tiny")


def test_a_wrong_file_is_refused_with_a_sentence_in_the_preferences(models, module, tmp_path):
    (tmp_path / "wrong.onnx").write_bytes(b"something else")
    bpy.ops.statue.use_model_file(model="tiny", filepath=str(tmp_path / "wrong.onnx"))
    assert ended(models).status == "failed"
    assert any("wrong.onnx is not Tiny 1.0" in text for text in shown(module))


def test_without_online_access_nothing_is_tried(models, module, tmp_path):
    fetch = module("inference.models").Fetch(models.listed()[0], tmp_path / "elsewhere", allow_network=False)
    fetch.start()
    state = fetch.wait(10)
    assert state.status == "failed" and "Online Access" in state.failure and "file" in state.next_step
    assert not (tmp_path / "elsewhere").exists()


def test_two_blenders_do_not_fetch_into_the_same_files(models, module, tmp_path):
    (tmp_path / "models").mkdir()
    held = module("inference.lock").take(tmp_path / "models")
    bpy.ops.statue.download_model(model="tiny")
    state = ended(models)
    held.release()
    assert state.status == "failed" and "another Blender" in state.failure


def test_starting_a_download_takes_no_time_of_blenders(models, server):
    server.pause.clear()
    began = time.perf_counter()
    bpy.ops.statue.download_model(model="tiny")
    models.watch()
    assert time.perf_counter() - began < 0.05


def test_workers_look_for_models_in_the_extensions_own_folder(addon, module, tmp_path, monkeypatch, engine_python):
    """A worker is started as jobs start it, with a package that tells what it sees in place of the engine."""
    monkeypatch.delenv("STATUE_RECON_MODELS")
    session = module("session.models")
    session.unregister()
    session.register()
    package = tmp_path / "engine/statue_recon"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import os; print(os.environ['STATUE_RECON_MODELS'])")
    worker = module("inference.worker_process").WorkerProcess(engine_python, package.parent, tmp_path)
    assert worker.wait(60)
    worker.leave()
    seen = Path((tmp_path / "log.txt").read_text(encoding="utf-8").strip())
    assert seen == module("session.preferences").user_folder() / "models"
    session.unregister()
    assert "STATUE_RECON_MODELS" not in os.environ
    session.register()


def test_what_blenders_side_imports_of_the_engine_is_the_contract_and_lists_of_models_and_words(addon):
    """The wall: nothing else of the engine comes into Blender, and these need the standard library only."""
    code = f"""
import sys, bpy, addon_utils
bpy.ops.preferences.addon_enable(module={addon.__name__!r})
engine = "statue_recon.statue_recon."
print(sorted(name.partition(engine)[2] for name in sys.modules if engine in name))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    allowed = [
        "contract",
        "contract_data",
        "contract_edit",
        "contract_hand",
        "contract_region",
        "edit",
        "edit.known",
        "edit.presets",
        "priors",
        "priors.bundled",
        "priors.layouts",
        "priors.models",
        "priors.names",
        "priors.own",
        "whole",
    ]  # and priors.download, once something is fetched
    assert done.stdout.strip().splitlines()[-1] == str(allowed), done.stdout + done.stderr


@pytest.fixture
def with_folders(models, tmp_path):
    """One more model: a folder in a layout, at a hub, with no hashes known."""
    listed = json.loads((tmp_path / "registry.json").read_text(encoding="utf-8"))
    told = {"purpose": "Pulls", "licence": "MIT", "homepage": "https://example.org", "task": "control"}
    demand = {"memory": 2_000_000_000, "graphics": 1_500_000_000, "least_graphics": 1_000_000_000}
    source = {"repository": "somebody/pull", "revision": "a" * 40, "layout": "diffusers-controlnet", "about": 7_000_000}
    files = [{"name": "config.json"}, {"name": "diffusion_pytorch_model.safetensors"}]
    model = {"identifier": "pull", "title": "Pull", **told, **source, "demand": demand, "files": files}
    listed["models"].append(model)
    (tmp_path / "registry.json").write_text(json.dumps(listed), encoding="utf-8")
    models.refresh()
    return models


def test_the_preferences_say_what_a_folder_needs_and_what_a_download_is_checked_by(with_folders, module):
    drawn = shown(module)
    assert "About 7 MB to download" in drawn and "Pull aaaaaaaa" in drawn
    assert "Needs about 1.5 GB of a graphics card's memory, 1.0 GB at least; without a card 2.0 GB." in drawn
    assert any("somebody/pull" in text and "no hashes are known here" in text for text in drawn)
    assert "statue.use_model_folder" in drawn and "statue.change_model_source" in drawn


def test_a_folder_is_used_where_it_lies_and_remove_only_forgets_it(with_folders, module, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    with pytest.raises(RuntimeError, match="is not a ControlNet in the layout of diffusers"):
        bpy.ops.statue.use_model_folder(model="pull", directory=str(mine))
    (mine / "config.json").write_text("{}")
    (mine / "diffusion_pytorch_model.safetensors").write_bytes(b"weights")
    assert bpy.ops.statue.use_model_folder(model="pull", directory=str(mine)) == {"FINISHED"}
    assert with_folders.installed("pull")
    drawn = shown(module)
    assert f"Used from {mine}." in drawn and "statue.use_model_folder" not in drawn
    bpy.ops.statue.remove_model(model="pull")
    assert not with_folders.installed("pull") and (mine / "config.json").is_file()


def test_a_folder_that_has_gone_can_still_be_forgotten(with_folders, module, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "config.json").write_text("{}")
    (mine / "model.safetensors").write_bytes(b"weights")
    bpy.ops.statue.use_model_folder(model="pull", directory=str(mine))
    mine.rename(tmp_path / "elsewhere")
    with_folders.refresh()
    assert not with_folders.installed("pull") and shown(module).count("statue.remove_model") == 1
    bpy.ops.statue.remove_model(model="pull")
    assert shown(module).count("statue.use_model_folder") == 1


def test_another_repository_can_be_named(with_folders, module):
    bpy.ops.statue.change_model_source(model="pull", repository="else/where")
    assert any("From else/where" in text for text in shown(module)) and "Pull main" in shown(module)
    with pytest.raises(RuntimeError, match="is no repository"):
        bpy.ops.statue.change_model_source(model="pull", repository="nowhere")
    bpy.ops.statue.change_model_source(model="pull", repository="")
    assert any("From somebody/pull" in text for text in shown(module))
