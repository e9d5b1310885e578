"""Project the photo again: after hand work the photo lies on the mesh as it is now, and the brush overrules it."""

import json

import numpy as np
import pytest
import trimesh
from PIL import Image
from statue_folder import ATLAS, CAMERA, ball, write_photo, write_statue

from statue_recon.contract import Failure
from statue_recon.contract_hand import ProjectRequest
from statue_recon.edit.overrule import as_painted
from statue_recon.edit.project import overlaps, project_again
from statue_recon.edit.read import read_statue
from statue_recon.edit.rebaked import places_in_uv, read_at
from statue_recon.render.rays import Rays
from statue_recon.report import Report

BALL = ball()


@pytest.fixture
def job(tmp_path):
    """A job folder with the ball; projects the photo on the mesh that `hand` holds, if it holds one."""
    write_statue(tmp_path / "statue", {"arm": (BALL.mesh.vertices[:, 2] > 0).astype(np.float32)})
    write_photo(tmp_path / "statue" / "photo.png")

    def run(request=None, **hand):
        if hand:
            np.savez(tmp_path / "hand.npz", **hand)
        request = request or ProjectRequest("statue", "hand.npz" if hand else None, device="cpu")
        report = Report(tmp_path)
        try:
            result = project_again(request, tmp_path, "result", report)
        finally:
            report.close()
        return read_statue(tmp_path / "result", "cpu").textured, result

    run.folder = tmp_path
    return run


def colour_at(textured, directions):
    """The texture [N, 3] where rays from the middle leave the statue."""
    ways = np.asarray(directions, np.float32)
    hits = Rays(textured.mesh).closest(ways / np.linalg.norm(ways, axis=1, keepdims=True))
    return read_at(textured.atlas, places_in_uv(hits, textured.uv)).astype(float)


FRONT, BACK, SIDE = [0.0, -1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.1, 0.0]


def shown_by(photo, direction):
    """What the photo shows in a direction of the ball [3]."""
    place = 0.9 * np.asarray([direction], np.float64) / np.linalg.norm(direction)
    (column, row), _ = (part[0] for part in CAMERA.project(place))
    with Image.open(photo) as image:
        return np.asarray(image.convert("RGB"))[int(row), int(column)].astype(float)


def test_the_front_becomes_the_photo_and_the_back_keeps_its_old_texture(job):
    made, _ = job()
    photo = job.folder / "statue" / "photo.png"
    for direction in (FRONT, [0.2, -1.0, 0.2]):
        assert np.abs(colour_at(made, [direction])[0] - shown_by(photo, direction)).max() < 6
    old, new = colour_at(BALL, [BACK, [0.2, 1.0, 0.3]]), colour_at(made, [BACK, [0.2, 1.0, 0.3]])
    assert np.abs(old - new).max() <= 6  # read between texels that were themselves read so
    front = made.mesh.vertices[:, 1] < -0.6
    assert made.seen[front].min() > 0.95 and made.seen[made.mesh.vertices[:, 1] > 0.2].max() < 0.05


def test_a_remeshed_statue_has_its_own_map_and_the_same_colours_behind(job):
    other = trimesh.creation.uv_sphere(radius=0.9, count=[40, 40])
    made, result = job(vertices=other.vertices.astype(np.float32), faces=other.faces.astype(np.int32))
    assert made.mesh.vertices.shape == other.vertices.shape and not overlaps(made.uv)
    smooth = [[0.1 * x, 1.0, 0.1 * z] for x in range(-3, 4) for z in range(-3, 4)]
    assert abs(colour_at(made, smooth).mean() - colour_at(BALL, smooth).mean()) < 4
    record = json.loads((job.folder / result.provenance).read_text("utf-8"))
    assert record["edits"][-1]["request"]["mesh"] == "hand.npz"
    assert (job.folder / "result" / "photo.png").is_file()


def test_what_was_sculpted_behind_is_not_given_the_old_texture_and_not_seen(job):
    lifted = BALL.mesh.vertices * (1.0 + 0.2 * np.clip(BALL.mesh.vertices[:, 1:2], 0, 1))
    marked = BALL.atlas.copy()
    marked[:] = (255, 0, 0)
    Image.fromarray(marked).save(job.folder / "statue" / "texture.png")
    made, _ = job(vertices=lifted.astype(np.float32), faces=BALL.mesh.faces)
    red = colour_at(made, [BACK])[0]
    assert red[0] - red[1] < 60  # invented from the grey photo: nothing red was ever there
    beside = colour_at(made, [SIDE])[0]
    assert beside[0] - beside[1] > 100  # still the statue's own surface, which the photo does not show


def test_the_brush_overrules_what_is_seen(job):
    front = BALL.mesh.vertices[:, 1] < -0.75
    rim = (np.abs(BALL.mesh.vertices[:, 1] - 0.2) < 0.15) & (BALL.mesh.vertices[:, 0] > 0)
    brush = np.where(front, -1.0, np.where(rim, 1.0, 0.0)).astype(np.float32)
    plain, _ = job()
    made, _ = job(vertices=BALL.mesh.vertices, faces=BALL.mesh.faces, uv=BALL.uv, overrule=brush)
    assert (made.seen[front] == 0).all() and (made.seen[rim] == 1).all()
    other = ~front & ~rim & (BALL.mesh.vertices[:, 1] > 0.5)
    assert (made.seen[other] == plain.seen[other]).all()
    assert np.abs(colour_at(made, [FRONT]) - colour_at(plain, [FRONT])).max() > 5  # filled from around it
    with np.load(job.folder / "result" / "mesh.npz") as file:
        assert (file["overrule"] == brush).all() and "group:arm" in file.files


def test_a_brush_says_nothing_where_it_did_not_paint():
    seen = np.array([0.2, 0.7, 0.4], np.float32)
    assert as_painted(seen, np.array([0.0, -1.0, 1.0], np.float32)).tolist() == [np.float32(0.2), 0.0, 1.0]
    assert as_painted(seen, None) is seen


def test_a_map_that_lies_on_itself_is_made_anew(job):
    assert not overlaps(BALL.uv)
    mirrored = np.where(BALL.uv > 0.5, 1.0 - BALL.uv, BALL.uv).astype(np.float32)
    assert overlaps(mirrored) and overlaps(BALL.uv + 1.0)
    made, _ = job(vertices=BALL.mesh.vertices, faces=BALL.mesh.faces, uv=mirrored)
    assert not overlaps(made.uv)


def test_without_a_photo_there_is_nothing_to_project(job):
    (job.folder / "statue" / "photo.png").unlink()
    with pytest.raises(Failure, match="which photo"):
        job()


def test_the_texture_gets_as_many_texels_as_asked(job):
    made, _ = job(ProjectRequest("statue", texture=512, device="cpu"))
    assert made.atlas.shape == (512, 512, 3) and ATLAS == 256


def test_a_mesh_without_faces_that_share_its_order_is_taken_as_it_is(job):
    turned = np.roll(BALL.mesh.faces, 1, axis=0)
    made, _ = job(vertices=BALL.mesh.vertices, faces=turned)
    assert (made.mesh.faces == turned).all()
