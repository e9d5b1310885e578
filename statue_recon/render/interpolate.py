"""Values at vertices, carried to places on the faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .launch import launch, triangles, vectors
from .start import kernels_on, warp, warp_device


def interpolated(
    values: NDArray, faces: NDArray, at: NDArray, weights: NDArray, empty: float = 0.0, device: str = "cpu"
) -> NDArray[np.float32]:
    """Values at the vertices, mixed by barycentric coordinates.

    values [V, C]; faces [F, 3]; at [...] the face of each place, −1 for none; weights [..., 3]. Returns [..., C],
    `empty` where there is no face.
    """
    wp, kernels, device = warp(), kernels_on(device), warp_device(device)
    flat = np.ascontiguousarray(at, np.int32).ravel()
    spread = wp.array(np.ascontiguousarray(values, np.float32), dtype=float, device=device, copy=False)
    mixed = wp.full((len(flat), values.shape[1]), value=empty, dtype=float, device=device)
    if mixed.size and len(faces):
        places = wp.array(flat, dtype=wp.int32, device=device, copy=False)
        inputs = [places, vectors(weights.reshape(-1, 3), device), triangles(faces, device), spread, mixed]
        launch(kernels.blend, len(flat), inputs, device)
    return mixed.numpy().reshape(*at.shape, values.shape[1])


def unit(vectors: NDArray) -> NDArray[np.float32]:
    """[..., 3] of length 1; a vector without length stays zero."""
    lengths = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return (vectors / np.maximum(lengths, 1e-30)).astype(np.float32)
