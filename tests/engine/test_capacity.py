"""Whether a job fits, and what would fit instead: with the real registry on machines of all sizes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from small_statue import write_photo

from statue_recon import capacity, pipeline
from statue_recon.capacity import GB, Machine, Wanted, expected, hopeless, misfit, note, seconds, wanted_of
from statue_recon.checkpoint import Checkpoints
from statue_recon.contract import Failure, Request
from statue_recon.priors import models
from statue_recon.report import Report, Stopped

ROOT = Path(__file__).resolve().parents[2]
LARGE = Machine("cuda", 32 * GB, 24 * GB, 100 * GB, 16)
BOTH = Wanted(2048, ("zero123-xl", "stable-diffusion"), steps=60)


@pytest.fixture
def known(tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path))
    return models.entries()


def test_a_large_machine_takes_everything_and_nothing_is_said(known):
    assert misfit(BOTH, known, LARGE) is None and note(BOTH, known, LARGE) is None


def test_stable_diffusion_fits_into_eight_gigabytes_of_a_card_as_it_is(known):
    card = replace(LARGE, graphics=8 * GB)
    alone = replace(BOTH, priors=("stable-diffusion",))
    assert misfit(alone, known, card) is None and note(alone, known, card) is None


def test_both_on_eight_gigabytes_fit_by_saving_memory_and_that_is_said(known):
    card = replace(LARGE, graphics=8 * GB)
    assert misfit(BOTH, known, card) is None
    assert "8.0 GB free of about 10.3 GB" in note(BOTH, known, card)


def test_a_card_too_small_gives_way_to_the_processor_where_that_has_the_memory(known):
    small = replace(LARGE, graphics=2 * GB)
    found = misfit(BOTH, known, small)
    assert "of graphics memory, and 2.0 GB is free" in found.reason and "processor" in found.instead
    fewer = misfit(BOTH, known, replace(small, memory=12 * GB))
    assert fewer.instead == "Choose no more than the bundled priors."
    assert "Choose no more than Zero123-XL" in misfit(BOTH, known, Machine("cpu", 12 * GB)).instead


def test_what_would_fit_does_fit(known):
    card = replace(LARGE, graphics=int(3.2 * GB), memory=6 * GB)
    assert misfit(BOTH, known, card).instead == "Choose no more than Zero123-XL."
    assert misfit(replace(BOTH, priors=("zero123-xl",)), known, card) is None


def test_on_apples_graphics_the_computers_memory_counts(known):
    assert misfit(BOTH, known, Machine("mps", 12 * GB)) is not None
    assert misfit(BOTH, known, Machine("mps", 32 * GB)) is None


def test_a_texture_too_large_is_made_smaller(known):
    found = misfit(Wanted(8192), known, Machine("cpu", 3 * GB))
    assert "6.3 GB of memory, and 3.0 GB is free" in found.reason and "4096" in found.instead
    assert misfit(Wanted(4096), known, Machine("cpu", 3 * GB)) is None


def test_a_full_disk_is_told_and_where_nothing_fits_that_too(known):
    found = misfit(Wanted(2048), known, replace(LARGE, disk=GB // 10))
    assert "of disk, and 0.1 GB is free" in str(found) and "no setting fits" in str(found)


def test_what_is_not_known_is_no_reason(known):
    for device in ("cpu", "cuda", "mps"):
        assert misfit(BOTH, known, Machine(device)) is None and note(BOTH, known, Machine(device)) is None


def test_time_grows_with_steps_and_views_and_shrinks_with_the_device(known):
    laptop = seconds(BOTH, known, Machine("cpu", threads=2))
    assert laptop == pytest.approx(60 * 2 * (1.17 + 3.87) / 0.05)
    assert seconds(replace(BOTH, steps=30), known, Machine("cpu", threads=2)) == pytest.approx(laptop / 2)
    assert seconds(BOTH, known, LARGE) < 60 < 3600 < laptop
    assert seconds(Wanted(2048, (), 60), known, LARGE) == 0.0, "what is bundled is not its business"


def test_a_request_wants_large_priors_only_where_there_are_steps_to_ask_them_in():
    asked = Request("photo.png", quality="high", prior="shape, zero123-xl", refine_steps=40)
    assert wanted_of(asked) == Wanted(4096, ("zero123-xl",), 40)
    assert wanted_of(replace(asked, refine_steps=0, texture=1024)) == Wanted(1024, (), 0)
    assert wanted_of(Request("photo.png", refine_steps=40)).priors == ()


def test_only_a_disk_without_room_for_the_smallest_files_is_hopeless(known):
    wanted = Wanted(2048)
    for machine in (replace(LARGE, disk=GB // 5), replace(LARGE, memory=GB // 5), Machine("cpu")):
        assert hopeless(wanted, known, machine) is None
    found = hopeless(wanted, known, replace(LARGE, disk=20 * 10**6))
    assert "of disk, and 20 MB is free" in found.reason and found.instead


def test_the_usual_time_is_what_was_measured_and_more_for_refinement(known):
    laptop, draft = Machine("cpu", threads=2), Request("photo.png")
    assert expected(draft, known, laptop) == 23.0
    assert expected(replace(draft, prior="none", quality="high"), known, laptop) == 67.0
    refined = replace(draft, refine_steps=20, prior="shape")
    assert expected(refined, known, laptop) == 23.0 + 20 * capacity.BUNDLED_STEP
    large = replace(refined, prior="shape, zero123-xl")
    assert expected(large, known, laptop) > expected(refined, known, laptop) + 60.0
    assert expected(draft, known, LARGE) is None, "no card was measured"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A job on a machine that has this much free; it is broken off at its first stage. Returns what was said."""

    def run(machine, **asked):
        monkeypatch.setattr(capacity, "this_machine", lambda device, folder: replace(machine, device=device))
        write_photo(tmp_path / "photo.png")
        heard = []

        def listen(event):
            heard.append(event)
            if event.steps == 1 and not event.message:
                raise Stopped

        request = Request("photo.png", device="cpu", prior="none", **asked)
        with pytest.raises(Stopped):
            pipeline.reconstruct(request, tmp_path, "result", Report(tmp_path, listen))
        return [event.message for event in heard if event.message]

    return run


def test_a_job_says_first_what_may_not_suffice_and_goes_on(run):
    assert run(LARGE) == []
    (said,) = run(replace(LARGE, memory=3 * GB), texture=8192)
    assert "of memory, and 3.0 GB is free" in said and "Set the texture to 4096" in said
    (said,) = run(replace(LARGE, disk=GB // 5))
    assert "of disk, and 0.2 GB is free" in said


def test_a_job_that_the_disk_cannot_hold_ends_before_anything_is_computed(run, tmp_path):
    with pytest.raises(Failure, match="of disk, and 9 MB is free") as failed:
        run(replace(LARGE, disk=9 * 10**6))
    assert failed.value.next_step and not (tmp_path / "checkpoints").exists()


def test_what_a_resumed_job_has_written_needs_no_room_any_more(run, tmp_path):
    write_photo(tmp_path / "photo.png")
    kept = Checkpoints(tmp_path, Request("photo.png", device="cpu", prior="none"))
    kept.folder.mkdir()
    with (kept.folder / f"fit-{kept.key}.npz").open("wb") as file:
        file.truncate(GB)
    assert run(replace(LARGE, disk=9 * 10**6)) == []


def test_this_machine_is_looked_at(tmp_path):
    here = capacity.this_machine("cpu", tmp_path / "not" / "yet")
    assert here.disk > 0 and here.threads >= 1 and here.graphics is None
    assert here.memory is None or here.memory > 10**7


def test_a_card_is_asked_by_its_driver_where_torch_is_not_loaded(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert capacity._graphics_free() is None
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!{sys.executable}\nprint(8000)\nprint(16000)\n")
    driver.chmod(0o755)
    assert capacity._graphics_free() == 8000 * 2**20


def test_it_needs_the_standard_library_only():
    code = f"import sys; sys.path.append({str(ROOT)!r}); import statue_recon.capacity"
    assert subprocess.run([sys.executable, "-I", "-S", "-c", code]).returncode == 0
