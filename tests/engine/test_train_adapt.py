"""Adapting the shape prior: from statues with volumes to photos without."""

import json
import logging

import numpy as np
import pytest
import torch
import trimesh
from adapt_domains import RED, TINY, Balls, batch, learn, some
from PIL import Image

from statue_recon.contract import Failure
from statue_recon.mesh.mesh import Mesh
from statue_recon.photo.window import condition_of
from statue_recon.priors.shape.network import Architecture, ShapeNetwork
from statue_recon.priors.shape.schedule import TIMES
from statue_recon.train import adapt_photos, shape, sheet
from statue_recon.train.adapt import SCALES, AdaptSettings, adapt, trust_at
from statue_recon.train.adapt_photos import Pool, pool_of_photos
from statue_recon.train.adapt_start import architecture_of, listening, network_of, spent_in
from statue_recon.train.loop import STATE, read_log
from statue_recon.train.objects import LIST, Entry, store

ONLY_SOURCE = frozenset({"mmd", "target", "information"})


def network(seed: int = 0) -> ShapeNetwork:
    """Not as new: a new one guesses the silhouette inflated, whatever its encoder makes of a photo."""
    torch.manual_seed(seed)
    new = ShapeNetwork(TINY)
    torch.nn.init.normal_(new.unet.conv_out.weight, std=0.02)
    return new


def test_with_mmd_the_features_of_photos_come_nearer_than_without(tmp_path):
    apart = {}
    for name, without in (("without", ONLY_SOURCE), ("with", ONLY_SOURCE - {"mmd"})):
        task = Balls(AdaptSettings(without=without), network(), tmp_path)
        losses = learn(task, 24, rate=1e-3)
        assert sum(losses[-4:]) < 0.8 * sum(losses[:4])  # the source is learnt all the while
        apart[name] = task.apart(task.network)
    assert apart["with"] < 0.5 * apart["without"]


def test_guesses_on_photos_are_trusted_from_a_third_of_the_run_on():
    assert [trust_at(epoch) for epoch in (0, 30, 60, 90)] == [0.0, 0.0, 0.5, 1.0]


def test_the_loss_is_the_published_sum_of_the_parts_that_are_on(tmp_path):
    settings = AdaptSettings(neighbours=2)
    task = Balls(settings, network(), tmp_path, minutes=1e-9)  # spent at once: all guesses are trusted
    for seed in range(3):
        loss = task.loss(task.network, batch(8, seed), torch.Generator().manual_seed(seed))
    parts = {name: float(some[-1]) for name, some in task._measured.items()}
    assert set(parts) == {"source", "mmd", "information", "target"}
    weights = {"source": 2.0, "mmd": 5.0, "information": 1.0, "target": 1.0}
    expected = sum(weights[name] * SCALES[name] * part for name, part in parts.items())
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-4)
    for left_out in ("mmd", "target", "information"):
        task = Balls(AdaptSettings(neighbours=2, without=frozenset({left_out})), network(), tmp_path, minutes=1e-9)
        for seed in range(3):
            task.loss(task.network, batch(8, seed), torch.Generator().manual_seed(seed))
        assert set(task._measured) == set(parts) - {left_out}


def test_all_parts_can_be_had_in_mixed_precision(tmp_path):
    task = Balls(AdaptSettings(neighbours=2), network(), tmp_path, minutes=1e-9)
    for seed in range(3):
        with torch.autocast("cpu", torch.bfloat16):
            loss = task.loss(task.network, batch(8, seed), torch.Generator().manual_seed(seed))
    loss.backward()
    assert set(task._measured) == {"source", "mmd", "information", "target"}
    assert all(torch.isfinite(parameter.grad).all() for parameter in task.network.parameters())


def test_in_the_first_third_only_features_are_drawn_together(tmp_path):
    task = Balls(AdaptSettings(), network(), tmp_path)
    for seed in range(2):
        task.loss(task.network, batch(8, seed), torch.Generator().manual_seed(seed))
    assert "target" not in task._measured and "mmd" in task._measured


def test_each_part_reaches_the_encoder(tmp_path):
    for part in ("mmd", "target", "information"):
        task = Balls(AdaptSettings(source=0.0, neighbours=2, without=ONLY_SOURCE - {part}), network(), tmp_path, 1e-9)
        for seed in range(3):
            loss = task.loss(task.network, batch(8, seed), torch.Generator().manual_seed(seed))
        loss.backward()
        gradient = task.network.unet.conv_in.weight.grad
        assert torch.isfinite(gradient).all() and gradient.abs().max() > 0


def test_without_multi_level_only_the_deepest_features_are_compared(tmp_path):
    windows, volumes = some(RED, 2, seed=5)
    given = volumes, torch.full((2,), TIMES - 1), condition_of(windows)
    for without, count in ((frozenset(), 3), (frozenset({"levels"}), 1)):
        task = Balls(AdaptSettings(without=without), network(), tmp_path)
        levels = task._look(task.network, *given)[-1]
        assert [level.shape for level in levels] == [(2, width) for width in TINY.widths[-count:]]


def test_one_feature_a_level_is_heard_and_nothing_after():
    windows, volumes = some(RED, 2, seed=5)
    given = volumes, torch.full((2,), TIMES - 1), condition_of(windows)
    prior = network()
    with torch.no_grad(), listening(prior) as heard:
        prior(*given)
    assert [level.shape[1] for level in heard] == list(TINY.widths)
    with torch.no_grad():
        prior(*given)
    assert len(heard) == 3


def test_unknown_parts_are_refused():
    with pytest.raises(ValueError, match="mdm"):
        AdaptSettings(without=frozenset({"mdm"}))


def test_weights_tell_what_they_are_built_from():
    for built in (TINY, Architecture((16, 32), 2, (False, True), True), Architecture((32, 32), 1, (True, False))):
        assert architecture_of(ShapeNetwork(built).state_dict()) == built


def test_weights_that_are_none_are_refused(tmp_path):
    (tmp_path / "text.pt").write_text("not weights")
    torch.save({"average": {"unet.other": torch.ones(1)}}, tmp_path / "other.pt")
    for name in ("missing.pt", "text.pt", "other.pt"):
        with pytest.raises(Failure, match=name):
            network_of(tmp_path / name)


def test_photos_are_drawn_once_each_and_in_the_commonest_window_where_there_is_none_of_the_wanted_shape():
    pool = Pool(some(RED, 6, seed=1)[0])
    drawn = pool.draw((16, 16), 4, torch.Generator().manual_seed(0))
    assert len(set(drawn.places)) == 4 == len(drawn.condition)
    assert pool.draw((64, 64), 99, torch.Generator().manual_seed(0)).shape == (16, 16)


def test_guesses_on_a_photo_are_remembered():
    pool = Pool(some(RED, 2, seed=1)[0])
    drawn = pool.draw((16, 16), 2, torch.Generator().manual_seed(0))
    guesses = torch.full((2, 64, 16, 16), 1.0)
    assert torch.equal(pool.remembered(drawn, guesses), guesses)
    again = pool.remembered(drawn, -guesses)
    assert again[0, 0, 0, 0] == pytest.approx(1.0 * adapt_photos.REMEMBERED - (1 - adapt_photos.REMEMBERED), abs=0.01)


def test_photographs_are_cut_out_by_their_alpha_or_by_a_mask_beside_them(tmp_path, caplog):
    height, width = 120, 80
    y, x = np.mgrid[:height, :width]
    statue = (((x - 40) / 18) ** 2 + ((y - 60) / 45) ** 2 < 1).astype(np.uint8) * 255
    colours = np.dstack([np.full((height, width), 150), y, x]).astype(np.uint8)
    Image.fromarray(np.dstack([colours, statue])).save(tmp_path / "cut out.png")
    Image.fromarray(colours).save(tmp_path / "whole.jpg")
    Image.fromarray(statue).save(tmp_path / "whole_mask.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with caplog.at_level(logging.WARNING):
        pool = pool_of_photos(tmp_path, seed=0)
    assert "broken.png is left out" in caplog.text
    assert len(pool) == 2 * adapt_photos.COPIES[1]
    drawn = pool.draw((96, 40), 99, torch.Generator().manual_seed(0))
    assert drawn.shape == (96, 40)  # what suits it best
    masks = drawn.condition.picture[:, 3]
    assert masks.shape[1:] == (192, 80)
    assert 0.5 < float(masks.mean()) < 0.8 and masks[:, 96, 40].mean() > 0.9 and masks[:, 0, 0].mean() < 0.2
    assert (drawn.condition.planes[:, 0] == 0).all()  # nobody tells the elevation


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(Failure, match="0 photographs"):
        pool_of_photos(tmp_path, seed=0)


@pytest.fixture
def prepared(tmp_path):
    """A folder of three bodies and two scans."""
    entries = []
    for number, (group, kind) in enumerate(
        [("synth", "train")] * 2 + [("synth", "validation")] + [("scans", "train")] * 2
    ):
        ball = trimesh.creation.icosphere(subdivisions=2)
        vertices = (ball.vertices * [0.4 + 0.05 * number, 0.5, 0.9]).astype(np.float32)
        entry = Entry(f"{group}-{number}", group, kind, "", "", closed=True)
        grey = np.full(vertices.shape, 120 + 20 * number, np.uint8)
        store(tmp_path / "data", entry, Mesh(vertices, ball.faces.astype(np.int32)), grey)
        entries.append(vars(entry))
    (tmp_path / "data" / LIST).write_text(json.dumps(entries))
    torch.save({"average": network().state_dict()}, tmp_path / "start.pt")
    return tmp_path


def test_a_run_adapts_to_renders_keeps_its_state_and_goes_on_after_a_kill(prepared, monkeypatch):
    monkeypatch.setattr(shape, "VALIDATION", 4)
    monkeypatch.setattr(adapt_photos, "RENDERS", 3)
    monkeypatch.setattr(sheet, "STEPS", 2)
    given = AdaptSettings(neighbours=2), prepared / "data", None, prepared / "start.pt", prepared / "run"
    adapt(*given, minutes=0.02, batch=4, workers=0, grid=24)
    kept = torch.load(prepared / "run" / STATE, weights_only=True)
    assert set(kept) == {"network", "average", "optimiser", "step", "spent"}
    assert not any((prepared / "data" / "fields" / "24" / f"scans-{number}.npz").exists() for number in (3, 4))
    assert spent_in(prepared / "run") == pytest.approx(kept["spent"])
    adapt(*given, minutes=kept["spent"] / 60 + 0.02, batch=4, workers=0, grid=24)
    lines = read_log(prepared / "run")
    assert len(lines) == 2 and lines[1]["step"] > lines[0]["step"] == kept["step"] > 0
    assert {"apart", "overlap", "loss source", "loss mmd"} <= set(lines[1])
    assert network_of(prepared / "run" / STATE).architecture == TINY
    assert list((prepared / "run").glob("sheet-*.png"))


def test_a_folder_without_the_source_is_refused(prepared):
    settings = AdaptSettings(shares={"bodies": 1.0})
    with pytest.raises(Failure, match="no statues of bodies"):
        adapt(settings, prepared / "data", None, prepared / "start.pt", prepared / "run", 0.01, 4)
    with pytest.raises(Failure, match="group “photographs”"):
        adapt(
            AdaptSettings(group="photographs"),
            prepared / "data",
            None,
            prepared / "start.pt",
            prepared / "run",
            0.01,
            4,
        )
