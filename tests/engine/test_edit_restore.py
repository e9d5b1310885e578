"""Restore: what is broken off grows again in its room, as a closed part that hangs on the break and overlaps it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from statue_folder import CAMERA, ball

from statue_recon.contract import Failure
from statue_recon.contract_hand import RestoreRequest
from statue_recon.edit.read import read_statue
from statue_recon.edit.restore import break_of, restore
from statue_recon.edit.restore_part import hanging_on, part_of
from statue_recon.edit.restore_prior import STEPS, inpainted
from statue_recon.mesh.flaw import flaw
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.solid import Surface
from statue_recon.priors.shape.columns import DEPTHS
from statue_recon.priors.shape.network import PICTURE, PLANES, Condition
from statue_recon.priors.shape.prior import ShapePrior
from statue_recon.report import Report
from statue_recon.result import write_result

WHOLE = ball(3)
OFF = 0.4  # where the ball is cut off, in front: y < −OFF is missing
CUT = np.where(WHOLE.mesh.vertices[:, 1:2] < -OFF, WHOLE.mesh.vertices * (1, 0, 1) - (0, OFF, 0), WHOLE.mesh.vertices)
BROKEN = Mesh(CUT.astype(np.float32), WHOLE.mesh.faces)
BREAK = (WHOLE.mesh.vertices[:, 1] < -OFF).astype(np.float32)
REQUEST = RestoreRequest("statue", "weights:break.npy", reach=0.35, samples=1, device="cpu")


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    """A ball whose front is cut off, and what the bundled prior puts there."""
    folder = tmp_path_factory.mktemp("job")
    write_result(folder / "statue", "", replace(WHOLE, mesh=BROKEN), CAMERA, {"engine": "0"}, 1.0, "A broken ball.")
    np.save(folder / "break.npy", BREAK)
    before = (folder / "statue" / "mesh.npz").read_bytes()
    report = Report(folder)
    try:
        result = restore(REQUEST, folder, "result", report)
    finally:
        report.close()
    assert (folder / "statue" / "mesh.npz").read_bytes() == before
    return folder, result, read_statue(folder / "result", "cpu").textured


def test_the_part_is_closed_and_fills_what_was_cut_off(restored):
    _, _, part = restored
    assert flaw(part.mesh) is None
    beyond = part.mesh.vertices[part.mesh.vertices[:, 1] < -OFF - 0.02]
    assert len(beyond) > 0.3 * len(part.mesh.vertices)
    assert part.mesh.vertices[:, 1].min() < -OFF - 0.1


def test_the_part_overlaps_the_break_by_the_margin_and_leaves_the_rest_alone(restored):
    _, _, part = restored
    inside = Surface(BROKEN).signed_distances(part.mesh.vertices)
    margin = REQUEST.overlap * 1.8
    assert -1.5 * margin < inside.min() < -0.5 * margin
    gap = break_of(BROKEN, BREAK, REQUEST)
    assert gap.outside(part.mesh.vertices).max() < 0.05


def test_nothing_of_the_part_is_seen_and_it_has_the_colours_around_the_break(restored):
    folder, result, part = restored
    assert (part.seen == 0).all()
    assert abs(part.atlas.mean() - WHOLE.atlas.mean()) < 8
    edits = json.loads((folder / result.provenance).read_text("utf-8"))["edits"]
    assert edits[-1]["prior"]["name"] == "shape" and edits[-1]["prior"]["weights"]


def test_what_is_known_stays_while_the_prior_dreams():
    generator = torch.Generator().manual_seed(0)
    known = torch.rand((1, DEPTHS, 16, 16), generator=generator) * 2.0 - 1.0
    free = torch.zeros_like(known)
    free[:, 20:40, 4:12, 4:12] = 1.0
    network = ShapePrior.bundled().network
    condition = Condition(torch.zeros(1, PICTURE, 32, 32), torch.zeros(1, PLANES, 16, 16))
    steps = []
    clean, _ = inpainted(network, condition, known, free, generator, steps.append)
    assert (clean[free == 0] == known[free == 0]).all() and (clean[free == 1] != known[free == 1]).all()
    assert steps == list(range(1, STEPS + 1))


def test_a_part_is_what_stands_out_and_hangs_on_the_break():
    solid, gap = Surface(BROKEN), break_of(BROKEN, BREAK, REQUEST)
    points = BROKEN.vertices[BREAK > 0]

    def whole(places):
        return np.linalg.norm(places, axis=1) - 0.9

    part = part_of(whole, solid, gap.outside, gap.box, points, 0.02, 0.03)
    assert part is not None and flaw(part) is None
    front = part.vertices[part.vertices[:, 1] < -OFF - 0.1]
    assert np.abs(whole(front))[gap.outside(front) < -0.05].max() < 0.02
    assert part_of(solid.signed_distances, solid, gap.outside, gap.box, points, 0.02, 0.03) is None


def test_only_what_comes_near_the_break_is_kept():
    core = np.zeros((20, 20, 20), bool)
    core[2:6, 2:6, 2:6] = core[14:18, 14:18, 14:18] = True
    kept = hanging_on(core, np.zeros(3), 1.0, np.array([[1.0, 4.0, 4.0]]), 2.0)
    assert kept[3, 3, 3] and not kept[15, 15, 15]


def test_the_room_lies_where_the_break_looks_or_where_it_is_said():
    gap = break_of(BROKEN, BREAK, REQUEST)
    assert gap.toward[1] < -0.99 and gap.centre[1] < -OFF
    assert gap.outside(gap.centre[None])[0] < 0 < gap.outside(np.array([[0.0, 0.9, 0.0]]))[0]
    said = break_of(BROKEN, BREAK, replace(REQUEST, room=[0.0, -1.0, 0.0, 0.1, 0.2, 0.3], toward=[0, 0, 2]))
    assert said.toward.tolist() == [0, 0, 1] and np.allclose(said.box, [[-0.1, -1.2, -0.3], [0.1, -0.8, 0.3]])


@pytest.mark.parametrize(
    "asked", [{"region": "all"}, {"toward": [0, 0, 0]}, {"room": [0, 0, 0, 1, 1, 0]}, {"reach": 0.9}], ids=str
)
def test_what_cannot_be_restored_is_refused(asked):
    with pytest.raises(Failure) as failure:
        RestoreRequest(**{"statue": "statue", "region": "group:break", **asked}).check()
    assert failure.value.next_step.startswith("Choose")


def test_a_break_without_a_face_is_refused():
    with pytest.raises(Failure, match="too small"):
        break_of(BROKEN, np.zeros(len(BREAK), np.float32), REQUEST)
