"""Warp kernels that ask a mesh how far away it is, and on which side.

Annotations must stay real types for Warp: no `from __future__ import annotations` in this file.
"""

# mypy: ignore-errors
# Warp reads these functions as source of its own language; to Python's types they mean nothing.
import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.kernel
def signed_distance(
    mesh: wp.uint64, points: wp.array(dtype=wp.vec3), reach: float, accuracy: float, distances: wp.array(dtype=float)
):
    """Negative where the surface winds around the point; points further away than `reach` keep what they have."""
    i = wp.tid()
    query = wp.mesh_query_point_sign_winding_number(mesh, points[i], reach, accuracy, 0.5)
    if query.result:
        place = wp.mesh_eval_position(mesh, query.face, query.u, query.v)
        distances[i] = query.sign * wp.length(place - points[i])
