"""The fine scale: what it is told, and that it adds to the coarse one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from statue_recon.camera import Camera
from statue_recon.photo.details import PhotoDetails
from statue_recon.photo.photo import Photo
from statue_recon.photo.window import Window, condition_of, resampled
from statue_recon.priors.shape.columns import DEPTHS, REACH, Columns, clipped
from statue_recon.priors.shape.fine import SIDE, FinePrior, coarse_in, condition_of_parts
from statue_recon.priors.shape.network import FINER, PICTURE, PLANES, Architecture, ShapeNetwork

TINY = Architecture(widths=(16, 16, 32), attention=(False, False, False), coarse=True)
DISTANCE = 4.0


def _columns(height: int = 64, width: int = 64) -> Columns:
    return Columns(Camera.orbit(10.0, 5.0, DISTANCE, width, height, 1.9 * max(height, width)), DISTANCE - 0.3)


def _ball(columns: Columns) -> torch.Tensor:
    distances = np.linalg.norm(columns.points(), axis=-1) - 0.6
    return clipped(torch.from_numpy(distances.astype(np.float32)), columns.pitch)


def _photo(columns: Columns, finer: int = 8) -> Photo:
    """A photo of a disc whose brightness rises to the right, `finer` pixels to a cell."""
    camera = columns.camera.resized(columns.camera.width * finer, columns.camera.height * finer)
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    alpha = (np.hypot(u - camera.width / 2, v - camera.height / 2) < 0.35 * camera.width).astype(np.float32)
    rgb = np.repeat((0.2 + 0.6 * u / camera.width)[..., None], 3, axis=2).astype(np.float32)
    return Photo(rgb, alpha, "painted mask", camera, ())


def _window(columns: Columns, photo: Photo) -> Window:
    rgb, alpha = resampled(photo.rgb, photo.alpha, photo.camera, columns.camera)
    return Window(rgb, alpha, columns.camera, 5.0)


def test_an_untrained_network_leaves_the_coarse_volume_as_it_is():
    columns = _columns()
    photo = _photo(columns)
    details = PhotoDetails.of(photo, _window(columns, photo))
    parts = [columns.part(top, 20, 16, 16, 4, columns.middle) for top in (8, 16, 24)]
    coarse = _ball(columns)
    done = list(FinePrior(ShapeNetwork(TINY)).refine(coarse, columns, parts, details, seed=0))
    assert [one.columns for one in done] == parts
    for one in done:
        assert one.volume.shape == (DEPTHS, SIDE, SIDE)
        assert torch.allclose(one.volume, coarse_in(coarse, columns, one.columns), atol=1e-5)


def test_the_coarse_volume_of_a_part_is_the_truth_in_the_parts_own_pitches():
    columns = _columns()
    for finer in (2, 4):
        part = columns.part(16, 20, SIDE // finer, SIDE // finer, finer, columns.middle + 0.1)
        told, true = coarse_in(_ball(columns), columns, part), _ball(part)
        near = true.abs() < 0.9
        assert near.any()
        off = (told - true).abs()[near] * REACH / finer  # coarse pitches
        assert float(off.mean()) < 0.03  # what reading linearly between nodes costs


def test_a_part_is_resampled_as_points_in_the_world_are():
    """Direction by direction comes to the same as asking at each node."""
    from statue_recon.priors.shape.columns import sampled

    columns = _columns(80, 48)
    part = columns.part(-2, 30, 16, 16, 4, columns.middle - 0.05)
    volume = torch.rand((DEPTHS, 80, 48), generator=torch.Generator().manual_seed(1)) * 2 - 1
    places = torch.from_numpy(columns.places(part.points().reshape(-1, 3))).float().reshape(DEPTHS, SIDE, SIDE, 3)
    expected = (sampled(volume, places) * (columns.pitch / part.pitch)).clamp(-1, 1)
    assert torch.allclose(coarse_in(volume, columns, part), expected, atol=2e-3)


def test_parts_that_overlap_are_shown_the_same():
    """Colours are brightened as the whole is; and what is round in the whole stays so in a part without an outline."""
    columns = _columns()
    photo = _photo(columns)
    details = PhotoDetails.of(photo, _window(columns, photo))
    one, _ = details(columns.part(16, 16, 32, 32, 2, columns.middle))
    other, _ = details(columns.part(24, 16, 32, 32, 2, columns.middle + 0.5))
    moved = 8 * 2 * FINER
    assert torch.allclose(one[:, moved:], other[:, :-moved], atol=1e-4)
    assert one.shape == (PICTURE, SIDE * FINER, SIDE * FINER)
    middle = float(one[PICTURE - 1, SIDE, SIDE])
    assert middle == pytest.approx(0.35 * 64 / np.sqrt(2) / 16, rel=0.1)  # Δ(h²) = −2 over a disc of radius r: r / √2


def test_a_part_shows_the_photos_own_pixels():
    columns = _columns()
    photo = _photo(columns, finer=16)
    fine = np.random.default_rng(0).random(photo.rgb.shape[:2]).astype(np.float32)
    noisy = Photo(np.repeat(fine[..., None], 3, 2), photo.alpha, "painted mask", photo.camera, ())
    details = PhotoDetails.of(noisy, _window(columns, noisy))
    near, _ = details(columns.part(28, 28, 8, 8, 8, columns.middle))
    far, _ = details(columns.part(16, 16, 32, 32, 2, columns.middle))
    assert float(near[0].std()) > 2 * float(far[0, 32:96, 32:96].std())  # not what the window blurred


def test_planes_tell_where_a_part_lies_in_the_whole_and_how_fine_it_is():
    columns = _columns(80, 48)
    photo = _photo(columns)
    window = _window(columns, photo)
    whole = condition_of([window]).planes[0]
    _, planes = PhotoDetails.of(photo, window)(columns.part(16, 8, 16, 16, 4, columns.middle))
    assert planes.shape == (PLANES, SIDE, SIDE)
    for plane, index in ((3, (slice(None), 0)), (4, (0, slice(None)))):
        slope = float(planes[plane][index].diff().mean()) / float(whole[plane][index].diff().mean())
        assert slope == pytest.approx(0.25, rel=1e-3)
    in_whole = whole[:, 16:32, 8:24]
    assert torch.allclose(torch.nn.functional.avg_pool2d(planes[3:], 4), in_whole[3:], atol=1e-4)
    assert torch.equal(planes[:2, 0, 0], whole[:2, 0, 0])


def test_a_condition_of_parts_fits_the_network():
    columns = _columns()
    photo = _photo(columns)
    parts = [columns.part(0, 0, 32, 32, 2, columns.middle), columns.part(30, 30, 16, 16, 4, columns.middle)]
    condition = condition_of_parts(_ball(columns), columns, parts, PhotoDetails.of(photo, _window(columns, photo)))
    found = ShapeNetwork(TINY)(torch.zeros(2, DEPTHS, SIDE, SIDE), torch.tensor([999, 999]), condition)
    assert found.shape == (2, DEPTHS, SIDE, SIDE)
