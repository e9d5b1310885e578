"""Retopologise: quads at a face count carry the texture, what is seen and the groups, and the detail as heights."""

import json

import numpy as np
import pytest
from PIL import Image
from statue_folder import ball, write_statue

from statue_recon.contract import Failure
from statue_recon.contract_hand import RetopologiseRequest
from statue_recon.edit.read import read_groups, read_statue
from statue_recon.edit.rebaked import places_in_uv, read_at
from statue_recon.edit.retopologise import retopologise
from statue_recon.mesh.flaw import flaw
from statue_recon.render.bake import texels_of
from statue_recon.render.rays import Rays
from statue_recon.report import Report

BALL = ball().mesh
RIPPLED = BALL.vertices * (1.0 + 0.03 * np.sin(9.0 * BALL.vertices.sum(axis=1, keepdims=True)))  # sculpted by hand
QUADS = 400


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A ball with ripples that its quads are too coarse for, its upper half blue; and what became of it."""
    folder = tmp_path_factory.mktemp("job")
    high = (BALL.vertices[:, 2] > 0).astype(np.float32)
    write_statue(folder / "statue", {"high": high})
    statue = read_statue(folder / "statue", "cpu").textured
    texels = texels_of(statue.mesh, statue.uv, 256)
    colours = np.where(texels.points[:, 2:] > 0, [40, 60, 220], [180, 170, 160]).astype(np.uint8)
    Image.fromarray(texels.picture(colours)).save(folder / "statue" / "texture.png")
    np.savez(folder / "hand.npz", vertices=RIPPLED.astype(np.float32), faces=BALL.faces, overrule=2 * high - 1)
    request = RetopologiseRequest("statue", "hand.npz", QUADS, displacement=True, device="cpu")
    report = Report(folder)
    try:
        result = retopologise(request, folder, "result", report)
    finally:
        report.close()
    return folder, result, read_statue(folder / "result", "cpu").textured


def test_the_mesh_is_closed_and_of_as_many_quads_as_asked(job):
    _, _, made = job
    assert made.quads and flaw(made.mesh) is None
    assert 0.8 * QUADS <= made.polygons <= QUADS


def test_the_texture_the_groups_and_what_the_brush_said_come_along(job):
    folder, result, made = job
    ways = np.random.default_rng(1).normal(size=(400, 3)).astype(np.float32)
    ways = ways[np.abs(ways[:, 2]) > 0.3]
    hits = Rays(made.mesh).closest(ways / np.linalg.norm(ways, axis=1, keepdims=True))
    colours = read_at(made.atlas, places_in_uv(hits, made.uv)).astype(int)
    blue = colours[:, 2] > colours[:, 0] + 60
    assert (blue == (ways[:, 2] > 0)).mean() > 0.98
    clear = np.abs(made.mesh.vertices[:, 2]) > 0.1
    high = made.mesh.vertices[:, 2] > 0
    group = read_groups(folder / "result")["high"]
    assert ((group > 0.5) == high)[clear].all()
    assert (made.seen[clear] == high[clear]).all()  # painted as seen above, and as invented below
    with np.load(folder / result.mesh) as file:
        assert (file["overrule"][clear] == np.where(high, 1, -1)[clear]).all()


def test_the_displacement_holds_the_detail_that_the_quads_lost(job):
    folder, result, made = job
    material = json.loads((folder / result.material).read_text("utf-8"))
    with Image.open(folder / result.relief) as image:
        deep = np.asarray(image)
    assert deep.dtype == np.uint16
    height = (deep.astype(np.float64) - 32768.0) / 32767.0 * material["relief_range"]
    texels = texels_of(made.mesh, made.uv, len(deep))
    lifted = texels.points + height[texels.there][:, None] * texels.normals
    sculpted = Rays(type(made.mesh)(RIPPLED.astype(np.float32), BALL.faces))
    before, after = (sculpted.closest(points.astype(np.float32)).distances for points in (texels.points, lifted))
    assert after.mean() < 0.1 * before.mean() and before.mean() > 0.004


def test_without_displacement_there_is_none_and_the_history_tells_of_it(job):
    folder, _, _ = job
    report = Report(folder)
    result = retopologise(RetopologiseRequest("statue", faces=300, device="cpu"), folder, "plain", report)
    report.close()
    assert result.relief is None and not (folder / "plain" / "relief.png").exists()
    edits = json.loads((folder / result.provenance).read_text("utf-8"))["edits"]
    assert edits[-1]["request"]["faces"] == 300
    assert read_statue(folder / "plain", "cpu").photo is not None


def test_a_flat_mesh_is_refused_with_a_next_step(job):
    folder, _, _ = job
    flat = (BALL.vertices * (1, 1, 0)).astype(np.float32)
    np.savez(folder / "flat.npz", vertices=flat, faces=BALL.faces)
    report = Report(folder)
    with pytest.raises(Failure, match="no inside"):
        retopologise(RetopologiseRequest("statue", "flat.npz", device="cpu"), folder, "flat", report)
    report.close()


@pytest.mark.parametrize("asked", [{"faces": 10}, {"texture": 1000}, {"device": "tpu"}], ids=str)
def test_what_no_engine_could_do_is_refused(asked):
    with pytest.raises(Failure) as failure:
        RetopologiseRequest("statue", **asked).check()
    assert failure.value.next_step.startswith("Choose")
