"""A snapshot is what the Image Editor shows, and taking it leaves no trace."""

import importlib
import struct
import time
import zlib

import bpy
import numpy as np
import pytest

WIDTH, HEIGHT = 32, 20
RGB = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
RGBA = np.dstack([RGB, np.random.default_rng(2).integers(40, 256, (HEIGHT, WIDTH), np.uint8)])


@pytest.fixture
def module(addon):
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture
def shots(module):
    """scene.snapshot, in an empty file that must hold no other images and no other pixels afterwards."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return module("scene.snapshot")


@pytest.fixture
def failure(module):
    return module("statue_recon.contract").Failure


def png(colour_type: int, depth: int, rows: np.ndarray, palette: bytes = b"") -> bytes:
    """A PNG of any kind, unfiltered; rows [H, bytes in a row] uint8."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, 0)
    plte = chunk(b"PLTE", palette) if palette else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + plte + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def rows_of(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels).reshape(HEIGHT, -1).view(np.uint8)


def load(path, data: bytes):
    path.write_bytes(data)
    return bpy.data.images.load(str(path), check_existing=False)


def painted(name, rgba):
    """A generated image with these pixels [H, W, 4] uint8, row 0 = top."""
    height, width = rgba.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=True)
    image.pixels.foreach_set((rgba[::-1] / 255).astype(np.float32).ravel())
    return image


def test_an_8_bit_image_comes_out_to_the_last_bit(shots, tmp_path):
    shot = shots.snapshot(load(tmp_path / "Apollo süß.png", png(2, 8, rows_of(RGB))))
    assert np.array_equal(shot.rgba[..., :3], RGB)
    assert (shot.name, shot.has_alpha) == ("Apollo süß", False)


def test_alpha_comes_out_straight(shots, tmp_path):
    shot = shots.snapshot(load(tmp_path / "a.png", png(6, 8, rows_of(RGBA))))
    assert np.array_equal(shot.rgba, RGBA)
    assert shot.has_alpha


def test_16_bits_become_8(shots, tmp_path):
    deep = (RGB.astype(np.uint16) * 257).astype(">u2")
    shot = shots.snapshot(load(tmp_path / "a.png", png(2, 16, rows_of(deep))))
    assert np.abs(shot.rgba[..., :3].astype(int) - RGB).max() <= 1


def test_16_bits_with_alpha_become_8_straight(shots, tmp_path):
    deep = (RGBA.astype(np.uint16) * 257).astype(">u2")
    shot = shots.snapshot(load(tmp_path / "a.png", png(6, 16, rows_of(deep))))
    assert np.abs(shot.rgba.astype(int) - RGBA).max() <= 1


def test_greyscale_becomes_grey(shots, tmp_path):
    shot = shots.snapshot(load(tmp_path / "a.png", png(0, 8, rows_of(RGB[..., 0]))))
    assert np.array_equal(shot.rgba[..., :3], np.repeat(RGB[..., :1], 3, axis=2))


def test_a_palette_becomes_its_colours(shots, tmp_path):
    palette = RGB.reshape(-1, 3)[:256]
    indices = RGB[..., 0]
    shot = shots.snapshot(load(tmp_path / "a.png", png(3, 8, rows_of(indices), palette.tobytes())))
    assert np.array_equal(shot.rgba[..., :3], palette[indices])


def linear_light(alpha: float) -> np.ndarray:
    """[H, W, 4] float32 premultiplied, bottom row first: mid grey, and far too bright in the ten rows at the bottom."""
    light = np.full((HEIGHT, WIDTH, 4), alpha, np.float32)
    light[..., :3] *= 0.2140411  # sRGB 0.5
    light[:10, :, :3] = 7.0
    return light


def check_light(shot):
    assert np.abs(shot.rgba[:10, :, :3].astype(int) - 128).max() <= 1
    assert (shot.rgba[10:, :, :3] == 255).all()


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_scene_linear_becomes_srgb_and_highlights_are_clipped(shots, alpha):
    image = bpy.data.images.new("light", WIDTH, HEIGHT, float_buffer=True, alpha=True)
    image.alpha_mode = "PREMUL"
    image.pixels.foreach_set(linear_light(alpha).ravel())
    shot = shots.snapshot(image)
    check_light(shot)
    assert shot.has_alpha == (alpha < 1)


@pytest.mark.parametrize(("kind", "extension"), [("OPEN_EXR", "exr"), ("HDR", "hdr")])
def test_exr_and_hdr_files_are_read_as_light(shots, tmp_path, kind, extension):
    image = bpy.data.images.new("light", WIDTH, HEIGHT, float_buffer=True)
    image.pixels.foreach_set(linear_light(1.0).ravel())
    bpy.context.scene.render.image_settings.file_format = kind
    image.save_render(str(tmp_path / f"light.{extension}"))
    check_light(shots.snapshot(bpy.data.images.load(str(tmp_path / f"light.{extension}"))))


def test_data_is_shown_as_stored(shots):
    image = bpy.data.images.new("data", WIDTH, HEIGHT, float_buffer=True, is_data=True)
    image.pixels.foreach_set(np.tile(np.array([0.5, 0.5, 0.5, 1.0], np.float32), WIDTH * HEIGHT))
    assert np.abs(shots.snapshot(image).rgba[..., :3].astype(int) - 128).max() <= 1


def test_paint_that_was_not_saved_is_in_the_snapshot(shots, tmp_path):
    image = load(tmp_path / "a.png", png(2, 8, rows_of(RGB)))
    image.pixels[:4] = (1, 0, 0, 1)
    assert tuple(shots.snapshot(image).rgba[-1, 0]) == (255, 0, 0, 255)
    assert image.is_dirty


def test_a_packed_image_needs_no_file(shots, tmp_path):
    image = load(tmp_path / "a.png", png(2, 8, rows_of(RGB)))
    image.pack()
    (tmp_path / "a.png").unlink()
    image.buffers_free()
    assert shots.problem(image) is None
    assert np.array_equal(shots.snapshot(image).rgba[..., :3], RGB)


def test_a_generated_image_is_as_good_as_any(shots):
    image = bpy.data.images.new("chequers", 64, 48)
    image.generated_type = "COLOR_GRID"
    assert shots.problem(image) is None
    assert shots.snapshot(image).rgba.shape == (48, 64, 4)


def test_a_large_image_is_shrunk_to_the_mean_of_its_areas(shots, monkeypatch):
    monkeypatch.setattr(shots, "LARGEST_SIDE", 16)
    shot = shots.snapshot(painted("large", np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])))
    means = RGB.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 3).mean(axis=(1, 3))
    assert shot.rgba.shape == (10, 16, 4)
    assert np.abs(shot.rgba[..., :3] - means).max() <= 0.51
    assert not shot.has_alpha


def test_shrinking_does_not_bleed_what_is_transparent_into_the_edge(shots, monkeypatch):
    monkeypatch.setattr(shots, "LARGEST_SIDE", 16)
    pixels = np.zeros((HEIGHT, 48, 4), np.uint8)
    pixels[:, 1:] = (200, 100, 50, 255)  # column 0 is transparent black
    shot = shots.snapshot(painted("edge", pixels))
    assert np.abs(shot.rgba[:, 0].astype(int) - (200, 100, 50, 170)).max() <= 1


def test_looking_for_a_problem_loads_nothing(shots, tmp_path):
    image = load(tmp_path / "a.png", png(2, 8, rows_of(RGB)))
    assert shots.problem(image) is None
    assert not image.has_data


def test_a_snapshot_leaves_no_datablock_and_no_change(shots, failure, tmp_path):
    image = load(tmp_path / "a.png", png(2, 8, rows_of(RGB)))
    shots.snapshot(image)
    with pytest.raises(failure):
        shots.snapshot(bpy.data.images.new("dot", 1, 1))
    assert {thing.name for thing in bpy.data.images} == {"a.png", "dot"}
    assert tuple(image.size) == (WIDTH, HEIGHT)
    assert not image.is_dirty


def test_bad_images_are_refused_with_a_next_step(shots, failure, tmp_path):
    gone = load(tmp_path / "gone.png", png(2, 8, rows_of(RGB)))
    (tmp_path / "gone.png").unlink()
    broken = load(tmp_path / "broken.png", b"\x89PNG\r\n\x1a\n and then nothing")
    tiled = bpy.data.images.new("tiles", 64, 64, tiled=True)
    sequence = load(tmp_path / "film_001.png", png(2, 8, rows_of(RGB)))
    sequence.source = "SEQUENCE"
    movie = load(tmp_path / "film.png", png(2, 8, rows_of(RGB)))
    movie.source = "MOVIE"
    expected = {
        None: "There is no image",
        gone: "is not there",
        broken: "has no pixels",
        tiled: "tiled",
        sequence: "sequence",
        movie: "movie",
        bpy.data.images.new("dot", 1, 1): "1 × 1",
    }
    for image, words in expected.items():
        with pytest.raises(failure, match=words) as caught:
            shots.snapshot(image)
        assert caught.value.next_step.endswith(".")


def test_a_render_result_says_how_to_save_it(shots, failure):
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    bpy.ops.render.render()
    result = bpy.data.images["Render Result"]
    assert "Save As" in shots.problem(result)
    with pytest.raises(failure, match="Save As"):
        shots.snapshot(result)


def mask_of(shots, module, painted_mask, photo_shape=(HEIGHT, WIDTH)):
    photo = shots.Snapshot(np.zeros((*photo_shape, 4), np.uint8), "photo", False)
    return shots.mask_snapshot(painted("mask", painted_mask), photo)


def test_a_mask_is_luminance_times_alpha(shots, module):
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[5:10, :] = (255, 255, 255, 255)
    pixels[10:12, :] = (255, 255, 255, 0)
    mask = mask_of(shots, module, pixels)
    assert (mask[5:10] == 255).all()
    assert mask.sum() == 5 * WIDTH * 255


def test_a_mask_of_another_size_but_the_same_shape_is_fine(shots, module):
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[5:10] = 255
    assert mask_of(shots, module, pixels, (HEIGHT * 3, WIDTH * 3)).shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("value", "shape", "words"),
    [(0, (HEIGHT, WIDTH), "empty"), (255, (HEIGHT, WIDTH), "full"), (255, (WIDTH, HEIGHT), "another shape")],
)
def test_a_useless_mask_is_refused(shots, module, failure, value, shape, words):
    with pytest.raises(failure, match=words):
        mask_of(shots, module, np.full((HEIGHT, WIDTH, 4), value, np.uint8), shape)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_blender_reads_our_png_files(shots, module, tmp_path, channels):
    pixels = RGBA[..., 0] if channels == 1 else RGBA[..., :channels]
    shot = shots.snapshot(load(tmp_path / "ours.png", module("scene.png").png_bytes(pixels)))
    expected = np.repeat(pixels[..., None], 3, axis=2) if channels == 1 else pixels
    assert np.array_equal(shot.rgba[..., : max(channels, 3)], expected)


def test_a_snapshot_and_png_of_two_megapixels_take_no_time_to_notice(shots, module):
    noisy = np.random.default_rng(0).normal(128, 12, (1224, 1632, 4)).clip(0, 255).astype(np.uint8)
    image = painted("photo", noisy)
    began = time.perf_counter()
    shot = shots.snapshot(image)
    between = time.perf_counter()
    module("scene.png").png_bytes(shot.rgba)
    assert between - began < 0.3
    assert time.perf_counter() - between < 0.3
