"""Pairs to train the view prior with, and that it learns from them."""

import json

import numpy as np
import pytest
import torch
import trimesh

from statue_recon.camera import Camera
from statue_recon.dataset.render.fast import FastScene
from statue_recon.dataset.render.light import hemisphere
from statue_recon.mesh.mesh import Mesh
from statue_recon.priors.view.framing import SIZE, Pose, framed
from statue_recon.priors.view.network import Architecture, Condition
from statue_recon.priors.view.pictures import CHANNELS, PHOTO
from statue_recon.priors.view.words import vocabulary
from statue_recon.train import view, view_sheet
from statue_recon.train.objects import LIST, Entry, Objects, store
from statue_recon.train.view import ViewData, ViewTask, distance, learnt
from statue_recon.train.view_measure import compared, guessed, repeated
from statue_recon.train.view_scenes import PairStudio, chance_pose, clean_of, pictures, recoloured

TINY = Architecture(widths=(32, 64), blocks=1, attention=(False, True), text=32)
CAPTION = "A white marble statue of a man, the left arm missing."


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> ViewData:
    """Two figures of a trunk, a head and one arm towards +X, the photo's right; one of them held out."""
    folder = tmp_path_factory.mktemp("prepared")
    trunk = trimesh.creation.box((0.5, 0.3, 1.2))
    head = trimesh.creation.icosphere(subdivisions=2, radius=0.25)
    head.apply_translation((0.0, 0.0, 0.65))
    arm = trimesh.creation.box((0.5, 0.15, 0.15))
    arm.apply_translation((0.45, -0.1, 0.3))
    shape = trimesh.util.concatenate([trunk, head, arm])
    mesh = Mesh(np.asarray(shape.vertices, np.float32), np.asarray(shape.faces, np.int32))
    colours = np.full(mesh.vertices.shape, (200, 190, 180), np.uint8)
    entries = [Entry(kind, "synth", kind, CAPTION, "", True) for kind in ("train", "validation")]
    for entry in entries:
        store(folder, entry, mesh, colours)
    (folder / LIST).write_text(json.dumps([vars(entry) for entry in entries]))
    return ViewData(folder, None)


@pytest.fixture(scope="module")
def studio(data) -> PairStudio:
    return PairStudio(Objects(data.folder), None)


@pytest.fixture(scope="module")
def entry(data) -> Entry:
    return Objects(data.folder).of("train")[0]


def a_batch(task: ViewTask):
    return next(task.batches(seed=0))


def test_both_pictures_of_a_pair_are_framed_alike(studio, entry):
    rng = np.random.default_rng(3)
    for pair in studio.pairs(entry, rng, 1, [Pose()]) * 4:
        overlap = (
            np.minimum(pair.photo.alpha, pair.truth.alpha).sum() / np.maximum(pair.photo.alpha, pair.truth.alpha).sum()
        )
        assert overlap > 0.8


def test_the_arm_is_where_the_new_cameras_project_it_and_normals_look_at_them(data, studio, entry):
    vertices = Objects(data.folder).mesh(entry)[0].vertices
    hand = vertices[vertices[:, 0].argmax()][None]
    dressed = studio.dressed(entry, np.random.default_rng(0))
    for pair in studio.pairs(entry, np.random.default_rng(5), 1, [Pose(0.0), Pose(60.0), Pose(180.0, 10.0)]):
        camera = pair.framing.camera(pair.pose)
        u, v = camera.project(hand)[0][0]
        seen = pictures(dressed.scene, [camera], hemisphere())[0]
        around = seen.alpha[max(int(v) - 3, 0) : int(v) + 4, max(int(u) - 3, 0) : int(u) + 4]
        assert around.max() > 0.5
        assert np.median(seen.normal[seen.alpha > 0.9][:, 2]) < -0.2


def test_new_views_are_from_where_people_look_at_statues(studio, entry):
    rng = np.random.default_rng(0)
    framing = studio.pair(entry, rng).framing
    elevations = [framing.elevation + chance_pose(framing, rng).lift for _ in range(200)]
    assert min(elevations) >= -10.0 and max(elevations) <= 40.0


def test_another_stone_changes_the_colour_and_the_words_for_it(data, entry):
    mesh, _ = Objects(data.folder).mesh(entry)
    words = vocabulary().read(CAPTION).words
    said = {recoloured(mesh, words, np.random.default_rng(seed)).words for seed in range(8)}
    assert all(one[:5] == ("statue", "man", "left", "arm", "missing") for one in said)
    assert len(said) > 2


def test_a_batch_is_what_the_network_takes(data):
    task = ViewTask(TINY, data, batch=4, workers=0)
    photo, pose, caption, clean = a_batch(task)
    assert photo.shape == (4, PHOTO, SIZE, SIZE) and clean.shape == (4, CHANNELS, SIZE, SIZE)
    assert len(pose) == len(caption) == 4
    assert float(clean.abs().max()) <= 1.001


def test_a_mirrored_pair_is_the_pair_of_the_mirrored_statue(data, studio, entry):
    """Mirroring the meshes' x and walking the other way gives what mirroring the pictures gives."""
    mesh, colours = Objects(data.folder).mesh(entry)
    flipped = Mesh(mesh.vertices * np.array([-1, 1, 1], np.float32), np.ascontiguousarray(mesh.faces[:, ::-1]))
    light = hemisphere(to_sun=(0.0, -0.6, 0.63))
    clean = []
    for shape, turn in ((mesh, 50.0), (flipped, -50.0)):
        camera = Camera.orbit(0.0, 5.0, 4.0, 1000, 1000, 1400.0)
        pixels, _ = camera.project(shape.vertices)
        _, framing = framed(camera, (*pixels.min(axis=0), *pixels.max(axis=0)), 4.0)
        seen = pictures(FastScene(shape, colours), [framing.camera(Pose(turn))], light)
        clean.append(clean_of(seen))
    task = ViewTask(TINY, data, batch=1, workers=0)
    known = vocabulary()
    pose = torch.tensor([[0.1, 0.8, 0.6, 0.0, 1.0, 0.1, 0.3]])
    told = Condition(torch.zeros(1, PHOTO, SIZE, SIZE), pose, known.numbers(("left", "arm"))[None])
    seeds = (seed for seed in range(20) if torch.rand((), generator=torch.Generator().manual_seed(seed)) < 0.5)
    condition, mirrored = task.mirrored(told, clean[0], torch.Generator().manual_seed(next(seeds)))
    assert (mirrored - clean[1]).abs().mean() < 0.01
    assert condition.pose[0, :3].tolist() == pytest.approx([0.1, -0.8, 0.6])
    assert torch.equal(condition.caption[0], known.numbers(("right", "arm")))


def test_a_small_network_learns_one_pair(data, studio, entry, monkeypatch):
    monkeypatch.setattr(view, "FORGOTTEN", dict.fromkeys(view.FORGOTTEN, 0.0))
    monkeypatch.setattr(view, "MIRRORED", 0.0)
    torch.manual_seed(0)
    task = ViewTask(TINY, data, batch=1, workers=0)
    pair = studio.pair(entry, np.random.default_rng(1))
    condition, clean = learnt([pair], [pair.words], vocabulary())
    batch = (condition.photo, condition.pose, condition.caption, clean)
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)

    def off() -> float:
        with torch.no_grad():
            return float(distance(guessed(task.network, condition, torch.Generator().manual_seed(5)), clean))

    before = off()
    for _ in range(60):
        task.loss(task.network, batch, generator).backward()
        torch.nn.utils.clip_grad_norm_(task.network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    assert off() < 0.6 * before


def test_the_repeated_photo_is_the_truth_where_nobody_has_walked(studio, entry):
    pair = studio.pairs(entry, np.random.default_rng(8), 1, [Pose()])[0]
    condition, clean = learnt([pair], [pair.words], vocabulary())
    farther = learnt(studio.pairs(entry, np.random.default_rng(8), 1, [Pose(farther=0.3)]), [pair.words], vocabulary())
    same = compared(repeated(condition.photo, torch.zeros(1)), clean)
    smaller = compared(repeated(farther[0].photo, torch.tensor([0.3])), farther[1])
    assert float(same["psnr"]) > 20.0 and float(smaller["psnr"]) > 20.0
    assert float(smaller["iou"]) > 0.8


def test_validation_measures_against_the_repeated_photo_and_a_sheet_is_drawn(data, tmp_path, monkeypatch):
    monkeypatch.setattr(view, "VALIDATION", 4)
    monkeypatch.setattr(view, "DRAWN", 2)
    monkeypatch.setattr(view, "STEPS", 2)
    monkeypatch.setattr(view, "SHOWN", 1)
    monkeypatch.setattr(view_sheet, "STEPS", 2)
    task = ViewTask(TINY, data, batch=2, workers=0)
    with torch.no_grad():
        figures = task.validate(task.network.eval())
        again = task.validate(task.network)
        task.sheet(task.network, tmp_path / "sheet.png")
    assert figures == again
    assert {"gain", "gain_inside", "sample_gain", "guess_normals_off"} <= set(figures)
    assert (tmp_path / "sheet.png").stat().st_size > 1000
