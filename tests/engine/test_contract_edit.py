"""What an edit is asked for survives the way to the worker, and nothing half understood gets through."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from statue_recon import contract, contract_edit
from statue_recon.contract import Failure
from statue_recon.contract_edit import JOBS, EditRequest, EditResult, RefineRequest, edit_from_json, edit_to_json
from statue_recon.contract_hand import MirrorRequest, ProjectRequest, RestoreRequest, RetopologiseRequest
from statue_recon.worker import pipeline_of

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = [
    EditRequest("statue", "bronze"),
    EditRequest("statue", "bärtig", "alt", "both", "group:Kopf", 0.1, False, 1.5, "none", 2**40, 4, True, "cuda"),
    RefineRequest("statue"),
    RefineRequest("statue", "hand.npz", "weights:w.npy", "high", "shape", "old", 12, 5, 3, "cpu"),
    ProjectRequest("statue", "hand.npz", 1024, 2, "cpu"),
    MirrorRequest("statue", "both", [0.0, 0.0, 0.5, 1, 0, 0], "group:left", 0.1),
    RestoreRequest("statue", "group:break", 0.1, [0, -1, 0.5], [0.0, 0.0, 0.5, 0.1, 0.2, 0.1], 0.02, 2, 7),
    RetopologiseRequest("statue", None, 5_000, 2048, True),
]
RESULT = EditResult("r/mesh.npz", "r/mesh.glb", "r/t.png", "r/m.json", "r/p.json", 3.0, "Bronze.", layer="r/layer.png")


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_every_request_reads_back_as_it_was_written(request_):
    assert edit_from_json(edit_to_json(request_)) == request_


@pytest.mark.parametrize(
    "asked",
    [
        {"what": "colour"},
        {"device": "tpu"},
        {"strength": 2.1},
        {"strength": float("nan")},
        {"border": -0.1},
        {"variants": 0},
        {"variants": 5},
        {"region": "nose"},
        {"region": "group:"},
    ],
    ids=str,
)
def test_an_edit_out_of_range_is_refused_with_what_may_be_chosen(asked):
    with pytest.raises(Failure) as failure:
        EditRequest("statue", "bronze", **asked).check()
    assert next(iter(asked)) in failure.value.message
    assert failure.value.next_step.startswith("Choose")


def test_an_edit_without_words_is_refused():
    with pytest.raises(Failure, match="no words"):
        EditRequest("statue", "  ").check()


@pytest.mark.parametrize("asked", [{"quality": "best"}, {"refine_steps": -1}, {"protect": "arm"}], ids=str)
def test_a_refinement_out_of_range_is_refused(asked):
    with pytest.raises(Failure) as failure:
        RefineRequest("statue", **asked).check()
    assert failure.value.next_step.startswith("Choose")


@pytest.mark.parametrize(
    "changed", [{"job": "reconstruct"}, {"job": None}, {"more": 1}, {"strength": "much"}, {"keep_seen": 1}], ids=str
)
def test_a_request_that_is_not_understood_is_refused_with_a_next_step(changed):
    text = json.dumps({**json.loads(edit_to_json(REQUESTS[0])), **changed})
    with pytest.raises(Failure) as failure:
        edit_from_json(text)
    assert "anew" in failure.value.next_step


def test_an_edit_of_another_version_is_refused_by_its_number():
    text = json.dumps({**json.loads(edit_to_json(REQUESTS[0])), "version": 99})
    with pytest.raises(Failure, match="version 99"):
        edit_from_json(text)


def test_every_kind_of_edit_is_asked_for_by_a_name_and_made_by_a_function_of_its_own():
    assert {type(request) for request in REQUESTS} == set(JOBS.values())
    assert len({pipeline_of(request) for request in REQUESTS}) == len(JOBS)


def test_a_variant_lies_in_its_own_folder_beside_the_first():
    assert RESULT.variant(0) == RESULT
    second = RESULT.variant(1)
    assert (second.mesh, second.layer, second.offset) == ("r/variant-1/mesh.npz", "r/variant-1/layer.png", None)
    assert EditResult("m.npz", "m.glb", "t", "m", "p", 1, "").variant(2).mesh == "variant-2/m.npz"


def test_the_result_of_an_edit_is_an_event_like_all_others():
    assert contract.from_line(contract.to_line(RESULT)) == RESULT and isinstance(RESULT, contract.ENDINGS)


def test_the_files_of_a_job_are_those_of_its_statue_and_those_it_names():
    files = contract_edit.files_of(EditRequest("s", "bronze", region="mask:m.png"))
    assert "s/mesh.npz" in files and "m.png" in files
    assert "hand.glb" in contract_edit.files_of(RefineRequest("s", mesh="hand.glb", protect="group:arm"))
    assert "hand.npz" in contract_edit.files_of(ProjectRequest("s", "hand.npz"))
    assert contract_edit.named_by(RestoreRequest("s", "weights:w.npy")) == [("w.npy", "region")]


def test_both_wings_can_import_it_without_anything_installed():
    code = "import sys; import statue_recon.contract_edit, statue_recon.contract; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True)
