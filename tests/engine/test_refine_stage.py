"""Refinement as a stage of a job: it goes on where it was interrupted, and ends where the user has had enough."""

import itertools

import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from shapes import ball, on_grid
from test_refine_geometry import PHOTO, cut_off

from statue_recon import pipeline
from statue_recon.checkpoint import Checkpoints, read, write
from statue_recon.contract import PREVIEW_FOLDER, STAGES, Progress, Request
from statue_recon.mesh.extract import extract
from statue_recon.priors import models, own
from statue_recon.priors.shape.network import Architecture, ShapeNetwork
from statue_recon.priors.shape.prior import ShapePrior
from statue_recon.quality import QUALITIES, Quality, quality_of
from statue_recon.refine import chosen, geometry, stage
from statue_recon.report import Report, Stopped

STEPS = 8
QUALITY = Quality(grid=32, samples=1, steps=1, fit_steps=1, faces=1000, atlas=64, refine_steps=STEPS)


@pytest.fixture(scope="module")
def start():
    return on_grid(cut_off, 32)


@pytest.fixture(autouse=True)
def prior(monkeypatch):
    """The real network, small and untrained: what it says does not matter here. Every step is looked at."""
    torch.manual_seed(0)
    network = ShapeNetwork(Architecture((16, 32), attention=(False, True)))
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05)
    monkeypatch.setattr(ShapePrior, "bundled", classmethod(lambda cls, device="cpu": cls(network, device)))
    monkeypatch.setattr(geometry, "LOOKED", 0.0)


class EachStep(Report):
    """One that writes every step, however quickly they follow each other."""

    def step(self, step, steps, message="", preview=None, force=False):
        super().step(step, steps, message, preview, force=True)


class Job:
    """A folder, and the runs of the stage in it."""

    def __init__(self, folder, start):
        (folder / "photo.png").write_bytes(b"photo")
        self.folder, self.start, self.heard = folder, start, []

    def run(self, at_step=lambda report, step: None, **asked) -> stage.Refined:
        """One run as the pipeline has it; `at_step` is called at each progress event of the stage."""
        request = Request("photo.png", **{"prior": "bundled", "seed": 3, **asked})
        kept = Checkpoints(self.folder, request)

        def listen(event):
            self.heard.append(event)
            at_step(report, event.step)

        report = EachStep(self.folder, listen)
        try:
            inputs = self.start, PHOTO, request, QUALITY, "cpu", kept, report
            return report.stage("geometry", kept.or_make, "geometry", pipeline.refine, *inputs)
        finally:
            report.close()

    @property
    def messages(self):
        return [event.message for event in self.heard if event.message]

    def files(self, folder):
        return sorted(path.name.split("-so-far")[0] for path in (self.folder / folder).iterdir())


@pytest.fixture
def job(tmp_path, start):
    return Job(tmp_path, start)


def at(number, act):
    """Calls `act` with the report once, when the step is first heard of."""
    done = []

    def at_step(report, step):
        if step == number and not done:
            done.append(step)
            act(report)

    return at_step


def break_off(_report):
    raise Stopped


def enough(report):
    report.ask_for_enough()


def same(one, other):
    return np.array_equal(one.field.values, other.field.values) and (one.steps, one.of) == (other.steps, other.of)


def test_an_interrupted_stage_goes_on_where_it_stood_to_the_last_bit(job, tmp_path, start):
    with pytest.raises(Stopped):
        job.run(at(5, break_off))
    assert job.files("checkpoints") == ["geometry"], "how far it has come"
    job.heard.clear()
    resumed = job.run()
    steps = [event.step for event in job.heard if isinstance(event, Progress) and event.steps == STEPS]
    assert min(steps) >= 5, "what was done is not done again"
    (tmp_path / "other").mkdir()
    assert same(resumed, Job(tmp_path / "other", start).run())
    assert not np.array_equal(resumed.field.values, start.values)


def test_a_state_that_cannot_be_read_is_no_obstacle(job, tmp_path, start):
    with pytest.raises(Stopped):
        job.run(at(5, break_off))
    next((job.folder / "checkpoints").iterdir()).write_bytes(b"PK\3\4 half")
    (tmp_path / "other").mkdir()
    assert same(job.run(), Job(tmp_path / "other", start).run())


def test_a_finished_stage_leaves_its_result_only(job):
    whole = job.run()
    assert (whole.steps, whole.of) == (STEPS, STEPS) and job.messages == []
    (left,) = (job.folder / "checkpoints").iterdir()
    assert "so-far" not in left.name and same(read(left), whole)


def test_enough_keeps_what_is_there_and_says_so(job, start):
    kept = job.run(at(3, enough))
    assert (kept.steps, kept.of) == (3, STEPS)
    assert job.messages == [f"The refinement was stopped at step 3 of {STEPS}."]
    assert not np.array_equal(kept.field.values, start.values)
    assert same(job.run(), kept), "the stage is done: resuming does not go on with it"


def test_a_run_that_was_stopped_can_be_repeated_by_its_number_of_steps(job, tmp_path, start):
    kept = job.run(at(3, enough))
    (tmp_path / "other").mkdir()
    other = Job(tmp_path / "other", start)
    assert same(other.run(refine_until=3), kept)
    assert not same(other.run(refine_until=4), kept)
    assert other.run(refine_until=99).steps == STEPS


def test_enough_said_of_an_earlier_stage_is_not_heard(job, monkeypatch):
    before = Report.stage

    def said_before(self, *inputs):
        self.ask_for_enough()
        return before(self, *inputs)

    monkeypatch.setattr(Report, "stage", said_before)
    assert job.run().steps == STEPS


def test_each_look_has_a_name_of_its_own_and_the_older_ones_are_removed(job):
    job.run()
    told = [event.preview for event in job.heard if isinstance(event, Progress) and event.preview]
    assert told == [f"{PREVIEW_FOLDER}/refined-{step}.npz" for step in range(1, STEPS + 1)]
    assert job.files(PREVIEW_FOLDER) == [f"refined-{step}.npz" for step in (STEPS - 1, STEPS)]


def test_only_refinement_and_painting_can_be_stopped_early():
    assert [name for name, told in STAGES.items() if told.stoppable] == ["geometry", "appearance"]


@pytest.mark.parametrize(
    ("prior", "steps", "left_out"),
    [
        ("none", 8, {"detail", "geometry", "appearance"}),
        ("bundled", 8, set()),
        ("bundled", 0, {"geometry", "appearance"}),
        ("shape", 8, {"appearance"}),
        ("zero123-xl", 8, {"detail"}),
        ("shape, zero123-xl:0.5", 8, set()),
        ("shape, zero123-xl:0", 8, {"appearance"}),
        ("shape, zero123-xl:0.5", 0, {"geometry", "appearance"}),
    ],
)
def test_a_run_leaves_out_what_none_of_its_priors_does(prior, steps, left_out):
    request = Request("photo.png", prior=prior, refine_steps=steps)
    left_out = left_out | {"light"}  # nothing is installed that knows of it
    assert set(pipeline.unused(request, quality_of(request))) == left_out
    inflated = {"shape"} if "shape" not in pipeline.names.read(prior) else set()
    assert set(pipeline.brief(request, quality_of(request))) == {*left_out, *inflated}


@pytest.fixture
def zero123(tmp_path_factory, monkeypatch):
    """A tiny one, installed."""
    folder = tmp_path_factory.mktemp("models")
    monkeypatch.setenv(models.VARIABLE, str(folder))
    place = tiny.write_zero123(folder / "zero123")
    own.choose(folder, "zero123-xl", own.Choice(folder=str(place)))


def test_all_priors_that_were_chosen_speak(job, tmp_path, start, zero123):
    ended = [job.run()]
    for words in ("shape, zero123-xl:0.5", "shape, zero123-xl:50", "zero123-xl"):
        place = tmp_path / words.replace(":", "")
        place.mkdir()
        ended.append(Job(place, start).run(prior=words))
    assert all(run.steps == STEPS and np.isfinite(run.field.values).all() for run in ended)
    for one, other in itertools.combinations(ended, 2):
        assert not np.array_equal(one.field.values, other.field.values)


def test_memory_that_runs_out_before_there_is_a_stage_is_told_and_the_run_goes_on(job, zero123, monkeypatch):
    inner, asked = chosen._prior, []

    def narrow(*inputs):
        asked.append(inputs)
        if len(asked) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return inner(*inputs)

    monkeypatch.setattr(chosen, "_prior", narrow)
    assert job.run(prior="zero123-xl").steps == STEPS
    assert len(job.messages) == 1 and "Memory ran out with Zero123-XL" in job.messages[0]


def test_a_request_without_a_number_of_steps_has_those_of_its_quality():
    for name, quality in QUALITIES.items():
        assert quality_of(Request("photo.png", quality=name)).refine_steps == quality.refine_steps


def test_a_refined_field_survives_the_disk(tmp_path):
    field = on_grid(ball(0.5), 8)
    write(tmp_path / "a.npz", stage.Refined(field, 3, 8))
    back = read(tmp_path / "a.npz")
    assert (back.steps, back.of) == (3, 8) and len(extract(back.field).vertices) == len(extract(field).vertices)
