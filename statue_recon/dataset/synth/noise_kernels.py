"""The kernels of noise.py.

Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.kernel
def fractal(
    first: int, points: wp.array(dtype=wp.vec3), octaves: int, seed: int, gain: float, found: wp.array(dtype=float)
):
    i = first + wp.tid()
    p = points[i]
    total = wp.float32(0.0)
    weight = wp.float32(1.0)
    for octave in range(octaves):
        total += weight * wp.noise(wp.rand_init(seed + 101 * octave), p)
        p = 2.03 * p + wp.vec3(17.1, 5.3, 9.7)
        weight *= gain
    found[i] = 1.6 * total  # gradient noise alone stays within about ±0.6


@wp.kernel
def ridges(
    first: int, points: wp.array(dtype=wp.vec3), octaves: int, seed: int, gain: float, found: wp.array(dtype=float)
):
    i = first + wp.tid()
    p = points[i]
    total = wp.float32(0.0)
    weight = wp.float32(1.0)
    whole = wp.float32(0.0)
    for octave in range(octaves):
        total += weight * (1.0 - wp.min(wp.abs(2.0 * wp.noise(wp.rand_init(seed + 101 * octave), p)), 1.0))
        whole += weight
        p = 2.03 * p + wp.vec3(17.1, 5.3, 9.7)
        weight *= gain
    found[i] = total / whole


@wp.kernel
def pebbles(first: int, points: wp.array(dtype=wp.vec3), seed: int, found: wp.array(dtype=float)):
    i = first + wp.tid()
    p = points[i]
    nearest = wp.float32(10.0)
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            for dz in range(-1, 2):
                x = int(wp.floor(p[0])) + dx
                y = int(wp.floor(p[1])) + dy
                z = int(wp.floor(p[2])) + dz
                state = wp.rand_init(seed, x * 73856093 ^ y * 19349663 ^ z * 83492791)
                at = wp.vec3(float(x) + wp.randf(state), float(y) + wp.randf(state), float(z) + wp.randf(state))
                nearest = wp.min(nearest, wp.length(at - p))
    found[i] = nearest
