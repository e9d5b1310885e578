"""Every kind of image file becomes the same kind of photo, or a sentence that says why not."""

import cv2
import numpy as np
import pytest
from PIL import Image

from statue_recon.contract import Failure, Request
from statue_recon.photo.load import PIXELS, load_photo
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


def test_a_large_photo_is_reduced_and_said_so(tmp_path, report):
    image = Image.fromarray(scene()).resize((2000, 3000), Image.Resampling.NEAREST)
    mask = Image.fromarray(marked())
    photo = loaded(tmp_path, report, image, "photo.jpg", mask, "painted")
    assert 0.97 * PIXELS < photo.alpha.size <= PIXELS
    assert photo.camera.fx == pytest.approx(50 / 36 * photo.camera.height)
    assert any("2000 × 3000" in note for note in photo.notes)
    assert not any("resized" in note for note in photo.notes[:0])


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
