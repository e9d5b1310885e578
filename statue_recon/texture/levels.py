"""Photos taken with different exposure and white balance, brought to the same colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..photo.light import linear, srgb

_STEPS = 4096  # of the curve that carries a photo's values over; finer than 12 bits is in no photo
_MEASURABLE = 0.06, 0.97  # sRGB: darker is noise and flare, brighter may be clipped
_ENOUGH = 30  # places that two photos must share before their colours are compared
_PULL = 1e-3  # towards the colours as they are, against one per cent of the places shared: for photos that share none
_STRONGEST = 4.0  # factor between two photos; two stops cover what people mix
_BRIGHTEST = 0.99  # quantile of the surface's colours that must stay below white once the photos agree


def gains_of(colours: NDArray, amounts: NDArray) -> NDArray[np.float64]:
    """The factors [K, 3] that make K photos agree where they show the same places.

    The first photo keeps its colours; only if the others, brought to its level, would be brighter than white, all
    are darkened alike.

    Exposure and white balance are factors of linear light, one for each channel. For every pair of photos the factor
    is the weighted median over the places both show, which a highlight that moves with the camera or a few places
    seen wrongly do not shift; the factors of all then follow by least squares over the pairs.

    colours [V, K, 3] sRGB; amounts [V, K] 0 … 1, how well each photo shows each place.
    """
    count = amounts.shape[1]
    logs = np.log(np.maximum(linear(colours), 1e-6))
    low, high = _MEASURABLE
    usable = amounts * ((colours > low) & (colours < high)).all(axis=2)
    # Rows ask that two photos agree (the unknowns are logarithms of factors); the last ones only keep them near 0.
    rows, wanted = [np.sqrt(_PULL) * np.eye(count)], [np.zeros((count, 3))]
    rows[0][0] *= 1e6
    for one in range(count):
        for other in range(one + 1, count):
            both = np.flatnonzero(usable[:, one] * usable[:, other] > 0)
            if len(both) < _ENOUGH:
                continue
            weight = usable[both, one] * usable[both, other]
            trust = np.sqrt(100.0 * weight.sum() / len(amounts))
            row = np.zeros((1, count))
            row[0, one], row[0, other] = trust, -trust
            rows.append(row)
            wanted.append(trust * _median(logs[both, other] - logs[both, one], weight)[None])
    solution = np.linalg.lstsq(np.concatenate(rows), np.concatenate(wanted), rcond=None)[0]
    gains = np.clip(np.exp(solution - solution[:1]), 1 / _STRONGEST, _STRONGEST)
    return gains / _too_bright(logs, amounts, gains)


def _too_bright(logs: NDArray, amounts: NDArray, gains: NDArray) -> float:
    """How many times brighter than white the surface becomes, seen by the best photo of each place; at least 1."""
    best = amounts.argmax(axis=1)
    seen = np.flatnonzero(amounts.max(axis=1, initial=0.0) > 0)
    if len(seen) == 0:
        return 1.0
    light = (np.exp(logs[seen, best[seen]]) * gains[best[seen]]).max(axis=1)
    return max(1.0, float(np.quantile(light, _BRIGHTEST)))


def levelled(rgb: NDArray, gain: NDArray) -> NDArray[np.float32]:
    """sRGB colours [..., 3] with their linear light multiplied by `gain` [3]; may exceed 1 where the gain does."""
    if np.allclose(gain, 1.0):
        return np.asarray(rgb, dtype=np.float32)
    levels = np.linspace(0.0, 1.0, _STEPS)
    index = np.round(np.clip(rgb, 0.0, 1.0) * (_STEPS - 1)).astype(np.int16)
    result = np.empty(rgb.shape, dtype=np.float32)
    for channel in range(3):
        curve = srgb(linear(levels) * gain[channel]).astype(np.float32)
        result[..., channel] = curve[index[..., channel]]
    return result


def _median(values: NDArray, weight: NDArray) -> NDArray:
    """The weighted median [C] of values [N, C], weight [N]."""
    order = np.argsort(values, axis=0, kind="stable")
    passed = np.cumsum(weight[order], axis=0)
    place = (passed < 0.5 * passed[-1]).sum(axis=0)
    return np.take_along_axis(values, np.take_along_axis(order, place[None], axis=0), axis=0)[0]
