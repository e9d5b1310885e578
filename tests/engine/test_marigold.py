"""A normal prior in the layout of diffusers is found, loaded by diffusers, and its axes become ours."""

import json

import diffusers
import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.photo.normals import photo_normals, statue_crop
from statue_recon.photo.photo import Photo
from statue_recon.priors import marigold, models


def write_tiny_model(folder) -> None:
    """A random Marigold with a few thousand weights, saved by diffusers itself."""
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    words = folder / "words"
    words.mkdir(parents=True)
    vocabulary = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2}
    (words / "vocab.json").write_text(json.dumps(vocabulary))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(words / "vocab.json"), str(words / "merges.txt"), model_max_length=8)
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=3,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            max_position_embeddings=8,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )
    unet = diffusers.UNet2DConditionModel(
        in_channels=8,
        out_channels=4,
        block_out_channels=(8, 8),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=8,
        attention_head_dim=4,
        norm_num_groups=4,
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=(4, 4),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=2,
    )
    diffusers.MarigoldNormalsPipeline(
        unet=unet,
        vae=vae,
        scheduler=diffusers.DDIMScheduler(prediction_type="v_prediction"),
        text_encoder=text,
        tokenizer=tokenizer,
        prediction_type="normals",
        use_full_z_range=True,
        default_denoising_steps=4,
        default_processing_resolution=64,
    ).save_pretrained(folder / "model", safe_serialization=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marigold")
    write_tiny_model(folder)
    return folder / "model"


@pytest.fixture
def photo() -> Photo:
    x, y = np.meshgrid(np.linspace(-1, 1, 90), np.linspace(-1, 1, 120))
    rgb = np.random.default_rng(0).uniform(0.2, 0.8, (120, 90, 3)).astype(np.float32)
    alpha = (np.hypot(x, y) < 0.6).astype(np.float32)
    return Photo(rgb, alpha, "drawn", Camera(90, 120, 150.0, 150.0, 45.0, 60.0, np.eye(4)), ())


def test_a_tiny_model_in_its_layout_gives_unit_normals_the_same_each_time(model, photo):
    one, other = (marigold.predict(model, photo.rgb, "cpu", seed=3) for _ in range(2))
    assert one.shape == photo.rgb.shape
    assert one.dtype == np.float32
    assert np.allclose(np.linalg.norm(one, axis=2), 1.0, atol=1e-4)
    assert np.array_equal(one, other)
    assert not np.array_equal(one, marigold.predict(model, photo.rgb, "cpu", seed=4))


def test_y_up_and_z_towards_us_become_y_down_and_z_away(model, photo, monkeypatch):
    """A model that sees the right and upper side of a ball: to the right, up, towards the viewer."""
    from diffusers.pipelines.marigold.pipeline_marigold_normals import MarigoldNormalsOutput

    seen = np.tile(np.array([0.48, 0.6, 0.64], np.float32), (1, *photo.alpha.shape, 1))
    monkeypatch.setattr(
        diffusers.MarigoldNormalsPipeline, "__call__", lambda *_, **__: MarigoldNormalsOutput(seen, None, None)
    )
    assert np.allclose(marigold.predict(model, photo.rgb, "cpu"), [0.48, -0.6, -0.64])


def test_an_installed_prior_comes_before_shading(model, photo, monkeypatch):
    entry = models.Model("tiny", "normals", "Tiny Marigold", "", "", "", "", ())
    monkeypatch.setattr(models, "for_task", lambda task: (entry, model) if task == "normals" else None)
    camera = photo.camera.resized(45, 60)
    coarse = np.tile(np.array([0.0, 0.0, -1.0], np.float32), (60, 45, 1))
    normals = photo_normals(photo, camera, coarse, np.ones((60, 45), np.float32), "cpu")
    assert normals.source == "Tiny Marigold"
    assert normals.normals.shape == (60, 45, 3)
    away = normals.normals[..., 2] > 0.5  # a random model has some that look away from us
    assert away.any()
    assert normals.confidence[away].max() == 0.0


def test_a_prior_sees_the_statue_with_a_margin(photo):
    rows, columns = statue_crop(photo.alpha)
    shown = photo.alpha[rows, columns] > 0.5
    assert shown.sum() == (photo.alpha > 0.5).sum()
    assert 1 < rows.start < 24 + 1
    assert not shown[[0, -1]].any()
    assert not shown[:, [0, -1]].any()
    assert columns.stop <= 90


def test_weights_that_are_no_safetensors_are_refused(model, photo, tmp_path):
    import shutil

    broken = shutil.copytree(model, tmp_path / "broken")
    (broken / "unet" / "diffusion_pytorch_model.safetensors").rename(broken / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(Failure, match="cannot be read"):
        marigold.predict(broken, photo.rgb, "cpu")


def test_a_folder_without_a_model_is_refused_with_a_sentence(photo, tmp_path):
    with pytest.raises(Failure, match="cannot be read"):
        marigold.predict(tmp_path, photo.rgb, "cpu")
