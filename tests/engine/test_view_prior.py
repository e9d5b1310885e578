"""The view prior as stages ask for it: what is not told changes nothing, and the same seed gives the same views."""

import numpy as np
import pytest
import torch

from statue_recon.contract import Failure
from statue_recon.priors import bundled
from statue_recon.priors.view.diffusion import Guidance, guided
from statue_recon.priors.view.framing import SIZE, PhotoWindow, Pose
from statue_recon.priors.view.network import Architecture, ViewNetwork
from statue_recon.priors.view.pictures import CHANNELS, Views, decoded, encoded, on_white
from statue_recon.priors.view.prior import BundledViewPrior, ViewPrior, bundled_view_prior

TINY = Architecture(widths=(16, 32), blocks=1, attention=(False, True), text=32)
POSES = [Pose(azimuth=90.0), Pose(azimuth=180.0, lift=10.0)]


@pytest.fixture(scope="module")
def network() -> ViewNetwork:
    torch.manual_seed(0)
    made = ViewNetwork(TINY)
    torch.nn.init.normal_(made.unet.conv_out.weight, std=0.05)  # as if it had learnt something
    return made


@pytest.fixture(scope="module")
def prior(network) -> ViewPrior:
    return BundledViewPrior(network)


@pytest.fixture(scope="module")
def photo() -> PhotoWindow:
    rng = np.random.default_rng(0)
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[8:56, 20:44] = 1.0
    return PhotoWindow(rng.random((SIZE, SIZE, 3), np.float32), alpha, 0.3)


def noise_for(count: int) -> torch.Tensor:
    return torch.randn((count, CHANNELS, SIZE, SIZE), generator=torch.Generator().manual_seed(1))


def test_views_of_one_seed_are_the_same_and_of_another_are_not(prior, photo):
    first, again, other = (prior.views(photo, 5.0, POSES, "bronze", seed=seed, steps=3) for seed in (1, 1, 2))
    assert torch.equal(first.rgb, again.rgb) and torch.equal(first.normal, again.normal)
    assert not torch.allclose(first.alpha, other.alpha)


def test_views_are_colours_unit_normals_and_a_mask(prior, photo):
    found = prior.views(photo, None, POSES, steps=2)
    assert found.rgb.shape == (2, SIZE, SIZE, 3) and found.alpha.shape == (2, SIZE, SIZE)
    assert float(found.rgb.min()) >= 0.0 and float(found.rgb.max()) <= 1.0
    length = torch.linalg.vector_norm(found.normal, dim=-1)
    assert torch.allclose(length, (found.alpha >= 0.5).float(), atol=1e-4)


def test_each_step_is_heard(prior, photo):
    heard = []
    prior.views(photo, 5.0, POSES, steps=4, on_step=lambda step, views: heard.append((step, views.rgb.shape)))
    assert heard == [(step, (2, SIZE, SIZE, 3)) for step in (1, 2, 3, 4)]


def test_what_is_dropped_has_no_part_in_the_guess(network, prior, photo):
    noise, times = noise_for(2), torch.tensor([999, 400])
    told = prior.condition(photo, 5.0, POSES, "a bronze head")
    with torch.no_grad():
        whole = network(noise, times, told)
        for name, other in (
            ("photo", prior.condition(None, 5.0, POSES, "a bronze head")),
            ("caption", prior.condition(photo, 5.0, POSES)),
        ):
            without = network(noise, times, told.dropped(**{name: True}))
            assert not torch.allclose(whole, without)
            pose = told.pose if name == "photo" else other.pose
            assert torch.allclose(
                without, network(noise, times, type(told)(other.photo, pose, other.caption)), atol=1e-5
            )
        turned = prior.condition(photo, 5.0, [Pose(), Pose(30.0)], "a bronze head")
        without = network(noise, times, told.dropped(pose=True))
        assert not torch.allclose(network(noise, times, turned), whole)
        assert torch.allclose(without, network(noise, times, turned.dropped(pose=True)))


def test_only_those_that_are_named_lose_what_is_dropped(prior, photo):
    told = prior.condition(photo, 5.0, POSES, "bronze").dropped(photo=torch.tensor([False, True]))
    assert told.photo[0].any() and not told.photo[1].any()
    assert told.pose.any(dim=1).all() and told.caption.any(dim=1).all()


def test_guidance_goes_as_far_as_its_weights_say(network, prior, photo):
    noise, times = noise_for(2), torch.tensor([700, 700])
    told = prior.condition(photo, 5.0, POSES, "bronze")
    silent = told.dropped(caption=True)
    with torch.no_grad():
        caption, without, nothing = (network(noise, times, one) for one in (told, silent, silent.dropped(photo=True)))
        found = guided(network, noise, times, told, Guidance(photo=1.5, caption=2.0))
    wanted = nothing + 1.5 * (without - nothing) + 2.0 * (caption - without)
    assert torch.allclose(found, wanted.clamp(-1, 1), atol=1e-4)


def test_weights_for_what_is_not_told_cost_no_guess(prior, photo, network):
    asked = []
    hook = network.register_forward_hook(lambda _module, inputs, _output: asked.append(len(inputs[0])))
    noise, times = noise_for(2), torch.tensor([700, 700])
    prior.predict(noise, times, prior.condition(photo, 5.0, POSES), Guidance(photo=1.0, caption=3.0))
    prior.predict(noise, times, prior.condition(photo, 5.0, POSES, "bronze"), Guidance(photo=1.0, caption=3.0))
    prior.predict(noise, times, prior.condition(photo, 5.0, POSES, "bronze"), Guidance(photo=1.5, caption=3.0))
    hook.remove()
    assert asked == [2, 4, 6]


def test_a_negative_caption_is_moved_away_from(prior, photo):
    noise, times = noise_for(2), torch.tensor([700, 700])
    told = prior.condition(photo, 5.0, POSES, "bronze")
    found = prior.predict(noise, times, told, Guidance(caption=3.0), negative="marble")
    assert not torch.allclose(found, prior.predict(noise, times, told, Guidance(caption=3.0)))
    same = prior.predict(noise, times, told, Guidance(caption=3.0), negative="bronze")
    assert torch.allclose(same, prior.predict(noise, times, told, Guidance()), atol=1e-4)


def test_pictures_are_the_same_after_going_through_the_networks_numbers():
    generator = torch.Generator().manual_seed(0)
    rgb = torch.rand((1, SIZE, SIZE, 3), generator=generator)
    normal = torch.nn.functional.normalize(torch.randn((1, SIZE, SIZE, 3), generator=generator), dim=-1)
    alpha = (torch.arange(SIZE) < 40).float().expand(1, SIZE, SIZE)
    found = decoded(encoded(Views(rgb, normal, alpha)))
    inside = alpha[0] > 0.5
    assert torch.allclose(found.rgb[0][inside], rgb[0][inside], atol=1e-5)
    assert torch.allclose(found.normal[0][inside], normal[0][inside], atol=1e-5)
    assert torch.equal(found.alpha, alpha)
    paper = on_white(encoded(Views(rgb, normal, alpha)))
    assert torch.allclose(paper[0][inside], rgb[0][inside], atol=1e-5) and torch.all(paper[0][~inside] == 1.0)


def test_the_prior_reads_its_own_pictures(prior):
    clean = noise_for(2).clamp(-1.0, 1.0)
    found, wanted = prior.decoded(clean), decoded(clean)
    assert torch.equal(found.rgb, wanted.rgb) and torch.equal(found.normal, wanted.normal)
    assert prior.draws_normals and found.normal.any() and found.rgb.shape[1] == prior.size == SIZE


def test_words_it_does_not_know_are_noted_once_for_each_caption(network, photo, caplog):
    prior = BundledViewPrior(network)
    with caplog.at_level("INFO"):
        for caption in ("bronze blorp", "bronze blorp", "bronze", "marble splunge"):
            prior.condition(photo, 5.0, POSES, caption)
    noted = [record.getMessage() for record in caplog.records if "does not know" in record.getMessage()]
    assert noted == ["The view prior does not know: blorp", "The view prior does not know: splunge"]


def test_gradients_reach_a_larger_rendering(prior):
    rgb = torch.rand((1, 128, 128, 3), requires_grad=True)
    clean = prior.encoded(Views(rgb, torch.zeros(1, 128, 128, 3), torch.ones(1, 128, 128)))
    assert clean.shape == (1, CHANNELS, SIZE, SIZE)
    clean[:, :3].sum().backward()
    assert rgb.grad is not None and torch.all(rgb.grad != 0)


def test_the_architecture_travels_with_its_words():
    assert Architecture.from_json(TINY.to_json()) == TINY


def test_weights_are_found_where_they_ship_and_their_absence_is_a_sentence(network, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "FOLDER", tmp_path)
    with pytest.raises(Failure, match="view"):
        bundled_view_prior()
    bundled.put("view", {"architecture": TINY.to_json(), "trained": "never"}, network.state_dict())
    found = bundled_view_prior().views(photo, 5.0, POSES[:1], steps=2)
    wanted = BundledViewPrior(network).views(photo, 5.0, POSES[:1], steps=2)
    assert torch.allclose(found.alpha, wanted.alpha, atol=0.05)  # eight bits
