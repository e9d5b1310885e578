"""The kernel of flesh.py.

Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.struct
class Lumps:
    start: wp.array(dtype=wp.vec3)
    along: wp.array(dtype=wp.vec3)  # from the start to the end, in the space where the section is round
    sizes: wp.array(dtype=wp.vec4)  # radius at the start and the end, 1 / squared length in that space, slope
    axis: wp.array(dtype=wp.vec4)  # across which the section is stretched, and 1 / stretch − 1
    ball: wp.array(dtype=wp.vec4)  # holds the lump
    blend: wp.array(dtype=float)  # negative: the lump is cut away


@wp.func
def lump_distance(lumps: Lumps, k: int, p: wp.vec3):
    stretch = lumps.axis[k]
    axis = wp.vec3(stretch[0], stretch[1], stretch[2])
    sizes = lumps.sizes[k]
    q = p - lumps.start[k]
    q = q + axis * (wp.dot(q, axis) * stretch[3])
    share = wp.clamp(wp.dot(q, lumps.along[k]) * sizes[2], 0.0, 1.0)
    w = q - share * lumps.along[k]
    length = wp.length(w)
    over = length - sizes[0] - share * (sizes[1] - sizes[0])
    gradient = wp.length(w + axis * (wp.dot(w, axis) * stretch[3]))
    if gradient > 1.0e-7:
        over = over * length / gradient
    return over / sizes[3]


@wp.kernel
def flesh(
    first: int,
    points: wp.array(dtype=wp.vec3),
    lumps: Lumps,
    begins: wp.array(dtype=int),
    balls: wp.array(dtype=wp.vec4),
    found: wp.array(dtype=float),
):
    i = first + wp.tid()
    p = points[i]
    total = wp.float32(1000.0)
    for part in range(balls.shape[0]):
        around = balls[part]
        away = wp.length(p - wp.vec3(around[0], around[1], around[2])) - around[3]
        if away < wp.abs(total):
            for k in range(begins[part], begins[part + 1]):
                ball = lumps.ball[k]
                near = wp.length(p - wp.vec3(ball[0], ball[1], ball[2])) - ball[3]
                blend = lumps.blend[k]
                if blend >= 0.0:
                    if near < total + blend:
                        d = lump_distance(lumps, k, p)
                        h = wp.max(blend - wp.abs(total - d), 0.0)
                        total = wp.min(total, d)
                        if blend > 0.0:
                            total = total - h * h / (4.0 * blend)
                else:
                    if near < -blend - total:
                        d = -lump_distance(lumps, k, p)
                        h = wp.max(-blend - wp.abs(total - d), 0.0)
                        total = wp.max(total, d) + h * h / (-4.0 * blend)
    found[i] = total
