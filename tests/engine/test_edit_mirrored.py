"""Fill from the other side: the unseen half becomes the mirror image of the seen one, which stays to the last bit."""

import json
from dataclasses import replace

import numpy as np
import pytest
from statue_folder import CAMERA, ball

from statue_recon.contract import Failure
from statue_recon.contract_hand import MirrorRequest
from statue_recon.edit.mirrored import colours_of, fill_from_the_other_side
from statue_recon.edit.read import read_statue
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.bake import texels_of
from statue_recon.report import Report
from statue_recon.result import write_result

PLANE = [0.0, 0.0, 0.0, 2.0, 0.0, 0.0]  # between left and right; its normal need not be of length 1
WHOLE = ball().mesh
BUMP = np.array([0.75, -0.2, 0.45])


def bumped(sides):
    """The ball with a bump on the right, and on the left too if `sides` is 2."""
    away = np.linalg.norm(WHOLE.vertices - BUMP, axis=1)
    if sides == 2:
        away = np.minimum(away, np.linalg.norm(WHOLE.vertices - BUMP * (-1, 1, 1), axis=1))
    lift = 0.12 * np.clip(1.0 - (away / 0.35) ** 2, 0.0, 1.0)
    return (WHOLE.vertices * (1.0 + lift[:, None] / 0.9)).astype(np.float32)


@pytest.fixture(scope="module")
def statue(tmp_path_factory):
    """The right half is seen, with a bump, red above and grey below; the left half is a plain dark ball."""
    folder = tmp_path_factory.mktemp("job")
    mesh = Mesh(bumped(1), WHOLE.faces)
    uv = ball().uv
    texels = texels_of(mesh, uv, 512)
    right, high = texels.points[:, 0] > -0.02, texels.points[:, 2] > 0
    colours = np.where(right[:, None], np.where(high[:, None], [200, 60, 60], [150, 150, 150]), 40).astype(np.uint8)
    seen = np.clip(20.0 * mesh.vertices[:, 0], 0.0, 1.0).astype(np.float32)
    textured = replace(ball(), mesh=mesh, atlas=texels.picture(colours), seen=seen)
    write_result(folder / "statue", "", textured, CAMERA, {"engine": "0"}, 1.0, "Half a ball.")
    return folder


def filled(folder, request, result="result"):
    report = Report(folder)
    try:
        return fill_from_the_other_side(request, folder, result, report)
    finally:
        report.close()


@pytest.fixture(scope="module")
def both(statue):
    result = filled(statue, MirrorRequest("statue", "both", PLANE, device="cpu"))
    before = read_statue(statue / "statue", "cpu").textured
    return before, read_statue(statue / "result", "cpu").textured, result, statue


def test_what_is_seen_stays_to_the_last_bit(both):
    before, after, result, folder = both
    kept = before.seen > 0.5
    assert (before.mesh.vertices[kept] == after.mesh.vertices[kept]).all()
    texels = texels_of(before.mesh, before.uv, len(before.atlas))
    shown = texels.there.copy()
    shown[shown] = texels.points[:, 0] > 0.06
    assert (before.atlas[shown] == after.atlas[shown]).all()
    with np.load(folder / result.offset) as file:
        assert (file["offset"][kept] == 0).all() and file["offset"].any()


def test_the_unseen_half_gets_the_bump_of_the_other(both):
    before, after, _, _ = both
    left = before.mesh.vertices[:, 0] < -0.1
    wanted = np.linalg.norm(bumped(2)[left], axis=1)
    off = np.abs(np.linalg.norm(before.mesh.vertices[left], axis=1) - wanted)
    now = np.abs(np.linalg.norm(after.mesh.vertices[left], axis=1) - wanted)
    assert off.max() > 0.1 and now.max() < 0.025 and now.mean() < 0.25 * off.mean()


def test_the_unseen_half_gets_the_colours_of_the_other(both):
    _, after, _, _ = both
    colours, places = colours_of(after), after.mesh.vertices
    left = (places[:, 0] < -0.2) & (np.abs(places[:, 2]) > 0.1)
    wanted = np.where(places[left, 2:] > 0, [200, 60, 60], [150, 150, 150])
    assert np.abs(colours[left] - wanted).mean() < 8


def test_only_what_is_asked_for_changes(statue):
    surface = filled(statue, MirrorRequest("statue", "surface", PLANE, device="cpu"), "surface")
    assert surface.offset is None and surface.layer is not None
    shape = filled(statue, MirrorRequest("statue", "shape", PLANE, device="cpu"), "shape")
    assert shape.layer is None and shape.offset is not None
    before = read_statue(statue / "statue", "cpu").textured
    assert (read_statue(statue / "surface", "cpu").textured.mesh.vertices == before.mesh.vertices).all()
    assert (read_statue(statue / "shape", "cpu").textured.atlas == before.atlas).all()


def test_outside_the_region_nothing_changes(statue):
    np.save(statue / "w.npy", (WHOLE.vertices[:, 2] > 0.3).astype(np.float32))
    filled(statue, MirrorRequest("statue", "both", PLANE, "weights:w.npy", device="cpu"), "part")
    before, after = (read_statue(statue / name, "cpu").textured for name in ("statue", "part"))
    low = WHOLE.vertices[:, 2] <= 0.3
    assert (before.mesh.vertices[low] == after.mesh.vertices[low]).all()
    assert (before.mesh.vertices != after.mesh.vertices).any() and (before.atlas != after.atlas).any()


def test_a_plane_that_nobody_gave_is_found_and_told(both, statue):
    result = filled(statue, MirrorRequest("statue", device="cpu"), "found")
    record = json.loads((statue / result.provenance).read_text("utf-8"))["edits"][-1]
    assert abs(abs(record["plane"][3]) - 1.0) < 0.1
    assert any("plane of symmetry was found" in note for note in record["notes"])
    given = json.loads((statue / both[2].provenance).read_text("utf-8"))["edits"][-1]
    assert given["plane"][3:] == [1.0, 0.0, 0.0]


def test_a_plane_without_anything_seen_opposite_is_refused(statue):
    with pytest.raises(Failure, match="opposite"):
        filled(statue, MirrorRequest("statue", "both", [-5.0, 0.0, 0.0, 1.0, 0.0, 0.0], device="cpu"), "none")


@pytest.mark.parametrize("plane", [[0.0] * 6, [1.0], [0.0, 0.0, 0.0, 1.0, 0.0, "x"], [0, 0, 0, 1, 0, float("nan")]])
def test_a_plane_that_is_none_is_refused(plane):
    with pytest.raises(Failure, match="plane of symmetry"):
        MirrorRequest("statue", plane=plane).check()
