"""A figure before its dressers: its lines, levels and sides in the words of a tailor."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..human.figure import Figure
from .axis import Axis, bent, upright
from .canvas import ROW, Canvas
from .folds import smooth
from .wrap import Wrap, wrapped

BENT = ("seated", "enthroned", "thinking", "reclining")  # poses whose trunk, thighs and shins are a line
_HEIGHT = 1.75  # metres of the man for whom all sizes of cloth and folds are given
_LAP = 0.6  # how tightly cloth bridges the hollow between the thighs of one who sits
_OVER_A_HEM = 0.12  # slope by which cloth recedes under the hem of what is worn beneath it
_OVER_FOLDS = 0.006  # metres that a cloth keeps from the mean of the folds beneath it
_TIGHT = 0.02  # metres between skin and string within which cloth is pressed flat


@dataclass
class Fitting:
    """Side 1: draped over the left shoulder; −1: everything mirrored."""

    figure: Figure
    rng: np.random.Generator
    side: int = 1
    _wraps: dict[tuple[str, ...], Wrap] = field(default_factory=dict)

    @cached_property
    def axis(self) -> Axis:
        return bent(self.figure) if self.sits else upright(self.figure)

    @property
    def sits(self) -> bool:
        """Whether the cloth's line bends with the lap, or lies: level planes would cut thighs lengthwise."""
        return self.figure.pose.name in BENT

    def wrap(self, *covered: str) -> Wrap:
        """The body without arms, but with the bones covered: "near Arm" on the draped side, "far Arm" on the other."""
        if covered not in self._wraps:
            names = tuple(self.bone(name) for name in covered)
            self._wraps[covered] = wrapped(self.figure, self.axis, names)
        return self._wraps[covered]

    def canvas(self) -> Canvas:
        return Canvas(self.wrap(), last=float(self.axis.down[-1]))

    def draped(self, canvas: Canvas, first: float, last: float, slope: float, covered: tuple[str, ...] = ()) -> NDArray:
        """[N, M] where cloth lies that hangs from `first` to `last` metres down, over the skin and the cloth so far.

        slope: by how much it may recede under what stands out. Over a lap nothing hangs; from the knees on it does.
        """
        if self.sits:
            first = max(first, self.knees - 0.05)
        hull = self.wrap(*covered).hull(_LAP if self.sits else 1.0, (first, last + 0.1), slope)
        worn = ndimage.gaussian_filter(canvas.surface, (7, 5), mode=("nearest", "wrap"))  # folds beneath do not show
        base = np.maximum(canvas.of(hull), np.where(canvas.radius > canvas.skin, worn + _OVER_FOLDS, canvas.skin))
        # The hem of what is worn under it does not show as a step: the cloth hangs from it, too.
        for row in np.flatnonzero((canvas.down[:, 0] > first) & (canvas.down[:, 0] < last))[1:]:
            base[row] = np.maximum(base[row], base[row - 1] - max(slope, _OVER_A_HEM) * ROW)
        return base

    def bone(self, name: str) -> str:
        """ "near Arm" → "LeftArm", or the right one when mirrored."""
        which, _, bone = name.partition(" ")
        if not bone:
            return name
        return ("Left" if (which == "near") == (self.side > 0) else "Right") + bone

    def place(self, name: str) -> tuple[float, float]:
        """Where a joint lies on the cloth: radians towards the draped side, metres down."""
        down, angle, _ = self.axis.places(self.figure.joints[self.bone(name)][None])
        return self.side * float(angle[0]), float(down[0])

    @cached_property
    def waist(self) -> float:
        spine, above = self.place("Spine")[1], self.place("Spine1")[1]
        return 0.4 * spine + 0.6 * above

    @cached_property
    def hips(self) -> float:
        return (self.place("near UpLeg")[1] + self.place("far UpLeg")[1]) / 2

    @cached_property
    def knees(self) -> float:
        return (self.place("near Leg")[1] + self.place("far Leg")[1]) / 2

    @cached_property
    def ankles(self) -> float:
        return float(self.axis.down[-1]) - (0.0 if self.sits else 0.08)

    @cached_property
    def floor(self) -> float:
        """Where a hem ends that touches the ground."""
        return float(self.axis.down[-1]) - (0.0 if self.sits else 0.025)

    @cached_property
    def free_leg(self) -> str:
        """ "near" or "far": the leg whose knee stands out more to the front."""
        joints = self.figure.joints
        ahead = {which: float(joints[self.bone(f"{which} Leg")][1]) for which in ("near", "far")}
        return min(ahead, key=lambda which: ahead[which])

    def towards(self, canvas: Canvas, centre: float = 0.0) -> NDArray[np.float64]:
        """[N, M] radians towards the draped side from `centre`, −π … π."""
        return (self.side * canvas.angle - centre + np.pi) % (2 * np.pi) - np.pi

    def loose(self, canvas: Canvas, radius: NDArray) -> NDArray[np.float64]:
        """[N, M] how freely the cloth lies: 0 pressed on the body … 1 across a hollow; over the free leg it clings."""
        free = 0.55 + 0.45 * smooth((radius - canvas.skin) / _TIGHT / 2)
        if self.sits:
            return free
        angle, knee = self.place(f"{self.free_leg} Leg")
        across = self.towards(canvas, angle) * 0.16
        along = (canvas.down - knee) / np.where(canvas.down < knee, 0.30, 0.16)
        return free * (1 - 0.85 * np.exp(-((across / 0.075) ** 2) - along**2))


def as_tall_as_a_man(figure: Figure) -> tuple[Figure, NDArray]:
    """The figure scaled to _HEIGHT, and the [4, 4] scale back to its own size."""
    scale = _HEIGHT / figure.build.height
    return figure.moved(np.diag([scale, scale, scale, 1.0])), np.diag([1 / scale, 1 / scale, 1 / scale, 1.0])


def _unit(vector: NDArray) -> NDArray:
    return vector / np.linalg.norm(vector)
