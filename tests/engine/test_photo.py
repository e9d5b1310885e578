"""Every kind of image file becomes the same kind of photo, or a sentence that says why not."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from tiny_onnx import light_is_statue

from statue_recon.contract import Failure, Request
from statue_recon.photo.image import _fitting, read_picture
from statue_recon.photo.load import PIXELS, load_photo
from statue_recon.priors import models
from statue_recon.report import Report

WIDTH, HEIGHT = 160, 240
BOX = (slice(40, 220), slice(50, 110))  # rows and columns of the “statue”


@pytest.fixture
def report(tmp_path):
    report = Report(tmp_path)
    yield report
    report.close()


def scene() -> np.ndarray:
    """[H, W, 3] uint8: a light stone before a dark blue wall, both a little grainy."""
    grain = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 1))
    image = np.full((HEIGHT, WIDTH, 3), (40, 50, 90)) + grain
    image[BOX] = np.array([200, 190, 170]) + grain[BOX]
    return image.clip(0, 255).astype(np.uint8)


def marked() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[BOX] = 255
    return mask


def iou(alpha, box=BOX) -> float:
    truth = np.zeros(alpha.shape, bool)
    truth[box] = True
    return ((alpha > 0.5) & truth).sum() / ((alpha > 0.5) | truth).sum()


def loaded(tmp_path, report, image: Image.Image, name="photo.png", mask=None, source="automatic", **save):
    image.save(tmp_path / name, **save)
    if mask is not None:
        mask.save(tmp_path / "mask.png")
    request = Request(photo=name, mask=None if mask is None else "mask.png", mask_source=source)
    return load_photo(tmp_path, request, report)


def test_the_statue_is_found_before_a_plain_wall(tmp_path, report):
    photo = loaded(tmp_path, report, Image.fromarray(scene()))
    assert photo.mask_source == "GrabCut"
    assert photo.rgb.dtype == photo.alpha.dtype == np.float32
    assert photo.alpha.shape == (HEIGHT, WIDTH) == (photo.camera.height, photo.camera.width)
    assert iou(photo.alpha) > 0.97


def test_a_hole_the_size_of_an_arms_loop_stays_open_and_a_speck_is_filled(tmp_path, report):
    image = scene()
    image[100:140, 65:95] = image[0:40, 0:30]
    image[60:62, 70:72] = image[0:2, 0:2]
    alpha = loaded(tmp_path, report, Image.fromarray(image)).alpha
    assert alpha[110:130, 72:88].max() < 0.5
    assert alpha[58:64, 68:74].min() > 0.5


def test_the_alpha_channel_is_taken_before_anything_is_searched(tmp_path, report):
    image = Image.fromarray(np.dstack([scene(), marked()]))
    photo = loaded(tmp_path, report, image)
    assert photo.mask_source == "alpha channel"
    assert iou(photo.alpha) == 1.0


def test_a_painted_mask_is_taken_before_the_alpha_channel(tmp_path, report):
    image = Image.fromarray(np.dstack([scene(), np.full((HEIGHT, WIDTH), 255, np.uint8)]))
    photo = loaded(tmp_path, report, image, mask=Image.fromarray(marked()), source="painted")
    assert photo.mask_source == "painted mask"
    assert iou(photo.alpha) == 1.0


def test_a_mask_of_another_size_is_resized_and_said_so(tmp_path, report):
    small = Image.fromarray(marked()).resize((WIDTH // 2, HEIGHT // 2))
    photo = loaded(tmp_path, report, Image.fromarray(scene()), mask=small, source="painted")
    assert iou(photo.alpha) > 0.97
    assert any("resized from 80 × 120" in note for note in photo.notes)


def test_only_the_largest_part_of_a_mask_is_kept_and_said_so(tmp_path, report):
    mask = marked()
    mask[60:100, 130:150] = 255
    photo = loaded(tmp_path, report, Image.fromarray(scene()), mask=Image.fromarray(mask), source="painted")
    assert iou(photo.alpha) == 1.0
    assert any("2 separate parts" in note for note in photo.notes)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((HEIGHT, WIDTH), np.uint8), "mask is empty"),
        (np.full((HEIGHT, WIDTH), 255, np.uint8), "mask is full"),
        (np.pad(marked(), ((0, 0), (0, 40))), "other proportions"),
    ],
)
def test_a_mask_that_says_nothing_is_refused_with_a_sentence(tmp_path, report, mask, words):
    with pytest.raises(Failure, match=words) as caught:
        loaded(tmp_path, report, Image.fromarray(scene()), mask=Image.fromarray(mask), source="painted")
    assert caught.value.next_step


def test_alpha_that_is_asked_for_but_missing_or_opaque_is_refused_with_a_sentence(tmp_path, report):
    with pytest.raises(Failure, match="no alpha channel"):
        loaded(tmp_path, report, Image.fromarray(scene()), source="alpha")
    opaque = Image.fromarray(np.dstack([scene(), np.full((HEIGHT, WIDTH), 255, np.uint8)]))
    with pytest.raises(Failure, match="opaque everywhere"):
        loaded(tmp_path, report, opaque, source="alpha")


@pytest.mark.parametrize("photo", [np.full((HEIGHT, WIDTH, 3), 90, np.uint8), scene()[:40]])
def test_a_photo_with_nothing_in_it_is_refused_with_a_sentence(tmp_path, report, photo):
    with pytest.raises(Failure, match="No statue"):
        loaded(tmp_path, report, Image.fromarray(photo))


@pytest.mark.parametrize("side", [1, 31])
def test_a_photo_too_small_to_see_anything_is_refused_with_a_sentence(tmp_path, report, side):
    with pytest.raises(Failure, match=f"only {side} × {side} pixels"):
        loaded(tmp_path, report, Image.new("RGB", (side, side)))


def test_a_file_that_is_gone_or_broken_or_no_image_is_refused_with_a_sentence(tmp_path, report):
    with pytest.raises(Failure, match="There is no photo"):
        load_photo(tmp_path, Request(photo="gone.png"), report)
    for content in (b"", b"this is a shopping list", (b"\x89PNG\r\n\x1a\n" + bytes(30))):
        (tmp_path / "broken.png").write_bytes(content)
        with pytest.raises(Failure, match="cannot be read"):
            load_photo(tmp_path, Request(photo="broken.png"), report)
    Image.fromarray(scene()).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:20_000])
    with pytest.raises(Failure, match="cannot be read"):
        load_photo(tmp_path, Request(photo="half.png"), report)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "1"])
def test_greyscale_palette_cmyk_and_16_bit_files_look_as_they_should(tmp_path, report, mode):
    if mode == "I;16":
        image = Image.fromarray(np.asarray(Image.fromarray(scene()).convert("L")).astype(np.uint16) * 257)
    else:
        image = Image.fromarray(scene()).convert(mode)
    name = "photo.tif" if mode == "CMYK" else "photo.png"
    photo = loaded(tmp_path, report, image, name, Image.fromarray(marked()), "painted")
    assert photo.rgb.shape == (HEIGHT, WIDTH, 3)
    assert photo.rgb[BOX].mean() == pytest.approx(0.74, abs=0.3 if mode == "1" else 0.05)
    assert photo.rgb[:30].mean() == pytest.approx(0.23, abs=0.25 if mode == "1" else 0.06)


def test_a_palette_with_a_transparent_colour_has_an_alpha_channel(tmp_path, report):
    image = Image.fromarray(np.where(marked() > 0, 1, 0).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 200, 190, 170])
    photo = loaded(tmp_path, report, image, transparency=0)
    assert photo.mask_source == "alpha channel"
    assert iou(photo.alpha) == 1.0


@pytest.mark.parametrize("name", ["photo.hdr", "photo.tiff"])
def test_float_pictures_of_any_brightness_are_exposed(tmp_path, report, name):
    linear = (scene()[..., ::-1] / 255.0).astype(np.float32) ** 2.2 * 37.0
    linear[0, 0] = np.nan if name.endswith("tiff") else 0.0
    assert cv2.imwrite(str(tmp_path / name), linear)
    Image.fromarray(marked()).save(tmp_path / "mask.png")
    photo = load_photo(tmp_path, Request(photo=name, mask="mask.png", mask_source="painted"), report)
    assert np.isfinite(photo.rgb).all()
    assert photo.rgb[BOX].mean() > 0.8
    assert np.argmax(photo.rgb[BOX].mean(axis=(0, 1))) == 0  # the stone is warm: channels in the right order


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_lying_on_its_side_is_turned_upright(tmp_path, report, orientation):
    turn = {3: 2, 6: 1, 8: 3}[orientation]  # quarter turns anticlockwise that undo what EXIF asks for
    lying = Image.fromarray(np.rot90(scene(), turn).copy())
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = loaded(tmp_path, report, lying, "photo.jpg", exif=exif, quality=95)
    assert photo.alpha.shape == (HEIGHT, WIDTH)
    assert iou(photo.alpha) > 0.95


def test_the_lens_is_read_from_exif_and_a_normal_one_assumed_without(tmp_path, report):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 85
    photo = loaded(tmp_path, report, Image.fromarray(scene()), "photo.jpg", exif=exif)
    assert photo.camera.fx == pytest.approx(85 / 36 * HEIGHT)
    photo = loaded(tmp_path, report, Image.fromarray(scene()))
    assert photo.camera.fx == pytest.approx(50 / 36 * HEIGHT)
    assert any("50 mm" in note for note in photo.notes)


def test_the_camera_sees_a_statue_of_usual_size_where_the_mask_is(tmp_path, report):
    photo = loaded(tmp_path, report, Image.fromarray(scene()), mask=Image.fromarray(marked()), source="painted")
    corners = np.array([[-0.3, 0, 0.9], [0.3, 0, -0.9]])  # 60 × 180 pixels: a third as wide as high
    assert np.allclose(photo.camera.project(corners)[0], [[50, 40], [110, 220]], atol=1e-6)
    assert photo.camera.position[1] < -1


def filling(width: int, height: int) -> Image.Image:
    """A mask of a statue that fills the photo."""
    mask = np.zeros((height, width), np.uint8)
    mask[height // 30 : -height // 30, width // 30 : -width // 30] = 255
    return Image.fromarray(mask)


def test_a_large_photo_is_reduced_and_said_so(tmp_path, report):
    image = Image.fromarray(scene()).resize((2000, 3000), Image.Resampling.NEAREST)
    photo = loaded(tmp_path, report, image, "photo.jpg", filling(2000, 3000), "painted")
    assert 0.97 * PIXELS < photo.alpha.size <= PIXELS
    assert photo.camera.fx == pytest.approx(50 / 36 * photo.camera.height)
    assert any("2000 × 3000" in note for note in photo.notes)
    assert photo.whole is None and not any("finely" in note or "resized" in note for note in photo.notes)


def exif_of(**tags) -> Image.Exif:
    numbers = {"focal": 0x920A, "equivalent": 0xA405, "x": 0xA20E, "y": 0xA20F, "unit": 0xA210, "width": 0xA002}
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({numbers[name]: value for name, value in tags.items()})
    return exif


@pytest.mark.parametrize(
    ("tags", "equivalent"),
    [
        ({"focal": 24.0, "x": 254.0, "y": 254.0, "unit": 2, "width": 240}, 24 * 36 / 24),  # 240 pixels at 10 per mm
        ({"focal": 24.0, "x": 100.0, "y": 100.0, "unit": 3, "width": 240}, 24 * 36 / 24),  # centimetres
        ({"focal": 24.0, "x": 254.0, "unit": 2}, 24 * 36 / 24),  # as many pixels as the file has
        ({"focal": 24.0, "x": 254.0, "unit": 2, "equivalent": 85}, 85),
        ({"focal": 24.0, "x": 254.0, "unit": 2, "equivalent": 0}, 24 * 36 / 24),
    ],
)
def test_the_lens_is_worked_out_from_the_size_of_the_sensor(tmp_path, report, tags, equivalent):
    photo = loaded(tmp_path, report, Image.fromarray(scene()), "photo.jpg", exif=exif_of(**tags))
    assert photo.camera.fx == pytest.approx(equivalent / 36 * HEIGHT, rel=1e-3)
    assert not any("50 mm" in note for note in photo.notes)


@pytest.mark.parametrize(
    "tags",
    [
        {"focal": 24.0},
        {"focal": 24.0, "x": 2540.0, "unit": 2},  # a sensor of 2.4 mm
        {"focal": 24.0, "x": 20.0, "unit": 2},  # of 30 cm
        {"focal": 24.0, "x": 254.0, "y": 25.4, "unit": 2},
        {"focal": 24.0, "x": 254.0, "unit": 9},
        {"focal": 2000.0, "x": 254.0, "unit": 2},
        {"equivalent": 5},
        {"equivalent": 9000},
    ],
)
def test_a_lens_nobody_can_believe_is_not_believed(tmp_path, report, tags):
    photo = loaded(tmp_path, report, Image.fromarray(scene()), "photo.jpg", exif=exif_of(**tags))
    assert photo.camera.fx == pytest.approx(50 / 36 * HEIGHT)
    assert any("50 mm" in note for note in photo.notes)


def profile_with_red_and_green_exchanged() -> bytes:
    """An RGB profile that no picture can ignore unnoticed: sRGB's, its tags of red and green renamed."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"tmp!", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"tmp!", b"gXYZ", 1)
    return profile.replace("sRGB".encode("utf-16-be"), "odd!".encode("utf-16-be")).replace(
        b"sRGB built-in", b"odd!!!!!!!!!!"
    )


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_colour_profile_is_heeded(tmp_path, report, mode):
    flat = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    flat[:], flat[BOX] = (90, 60, 60), (60, 180, 60)
    image = Image.fromarray(np.dstack([flat, marked()]) if mode == "RGBA" else flat)
    image = image.quantize(4) if mode == "P" else image
    profile = profile_with_red_and_green_exchanged()
    photo = loaded(tmp_path, report, image, mask=Image.fromarray(marked()), source="painted", icc_profile=profile)
    assert np.abs(photo.rgb[100, 80] * 255 - (180, 60, 60)).max() < 3
    if mode == "RGBA":
        assert iou(loaded(tmp_path, report, image, icc_profile=profile).alpha) == 1.0


@pytest.mark.parametrize(
    "profile", [b"no profile at all", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()]
)
def test_a_broken_colour_profile_and_that_of_srgb_change_nothing(tmp_path, report, profile):
    photo = loaded(tmp_path, report, Image.fromarray(scene()), icc_profile=profile)
    assert np.array_equal((photo.rgb * 255 + 0.5).astype(np.uint8), scene())


def test_an_exr_file_is_refused_with_a_sentence_that_says_so(tmp_path, report):
    (tmp_path / "photo.exr").write_bytes(b"\x76\x2f\x31\x01\x02\0\0\0" + bytes(200))
    with pytest.raises(Failure, match="OpenEXR") as caught:
        load_photo(tmp_path, Request(photo="photo.exr"), report)
    assert "Blender" in caught.value.next_step


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_part_of_a_picture_is_that_part_whichever_way_it_was_stored(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(scene()).save(tmp_path / "photo.png", exif=exif)
    whole = read_picture(tmp_path / "photo.png", PIXELS).rgb
    left, top, right, bottom = 20, 30, 90, 140
    part = read_picture(tmp_path / "photo.png", PIXELS, part=(left, top, right, bottom))
    assert part.size == (70, 110)
    assert np.array_equal(part.rgb, whole[top:bottom, left:right])


@pytest.mark.parametrize("name", ["photo.hdr", "photo.tiff", "grey.tiff", "deep.png"])
def test_a_part_of_a_float_or_deep_picture_is_as_bright_as_in_the_whole(tmp_path, name):
    linear = (scene()[..., ::-1] / 255.0).astype(np.float32) ** 2.2
    if name.startswith("photo"):
        cv2.imwrite(str(tmp_path / name), linear)
    else:
        grey = linear[..., 0] if name == "grey.tiff" else (linear[..., 0] * 65535).astype(np.uint16)
        Image.fromarray(grey).save(tmp_path / name)
    whole = read_picture(tmp_path / name, PIXELS).rgb
    assert np.allclose(read_picture(tmp_path / name, PIXELS, part=(0, 30, 90, 140)).rgb, whole[30:140, 0:90])


def test_a_photo_cropped_to_its_statue_keeps_the_rays_and_knows_the_whole(tmp_path, report):
    photo = loaded(tmp_path, report, Image.fromarray(scene()), mask=Image.fromarray(marked()), source="painted")
    part = photo.cropped(0.1)
    assert part.alpha.shape == (180 + 2 * 18, 60 + 2 * 18) == (part.camera.height, part.camera.width)
    assert np.array_equal(part.rgb, photo.rgb[22:238, 32:128]) and part.alpha.sum() == photo.alpha.sum()
    pixels = np.array([[0.5, 0.5], [40.0, 100.0]])
    assert np.allclose(part.camera.rays(pixels)[1], photo.camera.rays(pixels + np.array([32, 22]))[1])
    moved = part.camera.moved(1.5, np.array([0.1, 0.2, 0.3]))
    whole = part.of_whole(moved)
    assert (whole.width, whole.height, whole.cx) == (WIDTH, HEIGHT, photo.camera.cx)
    assert np.array_equal(whole.position, moved.position)
    assert part.cropped(0.0).whole is part.whole, "the whole of a part's part is the photo"


def test_a_crop_ends_at_the_photos_border(tmp_path, report):
    photo = loaded(tmp_path, report, Image.fromarray(scene()), mask=Image.fromarray(marked()), source="painted")
    assert photo.cropped(0.5).alpha.shape == (HEIGHT, WIDTH)


LARGE = (2400, 3600)  # 8.6 megapixels
SMALL_STATUE = (slice(1000, 2200), slice(1100, 1500))  # rows and columns in it


def large_scene(tmp_path, alpha=False, **save) -> None:
    """A photo in which the statue is small, with a line on it that is lost at two megapixels; and its mask."""
    width, height = LARGE
    image = np.full((height, width, 3), (40, 50, 90), np.uint8)
    image[SMALL_STATUE] = (200, 190, 170)
    image[1000:2200:2, 1290:1310] = 20
    mask = np.zeros((height, width), np.uint8)
    mask[SMALL_STATUE] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    Image.fromarray(np.dstack([image, mask]) if alpha else image).save(tmp_path / "photo.png", compress_level=1, **save)


@pytest.mark.parametrize("source", ["painted mask", "alpha channel", "GrabCut"])
def test_a_small_statue_in_a_large_photo_keeps_its_pixels_and_its_place(tmp_path, report, source):
    large_scene(tmp_path, alpha=source == "alpha channel")
    painted = source == "painted mask"
    request = Request("photo.png", "mask.png" if painted else None, "painted" if painted else "automatic")
    photo = load_photo(tmp_path, request, report)
    assert photo.mask_source == source
    margin = round(0.08 * 1200)
    assert photo.alpha.shape == pytest.approx((1200 + 2 * margin, 400 + 2 * margin), abs=8), "as fine as the file"
    assert photo.rgb[margin + 500 : margin + 520, margin + 200].std() > 0.2, "the lines are there"
    assert any("read more finely" in note for note in photo.notes)
    whole = photo.whole
    assert whole.width * whole.height <= PIXELS and whole.width / whole.height == pytest.approx(2 / 3, rel=1e-6)
    assert photo.camera.fx == pytest.approx(photo.camera.fy, rel=1e-6)
    assert np.array_equal(whole.world_to_camera, photo.camera.world_to_camera)
    rows, columns = np.nonzero(photo.alpha > 0.5)
    corners = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]], dtype=float)
    away = photo.camera.position + 5 * photo.camera.rays(corners)[1]
    in_file = whole.resized(*LARGE).project(away)[0]
    near = 0.6 if source != "GrabCut" else 2.5
    assert np.abs(in_file - [[1100, 1000], [1500, 2200]]).max() < near


def test_a_photo_lying_on_its_side_is_read_finely_in_the_right_place(tmp_path, report):
    large_scene(tmp_path)
    lying = Image.open(tmp_path / "photo.png").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = loaded(tmp_path, report, lying, exif=exif, mask=Image.open(tmp_path / "mask.png"), source="painted")
    assert (
        photo.whole is not None and np.abs(photo.rgb[photo.alpha > 0.99].mean(axis=0) * 255 - (195, 185, 166)).max() < 4
    )
    assert np.abs(photo.rgb[photo.alpha < 0.01].mean(axis=0) * 255 - (40, 50, 90)).max() < 2


def test_parts_of_a_mask_that_were_dropped_stay_dropped_in_the_finer_one(tmp_path, report):
    large_scene(tmp_path)
    mask = np.array(Image.open(tmp_path / "mask.png"))
    mask[1500:1520, 1530:1550] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    photo = load_photo(tmp_path, Request("photo.png", "mask.png", "painted"), report)
    assert photo.alpha.sum() == pytest.approx(1200 * 400, rel=1e-4)


@pytest.mark.parametrize("size", [(6000, 4000), (4032, 3024), (5184, 3888), (7952, 5304), (2736, 1540), (20000, 100)])
def test_a_reduced_picture_keeps_its_proportions_so_that_its_pixels_are_square(size):
    for width, height in (size, size[::-1]):
        small = _fitting((width, height), PIXELS)
        assert small[0] * small[1] <= PIXELS
        assert small[0] * small[1] > 0.97 * min(PIXELS, width * height)
        assert (small[0] / width) / (small[1] / height) == pytest.approx(1.0, abs=3e-4)


@pytest.fixture
def mask_model(tmp_path, monkeypatch):
    """A model for masks, installed: it takes what is light for the statue. Returns its file."""
    file = {"name": "light.onnx", "size": None, "sha256": None}
    words = dict.fromkeys(("purpose", "licence", "homepage"), "Tests")
    light = {"identifier": "light", "task": "mask", "title": "Light", "revision": "1.0", "files": [file], **words}
    (tmp_path / "registry.json").write_text(json.dumps({"version": 1, "models": [light]}), encoding="utf-8")
    monkeypatch.setattr(models, "REGISTRY", tmp_path / "registry.json")
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))
    (tmp_path / "models/light").mkdir(parents=True)
    path = tmp_path / "models/light/light.onnx"
    path.write_bytes(light_is_statue())
    return path


def test_an_installed_model_is_asked_before_grabcut_and_after_what_was_given(tmp_path, report, mask_model):
    photo = loaded(tmp_path, report, Image.fromarray(scene()))
    assert photo.mask_source == "Light 1.0"
    assert iou(photo.alpha) > 0.97 and photo.alpha.dtype == np.float32
    given = Image.fromarray(np.dstack([scene(), marked()]))
    assert loaded(tmp_path, report, given).mask_source == "alpha channel"
    painted = loaded(tmp_path, report, given, mask=Image.fromarray(marked()), source="painted")
    assert painted.mask_source == "painted mask"


def test_a_model_that_finds_nothing_or_is_damaged_leaves_the_search_to_grabcut_and_says_so(
    tmp_path, report, mask_model
):
    dark = (scene() // 3).astype(np.uint8)
    photo = loaded(tmp_path, report, Image.fromarray(dark))
    assert photo.mask_source == "GrabCut" and any("Light 1.0 found no statue" in note for note in photo.notes)
    mask_model.write_bytes(b"damaged")
    photo = loaded(tmp_path, report, Image.fromarray(scene()))
    assert photo.mask_source == "GrabCut" and any("Light 1.0 could not be used" in note for note in photo.notes)


@pytest.mark.slow
def test_a_photo_of_16384_pixels_a_side_is_read_in_under_4_gigabytes(tmp_path):
    """In a process of its own, whose peak is its own."""
    resource = pytest.importorskip("resource")
    import subprocess
    import sys

    Image.fromarray(scene()).resize((16384, 16384), Image.Resampling.NEAREST).save(
        tmp_path / "photo.png", compress_level=1
    )
    Image.fromarray(marked()).resize((512, 512)).save(tmp_path / "mask.png")
    code = (
        "import sys, resource; from pathlib import Path;"
        "from statue_recon.contract import Request; from statue_recon.report import Report;"
        "from statue_recon.photo.load import load_photo; folder = Path(sys.argv[1]);"
        "photo = load_photo(folder, Request('photo.png', 'mask.png', 'painted'), Report(folder));"
        "print(photo.alpha.size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    assert resource
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    pixels, peak = map(int, done.stdout.split())
    assert pixels <= PIXELS
    assert peak < 4 * 1024 * 1024 * (1024 if sys.platform == "darwin" else 1)
