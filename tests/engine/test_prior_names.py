"""What a request may choose as its priors, and what is said of what it may not."""

import subprocess
import sys
from pathlib import Path

import pytest
import tiny_diffusers as tiny

from statue_recon.contract import Failure
from statue_recon.priors import bundled, models, names, own

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))


def ship(monkeypatch, *parts):
    """A version that ships these and nothing else."""
    listed = {name: bundled.Part(1, {}, 0, (), "never") for name in parts}
    monkeypatch.setattr(bundled, "bundle", lambda folder=None: bundled.Bundle(listed))


def test_names_and_weights_are_read():
    assert names.read("bundled") == {"shape": 1.0, "view": 1.0} and names.read("none") == {} and names.read("") == {}
    assert names.read("shape, zero123-xl: 0.5") == {"shape": 1.0, "zero123-xl": 0.5}
    assert names.read("shape, zero123-xl:0") == {"shape": 1.0}, "what weighs nothing is not chosen"
    for words in ("shape:loud", "shape:-1", "shape:1000", "shape:nan"):
        with pytest.raises(Failure, match="weight of the prior “shape”"):
            names.read(words)


def test_what_is_not_known_is_told_with_all_that_is():
    with pytest.raises(Failure, match="“isnet” was chosen, which this version") as caught:
        names.check(["isnet"])
    for known in ("bundled", "none", "shape", "view", "zero123-xl"):
        assert known in caught.value.next_step


def test_what_is_not_installed_is_told_with_its_name_its_place_and_what_to_do():
    with pytest.raises(Failure, match="Zero123-XL was chosen, and it is not installed") as caught:
        names.check(["zero123-xl"])
    assert str(models.folder()) in caught.value.message and "press Download or Use a Folder" in caught.value.next_step
    with pytest.raises(Failure) as caught:
        names.check(["stable-diffusion-own"])
    assert "press Use a Folder" in caught.value.next_step and "Download" not in caught.value.next_step


def test_what_is_installed_is_found_where_it_lies(tmp_path):
    place = tiny.write_zero123(tmp_path / "zero123")
    own.choose(models.folder(), "zero123-xl", own.Choice(folder=str(place)))
    names.check(["zero123-xl"])
    assert names.installed("zero123-xl")[1] == place


def test_a_bundled_prior_that_is_not_shipped_is_told(monkeypatch):
    ship(monkeypatch, "shape")
    names.check(["shape"])
    with pytest.raises(Failure, match="bundled view prior was chosen, and this version ships none"):
        names.check(["shape", "view"])


def test_the_painter_is_the_loudest_that_knows_colours():
    assert names.painter("shape:9, zero123-xl:0.5, stable-diffusion-own:2") == "stable-diffusion-own"
    assert names.painter("shape:9, zero123-xl:0.5, stable-diffusion-own:0") == "zero123-xl"
    assert names.painter("none") is None and names.painter("shape") is None
    assert names.painter("bundled") == "view"


def test_what_imagined_the_first_volume_leaves_the_word_to_others():
    assert names.speaking("bundled") == {"view": 1.0}
    assert names.speaking("shape:2, zero123-xl:0.5") == {"zero123-xl": 0.5}
    assert names.speaking("shape:2") == {"shape": 2.0} and names.speaking("none") == {}


def test_words_mean_something_to_those_that_were_trained_with_them():
    heeding = [name for name in ("shape", "view", "zero123-xl", "stable-diffusion") if names.heeds_words(name)]
    assert heeding == ["view", "stable-diffusion"]


def test_it_needs_the_standard_library_only():
    code = f"import sys; sys.path.append({str(ROOT)!r}); import statue_recon.unheeded"
    code += "; from statue_recon.priors.names import check, read; check(read('bundled')); check(read('none'))"
    assert subprocess.run([sys.executable, "-I", "-S", "-c", code]).returncode == 0
