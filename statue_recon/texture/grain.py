"""The fine structure of the material, borrowed from where the photo shows it and spread over the rest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .sight import sample

_TILE = 512  # photo pixels after which the grain repeats
_PATCHES = (256, 128, 64, 32)  # sides of the piece borrowed, the largest that fits is taken
_CALM = 0.2  # quantile of contrast among the pieces: below average, so that no eye or fold is taken for grain
_WINDOW = 16  # pixels: the contrast is that of squares this small, of which many lie between all features
_TURNS = ((1, 2), (0, 2), (0, 1))  # the coordinates that span the planes facing x, y and z


def grain_of(photo: NDArray, broad: NDArray, trust: NDArray, seed: int | tuple[int, ...]) -> NDArray[np.float32]:
    """A tile [512, 512, 3] that repeats seamlessly and has the fine contrast and colour of a piece of the photo.

    Random-phase noise (Galerne, Gousseau, Morel: Random Phase Textures, 2011) with the spectrum of a calm piece of
    photo - broad. Unlike theirs the spectrum is the same in all directions, and the contrast is that of the photo's
    calm places, since on a small photo every piece has folds in it. Zero on average; all zero where the photo has no
    trusted piece of 32 pixels.

    photo, broad [H, W, 3]; trust [H, W] 0 … 1.
    """
    detail = (photo - broad) * trust[..., None]
    for side in _PATCHES:
        corner = _calm_piece(detail, trust, side)
        if corner is not None:
            y, x = corner
            return _random_phase(
                detail[y : y + side, x : x + side], _contrast(detail, trust, min(_WINDOW, side // 4)), seed
            )
    return np.zeros((_TILE, _TILE, 3), dtype=np.float32)


def spread(grain: NDArray, points: NDArray, normals: NDArray, pixels_per_unit: float) -> NDArray[np.float32]:
    """The grain at surface points [N, 3]: from three sides, mixed by the normals [N, 3] with its contrast kept.

    It is bound to space, not to the atlas, so it runs on across the borders of charts. Returns [N, 3].
    """
    shares = np.abs(normals) ** 3
    shares /= np.maximum(np.linalg.norm(shares, axis=1, keepdims=True), 1e-6)
    total = np.zeros((len(points), 3), dtype=np.float32)
    # One pixel of rim lets bilinear sampling run over the edge of the tile.
    rimmed = cv2.copyMakeBorder(grain, 1, 1, 1, 1, cv2.BORDER_WRAP)
    for axis, plane in enumerate(_TURNS):
        facing = np.flatnonzero(shares[:, axis] > 0.02)
        # Shifted from side to side, or opposite corners of a statue would show the same spots.
        places = points[facing][:, plane] * pixels_per_unit + 171.0 * axis
        values = sample(rimmed, np.mod(places, _TILE).astype(np.float32) + 1.0)
        total[facing] += shares[facing, axis, None] * values
    return total


def _calm_piece(detail: NDArray, trust: NDArray, side: int) -> tuple[int, int] | None:
    """The corner (y, x) of a wholly trusted square piece with little contrast; None if no piece is wholly trusted."""
    if min(trust.shape) < side:
        return None
    step = max(side // 8, 1)
    contrast = _contrasts(detail, trust, side, step)
    whole = np.flatnonzero(np.isfinite(contrast))
    if len(whole) == 0:
        return None
    order = whole[np.argsort(contrast.ravel()[whole], kind="stable")]
    row, column = divmod(int(order[int(_CALM * (len(order) - 1))]), contrast.shape[1])
    return row * step, column * step


def _contrast(detail: NDArray, trust: NDArray, side: int) -> float:
    """The standard deviation of the brightness in calm squares of `side` pixels."""
    contrast = _contrasts(detail.mean(axis=2, keepdims=True), trust, side, max(side // 2, 1))
    return float(np.sqrt(np.quantile(contrast[np.isfinite(contrast)], _CALM)) / side)


def _contrasts(detail: NDArray, trust: NDArray, side: int, step: int) -> NDArray:
    """The sum of detail² in all squares of `side` pixels on a grid of `step` pixels; infinite if not wholly trusted."""
    believed = _sums((trust > 0.99).astype(np.float64), side, step)
    contrast = _sums((detail.astype(np.float64) ** 2).sum(axis=2), side, step)
    return np.where(believed >= side * side - 0.5, contrast, np.inf)


def _sums(values: NDArray, side: int, step: int) -> NDArray:
    """The sums over all squares of `side` pixels whose corners lie on a grid of `step` pixels."""
    table = cv2.integral(values)
    sums = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    return sums[::step, ::step]


def _random_phase(piece: NDArray, contrast: float, seed: int | tuple[int, ...]) -> NDArray[np.float32]:
    """Noise [_TILE, _TILE, 3] with the coarseness and the tint of the piece [n, n, 3].

    `contrast` is the standard deviation of its brightness, if the piece's own is not smaller.
    """
    piece = piece - piece.mean(axis=(0, 1))
    grey = piece.mean(axis=2)
    spread_of_grey = float(grey.std())
    if min(spread_of_grey, contrast) < 1e-6:
        return np.zeros((_TILE, _TILE, 3), dtype=np.float32)
    # How each colour goes along with the brightness.
    tint = (piece * grey[..., None]).mean(axis=(0, 1)) / spread_of_grey**2 * min(contrast, spread_of_grey)
    window = np.hanning(len(piece) + 2)[1:-1]
    padded = np.zeros((_TILE, _TILE))
    padded[: len(piece), : len(piece)] = grey * np.outer(window, window)
    # The mean over all directions: folds and edges run somewhere, the grain of stone and bronze does not.
    y, x = np.meshgrid(np.fft.fftfreq(_TILE, 1 / _TILE), np.arange(_TILE // 2 + 1), indexing="ij")
    ring = np.hypot(y, x).astype(np.int64)
    power = np.bincount(ring.ravel(), (np.abs(fft.rfft2(padded)) ** 2).ravel()) / np.bincount(ring.ravel())
    noise = fft.rfft2(np.random.default_rng(seed).standard_normal((_TILE, _TILE)))
    spectrum = np.sqrt(power)[ring] * np.exp(1j * np.angle(noise))
    spectrum[0, 0] = 0.0
    tile = fft.irfft2(spectrum, (_TILE, _TILE))
    return (tile[..., None] * (tint / max(float(tile.std()), 1e-12))).astype(np.float32)
