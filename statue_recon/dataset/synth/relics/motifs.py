"""Ornament as heights: one repeat of a border each, drawn, and rounded off as if cut. 0 the ground … 1 the highest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

PIXELS = 96  # the height of one repeat
Line = Sequence[tuple[float, float]]  # places in the repeat: x, y from 0 to 1 of its height, y upwards


class Ground:
    """A repeat to draw on; what runs over one side comes in at the other."""

    def __init__(self, aspect: float):
        self.width = round(aspect * PIXELS)
        self.drawn = np.zeros((PIXELS, 3 * self.width), np.uint8)

    def stroke(self, line: Line, width: float, closed: bool = False) -> None:
        for shift in range(3):
            cv2.polylines(self.drawn, [self._pixels(line, shift)], closed, 255, max(round(width * PIXELS), 1), shift=4)

    def fill(self, outline: Line) -> None:
        for shift in range(3):
            cv2.fillPoly(self.drawn, [self._pixels(outline, shift)], 255, shift=4)

    def clear(self, outline: Line) -> None:
        for shift in range(3):
            cv2.fillPoly(self.drawn, [self._pixels(outline, shift)], 0, shift=4)

    def spot(self, x: float, y: float, radius: float) -> None:
        self.fill(petal(x, y, 0.0, 2 * radius, 2 * radius, blunt=True, centred=True))

    def _pixels(self, line: Line, shift: int) -> NDArray:
        places = np.array(line, float) * PIXELS
        places[:, 0] += shift * self.width
        places[:, 1] = PIXELS - 1 - places[:, 1]
        return np.round(16 * places).astype(np.int32)

    def heights(self, rounding: float) -> NDArray[np.float32]:
        """The drawing as [PIXELS, width], rows upwards; edges rounded over `rounding` of the repeat's height."""
        return rounded(self.drawn, rounding * PIXELS)[::-1, self.width : 2 * self.width]


def rounded(drawn: NDArray[np.uint8], radius: float) -> NDArray[np.float32]:
    """Heights 0 … 1 of what is drawn, [H, W]: a quarter circle up from every edge."""
    padded = cv2.copyMakeBorder(drawn, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    away = cv2.distanceTransform((padded > 127).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    share = np.clip(away / max(radius, 1e-6), 0, 1)
    return cv2.GaussianBlur(np.sqrt(1 - (1 - share) ** 2).astype(np.float32), (0, 0), 0.8)


def petal(
    x: float, y: float, angle: float, length: float, width: float, blunt: bool = False, centred: bool = False
) -> Line:
    """The outline of a leaf from (x, y) in a direction (degrees, 0 upwards, clockwise)."""
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    along = 0.5 - 0.5 * np.cos(t)
    across = 0.5 * np.sin(t) * (1.0 if blunt else 0.35 + 0.65 * along)
    if centred:
        along = along - 0.5
    turn = np.radians(angle)
    px = x + length * along * np.sin(turn) + width * across * np.cos(turn)
    py = y + length * along * np.cos(turn) - width * across * np.sin(turn)
    return list(zip(px.tolist(), py.tolist(), strict=True))


def spiral(x: float, y: float, radius: float, turns: float, start: float, hand: int = 1) -> Line:
    """A spiral from its rim inwards; `start` in degrees, 0 to the right, anticlockwise with hand 1."""
    t = np.linspace(0, 1, round(24 * turns) + 2)
    angle = np.radians(start) + hand * 2 * np.pi * turns * t
    size = radius * (1 - 0.88 * t)
    return list(zip((x + size * np.cos(angle)).tolist(), (y + size * np.sin(angle)).tolist(), strict=True))


def meander() -> NDArray:
    ground = Ground(1.0)
    ground.stroke([(0, 0.12), (0.88, 0.12), (0.88, 0.88), (0.24, 0.88), (0.24, 0.38), (0.56, 0.38), (0.56, 0.62)], 0.13)
    ground.stroke([(0.88, 0.12), (1.0, 0.12)], 0.13)
    return ground.heights(0.05)


def key() -> NDArray:
    ground = Ground(1.0)
    ground.stroke([(0, 0.12), (0.3, 0.12), (0.3, 0.88), (0.8, 0.88), (0.8, 0.12), (1, 0.12)], 0.16)
    return ground.heights(0.06)


def waves() -> NDArray:
    """The running dog."""
    ground = Ground(1.3)
    ground.stroke([(0, 0.1), (1.3, 0.1)], 0.16)
    ground.stroke([(0.05, 0.1), (0.18, 0.35), *spiral(0.62, 0.55, 0.36, 1.4, 170, -1)], 0.13)
    return ground.heights(0.07)


def guilloche() -> NDArray:
    ground = Ground(1.6)
    t = np.linspace(0, 1.6, 40)
    for phase in (0.0, np.pi):
        ground.stroke(list(zip(t, 0.5 + 0.36 * np.sin(2 * np.pi * t / 1.6 + phase), strict=True)), 0.2)
    ground.spot(0.4, 0.5, 0.1)
    ground.spot(1.2, 0.5, 0.1)
    return ground.heights(0.1)


def eggs() -> NDArray:
    """Egg and dart."""
    ground = Ground(0.85)
    ground.stroke(petal(0.42, 1.05, 180, 1.0, 0.78, blunt=True), 0.1, closed=True)
    ground.fill(petal(0.42, 1.0, 180, 0.82, 0.46, blunt=True))
    ground.fill([(0.78, 1.0), (0.92, 1.0), (0.87, 0.05), (0.83, 0.05)])
    return ground.heights(0.18)


def tongues() -> NDArray:
    ground = Ground(0.42)
    ground.fill([(0.03, 0), (0.39, 0), (0.39, 0.78), (0.33, 0.93), (0.21, 1.0), (0.09, 0.93), (0.03, 0.78)])
    return ground.heights(0.18)


def beads() -> NDArray:
    ground = Ground(1.0)
    ground.spot(0.5, 0.5, 0.42)
    return ground.heights(0.42)


def beads_and_reels() -> NDArray:
    ground = Ground(1.7)
    ground.fill(petal(0.6, 0.5, 90, 1.05, 0.8, blunt=True, centred=True))
    ground.fill([(1.22, 0.12), (1.34, 0.12), (1.34, 0.88), (1.22, 0.88)])
    ground.fill([(1.46, 0.12), (1.58, 0.12), (1.58, 0.88), (1.46, 0.88)])
    return ground.heights(0.3)


def rosettes() -> NDArray:
    ground = Ground(1.15)
    for angle in range(0, 360, 45):
        ground.fill(petal(0.575, 0.5, angle, 0.46, 0.25))
    ground.clear(petal(0.575, 0.5, 0, 0.34, 0.34, blunt=True, centred=True))
    ground.spot(0.575, 0.5, 0.12)
    return ground.heights(0.09)


def palmettes() -> NDArray:
    """Palmette and lotus in turn, on scrolls."""
    ground = Ground(1.7)
    for angle in (-75, -50, -25, 0, 25, 50, 75):
        ground.fill(petal(0.5, 0.22, angle, 0.72 - 0.0028 * abs(angle), 0.17))
    ground.spot(0.5, 0.2, 0.1)
    for angle in (-32, 0, 32):
        ground.fill(petal(1.35, 0.15, angle, 0.75 - 0.002 * abs(angle), 0.22))
    for hand in (-1, 1):
        ground.stroke(spiral(0.93 + 0.0 * hand, 0.2, 0.14, 1.2, 90 + 90 * hand, hand), 0.06)
    ground.stroke([(0, 0.05), (1.7, 0.05)], 0.07)
    return ground.heights(0.07)


def zigzag() -> NDArray:
    ground = Ground(0.7)
    ground.stroke([(-0.35, -0.3), (0, 0.15), (0.35, 0.85), (0.7, 0.15), (1.05, 0.85)], 0.17)
    return ground.heights(0.09)


def rays() -> NDArray:
    ground = Ground(0.45)
    ground.fill([(0.04, 0.0), (0.41, 0.0), (0.225, 1.0)])
    return ground.heights(0.1)


def scrolls() -> NDArray:
    """A vine that rolls up to both sides, with leaves."""
    ground = Ground(2.4)
    t = np.linspace(0, 2.4, 50)
    ground.stroke(list(zip(t, 0.5 - 0.3 * np.cos(2 * np.pi * t / 2.4), strict=True)), 0.08)
    ground.stroke(spiral(0.12 + 1.2, 0.38, 0.28, 1.5, 100, -1), 0.07)
    ground.stroke(spiral(0.12, 0.62, 0.28, 1.5, -100, 1), 0.07)
    for x, y, angle in ((0.6, 0.5, -20), (0.7, 0.55, 120), (1.8, 0.5, 200), (1.9, 0.45, 60)):
        ground.fill(petal(x, y, angle, 0.42, 0.24))
    ground.spot(1.32, 0.38, 0.1)
    ground.spot(0.12, 0.62, 0.1)
    return ground.heights(0.06)


def laurel() -> NDArray:
    ground = Ground(0.62)
    ground.stroke([(0, 0.5), (0.62, 0.5)], 0.07)
    for angle in (48, 132):
        ground.fill(petal(0.1, 0.5, angle, 0.6, 0.24))
    ground.spot(0.5, 0.62, 0.06)
    return ground.heights(0.09)


def rope() -> NDArray:
    ground = Ground(0.6)
    ground.stroke([(-0.2, -0.1), (0.15, 0.35), (0.45, 0.65), (0.8, 1.1)], 0.3)
    return ground.heights(0.16)


def discs() -> NDArray:
    ground = Ground(1.1)
    ground.stroke(petal(0.55, 0.5, 0, 0.76, 0.76, blunt=True, centred=True), 0.11, closed=True)
    ground.spot(0.55, 0.5, 0.17)
    return ground.heights(0.08)


def thunder() -> NDArray:
    """The squared spirals of Chinese bronzes."""
    ground = Ground(1.5)
    ground.stroke([(0.05, 0.1), (0.68, 0.1), (0.68, 0.9), (0.12, 0.9), (0.12, 0.35), (0.46, 0.35), (0.46, 0.64)], 0.1)
    ground.stroke([(1.45, 0.1), (0.82, 0.1), (0.82, 0.9), (1.38, 0.9), (1.38, 0.35), (1.04, 0.35), (1.04, 0.64)], 0.1)
    return ground.heights(0.05)


# What people call a border, and how it is drawn.
MOTIFS: dict[str, Callable[[], NDArray]] = {
    "meander": meander,
    "key pattern": key,
    "running waves": waves,
    "guilloche": guilloche,
    "egg-and-dart": eggs,
    "tongues": tongues,
    "beads": beads,
    "beads and reels": beads_and_reels,
    "rosettes": rosettes,
    "palmettes": palmettes,
    "zigzags": zigzag,
    "rays": rays,
    "leaf scrolls": scrolls,
    "laurel leaves": laurel,
    "twisted rope": rope,
    "circles": discs,
    "thunder spirals": thunder,
}


def border(name: str, repeats: int, rows: int, columns: int) -> NDArray[np.float32]:
    """[rows, columns] heights 0 … 1 of a border with so many repeats, that closes on itself."""
    one = MOTIFS[name]()
    wide = max(round(columns / repeats), 2)
    few = cv2.resize(np.ascontiguousarray(one), (wide, rows), interpolation=cv2.INTER_AREA)
    wide_one = cv2.resize(np.tile(few, (1, repeats)), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return wide_one.astype(np.float32)


def aspect(name: str) -> float:
    """Width of one repeat as a share of its height."""
    one = MOTIFS[name]()
    return one.shape[1] / one.shape[0]
