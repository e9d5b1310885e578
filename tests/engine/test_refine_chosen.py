"""From the names of priors to what speaks: the real loading code on tiny models in the real layouts."""

import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from shapes import ball, on_grid
from test_refine_geometry import PHOTO, cut_off, moment_of

from statue_recon.contract import Failure
from statue_recon.photo.square import square_of
from statue_recon.priors import models, own
from statue_recon.priors.view.framing import SIZE, Pose
from statue_recon.priors.view.pictures import Views
from statue_recon.priors.zero123 import zero123_prior
from statue_recon.refine import chosen, thrift
from statue_recon.refine.geometry import GeometrySettings, GeometryStage, refine_geometry
from statue_recon.refine.guidance import pulls

TOLD = chosen.Told(PHOTO, 5.0, "bronze")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    return {
        "zero123-xl": tiny.write_zero123(folder / "zero123"),
        "stable-diffusion-own": tiny.write_stable_diffusion(folder / "sd"),
    }


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))


@pytest.fixture
def both(written):
    for name, place in written.items():
        own.choose(models.folder(), name, own.Choice(folder=str(place)))
    return {"zero123-xl": 0.5, "stable-diffusion-own": 0.1}


def test_what_is_not_installed_is_told_before_anything_is_read(written):
    with pytest.raises(Failure, match="Zero123-XL was chosen, and it is not installed"):
        chosen.guidance_of({"shape": 1.0, "zero123-xl": 1.0}, TOLD, "cpu", print)


def test_what_weighs_nothing_is_not_even_looked_for():
    assert chosen.guidance_of({"zero123-xl": 0.0}, TOLD, "cpu", print) == []


def test_several_speak_at_once_each_with_its_weight_and_the_seen_half_stays(both):
    speaking = chosen.guidance_of(both, TOLD, "cpu", print)
    assert [each.weight for each in speaking] == [0.5, 0.1]
    for share in (0.2, 0.8):  # Stable Diffusion is shown normals as latents, then through its VAE
        values, moment = moment_of(on_grid(cut_off, 24), share=share)
        (gradient,) = torch.autograd.grad(pulls(speaking, moment), values)
        alone = []
        values, moment = moment_of(on_grid(cut_off, 24), share=share)
        for each in speaking:
            (one,) = torch.autograd.grad(each.weight * each.pull(moment), values, retain_graph=True)
            assert one.isfinite().all() and one.abs().max() > 0.0
            assert not one[moment.seen.weight == 0].any(), "what is seen is not theirs"
            alone.append(one)
        assert torch.allclose(sum(alone), gradient, rtol=1e-4, atol=1e-7)


def test_a_stage_runs_with_the_bundled_shape_prior_and_both_large_ones(both):
    start = on_grid(cut_off, 24)
    speaking = chosen.guidance_of({"shape": 1.0, **both}, TOLD, "cpu", print, views=1)
    ended = refine_geometry(GeometryStage(start, PHOTO, speaking, GeometrySettings(steps=3)))
    moved = np.abs(ended.values - start.values)
    assert np.isfinite(ended.values).all() and moved.max() > 0.1 * start.spacing


def test_a_large_prior_is_told_the_caption_and_from_where_in_words(both, monkeypatch):
    from statue_recon.priors.prompt_encoders import PromptEncoders

    heard: list[str] = []
    inner = PromptEncoders.__call__
    monkeypatch.setattr(PromptEncoders, "__call__", lambda self, said: heard.extend(said) or inner(self, said))
    (speaking,) = chosen.guidance_of({"stable-diffusion-own": 1.0}, TOLD, "cpu", print, views=8)
    speaking.pull(moment_of(on_grid(cut_off, 24))[1])
    told = {words for words in heard if words}
    assert all(words.startswith("a statue, bronze, ") for words in told)
    assert "a statue, bronze, back view" in told and len(told) > 1


def test_plaster_is_brightest_where_it_faces_the_camera_and_its_normals_can_be_moved(written):
    prior = zero123_prior(written["zero123-xl"])
    side = tiny.SIDE
    normal = torch.zeros(2, side, side, 3)
    normal[0, ..., 2], normal[1, ..., 0] = -1.0, 1.0
    shown: list[torch.Tensor] = []
    plaster = chosen.Plaster(prior, (0.8, 0.6, 0.4))
    prior.encoded = lambda views: shown.append(views.rgb) or views.rgb
    normal.requires_grad_()
    plaster.encoded(Views(torch.zeros(2, side, side, 3), normal, torch.ones(2, side, side))).sum().backward()
    assert torch.allclose(shown[0][0], torch.tensor([0.8, 0.6, 0.4]))
    assert torch.allclose(shown[0][1], chosen.AMBIENT * torch.tensor([0.8, 0.6, 0.4]))
    assert normal.grad[0, ..., 2].abs().min() > 0.0
    assert plaster.times == prior.times


def test_memory_that_runs_out_in_a_real_prior_makes_its_pictures_smaller_and_says_so(both, monkeypatch):
    """A card on which only pictures of half the side have room."""
    said: list[str] = []
    inner = torch.nn.Conv2d.forward

    def narrow(self, pictures):
        if pictures.shape[-1] >= tiny.SIDE:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return inner(self, pictures)

    (speaking,) = chosen.guidance_of({"zero123-xl": 1.0}, TOLD, "cpu", said.append)
    monkeypatch.setattr(torch.nn.Conv2d, "forward", narrow)
    values, moment = moment_of(on_grid(ball(0.6), 24))
    (gradient,) = torch.autograd.grad(speaking.pull(moment), values)
    assert gradient.isfinite().all() and gradient.abs().max() > 0.0
    assert speaking.rung.memory.half and len(said) == 3 and "half the size" in said[-1]
    assert speaking.rung in thrift.LADDER


def test_a_prior_that_paints_is_read_by_its_name(both):
    assert type(chosen.appearance_prior("zero123-xl", "cpu")).__name__ == "Zero123Prior"
    painter = chosen.appearance_prior("stable-diffusion-own", "cpu")
    assert type(painter).__name__ == "StableDiffusionPrior"
    assert painter.views(None, 0.0, [Pose()], "bronze", steps=1).rgb.shape == (1, tiny.SIDE, tiny.SIDE, 3)


def test_a_prior_that_paints_with_less_memory_is_read_for_that(both):
    rung = next(rung for rung in thrift.LADDER if rung.memory.half)
    assert chosen.appearance_prior("zero123-xl", "cpu", rung).size == tiny.SIDE // 2


def test_a_larger_window_shows_the_same_part_of_a_photo_in_more_pixels():
    (small, framing), (large, same) = square_of(PHOTO), square_of(PHOTO, 2 * SIZE)
    assert small.rgb.shape == (SIZE, SIZE, 3) and large.rgb.shape == (2 * SIZE, 2 * SIZE, 3)
    assert same == framing and large.spread == small.spread
    means = large.alpha.reshape(SIZE, 2, SIZE, 2).mean(axis=(1, 3))
    assert np.abs(means - small.alpha).max() < 0.25 and 0.3 < small.alpha.mean() < 0.9
