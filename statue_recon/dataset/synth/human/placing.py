"""Carrying surfaces about, whether they are meshes or shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape


def moved(surface: Mesh | Shape, to_world: NDArray) -> Mesh | Shape:
    """The surface carried by a rigid [4, 4] matrix."""
    if isinstance(surface, Shape):
        return surface.moved(to_world)
    return Mesh((surface.vertices @ to_world[:3, :3].T + to_world[:3, 3]).astype(np.float32), surface.faces)


def shift(offset: ArrayLike) -> NDArray[np.float64]:
    """[4, 4] that carries by [3]."""
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix


def there(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces that are not empty."""
    return [piece for piece in pieces if np.all(piece.shape.high > piece.shape.low)]
