"""The geometry stage: what is hidden becomes what a prior knows, what is seen stays, and a run can be interrupted."""

import dataclasses

import numpy as np
import pytest
import torch
from shapes import ball, on_grid

from statue_recon.camera import Camera
from statue_recon.field.sdf import SDF
from statue_recon.field.visibility import View
from statue_recon.mesh.extract import extract
from statue_recon.photo.photo import Photo
from statue_recon.priors.shape.columns import REACH, Columns, clipped
from statue_recon.priors.shape.network import FINER, PICTURE, PLANES, Architecture, Condition, ShapeNetwork
from statue_recon.priors.shape.prior import ShapePrior
from statue_recon.priors.shape.schedule import levels, noised
from statue_recon.priors.view.framing import Pose, framed
from statue_recon.priors.view.network import Architecture as ViewArchitecture
from statue_recon.priors.view.network import ViewNetwork
from statue_recon.priors.view.pictures import encoded
from statue_recon.priors.view.prior import BundledViewPrior
from statue_recon.refine import geometry
from statue_recon.refine.geometry import GeometrySettings, GeometryStage, GeometryState, refine_geometry
from statue_recon.refine.guidance import Current, Moment, gated, pulls
from statue_recon.refine.schedule import Schedule
from statue_recon.refine.sds import Denoiser, Recipe
from statue_recon.refine.seen import everywhere, hidden_weight, seen_by
from statue_recon.refine.views import NormalsGuidance, shown
from statue_recon.refine.volume import VolumeGuidance

RADIUS = 0.6
SIDE = 128  # pixels of the photo
FRONT = Camera.orbit(0.0, 0.0, 4.0, SIDE, SIDE, 240.0)
COLUMNS = Columns(FRONT.resized(32, 32), 4.0)
QUICK = GeometrySettings(steps=60, calm=0.03)  # the toy priors know more than broad changes


def photo_of_ball() -> Photo:
    _, directions = FRONT.rays(FRONT.pixel_centres())
    along = -(directions @ FRONT.position)
    missed = np.linalg.norm(FRONT.position + along[:, None] * directions, axis=1) - RADIUS
    alpha = np.clip(0.5 - missed * FRONT.fx / 4.0, 0.0, 1.0).reshape(SIDE, SIDE)
    return Photo(np.full((SIDE, SIDE, 3), 0.5, np.float32), alpha.astype(np.float32), "true", FRONT, ())


PHOTO = photo_of_ball()


def cut_off(x, y, z):
    """A ball of which the back is missing."""
    return np.maximum(ball(RADIUS)(x, y, z), y - 0.12)


def knows(distance, spread: float = 0.1) -> Denoiser:
    """The exact prior of volumes that are these distances (of x, y and z), give or take a little."""
    known = distance(*np.moveaxis(COLUMNS.points().astype(np.float64), -1, 0))
    mean = clipped(torch.from_numpy(known.astype(np.float32))[None], COLUMNS.pitch)

    def guess(noisy, times):
        signal, noise = (part.reshape(-1, 1, 1, 1) for part in levels(times))
        return (spread**2 * signal * noisy + noise**2 * mean) / (signal**2 * spread**2 + noise**2)

    return Denoiser(guess)


def knows_a_ball(**options) -> VolumeGuidance:
    return VolumeGuidance(knows(ball(RADIUS)), COLUMNS, draws=1, **options)


@pytest.fixture(scope="module")
def start() -> SDF:
    return on_grid(cut_off, 32)


def stage_of(start, guidance=None, settings=QUICK, **options) -> GeometryStage:
    return GeometryStage(start, PHOTO, [knows_a_ball()] if guidance is None else guidance, settings, **options)


def off(field: SDF) -> tuple[float, float, float]:
    """How far the surface is from the ball, in spacings: clearly in front at most, behind in the mean and at most."""
    vertices = extract(field).vertices
    away = np.abs(np.linalg.norm(vertices, axis=1) - RADIUS) / field.spacing
    front, back = away[vertices[:, 1] < -0.25], away[vertices[:, 1] > 0.0]
    return float(front.max()), float(back.mean()), float(back.max())


def moment_of(field: SDF, weigh=hidden_weight, share: float = 0.5) -> tuple[torch.Tensor, Moment]:
    """The values of a field in world units, and a moment whose gradients reach them."""
    seen = seen_by([View(FRONT)], field, 64, weigh)
    values = torch.tensor(field.values).requires_grad_()
    lower = torch.tensor(field.lower, dtype=torch.float32)
    current = Current(gated(values, seen.weight > 0), lower, field.spacing)
    return values, Moment(current, seen, share, Schedule(), torch.Generator().manual_seed(0))


def test_the_hidden_half_becomes_the_ball_that_the_prior_knows_and_the_seen_half_stays(start):
    before = off(start)
    assert before[0] < 0.05 and before[1] > 1.5 and before[2] > 5.0
    front, back, worst = off(refine_geometry(stage_of(start)))
    assert front < 0.05
    assert back < 0.25 and worst < 0.8


def test_inverted_noise_brings_it_there_too(start):
    front, back, worst = off(refine_geometry(stage_of(start, [knows_a_ball(recipe=Recipe(inversion=1))])))
    assert front < 0.05
    assert back < 0.25 and worst < 0.8


def test_a_prior_that_is_wrong_about_the_front_is_heard_only_without_the_weight():
    whole = on_grid(ball(RADIUS), 32)
    flat = VolumeGuidance(knows(lambda x, y, z: np.maximum(ball(RADIUS)(x, y, z), -0.3 - y)), COLUMNS, draws=1)
    assert off(refine_geometry(stage_of(whole, [flat])))[0] < 0.04
    unweighted = GeometryStage(whole, PHOTO, [flat], QUICK, weigh=everywhere)
    assert off(refine_geometry(unweighted))[0] > 0.06  # the anchor holds against it


def test_without_guidance_the_seen_half_stays_as_well(start):
    assert off(refine_geometry(stage_of(start, [])))[0] < 0.05


def test_the_prior_s_gradient_is_zero_exactly_where_the_photo_sees(start):
    values, moment = moment_of(start)
    pulls([knows_a_ball()], moment).backward()
    weight, moved = moment.seen.weight, values.grad
    assert (moved[weight == 0] == 0).all()
    y = torch.tensor(start.axes()[1], dtype=torch.float32)[None, :, None].expand_as(moved)
    near = values.detach().abs() < 1.5 * start.spacing
    x, _, z = start.axes()
    middle = torch.from_numpy(np.hypot(x[:, None, None], z[None, None]) < 0.4).expand_as(moved)
    assert (moved[near & middle & (y < 0)] == 0).all()
    assert (moved[near & middle & (y > 0)] != 0).all()


def test_empty_space_that_the_photo_sees_stays_empty(start):
    _, moment = moment_of(start)
    nodes = np.stack(np.meshgrid(*start.axes(), indexing="ij"), axis=-1).reshape(-1, 3)
    pixels, _ = FRONT.project(nodes)
    beside = np.linalg.norm(pixels - SIDE / 2, axis=1) > 1.2 * RADIUS * FRONT.fx / 4.0
    pictured = ((pixels > 4) & (pixels < SIDE - 4)).all(axis=1)
    weight = moment.seen.weight.numpy().ravel()
    assert (weight[beside & pictured] == 0).all()
    shadow = (nodes[:, 1] > 0.3) & (np.hypot(nodes[:, 0], nodes[:, 2]) < 0.4)
    assert (weight[shadow] > 0.9).all()


def test_weights_fall_with_visibility_to_nothing():
    seen = np.array([0.0, 0.25, 0.5, 0.500001, 1.0])
    np.testing.assert_allclose(hidden_weight(seen), [1.0, 0.525, 0.05, 0.0, 0.0], atol=1e-6)
    assert (hidden_weight(seen)[3:] == 0).all()
    assert (everywhere(torch.tensor(seen)) == 1).all()


def test_the_volume_told_to_the_prior_is_the_field_along_the_photo_s_rays():
    told = []

    def listen(noisy, times):
        told.append(noisy / levels(times)[0].reshape(-1, 1, 1, 1))
        return noisy

    field = on_grid(ball(RADIUS), 48)
    _, moment = moment_of(field)
    quiet = dataclasses.replace(moment, schedule=Schedule(least_noise=(0.0, 0.0), most_noise=(0.0, 0.0)))
    VolumeGuidance(Denoiser(listen), COLUMNS, draws=2).pull(quiet)
    away = np.linalg.norm(COLUMNS.points(), axis=-1) - RADIUS
    box = np.abs(COLUMNS.points()).max(axis=-1) < 1.0
    expected = np.clip(away / (REACH * COLUMNS.pitch), -1.0, 1.0)
    assert told[0].shape == (2, *COLUMNS.shape)
    assert np.abs(told[0].mean(dim=0).numpy() - expected)[box].max() < 0.1  # cells, noise
    assert np.abs(told[0].mean(dim=0).numpy() - expected)[box].mean() < 0.01


def test_the_real_shape_network_speaks_of_the_volume(start):
    torch.manual_seed(0)
    network = ShapeNetwork(Architecture((16, 32), attention=(False, True)))
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05)
    told = Condition(torch.rand(1, PICTURE, 32 * FINER, 32 * FINER), torch.rand(1, PLANES, 32, 32))
    guidance = VolumeGuidance.of(ShapePrior(network), told, COLUMNS, draws=2)
    values, moment = moment_of(start)
    guidance.pull(moment).backward()
    assert torch.isfinite(values.grad).all()
    assert (values.grad[moment.seen.weight == 0] == 0).all()
    assert values.grad.abs().max() > 0
    assert all(part.grad is None for part in network.parameters())


def test_resuming_is_no_interruption_to_the_last_bit(start, tmp_path):
    settings = GeometrySettings(steps=12, renew=5)
    whole = stage_of(start, settings=settings, seed=7)
    refine_geometry(whole)
    broken = stage_of(start, settings=settings, seed=7)
    for _ in range(8):  # not a step at which anything is looked up anew
        broken.advance()
    np.savez(tmp_path / "state.npz", **dataclasses.asdict(broken.state()))
    with np.load(tmp_path / "state.npz", allow_pickle=False) as kept:
        state = GeometryState(**{name: kept[name] if kept[name].ndim else int(kept[name]) for name in kept})
    resumed = stage_of(start, settings=settings, seed=99)
    resumed.restore(state)
    refine_geometry(resumed)
    for name, part in dataclasses.asdict(whole.state()).items():
        assert np.array_equal(part, getattr(resumed.state(), name)), name
    assert np.array_equal(whole.field().values, resumed.field().values)
    assert not np.array_equal(whole.field().values, start.values)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(start):
    settings = GeometrySettings(steps=3)
    one, same, other = (refine_geometry(stage_of(start, settings=settings, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.values, same.values)
    assert not np.array_equal(one.values, other.values)


def test_stopping_keeps_what_is_there(start):
    heard = []
    stage = stage_of(start)
    kept = refine_geometry(stage, progress=lambda *steps: heard.append(steps), stop=lambda: len(heard) == 20)
    assert heard == [(step, 60) for step in range(1, 21)]
    by_hand = stage_of(start)
    for _ in range(20):
        by_hand.advance()
    assert np.array_equal(kept.values, by_hand.field().values)
    assert off(kept)[1] < off(start)[1] - 0.5
    assert np.array_equal(refine_geometry(stage_of(start), stop=lambda: True).lower, start.lower)


def test_a_run_can_be_looked_at_meanwhile_without_changing_it(start, monkeypatch):
    settings = GeometrySettings(steps=4)
    quiet = refine_geometry(stage_of(start, settings=settings))
    seen = []
    monkeypatch.setattr(geometry, "LOOKED", 0.0)
    told = refine_geometry(stage_of(start, settings=settings), look=lambda stage: seen.append(stage.coarse()))
    assert len(seen) == 4 and not np.array_equal(seen[0].values, seen[-1].values)
    assert off(seen[-1]) == pytest.approx(off(told), abs=0.01), "a look at what there is, and not at another field"
    assert np.array_equal(quiet.values, told.values)


def test_fine_relief_survives_where_it_is_seen_although_a_coarse_copy_is_moved():
    def carved(x, y, z):
        return cut_off(x, y, z) + 0.012 * np.cos(40.0 * x) * (y < 0)

    fine = on_grid(carved, 96)
    refined = refine_geometry(stage_of(fine, settings=dataclasses.replace(QUICK, longest=32)))
    assert refined.values.shape == fine.values.shape
    vertices = extract(refined).vertices
    front = vertices[(vertices[:, 1] < -0.2) & (np.hypot(vertices[:, 0], vertices[:, 2]) < 0.4)]
    assert np.abs(carved(*front.T)).max() < 0.25 * fine.spacing
    back = vertices[vertices[:, 1] > 0.2]
    assert back[:, 1].max() > 0.5
    assert np.abs(np.linalg.norm(back, axis=1) - RADIUS).mean() < 0.3 * 2.0 / 31


class KnowsViewsOfABall:
    """A view prior that knows what a ball looks like: the same from everywhere."""

    times = 1000

    def __init__(self):
        field = on_grid(ball(RADIUS), 64)
        _, moment = moment_of(field)
        views, _ = shown(moment, [FRAMING.camera(FRAMING.pose(FRONT), 64)])
        self.clean = encoded(views).detach()

    def condition(self, photo, elevation, poses, prompt="", rendered=None):
        return None

    def encoded(self, views):
        return encoded(views)

    def levels(self, times):
        return levels(times)

    def noised(self, clean, noise, times):
        return noised(clean, noise, times)

    def predict(self, noisy, times, condition):
        return self.clean.expand_as(noisy)


_, FRAMING = framed(FRONT, (28, 28, 100, 100), 4.0)


def test_pixels_that_show_what_the_photo_sees_weigh_nothing():
    field = on_grid(ball(RADIUS), 48)
    _, moment = moment_of(field)
    cameras = [FRAMING.camera(Pose(azimuth), 48) for azimuth in (0.0, 180.0)]
    views, (front, back) = shown(moment, cameras)
    full = views.alpha > 0.99
    middle = torch.zeros_like(full[0])
    middle[14:34, 14:34] = True
    assert (front[middle & full[0]] == 0).all() and (back[middle & full[1]] > 0.9).all()
    for camera, weight in zip(cameras, (front, back), strict=True):
        rendered = hidden_weight(moment.seen.grid.rendered(moment.field, camera, 0.5 * field.spacing))
        assert (weight - rendered)[middle].abs().mean() < 0.02
    facing = views.normal[0][middle & full[0]]
    assert (torch.linalg.vector_norm(facing, dim=1) > 0.9).all() and (facing[:, 2] < -0.5).all()


def test_views_of_a_ball_fill_the_hidden_half_and_leave_the_seen_one(start):
    guidance = NormalsGuidance(KnowsViewsOfABall(), FRAMING, views=2)
    before = off(start)
    front, back, _ = off(refine_geometry(stage_of(start, [guidance])))
    assert front < 0.05
    assert back < 0.6 * before[1]


def test_the_real_view_network_speaks_of_normals_and_moves_nothing_that_is_seen(start):
    torch.manual_seed(0)
    prior = BundledViewPrior(ViewNetwork(ViewArchitecture(widths=(16, 32), attention=(False, False))))
    both = [NormalsGuidance(prior, FRAMING, prompt="marble", views=2), knows_a_ball(weight=0.5)]
    values, moment = moment_of(start)
    both[0].pull(moment).backward()
    assert torch.isfinite(values.grad).all() and values.grad.abs().max() > 0
    assert (values.grad[moment.seen.weight == 0] == 0).all()
    alone = values.grad.clone()
    values, moment = moment_of(start)
    pulls(both, moment).backward()
    assert not torch.allclose(values.grad, alone)
