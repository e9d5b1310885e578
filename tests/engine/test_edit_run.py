"""An edit job from request to files: only the region changes, the same seed gives the same, and history is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image
from statue_folder import ball, write_statue

from statue_recon import contract, worker
from statue_recon.contract import Failure, Progress, Request
from statue_recon.contract_edit import EDIT_FILE, EditRequest, EditResult, edit_to_json
from statue_recon.edit import shape
from statue_recon.edit.read import read_statue
from statue_recon.edit.run import edit
from statue_recon.report import Report, Stopped

UPPER = (ball().mesh.vertices[:, 2] > 0).astype(np.float32)
BRONZE = EditRequest("statue", "bronze", region="group:upper", border=0.05, preview=True, device="cpu")


@pytest.fixture
def job(tmp_path):
    """A job folder with a statue; runs edits in it."""
    write_statue(tmp_path / "statue", {"upper": UPPER})

    def run(request=BRONZE, listener=None, result="result"):
        report = Report(tmp_path, listener)
        try:
            return edit(request, tmp_path, result, report)
        finally:
            report.close()

    run.folder = tmp_path
    return run


def picture(path):
    with Image.open(path) as image:
        return np.array(image)


def arrays(path):
    with np.load(path) as file:
        return dict(file)


def moves_everything(statue, region, request, device, report):
    """An edit of the shape that heeds no region, as no real one does."""
    return np.full_like(statue.textured.mesh.vertices, 0.01 * (1 + request.seed))


def test_a_surface_edit_leaves_all_outside_its_mask_and_every_vertex_as_they_were(job):
    result = job()
    before, after = picture(job.folder / "statue/texture.png"), picture(job.folder / result.texture)
    layer = picture(job.folder / result.layer)
    changed = (before != after).any(axis=-1)
    assert changed.mean() > 0.05 and not changed[layer[..., 3] == 0].any()
    for name, values in arrays(job.folder / "statue/mesh.npz").items():
        assert (arrays(job.folder / result.mesh)[name] == values).all(), name
    assert result.offset is None


def test_a_full_layer_is_what_the_texture_shows(job):
    result = job(replace(BRONZE, region="all", keep_seen=False))
    layer, after = picture(job.folder / result.layer), picture(job.folder / result.texture)
    full = layer[..., 3] == 255
    assert full.any() and (after[full] == layer[..., :3][full]).all()


def test_the_glb_holds_the_texture_and_how_metallic_it_is(job):
    result = job()
    material = json.loads((job.folder / result.material).read_text("utf-8"))
    assert material["metallic"] > 0.5 and material["understood"] == ["bronze"]
    loaded = trimesh.load(job.folder / result.model, process=False).to_geometry().visual.material
    assert (np.asarray(loaded.baseColorTexture) == picture(job.folder / result.texture)).all()
    gloss = np.asarray(loaded.metallicRoughnessTexture)
    layer = picture(job.folder / result.layer)[..., 3]
    assert gloss[layer == 0][:, 2].max() == 0 and gloss[layer == 255][:, 2].mean() > 127


def test_what_a_shape_edit_does_outside_the_region_is_undone_to_the_last_bit(job, monkeypatch):
    monkeypatch.setattr(shape, "shape_edit", moves_everything)
    result = job(replace(BRONZE, what="shape", keep_seen=False))
    before, after = ball().mesh.vertices, arrays(job.folder / result.mesh)["vertices"]
    offset = arrays(job.folder / result.offset)["offset"]
    assert (after[UPPER == 0] == before[UPPER == 0]).all() and (offset[UPPER == 0] == 0).all()
    assert (after == before + offset).all() and (offset != 0).any()
    assert (picture(job.folder / result.texture) == picture(job.folder / "statue/texture.png")).all()


def test_a_shape_edit_of_the_glb_keeps_the_order_of_the_vertices(job, monkeypatch):
    monkeypatch.setattr(shape, "shape_edit", moves_everything)
    result = job(replace(BRONZE, what="shape", region="all", keep_seen=False, border=0.0))
    whole = [trimesh.load(job.folder / path, process=False).to_geometry() for path in ("statue/mesh.glb", result.model)]
    assert (whole[0].faces == whole[1].faces).all()
    np.testing.assert_allclose(
        whole[1].vertices - whole[0].vertices, [[0.01, 0.01, -0.01]] * len(whole[0].vertices), atol=1e-6
    )


def test_of_both_one_may_have_no_use_for_the_words(job):
    result = job(replace(BRONZE, what="both"))
    notes = json.loads((job.folder / result.material).read_text("utf-8"))["notes"]
    assert result.layer and result.offset is None and any("shape" in note for note in notes)


def test_words_that_nobody_knows_are_refused(job):
    with pytest.raises(Failure, match="xyzzy"):
        job(replace(BRONZE, prompt="xyzzy"))
    with pytest.raises(Failure, match="xyzzy"):
        job(replace(BRONZE, prompt="xyzzy", what="both"))


def test_the_same_seed_gives_the_same_bits_and_every_variant_has_its_own(job):
    one = job(replace(BRONZE, variants=2))
    assert one.variants == 2
    first, second = picture(job.folder / one.layer), picture(job.folder / one.variant(1).layer)
    assert (first != second).any()
    alone = job(replace(BRONZE, seed=1), result="again")
    assert (picture(job.folder / alone.layer) == second).all()
    texture = (job.folder / alone.texture).read_bytes()
    assert texture == (job.folder / one.variant(1).texture).read_bytes()


def test_an_edit_can_be_edited_and_its_history_grows(job):
    first = job()
    again = replace(BRONZE, statue="result", prompt="gilded", region="group:upper")
    second = job(again, result="second")
    record = json.loads((job.folder / second.provenance).read_text("utf-8"))
    assert [made["request"]["prompt"] for made in record["edits"]] == ["bronze", "gilded"]
    assert record["engine"] == "0", "how the statue itself was made stays at the top"
    assert record["edits"][1]["statue_sha256"] == record["edits"][0]["result_sha256"]
    assert (job.folder / "second/photo.png").read_bytes() == (job.folder / "statue/photo.png").read_bytes()
    assert first.layer


def test_an_interrupted_edit_goes_on_where_it_stood(job):
    def listen(event):
        if isinstance(event, Progress) and event.stage == "result":
            raise Stopped

    with pytest.raises(Stopped):
        job(listener=listen)
    [kept] = (job.folder / contract.CHECKPOINT_FOLDER).glob("colour-0-*.npz")
    made = kept.stat().st_mtime_ns
    said = []
    result = job(listener=lambda event: said.append((event.stage, kept.exists() and kept.stat().st_mtime_ns)))
    assert ("result", made) in said and not kept.exists()
    whole = job(result="whole")
    assert (job.folder / result.texture).read_bytes() == (job.folder / whole.texture).read_bytes()


def test_the_bar_only_grows_whatever_the_variants(job):
    heard = []
    job(replace(BRONZE, variants=2), listener=heard.append)
    fractions = [event.fraction for event in heard]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert "sculpt" not in {event.stage for event in heard}


@pytest.mark.parametrize(
    ("region", "said"), [("group:nose", "“nose”"), ("mask:gone.png", "gone.png"), ("weights:gone.npy", "gone.npy")]
)
def test_a_region_that_is_not_there_is_refused_by_its_name(job, region, said):
    with pytest.raises(Failure, match=said):
        job(replace(BRONZE, region=region))


def test_weights_and_masks_may_lie_beside_the_statue(job):
    np.save(job.folder / "statue/w.npy", UPPER)
    by_weights = job(replace(BRONZE, region="weights:w.npy"))
    by_group = job(result="again")
    assert (job.folder / by_weights.texture).read_bytes() == (job.folder / by_group.texture).read_bytes()


def test_the_worker_runs_what_its_folder_asks_for(job):
    assert worker.pipeline_of(Request("photo.png")).__name__ == "reconstruct"
    (job.folder / EDIT_FILE).write_text(edit_to_json(BRONZE), encoding="utf-8")
    assert worker.read_request(job.folder) == BRONZE
    running = worker.Job(job.folder)
    assert running.run(None) == 0
    running.report.close()
    last = (job.folder / contract.EVENTS_FILE).read_text("utf-8").splitlines()[-1]
    ending = contract.from_line(last)
    assert isinstance(ending, EditResult) and (job.folder / ending.model).is_file()


def test_a_statue_without_a_texture_or_a_uv_map_is_given_both(tmp_path):
    mesh = ball().mesh
    trimesh.Trimesh(10.0 * mesh.vertices + 5.0, mesh.faces, process=False).export(tmp_path / "mesh.ply")
    statue = read_statue(tmp_path)
    assert statue.photo is None and not statue.textured.seen.any()
    assert statue.textured.uv.shape == (len(mesh.faces), 3, 2) and len(statue.textured.atlas) == 1024
    np.testing.assert_allclose(np.ptp(statue.textured.mesh.vertices, axis=0).max(), 1.8, rtol=1e-5)
