"""Linear light and the sRGB values that stand for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def linear(values: NDArray) -> NDArray:
    """Linear light of sRGB values."""
    values = np.maximum(values, 0.0)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb(values: NDArray) -> NDArray:
    """sRGB values of linear light."""
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 0.0031308) ** (1 / 2.4) - 0.055)
