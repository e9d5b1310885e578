"""What is wrong with a folder of Stable Diffusion is said in a sentence; half precision is read."""

import json
import shutil
import sys

import diffusers
import pytest
import tiny_diffusers as tiny
import torch
from safetensors.torch import load_file, save_file

from statue_recon.contract import Failure
from statue_recon.priors import diffusers_folder
from statue_recon.priors.stable_diffusion import stable_diffusion_prior
from statue_recon.priors.view.framing import Pose


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny.write_stable_diffusion(tmp_path_factory.mktemp("epsilon"))


@pytest.fixture
def broken(model, tmp_path):
    """A copy of a model to break."""
    return shutil.copytree(model, tmp_path / "broken")


def test_weights_in_half_precision_are_read_under_their_own_names(model, tmp_path):
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(model).to(dtype=torch.float16)
    pipeline.save_pretrained(tmp_path / "half", variant="fp16", safe_serialization=True)
    found, variant = diffusers_folder.weights_of(tmp_path / "half" / "unet")
    assert variant == "fp16" and [path.name for path in found] == ["diffusion_pytorch_model.fp16.safetensors"]
    half, whole = (stable_diffusion_prior(folder) for folder in (tmp_path / "half", model))
    views = [prior.views(None, None, [Pose(azimuth=90.0)], "bronze", steps=2) for prior in (half, whole)]
    assert torch.allclose(views[0].rgb, views[1].rgb, atol=0.02)
    assert diffusers_folder.precision("cuda:0") == torch.float16


def test_pickled_weights_are_refused_with_a_way_out(broken):
    weights = broken / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(Failure, match=r"pickled \(diffusion_pytorch_model.bin\).*safe_serialization"):
        stable_diffusion_prior(broken)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "scheduler", "model_index.json"])
def test_a_missing_part_is_named(broken, part):
    place = broken / part
    place.unlink() if place.is_file() else shutil.rmtree(place)
    with pytest.raises(Failure, match=part if part != "scheduler" else "scheduler_config.json is missing"):
        stable_diffusion_prior(broken)


def test_a_part_that_lacks_weights_is_refused_not_filled_with_noise(broken):
    weights = broken / "unet" / "diffusion_pytorch_model.safetensors"
    found = load_file(weights)
    del found["conv_in.bias"]
    save_file(found, weights)
    with pytest.raises(Failure, match=r"conv_in\.bias"):
        stable_diffusion_prior(broken)


def test_a_damaged_file_is_a_sentence(broken):
    weights = broken / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(Failure, match="cannot be read"):
        stable_diffusion_prior(broken)


def test_models_of_another_kind_are_refused(broken, tmp_path):
    inpainting = tiny.write_stable_diffusion(tmp_path / "inpainting", in_channels=9)
    with pytest.raises(Failure, match="9 channels"):
        stable_diffusion_prior(inpainting)
    config = broken / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps({"_class_name": "FlowMatchEulerDiscreteScheduler"}))
    with pytest.raises(Failure, match="FlowMatchEulerDiscreteScheduler"):
        stable_diffusion_prior(broken)


def test_without_transformers_it_says_what_to_do(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Failure, match=r"Stable Diffusion cannot run.*Set up the engine again"):
        stable_diffusion_prior(model)
