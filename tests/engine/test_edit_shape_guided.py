"""Shapes changed by any words: Stable Diffusion pulls at a region through the real code, on a tiny model and a toy."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from statue_folder import ball, write_statue

from statue_recon.contract import Failure
from statue_recon.contract_edit import EditRequest
from statue_recon.edit import shape_guided
from statue_recon.edit.known import free_text, known_words
from statue_recon.edit.read import read_statue
from statue_recon.edit.shape import shape_edit
from statue_recon.edit.shape_guided import Before, WordsGuidance, field_of, framing_of, pulled
from statue_recon.edit.statue import Region, Statue
from statue_recon.mesh.mesh import Mesh
from statue_recon.priors import models, own
from statue_recon.priors.shape.schedule import TIMES, levels
from statue_recon.priors.stable_diffusion import StableDiffusionPrior
from statue_recon.render.gbuffer import gbuffer

OWN = "stable-diffusion-own"
BALL = ball()
WEIGHTS = np.clip(4.0 * BALL.mesh.vertices[:, 2] - 0.8, 0.0, 1.0).astype(np.float32)  # the upper part
UPPER = Region(WEIGHTS, np.ones((8, 8), np.float32))
ASKED = EditRequest(".", "a lion", avoid="a cat", what="shape", prior=OWN, keep_seen=False, preview=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return tiny.write_stable_diffusion(tmp_path_factory.mktemp("sd"))


@pytest.fixture(autouse=True)
def installed(written, tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))
    monkeypatch.setattr(shape_guided, "PREVIEW_STEPS", 4)
    monkeypatch.setattr(shape_guided, "PREVIEW_NODES", 20)
    own.choose(models.folder(), OWN, own.Choice(folder=str(written)))


class Knows:
    """A prior that knows one thing for certain: with words the ball is `larger`, without it is as it is."""

    times, size, draws_normals = TIMES, 32, False
    levels = staticmethod(levels)

    def __init__(self, framing, larger):
        self._framing = framing
        self._balls = {False: BALL.mesh, True: Mesh(BALL.mesh.vertices * np.float32(larger), BALL.mesh.faces)}

    def encoded(self, views):
        shown = torch.cat([views.normal * views.alpha[..., None], 2.0 * views.alpha[..., None] - 1.0], dim=-1)
        return torch.nn.functional.interpolate(shown.permute(0, 3, 1, 2), size=(self.size, self.size), mode="area")

    def condition(self, _photo, _elevation, poses, prompt=""):
        found = []
        for pose in poses:
            camera = self._framing.camera(pose, self.size)
            seen = gbuffer(self._balls[bool(prompt)], camera)
            normal = seen.normal @ camera.rotation.T.astype(np.float32)
            found.append(np.dstack([normal, 2.0 * seen.there - 1.0]))
        return torch.from_numpy(np.stack(found).astype(np.float32)).permute(0, 3, 1, 2)

    def predict(self, _noisy, _times, condition, negative=""):
        return condition


@cache
def moved_by(larger):
    framing = framing_of(BALL.mesh, UPPER)
    speaks = WordsGuidance(Knows(framing, larger), framing, "larger", "", Before())
    return pulled(Statue(BALL), UPPER, [speaks], 10, 24, ASKED, "cpu")


def test_the_surface_goes_where_the_words_pull_it_and_nothing_moves_outside():
    for larger, sign in ((1.12, 1.0), (0.88, -1.0)):
        offset = moved_by(larger)
        assert (offset[WEIGHTS == 0] == 0).all()
        outwards = sign * np.einsum("ij,ij->i", offset, BALL.mesh.normals)[WEIGHTS == 1]
        assert outwards.mean() > 0.02 and (outwards > 0).mean() > 0.85, (larger, outwards.mean(), (outwards > 0).mean())


def test_words_that_ask_for_what_is_there_move_next_to_nothing():
    assert np.abs(moved_by(1.0)).max() < 0.1 * np.abs(moved_by(1.12)).max()


def test_a_large_prior_moves_the_region_by_any_words_and_nothing_else():
    offset = shape_edit(Statue(BALL), UPPER, ASKED, "cpu")
    assert offset.shape == BALL.mesh.vertices.shape and offset.dtype == np.float32 and np.isfinite(offset).all()
    assert (offset[WEIGHTS == 0] == 0).all() and np.abs(offset[WEIGHTS == 1]).max() > 1e-4
    assert (offset == shape_edit(Statue(BALL), UPPER, ASKED, "cpu")).all(), "the same seed, the same bits"
    assert (offset != shape_edit(Statue(BALL), UPPER, replace(ASKED, seed=1), "cpu")).any()


def test_more_strength_is_more_steps_and_none_is_no_change():
    told = []

    class Heard:
        enough = False

        def step(self, done, of, message=""):
            told.append((done, of))

    shape_edit(Statue(BALL), UPPER, replace(ASKED, strength=0.5), "cpu", Heard())
    assert told == [(1, 2), (2, 2)]
    assert not shape_edit(Statue(BALL), UPPER, replace(ASKED, strength=0.0), "cpu").any()


def test_the_prior_hears_what_is_asked_what_is_avoided_and_what_was_there(monkeypatch):
    heard = []
    inner = StableDiffusionPrior.predict

    def listened(self, noisy, times, condition, guidance=None, negative=""):
        heard.append(negative)
        return inner(self, noisy, times, condition, guidance, negative)

    said = []
    told = StableDiffusionPrior.condition
    monkeypatch.setattr(StableDiffusionPrior, "predict", listened)
    monkeypatch.setattr(
        StableDiffusionPrior, "condition", lambda *given, **more: said.append(given[-1]) or told(*given, **more)
    )
    shape_edit(Statue(BALL), UPPER, ASKED, "cpu")
    assert heard == ["a cat", ""] * 4 and said == ["a lion", ""] * 4


def test_what_the_photo_shows_is_kept_where_that_is_asked_for(tmp_path):
    statue = read_statue(write_statue(tmp_path / "statue"))
    everywhere = Region(np.ones(len(WEIGHTS), np.float32), np.ones((8, 8), np.float32))
    kept, free = (shape_edit(statue, everywhere, replace(ASKED, keep_seen=keep), "cpu") for keep in (True, False))
    front = BALL.mesh.vertices[:, 1] < -0.6
    assert np.abs(kept[front]).max() < 0.1 * np.abs(free[front]).max()


def test_a_small_region_has_as_many_nodes_as_a_large_one():
    small = Region((BALL.mesh.vertices[:, 2] > 0.8).astype(np.float32), np.ones((8, 8), np.float32))
    one, all_of_it = (field_of(BALL.mesh, region, 20) for region in (small, UPPER))
    assert one.spacing < 0.8 * all_of_it.spacing
    assert framing_of(BALL.mesh, small).target[2] > 0.8


def test_of_both_a_prompt_about_the_surface_alone_leaves_the_shape():
    assert not shape_edit(Statue(BALL), UPPER, replace(ASKED, prompt="gilded", what="both"), "cpu").any()


def test_only_priors_that_read_are_asked_and_those_take_any_words():
    assert free_text(OWN) and free_text(f"shape, zero123-xl, {OWN}:0.5")
    assert not any(free_text(prior) for prior in ("bundled", "none", "view", "zero123-xl"))
    assert known_words("shape", OWN) is None and "older" in known_words("shape", "bundled")


def test_words_the_bundled_networks_do_not_know_are_told_who_would():
    with pytest.raises(Failure, match="lion") as failure:
        shape_edit(Statue(BALL), UPPER, replace(ASKED, prior="bundled"), "cpu")
    assert models.entry(OWN).title in failure.value.next_step and "older" in failure.value.next_step


def test_a_prior_that_is_not_installed_is_told_before_anything_is_computed():
    with pytest.raises(Failure, match="not installed"):
        shape_edit(Statue(BALL), UPPER, replace(ASKED, prior="stable-diffusion"), "cpu")
