"""What was measured while training, drawn: one small graph for each figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, EDGE = 360, 220, 34  # pixels of a graph, and of the room around the curve
ACROSS = 3
INK, LINE, GRID = (40, 40, 40), (150, 90, 20), (215, 215, 215)  # blue, green, red


def draw_curves(lines: Sequence[dict[str, float]], path: Path) -> None:
    """Each figure of the log over the minutes, as a PNG."""
    names = sorted({name for line in lines for name in line} - {"step", "minutes"})
    measured = {
        name: [(line["minutes"], line[name]) for line in lines if math.isfinite(line.get(name, math.nan))]
        for name in names
    }
    graphs = [_graph(name, points) for name, points in measured.items() if points]
    if not graphs:
        return
    graphs += [np.full_like(graphs[0], 255)] * (-len(graphs) % ACROSS)
    rows = [np.hstack(graphs[start : start + ACROSS]) for start in range(0, len(graphs), ACROSS)]
    path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())


def _graph(name: str, points: list[tuple[float, float]]) -> np.ndarray:
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    x, y = np.array(points, float).T
    low, high = float(y.min()), float(y.max())
    span = max(high - low, 1e-9)
    across = EDGE + (WIDTH - 2 * EDGE) * x / max(float(x.max()), 1e-9)
    down = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (y - low) / span
    for share in (0.0, 0.5, 1.0):
        level = round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * share)
        cv2.line(image, (EDGE, level), (WIDTH - EDGE, level), GRID, 1)
        _write(image, f"{low + share * span:.4g}", (2, level - 3), 0.33)
    corners = np.stack([across, down], axis=1).round().astype(np.int32)
    cv2.polylines(image, [corners], False, LINE, 2, cv2.LINE_AA)
    _write(image, f"{name}: {y[-1]:.4g}", (EDGE, 18), 0.45)
    _write(image, f"{x[-1]:.0f} min", (WIDTH - 70, HEIGHT - 8), 0.35)
    return image


def _write(image: np.ndarray, text: str, place: tuple[int, int], size: float) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, INK, 1, cv2.LINE_AA)
