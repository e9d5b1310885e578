"""Without a prior normals come from shading, at the size that is asked for."""

import subprocess
import sys

import numpy as np

from statue_recon.camera import Camera
from statue_recon.photo.normals import photo_normals
from statue_recon.photo.photo import Photo

SIZE = 120


def ball() -> tuple[np.ndarray, np.ndarray]:
    """The normals [H, W, 3] and the mask of a ball that fills most of a photo."""
    x, y = np.meshgrid(*2 * [(np.arange(SIZE) + 0.5) / SIZE * 2.4 - 1.2])
    normals = np.dstack([x, y, -np.sqrt(np.maximum(1.0 - x**2 - y**2, 1e-3))])
    return (normals / np.linalg.norm(normals, axis=2, keepdims=True)).astype(np.float32), np.hypot(x, y) < 0.95


def photo_of(normals: np.ndarray, mask: np.ndarray) -> Photo:
    sun = np.array([-0.6, -0.5, -0.6])
    shade = np.sqrt(np.clip(0.2 + 0.7 * normals @ (sun / np.linalg.norm(sun)), 0.05, 1))
    rgb = np.repeat(shade[..., None], 3, axis=2).astype(np.float32)
    camera = Camera(SIZE, SIZE, 8.0 * SIZE, 8.0 * SIZE, SIZE / 2, SIZE / 2, np.eye(4))
    return Photo(rgb, mask.astype(np.float32), "drawn", camera, ())


def test_without_a_prior_normals_come_from_shading():
    normals, mask = ball()
    found = photo_normals(photo_of(normals, mask), photo_of(normals, mask).camera, normals, mask.astype(float), "cpu")
    assert found.source == "shading"
    assert found.normals.dtype == found.confidence.dtype == np.float32
    assert np.allclose(np.linalg.norm(found.normals, axis=2), 1.0, atol=1e-4)
    assert found.confidence[~mask].max() == 0.0
    assert 0.1 < found.confidence[mask].mean() <= 1.0
    assert np.array_equal(found.normals[~mask], normals[~mask])


def test_a_large_photo_is_read_at_the_size_of_the_shape():
    normals, mask = ball()
    photo = photo_of(normals, mask)
    small = photo.camera.resized(SIZE // 2, SIZE // 2)
    coarse = normals[::2, ::2]
    found = photo_normals(photo, small, coarse, mask[::2, ::2].astype(np.float32), "cpu")
    assert found.normals.shape == (SIZE // 2, SIZE // 2, 3)
    calm = mask[::2, ::2]
    assert np.degrees(np.arccos(np.clip((found.normals * coarse).sum(axis=2), -1, 1)))[calm].mean() < 5


def test_normals_need_neither_torch_nor_diffusers_where_no_prior_is_installed():
    """Their import takes seconds, and a machine may lack them."""
    code = "import sys, statue_recon.mesh.carve; sys.exit(any(m in sys.modules for m in ('torch', 'diffusers')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
