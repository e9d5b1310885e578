"""The seen and the invented part of a result, each with its own figures.

Of the prediction's points, those count as *seen* where its attribute `seen` is at least 0.5, as *invented* elsewhere.
Of the truth's points, those count as *in view* that the result's camera sees, both meshes standing where the protocol
puts them, as *out of view* elsewhere: what there was to be seen, and what had to be invented.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..render.rays import Rays
from .protocol import Comparison, Way

SEEN = 0.5

Part = dict[str, float | None]


def pred_parts(comparison: Comparison, seen: NDArray) -> dict[str, Part]:
    """Share, point to surface and normal consistency of the seen and the invented part. seen [V]."""
    there = comparison.to_truth
    shown = there.points.of(seen, comparison.pred.mesh.faces) >= SEEN
    return {"seen": _part(there, shown, "point_to_surface"), "invented": _part(there, ~shown, "point_to_surface")}


def truth_parts(comparison: Comparison, eye: NDArray) -> dict[str, Part]:
    """Share, completeness and normal consistency of the truth in view and out of view from `eye` [3]."""
    back = comparison.to_pred
    rays = Rays(comparison.truth.mesh)
    shown = rays.seen_from(eye, back.points.places, back.points.normals)
    return {"in_view": _part(back, shown, "completeness"), "out_of_view": _part(back, ~shown, "completeness")}


def _part(way: Way, chosen: NDArray[np.bool_], name: str) -> Part:
    if not chosen.any():
        return {"share": 0.0, name: None, "normal_consistency": None}
    return {
        "share": float(chosen.mean()),
        name: way.distance(chosen),
        "normal_consistency": way.agreement(chosen),
    }
