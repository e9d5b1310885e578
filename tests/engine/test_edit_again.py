"""Refine again: what a person did by hand stays where it is protected, and the mesh keeps its vertices."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapes
import trimesh
from statue_folder import ATLAS, CAMERA, ball, write_statue

from statue_recon.contract import Failure, Progress
from statue_recon.contract_edit import RefineRequest
from statue_recon.edit.again import STEPS, as_reconstruction, refine_again
from statue_recon.edit.carry import carried, dressed, left_behind
from statue_recon.edit.guarded import GuardedStage
from statue_recon.edit.read import read_mesh, read_statue
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.mesh.solid import solid
from statue_recon.quality import QUALITIES
from statue_recon.refine.geometry import GeometrySettings, GeometryStage
from statue_recon.report import Report, Stopped

BALL = ball().mesh
BACK = np.array([0.0, 0.9, 0.0])
AWAY = np.linalg.norm(BALL.vertices - BACK, axis=1)
BUMP = (0.1 * np.clip(1.0 - (AWAY / 0.4) ** 2, 0.0, 1.0)).astype(np.float32)  # by hand, where no photo looks
BY_HAND = Mesh((BALL.vertices + BUMP[:, None] * BALL.normals).astype(np.float32), BALL.faces)
PROTECT = (AWAY < 0.45).astype(np.float32)
NONE = np.zeros(len(BALL.vertices), np.float32)
REQUEST = RefineRequest("statue", "hand.npz", "group:keep", prior="none", refine_steps=3, device="cpu")


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Draft's own grid takes seconds, and shows no more of what is asked here."""
    monkeypatch.setitem(QUALITIES, "draft", replace(QUALITIES["draft"], grid=40))


@pytest.fixture
def job(tmp_path):
    """A job folder with a statue and what a person made of it; refines it."""
    write_statue(tmp_path / "statue")
    np.savez(tmp_path / "hand.npz", vertices=BY_HAND.vertices, faces=BY_HAND.faces, **{"group:keep": PROTECT})

    def run(request=REQUEST, listener=None, result="result"):
        report = Report(tmp_path, listener)
        try:
            return refine_again(request, tmp_path, result, report)
        finally:
            report.close()

    run.folder = tmp_path
    return run


def vertices(path):
    with np.load(path) as file:
        return file["vertices"]


def test_what_is_protected_comes_back_to_the_last_bit_and_in_its_order(job):
    result = job()
    after = vertices(job.folder / result.mesh)
    assert after.shape == BY_HAND.vertices.shape
    assert (after[PROTECT == 1] == BY_HAND.vertices[PROTECT == 1]).all()
    record = json.loads((job.folder / result.provenance).read_text("utf-8"))
    assert record["edits"][-1]["refined"] == {"steps": 3, "of": 3}


def test_an_interrupted_refinement_goes_on_to_the_same_bits(job):
    def listen(event):
        if isinstance(event, Progress) and event.stage == "result":
            raise Stopped

    with pytest.raises(Stopped):
        job(listener=listen)
    whole = vertices(job.folder / job().mesh)
    assert (whole == vertices(job.folder / job(result="again").mesh)).all()


def test_a_statue_without_its_photo_is_refused_with_a_next_step(job):
    (job.folder / "statue/photo.png").unlink()
    with pytest.raises(Failure, match="photo") as failure:
        job()
    assert "camera.json" in failure.value.next_step


def test_steps_are_taken_even_where_a_reconstruction_would_take_none(tmp_path):
    write_statue(tmp_path / "statue")
    asked = as_reconstruction(replace(REQUEST, refine_steps=None), tmp_path)
    assert asked.refine_steps == STEPS["draft"] > 0


def test_vertices_go_where_the_field_went_and_take_their_chisel_marks_along():
    grain = 0.004 * np.sin(40.0 * BALL.vertices[:, 2:])
    rough = Mesh((0.6 / 0.9 * BALL.vertices * (1.0 + grain)).astype(np.float32), BALL.faces)
    before, after = (shapes.on_grid(shapes.ball(radius)) for radius in (0.6, 0.65))
    offset = carried(rough, before, after, NONE)
    radii = np.linalg.norm(rough.vertices + offset, axis=1)
    np.testing.assert_allclose(radii - np.linalg.norm(rough.vertices, axis=1), 0.05, atol=0.003)
    assert left_behind(rough, offset, before, after, NONE) == 0.0


def test_where_the_field_did_not_change_nothing_moves_at_all():
    field = solid(BY_HAND, 48)
    assert (carried(BY_HAND, field, field, NONE) == 0.0).all()


def test_a_protected_vertex_stays_and_a_half_protected_one_goes_half_the_way():
    before, after = (shapes.on_grid(shapes.ball(radius)) for radius in (0.9, 0.95))
    protect = np.where(BALL.vertices[:, 2] > 0, np.float32(1.0), np.float32(0.5))
    way = np.linalg.norm(carried(BALL, before, after, protect), axis=1)
    assert (way[protect == 1] == 0).all()
    np.testing.assert_allclose(way[protect == 0.5], 0.025, atol=0.004)


def test_the_two_sides_of_a_seam_move_together():
    corners = BALL.faces.ravel()
    apart = Mesh(BALL.vertices[corners], np.arange(len(corners), dtype=np.int32).reshape(-1, 3))
    before, after = (shapes.on_grid(shapes.ball(radius)) for radius in (0.9, 0.93))
    one, split = carried(BALL, before, after, NONE), carried(apart, before, after, np.zeros(len(corners), np.float32))
    np.testing.assert_allclose(split, one[corners], atol=1e-6)


def test_no_prior_has_a_weight_where_a_person_protects(tmp_path):
    statue = read_statue(write_statue(tmp_path / "statue"))
    field, settings = solid(BALL, 40), GeometrySettings(steps=1)
    free = GeometryStage(field, statue.photo, [], settings)
    held = GuardedStage(BALL, PROTECT, field, statue.photo, [], settings)
    nodes = np.stack(np.meshgrid(*field.axes(), indexing="ij"), axis=-1)
    near = np.linalg.norm(nodes - BACK, axis=-1) < 0.25
    weights = [stage._look().weight.numpy() for stage in (free, held)]
    assert weights[0][near].max() > 0.5 and (weights[1][near] == 0).all()
    far = np.linalg.norm(nodes - BACK, axis=-1) > 0.6
    assert (weights[0][far] == weights[1][far]).all()


def test_another_topology_wears_the_statue_s_texture_and_what_was_added_is_not_seen():
    front = np.where(BALL.vertices[:, 1:2] < 0, np.uint8(250), np.uint8(10))
    like = ball()
    half = np.zeros((ATLAS, ATLAS, 3), np.uint8)
    for face, uv in zip(like.mesh.faces, like.uv, strict=True):
        column, row = (uv * ATLAS).astype(int).min(axis=0)
        half[ATLAS - 2 - row : ATLAS - row + 2, column : column + 4] = front[face].max()
    fewer = ball(3)
    added = Mesh(
        np.where(fewer.mesh.vertices[:, 2:] > 0.6, 1.2, 1.0).astype(np.float32) * fewer.mesh.vertices, fewer.mesh.faces
    )
    made = dressed(added, fewer.uv, TexturedMesh(like.mesh, like.uv, half, like.seen), "cpu")
    middles = fewer.uv.mean(axis=1)
    colours = made.atlas[((1.0 - middles[:, 1]) * ATLAS).astype(int), (middles[:, 0] * ATLAS).astype(int), 0]
    depth = fewer.mesh.vertices[fewer.mesh.faces, 1].mean(axis=1)
    assert np.median(colours[depth < -0.4]) == 250 and np.median(colours[depth > 0.4]) == 10
    top = fewer.mesh.vertices[:, 2] > 0.6
    assert (made.seen[top] == 0).all() and made.seen[~top].max() > 0.9


def test_a_mesh_that_was_exported_elsewhere_is_brought_back(tmp_path):
    trimesh.Trimesh(3.0 * BALL.vertices + 7.0, BALL.faces, process=False).export(tmp_path / "hand.ply")
    mesh, note = read_mesh(tmp_path / "hand.ply", BALL)
    np.testing.assert_allclose(mesh.vertices, BALL.vertices, atol=1e-5)
    assert "hand.ply" in note
    trimesh.Trimesh(BY_HAND.vertices, BALL.faces, process=False).export(tmp_path / "near.ply")
    mesh, note = read_mesh(tmp_path / "near.ply", BALL)
    assert note == "" and (mesh.vertices == BY_HAND.vertices).all(), "a sculptor's change is no change of frame"


def test_the_camera_of_the_test_s_statue_is_the_one_it_is_read_with(tmp_path):
    statue = read_statue(write_statue(tmp_path / "statue"))
    np.testing.assert_allclose(statue.photo.camera.world_to_camera, CAMERA.world_to_camera)
