"""The weights that ship: eight bits, checked when they are read, and never more than there is room for."""

import hashlib
import subprocess
import sys

import pytest
import torch

from statue_recon.contract import Failure
from statue_recon.priors import bundled
from statue_recon.priors.shape.columns import DEPTHS
from statue_recon.priors.shape.network import Architecture, ShapeNetwork

TINY = Architecture(widths=(16, 32, 32))
ABOUT = {"architecture": TINY.to_json(), "trained": "2026-11-21, one minute"}


@pytest.fixture(scope="module")
def network() -> ShapeNetwork:
    torch.manual_seed(0)
    return ShapeNetwork(TINY).eval()


@pytest.fixture
def folder(network, tmp_path):
    bundled.put("shape", ABOUT, network.state_dict(), tmp_path)
    return tmp_path


def test_weights_come_back_nearly_as_they_were(network, folder):
    known, state = bundled.weights("shape", folder)
    assert Architecture.from_json(known["architecture"]) == TINY
    assert known["parameters"] == sum(value.numel() for value in network.state_dict().values())
    for name, value in network.state_dict().items():
        assert state[name].dtype == torch.float32 and state[name].shape == value.shape
        off = (state[name] - value).abs().flatten(1) if value.ndim > 1 else (state[name] - value).abs()[:, None]
        largest = value.abs().flatten(1).amax(dim=1) if value.ndim > 1 else value.abs()
        assert (off.amax(dim=1) <= largest / 127 * 0.51 + 1e-3 * largest + 1e-7).all(), name


def test_eight_bits_hardly_change_what_the_network_says(network, folder):
    from statue_recon.priors.shape.network import FINER, PICTURE, PLANES, Condition

    other = ShapeNetwork(TINY).eval()
    other.load_state_dict(bundled.weights("shape", folder)[1])
    generator = torch.Generator().manual_seed(1)
    told = Condition(
        torch.randn((1, PICTURE, FINER * 16, FINER * 16), generator=generator),
        torch.randn((1, PLANES, 16, 16), generator=generator),
    )
    noisy = torch.randn((1, DEPTHS, 16, 16), generator=generator)
    with torch.no_grad():
        said, again = (one(noisy, torch.tensor([999]), told) for one in (network, other))
    assert float((again - said).square().mean().sqrt() / said.square().mean().sqrt()) < 0.02


def test_a_matrix_takes_a_byte_for_each_of_its_numbers():
    packed = bundled.pack({"matrix": torch.randn(64, 64), "bias": torch.randn(64), "steps": torch.tensor(3)})
    assert {name: value.dtype for name, value in packed.items()} == {
        "matrix": torch.int8,
        "matrix.scale": torch.float16,
        "bias": torch.float16,
        "steps": torch.int64,
    }


def test_outputs_of_any_size_and_none_survive():
    rows = torch.randn(6, 512) * torch.tensor([1e-6, 1e-3, 1.0, 100.0, 0.0, 1e-12])[:, None]
    back = bundled.unpacked(bundled.pack({"matrix": rows}))["matrix"]
    off = (back - rows).abs().amax(dim=1)
    assert (off[1:5] <= rows.abs().amax(dim=1)[1:5] / 127 * 0.52).all() and back.isfinite().all()
    assert off[0] < 2e-5 and off[5] < 2e-5


def test_weights_that_are_not_what_was_shipped_are_refused(folder):
    path = folder / "shape.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(Failure, match="not those that were shipped") as failure:
        bundled.weights("shape", folder)
    assert "Install the extension again" in failure.value.next_step


def test_weights_that_are_missing_are_told(folder):
    with pytest.raises(Failure, match="no bundled prior “view”"):
        bundled.weights("view", folder)
    (folder / "shape.safetensors").unlink()
    with pytest.raises(Failure, match="cannot be read"):
        bundled.weights("shape", folder)
    (folder / bundled.LIST).write_text("{}")
    with pytest.raises(Failure, match="list of bundled priors"):
        bundled.weights("shape", folder)


def test_other_weights_take_the_place_of_the_old_ones(network, folder):
    again = bundled.put("shape", ABOUT, {"only": torch.ones(4)}, folder)
    assert again.version == 2 and set(bundled.weights("shape", folder)[1]) == {"only"}
    bundled.put("fine", ABOUT, network.state_dict(), folder)
    assert set(bundled.bundle(folder).parts) == {"shape", "fine"}


def test_large_weights_are_spread_over_files_and_small_ones_take_their_place(folder, monkeypatch, network):
    monkeypatch.setattr(bundled, "FILE_LIMIT", 200_000)
    part = bundled.put("shape", ABOUT, network.state_dict(), folder)
    names = [file.name for file in part.files]
    assert len(names) > 1 and names[0] == "shape-1.safetensors" and not (folder / "shape.safetensors").exists()
    _, state = bundled.weights("shape", folder)
    assert set(state) == set(network.state_dict())
    bundled.put("shape", ABOUT, {"only": torch.ones(4)}, folder)
    assert not (folder / "shape-1.safetensors").exists()


def test_what_is_too_large_is_not_shipped_and_what_was_stays(folder, monkeypatch):
    monkeypatch.setattr(bundled, "LIMIT", 1000)
    with pytest.raises(Failure, match="too large"):
        bundled.put("fine", ABOUT, {"matrix": torch.randn(64, 64)}, folder)
    assert set(bundled.bundle(folder).parts) == {"shape"} and not (folder / "fine.safetensors").exists()


def test_looking_at_what_is_bundled_imports_nothing_heavy():
    code = (
        "import sys; from statue_recon.priors import bundled; bundled.bundle();"
        "print(sorted({'torch', 'numpy', 'safetensors'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_what_is_committed_keeps_within_its_limits():
    files = [path for path in bundled.FOLDER.rglob("*") if path.is_file()]
    assert all(path.stat().st_size < bundled.FILE_LIMIT for path in files), "a file has 16 MiB or more"
    assert sum(path.stat().st_size for path in files) <= bundled.LIMIT, "the bundle has more than 32 MiB"
    assert {path.suffix for path in files} <= {".safetensors", ".json", ".md"}


def test_what_is_committed_is_what_its_list_says():
    shipped = bundled.bundle()
    listed = {file.name: file for part in shipped.parts.values() for file in part.files}
    assert {path.name for path in bundled.FOLDER.glob("*.safetensors")} == set(listed)
    for name, file in listed.items():
        content = (bundled.FOLDER / name).read_bytes()
        assert len(content) == file.bytes and hashlib.sha256(content).hexdigest() == file.sha256, name
    assert not shipped.parts or (bundled.FOLDER / bundled.CARD).is_file()
