"""A run tells where it stands."""

import pytest

from statue_recon import contract
from statue_recon.contract import RECONSTRUCTING, Progress
from statue_recon.report import Report, Stopped


@pytest.fixture
def heard():
    return []


@pytest.fixture
def report(tmp_path, heard):
    report = Report(tmp_path, heard.append)
    yield report
    report.close()


def test_what_is_heard_is_what_is_written(report, heard, tmp_path):
    report.stage("photo", lambda: report.step(1, 2, message="Größe übernommen"))
    lines = (tmp_path / contract.EVENTS_FILE).read_text(encoding="utf-8").splitlines()
    assert [contract.from_line(line) for line in lines] == heard
    assert heard[-1].message == "Größe übernommen"


def test_the_fraction_only_grows_and_stays_within_one(report, heard):
    for stage in RECONSTRUCTING:
        report.stage(stage, lambda: [report.step(step, 4, force=True) for step in range(5)])
    fractions = [event.fraction for event in heard]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1


def test_a_run_without_some_stages_goes_from_nothing_to_one_all_the_same(report, heard):
    left_out = ("detail", "geometry", "appearance")
    report.leave_out(left_out)
    for stage in (name for name in RECONSTRUCTING if name not in left_out):
        report.stage(stage, lambda: [report.step(step, 4, force=True) for step in range(5)])
    fractions = [event.fraction for event in heard]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1.0, abs=1e-4)
    (after_fit,) = {event.fraction for event in heard if (event.stage, event.step) == ("fit", 4)}
    (before_mesh,) = {event.fraction for event in heard if (event.stage, event.step) == ("mesh", 0)}
    (after_texture,) = {event.fraction for event in heard if (event.stage, event.step) == ("texture", 4)}
    (before_result,) = {event.fraction for event in heard if (event.stage, event.step) == ("result", 0)}
    assert after_fit == before_mesh and after_texture == before_result, "nothing is jumped over"


def test_enough_is_said_of_the_stage_under_way_only(report):
    report.ask_for_enough()
    assert report.stage("geometry", lambda: report.enough) is False

    def asked():
        report.ask_for_enough()
        return report.enough

    assert report.stage("geometry", asked) is True
    assert report.stage("texture", lambda: report.enough) is False


def test_a_thousand_steps_make_few_lines(report, heard):
    report.stage("fit", lambda: [report.step(step, 1000) for step in range(1000)])
    assert len(heard) < 20


def test_a_preview_is_told_at_once_and_kept(report, heard):
    report.stage("fit", lambda: [report.step(1, 9, preview="preview/a.npz"), report.step(2, 9)])
    assert [event.preview for event in heard if isinstance(event, Progress)][-1] == "preview/a.npz"
    assert report.preview == "preview/a.npz"


def test_a_stage_hands_on_what_its_work_gives_and_keeps_the_time(report):
    assert report.stage("mesh", lambda a, b: a + b, 1, 2) == 3
    assert report.timings["mesh"] >= 0


def test_a_run_asked_to_stop_stops_at_the_next_step(tmp_path):
    asked = []
    report = Report(tmp_path, stop=lambda: bool(asked))
    report.step(1, 2)
    asked.append(True)
    with pytest.raises(Stopped):
        report.step(2, 2)
    report.close()
