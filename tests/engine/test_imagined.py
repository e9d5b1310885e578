"""From volumes along the photo's rays to fields in the world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.field.ground import ground_under
from statue_recon.field.imagined import along_rays, box_of, field_of, held_to_mask, with_lost
from statue_recon.field.picture import looked_up
from statue_recon.mesh.extract import extract
from statue_recon.photo.photo import Photo
from statue_recon.photo.window import window_of
from statue_recon.priors.shape.columns import REACH, Columns
from statue_recon.quality import QUALITIES

RADIUS = 0.7
QUALITY = replace(QUALITIES["draft"], grid=64)


def photo_of_ball(elevation: float = 0.0) -> Photo:
    camera = Camera.orbit(0.0, elevation, 5.0, 300, 300, 600.0)
    _, directions = camera.rays(camera.pixel_centres())
    along = -(directions @ camera.position)
    missed = np.linalg.norm(camera.position + along[:, None] * directions, axis=1)
    alpha = (missed < RADIUS).reshape(300, 300).astype(np.float32)
    return Photo(np.full((300, 300, 3), 0.5, np.float32), alpha, "true", camera, ())


def ball(columns: Columns, radius: float = RADIUS) -> np.ndarray:
    away = np.linalg.norm(columns.points(), axis=-1) - radius
    return np.clip(away / (REACH * columns.pitch), -1.0, 1.0).astype(np.float32)


@pytest.mark.parametrize("elevation", [0.0, 30.0])
def test_a_ball_imagined_along_the_rays_stands_round_in_the_world(elevation):
    photo = photo_of_ball(elevation)
    _, columns = window_of(photo, elevation)
    volume = ball(columns)
    field = field_of(along_rays(volume, columns), box_of(volume, columns), photo, QUALITY)
    away = np.linalg.norm(extract(field).vertices, axis=1) - RADIUS
    assert np.abs(away).max() < 0.6 * field.spacing
    assert np.abs(away).mean() < 0.1 * field.spacing


def test_standard_builds_what_is_imagined():
    """More nodes across a slab than OpenCV takes in a row, which only Draft has fewer of."""
    photo = photo_of_block()
    _, columns = window_of(photo, 0.0)
    volume = np.clip((np.abs(columns.points()[..., 1]) - 0.4) / (REACH * columns.pitch), -1.0, 1.0).astype(np.float32)
    ground = ground_under(volume, columns, photo, 0.01)
    box = np.array([[-0.7, -0.7, -0.6], [0.7, 0.7, 1.2]])
    field = field_of(along_rays(volume, columns), box, photo, QUALITIES["standard"], ground)
    assert np.prod(field.values.shape[1:]) > 2**15
    assert extract(field).vertices[:, 2].min() == pytest.approx(ground.floor, abs=0.01)


def test_what_the_prior_makes_too_wide_is_cut_to_the_silhouette():
    photo = photo_of_ball()
    _, columns = window_of(photo, None)
    volume = ball(columns, 1.1 * RADIUS)
    mesh = extract(field_of(along_rays(volume, columns), box_of(volume, columns), photo, QUALITY))
    pixels, _ = photo.camera.project(mesh.vertices)
    shown = np.linalg.norm(pixels - 150.0, axis=1).max()
    contour = np.sqrt(photo.alpha.sum() / np.pi)
    assert shown < contour + 2.0  # pixels
    depths = mesh.vertices[:, 1]
    assert np.ptp(depths) > 2.1 * RADIUS  # along the rays nothing is cut


def test_a_picture_is_looked_up_at_more_places_than_opencv_takes_in_a_row():
    picture = np.arange(12, dtype=np.float32).reshape(3, 4)
    rng = np.random.default_rng(0)
    columns, rows = rng.uniform(0, 3, 70_000), rng.uniform(0, 2, 70_000)
    assert looked_up(picture, columns, rows) == pytest.approx(columns + 4 * rows, abs=0.2)  # to 1/32 of a pixel
    assert looked_up(picture, np.array([-5.0]), np.array([9.0])) == pytest.approx([8.0])


def test_every_ray_through_the_mask_meets_the_statue():
    photo = photo_of_ball()
    window, columns = window_of(photo, None)
    mask = window.alpha[::2, ::2]
    volume = ball(columns)
    holed = volume.copy()
    holed[:, 28:36, 20:40] = 1.0
    filled = held_to_mask(holed, mask)
    inside = (filled < 0).any(axis=0)
    assert inside[mask > 0.5].all()
    assert not inside[mask < 0.5][(volume.min(axis=0) >= 0)[mask < 0.5]].any()
    untouched = holed.min(axis=0) < -1.0 / REACH
    assert np.array_equal(filled[:, untouched], holed[:, untouched])
    where = filled[:, 32, 30].argmin()
    assert abs(where - volume[:, 32, 41:44].argmin(axis=0).mean()) < 6  # about as deep as the surroundings


def test_a_thin_part_that_finer_parts_lost_comes_back():
    photo = photo_of_ball()
    window, columns = window_of(photo, None)
    mask = window.alpha[::2, ::2]
    coarse = held_to_mask(ball(columns), mask)

    def finer(points: np.ndarray) -> np.ndarray:
        """The ball, without what lies in a narrow strip of rays."""
        strip = 5.0 * columns.pitch - np.abs(points[:, 0] - 0.2)
        return np.maximum(np.linalg.norm(points, axis=1) - RADIUS, strip).astype(np.float32)

    inside = np.array([[0.2, 0.0, 0.0]])
    known = with_lost(finer, coarse, columns, mask)
    assert finer(inside)[0] > 0 and known(inside)[0] < 0
    elsewhere = np.array([[-0.3, 0.2, 0.1], [0.0, 0.0, 2.0]])
    assert np.array_equal(known(elsewhere) < 0, finer(elsewhere) < 0)
    whole = with_lost(lambda points: finer(points + np.array([5.0, 0.0, 0.0])), coarse, columns, mask)
    assert whole(inside)[0] < 0


def test_a_base_imagined_as_a_tilted_sole_stands_level():
    photo = photo_of_block()
    _, columns = window_of(photo, 0.0)
    points = columns.points()
    sole = np.abs(points[..., 1]) - 0.4  # as deep as the block, and going on under it along the rays
    volume = np.clip(sole / (REACH * columns.pitch), -1.0, 1.0).astype(np.float32)
    box = box_of(volume, columns)
    ground = ground_under(volume, columns, photo, 0.01)
    assert ground is not None and ground.block is not None
    assert ground.floor == pytest.approx(-0.5, abs=0.03)
    low = extract(field_of(along_rays(volume, columns), box, photo, QUALITY)).vertices[:, 2].min()
    assert low < -0.53  # what the ground is for
    standing = extract(field_of(along_rays(volume, columns), box, photo, QUALITY, ground)).vertices
    assert standing[:, 2].min() == pytest.approx(ground.floor, abs=0.01)
    under = standing[standing[:, 2] < ground.floor + 0.02]
    assert np.ptp(under[:, 1]) == pytest.approx(0.8, abs=0.08)  # it ends flat, as deep as it was imagined


def test_a_plinth_imagined_round_becomes_a_block():
    photo = photo_of_block()
    _, columns = window_of(photo, 0.0)
    points = columns.points()
    round_ = np.hypot(points[..., 0] / 0.6, points[..., 1] / 0.4) - 1.0
    volume = np.clip(0.4 * round_ / (REACH * columns.pitch), -1.0, 1.0).astype(np.float32)
    ground = ground_under(volume, columns, photo, 0.01)
    block = ground.block
    assert (block.west, block.east) == pytest.approx((-0.6, 0.6), abs=0.04)
    assert block.half == pytest.approx(0.4, abs=0.08)
    assert block.middle == pytest.approx(0.0, abs=0.05)
    stood = field_of(along_rays(volume, columns), box_of(volume, columns), photo, QUALITY, ground)
    corner = np.rint((np.array([0.5, 0.3, -0.4]) - stood.lower) / stood.spacing).astype(int)
    assert stood.values[tuple(corner)] < 0  # where there was nothing


def test_what_is_seen_under_the_floor_stays():
    photo = photo_of_block()
    _, columns = window_of(photo, 0.0)
    points = columns.points()
    deep = np.abs(points[..., 1] - np.where(points[..., 0] > 0.3, 0.5, 0.0)) - 0.3  # one corner farther back
    volume = np.clip(deep / (REACH * columns.pitch), -1.0, 1.0).astype(np.float32)
    ground = ground_under(volume, columns, photo, 0.01)
    first = np.argmax(volume < 0, axis=0)
    seen = np.take_along_axis(points, first[None, ..., None], axis=0)[0]
    corner = seen[np.flatnonzero(photo_rows(columns, photo))[-1], columns.shape[2] * 3 // 4]
    assert corner[2] < ground.floor - 0.02  # farther away the same ray is lower
    assert ground.above(corner[None])[0] > -1e-3
    assert ground.above(corner[None] + [[0.0, 0.0, -0.1]])[0] < 0.0


def test_a_round_bottom_seen_from_above_is_not_cut_off():
    photo = photo_of_ball(30.0)
    _, columns = window_of(photo, 30.0)
    assert ground_under(ball(columns), columns, photo, 0.01) is None


def photo_of_block() -> Photo:
    """A box of 1.2 × 0.8 × 0.4 on the floor z = −0.5, seen level, under a post."""
    camera = Camera.orbit(0.0, 0.0, 5.0, 300, 300, 600.0)
    alpha = np.zeros((300, 300), np.float32)
    for x, low, high, front in ((0.6, -0.5, -0.1, 0.4), (0.2, -0.2, 0.7, 0.2)):
        corners = np.array([[-x, -front, low], [x, -front, high]])
        (left, bottom), (right, top) = (np.rint(at).astype(int) for at in camera.project(corners)[0])
        alpha[top:bottom, left:right] = 1.0
    return Photo(np.full((300, 300, 3), 0.5, np.float32), alpha, "true", camera, ())


def photo_rows(columns: Columns, photo: Photo) -> np.ndarray:
    """[H] which rows of a volume the mask reaches."""
    rows, _ = np.nonzero(photo.alpha)
    low, high = (photo.camera.rays(np.array([[150.0, row]]))[1][0] for row in (rows.min(), rows.max()))
    slopes = (np.arange(columns.camera.height) + 0.5 - columns.camera.cy) / columns.camera.fy
    return (slopes >= -low[2] / low[1]) & (slopes <= -high[2] / high[1])
