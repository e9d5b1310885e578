"""All Warp kernels of the engine, in one module so that they compile once, and few, so that they compile fast.

Every kernel takes as `first` the number of the first item a launch is for: cores share the items (launch.py).
Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

wp.set_module_options({"enable_backward": False})  # halves the compile time; nothing here is differentiated

NOTHING = wp.constant(wp.int64(0x7FFFFFFFFFFFFFFF))  # in a cell no triangle covers
# Of a triangle's height: a centre on the edge of two triangles shall fall to both rather than, by rounding, to neither.
SLACK = wp.constant(1.0e-5)
# Pixels added around a triangle's box before its cells are tried: more than float32 rounds in an atlas of 8192.
MARGIN = wp.constant(0.01)


@wp.func
def edge(a: wp.vec3, b: wp.vec3, x: float, y: float):
    """Twice the signed area of the triangle a, b, (x, y)."""
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])


@wp.kernel
def draw(
    first: int,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array2d(dtype=wp.int32),
    near: float,
    nearest: float,
    steps_per_unit: float,
    owner: wp.array2d(dtype=wp.int64),
):
    """Keeps in each cell the nearest triangle over its centre: depth in steps in the upper half, its number below."""
    face = first + wp.tid()
    a = points[triangles[face, 0]]
    b = points[triangles[face, 1]]
    c = points[triangles[face, 2]]
    if wp.min(a[2], wp.min(b[2], c[2])) <= near:
        return
    left = wp.max(int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5 - MARGIN)), 0)
    right = wp.min(int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) + 0.5 + MARGIN)), owner.shape[1])
    top = wp.max(int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5 - MARGIN)), 0)
    bottom = wp.min(int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) + 0.5 + MARGIN)), owner.shape[0])
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
    first: int,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array2d(dtype=wp.int32),
    owner: wp.array2d(dtype=wp.int64),
    faces: wp.array2d(dtype=wp.int32),
    weights: wp.array2d(dtype=wp.vec3),
):
    """Turns the keys of `draw` into triangle numbers and barycentric coordinates on the surface."""
    cell = first + wp.tid()
    row = cell / owner.shape[1]
    column = cell % owner.shape[1]
    key = owner[row, column]
    if key == NOTHING:
        faces[row, column] = -1
        weights[row, column] = wp.vec3(0.0)
        return
    face = int(key % wp.int64(0x100000000))
    a = points[triangles[face, 0]]
    b = points[triangles[face, 1]]
    c = points[triangles[face, 2]]
    x = float(column) + 0.5
    y = float(row) + 0.5
    # The division by depth makes coordinates on the picture coordinates on the surface.
    u = edge(b, c, x, y) / a[2]
    v = edge(c, a, x, y) / b[2]
    w = edge(a, b, x, y) / c[2]
    faces[row, column] = face
    weights[row, column] = wp.vec3(u, v, w) / (u + v + w)


@wp.kernel
def blend(
    first: int,
    faces: wp.array(dtype=wp.int32),
    weights: wp.array(dtype=wp.vec3),
    triangles: wp.array2d(dtype=wp.int32),
    values: wp.array2d(dtype=float),
    blended: wp.array2d(dtype=float),
):
    """The values of three vertices, mixed by barycentric coordinates; left alone where there is no face."""
    place = first + wp.tid()
    face = faces[place]
    if face >= 0:
        weight = weights[place]
        a = triangles[face, 0]
        b = triangles[face, 1]
        c = triangles[face, 2]
        for channel in range(values.shape[1]):
            mixed = weight[0] * values[a, channel] + weight[1] * values[b, channel] + weight[2] * values[c, channel]
            blended[place, channel] = mixed


@wp.kernel
def aim(
    first: int,
    across: wp.mat33,
    width: int,
    directions: wp.array(dtype=wp.vec3),
):
    """The unit directions through all pixels' centres, row by row; `across` takes (u, v, 1) into the world."""
    ray = first + wp.tid()
    pixel = wp.vec3(float(ray % width) + 0.5, float(ray / width) + 0.5, 1.0)
    directions[ray] = wp.normalize(across * pixel)


@wp.kernel
def cast(
    first: int,
    mesh: wp.uint64,
    origins: wp.array(dtype=wp.vec3),
    directions: wp.array(dtype=wp.vec3),
    farthest: float,
    faces: wp.array(dtype=wp.int32),
    distances: wp.array(dtype=float),
    weights: wp.array(dtype=wp.vec3),
):
    """The first hit of each ray. A single origin is that of all rays."""
    ray = first + wp.tid()
    origin = origins[wp.min(ray, origins.shape[0] - 1)]
    hit = wp.mesh_query_ray(mesh, origin, directions[ray], farthest)
    if hit.result:
        faces[ray] = hit.face
        distances[ray] = hit.t
        weights[ray] = wp.vec3(hit.u, hit.v, 1.0 - hit.u - hit.v)
    else:
        faces[ray] = -1
        distances[ray] = wp.inf
        weights[ray] = wp.vec3(0.0)


@wp.kernel
def closest(
    first: int,
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    farthest: float,
    faces: wp.array(dtype=wp.int32),
    distances: wp.array(dtype=float),
    weights: wp.array(dtype=wp.vec3),
):
    """The place of the mesh that is closest to each point."""
    index = first + wp.tid()
    found = wp.mesh_query_point_no_sign(mesh, points[index], farthest)
    if found.result:
        place = wp.mesh_eval_position(mesh, found.face, found.u, found.v)
        faces[index] = found.face
        distances[index] = wp.length(place - points[index])
        weights[index] = wp.vec3(found.u, found.v, 1.0 - found.u - found.v)
    else:
        faces[index] = -1
        distances[index] = wp.inf
        weights[index] = wp.vec3(0.0)


@wp.kernel
def look(
    first: int,
    mesh: wp.uint64,
    eye: wp.vec3,
    onto: wp.mat44,
    width: float,
    height: float,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    bias: float,
    cosines: wp.array(dtype=float),
    seen: wp.array(dtype=wp.uint8),
):
    """Whether the eye sees each point: it looks towards it, within the picture, with nothing in between.

    `onto` takes a world point to (u · depth, v · depth, depth). A width of 0 is a picture without bounds.
    """
    index = first + wp.tid()
    seen[index] = wp.uint8(0)
    normal = wp.normalize(normals[index])
    towards = wp.normalize(eye - points[index])
    cosines[index] = wp.dot(towards, normal)
    if cosines[index] > 0.0:
        place = wp.transform_point(onto, points[index])
        within = place[2] > 0.0 and wp.min(place[0], place[1]) >= 0.0
        within = within and place[0] <= width * place[2] and place[1] <= height * place[2]
        if width == 0.0 or within:
            start = points[index] + bias * normal + bias * towards
            if not wp.mesh_query_ray_anyhit(mesh, start, towards, wp.length(eye - start)):
                seen[index] = wp.uint8(1)
