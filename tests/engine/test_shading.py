"""Brightness becomes relief: in the right direction, of the right size, and not where colour or grain made it."""

import numpy as np
import pytest

from statue_recon.camera import Camera
from statue_recon.photo.shading import harmonics, light_of, refined

SIZE = 160
SUN = np.array([-0.6, -0.5, -0.6]) / np.linalg.norm([-0.6, -0.5, -0.6])  # from the upper left, before the statue


def view() -> Camera:
    return Camera(SIZE, SIZE, 10.0 * SIZE, 10.0 * SIZE, SIZE / 2, SIZE / 2, np.eye(4))


def across() -> tuple[np.ndarray, np.ndarray]:
    """x and y of the pixels, −1 … 1."""
    return np.meshgrid(*2 * [(np.arange(SIZE) + 0.5) / SIZE * 2 - 1])


def normals_of(height: np.ndarray) -> np.ndarray:
    """[H, W, 3] normals of a surface so far (in pixels) before a plane."""
    down, right = np.gradient(height)
    normals = np.dstack([-right, -down, -np.ones_like(height)])
    return (normals / np.linalg.norm(normals, axis=2, keepdims=True)).astype(np.float32)


def dome() -> np.ndarray:
    x, y = across()
    return 0.8 * SIZE / 2 * np.sqrt(np.maximum(1.3 - x**2 - y**2, 0.05))


def bumps() -> np.ndarray:
    x, y = across()
    return 1.2 * np.sin(14 * x) * np.sin(14 * y)


def inside() -> np.ndarray:
    x, y = across()
    return (np.hypot(x, y) < 0.85).astype(np.float32)


def lit(normals: np.ndarray, albedo=0.8) -> np.ndarray:
    """[H, W, 3] sRGB of a matt surface in the sun and a little light from everywhere."""
    linear = np.clip(albedo * (0.25 + 0.75 * np.clip(normals @ SUN, 0, 1)), 0, 1)
    linear = linear if np.ndim(linear) == 3 else np.repeat(linear[..., None], 3, axis=2)
    return np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def angles(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    calm = inside() * (np.hypot(*across()) < 0.7) > 0
    return np.degrees(np.arccos(np.clip((one * other).sum(axis=2), -1, 1)))[calm]


def blended(found, confidence, coarse) -> np.ndarray:
    mixed = confidence[..., None] * found + (1 - confidence[..., None]) * coarse
    return mixed / np.linalg.norm(mixed, axis=2, keepdims=True)


def test_the_light_is_read_off_a_known_shape():
    normals = normals_of(dome())
    brightness = (0.5 + 0.5 * normals @ SUN).astype(np.float32)
    brightness /= np.median(brightness[inside() > 0])
    light = light_of(brightness, normals, inside())
    found = light.coefficients[1:4] / np.linalg.norm(light.coefficients[1:4])
    assert np.degrees(np.arccos(found @ SUN)) < 20


def test_harmonics_are_orthogonal_over_the_sphere():
    points = np.random.default_rng(0).normal(size=(200_000, 3))
    basis = harmonics(points / np.linalg.norm(points, axis=1, keepdims=True))
    product = basis.T @ basis / len(basis)
    assert np.abs(product - np.diag(np.diag(product))).max() < 0.01


def test_bumps_that_the_shape_lacks_are_found_in_their_shading():
    true, coarse = normals_of(dome() + bumps()), normals_of(dome())
    found, confidence = refined(lit(true), coarse, inside(), view())
    before, after = angles(coarse, true), angles(blended(found, confidence, coarse), true)
    assert after.mean() < 0.7 * before.mean()


def test_the_mirrored_light_does_not_turn_bumps_into_dents():
    true, coarse = normals_of(dome() + bumps()), normals_of(dome())
    flipped = np.ascontiguousarray(lit(true[:, ::-1] * np.array([-1, 1, 1], np.float32))[:, ::-1])
    found, _ = refined(flipped, coarse, inside(), view())
    assert angles(found, true).mean() < 0.8 * angles(coarse, true).mean()


def test_a_photo_that_the_shape_already_explains_leaves_it_alone():
    coarse = normals_of(dome())
    found, _ = refined(lit(coarse), coarse, inside(), view())
    assert angles(found, coarse).mean() < 2.0


def test_the_grain_of_stone_does_not_become_bumps():
    coarse = normals_of(dome())
    grain = np.exp(0.1 * np.random.default_rng(1).normal(size=(SIZE, SIZE)))
    found, confidence = refined(lit(coarse, 0.5 * grain), coarse, inside(), view())
    assert angles(blended(found, confidence, coarse), coarse).mean() < 3.0


def test_where_the_colour_changes_the_photo_is_not_believed():
    coarse = normals_of(dome())
    x, _ = across()
    patina = np.where((np.abs(x - 0.2) < 0.15)[..., None], [0.25, 0.6, 0.5], [0.6, 0.4, 0.2])
    _, confidence = refined(lit(coarse, 1.0)[..., :1] ** 2.2 * patina.astype(np.float32), coarse, inside(), view())
    middle = confidence[SIZE // 2]
    edge = round((0.35 + 1) / 2 * SIZE)
    assert middle[edge - 1 : edge + 1].max() < 0.5 * middle[edge + 12]


def test_highlights_are_not_believed():
    coarse = normals_of(dome())
    photo = lit(coarse)
    photo[70:80, 70:80] = 1.0
    _, confidence = refined(photo, coarse, inside(), view())
    assert confidence[70:80, 70:80].max() == 0.0
    assert confidence[95:105, 95:105].min() > 0.1


def test_light_from_everywhere_is_hardly_believed():
    coarse = normals_of(dome())
    sun = refined(lit(coarse), coarse, inside(), view())[1].max()
    even = refined(np.full((SIZE, SIZE, 3), 0.6, np.float32), coarse, inside(), view())[1].max()
    assert even < 0.6 * sun


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_black_or_a_white_photo_and_an_empty_mask_give_the_shape_back(value):
    coarse = normals_of(dome())
    flat = np.full((SIZE, SIZE, 3), value, np.float32)
    for trust in (inside(), np.zeros((SIZE, SIZE), np.float32)):
        found, confidence = refined(flat, coarse, trust, view())
        assert np.isfinite(found).all()
        assert angles(blended(found, confidence, coarse), coarse).max() < 8.0
