"""Optional models: the list, fetching them whole or not at all, and running the networks they hold."""

import argparse
import contextlib
import hashlib
import http.server
import io
import json
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny_onnx

from statue_recon.contract import Failure
from statue_recon.priors import command, download, layouts, models, onnx
from statue_recon.priors.download import Fetching, Stopped

ROOT = Path(__file__).resolve().parents[2]
CONTENT = np.random.default_rng(0).bytes(3_000_000)  # does not compress: the archive is as large


class Shelf(http.server.BaseHTTPRequestHandler):
    """A server of one file, with the habits and mishaps that its class attributes say."""

    file = b""
    ranges = True  # whether it can begin in the middle
    breaks_after: int | None = None  # bytes after which the first answers break off
    breaks = 0  # how many answers do
    asked: list[tuple[str, str | None]] = []

    def do_GET(self):
        kind = type(self)
        wanted = self.headers.get("Range")
        kind.asked.append((self.path, wanted))
        if self.path != "/tiny.tgz":
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and kind.ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(kind.file) - start))
        self.end_headers()
        body = kind.file[start:]
        if kind.breaks:
            kind.breaks -= 1
            body = body[: kind.breaks_after]
        with contextlib.suppress(OSError):  # whoever asked has gone
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def shelf():
    """The server's class, to set its habits, with its address."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in (("package/README.md", b"Read me"), ("package/dist/abc.onnx", CONTENT)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    kind = type("TodaysShelf", (Shelf,), {"file": packed.getvalue(), "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    kind.address = f"http://127.0.0.1:{server.server_port}"
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def tiny(shelf, tmp_path, monkeypatch):
    """The only model of the registry."""
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))
    monkeypatch.setattr(models, "REGISTRY", tmp_path / "registry.json")
    return list_tiny(shelf, tmp_path)


def list_tiny(shelf, folder: Path, **changes) -> models.Model:
    """Writes the registry and reads it back."""
    fields = {
        "identifier": "tiny",
        "task": "mask",
        "title": "Tiny",
        "purpose": "Tests",
        "licence": "None at all",
        "homepage": "https://example.org/tiny",
        "revision": "1.0",
        "archive": {
            "url": f"{shelf.address}/tiny.tgz",
            "size": len(shelf.file),
            "sha256": hashlib.sha256(shelf.file).hexdigest(),
        },
        "files": [
            {
                "name": "tiny.onnx",
                "member": "package/dist/abc.onnx",
                "size": len(CONTENT),
                "sha256": hashlib.sha256(CONTENT).hexdigest(),
            }
        ],
    }
    listed = {"version": 1, "models": [fields | changes]}
    (folder / "registry.json").write_text(json.dumps(listed), encoding="utf-8")
    return models.entry("tiny")


def fetching(model, cancelled=None, progress=lambda *_: None) -> Fetching:
    return Fetching(model, models.folder(), progress, cancelled or threading.Event())


def nothing_left() -> bool:
    return not [path for path in models.folder().rglob("*") if path.is_file()]


def test_a_download_leaves_the_models_files_and_nothing_else(tiny, shelf):
    told = []
    place = fetching(tiny, progress=lambda *step: told.append(step)).download()
    assert models.installed("tiny") == place == models.folder() / "tiny"
    assert (place / "tiny.onnx").read_bytes() == CONTENT
    assert sorted(path.name for path in models.folder().rglob("*")) == ["statue-recon.json", "tiny", "tiny.onnx"]
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 10
    fetching(tiny).download()
    assert len(shelf.asked) == 1, "what is there is not fetched again"


def test_a_download_that_breaks_off_goes_on_by_itself_where_it_broke(tiny, shelf):
    shelf.breaks, shelf.breaks_after = 2, 1_000_000
    fetching(tiny).download()
    assert models.installed("tiny")
    assert [wanted for _, wanted in shelf.asked] == [None, "bytes=1000000-", "bytes=2000000-"]


def test_a_cancelled_download_is_gone_on_with_next_time(tiny, shelf):
    cancelled = threading.Event()
    with pytest.raises(Stopped):
        fetching(tiny, cancelled, lambda share, _: cancelled.set() if share > 0.4 else None).download()
    assert models.installed("tiny") is None
    fetching(tiny).download()
    begun_at = int(shelf.asked[1][1].removeprefix("bytes=").removesuffix("-"))
    assert begun_at >= 0.4 * len(shelf.file)
    assert models.installed("tiny")


def test_a_server_that_cannot_begin_in_the_middle_is_read_from_the_beginning(tiny, shelf):
    shelf.breaks, shelf.breaks_after, shelf.ranges = 1, 1_000_000, False
    assert (fetching(tiny).download() / "tiny.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize("damage", [lambda file: file[:-9] + bytes(9), lambda file: file + b"more"])
def test_a_damaged_download_is_refused_and_not_kept(tiny, shelf, damage):
    whole, shelf.file = shelf.file, damage(shelf.file)
    with pytest.raises(Failure, match="is damaged") as caught:
        fetching(tiny).download()
    assert caught.value.next_step and models.installed("tiny") is None and nothing_left()
    shelf.file = whole
    assert fetching(tiny).download()


def test_an_archive_without_the_promised_file_is_refused(tiny, shelf, tmp_path):
    other = [{"name": "tiny.onnx", "member": "package/README.md", "size": 7, "sha256": "0" * 64}]
    with pytest.raises(Failure, match="files of Tiny are damaged"):
        fetching(list_tiny(shelf, tmp_path, files=other)).download()
    assert nothing_left()


def test_a_model_that_is_gone_or_a_network_that_is_down_is_told_in_a_sentence(tiny, shelf, tmp_path):
    moved = {"url": f"{shelf.address}/gone.tgz", "size": 5, "sha256": "0" * 64}
    with pytest.raises(Failure, match="not at its address any more"):
        fetching(list_tiny(shelf, tmp_path, archive=moved)).download()
    nowhere = moved | {"url": "http://127.0.0.1:9/tiny.tgz"}
    with pytest.raises(Failure, match="could not be reached") as caught:
        fetching(list_tiny(shelf, tmp_path, archive=nowhere)).download()
    assert "network" in caught.value.next_step


def test_too_little_space_is_told_before_anything_is_fetched(tiny, shelf, monkeypatch):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: argparse.Namespace(free=4_000_000))
    with pytest.raises(Failure, match=r"needs 6 MB.* only 4 MB free"):
        fetching(tiny).download()
    assert not shelf.asked


def test_a_file_that_was_carried_here_is_taken_after_the_same_checks(tiny, shelf, tmp_path):
    for name, content in (("tiny.tgz", shelf.file), ("abc.onnx", CONTENT), ("wrong.onnx", CONTENT[:-1])):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Failure, match=r"wrong.onnx is not Tiny 1.0"):
        fetching(tiny).take(tmp_path / "wrong.onnx")
    for name in ("tiny.tgz", "abc.onnx"):
        place = fetching(tiny).take(tmp_path / name)
        assert models.installed("tiny") == place and (place / "tiny.onnx").read_bytes() == CONTENT
        download.remove(tiny, models.folder())
        assert models.installed("tiny") is None and nothing_left()
    assert not shelf.asked
    with pytest.raises(Failure, match="cannot be read"):
        fetching(tiny).take(tmp_path / "gone.onnx")


def test_files_each_with_an_address_of_their_own_are_fetched_one_by_one(tiny, shelf, tmp_path):
    digest = hashlib.sha256(shelf.file).hexdigest()
    file = {"name": "unet/tiny.bin", "url": f"{shelf.address}/tiny.tgz", "size": len(shelf.file), "sha256": digest}
    second = {**file, "name": "vae/tiny.bin", "url": f"{shelf.address}/gone.tgz"}
    with pytest.raises(Failure, match="not at its address"):
        fetching(list_tiny(shelf, tmp_path, archive=None, files=[file, second])).download()
    second["url"] = file["url"]
    place = fetching(list_tiny(shelf, tmp_path, archive=None, files=[file, second])).download()
    assert models.installed("tiny") and (place / "unet/tiny.bin").read_bytes() == shelf.file
    asked = [path for path, _ in shelf.asked]
    assert asked == ["/tiny.tgz", "/gone.tgz", "/tiny.tgz"], "what is there already is not fetched again"


def test_a_changed_file_or_another_revision_is_not_called_installed(tiny, shelf, tmp_path):
    place = fetching(tiny).download()
    assert models.for_task("mask")[1] == place
    list_tiny(shelf, tmp_path, revision="1.1")
    assert models.installed("tiny") is None
    list_tiny(shelf, tmp_path)
    (place / "tiny.onnx").write_bytes(CONTENT[:-1])
    assert models.installed("tiny") is None and models.for_task("mask") is None


def test_a_model_nothing_is_known_to_check_by_is_taken_as_it_lies_and_never_fetched(tiny, shelf, tmp_path):
    model = list_tiny(shelf, tmp_path, archive=None, layout="diffusers", files=[{"name": "unet/config.json"}])
    assert models.installed("tiny") is None
    with pytest.raises(Failure, match="nothing is known to check"):
        fetching(model).download()
    (models.folder() / "tiny/unet").mkdir(parents=True)
    (models.folder() / "tiny/unet/config.json").write_text("{}")
    assert models.installed("tiny")


@pytest.mark.parametrize("name", ["../tiny.onnx", "/tiny.onnx"])
def test_no_entry_of_the_registry_leads_out_of_the_models_folder(tiny, shelf, tmp_path, name):
    with pytest.raises(Failure, match="list of models cannot be read"):
        list_tiny(shelf, tmp_path, files=[{"name": name}])


def test_the_registry_names_what_a_person_must_know_before_a_download():
    for model in models.entries():
        told = (model.identifier, model.task, model.title, model.purpose, model.licence, model.homepage)
        assert all(told), model.identifier
        assert model.layout is None or model.layout in layouts.LAYOUTS
        if model.commercial is not None:
            assert "commercial use" in model.licence
        for source in filter(None, (model.archive, *model.files)):
            assert source.sha256 is None or (len(source.sha256) == 64 and source.size > 0)
        for file in model.files if model.layout else ():
            assert file.name.endswith((".json", ".txt", ".safetensors")), "no pickles"
        if model.repository:
            assert models.COMMIT.fullmatch(model.revision), "what a branch holds may change"
            assert model.can_be_fetched and model.demand and (model.size or model.about)
    with pytest.raises(Failure, match="no model “nonsense”"):
        models.entry("nonsense")


def test_where_no_hash_is_known_it_is_not_pretended():
    known = {model.identifier: model for model in models.entries()}
    assert known["isnet"].has_hashes and known["stable-diffusion"].has_hashes
    assert known["stable-diffusion"].size == 2_134_194_125
    for name in ("zero123-xl", "controlnet-normals"):
        assert not known[name].has_hashes and known[name].can_be_fetched, "checked by what the hub says"
    for name in ("marigold-normals", "stable-diffusion-own"):
        assert not known[name].can_be_fetched


def test_models_lie_where_the_environment_says_else_with_the_users_data(monkeypatch, tmp_path):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path))
    assert models.folder() == tmp_path
    monkeypatch.delenv(models.VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(models.sys, "platform", "linux")
    assert models.folder() == tmp_path / "data/statue_recon/models"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(models.sys, "platform", "win32")
    assert models.folder() == tmp_path / "local/statue_recon/models"


def test_what_blenders_side_imports_needs_the_standard_library_only():
    code = "import statue_recon.priors.models, statue_recon.priors.download, statue_recon.contract"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(ROOT)!r}); {code}"])
    assert done.returncode == 0


def test_the_command_lists_gets_and_removes(tiny, capsys):
    parser = argparse.ArgumentParser()
    command.add_models(parser.add_subparsers(dest="command"))

    def run(*words):
        return command.models_command(parser.parse_args(["models", *words])), capsys.readouterr()

    code, said = run("list")
    assert code == 0 and "tiny: Tiny 1.0, 3 MB to download, not installed" in said.out and "None at all" in said.out
    code, said = run("get", "tiny")
    assert code == 0 and said.out.strip() == str(models.folder() / "tiny") and "None at all" in said.err
    assert json.loads(run("list", "--json")[1].out)["models"][0]["installed"] is True
    assert run("remove", "tiny")[0] == 0 and models.installed("tiny") is None
    code, said = run("get", "huge")
    assert code == 3 and "no model “huge”" in said.err


def small_network() -> bytes:
    """Every operator that is known, as networks for masks use them: convolutions, pooling, growing back, joining."""
    random = np.random.default_rng(4)
    weights = {
        "w1": random.normal(0, 0.3, (6, 3, 3, 3)).astype(np.float32),
        "b1": random.normal(0, 0.3, 6).astype(np.float32),
        "w2": random.normal(0, 0.3, (4, 6, 3, 3)).astype(np.float32),
        "w3": random.normal(0, 0.3, (1, 10, 1, 1)).astype(np.float32),
    }
    conv = {"kernel_shape": [3, 3], "strides": [1, 1], "group": 1}
    nodes = [
        node("Conv", "input w1 b1", "c1", **conv, dilations=[2, 2], pads=[2, 2, 2, 2]),
        node("Relu", "c1", "r1"),
        node("MaxPool", "r1", "p1", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0], ceil_mode=1),
        node("Conv", "p1 w2", "c2", **conv, dilations=[1, 1], pads=[0, 1, 2, 1]),
        node("Shape", "r1", "shape"),
        node("Constant", "", "two", value=np.array([2], dtype=np.int64)),
        node("Constant", "", "four", value=np.array([4], dtype=np.int64)),
        node("Slice", "shape two four", "plane"),
        node("Constant", "", "front", value=np.array([1, 4], dtype=np.int64)),
        node("Concat", "front plane", "sizes", axis=0),
        node("Resize", "c2 - - sizes", "grown", mode="linear", coordinate_transformation_mode="half_pixel"),
        node("Concat", "grown r1", "both", axis=1),
        node("Conv", "both w3", "c3", kernel_shape=[1, 1]),
        node("Add", "c3 c3", "twice"),
        node("Mul", "twice c3", "square"),
        node("Identity", "square", "same"),
        node("Sigmoid", "same", "output"),
        node("Sigmoid", "c3", "aside"),
    ]
    return tiny_onnx.model(nodes, weights, (1, 3, 33, 40), (1, 1, 33, 40))


node = tiny_onnx.node


def test_a_network_computes_what_opencv_computes_from_the_same_file(tmp_path):
    (tmp_path / "small.onnx").write_bytes(small_network())
    values = np.random.default_rng(5).normal(0, 1, (1, 3, 33, 40)).astype(np.float32)
    network = onnx.read_network(tmp_path / "small.onnx")
    ours = onnx.run(network, values)
    judge = cv2.dnn.readNetFromONNX(np.frombuffer(small_network(), np.uint8))
    judge.setInput(values)
    assert "aside" not in [node.outputs[0] for node in network.nodes], "only what the output needs is computed"
    assert ours.shape == (1, 1, 33, 40) and ours.dtype == np.float32
    assert np.abs(ours - judge.forward("output")).max() < 1e-5


def test_half_precision_weights_and_nodes_out_of_order_are_understood(tmp_path):
    (tmp_path / "light.onnx").write_bytes(tiny_onnx.light_is_statue(side=8))
    values = np.random.default_rng(6).uniform(-0.5, 0.5, (1, 3, 8, 8)).astype(np.float32)
    ours = onnx.run(onnx.read_network(tmp_path / "light.onnx"), values)
    assert np.allclose(ours, 1 / (1 + np.exp(-20 * values.sum(axis=1, keepdims=True))), atol=1e-6)


@pytest.mark.parametrize("content", [b"", b"no protocol buffer", small_network()[:2000]])
def test_a_file_that_is_no_network_is_refused_with_a_sentence(tmp_path, content):
    (tmp_path / "broken.onnx").write_bytes(content)
    with pytest.raises(Failure, match=r"broken.onnx is no ONNX model"):
        onnx.read_network(tmp_path / "broken.onnx")


def test_operators_that_are_not_known_are_named(tmp_path):
    file = tiny_onnx.model([node("Softmax", "input", "output")], {}, (1, 3), (1, 3))
    (tmp_path / "other.onnx").write_bytes(file)
    with pytest.raises(Failure, match="not known here: Softmax"):
        onnx.read_network(tmp_path / "other.onnx")
    loop = [node("Add", "input b", "a"), node("Add", "input a", "b"), node("Relu", "a", "output")]
    (tmp_path / "loop.onnx").write_bytes(tiny_onnx.model(loop, {}, (1, 3), (1, 3)))
    with pytest.raises(Failure, match="wait for each other"):
        onnx.read_network(tmp_path / "loop.onnx")
