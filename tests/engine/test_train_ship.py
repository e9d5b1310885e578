"""From a run's folder into the bundle: weights, what is known of them, the card and its credits."""

import json

import pytest
import torch

from statue_recon.__main__ import main
from statue_recon.contract import Failure
from statue_recon.priors import bundled
from statue_recon.priors.shape.network import Architecture, ShapeNetwork
from statue_recon.train.loop import LOG, STATE
from statue_recon.train.record import Record
from statue_recon.train.ship import credits_of, ship
from statue_recon.train.start import weights_of

TINY = Architecture(widths=(16, 16, 32), attention=(False, False, False))
CATALOGUE = """\
# What lies here

| folder | what | licence |
|---|---|---|
| `statues/train` | sculptures | see below |
| `heads` | 40 heads | MIT, USC |
| `photos` | photographs | CC BY |

## statues/train

| file | kind | triangles | licence | object, author | source |
|---|---|---|---|---|---|
| od_cat | animal | 15894 | CC BY 4.0 | billyd; O. Stein | odedstein/meshes : objects/cat |
| od_koala | animal | 99994 | CC BY 3.0 | YahooJAPAN | odedstein/meshes : objects/koala |

## statues/test

| file | kind | triangles | licence | object, author | source |
|---|---|---|---|---|---|
| tds_plato | bust | 17064 | no copyright claimed | Three D Scans; Plato | keijiro/ThreeDScans |
"""


@pytest.fixture
def run(tmp_path):
    """A run's folder, as the loop and the command leave it."""
    folder = tmp_path / "run"
    torch.manual_seed(0)
    network = ShapeNetwork(TINY)
    Record(
        task="shape",
        part="shape",
        architecture=TINY.to_json(),
        budget={"minutes": 85.0, "batch": 16, "seed": 7, "precision": "bf16"},
        data={
            "groups": {"scans": {"train": 30, "validation": 4}, "heads": {"train": 40, "validation": 0}},
            "named": ["od_cat"],
            "shares": {"scans": 0.6},
        },
        begun_from="nothing",
        sittings=[
            {
                "begun": "2026-11-21T15:45:00+00:00",
                "command": "statue-recon train shape --data d",
                "device": "2 CPU cores",
            }
        ]
        * 2,
    ).write(folder)
    state = network.state_dict()
    average = {name: value * 0.5 for name, value in state.items()}
    torch.save({"network": state, "average": average, "optimiser": {}, "step": 1234, "spent": 5100.0}, folder / STATE)
    lines = [{"step": 10, "minutes": 5.0, "off": 0.3}, {"step": 1234, "minutes": 85.0, "off": 0.125}]
    (folder / LOG).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "CATALOGUE.md"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


def test_the_averaged_weights_are_shipped(run, tmp_path):
    ship(run, "shape", tmp_path / "bundle")
    architecture, state = weights_of(str(tmp_path / "bundle"), "shape")
    average = torch.load(run / STATE, weights_only=True)["average"]
    assert Architecture.from_json(architecture) == TINY
    weight = "unet.conv_in.weight"
    assert torch.allclose(state[weight], average[weight], atol=float(average[weight].abs().max()) / 200)
    ShapeNetwork(TINY).load_state_dict(state)


def test_what_is_known_of_the_run_is_told_in_the_list_and_on_the_card(run, tmp_path, catalogue):
    part = ship(run, "shape", tmp_path / "bundle", catalogue)
    assert part.trained == "2026-11-21, 85 minutes on 2 CPU cores, 1234 steps of 16, from nothing"
    card = (tmp_path / "bundle" / bundled.CARD).read_text(encoding="utf-8")
    for told in (
        "GPL-3.0-or-later",
        part.trained,
        "seed 7",
        "scans: 30 to train, 4 to validate",
        "of the photos scans 60%",
        "| off | 0.3 | 0.125 |",
        part.files[0].sha256,
        "| od_cat | CC BY 4.0 | billyd; O. Stein |",
        "## Limits",
    ):
        assert told in card, told
    assert card.count("statue-recon train shape --data d") == 1  # gone on with by the same command


def test_only_what_was_trained_on_is_credited(catalogue):
    rows = credits_of(catalogue, {"od_cat", "ict_head_00"})
    assert [row["file"] for row in rows] == ["heads", "od_cat"]
    assert rows[0]["licence"] == "MIT, USC" and rows[1]["source"] == "odedstein/meshes : objects/cat"


def test_credits_and_measurements_stay_when_other_weights_come(run, tmp_path, catalogue):
    bundle = tmp_path / "bundle"
    ship(run, "shape", bundle, catalogue)
    (tmp_path / "measured.md").write_text("| Chamfer | 0.025 |\n", encoding="utf-8")
    assert main(["train", "card", "--measured", str(tmp_path / "measured.md"), "--bundle", str(bundle)]) == 0
    assert main(["train", "ship", str(run), "--as", "shape", "--bundle", str(bundle)]) == 0
    card = (bundle / bundled.CARD).read_text(encoding="utf-8")
    assert "| Chamfer | 0.025 |" in card and "od_cat" in card
    assert bundled.bundle(bundle).parts["shape"].version == 2


def test_a_run_of_something_else_is_not_shipped(run, tmp_path):
    with pytest.raises(Failure, match="it learnt “shape”"):
        ship(run, "view", tmp_path / "bundle")
    (run / STATE).unlink()
    with pytest.raises(Failure, match="no trained weights"):
        ship(run, "shape", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
