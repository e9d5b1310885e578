"""Looking pictures up at many places."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

ROW = 4096  # places in a row: OpenCV takes fewer than 32 768 in each direction


def looked_up(picture: NDArray, columns: NDArray, rows: NDArray) -> NDArray[np.float32]:
    """A picture [H, W] at fractional columns and rows, each [N], pixel centres at whole numbers; beyond it its border.

    Linear; [N].
    """
    count = len(columns)
    across, down = (np.pad(np.asarray(at, np.float32), (0, -count % ROW)).reshape(-1, ROW) for at in (columns, rows))
    found = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).ravel()[:count]
