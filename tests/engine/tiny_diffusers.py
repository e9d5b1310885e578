"""Tiny random models in the real layouts of diffusers, saved by save_pretrained: a few thousand weights each."""

from __future__ import annotations

import json
from pathlib import Path

import diffusers
import torch
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

CELLS = 8  # of a latent picture's side
SIDE = 16  # pixels
WIDTH = 16  # of what a U-Net attends to
SPARE = {"layers_per_block": 1, "block_out_channels": (8, 8), "norm_num_groups": 4}
ATTENDING = ("DownBlock2D", "CrossAttnDownBlock2D")
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False}


def write_stable_diffusion(folder: Path, answer: str = "epsilon", **kinds) -> Path:
    """A StableDiffusionPipeline; kinds: other arguments of the U-Net."""
    torch.manual_seed(0)
    diffusers.StableDiffusionPipeline(
        vae=vae(),
        unet=unet(**kinds),
        text_encoder=text_encoder(CLIPTextModel),
        tokenizer=tokenizer(folder / "words"),
        scheduler=diffusers.PNDMScheduler(
            prediction_type=answer, skip_prk_steps=True, steps_offset=1, **_without_clip()
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder / "model", safe_serialization=True)
    return folder / "model"


def write_stable_diffusion_xl(folder: Path) -> Path:
    """A StableDiffusionXLPipeline with its two text encoders."""
    torch.manual_seed(0)
    told = {"addition_embed_type": "text_time", "addition_time_embed_dim": 4}
    words = tokenizer(folder / "words")
    diffusers.StableDiffusionXLPipeline(
        vae=vae(),
        unet=unet(cross_attention_dim=2 * WIDTH, projection_class_embeddings_input_dim=WIDTH + 6 * 4, **told),
        text_encoder=text_encoder(CLIPTextModel),
        text_encoder_2=text_encoder(CLIPTextModelWithProjection),
        tokenizer=words,
        tokenizer_2=words,
        scheduler=diffusers.EulerDiscreteScheduler(**_without_clip()),
        add_watermarker=False,
    ).save_pretrained(folder / "model", safe_serialization=True)
    return folder / "model"


def write_marigold_appearance(folder: Path, parts: tuple[str, ...] = ("albedo", "material"), **told) -> Path:
    """A MarigoldIntrinsicsPipeline as prs-eth/marigold-iid-appearance-v1-1 is laid out: files in half precision only.

    parts: what it takes a picture apart into; told: more of what its index says of the albedo.
    """
    torch.manual_seed(0)
    eyes = vae()
    torch.nn.init.normal_(eyes.decoder.conv_out.weight, std=0.3)  # so that its pictures are not all grey
    diffusers.MarigoldIntrinsicsPipeline(
        unet=unet(in_channels=4 * (1 + len(parts)), out_channels=4 * len(parts)),
        vae=eyes,
        scheduler=diffusers.DDIMScheduler(
            prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True, **BETAS
        ),
        text_encoder=text_encoder(CLIPTextModel),
        tokenizer=tokenizer(folder / "words"),
        prediction_type="intrinsics",
        target_properties={
            "target_names": list(parts),
            "albedo": {"prediction_space": "srgb", **told},
            "material": {"prediction_space": "stack", "sub_target_names": ["roughness", "metallicity", None]},
        },
        default_denoising_steps=4,
        default_processing_resolution=64,
    ).save_pretrained(folder / "model", safe_serialization=True, variant="fp16")
    return folder / "model"


def write_zero123(folder: Path, joining: str = "cc_projection") -> Path:
    """Zero123 in the layout of kxic (cc_projection) or of ashawkey (clip_camera_projection)."""
    torch.manual_seed(0)
    unet(in_channels=8).save_pretrained(folder / "unet")
    vae().save_pretrained(folder / "vae")
    diffusers.DDIMScheduler(**BETAS).save_pretrained(folder / "scheduler")
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    eye = CLIPVisionModelWithProjection(CLIPVisionConfig(image_size=12, patch_size=4, projection_dim=WIDTH, **sizes))
    eye.save_pretrained(folder / "image_encoder")
    _write_json(folder / "feature_extractor" / "preprocessor_config.json", {"image_mean": [0.5] * 3})
    _write_projection(folder / joining, joining)
    kind = {"cc_projection": "CCProjection", "clip_camera_projection": "CLIPCameraProjection"}[joining]
    listed = {
        "_class_name": "Zero1to3StableDiffusionPipeline",
        joining: ["pipeline_zero1to3", kind],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    _write_json(folder / "model_index.json", listed)
    return folder


def write_controlnet(folder: Path, model: Path) -> Path:
    """A ControlNet for a model's U-Net that has learnt something: a fresh one's answers are all zero."""
    torch.manual_seed(1)
    network = diffusers.UNet2DConditionModel.from_pretrained(model / "unet")
    made = diffusers.ControlNetModel.from_unet(network, conditioning_embedding_out_channels=(4, 8))
    for layer in (*made.controlnet_down_blocks, made.controlnet_mid_block, made.controlnet_cond_embedding.conv_out):
        torch.nn.init.normal_(layer.weight, std=0.3)
    made.save_pretrained(folder, safe_serialization=True)
    return folder


def unet(**kinds) -> diffusers.UNet2DConditionModel:
    return diffusers.UNet2DConditionModel(
        **{
            "sample_size": CELLS,
            "cross_attention_dim": WIDTH,
            "attention_head_dim": 4,
            "down_block_types": ATTENDING,
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            **SPARE,
            **kinds,
        }
    )


def vae() -> diffusers.AutoencoderKL:
    return diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        scaling_factor=0.18215,
        **SPARE,
    )


def text_encoder(kind: type):
    told = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1, "projection_dim": WIDTH, "num_hidden_layers": 2}
    sizes = {"hidden_size": WIDTH, "intermediate_size": 8, "num_attention_heads": 2, "max_position_embeddings": 77}
    return kind(CLIPTextConfig(vocab_size=3 + 2 * 26 + 1, **told, **sizes))


def tokenizer(folder: Path) -> CLIPTokenizer:
    """One that spells: a token for each letter, in the middle of a word and at its end, and the comma."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    listed = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters), ",</w>", ","]
    _write_json(folder / "vocab.json", {token: number for number, token in enumerate(listed)})
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def _without_clip() -> dict:
    return {name: value for name, value in BETAS.items() if name != "clip_sample"}


def _write_projection(folder: Path, joining: str) -> None:
    layer = torch.nn.Linear(WIDTH + 4, WIDTH)
    name = {"cc_projection": "projection", "clip_camera_projection": "proj"}[joining]
    _write_json(folder / "config.json", {"in_channel": WIDTH + 4, "out_channel": WIDTH})
    told = {f"{name}.weight": layer.weight.detach(), f"{name}.bias": layer.bias.detach()}
    save_file(told, folder / "diffusion_pytorch_model.safetensors")


def _write_json(path: Path, told: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))
