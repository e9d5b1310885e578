"""The window the shape prior looks through: what of the photo it shows, and where its volume lies."""

import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.photo.photo import Photo
from statue_recon.photo.window import BRIGHT, BULGE, Window, condition_of, poisson, resampled, rounded, window_of
from statue_recon.priors.shape.columns import MARGIN
from statue_recon.priors.shape.network import FINER


def disc_photo(middle=(410.0, 250.0), radius: float = 90.0, width: int = 720, height: int = 540) -> Photo:
    v, u = np.mgrid[:height, :width] + 0.5
    away = np.hypot(u - middle[0], v - middle[1])
    alpha = np.clip(radius - away + 0.5, 0.0, 1.0).astype(np.float32)
    rgb = np.stack([u / width, v / height, np.full_like(u, 0.4)], axis=-1).astype(np.float32)
    return Photo(rgb, alpha, "painted mask", Camera.orbit(0.0, 10.0, 6.0, width, height, 800.0), ())


@pytest.mark.parametrize(
    "photo, middle, radius",
    [
        (disc_photo(), (410.0, 250.0), 90.0),
        (disc_photo((30.2, 21.6), 14.0, 60, 44), (30.2, 21.6), 14.0),  # enlarged
    ],
)
def test_a_disc_lies_in_the_window_where_the_cameras_say(photo, middle, radius):
    window, columns = window_of(photo, 10.0)
    pixels = window.camera.resized(window.alpha.shape[1], window.alpha.shape[0])
    v, u = np.mgrid[: pixels.height, : pixels.width] + 0.5
    there = window.alpha.sum()
    found = (u * window.alpha).sum() / there, (v * window.alpha).sum() / there
    ray = (middle[0] - photo.camera.cx) / photo.camera.fx, (middle[1] - photo.camera.cy) / photo.camera.fy
    wanted = pixels.cx + ray[0] * pixels.fx, pixels.cy + ray[1] * pixels.fy
    assert found == pytest.approx(wanted, abs=0.05)
    assert np.sqrt(there / np.pi) == pytest.approx(radius * pixels.fx / photo.camera.fx, rel=0.01)
    assert columns.camera == window.camera
    # What a photo shows of a statue lies before its middle, which is the origin, six units away.
    assert 5.5 < columns.middle <= 6.0


def test_the_statue_keeps_its_margin():
    window, _ = window_of(disc_photo(), None)
    rows, across = (np.flatnonzero((window.alpha > 0.5).any(axis=axis)) / FINER for axis in (1, 0))
    assert rows[0] == pytest.approx(MARGIN, abs=1) and across[0] == pytest.approx(MARGIN, abs=1)


def test_colours_stand_where_they_stood():
    photo = disc_photo()
    window, _ = window_of(photo, None)
    pixels = window.camera.resized(window.alpha.shape[1], window.alpha.shape[0])
    row, column = 60, 75
    u = photo.camera.cx + (column + 0.5 - pixels.cx) / pixels.fx * photo.camera.fx
    assert window.rgb[row, column, 0] == pytest.approx(u / photo.camera.width, abs=0.003)


def brute_force(photo: Photo, camera: Camera) -> np.ndarray:
    """Alpha in each pixel of the window: the mean over the area it covers, by asking many places in it."""
    many = 12
    wanted = camera.resized(camera.width * FINER, camera.height * FINER)
    v, u = (np.mgrid[: wanted.height * many, : wanted.width * many] + 0.5) / many
    across = photo.camera.cx + (u - wanted.cx) / wanted.fx * photo.camera.fx
    down = photo.camera.cy + (v - wanted.cy) / wanted.fy * photo.camera.fy
    rows = np.clip(np.floor(down).astype(int), 0, photo.camera.height - 1)
    columns = np.clip(np.floor(across).astype(int), 0, photo.camera.width - 1)
    return photo.alpha[rows, columns].reshape(wanted.height, many, wanted.width, many).mean(axis=(1, 3))


def test_a_large_photo_is_averaged_over_what_each_pixel_covers():
    photo = disc_photo(middle=(700.3, 611.8), radius=430.0, width=1430, height=1210)
    noise = np.random.default_rng(0).random(photo.alpha.shape).astype(np.float32)
    grainy = Photo(photo.rgb, photo.alpha * (noise > 0.5), "painted mask", photo.camera, ())
    window, _ = window_of(photo, None)
    _, alpha = resampled(grainy.rgb, grainy.alpha, grainy.camera, window.camera)
    wanted = brute_force(grainy, window.camera)
    # Half the pixels are holes: whoever picks instead of averaging is off by half.
    inside = wanted > 0.4
    assert np.abs(alpha - wanted)[inside].mean() < 0.06 and abs(float(alpha.mean() - wanted.mean())) < 0.002


def test_the_condition_brightens_dark_stone_and_tells_what_is_known():
    window, _ = window_of(disc_photo(), 30.0)
    dark = Window(window.rgb * 0.6, window.alpha, window.camera, None)
    told = condition_of([window, dark])
    picture = told.picture.numpy()
    mask = picture[:, 3] > 0.99
    assert np.abs(picture[0, :3] - picture[1, :3])[:, mask[0]].mean() < 0.05
    assert (picture[0, :3].mean(axis=0)[mask[0]].mean() + 1) / 2 == pytest.approx(BRIGHT, abs=0.02)
    assert told.planes[0, 0].unique().item() == 1.0 and told.planes[0, 1].unique().item() == pytest.approx(0.5)
    assert not told.planes[1, :2].any()


def test_what_is_outside_the_mask_says_nothing():
    window, _ = window_of(disc_photo(), None)
    other = Window(
        np.where(window.alpha[..., None] > 0, window.rgb, 0.9).astype(np.float32), window.alpha, window.camera, None
    )
    assert np.array_equal(condition_of([window]).picture.numpy(), condition_of([other]).picture.numpy())


def test_a_disc_is_rounded_to_a_ball():
    """Δ(h²) = −2 on a disc of radius R has h² = (R² − r²) / 2: an ellipsoid, highest in the middle."""
    v, u = np.mgrid[:128, :128] + 0.5
    mask = (np.hypot(u - 64, v - 64) < 48).astype(np.float32)
    assert rounded(mask).max() * BULGE == pytest.approx(24 / np.sqrt(2), rel=0.03)


def test_below_nothing_is_held_at_zero_so_a_cut_statue_stays_thick():
    mask = np.zeros((20, 20), bool)
    mask[4:, 5:15] = True
    height = poisson(mask)
    assert height[-1, 10] > height[5, 10] and not height[~mask].any()
