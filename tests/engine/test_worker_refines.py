"""The real worker while it refines: killed and taken up again, and ended early."""

import json
import signal

import pytest
import test_worker
from small_statue import write_photo
from test_worker import POSIX, ask, events, until

from statue_recon import contract
from statue_recon.contract import Progress, Request

folder, start = test_worker.folder, test_worker.start  # fixtures, which are found by name

# A small statue, quickly made; all but the numbers is the real thing, the bundled prior included.
SMALL = """
import dataclasses
from statue_recon import quality
from statue_recon.refine import geometry
small = dict(grid=64, samples=1, steps=1, fit_steps=8, faces=4000, atlas=512, refine_steps=6)
quality.QUALITIES["draft"] = dataclasses.replace(quality.QUALITIES["draft"], **small)
geometry.LOOKED = 0.0
"""


@POSIX
@pytest.mark.slow
def test_a_job_killed_while_it_refines_goes_on_at_that_step_to_the_same_bits(folder, start, tmp_path):
    request = Request(contract.PHOTO_FILE, prior="bundled", device="cpu")
    ask(folder, request)
    worker = start(folder, before=small())
    until(folder, lambda event: getattr(event, "preview", None) == "preview/refined-3.npz", 300)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert list((folder / contract.CHECKPOINT_FOLDER).glob("geometry-so-far-*.npz"))
    before = len(events(folder))
    assert start(folder, before=small()).wait(300) == 0
    steps = [event.step for event in events(folder)[before:] if is_refining(event)]
    assert steps and min(steps) >= 3, "the first steps were done again"

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    write_photo(undisturbed / contract.PHOTO_FILE)
    ask(undisturbed, request)
    assert start(undisturbed, before=small()).wait(300) == 0
    ours, theirs = (provenance_of(job) for job in (folder, undisturbed))
    assert ours["result_sha256"] == theirs["result_sha256"]
    assert ours["prior"]["refined"] == {"steps": 6, "of": 6}


@pytest.mark.slow
def test_enough_makes_the_result_of_what_is_there_and_the_record_tells_how_to_repeat_it(folder, start):
    ask(folder, Request(contract.PHOTO_FILE, prior="bundled", device="cpu"))
    worker = start(folder, before=small())
    until(folder, lambda event: getattr(event, "preview", None) == "preview/refined-1.npz", 300)
    worker.stdin.write(b"enough\n")
    worker.stdin.flush()
    assert worker.wait(300) == 0
    made, refined = provenance_of(folder), provenance_of(folder)["prior"]["refined"]
    assert 1 <= refined["steps"] < refined["of"] == 6
    assert f"refinement stopped at step {refined['steps']} of 6" in events(folder)[-1].summary
    again = Request(contract.PHOTO_FILE, prior="bundled", device="cpu", refine_until=refined["steps"])
    ask(folder, again)
    assert start(folder, before=small()).wait(300) == 0
    assert provenance_of(folder)["result_sha256"] == made["result_sha256"]


def small() -> str:
    return f"exec({SMALL!r})"


def is_refining(event) -> bool:
    return isinstance(event, Progress) and event.stage == "geometry" and event.steps == 6


def provenance_of(job) -> dict:
    return json.loads((job / contract.RESULT_FOLDER / "provenance.json").read_text("utf-8"))
