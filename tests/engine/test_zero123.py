"""Zero123 as a view prior: both of its layouts are read, and it is asked as its authors ask it."""

import json
import shutil
import sys

import diffusers
import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPVisionModelWithProjection

from statue_recon.contract import Failure
from statue_recon.priors.view.diffusion import Guidance
from statue_recon.priors.view.framing import PhotoWindow, Pose
from statue_recon.priors.view.pictures import Views
from statue_recon.priors.zero123 import DISTANCE, cut_from_paper, numbers, zero123_prior

POSES = [Pose(azimuth=90.0, lift=10.0), Pose(azimuth=180.0)]
TIMES = torch.tensor([950, 300])
PROJECTIONS = {"cc_projection": "projection", "clip_camera_projection": "proj"}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The same weights in the two layouts there are."""
    written = {name: tiny.write_zero123(tmp_path_factory.mktemp(name), name) for name in PROJECTIONS}
    weights = load_file(written["cc_projection"] / "cc_projection" / "diffusion_pytorch_model.safetensors")
    save_file(
        {f"proj.{name.rpartition('.')[2]}": value for name, value in weights.items()},
        written["clip_camera_projection"] / "clip_camera_projection" / "diffusion_pytorch_model.safetensors",
    )
    return written


@pytest.fixture(scope="module")
def prior(models):
    return zero123_prior(models["cc_projection"])


@pytest.fixture
def broken(models, tmp_path):
    """A copy of a model to break."""
    return shutil.copytree(models["cc_projection"], tmp_path / "broken")


def a_photo(seed: int = 0, side: int = tiny.SIDE) -> PhotoWindow:
    rng = np.random.default_rng(seed)
    alpha = np.zeros((side, side), np.float32)
    alpha[side // 4 : -side // 4, side // 4 : -side // 4] = 1.0
    return PhotoWindow(rng.random((side, side, 3), np.float32), alpha, 0.3)


def noise(seed: int = 1) -> torch.Tensor:
    return torch.randn((2, 4, tiny.CELLS, tiny.CELLS), generator=torch.Generator().manual_seed(seed))


def test_a_pose_is_told_as_zero123_was_trained_on_it():
    found = numbers([Pose(), Pose(azimuth=90.0, lift=30.0, farther=float(np.log(2.0))), Pose(azimuth=-30.0)])
    wanted = [[0.0, 0.0, 1.0, 0.0], [-np.pi / 6, 1.0, 0.0, DISTANCE], [0.0, -0.5, np.sqrt(0.75), 0.0]]
    assert torch.allclose(found, torch.tensor(wanted, dtype=torch.float32), atol=1e-6)


@pytest.mark.parametrize("layout", PROJECTIONS)
def test_it_is_asked_with_photo_and_pose_and_goes_three_times_as_far_from_the_guess_without(models, layout):
    """By hand, from the parts in the folder: CLIP and pose through one layer, the photo's unscaled latents beside."""
    folder, photo = models[layout], a_photo()
    found = zero123_prior(folder).predict(noise(), TIMES, zero123_prior(folder).condition(photo, 5.0, POSES))
    vae = diffusers.AutoencoderKL.from_pretrained(folder / "vae")
    unet = diffusers.UNet2DConditionModel.from_pretrained(folder / "unet")
    eye = CLIPVisionModelWithProjection.from_pretrained(folder / "image_encoder")
    layer = load_file(folder / layout / "diffusion_pytorch_model.safetensors")
    name = PROJECTIONS[layout]
    alpha = torch.from_numpy(photo.alpha)
    paper = (torch.from_numpy(photo.rgb).permute(2, 0, 1) * alpha + 1.0 - alpha)[None]
    with torch.no_grad():
        small = torch.nn.functional.interpolate(paper, size=(12, 12), mode="bicubic", align_corners=True)
        spread = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
        clip = eye(pixel_values=(small - 0.5) / spread).image_embeds
        joined = torch.cat([clip.expand(2, -1), numbers(POSES)], dim=-1)
        tokens = (joined @ layer[f"{name}.weight"].T + layer[f"{name}.bias"])[:, None]
        beside = vae.encode(2.0 * paper - 1.0).latent_dist.mode().expand(2, -1, -1, -1)
        told = unet(torch.cat([noise(), beside], dim=1), TIMES, encoder_hidden_states=tokens).sample
        silent = torch.cat([noise(), torch.zeros_like(beside)], dim=1)
        nothing = unet(silent, TIMES, encoder_hidden_states=torch.zeros_like(tokens)).sample
    answers = nothing + 3.0 * (told - nothing)
    scheduler = diffusers.DDIMScheduler.from_pretrained(folder / "scheduler")
    scheduler.set_timesteps(1000)
    for number, time in enumerate(TIMES):
        wanted = scheduler.step(answers[number], int(time), noise()[number]).pred_original_sample
        assert torch.allclose(found[number], wanted, rtol=1e-3, atol=1e-3)


def test_both_layouts_give_the_same_views(models):
    one, other = (zero123_prior(folder).views(a_photo(), 5.0, POSES, steps=2) for folder in models.values())
    assert torch.equal(one.rgb, other.rgb)


def test_views_of_one_seed_are_the_same_and_of_another_are_not(prior):
    first, again, other = (prior.views(a_photo(), 5.0, POSES, seed=seed, steps=3) for seed in (1, 1, 2))
    assert first.rgb.shape == (2, tiny.SIDE, tiny.SIDE, 3)
    assert torch.equal(first.rgb, again.rgb)
    assert not torch.allclose(first.rgb, other.rgb)


def test_it_draws_colours_and_says_that_it_knows_no_normals(prior):
    found = prior.views(a_photo(), 5.0, POSES, steps=2)
    assert not prior.draws_normals
    assert found.normal.shape == found.rgb.shape and not found.normal.any()
    assert float(found.rgb.min()) >= 0.0 and float(found.rgb.max()) <= 1.0


def test_what_is_told_changes_the_guess(prior):
    told = prior.condition(a_photo(), 5.0, POSES)
    found = prior.predict(noise(), TIMES, told)
    for other in (prior.condition(a_photo(1), 5.0, POSES), prior.condition(a_photo(), 5.0, [Pose(), Pose()])):
        assert not torch.allclose(prior.predict(noise(), TIMES, other), found, atol=1e-3)
    assert torch.equal(prior.predict(noise(), TIMES, prior.condition(a_photo(), None, POSES, "a head")), found)


def test_a_weight_of_one_costs_a_single_guess(prior):
    asked = []
    hook = prior._unet.register_forward_hook(lambda _module, inputs, _output: asked.append(len(inputs[0])))
    told = prior.condition(a_photo(), 5.0, POSES)
    prior.predict(noise(), TIMES, told, Guidance(photo=1.0))
    prior.predict(noise(), TIMES, told)
    hook.remove()
    assert asked == [2, 4]


def test_many_views_are_asked_for_some_at_a_time_with_the_same_answer(prior):
    poses = [Pose(azimuth=angle) for angle in (0.0, 60.0, 120.0, 180.0, 240.0, 300.0)]
    told = prior.condition(a_photo(), 5.0, poses)
    noisy = noise().repeat(3, 1, 1, 1)
    times = torch.tensor([900, 800, 700, 600, 500, 400])
    found = prior.predict(noisy, times, told)
    last = prior.predict(noisy[5:], times[5:], told.part(slice(5, 6)))
    assert torch.allclose(found[5:], last, rtol=1e-3, atol=1e-3)


def test_a_photo_is_read_once_however_often_it_is_asked_about(prior):
    read = []
    hook = prior._image_encoder.register_forward_hook(lambda *_: read.append(1))
    photo = a_photo()
    for angle in (10.0, 20.0, 30.0):
        prior.condition(photo, 5.0, [Pose(azimuth=angle)])
    prior.condition(a_photo(1), 5.0, POSES)
    hook.remove()
    assert len(read) == 2


def test_a_photo_of_another_size_is_taken(prior):
    small, large = (prior.condition(a_photo(side=side), 5.0, POSES) for side in (8, 64))
    assert small.beside.shape == large.beside.shape == (2, 4, tiny.CELLS, tiny.CELLS)


def test_levels_and_noise_are_the_schedulers(models, prior):
    scheduler = diffusers.DDIMScheduler.from_pretrained(models["cc_projection"] / "scheduler")
    signal, amount = prior.levels(TIMES)
    assert torch.allclose(signal**2, scheduler.alphas_cumprod[TIMES])
    assert torch.allclose(signal**2 + amount**2, torch.ones(2))
    clean = noise(seed=2)
    assert torch.allclose(prior.noised(clean, noise(), TIMES), scheduler.add_noise(clean, noise(), TIMES), atol=1e-6)


def test_gradients_reach_a_larger_rendering(prior):
    rgb = torch.rand((1, 40, 40, 3), requires_grad=True)
    clean = prior.encoded(Views(rgb, torch.zeros(1, 40, 40, 3), torch.ones(1, 40, 40)))
    assert clean.shape == (1, 4, tiny.CELLS, tiny.CELLS)
    (clean * noise()[:1]).sum().backward()
    assert torch.all(torch.linalg.vector_norm(rgb.grad, dim=-1) > 0)


def test_only_white_that_reaches_the_edge_is_paper():
    rgb = torch.ones(12, 12, 3)
    rgb[3:9, 3:9] = 0.4
    rgb[5:7, 5:7] = 1.0  # an eye
    rgb[0, 0] = 0.97  # noise
    wanted = torch.zeros(12, 12)
    wanted[3:9, 3:9] = 1.0
    assert torch.equal(cut_from_paper(rgb), wanted)
    assert torch.equal(cut_from_paper(0.5 * rgb), torch.ones(12, 12))


def test_weights_in_half_precision_are_read_under_their_own_names(models, prior, broken):
    for part in ("unet", "vae", "cc_projection"):
        whole = broken / part / "diffusion_pytorch_model.safetensors"
        halves = {name: value.half() for name, value in load_file(whole).items()}
        save_file(halves, whole.with_name("diffusion_pytorch_model.fp16.safetensors"), {"format": "pt"})
        whole.unlink()
    found = zero123_prior(broken).views(a_photo(), 5.0, POSES, steps=2)
    assert torch.allclose(found.rgb, prior.views(a_photo(), 5.0, POSES, steps=2).rgb, atol=0.02)


def test_without_a_photo_it_says_that_it_needs_one(prior):
    with pytest.raises(Failure, match="there is none"):
        prior.condition(None, None, POSES)


def test_pickled_weights_are_refused_with_a_way_out(broken):
    weights = broken / "cc_projection" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(Failure, match=r"pickled \(diffusion_pytorch_model.bin\).*safe_serialization"):
        zero123_prior(broken)


@pytest.mark.parametrize("part", ["unet", "vae", "image_encoder", "cc_projection", "scheduler", "model_index.json"])
def test_a_missing_part_is_named(broken, part):
    place = broken / part
    place.unlink() if place.is_file() else shutil.rmtree(place)
    with pytest.raises(Failure, match=rf"{part}.*missing"):
        zero123_prior(broken)


def test_another_model_is_refused(models, broken, tmp_path):
    with pytest.raises(Failure, match="nothing in it joins a photo and a pose"):
        zero123_prior(tiny.write_stable_diffusion(tmp_path / "text"))
    shutil.rmtree(broken / "unet")
    tiny.unet().save_pretrained(broken / "unet")
    with pytest.raises(Failure, match="4 channels"):
        zero123_prior(broken)


def test_a_layer_that_does_not_fit_is_refused(broken):
    told = {"projection.weight": torch.zeros(4, 4), "projection.bias": torch.zeros(4)}
    save_file(told, broken / "cc_projection" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(Failure, match="20 numbers to 16"):
        zero123_prior(broken)


def test_a_folder_without_clips_colours_takes_the_usual_ones(prior, broken):
    shutil.rmtree(broken / "feature_extractor")
    told = zero123_prior(broken).condition(a_photo(), 5.0, POSES)
    assert not torch.allclose(told.tokens, prior.condition(a_photo(), 5.0, POSES).tokens)
    (broken / "feature_extractor").mkdir()
    text = json.dumps({"image_mean": [0.48145466, 0.4578275, 0.40821073]})
    (broken / "feature_extractor" / "preprocessor_config.json").write_text(text)
    assert torch.equal(zero123_prior(broken).condition(a_photo(), 5.0, POSES).tokens, told.tokens)


def test_without_transformers_it_says_what_to_do(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Failure, match=r"Zero123 cannot run.*Set up the engine again"):
        zero123_prior(models["cc_projection"])
