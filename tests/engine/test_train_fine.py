"""Close-ups to train the fine scale from: the truth is true, and the coarse volume is wrong as guesses are."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from shapes import ball, on_grid

from statue_recon.contract import Failure
from statue_recon.mesh.extract import extract
from statue_recon.priors.shape.columns import DEPTHS, clipped
from statue_recon.priors.shape.fine import SIDE
from statue_recon.priors.shape.network import FINER, PICTURE, PLANES, Architecture
from statue_recon.train import close_ups
from statue_recon.train.close_ups import CloseUps, at_hand, make_ready
from statue_recon.train.fine import FineData, FineTask, mirrored, packed, unpacked
from statue_recon.train.objects import LIST, Entry, Objects, store

RADIUS = 0.9
COARSE = 32  # cells of the coarse fields
TINY = Architecture(widths=(16, 16, 32), attention=(False, False, False), coarse=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a ball to learn from and a ball held out, its fine fields made; coarser ones than in earnest."""
    folder = tmp_path_factory.mktemp("prepared")
    mesh = extract(on_grid(ball(RADIUS), nodes=40, half=1.0))
    entries = [Entry(name, "scans", kind, "", name, True) for name, kind in (("one", "train"), ("two", "validation"))]
    for entry in entries:
        store(folder, entry, mesh, np.full(mesh.vertices.shape, 180, np.uint8))
    (folder / LIST).write_text(json.dumps([asdict(entry) for entry in entries]))
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(close_ups, "GRID", 64)
        with pytest.raises(Failure, match="No fine fields"):
            at_hand(Objects(folder), "train")
        assert list(make_ready(folder)) == ["one", "two"]
        assert list(make_ready(folder)) == []  # what is there is not made again
        yield folder


def _some(folder, count: int = 6):
    objects = Objects(folder)
    studio = CloseUps(objects, None, COARSE)
    rng = np.random.default_rng(3)
    entry = at_hand(objects, "train")[0]
    return [one for _ in range(count // 2) for one in studio.close_ups(entry, rng, 2)]


def test_the_volume_of_a_close_up_is_the_truth_in_its_own_pitches(prepared):
    for one in _some(prepared):
        exact = np.linalg.norm(one.columns.points(), axis=-1) - RADIUS
        true = clipped(torch.from_numpy(exact.astype(np.float32)), one.columns.pitch)
        assert float((one.volume - true).abs().max()) < 0.012 / (6 * one.columns.pitch)  # what so coarse a mesh is off
        assert (one.volume < 0).any() and (one.volume > 0).any()


def test_what_it_is_told_of_the_coarse_scale_is_wrong_but_not_by_much(prepared):
    for one in _some(prepared):
        near = one.volume.abs() < 0.5
        off = (one.coarse - one.volume).abs()[near].mean()
        assert 0.0 < float(off) < 0.6
        assert one.picture.shape == (PICTURE, SIDE * FINER, SIDE * FINER)
        assert one.planes.shape == (PLANES, SIDE, SIDE)
        assert one.coarse.shape == one.volume.shape == (DEPTHS, SIDE, SIDE)


def test_a_mirrored_batch_lies_on_the_other_side_of_the_whole(prepared):
    condition, clean = unpacked(packed(_some(prepared, 2)), "cpu")
    for seed in range(20):
        turned, other = mirrored(condition, clean, torch.Generator().manual_seed(seed))
        if turned is not condition:
            break
    assert torch.equal(other, clean.flip(-1))
    assert torch.equal(turned.planes[:, 4], -condition.planes[:, 4].flip(-1))
    assert torch.equal(turned.planes[:, :4], condition.planes[:, :4].flip(-1))


def test_it_learns_and_says_how_much_of_the_coarse_error_is_left(prepared, monkeypatch, tmp_path):
    monkeypatch.setattr("statue_recon.train.fine.VALIDATION", 2)
    task = FineTask(TINY, FineData(prepared, None, grid=COARSE), batch=2, workers=0)
    with torch.no_grad():
        before = task.validate(task.network)
        task.sheet(task.network, tmp_path / "sheet.png")
    assert before["off left"] == pytest.approx(1.0, abs=1e-3)  # untrained, it leaves the coarse volume as it is
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=5e-4)
    batch = next(task.batches(0))
    losses = []
    for _ in range(10):
        loss = task.loss(task.network, batch, torch.Generator().manual_seed(0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]


def test_a_file_that_holds_no_coarse_network_is_named(prepared, tmp_path):
    torch.save({"average": {}}, tmp_path / "state.pt")
    data = replace(FineData(prepared, None, grid=COARSE), guesser=str(tmp_path / "state.pt"))
    with pytest.raises(Failure, match="no coarse network"):
        next(FineTask(TINY, data, batch=2, workers=0).batches(0))
