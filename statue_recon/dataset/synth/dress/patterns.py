"""How each garment is put on: layers on the figure's canvas, and cloth that hangs free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..shapes import Shape
from .canvas import Canvas
from .fitting import Fitting
from .folds import Rhythm, about, smooth, wander
from .hanging import fall
from .layers import THICK, bodice, gird, skirt, slung

_LEVEL = 0.65  # a forearm that rises or falls by less, for each metre of its length, can carry cloth
_TUCKED = 0.012  # metres below the belt where the cloth above it ends


@dataclass
class Worn:
    """What has been put on so far."""

    canvas: Canvas
    free: list[Shape]  # cloth that hangs free


def neckline(canvas: Canvas, front: float = 0.0, back: float = -0.08) -> NDArray[np.float64]:
    """[M] metres down of an upper edge that runs over both shoulders."""
    turn = np.abs(canvas.angles)
    return np.interp(turn, [0, 0.6, 1.1, 1.6, 2.1, np.pi], [front, front - 0.05, -0.13, -0.15, -0.13, back])


def one_shoulder(fit: Fitting, canvas: Canvas, low: float, high: float = -0.14) -> NDArray[np.float64]:
    """[M] metres down of an edge that runs over the draped shoulder and `low` under the other arm."""
    return (low + high) / 2 - (low - high) / 2 * np.cos(fit.side * canvas.angles - 1.35)


def chiton(fit: Fitting, worn: Worn) -> None:
    skirt(fit, worn.canvas, fit.waist - 0.01, fit.floor, depth=0.036, spacing=0.036)
    bodice(fit, worn.canvas, neckline(worn.canvas, -0.02), fit.waist + _TUCKED, depth=0.014, zigzag=0)
    gird(fit, worn.canvas, fit.waist, 0.03)


def peplos(fit: Fitting, worn: Worn) -> None:
    low = fit.rng.random() < 0.5
    skirt(fit, worn.canvas, fit.waist - 0.01, fit.floor)
    end = fit.waist + (0.20 if low else 0.10)
    end = min(end, fit.hips + 0.02) if fit.sits else end
    bodice(fit, worn.canvas, neckline(worn.canvas, 0.0), end, depth=0.022)
    if not low or fit.rng.random() < 0.6:
        gird(fit, worn.canvas, fit.waist, 0.02)


def tunic(fit: Fitting, worn: Worn) -> None:
    """Short: to above the knees."""
    hem = fit.hips + 0.55 * (fit.knees - fit.hips)
    skirt(fit, worn.canvas, fit.waist - 0.01, hem, depth=0.034, spacing=0.046, flare=0.05)
    bodice(fit, worn.canvas, neckline(worn.canvas, -0.04), fit.waist + _TUCKED, zigzag=0)
    gird(fit, worn.canvas, fit.waist, 0.028)


def long_tunic(fit: Fitting, worn: Worn) -> None:
    skirt(fit, worn.canvas, 0.16, fit.floor, depth=0.044, spacing=0.062, flare=0.04)
    bodice(fit, worn.canvas, neckline(worn.canvas, -0.06, -0.11), fit.waist, depth=0.016, zigzag=0)


def exomis(fit: Fitting, worn: Worn) -> None:
    """A workman's tunic: one shoulder bare."""
    hem = fit.hips + 0.6 * (fit.knees - fit.hips)
    skirt(fit, worn.canvas, fit.waist - 0.01, hem, depth=0.032, spacing=0.05)
    top = one_shoulder(fit, worn.canvas, fit.waist - 0.09)
    slung(
        fit,
        worn.canvas,
        top,
        fit.waist + _TUCKED,
        (1.25, -0.05),
        (-2.0, fit.waist - 0.08),
        0.018,
        0.045,
        roll=0.006,
        slack=0.2,
    )
    gird(fit, worn.canvas, fit.waist, 0.02)


def himation(fit: Fitting, worn: Worn) -> None:
    """Over one shoulder, under the other arm."""
    canvas = worn.canvas
    turn = fit.side * canvas.angles
    low = fit.waist + fit.rng.uniform(0.0, 0.06)
    hem = fit.knees + 0.25 + 0.05 * np.cos(turn + 0.5)
    slung(fit, canvas, one_shoulder(fit, canvas, low), hem, (1.25, 0.02), (-2.2, low), covered=("near Arm",))
    _over_forearm(fit, worn, "near")


def wrapped_mantle(fit: Fitting, worn: Worn) -> None:
    """Round both shoulders, an arm in the sling."""
    canvas = worn.canvas
    top = neckline(canvas, -0.05, -0.12)
    top = top + 0.03 * np.cos(fit.side * canvas.angles + 1.0)
    hem = fit.knees + 0.26 + 0.04 * np.cos(fit.side * canvas.angles)
    slung(fit, canvas, top, hem, (1.3, -0.04), (-1.8, 0.03), slack=0.34, roll=0.014, covered=("near Arm", "far Arm"))
    _over_forearm(fit, worn, "near")


def hip_mantle(fit: Fitting, worn: Worn) -> None:
    """Slung round the hips, a thick roll at its upper edge; the trunk is bare."""
    canvas = worn.canvas
    tilt = fit.rng.uniform(0.02, 0.05)
    turn = fit.side * canvas.angles
    top = fit.hips - 0.07 - tilt * np.cos(turn - 1.2)
    top = np.maximum(top, 0.05)
    hem = fit.knees + 0.3 + 0.05 * np.cos(turn - 0.4)
    level = float(top.mean())
    slung(
        fit, canvas, top, np.minimum(hem, fit.floor), (0.9, level + 0.02), (-2.3, level + 0.06), roll=0.038, slack=0.28
    )
    if not fit.sits:
        angle, down = 0.55 * fit.side, level + 0.02
        place = fit.axis.points(*(np.array([v]) for v in (down, angle, float(canvas.radius.max()) * 0.72)))[0]
        across = np.array([np.cos(angle), np.sin(angle), 0.0])
        worn.free.append(fall(place, across, 0.10, 0.07, fit.knees - level - 0.05, fit.rng))


def toga(fit: Fitting, worn: Worn) -> None:
    """A himation's way round the body, and over it the sinus, which hangs from the shoulder to the other knee."""
    canvas = worn.canvas
    himation(fit, worn)
    turn = fit.side * canvas.angles
    inner = one_shoulder(fit, canvas, fit.waist + 0.01)
    sag = fit.hips + 0.6 * (fit.knees - fit.hips)
    outer = one_shoulder(fit, canvas, sag, -0.10)
    before = np.minimum(1.9 - turn, turn + 2.9) * 0.16
    slung(
        fit, canvas, inner, outer, (1.2, 0.0), (-2.3, fit.waist + 0.05), 0.024, 0.045, 0.02, ("near Arm",), 0.26,
        sides=np.broadcast_to(before, canvas.angle.shape),
    )  # fmt: skip
    _umbo(fit, canvas)


def cloak(fit: Fitting, worn: Worn) -> None:
    """Pinned on one shoulder, open on that side: over the other arm and down the back."""
    canvas = worn.canvas
    # The pin is on the far shoulder: what is draped is the near one.
    turn = fit.towards(canvas, 0.35)
    pin = -1.25
    open_front = -0.6 + 2.0 * smooth((canvas.down + 0.1) / 0.6)  # radians: the front edge runs slantwise from the pin
    open_back = -0.35 + np.pi - 0.5 + 0.0 * canvas.down
    hem_at = fit.hips + fit.rng.uniform(0.5, 1.1) * (fit.knees - fit.hips)
    shift = fit.towards(canvas, np.pi / 2)  # 0 over the near arm, −: in front, +: behind
    sides = np.minimum(shift - (open_front - np.pi / 2), open_back - shift) * 0.18
    _mantle(fit, canvas, neckline(canvas, 0.0, -0.1), hem_at, sides, (pin, -0.1), turn)


def robe_cloak(fit: Fitting, worn: Worn) -> None:
    """Over both shoulders and open in front: the cloak of a saint."""
    canvas = worn.canvas
    gap = 0.20 + 0.22 * smooth(canvas.down / 0.9)
    turn = fit.towards(canvas, np.pi)
    sides = (np.pi - gap - np.abs(turn)) * 0.18
    hem = fit.ankles - 0.03
    _mantle(fit, canvas, neckline(canvas, -0.06, -0.12), hem, sides, (0.0, -0.25), turn, both=True)


def loincloth(fit: Fitting, worn: Worn) -> None:
    canvas = worn.canvas
    turn = fit.side * canvas.angles
    top = fit.hips - 0.11 + 0.02 * np.cos(turn - 0.8)
    hem = fit.hips + 0.14 + 0.05 * np.cos(turn + 1.0)
    slung(fit, canvas, top, hem, (0.8, fit.hips - 0.1), (-2.2, fit.hips - 0.06), 0.02, 0.035, roll=0.018, slack=0.13)
    if not fit.sits:
        place = fit.axis.points(np.array([fit.hips - 0.09]), np.array([0.85 * fit.side]), np.array([0.14]))[0]
        worn.free.append(fall(place, np.array([0.6, 0.6 * fit.side, 0]), 0.08, 0.06, 0.26, fit.rng))


def dancer(fit: Fitting, worn: Worn) -> None:
    """A wide skirt that swings, the cloth of the breast thin."""
    skirt(fit, worn.canvas, fit.waist - 0.01, fit.ankles - 0.06, depth=0.055, spacing=0.07, flare=0.13, sway=0.45)
    bodice(fit, worn.canvas, neckline(worn.canvas, 0.02), fit.waist + _TUCKED, depth=0.012, zigzag=0)
    gird(fit, worn.canvas, fit.waist, 0.02)


def beside(fit: Fitting, worn: Worn) -> None:
    """Nothing worn: a cloth laid over the forearm, or hung from the shoulder down the back."""
    if not _over_forearm(fit, worn, "near"):
        shoulder = fit.figure.joints[fit.bone("near Arm")]
        spine = fit.figure.joints["Spine2"]
        behind = -np.cross([fit.side, 0, 0.0], [0, 0, -fit.side])
        top = shoulder * 0.75 + spine * 0.25 + 0.055 * behind / np.linalg.norm(behind) + np.array([0, 0, 0.045])
        worn.free.append(fall(top, np.array([1.0, 0.25 * fit.side, 0]), 0.16, 0.09, float(top[2]) * 0.62, fit.rng))


def _over_forearm(fit: Fitting, worn: Worn, which: str) -> bool:
    """Lets the end of the cloth hang over a forearm that is held level; whether there is one."""
    elbow, wrist = (fit.figure.joints[fit.bone(f"{which} {bone}")] for bone in ("ForeArm", "Hand"))
    along = wrist - elbow
    length = float(np.linalg.norm(along))
    if abs(along[2]) > _LEVEL * length or fit.sits:
        return False
    top = elbow + 0.42 * along + np.array([0.0, 0.0, 0.038])
    drop = min(float(top[2]) - 0.25, fit.rng.uniform(0.6, 0.85))
    if drop < 0.25:
        return False
    worn.free.append(fall(top, along, fit.rng.uniform(0.15, 0.2), 0.13, drop, fit.rng))
    return True


def _umbo(fit: Fitting, canvas: Canvas) -> None:
    """The bunch of cloth pulled up before the breast."""
    across = fit.towards(canvas, 0.55) * 0.15
    along = canvas.down - (fit.waist - 0.06)
    bulge = np.exp(-((across / 0.05) ** 2) - (along / 0.075) ** 2)
    radius = canvas.surface + 0.03 * bulge
    canvas.radius = np.where((canvas.radius > canvas.skin) & (bulge > 0.03), radius, canvas.radius)


def _mantle(
    fit: Fitting, canvas: Canvas, top: NDArray, hem: float, sides: NDArray, pin: tuple[float, float],
    turn: NDArray, both: bool = False,
) -> None:  # fmt: skip
    """A cloak: it hangs from the shoulders in long tubes; near the pin, folds radiate from it."""
    rng, y = fit.rng, canvas.down
    arms = ("near Arm", "far Arm") if both else ("near Arm",)
    base = fit.draped(canvas, 0.0, hem, 0.02, arms)
    share = np.clip(y / hem, 0, 1)
    metre = 2 * np.pi / max(canvas.girth(hem * 0.7), 0.6)
    angle = turn + 0.10 * share * wander(canvas.angle, y, rng, 0.7)
    tubes = Rhythm.over(-np.pi, np.pi, 0.075 * metre, rng).ridges(angle, share, 0.45)
    phase, distance = about(fit.towards(canvas, pin[0]) * 0.16, y, (0.0, pin[1]), curl=0.15)
    rays = Rhythm.over(-0.2, 2.2, 0.2, rng, 0.2).ridges(np.abs(phase), smooth(distance / 0.3), 0.6)
    near = smooth((0.45 - distance) / 0.2)
    border = smooth(1 - sides / 0.03)
    height = np.maximum(0.042 * smooth(share / 0.6) * tubes * (1 - near), 0.02 * rays * near)
    radius = base + THICK + height - 0.012 * smooth(share) + 0.01 * border + 0.03 * smooth(share)
    edge = hem + 0.03 * np.cos(fit.side * canvas.angles * 2 + rng.uniform(0, 6)) + 0.02 * (tubes[-1] - 0.5)
    canvas.lay(np.maximum(radius, canvas.surface + 0.006), top, np.minimum(edge, fit.floor), sides)


Pattern = Callable[[Fitting, Worn], None]
PATTERNS: dict[str, Pattern] = {
    "chiton": chiton,
    "peplos": peplos,
    "tunic": tunic,
    "long tunic": long_tunic,
    "exomis": exomis,
    "himation": himation,
    "wrapped mantle": wrapped_mantle,
    "hip mantle": hip_mantle,
    "toga": toga,
    "cloak": cloak,
    "open cloak": robe_cloak,
    "loincloth": loincloth,
    "dancer": dancer,
    "beside": beside,
}
