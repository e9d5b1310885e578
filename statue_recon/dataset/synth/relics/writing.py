"""Invented writing: wedges, letters and picture signs in rows, as drawings to be cut into a surface."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Draw = Callable[[NDArray, float, float, float, np.random.Generator], None]


def signs(
    rows: int, columns: int, columns_of_signs: bool = False, kind: str = "", seed: int = 0
) -> NDArray[np.float32]:
    """[rows, columns] 0 … 1, row 0 at the bottom: how deep each place is cut.

    kind: a key of KINDS, "" for picture signs; in columns from top to bottom, or in rows with ruled lines.
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros((rows, columns), np.uint8)
    draw = KINDS[kind or "picture signs"]
    size = max(rows / int(rng.integers(6, 11)), 17.0)  # pixels from line to line
    count = max(int((columns if columns_of_signs else rows) / size), 1)
    pitch = (columns if columns_of_signs else rows) / count
    for line in range(count):
        at, end = 0.35 * pitch, columns if not columns_of_signs else rows
        stop = end - (rng.random() * 0.5 * end if line == count - 1 else 0.6 * pitch)
        while at < stop - 0.4 * pitch:
            x, y = (at + 0.4 * pitch, (line + 0.5) * pitch)
            if columns_of_signs:
                x, y = y, x
            draw(drawn, x, y, 0.34 * pitch, rng)
            at += pitch * rng.uniform(0.72, 0.98)
        if line and rng.random() < 0.9:
            place = round(line * pitch)
            ends = ((place, 0), (place, rows)) if columns_of_signs else ((0, place), (columns, place))
            cv2.line(drawn, *ends, 150, max(round(0.035 * pitch), 1))
    return cv2.GaussianBlur(drawn, (0, 0), 0.8)[::-1].astype(np.float32) / np.float32(255)


def _line(drawn: NDArray, places: list[tuple[float, float]], width: float) -> None:
    cv2.polylines(drawn, [np.round(16 * np.array(places)).astype(np.int32)], False, 255, max(round(width), 1), shift=4)


def _wedges(drawn: NDArray, x: float, y: float, size: float, rng: np.random.Generator) -> None:
    """Cuneiform: strokes with a triangular head."""
    for _ in range(int(rng.integers(2, 6))):
        angle = float(rng.choice([0.0, np.pi / 2, np.pi / 4], p=[0.4, 0.45, 0.15]))
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        head = np.array([x, y]) + size * rng.uniform(-0.75, 0.75, 2) - 0.4 * size * along
        length, wide = size * rng.uniform(0.7, 1.3), 0.26 * size
        corners = [head - wide * across, head + wide * across, head + 0.5 * size * along + 0.05 * size * across]
        tail = [head + length * along, head + 0.5 * size * along - 0.05 * size * across]
        cv2.fillPoly(drawn, [np.round(16 * np.array([*corners, *tail])).astype(np.int32)], 255, shift=4)


_LETTERS: tuple[list[list[tuple[float, float]]], ...] = (
    [[(-1, 1), (0, -1), (1, 1)], [(-0.5, 0.2), (0.5, 0.2)]],
    [[(-0.8, 1), (-0.8, -1), (0.8, -1)], [(-0.8, 0), (0.5, 0)], [(-0.8, 1), (0.8, 1)]],
    [[(-0.8, 1), (-0.8, -1)], [(0.8, 1), (0.8, -1)], [(-0.8, 0), (0.8, 0)]],
    [[(-0.9, -1), (0.9, -1)], [(0, -1), (0, 1)]],
    [[(-0.8, 1), (-0.8, -1), (0.8, 1), (0.8, -1)]],
    [[(-0.7, 1), (-0.7, -1), (0.6, -0.8), (0.6, -0.1), (-0.7, 0.1)]],
    [[(-0.9, -1), (0, 1), (0.9, -1)]],
    [[(-0.8, -1), (0.8, -1), (-0.8, 1), (0.8, 1)]],
    [[(0.8, -0.8), (0, -1), (-0.8, -0.4), (-0.8, 0.4), (0, 1), (0.8, 0.8)]],
    [[(0, -1), (0.8, -0.5), (0.8, 0.5), (0, 1), (-0.8, 0.5), (-0.8, -0.5), (0, -1)]],
    [[(-0.9, 1), (-0.6, -1), (0, 0.5), (0.6, -1), (0.9, 1)]],
    [[(-0.7, 1), (-0.7, -1)], [(0.8, -1), (-0.7, 0), (0.8, 1)]],
    [[(0, 1), (0, -1)]],
    [[(0.7, -0.9), (-0.6, -0.7), (0.6, 0.5), (-0.7, 1)]],
)


def _letters(drawn: NDArray, x: float, y: float, size: float, rng: np.random.Generator) -> None:
    for stroke in _LETTERS[int(rng.integers(len(_LETTERS)))]:
        _line(drawn, [(x + 0.85 * size * a, y + size * b) for a, b in stroke], 0.24 * size)


def _pictures(drawn: NDArray, x: float, y: float, size: float, rng: np.random.Generator) -> None:
    """Birds, eyes, water, suns, reeds and squares."""
    kind, width = int(rng.integers(7)), 0.2 * size
    if kind == 0:
        _line(drawn, [(x + size * t, y + 0.35 * size * (-1) ** k) for k, t in enumerate(np.linspace(-1, 1, 7))], width)
    elif kind == 1:
        cv2.circle(drawn, (round(x), round(y)), round(0.75 * size), 255, max(round(width), 1))
        cv2.circle(drawn, (round(x), round(y)), max(round(0.2 * size), 1), 255, -1)
    elif kind == 2:
        cv2.ellipse(
            drawn, (round(x), round(y)), (round(size), round(0.45 * size)), 0, 0, 360, 255, max(round(width), 1)
        )
        cv2.circle(drawn, (round(x), round(y)), max(round(0.22 * size), 1), 255, -1)
    elif kind == 3:
        cv2.ellipse(
            drawn, (round(x), round(y + 0.1 * size)), (round(0.8 * size), round(0.35 * size)), 25, 0, 360, 255, -1
        )
        cv2.circle(drawn, (round(x - 0.65 * size), round(y - 0.5 * size)), max(round(0.3 * size), 1), 255, -1)
        _line(drawn, [(x, y + 0.4 * size), (x, y + size), (x - 0.4 * size, y + size)], width)
    elif kind == 4:
        for shift in (-0.5, 0.1, 0.7):
            _line(
                drawn,
                [
                    (x + shift * size, y + size),
                    (x + shift * size, y - size),
                    (x + (shift + 0.3) * size, y - 0.4 * size),
                ],
                width,
            )
    elif kind == 5:
        corners = [(-0.8, -0.7), (0.8, -0.7), (0.8, 0.7), (-0.8, 0.7), (-0.8, -0.7)]
        _line(drawn, [(x + size * a, y + size * b) for a, b in corners], width)
        _line(drawn, [(x - 0.3 * size, y), (x + 0.3 * size, y)], width)
    else:
        _line(
            drawn,
            [(x - 0.5 * size, y + size), (x + 0.3 * size, y), (x, y - size), (x - 0.6 * size, y - 0.5 * size)],
            width,
        )


KINDS: dict[str, Draw] = {"wedges": _wedges, "letters": _letters, "picture signs": _pictures}
