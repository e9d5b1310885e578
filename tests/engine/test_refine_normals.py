"""A ControlNet follows the form: each view's normals reach it, while geometry and while colours are refined."""

import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from shapes import on_grid
from test_refine_appearance import KnowsOneColour
from test_refine_appearance import painted as painted_ball
from test_refine_appearance import photo as photo_of_ball
from test_refine_geometry import PHOTO, cut_off, moment_of

from statue_recon.mesh.mesh import LONGEST_SIDE
from statue_recon.photo.square import square_of
from statue_recon.priors.stable_diffusion import CONTROL, stable_diffusion_prior
from statue_recon.priors.view.framing import SIZE
from statue_recon.refine.appearance import repaint as repaint_module
from statue_recon.refine.appearance.canvas import Canvas
from statue_recon.refine.appearance.carrier import MOST
from statue_recon.refine.appearance.distil import Distillation
from statue_recon.refine.appearance.look import PLACES, Look
from statue_recon.refine.appearance.repaint import Repaint, Repainting
from statue_recon.refine.appearance.stage import refine_appearance
from statue_recon.refine.appearance.told import FINEST, Told
from statue_recon.refine.views import NormalsGuidance

painted, photo = painted_ball, photo_of_ball  # fixtures, which are found by name
BRIEF = Repainting(views=2, elevations=(5.0,), noise=(0.5,), steps=1)
SHORT = Distillation(steps=1, views=2)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A tiny Stable Diffusion, and a ControlNet for it."""
    model = tiny.write_stable_diffusion(tmp_path_factory.mktemp("model"))
    return model, tiny.write_controlnet(tmp_path_factory.mktemp("control"), model)


@pytest.fixture
def alone(folders):
    return stable_diffusion_prior(folders[0])


@pytest.fixture
def following(folders):
    """The same prior with its ControlNet; it keeps what it was told of views: poses and what to follow."""
    prior = stable_diffusion_prior(folders[0], controlnet=folders[1])
    inner, prior.heard = prior.condition, []

    def condition(photo, elevation, poses, prompt="", rendered=None):
        made = inner(photo, elevation, poses, prompt, rendered)
        prior.heard.append((list(poses), made.control))
        return made

    prior.condition = condition
    return prior


def gradient_of(prior, way, draws=1):
    """What the prior wants changed of half a ball, seen from two sides."""
    window, framing = square_of(PHOTO, prior.size)
    seeing = prior.seeing(way)
    values, moment = moment_of(on_grid(cut_off, 24))
    guidance = NormalsGuidance(seeing, framing, window, prompt="bronze", views=2, draws=draws)
    (gradient,) = torch.autograd.grad(guidance.pull(moment), values)
    assert gradient.isfinite().all() and not gradient[moment.seen.weight == 0].any()
    return gradient


@pytest.mark.parametrize("way", ["normals", "normals as latents"])
def test_while_geometry_is_refined_the_guess_follows_the_form_as_it_is(alone, following, way):
    one, other = gradient_of(alone, way), gradient_of(following, way)
    assert one.abs().max() > 0.0
    assert (one - other).abs().max() > 0.05 * one.abs().max(), "the ControlNet has a say"


def test_each_view_has_its_own_form_and_keeps_it_however_often_it_is_noised(following):
    gradient_of(following, "normals", draws=2)
    ((poses, control),) = following.heard
    assert len(poses) == 4 and control.shape == (4, 3, tiny.SIDE, tiny.SIDE) and not control.requires_grad
    assert poses[:2] == poses[2:] and torch.equal(control[:2], control[2:])
    assert not torch.allclose(control[0], control[1], atol=0.02)
    blue = control[:, 2, tiny.SIDE // 2, tiny.SIDE // 2]
    assert (blue > 0.7).all(), "what is in the middle faces the camera"


@pytest.mark.parametrize("settings", [BRIEF, SHORT], ids=["repainted", "distilled"])
def test_while_colours_are_imagined_each_view_is_told_its_own_normals(painted, photo, following, alone, settings):
    refined = refine_appearance(painted, photo, following, settings)
    told = Told.of(following, photo, settings)
    canvas = Canvas.of(painted, photo, told.spacing, "cpu")
    for poses, control in following.heard:
        assert control.shape == (2, 3, following.size, following.size)
        for pose, shown in zip(poses, control, strict=True):
            look = Look.through(told.framing.camera(pose, following.size), canvas.mesh, "cpu")
            wanted = (look.normal.permute(2, 0, 1) * torch.tensor(CONTROL)[:, None, None] + 1.0) / 2.0
            inner = torch.nn.functional.max_pool2d(1.0 - look.alpha[None], 3, 1, 1)[0] == 0.0
            assert inner.sum() > 20
            assert (shown - wanted)[:, inner].abs().mean() < 0.03
        assert not torch.allclose(control[0], control[1], atol=0.05)
    assert not np.array_equal(refined.atlas, refine_appearance(painted, photo, alone, settings).atlas)


def large(side):
    prior = KnowsOneColour()
    prior.size = side
    return prior


@pytest.mark.parametrize("side", [16, 64, 256, 512, 1024])
def test_views_are_as_large_as_the_prior_s_pictures_and_the_layer_no_finer_than_it_can_hold(photo, painted, side):
    told = Told.of(large(side), photo, BRIEF)
    assert told.size == max(side, SIZE)
    pixel = 2.0 * told.framing.spread * told.framing.distance / told.size
    assert told.spacing == pytest.approx(max(pixel, FINEST * BRIEF.reach * LONGEST_SIDE))
    assert told.cells == pytest.approx(2.0 * told.framing.spread * told.framing.distance / told.spacing, abs=0.5)
    canvas = Canvas.of(painted, photo, told.spacing, "cpu")
    assert len(canvas.mesh.vertices) < 50_000 < MOST
    run = Repaint(canvas, told, BRIEF, torch.Generator().manual_seed(0), "cpu")
    (part, *_) = run._parts
    assert (part.stop - part.start) * told.size**2 <= repaint_module.PIXELS
    look = Look.through(told.framing.camera(run._poses[0], told.size), canvas.mesh, "cpu")
    assert look.alpha.shape == (told.size, told.size) and len(look.pixel) <= PLACES**2
    assert look.alpha.max() == 1.0 and 0.2 < look.alpha.mean() < 0.8


def test_a_large_prior_s_colours_arrive_as_a_small_one_s_do(painted, photo):
    settings = Repainting(views=6, noise=(0.5,), steps=2)
    small, huge = (refine_appearance(painted, photo, large(side), settings).atlas for side in (64, 256))
    changed = (small != painted.atlas).any(axis=-1)
    assert changed.sum() > 20_000
    assert np.abs(small.astype(int) - huge)[changed].mean() < 2.0  # of 255
    assert ((huge != painted.atlas).any(axis=-1) & ~changed).sum() < 0.02 * changed.sum()


def test_a_real_prior_is_shown_renderings_of_its_own_size(painted, photo, tmp_path):
    prior = stable_diffusion_prior(tiny.write_stable_diffusion(tmp_path, sample_size=64))
    sizes, inner = [], prior.encoded
    prior.encoded = lambda views: sizes.append(tuple(views.rgb.shape[1:3])) or inner(views)
    refined = refine_appearance(painted, photo, prior, BRIEF)
    assert prior.size == 128 and sizes == [(128, 128)]
    assert not np.array_equal(refined.atlas, painted.atlas)
