"""Paint as seen, as invented: what a person's brush says of a place counts more than what was found.

An array "overrule" [V] in a statue's mesh.npz: 1 painted as seen, −1 as invented, 0 as found.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

OVERRULE = "overrule"  # the name of the array
CLEAR = 0.5  # from which a value counts, for a brush leaves soft rims


def read_overrule(path: Path, count: int) -> NDArray[np.float32] | None:
    """What the brush said of the `count` vertices of a mesh file; None where nobody painted."""
    if path.suffix.lower() != ".npz" or not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        if OVERRULE not in arrays.files or arrays[OVERRULE].shape != (count,):
            return None
        return np.nan_to_num(arrays[OVERRULE]).astype(np.float32)


def as_painted(seen: NDArray[np.float32], overrule: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """How much is seen [V], heeding the brush."""
    if overrule is None:
        return seen
    told = np.where(overrule >= CLEAR, np.float32(1.0), np.float32(0.0))
    return np.where(np.abs(overrule) >= CLEAR, told, seen).astype(np.float32)
