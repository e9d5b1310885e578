"""The Warp kernels of the fast path: vertices onto a picture, and the shaded surface under its pixels.

Between the two, `render.kernels.draw` finds the face in each cell.
Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

from ...render.kernels import NOTHING, edge
from . import light

wp.set_module_options({"enable_backward": False})  # halves the compile time; nothing here is differentiated

EXPOSURE = wp.constant(light.EXPOSURE)
WHITE = wp.constant(light.WHITE)
FARTHEST = wp.constant(1.0e6)  # how far a shadow reaches
OUTSIDE = wp.constant(1.0e5)  # cells; beyond this a float no longer becomes a whole number safely


@wp.kernel
def project(
    first: int,
    vertices: wp.array(dtype=wp.vec3),
    onto: wp.mat44,
    points: wp.array(dtype=wp.vec3),
):
    """Where vertices fall: cell x, cell y, depth. `onto` takes a world point to (x · depth, y · depth, depth)."""
    vertex = first + wp.tid()
    place = wp.transform_point(onto, vertices[vertex])
    x = wp.clamp(place[0] / place[2], -OUTSIDE, OUTSIDE)
    y = wp.clamp(place[1] / place[2], -OUTSIDE, OUTSIDE)
    points[vertex] = wp.vec3(x, y, place[2])


@wp.func
def ambient(n: wp.vec3, around: wp.array(dtype=wp.vec3)):
    """The light from all around on a white surface, by nine spherical harmonics that were prepared for it."""
    sum = around[0] + around[1] * n[1] + around[2] * n[2] + around[3] * n[0]
    sum += around[4] * (n[0] * n[1]) + around[5] * (n[1] * n[2]) + around[7] * (n[0] * n[2])
    sum += around[6] * (3.0 * n[2] * n[2] - 1.0) + around[8] * (n[0] * n[0] - n[1] * n[1])
    return wp.vec3(wp.max(sum[0], 0.0), wp.max(sum[1], 0.0), wp.max(sum[2], 0.0))


@wp.func
def displayed(light: float):
    """Linear light as sRGB in 0 … 1: highlights roll off by Reinhard's curve, with a white that can be reached."""
    exposed = EXPOSURE * light
    rolled = wp.clamp(exposed * (1.0 + exposed / (WHITE * WHITE)) / (1.0 + exposed), 0.0, 1.0)
    if rolled <= 0.0031308:
        return 12.92 * rolled
    return 1.055 * wp.pow(rolled, 1.0 / 2.4) - 0.055


@wp.kernel
def shade(
    first: int,
    owner: wp.array2d(dtype=wp.int64),
    finer: int,
    width: int,
    before: int,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array2d(dtype=wp.int32),
    vertices: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    colours: wp.array(dtype=wp.vec3),
    eye: wp.vec3,
    around: wp.array(dtype=wp.vec3),
    to_sun: wp.vec3,
    sun: wp.vec3,
    mesh: wp.uint64,
    bias: float,
    rgb: wp.array(dtype=wp.vec3),
    alpha: wp.array(dtype=float),
    depth: wp.array(dtype=float),
    normal: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.int32),
):
    """One pixel: the mean linear light of the `finer` × `finer` cells in it, and the surface in the middle one.

    `before`: pixels of the views before this one. `mesh` casts the sun's shadows; a sun without light needs none.
    """
    pixel = first + wp.tid()
    item = before + pixel
    faces[item] = -1
    depth[item] = wp.inf
    normal[item] = wp.vec3(0.0)
    light_here = wp.vec3(0.0)
    met = int(0)  # noqa: RUF046, UP018  # Warp: a variable that a loop changes, not a constant
    for cell in range(finer * finer):
        row = (pixel / width) * finer + cell / finer
        column = (pixel % width) * finer + cell % finer
        key = owner[row, column]
        if key != NOTHING:
            met += 1
            face = int(key % wp.int64(0x100000000))
            i = triangles[face, 0]
            j = triangles[face, 1]
            k = triangles[face, 2]
            a = points[i]
            b = points[j]
            c = points[k]
            x = float(column) + 0.5
            y = float(row) + 0.5
            # The division by depth makes coordinates on the picture coordinates on the surface.
            u = edge(b, c, x, y) / a[2]
            v = edge(c, a, x, y) / b[2]
            w = edge(a, b, x, y) / c[2]
            whole = u + v + w
            u = u / whole
            v = v / whole
            w = w / whole
            place = u * vertices[i] + v * vertices[j] + w * vertices[k]
            flat = wp.normalize(wp.cross(vertices[j] - vertices[i], vertices[k] - vertices[i]))
            smooth = u * normals[i] + v * normals[j] + w * normals[k]
            if wp.length(smooth) < 0.1:  # opposite normals cancel out
                smooth = flat
            smooth = wp.normalize(smooth)
            if wp.dot(flat, place - eye) > 0.0:  # seen from behind
                smooth = -smooth
            falling = ambient(smooth, around)
            slant = wp.dot(smooth, to_sun)
            if slant > 0.0 and mesh != wp.uint64(0):
                start = place + bias * smooth + bias * to_sun
                if not wp.mesh_query_ray_anyhit(mesh, start, to_sun, FARTHEST):
                    falling += slant * sun
            light_here += wp.cw_mul(u * colours[i] + v * colours[j] + w * colours[k], falling)
            if cell == (finer * finer) / 2:
                faces[item] = face
                depth[item] = u * a[2] + v * b[2] + w * c[2]
                normal[item] = smooth
    alpha[item] = float(met) / float(finer * finer)
    if met > 0:
        light_here = light_here / float(met)
    rgb[item] = wp.vec3(displayed(light_here[0]), displayed(light_here[1]), displayed(light_here[2]))
