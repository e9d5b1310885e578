"""Stable Diffusion as a view prior: the pipelines of diffusers draw the same pictures from the same folders."""

import json
import shutil

import diffusers
import numpy as np
import pytest
import tiny_diffusers as tiny
import torch

from statue_recon.contract import Failure
from statue_recon.priors import prompts
from statue_recon.priors.latents import Memory, Schedule
from statue_recon.priors.stable_diffusion import stable_diffusion_prior
from statue_recon.priors.view.diffusion import Guidance
from statue_recon.priors.view.framing import Pose
from statue_recon.priors.view.pictures import Views

POSES = [Pose(azimuth=90.0), Pose(azimuth=180.0)]
TIMES = torch.tensor([950, 300])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model whose U-Net answers with the noise, one that answers with v, and an XL."""
    written = {
        "epsilon": tiny.write_stable_diffusion(tmp_path_factory.mktemp("epsilon")),
        "v_prediction": tiny.write_stable_diffusion(tmp_path_factory.mktemp("v"), answer="v_prediction"),
        "xl": tiny.write_stable_diffusion_xl(tmp_path_factory.mktemp("xl")),
    }
    return written


@pytest.fixture(scope="module")
def prior(models):
    return stable_diffusion_prior(models["epsilon"])


@pytest.fixture(scope="module")
def controlled(models, tmp_path_factory):
    """A model with a ControlNet beside its other parts."""
    folder = shutil.copytree(models["epsilon"], tmp_path_factory.mktemp("controlled") / "model")
    tiny.write_controlnet(folder / "controlnet", folder)
    return folder


@pytest.fixture
def broken(models, tmp_path):
    """A copy of a model to break."""
    return shutil.copytree(models["epsilon"], tmp_path / "broken")


def rendering(side: int = 40, seed: int = 0) -> Views:
    """Two renderings whose middle is statue."""
    generator = torch.Generator().manual_seed(seed)
    rgb = torch.rand((2, side, side, 3), generator=generator)
    normal = torch.nn.functional.normalize(torch.randn((2, side, side, 3), generator=generator), dim=-1)
    alpha = torch.zeros(2, side, side)
    alpha[:, side // 4 : -side // 4, side // 4 : -side // 4] = 1.0
    return Views(rgb, normal * alpha[..., None], alpha)


def noise(seed: int = 1) -> torch.Tensor:
    return torch.randn((2, 4, tiny.CELLS, tiny.CELLS), generator=torch.Generator().manual_seed(seed))


def drawn_by(pipeline, **told) -> torch.Tensor:
    """What a pipeline of diffusers draws from the noise of seed 3 in four steps."""
    pipeline.scheduler = diffusers.DDIMScheduler.from_config(
        pipeline.scheduler.config, timestep_spacing="trailing", clip_sample=False, set_alpha_to_one=True
    )
    pipeline.set_progress_bar_config(disable=True)
    texts = prompts.prompts("weathered bronze", 5.0, POSES)
    size = {"height": tiny.SIDE, "width": tiny.SIDE}
    start = noise(seed=3)
    return torch.from_numpy(
        pipeline(texts, latents=start, num_inference_steps=4, guidance_scale=6.0, output_type="np", **size, **told)[0]
    )


@pytest.mark.parametrize("name", ["epsilon", "v_prediction", "xl"])
def test_views_are_what_the_pipeline_of_diffusers_draws(models, name):
    pipeline = diffusers.DiffusionPipeline.from_pretrained(models[name])
    told = {"negative": "", "guidance": Guidance(caption=6.0), "steps": 4, "seed": 3}
    found = stable_diffusion_prior(models[name]).views(None, 5.0, POSES, "weathered bronze", **told)
    wanted = drawn_by(pipeline)
    assert found.rgb.shape == (2, tiny.SIDE, tiny.SIDE, 3)
    assert torch.allclose(found.rgb, wanted, atol=2e-3)
    assert not torch.allclose(found.rgb[0], found.rgb[1], atol=0.05)


@pytest.mark.parametrize("name", ["epsilon", "v_prediction"])
def test_the_clean_latents_are_those_that_the_scheduler_of_diffusers_finds(models, name):
    prior = stable_diffusion_prior(models[name])
    told = prior.condition(None, None, POSES, "bronze")
    found = prior.predict(noise(), TIMES, told, Guidance(caption=1.0))
    unet = diffusers.UNet2DConditionModel.from_pretrained(models[name] / "unet")
    scheduler = diffusers.DDIMScheduler.from_pretrained(models[name] / "scheduler", clip_sample=False)
    scheduler.set_timesteps(1000)
    with torch.no_grad():
        answers = unet(noise(), TIMES, encoder_hidden_states=told.tokens).sample
    for number, time in enumerate(TIMES):
        step = scheduler.step(answers[number], int(time), noise()[number])
        assert torch.allclose(found[number], step.pred_original_sample, rtol=1e-4, atol=1e-4)


def test_levels_and_noise_are_the_schedulers(models, prior):
    scheduler = diffusers.PNDMScheduler.from_pretrained(models["epsilon"] / "scheduler")
    signal, amount = prior.levels(TIMES)
    assert prior.times == 1000
    assert torch.allclose(signal**2, scheduler.alphas_cumprod[TIMES])
    assert torch.allclose(signal**2 + amount**2, torch.ones(2))
    clean = noise(seed=2)
    assert torch.allclose(prior.noised(clean, noise(), TIMES), scheduler.add_noise(clean, noise(), TIMES), atol=1e-6)


def test_a_schedule_that_ends_in_pure_noise_is_read_as_such(models, broken):
    config = broken / "scheduler" / "scheduler_config.json"
    told = json.loads(config.read_text())
    config.write_text(json.dumps({**told, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}))
    schedule = Schedule.read(broken / "scheduler")
    assert float(schedule.levels(torch.tensor([999]))[0]) < 1e-4
    answer = torch.ones(1, 4, 2, 2)
    assert torch.allclose(schedule.clean(answer, 0 * answer, torch.tensor([999])), -answer, atol=1e-4)


def test_guidance_goes_from_the_negative_prompts_guess_beyond_the_captions(prior):
    told = prior.condition(None, 5.0, POSES, "bronze")
    caption = prior.predict(noise(), TIMES, told, Guidance(caption=1.0))
    negative = prior.predict(noise(), TIMES, told, Guidance(caption=0.0), negative="marble")
    found = prior.predict(noise(), TIMES, told, Guidance(caption=4.0), negative="marble")
    assert torch.allclose(found, negative + 4.0 * (caption - negative), rtol=1e-3, atol=1e-3)
    assert not torch.allclose(negative, prior.predict(noise(), TIMES, told, Guidance(caption=0.0)))
    usual = prior.predict(noise(), TIMES, told)
    assert torch.equal(usual, prior.predict(noise(), TIMES, told, Guidance(caption=7.5)))


def test_a_weight_of_one_costs_a_single_guess(prior):
    asked = []
    hook = prior._unet.register_forward_hook(lambda _module, inputs, _output: asked.append(len(inputs[0])))
    told = prior.condition(None, 5.0, POSES, "bronze")
    prior.predict(noise(), TIMES, told, Guidance(caption=1.0))
    prior.predict(noise(), TIMES, told, Guidance(caption=2.0))
    hook.remove()
    assert asked == [2, 4]


def test_views_of_one_seed_are_the_same_and_of_another_are_not(prior):
    first, again, other = (prior.views(None, None, POSES, "bronze", seed=seed, steps=2) for seed in (1, 1, 2))
    assert torch.equal(first.rgb, again.rgb)
    assert not torch.allclose(first.rgb, other.rgb)
    assert not prior.draws_normals and not first.normal.any()
    assert first.alpha.shape == (2, tiny.SIDE, tiny.SIDE) and first.alpha.all()


def test_each_step_is_heard(prior):
    heard = []
    prior.views(None, None, POSES, steps=3, on_step=lambda step, views: heard.append((step, views.rgb.shape)))
    assert heard == [(step, (2, tiny.SIDE, tiny.SIDE, 3)) for step in (1, 2, 3)]


def test_prompts_are_read_once_and_their_encoder_is_no_longer_needed(broken):
    prior = stable_diffusion_prior(broken)
    first = prior.condition(None, 5.0, POSES, "bronze")
    shutil.rmtree(broken / "text_encoder")
    turned = prior.condition(None, 5.0, [Pose(), Pose(180.0)], "bronze")
    assert torch.equal(turned.tokens[1], first.tokens[1]) and not torch.allclose(turned.tokens[0], first.tokens[0])
    assert prior.predict(noise(), TIMES, turned).isfinite().all()
    with pytest.raises(Failure, match=r"config\.json is missing"):
        prior.condition(None, 5.0, POSES, "marble")


def test_a_rendering_on_white_is_what_the_vae_makes_of_it(models, prior):
    views = rendering(tiny.SIDE)
    vae = diffusers.AutoencoderKL.from_pretrained(models["epsilon"] / "vae")
    paper = views.rgb * views.alpha[..., None] + 1.0 - views.alpha[..., None]
    wanted = vae.encode(2.0 * paper.permute(0, 3, 1, 2) - 1.0).latent_dist.mode() * 0.18215
    assert torch.allclose(prior.encoded(views), wanted, atol=1e-5)


@pytest.mark.parametrize("way", ["colours", "normals", "normals as latents"])
def test_gradients_reach_a_larger_rendering(prior, way):
    views = rendering()
    asked = (views.rgb if way == "colours" else views.normal).requires_grad_()
    clean = prior.seeing(way).encoded(views)
    assert clean.shape == (2, 4, tiny.CELLS, tiny.CELLS) and clean.dtype == torch.float32
    (clean * noise()).sum().backward()
    length = torch.linalg.vector_norm(asked.grad, dim=-1)
    assert torch.all(length[views.alpha > 0.5] > 0) and not length[views.alpha < 0.5].any()


def test_normals_as_latents_are_drawn_with_y_up_and_z_to_the_viewer_beside_the_mask(prior):
    normal = torch.tensor([0.6, 0.0, -0.8]).expand(2, 32, 32, 3) * torch.ones(2, 32, 32, 1)
    alpha = torch.zeros(2, 32, 32)
    alpha[:, :, 16:] = 1.0
    found = prior.seeing("normals as latents").encoded(Views(torch.zeros_like(normal), normal, alpha))
    assert torch.allclose(found[0, :, 4, 6], torch.tensor([0.6, 0.0, 0.8, 1.0]), atol=1e-5)
    assert torch.allclose(found[0, :, 4, 1], torch.tensor([0.0, 0.0, 0.0, -1.0]), atol=1e-5)


def test_the_ways_to_see_are_separate(prior):
    views = rendering()
    before = prior.encoded(views)
    normals = prior.seeing("normals").encoded(views)
    assert not torch.allclose(before, normals) and torch.equal(before, prior.encoded(views))


def test_a_controlnet_in_the_folder_is_followed_as_the_pipeline_of_diffusers_does(controlled):
    prior = stable_diffusion_prior(controlled)
    told = prior.condition(None, 5.0, POSES, "weathered bronze", rendering())
    found = noise(seed=3)
    for number, time in enumerate((999, 749, 499, 249)):  # the steps of `views`, but with what is rendered
        clean = prior.predict(found, torch.full((2,), time), told, Guidance(caption=6.0))
        if number < 3:
            (signal, to), (amount, to_amount) = prior.levels(torch.tensor([time, time - 250]))
            found = to * clean + to_amount * (found - signal * clean) / amount
    pipeline = diffusers.StableDiffusionControlNetPipeline.from_pretrained(
        controlled, controlnet=diffusers.ControlNetModel.from_pretrained(controlled / "controlnet"), safety_checker=None
    )
    assert torch.allclose(prior.decoded(clean).rgb, drawn_by(pipeline, image=told.control), atol=2e-3)


def test_a_controlnet_changes_the_guess_only_where_it_is_told_of_a_rendering(models, prior, controlled):
    following = stable_diffusion_prior(models["epsilon"], controlnet=controlled / "controlnet")
    blind, one, other = (
        following.predict(noise(), TIMES, following.condition(None, 5.0, POSES, "bronze", rendered))
        for rendered in (None, rendering(seed=0), rendering(seed=1))
    )
    alone = prior.predict(noise(), TIMES, prior.condition(None, 5.0, POSES, "bronze"))
    assert torch.allclose(blind, alone)
    assert not torch.allclose(one, alone, atol=1e-2) and not torch.allclose(one, other, atol=1e-3)


def test_a_controlnet_sees_red_to_the_left_green_up_and_blue_to_the_viewer(controlled):
    normal = torch.tensor([1.0, 0.0, 0.0]).expand(2, 32, 32, 3) * torch.ones(2, 32, 32, 1)
    alpha = torch.zeros(2, 32, 32)
    alpha[:, :16] = 1.0
    rendered = Views(torch.zeros_like(normal), normal, alpha)
    told = stable_diffusion_prior(controlled).condition(None, None, POSES, "", rendered)
    assert told.control.shape == (2, 3, tiny.SIDE, tiny.SIDE)
    assert torch.allclose(told.control[0, :, 2, 8], torch.tensor([0.0, 0.5, 0.5]), atol=1e-5)
    assert torch.allclose(told.control[0, :, 13, 8], torch.tensor([0.5, 0.5, 1.0]), atol=1e-5)


def test_sliced_attention_finds_the_same(models, prior):
    sliced = stable_diffusion_prior(models["epsilon"], memory=Memory(slices=True))
    processors = {type(one).__name__ for one in sliced._unet.attn_processors.values()}
    assert processors == {"SlicedAttnProcessor"}
    told = prior.condition(None, 5.0, POSES, "bronze")
    assert torch.allclose(
        sliced.predict(noise(), TIMES, told), prior.predict(noise(), TIMES, told), rtol=1e-3, atol=1e-3
    )


def test_gradients_computed_again_are_the_same(models, prior):
    found = []
    for one in (prior, stable_diffusion_prior(models["epsilon"], memory=Memory(again=True))):
        views = rendering()
        views.rgb.requires_grad_()
        (one.encoded(views) * noise()).sum().backward()
        found.append(views.rgb.grad)
    assert found[0].any() and torch.allclose(found[0], found[1], rtol=1e-4, atol=1e-5)


def test_a_decoded_picture_is_between_black_and_white(prior):
    found = prior.decoded(30.0 * noise())
    assert float(found.rgb.min()) >= 0.0 and float(found.rgb.max()) <= 1.0
    assert np.isfinite(found.rgb.numpy()).all()
