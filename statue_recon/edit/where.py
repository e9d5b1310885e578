"""From a region as a request spells it to weights by vertex and texel: `region.py` does the finding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..contract import Failure
from ..contract_edit import ALL, EditRequest, check_region
from .read import read_groups
from .region import Chosen, everything, of_uv_mask, of_vertices, softened
from .region_words import of_words
from .statue import Region, Statue


def region_of(statue: Statue, request: EditRequest, folder: Path) -> tuple[Region, tuple[str, ...]]:
    """Where the request allows a change, its soft border included, and sentences about how that was found."""
    chosen = chosen_by(request.region, statue, folder, request.statue)
    return softened(statue, chosen, request.border, request.keep_seen), chosen.notes


def chosen_by(spelled: str, statue: Statue, folder: Path, place: str) -> Chosen:
    """What "all", "mask:FILE", "weights:FILE", "group:NAME" or "words:the head" means on this statue.

    Files lie in `folder`, or in the statue's own at `folder / place`.
    """
    check_region(spelled, "region")
    kind, _, which = spelled.partition(":")
    if spelled == ALL:
        return everything(statue)
    if kind == "words":
        return of_words(statue, which)
    if kind == "group":
        return of_vertices(statue, _group(folder / place, which))
    path = next((path for path in (folder / which, folder / place / which) if path.is_file()), None)
    if path is None:
        raise Failure(f"There is no {kind} at {which}.", next_step="Check the path, or choose the region anew.")
    return of_uv_mask(statue, _mask(path)) if kind == "mask" else of_vertices(statue, _weights(path))


def _group(place: Path, name: str) -> NDArray[np.float32]:
    groups = read_groups(place)
    if name in groups:
        return groups[name]
    known = ", ".join(f"“{group}”" for group in groups)
    raise Failure(
        f"The statue has no vertex group “{name}”.",
        next_step=f"Choose {known}." if known else "Its mesh.npz holds none: paint a mask, or say the part in words.",
    )


def _mask(path: Path) -> NDArray[np.float32]:
    """[h, w] 0 … 1; of a picture with transparency what is white and there, for brushes leave both."""
    try:
        with Image.open(path) as image:
            deep = image.mode.startswith(("I", "F"))
            grey = np.asarray(image if deep else image.convert("LA"), dtype=np.float32)
    except (OSError, ValueError, SyntaxError) as error:
        raise Failure(
            f"The mask {path.name} cannot be read ({error}).", next_step="Save it as PNG: white where to edit."
        ) from error
    if deep:
        return np.clip(grey / (65535.0 if grey.max() > 1.0 else 1.0), 0.0, 1.0).astype(np.float32)
    return grey[..., 0] / 255.0 * (grey[..., 1] / 255.0)


def _weights(path: Path) -> NDArray[np.float32]:
    try:
        return np.load(path, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise Failure(
            f"The weights in {path.name} cannot be read ({error}).", next_step="Choose the region anew."
        ) from error
