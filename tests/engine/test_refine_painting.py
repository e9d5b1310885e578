"""Painting as a stage of a job: kept when it is done, ended when the user has had enough, asked by the chosen prior."""

import json
import shutil

import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from small_statue import write_photo
from test_refine_appearance import CAMERA, KnowsOneColour
from test_refine_appearance import painted as painted_ball
from test_refine_appearance import photo as photo_of_ball

from statue_recon import checkpoint, pipeline, quality
from statue_recon.checkpoint import Checkpoints
from statue_recon.contract import Failure, Progress, Request, Result
from statue_recon.priors import bundled, models, own
from statue_recon.priors.view.network import Architecture, ViewNetwork
from statue_recon.refine import chosen, painting, thrift
from statue_recon.refine.appearance import stage
from statue_recon.refine.appearance.canvas import Canvas
from statue_recon.refine.appearance.distil import Distil, Distillation
from statue_recon.refine.appearance.repaint import AT_ONCE, Repaint
from statue_recon.refine.appearance.stage import BROAD
from statue_recon.refine.appearance.told import Told
from statue_recon.report import Report, Stopped

painted, photo = painted_ball, photo_of_ball  # fixtures, which are found by name
STEPS = 16  # of the fast way: two rounds of two parts of four steps


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A folder of bundled priors with the real shape prior and a small view prior that has learnt nothing."""
    folder = tmp_path_factory.mktemp("bundled")
    for path in bundled.FOLDER.iterdir():
        shutil.copy(path, folder)
    torch.manual_seed(0)
    network = ViewNetwork(Architecture(widths=(16, 32), attention=(False, True), text=32))
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05)
    part = {"architecture": network.architecture.to_json(), "trained": "never"}
    bundled.put("view", part, network.state_dict(), folder)
    return folder


@pytest.fixture(autouse=True)
def priors(tmp_path, monkeypatch, shipped):
    """Beside what ships, a tiny Zero123 and a tiny Stable Diffusion are installed. Every step is kept.

    The view prior paints in rounds as the large ones do, so that there is something to interrupt.
    """
    monkeypatch.setattr(stage, "LOOKED", 0.0)
    monkeypatch.setattr(painting, "BROAD", painting.FAST)
    monkeypatch.setattr(bundled, "FOLDER", shipped)
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))
    written = {
        "zero123-xl": tiny.write_zero123(tmp_path / "zero123"),
        "stable-diffusion-own": tiny.write_stable_diffusion(tmp_path / "sd"),
    }
    for name, place in written.items():
        own.choose(models.folder(), name, own.Choice(folder=str(place)))


class EachStep(Report):
    """One that writes every step, however quickly they follow each other."""

    def step(self, step, steps, message="", preview=None, force=False):
        super().step(step, steps, message, preview, force=True)


class Job:
    """A folder, and the runs of the stage in it."""

    def __init__(self, folder, textured, photo):
        folder.mkdir(exist_ok=True)
        (folder / "photo.png").write_bytes(b"photo")
        self.folder, self.textured, self.photo, self.heard = folder, textured, photo, []

    def run(self, at_step=lambda report, event: None, **asked):
        request = Request("photo.png", **{"prior": "view", "seed": 3, **asked})
        kept = Checkpoints(self.folder, request)

        def listen(event):
            self.heard.append(event)
            at_step(report, event)

        report = EachStep(self.folder, listen)
        inputs = self.textured, CAMERA, self.photo.photo, request, "cpu", kept, report
        try:
            return report.stage("appearance", kept.or_make, "appearance", pipeline.repaint, *inputs)
        finally:
            report.close()

    @property
    def steps(self):
        return [event.step for event in self.heard if isinstance(event, Progress) and event.steps == STEPS]

    @property
    def messages(self):
        return [event.message for event in self.heard if event.message]


@pytest.fixture
def job(tmp_path, painted, photo):
    return Job(tmp_path / "job", painted, photo)


def at(number, act):
    """Calls `act` with the report when this step of the painting is heard of."""
    return lambda report, event: act(report) if (event.step, event.steps) == (number, STEPS) else None


def same(one, other):
    return np.array_equal(one.textured.atlas, other.textured.atlas) and (one.steps, one.of) == (other.steps, other.of)


def test_the_hidden_colours_change_and_what_is_done_is_kept_and_repeated_to_the_last_bit(job, tmp_path):
    made = job.run()
    assert (made.prior, made.steps, made.of) == ("view", STEPS, STEPS) and job.steps == [*range(1, STEPS + 1)]
    assert not np.array_equal(made.textured.atlas, job.textured.atlas) and job.messages == []
    job.heard.clear()
    assert same(job.run(), made) and job.steps == [], "the stage is done: it is read from its checkpoint"
    assert same(Job(tmp_path / "other", job.textured, job.photo).run(), made)


def break_off(_report):
    raise Stopped


@pytest.fixture(scope="module")
def whole(painted, photo, shipped, tmp_path_factory):
    """What a run without any interruption makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundled, "FOLDER", shipped)
        patch.setattr(painting, "BROAD", painting.FAST)
        return Job(tmp_path_factory.mktemp("whole"), painted, photo).run()


@pytest.mark.parametrize("step", [1, 5, STEPS], ids=lambda step: f"step {step}")
def test_an_interrupted_stage_goes_on_where_it_stood_to_the_last_bit(job, whole, step):
    with pytest.raises(Stopped):  # before the state of this step is kept
        job.run(at(step, break_off))
    job.heard.clear()
    assert same(job.run(), whole)
    assert job.steps == [*range(max(step - 1, 1), STEPS + 1)], "what was done is not done again"


def test_it_may_be_interrupted_again_and_again(job, whole):
    for step in (3, 8, 10):
        with pytest.raises(Stopped):
            job.run(at(step, break_off))
    assert same(job.run(), whole)
    assert [path.name for path in (job.folder / "checkpoints").iterdir() if "so-far" in path.name] == []


def test_a_state_that_cannot_be_read_is_no_obstacle(job, whole):
    with pytest.raises(Stopped):
        job.run(at(10, break_off))
    next((job.folder / "checkpoints").iterdir()).write_bytes(b"PK\3\4 half")
    assert same(job.run(), whole)


def test_what_was_interrupted_can_end_early_as_it_would_have(job, tmp_path):
    with pytest.raises(Stopped):
        job.run(at(8, break_off), paint_until=10)
    kept = job.run(paint_until=10)
    assert same(kept, Job(tmp_path / "unbroken", job.textured, job.photo).run(paint_until=10))
    assert (kept.steps, kept.of) == (10, STEPS)


@pytest.mark.parametrize("broken_at", [0, 1, 16, 18])
def test_the_thorough_way_goes_on_to_the_same_bits_too(painted, photo, tmp_path, broken_at):
    settings = Distillation(steps=20)
    told = Told.of(KnowsOneColour(), photo, settings)
    canvas = Canvas.of(painted, photo, told.spacing, "cpu")

    def run():
        return Distil(canvas, told, settings, torch.Generator().manual_seed(0), "cpu")

    def advanced(to):
        made = run()
        while made.step < to:
            made.advance()
        return made

    checkpoint.write(tmp_path / "state.npz", advanced(broken_at).state())
    resumed = run()
    resumed.restore(checkpoint.read(tmp_path / "state.npz"))
    assert resumed.step == broken_at
    while resumed.step < settings.steps:
        resumed.advance()
    layer = advanced(settings.steps).layer()
    assert np.array_equal(resumed.layer(), layer) and (layer != 0.0).any()


def test_enough_keeps_the_last_whole_round_and_can_be_repeated_by_its_number_of_steps(job, tmp_path):
    kept = job.run(at(9, Report.ask_for_enough))
    assert (kept.steps, kept.of) == (9, STEPS) and job.messages == [f"The painting was stopped at step 9 of {STEPS}."]
    assert not np.array_equal(kept.textured.atlas, job.textured.atlas)
    again = Job(tmp_path / "again", job.textured, job.photo).run(paint_until=9)
    assert same(again, kept)
    assert not same(Job(tmp_path / "whole", job.textured, job.photo).run(), kept)


@pytest.mark.parametrize("prior", ["shape, zero123-xl", "stable-diffusion-own:2, view"])
def test_the_loudest_prior_paints(job, prior):
    made = job.run(prior=prior)
    assert made.prior in ("zero123-xl", "stable-diffusion-own") and made.steps == STEPS
    assert np.isfinite(made.textured.atlas).all() and not np.array_equal(made.textured.atlas, job.textured.atlas)


def test_the_prior_is_told_the_prompt(job, monkeypatch):
    told = []
    monkeypatch.setattr(Repaint, "advance", lambda self: told.append(self._told.words.prompt))
    job.run(prompt="bronze")
    assert set(told) == {"bronze"}


@pytest.mark.parametrize("broken", [False, True], ids=["unbroken", "interrupted after that"])
def test_memory_that_runs_out_makes_it_begin_anew_with_less_and_is_told(job, monkeypatch, broken):
    inner, asked, prior = chosen.appearance_prior, [], {"prior": "zero123-xl"}
    from statue_recon.refine import painting

    def greedy(name, device, rung):
        """The first one fails in the midst of its work."""
        prior = inner(name, device, rung)
        asked.append(rung)
        if len(asked) == 1:
            calls = []
            predict = prior.predict

            def fails(*inputs, **named):
                calls.append(inputs)
                if len(calls) == 5:
                    raise torch.OutOfMemoryError("CUDA out of memory.")
                return predict(*inputs, **named)

            prior.predict = fails
        return prior

    monkeypatch.setattr(painting, "appearance_prior", greedy)
    if broken:
        with pytest.raises(Stopped):
            job.run(lambda report, event: break_off(report) if len(asked) == 2 and event.step == 7 else None, **prior)
    made = job.run(**prior)
    assert (made.steps, made.of) == (STEPS, STEPS) and asked[:2] == list(thrift.LADDER[:2])
    assert len(job.messages) == 1 and "Memory ran out with Zero123-XL" in job.messages[0]
    assert job.steps.count(1) == 2, "the first step was done again"
    assert asked[2:] == ([thrift.LADDER[1]] if broken else []), "what was interrupted goes on with the memory it has"


def small(monkeypatch):
    few = quality.Quality(grid=48, samples=1, steps=1, fit_steps=4, faces=2000, atlas=256)
    monkeypatch.setitem(quality.QUALITIES, "draft", few)


def reconstruct(folder, **asked):
    """A whole run: its record, its stages and its result."""
    folder.mkdir()
    write_photo(folder / "photo.png")
    heard: list = []
    request = Request("photo.png", seed=3, device="cpu", **asked)
    result = pipeline.reconstruct(request, folder, "result", Report(folder, heard.append))
    record = json.loads((folder / result.provenance).read_text("utf-8"))
    return record, list(dict.fromkeys(event.stage for event in heard)), result


@pytest.mark.slow
def test_a_whole_run_without_the_shape_prior_begins_with_inflation_and_records_who_spoke(tmp_path, monkeypatch):
    small(monkeypatch)
    record, stages, result = reconstruct(tmp_path / "run", prior="zero123-xl:0.5", refine_steps=2)
    assert stages == ["photo", "shape", "fit", "geometry", "mesh", "texture", "appearance", "result"]
    assert record["prior"] == {
        "name": "zero123-xl:0.5",
        "seed": 3,
        "samples": None,
        "refined": {"steps": 2, "of": 2},
        "painted": {"steps": STEPS, "of": STEPS, "by": "zero123-xl"},
    }
    (told,) = record["priors"]
    assert "Zero123-XL" in told["name"] and told["licence"] and told["folder"] == str(tmp_path / "zero123")
    assert isinstance(result, Result) and "stopped" not in result.summary


def test_the_bundled_prior_is_asked_once_about_each_of_many_sides(job, monkeypatch):
    monkeypatch.setattr(painting, "BROAD", BROAD)
    made = job.run()
    assert made.of == BROAD.views // AT_ONCE and not np.array_equal(made.textured.atlas, job.textured.atlas)


def test_large_priors_are_distilled_in_high(job):
    made = job.run(prior="zero123-xl", quality="high", paint_until=2)
    assert (made.steps, made.of) == (2, Distillation().steps)


@pytest.mark.slow
def test_a_whole_run_with_all_that_is_bundled_paints_where_the_view_prior_ships(tmp_path, monkeypatch):
    small(monkeypatch)
    record, stages, _ = reconstruct(tmp_path / "run", prior="bundled", refine_steps=1, prompt="bronze blorp")
    assert stages[-3:] == ["texture", "appearance", "result"] and "geometry" in stages
    assert record["prior"]["painted"]["by"] == "view" and record["prior"]["samples"] == 1
    assert "view.safetensors" in record["prior"]["weights"] and record["priors"] == []
    assert any("blorp" in note for note in record["notes"])


def test_a_name_that_is_not_known_is_refused_before_anything_is_done(tmp_path):
    with pytest.raises(Failure, match="“zero124” was chosen"):
        reconstruct(tmp_path / "run", prior="shape, zero124")
    assert not (tmp_path / "run" / "checkpoints").exists()
