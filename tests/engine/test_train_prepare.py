"""From meshes to a folder to train from, and what photos and volumes come out of it."""

import json
import logging

import cv2
import numpy as np
import pytest
from training_data import prepared, write_meshes

from statue_recon.contract import Failure
from statue_recon.dataset.files import read_triangles
from statue_recon.dataset.manifest import Manifest
from statue_recon.dataset.render.light import hemisphere
from statue_recon.photo.light import linear
from statue_recon.priors.shape.columns import REACH
from statue_recon.train import lights
from statue_recon.train.objects import LIST, Entry, Objects, kind_of, store
from statue_recon.train.prepare import Wishes, prepare
from statue_recon.train.scenes import Studio
from statue_recon.train.shape import Chooser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def objects(folder) -> Objects:
    return Objects(folder)


def entry_of(objects: Objects, name: str) -> Entry:
    return next(entry for entry in objects.entries if entry.id == name)


def test_a_broken_mesh_is_told_and_skipped(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        entries, _ = prepare([("shapes", write_meshes(tmp_path / "meshes"))], tmp_path / "out", Wishes())
    assert {entry.id for entry in entries} == {"ball", "egg", "ring"}
    assert "wreck.ply" in caplog.text


def test_a_mesh_comes_back_within_its_quantisation(tmp_path):
    read = read_triangles(write_meshes(tmp_path / "meshes") / "ring.ply")
    prepare([("shapes", tmp_path / "meshes")], tmp_path / "out", Wishes())
    objects = Objects(tmp_path / "out")
    mesh, colours = objects.mesh(entry_of(objects, "ring"))
    low, high = read.vertices.min(axis=0), read.vertices.max(axis=0)
    wanted = (read.vertices - (low + high) / 2) * 1.8 / (high - low).max()
    box = 1.8 * (high - low) / (high - low).max()
    assert np.array_equal(mesh.faces, read.faces)
    assert (np.abs(mesh.vertices - wanted) < 0.6 * box / 65535 + 1e-6).all()
    assert np.allclose(colours, linear(read.colours / 255), atol=1e-6)


def test_large_meshes_keep_their_differences_between_faces(tmp_path):
    """Faces are kept as differences, in 16 bits where they fit; where they do not, nothing may wrap around."""
    from statue_recon.mesh.mesh import Mesh

    rng = np.random.default_rng(0)
    mesh = Mesh(rng.random((70_000, 3)).astype(np.float32), rng.integers(0, 70_000, (500, 3)).astype(np.int32))
    entry = Entry("large", "g", "train", "", "", False)
    store(tmp_path, entry, mesh, np.zeros((70_000, 3), np.uint8))
    (tmp_path / LIST).write_text("[]")
    assert np.array_equal(Objects(tmp_path).mesh(entry)[0].faces, mesh.faces)


def test_a_mesh_has_no_more_faces_than_its_source_may_have(tmp_path):
    meshes = write_meshes(tmp_path / "meshes")
    prepare([("few", meshes), ("many", meshes)], tmp_path / "out", Wishes({"few": 300, "many": 1500}))
    objects = Objects(tmp_path / "out")
    most = {
        name: max(len(objects.mesh(entry)[0].faces) for entry in objects.entries if entry.group == name)
        for name in ("few", "many")
    }
    assert most["few"] <= 300 < most["many"] <= 1500
    assert len({entry.id for entry in objects.entries}) == 6  # the same names twice are told apart


def test_an_open_mesh_is_simplified_and_stays_open(tmp_path):
    import trimesh

    meshes = write_meshes(tmp_path / "meshes")
    whole = trimesh.load(meshes / "ball.ply", process=False)
    (tmp_path / "open").mkdir()
    trimesh.Trimesh(whole.vertices, whole.faces[: len(whole.faces) // 2], process=False).export(
        tmp_path / "open" / "bowl.ply"
    )
    entries, _ = prepare([("open", tmp_path / "open")], tmp_path / "out", Wishes({"open": 400}))
    mesh, _ = Objects(tmp_path / "out").mesh(entries[0])
    assert not entries[0].closed and 200 < len(mesh.faces) <= 400


def test_a_folder_stays_below_its_limit_and_the_first_source_is_sure_of_its_place(tmp_path):
    meshes = write_meshes(tmp_path / "meshes")
    entries, size = prepare([("a", meshes), ("b", meshes)], tmp_path / "out", Wishes({"a": 800, "b": 800}, limit=0.035))
    on_disk = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert 3 <= len(entries) < 6 and {entry.group for entry in entries[:3]} == {"a"}
    assert on_disk <= size <= 0.035 * 2**20
    assert len(list((tmp_path / "out" / "meshes").iterdir())) == len(entries)


def test_a_collection_keeps_its_captions_and_its_split(tmp_path):
    meshes = write_meshes(tmp_path / "collection")
    with Manifest(meshes, create=True) as manifest:
        for name, kind in {"ball": "train", "ring": "test", "egg": "validation"}.items():
            manifest.record(f"synth-{name}", "source", {"file": f"{name}.ply", "title": name, "caption": f"A {name}."})
            manifest.record(f"synth-{name}", "split", {"set": kind, "group": name})
    entries, _ = prepare([("synth", meshes)], tmp_path / "out", Wishes())
    assert [(entry.id, entry.caption, entry.set) for entry in entries] == [
        ("synth-ball", "A ball.", "train"),
        ("synth-egg", "A egg.", "validation"),  # and the one kept for tests is left out
    ]
    assert [entry.caption for entry in Objects(tmp_path / "out").entries] == ["A ball.", "A egg."]


def test_something_is_held_out_even_if_nobody_said_what(tmp_path):
    entries, _ = prepare([("shapes", write_meshes(tmp_path / "meshes"))], tmp_path / "out", Wishes())
    assert sorted(entry.set for entry in entries) == ["train", "train", "validation"]


def test_a_folder_that_holds_prepared_statues_is_not_written_over(folder):
    with pytest.raises(Failure, match="already"):
        prepare([("shapes", folder.parent / "meshes")], folder, Wishes())


def test_a_folder_without_prepared_statues_says_how_to_make_them(tmp_path):
    with pytest.raises(Failure, match="train prepare"):
        Objects(tmp_path)
    with pytest.raises(Failure, match="nothing to train from"):
        prepare([("empty", tmp_path)], tmp_path / "out", Wishes())


def test_lights_travel_with_the_folder(tmp_path):
    (tmp_path / "skies").mkdir()
    sky = np.random.default_rng(1).random((32, 64, 3)).astype(np.float32) + 0.2
    sky[8, 40] = 900.0  # a sun
    cv2.imwrite(str(tmp_path / "skies" / "sky.hdr"), sky)
    wishes = Wishes(lights=tmp_path / "skies")
    prepare([("shapes", write_meshes(tmp_path / "meshes"))], tmp_path / "out", wishes)
    read, kept = lights.lights_of(tmp_path / "skies"), lights.kept(tmp_path / "out")
    assert len(kept) == len(read) == len(lights.TURNS) and kept[0].sun.any()
    for one, other in zip(read, kept, strict=True):
        assert all(
            np.allclose(getattr(one, name), getattr(other, name), atol=1e-4) for name in ("around", "to_sun", "sun")
        )
    objects = Objects(tmp_path / "out")
    taken = [
        Studio(objects, place, 24).photo(objects.entries[0], np.random.default_rng(3))
        for place in (None, tmp_path / "skies")
    ]
    assert np.allclose(taken[0].window.rgb, taken[1].window.rgb, atol=0.01)


def test_a_folder_of_lights_without_pictures_is_refused(tmp_path):
    with pytest.raises(Failure, match=r"\.hdr"):
        lights.lights_of(tmp_path)
    assert lights.kept(tmp_path) == []
    lights.store(tmp_path, [hemisphere()])
    (tmp_path / lights.LIST).write_text("[{}]")
    with pytest.raises(Failure, match="cannot be read"):
        lights.kept(tmp_path)


def test_the_volume_of_a_ball_has_its_surface_where_the_ball_has(objects):
    """Along the rays, within 0.3 cells; and in between, distances are those of the ball."""
    ball = entry_of(objects, "ball")
    studio = Studio(objects, None, 96)
    view = studio.photo(ball, np.random.default_rng(5))
    volume = studio.volume(ball, view.columns).numpy()
    truth = np.linalg.norm(view.columns.points().astype(np.float64), axis=-1) - 0.9
    counted = np.clip(truth / (REACH * view.columns.pitch), -1, 1)
    assert np.abs(volume - counted)[np.abs(truth) < 2 * view.columns.pitch].max() * REACH < 0.3
    assert np.abs(volume - counted).mean() * REACH < 0.05


def test_the_mask_of_a_photo_is_where_its_volume_has_an_inside(objects):
    ring = entry_of(objects, "ring")
    studio = Studio(objects, None, 64)
    view = studio.photo(ring, np.random.default_rng(11))
    inside = (studio.volume(ring, view.columns) < 0).any(dim=0).numpy()
    shown = (
        cv2.resize(np.isfinite(view.depth).astype(np.float32), inside.shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
    )
    assert (inside & shown).sum() / (inside | shown).sum() > 0.9


def test_distances_are_measured_once(objects):
    first = objects.field(entry_of(objects, "egg"), 16)
    path = objects.folder / "fields" / "16" / "egg.npz"
    written = path.stat().st_mtime_ns
    again = objects.field(entry_of(objects, "egg"), 16)
    assert path.stat().st_mtime_ns == written and np.array_equal(first.values, again.values)
    assert np.array_equal(first.lower, again.lower) and first.spacing == pytest.approx(again.spacing)


def test_objects_are_drawn_by_the_share_of_their_group():
    entries = [
        Entry(f"{group}{number}", group, "train", "", "", True)
        for group, count in {"a": 1, "b": 40, "c": 5}.items()
        for number in range(count)
    ]
    chosen = Chooser(entries, {"a": 0.5, "b": 0.5})
    drawn = [chosen(rng).group for rng in [np.random.default_rng(0)] for _ in range(2000)]
    assert drawn.count("a") / 2000 == pytest.approx(0.5, abs=0.04) and "c" not in drawn
    alike = Chooser(entries, {})
    drawn = [alike(rng).group for rng in [np.random.default_rng(0)] for _ in range(2000)]
    assert drawn.count("b") / 2000 == pytest.approx(40 / 46, abs=0.04)
    with pytest.raises(ValueError, match="share"):
        Chooser(entries, {"elsewhere": 1.0})


def test_a_share_can_be_of_some_of_a_group():
    entries = [Entry(name, "scans", "train", "", "", True) for name in ("vase1", "vase2", "tds_pan", "owl")]
    chosen = Chooser(entries, {"scans/tds_*": 0.6, "scans/vase*": 0.4})
    rng = np.random.default_rng(0)
    drawn = [chosen(rng).id for _ in range(1500)]
    assert drawn.count("tds_pan") / 1500 == pytest.approx(0.6, abs=0.05) and "owl" not in drawn
    assert [kind_of(entry, ("scans/v*", "scans")) for entry in entries[1:3]] == ["scans/v*", "scans"]
    assert kind_of(entries[0], ("heads",)) is None


def test_the_list_is_plain_json(folder):
    listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
    assert {fields["id"]: fields["set"] for fields in listed} == {"ball": "train", "ring": "train", "egg": "validation"}
    assert all(fields["closed"] for fields in listed)
