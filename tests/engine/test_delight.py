"""The light is taken out of the photo's colours where a model for that is installed, and its fine detail stays."""

import json

import cv2
import diffusers
import numpy as np
import pytest
import tiny_diffusers as tiny
import torch
from small_statue import write_photo

from statue_recon import pipeline
from statue_recon.__main__ import _parser, _request
from statue_recon.camera import Camera
from statue_recon.contract import Failure, Request
from statue_recon.photo import delight
from statue_recon.photo.light import linear, srgb
from statue_recon.photo.photo import Photo
from statue_recon.priors import marigold, models, own
from statue_recon.report import Report

WIDTH, HEIGHT = 560, 720
FEW = 320  # pixels of the albedo's longer side
WARM = np.array([1.1, 1.0, 0.85])  # colours of the light


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    return tiny.write_marigold_appearance(tmp_path_factory.mktemp("marigold"))


class Painted:
    """An egg of two materials with stains and grain, under a warm light from the side, with a shadow cast on it."""

    def __init__(self):
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        u, v = (x - WIDTH / 2) / (WIDTH * 0.38), (y - HEIGHT / 2) / (HEIGHT * 0.42)
        inside = u**2 + v**2
        self.alpha = np.clip((1.0 - inside) * 60.0, 0.0, 1.0).astype(np.float32)
        grain = cv2.GaussianBlur(np.random.default_rng(0).normal(size=u.shape), (0, 0), 1.0)
        stains = 1.0 + 0.15 * np.sin(9.0 * u + 5.0 * v)
        material = np.where(u + 0.3 * v > 0.25, 0.55, 1.0) * stains * np.exp(0.12 * grain / grain.std())
        self.albedo = material[..., None] * np.array([0.45, 0.40, 0.33])  # linear light
        facing = np.sqrt(np.maximum(1.0 - inside, 0.0))
        form = 0.35 + 0.9 * np.maximum(0.5 * facing - 0.6 * u - 0.35 * v, 0.0)
        shadow = cv2.GaussianBlur(np.where(v - 0.2 * u > 0.35, 0.45, 1.0), (0, 0), 1.5)
        lit = np.clip(srgb(self.albedo * (form * shadow)[..., None] * WARM), 0.0, 1.0)
        rgb = self.alpha[..., None] * lit + (1.0 - self.alpha[..., None]) * 0.8
        camera = Camera(WIDTH, HEIGHT, 900.0, 900.0, WIDTH / 2, HEIGHT / 2, np.eye(4))
        self.photo = Photo(rgb.astype(np.float32), self.alpha, "drawn", camera, ())
        borders = np.minimum(np.abs(v - 0.2 * u - 0.35), np.abs(u + 0.3 * v - 0.25))
        self.calm = (inside < 0.85) & (borders > 0.05)  # away from outlines of shadow, material and statue

    def few(self, rgb, blur=0.0):
        """The true albedo of the statue's part of the photo, in few pixels."""
        rows, columns = delight.statue_crop(self.alpha)
        part = self.albedo[rows, columns]
        assert part.shape == rgb.shape
        shrink = FEW / max(part.shape[:2])
        small = cv2.resize(part, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        return srgb(cv2.GaussianBlur(small, (0, 0), blur) if blur else small)


@pytest.fixture(scope="module")
def egg():
    return Painted()


def fine(rgb):
    """What is finer than about two pixels, by its brightness."""
    bright = np.log(np.maximum(linear(rgb).mean(axis=-1), 1e-3))
    return bright - cv2.GaussianBlur(bright, (0, 0), 2.0)


def test_from_the_albedo_in_few_pixels_comes_the_albedo_in_all_of_the_photo_s(egg):
    found = delight.without_light(egg.photo, egg.few)
    inside = egg.alpha > 0.999
    before, after = (np.abs(rgb - srgb(egg.albedo))[inside] for rgb in (egg.photo.rgb, found.rgb))
    assert before.mean() > 0.12  # sRGB
    assert after.mean() < 0.006 and np.quantile(after, 0.95) < 0.025


def test_a_blurred_albedo_takes_no_fine_detail_away(egg):
    """Models blur; what they leave out must not be taken for light."""
    found = delight.without_light(egg.photo, lambda rgb: egg.few(rgb, blur=2.0))
    kept, there = fine(found.rgb)[egg.calm], fine(egg.photo.rgb)[egg.calm]
    assert 0.9 < (kept * there).sum() / (there * there).sum() < 1.05
    assert np.corrcoef(kept, there)[0, 1] > 0.98
    assert np.abs(found.rgb - srgb(egg.albedo))[egg.calm].mean() < 0.008


def test_beside_the_statue_nothing_changes_nor_where_all_is_albedo_already(egg):
    found = delight.without_light(egg.photo, egg.few)
    assert np.array_equal(found.rgb[egg.alpha == 0], egg.photo.rgb[egg.alpha == 0])
    assert found.rgb.dtype == np.float32 and found.camera is egg.photo.camera
    same = delight.without_light(egg.photo, lambda rgb: rgb)
    assert np.abs(same.rgb - egg.photo.rgb).max() < 1e-4


def test_a_model_that_is_out_of_its_mind_cannot_blow_the_picture_up(egg):
    mad = np.random.default_rng(0).choice([0.0, 1.0], size=(96, 96, 3))
    found = delight.without_light(egg.photo, lambda rgb: mad).rgb
    assert np.isfinite(found).all() and found.min() >= 0.0 and found.max() <= 1.0
    inside = egg.alpha > 0.999
    gain = np.log(np.maximum(linear(found), 1e-4) / linear(egg.photo.rgb))[inside]
    unclipped = found[inside].max(axis=1) < 1.0
    assert np.ptp(gain[unclipped], axis=0).max() < 2.0 * np.log(delight.STRONGEST) + 0.01


def test_a_tiny_model_in_its_layout_gives_an_albedo_the_same_each_time(tiny_model):
    rgb = np.random.default_rng(0).uniform(0.2, 0.8, (120, 90, 3)).astype(np.float32)
    one, again, other = (marigold.albedo(tiny_model, rgb, "cpu", seed) for seed in (3, 3, 4))
    assert one.shape == (120, 90, 3) and one.dtype == np.float32
    assert one.min() >= 0.0 and one.max() <= 1.0 and one.std() > 0.01
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_it_is_what_the_pipeline_of_diffusers_finds_and_of_its_parts_the_albedo(tiny_model):
    rgb = np.random.default_rng(0).uniform(0.2, 0.8, (64, 48, 3)).astype(np.float32)
    pipe = diffusers.MarigoldIntrinsicsPipeline.from_pretrained(tiny_model, variant="fp16", dtype=torch.float32)
    told = {"num_inference_steps": marigold.STEPS, "processing_resolution": 64, "output_type": "np"}
    albedo, material = pipe(rgb, generator=torch.Generator().manual_seed(3), **told).prediction
    found = marigold.albedo(tiny_model, rgb, "cpu", seed=3)
    assert np.allclose(found, albedo, atol=1e-5) and not np.allclose(found, material, atol=1e-2)


@pytest.mark.parametrize("told", [{"parts": ("shading", "residual")}, {"prediction_space": "linear"}])
def test_a_model_without_an_albedo_in_srgb_is_refused_with_a_sentence(tmp_path, told):
    wrong = tiny.write_marigold_appearance(tmp_path, **told)
    with pytest.raises(Failure, match="no albedo in sRGB"):
        marigold.albedo(wrong, np.full((64, 64, 3), 0.5, np.float32), "cpu")


def test_its_layout_is_known_and_that_of_the_normals_is_another(tiny_model):
    own.use_folder(models.folder(), "marigold-albedo", models.entry("marigold-albedo").layout, tiny_model)
    found = models.for_task("albedo")
    assert found is not None and found[0].title == "Marigold Appearance" and found[1] == tiny_model
    with pytest.raises(Failure, match="MarigoldIntrinsicsPipeline"):
        own.use_folder(models.folder(), "marigold-normals", models.entry("marigold-normals").layout, tiny_model)


def install(tiny_model):
    own.choose(models.folder(), "marigold-albedo", own.Choice(folder=str(tiny_model)))


def reconstructed(folder, **asked):
    """A whole run: its record, its stages, what it said, and its texture."""
    folder.mkdir()
    write_photo(folder / "photo.png")
    heard: list = []
    request = Request("photo.png", seed=3, device="cpu", prior="none", faces=4_000, texture=1024, **asked)
    result = pipeline.reconstruct(request, folder, "result", Report(folder, heard.append))
    record = json.loads((folder / result.provenance).read_text("utf-8"))
    stages = list(dict.fromkeys(event.stage for event in heard))
    said = [event.message for event in heard if event.message]
    with np.load(folder / result.mesh) as arrays:
        vertices = arrays["vertices"]
    return record, stages, said, cv2.imread(str(folder / result.texture)), vertices


@pytest.mark.slow
def test_a_run_takes_the_light_out_says_so_and_records_by_what_and_may_be_told_not_to(tmp_path, tiny_model):
    plain, stages, said, texture, mesh = reconstructed(tmp_path / "plain")
    assert "light" not in stages and plain["delit_by"] is None and not any("Light" in words for words in said)
    install(tiny_model)
    kept = reconstructed(tmp_path / "kept", delight=False)
    assert kept[0]["result_sha256"] == plain["result_sha256"] and kept[1] == stages, "to the last bit"
    record, stages, said, delit, same = reconstructed(tmp_path / "delit")
    assert stages[-3:] == ["light", "texture", "result"]
    assert "Light taken out by Marigold Appearance." in said
    assert record["delit_by"] == "marigold-albedo" and record["request"]["delight"]
    (told,) = record["priors"]
    assert "Marigold Appearance" in told["name"] and "OpenRAIL" in told["licence"]
    assert np.array_equal(same, mesh), "the shape is that of the photo as it was"
    assert np.abs(delit.astype(float) - texture).mean() > 2.0


def test_the_command_line_takes_it_out_unless_told_to_keep_it():
    words = ["reconstruct", "photo.png", "--out", "out"]
    assert _request(_parser().parse_args(words)).delight
    assert not _request(_parser().parse_args([*words, "--keep-light"])).delight
