"""What Blender and the engine say to each other survives the way, and nothing half understood gets through."""

import json
import pickle

import pytest

from statue_recon import contract
from statue_recon.contract import Cancelled, EditResult, Failed, Failure, Hello, Progress, Request, Result

EVENTS = [
    Hello("0.1.0", 4711, "cpu"),
    Progress("fit", 3, 50, 0.31, 4.2, None),
    Progress("texture", 1, 2, 1, 12, 3.5, message="Maße „groß“\nzweite Zeile", preview="preview/coarse.npz"),
    Result("result/mesh.npz", "m.glb", "t.png", "c.json", "p.json", 21.5, 50_000, "Fünfzigtausend."),
    Result("m.npz", "m.glb", "t.png", "c.json", "p.json", 1, 4, "Vier.", volume="result/volume.npz"),
    EditResult("m.npz", "m.glb", "t.png", "m.json", "p.json", 3.5, "Bronze.", layer="layer.png", variants=2),
    Failed("Die Maske ist leer.", "Male sie.", bug=False),
    Cancelled(None),
    Cancelled("preview/fitted.npz"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_reads_back_as_it_was_written(event):
    line = contract.to_line(event)
    assert "\n" not in line
    assert contract.from_line(line) == event


def test_every_kind_of_event_is_tried_here():
    assert {type(event) for event in EVENTS} == set(contract.EVENTS.values())


def test_a_request_reads_back_as_it_was_written():
    request = Request(
        "photo.png",
        "mask.png",
        "painted",
        "high",
        "none",
        "bärtig",
        2**40,
        8,
        "cuda",
        85.0,
        -12.5,
        9_000,
        refine_steps=12,
        refine_until=5,
        paint_until=3,
    )
    assert contract.request_from_json(contract.request_to_json(request)) == request


def test_a_request_that_leaves_all_open_reads_back_as_it_was_written():
    request = Request("photo.png")
    assert (request.prior, request.samples, request.elevation) == ("bundled", None, None)
    assert contract.request_from_json(contract.request_to_json(request)) == request


def test_a_job_of_the_version_before_is_refused_with_a_next_step():
    text = json.dumps({"photo": "photo.png", "elevation": 0.0, "version": 4})
    with pytest.raises(Failure, match="version 4") as failure:
        contract.request_from_json(text)
    assert "anew" in failure.value.next_step


@pytest.mark.parametrize(
    "asked",
    [
        {"quality": "best"},
        {"mask_source": "guessed"},
        {"texture": 3000},
        {"faces": 3},
        {"elevation": 88.0},
        {"samples": 0},
        {"samples": 17},
        {"refine_steps": -1},
        {"paint_until": 1001},
        {"lens": 1.0},
        {"lens": float("nan")},
    ],
    ids=str,
)
def test_a_request_out_of_range_is_refused_with_what_may_be_chosen(asked):
    with pytest.raises(Failure) as failure:
        Request("photo.png", **asked).check()
    assert next(iter(asked)).replace("_", " ") in failure.value.message
    assert failure.value.next_step.startswith("Choose")


def test_what_a_request_leaves_open_is_in_range():
    Request("photo.png").check()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nothing",
        "[]",
        "null",
        '{"event": "surprise"}',
        '{"event": "cancelled"}',
        '{"event": "cancelled", "preview": 3}',
        '{"event": "cancelled", "preview": null, "more": 1}',
        '{"event": "failed", "message": "a", "next_step": "b", "bug": "yes"}',
        '{"event": "hello", "engine": "0.1.0", "pid": true, "device": "cpu"}',
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_a_next_step(line):
    with pytest.raises(Failure) as failure:
        contract.from_line(line)
    assert failure.value.next_step


def test_another_version_is_refused_by_its_number():
    line = json.dumps({"event": "hello", "engine": "9", "pid": 1, "device": "cpu", "version": 99})
    with pytest.raises(Failure, match="version 99"):
        contract.from_line(line)


@pytest.mark.parametrize(
    "changed", [{"quality": "best"}, {"device": "tpu"}, {"mask_source": "magic"}, {"mask_source": "painted"}]
)
def test_a_request_no_engine_could_honour_is_refused(changed):
    text = json.dumps({"photo": "photo.png", **changed})
    with pytest.raises(Failure):
        contract.request_from_json(text)


@pytest.mark.parametrize("stages", [contract.RECONSTRUCTING, contract.CHANGING, contract.SCULPTED])
def test_the_shares_of_the_stages_of_every_kind_of_job_make_a_whole(stages):
    assert sum(stage.share for stage in stages.values()) == pytest.approx(1.0)


def test_every_stage_of_every_kind_of_job_has_words_for_people():
    told = {name for stages in (contract.RECONSTRUCTING, contract.CHANGING, contract.SCULPTED) for name in stages}
    assert told == set(contract.STAGES) and all(stage.words for stage in contract.STAGES.values())


def test_a_failure_travels_between_processes_with_its_next_step():
    failure = pickle.loads(pickle.dumps(Failure("The disk is full.", next_step="Free some space.")))
    assert (failure.message, failure.next_step) == ("The disk is full.", "Free some space.")
