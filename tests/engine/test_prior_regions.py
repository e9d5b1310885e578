"""Where the statue is looked at again: everywhere once, and at heads and hands more closely."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from statue_recon.camera import Camera
from statue_recon.priors.shape.columns import Columns, around, clipped, shape_for
from statue_recon.priors.shape.detect import ends, heads
from statue_recon.priors.shape.regions import CLOSE, TILE, close_ups, regions, tiles

HEAD = np.array([0.02, -0.03, 0.76])
CROWN_TO_CHIN = 0.13  # half of it


def _rod(points, start, end, radius):
    """Distances to a rod with round ends."""
    start, along = np.array(start, float), np.subtract(end, start)
    share = np.clip((points - start) @ along / (along @ along), 0.0, 1.0)
    return np.linalg.norm(points - start - share[..., None] * along, axis=-1) - radius


def _block(points, middle, half):
    away = np.abs(points - np.array(middle)) - np.array(half)
    return np.linalg.norm(np.maximum(away, 0.0), axis=-1) + np.minimum(away.max(axis=-1), 0.0)


def _head(points, middle, half):
    """An egg, higher than wide."""
    away = (points - middle) / (0.72, 0.85, 1.0)
    return (np.linalg.norm(away, axis=-1) - half) * 0.75


def _figure(arms=((-0.62, 0.0, 0.42), (0.62, -0.05, 0.40))):
    """Somebody standing on a plinth, with stretched arms; hands where `arms` says."""

    def distances(points):
        parts = [
            _head(points, HEAD, CROWN_TO_CHIN),
            _rod(points, (0.0, 0.0, 0.5), (0.01, -0.02, 0.65), 0.05),
            _rod(points, (0.0, 0.0, 0.05), (0.0, 0.0, 0.4), 0.15),
            _rod(points, (-0.1, 0.0, -0.7), (-0.08, 0.0, 0.0), 0.075),
            _rod(points, (0.1, 0.0, -0.7), (0.08, 0.0, 0.0), 0.075),
            _block(points, (0.0, 0.0, -0.8), (0.25, 0.22, 0.1)),
        ]
        parts += [_rod(points, (0.14 * np.sign(hand[0]), 0.0, 0.45), hand, 0.045) for hand in arms]
        return np.minimum.reduce(parts)

    return distances


def _bust(points):
    return np.minimum.reduce(
        [
            _head(points, (0.0, -0.05, 0.45), 0.42),
            _rod(points, (0.0, 0.0, -0.3), (0.0, 0.0, 0.1), 0.16),
            _block(points, (0.0, 0.0, -0.45), (0.55, 0.25, 0.25)) - 0.1,
        ]
    )


def _seen(shape, azimuth=15.0, elevation=5.0) -> tuple[torch.Tensor, Columns]:
    """The true coarse volume of a shape, in the window that a photo of it has."""
    corners = np.indices((40, 40, 40)).reshape(3, -1).T / 39 * 2.0 - 1.0
    inside = corners[shape(corners) < 0]
    camera = Camera.orbit(azimuth, elevation, 5.0, 1000, 1000, 2200.0)
    pixels, depth = camera.project(inside)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    window = around(camera, (*low, *high), shape_for(*(high - low)))
    columns = Columns(window, float(depth.min() + 0.3 * np.ptp(depth)))
    found = torch.from_numpy(shape(columns.points().astype(np.float64)).astype(np.float32))
    return clipped(found, columns.pitch), columns


@pytest.mark.parametrize("azimuth", [0.0, 60.0, 180.0])
def test_the_head_of_a_standing_figure_is_found(azimuth):
    found = heads(*_seen(_figure(), azimuth))
    assert len(found) == 1
    assert np.linalg.norm(found[0].middle - HEAD) < 0.75 * CROWN_TO_CHIN
    assert found[0].radius == pytest.approx(CROWN_TO_CHIN * 1.3, rel=0.4)


def test_a_hand_held_above_the_head_is_no_head():
    found = heads(*_seen(_figure(arms=((-0.55, 0.0, 0.85), (0.62, -0.05, 0.1)))))
    assert len(found) == 1
    assert np.linalg.norm(found[0].middle - HEAD) < 0.75 * CROWN_TO_CHIN


def test_the_head_of_a_bust_is_found():
    found = heads(*_seen(_bust))
    assert len(found) == 1
    assert np.linalg.norm(found[0].middle - (0.0, -0.05, 0.45)) < 0.25


def test_a_pillar_has_no_head():
    assert heads(*_seen(lambda points: _block(points, (0.0, 0.0, 0.0), (0.2, 0.2, 0.9)))) == []


def test_hands_of_stretched_arms_are_ends():
    arms = ((-0.62, 0.0, 0.42), (0.62, -0.05, 0.40))
    found = [place.middle for place in ends(*_seen(_figure(arms)))]
    for hand in arms:
        assert min(np.linalg.norm(place - hand) for place in found) < 0.15


def test_every_bit_of_surface_lies_well_inside_a_tile():
    volume, columns = _seen(_figure(), azimuth=35.0, elevation=20.0)
    surface = columns.points()[(volume.abs() < 0.15).numpy()]
    held = np.zeros(len(surface), bool)
    for tile in tiles(volume, columns):
        places = tile.columns.places(surface)
        inwards = np.minimum(places, np.array(tile.columns.shape) - 1 - places)
        held |= (inwards > (3.0, 4.0, 4.0)).all(axis=1)  # fuse lets it count for half there
    assert held.all()


def test_a_deep_statue_has_tiles_behind_each_other():
    def beam(points):
        return _rod(points, (0.0, -0.75, 0.0), (0.0, 0.75, 0.0), 0.15)

    volume, columns = _seen(beam, azimuth=10.0)
    depths = {round(tile.columns.middle, 3) for tile in tiles(volume, columns)}
    assert len(depths) > 1


def test_heads_are_looked_at_four_times_as_fine_and_from_the_front():
    volume, columns = _seen(_figure())
    found = regions(volume, columns)
    assert {region.finer for region in found if region.kind == "whole"} == {TILE}
    close = [region for region in found if region.kind == "head"]
    assert close and {region.finer for region in close} == {CLOSE}
    face = np.add(HEAD, (0.0, -0.85 * CROWN_TO_CHIN, 0.0))
    places = [region.columns.places(face[None])[0] for region in close]
    assert any(((place > 8) & (place < 55)).all() for place in places)


def test_a_place_where_there_is_nothing_is_not_looked_at():
    volume, columns = _seen(_figure())
    head = heads(volume, columns)[0]
    assert close_ups(torch.ones_like(volume), columns, head) == []
    assert regions(torch.ones_like(volume), columns) == []
