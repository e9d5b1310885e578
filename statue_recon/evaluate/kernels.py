"""The Warp kernel of the ruler: how often a surface winds around the cells of a grid.

Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

wp.set_module_options({"enable_backward": False})  # halves the compile time; nothing here is differentiated


@wp.kernel
def cross(
    mesh: wp.uint64,
    starts: wp.array(dtype=wp.vec3),
    direction: wp.vec3,
    length: float,
    ahead: float,
    step: float,
    winding: wp.array2d(dtype=float),
):
    """Adds to each cell along each ray how often the surface winds around it, as this ray and its reverse tell.

    A cell's centre is `ahead` + `step` · (its number + ½) along the ray. Entering the surface before the cell counts 1,
    leaving it −1; the reverse ray counts what lies behind the cell the other way round; added is the mean of the two.
    """
    ray = wp.tid()
    start = starts[ray]
    cells = winding.shape[1]
    total = wp.float32(0.0)
    passed = wp.int32(0)
    along = wp.float32(0.0)
    for _ in range(1000):
        hit = wp.mesh_query_ray(mesh, start + along * direction, direction, length - along)
        if not hit.result:
            break
        reached = wp.clamp(int((along + hit.t - ahead) / step + 0.5), 0, cells)
        for cell in range(passed, reached):
            winding[ray, cell] = winding[ray, cell] + total
        passed = wp.max(passed, reached)
        total = total + wp.where(wp.dot(hit.normal, direction) < 0.0, 1.0, -1.0)
        along = along + hit.t + 1.0e-5 * length
    for cell in range(passed, cells):
        winding[ray, cell] = winding[ray, cell] + total
    for cell in range(cells):
        winding[ray, cell] = winding[ray, cell] - 0.5 * total
