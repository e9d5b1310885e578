"""The appearance stage: what is hidden becomes what a prior knows, the photo stays to the last bit, no seam between."""

import dataclasses

import numpy as np
import pytest
import torch
from texture_scene import bumpy_ball, photograph, steps_of

from statue_recon.camera import Camera
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import TexturedMesh
from statue_recon.priors.shape.schedule import levels, noised
from statue_recon.priors.view.network import Architecture, ViewNetwork
from statue_recon.priors.view.pictures import decoded, encoded
from statue_recon.priors.view.prior import BundledViewPrior
from statue_recon.priors.view.words import vocabulary
from statue_recon.refine.appearance import canvas as canvas_module
from statue_recon.refine.appearance.canvas import Canvas
from statue_recon.refine.appearance.distil import Distil, Distillation
from statue_recon.refine.appearance.repaint import Repainting
from statue_recon.refine.appearance.stage import FAST, refine_appearance
from statue_recon.refine.appearance.told import LIGHT, Told
from statue_recon.render.raster import cover_of_atlas
from statue_recon.report import Report
from statue_recon.texture.paint import paint
from statue_recon.texture.view import View

SIZE = 512
CAMERA = Camera.orbit(0.0, 0.0, 4.0, 400, 400, 760.0)
RED = (0.7, 0.3, 0.2)  # sRGB, of what the toy prior knows; the statue is grey
BRIEF = Repainting(views=4, noise=(0.5,), steps=2)
SHORT = Distillation(steps=4)
THOROUGH = Distillation(steps=80, rate=0.05)


class KnowsOneColour:
    """A view prior that takes everything for one colour, whatever it is shown."""

    times, size, draws_normals = 1000, 64, True

    def __init__(self, colour=RED):
        self.colour, self.told, self.negatives = torch.tensor(colour), [], set()

    def condition(self, photo, elevation, poses, prompt="", rendered=None):
        self.told.append((photo, elevation, list(poses), prompt))

    def encoded(self, views):
        return encoded(views)

    def decoded(self, clean):
        return decoded(clean)

    def levels(self, times):
        return levels(times)

    def noised(self, clean, noise, times):
        return noised(clean, noise, times)

    def predict(self, noisy, times, condition, negative=""):
        self.negatives.add(negative)
        clean = torch.ones_like(noisy)
        clean[:, :3] = (2.0 * self.colour - 1.0)[None, :, None, None]
        return clean


@pytest.fixture(scope="module")
def photo() -> View:
    rng = np.random.default_rng(0)

    def grey(points):
        return np.clip(0.5 + 0.06 * np.sin(23.0 * points) + rng.normal(scale=0.03, size=(len(points), 1)), 0.0, 1.0)

    return View(photograph(bumpy_ball(), CAMERA, grey), CAMERA)


@pytest.fixture(scope="module")
def painted(photo, tmp_path_factory) -> TexturedMesh:
    mesh = bumpy_ball()
    return paint(mesh, unwrap(mesh), [photo], SIZE, "cpu", Report(tmp_path_factory.mktemp("job")))


@pytest.fixture(scope="module")
def real_prior() -> BundledViewPrior:
    torch.manual_seed(0)
    network = ViewNetwork(Architecture(widths=(16, 32), attention=(False, True), text=32))
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05)  # as if it had learnt something
    return BundledViewPrior(network)


@pytest.fixture(scope="module", params=[FAST, THOROUGH], ids=["repainted", "distilled"])
def refined(request, painted, photo) -> TexturedMesh:
    return refine_appearance(painted, photo, KnowsOneColour(), request.param)


@pytest.fixture(scope="module")
def surface(painted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where texels lie [S, S], the points [S, S, 3] under them, and how well they are seen [S, S] as the mesh says."""
    cover = cover_of_atlas(painted.uv, SIZE)
    picture = cover.picture(np.column_stack([painted.mesh.vertices, painted.seen]), painted.mesh.faces)
    return cover.faces >= 0, picture[..., :3], picture[..., 3]


def test_what_the_photo_shows_is_the_same_to_the_last_bit(painted, refined, surface):
    there, _, seen = surface
    shown = there & (seen > 0.3)
    assert shown.sum() > 25_000
    assert np.array_equal(painted.atlas[shown], refined.atlas[shown])
    assert refined.mesh is painted.mesh and np.array_equal(refined.seen, painted.seen)


def test_what_the_photo_s_own_rays_show_is_locked_though_the_mesh_says_nothing_of_it(painted, photo, surface):
    silent = dataclasses.replace(painted, seen=np.zeros_like(painted.seen))
    found = refine_appearance(silent, photo, KnowsOneColour(), BRIEF)
    there, _, seen = surface
    shown = there & (seen > 0.9)
    assert np.array_equal(painted.atlas[shown], found.atlas[shown]) and not np.array_equal(painted.atlas, found.atlas)


def test_without_the_lock_the_photo_would_be_painted_over(painted, photo, surface, monkeypatch):
    monkeypatch.setattr(canvas_module, "lock", lambda seen: np.zeros(len(seen), bool))
    found = refine_appearance(painted, photo, KnowsOneColour(), BRIEF)
    there, _, seen = surface
    assert (painted.atlas != found.atlas).any(axis=-1)[there & (seen > 0.9)].mean() > 0.5


def test_the_hidden_part_arrives_at_the_colour_that_the_prior_knows(refined, surface):
    there, points, _ = surface
    back = there & (points[..., 1] > 0.3)
    assert np.abs(refined.atlas[back].mean(axis=0) / 255.0 - RED).max() < 0.01
    assert np.abs(refined.atlas[back] / 255.0 - RED).mean() < 0.02  # with its grain


def test_no_step_in_colour_between_seen_and_invented(painted, photo, refined):
    canvas = Canvas.of(painted, photo, 1.0, "cpu")
    there = canvas.there
    changed = (refined.atlas.astype(np.float64) - painted.atlas)[there] / 255.0
    steps = steps_of(refined, np.column_stack([changed, canvas.locked[there]]))
    across = steps[:, 3] > 0
    assert across.sum() > 300
    assert steps[across, :3].max() < 0.02  # sRGB; the colours are 0.3 apart
    assert np.quantile(steps[:, :3], 0.999) < 0.03


def test_grain_stays_where_it_was(painted, refined, surface):
    there, points, _ = surface
    back = there & (points[..., 1] > 0.2)
    inner = back[:, 1:] & back[:, :-1]
    # A texel's brightness against its neighbour's: the layer changes nothing so fine.
    before, after = (
        np.diff(one.atlas.astype(np.float64).mean(axis=-1), axis=1)[inner].std() for one in (painted, refined)
    )
    assert before > 0.1  # there is grain
    assert 0.6 < after / before < 1.5


def test_between_the_islands_texels_follow_their_neighbours(refined, surface):
    there, points, _ = surface
    row, column = np.nonzero(there[:, :-1] & ~there[:, 1:] & (points[:, :-1, 1] > 0.3))
    assert len(row) > 50
    # Of the nearest texel, which need not be the one beside it: as near to it in colour as its grain is.
    apart = refined.atlas[row, column + 1].astype(float) - refined.atlas[row, column]
    assert np.abs(apart).mean() < 2.0 and np.abs(refined.atlas[row, column + 1] / 255.0 - RED).max() < 0.1


@pytest.mark.parametrize("settings", [BRIEF, SHORT], ids=["repainted", "distilled"])
def test_the_same_seed_gives_the_same_bits_and_another_does_not(painted, photo, real_prior, surface, settings):
    one, same, other = (refine_appearance(painted, photo, real_prior, settings, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.atlas, same.atlas)
    assert not np.array_equal(one.atlas, other.atlas)
    there, _, seen = surface
    assert np.array_equal(one.atlas[there & (seen > 0.3)], painted.atlas[there & (seen > 0.3)])


@pytest.mark.parametrize("settings", [FAST, SHORT], ids=["repainted", "distilled"])
def test_stopping_keeps_what_is_there(painted, photo, settings):
    heard: list[tuple[int, int]] = []

    def run(until: int) -> TexturedMesh:
        heard.clear()
        return refine_appearance(
            painted,
            photo,
            KnowsOneColour(),
            settings,
            progress=lambda *steps: heard.append(steps),
            stop=lambda: len(heard) == until,
        )

    assert np.array_equal(run(0).atlas, painted.atlas)
    whole = run(-1)
    count = len(heard)
    assert heard == [(step, count) for step in range(1, count + 1)]
    part = run(count // 2)
    assert len(heard) == count // 2
    assert not np.array_equal(part.atlas, painted.atlas) and not np.array_equal(part.atlas, whole.atlas)


def test_what_is_seen_all_round_stays_as_it_is(painted, photo):
    whole = dataclasses.replace(painted, seen=np.ones_like(painted.seen))
    assert np.array_equal(refine_appearance(whole, photo, KnowsOneColour(), BRIEF).atlas, painted.atlas)


def test_the_prior_moves_no_vertex_beside_what_is_seen(painted, photo):
    told = Told.of(KnowsOneColour(), photo, SHORT)
    canvas = Canvas.of(painted, photo, told.spacing, "cpu")
    run = Distil(canvas, told, SHORT, torch.Generator().manual_seed(0), "cpu")
    for _ in range(run.steps):
        run.advance()
    assert (run._values[torch.from_numpy(~canvas.free)] == 0.0).all()
    assert (run._values[torch.from_numpy(canvas.free)] != 0.0).float().mean() > 0.5
    assert (run.layer()[~canvas.free] == 0.0).all()
    assert canvas.locked[canvas.there].any() and not canvas.free[painted.seen > 0.3].any()


def test_the_prior_is_told_of_the_photo_and_looks_mostly_from_behind(painted, photo):
    prior = KnowsOneColour()
    refine_appearance(painted, photo, prior, dataclasses.replace(FAST, prompt="bronze"))
    window, elevation, _, prompt = prior.told[0]
    assert prompt == "bronze" and prior.negatives == {LIGHT}
    assert abs(elevation) < 1.0 and window.alpha.mean() > 0.3
    azimuths = {round(pose.azimuth, 3) for _, _, poses, _ in prior.told for pose in poses}
    assert len(azimuths) == FAST.views
    assert sum(abs(azimuth) > 90.0 for azimuth in azimuths) > FAST.views / 2
    lifts = {round(pose.lift + elevation) for _, _, poses, _ in prior.told for pose in poses}
    assert lifts == {5, 30}


def test_words_for_light_say_nothing_else_to_the_bundled_prior():
    assert vocabulary().read(LIGHT).words == ()
