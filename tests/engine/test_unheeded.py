"""What was asked and has no effect is said, and nothing is said of what has."""

import dataclasses

import pytest

from statue_recon.contract import Request
from statue_recon.priors import bundled
from statue_recon.priors.view.words import vocabulary
from statue_recon.quality import quality_of
from statue_recon.unheeded import unheeded


def said(**asked) -> str:
    request = Request("photo.png", **asked)
    return " ".join(unheeded(request, quality_of(request)))


@pytest.fixture
def ships(monkeypatch):
    """Lets a version ship these parts; the view prior among them knows the whole vocabulary."""

    def ship(*parts):
        known = {"words": list(vocabulary().words)}
        listed = {name: bundled.Part(1, known, 0, (), "never") for name in parts}
        monkeypatch.setattr(bundled, "bundle", lambda folder=None: bundled.Bundle(listed))

    ship("shape", "view")
    return ship


@pytest.mark.parametrize(
    ("prior", "steps", "why"),
    [
        ("none", 8, "the prior is None"),
        ("shape", 8, "mean nothing to the priors that were chosen"),
        ("shape, zero123-xl", 8, "mean nothing to the priors that were chosen"),
        ("bundled", 0, "no steps of that are asked"),
        ("shape, stable-diffusion", 0, "no steps of that are asked"),
    ],
)
def test_a_prompt_that_nobody_hears_is_told_with_the_reason(ships, prior, steps, why):
    told = said(prior=prior, refine_steps=steps, prompt="bronze")
    assert "The prompt has no effect" in told and why in told


@pytest.mark.parametrize("prior", ["bundled", "view", "shape, stable-diffusion", "zero123-xl:2, stable-diffusion"])
def test_a_prompt_that_is_heard_is_not_mentioned(ships, prior):
    assert said(prior=prior, refine_steps=8, prompt="weathered bronze") == ""
    assert said(prior=prior, refine_steps=8) == ""


def test_the_prior_that_imagines_shapes_hears_nothing():
    assert "mean nothing" in said(prior="shape", refine_steps=8, prompt="bronze")


def test_words_outside_the_vocabulary_are_named_where_only_that_is_heard(ships):
    told = said(prior="bundled", refine_steps=8, prompt="bronze flibbertigibbet")
    assert "flibbertigibbet" in told and "bronze" not in told and "no effect" not in told
    assert "knows none of its words" in said(prior="view", refine_steps=8, prompt="flibbertigibbet")
    assert said(prior="view, stable-diffusion", refine_steps=8, prompt="flibbertigibbet") == ""


def test_a_number_of_samples_that_nobody_draws_is_told(ships):
    assert "number of samples has no effect" in said(prior="none", samples=3)
    assert "only the bundled shape prior" in said(prior="view", refine_steps=8, samples=3)
    assert said(prior="bundled", samples=3) == ""


def test_priors_that_speak_during_refinement_only_are_named_where_there_is_none(ships):
    assert said(prior="shape, zero123-xl", refine_steps=0).endswith("nobody asks these priors: zero123-xl.")
    assert said(prior="shape, zero123-xl", refine_steps=1) == ""
    assert said(prior="bundled", refine_steps=0) == ""


def test_what_the_quality_refines_counts_as_asked(ships):
    request = Request("photo.png", prior="bundled", prompt="bronze")
    quality = quality_of(request)
    assert unheeded(request, dataclasses.replace(quality, refine_steps=4)) == ()
    assert unheeded(request, dataclasses.replace(quality, refine_steps=0)) != ()
