"""All Warp kernels of the engine, in one module so that they compile once, and few, so that they compile fast.

Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

wp.set_module_options({"enable_backward": False})  # halves the compile time; nothing here is differentiated

NOTHING = wp.constant(wp.int64(0x7FFFFFFFFFFFFFFF))  # in a cell no triangle covers
# Of a triangle's height: a centre on the edge of two triangles shall fall to both rather than, by rounding, to neither.
SLACK = wp.constant(1.0e-5)


@wp.func
def edge(a: wp.vec3, b: wp.vec3, x: float, y: float):
    """Twice the signed area of the triangle a, b, (x, y)."""
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])


@wp.kernel
def draw(
    corners: wp.array2d(dtype=wp.vec3),
    nearest: float,
    steps_per_unit: float,
    owner: wp.array2d(dtype=wp.int64),
):
    """Keeps in each cell the nearest triangle over its centre: depth in steps in the upper half, its number below."""
    face = wp.tid()
    a = corners[face, 0]
    b = corners[face, 1]
    c = corners[face, 2]
    left = wp.max(int(wp.floor(wp.min(a[0], wp.min(b[0], c[0])))), 0)
    right = wp.min(int(wp.ceil(wp.max(a[0], wp.max(b[0], c[0])))), owner.shape[1])
    top = wp.max(int(wp.floor(wp.min(a[1], wp.min(b[1], c[1])))), 0)
    bottom = wp.min(int(wp.ceil(wp.max(a[1], wp.max(b[1], c[1])))), owner.shape[0])
    area = edge(a, b, c[0], c[1])
    if area == 0.0:
        return
    for row in range(top, bottom):
        for column in range(left, right):
            x = float(column) + 0.5
            y = float(row) + 0.5
            u = edge(b, c, x, y) / area
            v = edge(c, a, x, y) / area
            w = 1.0 - u - v
            if u > -SLACK and v > -SLACK and w > -SLACK:
                # Along a straight line on the picture 1 / depth is what changes evenly.
                depth = 1.0 / (u / a[2] + v / b[2] + w / c[2])
                step = wp.int64((depth - nearest) * steps_per_unit)
                key = wp.max(step, wp.int64(0)) * wp.int64(0x100000000) + wp.int64(face)
                wp.atomic_min(owner, row, column, key)


@wp.kernel
def resolve(
    corners: wp.array2d(dtype=wp.vec3),
    owner: wp.array2d(dtype=wp.int64),
    faces: wp.array2d(dtype=wp.int32),
    weights: wp.array2d(dtype=wp.vec3),
):
    """Turns the keys of `draw` into triangle numbers and barycentric coordinates on the surface."""
    row, column = wp.tid()
    key = owner[row, column]
    if key == NOTHING:
        faces[row, column] = -1
        return
    face = int(key % wp.int64(0x100000000))
    a = corners[face, 0]
    b = corners[face, 1]
    c = corners[face, 2]
    x = float(column) + 0.5
    y = float(row) + 0.5
    # The division by depth makes coordinates on the picture coordinates on the surface.
    u = edge(b, c, x, y) / a[2]
    v = edge(c, a, x, y) / b[2]
    w = edge(a, b, x, y) / c[2]
    faces[row, column] = face
    weights[row, column] = wp.vec3(u, v, w) / (u + v + w)


@wp.kernel
def cast(
    mesh: wp.uint64,
    origins: wp.array(dtype=wp.vec3),
    directions: wp.array(dtype=wp.vec3),
    farthest: float,
    faces: wp.array(dtype=wp.int32),
    distances: wp.array(dtype=float),
    weights: wp.array(dtype=wp.vec3),
):
    """The first hit of each ray."""
    ray = wp.tid()
    hit = wp.mesh_query_ray(mesh, origins[ray], directions[ray], farthest)
    faces[ray] = -1
    distances[ray] = farthest
    if hit.result:
        faces[ray] = hit.face
        distances[ray] = hit.t
        weights[ray] = wp.vec3(hit.u, hit.v, 1.0 - hit.u - hit.v)


@wp.kernel
def look(
    mesh: wp.uint64,
    eye: wp.vec3,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    bias: float,
    seen: wp.array(dtype=wp.uint8),
):
    """Whether the way from each point to the eye is free; a point that looks away is not seen."""
    index = wp.tid()
    towards = wp.normalize(eye - points[index])
    if wp.dot(towards, normals[index]) <= 0.0:
        return
    start = points[index] + bias * normals[index] + bias * towards
    hit = wp.mesh_query_ray(mesh, start, towards, wp.length(eye - start))
    if not hit.result:
        seen[index] = wp.uint8(1)
