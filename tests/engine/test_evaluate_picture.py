"""The ruler on the photo: outline and colours, against scikit-image and against arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.evaluate.picture import draw, on_photo, psnr, ssim
from statue_recon.evaluate.subject import Subject
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.raster import cover_of_photo

WIDTH, HEIGHT = 120, 160
DISTANCE = 4.0
CAMERA = Camera.orbit(0, 0, DISTANCE, WIDTH, HEIGHT, 200.0)
LEFT, RIGHT, TOP, BOTTOM = 30, 90, 40, 130  # pixels of the photo that the plate covers


def plate() -> Subject:
    """A rectangle facing the camera, over the pixels LEFT … RIGHT, TOP … BOTTOM, in colours that grow across it."""
    pixels = np.array([[LEFT, TOP], [RIGHT, TOP], [RIGHT, BOTTOM], [LEFT, BOTTOM]], float)
    origin, rays = CAMERA.rays(pixels)
    corners = origin + rays * (DISTANCE / rays[:, 1:2])
    mesh = Mesh(corners.astype(np.float32), np.array([[0, 3, 2], [0, 2, 1]], np.int32))
    at = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
    row, column = np.mgrid[0:256, 0:256]
    atlas = np.stack([column, row, np.full_like(row, 90)], axis=2).astype(np.uint8)
    return Subject(mesh, uv=at[mesh.faces], atlas=atlas, camera=CAMERA)


def colours() -> np.ndarray:
    """The picture of the plate by arithmetic: [H, W, 3] float 0 … 1, white around."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    picture = np.ones((HEIGHT, WIDTH, 3))
    across, down = (u - LEFT) / (RIGHT - LEFT), (v - TOP) / (BOTTOM - TOP)
    shown = np.stack([across * 256 - 0.5, down * 256 - 0.5, np.full_like(across, 90)], axis=2) / 255
    inside = np.s_[TOP:BOTTOM, LEFT:RIGHT]
    picture[inside] = shown[inside]
    return picture


def mask(left: int = LEFT, right: int = RIGHT, top: int = TOP, bottom: int = BOTTOM) -> np.ndarray:
    inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
    inside[top:bottom, left:right] = True
    return inside


def write(path: Path, values: np.ndarray) -> Path:
    Image.fromarray(np.round(255 * values.astype(float)).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def noisy() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    one = chance.random((90, 110, 3)).astype(np.float32)
    return one, np.clip(one + chance.normal(0, 0.2, one.shape), 0, 1).astype(np.float32)


def test_psnr_and_ssim_are_those_of_scikit_image(noisy):
    everywhere = np.ones((90, 110), dtype=bool)
    judge = structural_similarity(
        *noisy, channel_axis=2, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )[1]
    assert ssim(*noisy, everywhere) == pytest.approx(float(judge.mean()), abs=1e-5)
    assert psnr(*noisy, everywhere) == pytest.approx(peak_signal_noise_ratio(*noisy, data_range=1.0), abs=1e-3)


def test_nothing_outside_of_the_mask_enters(noisy):
    inside = np.zeros((90, 110), dtype=bool)
    inside[20:60, 30:70] = True
    one, other = noisy
    painted = np.where(inside[..., None], other, 0.0)
    assert ssim(one, painted, inside) == pytest.approx(ssim(one, other, inside), abs=1e-9)
    assert psnr(one, painted, inside) == psnr(one, other, inside)
    assert ssim(one, one, inside) == pytest.approx(1) and psnr(one, one, inside) == 100.0


def test_the_texture_is_drawn_where_arithmetic_says():
    subject = plate()
    drawn = draw(cover_of_photo(subject.mesh, CAMERA), subject.uv, subject.atlas)
    assert np.allclose(drawn[mask()], colours()[mask()], atol=2e-3)
    assert np.all(drawn[~mask()] == 0.5)


def test_a_mesh_on_its_own_photo_is_perfect(tmp_path):
    photo, known = write(tmp_path / "photo.png", colours()), write(tmp_path / "mask.png", mask())
    found = on_photo(plate(), CAMERA, photo, known)
    assert found["silhouette_iou"] == 1.0 and found["ssim"] > 0.999 and found["psnr"] > 50


def test_a_shifted_outline_costs_its_share(tmp_path):
    photo = write(tmp_path / "photo.png", colours())
    shifted = write(tmp_path / "mask.png", mask(LEFT + 20, RIGHT + 20))
    assert on_photo(plate(), CAMERA, photo, shifted)["silhouette_iou"] == pytest.approx(40 / 80)


def test_a_gap_in_the_mesh_costs_as_grey(tmp_path):
    photo = write(tmp_path / "photo.png", colours())
    larger = mask(LEFT, RIGHT + 20)
    found = on_photo(plate(), CAMERA, photo, write(tmp_path / "mask.png", larger))
    # Of the larger mask, less its rim, 19 of 78 columns show the white photo where the mesh is drawn grey.
    assert found["psnr"] == pytest.approx(-10 * np.log10(19 / 78 * 0.25), abs=0.05)


def test_the_photos_alpha_is_its_mask_and_a_larger_photo_is_reduced(tmp_path):
    whole = np.dstack([colours(), mask()]).repeat(3, axis=0).repeat(3, axis=1)
    found = on_photo(plate(), CAMERA, write(tmp_path / "large.png", whole), None)
    assert found["silhouette_iou"] == 1.0 and found["psnr"] > 30


def test_a_mesh_without_texture_has_an_outline_only(tmp_path):
    photo, known = write(tmp_path / "photo.png", colours()), write(tmp_path / "mask.png", mask())
    assert on_photo(Subject(plate().mesh), CAMERA, photo, known) == {"silhouette_iou": 1.0, "psnr": None, "ssim": None}


@pytest.mark.parametrize(
    ("shape", "said"), [((HEIGHT, HEIGHT), "camera does not belong"), ((HEIGHT, WIDTH), "what of photo.png is statue")]
)
def test_a_photo_that_cannot_be_compared_is_told(tmp_path, shape, said):
    with pytest.raises(Failure, match=said):
        on_photo(plate(), CAMERA, write(tmp_path / "photo.png", np.zeros((*shape, 3))), None)


def test_an_empty_mask_is_told(tmp_path):
    photo, empty = write(tmp_path / "photo.png", colours()), write(tmp_path / "mask.png", np.zeros((HEIGHT, WIDTH)))
    with pytest.raises(Failure, match="mask is empty"):
        on_photo(plate(), CAMERA, photo, empty)
